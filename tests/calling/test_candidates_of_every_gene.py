"""Candidates and their probabilities on every real gene, against writing out every pair of strands and alleles."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import strand_pairs

from rxweave.calling import CallOptions, Genotypes, SiteCalls, call_diplotypes
from rxweave.calling.diplotype import Allele
from rxweave.calling.genotypes import MISSING
from rxweave.calling.names import in_order
from rxweave.demo.genomes import site_codes
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.genes import CallingMethod, Gene, NamedAllele

MOST_HETEROZYGOUS = 5
PEOPLE = 12


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def _genes() -> list[str]:
    genes = load_release().genes.values()
    return [g.symbol for g in genes if g.calling.method is CallingMethod.NAMED_ALLELES and g.variants]


def expected(
    gene: Gene, knowledge: Knowledge, codes: list[tuple[int, int]], is_phased: list[bool], group: str
) -> dict[str, float]:
    """Every pair of alleles that some pair of strands fits, weighed by the product of the frequencies."""
    prior, _ = knowledge.haplotype_prior(gene.symbol, group)
    ignored = gene.calling.ignored_alleles
    alleles = [a for a in gene.alleles if a.is_callable and a.name not in ignored]
    masks = {a.name: _masks(gene, a) for a in alleles}

    def fitting(strand: tuple[int, ...]) -> list[NamedAllele]:
        read = [(site, code) for site, code in enumerate(strand) if code != MISSING]
        return [a for a in alleles if all(masks[a.name][site] >> code & 1 for site, code in read)]

    pairs: set[tuple[str, str]] = set()
    for first, second in strand_pairs(codes, is_phased, [0] * len(codes)):
        seconds = fitting(second)
        for one in fitting(first):
            pairs.update((one.name, other.name) for other in seconds)
    names = {a.name: a.reported_name for a in alleles}
    found: dict[str, float] = {}
    for one_name, other_name in pairs:  # both orders of a pair are here, so a pair of two alleles counts twice
        key = str(in_order(Allele(names[one_name]), Allele(names[other_name])))
        found[key] = found.get(key, 0.0) + prior[one_name] * prior[other_name]
    total = sum(found.values())
    return {key: weight / total for key, weight in found.items()}


def _masks(gene: Gene, allele: NamedAllele) -> list[int]:
    reference = gene.reference_allele
    default = {site: 1 if mask & 1 else mask for site, mask in (reference.cells if reference else ())}
    cells = dict(allele.cells)
    return [cells.get(site, default.get(site, 1)) for site in range(len(gene.variants))]


@pytest.mark.parametrize("symbol", _genes())
def test_candidates_are_those_of_writing_everything_out(symbol: str, knowledge: Knowledge) -> None:
    gene = knowledge.genes[symbol]
    rng = np.random.default_rng(sum(map(ord, symbol)))
    alleles = [a for a in gene.alleles if a.is_callable and a.name not in gene.calling.ignored_alleles]
    n_sites = len(gene.variants)
    codes = np.zeros((PEOPLE, n_sites, 2), dtype=np.int8)
    for person in range(PEOPLE):
        while True:
            chosen = rng.integers(len(alleles), size=2)
            drawn = np.array([site_codes(gene, alleles[k]) for k in chosen], dtype=np.int8).T
            drawn[rng.random(n_sites) < 0.15] = MISSING
            half = rng.random(n_sites) < 0.02
            drawn[half & (drawn[:, 1] > 0), 0] = MISSING
            if (drawn[:, 0] != drawn[:, 1]).sum() <= MOST_HETEROZYGOUS and (drawn >= 0).any():
                codes[person] = drawn
                break
    is_phased = np.repeat(rng.random(PEOPLE) < 0.5, n_sites).reshape(PEOPLE, n_sites)
    calls = SiteCalls(symbol, codes, is_phased, np.zeros((PEOPLE, n_sites), dtype=np.int32))
    group = next(iter(gene.frequencies), "")
    options = CallOptions(population=group, cyp2d6_from_vcf=True)
    called = call_diplotypes(Genotypes("x", tuple(map(str, range(PEOPLE))), {symbol: calls}), knowledge, options)
    for person in range(PEOPLE):
        call = called[person][symbol]
        shown = {str(c.diplotype): c.probability for c in call.candidates}
        if (rest := call.unlisted) is not None:
            assert rest.second is not None
            for first, second, share in zip(rest.first, rest.second, rest.probability, strict=True):
                shown[str(in_order(rest.alleles[first], rest.alleles[second]))] = float(share)
        pairs = [(int(a), int(b)) for a, b in codes[person]]
        slow = expected(gene, knowledge, pairs, is_phased[person].tolist(), group)
        assert shown.keys() == slow.keys()
        assert len(shown) == call.candidates_possible
        for diplotype, share in slow.items():
            assert shown[diplotype] == pytest.approx(share, rel=1e-9, abs=1e-12)
