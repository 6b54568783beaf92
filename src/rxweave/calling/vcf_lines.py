"""The lines of a VCF: its header, and those of its records that lie at or near a site of the definitions.

A whole genome has millions of records and a release a thousand sites, so chromosome and position are read for a
megabyte of lines at a time with NumPy, and only the lines that matter become Python objects.

Source: VCF 4.5 specification, section 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.builds import canonical_contig
from rxweave.calling.reference_blocks import BLOCK_LINE
from rxweave.calling.sites import ChromosomeSites, SiteIndex
from rxweave.calling.text_source import TextSource, source_of
from rxweave.errors import InputError

#: A line may be this long, and this much longer for each sample: 500,000 samples are fine, a runaway line is not.
LONGEST_LINE = 8 << 20
BYTES_PER_SAMPLE = 1 << 10
#: The line of column names has a name for every sample and no count to go by yet.
LONGEST_HEADER_LINE = 128 << 20

_FIXED_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_CONTIG = re.compile(rb"##contig=<(?:.*,)?ID=([^,>]+)")
_LENGTH = re.compile(rb"[<,]length=([0-9]+)")
_AD_PER_ALLELE = re.compile(rb"##FORMAT=<(?=.*\bID=AD\b)(?=.*\bNumber=R\b)")
#: Bytes of a line's start that hold chromosome, tab, position and tab for every chromosome name that we know.
_START = 28
#: Contigs of one piece that are looked for with NumPy; a file has few, unless it is of thousands of fragments.
_MOST_PASSES = 64
#: A stretch of a gVCF that reaches over a site begins at one of this many records before it.
_RECORDS_BEFORE = 8


@dataclass(frozen=True, slots=True)
class Header:
    """What a VCF says before its records."""

    samples: tuple[str, ...]
    is_ad_per_allele: bool
    contig_lengths: tuple[tuple[str, int], ...]
    line_count: int  # the #CHROM line is this line of the file, 1-based


@dataclass(frozen=True, slots=True)
class Line:
    """One record's line, without its end. ``contig`` is canonical (``chr10``)."""

    number: int
    contig: str
    pos: int
    text: bytes


