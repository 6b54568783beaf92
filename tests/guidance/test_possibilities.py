"""Several readings of one result: how likely each is, and which of them decide."""

from __future__ import annotations

from dataclasses import replace

import pytest
from guidance_toys import INTERMEDIATE, NORMAL, POOR, headline, result
from hypothesis import given
from hypothesis import strategies as st

from rxweave.calling.diplotype import PriorBasis
from rxweave.guidance import AlertTier
from rxweave.guidance.readings import PROBABILITY_FOR_HEADLINE
from rxweave.knowledge.guidelines import Action, Reason
from rxweave.narrative import phrase
from rxweave.phenotyping.phenotype import GenePhenotype


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


def _tied(likely: float, *, leading: str = NORMAL, other: str = POOR, **call: object) -> GenePhenotype:
    """A call whose convention gives two answers that tie; ``likely`` is the share of the first."""
    made = result("ENZ", leading, others={other: 1 - likely}, **call)
    second = made.candidates[1].phenotype
    diplotypes = tuple(c.phenotype.diplotype for c in made.candidates if c.phenotype.diplotype is not None)
    call_ = replace(made.call, diplotypes=diplotypes)
    return replace(made, call=call_, phenotypes=(made.phenotypes[0], second))


def test_of_answers_that_tie_by_convention_published_frequencies_choose() -> None:
    advice = headline("simplol", _tied(0.998))
    assert advice.directive.action is Action.STANDARD and not advice.is_partial
    assert f"less_likely_reading:ENZ {POOR}" in advice.notes


@pytest.mark.parametrize(
    "call",
    [{"prior_assumed_share": 0.9}, {"prior": "group", "prior_assumed_share": 1.0, "candidates_possible": 2}],
    ids=["mostly assumed", "assumed"],
)
def test_of_answers_that_tie_by_convention_assumed_frequencies_do_not_choose(call: dict[str, object]) -> None:
    advice = headline("simplol", _tied(0.998, **call))
    assert advice.directive.action is Action.AVOID and advice.is_partial


def test_answers_that_tie_by_convention_all_count_where_none_is_likely() -> None:
    made = result("ENZ", NORMAL, others={POOR: 0.02, INTERMEDIATE: 0.95})
    tied = replace(made.candidates[1].phenotype)
    rare = replace(made, phenotypes=(made.phenotypes[0], tied))
    assert headline("simplol", rare).directive.action is Action.AVOID


def test_a_headline_that_is_all_but_certain_is_not_called_uncertain() -> None:
    advice = headline("thiotoy", _tied(0.0001, leading=NORMAL, other=POOR), result("ENZB", NORMAL))
    assert advice.directive.action is Action.AVOID
    assert not advice.is_partial and advice.genes["ENZ"].probability is None


def test_a_finding_says_how_likely_the_reading_is_that_the_advice_rests_on() -> None:
    advice = headline("simplol", result("ENZ", NORMAL, others={POOR: 0.28}))
    assert advice.genes["ENZ"].probability == pytest.approx(0.28)
    said = phrase(advice)
    assert "ENZ, if Poor Metabolizer (*2/*2), 28% likely" in said.text
    sure = headline("simplol", result("ENZ", POOR))
    assert sure.genes["ENZ"].probability is None and " if " not in phrase(sure).text


def _unweighable(conventional: str, *others: str) -> GenePhenotype:
    shares = {o: 1 / (len(others) + 1) for o in others}
    made = result("ENZ", conventional, others=shares, is_weighed=False, prior="group", candidates_possible=9)
    assert made.call.prior_basis is PriorBasis.NOT_WEIGHABLE
    return made


def test_nothing_is_forbidden_on_invented_weights_before_the_test_that_settles_it() -> None:
    advice = headline("simplol", _unweighable(POOR, NORMAL))
    assert advice.directive.action is Action.TEST_FIRST and advice.missing_genes == ("ENZ",)
    assert [t.gene for t in advice.tests_to_order] == ["ENZ"]
    assert "not_weighable:ENZ" in advice.notes
    assert advice.alert_tier is AlertTier.PASSIVE
    said = phrase(advice)
    assert "test first" in said.headline and "%" not in "".join((said.headline, said.text, *said.possibilities))


def test_invented_weights_make_nothing_green() -> None:
    advice = headline("simplol", _unweighable(NORMAL, POOR))
    assert advice.directive.action is not Action.STANDARD and advice.is_partial


def test_what_the_other_gene_asks_for_stands_beside_invented_weights() -> None:
    advice = headline("thiotoy", _unweighable(POOR, NORMAL), result("ENZB", POOR))
    assert advice.directive.action is Action.AVOID and advice.alert_tier is AlertTier.INTERRUPTIVE
