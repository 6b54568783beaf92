"""Distinct genotype patterns of a gene: in a cohort the same rows repeat, so each is called once.

A pattern is one person's genotypes at the sites of one gene with everything removed that cannot change a call: the
order of an unphased genotype, the phasing of a homozygous one, the numbering of phase sets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.genotypes import ABSENT, MISSING, UNDOCUMENTED, SiteCalls

#: Block number of a site where the two strands cannot be told apart because they are equal, or where there is no data.
NO_BLOCK = -1

#: Phase of one site as patterns compare it.
_EQUAL, _UNPHASED, _PHASED = -1, 0, 1


@dataclass(frozen=True, slots=True)
class Pattern:
    """Genotypes of one gene, in the order of ``Gene.variants``.

    codes:  int8 (n_sites, 2), as in ``SiteCalls``.
    blocks: int32 (n_sites,), the phase block of a site whose two copies differ, else NO_BLOCK. The relative order of
            two blocks is not known; within a block, column 0 of ``codes`` is one strand and column 1 the other.
    has_unphased: some site that differs was written with ``/``.
    """

    codes: NDArray[np.int8]
    blocks: NDArray[np.int32]
    has_unphased: bool

    @property
    def n_blocks(self) -> int:
        return int(self.blocks.max(initial=NO_BLOCK)) + 1

    @property
    def is_effectively_phased(self) -> bool:
        """At most two distinct strands are possible: one unphased heterozygous site is as good as phased."""
        return self.n_blocks <= 1

    @property
    def has_data(self) -> NDArray[np.bool_]:
        """bool (n_sites,): at least one copy was read."""
        return np.asarray((self.codes >= 0).any(axis=1))

    @property
    def is_half_called(self) -> NDArray[np.bool_]:
        """bool (n_sites,): one copy was read and the other is unknown (``./1``)."""
        return np.asarray((self.codes >= 0).any(axis=1) & (self.codes == MISSING).any(axis=1))

    @property
    def is_haploid(self) -> NDArray[np.bool_]:
        """bool (n_sites,): one copy, and no second one to read."""
        return np.asarray((self.codes[:, 0] >= 0) & (self.codes[:, 1] == ABSENT))

    @property
    def is_undocumented(self) -> NDArray[np.bool_]:
        """bool (n_sites, 2): the copy carries an ALT that no definition holds."""
        return np.asarray(self.codes >= UNDOCUMENTED)


def distinct_patterns(calls: SiteCalls) -> tuple[list[Pattern], NDArray[np.intp]]:
    """The distinct patterns of a gene, and for every sample the index of its pattern: intp (n_samples,)."""
    n_sites = calls.codes.shape[1]
    first, second = calls.codes[:, :, 0], calls.codes[:, :, 1]
    differs = (first != second) & (second != ABSENT)
    is_phased = calls.is_phased & differs
    swap = differs & ~is_phased & (first > second)
    parts = [
        np.where(swap, second, first),
        np.where(swap, first, second),
        np.where(is_phased, np.int8(_PHASED), np.where(differs, np.int8(_UNPHASED), np.int8(_EQUAL))),
    ]
    sets = np.where(is_phased, calls.phase_set, np.int32(0))
    if sets.any():
        parts.append(np.ascontiguousarray(sets).view(np.int8))
    table = np.ascontiguousarray(np.concatenate(parts, axis=1))
    # Rows compare as plain bytes: one sort for the whole cohort.
    rows = table.view(np.dtype((np.void, table.shape[1]))).ravel()
    _, chosen, index = np.unique(rows, return_index=True, return_inverse=True)
    patterns = []
    for row in chosen.tolist():
        phase = table[row, 2 * n_sites : 3 * n_sites]
        patterns.append(
            Pattern(
                codes=np.stack([table[row, :n_sites], table[row, n_sites : 2 * n_sites]], axis=1),
                blocks=_blocks(phase, sets[row]),
                has_unphased=bool((phase == _UNPHASED).any()),
            )
        )
    return patterns, index.reshape(-1)


def _blocks(phase: NDArray[np.int8], sets: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number the phase blocks from 0 in site order; an unphased site is a block of its own.

    Sites that are phased without a phase set share one block.
    """
    blocks = np.full(phase.shape, NO_BLOCK, dtype=np.int32)
    numbers: dict[int, int] = {}
    count = 0
    for site in np.flatnonzero(phase != _EQUAL).tolist():
        number = numbers.get(int(sets[site])) if phase[site] == _PHASED else None
        if number is None:
            number = count
            count += 1
            if phase[site] == _PHASED:
                numbers[int(sets[site])] = number
        blocks[site] = number
    return blocks


def renumbered(pattern: Pattern) -> Pattern:
    """The pattern with its phase blocks numbered from 0 without gaps."""
    in_use = np.unique(pattern.blocks[pattern.blocks != NO_BLOCK])
    numbers = np.searchsorted(in_use, pattern.blocks)
    return replace(pattern, blocks=np.where(pattern.blocks == NO_BLOCK, NO_BLOCK, numbers).astype(np.int32))


def read_as_reference(pattern: Pattern) -> Pattern:
    """The pattern with every ALT that no definition holds read as REF; the same object if there is none."""
    strange = pattern.is_undocumented
    if not strange.any():
        return pattern
    codes = np.where(strange, np.int8(0), pattern.codes)
    differs = (codes[:, 0] != codes[:, 1]) & (codes[:, 1] != ABSENT)
    return renumbered(replace(pattern, codes=codes, blocks=np.where(differs, pattern.blocks, np.int32(NO_BLOCK))))


def with_second_copy_unread(pattern: Pattern) -> Pattern:
    """The pattern with every one-copy genotype read as a half call: for people who have two copies elsewhere."""
    sites = np.flatnonzero(pattern.is_haploid)
    codes, blocks = pattern.codes.copy(), pattern.blocks.copy()
    codes[sites, 1] = MISSING
    blocks[sites] = pattern.n_blocks + np.arange(len(sites), dtype=np.int32)
    return replace(pattern, codes=codes, blocks=blocks)
