"""CPIC's example alerts against ours: the committed table is current, and every difference has a reason."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rxweave.guidance import AlertTier
from rxweave.knowledge import load_release

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("alert_tiers", ROOT / "scripts" / "alert_tiers.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(shared: Path, script: ModuleType) -> list[Any]:
    return list(script.compared(shared, load_release()))


def test_the_page_is_current(script: ModuleType, rows: list[Any]) -> None:
    page = (ROOT / "docs" / "concordance.md").read_text(encoding="utf-8")
    assert script.page_part(rows) in page, "run `python scripts/alert_tiers.py`"


def test_nothing_interrupts_where_cpic_is_silent(rows: list[Any]) -> None:
    assert len(rows) > 2000
    assert [r.id for r in rows if r.context == "No CDS" and r.advice.alert_tier is AlertTier.INTERRUPTIVE] == []


def test_what_cpic_alerts_to_after_a_test_is_told_unless_nothing_is_recommended(rows: list[Any]) -> None:
    quiet = [r for r in rows if r.context == "Post-test" and r.advice.alert_tier is AlertTier.NONE]
    assert {r.advice.directive.action for r in quiet} == {"no_recommendation"}
