"""Probabilities of diplotypes from haplotype frequencies."""

from __future__ import annotations

import pytest
from toy_genes import genotypes, toy_gene, toy_knowledge

from rxweave.calling import CallOptions, DiplotypeCall, call_diplotypes

FREQUENCIES = {
    "North": {"*1": 0.6, "*2": 0.25, "*3": 0.1, "*4": 0.05},
    "South": {"*1": 0.1, "*2": 0.4, "*3": 0.4, "*4": 0.1},
}


def call(*sites: str, population: str = "") -> DiplotypeCall:
    of = toy_gene({"*1": {}, "*2": {0: 1}, "*3": {1: 1}, "*4": {0: 1, 1: 1}}, n_sites=2, frequencies=FREQUENCIES)
    options = CallOptions(population=population)
    return call_diplotypes(genotypes(of, sites), toy_knowledge(of), options)[0]["TOY"]


def probabilities(found: DiplotypeCall) -> dict[str, float]:
    return {str(c.diplotype): c.probability for c in found.candidates}


def test_two_unphased_variants_are_weighed_by_the_frequencies_of_a_group() -> None:
    cis, trans = 2 * 0.6 * 0.05, 2 * 0.25 * 0.1
    assert probabilities(call("0/1", "0/1", population="North")) == {
        "*1/*4": pytest.approx(cis / (cis + trans)),
        "*2/*3": pytest.approx(trans / (cis + trans)),
    }


def test_another_group_turns_the_odds_round_but_not_the_convention() -> None:
    found = call("0/1", "0/1", population="South")
    assert str(found.candidates[0].diplotype) == "*2/*3"
    assert list(map(str, found.diplotypes)) == ["*1/*4"]
    assert found.prior == "South"


def test_an_unread_site_gives_hardy_weinberg_proportions() -> None:
    one, two = 0.6 / 0.85, 0.25 / 0.85
    assert probabilities(call("./.", "0/0", population="North")) == {
        "*1/*1": pytest.approx(one**2),
        "*1/*2": pytest.approx(2 * one * two),
        "*2/*2": pytest.approx(two**2),
    }


def test_without_a_group_all_groups_weigh_the_same_and_it_is_said() -> None:
    found = call("./.", "0/0")
    one, two = 0.35, 0.325
    assert probabilities(found)["*1/*2"] == pytest.approx(2 * one * two / (one + two) ** 2)
    assert "all groups" in found.prior
    assert found.prior_assumed_share == 0


def test_candidates_are_most_probable_first() -> None:
    shown = [c.probability for c in call("./.", "0/1", population="South").candidates]
    assert shown == sorted(shown, reverse=True)


def test_a_frequency_that_nobody_published_counts_as_assumed() -> None:
    of = toy_gene({"*1": {}, "*2": {0: 1}, "*3": {1: 1}}, n_sites=2, frequencies={"North": {"*1": 0.7, "*2": 0.2}})
    found = call_diplotypes(genotypes(of, ("0/0", "./.")), toy_knowledge(of))[0]["TOY"]
    assert probabilities(found)["*1/*3"] == pytest.approx(2 * 0.7 * 0.1 / 0.8**2)
    assert found.prior_assumed_share == pytest.approx((2 * 0.7 * 0.1 + 0.1**2) / 0.8**2)


def test_no_more_than_two_hundred_candidates_are_listed_and_the_rest_is_stated() -> None:
    alleles = {"*1": {}, **{f"*{k}": {k: 1} for k in range(2, 31)}}
    of = toy_gene(alleles, n_sites=31)  # type: ignore[arg-type]
    found = call_diplotypes(genotypes(of, ("0/0", *["./."] * 30)), toy_knowledge(of))[0]["TOY"]
    assert len(found.candidates) == 200
    assert found.mass_left_out > 0.4
    assert sum(c.probability for c in found.candidates) + found.mass_left_out == pytest.approx(1)
