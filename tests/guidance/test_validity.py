"""Whether a result speaks of this person today: transplants, transfusions, haemolysis, and states that weaken it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from guidance_toys import GENES, INTERMEDIATE, NORMAL, POOR, headline, knowledge, result, typed

from rxweave.calling import stated_calls
from rxweave.guidance import advise
from rxweave.guidance.conditions import Facts, decide_one
from rxweave.guidance.validity import measured_activity
from rxweave.knowledge import load_release
from rxweave.knowledge.genes import Tissue
from rxweave.knowledge.guidelines import Action, Reason
from rxweave.patient import Event, Laboratory, Patient, ResultFacts, YesNo
from rxweave.phenotyping import assign_phenotype

STEM_CELLS = (("stem_cell", date(2025, 6, 1)),)
LIVER = (("liver", date(2025, 6, 1)),)


def is_used(patient: Patient, acts_in: Tissue = Tissue.LIVER) -> bool:
    """Whether the poor metabolizer's result still decides (the drug is to be avoided)."""
    release = replace(knowledge(), genes={**GENES, "ENZ": replace(GENES["ENZ"], acts_in=acts_in)})
    advice = headline("simplol", result("ENZ", POOR), patient=patient, release=release)
    if advice.directive.reason is Reason.TRANSPLANT:
        assert "not_applicable_since_transplant:ENZ" in advice.notes
        return False
    return advice.directive.action is Action.AVOID


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param((), False, id="nothing is said of the sample"),
        pytest.param((ResultFacts("ENZ", specimen="blood"),), False, id="blood"),
        pytest.param((ResultFacts("ENZ", specimen="buccal"),), False, id="buccal cells mix with the donor's"),
        pytest.param((ResultFacts("ENZ", specimen="tissue"),), True, id="hair or skin"),
        pytest.param((ResultFacts("ENZ", specimen="tissue", of="donor"),), False, id="the donor's tissue"),
        pytest.param((ResultFacts("ENZ", of="recipient"),), False, id="the recipient's, nobody says when"),
        pytest.param((ResultFacts("ENZ", collected=date(2025, 5, 31)),), True, id="the day before"),
        pytest.param((ResultFacts("ENZ", collected=date(2025, 6, 1)),), False, id="the same day"),
        pytest.param((ResultFacts(collected=date(2020, 1, 1)),), True, id="every result years before"),
        pytest.param(
            (ResultFacts(collected=date(2020, 1, 1)), ResultFacts("ENZ", specimen="blood")),
            False,
            id="what is said of the gene counts",
        ),
    ],
)
def test_after_a_stem_cell_transplant_only_the_recipients_own_cells_tell(
    facts: tuple[ResultFacts, ...], expected: bool
) -> None:
    assert is_used(Patient(transplants=STEM_CELLS, results=facts)) is expected


def test_a_transplant_without_a_day_may_lie_before_every_sample() -> None:
    facts = (ResultFacts("ENZ", collected=date(2020, 1, 1)),)
    assert not is_used(Patient(transplants=(("stem_cell", None),), results=facts))


@pytest.mark.parametrize("tissue", [Tissue.BLOOD_CELLS, Tissue.IMMUNE_SYSTEM, Tissue.UNKNOWN])
def test_cells_that_the_donor_makes_now_are_not_told_by_an_old_sample(tissue: Tissue) -> None:
    facts = (ResultFacts("ENZ", collected=date(2020, 1, 1)),)
    assert not is_used(Patient(transplants=STEM_CELLS, results=facts), tissue)


@pytest.mark.parametrize(
    ("of", "acts_in", "expected"),
    [
        ("donor", Tissue.LIVER, True),
        ("recipient", Tissue.LIVER, False),
        ("", Tissue.LIVER, False),
        ("donor", Tissue.MUSCLE, False),
        ("recipient", Tissue.MUSCLE, True),
        ("", Tissue.MUSCLE, True),
    ],
)
def test_after_a_liver_transplant_the_donors_result_tells_of_the_liver_and_of_nothing_else(
    of: str, acts_in: Tissue, expected: bool
) -> None:
    assert is_used(Patient(transplants=LIVER, results=(ResultFacts("ENZ", of=of),)), acts_in) is expected


