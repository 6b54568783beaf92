"""Where the text of a VCF comes from: a plain or compressed file, the parts of one that an index points to, or a BCF.

An index (``FILE.tbi`` or ``FILE.csi``, as tabix and bcftools write them) is used when it is not older than the file.
It is read here: a few dozen lines spare the common case, a whole-genome VCF with its index, from needing htslib. BCF is
read by pysam (the extra ``hts``).

Sources: SAM specification section 5 (binning), the Tabix and CSI format notes of htslib.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from rxweave.calling.bgzf import PIECE, read_text
from rxweave.calling.builds import canonical_contig
from rxweave.errors import InputError, MissingExtra

if TYPE_CHECKING:
    from pysam import VariantFile

#: Canonical contig -> (first, last) base of each stretch wanted, 1-based, both included.
Windows = Mapping[str, Sequence[tuple[int, int]]]

#: Below this size a compressed file is read whole: that takes no longer, and checks all of it.
_WORTH_AN_INDEX = 4 << 20
#: Stretches with fewer bases between them are read as one.
_GAP = 10_000
_BGZF_START = b"\x1f\x8b\x08\x04"
_END_BLOCK_SIZE = 28


class TextSource(Protocol):
    """The text of one VCF."""

    def pieces(self) -> Iterator[bytes]:
        """All of it, header first, in pieces."""

    def pieces_within(self, windows: Windows) -> Iterator[bytes] | None:
        """The records that touch the windows, without the header, in order; None if only the whole can be read."""


def source_of(path: Path) -> TextSource:
    """Tell by the first bytes what kind of file it is. Raises InputError, MissingExtra."""
    return BcfText(path) if is_bcf(path) else VcfText(path)


def is_bcf(path: Path) -> bool:
    """The file is BCF, compressed or not. A pipe is never one: it cannot be read twice."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(1 << 16)
    if start.startswith(b"\x1f\x8b"):
        try:
            start = zlib.decompressobj(31).decompress(start, 16)
        except zlib.error:
            return False
    return start.startswith(b"BCF\x02")


