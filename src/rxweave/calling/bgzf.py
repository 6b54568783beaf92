"""The text of a file that may be plain, gzip or bgzip: told apart by its first bytes, never by its name.

The text comes in pieces of about a megabyte, so a file of any size, or one that explodes when unpacked, takes bounded
memory. A compressed file that stops early is an error: what is missing from it could be any site.

Sources: RFC 1952 (gzip); SAM specification section 4.1 (BGZF and its end-of-file block).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from rxweave.errors import InputError

#: Size of the pieces that ``read_text`` yields, in bytes, give or take one compressed block.
PIECE = 1 << 20

_GZIP = b"\x1f\x8b"
_BGZF_FLAGS = b"\x1f\x8b\x08\x04"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_OTHER_FORMATS = (
    (b"BCF", "a BCF file", "convert it with `bcftools view -Ov`"),
    (b"PK\x03\x04", "a zip archive", "unpack it and give the VCF inside"),
    (b"(\xb5/\xfd", "a zstd archive", "unpack it with `zstd -d`"),
    (b"BZh", "a bzip2 archive", "unpack it with `bunzip2`"),
    (b"\xfd7zXZ\x00", "an xz archive", "unpack it with `unxz`"),
    (b"BAM\x01", "a BAM file (aligned reads)", "call variants from it first, and give the VCF"),
    (b"CRAM", "a CRAM file (aligned reads)", "call variants from it first, and give the VCF"),
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8"),
)


def read_text(path: Path) -> Iterator[bytes]:
    """The decompressed bytes of ``path``, in pieces.

    Raises InputError for a file that cannot be opened, is empty, is another known format, is damaged, or ends early.
    """
    try:
        with path.open("rb") as file:
            yield from _text_of(file, path)
    except OSError as error:
        what = "is a folder" if path.is_dir() else (error.strerror or str(error)).lower()
        raise InputError(f"{path}: cannot be read: {what}. Check the path and its permissions.") from None


def _text_of(file: BinaryIO, path: Path) -> Iterator[bytes]:
    start = file.read(18)
    if not start:
        raise InputError(f"{path}: the file is empty. Expected a VCF, plain or compressed with bgzip or gzip.")
    if file.seekable():
        file.seek(0)
    else:  # a pipe: standard input, or what a shell's <(...) names
        file = cast("BinaryIO", _Unread(start, file))
    if start.startswith(_BGZF_FLAGS) and start[12:16] == b"BC\x02\x00":
        pieces = _bgzf(file, path)
    elif start.startswith(_GZIP):
        pieces = _gzip(file, path)
    else:
        pieces = iter(lambda: file.read(PIECE), b"")
    is_first = True
    for piece in pieces:
        if is_first and piece:
            _refuse_other_formats(piece, path)
            is_first = False
        yield piece
    if is_first:
        raise InputError(f"{path}: the file is compressed and there is nothing in it. Expected a VCF.")


class _Unread:
    """A stream with its first bytes put back."""

    def __init__(self, start: bytes, file: BinaryIO) -> None:
        self._start = start
        self._file = file

    def read(self, size: int) -> bytes:
        start, self._start = self._start[:size], self._start[size:]
        return start + self._file.read(size - len(start)) if len(start) < size else start


def _refuse_other_formats(start: bytes, path: Path) -> None:
    for magic, what, remedy in _OTHER_FORMATS:
        if start.startswith(magic):
            raise InputError(f"{path}: this is {what}, not a VCF: {remedy}.")


def _bgzf(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """Unpack block by block; a block names its own compressed size, so each is one call into zlib."""
    waiting: list[bytes] = []
    size = 0
    is_ended = False
    offset = 0
    while header := file.read(18):
        if len(header) < 18:
            raise _truncated(path, offset)
        length = int.from_bytes(header[16:18], "little") + 1
        if header[:4] != _BGZF_FLAGS or header[12:16] != b"BC\x02\x00" or length <= len(header):
            raise InputError(
                f"{path}: byte {offset} should start a bgzip block and does not: the file is damaged, or something was"
                " appended to it. Copy it again from its source, or compress it again with bgzip."
            )
        block = header + file.read(length - len(header))
        if len(block) < length:
            raise _truncated(path, offset)
        try:
            text = zlib.decompress(block, 31, 1 << 16)
        except zlib.error as error:
            raise _damaged(path, offset, error) from None
        offset += len(block)
        is_ended = block == _BGZF_END
        if text:
            waiting.append(text)
            size += len(text)
        if size >= PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if not is_ended:
        raise InputError(
            f"{path}: the bgzip end-of-file marker is missing, so the file was probably cut off while it was written or"
            " copied, and sites may be missing from it. Copy it again from its source, or, if you know that it is"
            " whole, write it anew: `gzip -dc FILE | bgzip > NEW`."
        )
    yield b"".join(waiting)


def _gzip(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """Unpack an ordinary gzip file, which may be several streams one after the other."""
    unpacker = zlib.decompressobj(31)
    packed = b""
    offset = 0
    while True:
        if not packed:
            packed = file.read(1 << 18)
            offset += len(packed)
        is_over = not packed
        try:
            text = unpacker.decompress(packed, PIECE)
        except zlib.error as error:
            raise _damaged(path, offset, error) from None
        packed = unpacker.unconsumed_tail
        if text:
            yield text
        if unpacker.eof:
            packed = (unpacker.unused_data or file.read(1 << 18)).lstrip(b"\x00")
            if not packed:
                return
            unpacker = zlib.decompressobj(31)
        elif is_over and not text:
            raise _truncated(path, offset)


def _truncated(path: Path, offset: int) -> InputError:
    return InputError(
        f"{path}: the compressed file ends in the middle of a block, near byte {offset}: it was cut off while it was"
        " written or copied, and sites are missing from it. Copy it again from its source."
    )


def _damaged(path: Path, offset: int, error: Exception) -> InputError:
    return InputError(
        f"{path}: the compressed data near byte {offset} are damaged ({error}). Copy the file again from its source."
    )
