"""The report as a tagged PDF (PDF/UA-1), laid out by typst from the same view as the page.

The template is ``page.typ``; the view reaches it as JSON, so no text of a patient is ever markup. Only the fonts that
come inside typst are used, which makes the file the same everywhere.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from rxweave.errors import MissingExtra
from rxweave.report import words
from rxweave.report.model import Report
from rxweave.report.view import ReportView, view_of


def render_pdf(report: Report) -> bytes:
    """The document as bytes. Raises MissingExtra where typst is not installed."""
    stamp = datetime.combine(report.made_on, time(), UTC) if report.made_on else None
    return document(view_of(report), stamp)


def document(view: ReportView, made_at: datetime | None = None) -> bytes:
    """Lay out a view."""
    compiler = _compiler()
    shown = _drawable(asdict(view))
    pdf = compiler.compile(
        format="pdf",
        sys_inputs={"view": json.dumps(shown), "words": json.dumps(_words())},
        pdf_standards=["ua-1"],
        timestamp=made_at,
    )
    assert isinstance(pdf, bytes)  # noqa: S101 - one output format, no output path: typst returns bytes
    return pdf


@cache
def _compiler() -> Any:
    try:
        import typst
    except ImportError as error:
        raise MissingExtra("The PDF needs typst: pip install typst") from error
    folder = Path(__file__).parent
    return typst.Compiler(folder / "page.typ", root=folder, ignore_system_fonts=True)


def _words() -> dict[str, str]:
    return {
        "lang": words.LANGUAGE,
        "footer": words.FOOTER,
        "page": words.PAGE,
        "of": words.OF,
        "act_now": words.ACT_NOW,
        "act_now_help": words.ACT_NOW_HELP,
        "nothing_to_act_on": words.NOTHING_TO_ACT_ON,
        "no_medicines": words.NO_MEDICINES,
        "watch": words.WATCH,
        "watch_help": words.WATCH_HELP,
        "fine": words.FINE,
        "fine_help": words.FINE_HELP,
        "unknown": words.UNKNOWN,
        "unknown_help": words.UNKNOWN_HELP,
        "not_understood": words.NOT_UNDERSTOOD,
        "not_understood_help": words.NOT_UNDERSTOOD_HELP,
        "not_held": words.NOT_HELD,
        "not_held_help": words.NOT_HELD_HELP,
        "differs": words.DIFFERS,
        "site": words.SITE,
        "also": words.ALSO,
        "in_class": words.IN_CLASS,
        "to_ask": words.TO_ASK,
        "to_ask_help": words.TO_ASK_HELP,
        "questions": words.QUESTIONS,
        "tests": words.TESTS,
        "glance": words.AT_A_GLANCE,
        "glance_help": words.AT_A_GLANCE_HELP,
        "drug": words.DRUG,
        "interactions": words.INTERACTIONS,
        "interactions_help": words.INTERACTIONS_HELP,
        "options": words.OPTIONS,
        "option": words.OPTION,
        "named_by": words.NAMED_BY,
        "verdict": words.VERDICT,
        "for_patient": words.FOR_PATIENT,
        "modulators": words.MODULATORS,
        "secondary": words.SECONDARY,
        "secondary_help": words.SECONDARY_HELP,
        "genes": words.GENES,
        "genes_help": words.GENES_HELP,
        "no_gene_called": words.NO_GENE_CALLED,
        "gene": words.GENE,
        "result": words.RESULT,
        "function": words.FUNCTION,
        "how_sure": words.HOW_SURE,
        "score": words.SCORE,
        "not_tested": words.NOT_TESTED,
        "not_tested_help": words.NOT_TESTED_HELP,
        "all_tested": words.ALL_TESTED,
        "for_the_pharmacist": words.FOR_THE_PHARMACIST,
        "instead": words.INSTEAD,
        "missing": words.MISSING,
        "test": words.TEST,
        "less_likely": words.LESS_LIKELY,
        "beside": words.BESIDE,
        "branches": words.BRANCHES,
        "possibilities": words.POSSIBILITIES,
        "evidence": words.EVIDENCE,
        "trace": words.TRACE,
        "file_warnings": words.FILE_WARNINGS,
        "notes": words.NOTES_ON_SENTENCES,
        "notes_help": words.NOTES_ON_SENTENCES_HELP,
        "model_mark": words.MODEL_MARK,
        "limits": words.LIMITS,
        "sources": words.SOURCES,
    }


def _drawable(value: Any) -> Any:
    """``value`` with each character that the bundled fonts cannot draw written as ``\\u4e2d``, and places to break."""
    match value:
        case str():
            if value.startswith("<svg "):
                return value
            if not value.isascii():
                value = "".join(c if _has_glyph(ord(c)) else f"\\u{ord(c):04x}" for c in value)
            return _LONG_WORD.sub(lambda found: _BREAK.join(_PIECES.findall(found[0])), value)
        case dict():
            return {key: item if key == "url" else _drawable(item) for key, item in value.items()}
        case list() | tuple():
            return [_drawable(item) for item in value]
        case _:
            return value


_BREAK = "\u200b"  # an invisible place where a line may break
_LONG_WORD = re.compile(r"\S{40,}")
_PIECES = re.compile(r".{1,12}")

#: Blocks that Libertinus Serif covers whole: Latin, Greek, Cyrillic and the punctuation and signs that we write.
_BLOCKS = ((0x20, 0x7E), (0xA0, 0x24F), (0x386, 0x3CE), (0x400, 0x45F))
_SIGNS = frozenset(map(ord, "–—‘’“”•…′″≤≥≠≈−→←×÷±°µ²³™®©"))


def _has_glyph(code: int) -> bool:
    return any(low <= code <= high for low, high in _BLOCKS) or code in _SIGNS
