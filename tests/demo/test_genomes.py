"""Synthetic genomes: drawn as asked, written as VCF, and called back as what they were drawn from."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from rxweave.calling import call_diplotypes, read_vcf
from rxweave.demo.genomes import GenomeRecipe, Requirement, draw_genome, is_in_vcf, site_codes
from rxweave.errors import InputError
from rxweave.knowledge import Knowledge, load_release


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def recipe(**changes: object) -> GenomeRecipe:
    return GenomeRecipe(**{"sample": "someone", "group": "European", "is_male": False, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("number", range(9))
def test_phased_genome_is_called_as_it_was_drawn(number: int, knowledge: Knowledge, tmp_path: Path) -> None:
    wanted = recipe(group=knowledge.groups[number], is_male=number % 2 == 0, is_phased=True)
    genome = draw_genome(wanted, knowledge, np.random.default_rng(number))
    path = tmp_path / "genome.vcf"
    path.write_text(genome.vcf)
    calls = call_diplotypes(read_vcf(path, knowledge), knowledge)[0]
    for gene in filter(is_in_vcf, knowledge.genes.values()):
        names = {allele.name: allele.reported_name for allele in gene.alleles}
        drawn = sorted(names[name] for name in genome.alleles[gene.symbol])
        found = [sorted(map(str, diplotype.alleles)) for diplotype in calls[gene.symbol].diplotypes]
        assert drawn in found, gene.symbol


@pytest.mark.parametrize("number", range(9))
def test_unphased_genome_has_what_was_drawn_among_its_candidates(
    number: int, knowledge: Knowledge, tmp_path: Path
) -> None:
    wanted = recipe(group=knowledge.groups[number], is_male=number % 2 == 1)
    genome = draw_genome(wanted, knowledge, np.random.default_rng(100 + number))
    path = tmp_path / "genome.vcf"
    path.write_text(genome.vcf)
    calls = call_diplotypes(read_vcf(path, knowledge), knowledge)[0]
    for gene in filter(is_in_vcf, knowledge.genes.values()):
        names = {allele.name: allele.reported_name for allele in gene.alleles}
        drawn = sorted(names[name] for name in genome.alleles[gene.symbol])
        found = [sorted(map(str, candidate.diplotype.alleles)) for candidate in calls[gene.symbol].candidates]
        assert drawn in found, gene.symbol


def test_alleles_are_drawn_as_often_as_published(knowledge: Knowledge) -> None:
    rng = np.random.default_rng(1)
    drawn: Counter[str] = Counter()
    for _ in range(200):
        drawn.update(draw_genome(recipe(), knowledge, rng).alleles["CYP2C19"])
    for allele, frequency in knowledge.genes["CYP2C19"].frequencies["European"].items():
        error = 4 * (frequency * (1 - frequency) / 400) ** 0.5
        assert abs(drawn[allele] / 400 - frequency) <= error + 1 / 400, allele


def test_gene_without_any_frequency_gets_its_reference_allele(knowledge: Knowledge) -> None:
    genome = draw_genome(recipe(), knowledge, np.random.default_rng(2))
    reference = knowledge.genes["CFTR"].reference_allele
    assert reference is not None
    assert set(genome.alleles["CFTR"]) == {reference.name}


def test_men_have_one_copy_of_a_gene_on_chromosome_x(knowledge: Knowledge) -> None:
    genome = draw_genome(recipe(is_male=True), knowledge, np.random.default_rng(3))
    assert len(genome.alleles["G6PD"]) == 1
    genotypes = {line.split("\t")[9].split(":")[0] for line in genome.vcf.splitlines() if line.startswith("chrX")}
    assert genotypes <= {"0", "1", "2"}


def test_requirement_is_met_and_leaves_other_genes_free(knowledge: Knowledge) -> None:
    poor = Requirement("CYP2C19", frozenset({"No function"}), at_least=2)
    normal = Requirement("CYP2D6", frozenset({"Normal function"}), only=True)
    for seed in range(5):
        genome = draw_genome(recipe(requirements=(poor, normal)), knowledge, np.random.default_rng(seed))
        for gene, function in (("CYP2C19", "No function"), ("CYP2D6", "Normal function")):
            functions = [knowledge.function_of(gene, name) for name in genome.alleles[gene]]
            assert [f.function for f in functions if f] == [function, function]


def test_wish_that_cannot_be_met_is_refused(knowledge: Knowledge) -> None:
    wish = Requirement("CYP2C19", frozenset({"Flying"}))
    with pytest.raises(InputError, match=r"CYP2C19 in group 'European' did not meet"):
        draw_genome(recipe(requirements=(wish,)), knowledge, np.random.default_rng(4))


def test_stated_allele_without_definition_cannot_be_written(knowledge: Knowledge) -> None:
    with pytest.raises(InputError, match=r"CYP2C19 \*99 has no definition"):
        draw_genome(recipe(stated={"CYP2C19": ("*99", "*1")}), knowledge, np.random.default_rng(5))


def test_untested_genes_have_no_line_and_missing_sites_no_genotype(knowledge: Knowledge) -> None:
    asked = recipe(untested=frozenset({"VKORC1"}), patchy={"CYP2C19": 1.0})
    genome = draw_genome(asked, knowledge, np.random.default_rng(6))
    lines = [line.split("\t") for line in genome.vcf.splitlines() if not line.startswith("#")]
    assert not [line for line in lines if line[0] == "chr16"]
    sites = {str(v.pos_grch38) for v in knowledge.genes["CYP2C19"].variants}
    assert {line[9].split(":")[0] for line in lines if line[0] == "chr10" and line[1] in sites} == {"./."}


def test_sites_are_sorted_and_each_stands_once(knowledge: Knowledge) -> None:
    genome = draw_genome(recipe(), knowledge, np.random.default_rng(7))
    sites = [tuple(line.split("\t")[:2]) for line in genome.vcf.splitlines() if not line.startswith("#")]
    assert len(sites) == len(set(sites)) == sum(len(g.variants) for g in knowledge.genes.values() if is_in_vcf(g))
    by_chromosome: dict[str, list[int]] = {}
    for chromosome, position in sites:
        by_chromosome.setdefault(chromosome, []).append(int(position))
    assert all(positions == sorted(positions) for positions in by_chromosome.values())


def test_every_callable_allele_is_written_within_its_definition(knowledge: Knowledge) -> None:
    for gene in filter(is_in_vcf, knowledge.genes.values()):
        for allele in gene.alleles:
            codes = site_codes(gene, allele)
            assert all(mask >> codes[site] & 1 for site, mask in allele.cells), (gene.symbol, allele.name)
