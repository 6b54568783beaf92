"""Strands that no single named allele describes: several named alleles and single variants together.

A strand is a set of variants, one bit each. A named allele can be part of it if all that the allele defines is there;
parts share no variant; what no part explains is listed as single variants. Every description starts from one of the
alleles that define most; of its completions those with the fewest unexplained variants are kept, then those with the
fewest parts, then those that define most.

Research grade, except for genes that the release calls by components (lowest function), where it is the convention.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.diplotype import Allele
from rxweave.calling.genotypes import MISSING, UNDOCUMENTED
from rxweave.calling.match import AlleleTable, code_bits
from rxweave.calling.names import name_key
from rxweave.knowledge.genes import Variant

#: Descriptions tried for one strand before the search gives up; real strands need a few dozen.
_MAX_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class StrandReading:
    """One description of a strand: the allele (plain or combined), its score by the field's convention."""

    allele: Allele
    score: int
    unexplained: int


@dataclass(frozen=True, slots=True)
class _Part:
    row: int
    name: str
    variants: int  # bit set over the strand's variants
    score: int


def variant_name(variant: Variant, code: int, undocumented: tuple[str, ...] = ()) -> str:
    """The HGVS name of what a strand carries at a site: ``g.94781859G>A``, or ``g.94781859?`` where it was not read."""
    if code == MISSING:
        return f"g.{variant.pos_grch38}?"
    if code >= UNDOCUMENTED:
        alt = undocumented[code - UNDOCUMENTED] if code - UNDOCUMENTED < len(undocumented) else "?"
        return f"g.{variant.pos_grch38}{variant.ref}>{alt}"
    if len(variant.alts) == 1:
        return variant.hgvs
    names = [name.strip() for name in variant.hgvs.split(";")]
    if len(names) == len(variant.alts):
        return names[code - 1]
    return f"g.{variant.pos_grch38}{variant.ref}>{variant.alleles[code]}"


def read_strand(
    table: AlleleTable,
    codes: NDArray[np.int8],
    sites: NDArray[np.intp],
    extra_parts: tuple[str, ...] = (),
    extra_score: int = 0,
    undocumented: dict[int, tuple[str, ...]] | None = None,
) -> tuple[StrandReading, ...]:
    """Describe one strand. codes: int8 (n_sites of the gene,); only ``sites`` are read.

    ``extra_parts`` are alleles already found on the strand by other means; they join every description.
    """
    variants = table.gene.variants
    here = codes[sites]
    is_reference_code = (code_bits(here) & table.default[sites]) != 0
    is_reference_code &= here != MISSING
    off = sites[~is_reference_code].tolist()
    reference_score = len(sites) if table.reference is not None else 0
    if not off and not extra_parts:
        name = table.alleles[table.reference].name if table.reference is not None else "Reference"
        return (StrandReading(Allele(name), reference_score, 0),)
    if not off:
        return (StrandReading(_joined(list(extra_parts), []), extra_score, 0),)
    bit_of = {site: 1 << k for k, site in enumerate(off)}
    parts = _fitting_parts(table, codes, sites, bit_of)
    full = (1 << len(off)) - 1
    whole = [p for p in parts if p.variants == full and _is_whole(table, p.row, codes, sites)]
    if whole and not extra_parts:
        return tuple(StrandReading(Allele(p.name), p.score, 0) for p in whole)
    readings = []
    for chosen in _best_packings(parts, full):
        left = full
        for part in chosen:
            left &= ~part.variants
        names = [
            variant_name(variants[s], int(codes[s]), (undocumented or {}).get(s, ())) for s in off if left & bit_of[s]
        ]
        score = sum(p.score for p in chosen) + extra_score if chosen or extra_parts else reference_score
        readings.append(
            StrandReading(_joined([*extra_parts, *(p.name for p in chosen)], names), score - len(names), len(names))
        )
    return tuple(readings)


def _joined(named: list[str], single: list[str]) -> Allele:
    parts = (*sorted(named, key=name_key), *single)
    return Allele(parts[0]) if len(parts) == 1 and not single else Allele.combination(parts)


def _fitting_parts(
    table: AlleleTable, codes: NDArray[np.int8], sites: NDArray[np.intp], bit_of: dict[int, int]
) -> list[_Part]:
    """Alleles whose every defined cell (among ``sites``) the strand fits, with the variants that they explain."""
    # Only alleles that define one of the strand's variants can explain any.
    rows = sorted({row for site in bit_of for row in table.rows_defining[site]})
    bits = code_bits(codes)
    bits[codes == MISSING] = 0  # an unread copy supports no allele
    bit_at = dict(zip(sites.tolist(), bits[sites].tolist(), strict=True))
    parts = []
    for row in rows:
        allele = table.alleles[row]
        cells = [(site, mask) for site, mask in allele.cells if site in bit_at]
        if all(bit_at[site] & mask for site, mask in cells):
            explained = sum(bit_of.get(site, 0) for site, _ in allele.cells)
            parts.append(_Part(row, allele.name, explained, len(cells)))
    return parts


def _is_whole(table: AlleleTable, row: int, codes: NDArray[np.int8], sites: NDArray[np.intp]) -> bool:
    return bool(((table.allowed[row, sites] & code_bits(codes[sites])) != 0).all())


def _best_packings(parts: list[_Part], full: int) -> list[tuple[_Part, ...]]:
    """Sets of parts that share no variant, as the module says which; one empty set if there are no parts.

    A part that shares no variant with any other belongs to every best set, so only the others are searched: a strand
    of a hundred single variants has one description and takes no search at all.
    """
    most = max((part.score for part in parts), default=0)
    ordered = sorted(parts, key=lambda p: (-p.variants.bit_count(), name_key(p.name)))
    once = twice = 0
    for part in ordered:
        once, twice = once | part.variants, twice | (once & part.variants)
    alone = tuple(p for p in ordered if not p.variants & twice)
    contested = [p for p in ordered if p.variants & twice]
    packings: dict[frozenset[str], tuple[_Part, ...]] = {}
    seeds = [part for part in ordered if part.score == most]
    first_alone = next((part for part in seeds if not part.variants & twice), None)
    for seed in seeds:
        if not seed.variants & twice:
            # Every such seed has the same completions.
            found = _completions(alone, contested, full) if seed is first_alone else []
        else:
            found = _completions((seed, *alone), [p for p in contested if not p.variants & seed.variants], full)
        for chosen in found:
            packings.setdefault(frozenset(p.name for p in chosen), chosen)
    return list(packings.values()) or [()]


def _completions(start: tuple[_Part, ...], others: list[_Part], full: int) -> list[tuple[_Part, ...]]:
    """The best sets of parts that hold ``start``; the search ends after ``_MAX_STEPS`` sets with the best so far."""
    best_key: tuple[int, int, int] | None = None
    best: list[tuple[_Part, ...]] = []
    covered_at_start = 0
    for part in start:
        covered_at_start |= part.variants
    waiting: list[tuple[int, int, tuple[_Part, ...], int]] = [(0, covered_at_start, start, sum(p.score for p in start))]
    for _ in range(_MAX_STEPS):
        if not waiting:
            break
        first, covered, chosen, score = waiting.pop()
        key = ((full & ~covered).bit_count(), len(chosen), -score)
        if best_key is None or key < best_key:
            best_key, best = key, [chosen]
        elif key == best_key:
            best.append(chosen)
        for k in range(first, len(others)):
            part = others[k]
            if not part.variants & covered:
                waiting.append((k + 1, covered | part.variants, (*chosen, part), score + part.score))
    return best
