"""``people/`` of a release: what is read, what is refused, what a check and a comparison say."""

from __future__ import annotations

import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from rxweave.errors import BrokenRelease
from rxweave.knowledge import load_release
from rxweave.knowledge.folder import release_folder
from rxweave.knowledge.people import People
from rxweave.knowledge.people_check import check_people, diff_people
from rxweave.knowledge.people_files import read_people

RELEASE = load_release()
FOLDER = release_folder("2026.1") / "people"


def test_the_release_reads_as_its_files_say() -> None:
    people = RELEASE.people
    assert people == read_people(FOLDER)
    assert people.alerts.grades["CPIC"] == ("Strong",)
    g6pd = people.enzyme_test("G6PD")
    assert g6pd is not None and (g6pd.transfusion_days, g6pd.haemolysis_days) == (120, 90)
    assert g6pd.normal_from == Decimal(70)
    assert people.indication_words["acs"] == "acs_pci"


def test_a_release_without_the_folder_says_nothing(tmp_path: Path) -> None:
    assert read_people(tmp_path / "people") == People()


def test_the_release_holds_together() -> None:
    assert list(check_people(RELEASE.people, RELEASE.genes, RELEASE.drugs, RELEASE.vocabulary["condition"])) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("alerts.toml", "format = 1", "format = 9", "format: is 9"),
        ("alerts.toml", '"0.8"', '"1.8"', "lies outside 0 to 1"),
        ("alerts.toml", '"Strong"', '"strong"', "'strong' is none of"),
        ("validity.toml", "transfusion_days = 120", "", "transfusion_days: is missing"),
        ("validity.toml", 'child_pugh = "C"', 'child_pugh = "D"', "'D' is not in the vocabulary"),
        ("validity.toml", 'child_pugh = "C"', "", "no fact about the person"),
        ("validity.toml", "is_unverified = true", "", "give a source"),
        ("secondary_findings.toml", 'class = "dpd_deficiency"', 'class = "dpd"', "'dpd' is not in the vocabulary"),
        ("secondary_findings.toml", '"maternal_relatives"', '"friends"', "are none of"),
        ("secondary_findings.toml", "any_variant = true", "", "give exactly one of results"),
        ("words.toml", '"acs"', '"stroke"', "'stroke' means"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    folder = tmp_path / "people"
    shutil.copytree(FOLDER, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenRelease, match=message) as caught:
        read_people(folder)
    assert file in str(caught.value)


def test_a_check_names_what_the_release_does_not_know() -> None:
    people = RELEASE.people
    wrong = replace(
        people,
        findings=(replace(people.findings[0], gene="RYR9"), replace(people.findings[1], results=("Susceptible",))),
        condition_words={"stroke": "strokes"},
        states=(replace(people.states[-1], drugs=("codein",)),),
    )
    texts = [f.text for f in check_people(wrong, RELEASE.genes, RELEASE.drugs, RELEASE.vocabulary["condition"])]
    for expected in ("RYR9 is no gene", "no result 'Susceptible'", "condition 'strokes'", "drug 'codein'"):
        assert any(expected in text for text in texts), expected


def test_a_comparison_says_what_changed() -> None:
    old = RELEASE.people
    new = replace(
        old,
        alerts=replace(old.alerts, tolerated_months=6),
        findings=old.findings[1:],
        condition_words={**old.condition_words, "insult": "stroke_or_tia"},
    )
    assert list(diff_people(old, old)) == []
    assert list(diff_people(old, new)) == [
        "alerts: tolerated_months 3 -> 6",
        "secondary findings: ryr1 removed",
        "'insult' means stroke_or_tia, formerly nothing",
    ]
