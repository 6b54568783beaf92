"""JSON schemas of what rxweave writes: the rows of ``calls``, a list of advice, and ``report.json``.

The models here mirror ``calls.py`` and ``objects.py`` key by key and refuse any other; a test validates real output
against them. ``schema_files`` gives the text of every file of ``docs/schemas``. Pydantic is needed here and nowhere
else in this room.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from rxweave.calling.diplotype import CallSource, CallStatus, PriorBasis
from rxweave.guidance.advice import AlertTier, Coverage
from rxweave.knowledge.drugs import Role, Strength
from rxweave.knowledge.guidelines import Action, Level, Modality, Phase, Reason, Section
from rxweave.narrative.narrative import Audience, SentenceKind
from rxweave.patient.files import patient_schema
from rxweave.patient.patient import Sex, YesNo
from rxweave.phenotyping.phenoconversion import Exposure
from rxweave.phenotyping.phenotype import Question

Probability = Annotated[float, Field(ge=0, le=1.000001)]
Number = int | float


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", use_enum_values=True)


class CandidateRow(_Row):
    """A diplotype that the data allow."""

    diplotype: str
    probability: Probability
    phenotype: str = Field(description="Empty where no phenotype was assigned.")


class PossiblePhenotypeRow(_Row):
    """A phenotype that the data allow, whatever diplotypes it comes from."""

    phenotype: str
    activity_score: str
    probability: Probability


class NotExcludedRow(_Row):
    """An allele that the reported result does not hold, that the data allow and that would change the phenotype."""

    allele: str
    probability: Probability = Field(description="Of carrying it, on one copy or both.")


class SettlingTestRow(_Row):
    """A test that would tell the possible phenotypes apart."""

    test: Question = Field(description="`phase`: which of `positions` lie on one copy; `position`: the genotype there.")
    positions: list[int] = Field(description="GRCh38, 1-based.")
    rsids: list[str]
    certainty: Probability = Field(
        description="Expected probability of the likeliest phenotype after this test and those before it."
    )


class CallRow(_Row):
    """One gene of one sample, as `rxweave call` writes it."""

    file: str | None = Field(description="The file as named; null when the call came from an outside file alone.")
    sample: str | None
    gene: str
    diplotypes: list[str] = Field(
        description="The field's convention: the best-scoring diplotypes, in the order that PharmCAT prints them."
    )
    components: list[str] = Field(description="Component alleles, for genes called by components.")
    phenotypes: list[str] = Field(description="Of `diplotypes` or `components`, each once.")
    activity_scores: list[str] = Field(description="As the field writes them (`1.25`, `≥3.75`, `n/a`), each once.")
    candidates: list[CandidateRow] = Field(
        description="Every diplotype that the data allow, most probable first; advice rests on these."
    )
    candidates_left_out: Probability = Field(description="Share of the probability in candidates that are not listed.")
    candidates_possible: int = Field(description="How many diplotypes the data allow, listed or not.")
    same_phenotype: bool | None = Field(
        description="Every diplotype that the data allow gives one phenotype; null where there is none."
    )
    possible_phenotypes: list[PossiblePhenotypeRow] = Field(description="Most probable first.")
    not_excluded: list[NotExcludedRow] = Field(description="Most probable first; twelve at most.")
    settled_by: list[SettlingTestRow] = Field(description="Best first; empty where there is one phenotype.")
    call_status: CallStatus
    source: CallSource = Field(description="Called from genotypes, reported from outside, or stated by the caller.")
    assumed_reference: bool = Field(description="Positions that the file does not mention were taken as reference.")
    research_grade: bool = Field(description="Not for clinical use without confirmation.")
    phased: bool
    covered_positions: int
    missing_positions: list[int] = Field(description="GRCh38, 1-based.")
    uncallable_alleles: list[str] = Field(description="Alleles that the missing positions hide.")
    undocumented_variants: list[str] = Field(description="Variants of this person that no named allele holds.")
    prior: str = Field(description="Group whose allele frequencies weighed the candidates; empty: all equally.")
    prior_assumed_share: Probability = Field(description="Part of that weight without a published frequency.")
    prior_basis: PriorBasis = Field(
        description="What the probabilities rest on. `not_weighable`: no group has published frequencies for the gene, "
        "and every candidate has an even share, which is no probability. Empty: nothing was weighed."
    )
    warnings: list[str]
    knowledge: str = Field(description="Version of the knowledge release.")
    functions: str = Field(description="Dated set of allele functions.")
    build: str | None = Field(
        description="Genome build of the file (positions in this row are GRCh38 whatever it is); null without a file."
    )


class HiddenAlleleRow(_Row):
    """An allele that the data could not show."""

    allele: str
    frequency: Probability | None = Field(description="Of one copy; null where nobody published a frequency.")


class PanelObject(_Row):
    """What the data could not show of one gene, in one group (docs/calling.md)."""

    gene: str
    group: str
    positions_read: int
    positions: int
    called: bool = Field(description="The gene can be called from these positions.")
    copies: int = Field(description="Copies of the gene that a person was taken to have (two, on chromosome X too).")
    hidden: Probability | None = Field(
        description="Probability that a person of the group carries an allele that changes the phenotype and that "
        "these positions do not show; null where nobody published a frequency."
    )
    hidden_one_copy: Probability | None = Field(description="The same for one copy: a man's chromosome X.")
    hidden_uncertain: Probability | None = Field(description="The same for alleles of uncertain function.")
    carried: Probability | None = Field(description="Of carrying an allele that changes the phenotype, seen or not.")
    hidden_assumed_share: Probability = Field(description="Part of the hidden frequency without a published number.")
    hidden_alleles: list[HiddenAlleleRow] = Field(description="The most frequent twelve.")
    hidden_alleles_count: int


class DoseObject(_Row):
    """The dose in one phase; factors are of the usual dose (0.5 is half of it)."""

    phase: Phase
    factor_low: Number | None
    factor_high: Number | None
    factor_exclusive: bool = Field(description="Less than the factor, not the factor itself.")
    cap: Number | None
    cap_exclusive: bool = Field(description="Below the cap, not at most the cap.")
    floor: Number | None
    usual: Number | None
    direction: str | None
    unit: str | None
    interval: str | None
    schedule: str | None


class DirectiveObject(_Row):
    """What to do, in the closed vocabulary of recommendations."""

    action: Action
    modality: Modality
    reason: Reason | None
    level: Level | None
    dose: list[DoseObject]
    monitoring: list[str]
    choice_with: list[str]
    avoid_with: list[str]
    not_alternatives: list[str]
    at_dose: str | None
    dose_of: str | None
    reassess_after: str | None
    fallback: NestedDirective | None = Field(description="If it must be used.")
    next_step: NestedDirective | None = Field(description="On no response or intolerance.")


class NestedDirective(DirectiveObject):
    """A directive inside another: its alternatives are names only."""

    alternatives: list[str]


class BranchObject(NestedDirective):
    """Another directive, for patients whom the condition fits."""

    if_: dict[str, str] = Field(alias="if")
    evidence: list[str]
    unverified: bool = Field(description="Published practice without a source at hand: informs, never alerts.")


class PossibilityObject(NestedDirective):
    """What would hold under one reading of uncertain genes."""

    genes: dict[str, str]
    probability: Probability
    strength: str


class ModulationObject(_Row):
    """A drug (or smoking, or inflammation) that touches the gene's enzyme."""

    agent: str
    role: Role
    strength: Strength
    exposure: Exposure
    applied: bool = Field(description="It changed the clinical phenotype.")
    because: str | None = Field(description="Why it changed nothing; null where it did.")
    confidence: str | None = Field(description="`guideline`, `practice` or `direction`.")
    sources: list[str]
    stronger_by: list[str] = Field(description="Sources that call it stronger; the weakest statement is counted.")


