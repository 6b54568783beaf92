"""The people of the demo: same seed, same bytes; and each story's report says what the story is about."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rxweave import pipeline
from rxweave.demo import DemoPatient, IndexEntry, write_demo_index, write_demo_patients
from rxweave.demo.people import read_stories
from rxweave.guidance import Advice
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import Action
from rxweave.patient import read_medication_file, read_medications, read_patient


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


@pytest.fixture(scope="module")
def people(knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> dict[str, DemoPatient]:
    return {p.name: p for p in write_demo_patients(tmp_path_factory.mktemp("demo"), knowledge)}


def _headlines(person: DemoPatient, knowledge: Knowledge) -> dict[str, Advice]:
    settings = pipeline.CallSettings(outside=person.outside)
    result = pipeline.one_person([person.vcf], knowledge, settings)
    patient = read_patient(person.patient_json, knowledge.drugs)
    orders = read_medication_file(person.medications, knowledge.drugs)
    report = pipeline.report_of(result, patient, orders, knowledge)
    return {a.drug: a for a in report.advice if a.is_headline}


def test_same_seed_gives_the_same_bytes_and_another_seed_other_genomes(knowledge: Knowledge, tmp_path: Path) -> None:
    written = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_demo_patients(tmp_path / name, knowledge, seed)
        files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        written.append({str(p.relative_to(tmp_path / name)): p.read_bytes() for p in files})
    assert written[0] == written[1]
    assert written[0]["rosa/genome.vcf"] != written[2]["rosa/genome.vcf"]
    assert written[0]["rosa/medications.txt"] == written[2]["rosa/medications.txt"]


def test_people_differ_in_group_age_and_sex() -> None:
    stories = read_stories()
    assert 6 <= len(stories) <= 9
    assert len({story.recipe.group for story in stories}) >= 5
    assert {story.patient["sex"] for story in stories} == {"female", "male"}
    ages = [story.patient["age_years"] for story in stories]
    assert min(ages) < 12
    assert max(ages) > 80


@pytest.mark.parametrize("name", [story.name for story in read_stories()])
def test_every_medicine_is_read_and_every_fact_of_the_patient_accepted(
    name: str, people: dict[str, DemoPatient], knowledge: Knowledge
) -> None:
    person = people[name]
    assert read_patient(person.patient_json, knowledge.drugs).label == name
    orders = read_medication_file(person.medications, knowledge.drugs)
    unknown = [order for order in orders if not order.drug]
    # One misspelling is part of a story; it must come with its suggestion.
    assert all("clopidogrel" in order.suggestions for order in unknown)
    assert len(unknown) == (1 if name == "priya" else 0)
    assert not [order.unread for order in orders if order.drug and order.unread]


@pytest.mark.parametrize(
    ("name", "drug", "actions"),
    [
        ("rosa", "clopidogrel", {Action.AVOID}),
        ("theo", "codeine", {Action.CONTRAINDICATED, Action.AVOID}),
        ("ingrid", "capecitabine", {Action.REDUCE_DOSE, Action.AVOID}),
        ("kwame", "tacrolimus", {Action.INCREASE_DOSE}),
        ("mei", "carbamazepine", {Action.AVOID}),
        ("arthur", "tramadol", {Action.AVOID}),
        ("arthur", "simvastatin", {Action.USE_ALTERNATIVE, Action.LIMIT_DOSE}),
        ("helena", "tamoxifen", {Action.USE_ALTERNATIVE}),
        ("helena", "metoprolol", {Action.REDUCE_DOSE}),
        ("samira", "sertraline", {Action.STANDARD}),
        ("samira", "pantoprazole", {Action.STANDARD}),
    ],
)
def test_story_and_advice_agree(
    name: str, drug: str, actions: set[Action], people: dict[str, DemoPatient], knowledge: Knowledge
) -> None:
    assert _headlines(people[name], knowledge)[drug].directive.action in actions


def test_helena_has_normal_genes_that_paroxetine_turns_round(
    people: dict[str, DemoPatient], knowledge: Knowledge
) -> None:
    tamoxifen = _headlines(people["helena"], knowledge)["tamoxifen"].genes["CYP2D6"]
    assert (tamoxifen.genetic_phenotype, tamoxifen.phenotype) == ("Normal Metabolizer", "Poor Metabolizer")
    assert tamoxifen.phenoconverted_by == ("paroxetine",)


def test_helenas_sources_disagree_on_metoprolol(people: dict[str, DemoPatient], knowledge: Knowledge) -> None:
    found = _headlines(people["helena"], knowledge)["metoprolol"].disagreements
    assert [(d.source, d.how) for d in found] == [("DPWG", "milder")]


def test_what_was_not_tested_is_never_standard(people: dict[str, DemoPatient], knowledge: Knowledge) -> None:
    advice = _headlines(people["priya"], knowledge)
    for drug in ("azathioprine", "codeine"):
        assert advice[drug].directive.action is not Action.STANDARD or advice[drug].is_partial
        assert advice[drug].missing or advice[drug].tests_to_order


def test_conditions_of_the_draw_are_told(people: dict[str, DemoPatient]) -> None:
    assert "CYP2C19 was drawn again until it had at least one allele of no function." in people["rosa"].made_how
    assert "HLA-B *15:02/*46:01 was chosen for the story." in people["mei"].made_how
    assert "NUDT15" in people["priya"].made_how
    assert all(person.made_how.startswith("Synthetic") for person in people.values())
    assert all("This person does not exist" in person.vcf.read_text() for person in people.values())


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_index_links_to_files_that_exist_and_needs_no_network(people: dict[str, DemoPatient]) -> None:
    folder = people["rosa"].vcf.parent.parent
    entries = [IndexEntry(person, (person.medications,), "1 to act on") for person in people.values()]
    path = write_demo_index(folder, entries, release="2026.1")
    page = _Page()
    page.feed(path.read_text())
    assert page.links
    assert all((folder / link).is_file() for link in page.links)
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert all(person.story in page.text for person in people.values())
    assert "None of these people exists" in page.text


def test_index_escapes_what_it_shows(people: dict[str, DemoPatient]) -> None:
    from dataclasses import replace

    rude = '<script>alert(1)</script> & "quotes"'
    person = replace(people["rosa"], name=rude, title=rude, story=rude, made_how=rude)
    folder = person.vcf.parent.parent
    text = write_demo_index(folder, [IndexEntry(person, (), rude)], release=rude).read_text()
    assert "<script" not in text
    assert text.count(html.escape(rude)) == 6


def test_medicine_said_to_be_stopped_gets_no_advice(people: dict[str, DemoPatient], knowledge: Knowledge) -> None:
    person = people["rosa"]
    settings = pipeline.CallSettings(outside=person.outside)
    result = pipeline.one_person([person.vcf], knowledge, settings)
    patient = read_patient(person.patient_json, knowledge.drugs)
    orders = read_medications("clopidogrel 75 mg daily (stopped); codeine", knowledge.drugs)
    report = pipeline.report_of(result, patient, orders, knowledge)
    assert {advice.drug for advice in report.advice} == {"codeine"}
    assert [order.drug for order in report.medications] == ["clopidogrel", "codeine"]
