"""Of a narrative only what is proved is shown, and nothing of it where something that must be told is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from model_cases import poor_metabolizer

from rxweave.narrative.narrate import narrate, proved
from rxweave.narrative.narrative import Audience, Narrative, Sentence, SentenceKind
from rxweave.patient.patient import Patient

LIE = Sentence("Double the dose of codeine.", ("codeine/action",), SentenceKind.RECOMMENDATION, "do_now")


def told(audience: Audience = Audience.PRESCRIBER) -> Narrative:
    return narrate(poor_metabolizer(), Patient(), audience)


@pytest.mark.parametrize("audience", list(Audience))
def test_what_holds_is_shown_as_it_is(audience: Audience) -> None:
    assert proved(told(audience), poor_metabolizer(), Patient()) == told(audience)


@pytest.mark.parametrize("place", [0, 2, None])
def test_a_sentence_that_is_not_proved_is_left_out(place: int | None) -> None:
    sentences = list(told().sentences)
    sentences.insert(len(sentences) if place is None else place, LIE)
    assert proved(replace(told(), sentences=tuple(sentences)), poor_metabolizer(), Patient()) == told()


def test_nothing_is_shown_where_the_false_sentence_stands_for_a_true_one() -> None:
    others = [s for s in told().sentences if "codeine/action" not in s.facts]
    assert proved(replace(told(), sentences=(LIE, *others)), poor_metabolizer(), Patient()) is None
