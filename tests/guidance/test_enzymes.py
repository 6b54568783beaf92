"""Modulator classes among the drugs taken."""

import pytest

from rxweave.calling import stated_calls
from rxweave.guidance import advise
from rxweave.guidance.enzymes import enzymes_of
from rxweave.knowledge import load_release
from rxweave.patient.medications import read_medications
from rxweave.patient.patient import Event, EventKind, Patient
from rxweave.phenotyping import assign_phenotype


def test_a_class_is_named_with_and_without_its_strength() -> None:
    release = load_release()
    (row,) = [i for i in release.interactions if (i.drug, i.gene, i.role) == ("ketoconazole", "CYP3A4", "inhibitor")]
    assert row.strength == "strong"
    found = enzymes_of(release).classes_of(["ketoconazole"])
    assert {"cyp3a4_inhibitor", "cyp3a4_inhibitor_strong"} <= found
    assert "cyp3a4_inhibitor_moderate" not in found


@pytest.mark.parametrize(
    ("taken", "is_meant"),
    [
        (["cinacalcet", "erythromycin"], True),
        (["paroxetine", "ketoconazole"], True),
        (["cinacalcet"], False),
        (["sertraline", "erythromycin"], False),
        (["cinacalcet", "cimetidine"], False),
        ([], False),
    ],
    ids=["moderate both", "strong both", "one enzyme only", "weak on CYP2D6", "weak on CYP3A4", "nothing"],
)
def test_inhibitors_of_two_enzymes_are_a_class_together(taken: list[str], is_meant: bool) -> None:
    code = "cyp2d6_and_cyp3a4_inhibitors_moderate_to_strong"
    assert (code in enzymes_of(load_release()).classes_of(taken)) is is_meant


@pytest.mark.parametrize(
    ("takes", "action"),
    [("cinacalcet 30 mg; erythromycin 500 mg", "contraindicated"), ("erythromycin 500 mg", "use_alternative")],
    ids=["both enzymes", "CYP3A4 only"],
)
def test_eliglustat_is_not_for_who_has_both_enzymes_inhibited(takes: str, action: str) -> None:
    release = load_release()
    result = assign_phenotype(stated_calls(release, diplotypes=["CYP2D6=*1/*4"])["CYP2D6"], release)
    patient = Patient(medications=read_medications(takes, release.drugs))
    head = advise({"CYP2D6": result}, patient, Event(EventKind.ORDER, ("eliglustat",)), release)[0]
    assert head.directive.action == action
    if action == "contraindicated":
        assert {"of_this_class:cinacalcet", "of_this_class:erythromycin"} <= set(head.notes)
        assert "cinacalcet" in head.genes["CYP2D6"].phenoconverted_by
