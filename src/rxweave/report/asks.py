"""What to ask and to test over the whole list, once each, and the plain interactions between its medicines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rxweave.guidance.advice import Advice, TestToOrder
from rxweave.narrative import phrase, test_sentence
from rxweave.report.text import Fact


def questions_to_ask(advices: Sequence[Advice]) -> tuple[Fact, ...]:
    """Each question about the patient with the medicines whose advice it decides."""
    asked: dict[str, list[str]] = {}
    for advice in _headlines(advices):
        for code, question in zip(advice.missing, phrase(advice).missing, strict=True):
            if code not in advice.genes:
                asked.setdefault(question, []).append(advice.drug)
    return _facts(asked)


def tests_to_order(advices: Sequence[Advice]) -> tuple[Fact, ...]:
    """Each test with the medicines that need it; before the first dose where one of them needs it then."""
    wanted: dict[tuple[str, str, str], tuple[TestToOrder, list[str]]] = {}
    for advice in _headlines(advices):
        for test in advice.tests_to_order:
            held, drugs = wanted.get((test.gene, test.why, test.method), (test, []))
            is_before = held.before_first_dose or test.before_first_dose
            if advice.drug not in drugs:
                drugs.append(advice.drug)
            wanted[test.gene, test.why, test.method] = replace(held, before_first_dose=is_before), drugs
    ordered = sorted(wanted.values(), key=lambda item: not item[0].before_first_dose)
    return tuple(Fact(test_sentence(test), ", ".join(drugs)) for test, drugs in ordered)


def interaction_lines(advices: Sequence[Advice]) -> tuple[str, ...]:
    """A sentence for each pair of medicines and enzyme, whatever advice names it."""
    found: dict[tuple[str, str, str], str] = {}
    for advice in advices:
        for interaction, text in zip(advice.interactions, phrase(advice).interactions, strict=True):
            found.setdefault((interaction.victim, interaction.perpetrator, interaction.gene), text)
    return tuple(found.values())


def _headlines(advices: Sequence[Advice]) -> list[Advice]:
    return [a for a in advices if a.is_headline]


def _facts(asked: dict[str, list[str]]) -> tuple[Fact, ...]:
    return tuple(Fact(text, ", ".join(dict.fromkeys(drugs))) for text, drugs in asked.items())
