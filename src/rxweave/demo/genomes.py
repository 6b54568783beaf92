"""Synthetic genomes: two alleles a gene, drawn from a release's frequencies, written as a VCF of its own sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from rxweave.errors import InputError
from rxweave.knowledge import Knowledge
from rxweave.knowledge.genes import CallingMethod, Gene, NamedAllele

_MOST_DRAWS = 5000


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a story asks of one gene; the gene is drawn again until it holds.

    At least ``at_least`` of the alleles have one of ``functions``; with ``only``, all of them do.
    """

    gene: str
    functions: frozenset[str]
    at_least: int = 1
    only: bool = False


@dataclass(frozen=True, slots=True)
class GenomeRecipe:
    """Whose genome to draw. ``stated`` names alleles that the story fixes; ``untested`` are genes without any site.

    ``missing`` is the share of sites that get no call, in ``patchy`` genes that of ``patchy_missing``.
    """

    sample: str
    group: str
    is_male: bool
    is_phased: bool = False
    missing: float = 0.0
    patchy: Mapping[str, float] = field(default_factory=dict)
    untested: frozenset[str] = frozenset()
    stated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Genome:
    """A drawn genome: gene -> the one or two alleles that it was made of, and the VCF text of their sites."""

    recipe: GenomeRecipe
    alleles: Mapping[str, tuple[str, ...]]
    vcf: str


def draw_genome(recipe: GenomeRecipe, knowledge: Knowledge, rng: np.random.Generator) -> Genome:
    """Draw every gene that has frequencies or definitions, and write the sites of those that a VCF can show.

    A gene without published frequencies in any group gets its reference allele; one without any in this group, the mean
    of the other groups. CYP2D6 and other genes that need more than small variants are drawn with copy numbers and left
    out of the VCF. Raises InputError when a requirement is not met in 5,000 draws.
    """
    alleles = {gene.symbol: _draw(gene, recipe, knowledge, rng) for gene in knowledge.genes.values()}
    alleles = {symbol: names for symbol, names in alleles.items() if names}
    records: list[tuple[int, int, str]] = []
    for gene in knowledge.genes.values():
        if is_in_vcf(gene) and gene.symbol not in recipe.untested:
            records += _records(gene, alleles[gene.symbol], recipe, rng)
    chromosomes = list(dict.fromkeys(g.chromosome for g in knowledge.genes.values() if g.variants))
    header = _header(recipe, knowledge, sorted(chromosomes, key=_chromosome_order))
    lines = [line for _, _, line in sorted(records)]
    return Genome(recipe, alleles, "".join(f"{line}\n" for line in (*header, *lines)))


def is_in_vcf(gene: Gene) -> bool:
    """The gene is called from small variants alone."""
    return bool(gene.variants) and not gene.calling.is_research_grade


def _draw(gene: Gene, recipe: GenomeRecipe, knowledge: Knowledge, rng: np.random.Generator) -> tuple[str, ...]:
    copies = 1 if gene.is_haploid_possible and (recipe.is_male or gene.chromosome == "chrM") else 2
    if gene.symbol in recipe.stated:
        return recipe.stated[gene.symbol]
    if gene.calling.method is CallingMethod.OUTSIDE_ONLY:
        return ()
    names, weights = _frequencies(gene, recipe.group)
    functions = knowledge.functions(gene.symbol)
    wanted = [r for r in recipe.requirements if r.gene == gene.symbol]
    for _ in range(_MOST_DRAWS):
        drawn = tuple(names[i] for i in rng.choice(len(names), size=copies, p=weights))
        found = [functions[name].function if name in functions else "" for name in drawn]
        if all(_holds(requirement, found) for requirement in wanted):
            return drawn
    raise InputError(
        f"{recipe.sample}: {gene.symbol} in group {recipe.group!r} did not meet the story's wish in {_MOST_DRAWS} "
        "draws; state the diplotype instead"
    )


def _holds(requirement: Requirement, functions: list[str]) -> bool:
    count = sum(function in requirement.functions for function in functions)
    return count == len(functions) if requirement.only else count >= requirement.at_least


