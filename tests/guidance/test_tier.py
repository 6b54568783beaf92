"""When an advice interrupts, waits, or says nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from guidance_toys import INTERMEDIATE, NORMAL, POOR, headline, knowledge, ordered, people, result, typed

from rxweave.guidance import AlertTier, advise
from rxweave.guidance.conditions import daily_dose
from rxweave.guidance.site import Site
from rxweave.knowledge.guidelines import Action
from rxweave.patient import Event, EventKind, MedicationOrder, Patient

TOO_MUCH, ENOUGH = AlertTier.INTERRUPTIVE, AlertTier.PASSIVE


@pytest.mark.parametrize(
    ("amount", "times", "tier"),
    [
        ("40", None, TOO_MUCH),
        ("40", "1", TOO_MUCH),
        ("20", "1", TOO_MUCH),
        ("19.99", "1", ENOUGH),
        ("10", None, ENOUGH),
        ("10", "1", ENOUGH),
        ("10", "2", TOO_MUCH),
        (None, None, TOO_MUCH),
    ],
    ids=[
        "40 mg",
        "40 mg daily",
        "the cap itself is excluded",
        "just below",
        "10 mg",
        "10 mg daily",
        "10 mg twice reaches the cap",
        "no dose counts as outside",
    ],
)
@pytest.mark.parametrize("phenotype", [INTERMEDIATE, POOR], ids=["cap as a way out", "cap as the advice"])
def test_the_ordered_dose_is_compared_with_the_cap(
    phenotype: str, amount: str | None, times: str | None, tier: AlertTier
) -> None:
    advice = headline("capstatin", result("ENZ", phenotype), patient=ordered("capstatin", amount, times))
    assert advice.alert_tier is tier
    assert advice.tier_because == ("strong" if tier is TOO_MUCH else "within_advice")


def test_an_order_without_any_line_counts_as_outside() -> None:
    assert headline("capstatin", result("ENZ", POOR)).alert_tier is AlertTier.INTERRUPTIVE


def test_two_lines_of_one_drug_are_added_up() -> None:
    lines = ordered("capstatin", "10", "1").medications * 2
    assert headline("capstatin", result("ENZ", POOR), patient=Patient(medications=lines)).alert_tier is TOO_MUCH


def test_the_upper_end_of_a_range_counts() -> None:
    patient = ordered("capstatin", "10", "1", amount_high=Decimal(40))
    assert headline("capstatin", result("ENZ", POOR), patient=patient).alert_tier is TOO_MUCH


@pytest.mark.parametrize(
    ("kind", "tier"),
    [
        (EventKind.ORDER, AlertTier.INTERRUPTIVE),
        (EventKind.DOSE_CHANGE, AlertTier.INTERRUPTIVE),
        (EventKind.START, AlertTier.INTERRUPTIVE),
        (EventKind.STOP, AlertTier.PASSIVE),
        (EventKind.NEW_RESULT, AlertTier.INTERRUPTIVE),
    ],
)
def test_only_events_that_give_the_drug_interrupt(kind: EventKind, tier: AlertTier) -> None:
    assert headline("simplol", result("ENZ", POOR), patient=ordered("simplol"), kind=kind).alert_tier is tier


def test_a_new_result_on_a_drug_that_is_not_taken_waits() -> None:
    advice = headline("simplol", result("ENZ", POOR), kind=EventKind.NEW_RESULT)
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.PASSIVE, "event_not_order")


def test_a_moderate_recommendation_without_severe_harm_waits() -> None:
    advice = headline("simplol", result("ENZ", INTERMEDIATE))
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.PASSIVE, "strength")


def test_standard_with_nothing_to_add_says_nothing() -> None:
    advice = headline("simplol", result("ENZ", NORMAL))
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.NONE, "nothing_to_add")


def test_no_recommendation_never_interrupts() -> None:
    assert headline("simplol").alert_tier is AlertTier.NONE


def test_a_default_test_before_the_first_dose_interrupts() -> None:
    assert headline("hlavir").alert_tier is AlertTier.INTERRUPTIVE


def test_a_test_for_a_missing_second_gene_waits() -> None:
    advice = headline("pairine", result("ENZ", NORMAL))
    assert (advice.directive.action, advice.tier_because) == (Action.TEST_FIRST, "test_not_default")
    assert advice.alert_tier is AlertTier.PASSIVE


def test_research_grade_results_never_interrupt() -> None:
    advice = headline("scoreine", result("SCORE", "0.0", is_research_grade=True))
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.PASSIVE, "research_grade")
    assert "research_grade:SCORE" in advice.notes


@pytest.mark.parametrize(("months", "tier"), [(None, TOO_MUCH), (2, TOO_MUCH), (3, TOO_MUCH), (4, ENOUGH)])
def test_what_has_been_tolerated_for_over_three_months_is_not_interrupted(months: int | None, tier: AlertTier) -> None:
    patient = ordered("simplol", "10", "1", tolerated_months=months)
    assert headline("simplol", result("ENZ", POOR), patient=patient).alert_tier is tier


@pytest.mark.parametrize("setting", ["emergency", "intraoperative"])
def test_emergencies_are_never_blocked(setting: str) -> None:
    susceptible = result("MUSCLE", "Malignant Hyperthermia Susceptibility")
    assert headline("gasane", susceptible).alert_tier is AlertTier.INTERRUPTIVE
    advice = headline("gasane", susceptible, patient=Patient(conditions=(setting,)))
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.PASSIVE, "emergency")


def test_susceptibility_that_is_not_excluded_is_shown_and_does_not_interrupt() -> None:
    assert headline("gasane", result("MUSCLE", "Uncertain Susceptibility")).alert_tier is AlertTier.PASSIVE


def test_a_site_sets_the_certainty_it_wants() -> None:
    likely = people(result("ENZ", POOR, others={NORMAL: 0.3}))
    event = Event(drugs=("simplol",))
    release = knowledge()
    assert advise(likely, Patient(), event, release)[0].alert_tier is AlertTier.PASSIVE
    assert (
        advise(likely, Patient(), event, release, site=Site(certainty_threshold=0.6))[0].alert_tier
        is AlertTier.INTERRUPTIVE
    )


def test_a_positive_hla_result_interrupts() -> None:
    advice = headline("hlavir", typed("*01:01 positive"))
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.INTERRUPTIVE, "strong")


@pytest.mark.parametrize(
    ("amount", "unit", "times", "wanted", "weight", "expected"),
    [
        ("40", "mg", None, "mg/day", None, "40"),
        ("20", "mg", "2", "mg/day", None, "40"),
        ("500", "mcg", "1", "mg/day", None, "0.5"),
        ("1", "g", "1", "mg/day", None, "1000"),
        ("70", "mg", "1", "mg/kg/day", "70", "1"),
        ("70", "mg", "1", "mg/kg/day", None, None),
        ("2", "mg/kg", "1", "mg/day", "50", "100"),
        ("0.1", "mg/kg", "2", "mg/kg/day", None, "0.2"),
        ("75", "mg/m2", "1", "mg/m2/day", None, "75"),
        ("75", "mg", "1", "mg/m2/day", None, None),
        ("2", "tablet", "1", "mg/day", None, None),
    ],
)
def test_ordered_doses_are_compared_in_one_unit(
    amount: str, unit: str, times: str | None, wanted: str, weight: str | None, expected: str | None
) -> None:
    order = MedicationOrder("x", "x", amount=Decimal(amount), unit=unit)
    order = replace(order, times_per_day=None if times is None else Decimal(times))
    found = daily_dose(order, wanted, None if weight is None else Decimal(weight))
    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(("diplotype", "interrupts"), [("*1/*1", False), ("*1/*2", True)])
def test_reference_that_was_assumed_and_not_observed_never_interrupts(diplotype: str, interrupts: bool) -> None:
    assumed = result("ENZ", POOR, diplotype=diplotype, is_reference_assumed=True)
    advice = headline("simplol", assumed)
    assert (advice.alert_tier is AlertTier.INTERRUPTIVE) is interrupts
    assert interrupts or advice.tier_because == "reference_assumed"
    observed = headline("simplol", result("ENZ", POOR, diplotype=diplotype))
    assert observed.alert_tier is AlertTier.INTERRUPTIVE


def test_a_test_of_the_second_gene_is_something_to_add() -> None:
    assert headline("thiotoy", result("ENZ", NORMAL)).alert_tier is AlertTier.PASSIVE
    assert headline("thiotoy").alert_tier is AlertTier.NONE