def test_the_donors_result_is_named_as_such() -> None:
    patient = Patient(transplants=LIVER, results=(ResultFacts("ENZ", of="donor"),))
    assert "donor_result_used:ENZ" in headline("simplol", result("ENZ", POOR), patient=patient).notes


@pytest.mark.parametrize("transplants", [(("kidney", None),), (("liver", None), ("stem_cell", None))])
def test_a_donors_result_without_that_donors_liver_is_not_used(transplants: tuple[tuple[str, None], ...]) -> None:
    patient = Patient(transplants=transplants, results=(ResultFacts("ENZ", of="donor"),))
    assert not is_used(patient)
    assert "donor_result_used:ENZ" not in headline("simplol", result("ENZ", POOR), patient=patient).notes


def test_a_kidney_transplant_changes_nothing_even_with_a_donors_result_of_another_gene() -> None:
    patient = Patient(transplants=(("kidney", None),), results=(ResultFacts("SCORE", of="donor"),))
    assert is_used(patient)


def enzyme_test(collected: date | None = date(2026, 3, 1), **events: tuple[date, ...]) -> Patient:
    return Patient(results=(ResultFacts("ENZ", "enzyme_activity", "blood", "", collected),), **events)


@pytest.mark.parametrize(
    ("patient", "is_reliable"),
    [
        pytest.param(enzyme_test(), True, id="no event"),
        pytest.param(enzyme_test(transfusions=(date(2026, 2, 1),)), False, id="a month before"),
        pytest.param(enzyme_test(transfusions=(date(2025, 11, 1),)), False, id="120 days before"),
        pytest.param(enzyme_test(transfusions=(date(2025, 10, 31),)), True, id="121 days before"),
        pytest.param(enzyme_test(transfusions=(date(2026, 3, 2),)), True, id="after the sample"),
        pytest.param(enzyme_test(None, transfusions=(date(2020, 1, 1),)), False, id="nobody says when the sample was"),
        pytest.param(enzyme_test(haemolysis=(date(2025, 12, 1),)), False, id="haemolysis 90 days before"),
        pytest.param(enzyme_test(haemolysis=(date(2025, 11, 30),)), True, id="haemolysis 91 days before"),
        pytest.param(
            replace(enzyme_test(transfusions=(date(2026, 2, 1),)), results=(ResultFacts("ENZ", "genotype"),)),
            True,
            id="a genotype does not mind",
        ),
    ],
)
def test_an_enzyme_activity_after_transfusion_or_haemolysis_is_as_good_as_not_tested(
    patient: Patient, is_reliable: bool
) -> None:
    advice = headline("simplol", result("ENZ", NORMAL), patient=patient)
    assert (advice.directive.action is Action.STANDARD) is is_reliable
    assert ("enzyme_result_unreliable:ENZ" not in advice.notes) is is_reliable
    if not is_reliable:
        assert "ENZ" in advice.missing


@pytest.mark.parametrize(("stated", "action"), [("phenotypes", Action.TEST_FIRST), ("diplotypes", Action.STANDARD)])
def test_a_phenotype_of_unsaid_method_may_be_a_measured_one(stated: str, action: Action) -> None:
    release = load_release("2026.1")
    written = {"phenotypes": ("G6PD=Normal",), "diplotypes": ("G6PD=B (reference)/B (reference)",)}[stated]
    calls = dict(stated_calls(release, **{stated: written}))
    phenotypes = {gene: assign_phenotype(call, release) for gene, call in calls.items()}
    transfused = Patient(transfusions=(date(2026, 11, 1),))
    head = advise(phenotypes, transfused, Event(drugs=("rasburicase",)), release)[0]
    assert head.directive.action is action
    assert ("enzyme_result_unreliable:G6PD" in head.notes) is (action is Action.TEST_FIRST)


