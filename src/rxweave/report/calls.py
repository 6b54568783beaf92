"""The rows of ``rxweave call``: one per file, sample and gene, as JSON lines, TSV or Parquet."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rxweave.errors import InputError, MissingExtra
from rxweave.report.files import whole_file

if TYPE_CHECKING:
    from rxweave.phenotyping.phenotype import GenePhenotype

FORMATS = ("jsonl", "tsv", "parquet")
_BATCH = 20_000

#: The keys of a row, in order; ``docs/schemas/call.json`` says what each holds.
CALL_KEYS = (
    "file",
    "sample",
    "gene",
    "diplotypes",
    "components",
    "phenotypes",
    "activity_scores",
    "candidates",
    "candidates_left_out",
    "call_status",
    "source",
    "assumed_reference",
    "research_grade",
    "phased",
    "covered_positions",
    "missing_positions",
    "uncallable_alleles",
    "undocumented_variants",
    "prior",
    "prior_assumed_share",
    "warnings",
    "knowledge",
    "functions",
)


def call_row(file: str | None, sample: str | None, result: GenePhenotype, knowledge: str) -> dict[str, Any]:
    """One gene of one sample as a JSON-ready row with every key of ``CALL_KEYS``, in that order.

    ``knowledge`` is the version of the release. ``phenotypes`` and ``activity_scores`` hold each value once, in the
    field's order; probabilities have six decimals.
    """
    call = result.call
    names = [c.phenotype.name for c in result.candidates]
    names += [""] * (len(call.candidates) - len(names))
    return {
        "file": file,
        "sample": sample,
        "gene": call.gene,
        "diplotypes": [str(d) for d in call.diplotypes],
        "components": list(call.components),
        "phenotypes": _once(p.name for p in result.phenotypes),
        "activity_scores": _once(p.activity_score for p in result.phenotypes),
        "candidates": [
            {"diplotype": str(c.diplotype), "probability": round(c.probability, 6), "phenotype": name}
            for c, name in zip(call.candidates, names, strict=False)
        ],
        "candidates_left_out": round(call.mass_left_out, 6),
        "call_status": call.status.value,
        "source": call.source.value,
        "assumed_reference": call.is_reference_assumed,
        "research_grade": call.is_research_grade,
        "phased": call.is_phased,
        "covered_positions": call.covered_positions,
        "missing_positions": list(call.missing_positions),
        "uncallable_alleles": list(call.uncallable_alleles),
        "undocumented_variants": list(call.undocumented),
        "prior": call.prior,
        "prior_assumed_share": round(call.prior_assumed_share, 6),
        "warnings": list(call.warnings),
        "knowledge": knowledge,
        "functions": result.function_set,
    }


def _once(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]


def call_format(path: Path | None) -> str:
    """The format that a file name asks for; JSON lines for standard output. Raises InputError for another ending."""
    if path is None or not path.suffix or (not path.is_file() and path.exists()):
        return "jsonl"
    found = {
        ".jsonl": "jsonl",
        ".ndjson": "jsonl",
        ".json": "jsonl",
        ".tsv": "tsv",
        ".txt": "tsv",
        ".parquet": "parquet",
    }
    if path.suffix.lower() not in found:
        raise InputError(f"{path}: calls are written as .jsonl, .tsv or .parquet; the name ends in {path.suffix!r}.")
    return found[path.suffix.lower()]


def write_calls(rows: Iterable[Mapping[str, Any]], destination: Path | None, form: str = "") -> int:
    """Write ``rows`` as they come to a file (whole or not at all) or, with None, to standard output.

    ``form`` is one of ``FORMATS``, else the file name decides. Returns how many rows were written. Raises InputError
    for a place that cannot be written, MissingExtra for Parquet without pyarrow.
    """
    form = form or call_format(destination)
    if form not in FORMATS:
        raise InputError(f"unknown format {form!r}: calls are written as {', '.join(FORMATS)}.")
    if form == "parquet":
        return _write_parquet(rows, destination)
    write: Callable[[Iterable[Mapping[str, Any]], TextIO], int] = _write_tsv if form == "tsv" else _write_jsonl
    if destination is None:
        return write(rows, sys.stdout)
    with whole_file(destination) as part, part.open("w", encoding="utf-8", newline="\n") as out:
        return write(rows, out)


def _write_jsonl(rows: Iterable[Mapping[str, Any]], out: TextIO) -> int:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode
    count = 0
    for row in rows:
        out.write(_encodable(encode(row)) + "\n")
        count += 1
    return count


def _encodable(text: str) -> str:
    """A file name that is not UTF-8 holds lone surrogates: written as ``?``, never a crash."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _write_tsv(rows: Iterable[Mapping[str, Any]], out: TextIO) -> int:
    out.write("\t".join(CALL_KEYS) + "\n")
    count = 0
    for row in rows:
        out.write(_encodable("\t".join(_cell(key, row[key]) for key in CALL_KEYS)) + "\n")
        count += 1
    return count


def _cell(key: str, value: Any) -> str:
    """A list is joined by ``; ``; a candidate is ``*1/*2 0.91 Intermediate Metabolizer``; null is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if key == "candidates":
        value = [" ".join(filter(None, (c["diplotype"], f"{c['probability']:g}", c["phenotype"]))) for c in value]
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.replace("\t", " ").replace("\r", " ").replace("\n", " ")


def _write_parquet(rows: Iterable[Mapping[str, Any]], destination: Path | None) -> int:
    if destination is None:
        raise InputError("Parquet cannot be written to standard output: name a file with -o calls.parquet.")
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra("Parquet output needs pyarrow: pip install 'rxweave[parquet]'") from error
    texts = pa.list_(pa.string())
    kinds: dict[str, Any] = {
        **dict.fromkeys(("diplotypes", "components", "phenotypes", "activity_scores", "uncallable_alleles"), texts),
        **dict.fromkeys(("undocumented_variants", "warnings"), texts),
        **dict.fromkeys(("assumed_reference", "research_grade", "phased"), pa.bool_()),
        **dict.fromkeys(("candidates_left_out", "prior_assumed_share"), pa.float64()),
        "covered_positions": pa.int32(),
        "missing_positions": pa.list_(pa.int64()),
        "candidates": pa.list_(
            pa.struct([("diplotype", pa.string()), ("probability", pa.float64()), ("phenotype", pa.string())])
        ),
    }
    schema = pa.schema([(key, kinds.get(key, pa.string())) for key in CALL_KEYS])
    count = 0
    with whole_file(destination) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in _batches(iter(rows)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    return count


def _batches(rows: Iterator[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for first in rows:
        yield [dict(row) for row in chain((first,), islice(rows, _BATCH - 1))]
