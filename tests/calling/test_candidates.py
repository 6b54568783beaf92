"""Probabilities of diplotypes from haplotype frequencies."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import allowed_codes
from toy_genes import genotypes, toy_gene, toy_knowledge

from rxweave.calling import CallOptions, DiplotypeCall, Genotypes, SiteCalls, call_diplotypes
from rxweave.calling.genotypes import MISSING

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


def many_alleles(frequencies: dict[str, dict[str, float]] | None = None) -> DiplotypeCall:
    alleles = {"*1": {}, **{f"*{k}": {k: 1} for k in range(2, 31)}}
    of = toy_gene(alleles, n_sites=31, frequencies=frequencies)  # type: ignore[arg-type]
    return call_diplotypes(genotypes(of, ("0/0", *["./."] * 30)), toy_knowledge(of))[0]["TOY"]


def test_the_conventional_diplotype_is_listed_whatever_the_cap() -> None:
    rare = {"*1": 0.0, **{f"*{k}": 1 / 29 for k in range(2, 31)}}
    found = many_alleles({"North": rare})
    assert [str(d) for d in found.diplotypes] == ["*1/*1"]
    assert len(found.candidates) == 200
    assert found.candidates[-1].diplotype == found.diplotypes[0]
    shown = [c.probability for c in found.candidates]
    assert shown == sorted(shown, reverse=True)
    assert found.candidates_possible == 30 * 31 // 2
    assert sum(shown) + found.mass_left_out == pytest.approx(1)


def test_what_is_not_listed_is_held_with_its_probability() -> None:
    found = many_alleles()
    assert found.unlisted is not None
    assert len(found.unlisted.probability) == found.candidates_possible - len(found.candidates)
    assert float(found.unlisted.probability.sum()) == pytest.approx(found.mass_left_out)


def test_a_gene_that_nobody_counted_is_not_weighed_and_one_that_somebody_did_is() -> None:
    assert many_alleles().prior_basis == "not_weighable"
    assert call("./.", "0/0").prior_basis == "published"
    assert call("./.", "0/0", population="North").is_weighed


def test_one_possible_diplotype_rests_on_no_prior() -> None:
    assert call("0/0", "0/0").prior_basis == ""


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_probabilities_are_those_of_counting_every_pair_of_copies(data: st.DataObject) -> None:
    """The slow way: every ordered pair of alleles, every way that they may show themselves, and what was read."""
    n_sites = data.draw(st.integers(1, 4))
    alleles: dict[str, dict[int, int]] = {"*1": {}}
    for number in range(2, data.draw(st.integers(2, 6)) + 1):
        sites = data.draw(st.sets(st.integers(0, n_sites - 1), min_size=1))
        if (cells := dict.fromkeys(sorted(sites), 1)) not in alleles.values():
            alleles[f"*{number}"] = cells
    weight = {name: data.draw(st.integers(1, 50)) for name in alleles}
    frequency = {name: w / sum(weight.values()) for name, w in weight.items()}
    of = toy_gene(alleles, n_sites=n_sites, frequencies={"North": frequency})
    read = st.sampled_from([(0, 0), (0, 1), (1, 0), (1, 1), (MISSING, MISSING), (MISSING, 1), (1, MISSING)])
    codes = [data.draw(read) for _ in range(n_sites)]
    is_phased = [data.draw(st.booleans()) for _ in range(n_sites)]
    calls = SiteCalls("TOY", np.array([codes], np.int8), np.array([is_phased]), np.zeros((1, n_sites), np.int32))
    if all(pair == (MISSING, MISSING) for pair in codes):
        return
    found = call_diplotypes(Genotypes("x", ("s",), {"TOY": calls}), toy_knowledge(of))[0]["TOY"]

    expected: dict[str, float] = {}
    for one, other in product(of.alleles, repeat=2):
        if _can_show(of, (one, other), codes, is_phased):
            first, second = sorted((one.name, other.name), key=lambda name: int(name[1:]))
            key = f"{first}/{second}"
            expected[key] = expected.get(key, 0.0) + frequency[one.name] * frequency[other.name]
    total = sum(expected.values())
    assert probabilities(found) == {key: pytest.approx(share / total) for key, share in expected.items()}


def _can_show(of, pair, codes, is_phased) -> bool:  # type: ignore[no-untyped-def]
    """Whether the copies, as given or turned round at unphased sites, show what was read."""
    ways = []
    for turned in (False, True):  # the phased sites together
        shown = []
        for site, read in enumerate(codes):
            straight = [read, read[::-1]] if not is_phased[site] else [read[::-1] if turned else read]
            shown.append(
                any(
                    all(
                        code == MISSING or code in allowed_codes(of, allele, site)
                        for code, allele in zip(way, pair, strict=True)
                    )
                    for way in straight
                )
            )
        ways.append(all(shown))
    return any(ways)
