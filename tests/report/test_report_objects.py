"""JSON of advice and of the whole report, their schemas, and the folder that is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError
from report_cases import MAKERS, full, nothing_tested

from rxweave.errors import InputError
from rxweave.report import Report, advice_json, advice_object, report_json, report_object, write_report
from rxweave.report.schemas import schema_files, validate

PROMISED = {
    "drug",
    "rxcui",
    "source",
    "population",
    "headline",
    "genes",
    "action",
    "modality",
    "reason",
    "level",
    "dose",
    "fallback",
    "next_step",
    "choice_with",
    "avoid_with",
    "branches",
    "population_because",
    "partial",
    "missing",
    "tests_to_order",
    "possibilities",
    "alternatives",
    "monitoring",
    "strength",
    "alert_tier",
    "tier_because",
    "implication",
    "text",
    "evidence",
    "trace",
    "knowledge",
}


def test_report_and_advice_fit_their_published_schemas(any_report: Report) -> None:
    validate("report", report_json(any_report))
    validate("advice", advice_json(any_report.advice))


def test_advice_has_every_promised_key() -> None:
    codeine = advice_object(full().advice[0])
    assert set(codeine) >= PROMISED
    assert codeine["genes"]["CYP2D9"]["genetic_phenotype"] == "Poor Metabolizer"
    assert codeine["alternatives"][1] == {
        "drug": "tramadol",
        "why": "guideline",
        "conflicts": ["CYP2D9 guidance: avoid"],
    }
    assert (codeine["action"], codeine["reason"], codeine["level"]) == ("avoid", "inefficacy", None)


def test_doses_are_numbers_one_object_a_phase() -> None:
    tacrolimus = next(advice_object(a) for a in full().advice if a.drug == "tacrolimus")
    assert [d["phase"] for d in tacrolimus["dose"]] == ["load", "start", "maximum"]
    assert (tacrolimus["dose"][1]["factor_low"], tacrolimus["dose"][2]["cap"]) == (0.5, 20)
    assert tacrolimus["dose"][2]["cap_exclusive"] is True
    assert tacrolimus["fallback"]["action"] == "use_with_caution"


def test_exactly_one_headline_a_drug() -> None:
    advices = report_object(full())["advice"]
    for drug in {a["drug"] for a in advices}:
        assert sum(a["headline"] for a in advices if a["drug"] == drug) == 1


def test_report_holds_every_gene_and_every_line_of_the_list() -> None:
    made = report_object(full())
    assert [c["gene"] for c in made["calls"]] == [g.gene for g in full().genes]
    assert [m["written"] for m in made["medications"]] == [m.written for m in full().medications]
    assert made["knowledge_hash"] == full().knowledge_hash


def test_a_key_that_the_schema_does_not_know_is_refused() -> None:
    made = report_object(nothing_tested())
    made["calls"][0]["surprise"] = 1
    with pytest.raises(ValidationError, match="surprise"):
        validate("report", json.dumps(made))


def test_published_schemas_are_current() -> None:
    folder = Path(__file__).resolve().parents[2] / "docs" / "schemas"
    published = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    assert published == schema_files(), "run `make docs`"


def test_the_folder_holds_three_files_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    paths = write_report(full(), out)
    assert sorted(p.name for p in out.iterdir()) == ["report.html", "report.json", "report.pdf"]
    assert set(paths) == set(out.iterdir())
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF-")
    validate("report", (out / "report.json").read_text("utf-8"))


def test_a_folder_that_is_a_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match=r"out: cannot be used as a folder"):
        write_report(full(), tmp_path / "out")


@pytest.mark.parametrize("name", MAKERS)
def test_json_is_utf8_whatever_the_input(name: str) -> None:
    report_json(MAKERS[name]()).encode("utf-8")
