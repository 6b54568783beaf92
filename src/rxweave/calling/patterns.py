"""Distinct genotype patterns of a gene: in a cohort the same rows repeat, so each is called once.

A pattern is one person's genotypes at the sites of one gene with everything removed that cannot change a call: the
order of an unphased genotype, the phasing of a homozygous one, the numbering of phase sets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.genotypes import ABSENT, MISSING, UNDOCUMENTED, SiteCalls

#: Block number of a site where the two strands cannot be told apart because they are equal, or where there is no data.
NO_BLOCK = -1

#: Odd factors that fold the sites of a gene into one number a sample; what they confuse is told apart afterwards.
_FOLD, _FOLD_SET = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
#: A genotype as patterns compare it: two codes of a byte each, then this bit where two copies that differ are phased.
_PHASED_BIT = np.uint32(1 << 16)


@dataclass(frozen=True)
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

    # What follows is worked out once a pattern, or for all patterns of a gene together (``distinct_patterns``).

    @cached_property
    def n_blocks(self) -> int:
        return int(self.blocks.max(initial=NO_BLOCK)) + 1

    @property
    def is_effectively_phased(self) -> bool:
        """At most two distinct strands are possible: one unphased heterozygous site is as good as phased."""
        return self.n_blocks <= 1

    @cached_property
    def has_data(self) -> NDArray[np.bool_]:
        """bool (n_sites,): at least one copy was read."""
        return np.asarray((self.codes >= 0).any(axis=1))

    @property
    def is_half_called(self) -> NDArray[np.bool_]:
        """bool (n_sites,): one copy was read and the other is unknown (``./1``)."""
        return np.asarray((self.codes >= 0).any(axis=1) & (self.codes == MISSING).any(axis=1))

    @cached_property
    def has_half_calls(self) -> bool:
        return bool(self.is_half_called.any())

    @property
    def is_haploid(self) -> NDArray[np.bool_]:
        """bool (n_sites,): one copy, and no second one to read."""
        return np.asarray((self.codes[:, 0] >= 0) & (self.codes[:, 1] == ABSENT))

    @cached_property
    def has_haploid(self) -> bool:
        return bool(self.is_haploid.any())

    @property
    def is_undocumented(self) -> NDArray[np.bool_]:
        """bool (n_sites, 2): the copy carries an ALT that no definition holds."""
        return np.asarray(self.codes >= UNDOCUMENTED)

    @cached_property
    def has_undocumented(self) -> bool:
        return bool(self.is_undocumented.any())


def distinct_patterns(calls: SiteCalls) -> tuple[list[Pattern], NDArray[np.intp]]:
    """The distinct patterns of a gene, and for every sample the index of its pattern: intp (n_samples,)."""
    labels = _phase_labels(calls)
    if calls.codes.shape[0] == 1:
        alone = np.zeros(1, dtype=np.intp)
        return _patterns_of(calls, labels, alone), alone
    chosen, index = _distinct_rows(calls, labels)
    return _patterns_of(calls, labels, chosen), index


def _phase_labels(calls: SiteCalls) -> NDArray[np.int16] | None:
    """int16 (n_samples, n_sites), 1 + the first site of the phase set that a phased site belongs to, else 0.

    Two people whose phase sets are numbered otherwise and cut alike get equal labels. None where no phase set is given.
    """
    if not calls.phase_set.any():
        return None
    differs = calls.codes[:, :, 0] != calls.codes[:, :, 1]
    rows, sites = np.nonzero(calls.is_phased & differs & (calls.codes[:, :, 1] != ABSENT))
    pairs = np.stack([rows, calls.phase_set[rows, sites]], axis=1)
    _, first, which = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
    labels = np.zeros(calls.phase_set.shape, dtype=np.int16)
    labels[rows, sites] = sites[first[which.reshape(-1)]] + 1
    return labels


def _genotype_words(calls: SiteCalls, rows: NDArray[np.intp] | slice, site: int) -> NDArray[np.uint32]:
    """One number for each of ``rows`` at a site; equal numbers are the same genotype to a caller, 0 is plain REF."""
    first, second = calls.codes[rows, site, 0], calls.codes[rows, site, 1]
    differs = (first != second) & (second != ABSENT)
    is_phased = calls.is_phased[rows, site] & differs
    is_swapped = differs & ~is_phased & (first > second)
    high = np.where(is_swapped, second, first).view(np.uint8).astype(np.uint32)
    low = np.where(is_swapped, first, second).view(np.uint8)
    return cast("NDArray[np.uint32]", is_phased * _PHASED_BIT | high << np.uint32(8) | low)


def _distinct_rows(calls: SiteCalls, labels: NDArray[np.int16] | None) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A sample for each distinct row, and for every sample the number of its row.

    Site after site is added to one number a sample; people who carry the reference there cost next to nothing. That
    two different rows give the same number is next to impossible and is looked for; then whole rows are compared.
    """
    n_samples, n_sites = calls.codes.shape[:2]
    folded = np.zeros(n_samples, dtype=np.uint64)
    factor = 1

    def carriers(site: int) -> tuple[NDArray[np.intp], NDArray[np.uint64]]:
        """Who is not plain REF at a site, and the words of their genotypes."""
        rows = np.flatnonzero(calls.codes[:, site, 0] | calls.codes[:, site, 1])
        words = _genotype_words(calls, rows, site).astype(np.uint64)
        if labels is not None:
            words += labels[rows, site].astype(np.uint64) * np.uint64(_FOLD_SET)
        return rows, words

    for site in range(n_sites):
        factor = factor * _FOLD % 2**64
        rows, words = carriers(site)
        folded[rows] += words * np.uint64(factor)
    _, chosen, index = np.unique(folded, return_index=True, return_inverse=True)
    index = index.reshape(-1)
    sizes = np.bincount(index, minlength=len(chosen))
    word_of = np.zeros(n_samples, dtype=np.uint64)
    for site in range(n_sites):
        rows, words = carriers(site)
        word_of[rows] = words
        of_chosen = word_of[chosen]
        # Every carrier has the genotype of the row that stands for it, and nobody else is counted among them.
        if (of_chosen[index[rows]] != words).any() or sizes[of_chosen != 0].sum() != len(rows):
            return _distinct_bytes(calls, labels)
        word_of[rows] = 0
    return chosen, index


