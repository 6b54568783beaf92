"""A model is shown facts in words: one that repeats them is believed."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from rxweave.knowledge import load_release
from rxweave.narrative.attack.cases import random_cases
from rxweave.narrative.facts import fact_sheet
from rxweave.narrative.models.answers import schema
from rxweave.narrative.models.case import ToldCase
from rxweave.narrative.narrative import Audience, Sentence, SentenceKind
from rxweave.narrative.verifier import verify_sentences


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_words_of_the_facts_are_accepted_as_they_are(language: str) -> None:
    """All but what is told of a handful of rare facts, which the built-in writer says in other words."""
    told = refused = 0
    why: Counter[str] = Counter()
    for case in islice(random_cases(load_release(), 6), 15):
        sheet = fact_sheet(case.advices, case.patient)
        for audience in Audience:
            shown = ToldCase(sheet, case.patient, audience, language)
            entries = [(words, shown.fact_ids([number])) for number, words in shown.words.items()]
            sentences = [
                Sentence(f"{words[0].upper()}{words[1:].rstrip('.')}.", ids, SentenceKind.FINDING)
                for words, ids in entries
            ]
            verification = verify_sentences(sentences, sheet, audience, language)
            for place, sentence in enumerate(sentences):
                told += 1
                refused += bool(verification.of_sentence(place))
                why.update(f"{sentence.text} {r.because}" for r in verification.of_sentence(place))
    assert told > 500
    assert refused <= told * 0.02, why.most_common(10)


def test_ids_say_nothing_and_come_back_as_they_were() -> None:
    case = next(random_cases(load_release(), 3))
    sheet = fact_sheet(case.advices, case.patient)
    shown = ToldCase(sheet, case.patient, Audience.CONSULT)
    assert shown.ids == tuple(f"f{n}" for n in range(1, len(shown.ids) + 1))
    for number in shown.ids:
        facts = shown.fact_ids([number])
        assert facts and all(sheet.get(i) for i in facts)
        assert shown.told_as(facts) == (number,)
    assert shown.fact_ids(["f0", "codeine/action", ""]) == ("?f0", "?codeine/action", "?")
    assert shown.told_as(["codeine/tier", "nothing"]) == ()


def test_the_schema_names_the_ids_and_nothing_else() -> None:
    items = schema(["f1", "f2"])["properties"]["sentences"]["items"]
    assert items["properties"]["facts"]["items"]["enum"] == ["f1", "f2"]
    assert items["required"] == ["text", "facts"] and items["additionalProperties"] is False
    repair = schema(["f1"], is_repair=True)["properties"]["sentences"]["items"]
    assert repair["required"] == ["text", "facts", "replaces"]
