"""The report of one person: everything that the HTML, PDF, JSON and terminal forms show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from rxweave.knowledge.genes import CallingMethod, Gene, ScoreBand

if TYPE_CHECKING:
    from rxweave.calling.genotypes import FileWarning
    from rxweave.guidance.advice import Advice
    from rxweave.guidance.secondary import SecondaryFinding
    from rxweave.narrative.narrative import Audience, Narrative
    from rxweave.patient.patient import MedicationOrder, Patient
    from rxweave.phenotyping.panel import PanelRow
    from rxweave.phenotyping.phenoconversion import Conversion
    from rxweave.phenotyping.phenotype import GenePhenotype


@dataclass(frozen=True, slots=True)
class GeneScale:
    """What a reader needs to place a result: the gene's scale, and how much of the gene a genotype file can show.

    ``bands`` is empty for genes without activity scores; ``levels`` are the gene's phenotypes in clinical order.
    ``positions`` counts the sites of the allele definitions.
    """

    gene: str
    name: str = ""
    chromosome: str = ""
    bands: tuple[ScoreBand, ...] = ()
    levels: tuple[str, ...] = ()
    positions: int = 0
    is_outside_only: bool = False
    tested_alleles: tuple[str, ...] = ()


def gene_scales(genes: Iterable[Gene]) -> Mapping[str, GeneScale]:
    """The scales of a release's genes (``gene_scales(knowledge.genes.values())``), by symbol."""
    return MappingProxyType(
        {
            gene.symbol: GeneScale(
                gene=gene.symbol,
                name=gene.name,
                chromosome=gene.chromosome,
                bands=gene.phenotype_rules.bands,
                levels=gene.phenotype_rules.names,
                positions=len(gene.variants),
                is_outside_only=gene.calling.method is CallingMethod.OUTSIDE_ONLY,
                tested_alleles=gene.calling.tested_alleles,
            )
            for gene in genes
        }
    )


@dataclass(frozen=True, slots=True)
class Report:
    """``genes`` has a row for every gene of the release, tested or not; ``advice`` is headline first within a drug.

    ``scales`` comes from ``gene_scales``; a gene without one is shown without its bar. ``made_on`` is the caller's
    date (no clock is read here). ``sources`` are the release's sources with their licences, one line each. ``panel``
    says what this person's data could not show, a row per gene and group; genes that another laboratory called, and
    those whose reference was assumed, have none.
    """

    sample: str
    files: tuple[str, ...]
    patient: Patient
    medications: tuple[MedicationOrder, ...]  # as read, the ones not understood included
    genes: tuple[GenePhenotype, ...]
    advice: tuple[Advice, ...]
    warnings: tuple[FileWarning, ...]
    knowledge_version: str
    knowledge_hash: str
    function_set: str
    software_version: str
    scales: Mapping[str, GeneScale] = field(default_factory=dict)
    made_on: date | None = None
    notice: str = ""  # one sentence that must stand above everything, such as "made of synthetic data"
    sources: tuple[str, ...] = ()
    panel: tuple[PanelRow, ...] = ()
    build: str = ""  # of the genome file; empty where there is none
    secondary: tuple[SecondaryFinding, ...] = ()  # only what the person consented to be told
    conversions: Mapping[str, Conversion] = field(default_factory=dict)  # by gene: what the whole list makes of it
    narratives: tuple[Narrative, ...] = ()  # verified; the prescriber's stands on top
    withheld: tuple[Audience, ...] = ()  # audiences whose narrative could not be proved: nothing is shown to them
