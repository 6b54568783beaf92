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
_ROUNDED_AWAY = 0.0000005  # probabilities have six decimals

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
    "candidates_possible",
    "same_phenotype",
    "possible_phenotypes",
    "not_excluded",
    "settled_by",
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
    "prior_basis",
    "warnings",
    "knowledge",
    "functions",
    "build",
)


def call_row(
    file: str | None, sample: str | None, result: GenePhenotype, knowledge: str, build: str | None = None
) -> dict[str, Any]:
    """One gene of one sample as a JSON-ready row with every key of ``CALL_KEYS``, in that order.

    ``knowledge`` is the version of the release, ``build`` the genome build of the file.
    ``phenotypes`` and ``activity_scores`` hold each value once, in the field's order; probabilities have six decimals.
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
        "candidates_possible": call.candidates_possible or len(call.candidates),
        "same_phenotype": is_same_phenotype(result),
        "possible_phenotypes": [
            {
                "phenotype": p.phenotype.name,
                "activity_score": p.phenotype.activity_score,
                "probability": round(p.probability, 6),
            }
            for p in result.possibilities
        ],
        "not_excluded": [{"allele": n.allele, "probability": round(n.probability, 6)} for n in result.not_excluded],
        "settled_by": [
            {
                "test": t.question.value,
                "positions": list(t.positions),
                "rsids": list(t.rsids),
                "certainty": round(t.certainty, 6),
            }
            for t in result.settled_by
        ],
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
        "prior_basis": call.prior_basis.value,
        "warnings": list(call.warnings),
        "knowledge": knowledge,
        "functions": result.function_set,
        "build": build or None,
    }


def is_same_phenotype(result: GenePhenotype) -> bool | None:
    """Whether every diplotype that the data allow gives one phenotype; None where there is none to speak of."""
    possible = result.possibilities
    if not possible:
        return None
    return len(possible) == 1 and result.unknown_share < _ROUNDED_AWAY


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
        out.write(encodable(encode(row)) + "\n")
        count += 1
    return count


def encodable(text: str) -> str:
    """A file name that is not UTF-8 holds lone surrogates: written as ``?``, never a crash."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _write_tsv(rows: Iterable[Mapping[str, Any]], out: TextIO) -> int:
    out.write("\t".join(CALL_KEYS) + "\n")
    count = 0
    for row in rows:
        out.write(encodable("\t".join(cell_text(key, row[key]) for key in CALL_KEYS)) + "\n")
        count += 1
    return count


def cell_text(key: str, value: Any) -> str:
    """A list is joined by ``; ``; a candidate is ``*1/*2 0.91 Intermediate Metabolizer``; null is empty.

    A possible phenotype is ``0.91 Intermediate Metabolizer 1.0``, an allele not excluded ``*3 0.004``, a test that
    would settle the phenotype ``position 94780653 1`` or ``phase 18130687,18138997 0.998``, what it makes certain last.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if key == "candidates":
        value = [" ".join(filter(None, (c["diplotype"], f"{c['probability']:g}", c["phenotype"]))) for c in value]
    elif key == "possible_phenotypes":
        value = [" ".join(filter(None, (f"{p['probability']:g}", p["phenotype"], p["activity_score"]))) for p in value]
    elif key == "not_excluded":
        value = [f"{n['allele']} {n['probability']:g}" for n in value]
    elif key == "settled_by":
        value = [f"{t['test']} {','.join(map(str, t['positions']))} {t['certainty']:g}" for t in value]
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
    schema = parquet_schema(pa)
    count = 0
    with whole_file(destination) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in _batches(iter(rows)):
            writer.write_table(pa.Table.from_pylist(list(map(arrow_row, batch)), schema=schema))
            count += len(batch)
    return count


def parquet_schema(pa: Any) -> Any:
    """The columns of a Parquet file of calls. ``pa`` is pyarrow."""
    texts = pa.list_(pa.string())
    kinds: dict[str, Any] = {
        **dict.fromkeys(("diplotypes", "components", "phenotypes", "activity_scores", "uncallable_alleles"), texts),
        **dict.fromkeys(("undocumented_variants", "warnings"), texts),
        **dict.fromkeys(("assumed_reference", "research_grade", "phased"), pa.bool_()),
        **dict.fromkeys(("candidates_left_out", "prior_assumed_share"), pa.float64()),
        "covered_positions": pa.int32(),
        "missing_positions": pa.list_(pa.int64()),
        "candidates_possible": pa.float64(),  # 2**312 ways to share out RYR1's variants are no integer of 64 bits
        "same_phenotype": pa.bool_(),
        "possible_phenotypes": pa.list_(
            pa.struct([("phenotype", pa.string()), ("activity_score", pa.string()), ("probability", pa.float64())])
        ),
        "not_excluded": pa.list_(pa.struct([("allele", pa.string()), ("probability", pa.float64())])),
        "settled_by": pa.list_(
            pa.struct(
                [
                    ("test", pa.string()),
                    ("positions", pa.list_(pa.int64())),
                    ("rsids", texts),
                    ("certainty", pa.float64()),
                ]
            )
        ),
        "candidates": pa.list_(
            pa.struct([("diplotype", pa.string()), ("probability", pa.float64()), ("phenotype", pa.string())])
        ),
    }
    return pa.schema([(key, kinds.get(key, pa.string())) for key in CALL_KEYS])


def arrow_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with numbers that Arrow takes: it makes no float of an integer beyond 64 bits."""
    return {**row, "candidates_possible": float(row["candidates_possible"])}


def _batches(rows: Iterator[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for first in rows:
        yield [dict(row) for row in chain((first,), islice(rows, _BATCH - 1))]
