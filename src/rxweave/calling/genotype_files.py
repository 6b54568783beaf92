"""Whatever file of genotypes people have: told apart by its first bytes and read by the reader of its kind."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from rxweave.calling.genotypes import Genotypes
from rxweave.calling.vcf import read_vcf
from rxweave.errors import InputError

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge

_HEAD = 1 << 16
_PGEN_MODES = frozenset({2, 3, 4, 16, 17, 32, 33})


class FileKind(Enum):
    """What a file of genotypes is."""

    VCF = "VCF or BCF"
    PLINK = "PLINK .bed"
    ARRAY_TEXT = "array genotypes as text"


def kind_of(path: Path) -> FileKind:
    """Look at the first bytes, unpacked if need be. What is none of the others is left to the VCF reader to refuse."""
    if not path.is_file():
        return FileKind.VCF  # a pipe can be read once only; a folder or nothing is refused by the reader
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return FileKind.VCF
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(31).decompress(head, _HEAD)
        except zlib.error:
            return FileKind.VCF
    if head.startswith(b"##fileformat="):
        return FileKind.VCF
    if head.startswith(b"\x6c\x1b"):
        if head[2:3] and head[2] in _PGEN_MODES:
            raise InputError(
                f"{path}: this is a PLINK 2 .pgen file. Write it as PLINK 1 files (`plink2 --pfile NAME"
                " --make-bed`) or as VCF (`plink2 --pfile NAME --export vcf bgz`)."
            )
        return FileKind.PLINK
    from rxweave.calling.array_text import COLUMN_NAMES

    if COLUMN_NAMES.search(head):
        return FileKind.ARRAY_TEXT
    if path.suffix in (".bim", ".fam") and path.with_suffix(".bed").is_file():
        raise InputError(
            f"{path}: this is one of three PLINK files: give the genotypes, {path.with_suffix('.bed').name}."
        )
    return FileKind.VCF


def read_genotypes(
    path: Path,
    knowledge: Knowledge,
    *,
    genes: Collection[str] | None = None,
    samples: Collection[str] | None = None,
    assume_reference: bool = False,
    reference: Path | None = None,
) -> Genotypes:
    """Read any kind of file at the sites of ``genes`` (all with definitions when None); options as for ``read_vcf``.

    Raises InputError, ReferenceMismatch, UnknownName, MissingExtra.
    """
    kind = kind_of(path)
    if kind is FileKind.VCF:
        return read_vcf(
            path, knowledge, genes=genes, samples=samples, assume_reference=assume_reference, reference=reference
        )
    chosen = [knowledge.gene(symbol) for symbol in dict.fromkeys(genes)] if genes is not None else None
    wanted = chosen if chosen is not None else [gene for gene in knowledge.genes.values() if gene.variants]
    names = None if samples is None else tuple(dict.fromkeys(samples))
    if kind is FileKind.PLINK:
        from rxweave.calling.plink import read_plink

        return read_plink(path, wanted, names, assume_reference=assume_reference)
    from rxweave.calling.array_text import read_array_text

    return read_array_text(path, wanted, names, assume_reference=assume_reference)
