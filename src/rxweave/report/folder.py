"""The folder that ``rxweave report`` leaves behind."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from rxweave.errors import InputError
from rxweave.report.files import whole_file
from rxweave.report.html import render_html
from rxweave.report.model import Report
from rxweave.report.objects import report_json
from rxweave.report.pdf import render_pdf


def write_report(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write ``report.html``, ``report.pdf`` and ``report.json`` into ``folder``, made if it is not there.

    All three are made before the first is written, so they always speak of the same person. Raises InputError where
    the folder cannot be made or written.
    """
    page, pdf, text = render_html(report), render_pdf(report), report_json(report)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be used as a folder ({error.strerror}). Name another one with -o."
        ) from error
    contents = {"report.html": page.encode(), "report.pdf": pdf, "report.json": text.encode()}
    with ExitStack() as waiting:  # a document takes its place only after all three are on the disk
        for name, content in contents.items():
            waiting.enter_context(whole_file(folder / name)).write_bytes(content)
    return tuple(folder / name for name in contents)
