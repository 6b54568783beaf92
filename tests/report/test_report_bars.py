"""The picture of a gene's function."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest
from report_cases import AMBIGUOUS_2C1, POOR_2D9, RESEARCH_2D9, SCALES, gene, untested

from rxweave.knowledge.genes import ScoreBand
from rxweave.report import GeneScale
from rxweave.report.bars import draw, read_score, short_name


@pytest.mark.parametrize(
    ("text", "read"),
    [("1.25", (1.25, False)), ("≥3.75", (3.75, True)), (">2", (2.0, True)), ("n/a", None), ("", None)],
)
def test_scores_are_read_as_the_field_writes_them(text: str, read: object) -> None:
    assert read_score(text) == read


def test_initials_name_a_phenotype_of_several_words() -> None:
    assert (short_name("Poor Metabolizer"), short_name("Deficient")) == ("PM", "Deficient")


def _pointers(svg: str) -> list[float]:
    return [float(x) + 5 for x in re.findall(r'<path d="M([\d.]+) 11h10', svg)]


def test_a_score_bar_points_at_the_score_and_says_it() -> None:
    bar = draw(POOR_2D9, SCALES["CYP2D9"])
    ET.fromstring(bar.svg)
    assert bar.description == "CYP2D9 activity score 0, on a scale from 0 to 2.25"
    (low,) = _pointers(bar.svg)
    (high,) = _pointers(draw(gene("CYP2D9", [("*1/*1", 1.0, "Normal Metabolizer", "2.0")]), SCALES["CYP2D9"]).svg)
    assert low < high


def test_possible_results_are_open_marks_and_certain_ones_solid() -> None:
    assert "stroke-dasharray" not in draw(POOR_2D9, SCALES["CYP2D9"]).svg
    uncertain = draw(RESEARCH_2D9, SCALES["CYP2D9"])
    assert uncertain.svg.count("stroke-dasharray") == 2
    assert "2.0 (91%) or ≥3.0 (9%)" in uncertain.description


def test_a_gene_without_scores_is_drawn_as_its_phenotypes_in_order() -> None:
    bar = draw(AMBIGUOUS_2C1, SCALES["CYP2C1"])
    ET.fromstring(bar.svg)
    assert bar.svg.count("<rect") == 5
    assert "Intermediate Metabolizer (92%) or Ultrarapid Metabolizer (8%)" in bar.description
    assert "Indeterminate" not in bar.svg


def test_nothing_known_draws_nothing() -> None:
    assert draw(untested("CYP2D9"), SCALES["CYP2D9"]).svg == ""
    assert draw(POOR_2D9, None).svg == ""
    unknown = gene("CYP2C1", [("*1/*99", 1.0, "Indeterminate", "")])
    assert draw(unknown, SCALES["CYP2C1"]).svg == ""


def test_scores_that_come_in_steps_have_borders_between_them() -> None:
    steps = tuple(
        ScoreBand(Decimal(low), Decimal(high), True, True, name)
        for low, high, name in (("0", "0.5", "Poor X"), ("1", "1.5", "Intermediate X"), ("2", "2", "Normal X"))
    )
    scale = GeneScale("CYP2C1", bands=steps)
    bar = draw(gene("CYP2C1", [("*1/*1", 1.0, "Normal X", "2.0")]), scale)
    assert [name for name in ("PX", "IX", "NX") if f">{name}<" in bar.svg] == ["PX", "IX", "NX"]


def test_results_below_one_percent_are_counted_and_not_drawn() -> None:
    readings = [("*1/*1", 0.995, "Normal Metabolizer", "2.0"), ("*1/*9", 0.005, "Poor Metabolizer", "0")]
    for scale in (SCALES["CYP2D9"], SCALES["CYP2C1"]):
        bar = draw(gene("CYP2D9", readings), scale)
        assert len(_pointers(bar.svg)) == 1
        assert "1 other result (each below 1%)" in bar.description


def test_everything_drawn_stays_inside_the_picture() -> None:
    far = gene("CYP2D9", [("*1/*1x9", 1.0, "Ultrarapid Metabolizer", "≥9")])
    for bar in (draw(far, SCALES["CYP2D9"]), draw(RESEARCH_2D9, SCALES["CYP2D9"])):
        root = ET.fromstring(bar.svg)
        width = float(root.attrib["width"])
        for rect in root.iter("{http://www.w3.org/2000/svg}rect"):
            assert 0 <= float(rect.attrib["x"]) <= float(rect.attrib["x"]) + float(rect.attrib["width"]) <= width
        assert all(0 <= x <= width for x in _pointers(bar.svg))
