"""Guideline recommendations as facts in a closed vocabulary; no sentence of a guideline is kept.

The TOML form of these types is described column by column in ``docs/knowledge-format.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from rxweave.knowledge.genes import CallingMethod, CallingRules, Gene, Lookup, PhenotypeRules


class Action(StrEnum):
    """What a recommendation asks for, from mildest to most severe (``severity`` is the position)."""

    STANDARD = "standard"
    NO_RECOMMENDATION = "no_recommendation"
    NOT_EXCLUDED = "not_excluded"  # susceptibility remains possible
    USE_WITH_CAUTION = "use_with_caution"
    ADJUST_BY_ALGORITHM = "adjust_by_algorithm"
    INCREASE_DOSE = "increase_dose"
    TEST_FIRST = "test_first"
    LIMIT_DOSE = "limit_dose"
    REDUCE_DOSE = "reduce_dose"
    USE_ALTERNATIVE = "use_alternative"
    AVOID = "avoid"
    CONTRAINDICATED = "contraindicated"

    @property
    def severity(self) -> int:
        return _SEVERITY[self]


_SEVERITY = {action: place for place, action in enumerate(Action)}


class Modality(StrEnum):
    DO = "do"
    CONSIDER = "consider"


class Reason(StrEnum):
    TOXICITY = "toxicity"
    INEFFICACY = "inefficacy"
    # with Action.NO_RECOMMENDATION:
    UNKNOWN_RESULT = "unknown_result"
    WEAK_EVIDENCE = "weak_evidence"
    REFERENCE_RESULT = "reference_result"
    TRANSPLANT = "transplant"
    NOT_COMPUTABLE = "not_computable"
    NOT_NAMED = "not_named"  # the source speaks of other results only
    NO_ACTION_STATED = "no_action_stated"  # the source states an effect and asks for nothing


class Section(StrEnum):
    """The section of the FDA's table of associations that a record stands in."""

    RECOMMENDATION = "recommendation"  # data support a change of treatment
    SAFETY_OR_RESPONSE = "safety_or_response"  # data indicate an effect on safety or response
    PHARMACOKINETICS = "pharmacokinetics"  # data show an effect on pharmacokinetics only
    LABEL = "label"  # the drug's label itself


class Level(StrEnum):
    ABSOLUTE = "absolute"
    RELATIVE = "relative"


class Phase(StrEnum):
    LOAD = "load"
    START = "start"
    TITRATE = "titrate"
    MAINTAIN = "maintain"
    MAXIMUM = "maximum"


@dataclass(frozen=True, slots=True)
class Dose:
    """The dose in one phase of treatment. Factors are of the usual dose: 0.5 is half of it, not half less.

    ``cap``, ``floor`` and ``usual`` are in ``unit`` (``mg/day``, ``mg/kg/day``, ``mg``); ``is_cap_exclusive`` tells
    "below 20" from "at most 20", ``is_factor_exclusive`` "less than a quarter" from "a quarter" (it speaks of
    ``factor_high``, or of ``factor_low`` where that is the only one). ``interval`` and ``schedule`` are coded
    (``3/week``, ``divided_doses``). ``direction`` (``lower``, ``higher``, ``slower``, ``usual``, ``up_from_start``,
    ``down_from_start``) is all that is known where the source gives no number. ``usual`` is the usual dose, or the
    example of the resulting dose, that the source names.
    """

    phase: Phase
    factor_low: Decimal | None = None
    factor_high: Decimal | None = None
    cap: Decimal | None = None
    is_cap_exclusive: bool = False
    floor: Decimal | None = None
    unit: str = ""
    interval: str = ""
    schedule: str = ""
    direction: str = ""
    usual: Decimal | None = None
    is_factor_exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A non-genetic condition of a branch: every given entry must hold.

    Keys are patient facts (``indication``, ``age_below``, ``age_from``, ``prior_use``, ``co_medication``, ``pregnant``,
    ``treatment_urgent`` ...); the vocabulary is in ``docs/knowledge-format.md``.
    """

    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Directive:
    """What to do: the part of a recommendation that a branch can replace.

    ``at_dose`` is the dose that the action speaks of, where it is not all doses (``75 mg/day``). ``dose_of`` is the
    drug whose dose is given, where it is another one than the guideline's. ``not_alternatives`` are drugs that a reader
    might take for an alternative and must not. ``reassess_after`` is how long a dose takes to show (``2-4 weeks``).
    """

    action: Action
    modality: Modality = Modality.DO
    reason: Reason | None = None
    level: Level | None = None
    dose: tuple[Dose, ...] = ()
    alternatives: tuple[str, ...] = ()  # drug or class names
    monitoring: tuple[str, ...] = ()  # coded: "drug_level", "inr", "platelets", ...
    choice_with: tuple[str, ...] = ()  # other actions that the guideline offers equally, as Action values
    avoid_with: tuple[str, ...] = ()  # co-medications (drugs or classes) to avoid
    fallback: Directive | None = None  # "if it must be used"
    next_step: Directive | None = None  # on no response or intolerance
    not_alternatives: tuple[str, ...] = ()
    at_dose: str = ""
    dose_of: str = ""
    reassess_after: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """Another directive for patients whom the condition fits.

    ``evidence`` holds citation ids where they are not the guideline's own. ``is_unverified``: published practice
    without a source at hand; it may inform and must never alert.
    """

    condition: Condition
    directive: Directive
    evidence: tuple[str, ...] = ()
    is_unverified: bool = False


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One computable recommendation: for these lookup values, in this population, do this.

    ``when`` gives, per gene, every lookup value the recommendation answers (their product is covered). ``ids`` are
    upstream row ids. ``implications`` are coded terms per gene (``reduced_activation``, ``increased_exposure``, ...).
    ``section`` is given for FDA records.
    """

    ids: tuple[str, ...]
    population: str
    when: Mapping[str, frozenset[str]]
    directive: Directive
    strength: str = ""
    branches: tuple[Branch, ...] = ()
    implications: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    risks: tuple[str, ...] = ()
    is_severe_harm: bool = False
    valid_age_from: int | None = None  # years
    valid_age_below: int | None = None
    missing: tuple[str, ...] = ()  # genes whose lookup value here is an unknown: the recommendation is partial
    caveats: tuple[str, ...] = ()  # coded: "expression_turned_round", "no_negative_result" ...
    section: Section | None = None