def _frequencies(gene: Gene, group: str) -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Alleles that can be drawn and their probabilities: published, the remainder to the reference allele.

    A published core allele that is defined only by its suballeles is shared evenly among them.
    """
    reference = gene.reference_allele
    if reference is None:
        raise InputError(f"{gene.symbol} has no reference allele to draw")
    groups = [group] if group in gene.frequencies else list(gene.frequencies)
    shares: dict[str, float] = {}
    can_be_written = {a.name for a in gene.alleles if a.is_callable} if is_in_vcf(gene) else None
    for name in groups:
        published = gene.frequencies[name]
        for allele, frequency in published.items():
            shares[allele] = shares.get(allele, 0.0) + frequency / len(groups)
    shares[reference.name] = shares.get(reference.name, 0.0) + max(0.0, 1.0 - sum(shares.values()))
    drawable: dict[str, float] = {}
    for allele, share in shares.items():
        if can_be_written is None or allele in can_be_written:
            drawable[allele] = drawable.get(allele, 0.0) + share
        else:
            parts = [a.name for a in gene.alleles if a.core == allele and a.is_callable]
            for part in parts:
                drawable[part] = drawable.get(part, 0.0) + share / len(parts)
    weights = np.array(list(drawable.values()), dtype=np.float64)
    return list(drawable), weights / weights.sum()


def _records(
    gene: Gene, names: tuple[str, ...], recipe: GenomeRecipe, rng: np.random.Generator
) -> list[tuple[int, int, str]]:
    """(chromosome order, position, VCF line) of every site of one gene."""
    by_name = {allele.name: allele for allele in gene.alleles}
    for name in names:
        if name not in by_name or not by_name[name].is_callable:
            raise InputError(f"{recipe.sample}: {gene.symbol} {name} has no definition in the release to write")
    strands = [site_codes(gene, by_name[name]) for name in names]
    missing = recipe.patchy.get(gene.symbol, recipe.missing)
    order = _chromosome_order(gene.chromosome)
    records = []
    for site, variant in enumerate(gene.variants):
        codes = [strand[site] for strand in strands]
        # One number a site, used or not, so that a change of the missing share keeps the rest of the genome.
        is_missing, depth, quality = rng.random() < missing, int(rng.poisson(32)), int(rng.integers(40, 100))
        separator = "|" if recipe.is_phased else "/"
        if is_missing:
            genotype, depth, quality = separator.join("." * len(codes)), 0, 0
        else:
            genotype = separator.join(str(c) for c in (codes if recipe.is_phased else sorted(codes)))
        columns = (
            *(gene.chromosome, str(variant.pos_grch38), variant.rsid or ".", variant.ref, ",".join(variant.alts)),
            *(".", "PASS", ".", "GT:DP:GQ", f"{genotype}:{depth}:{quality}"),
        )
        records.append((order, variant.pos_grch38, "\t".join(columns)))
    return records


def site_codes(gene: Gene, allele: NamedAllele) -> list[int]:
    """The allele code that ``allele`` puts at each site of ``gene``: the lowest of those its definition allows."""
    reference = gene.reference_allele
    masks = dict(reference.cells if reference else ()) | dict(allele.cells)
    return [
        (mask & -mask).bit_length() - 1 if (mask := masks.get(site, 1)) else 0 for site in range(len(gene.variants))
    ]


def _header(recipe: GenomeRecipe, knowledge: Knowledge, chromosomes: list[str]) -> list[str]:
    return [
        "##fileformat=VCFv4.2",
        "##source=rxweave demo",
        "##reference=GRCh38",
        f"##rxweave_synthetic=This person does not exist; drawn from knowledge release {knowledge.version}",
        '##FILTER=<ID=PASS,Description="All filters passed">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Read depth">',
        '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality">',
        *(f'##contig=<ID={chromosome},assembly=GRCh38,species="Homo sapiens">' for chromosome in chromosomes),
        "\t".join(("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", recipe.sample)),
    ]


def _chromosome_order(chromosome: str) -> int:
    name = chromosome.removeprefix("chr")
    return int(name) if name.isdigit() else {"X": 23, "Y": 24, "M": 25}[name]
