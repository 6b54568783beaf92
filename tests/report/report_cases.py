"""Reports made by hand, one for each thing that a reader must be told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from rxweave.calling.diplotype import Allele, CallSource, CallStatus, Candidate, Diplotype, DiplotypeCall
from rxweave.calling.genotypes import FileWarning
from rxweave.guidance.advice import (
    Advice,
    AlertTier,
    Alternative,
    Coverage,
    GeneFinding,
    Possibility,
    Step,
    TestToOrder,
)
from rxweave.knowledge.genes import ScoreBand
from rxweave.knowledge.guidelines import (
    Action,
    Branch,
    Citation,
    Condition,
    Directive,
    Dose,
    Level,
    Modality,
    Phase,
    Reason,
)
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.narrative import Audience, Narrative, Sentence, SentenceKind, Usage
from rxweave.patient.patient import MedicationOrder, Patient, Reaction, Sex
from rxweave.phenotyping.phenotype import GenePhenotype, Phenotype, PhenotypeCandidate
from rxweave.report import GeneScale, Report

HOSTILE = "<script>alert('x')</script>\"&amp; #let x = 1 *b* \u202egpj.exe\x07 $x$ `raw` \\ @ref"

#: A toy gene scale in the shape of a real one; the numbers are a test's, not a claim.
BANDS = (
    ScoreBand(Decimal("0"), Decimal("0"), True, True, "Poor Metabolizer"),
    ScoreBand(Decimal("0"), Decimal("1.25"), False, False, "Intermediate Metabolizer"),
    ScoreBand(Decimal("1.25"), Decimal("2.25"), True, True, "Normal Metabolizer"),
    ScoreBand(Decimal("2.25"), None, False, False, "Ultrarapid Metabolizer"),
)
LEVELS = (
    "Poor Metabolizer",
    "Intermediate Metabolizer",
    "Normal Metabolizer",
    "Rapid Metabolizer",
    "Ultrarapid Metabolizer",
    "Indeterminate",
)
SCALES = {
    "CYP2D9": GeneScale("CYP2D9", "a toy cytochrome", "chr22", bands=BANDS, positions=40),
    "CYP2C1": GeneScale("CYP2C1", "a toy oxidase", "chr10", levels=LEVELS, positions=12),
    "DPYX": GeneScale("DPYX", "a toy dehydrogenase", "chr1", bands=BANDS[:3], positions=20),
    "SLCO9": GeneScale("SLCO9", "a toy carrier", "chr12", levels=("Poor Function", "Normal Function"), positions=9),
    "HLA-Z": GeneScale("HLA-Z", "a toy antigen", "chr6", is_outside_only=True, tested_alleles=("*99:01",)),
}


def diplotype(text: str) -> Diplotype:
    first, _, second = text.partition("/")
    return Diplotype(Allele(first), Allele(second) if second else None)


def gene(
    symbol: str,
    readings: list[tuple[str, float, str, str]],
    *,
    status: CallStatus = CallStatus.CALLED,
    **facts: object,
) -> GenePhenotype:
    """A gene from (diplotype, probability, phenotype, score) readings; the first is the call."""
    phenotypes = [Phenotype(symbol, name, score, (name,), (), diplotype(text)) for text, _, name, score in readings]
    top = [d for d, _, _, _ in readings] if status is CallStatus.AMBIGUOUS else [d for d, _, _, _ in readings[:1]]
    call = DiplotypeCall(
        gene=symbol,
        status=status,
        diplotypes=tuple(map(diplotype, top)),
        candidates=tuple(Candidate(diplotype(text), p) for text, p, _, _ in readings),
        **{"covered_positions": SCALES[symbol].positions, **facts},  # type: ignore[arg-type]
    )
    candidates = tuple(PhenotypeCandidate(p, share) for p, (_, share, _, _) in zip(phenotypes, readings, strict=True))
    return GenePhenotype(call, tuple(phenotypes[: len(top)]), candidates, "2026-02")


def untested(symbol: str) -> GenePhenotype:
    positions = tuple(range(94_700_001, 94_700_001 + SCALES[symbol].positions))
    call = DiplotypeCall(symbol, CallStatus.NOT_COVERED, missing_positions=positions)
    return GenePhenotype(call, (Phenotype(symbol, "No Result"),), (), "2026-02")


def finding(result: GenePhenotype) -> GeneFinding:
    p = result.phenotypes[0]
    shown = "/".join(map(str, result.call.diplotypes[:1]))
    return GeneFinding(result.gene, shown, p.name, p.activity_score, p.name, p.name, (), result)


def advice(drug: str, action: Action, *genes: GenePhenotype, **facts: object) -> Advice:
    directive = facts.pop("directive", None) or Directive(action)
    defaults: dict[str, object] = {
        "drug": drug,
        "rxcui": "1234",
        "source": "CPIC",
        "population": "general",
        "coverage": Coverage.COMPUTED,
        "genes": {g.gene: finding(g) for g in genes},
        "strength": "Strong",
        "evidence": (Citation("PMID:24458010", "24458010", "", 2014, "A toy guideline"),),
        "trace": (
            Step("call", ("chr22:42126611 C>G",), "*4/*4"),
            Step("phenotype", ("*4 no function",), "Poor Metabolizer"),
            Step("recommendation", ("CPIC 7590001",), action.value),
        ),
        "knowledge": "2026.1",
    }
    return Advice(directive=directive, **{**defaults, **facts})  # type: ignore[arg-type]


def order(written: str, drug: str = "", **facts: object) -> MedicationOrder:
    return MedicationOrder(written, drug, **facts)  # type: ignore[arg-type]


def report(**parts: object) -> Report:
    whole: dict[str, object] = {
        "sample": "NA00001",
        "files": ("patients/NA00001.vcf.gz",),
        "patient": Patient(),
        "medications": (),
        "genes": tuple(untested(symbol) for symbol in SCALES),
        "advice": (),
        "warnings": (),
        "knowledge_version": "2026.1",
        "knowledge_hash": "3f9a" * 16,
        "function_set": "2026-02",
        "software_version": "0.1.0",
        "scales": SCALES,
        "made_on": date(2026, 11, 22),
        "sources": ("CPIC 2026-02 (CC0)", "ClinPGx / PharmGKB (CC BY-SA 4.0)"),
    }
    return Report(**{**whole, **parts})  # type: ignore[arg-type]


POOR_2D9 = gene("CYP2D9", [("*4/*4", 1.0, "Poor Metabolizer", "0")], is_phased=True)
NORMAL_2C1 = gene("CYP2C1", [("*1/*1", 1.0, "Normal Metabolizer", "")])
AMBIGUOUS_2C1 = gene(
    "CYP2C1",
    [
        ("*1/*2", 0.62, "Intermediate Metabolizer", ""),
        ("*2/*17", 0.3, "Intermediate Metabolizer", ""),
        ("*17/*17", 0.08, "Ultrarapid Metabolizer", ""),
    ],
    status=CallStatus.AMBIGUOUS,
    missing_positions=(94761900, 94775367),
    covered_positions=10,
    uncallable_alleles=("*9", "*10"),
    prior="",
    prior_assumed_share=0.02,
)
RESEARCH_2D9 = gene(
    "CYP2D9",
    [("*1/*2", 0.91, "Normal Metabolizer", "2.0"), ("*1xN/*2", 0.09, "Ultrarapid Metabolizer", "≥3.0")],
    is_research_grade=True,
    undocumented=("chr22:42126700 G>T",),
    warnings=("copy number was not assayed",),
)


def full() -> Report:
    """One person with everything: the report that a reader is shown first."""
    dpyx = gene("DPYX", [("c.1A/c.2G", 1.0, "Intermediate Metabolizer", "1.0")], components=("c.1A", "c.2G"))
    slco = gene("SLCO9", [("*1/*5", 1.0, "Poor Function", "")], is_reference_assumed=True)
    avoid = Directive(
        Action.AVOID,
        reason=Reason.INEFFICACY,
        alternatives=("non_opioid",),
        monitoring=("pain",),
        avoid_with=("cyp2d6_inhibitors",),
    )
    lower = Directive(
        Action.REDUCE_DOSE,
        reason=Reason.TOXICITY,
        dose=(
            Dose(Phase.LOAD, Decimal("1"), Decimal("1")),
            Dose(Phase.START, Decimal("0.5"), Decimal("0.5")),
            Dose(Phase.MAXIMUM, cap=Decimal("20"), is_cap_exclusive=True, unit="mg/day"),
        ),
        monitoring=("drug_level", "platelets"),
        fallback=Directive(Action.USE_WITH_CAUTION, monitoring=("drug_level",)),
    )
    switch = Directive(Action.USE_ALTERNATIVE, Modality.CONSIDER, Reason.INEFFICACY)
    standard = Directive(Action.STANDARD)
    return report(
        sample="NA18526",
        files=tuple(f"raw/chr{n}.vcf.bgz" for n in range(1, 12)),
        patient=Patient(
            label="Bed 12",
            age_years=Decimal("64"),
            sex=Sex.FEMALE,
            egfr=Decimal("48"),
            reactions=(Reaction("phenytoin", "severe_skin", True),),
        ),
        medications=(
            order("codeine 30 mg every 6 h as needed", "codeine"),
            order("clopidogrel 75 mg daily", "clopidogrel"),
            order("tacrolimus 2 mg bd", "tacrolimus"),
            order("metformin 500 mg", "metformin"),
            order("Zocor 40", "simvastatin"),
            order("omeprazole 20 mg", "omeprazole"),
            order("carbamazepine", "carbamazepine"),
            order("warfarin", "warfarin"),
            order("clopidogril 75", "", suggestions=("clopidogrel",)),
            order("sertraline 50 mg", "sertraline"),
        ),
        genes=(AMBIGUOUS_2C1, POOR_2D9, dpyx, untested("HLA-Z"), slco),
        advice=(
            advice(
                "codeine",
                Action.AVOID,
                POOR_2D9,
                directive=avoid,
                alternatives=(
                    Alternative("morphine", "guideline"),
                    Alternative("tramadol", "guideline", ("CYP2D9 guidance: avoid",)),
                ),
                alert_tier=AlertTier.INTERRUPTIVE,
                tier_because="strong_and_outside_advice",
                implications={"CYP2D9": ("reduced_activation",)},
                notes=("copy_number_not_assayed",),
                risks=("no_pain_relief",),
            ),
            advice(
                "clopidogrel",
                Action.USE_ALTERNATIVE,
                AMBIGUOUS_2C1,
                directive=switch,
                population="acs_pci",
                population_because="indication_unknown",
                missing=("indication",),
                possibilities=(
                    Possibility({"CYP2C1": "Intermediate Metabolizer"}, 0.92, switch, "Strong"),
                    Possibility({"CYP2C1": "Ultrarapid Metabolizer"}, 0.08, standard, "Strong"),
                ),
                alternatives=(Alternative("prasugrel", "guideline"), Alternative("ticagrelor", "guideline")),
                alert_tier=AlertTier.PASSIVE,
                tests_to_order=(TestToOrder("CYP2C1", "ambiguous", method="genotype"),),
            ),
            advice(
                "clopidogrel",
                Action.NO_RECOMMENDATION,
                AMBIGUOUS_2C1,
                directive=Directive(Action.NO_RECOMMENDATION, reason=Reason.WEAK_EVIDENCE),
                population="neurovascular",
                is_headline=False,
            ),
            advice("tacrolimus", Action.REDUCE_DOSE, dpyx, directive=lower, alert_tier=AlertTier.PASSIVE),
            advice("metformin", Action.NO_RECOMMENDATION, coverage=Coverage.NO_GUIDANCE, evidence=(), trace=()),
            advice("simvastatin", Action.USE_WITH_CAUTION, slco),
            advice("omeprazole", Action.STANDARD, NORMAL_2C1),
            advice(
                "carbamazepine",
                Action.TEST_FIRST,
                untested("HLA-Z"),
                coverage=Coverage.GENE_NOT_TESTED,
                missing=("HLA-Z", "prior_use"),
                tests_to_order=(TestToOrder("HLA-Z", "not_tested", True, "typing"),),
                branches=(Branch(Condition({"treatment_urgent": "yes"}), Directive(Action.USE_ALTERNATIVE)),),
                alert_tier=AlertTier.INTERRUPTIVE,
            ),
            advice(
                "warfarin",
                Action.NO_RECOMMENDATION,
                coverage=Coverage.NOT_COMPUTED,
                directive=Directive(Action.NO_RECOMMENDATION, reason=Reason.NOT_COMPUTABLE),
            ),
            advice(
                "sertraline",
                Action.STANDARD,
                AMBIGUOUS_2C1,
                is_partial=True,
                missing=("CYP2C1",),
                possibilities=(Possibility({"CYP2C1": "Ultrarapid Metabolizer"}, 0.08, switch, "Optional"),),
                tests_to_order=(TestToOrder("CYP2C1", "ambiguous", method="genotype"),),
            ),
        ),
        warnings=(FileWarning("raw/chr10.vcf.bgz:1422", "two records for one position; the second was left out"),),
    )


def nothing_tested() -> Report:
    return report(
        medications=(order("carbamazepine 200 mg", "carbamazepine"), order("codeine", "codeine")),
        advice=(
            advice(
                "carbamazepine",
                Action.TEST_FIRST,
                untested("HLA-Z"),
                coverage=Coverage.GENE_NOT_TESTED,
                missing=("HLA-Z",),
                tests_to_order=(TestToOrder("HLA-Z", "not_tested", True, "typing"),),
            ),
            advice(
                "codeine",
                Action.NO_RECOMMENDATION,
                untested("CYP2D9"),
                directive=Directive(Action.NO_RECOMMENDATION, reason=Reason.UNKNOWN_RESULT),
                coverage=Coverage.GENE_NOT_TESTED,
                missing=("CYP2D9",),
                tests_to_order=(TestToOrder("CYP2D9", "not_tested", False, "genotype"),),
            ),
        ),
    )


def ambiguous() -> Report:
    return report(
        genes=(AMBIGUOUS_2C1,),
        medications=(order("sertraline 50 mg", "sertraline"),),
        advice=tuple(a for a in full().advice if a.drug == "sertraline"),
    )


def research_grade() -> Report:
    return report(
        genes=(RESEARCH_2D9,),
        medications=(order("codeine", "codeine"),),
        advice=(advice("codeine", Action.STANDARD, RESEARCH_2D9, notes=("copy_number_not_assayed",)),),
    )


def populations() -> Report:
    return replace(full(), advice=tuple(a for a in full().advice if a.drug == "clopidogrel"))


SHEET = FactSheet(
    (
        Fact("codeine/action", FactKind.ACTION, "codeine", code="avoid", values={"reason": "inefficacy"}),
        Fact(
            "codeine/gene/CYP2D9",
            FactKind.FINDING,
            "codeine",
            "CYP2D9",
            code="result",
            values={"diplotype": "*4/*4", "phenotype": "Poor Metabolizer"},
        ),
        Fact("codeine/source", FactKind.SOURCE, "codeine", code="CPIC", values={"strength": "Strong", "year": "2021"}),
    ),
    ("codeine",),
    "2026.1",
)


def said(text: str, *facts: str, heading: str = "do_now", **parts: str) -> Sentence:
    kind = SentenceKind.RECOMMENDATION if facts else SentenceKind.BOILERPLATE
    return Sentence(text, facts, kind, heading, **parts)


def told(audience: Audience, *sentences: Sentence, **parts: object) -> Narrative:
    return Narrative(audience, parts.pop("language", "en"), sentences, SHEET, **parts)  # type: ignore[arg-type]


def narrated() -> Report:
    """A prescriber's narrative that a model drafted, a built-in consult note, and a letter in Spanish."""
    return replace(
        full(),
        narratives=(
            told(
                Audience.PRESCRIBER,
                said("Avoid codeine.", "codeine/action", writer="openai:toy"),
                said("CYP2D9 is *4/*4.", "codeine/gene/CYP2D9", heading="why", because="refused:number,unsupported"),
                said("CPIC says so.", "codeine/source", heading="sources", because="left_out"),
                writer="openai:toy",
                prompt="prescriber 1.0",
                usage=Usage(2, 900, 120, 1.5, 0.01),
            ),
            told(
                Audience.CONSULT,
                said("CYP2D9 is *4/*4 in this person.", "codeine/gene/CYP2D9", heading="findings"),
                said("Codeine is to be avoided.", "codeine/action", "codeine/source", heading="recommendation"),
            ),
            told(
                Audience.PATIENT,
                said("Pregunte a su médico.", "codeine/action", heading="what_to_do"),
                said("Enseñe esta carta.", heading="what_to_do"),
                language="es",
            ),
        ),
        withheld=(Audience.PAYER,),
    )


