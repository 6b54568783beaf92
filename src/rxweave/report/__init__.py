"""Advice in, documents out: HTML, PDF, JSON, Parquet and the terminal. No decisions and no clinical sentences."""

from rxweave.report.calls import CALL_KEYS, call_format, call_row, write_calls
from rxweave.report.files import whole_file, write_bytes, write_text
from rxweave.report.folder import write_report
from rxweave.report.html import render_html
from rxweave.report.model import GeneScale, Report, gene_scales
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
