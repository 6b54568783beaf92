"""The matcher agrees with a slow, obvious one: on invented genes, and on real genes with invented people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import allowed_pairs, possible_pairs
from toy_genes import toy_gene, toy_knowledge

from rxweave.calling import CallOptions, Diplotype, Genotypes, SiteCalls, call_diplotypes
from rxweave.calling.genotypes import ABSENT, MISSING, UNDOCUMENTED
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.genes import CallingMethod, CallingRules, Gene


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


@st.composite
def genes(draw: st.DrawFn) -> Gene:
    n_sites = draw(st.integers(1, 5))
    n_alts = draw(st.lists(st.integers(1, 3), min_size=n_sites, max_size=n_sites))
    alleles: dict[str, dict[int, tuple[int, ...]]] = {"*1": {}}
    for number in range(2, draw(st.integers(2, 7))):
        sites = draw(st.sets(st.integers(0, n_sites - 1), min_size=1))
        alleles[f"*{number}"] = {
            site: tuple(draw(st.sets(st.integers(0, n_alts[site]), min_size=1, max_size=2))) for site in sorted(sites)
        }
    wobbles = {site: (0, 1) for site in draw(st.sets(st.integers(0, n_sites - 1), max_size=1)) if draw(st.booleans())}
    return toy_gene(
        alleles,
        n_sites=n_sites,
        n_alts=n_alts,
        chromosome=draw(st.sampled_from(["chr1", "chrX"])),
        calling=CallingRules(undocumented_as_reference=draw(st.booleans())),
        reference_wobbles=wobbles,
    )


@st.composite
def people(draw: st.DrawFn, gene: Gene, *, n: int = 3) -> Genotypes:
    n_sites = len(gene.variants)
    codes = np.zeros((n, n_sites, 2), dtype=np.int8)
    for sample in range(n):
        is_haploid = gene.is_haploid_possible and draw(st.booleans())
        for site, variant in enumerate(gene.variants):
            known = st.integers(0, len(variant.alts))
            copy = st.one_of(known, known, known, st.sampled_from([UNDOCUMENTED, UNDOCUMENTED + 1]))
            kind = draw(st.integers(0, 11))
            if kind == 0:
                codes[sample, site] = MISSING
            elif kind == 1 and not is_haploid:
                codes[sample, site] = (MISSING, draw(st.integers(1, len(variant.alts))))
            elif is_haploid:
                codes[sample, site] = (draw(copy), ABSENT)
            else:
                codes[sample, site] = (draw(copy), draw(copy))
    is_phased = np.array(draw(st.lists(st.booleans(), min_size=n * n_sites, max_size=n * n_sites))).reshape(n, -1)
    sets = np.array(draw(st.lists(st.integers(0, 2), min_size=n * n_sites, max_size=n * n_sites))).reshape(n, -1)
    calls = SiteCalls(gene.symbol, codes, is_phased, sets.astype(np.int32), {})
    return Genotypes("toy.vcf", tuple(f"s{k}" for k in range(n)), {gene.symbol: calls})


def as_sets(diplotypes: tuple[Diplotype, ...]) -> list[frozenset[str]]:
    return [frozenset(str(a) for a in d.alleles) for d in diplotypes]


def rows(calls: SiteCalls, sample: int) -> tuple[list[tuple[int, int]], list[bool], list[int]]:
    codes = [(int(a), int(b)) for a, b in calls.codes[sample]]
    return codes, calls.is_phased[sample].tolist(), calls.phase_set[sample].tolist()


def check_against_oracle(gene: Gene, genotypes: Genotypes, knowledge: Knowledge) -> None:
    every = call_diplotypes(genotypes, knowledge, CallOptions(all_candidates=True, cyp2d6_from_vcf=True))
    best = call_diplotypes(genotypes, knowledge, CallOptions(cyp2d6_from_vcf=True))
    reported = {a.name: a.reported_name for a in gene.alleles}  # a suballele under its core name
    for sample in range(len(genotypes.samples)):
        expected: dict[frozenset[str], int] = {}
        for pair, points in allowed_pairs(gene, *rows(genotypes.genes[gene.symbol], sample)).items():
            names = frozenset(reported[name] for name in pair)
            expected[names] = max(points, expected.get(names, points))
        found = as_sets(every[sample][gene.symbol].diplotypes)
        assert set(found) == set(expected)
        assert len(found) == len(expected)
        scores = [expected[pair] for pair in found]
        assert scores == sorted(scores, reverse=True)
        top = max(expected.values(), default=0)
        assert set(as_sets(best[sample][gene.symbol].diplotypes)) == {p for p, s in expected.items() if s == top}


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_pairs_and_their_scores_are_those_of_the_oracle(data: st.DataObject) -> None:
    gene = data.draw(genes())
    check_against_oracle(gene, data.draw(people(gene)), toy_knowledge(gene))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_candidates_are_all_that_the_oracle_cannot_rule_out(data: st.DataObject) -> None:
    gene = data.draw(genes())
    genotypes = data.draw(people(gene))
    for sample, calls in enumerate(call_diplotypes(genotypes, toy_knowledge(gene))):
        call = calls[gene.symbol]
        codes, is_phased, phase_set = rows(genotypes.genes[gene.symbol], sample)
        if any(pair[1] == ABSENT for pair in codes) or all(max(pair) < 0 for pair in codes):
            continue  # one copy has its own test; no data, no candidates
        expected = possible_pairs(gene, codes, is_phased, phase_set)
        assert {frozenset(str(a) for a in c.diplotype.alleles) for c in call.candidates} == expected
        if expected:
            assert sum(c.probability for c in call.candidates) == pytest.approx(1)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_order_of_samples_and_of_unphased_copies_changes_nothing(data: st.DataObject) -> None:
    gene = data.draw(genes())
    genotypes = data.draw(people(gene, n=4))
    knowledge = toy_knowledge(gene)
    before = call_diplotypes(genotypes, knowledge)
    order = data.draw(st.permutations(range(4)))
    calls = genotypes.genes[gene.symbol]
    codes = calls.codes.copy()
    swap = ~calls.is_phased & (codes[:, :, 1] != ABSENT)
    codes[swap] = codes[swap][:, ::-1]
    shuffled = SiteCalls(gene.symbol, codes[order], calls.is_phased[order], calls.phase_set[order] * 7, {})
    after = call_diplotypes(Genotypes("other.vcf", genotypes.samples, {gene.symbol: shuffled}), knowledge)
    assert [after[k] for k in range(4)] == [before[order[k]] for k in range(4)]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_removing_data_loses_no_candidate_and_makes_none_surer(data: st.DataObject) -> None:
    gene = data.draw(genes())
    genotypes = data.draw(people(gene, n=1))
    knowledge = toy_knowledge(gene)
    before = call_diplotypes(genotypes, knowledge)[0][gene.symbol]
    calls = genotypes.genes[gene.symbol]
    codes = calls.codes.copy()
    codes[0, data.draw(st.integers(0, codes.shape[1] - 1))] = MISSING
    if (codes < 0).all():
        return
    fewer = SiteCalls(gene.symbol, codes, calls.is_phased, calls.phase_set, {})
    after = call_diplotypes(Genotypes("toy.vcf", ("s0",), {gene.symbol: fewer}), knowledge)[0][gene.symbol]
    now = {c.diplotype: c.probability for c in after.candidates}
    for candidate in before.candidates:
        assert now[candidate.diplotype] <= candidate.probability + 1e-9


PAIRED = [
    *("ABCG2", "CACNA1S", "CFTR", "CYP2B6", "CYP2C19", "CYP2C9", "CYP2D6", "CYP3A4", "CYP3A5", "CYP4F2", "G6PD"),
    *("IFNL3", "NAT2", "NUDT15", "SLCO1B1", "TPMT", "UGT1A1", "VKORC1"),
]
BY_COMPONENTS = ["DPYD", "RYR1"]


def test_every_gene_that_is_called_is_held_to_an_oracle(knowledge: Knowledge) -> None:
    called = {s for s, g in knowledge.genes.items() if g.calling.method is not CallingMethod.OUTSIDE_ONLY}
    assert called == {*PAIRED, *BY_COMPONENTS}


@pytest.mark.parametrize("symbol", PAIRED)
def test_real_genes_with_invented_people_agree_with_the_oracle(symbol: str, knowledge: Knowledge) -> None:
    gene = knowledge.genes[symbol]
    draw = np.random.default_rng(sum(map(ord, symbol)))
    alleles = [a for a in gene.alleles if a.is_callable]
    n_sites, n = len(gene.variants), 12
    codes = np.zeros((n, n_sites, 2), dtype=np.int8)
    for sample in range(n):
        for copy in range(2):
            for site, mask in alleles[draw.integers(len(alleles))].cells:
                allowed = [code for code in range(8) if mask >> code & 1]
                codes[sample, site, copy] = draw.choice(allowed)
        codes[sample, draw.random(n_sites) < 0.05] = MISSING
    needed = [v.pos_grch38 in gene.calling.required_positions for v in gene.variants]
    codes[:, needed] = np.maximum(codes[:, needed], 0)
    # The oracle knows no conventions for unphased data, which have tests of their own.
    phased = draw.random((n, n_sites)) < (1.1 if gene.calling.unphased_priorities else 0.5)
    calls = SiteCalls(symbol, codes, phased, np.zeros((n, n_sites), dtype=np.int32), {})
    check_against_oracle(gene, Genotypes("toy.vcf", tuple(map(str, range(n))), {symbol: calls}), knowledge)


@pytest.mark.parametrize("symbol", BY_COMPONENTS)
def test_components_are_the_alleles_whose_every_site_is_carried(symbol: str, knowledge: Knowledge) -> None:
    """One plain allele a strand; read allele by allele, site by site, off the two strands that were drawn."""
    gene = knowledge.genes[symbol]
    draw = np.random.default_rng(sum(map(ord, symbol)))
    proxy = gene.calling.proxy
    tagged = () if proxy is None else (proxy.allele, proxy.deciding_only_allele)
    alleles = [a for a in gene.alleles if a.is_callable and a.name not in tagged]
    variants = [a for a in alleles if not a.is_reference]
    [reference] = [a for a in alleles if a.is_reference]
    n, n_sites = 60, len(gene.variants)
    codes = np.zeros((n, n_sites, 2), dtype=np.int8)
    for sample, copy in np.ndindex(n, 2):
        chosen = alleles[draw.integers(len(alleles))] if draw.random() < 0.9 else reference
        for site, mask in chosen.cells:
            codes[sample, site, copy] = (mask & -mask).bit_length() - 1
    codes[: n // 4, :, 1] = codes[: n // 4, :, 0]
    sets = np.zeros((n, n_sites), dtype=np.int32)
    names = tuple(map(str, range(n)))
    for is_phased in (True, False):
        calls = SiteCalls(symbol, codes, np.full((n, n_sites), is_phased), sets, {})
        called = call_diplotypes(Genotypes("x", names, {symbol: calls}), knowledge)
        for sample in range(n):
            one, other = codes[sample, :, 0], codes[sample, :, 1]
            n_differing = int((one != other).sum())
            found = []
            for allele in variants:
                on = [all(mask >> int(strand[site]) & 1 for site, mask in allele.cells) for strand in (one, other)]
                present = all(mask >> int(one[s]) & 1 or mask >> int(other[s]) & 1 for s, mask in allele.cells)
                found += [allele.name] * (2 if all(on) else int(present))
            call = called[sample][symbol]
            if is_phased or n_differing <= 1:
                strands = [
                    next((a.name for a in variants if all(m >> int(strand[s]) & 1 for s, m in a.cells)), reference.name)
                    for strand in (one, other)
                ]
                assert as_sets(call.diplotypes) == [frozenset(strands)]
            elif not call.diplotypes:
                assert sorted(call.components) == sorted(found + [reference.name] * (len(found) < 2))


def test_every_real_diplotype_called_from_its_own_alleles_comes_back(knowledge: Knowledge) -> None:
    draw = np.random.default_rng(20260115)
    for symbol, gene in knowledge.genes.items():
        if gene.calling.method is not CallingMethod.NAMED_ALLELES:
            continue
        alleles = [a for a in gene.alleles if a.is_callable and a.name not in gene.calling.ignored_alleles]
        n, n_sites = min(len(alleles) ** 2, 60), len(gene.variants)
        chosen = draw.integers(len(alleles), size=(n, 2))
        codes = np.zeros((n, n_sites, 2), dtype=np.int8)
        for sample, copy in np.ndindex(n, 2):
            for site, mask in alleles[chosen[sample, copy]].cells:
                codes[sample, site, copy] = (mask & -mask).bit_length() - 1
        calls = SiteCalls(
            symbol, codes, np.ones((n, n_sites), dtype=np.bool_), np.zeros((n, n_sites), dtype=np.int32), {}
        )
        options = CallOptions(all_candidates=True, cyp2d6_from_vcf=True)
        called = call_diplotypes(Genotypes("x", tuple(map(str, range(n))), {symbol: calls}), knowledge, options)
        for sample in range(n):
            call = called[sample][symbol]
            truth = frozenset(alleles[k].reported_name for k in chosen[sample])
            assert truth in as_sets(call.diplotypes)
            assert truth in {frozenset(map(str, c.diplotype.alleles)) for c in call.candidates}
