"""A toy release for guidance: one gene of each kind of lookup, and a drug for each rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from rxweave.calling.diplotype import Allele, CallSource, CallStatus, Candidate, Diplotype, DiplotypeCall
from rxweave.guidance import Advice, advise
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import Drug, DrugKind, Interaction
from rxweave.knowledge.genes import (
    CallingMethod,
    CallingRules,
    Gene,
    Lookup,
    NamedAllele,
    PhenotypeRules,
    ScoreBand,
    Tissue,
)
from rxweave.knowledge.guidelines import (
    Action,
    Branch,
    Citation,
    Condition,
    Directive,
    Dose,
    DrugGuideline,
    Level,
    Modality,
    Phase,
    Population,
    Reason,
    Recommendation,
)
from rxweave.knowledge.people import EnzymeTest, People, PersonState
from rxweave.knowledge.release import ReleaseHead
from rxweave.patient import Event, EventKind, MedicationOrder, Patient
from rxweave.phenotyping.phenotype import GenePhenotype, Phenotype, PhenotypeCandidate

POOR, INTERMEDIATE, NORMAL, INDETERMINATE = (
    "Poor Metabolizer",
    "Intermediate Metabolizer",
    "Normal Metabolizer",
    "Indeterminate",
)
BANDS = (
    ScoreBand(Decimal(0), Decimal(0), True, True, POOR),
    ScoreBand(Decimal(0), Decimal("1.25"), False, False, INTERMEDIATE),
    ScoreBand(Decimal("1.25"), Decimal("2.25"), True, True, NORMAL),
    ScoreBand(Decimal("2.25"), None, False, False, "Ultrarapid Metabolizer"),
)


def gene(symbol: str, lookup: Lookup = Lookup.PHENOTYPE, acts_in: Tissue = Tissue.LIVER, **rules: object) -> Gene:
    bands = BANDS if lookup is Lookup.ACTIVITY_SCORE else ()
    return Gene(
        symbol=symbol,
        name=symbol,
        hgnc_id="",
        chromosome="chr1",
        refseq="",
        lookup=lookup,
        calling=CallingRules(**rules),  # type: ignore[arg-type]
        phenotype_rules=PhenotypeRules(bands=bands),
        acts_in=acts_in,
        alleles=(
            NamedAllele("*1", is_reference=True),
            NamedAllele("*2"),
            NamedAllele("*5", is_callable=False),
        ),
    )


GENES = {
    "ENZ": gene("ENZ"),
    "ENZB": gene("ENZB"),
    "DPX": gene("DPX", Lookup.ACTIVITY_SCORE, undocumented_as_reference=True),
    "SCORE": gene("SCORE", Lookup.ACTIVITY_SCORE, is_research_grade=True),
    "HLA-X": gene(
        "HLA-X",
        Lookup.ALLELE_STATUS,
        Tissue.IMMUNE_SYSTEM,
        method=CallingMethod.OUTSIDE_ONLY,
        tested_alleles=("*01:01", "*02:02"),
    ),
    "MUSCLE": gene("MUSCLE", acts_in=Tissue.MUSCLE, undocumented_as_reference=True),
}


def recommend(
    ids: str, when: Mapping[str, str | Iterable[str]], directive: Directive, strength: str = "Strong", **more: object
) -> Recommendation:
    keys = {g: frozenset([k] if isinstance(k, str) else k) for g, k in when.items()}
    settings: dict[str, object] = {"population": "general", **more}
    return Recommendation(tuple(ids.split()), when=keys, directive=directive, strength=strength, **settings)  # type: ignore[arg-type]


def guideline(drug: str, genes: tuple[str, ...], *recommendations: Recommendation, **more: object) -> DrugGuideline:
    settings: dict[str, object] = {"populations": (Population("general"),), "rxcui": "", **more}
    return DrugGuideline(
        drug=drug,
        source="CPIC",
        genes=genes,
        guideline=f"guideline of {drug}",
        citations=(Citation("toy", pmid="1"),),
        recommendations=recommendations,
        **settings,  # type: ignore[arg-type]
    )


STANDARD = Directive(Action.STANDARD)
AVOID = Directive(Action.AVOID, reason=Reason.TOXICITY)
NOTHING = Directive(Action.NO_RECOMMENDATION, reason=Reason.UNKNOWN_RESULT)
HALF = Directive(
    Action.REDUCE_DOSE,
    reason=Reason.TOXICITY,
    dose=(Dose(Phase.START, factor_low=Decimal("0.5"), factor_high=Decimal("0.5")),),
)
TENTH = replace(HALF, dose=(Dose(Phase.START, factor_low=Decimal("0.1"), factor_high=Decimal("0.1")),))
CAP_20 = Directive(
    Action.LIMIT_DOSE, dose=(Dose(Phase.MAXIMUM, cap=Decimal(20), is_cap_exclusive=True, unit="mg/day"),)
)

GUIDELINES = (
    # one gene by phenotype, with an alternative that ENZ rules out, one that it does not, and one in no release
    guideline(
        "simplol",
        ("ENZ",),
        recommend("s1", {"ENZ": NORMAL}, STANDARD),
        recommend("s2", {"ENZ": INTERMEDIATE}, HALF, "Moderate"),
        recommend("s3", {"ENZ": POOR}, replace(AVOID, alternatives=("rivalol", "altaline", "an unlisted drug"))),
        recommend("s4", {"ENZ": INDETERMINATE}, NOTHING, "No Recommendation", missing=("ENZ",)),
    ),
    guideline("rivalol", ("ENZ",), recommend("r1", {"ENZ": NORMAL}, STANDARD), recommend("r2", {"ENZ": POOR}, HALF)),
    # activity score; a label that forbids it in children and informs on breastfeeding
    guideline(
        "scoreine",
        ("SCORE",),
        recommend("c1", {"SCORE": "0.0"}, AVOID),
        recommend("c2", {"SCORE": ("0.25", "0.5", "1.0")}, STANDARD, "Moderate"),
        recommend("c3", {"SCORE": ("1.25", "2.0", "2.25")}, STANDARD),
        recommend("c4", {"SCORE": ("2.5", "≥3.0", "≥3.75")}, AVOID),
        recommend("c5", {"SCORE": "n/a"}, NOTHING, "No Recommendation", missing=("SCORE",)),
        label_contraindications=(
            Branch(Condition({"age_below": "12"}), Directive(Action.CONTRAINDICATED, level=Level.ABSOLUTE), ("label",)),
            Branch(Condition({"breastfeeding": "yes"}), AVOID, is_unverified=True),
        ),
    ),
    # a cap: "use another; if it must be used, below 20 mg a day"
    guideline(
        "capstatin",
        ("ENZ",),
        recommend("p1", {"ENZ": NORMAL}, STANDARD),
        recommend("p2", {"ENZ": INTERMEDIATE}, Directive(Action.USE_ALTERNATIVE, fallback=CAP_20)),
        recommend("p3", {"ENZ": POOR}, CAP_20),
    ),
    # two genes; the source answers "standard" when the second is not tested
    guideline(
        "pairine",
        ("ENZ", "ENZB"),
        recommend("d1", {"ENZ": NORMAL, "ENZB": NORMAL}, STANDARD),
        recommend("d2", {"ENZ": NORMAL, "ENZB": POOR}, HALF, "Optional"),
        recommend("d3", {"ENZ": POOR, "ENZB": (NORMAL, POOR)}, AVOID),
        recommend("d4", {"ENZ": NORMAL, "ENZB": "No Result"}, STANDARD, missing=("ENZB",)),
        recommend("d5", {"ENZ": POOR, "ENZB": "No Result"}, AVOID, missing=("ENZB",)),
        recommend("d6", {"ENZ": NORMAL, "ENZB": INDETERMINATE}, NOTHING, "No Recommendation", missing=("ENZB",)),
    ),
    # two genes; the source has no row for an unknown one
    guideline(
        "thiotoy",
        ("ENZ", "ENZB"),
        recommend("t1", {"ENZ": NORMAL, "ENZB": NORMAL}, STANDARD),
        recommend("t2", {"ENZ": NORMAL, "ENZB": POOR}, AVOID),
        recommend("t3", {"ENZ": INTERMEDIATE, "ENZB": NORMAL}, HALF),
        recommend("t4", {"ENZ": INTERMEDIATE, "ENZB": POOR}, AVOID),
        recommend("t5", {"ENZ": POOR, "ENZB": (NORMAL, POOR)}, AVOID),
    ),
    # two genes that both lower the dose, by how much they do so together
    guideline(
        "doseine",
        ("ENZ", "ENZB"),
        recommend("d1", {"ENZ": NORMAL, "ENZB": NORMAL}, STANDARD),
        recommend("d2", {"ENZ": NORMAL, "ENZB": POOR}, TENTH),
        recommend("d3", {"ENZ": INTERMEDIATE, "ENZB": NORMAL}, HALF),
        recommend("d4", {"ENZ": INTERMEDIATE, "ENZB": POOR}, TENTH),
        recommend("d5", {"ENZ": POOR, "ENZB": (NORMAL, POOR)}, TENTH),
    ),
    # tested by default before the first dose
    guideline(
        "fluorotoy",
        ("DPX",),
        recommend("f1", {"DPX": "2.0"}, STANDARD),
        recommend("f2", {"DPX": ("1.0", "1.5")}, HALF, is_severe_harm=True),
        recommend("f3", {"DPX": ("0.0", "0.5")}, AVOID, is_severe_harm=True),
        is_pretest_default=True,
    ),
    guideline(
        "hlavir",
        ("HLA-X",),
        recommend("h1", {"HLA-X": "*01:01 negative"}, STANDARD),
        recommend("h2", {"HLA-X": "*01:01 positive"}, AVOID, is_severe_harm=True),
        is_pretest_default=True,
    ),
    # populations by use so far
    guideline(
        "usezepine",
        ("HLA-X",),
        recommend("u1", {"HLA-X": "*02:02 negative"}, STANDARD, population="naive"),
        recommend("u2", {"HLA-X": "*02:02 positive"}, AVOID, population="naive"),
        recommend("u3", {"HLA-X": "*02:02 negative"}, STANDARD, population="tolerated"),
        recommend(
            "u4", {"HLA-X": "*02:02 positive"}, Directive(Action.USE_WITH_CAUTION), "Optional", population="tolerated"
        ),
        populations=(
            Population("naive", Condition({"prior_use": "naive"}), "prior_use"),
            Population("tolerated", Condition({"prior_use": "over_3_months"}), "prior_use"),
        ),
    ),
    # no negative result
    guideline(
        "gasane",
        ("MUSCLE",),
        recommend(
            "g1",
            {"MUSCLE": "Malignant Hyperthermia Susceptibility"},
            Directive(Action.CONTRAINDICATED, level=Level.RELATIVE),
            is_severe_harm=True,
        ),
        recommend("g2", {"MUSCLE": "Uncertain Susceptibility"}, Directive(Action.NOT_EXCLUDED), missing=("MUSCLE",)),
    ),
    # branches
    guideline(
        "branchine",
        ("ENZ",),
        recommend(
            "b1",
            {"ENZ": POOR},
            HALF,
            branches=(
                Branch(Condition({"indication": "malignancy"}), replace(HALF, modality=Modality.CONSIDER)),
                Branch(Condition({"indication": "nonmalignancy"}), Directive(Action.USE_ALTERNATIVE)),
            ),
        ),
        recommend("b2", {"ENZ": NORMAL}, STANDARD),
    ),
    guideline("hardarin", ("ENZ",), is_computable=False, not_computable_because="guideline_not_in_release"),
)


PEOPLE = People(
    enzyme_tests=(
        EnzymeTest("ENZ", transfusion_days=120, haemolysis_days=90, upheld=(POOR,), citations=(Citation("toy"),)),
    ),
    states=(
        PersonState("low_confidence_severe_hepatic_disease", child_pugh="C", acts_in=Tissue.LIVER),
        PersonState("low_confidence_neonate", age_below_days=28, acts_in=Tissue.LIVER),
        PersonState("pregnancy_raises", is_pregnant=True, genes=("ENZ",)),
        PersonState("active_metabolite_kept_by_kidney", egfr_below=Decimal(30), drugs=("simplol",)),
    ),
)


def knowledge(
    interactions: tuple[Interaction, ...] = (), guidelines: tuple[DrugGuideline, ...] = GUIDELINES
) -> Knowledge:
    names = [*(g.drug for g in guidelines), "altaline", "modulol"]
    drugs = {name: Drug(name) for name in names}
    drugs["olols"] = Drug("olols", DrugKind.GROUP, members=("simplol", "rivalol"))
    held: dict[str, tuple[DrugGuideline, ...]] = {}
    for g in guidelines:
        held[g.drug] = (*held.get(g.drug, ()), g)
    return Knowledge(
        head=ReleaseHead("toy", "", "t", ()),
        hash="",
        function_set="t",
        function_sets=("t",),
        genes=GENES,
        drugs=drugs,
        interactions=interactions,
        guidelines=held,
        people=PEOPLE,
    )


def _phenotype(symbol: str, key: str, diplotype: str) -> Phenotype:
    scored = GENES[symbol].lookup is Lookup.ACTIVITY_SCORE
    names = [Allele(a) for a in diplotype.split("/")]
    return Phenotype(symbol, key, key if scored else "", (key,), (), Diplotype(names[0], names[1]))


def result(
    symbol: str,
    key: str,
    *,
    others: Mapping[str, float] | None = None,
    unknown_alleles: int = 0,
    diplotype: str = "*1/*2",
    source: CallSource = CallSource.GENOTYPES,
    **call: object,
) -> GenePhenotype:
    """A called result with lookup key ``key``; ``others`` gives further readings with their probabilities."""
    others = others or {}
    phenotype = _phenotype(symbol, key, diplotype)
    readings = [
        (phenotype, 1 - sum(others.values())),
        *((_phenotype(symbol, k, "*2/*2"), p) for k, p in others.items()),
    ]
    assert phenotype.diplotype is not None
    settings: dict[str, object] = {"status": CallStatus.CALLED, **call}
    made = DiplotypeCall(
        symbol,
        source=source,
        diplotypes=(phenotype.diplotype,),
        candidates=tuple(Candidate(p.diplotype, share, unknown_alleles) for p, share in readings if p.diplotype),
        **settings,  # type: ignore[arg-type]
    )
    return GenePhenotype(made, (phenotype,), tuple(PhenotypeCandidate(p, share) for p, share in readings), "t")


def typed(*statuses: str) -> GenePhenotype:
    """HLA-X as another laboratory typed it: one status an allele."""
    call = DiplotypeCall("HLA-X", CallStatus.CALLED, CallSource.OUTSIDE)
    every = Phenotype("HLA-X", "; ".join(statuses), "", statuses)
    listed = tuple(Phenotype("HLA-X", s, "", (s,)) for s in statuses)
    return GenePhenotype(call, listed, (PhenotypeCandidate(every, 1.0),), "t")


def people(*results: GenePhenotype) -> dict[str, GenePhenotype]:
    return {r.gene: r for r in results}


def headline(
    drug: str,
    *results: GenePhenotype,
    patient: Patient | None = None,
    kind: EventKind = EventKind.ORDER,
    release: Knowledge | None = None,
) -> Advice:
    return all_advice(drug, *results, patient=patient, kind=kind, release=release)[0]


def all_advice(
    drug: str,
    *results: GenePhenotype,
    patient: Patient | None = None,
    kind: EventKind = EventKind.ORDER,
    release: Knowledge | None = None,
) -> tuple[Advice, ...]:
    return advise(people(*results), patient or Patient(), Event(kind, (drug,)), release or knowledge())


def ordered(drug: str, amount: str | None = None, times: str | None = None, **more: object) -> Patient:
    order = MedicationOrder(
        drug,
        drug,
        amount=None if amount is None else Decimal(amount),
        unit="mg" if amount is not None else "",
        times_per_day=None if times is None else Decimal(times),
        **more,  # type: ignore[arg-type]
    )
    return Patient(medications=(order,))