@dataclass(frozen=True, slots=True)
class Population:
    """A group of patients that a guideline treats apart, and the question that tells who belongs to it."""

    name: str  # our code: "acs_pci", "adult", "child", "naive" ...
    condition: Condition = field(default_factory=Condition)
    question: str = ""  # coded question: "indication", "age", "prior_use" ...
    upstream_name: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    id: str
    pmid: str = ""
    url: str = ""
    year: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class DrugGuideline:
    """Everything that one source recommends for one drug, by the genes it weighs together.

    A source that treats each gene on its own (DPWG) has one guideline a drug and gene.

    ``is_computable`` is False where the source has a guideline that this release does not compute (warfarin): then
    ``recommendations`` is empty and ``not_computable_because`` holds a code. ``names_only_affected``: the source lists
    the results that matter and is silent on all others; its silence is no statement about them.
    """

    drug: str
    rxcui: str
    source: str  # "CPIC", "DPWG", "FDA"
    genes: tuple[str, ...]
    guideline: str  # short name of the guideline
    citations: tuple[Citation, ...]
    populations: tuple[Population, ...]
    recommendations: tuple[Recommendation, ...]
    is_prodrug: bool = False
    is_pretest_default: bool = False  # advise testing before the first dose when the gene is unknown
    is_computable: bool = True
    not_computable_because: str = ""
    names_only_affected: bool = False
    label_contraindications: tuple[Branch, ...] = ()  # label facts that override "standard" in the headline


@dataclass(frozen=True, slots=True)
class GeneElsewhere:
    """A gene that a guideline names and that this release has no rules for: its result is stated or not known.

    ``lookup_values`` are all the results that guidelines tell apart. ``because`` says why it is not called.
    """

    symbol: str  # HGNC
    name: str
    hgnc_id: str
    lookup_values: tuple[str, ...]
    because: str

    def as_gene(self) -> Gene:
        """A gene without alleles, which is what a stated result is read by."""
        statuses = [value.rpartition(" ") for value in self.lookup_values if value.startswith("*")]
        tested = tuple(dict.fromkeys(allele for allele, _, _ in statuses))
        return Gene(
            symbol=self.symbol,
            name=self.name,
            hgnc_id=self.hgnc_id,
            chromosome="",
            refseq="",
            lookup=Lookup.ALLELE_STATUS if tested else Lookup.PHENOTYPE,
            calling=CallingRules(CallingMethod.OUTSIDE_ONLY, tested_alleles=tested),
            phenotype_rules=PhenotypeRules(names=self.lookup_values),
        )


@dataclass(frozen=True, slots=True)
class Erratum:
    """Something wrong in a source, and what this release does instead.

    ``rows`` are ids of the source's ``table``. ``is_applied`` says whether the rows belong to a drug that this release
    computes (then the effect is in the recommendations).
    """

    id: str
    source: str
    table: str
    rows: tuple[str, ...]
    found: str
    done: str
    because: str
    is_applied: bool = True
