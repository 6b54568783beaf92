"""Of a narrative only what is proved is shown, and nothing of it where something that must be told is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from model_cases import poor_metabolizer

from rxweave.calling import stated_calls
from rxweave.guidance import Site, advise
from rxweave.knowledge import load_release
from rxweave.narrative.narrate import narrate, proved
from rxweave.narrative.narrative import Audience, Narrative, Sentence, SentenceKind
from rxweave.narrative.verifier import verify
from rxweave.patient.patient import Event, Patient
from rxweave.phenotyping import assign_phenotype

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


def test_a_combination_that_names_its_drugs_is_offered_as_a_site_that_asks_dpwg_first_sees_it() -> None:
    release = load_release()
    calls = dict(stated_calls(release, diplotypes=("CYP2C19=*1/*2",)))
    phenotypes = {gene: assign_phenotype(call, release) for gene, call in calls.items()}
    site = Site("toy", source_order=("DPWG",))
    advices = advise(phenotypes, Patient(), Event(drugs=("clopidogrel",)), release, site=site)
    for audience in Audience:
        narrative = narrate(advices, Patient(), audience)
        assert verify(narrative, advices, Patient()).holds
    assert "aspirin with dipyridamole" in narrate(advices, Patient(), Audience.PRESCRIBER).text