@dataclass(slots=True)
class VcfLines:
    """Reads ``path`` once. ``header`` is read when the object is made; then iterate over ``matching``.

    After iteration: ``record_count``, ``is_last_line_open``, and the contig names seen (``contigs``), known ones mapped
    to a chromosome.
    """

    path: Path
    header: Header = field(init=False)
    record_count: int = 0
    contigs: dict[str, str] = field(default_factory=dict)
    is_last_line_open: bool = False  # the last record has no line end
    is_indexed: bool = False  # only the stretches around the sites were read, and lines have no number
    _source: TextSource = field(init=False)
    _pieces: Iterator[bytes] = field(init=False)
    _rest: bytes = b""

    def __post_init__(self) -> None:
        self._source = source_of(self.path)
        self._pieces = self._source.pieces()
        self.header = self._read_header()

    def _read_header(self) -> Header:
        lengths: list[tuple[str, int]] = []
        is_ad_per_allele = False
        for number, line in enumerate(self._header_lines(), 1):
            if number == 1:
                self._check_first_line(line)
            if line.startswith(b"##contig=") and (found := _CONTIG.match(line)):
                length = _LENGTH.search(line)
                lengths.append((found[1].decode("utf-8", "replace"), int(length[1]) if length else 0))
            elif _AD_PER_ALLELE.match(line):
                is_ad_per_allele = True
            elif line.startswith(b"#CHROM"):
                return Header(self._samples(line, number), is_ad_per_allele, tuple(lengths), number)
            elif not line.startswith(b"##"):
                raise InputError(
                    f"{self.path}:{number}: found {_shown(line)} where the header should go on. Expected lines that"
                    " start with ## and then one that starts with #CHROM and names the columns. Is the header complete?"
                )
        raise InputError(
            f"{self.path}: the file ends before the line that starts with #CHROM and names the columns and samples."
            " Is it a whole VCF?"
        )

    def _header_lines(self) -> Iterator[bytes]:
        """Lines from the start of the file; leaves what follows the last one taken in ``_rest``."""
        waiting: list[bytes] = []
        size = 0
        for piece in self._pieces:
            at = 0
            while (end := piece.find(b"\n", at)) >= 0:
                line = b"".join((*waiting, piece[at:end]))
                waiting, size = [], 0
                at = end + 1
                self._rest = piece[at:] if line.startswith(b"#CHROM") else b""
                yield line.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r")
            waiting.append(piece[at:])
            size += len(piece) - at
            is_names = waiting[0].startswith(b"#CHROM") if waiting else False
            if size > (LONGEST_HEADER_LINE if is_names else LONGEST_LINE):
                raise InputError(
                    f"{self.path}: a header line is longer than {LONGEST_LINE >> 20} MiB. Expected the text lines of"
                    " a VCF header. Is this a VCF?"
                )
        if last := b"".join(waiting):
            yield last.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r")

    def _check_first_line(self, line: bytes) -> None:
        if line.startswith((b"##fileformat=VCFv4", b"#CHROM")) or (
            line.startswith(b"##") and not line.startswith(b"##fileformat=")
        ):
            return
        if line.startswith(b"##fileformat="):
            raise InputError(
                f"{self.path}:1: found {_shown(line)}. Expected ##fileformat=VCFv4.x: other formats and versions are"
                " not read. Convert the file, for example with bcftools."
            )
        what = "binary data" if b"\0" in line[:4096] else _shown(line)
        raise InputError(
            f"{self.path}:1: found {what}. Expected a VCF, whose first line is ##fileformat=VCFv4.x, plain or"
            " compressed with bgzip or gzip."
        )

    def _samples(self, line: bytes, number: int) -> tuple[str, ...]:
        columns = line.decode("utf-8", "backslashreplace").split("\t")
        place = f"{self.path}:{number}"
        if tuple(columns[:8]) != _FIXED_COLUMNS:
            raise InputError(
                f"{place}: found the columns {_shown(line)}. Expected {' '.join(_FIXED_COLUMNS)} FORMAT and sample"
                " names, with tabs between them. Were the tabs turned into spaces?"
            )
        if len(columns) < 10 or columns[8] != "FORMAT":
            raise InputError(
                f"{place}: the file has no sample columns, so it holds no one's genotypes. Expected FORMAT and at least"
                " one sample after INFO. Give the file that has genotypes in it."
            )
        samples = columns[9:]
        if len(set(samples)) < len(samples):
            twice = sorted({name for name in samples if samples.count(name) > 1})[:5] if len(samples) < 10_000 else []
            if not twice:
                seen: set[str] = set()
                twice = [name for name in samples if name in seen or seen.add(name)][:5]  # type: ignore[func-returns-value]
            raise InputError(
                f"{place}: sample names must differ, and {', '.join(map(repr, twice))} is there more than once: whose"
                " genotypes are whose cannot be told. Rename the samples (bcftools reheader -s)."
            )
        return tuple(samples)

    def matching(self, index: SiteIndex) -> Iterator[Line]:
        """Records at or near a site of ``index``, and those of a gVCF that reach over one, in file order.

        Raises InputError for lines that cannot be records.
        """
        number = self.header.line_count
        windows = {
            contig: list(zip(here.window_starts.tolist(), here.window_ends.tolist(), strict=True))
            for contig, here in index.chromosomes.items()
        }
        if (pieces := self._source.pieces_within(windows)) is not None:
            self.is_indexed = True
            self._rest, self._pieces = b"", pieces
        for lines in self._whole_lines():
            buffer = np.frombuffer(lines + b"\0" * _START, np.uint8)
            ends = np.flatnonzero(buffer == 10)
            starts = np.concatenate(([0], ends[:-1] + 1))
            yield from self._match(index, lines, buffer, starts, ends, number)
            number += len(ends)

    def _whole_lines(self) -> Iterator[bytes]:
        """The rest of the text in pieces that end with a line end."""
        limit = LONGEST_LINE + BYTES_PER_SAMPLE * len(self.header.samples)
        waiting: list[bytes] = []
        size = 0
        for piece in chain((self._rest,), self._pieces):
            cut = piece.rfind(b"\n") + 1
            if cut:
                waiting.append(piece[:cut])
                yield b"".join(waiting)
                waiting, size = [piece[cut:]], len(piece) - cut
            else:
                waiting.append(piece)
                size += len(piece)
            if size > limit:
                raise InputError(
                    f"{self.path}: after {self.record_count} records comes a line longer than {limit >> 20} MiB, the"
                    " limit"
                    f" for {len(self.header.samples)} sample(s). Expected one record a line. Is the file damaged?"
                )
        if last := b"".join(waiting):
            self.is_last_line_open = True
            yield last + b"\n"

    def _match(
        self,
        index: SiteIndex,
        lines: bytes,
        buffer: NDArray[np.uint8],
        starts: NDArray[np.intp],
        ends: NDArray[np.intp],
        number: int,
    ) -> Iterator[Line]:
        """Group a piece's lines by contig, read their positions, and give those inside the windows of the sites."""
        heads = np.lib.stride_tricks.sliding_window_view(buffer, _START)[starts]
        is_left = ends > starts
        is_left &= heads[:, 0] != 13
        self.record_count += int(is_left.sum())
        found: list[tuple[int, str, int]] = []
        has_blocks = b"END=" in lines
        passes = 0
        while is_left.any():
            passes += 1
            if passes == _MOST_PASSES:
                self._pass_over(index, lines, starts, ends, is_left, number)
                continue
            first = int(is_left.argmax())
            head = lines[starts[first] : min(int(ends[first]), int(starts[first]) + 4096)]
            name_length = head.find(b"\t")
            if head.startswith(b"#") or name_length < 1:
                self._refuse_line(head, number + first + 1)
            name = head[:name_length]
            same = is_left.copy()
            for k, byte in enumerate(name[:_START] + b"\t"[: _START - name_length]):
                same &= heads[:, k] == byte
            if name_length >= _START:
                same &= np.arange(len(same)) == first
            is_left &= ~same
            contig = self._contig(name)
            sites = index.chromosomes.get(contig)
            if sites is None:
                continue
            rows = np.flatnonzero(same)
            pos, is_number = _positions(heads[rows, name_length + 1 :])
            if not is_number.all():
                bad = int(rows[int((~is_number).argmax())])
                self._refuse_position(lines[starts[bad] : ends[bad]], number + bad + 1)
            window = np.searchsorted(sites.window_starts, pos, "right") - 1
            inside = (window >= 0) & (pos <= sites.window_ends[window])
            chosen = np.flatnonzero(inside)
            if has_blocks:
                chosen = np.union1d(chosen, _reaching_over(lines, starts[rows], pos, sites))
            found += [(int(rows[i]), contig, int(pos[i])) for i in chosen]
        for row, contig, at in sorted(found):
            yield Line(
                0 if self.is_indexed else number + row + 1,
                contig,
                at,
                lines[starts[row] : ends[row]].removesuffix(b"\r"),
            )

    def _pass_over(
        self,
        index: SiteIndex,
        lines: bytes,
        starts: NDArray[np.intp],
        ends: NDArray[np.intp],
        is_left: NDArray[np.bool_],
        number: int,
    ) -> None:
        """Clear from ``is_left`` the lines of contigs without sites, one by one: for a piece of very many contigs."""
        for row in np.flatnonzero(is_left).tolist():
            start = int(starts[row])
            at = lines.find(b"\t", start, min(int(ends[row]), start + 4096))
            if at <= start or lines[start] == 35:
                self._refuse_line(lines[start : min(int(ends[row]), start + 4096)], number + row + 1)
            if self._contig(lines[start:at]) not in index.chromosomes:
                is_left[row] = False

    def _contig(self, name: bytes) -> str:
        text = name.decode("utf-8", "backslashreplace")
        if text in self.contigs:
            return self.contigs[text]
        contig = canonical_contig(text)
        if contig or len(self.contigs) < 100_000:
            self.contigs[text] = contig
        return contig

    def _refuse_line(self, head: bytes, number: int) -> None:
        if head.startswith(b"#"):
            raise InputError(
                f"{self.path}:{number}: a header line stands among the records: {_shown(head)}. Were two files written"
                " one after the other? Join them with bcftools concat or merge, or give them one by one."
            )
        raise InputError(
            f"{self.path}:{number}: found {_shown(head)}. Expected a record: tab-separated columns that start with the"
            " chromosome and the position."
        )

    def _refuse_position(self, line: bytes, number: int) -> None:
        position = line.split(b"\t", 2)[1]
        raise InputError(
            f"{self.path}:{number}: POS is {_shown(position)}. Expected a whole number from 1 on, the position in"
            " bases. Correct the line or remove it."
        )


