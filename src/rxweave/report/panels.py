"""The table of ``rxweave call --panel-report``: what an assay cannot see, one row a file, gene and group."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rxweave.errors import InputError
from rxweave.report.calls import call_format
from rxweave.report.files import whole_file

if TYPE_CHECKING:
    from rxweave.phenotyping.panel import PanelRow

#: The keys of a row, in order; ``docs/calling.md`` says what each holds.
PANEL_KEYS = (
    "assay",
    "gene",
    "group",
    "positions_read",
    "positions",
    "called",
    "copies",
    "hidden",
    "hidden_one_copy",
    "hidden_uncertain",
    "carried",
    "hidden_assumed_share",
    "hidden_alleles",
    "hidden_alleles_count",
)
#: Hidden alleles that are named in a row; the count is of all of them.
MAX_NAMED = 12


def panel_object(row: PanelRow) -> dict[str, Any]:
    """One row as JSON-ready values: probabilities with six decimals, null where nobody published a frequency."""
    is_weighed = row.hidden is not None
    return {
        "gene": row.gene,
        "group": row.group,
        "positions_read": row.positions_read,
        "positions": row.positions,
        "called": row.is_called,
        "copies": row.copies,
        "hidden": _rounded(row.hidden),
        "hidden_one_copy": _rounded(row.hidden_one_copy),
        "hidden_uncertain": _rounded(row.hidden_uncertain),
        "carried": _rounded(row.carried),
        "hidden_assumed_share": round(row.hidden_assumed_share, 6),
        "hidden_alleles": [
            {"allele": a.allele, "frequency": round(a.probability, 6) if is_weighed else None}
            for a in row.hidden_alleles[:MAX_NAMED]
        ],
        "hidden_alleles_count": len(row.hidden_alleles),
    }


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(max(probability, 0.0), 6)


def write_panel(rows: Iterable[Mapping[str, Any]], destination: Path | None) -> int:
    """Write rows that have every key of ``PANEL_KEYS`` to a file (``.jsonl`` or ``.tsv``) or, with None, as TSV to
    standard output. Returns how many there were. Raises InputError for another ending or a place that refuses."""
    form = "tsv" if destination is None else call_format(destination)
    if form == "parquet":
        raise InputError(f"{destination}: the panel report is written as .tsv or .jsonl.")
    write = _write_tsv if form == "tsv" else _write_jsonl
    if destination is None:
        return write(rows, sys.stdout)
    with whole_file(destination) as part, part.open("w", encoding="utf-8", newline="\n") as out:
        return write(rows, out)


def _write_jsonl(rows: Iterable[Mapping[str, Any]], out: TextIO) -> int:
    count = 0
    for row in rows:
        count += 1
        out.write(json.dumps({key: row[key] for key in PANEL_KEYS}, ensure_ascii=False) + "\n")
    return count


def _write_tsv(rows: Iterable[Mapping[str, Any]], out: TextIO) -> int:
    out.write("\t".join(PANEL_KEYS) + "\n")
    count = 0
    for row in rows:
        count += 1
        out.write("\t".join(_cell(row[key]) for key in PANEL_KEYS) + "\n")
    return count


def _cell(value: Any) -> str:
    """Null is empty; an allele is its name and its frequency: ``*3 0.0158; *8 0.0003``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(a["allele"] if a["frequency"] is None else f"{a['allele']} {a['frequency']:g}" for a in value)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text.replace("\t", " ").replace("\r", " ").replace("\n", " ")