class VcfText:
    """A VCF as text, plain or compressed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pieces(self) -> Iterator[bytes]:
        return read_text(self.path)

    def pieces_within(self, windows: Windows) -> Iterator[bytes] | None:
        index = usable_index(self.path)
        return None if index is None else self._chunks(index, windows)

    def _chunks(self, index: Path, windows: Windows) -> Iterator[bytes]:
        chunks = read_index(index).chunks_of(windows)
        with self.path.open("rb") as file:
            for start, end in chunks:
                yield from _between(file, self.path, start, end)


def usable_index(path: Path) -> Path | None:
    """The index beside a large bgzip file, if there is one that is not older than the file and the file is whole."""
    if not path.is_file() or path.stat().st_size < _WORTH_AN_INDEX:
        return None
    with path.open("rb") as file:
        is_bgzf = file.read(4) == _BGZF_START
        file.seek(-_END_BLOCK_SIZE, 2)
        is_bgzf &= file.read(4) == _BGZF_START
    if not is_bgzf:
        return None
    for suffix in (".csi", ".tbi"):
        index = path.with_name(path.name + suffix)
        if index.is_file() and index.stat().st_mtime >= path.stat().st_mtime:
            return index
    return None


@dataclass(frozen=True, slots=True)
class HtsIndex:
    """A .tbi or .csi file: per contig name, bin number -> chunks.

    A chunk is two virtual offsets: of its first byte, and of the byte after its last one.
    min_shift, depth: the smallest bin has ``1 << min_shift`` bases, and there are ``depth`` levels above it.
    """

    bins: Mapping[str, Mapping[int, Sequence[tuple[int, int]]]]
    min_shift: int
    depth: int

    def chunks_of(self, windows: Windows) -> list[tuple[int, int]]:
        """Chunks that hold every record touching a window, joined where they meet, in file order."""
        found: set[tuple[int, int]] = set()
        for name, bins in self.bins.items():
            for first, last in _joined(windows.get(canonical_contig(name), ()), _GAP):
                for number in self._bins_over(max(first - 1, 0), last):
                    found.update(bins.get(number, ()))
        return _joined(sorted(found), 0)

    def _bins_over(self, start: int, end: int) -> Iterator[int]:
        """Bins that may hold records between ``start`` (0-based) and ``end`` (not included)."""
        first = 0
        for level in range(self.depth + 1):
            shift = self.min_shift + 3 * (self.depth - level)
            yield from range(first + (start >> shift), first + ((end - 1) >> shift) + 1)
            first += 1 << (3 * level)


def _joined(stretches: Sequence[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1] + gap:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def read_index(path: Path) -> HtsIndex:
    """Read a .tbi or .csi file. Raises InputError for one that is damaged."""
    raw = b"".join(read_text(path))
    try:
        return _parse_index(raw)
    except (struct.error, ValueError, IndexError):
        raise InputError(
            f"{path}: this is not a whole tabix or CSI index. Make it again with `tabix -f -p vcf FILE`, or move it"
            " away: without an index the whole file is read."
        ) from None


def _parse_index(raw: bytes) -> HtsIndex:
    if raw[:4] == b"CSI\x01":
        min_shift, depth, aux_size = struct.unpack_from("<3i", raw, 4)
        names = _contig_names(raw[16 : 16 + aux_size], 28)
        at = 16 + aux_size
    elif raw[:4] == b"TBI\x01":
        min_shift, depth = 14, 5
        names_size = struct.unpack_from("<i", raw, 32)[0]
        names = _contig_names(raw[8 : 36 + names_size], 28)
        at = 36 + names_size
    else:
        raise ValueError("no index")
    is_csi = raw[:4] == b"CSI\x01"
    contig_count = struct.unpack_from("<i", raw, at if is_csi else 4)[0]
    at += 4 if is_csi else 0
    if contig_count != len(names):
        raise ValueError("contig names")
    bins: dict[str, dict[int, list[tuple[int, int]]]] = {}
    pseudo_bin = ((1 << (3 * (depth + 1))) - 1) // 7 + 1
    for name in names:
        here = bins.setdefault(name, {})
        (bin_count,) = struct.unpack_from("<i", raw, at)
        at += 4
        for _ in range(bin_count):
            (number,) = struct.unpack_from("<I", raw, at)
            at += 12 if is_csi else 4
            (chunk_count,) = struct.unpack_from("<i", raw, at)
            at += 4
            numbers = struct.unpack_from(f"<{2 * chunk_count}Q", raw, at)
            at += 16 * chunk_count
            if number != pseudo_bin:
                here[number] = list(zip(numbers[::2], numbers[1::2], strict=True))
        if not is_csi:
            (interval_count,) = struct.unpack_from("<i", raw, at)
            at += 4 + 8 * interval_count
    return HtsIndex(bins, min_shift, depth)


def _contig_names(raw: bytes, at: int) -> list[str]:
    """The names in the configuration block of an index, which starts with seven integers."""
    return [name.decode("utf-8", "backslashreplace") for name in raw[at:].split(b"\0")[:-1]]


def _between(file: BinaryIO, path: Path, start: int, end: int) -> Iterator[bytes]:
    """The text between two virtual offsets: the byte of a block in the file, and of the text in the block."""
    file.seek(start >> 16)
    waiting: list[bytes] = []
    size = 0
    while file.tell() <= end >> 16:
        at = file.tell()
        header = file.read(18)
        if at == end >> 16 and not end & 0xFFFF:
            break
        block = header + file.read(int.from_bytes(header[16:18], "little") + 1 - 18)
        try:
            text = zlib.decompress(block, 31, 1 << 16)
        except zlib.error as error:
            raise InputError(
                f"{path}: there is no readable bgzip block at byte {at}, where its index points ({error}): the file or"
                " its index is damaged. Make the index again with `tabix -f -p vcf FILE`, or copy both again."
            ) from None
        text = text[: end & 0xFFFF] if at == end >> 16 else text
        text = text[start & 0xFFFF :] if at == start >> 16 else text
        waiting.append(text)
        size += len(text)
        if size >= PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


class BcfText:
    """A BCF, written out as the text of the VCF that it stands for. Needs pysam."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: VariantFile = _open(path)

    def pieces(self) -> Iterator[bytes]:
        yield str(self._file.header).encode()
        yield from self._texts(self._file)

    def pieces_within(self, windows: Windows) -> Iterator[bytes] | None:
        index = self.path.with_name(self.path.name + ".csi")
        if not index.is_file() or index.stat().st_mtime < self.path.stat().st_mtime:
            return None
        return self._within(windows)

    def _within(self, windows: Windows) -> Iterator[bytes]:
        file = _open(self.path)
        for name in map(str, file.header.contigs):
            seen_to = 0
            for first, last in _joined(windows.get(canonical_contig(name), ()), _GAP):
                yield from self._texts(file.fetch(name, max(first - 1, 0), last), seen_to)
                seen_to = last
        file.close()

    def _texts(self, records: Any, after: int = 0) -> Iterator[bytes]:
        """Records as lines; those that begin at or before ``after`` came with an earlier stretch."""
        waiting: list[str] = []
        try:
            for record in records:
                if record.pos > after:
                    waiting.append(str(record))
                if len(waiting) >= 2000:
                    yield "".join(waiting).encode()
                    waiting = []
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.path}: the BCF cannot be read to its end ({error}): it was cut off or damaged. Copy it again"
                " from its source."
            ) from None
        yield "".join(waiting).encode()


def _open(path: Path) -> VariantFile:
    try:
        import pysam
    except ImportError:
        raise MissingExtra(
            f"{path}: BCF files need pysam: install rxweave[hts], or convert the file with `bcftools view -Oz`."
        ) from None
    pysam.set_verbosity(0)
    try:
        return pysam.VariantFile(str(path))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: this starts as a BCF file and cannot be read as one ({error}). Copy it again from its source."
        ) from None