def _reaching_over(
    lines: bytes, starts: NDArray[np.intp], pos: NDArray[np.int64], sites: ChromosomeSites
) -> NDArray[np.intp]:
    """Blocks of reference bases that begin before a site and reach over it, as row numbers.

    starts: where each record's line begins in ``lines``; pos: its position, in the same order. Looks at the records
    just before each site, and at the last ones, which may reach over sites of the next piece.
    """
    order = np.argsort(pos, kind="stable")
    ordered = pos[order]
    targets = np.array(sites.positions, np.int64)
    targets = targets[(targets >= ordered[0]) & (targets <= ordered[-1])]
    before = np.append(np.searchsorted(ordered, targets, "right") - 1, len(order) - 1)
    near = np.unique((before[:, None] - np.arange(_RECORDS_BEFORE)).ravel())
    reaching = []
    for i in near[near >= 0].tolist():
        found = BLOCK_LINE.match(lines, int(starts[order[i]]))
        if found and sites.near(int(ordered[i]), int(found[1])):
            reaching.append(int(order[i]))
    return np.array(reaching, np.intp)


def _positions(digits: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Read decimal numbers that end at a tab: uint8 (n, width) -> int64 (n,), and whether it was a number at all."""
    value = np.zeros(len(digits), np.int64)
    is_open = np.ones(len(digits), np.bool_)
    is_number = np.zeros(len(digits), np.bool_)
    for k in range(min(digits.shape[1], 12)):
        column = digits[:, k]
        is_digit = (column >= 48) & (column <= 57)
        if k:
            is_number |= is_open & (column == 9)
        is_open &= is_digit
        if not is_open.any():
            break
        value = np.where(is_open, value * 10 + (column - 48), value)
    return value, is_number


def _shown(text: bytes) -> str:
    """A short, printable form of bytes that came from outside."""
    shown = text[:60].decode("utf-8", "backslashreplace")
    return repr(shown) + (" ..." if len(text) > 60 else "")