def test_too_little_activity_stays_true_after_a_transfusion() -> None:
    patient = enzyme_test(transfusions=(date(2026, 2, 1),))
    assert headline("simplol", result("ENZ", POOR), patient=patient).directive.action is Action.AVOID
    assert headline("simplol", result("ENZ", INTERMEDIATE), patient=patient).directive.action is not Action.REDUCE_DOSE


def test_pregnancy_is_said_with_its_direction_and_changes_nothing() -> None:
    plain = headline("simplol", result("ENZ", POOR))
    pregnant = headline("simplol", result("ENZ", POOR), patient=Patient(pregnant=YesNo.YES))
    assert "pregnancy_raises:ENZ" in pregnant.notes and "pregnancy_raises:ENZ" not in plain.notes
    assert pregnant.directive == plain.directive
    typing = headline("hlavir", typed("*01:01 positive"), patient=Patient(pregnant=YesNo.YES))
    assert not [n for n in typing.notes if n.startswith("pregnancy")]


@pytest.mark.parametrize(("egfr", "is_said"), [("29", True), ("30", False)])
def test_a_kidney_that_keeps_active_metabolites_is_said(egfr: str, is_said: bool) -> None:
    advice = headline("simplol", result("ENZ", POOR), patient=Patient(egfr=Decimal(egfr)))
    assert ("active_metabolite_kept_by_kidney" in advice.notes) is is_said
    other = headline("scoreine", result("SCORE", "0.0"), patient=Patient(egfr=Decimal(egfr)))
    assert "active_metabolite_kept_by_kidney" not in other.notes


RELEASE = load_release()


def g6pd(percent: str, on: date | None = date(2026, 3, 1), **events: tuple[date, ...]) -> Patient:
    return Patient(laboratory=(Laboratory("g6pd_activity_percent", Decimal(percent), "%", on),), **events)


@pytest.mark.parametrize(
    ("patient", "activity", "normal", "deficient"),
    [
        pytest.param(Patient(), "", None, None, id="not measured"),
        pytest.param(g6pd("70"), "normal", True, False, id="70%"),
        pytest.param(g6pd("69.9"), "not_normal", False, None, id="less than 70%"),
        pytest.param(g6pd("95", transfusions=(date(2026, 2, 1),)), "", None, None, id="raised by a transfusion"),
        pytest.param(g6pd("20", transfusions=(date(2026, 2, 1),)), "not_normal", False, None, id="low all the same"),
    ],
)
def test_a_measured_activity_answers_what_a_variable_genotype_leaves_open(
    patient: Patient, activity: str, normal: bool | None, deficient: bool | None
) -> None:
    assert measured_activity(("G6PD",), patient, RELEASE.people) == activity
    facts = Facts(patient, "rasburicase", Event(drugs=("rasburicase",)), {}, enzyme_activity=activity)
    assert decide_one("enzyme_activity", "normal", facts) is normal
    assert decide_one("enzyme_activity", "deficient", facts) is deficient


def test_the_latest_measurement_counts() -> None:
    early, late = g6pd("90", date(2025, 1, 1)).laboratory, g6pd("40").laboratory
    assert measured_activity(("G6PD",), Patient(laboratory=(*late, *early)), RELEASE.people) == "not_normal"


def test_a_condition_in_other_words_is_told_and_decides_nothing() -> None:
    from rxweave.guidance.conditions import near_condition_notes
    from rxweave.knowledge.guidelines import Condition

    conditions = (Condition({"condition": "after_tonsillectomy_or_adenoidectomy"}),)
    facts = Facts(Patient(conditions=("Tonsilectomy last week", "hypertension")), "codeine", Event(), {})
    assert near_condition_notes(conditions, facts) == (
        "near_condition:Tonsilectomy last week|after_tonsillectomy_or_adenoidectomy",
    )
    coded = replace(facts, patient=Patient(conditions=("no_after_tonsillectomy_or_adenoidectomy",)))
    assert near_condition_notes(conditions, coded) == ()
