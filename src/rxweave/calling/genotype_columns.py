"""The sample columns of one VCF record, read together: allele indexes, phase and phase sets as arrays.

A cohort repeats a handful of genotype texts, so each distinct text is read once and the result is spread over the
samples with NumPy. Three ways in, from fast to general, all of which end in ``read_gt``: columns of one width
(``0|1`` and a tab), columns whose GT fits in seven characters, and anything else.

Indexes are those of the record: 0 is REF, 1 its first ALT, with MISSING and ABSENT as in ``genotypes``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.genotypes import ABSENT, MISSING

_SEPARATOR = re.compile(rb"[|/]")
_TAB, _COLON = 9, 58
#: Below this many samples a plain loop beats NumPy's fixed costs.
_FEW = 8
#: A negative number for each phase set that is not a positive integer of 32 bits, in order of appearance.
_LARGEST_PHASE_SET = 2**31 - 1


class Problem(Enum):
    """Why a genotype could not be taken as written."""

    TOO_MANY_ALLELES = "more than two alleles"
    UNREADABLE = "not a genotype"
    READS_ON_ONE_ALLELE = "heterozygous with reads on one allele only"


class Gt(NamedTuple):
    """One GT text: two allele indexes, the phase, and what was wrong with it."""

    first: int
    second: int
    is_phased: bool
    problem: Problem | None = None


@dataclass(slots=True)
class Columns:
    """The genotypes of one record.

    indexes:   int16 (2, n_samples)
    is_phased: bool (n_samples,)
    phase_set: int32 (n_samples,), or None where the record has no PS
    problems:  (sample number, text, what), in sample order
    """

    indexes: NDArray[np.int16]
    is_phased: NDArray[np.bool_]
    phase_set: NDArray[np.int32] | None = None
    problems: list[tuple[int, bytes, Problem]] = field(default_factory=list)


class ColumnCount(Exception):
    """A record has another number of sample columns than the header; ``found`` says how many."""

    def __init__(self, found: int) -> None:
        super().__init__(found)
        self.found = found


def read_gt(text: bytes, allele_count: int) -> Gt:
    """Read one GT. ``0/.`` and ``./0`` are missing; ``./1`` stays a half call; a third allele is dropped, and said so.

    A leading separator (VCF 4.4, ``|0|1``) is accepted. A single allele is haploid and counts as phased.
    """
    body = text[1:] if text[:1] in (b"|", b"/") else text
    parts = _SEPARATOR.split(body)
    found: list[int] = []
    for part in parts:
        if part == b".":
            found.append(MISSING)
        elif part.isdigit() and len(part) < 6 and int(part) < allele_count:
            found.append(int(part))
        else:
            return Gt(MISSING, MISSING, False, Problem.UNREADABLE)
    if len(found) == 1:
        return Gt(found[0], ABSENT if found[0] != MISSING else MISSING, True)
    is_phased = body[len(parts[0]) : len(parts[0]) + 1] == b"|"
    problem = Problem.TOO_MANY_ALLELES if len(found) > 2 else None
    first, second = found[:2]
    if MISSING in (first, second):
        if 0 in (first, second):
            first = second = MISSING
        elif not is_phased and second == MISSING:
            first, second = second, first
    return Gt(first, second, is_phased, problem)


class ColumnReader:
    """Reads the sample columns of the records of one file; remembers every genotype text that it has seen."""

    def __init__(self, sample_count: int, *, is_ad_per_allele: bool) -> None:
        self.sample_count = sample_count
        self.is_ad_per_allele = is_ad_per_allele
        self._seen: dict[tuple[bytes, int], Gt] = {}
        self._phase_sets: dict[bytes, int] = {b"": 0, b".": 0}

    def read(self, columns: bytes, fields: list[bytes], allele_count: int) -> Columns:
        """Read all sample columns (``columns`` is the line after FORMAT, without its end).

        ``fields`` are the names in FORMAT; a sample may drop trailing ones. Raises ColumnCount.
        """
        n = self.sample_count
        gt_field = fields.index(b"GT")
        wants_reads = self.is_ad_per_allele and b"AD" in fields
        if n >= _FEW and len(fields) == 1 and len(columns) + 1 == 4 * n:
            found = self._read_fixed(columns, allele_count)
            if found is not None:
                return found
        if n >= _FEW and gt_field == 0 and b"PS" not in fields:
            found = self._read_short(columns, fields, allele_count, wants_reads)
            if found is not None:
                return found
        return self._read_any(columns, fields, allele_count, wants_reads)

    def _gt(self, text: bytes, allele_count: int) -> Gt:
        key = (text, allele_count)
        gt = self._seen.get(key)
        if gt is None:
            gt = read_gt(text, allele_count)
            if len(self._seen) < 1 << 16:
                self._seen[key] = gt
        return gt

    def _read_fixed(self, columns: bytes, allele_count: int) -> Columns | None:
        """Every column is three characters and a tab: each is one 32-bit word."""
        words = np.frombuffer(columns + b"\t", "<u4")
        if not (words >> 24 == _TAB).all():
            return None
        return self._spread(words, lambda word: word.to_bytes(4, "little")[:3], allele_count)

    def _read_short(self, columns: bytes, fields: list[bytes], allele_count: int, wants_reads: bool) -> Columns | None:
        """GT is first and short: the first seven characters of each column, cut at a colon or tab, are one word."""
        starts, ends = self._edges(columns)
        padded = np.frombuffer(columns + b"\t" * 8, np.uint8)
        window = np.lib.stride_tricks.sliding_window_view(padded, 8)[starts]
        is_end = (window == _TAB) | (window == _COLON)
        if not is_end.any(axis=1).all():
            return None
        width = is_end.argmax(axis=1)
        words = np.where(np.arange(8) < width[:, None], window, 0).view("<u8").ravel()
        found = self._spread(words, lambda word: word.to_bytes(8, "little").rstrip(b"\0"), allele_count)
        if found is not None and wants_reads:
            first, second = found.indexes
            for i in np.flatnonzero((first >= 0) & (second >= 0) & (first != second)):
                self._check_reads(found, int(i), columns[starts[i] : ends[i]], fields)
        return found

    def _spread(
        self, words: NDArray[np.unsignedinteger], text_of: Callable[[int], bytes], allele_count: int
    ) -> Columns | None:
        """Read each distinct word once. None where a word holds a tab: the columns were not what they seemed."""
        n = len(words)
        usual = int(words[0])
        others = np.flatnonzero(words != words[0])
        distinct, which = np.unique(words[others], return_inverse=True)
        texts = [text_of(usual), *(text_of(int(word)) for word in distinct)]
        if any(b"\t" in text for text in texts):
            return None
        gts = [self._gt(text, allele_count) for text in texts]
        indexes = np.empty((2, n), np.int16)
        is_phased = np.full(n, gts[0].is_phased)
        indexes[0], indexes[1] = gts[0].first, gts[0].second
        if len(others):
            table = np.array([gt[:3] for gt in gts[1:]], np.int16)
            indexes[:, others] = table[which, :2].T
            is_phased[others] = table[which, 2] == 1
        columns = Columns(indexes, is_phased)
        for k, gt in enumerate(gts):
            if gt.problem is not None:
                rows = np.flatnonzero(words == words[0]) if k == 0 else others[which == k - 1]
                columns.problems += [(int(i), texts[k], gt.problem) for i in rows]
        columns.problems.sort(key=lambda entry: entry[0])
        return columns

    def _edges(self, columns: bytes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        tabs = np.flatnonzero(np.frombuffer(columns, np.uint8) == _TAB)
        if len(tabs) + 1 != self.sample_count:
            raise ColumnCount(len(tabs) + 1)
        return np.concatenate(([0], tabs + 1)), np.concatenate((tabs, [len(columns)]))

    def _read_any(self, columns: bytes, fields: list[bytes], allele_count: int, wants_reads: bool) -> Columns:
        """One column after the other, whatever is in it."""
        texts = columns.split(b"\t")
        if len(texts) != self.sample_count:
            raise ColumnCount(len(texts))
        gt_field = fields.index(b"GT")
        ps_field = fields.index(b"PS") if b"PS" in fields else -1
        found = Columns(np.empty((2, len(texts)), np.int16), np.zeros(len(texts), np.bool_))
        if ps_field >= 0:
            found.phase_set = np.zeros(len(texts), np.int32)
        for i, text in enumerate(texts):
            values = text.split(b":")
            gt_text = values[gt_field] if gt_field < len(values) else b"."
            gt = self._gt(gt_text, allele_count)
            found.indexes[0, i], found.indexes[1, i], found.is_phased[i] = gt[:3]
            if gt.problem is not None:
                found.problems.append((i, gt_text, gt.problem))
            if found.phase_set is not None and ps_field < len(values):
                found.phase_set[i] = self._phase_set(values[ps_field])
            if wants_reads and gt.first >= 0 and gt.second >= 0 and gt.first != gt.second:
                self._check_reads(found, i, text, fields)
        return found

    def _phase_set(self, text: bytes) -> int:
        number = self._phase_sets.get(text)
        if number is None:
            number = int(text) if text.isdigit() and len(text) < 11 else -1
            if not 0 <= number <= _LARGEST_PHASE_SET:
                number = -1 - sum(1 for known in self._phase_sets.values() if known < 0)
            self._phase_sets[text] = number
        return number

    def _check_reads(self, found: Columns, i: int, text: bytes, fields: list[bytes]) -> None:
        """Discard a heterozygote whose reads (AD, one number an allele) are all on one allele."""
        values = text.split(b":")
        ad_field = fields.index(b"AD")
        if ad_field >= len(values):
            return
        depths = [int(depth) for depth in values[ad_field].split(b",") if depth.isdigit()]
        if sum(depth > 0 for depth in depths) == 1:
            found.indexes[:, i] = MISSING
            found.problems.append((i, values[fields.index(b"GT")], Problem.READS_ON_ONE_ALLELE))
