"""Advice in, documents out: HTML, PDF, JSON, Parquet and the terminal. No decisions and no clinical sentences.

Calls are written without loading what only a whole report needs: the rest of this room is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rxweave.report.calls import CALL_KEYS, call_format, call_row, write_calls
from rxweave.report.files import whole_file, write_bytes, write_text
from rxweave.report.model import GeneScale, Report, gene_scales

if TYPE_CHECKING:
    from rxweave.report.folder import write_report
    from rxweave.report.html import render_html
    from rxweave.report.objects import advice_json, advice_object, report_json, report_object
    from rxweave.report.pdf import render_pdf
    from rxweave.report.terminal import advice_text, summary_table

__all__ = [
    "CALL_KEYS",
    "GeneScale",
    "Report",
    "advice_json",
    "advice_object",
    "advice_text",
    "call_format",
    "call_row",
    "gene_scales",
    "render_html",
    "render_pdf",
    "report_json",
    "report_object",
    "summary_table",
    "whole_file",
    "write_bytes",
    "write_calls",
    "write_report",
    "write_text",
]

_ON_FIRST_USE = {
    "advice_json": "objects",
    "advice_object": "objects",
    "advice_text": "terminal",
    "render_html": "html",
    "render_pdf": "pdf",
    "report_json": "objects",
    "report_object": "objects",
    "summary_table": "terminal",
    "write_report": "folder",
}


def __getattr__(name: str) -> Any:
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_ON_FIRST_USE[name]}"), name)
    globals()[name] = found
    return found
