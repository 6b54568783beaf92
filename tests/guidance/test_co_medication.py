"""Two drugs that are not to be taken together: both say so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from guidance_toys import NORMAL, STANDARD, guideline, knowledge, recommend, result

from rxweave.guidance import Advice, AlertTier, advise
from rxweave.guidance.co_medication import is_named
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import Interaction, Role, Strength
from rxweave.narrative import phrase
from rxweave.patient import Event, MedicationOrder, Patient

AVOIDING = guideline("avoidol", ("ENZ",), recommend("a", {"ENZ": NORMAL}, replace(STANDARD, avoid_with=("simplol",))))
PLAIN = guideline("simplol", ("ENZ",), recommend("s", {"ENZ": NORMAL}, STANDARD))
THIRD = guideline("thirdol", ("ENZ",), recommend("t", {"ENZ": NORMAL}, STANDARD))
RELEASE = knowledge(guidelines=(AVOIDING, PLAIN, THIRD))


def _advice(event: Event, *taken: MedicationOrder, release: Knowledge = RELEASE) -> dict[str, Advice]:
    found = advise({"ENZ": result("ENZ", NORMAL)}, Patient(medications=taken), event, release)
    return {a.drug: a for a in found}


def _order(drug: str, **facts: object) -> MedicationOrder:
    return MedicationOrder(drug, drug, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "taken"),
    [(Event(drugs=("simplol", "avoidol")), ()), (Event(drugs=("simplol",)), (_order("avoidol"),))],
    ids=["both ordered", "one ordered, one taken"],
)
def test_the_partner_that_another_drug_is_not_to_be_taken_with_says_so(
    event: Event, taken: tuple[MedicationOrder, ...]
) -> None:
    advice = _advice(event, *taken)["simplol"]
    assert "avoid_combination_with:avoidol" in advice.notes
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.PASSIVE, "something_to_add")
    assert "avoidol" in " ".join(phrase(advice).notes)


def test_a_drug_that_is_not_taken_any_more_is_no_partner() -> None:
    advice = _advice(Event(drugs=("simplol",)), _order("avoidol", is_stopped=True))["simplol"]
    assert not [n for n in advice.notes if n.startswith("avoid_combination_with")]


def test_other_drugs_of_the_list_are_not_named() -> None:
    advice = _advice(Event(drugs=("simplol", "avoidol", "thirdol")))["thirdol"]
    assert not [n for n in advice.notes if n.startswith("avoid_combination_with")]
    assert advice.alert_tier is AlertTier.NONE


@pytest.mark.parametrize(
    ("strength", "code", "is_one"),
    [
        (Strength.STRONG, "enz_inhibitors_moderate_to_strong", True),
        (Strength.WEAK, "enz_inhibitors_moderate_to_strong", False),
        (Strength.WEAK, "enz_inhibitors_weak_to_strong", True),
        (Strength.STRONG, "enz_inducers", False),
        (Strength.STRONG, "enzb_inhibitors", False),
        (Strength.STRONG, "some other words", False),
    ],
)
def test_a_class_names_its_members(strength: Strength, code: str, is_one: bool) -> None:
    release = knowledge((Interaction("modulol", "ENZ", Role.INHIBITOR, strength, ("toy",)),))
    assert is_named("modulol", code, release) is is_one


def test_a_group_names_its_members() -> None:
    assert is_named("simplol", "olols", knowledge()) and not is_named("scoreine", "olols", knowledge())
