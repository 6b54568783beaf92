"""Every recommendation of every source, said in full: it reads as our sentences, and as nobody else's."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rxweave.guidance.advice import Advice, Coverage, GeneFinding
from rxweave.knowledge import load_release
from rxweave.knowledge.guidelines import DrugGuideline, Recommendation
from rxweave.narrative import Phrases, phrase, side_by_side

RUN = 6  # words in a row that no sentence of ours may share with a source

#: Runs that are no prose: what a laboratory or the field calls something, a list of names.
NAMES = (
    "risk of aminoglycoside induced hearing",  # phenotype of MT-RNR1
    "ivacaftor non responsive in cf patients",  # phenotype of CFTR
    "akathisia parkinsonism depression insomnia anxiety or sedation",  # the label's list of side effects
    "ataxia nystagmus slurred speech sedation or",  # DPWG's list of side effects
    "starting dose 1.5 to 2 times",
)
#: A run of which half are numbers and their units is a fact.
AMOUNT = re.compile(r"[\d.]+%?|mg|mcg|ng|ml|kg|m2|days?|weeks?|hours?")


def _recommendations() -> Iterator[tuple[DrugGuideline, Recommendation]]:
    for guidelines in load_release().guidelines.values():
        for guideline in guidelines:
            for recommendation in guideline.recommendations:
                yield guideline, recommendation


def _advice(guideline: DrugGuideline, recommendation: Recommendation) -> Advice:
    results = {gene: sorted(values)[0] for gene, values in recommendation.when.items()}
    return Advice(
        drug=guideline.drug,
        rxcui=guideline.rxcui,
        source=guideline.source,
        population=recommendation.population,
        coverage=Coverage.COMPUTED,
        directive=recommendation.directive,
        genes={gene: GeneFinding(gene, "", results.get(gene, "")) for gene in guideline.genes},
        branches=recommendation.branches,
        implications=recommendation.implications,
        risks=recommendation.risks,
        notes=recommendation.caveats,
        strength=recommendation.strength,
        section=recommendation.section,
        knowledge="2026.1",
    )


@pytest.fixture(scope="module")
def said() -> list[tuple[str, Advice, Phrases]]:
    """Id, advice and sentences of every recommendation."""
    made = [(r.ids[0], _advice(g, r)) for g, r in _recommendations()]
    return [(row, advice, phrase(advice)) for row, advice in made]


def _texts(phrases: Phrases) -> tuple[str, ...]:
    return (phrases.headline, phrases.explanation, phrases.follow_up, *phrases.branches, *phrases.notes)


def test_a_headline_is_the_drug_one_action_and_detail(said: list[tuple[str, Advice, Phrases]]) -> None:
    for row, advice, phrases in said:
        drug, _, line = phrases.headline.partition(": ")
        assert drug == advice.drug, row
        assert re.match(r"[a-z]", line), f"{row}: {line}"
        assert ": " not in re.sub(r"\([^)]*\)", "", line) and not line.endswith((".", ";", ",")), f"{row}: {line}"
        parts = [part.removeprefix("or ") for part in line.split("; ")]
        assert len(parts) == len(set(parts)), f"{row}: {line}"


def test_an_explanation_is_two_sentences(said: list[tuple[str, Advice, Phrases]]) -> None:
    for row, _, phrases in said:
        ends = re.findall(r"[^.]\.(?= [A-Z]|$)", phrases.explanation)
        assert len(ends) == 2, f"{row}: {phrases.explanation}"
        assert phrases.explanation.startswith(phrases.why), row


def test_every_advice_has_one_sentence_for_the_patient_and_one_line_beside_another_source(
    said: list[tuple[str, Advice, Phrases]],
) -> None:
    for row, advice, phrases in said:
        assert advice.drug in phrases.patient and phrases.patient.endswith("."), row
        line = side_by_side(advice)
        assert line.startswith(advice.source) and line.endswith("."), f"{row}: {line}"
        assert "\n" not in line and ".." not in line, f"{row}: {line}"


def test_whose_advice_it_is_stands_before_it(said: list[tuple[str, Advice, Phrases]]) -> None:
    for row, advice, phrases in said:
        if advice.strength:
            assert f" {advice.source}" in phrases.explanation, f"{row}: {phrases.explanation}"


def test_no_six_words_in_a_row_are_a_sources(shared: Path, said: list[tuple[str, Advice, Phrases]]) -> None:
    theirs = {run for text in _source_texts(shared / "sources") for run in _runs(text)}
    assert len(theirs) > 10_000
    copied = {}
    for row, _, phrases in said:
        for text in _texts(phrases):
            for run in _runs(text):
                if run in theirs and not _is_no_prose(run):
                    copied[run] = row
    assert copied == {}, "\n".join(f"{run}: {row}" for run, row in copied.items())


def _is_no_prose(run: str) -> bool:
    amounts = sum(AMOUNT.fullmatch(word) is not None for word in run.split())
    return amounts * 2 >= RUN or any(name in run or run in name for name in NAMES)


def _runs(text: str) -> set[str]:
    found = re.findall(r"[\w*%.]+", text.lower())
    return {" ".join(found[i : i + RUN]) for i in range(len(found) - RUN + 1)}


def _source_texts(sources: Path) -> Iterator[str]:
    csv.field_size_limit(10**9)
    with (sources / "cpic-db" / "recommendation.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield from (row[column] or "" for column in ("drugrecommendation", "implications", "comments"))
    for path in sorted((sources / "guidelines").rglob("*.json")):
        for text in _strings(json.loads(path.read_text(encoding="utf-8"))):
            yield re.sub(r"<[^>]*>", " ", html.unescape(text))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
