"""Several readings of one result: how likely each is, and which of them decide."""

from __future__ import annotations

import pytest
from guidance_toys import INTERMEDIATE, NORMAL, POOR, headline, result
from hypothesis import given
from hypothesis import strategies as st

from rxweave.guidance import AlertTier
from rxweave.guidance.advise import PROBABILITY_FOR_HEADLINE
from rxweave.knowledge.guidelines import Action, Reason


def test_an_unlikely_severe_reading_does_not_turn_everybody_into_avoid() -> None:
    advice = headline("simplol", result("ENZ", NORMAL, others={POOR: 0.004}))
    assert advice.directive.action is Action.STANDARD
    assert f"less_likely_reading:ENZ {POOR}" in advice.notes
    assert [(p.gene_lookups["ENZ"], p.directive.action) for p in advice.possibilities] == [
        (NORMAL, Action.STANDARD),
        (POOR, Action.AVOID),
    ]
    assert advice.possibilities[1].probability == pytest.approx(0.004)


@pytest.mark.parametrize(
    ("probability", "action"),
    [(0.049, Action.STANDARD), (PROBABILITY_FOR_HEADLINE, Action.AVOID), (0.3, Action.AVOID)],
    ids=["below the threshold", "at the threshold", "above it"],
)
def test_the_gravest_reading_from_the_threshold_up_is_the_headline(probability: float, action: Action) -> None:
    assert headline("simplol", result("ENZ", NORMAL, others={POOR: probability})).directive.action is action


def test_a_headline_from_an_ambiguous_result_says_so_and_asks_for_a_better_test() -> None:
    advice = headline("simplol", result("ENZ", NORMAL, others={POOR: 0.3}))
    assert advice.is_partial and advice.missing_genes == ("ENZ",)
    assert [(t.gene, t.why) for t in advice.tests_to_order] == [("ENZ", "ambiguous")]
    assert advice.genes["ENZ"].phenotype == POOR


def test_a_minority_reading_never_interrupts() -> None:
    advice = headline("simplol", result("ENZ", NORMAL, others={POOR: 0.3}))
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.PASSIVE, "uncertain")


def test_readings_that_lead_to_the_same_advice_are_no_ambiguity() -> None:
    advice = headline("scoreine", result("SCORE", "1.25", others={"2.0": 0.4}))
    assert advice.possibilities == () and not advice.is_partial


def test_a_likelier_reading_does_not_interrupt_against_the_fields_own_answer() -> None:
    advice = headline("simplol", result("ENZ", NORMAL, others={POOR: 0.95}))
    assert advice.directive.action is Action.AVOID and advice.is_partial
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.PASSIVE, "uncertain")


def test_readings_that_all_forbid_the_order_interrupt_together() -> None:
    advice = headline("thiotoy", result("ENZ", INTERMEDIATE, others={POOR: 0.6}), result("ENZB", NORMAL))
    assert advice.directive.action is Action.AVOID
    assert advice.alert_tier is AlertTier.INTERRUPTIVE


def test_the_fields_own_answer_counts_however_improbable() -> None:
    advice = headline("simplol", result("ENZ", POOR, others={NORMAL: 0.99}))
    assert advice.directive.action is Action.AVOID


def test_probabilities_of_two_genes_multiply() -> None:
    advice = headline("pairine", result("ENZ", NORMAL, others={POOR: 0.2}), result("ENZB", NORMAL, others={POOR: 0.5}))
    found = {(p.gene_lookups["ENZ"], p.gene_lookups["ENZB"]): p.probability for p in advice.possibilities}
    assert found[POOR, POOR] == pytest.approx(0.1)
    assert sum(found.values()) == pytest.approx(1)


def test_what_the_call_left_out_is_a_reading_that_knows_nothing() -> None:
    advice = headline("simplol", result("ENZ", NORMAL, mass_left_out=0.2))
    assert advice.directive.reason is Reason.UNKNOWN_RESULT and advice.is_partial


def test_tiny_possibilities_are_summed_up_in_a_note() -> None:
    advice = headline("simplol", result("ENZ", NORMAL, others={POOR: 0.0004}))
    assert advice.possibilities == ()
    assert "possibilities_left_out:0.0004" in advice.notes


SEVERITY = {NORMAL: Action.STANDARD, INTERMEDIATE: Action.REDUCE_DOSE, POOR: Action.AVOID}


@given(st.floats(0, 0.5), st.floats(0, 0.5))
def test_no_likely_reading_is_graver_than_the_headline(intermediate: float, poor: float) -> None:
    advice = headline("simplol", result("ENZ", NORMAL, others={INTERMEDIATE: intermediate, POOR: poor}))
    likely = [Action.STANDARD]
    likely += [SEVERITY[INTERMEDIATE]] * (intermediate >= PROBABILITY_FOR_HEADLINE)
    likely += [SEVERITY[POOR]] * (poor >= PROBABILITY_FOR_HEADLINE)
    assert advice.directive.action is max(likely, key=lambda a: a.severity)


def test_a_probability_that_rests_on_assumed_frequencies_is_called_so() -> None:
    assumed = headline("simplol", result("ENZ", NORMAL, others={POOR: 0.3}, prior_assumed_share=0.9))
    assert "weights_assumed:ENZ" in assumed.notes
    published = headline("simplol", result("ENZ", NORMAL, others={POOR: 0.3}, prior_assumed_share=0.01))
    assert "weights_assumed:ENZ" not in published.notes
