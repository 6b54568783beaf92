"""What loading the room costs: calls must not pay for documents."""

from __future__ import annotations

import subprocess
import sys

import rxweave.report


def test_writing_calls_loads_no_document_code() -> None:
    code = (
        "import sys, rxweave.report as r; r.call_row; r.write_calls; r.Report; r.gene_scales\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('typst', 'pydantic', 'typer', 'pyarrow')\n"
        "             or m.startswith(('rxweave.report.html', 'rxweave.report.pdf', 'rxweave.report.view'))))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    for name in rxweave.report.__all__:
        assert getattr(rxweave.report, name) is not None
    assert not hasattr(rxweave.report, "render_word")
