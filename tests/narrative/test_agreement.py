"""The second reader of actions: silent on true narratives, loud where a text asks for something else."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from rxweave.errors import InputError
from rxweave.guidance.advice import Advice
from rxweave.knowledge import load_release
from rxweave.narrative.agreement import disagreeing
from rxweave.narrative.attack.cases import random_cases
from rxweave.narrative.cases import fixed_cases
from rxweave.narrative.narrate import narrate
from rxweave.narrative.narrative import Audience, Sentence, SentenceKind


def _codeine(case_drug: str = "codeine") -> tuple[Advice, ...]:
    """The advice of the first fixed case that asks to avoid a drug, said of codeine."""
    for case in fixed_cases(load_release()):
        for advice in case.advices:
            if advice.is_headline and advice.directive.action.value == "avoid" and not advice.directive.choice_with:
                return (replace(advice, drug=case_drug),)
    raise AssertionError("no case asks to avoid a drug")


def _said(*texts: str) -> list[Sentence]:
    return [Sentence(text, (), SentenceKind.RECOMMENDATION) for text in texts]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_true_narrative_agrees_for_every_reader(language: str) -> None:
    for case in itertools.islice(random_cases(load_release(), 41), 50):
        for audience in Audience:
            told = narrate(case.advices, case.patient, audience, language=language)
            assert disagreeing(told.sentences, case.advices, language) == (), told.text


@pytest.mark.long
def test_a_thousand_true_narratives_agree() -> None:
    for place, case in enumerate(itertools.islice(random_cases(load_release(), 42), 1000)):
        for audience in Audience:
            told = narrate(case.advices, case.patient, audience, seed=place)
            assert disagreeing(told.sentences, case.advices) == (), told.text


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["Avoid codeine (weaker effect expected)."], None),
        (["Codeine is not recommended here.", "Monitor pain."], None),
        (["Ask your doctor about another medicine in place of codeine."], None),
        (["Codeine can be used as usual."], "same"),
        (["Increase the dose of codeine."], "more"),
        (["Avoid codeine.", "There is no genetic reason to change codeine."], "against, same"),
        (["Avoid tramadol."], ""),
        (["If pain persists: avoid codeine."], ""),
        (["CPIC asks for more: avoid codeine."], ""),
        (["Codeine is a prodrug."], ""),
        ([], ""),
    ],
    ids=str,
)
def test_what_is_asked_for_is_read_from_the_words_alone(texts: list[str], said: str | None) -> None:
    found = disagreeing(_said(*texts), _codeine())
    assert [d.said for d in found] == ([] if said is None else [said])
    assert all(d.drug == "codeine" for d in found)


def test_a_drug_is_known_by_its_brand_too() -> None:
    release = load_release()
    brand = next(d for d in release.drugs.values() if d.brands and d.name in release.guidelines)
    advices = _codeine(brand.name)
    assert disagreeing(_said(f"Avoid {brand.brands[0]}."), advices) == ()


def test_other_actions_put_for_the_advised_one_are_seen() -> None:
    """The sentences that ask of a drug are exchanged between two cases with different advice."""
    seen = tried = 0
    words = {
        "avoid": "There is no genetic reason to change {drug}.",
        "use_alternative": "There is no genetic reason to change {drug}.",
        "contraindicated": "No change of {drug} is asked for.",
        "reduce_dose": "Increase the dose of {drug}.",
        "increase_dose": "Reduce the dose of {drug}.",
        "standard": "Avoid {drug}.",
        "no_recommendation": "Reduce the dose of {drug}.",
        "test_first": "There is no genetic reason to change {drug}.",
        "limit_dose": "Increase the dose of {drug}.",
        "use_with_caution": "Do not use {drug}.",
        "not_excluded": "Avoid {drug}.",
        "adjust_by_algorithm": "{drug} is contraindicated.",
    }
    for case in fixed_cases(load_release()):
        for advice in case.advices:
            if advice.is_headline and advice.coverage.value == "computed":
                lie = words[advice.directive.action.value].format(drug=advice.drug)
                tried += 1
                seen += bool(disagreeing(_said(lie), [advice]))
    assert tried > 80 and seen == tried


def test_a_language_without_words_is_an_error() -> None:
    with pytest.raises(InputError, match="language 'la'"):
        disagreeing([], [], "la")
