"""Guidelines that speak of one group of patients: who belongs to it, and what the others are told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rxweave.calling.diplotype import CallSource, CallStatus, DiplotypeCall
from rxweave.guidance import advise
from rxweave.guidance.advice import Advice
from rxweave.guidance.conditions import Facts, decide
from rxweave.knowledge import load_release
from rxweave.knowledge.guidelines import Action, Condition, Reason
from rxweave.patient import Event, Patient
from rxweave.phenotyping.phenotype import GenePhenotype, Phenotype, PhenotypeCandidate

ADULT_OR_OVER_40_KG = Condition({"adult_or_weight_above": "40 kg"})


@pytest.mark.parametrize(
    ("age", "weight", "expected"),
    [
        ("30", None, True),
        ("30", "38", True),  # an adult of any weight
        ("12", "41", True),
        (None, "41", True),
        ("12", "40", False),  # "more than 40 kg"
        ("7", "22", False),
        ("12", None, None),
        (None, "22", None),  # a light adult, or a child
        (None, None, None),
    ],
)
def test_an_adult_or_a_child_above_a_weight(age: str | None, weight: str | None, expected: bool | None) -> None:
    patient = _person(age, weight)
    assert decide(ADULT_OR_OVER_40_KG, Facts(patient, "efavirenz", Event(drugs=("efavirenz",)), {})) is expected


@pytest.mark.parametrize(
    ("age", "weight", "expected"),
    [
        ("16", "50.9", True),
        ("16", "51", False),  # "less than 51 kg"
        ("14", "50", False),
        ("18", "50", False),
        ("16", None, None),
        (None, "50", None),
    ],
)
def test_an_adolescent_below_a_weight(age: str | None, weight: str | None, expected: bool | None) -> None:
    light = Condition({"age_from": "15", "age_below": "18", "weight_below": "51 kg"})
    assert decide(light, Facts(_person(age, weight), "risperidone", Event(drugs=("risperidone",)), {})) is expected


def _person(age: str | None, weight: str | None) -> Patient:
    return Patient(
        age_years=None if age is None else Decimal(age), weight_kg=None if weight is None else Decimal(weight)
    )


def _efavirenz(phenotype: str, age: str | None, weight: str | None) -> Advice:
    meaning = Phenotype("CYP2B6", phenotype, "", (phenotype,))
    call = DiplotypeCall("CYP2B6", CallStatus.CALLED, CallSource.STATED, stated_phenotype=phenotype)
    result = GenePhenotype(call, (meaning,), (PhenotypeCandidate(meaning, 1.0),))
    found = advise({"CYP2B6": result}, _person(age, weight), Event(drugs=("efavirenz",)), load_release())
    return next(a for a in found if a.source == "CPIC")


def test_an_amount_for_one_group_is_given_to_nobody_else() -> None:
    adult = _efavirenz("Poor Metabolizer", "30", None)
    assert [(d.floor, d.cap) for d in adult.directive.dose] == [(200, 400)]
    child = _efavirenz("Poor Metabolizer", "7", "22")
    assert (child.directive.action, child.directive.reason) == (Action.NO_RECOMMENDATION, Reason.NOT_COMPUTABLE)
    assert child.directive.dose == () and child.strength == ""
    assert "no_population_fits" in child.notes


def test_age_and_weight_are_asked_for_where_they_decide() -> None:
    assert _efavirenz("Poor Metabolizer", None, None).missing == ("age_and_weight",)
    assert _efavirenz("Poor Metabolizer", "12", None).missing == ("age_and_weight",)
    assert _efavirenz("Poor Metabolizer", "12", "41").missing == ()
