"""Thousands of simulated people: what the built-in writer says of them is proved, complete and theirs.

Beside the verifier stands a slower reader that knows nothing of fact sheets: it looks every drug, gene, allele and
number of a sentence up in the JSON of the advice itself.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib import resources
from itertools import islice
from typing import Any

import pytest

from rxweave.demo.population import SimulatedPerson, simulated_people
from rxweave.guidance import Advice, advise
from rxweave.knowledge import Knowledge, load_release
from rxweave.narrative.agreement import disagreeing
from rxweave.narrative.builtin import write
from rxweave.narrative.facts import fact_sheet
from rxweave.narrative.narrative import Audience, Sentence
from rxweave.narrative.reading import reading_grade
from rxweave.narrative.verifier import verify_sentences
from rxweave.patient.patient import Event
from rxweave.report.objects import advice_object

_NUMBER = re.compile(r"(?<![\w.*:>+-])\d+(?:\.\d+)?")
_ALLELE = re.compile(r"\*\d+[A-Za-z]?|\bc\.\d+\S*|\brs\d+")
_MOST_DRUGS = 4


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def _asked(person: SimulatedPerson, knowledge: Knowledge) -> Event:
    """An order of several of the person's drugs: those with guidance, the new one first."""
    listed = [m.drug for m in person.patient.medications if m.drug in knowledge.guidelines]
    return replace(person.event, drugs=tuple(dict.fromkeys((*person.event.drugs, *listed)))[:_MOST_DRUGS])


# ---------------------------------------------------------------- the slower reader


@cache
def _words_of_codes() -> dict[str, str]:
    """Every code of the vocabulary -> all that is said of it in English."""
    said: dict[str, str] = {}
    for name in ("en.toml", "narrative.en.toml"):
        text = (resources.files("rxweave.narrative") / "terms" / name).read_text(encoding="utf-8")
        for code, words in _leaves(tomllib.loads(text)):
            said[code] = f"{said.get(code, '')} {words}"
    return said


def _leaves(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value)
        else:
            yield key, json.dumps(value, ensure_ascii=False)


class Reader:
    """What one person's advice says, as plain text and numbers."""

    def __init__(self, advices: tuple[Advice, ...], person: SimulatedPerson, knowledge: Knowledge) -> None:
        objects = [advice_object(a) for a in advices]
        self.text = json.dumps(objects, ensure_ascii=False, default=str)
        codes = set(re.findall(r"[\w-]+", self.text))
        self.said = self.text + " ".join(words for code, words in _words_of_codes().items() if code in codes)
        self.words = set(re.findall(r"[\w-]+", self.said.casefold()))
        self.drugs = [d for d in knowledge.drugs if len(d) > 3]
        self.numbers = {Decimal(n).normalize() for n in re.findall(r"\d+(?:\.\d+)?", self.said)}
        self.numbers |= set(_shares(objects))
        for value in (person.patient.age_years, person.patient.weight_kg, person.patient.egfr):
            if value is not None:
                self.numbers.add(value.normalize())
        self.genes = set(knowledge.genes)

    def unsupported(self, text: str) -> list[str]:
        """The drugs, genes, alleles and numbers of a sentence that the advice does not hold."""
        lower = text.casefold()
        found = [d for d in self.drugs if d in lower and re.search(rf"\b{re.escape(d)}\b", lower)]
        wrong = [d for d in found if d not in self.said.casefold()]
        wrong += [g for g in self.genes if re.search(rf"\b{re.escape(g)}\b", text) and g not in self.said]
        wrong += [a for a in _ALLELE.findall(text) if a.rstrip(").,;") not in self.said]
        bare = _ALLELE.sub(" ", text)
        for gene in self.genes:
            bare = bare.replace(gene, " ")
        wrong += [n for n in _NUMBER.findall(bare) if Decimal(n).normalize() not in self.numbers]
        return wrong


def _shares(node: Any) -> Iterator[Decimal]:
    """Every number of the advice as percent, as rounded percent, and as what is left of 100%."""
    if isinstance(node, dict):
        for value in node.values():
            yield from _shares(value)
    elif isinstance(node, list):
        for value in node:
            yield from _shares(value)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        percent = Decimal(str(node)) * 100
        yield from {percent.normalize(), (100 - percent).normalize()}
        yield from {round(percent, digits).normalize() for digits in (0, 1)}
        yield Decimal(str(node)).normalize()
        yield round(Decimal(str(node)), 1).normalize()


# ---------------------------------------------------------------- the proof


def _prove(people: Iterator[SimulatedPerson], knowledge: Knowledge) -> int:
    """The number of sentences that were proved."""
    proved, grades = 0, []
    for place, person in enumerate(people):
        event = _asked(person, knowledge)
        advices = advise(person.phenotypes, person.patient, event, knowledge)
        sheet = fact_sheet(advices, person.patient)
        reader = Reader(advices, person, knowledge)
        for audience in Audience:
            sentences = write(sheet, audience, seed=place)
            context = f"person {place}, {event.drugs}, {audience}"
            refusals = verify_sentences(sentences, sheet, audience).refusals
            assert not refusals, f"{context}: {[(sentences[r.sentence].text, r) for r in refusals[:3]]}"
            wrong = [(s.text, found) for s in sentences if (found := reader.unsupported(s.text))]
            assert not wrong, f"{context}: {wrong[:3]}"
            assert not (apart := disagreeing(sentences, advices)), f"{context}: {apart}"
            proved += len(sentences)
            if audience is Audience.PATIENT:
                grades.append(reading_grade(_text(sentences)))
    assert all(5.5 <= grade <= 8.0 for grade in grades), sorted(grades)[:3] + sorted(grades)[-3:]
    assert 6.0 <= sum(grades) / len(grades) <= 8.0
    return proved


def _text(sentences: tuple[Sentence, ...]) -> str:
    return " ".join(s.text for s in sentences)


def test_narratives_of_simulated_people_hold(knowledge: Knowledge) -> None:
    assert _prove(islice(simulated_people(knowledge, 60, seed=11), 60), knowledge) > 1_000


@pytest.mark.long
def test_narratives_of_two_thousand_simulated_people_hold(knowledge: Knowledge) -> None:
    assert _prove(simulated_people(knowledge, 2_000, seed=12), knowledge) > 40_000


def test_the_slower_reader_sees_what_is_not_in_the_advice(knowledge: Knowledge) -> None:
    (person,) = islice(simulated_people(knowledge, 1, seed=3), 1)
    advices = advise(person.phenotypes, person.patient, _asked(person, knowledge), knowledge)
    reader = Reader(advices, person, knowledge)
    for text, wrong in (
        ("Use zuclopenthixol.", "zuclopenthixol"),
        ("NAGS2 aside, RYR1 tells.", "RYR1"),
        ("The dose is 731 mg.", "731"),
        ("CYP2D6 *999 was found.", "*999"),
    ):
        assert wrong in reader.unsupported(text)