def _distinct_bytes(calls: SiteCalls, labels: NDArray[np.int16] | None) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """As ``_distinct_rows``, comparing whole rows."""
    columns = [_genotype_words(calls, slice(None), site) for site in range(calls.codes.shape[1])]
    if labels is not None:
        columns += list(labels.T.astype(np.uint32))
    table = np.ascontiguousarray(np.stack(columns, axis=1))
    rows = table.view(np.dtype((np.void, table.shape[1] * table.itemsize))).ravel()
    _, chosen, index = np.unique(rows, return_index=True, return_inverse=True)
    return chosen, index.reshape(-1)


def _patterns_of(calls: SiteCalls, labels: NDArray[np.int16] | None, chosen: NDArray[np.intp]) -> list[Pattern]:
    """The patterns of the samples ``chosen``, and what is needed of each, worked out for all together."""
    codes = np.ascontiguousarray(calls.codes[chosen])
    first, second = codes[:, :, 0], codes[:, :, 1]
    differs = (first != second) & (second != ABSENT)
    is_phased = calls.is_phased[chosen] & differs
    swap = differs & ~is_phased & (first > second)
    codes[swap] = codes[swap][:, ::-1]
    blocks = _blocks(differs, is_phased, None if labels is None else labels[chosen])
    has_data = np.asarray((codes >= 0).any(axis=2))
    is_half = has_data & (codes == MISSING).any(axis=2)
    facts = np.stack(
        [
            blocks.max(axis=1, initial=NO_BLOCK) + 1,
            is_half.any(axis=1),
            ((first >= 0) & (second == ABSENT)).any(axis=1),
            (codes >= UNDOCUMENTED).any(axis=(1, 2)),
            (differs & ~is_phased).any(axis=1),
        ],
        axis=1,
    )
    patterns = []
    for row, (n_blocks, is_half_called, is_haploid, is_undocumented, is_unphased) in enumerate(facts.tolist()):
        pattern = Pattern(codes[row], blocks[row], bool(is_unphased))
        # Fills in the cached properties: one pass over all patterns costs less than many small ones.
        pattern.__dict__.update(
            n_blocks=n_blocks,
            has_data=has_data[row],
            has_half_calls=bool(is_half_called),
            has_haploid=bool(is_haploid),
            has_undocumented=bool(is_undocumented),
        )
        patterns.append(pattern)
    return patterns


def _blocks(
    differs: NDArray[np.bool_], is_phased: NDArray[np.bool_], labels: NDArray[np.int16] | None
) -> NDArray[np.int32]:
    """int32 (n_patterns, n_sites): the phase blocks of every pattern, numbered from 0 in site order.

    An unphased site is a block of its own. Sites that are phased without a phase set share one block.
    """
    here = np.arange(differs.shape[1], dtype=np.int32)
    if labels is None:
        first_site = np.argmax(is_phased, axis=1).astype(np.int32)[:, None]
    else:
        first_site = labels.astype(np.int32) - 1
    starts_at = np.where(is_phased, first_site, here)
    numbers = np.cumsum(differs & (starts_at == here), axis=1, dtype=np.int32) - 1
    return np.where(differs, np.take_along_axis(numbers, starts_at, axis=1), np.int32(NO_BLOCK))


def renumbered(pattern: Pattern) -> Pattern:
    """The pattern with its phase blocks numbered from 0 without gaps."""
    in_use = np.flatnonzero(np.bincount(pattern.blocks[pattern.blocks != NO_BLOCK]))  # unique() would load numpy.ma
    numbers = np.searchsorted(in_use, pattern.blocks)
    return replace(pattern, blocks=np.where(pattern.blocks == NO_BLOCK, NO_BLOCK, numbers).astype(np.int32))


def read_as_reference(pattern: Pattern) -> Pattern:
    """The pattern with every ALT that no definition holds read as REF; the same object if there is none."""
    if not pattern.has_undocumented:
        return pattern
    strange = pattern.is_undocumented
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
