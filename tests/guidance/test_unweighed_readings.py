"""Genes that nobody counted, and phenotypes of diplotypes that a call does not list."""

from __future__ import annotations

from dataclasses import replace

import pytest
from guidance_toys import INTERMEDIATE, NORMAL, POOR, headline, result

from rxweave.knowledge.guidelines import Action, Reason
from rxweave.phenotyping.phenotype import PhenotypeCandidate


def test_even_shares_are_an_unknown_result_and_never_a_made_up_poor_metabolizer() -> None:
    advice = headline("simplol", result("ENZ", NORMAL, others={POOR: 0.7}, is_weighed=False))
    assert advice.directive.action is not Action.AVOID
    assert advice.directive.reason is Reason.UNKNOWN_RESULT
    assert advice.is_partial
    assert POOR not in {p.gene_lookups["ENZ"] for p in advice.possibilities}


def test_even_shares_that_all_mean_the_same_are_known() -> None:
    advice = headline("simplol", result("ENZ", POOR, others={POOR: 0.7}, is_weighed=False))
    assert advice.directive.action is Action.AVOID
    assert not advice.is_partial


def test_unlisted_diplotypes_count_by_their_phenotypes() -> None:
    made = result("ENZ", NORMAL, mass_left_out=0.3)
    poor = result("ENZ", POOR).candidates[0].phenotype
    listed = replace(made, candidates=tuple(replace(c, probability=0.7) for c in made.candidates))
    with_rest = replace(listed, left_out=(PhenotypeCandidate(poor, 0.3),))
    assert with_rest.unknown_share == 0
    advice = headline("simplol", with_rest)
    assert advice.directive.action is Action.AVOID
    assert {p.gene_lookups["ENZ"]: p.probability for p in advice.possibilities} == {
        NORMAL: pytest.approx(0.7),
        POOR: pytest.approx(0.3),
    }


def test_what_is_known_of_neither_diplotype_nor_phenotype_stays_unknown() -> None:
    made = result("ENZ", NORMAL, mass_left_out=0.3)
    middle = result("ENZ", INTERMEDIATE).candidates[0].phenotype
    partly = replace(made, left_out=(PhenotypeCandidate(middle, 0.1),))
    assert partly.unknown_share == pytest.approx(0.2)
    assert headline("simplol", partly).is_partial
