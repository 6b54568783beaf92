"""The sample columns of one VCF record, read together: allele indexes, phase and phase sets as arrays.

A cohort repeats a handful of genotype texts, so each distinct text is read once and the result is spread over the
samples with NumPy. Three ways in, from fast to general, all of which end in ``read_gt``: columns of one width
(``0|1`` and a tab), columns whose GT fits in eight characters, and anything else.

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
#: Masks that keep the first 0, 1, ... 8 bytes of a little-endian word.
_MASKS = np.array([(1 << (8 * width)) - 1 for width in range(9)], np.uint64)
#: A phase set that is no positive integer of 32 bits gets a negative number, in order of appearance.
_LARGEST_PHASE_SET = 2**31 - 1


class Problem(Enum):
    """Why a genotype could not be taken as written."""

    TOO_MANY_ALLELES = "more than two alleles"
    ALLELE_LEFT_OVER = "more than two alleles, and the first two are not all of them"
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
    """The genotypes of one record, by kind: most samples have the usual one.

    usual:     the genotype of every sample that ``others`` does not list; there is at least one
    others:    (intp rows, the genotype of these samples)
    phase_set: int32 (n_samples,), or None where the record has no PS
    problems:  (sample number, text, what), in sample order
    """

    sample_count: int
    usual: Gt
    others: list[tuple[NDArray[np.intp], Gt]] = field(default_factory=list)
    phase_set: NDArray[np.int32] | None = None
    problems: list[tuple[int, bytes, Problem]] = field(default_factory=list)

    @property
    def kinds(self) -> list[Gt]:
        """Every genotype that some sample has."""
        return [self.usual, *(gt for _, gt in self.others)]

    def rows_where(self, holds: Callable[[Gt], bool]) -> NDArray[np.intp]:
        """The samples whose genotype passes, in order."""
        chosen = np.full(self.sample_count, holds(self.usual))
        for rows, gt in self.others:
            chosen[rows] = holds(gt)
        return np.flatnonzero(chosen)

    def dense(self) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Allele indexes int16 (2, n_samples) and phase bool (n_samples,)."""
        indexes = np.empty((2, self.sample_count), np.int16)
        indexes[0], indexes[1] = self.usual[:2]
        is_phased = np.full(self.sample_count, self.usual.is_phased)
        for rows, gt in self.others:
            indexes[0, rows], indexes[1, rows] = gt[:2]
            is_phased[rows] = gt.is_phased
        return indexes, is_phased

    def pick(self, picks: NDArray[np.intp]) -> Columns:
        """The same for some samples, each once, in the order of ``picks``."""
        row_of = np.full(self.sample_count, -1, np.intp)
        row_of[picks] = np.arange(len(picks))
        others = []
        for rows, gt in self.others:
            kept = row_of[rows]
            kept = np.sort(kept[kept >= 0])
            if len(kept):
                others.append((kept, gt))
        usual = self.usual
        if others and sum(len(rows) for rows, _ in others) == len(picks):
            usual = others.pop(0)[1]
        return Columns(
            len(picks),
            usual,
            others,
            None if self.phase_set is None else self.phase_set[picks],
            [(int(row_of[i]), text, what) for i, text, what in self.problems if row_of[i] >= 0],
        )

    def clear(self, rows: NDArray[np.intp]) -> None:
        """Take the genotypes of these samples away."""
        if not len(rows):
            return
        others = ((found[~np.isin(found, rows)], gt) for found, gt in self.others)
        self.others = [(found, gt) for found, gt in others if len(found)]
        self.others.append((rows, Gt(MISSING, MISSING, False)))
        if sum(len(found) for found, _ in self.others) == self.sample_count:
            self.usual = self.others.pop()[1]

    def map(self, change: Callable[[Gt], Gt]) -> Columns:
        """The same with every genotype changed."""
        others = [(rows, change(gt)) for rows, gt in self.others]
        return Columns(self.sample_count, change(self.usual), others, self.phase_set, self.problems)


