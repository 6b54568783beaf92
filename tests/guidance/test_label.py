"""What a drug's label says beside the genes: it is never lost, and never milder than either."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from guidance_toys import AVOID, NORMAL, POOR, STANDARD, guideline, knowledge, recommend, result

from rxweave.calling.diplotype import CallSource, CallStatus, DiplotypeCall
from rxweave.guidance import Advice, AlertTier, advise
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import Action, Branch, Condition, Directive, Dose, Level, Phase
from rxweave.narrative import phrase
from rxweave.patient import Event, MedicationOrder, Patient, Reaction
from rxweave.phenotyping.phenotype import GenePhenotype, Phenotype, PhenotypeCandidate


@pytest.fixture(scope="module")
def release() -> Knowledge:
    return load_release()


def _stated(gene: str, key: str) -> GenePhenotype:
    phenotype = Phenotype(gene, key, "", (key,))
    call = DiplotypeCall(gene, CallStatus.CALLED, CallSource.STATED, stated_phenotype=key)
    return GenePhenotype(call, (phenotype,), (PhenotypeCandidate(phenotype, 1.0),))


def _citalopram(release: Knowledge, key: str, mg: str | None, age: str = "82") -> Advice:
    order = MedicationOrder("citalopram", "citalopram", amount=Decimal(mg) if mg else None, unit="mg")
    patient = Patient(age_years=Decimal(age), medications=(order,))
    event = Event(drugs=("citalopram",))
    return advise({"CYP2C19": _stated("CYP2C19", key)}, patient, event, release)[0]


def _caps(directive: Directive) -> list[Decimal | None]:
    inner = _caps(directive.fallback) if directive.fallback is not None else []
    return [d.cap for d in directive.dose if d.cap is not None] + inner


@pytest.mark.parametrize("key", ["Normal Metabolizer", "Intermediate Metabolizer", "Poor Metabolizer"])
def test_the_labels_dose_limit_stands_whatever_the_genes_ask_for(release: Knowledge, key: str) -> None:
    advice = _citalopram(release, key, "30")
    assert _caps(advice.directive) == [Decimal(20)]
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.INTERRUPTIVE, "label_dose_limit")
    assert "20 mg/day" in phrase(advice).text and "60 years" in " ".join(phrase(advice).notes)


@pytest.mark.parametrize("key", ["Normal Metabolizer", "Intermediate Metabolizer"])
def test_a_dose_within_the_labels_limit_does_not_interrupt(release: Knowledge, key: str) -> None:
    advice = _citalopram(release, key, "10")
    assert _caps(advice.directive) == [Decimal(20)]
    assert advice.alert_tier is AlertTier.PASSIVE


def test_without_the_labels_condition_there_is_no_limit(release: Knowledge) -> None:
    advice = _citalopram(release, "Intermediate Metabolizer", "30", age="40")
    assert _caps(advice.directive) == [] and advice.alert_tier is AlertTier.PASSIVE


def test_the_strength_of_the_genes_advice_stays_beside_a_dose_limit(release: Knowledge) -> None:
    assert _citalopram(release, "Intermediate Metabolizer", "30").strength == "Moderate"


def _capped(mg: str) -> Directive:
    return Directive(Action.LIMIT_DOSE, dose=(Dose(Phase.MAXIMUM, cap=Decimal(mg), unit="mg/day"),))


@pytest.mark.parametrize(("genes", "label", "kept"), [("10", "20", "10"), ("20", "10", "10"), ("20", "20", "20")])
def test_of_two_limits_the_lower_one_stands(genes: str, label: str, kept: str) -> None:
    held = guideline(
        "cappine",
        ("ENZ",),
        recommend("c1", {"ENZ": NORMAL}, _capped(genes)),
        label_contraindications=(Branch(Condition({"age_above": "60"}), _capped(label)),),
    )
    event = Event(drugs=("cappine",))
    found = advise({"ENZ": result("ENZ", NORMAL)}, Patient(age_years=Decimal(70)), event, knowledge(guidelines=(held,)))
    assert _caps(found[0].directive) == [Decimal(kept)]


TWICE = guideline(
    "twicine",
    ("ENZ",),
    recommend("t1", {"ENZ": NORMAL}, STANDARD),
    recommend("t2", {"ENZ": POOR}, replace(AVOID, alternatives=("altaline", "rivalol"), not_alternatives=("rivalol",))),
    label_contraindications=(
        Branch(Condition({"age_below": "12"}), Directive(Action.CONTRAINDICATED, level=Level.ABSOLUTE), ("label",)),
        Branch(Condition({"condition": "operated"}), Directive(Action.CONTRAINDICATED), is_unverified=True),
        Branch(Condition({"breastfeeding": "yes"}), AVOID),
    ),
)


def _child(*conditions: str, key: str = POOR) -> Advice:
    patient = Patient(age_years=Decimal(8), conditions=conditions)
    return advise({"ENZ": result("ENZ", key)}, patient, Event(drugs=("twicine",)), knowledge(guidelines=(TWICE,)))[0]


def test_what_the_genes_say_of_other_drugs_outlives_the_label() -> None:
    advice = _child()
    assert advice.directive.action is Action.CONTRAINDICATED
    assert [a.drug for a in advice.alternatives] == ["altaline"]
    assert advice.directive.not_alternatives == ("rivalol",)


def test_what_the_genes_say_of_other_drugs_outlives_a_past_reaction() -> None:
    patient = Patient(reactions=(Reaction("twicine", is_severe=True),))
    held = knowledge(guidelines=(replace(TWICE, recommendations=(recommend("t", {"ENZ": POOR}, MILDER),)),))
    advice = advise({"ENZ": result("ENZ", POOR)}, patient, Event(drugs=("twicine",)), held)[0]
    assert (advice.directive.action, advice.directive.alternatives) == (Action.AVOID, ("altaline",))
    assert advice.tier_because == "past_severe_reaction"


MILDER = Directive(Action.USE_ALTERNATIVE, alternatives=("altaline",))


def test_every_condition_of_the_label_that_holds_is_named() -> None:
    notes = _child("operated", key=NORMAL).notes
    assert "label_overrides:age_below=12" in notes
    assert "practice_overrides:condition=operated" in notes


def test_of_two_that_forbid_it_the_one_with_a_source_decides() -> None:
    labels = TWICE.label_contraindications
    turned = replace(TWICE, label_contraindications=(labels[1], labels[0]))
    patient = Patient(age_years=Decimal(8), conditions=("operated",))
    advice = advise({}, patient, Event(drugs=("twicine",)), knowledge(guidelines=(turned,)))[0]
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.INTERRUPTIVE, "label")


def test_practice_that_nobody_verified_does_not_silence_what_the_genes_interrupt_for() -> None:
    grown = Patient(age_years=Decimal(14), conditions=("operated",))
    event, held = Event(drugs=("twicine",)), knowledge(guidelines=(TWICE,))
    poor = advise({"ENZ": result("ENZ", POOR)}, grown, event, held)[0]
    assert poor.directive.action is Action.CONTRAINDICATED
    assert (poor.alert_tier, poor.tier_because) == (AlertTier.INTERRUPTIVE, "strong")
    normal = advise({"ENZ": result("ENZ", NORMAL)}, grown, event, held)[0]
    assert (normal.alert_tier, normal.tier_because) == (AlertTier.PASSIVE, "unverified")


def test_practice_that_nobody_verified_does_not_silence_the_labels_dose_limit() -> None:
    labels = (
        Branch(Condition({"condition": "operated"}), AVOID, is_unverified=True),
        Branch(Condition({"age_above": "60"}), _capped("20")),
    )
    held = knowledge(guidelines=(replace(TWICE, label_contraindications=labels),))
    order = MedicationOrder("twicine", "twicine", amount=Decimal(30), unit="mg")
    patient = Patient(age_years=Decimal(70), conditions=("operated",), medications=(order,))
    advice = advise({"ENZ": result("ENZ", NORMAL)}, patient, Event(drugs=("twicine",)), held)[0]
    assert (advice.directive.action, advice.alert_tier) == (Action.AVOID, AlertTier.INTERRUPTIVE)


def test_a_child_after_tonsillectomy_is_offered_neither_codeine_nor_tramadol(release: Knowledge) -> None:
    patient = Patient(age_years=Decimal(8), conditions=("after_tonsillectomy_or_adenoidectomy",))
    score = Phenotype("CYP2D6", "Ultrarapid Metabolizer", "≥3.0", ("≥3.0",))
    call = DiplotypeCall("CYP2D6", CallStatus.CALLED, CallSource.STATED, stated_activity_score="≥3.0")
    genes = {"CYP2D6": GenePhenotype(call, (score,), (PhenotypeCandidate(score, 1.0),))}
    advice = advise(genes, patient, Event(drugs=("codeine",)), release)[0]
    said = " ".join(phrase(advice).notes)
    assert advice.directive.action is Action.CONTRAINDICATED
    assert "under 12 years" in said and "after tonsillectomy" in said
    assert "tramadol" in advice.directive.not_alternatives
    assert not {"tramadol", "codeine"} & {a.drug for a in advice.alternatives}
    assert advice.alternatives
