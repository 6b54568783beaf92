"""Which named alleles can sit on a strand, and which two can make up a genotype.

Nothing here enumerates strands. A site allows an allele if the bit of the observed code is in the allele's mask; a
phase block allows it in the orientation as read, turned round, or both. An allele is then two integers, one bit a
block, and two alleles make up the genotype if every block is covered by one of them as read and the other turned
round. A person with n heterozygous sites costs n bits, not 2**n strings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.coverage import Coverage
from rxweave.calling.diplotype import Allele, Diplotype
from rxweave.calling.genotypes import MISSING, UNDOCUMENTED
from rxweave.calling.names import in_order
from rxweave.calling.patterns import NO_BLOCK, Pattern
from rxweave.knowledge.genes import Gene, NamedAllele

#: Bit of an observed ALT that no definition holds: in no allele's mask.
_UNDOCUMENTED_BIT = np.int64(1) << np.int64(62)
_ANY_CODE = np.int64(-1)


class AlleleTable:
    """The callable named alleles of a gene as arrays.

    allowed:    int64 (n_alleles, n_sites), bit mask of the allele codes that fit; a site that an allele does not
                define carries the reference allele's code.
    default:    int64 (n_sites,), what an allele carries at a site that it does not define.
    is_defined: bool (n_alleles, n_sites).
    is_wobble:  bool (n_alleles, n_sites), defined with more than one code.
    """

    def __init__(self, gene: Gene) -> None:
        self.gene = gene
        ignored = frozenset(gene.calling.ignored_alleles)
        self.alleles: tuple[NamedAllele, ...] = tuple(
            a for a in gene.alleles if a.is_callable and a.name not in ignored
        )
        n_sites = len(gene.variants)
        reference_row = np.ones(n_sites, dtype=np.int64)
        for allele in self.alleles:
            if allele.is_reference:
                for site, mask in allele.cells:
                    # Where the reference allele itself is ambiguous, silence in another allele means the REF base.
                    reference_row[site] = 1 if mask & 1 else mask
        self.default: NDArray[np.int64] = reference_row
        self.allowed: NDArray[np.int64] = np.tile(reference_row, (len(self.alleles), 1))
        self.is_defined: NDArray[np.bool_] = np.zeros((len(self.alleles), n_sites), dtype=np.bool_)
        for row, allele in enumerate(self.alleles):
            for site, mask in allele.cells:
                self.allowed[row, site] = mask
                self.is_defined[row, site] = True
            if allele.is_reference:
                self.is_defined[row] = True
        self.is_wobble: NDArray[np.bool_] = self.is_defined & ((self.allowed & (self.allowed - 1)) != 0)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Allele name -> row."""
        return {allele.name: row for row, allele in enumerate(self.alleles)}

    @cached_property
    def reference(self) -> int | None:
        return next((row for row, a in enumerate(self.alleles) if a.is_reference), None)

    @cached_property
    def rows_defining(self) -> tuple[tuple[int, ...], ...]:
        """For each site the rows of the alleles that define it, the reference left out."""
        rows: list[list[int]] = [[] for _ in self.gene.variants]
        for row, allele in enumerate(self.alleles):
            if row != self.reference:
                for site, _ in allele.cells:
                    rows[site].append(row)
        return tuple(map(tuple, rows))

    @cached_property
    def rows_fitting_default(self) -> tuple[int, ...]:
        """Rows of the alleles with a cell that what is carried by default fits, the reference left out."""
        return tuple(
            row
            for row, allele in enumerate(self.alleles)
            if row != self.reference and any(mask & int(self.default[site]) for site, mask in allele.cells)
        )

    @cached_property
    def core_names(self) -> dict[str, str]:
        """Name of a suballele -> name of its core allele, under which it is reported."""
        return {a.name: a.core for a in self.alleles if a.core}

    @cached_property
    def _diplotypes(self) -> dict[tuple[int, int], Diplotype]:
        return {}

    def diplotype(self, first: int, second: int | None = None) -> Diplotype:
        """The diplotype of two rows (of one, where there is one copy); the same object each time."""
        key = (first, -1 if second is None else second)
        found = self._diplotypes.get(key)
        if found is None:
            other = None if second is None else Allele(self.alleles[second].name)
            found = self._diplotypes[key] = in_order(Allele(self.alleles[first].name), other)
        return found

    def scores(self, sites: NDArray[np.intp]) -> NDArray[np.int64]:
        """int64 (n_alleles,): defined cells among ``sites`` but wobble cells, which count by what a strand shows."""
        return np.asarray((self.is_defined[:, sites] & ~self.is_wobble[:, sites]).sum(axis=1), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Strands:
    """The alleles that fit one strand of a pattern.

    ``rows`` index ``AlleleTable.alleles``. ``as_read[k]`` and ``turned[k]`` hold, for the allele ``rows[k]``, one bit
    for every phase block that it fits in that orientation. ``full`` has every block's bit set.
    """

    rows: tuple[int, ...]
    as_read: tuple[int, ...]
    turned: tuple[int, ...]
    full: int

    def only(self, is_kept: Sequence[bool]) -> Strands:
        """The strands of the rows marked in ``is_kept`` (one entry an allele row); the same object if that is all."""
        kept = [k for k, row in enumerate(self.rows) if is_kept[row]]
        if len(kept) == len(self.rows):
            return self
        return Strands(
            tuple(self.rows[k] for k in kept),
            tuple(self.as_read[k] for k in kept),
            tuple(self.turned[k] for k in kept),
            self.full,
        )

    def pairs(self) -> list[tuple[int, int]]:
        """Indices k <= m into ``rows`` of the alleles that make up the genotype together."""
        full, found = self.full, []
        if not full:  # no block to cover: every allele fits either strand
            return list(combinations_with_replacement(range(len(self.rows)), 2))
        for k, (read, turned) in enumerate(zip(self.as_read, self.turned, strict=True)):
            for m in range(k, len(self.rows)):
                if (read & self.turned[m]) | (turned & self.as_read[m]) == full:
                    found.append((k, m))
        return found


def _bits_of_every_code() -> NDArray[np.int64]:
    """int64 (256,), by the code read as an unsigned byte."""
    codes = np.arange(256).astype(np.uint8).view(np.int8).astype(np.int64)
    bits = np.left_shift(np.int64(1), np.clip(codes, 0, 61))
    bits[codes >= UNDOCUMENTED] = _UNDOCUMENTED_BIT
    bits[codes == MISSING] = _ANY_CODE
    return np.asarray(bits)


_BITS = _bits_of_every_code()


def code_bits(codes: NDArray[np.int8]) -> NDArray[np.int64]:
    """Bit of every allele code; MISSING fits any allele, an undocumented ALT fits none."""
    return np.asarray(_BITS[codes.view(np.uint8)])


def fitting_strands(
    table: AlleleTable, pattern: Pattern, sites: NDArray[np.intp], alleles: NDArray[np.bool_]
) -> Strands:
    """The alleles (among those marked in ``alleles``: bool (n_alleles,)) that fit a strand at every one of ``sites``.

    Haploid sites have no second strand: only column 0 is read, so all of a person's sites must be haploid, or none.
    """
    candidates = np.flatnonzero(alleles)
    bits = code_bits(pattern.codes[sites])
    blocks = pattern.blocks[sites]
    allowed = table.allowed[np.ix_(candidates, sites)]
    on_first = (allowed & bits[:, 0]) != 0
    is_equal = blocks == NO_BLOCK
    fits = on_first[:, is_equal].all(axis=1)
    if is_equal.all():
        rows = candidates[fits]
        return Strands(tuple(rows.tolist()), (0,) * len(rows), (0,) * len(rows), 0)
    differing = np.flatnonzero(~is_equal)
    order = differing[np.argsort(blocks[differing], kind="stable")]
    starts = np.flatnonzero(np.diff(blocks[order], prepend=NO_BLOCK))
    on_second = (allowed[:, order] & bits[order, 1]) != 0
    as_read = np.logical_and.reduceat(on_first[:, order], starts, axis=1)
    turned = np.logical_and.reduceat(on_second, starts, axis=1)
    fits &= (as_read | turned).all(axis=1)
    rows = candidates[fits]
    return Strands(
        tuple(rows.tolist()),
        _bit_sets(as_read[fits]),
        _bit_sets(turned[fits]),
        (1 << len(starts)) - 1,
    )


def _bit_sets(flags: NDArray[np.bool_]) -> tuple[int, ...]:
    packed = np.packbits(flags, axis=1, bitorder="little")
    return tuple(int.from_bytes(row.tobytes(), "little") for row in packed)


def pair_scores(
    table: AlleleTable, pattern: Pattern, coverage: Coverage, strands: Strands, pairs: list[tuple[int, int]]
) -> list[int]:
    """Score of each pair: defined cells that have data, of both alleles.

    A wobble cell counts only where its strand shows another code than REF.
    """
    base, has_wobble = coverage.scores, coverage.has_wobble
    scores = []
    for k, m in pairs:
        one, other = strands.rows[k], strands.rows[m]
        score = base[one] + base[other]
        if has_wobble[one] or has_wobble[other]:
            score += _wobble_score(table, pattern, coverage.sites, strands, k, m)
        scores.append(score)
    return scores


def _wobble_score(
    table: AlleleTable, pattern: Pattern, sites: NDArray[np.intp], strands: Strands, k: int, m: int
) -> int:
    shows_alt = pattern.codes[sites] > 0
    blocks = pattern.blocks[sites]
    wobble_k = np.logical_and(table.is_wobble[strands.rows[k]][sites][:, None], shows_alt)
    wobble_m = np.logical_and(table.is_wobble[strands.rows[m]][sites][:, None], shows_alt)
    equal = blocks == NO_BLOCK
    score = int(wobble_k[equal, 0].sum() + wobble_m[equal, 0].sum())
    for bit, block in enumerate(sorted(set(blocks[~equal].tolist()))):
        here = blocks == block
        # Two alleles that fit a block both ways are ambiguous at all of its sites: either way shows the same ALTs.
        fits_as_read = strands.as_read[k] & strands.turned[m] & (1 << bit)
        mine, other = (0, 1) if fits_as_read else (1, 0)
        score += int(wobble_k[here, mine].sum() + wobble_m[here, other].sum())
    return score


def haploid_scores(table: AlleleTable, pattern: Pattern, sites: NDArray[np.intp], strands: Strands) -> list[int]:
    """Scores of single alleles, in the order of ``strands.rows``."""
    base = table.scores(sites)
    shows_alt = pattern.codes[sites, 0] > 0
    return [int(base[row] + (table.is_wobble[row, sites] & shows_alt).sum()) for row in strands.rows]