class ColumnCount(Exception):
    """A record has another number of sample columns than the header; ``found`` says how many."""

    def __init__(self, found: int) -> None:
        super().__init__(found)
        self.found = found


def read_gt(text: bytes, allele_count: int, *, keeps_half_reference: bool = False) -> Gt:
    """Read one GT. ``0/.`` and ``./0`` are missing; ``./1`` stays a half call.

    A third allele is dropped, and said so, where the first two hold it; where they do not the genotype is missing.

    ``keeps_half_reference``: on a chromosome that some people have one copy of, ``0/.`` may be such a genotype and
    stays a half call, which no gene is called from.
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
    if not {first, second}.issuperset(found):
        return Gt(MISSING, MISSING, False, Problem.ALLELE_LEFT_OVER)
    if MISSING in (first, second):
        if 0 in (first, second) and not keeps_half_reference:
            first = second = MISSING
        elif not is_phased and second == MISSING:
            first, second = second, first
    return Gt(first, second, is_phased, problem)


class ColumnReader:
    """Reads the sample columns of the records of one file; remembers every genotype text that it has seen."""

    def __init__(self, sample_count: int, *, is_ad_per_allele: bool) -> None:
        self.sample_count = sample_count
        self.is_ad_per_allele = is_ad_per_allele
        self._keeps_half_reference = False
        self._seen: dict[tuple[bytes, int, bool], Gt] = {}
        self._phase_sets: dict[bytes, int] = {b"": 0, b".": 0}

    def read(
        self, columns: bytes, fields: list[bytes], allele_count: int, *, keeps_half_reference: bool = False
    ) -> Columns:
        """Read all sample columns (``columns`` is the line after FORMAT, without its end).

        ``fields`` are the names in FORMAT; a sample may drop trailing ones. Raises ColumnCount.
        """
        n = self.sample_count
        self._keeps_half_reference = keeps_half_reference
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
        key = (text, allele_count, self._keeps_half_reference)
        gt = self._seen.get(key)
        if gt is None:
            gt = read_gt(text, allele_count, keeps_half_reference=self._keeps_half_reference)
            if len(self._seen) < 1 << 16:
                self._seen[key] = gt
        return gt

    def _read_fixed(self, columns: bytes, allele_count: int) -> Columns | None:
        """Every column is three characters and a tab: each is one 32-bit word."""
        words = np.frombuffer(columns + b"\t", "<u4")
        if not (words >> 24 == _TAB).all():
            return None
        return self._group(words, lambda word: word.to_bytes(4, "little")[:3], allele_count)

    def _read_short(self, columns: bytes, fields: list[bytes], allele_count: int, wants_reads: bool) -> Columns | None:
        """GT is first and short: the first characters of each column, up to a colon or tab, are one 64-bit word."""
        raw = np.frombuffer(columns + b"\t" * 8, np.uint8)
        is_delimiter = raw == _TAB
        if len(fields) > 1:
            is_delimiter |= raw == _COLON
        delimiters = np.flatnonzero(is_delimiter[: len(columns) + 1])
        tabs = np.flatnonzero(raw[delimiters] == _TAB) if len(fields) > 1 else np.arange(len(delimiters))
        if len(tabs) != self.sample_count:
            raise ColumnCount(len(tabs))
        starts = np.concatenate(([0], delimiters[tabs[:-1]] + 1))
        gt_ends = delimiters[np.concatenate(([0], tabs[:-1] + 1))]
        widths = gt_ends - starts
        if widths.max() > 8:
            return None
        # Every run of eight bytes as a number: a view that starts anew at each byte.
        runs = np.ndarray((len(columns) + 1,), "<u8", raw.tobytes(), strides=(1,))
        words = runs[starts] & _MASKS[widths]
        found = self._group(words, lambda word: word.to_bytes(8, "little").rstrip(b"\0"), allele_count)
        if found is not None and wants_reads:
            ends = delimiters[tabs]
            for row in found.rows_where(_is_heterozygous).tolist():
                self._check_reads(found, row, columns[starts[row] : ends[row]], fields)
            _set_missing(found)
        return found

    def _group(
        self, words: NDArray[np.unsignedinteger], text_of: Callable[[int], bytes], allele_count: int
    ) -> Columns | None:
        """Read each distinct word once. None where a word holds a tab: the columns were not what they seemed."""
        columns: Columns | None = None
        rows = np.arange(0)
        left = words
        while len(left):
            text = text_of(int(left[0]))
            if b"\t" in text:
                return None
            gt = self._gt(text, allele_count)
            is_same = left == left[0]
            if columns is None:
                columns = Columns(len(words), gt)
                same, rows = np.flatnonzero(is_same) if gt.problem else rows, np.flatnonzero(~is_same)
                left = words[rows]
            else:
                same = rows[is_same]
                columns.others.append((same, gt))
                rows, left = rows[~is_same], left[~is_same]
            if gt.problem is not None:
                columns.problems += [(row, text, gt.problem) for row in same.tolist()]
        if columns is not None:
            columns.problems.sort(key=lambda entry: entry[0])
        return columns

    def _read_any(self, columns: bytes, fields: list[bytes], allele_count: int, wants_reads: bool) -> Columns:
        """One column after the other, whatever is in it."""
        texts = columns.split(b"\t")
        if len(texts) != self.sample_count:
            raise ColumnCount(len(texts))
        gt_field = fields.index(b"GT")
        ps_field = fields.index(b"PS") if b"PS" in fields else -1
        rows: dict[Gt, list[int]] = {}
        problems: list[tuple[int, bytes, Problem]] = []
        phase_sets: list[int] = []
        for row, text in enumerate(texts):
            values = text.split(b":")
            gt_text = values[gt_field] if gt_field < len(values) else b"."
            gt = self._gt(gt_text, allele_count)
            rows.setdefault(gt, []).append(row)
            if gt.problem is not None:
                problems.append((row, gt_text, gt.problem))
            if ps_field >= 0:
                phase_sets.append(self._phase_set(values[ps_field]) if ps_field < len(values) else 0)
        usual = max(rows, key=lambda gt: len(rows[gt]))
        others = [(np.array(found, np.intp), gt) for gt, found in rows.items() if gt != usual]
        found = Columns(len(texts), usual, others, np.array(phase_sets, np.int32) if ps_field >= 0 else None, problems)
        if wants_reads:
            for row in found.rows_where(_is_heterozygous).tolist():
                self._check_reads(found, row, texts[row], fields)
            _set_missing(found)
        return found

    def _phase_set(self, text: bytes) -> int:
        number = self._phase_sets.get(text)
        if number is None:
            number = int(text) if text.isdigit() and len(text) < 11 else -1
            if not 0 <= number <= _LARGEST_PHASE_SET:
                number = -1 - sum(1 for known in self._phase_sets.values() if known < 0)
            self._phase_sets[text] = number
        return number

    @staticmethod
    def _check_reads(found: Columns, row: int, text: bytes, fields: list[bytes]) -> None:
        """Note a heterozygote whose reads (AD, one number an allele) are all on one allele."""
        values = text.split(b":")
        ad_field = fields.index(b"AD")
        if ad_field < len(values):
            depths = [int(depth) for depth in values[ad_field].split(b",") if depth.isdigit()]
            if sum(depth > 0 for depth in depths) == 1:
                found.problems.append((row, values[fields.index(b"GT")], Problem.READS_ON_ONE_ALLELE))


def _is_heterozygous(gt: Gt) -> bool:
    return gt.first >= 0 and gt.second >= 0 and gt.first != gt.second


def _set_missing(columns: Columns) -> None:
    """Take the genotypes away that their reads do not bear out."""
    rows = [row for row, _, what in columns.problems if what is Problem.READS_ON_ONE_ALLELE]
    if rows:
        columns.clear(np.array(rows, np.intp))
        columns.problems.sort(key=lambda entry: entry[0])
