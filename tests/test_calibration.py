"""The calibration benchmark measures what it says, and the committed tables are what the commands write."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from rxweave.knowledge import load_release

ROOT = Path(__file__).resolve().parents[1]


def script(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem + "_script", ROOT / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def calibration() -> ModuleType:
    return script("benchmarks/calibration.py")


def test_exact_probabilities_have_no_error_and_inflated_ones_have_theirs(calibration: ModuleType) -> None:
    exact = calibration.Tally(top=[(0.75, k % 4 != 0) for k in range(400)])
    assert exact.error == pytest.approx(0)
    boastful = calibration.Tally(top=[(0.95, k % 4 != 0) for k in range(400)])
    assert boastful.error == pytest.approx(0.2)
    assert 0 < boastful.error_by_chance < 0.03


def test_drawn_people_have_the_frequencies_of_their_group_within_the_spread(calibration: ModuleType) -> None:
    knowledge = load_release()
    gene = knowledge.genes["CYP2C19"]
    calls, truth = calibration.draw(gene, knowledge, "East Asian", 2000, 0.0, np.random.default_rng(1))
    carried = sum(str(a) == "*2" for d in truth for a in d.alleles) / 4000
    assert carried == pytest.approx(gene.frequencies["East Asian"]["*2"], rel=0.8)
    assert (calls.codes >= 0).all()


def test_the_right_group_is_calibrated_and_a_wrong_one_is_not(calibration: ModuleType) -> None:
    """UGT1A1 of people in whom *28 is common, in a small run of the benchmark."""
    knowledge = load_release()
    gene = knowledge.genes["UGT1A1"]
    rng = np.random.default_rng(7)
    right, wrong = calibration.Tally(), calibration.Tally()
    for _ in range(3):
        people, truth = calibration.draw(gene, knowledge, "European", 120, 0.3, rng)
        right.add(calibration.measure(gene, knowledge, people, truth, "European"))
        wrong.add(calibration.measure(gene, knowledge, people, truth, "Oceanian"))
    assert right.people == wrong.people > 200
    assert right.error < 0.1 < wrong.error
    assert right.impossible == 0


@pytest.mark.long
def test_the_error_under_the_right_group_is_at_most_two_percent(calibration: ModuleType) -> None:
    results = list(calibration.simulate(load_release(), 30, 11))
    _, by_prior = calibration.tables(results, 30, 11)
    assert by_prior["right group"].error <= calibration.LIMIT
    assert by_prior["another group"].error > by_prior["right group"].error


def test_the_committed_panel_table_is_what_the_command_writes() -> None:
    table = script("scripts/panel_tables.py").table()
    page = (ROOT / "docs" / "calling.md").read_text("utf-8")
    assert f"<!-- panel: begin -->\n{table}\n<!-- panel: end -->" in page


def test_the_page_shows_measured_calibration_and_its_plot() -> None:
    page = (ROOT / "docs" / "calling.md").read_text("utf-8")
    measured = page.split("<!-- calibration: begin -->")[1].split("<!-- calibration: end -->")[0]
    (line,) = [line for line in measured.splitlines() if line.startswith("| right group |")]
    assert float(line.split("|")[3]) <= 0.02
    assert (ROOT / "docs" / "images" / "calibration.svg").read_text("utf-8").startswith("<svg")
