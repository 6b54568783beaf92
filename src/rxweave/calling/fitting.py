"""The alleles that fit the strands of many patterns, found for all of them together.

The same answer as ``fitting_strands`` pattern by pattern (which is kept for the patterns that are changed on the way,
and as the plain statement of the rule). Nearly every genotype of a cohort is plain REF, so an allele's misfits are
counted from those of a person without any variant, plus a difference for each genotype that is something else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.genotypes import ABSENT
from rxweave.calling.match import AlleleTable, Strands, code_bits, fitting_strands
from rxweave.calling.patterns import NO_BLOCK, Pattern

#: Phase blocks of one pattern that fit the bits of a number.
_MOST_BLOCKS = 60
#: Patterns taken together: bounds the memory, and is as fast as more.
_BATCH = 2048
#: The lowest code of a genotype, which all are counted from where two are packed into one number.
_LOWEST_CODE = ABSENT


def fitting_strands_of_all(table: AlleleTable, patterns: Sequence[Pattern]) -> list[Strands]:
    """For each pattern the alleles that fit one of its strands, as ``fitting_strands`` gives them for all alleles."""
    found: list[Strands] = []
    for start in range(0, len(patterns), _BATCH):
        found += _fitting_strands(table, patterns[start : start + _BATCH])
    return found


def _fitting_strands(table: AlleleTable, patterns: Sequence[Pattern]) -> list[Strands]:
    codes = np.stack([p.codes for p in patterns])
    blocks = np.stack([p.blocks for p in patterns])
    rows, alleles = np.nonzero(_misfits(table, codes, blocks) == 0)
    few = np.array([p.n_blocks <= _MOST_BLOCKS for p in patterns])
    kept = few[rows]
    rows, alleles = rows[kept], alleles[kept]
    as_read, turned = _orientations(table, codes, blocks, rows, alleles)
    n_blocks = np.where(few, blocks.max(axis=1, initial=NO_BLOCK) + 1, 0).astype(np.int64)
    full = (np.int64(1) << n_blocks) - 1
    fits = (as_read | turned) == full[rows]
    rows, alleles, as_read, turned = rows[fits], alleles[fits], as_read[fits], turned[fits]
    ends = np.searchsorted(rows, np.arange(len(patterns) + 1)).tolist()
    listed, read_list, turned_list, full_list = alleles.tolist(), as_read.tolist(), turned.tolist(), full.tolist()
    every = np.ones(len(table.alleles), dtype=np.bool_)
    found = []
    for k, pattern in enumerate(patterns):
        if few[k]:
            here = slice(ends[k], ends[k + 1])
            found.append(Strands(tuple(listed[here]), tuple(read_list[here]), tuple(turned_list[here]), full_list[k]))
        else:
            found.append(fitting_strands(table, pattern, np.flatnonzero(pattern.has_data), every))
    return found


def _misfits(table: AlleleTable, codes: NDArray[np.int8], blocks: NDArray[np.int32]) -> NDArray[np.int16]:
    """int16 (n_patterns, n_alleles): sites where neither strand of the pattern fits the allele."""
    allowed = table.allowed  # (n_alleles, n_sites)
    is_misfit_of_ref = (allowed & 1) == 0
    plain = is_misfit_of_ref.sum(axis=1, dtype=np.int16)
    misfits = np.tile(plain, (len(codes), 1))
    rows, sites = np.nonzero((codes != 0).any(axis=2))
    if not len(rows):
        return misfits
    first, second = codes[rows, sites, 0], codes[rows, sites, 1]
    # Two equal copies, or one: the first says it all.
    second = np.where(blocks[rows, sites] == NO_BLOCK, first, second)
    # Each kind of genotype at each site once.
    kinds = (sites * 256 + (first.astype(np.int64) - _LOWEST_CODE)) * 256 + (second.astype(np.int64) - _LOWEST_CODE)
    _, chosen, which = np.unique(kinds, return_index=True, return_inverse=True)
    bits = code_bits(first[chosen]) | code_bits(second[chosen])
    at = sites[chosen]
    is_misfit = (allowed[:, at] & bits) == 0
    differences = (is_misfit.astype(np.int16) - is_misfit_of_ref[:, at]).T  # (n_kinds, n_alleles)
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    misfits[rows[starts]] += np.add.reduceat(differences[which.reshape(-1)], starts, axis=0, dtype=np.int16)
    return misfits


def _orientations(
    table: AlleleTable,
    codes: NDArray[np.int8],
    blocks: NDArray[np.int32],
    rows: NDArray[np.intp],
    alleles: NDArray[np.intp],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each allele ``alleles[f]`` of pattern ``rows[f]``, one bit a phase block: fits as read, fits turned round."""
    as_read = np.zeros(len(rows), dtype=np.int64)
    turned = np.zeros(len(rows), dtype=np.int64)
    # The sites of each pattern that have a block, block by block.
    het_rows, het_sites = np.nonzero(blocks != NO_BLOCK)
    het_blocks = blocks[het_rows, het_sites]
    order = np.lexsort((het_blocks, het_rows))
    het_rows, het_sites, het_blocks = het_rows[order], het_sites[order], het_blocks[order]
    first_of = np.searchsorted(het_rows, np.arange(len(blocks) + 1))
    counts = np.diff(first_of)[rows]
    # One entry for each fitting allele and each such site of its pattern.
    fit = np.repeat(np.arange(len(rows)), counts)
    if not len(fit):
        return as_read, turned
    within = np.arange(len(fit)) - np.repeat(np.cumsum(counts) - counts, counts)
    het = first_of[rows[fit]] + within
    site, block = het_sites[het], het_blocks[het].astype(np.int64)
    allowed = table.allowed[alleles[fit], site]
    pair = codes[rows[fit], site]
    starts = np.flatnonzero((np.diff(fit, prepend=-1) != 0) | (np.diff(block, prepend=-1) != 0))
    bit = np.left_shift(np.int64(1), block[starts])
    for strand, found in enumerate((as_read, turned)):
        is_fit = (allowed & code_bits(pair[:, strand])) != 0
        in_block = np.logical_and.reduceat(is_fit, starts)
        np.bitwise_or.at(found, fit[starts], np.where(in_block, bit, 0))
    return as_read, turned
