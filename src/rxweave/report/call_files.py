"""Reading back the files of ``rxweave call``: what a summary of a cohort needs of each row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rxweave.errors import InputError, MissingExtra

#: Names of files of calls end so; any other is a file of genotypes.
CALL_FILE_ENDINGS = (".jsonl", ".ndjson", ".json", ".tsv", ".parquet")
#: The keys that are read; the others are left in the file.
SUMMARY_KEYS = (
    "gene",
    "diplotypes",
    "components",
    "phenotypes",
    "call_status",
    "source",
    "covered_positions",
    "missing_positions",
)
_LISTS = ("diplotypes", "components", "phenotypes", "missing_positions")
_REMEDY = "Give a file that `rxweave call` wrote, or the VCF itself"
#: The longest cell of a TSV that is read, in characters.
_LONGEST_CELL = 1 << 24


def read_call_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a file of calls with the keys of ``SUMMARY_KEYS``: .jsonl, .tsv or .parquet.

    Raises InputError for a file that cannot be read or that lacks a key, MissingExtra for Parquet without pyarrow.
    """
    try:
        match path.suffix.lower():
            case ".parquet":
                yield from _parquet(path)
            case ".tsv":
                yield from _tsv(path)
            case _:
                yield from _jsonl(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}. Check the path.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: this is not text in UTF-8. {_REMEDY}.") from None


def _jsonl(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise InputError(f"{path}:{number}: this is no JSON ({error}). {_REMEDY}.") from None
            if not isinstance(row, dict) or (lacking := [key for key in SUMMARY_KEYS if key not in row]):
                what = ", ".join(lacking) if isinstance(row, dict) else "every key"
                raise InputError(f"{path}:{number}: {what} is missing from this row of calls. {_REMEDY}.")
            yield row


def _tsv(path: Path) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        header = next(lines, [])
        if lacking := [key for key in SUMMARY_KEYS if key not in header]:
            raise InputError(f"{path}:1: the column {', '.join(lacking)} is missing. {_REMEDY}.")
        where = {key: header.index(key) for key in SUMMARY_KEYS}
        for number, cells in enumerate(lines, 2):
            if len(cells) != len(header) or not cells[where["covered_positions"]].isdigit():
                raise InputError(f"{path}:{number}: this line is no row of calls. {_REMEDY}.")
            yield {
                key: [part for part in cells[at].split("; ") if part] if key in _LISTS else cells[at]
                for key, at in where.items()
            }


def _parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra("Parquet input needs pyarrow: pip install 'rxweave[parquet]'") from error
    try:
        with pq.ParquetFile(path) as file:
            if lacking := [key for key in SUMMARY_KEYS if key not in file.schema_arrow.names]:
                raise InputError(f"{path}: the column {', '.join(lacking)} is missing. {_REMEDY}.")
            for batch in file.iter_batches(batch_size=50_000, columns=list(SUMMARY_KEYS)):
                yield from batch.to_pylist()
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: this is no Parquet file ({error}). {_REMEDY}.") from None