class FindingObject(_Row):
    """A gene's result as the advice used it; `phenotype` is as the other medicines leave it."""

    diplotype: str
    phenotype: str
    activity_score: str
    genetic_phenotype: str = Field(description="What the genes alone say, before other medicines are counted.")
    phenoconverted_by: list[str]
    modulations: list[ModulationObject] = Field(description="All that was weighed, applied or not.")
    lookup_key: str
    research_grade: bool
    assumed_reference: bool


class TestObject(_Row):
    gene: str
    why: str
    before_first_dose: bool
    method: str


class AlternativeObject(_Row):
    drug: str
    why: str
    conflicts: list[str] = Field(description="What speaks against it for this patient.")


class CitationObject(_Row):
    id: str
    pmid: str | None
    url: str | None
    year: int | None
    title: str | None


class StepObject(_Row):
    step: str
    facts: list[str]
    result: str


class DisagreementObject(_Row):
    """Another source that says something else than the headline, for the same person."""

    source: str
    guideline: str
    population: str
    action: Action
    how: str = Field(description="`stricter`, `milder` or `other_dose`.")
    because: list[str] = Field(description="Coded; empty where nothing explains it.")


class InteractionObject(_Row):
    """A plain drug interaction that follows from sourced rows: both drugs and one enzyme."""

    victim: str
    perpetrator: str
    gene: str
    role: Role
    strength: Strength
    effect: str = Field(description="On the victim: `exposure_up` or `exposure_down`.")
    sources: list[str]


