"""The committed page of worked tables is what the release says, and says what a pharmacist looks for."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from rxweave.knowledge import load_release

ROOT = Path(__file__).resolve().parents[1]


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("worked_tables", ROOT / "scripts" / "worked_tables.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "worked-tables.md").read_text(encoding="utf-8")
    assert page == _script().page(load_release()), "run `python scripts/worked_tables.py`"


@pytest.mark.parametrize(
    ("drug", "result", "told"),
    [
        ("tacrolimus", "CYP3A5 Intermediate Metabolizer, Normal Metabolizer", "1.5 to 2 times the usual dose"),
        ("mercaptopurine", "TPMT Poor Metabolizer; NUDT15 Normal Metabolizer", "three times a week instead of daily"),
        ("azathioprine", "TPMT Poor Metabolizer; NUDT15 Normal Metabolizer", "an immunosuppressant that is not"),
        ("fluorouracil", "DPYD 1.0", "starting dose 50% of the usual dose"),
        ("fluorouracil", "DPYD 0.0", "Avoid"),
        ("simvastatin", "SLCO1B1 Decreased Function", "maximum dose below 20 mg/day"),
        ("gentamicin", "MT-RNR1 increased risk", "Avoid"),
        ("sevoflurane", "RYR1 Uncertain Susceptibility; CACNA1S Uncertain", "Susceptibility is not excluded"),
        ("primaquine", "G6PD Variable", "Test first"),
        ("abacavir", "HLA-B \\*57:01 positive", "Avoid"),
        ("carbamazepine", "HLA-A \\*31:01 negative; HLA-B \\*15:02 positive (the drug was not taken", "Avoid"),
        ("ivacaftor", "CFTR ivacaftor non-responsive", "Avoid"),
    ],
)
def test_cpic_row(drug: str, result: str, told: str) -> None:
    page = (ROOT / "docs" / "worked-tables.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith(f"| {drug} | CPIC")]
    assert any(row[2].startswith(result) and told in row[3] for row in rows), rows
