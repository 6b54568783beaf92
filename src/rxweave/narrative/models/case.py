"""A case as a language model is shown it: numbered facts in words, and nothing that tells who the person is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from rxweave.narrative import builtin
from rxweave.narrative.fact_words import fact_words
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.narrative import Audience
from rxweave.patient.patient import Patient

#: Ages above this are few enough to tell who someone is (45 CFR 164.514(b)(2)(i)(C)).
_HIGHEST_AGE = 89

#: No narrative speaks of the alert, and a rule of a site names its owner.
_NEVER_TOLD = frozenset({FactKind.TIER, FactKind.SITE})

_OPTIONS = frozenset({FactKind.ALTERNATIVE, FactKind.SET_ASIDE})

#: What the person is, and why the question was asked: for those who read a case from its beginning.
_OF_THE_QUESTION = frozenset({FactKind.PERSON, FactKind.TAKING})
_READ_THE_QUESTION = frozenset({Audience.CONSULT, Audience.PAYER})


class ToldCase:
    """The facts that leave the house, by ids that say nothing (``f1``, ``f2`` ...): ids of the sheet may quote people.

    Facts in the same words, such as one result that matters for two drugs, are told once. For a letter to the patient
    they come in the plain words of the built-in letter, which keeps doses, alleles and sources with the clinicians.
    """

    def __init__(
        self, sheet: FactSheet, patient: Patient, audience: Audience, language: str = "en", seed: int = 0
    ) -> None:
        if audience is Audience.PATIENT:
            alike = _in_plain_words(sheet, language, seed)
        else:
            alike = _in_clinical_words(sheet, patient, audience, language)
        self.words = {f"f{number}": words for number, words in enumerate(alike, 1)}
        self._facts = dict(zip(self.words, alike.values(), strict=True))
        self._numbers = {fact.id: number for number, facts in self._facts.items() for fact in facts}

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self.words)

    def fact_ids(self, told: Iterable[str]) -> tuple[str, ...]:
        """Ids of the sheet. One that the model was not shown stays, marked so that no fact can have it."""
        return tuple(i for t in told for i in ([f.id for f in self._facts[t]] if t in self._facts else [f"?{t}"]))

    def told_as(self, fact_ids: Iterable[str]) -> tuple[str, ...]:
        """The ids under which the model knows these facts, without those that it does not know."""
        return tuple(dict.fromkeys(self._numbers[i] for i in fact_ids if i in self._numbers))

    def __str__(self) -> str:
        """One JSON object a line: whatever a fact holds, it stays inside its string."""
        return "\n".join(json.dumps(entry, ensure_ascii=False) for entry in self._entries())

    def _entries(self) -> Iterator[dict[str, object]]:
        for number, words in self.words.items():
            entry: dict[str, object] = {"id": number, "fact": words}
            yield {**entry, "must_be_told": True} if any(f.is_essential for f in self._facts[number]) else entry


def _in_plain_words(sheet: FactSheet, language: str, seed: int) -> dict[str, list[Fact]]:
    facts = {fact.id: fact for fact in sheet.facts}
    letter = builtin.write(sheet, Audience.PATIENT, language, seed)
    return {sentence.text: [facts[i] for i in sentence.facts] for sentence in letter if sentence.facts}


def _in_clinical_words(sheet: FactSheet, patient: Patient, audience: Audience, language: str) -> dict[str, list[Fact]]:
    typed = tuple(_typed(patient))
    alike: dict[str, list[Fact]] = {}
    options: Counter[tuple[str, FactKind, str]] = Counter()  # many, and the first rank highest
    for fact in sheet.facts:
        if fact.kind in _OPTIONS:
            options[fact.drug, fact.kind, fact.scope] += 1
        if _is_told(fact, audience, typed) and options[fact.drug, fact.kind, fact.scope] <= builtin.MOST_OPTIONS:
            alike.setdefault(fact_words(fact, sheet, language), []).append(fact)
    return alike


def _is_told(fact: Fact, audience: Audience, typed: tuple[str, ...]) -> bool:
    if fact.kind in _NEVER_TOLD or (fact.kind in _OF_THE_QUESTION and audience not in _READ_THE_QUESTION):
        return False
    if fact.kind is FactKind.PERSON and fact.code == "age_years":
        return Decimal(fact.values["value"]) <= _HIGHEST_AGE
    if fact.kind is FactKind.NOTE:
        return not any(words in fact.values.get("value", "") for words in typed)
    return True


def _typed(patient: Patient) -> Iterator[str]:
    """What was written of the person in words of their own."""
    words = (
        patient.label,
        *patient.conditions,
        *(indication for _, indication in patient.indications),
        *(reaction.kind for reaction in patient.reactions),
    )
    return (w for w in words if w)