class SiteChangeObject(_Row):
    """A rule of the site that was applied, and what it replaced."""

    id: str
    kind: str = Field(description="`demote`, `replace` or `add`.")
    owner: str
    because: str
    replaced: str | None


class AdviceObject(DirectiveObject):
    """One drug, source and population; exactly one object per drug is the headline."""

    drug: str
    rxcui: str
    source: str
    guideline: str = Field(description="Short name: a source may have one for each gene.")
    section: Section | None = Field(description="Of FDA records.")
    population: str
    headline: bool
    triggered_by: list[str] = Field(
        description="The drugs of the event, where this drug is another one that the person takes."
    )
    coverage: Coverage
    genes: dict[str, FindingObject]
    branches: list[BranchObject]
    population_because: str
    partial: bool
    missing: list[str]
    tests_to_order: list[TestObject]
    possibilities: list[PossibilityObject]
    alternatives: list[AlternativeObject]
    strength: str
    implications: dict[str, list[str]]
    risks: list[str]
    severe_harm: bool = Field(description="What the advice guards against may kill or harm for good.")
    disagreements: list[DisagreementObject] = Field(description="At the headline only.")
    interactions: list[InteractionObject]
    site_changes: list[SiteChangeObject]
    notes: list[str]
    alert_tier: AlertTier
    tier_because: str
    headline_text: str = Field(description="One line: `drug: action; detail`.")
    explanation: str = Field(description="Two sentences: what the genes mean here, and what is asked for.")
    implication: str = Field(description="Our sentence: what the genes mean for the drug.")
    text: str = Field(description="Our sentences: what to do and why.")
    patient_text: str = Field(description="One sentence for the patient.")
    evidence: list[CitationObject]
    trace: list[StepObject] = Field(description="From variant to advice: the facts of each step and its result.")
    knowledge: str


class OrderObject(_Row):
    """One line of the medication list, as written and as understood."""

    written: str
    drug: str | None = Field(description="Null where the line was not understood.")
    rxcui: str | None
    matched_as: str | None
    amount: Number | None
    amount_high: Number | None
    unit: str | None
    times_per_day: Number | None
    daily_dose: Number | None
    route: str | None
    as_needed: bool
    started: str | None
    stopped: str | None
    is_stopped: bool
    tolerated_months: int | None
    suggestions: list[str]
    unread: str | None
    line: int


class IndicationObject(_Row):
    drug: str
    indication: str


class ReactionObject(_Row):
    drug: str
    kind: str
    severe: bool


class TransplantObject(_Row):
    organ: str
    date: str | None


class LaboratoryObject(_Row):
    kind: str
    value: Number
    unit: str | None
    date: str | None


class ResultFactsObject(_Row):
    """How a result came about; without a gene it speaks of every gene."""

    gene: str | None
    method: str | None
    specimen: str | None
    of: str | None = Field(description="`recipient` (the person's own) or `donor`.")
    collected: str | None


