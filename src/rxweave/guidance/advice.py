"""Advice for one drug, as codes and facts. Sentences are made from it in ``narrative``; nothing here is prose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rxweave.knowledge.drugs import Role, Strength
from rxweave.knowledge.guidelines import Action, Branch, Citation, Directive, Section
from rxweave.phenotyping.phenoconversion import Conversion
from rxweave.phenotyping.phenotype import GenePhenotype


class AlertTier(StrEnum):
    INTERRUPTIVE = "interruptive"
    PASSIVE = "passive"
    NONE = "none"


class Coverage(StrEnum):
    """Why there is, or is not, a computed recommendation."""

    COMPUTED = "computed"
    NO_GUIDANCE = "no_guidance"  # the release holds nothing for this drug
    NOT_COMPUTED = "not_computed"  # a guideline exists that this release does not compute
    GENE_NOT_TESTED = "gene_not_tested"  # guidance exists, and a gene it needs has no result


@dataclass(frozen=True, slots=True)
class GeneFinding:
    """A gene's result as one advice used it.

    ``phenotype`` is the clinical one, as co-medication leaves it; ``genetic_phenotype`` is what the genes alone give;
    ``phenoconverted_by`` names the drugs that made the difference, and ``conversion`` holds all that was weighed, None
    where nothing taken is known to touch the gene's enzyme.
    ``probability`` is that of the reading which the advice rests on, where other readings that count lead to other
    advice; None where none does.
    """

    gene: str
    diplotype: str
    phenotype: str
    activity_score: str = ""
    lookup_key: str = ""
    genetic_phenotype: str = ""
    phenoconverted_by: tuple[str, ...] = ()
    result: GenePhenotype | None = None
    probability: float | None = None
    conversion: Conversion | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the trace: which facts led to which result."""

    step: str  # "call", "phenotype", "population", "recommendation", "unknown", "label", "tier"
    facts: tuple[str, ...]
    result: str


@dataclass(frozen=True, slots=True)
class Alternative:
    drug: str
    why: str  # coded: "guideline", "same_class" (the same ATC group)
    conflicts: tuple[str, ...] = ()  # coded: "CYP2D6 guidance: avoid", "class", "not_computed" ...


@dataclass(frozen=True, slots=True)
class TestToOrder:
    gene: str
    why: str  # coded: "not_tested", "ambiguous", "unknown_function", "copy_number"
    before_first_dose: bool = False
    method: str = ""  # "genotype", "enzyme_activity", "typing", ...


@dataclass(frozen=True, slots=True)
class Possibility:
    """What the advice would be under one reading of an uncertain result."""

    gene_lookups: Mapping[str, str]
    probability: float
    directive: Directive
    strength: str = ""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Another source that says something else than the headline, for the same person.

    ``how``: ``stricter``, ``milder``, ``other_dose``. ``because`` is coded, empty where nothing explains it:
    ``other_genes`` (it weighs other genes), ``other_population``, ``dose_only`` (both change the dose, by other
    amounts), ``older`` (it is the older of the two), ``label`` (a legal text, changed on other grounds).
    """

    source: str
    guideline: str
    population: str
    action: Action
    how: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DrugInteraction:
    """A plain pharmacokinetic interaction that follows from sourced rows: both drugs and one enzyme.

    ``effect`` on the victim: ``exposure_up`` or ``exposure_down``; ``strength`` is the perpetrator's.
    """

    victim: str
    perpetrator: str
    gene: str
    role: Role
    strength: Strength
    effect: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SiteChange:
    """A rule of the site that was applied to this advice, and what it replaced."""

    id: str
    kind: str  # "demote", "replace", "add"
    owner: str
    because: str
    replaced: str = ""  # the tier or action that stood there before


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about one drug, by one source, for one population of patients."""

    drug: str
    rxcui: str
    source: str
    population: str
    coverage: Coverage
    directive: Directive
    genes: Mapping[str, GeneFinding] = field(default_factory=dict)
    is_headline: bool = True
    population_because: str = ""  # coded
    branches: tuple[Branch, ...] = ()
    is_partial: bool = False
    missing: tuple[str, ...] = ()  # genes, positions or patient facts (coded) that would decide
    tests_to_order: tuple[TestToOrder, ...] = ()
    possibilities: tuple[Possibility, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    strength: str = ""
    implications: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    risks: tuple[str, ...] = ()
    alert_tier: AlertTier = AlertTier.NONE
    tier_because: str = ""  # coded
    notes: tuple[
        str, ...
    ] = ()  # coded caveats that must be shown ("copy_number_not_assayed", "no_negative_result" ...)
    evidence: tuple[Citation, ...] = ()
    trace: tuple[Step, ...] = ()
    knowledge: str = ""
    guideline: str = ""  # short name: a source may have one for each gene
    section: Section | None = None  # of FDA records
    is_severe_harm: bool = False  # what the advice guards against may kill or harm for good
    triggered_by: tuple[str, ...] = ()  # the drugs of the event, where this drug is another one that the person takes
    disagreements: tuple[Disagreement, ...] = ()  # at the headline only
    interactions: tuple[DrugInteraction, ...] = ()
    site_changes: tuple[SiteChange, ...] = ()

    @property
    def missing_genes(self) -> tuple[str, ...]:
        """The genes among ``missing``, without the patient facts."""
        return tuple(m for m in self.missing if m in self.genes)

    @property
    def overriding_interactions(self) -> tuple[DrugInteraction, ...]:
        """The strong interactions that act on this drug where the genes ask for nothing: what the headline must name.

        Whatever the genes leave as it is, another drug of the list does not.
        """
        if self.directive.action not in (Action.STANDARD, Action.NO_RECOMMENDATION):
            return ()
        return tuple(i for i in self.interactions if i.victim == self.drug and i.strength is Strength.STRONG)
