"""What a call leaves open: phenotypes with their probabilities, alleles not excluded, tests that settle it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxweave.calling import CallOptions, DiplotypeCall, Genotypes, SiteCalls, call_diplotypes
from rxweave.calling.diplotype import Allele
from rxweave.calling.genotypes import MISSING
from rxweave.calling.names import in_order
from rxweave.knowledge import Knowledge, load_release
from rxweave.phenotyping import GenePhenotype, Question, assign_phenotype, phenotype_of


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def called(
    knowledge: Knowledge,
    symbol: str,
    genotypes: dict[str, tuple[int, int]],
    missing: tuple[str, ...] = (),
    *,
    only: tuple[str, ...] | None = None,
    group: str = "",
) -> GenePhenotype:
    """One unphased person: reference but for ``genotypes`` (rsID -> codes); ``only`` names the sites that were read."""
    gene = knowledge.genes[symbol]
    where = {v.label: k for k, v in enumerate(gene.variants)}
    codes = np.zeros((1, len(gene.variants), 2), dtype=np.int8)
    if only is not None:
        codes[0, [k for label, k in where.items() if label not in only]] = MISSING
    for label, pair in genotypes.items():
        codes[0, where[label]] = pair
    for label in missing:
        codes[0, where[label]] = MISSING
    calls = SiteCalls(symbol, codes, np.zeros(codes.shape[:2], bool), np.zeros(codes.shape[:2], np.int32))
    options = CallOptions(population=group)
    call = call_diplotypes(Genotypes("x", ("s",), {symbol: calls}), knowledge, options)[0][symbol]
    return assign_phenotype(call, knowledge)


def shares(result: GenePhenotype) -> dict[str, float]:
    found: dict[str, float] = {}
    for p in result.possibilities:
        found[p.phenotype.name] = found.get(p.phenotype.name, 0.0) + p.probability
    return found


def test_an_unread_star3_site_is_said_with_its_probability_in_the_group(knowledge: Knowledge) -> None:
    result = called(knowledge, "CYP2C19", {"rs3758581": (1, 1)}, ("rs4986893",), group="European")
    published = knowledge.genes["CYP2C19"].frequencies["European"]
    one, three = published["*1"], published["*3"]
    assert [str(d) for d in result.call.diplotypes] == ["*1/*1"]
    (missed,) = result.not_excluded
    assert missed.allele == "*3"
    assert missed.probability == pytest.approx(1 - (one / (one + three)) ** 2)
    assert shares(result) == {
        "Normal Metabolizer": pytest.approx((one / (one + three)) ** 2),
        "Intermediate Metabolizer": pytest.approx(2 * one * three / (one + three) ** 2),
        "Poor Metabolizer": pytest.approx((three / (one + three)) ** 2),
    }
    (test,) = result.settled_by
    assert (test.question, test.rsids, test.certainty) == (Question.POSITION, ("rs4986893",), pytest.approx(1))
    assert result.shared is None


def test_two_unphased_tpmt_variants_are_settled_by_phasing_them(knowledge: Knowledge) -> None:
    result = called(knowledge, "TPMT", {"rs1800460": (0, 1), "rs1142345": (0, 1)})
    assert set(shares(result)) == {"Intermediate Metabolizer", "Poor Metabolizer"}
    (test,) = result.settled_by
    assert test.question is Question.PHASE
    assert set(test.rsids) == {"rs1800460", "rs1142345"}
    assert {n.allele for n in result.not_excluded} == {"*3B", "*3C"}


def test_the_test_that_tells_most_comes_first_and_certainty_grows(knowledge: Knowledge) -> None:
    result = called(knowledge, "TPMT", {"rs1800460": (0, 1), "rs1142345": (0, 1)}, ("rs1800462",))
    certain = [t.certainty for t in result.settled_by]
    likeliest = max(p.probability for p in result.possibilities)
    assert {t.question for t in result.settled_by} == {Question.PHASE, Question.POSITION}
    assert certain == sorted(certain)
    assert likeliest < certain[0] < certain[-1] == pytest.approx(1)


def test_a_phenotype_that_all_readings_share_needs_no_test(knowledge: Knowledge) -> None:
    result = called(knowledge, "TPMT", {"rs1142345": (1, 1)}, ("rs1800460",))
    assert len(result.call.candidates) > 1
    assert result.shared is not None
    assert result.shared.name == "Poor Metabolizer"
    assert not result.settled_by
    assert not result.not_excluded


def test_a_gene_without_frequencies_keeps_its_conventional_diplotype_and_is_not_weighed(knowledge: Knowledge) -> None:
    labels = tuple(v.label for v in knowledge.genes["CFTR"].variants[:7])
    result = called(knowledge, "CFTR", {}, only=labels)
    call = result.call
    assert not call.is_weighed
    assert call.prior_basis == "not_weighable"
    assert len(call.candidates) == 200 < call.candidates_possible
    assert set(call.diplotypes) <= {c.diplotype for c in call.candidates}
    assert sum(shares(result).values()) == pytest.approx(1)
    assert set(shares(result)) == {"ivacaftor responsive in CF patients", "ivacaftor non-responsive in CF patients"}


SPARSE = ["CFTR", "CYP2B6", "CYP2C19", "CYP2C9", "CYP3A4", "G6PD", "NAT2", "SLCO1B1", "TPMT", "UGT1A1"]


@pytest.mark.parametrize("symbol", SPARSE)
def test_phenotypes_of_a_sparse_file_add_up_and_agree_with_listing_every_pair(
    symbol: str, knowledge: Knowledge
) -> None:
    read = tuple(v.label for v in knowledge.genes[symbol].variants[::9])
    result = called(knowledge, symbol, {}, only=read)
    call = result.call
    assert sum(c.probability for c in call.candidates) + call.mass_left_out == pytest.approx(1)
    assert sum(shares(result).values()) + result.unknown_share == pytest.approx(1)
    expected: dict[str, float] = {}
    weighed = [(c.diplotype, c.probability) for c in call.candidates]
    if (rest := call.unlisted) is not None and rest.second is not None:
        weighed += [
            (in_order(rest.alleles[a], rest.alleles[b]), float(p))
            for a, b, p in zip(rest.first, rest.second, rest.probability, strict=True)
        ]
    assert len(weighed) == call.candidates_possible
    for diplotype, probability in weighed:
        name = phenotype_of(symbol, diplotype, knowledge).name
        expected[name] = expected.get(name, 0.0) + probability
    assert shares(result) == {name: pytest.approx(share) for name, share in expected.items()}


def test_components_of_unknown_phase_are_shared_out_like_every_way_to_share_them(knowledge: Knowledge) -> None:
    """Nine heterozygous DPYD variants: 256 ways, against the closed form."""
    names = [
        *("c.1905+1G>A (*2A)", "c.1679T>G (*13)", "c.2846A>T", "c.557A>G", "c.85T>C (*9A)"),
        *("c.1627A>G (*5)", "c.496A>G", "c.2194G>A (*6)", "c.1601G>A (*4)"),
    ]
    gene = knowledge.genes["DPYD"]
    by_name = {a.name: a for a in gene.alleles}
    labels = {gene.variants[site].label: (0, 1) for name in names for site, _ in by_name[name].cells}
    result = called(knowledge, "DPYD", labels)
    assert not result.call.candidates
    assert sorted(result.call.components) == sorted(names)
    assert result.call.candidates_possible == 2 ** (len(names) - 1)
    expected: dict[tuple[str, str], float] = {}
    for sides in product((0, 1), repeat=len(names) - 1):
        strands = [[n for n, side in zip(names, (0, *sides), strict=True) if side == k] for k in (0, 1)]
        one, other = (
            Allele.combination(tuple(s)) if len(s) > 1 else Allele(s[0] if s else "Reference") for s in strands
        )
        found = phenotype_of("DPYD", in_order(one, other), knowledge)
        key = (found.name, found.activity_score)
        expected[key] = expected.get(key, 0.0) + 0.5 ** (len(names) - 1)
    possible = {(p.phenotype.name, p.phenotype.activity_score): p.probability for p in result.possibilities}
    assert possible == {key: pytest.approx(share) for key, share in expected.items()}
    assert result.unknown_share == 0
    assert [t.question for t in result.settled_by] == [Question.PHASE]


def test_ryr1_heterozygous_everywhere_says_how_many_diplotypes_there_are_and_what_they_share(
    knowledge: Knowledge,
) -> None:
    gene = knowledge.genes["RYR1"]
    result = called(knowledge, "RYR1", {v.label: (0, 1) for v in gene.variants})
    assert result.call.candidates_possible == 2 ** (len(gene.variants) - 1)
    assert shares(result) == {"Malignant Hyperthermia Susceptibility": pytest.approx(1)}
    assert result.shared is not None


def test_an_unknown_variant_leaves_the_phenotype_unknown_unless_both_copies_have_no_function(
    knowledge: Knowledge,
) -> None:
    assert set(shares(_with_unknown(knowledge, (0, 0)))) == {"Indeterminate"}
    assert set(shares(_with_unknown(knowledge, (1, 1)))) == {"Poor Metabolizer"}


def _with_unknown(knowledge: Knowledge, star3: tuple[int, int]) -> GenePhenotype:
    gene = knowledge.genes["CYP2C19"]
    codes = np.zeros((1, len(gene.variants), 2), dtype=np.int8)
    where = {v.label: k for k, v in enumerate(gene.variants)}
    codes[0, where["rs3758581"]] = 1
    codes[0, where["rs4986893"]] = star3
    codes[0, where["rs28399504"]] = (0, 64)
    calls = SiteCalls("CYP2C19", codes, np.zeros(codes.shape[:2], bool), np.zeros(codes.shape[:2], np.int32))
    call = call_diplotypes(Genotypes("x", ("s",), {"CYP2C19": calls}), knowledge)[0]["CYP2C19"]
    assert call.candidates
    return assign_phenotype(call, knowledge)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_taking_data_away_never_makes_the_expected_phenotype_surer(data: st.DataObject) -> None:
    """Over the people of a group: the mean probability of the likeliest phenotype does not grow when a site is lost."""
    knowledge = load_release()
    symbol = data.draw(st.sampled_from(["TPMT", "CYP2C19", "CYP3A5", "UGT1A1", "NUDT15"]))
    gene = knowledge.genes[symbol]
    read = sorted(data.draw(st.sets(st.integers(0, len(gene.variants) - 1), min_size=2, max_size=6)))
    lost = data.draw(st.sampled_from(read))
    prior, _ = knowledge.haplotype_prior(symbol)
    alleles = [a for a in gene.alleles if a.is_callable and a.name not in gene.calling.ignored_alleles]
    chosen = sorted(alleles, key=lambda a: -prior[a.name])[:5]
    weights, pairs = [], []
    for k, one in enumerate(chosen):
        for other in chosen[k:]:
            weights.append(prior[one.name] * prior[other.name] * (1 if one is other else 2))
            pairs.append((one, other))
    # The world holds these alleles only, so that its expectation can be written out.
    small = replace(
        gene,
        alleles=tuple(a for a in gene.alleles if a in chosen or a.is_reference),
        frequencies={"g": {a.name: prior[a.name] for a in chosen}},
    )
    reference = gene.reference_allele
    if reference is None or reference not in chosen:
        return
    world = replace(knowledge, genes={symbol: small})
    sure = [_mean_certainty(world, symbol, pairs, weights, sites) for sites in (read, [s for s in read if s != lost])]
    assert sure[1] <= sure[0] + 1e-9


def _mean_certainty(
    world: Knowledge, symbol: str, pairs: list[tuple[object, object]], weights: list[float], sites: list[int]
) -> float:
    from rxweave.demo.genomes import site_codes

    gene = world.genes[symbol]
    codes = np.full((len(pairs), len(gene.variants), 2), MISSING, dtype=np.int8)
    for row, pair in enumerate(pairs):
        for copy, allele in enumerate(pair):
            codes[row, sites, copy] = np.array(site_codes(gene, allele), dtype=np.int8)[sites]  # type: ignore[arg-type]
    calls = SiteCalls(symbol, codes, np.zeros(codes.shape[:2], bool), np.zeros(codes.shape[:2], np.int32))
    names = tuple(map(str, range(len(pairs))))
    total = 0.0
    for weight, person in zip(weights, call_diplotypes(Genotypes("x", names, {symbol: calls}), world), strict=True):
        call: DiplotypeCall = person[symbol]
        shown = assign_phenotype(call, world)
        total += weight * max((p.probability for p in shown.possibilities), default=0.0)
    return total