def hostile() -> Report:
    long = "x" * 4000
    person = gene("CYP2D9", [("*4/*4", 1.0, "Poor Metabolizer", "0")], warnings=(HOSTILE,))
    return report(
        sample=HOSTILE + "患者" + long,
        files=(f"/tmp/{HOSTILE}.vcf", "caf\udce9.vcf"),
        patient=Patient(label=HOSTILE, conditions=(HOSTILE,), reactions=(Reaction(HOSTILE, HOSTILE),)),
        medications=(
            order(f"codeine {HOSTILE}", "codeine"),
            order(f"{HOSTILE} {long}", suggestions=("codeine",)),
            order("אספירין 阿司匹林 ☃", ""),
        ),
        genes=(person,),
        advice=(
            advice(
                "codeine",
                Action.CONTRAINDICATED,
                person,
                directive=Directive(Action.CONTRAINDICATED, level=Level.ABSOLUTE),
            ),
        ),
        warnings=(FileWarning(HOSTILE, HOSTILE),),
        narratives=(told(Audience.PRESCRIBER, said(HOSTILE, "codeine/action", writer=HOSTILE)),),
    )


def thirty_drugs() -> Report:
    actions = list(Action)
    names = [f"drug{n:02d}" for n in range(30)]
    return report(
        genes=(NORMAL_2C1, POOR_2D9),
        medications=tuple(order(f"{name} {n} mg daily", name) for n, name in enumerate(names, start=1)),
        advice=tuple(
            advice(name, actions[n % len(actions)], POOR_2D9 if n % 2 else NORMAL_2C1) for n, name in enumerate(names)
        ),
    )


def no_medicines() -> Report:
    return report(genes=(NORMAL_2C1, POOR_2D9, untested("HLA-Z")))


def outside_call() -> Report:
    positive = DiplotypeCall("HLA-Z", CallStatus.CALLED, CallSource.OUTSIDE, stated_phenotype="*99:01 positive")
    result = GenePhenotype(positive, (Phenotype("HLA-Z", "*99:01 positive", "", ("*99:01 positive",)),), (), "2026-02")
    return report(sample="", files=(), genes=(result,))


MAKERS: dict[str, Callable[[], Report]] = {
    "full": full,
    "nothing_tested": nothing_tested,
    "ambiguous": ambiguous,
    "research_grade": research_grade,
    "populations": populations,
    "narrated": narrated,
    "hostile": hostile,
    "thirty_drugs": thirty_drugs,
    "no_medicines": no_medicines,
    "outside_call": outside_call,
}