class PatientObject(_Row):
    """What was given about the person; unknown stays null or `unknown`."""

    label: str | None
    age_years: Number | None
    sex: Sex
    weight_kg: Number | None
    height_cm: Number | None
    pregnant: YesNo
    breastfeeding: YesNo
    egfr: Number | None
    child_pugh: str | None
    conditions: list[str]
    indications: list[IndicationObject]
    reactions: list[ReactionObject]
    transplants: list[TransplantObject]
    transfusions: list[str]
    haemolysis: list[str]
    failures: list[str] = Field(description="Drugs that did not work for this person.")
    smoking: str | None
    smoking_stopped: str | None
    inflammation: YesNo
    laboratory: list[LaboratoryObject]
    results: list[ResultFactsObject]
    pending_tests: list[str]
    consented_findings: list[str] | None = Field(description="Classes of secondary findings; null: never asked.")
    group: str | None


class WarningObject(_Row):
    place: str
    text: str
    gene: str | None
    sample: str | None


class SecondaryObject(_Row):
    """What a result means beside drugs; only classes that the person consented to."""

    gene: str
    class_: str = Field(alias="class")
    result: str
    concerns: list[str] = Field(description="Whom it is about.")
    emergency_use: bool = Field(description="Told without consent because of an emergency.")
    research_grade: bool
    text: str
    evidence: list[CitationObject]


class SentenceObject(_Row):
    """One sentence of a narrative, proved against the facts it cites."""

    text: str
    facts: list[str] = Field(description="Ids of the facts that it states; none for what says nothing about the case.")
    kind: SentenceKind
    heading: str = Field(description="Code of the part that it stands under.")
    writer: str = Field(description="`builtin`, or the language model.")
    because: str | None = Field(description="Why a built-in sentence stands where a model should have written one.")


class UsageObject(_Row):
    """What a language model cost; zeros for the built-in writer."""

    requests: int
    tokens_in: int
    tokens_out: int
    seconds: Number
    cost: Number | None = Field(description="In the currency of the configured prices; null without prices.")


class NarrativeObject(_Row):
    """The case told to one audience."""

    audience: Audience
    language: str
    writer: str
    prompt: str | None = Field(description="Name, version and hash of the prompt.")
    seed: int
    temperature: Number | None
    text: str = Field(description="The sentences; an empty line parts those under different headings.")
    sentences: list[SentenceObject]
    facts: dict[str, str] = Field(description="The facts that the sentences state, in words, by id.")
    usage: UsageObject


class ReportObject(_Row):
    """`report.json`."""

    sample: str
    files: list[str]
    made_on: str | None
    notice: str | None
    patient: PatientObject
    medications: list[OrderObject]
    calls: list[CallRow]
    panel: list[PanelObject] = Field(description="A row per gene and group.")
    advice: list[AdviceObject]
    secondary_findings: list[SecondaryObject]
    narratives: list[NarrativeObject]
    narratives_withheld: list[Audience] = Field(
        description="Audiences whose narrative could not be proved against the facts and is not given."
    )
    warnings: list[WarningObject]
    knowledge: str
    knowledge_hash: str = Field(description="SHA-256 of the knowledge release.")
    functions: str
    sources: list[str]
    software: str


Kind = Literal["call", "advice", "report"]
_MODELS: Mapping[str, TypeAdapter[Any]] = {
    "call": TypeAdapter(CallRow),
    "advice": TypeAdapter(list[AdviceObject]),
    "report": TypeAdapter(ReportObject),
}


def validate(kind: Kind, written: str) -> None:
    """Check JSON text that rxweave wrote. Raises ``pydantic.ValidationError`` naming every key that does not fit."""
    _MODELS[kind].validate_json(written)


def schema_files() -> dict[str, str]:
    """File name -> JSON schema, for every file of ``docs/schemas``."""
    schemas = {f"{name}.json": adapter.json_schema(mode="validation") for name, adapter in _MODELS.items()}
    schemas["patient.json"] = dict(patient_schema())
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {
        name: json.dumps({**dialect, **schema}, ensure_ascii=False, indent=2) + "\n" for name, schema in schemas.items()
    }
