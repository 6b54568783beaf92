"""What the facts about the patient decide: populations, branches, the label, past reactions, transplants."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from guidance_toys import (
    CAP_20,
    GUIDELINES,
    INTERMEDIATE,
    NORMAL,
    POOR,
    STANDARD,
    all_advice,
    guideline,
    headline,
    knowledge,
    ordered,
    recommend,
    result,
    typed,
)

from rxweave.calling import stated_calls
from rxweave.guidance import AlertTier, Coverage, advise
from rxweave.guidance.conditions import Facts, decide
from rxweave.knowledge import load_release
from rxweave.knowledge.drugs import Interaction, Role, Strength
from rxweave.knowledge.genes import Tissue
from rxweave.knowledge.guidelines import Action, Branch, Condition, Modality, Population, Reason
from rxweave.narrative import phrase
from rxweave.patient import Event, MedicationOrder, Patient, YesNo
from rxweave.patient.patient import Reaction, Sex
from rxweave.phenotyping import assign_phenotype


def person(**facts: object) -> Patient:
    return Patient(**facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("months", "population"), [(0, "naive"), (2, "naive"), (3, "tolerated"), (40, "tolerated")])
def test_prior_use_chooses_the_population(months: int, population: str) -> None:
    found = all_advice("usezepine", typed("*02:02 positive"), patient=ordered("usezepine", tolerated_months=months))
    assert [(a.population, a.population_because) for a in found] == [(population, "patient_facts")]
    assert "prior_use" not in found[0].missing


def test_populations_that_get_the_same_advice_need_no_question() -> None:
    found = all_advice("usezepine", typed("*02:02 negative"))
    assert len(found) == 2 and all("prior_use" not in a.missing for a in found)


def test_a_branch_that_the_patient_fulfils_is_taken_and_said() -> None:
    patient = person(indications=(("branchine", "nonmalignancy"),))
    advice = headline("branchine", result("ENZ", POOR), patient=patient)
    assert advice.directive.action is Action.USE_ALTERNATIVE
    assert "branch_applied:indication=nonmalignancy" in advice.notes
    assert advice.branches == () and "indication" not in advice.missing


def test_a_branch_of_the_same_action_replaces_the_rest_of_the_directive() -> None:
    patient = person(indications=(("branchine", "malignancy"),))
    advice = headline("branchine", result("ENZ", POOR), patient=patient)
    assert advice.directive.modality is Modality.CONSIDER


def test_undecided_branches_stay_with_the_question() -> None:
    advice = headline("branchine", result("ENZ", POOR))
    assert len(advice.branches) == 2 and "indication" in advice.missing
    assert advice.directive.action is Action.REDUCE_DOSE


def test_an_indication_of_another_drug_decides_nothing() -> None:
    patient = person(indications=(("simplol", "malignancy"),))
    assert len(headline("branchine", result("ENZ", POOR), patient=patient).branches) == 2


@pytest.mark.parametrize(
    ("age", "action"),
    [("11.9", Action.CONTRAINDICATED), ("12", Action.STANDARD), ("40", Action.STANDARD)],
    ids=["child", "on the birthday", "adult"],
)
def test_the_label_overrides_a_standard_headline_by_age(age: str, action: Action) -> None:
    advice = headline("scoreine", result("SCORE", "2.0"), patient=person(age_years=Decimal(age)))
    assert advice.directive.action is action
    assert ("label_overrides:age_below=12" in advice.notes) is (action is Action.CONTRAINDICATED)


def test_a_contraindication_of_the_label_interrupts() -> None:
    advice = headline("scoreine", result("SCORE", "2.0"), patient=person(age_years=Decimal(5)))
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.INTERRUPTIVE, "label")
    assert advice.strength == ""


def test_the_label_holds_without_any_genetic_result() -> None:
    advice = headline("scoreine", patient=person(age_years=Decimal(5)))
    assert advice.directive.action is Action.CONTRAINDICATED and advice.coverage is Coverage.COMPUTED


def test_an_unverified_label_fact_informs_and_never_interrupts() -> None:
    patient = person(age_years=Decimal(30), breastfeeding=YesNo.YES)
    advice = headline("scoreine", result("SCORE", "2.0"), patient=patient)
    assert advice.directive.action is Action.AVOID
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.PASSIVE, "unverified")
    assert "practice_overrides:breastfeeding=yes" in advice.notes


def test_label_questions_that_nobody_answered_are_asked() -> None:
    advice = headline("scoreine", result("SCORE", "2.0"))
    assert {"age", "breastfeeding"} <= set(advice.missing)
    assert len(advice.branches) == 2


def test_a_past_severe_reaction_outranks_a_negative_hla_result() -> None:
    patient = person(reactions=(Reaction("hlavir", "severe_skin", True),))
    advice = headline("hlavir", typed("*01:01 negative"), patient=patient)
    assert advice.directive.action is Action.AVOID
    assert "past_severe_reaction:severe_skin" in advice.notes
    assert advice.alert_tier is AlertTier.INTERRUPTIVE


def test_a_past_severe_reaction_counts_without_any_guidance() -> None:
    patient = person(reactions=(Reaction("altaline", "severe_skin", True),))
    advice = headline("altaline", patient=patient)
    assert (advice.coverage, advice.directive.action) == (Coverage.NO_GUIDANCE, Action.AVOID)


def test_a_reaction_that_nobody_called_severe_is_said_and_its_severity_asked() -> None:
    patient = person(reactions=(Reaction("hlavir", "Stevens-Johnson syndrome"),))
    advice = headline("hlavir", typed("*01:01 negative"), patient=patient)
    assert advice.directive.action is Action.USE_WITH_CAUTION and advice.alert_tier is AlertTier.PASSIVE
    assert "past_reaction:Stevens-Johnson syndrome" in advice.notes and "reaction_severity" in advice.missing
    assert advice.strength == ""


def test_a_reaction_that_nobody_called_severe_does_not_soften_what_the_genes_ask() -> None:
    patient = person(reactions=(Reaction("hlavir", "rash"),))
    assert headline("hlavir", typed("*01:01 positive"), patient=patient).directive.action is Action.AVOID
    assert headline("hlavir", patient=patient).directive.action is Action.TEST_FIRST


def test_a_reaction_without_any_guidance_is_said() -> None:
    advice = headline("altaline", patient=person(reactions=(Reaction("altaline", ""),)))
    assert (advice.coverage, advice.directive.action) == (Coverage.NO_GUIDANCE, Action.NO_RECOMMENDATION)
    assert "past_reaction:not described" in advice.notes and advice.alert_tier is AlertTier.PASSIVE


def test_a_severe_reaction_is_not_undone_by_a_course_said_to_be_tolerated() -> None:
    patient = replace(
        ordered("usezepine", tolerated_months=60), reactions=(Reaction("usezepine", "severe_skin", True),)
    )
    found = all_advice("usezepine", typed("*02:02 negative"), patient=patient)
    assert all(a.directive.action is Action.AVOID for a in found)
    assert found[0].alert_tier is AlertTier.INTERRUPTIVE
    assert not [n for a in found for n in a.notes if n.startswith("tolerated")]


@pytest.mark.parametrize("drug", ["simplol", "gasane"])
def test_after_a_stem_cell_transplant_no_result_is_used(drug: str) -> None:
    patient = person(transplants=(("stem_cell", date(2025, 1, 1)),))
    findings = (result("ENZ", NORMAL), typed("*01:01 negative"), result("MUSCLE", "Uncertain Susceptibility"))
    advice = headline(drug, *findings, patient=patient)
    assert (advice.directive.action, advice.directive.reason) == (Action.NO_RECOMMENDATION, Reason.TRANSPLANT)
    assert advice.is_partial and advice.tests_to_order == ()


@pytest.mark.parametrize("status", ["positive", "negative"])
def test_a_test_that_comes_before_the_first_dose_comes_first_after_a_transplant_too(status: str) -> None:
    patient = person(transplants=(("stem_cell", date(2025, 1, 1)),))
    advice = headline("hlavir", typed(f"*01:01 {status}"), patient=patient)
    assert (advice.directive.action, advice.alert_tier) == (Action.TEST_FIRST, AlertTier.INTERRUPTIVE)
    assert [t.why for t in advice.tests_to_order] == ["not_applicable"]
    assert ("own_result_would_ask:avoid" in advice.notes) == (status == "positive")


def test_a_result_that_asked_for_something_before_the_transplant_is_told() -> None:
    patient = person(transplants=(("stem_cell", date(2025, 1, 1)),))
    poor, normal = (headline("simplol", result("ENZ", r), patient=patient) for r in (POOR, NORMAL))
    assert poor.alert_tier is AlertTier.PASSIVE and "own_result_would_ask:avoid" in poor.notes
    assert normal.alert_tier is AlertTier.NONE
    assert "What was reported would ask for this if it were this person's own: avoid." in phrase(poor).notes


def test_after_a_stem_cell_transplant_a_gene_that_nobody_tested_has_no_result_that_could_apply() -> None:
    patient = person(transplants=(("stem_cell", date(2025, 1, 1)),))
    assert headline("simplol", patient=patient).directive == headline("simplol").directive


def test_after_a_transplant_the_result_is_not_called_uncertain_but_not_applicable() -> None:
    patient = Patient(transplants=(("stem_cell", None),), age_years=Decimal(8))
    said = phrase(headline("simplol", result("ENZ", POOR), patient=patient))
    assert "not certain" not in said.headline and "since the transplant" in said.headline
    assert said.missing == ("The ENZ result does not apply since the transplant.",)
    child = phrase(headline("scoreine", result("SCORE", "0.0"), patient=patient))
    assert child.headline == (
        "scoreine: do not use (contraindicated) (the SCORE result does not apply since the transplant)"
    )


def test_after_a_liver_transplant_the_livers_genes_are_the_donors() -> None:
    patient = person(transplants=(("liver", None),))
    assert headline("simplol", result("ENZ", POOR), patient=patient).directive.reason is Reason.TRANSPLANT
    assert headline("hlavir", typed("*01:01 positive"), patient=patient).directive.action is Action.AVOID


@pytest.mark.parametrize(
    ("tissue", "is_used"),
    [(Tissue.LIVER, False), (Tissue.BLOOD_CELLS, True), (Tissue.UNKNOWN, False)],
    ids=["liver", "blood cells", "the release does not say"],
)
def test_which_genes_act_in_the_liver_is_a_fact_of_the_release(tissue: Tissue, is_used: bool) -> None:
    plain = knowledge()
    release = replace(plain, genes={**plain.genes, "ENZ": replace(plain.genes["ENZ"], acts_in=tissue)})
    patient = person(transplants=(("liver", None),), child_pugh="C")
    advice = headline("simplol", result("ENZ", POOR), patient=patient, release=release)
    assert (advice.directive.action is Action.AVOID) is is_used
    assert ("low_confidence_severe_hepatic_disease" in advice.notes) is not is_used


def test_a_kidney_transplant_changes_no_gene_of_the_liver() -> None:
    patient = person(transplants=(("kidney", None),))
    assert headline("simplol", result("ENZ", POOR), patient=patient).directive.action is Action.AVOID


@pytest.mark.parametrize(
    ("patient", "note"),
    [
        (person(child_pugh="C"), "low_confidence_severe_hepatic_disease"),
        (person(age_years=Decimal("0.05")), "low_confidence_neonate"),
    ],
    ids=["liver failure", "neonate"],
)
def test_states_in_which_a_genotype_predicts_less_are_said_and_change_nothing(patient: Patient, note: str) -> None:
    plain = headline("simplol", result("ENZ", POOR))
    advice = headline("simplol", result("ENZ", POOR), patient=patient)
    assert note in advice.notes and note not in plain.notes
    assert advice.directive == plain.directive


def test_co_medication_that_is_not_computed_is_named() -> None:
    release = knowledge(
        (
            Interaction("modulol", "ENZ", Role.INHIBITOR, Strength.STRONG, ("source",)),
            Interaction("simplol", "ENZ", Role.INHIBITOR, Strength.WEAK, ("source",)),
            Interaction("altaline", "ENZ", Role.SUBSTRATE, Strength.UNSTATED, ("source",)),
        )
    )
    patient = person(medications=(MedicationOrder("modulol", "modulol"), MedicationOrder("altaline", "altaline")))
    advice = headline("simplol", result("ENZ", NORMAL), patient=patient, release=release)
    assert [n for n in advice.notes if n.startswith("modulator")] == ["modulator_not_applied:modulol"]


def test_a_stopped_co_medication_is_not_named() -> None:
    release = knowledge((Interaction("modulol", "ENZ", Role.INHIBITOR, Strength.STRONG, ("source",)),))
    patient = person(medications=(MedicationOrder("modulol", "modulol", is_stopped=True),))
    advice = headline("simplol", result("ENZ", NORMAL), patient=patient, release=release)
    assert not [n for n in advice.notes if n.startswith("modulator")]


def test_a_modulator_class_is_known_by_the_interactions_of_what_is_taken() -> None:
    limited = guideline(
        "limitine",
        ("ENZ",),
        recommend("l1", {"ENZ": NORMAL}, STANDARD),
        label_contraindications=(Branch(Condition({"co_medication": "enz_inhibitor_strong"}), CAP_20),),
    )
    sourced = Interaction("modulol", "ENZ", Role.INHIBITOR, Strength.STRONG, ("source",))
    patient = person(medications=(MedicationOrder("modulol", "modulol"),))
    release = knowledge((sourced,), (limited,))
    advice = headline("limitine", result("ENZ", NORMAL), patient=patient, release=release)
    assert advice.directive.action is Action.LIMIT_DOSE
    at_least = replace(sourced, strength=Strength.MODERATE, conflicts=("another source (strong)",))
    doubted = knowledge((at_least,), (limited,))
    advice = headline("limitine", result("ENZ", NORMAL), patient=patient, release=doubted)
    assert advice.directive.action is Action.STANDARD
    assert "co_medication:enz_inhibitor_strong" in advice.missing


def facts(patient: Patient, **genes: str) -> Facts:
    return Facts(patient, "simplol", Event(drugs=("simplol",)), genes)


@pytest.mark.parametrize(
    ("condition", "patient", "expected"),
    [
        ({}, person(), True),
        ({"age_below": "18"}, person(), None),
        ({"age_below": "18"}, person(age_years=Decimal(17)), True),
        ({"age_from": "18"}, person(age_years=Decimal(18)), True),
        ({"age_above": "60"}, person(age_years=Decimal(60)), False),
        ({"age_below": "18", "breastfeeding": "yes"}, person(age_years=Decimal(30)), False),
        ({"condition": "stroke_or_tia"}, person(conditions=("stroke_or_tia",)), True),
        ({"condition": "stroke_or_tia"}, person(conditions=("asthma",)), None),
        ({"condition": "stroke_or_tia"}, person(conditions=("no_stroke_or_tia",)), False),
        ({"alternatives_available": "no"}, person(conditions=("alternatives_available:no",)), True),
        ({"test_pending": "yes"}, person(), None),
        ({"a word of a later release": "yes"}, person(), None),
        ({"dose_above": "20 mg/day"}, ordered("simplol", "40"), True),
        ({"dose_above": "20 mg/day"}, ordered("simplol", "10", "2"), False),
        ({"dose_above": "20 mg/day"}, ordered("simplol"), None),
        ({"dose_up_to": "20 mg/day"}, ordered("simplol", "10", "2"), True),
        ({"dose_up_to": "20 mg/day"}, ordered("simplol", "40"), False),
        ({"dose_up_to": "20 mg/day"}, ordered("simplol"), None),
        ({"liver_transplant_genotypes": "unknown"}, person(transplants=(("liver", None),)), True),
        ({"liver_transplant_genotypes": "unknown"}, person(transplants=(("kidney", None),)), False),
        ({"liver_transplant_genotypes": "differ"}, person(transplants=(("liver", None),)), None),
    ],
)
def test_a_condition_is_decided_by_stated_facts_only(
    condition: dict[str, str], patient: Patient, expected: bool | None
) -> None:
    assert decide(Condition(condition), facts(patient)) is expected


@pytest.mark.parametrize(
    ("diplotype", "expected"),
    [("c.1A>G/c.1A>G", True), ("Reference/c.1A>G", False), ("", None)],
)
def test_a_genotype_condition_is_decided_by_the_diplotype_alone(diplotype: str, expected: bool | None) -> None:
    assert decide(Condition({"genotype": "DPX c.1A>G/c.1A>G"}), facts(person(), DPX=diplotype)) is expected


def test_a_drug_that_the_release_does_not_know_is_answered_honestly() -> None:
    advice = headline("no such drug")
    assert advice.coverage is Coverage.NO_GUIDANCE and advice.alert_tier is AlertTier.NONE


def test_a_guideline_that_is_not_computed_is_named() -> None:
    advice = headline("hardarin", result("ENZ", INTERMEDIATE))
    assert advice.coverage is Coverage.NOT_COMPUTED
    assert advice.source == "CPIC" and advice.evidence == GUIDELINES[-1].citations
    assert advice.genes["ENZ"].phenotype == INTERMEDIATE
    assert advice.directive.reason is Reason.NOT_COMPUTABLE


def test_an_enzyme_without_sourced_inhibitors_says_that_other_medicines_were_not_checked() -> None:
    release = knowledge(
        (
            Interaction("modulol", "ENZB", Role.INHIBITOR, Strength.STRONG, ("source",)),
            Interaction("simplol", "ENZ", Role.SUBSTRATE, Strength.UNSTATED, ("source",)),
        )
    )
    patient = person(medications=(MedicationOrder("altaline", "altaline"),))
    advice = headline("simplol", result("ENZ", NORMAL), patient=patient, release=release)
    assert "modulators_not_checked:ENZ" in advice.notes
    alone = headline("simplol", result("ENZ", NORMAL), release=release)
    typed_only = headline("hlavir", typed("*01:01 negative"), patient=patient, release=release)
    assert not [n for a in (alone, typed_only) for n in a.notes if n.startswith("modulators")]


def test_a_modulator_leaves_standard_advice_with_something_to_add_unless_it_is_weak() -> None:
    patient = person(medications=(MedicationOrder("modulol", "modulol"),))
    for strength, tier in ((Strength.STRONG, AlertTier.PASSIVE), (Strength.WEAK, AlertTier.NONE)):
        release = knowledge((Interaction("modulol", "ENZ", Role.INHIBITOR, strength, ("source",)),))
        advice = headline("simplol", result("ENZ", NORMAL), patient=patient, release=release)
        assert advice.alert_tier is tier, strength


ORPHANOL = guideline(
    "orphanol",
    ("ENZ",),
    recommend("o1", {"ENZ": NORMAL}, STANDARD, population="rare_disease"),
    populations=(Population("rare_disease", Condition({"indication": "rare_disease"}), "indication"),),
)


def test_standard_advice_for_one_group_asks_whether_the_person_belongs_to_it() -> None:
    advice = headline("orphanol", result("ENZ", NORMAL), release=knowledge((), (ORPHANOL,)))
    assert advice.missing == ("indication",) and advice.population_because == "not_decided"
    assert advice.alert_tier is AlertTier.PASSIVE


def test_standard_advice_for_one_group_is_none_for_others() -> None:
    patient = person(indications=(("orphanol", "other"),))
    advice = headline("orphanol", result("ENZ", NORMAL), patient=patient, release=knowledge((), (ORPHANOL,)))
    assert advice.population_because == "no_population_fits"
    assert (advice.directive.action, advice.directive.reason) == (Action.NO_RECOMMENDATION, Reason.NOT_COMPUTABLE)
    assert advice.strength == ""


def test_an_indication_in_words_that_are_no_code_leaves_the_question_open() -> None:
    patient = person(indications=(("orphanol", "sore head"),))
    advice = headline("orphanol", result("ENZ", NORMAL), patient=patient, release=knowledge((), (ORPHANOL,)))
    assert advice.population_because == "not_decided" and advice.missing
    (note,) = [n for n in advice.notes if n.startswith("unknown_indication:sore head|")]
    code = next(iter(ORPHANOL.populations[0].condition.facts.values()))
    said = " ".join(phrase(advice).notes)
    assert code in note and code in said and "sore head" in said


@pytest.mark.parametrize(
    ("gene", "diplotype", "drug", "stated", "is_open"),
    [
        ("CYP2C19", "*1/*2", "clopidogrel", "acs_pci", False),  # CPIC tells it apart from the code that DPWG asks about
        ("CYP2C19", "*17/*17", "omeprazole", "h_pylori_or_erosive_esophagitis", True),  # holds the code of DPWG
    ],
)
def test_a_code_of_another_source_decides_only_what_that_source_tells_apart(
    gene: str, diplotype: str, drug: str, stated: str, is_open: bool
) -> None:
    release = load_release()
    calls = dict(stated_calls(release, diplotypes=(f"{gene}={diplotype}",)))
    phenotypes = {symbol: assign_phenotype(call, release) for symbol, call in calls.items()}
    found = advise(phenotypes, person(indications=((drug, stated),)), Event(drugs=(drug,)), release)
    (dpwg,) = [a for a in found if a.source == "DPWG"]
    assert ("indication" in dpwg.missing) is is_open
    assert any(note.startswith("unknown_indication:") for note in dpwg.notes) is is_open


def test_an_indication_in_words_beside_a_code_rules_nothing_out() -> None:
    code = next(iter(ORPHANOL.populations[0].condition.facts.values()))
    patient = person(indications=(("orphanol", "sore head"), ("orphanol", code)))
    advice = headline("orphanol", result("ENZ", NORMAL), patient=patient, release=knowledge((), (ORPHANOL,)))
    assert advice.population_because != "not_decided" and advice.directive.action is Action.STANDARD


def test_standard_advice_for_one_group_stands_for_its_people() -> None:
    patient = person(indications=(("orphanol", "rare_disease"),))
    advice = headline("orphanol", result("ENZ", NORMAL), patient=patient, release=knowledge((), (ORPHANOL,)))
    assert advice.directive.action is Action.STANDARD and advice.missing == ()


def test_men_are_not_asked_whether_they_breastfeed() -> None:
    advice = headline("scoreine", result("SCORE", "2.0"), patient=person(sex=Sex.MALE, age_years=Decimal(40)))
    assert "breastfeeding" not in advice.missing and advice.branches == ()


@pytest.mark.parametrize(
    ("sex", "diplotype", "is_said"),
    [
        (Sex.MALE, "*1/*2", True),
        (Sex.MALE, "*2/*2", False),
        (Sex.FEMALE, "*1/*2", False),
        (Sex.UNKNOWN, "*1/*2", False),
    ],
)
def test_two_alleles_of_an_x_linked_gene_do_not_fit_a_man(sex: Sex, diplotype: str, is_said: bool) -> None:
    release = knowledge()
    release = replace(release, genes={**release.genes, "ENZ": replace(release.genes["ENZ"], chromosome="chrX")})
    found = headline("simplol", result("ENZ", NORMAL, diplotype=diplotype), patient=person(sex=sex), release=release)
    assert ("sex_mismatch:ENZ" in found.notes) is is_said
