"""Genes that are called by their components where the phase is not known (DPYD, RYR1).

Their alleles are mostly single variants, and what counts is the lowest function that a person carries. Known phase:
each strand is described exactly, as a combination where it holds several alleles. Unknown phase: the list of alleles
found, one that both strands carry twice, and the reference only if fewer than two were found.

Two sites may tag one allele (``ProxySites``): the deciding site counts, the stand-in only where the deciding one was
not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.combinations import StrandReading, read_strand
from rxweave.calling.genotypes import MISSING
from rxweave.calling.match import AlleleTable, code_bits
from rxweave.calling.names import name_key
from rxweave.calling.patterns import NO_BLOCK, Pattern
from rxweave.knowledge.genes import ProxySites

#: Phase blocks whose every relative order is tried; beyond it the alleles are listed as components.
MAX_BLOCKS = 10


@dataclass(frozen=True, slots=True)
class ProxyReading:
    """What the two sites of a ``ProxySites`` say of the two strands together."""

    per_strand: tuple[tuple[str, ...], tuple[str, ...]]
    counted: tuple[str, ...]  # where the phase is not known
    disagrees: bool  # the stand-in carries the variant on a strand where the deciding site does not
    only_stand_in: bool  # the deciding site has no data


def strand_splits(pattern: Pattern) -> Iterator[tuple[NDArray[np.int8], NDArray[np.int8]]]:
    """Every pair of strands that the phase blocks allow, each unordered pair once: codes int8 (n_sites,) of either."""
    first, second = pattern.codes[:, 0], pattern.codes[:, 1]
    for turned in product((False, True), repeat=max(pattern.n_blocks - 1, 0)):
        is_turned = np.array([False, *turned, False])[pattern.blocks]  # NO_BLOCK (-1) picks the last: not turned
        yield np.where(is_turned, second, first), np.where(is_turned, first, second)


def proxy_site_indices(table: AlleleTable) -> tuple[int, int] | None:
    """Indices of the deciding and the stand-in site, or None if the gene has no such pair."""
    proxy = table.gene.calling.proxy
    if proxy is None:
        return None
    where = {v.pos_grch38: k for k, v in enumerate(table.gene.variants)}
    return where[proxy.deciding_site], where[proxy.stand_in_site]


def read_proxy(proxy: ProxySites, deciding: NDArray[np.int8], stand_in: NDArray[np.int8]) -> ProxyReading:
    """Read the allele that two sites tag. deciding, stand_in: int8 (2,), one code a strand, MISSING where not read."""
    strands = tuple(_proxy_on_strand(proxy, int(d), int(s)) for d, s in zip(deciding, stand_in, strict=True))
    n_deciding, n_stand_in = int((deciding > 0).sum()), int((stand_in > 0).sum())
    has_deciding, has_stand_in = bool((deciding >= 0).any()), bool((stand_in >= 0).any())
    if has_deciding:
        n_both = min(n_deciding, n_stand_in) if has_stand_in else 0
        counted = (proxy.allele,) * n_both + (proxy.deciding_only_allele,) * (n_deciding - n_both)
    else:
        counted = (proxy.allele,) * n_stand_in
    return ProxyReading(
        per_strand=(strands[0], strands[1]),
        counted=counted,
        disagrees=has_deciding and n_stand_in > n_deciding,
        only_stand_in=not has_deciding and n_stand_in > 0,
    )


def _proxy_on_strand(proxy: ProxySites, deciding: int, stand_in: int) -> tuple[str, ...]:
    if deciding == MISSING:
        return (proxy.allele,) if stand_in > 0 else ()
    if deciding <= 0:
        return ()
    return (proxy.allele,) if stand_in > 0 else (proxy.deciding_only_allele,)


def strand_readings(table: AlleleTable, codes: NDArray[np.int8], sites: NDArray[np.intp]) -> tuple[StrandReading, ...]:
    """Describe one strand of a gene called by components, its tagged allele included."""
    indices = proxy_site_indices(table)
    proxy = table.gene.calling.proxy
    if indices is None or proxy is None:
        return read_strand(table, codes, sites)
    deciding, stand_in = indices
    extra = _proxy_on_strand(proxy, int(codes[deciding]), int(codes[stand_in]))
    rest = sites[(sites != deciding) & (sites != stand_in)]
    readings = read_strand(table, codes, rest, extra, _score_of(table, extra, sites))
    if extra:
        return readings
    # A strand without the tagged allele is read as the reference at its two sites, and scores for those with data.
    n_proxy_sites = len(sites) - len(rest)
    return tuple(
        StrandReading(r.allele, r.score + n_proxy_sites, r.unexplained) if _is_off_reference(table, r) else r
        for r in readings
    )


def _is_off_reference(table: AlleleTable, reading: StrandReading) -> bool:
    """The reading's score counts down from the reference's (the reference, or single variants only)."""
    rows = [table.row_of.get(name) for name in reading.allele.parts or (reading.allele.name,)]
    return all(row is None or row == table.reference for row in rows)


def _score_of(table: AlleleTable, names: tuple[str, ...], sites: NDArray[np.intp]) -> int:
    rows = [table.row_of[name] for name in names]
    return int(table.is_defined[rows][:, sites].sum())


def found_components(table: AlleleTable, pattern: Pattern, sites: NDArray[np.intp]) -> tuple[str, ...]:
    """The alleles that a person of unknown phase carries, in the field's order, twice where on both strands.

    The reference is listed if fewer than two others were found.
    """
    found: list[str] = []
    indices = proxy_site_indices(table)
    proxy = table.gene.calling.proxy
    rest = sites
    if indices is not None and proxy is not None:
        deciding, stand_in = indices
        found += read_proxy(proxy, pattern.codes[deciding], pattern.codes[stand_in]).counted
        rest = sites[(sites != deciding) & (sites != stand_in)]
    first, second = pattern.codes[:, 0], pattern.codes[:, 1]
    is_equal = pattern.blocks == NO_BLOCK
    possible = _parts_present(table, first, second, rest)
    for row in possible:
        needed = np.array([s for s, _ in table.alleles[row].cells if s in rest], dtype=np.intp)
        both = is_equal[needed].all()
        found += [table.alleles[row].name] * (2 if both else 1)
    if len(found) < 2 and table.reference is not None:
        found.append(table.alleles[table.reference].name)
    return tuple(sorted(found, key=name_key))


def _parts_present(
    table: AlleleTable, first: NDArray[np.int8], second: NDArray[np.int8], sites: NDArray[np.intp]
) -> list[int]:
    """Rows of the alleles that define some of ``sites`` and whose every defined cell there meets one of the copies."""
    bits = np.zeros(len(first), dtype=np.int64)
    for copy in (first, second):
        bits |= np.where(copy >= 0, code_bits(copy), 0)
    here = np.zeros(len(first), dtype=np.bool_)
    here[sites] = True
    # An allele that defines only sites where both copies are as they are by default is there in everybody or nobody.
    rows = set(table.rows_fitting_default)
    rows.update(
        row for site in np.flatnonzero(here & (bits != table.default)).tolist() for row in table.rows_defining[site]
    )
    bit_at = dict(zip(sites.tolist(), bits[sites].tolist(), strict=True))
    present = []
    for row in sorted(rows):
        cells = [(site, mask) for site, mask in table.alleles[row].cells if site in bit_at]
        if cells and all(bit_at[site] & mask for site, mask in cells):
            present.append(row)
    return present
