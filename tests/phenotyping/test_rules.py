"""Each phenotype rule on a toy gene: function pairs, one copy, scores and their bands, lowest function, unknowns."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxweave.calling.diplotype import Allele, CallStatus, Candidate, Diplotype, DiplotypeCall
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.genes import (
    AlleleFunction,
    CallingMethod,
    CallingRules,
    Gene,
    Lookup,
    PhenotypeRules,
    ScoreBand,
)
from rxweave.phenotyping import ActivityScore, GenePhenotype, assign_phenotype, phenotype_of_score

BANDS = (
    ScoreBand(Decimal("0"), Decimal("0"), True, True, "Poor"),
    ScoreBand(Decimal("0"), Decimal("1.25"), False, False, "Intermediate"),
    ScoreBand(Decimal("1.25"), Decimal("2.25"), True, True, "Normal"),
    ScoreBand(Decimal("2.25"), Decimal("6"), False, True, "Ultrarapid"),
)
SCORED = PhenotypeRules(bands=BANDS, otherwise="Indeterminate", names=("Poor", "Intermediate", "Normal", "Ultrarapid"))
PAIRED = PhenotypeRules(
    pairs={
        ("No", "No"): "Poor",
        ("No", "Normal"): "Intermediate",
        ("Normal", "Normal"): "Normal",
        ("No", "Uncertain"): "Possible Intermediate",
        ("Normal", "Uncertain"): "Indeterminate",
        ("Uncertain", "Uncertain"): "Indeterminate",
    },
    single={"No": "Poor", "Normal": "Normal"},
    otherwise="Indeterminate",
    names=("Poor", "Intermediate", "Possible Intermediate", "Normal", "Indeterminate"),
)
SUSCEPTIBLE = PhenotypeRules(
    pairs={
        ("Harmful", "Harmful"): "Susceptible",
        ("Harmful", "Normal"): "Susceptible",
        ("Harmful", "Uncertain"): "Susceptible",
        ("Normal", "Normal"): "Not shown",
        ("Normal", "Uncertain"): "Not shown",
        ("Uncertain", "Uncertain"): "Not shown",
    },
    otherwise="n/a",
    names=("Susceptible", "Not shown"),
)
FUNCTIONS = {
    "paired": {"*1": ("Normal", ""), "*2": ("No", ""), "*3": ("Uncertain", "")},
    "scored": {
        "*1": ("Normal", "1.0"),
        "*1x2": ("Increased", "2.0"),
        "*1x≥3": ("Increased", "≥3.0"),
        "*2": ("Decreased", "0.25"),
        "*3": ("No", "0.0"),
        "*4": ("Uncertain", "n/a"),
    },
    "susceptible": {"Reference": ("Normal", ""), "a": ("Harmful", ""), "b": ("Uncertain", ""), "c": ("Harmful", "")},
}


def toy(kind: str, rules: PhenotypeRules, lookup: Lookup, calling: CallingRules) -> Gene:
    functions = {name: AlleleFunction(name, *given) for name, given in FUNCTIONS.get(kind, {}).items()}
    return Gene(
        symbol=kind.upper(),
        name="toy",
        hgnc_id="HGNC:0",
        chromosome="chr1",
        refseq="NC_000000.0",
        lookup=lookup,
        calling=calling,
        phenotype_rules=rules,
        function_sets={"2026-02": functions},
    )


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    lowest = CallingRules(method=CallingMethod.LOWEST_FUNCTION, undocumented_as_reference=True)
    scored = toy("scored", SCORED, Lookup.ACTIVITY_SCORE, CallingRules())
    status = CallingRules(method=CallingMethod.OUTSIDE_ONLY, tested_alleles=("*15:02", "*57:01"))
    genes = (
        toy("paired", PAIRED, Lookup.PHENOTYPE, CallingRules()),
        scored,
        replace(scored, symbol="LOWEST", calling=lowest),
        toy("susceptible", SUSCEPTIBLE, Lookup.PHENOTYPE, lowest),
        toy("status", PhenotypeRules(), Lookup.ALLELE_STATUS, status),
    )
    return replace(load_release(), genes={gene.symbol: gene for gene in genes})


def diplotype(text: str) -> Diplotype:
    """``*1/[*2 + *3]`` as alleles; one name is one copy."""
    alleles = [
        Allele.combination(tuple(name.strip("[]").split(" + "))) if name.startswith("[") else Allele(name)
        for name in text.split("/")
    ]
    return Diplotype(alleles[0], alleles[1] if len(alleles) > 1 else None)


def assign(
    knowledge: Knowledge,
    gene: str,
    *diplotypes: str,
    components: tuple[str, ...] = (),
    candidates: tuple[Candidate, ...] = (),
) -> GenePhenotype:
    found = tuple(map(diplotype, diplotypes))
    return assign_phenotype(
        DiplotypeCall(gene, CallStatus.CALLED, diplotypes=found, components=components, candidates=candidates),
        knowledge,
    )


@pytest.mark.parametrize(
    ("gene", "text", "phenotype", "score"),
    [
        ("PAIRED", "*1/*1", "Normal", ""),
        ("PAIRED", "*2/*1", "Intermediate", ""),
        ("PAIRED", "*1/*3", "Indeterminate", ""),
        ("PAIRED", "*2/*3", "Possible Intermediate", ""),
        ("PAIRED", "*2", "Poor", ""),
        ("PAIRED", "*3", "Indeterminate", ""),
        ("PAIRED", "*1/*99", "n/a", ""),
        ("PAIRED", "*1/[*1 + *2]", "Indeterminate", ""),
        ("SCORED", "*1/*3", "Intermediate", "1.0"),
        ("SCORED", "*1/*2", "Normal", "1.25"),
        ("SCORED", "*1x2/*2", "Normal", "2.25"),
        ("SCORED", "*1x2/*1", "Ultrarapid", "3.0"),
        ("SCORED", "*1x≥3/*2", "Ultrarapid", "≥3.25"),
        ("SCORED", "*1x≥3/*1x≥3", "Ultrarapid", "≥6.0"),
        ("SCORED", "*1/*4", "Indeterminate", "n/a"),
        ("SCORED", "*1/*99", "Indeterminate", "n/a"),
        ("SCORED", "*1", "Indeterminate", "n/a"),
    ],
)
def test_phenotype_of_a_diplotype(gene: str, text: str, phenotype: str, score: str, knowledge: Knowledge) -> None:
    (found,) = assign(knowledge, gene, text).phenotypes
    assert (found.name, found.activity_score) == (phenotype, score)
    assert found.lookup_keys == (score or phenotype,)


@pytest.mark.parametrize(
    ("score", "phenotype"),
    [
        ("0", "Poor"),
        ("0.01", "Intermediate"),
        ("1.24", "Intermediate"),
        ("1.25", "Normal"),
        ("2.25", "Normal"),
        ("2.26", "Ultrarapid"),
        ("6", "Ultrarapid"),
        ("6.01", "Indeterminate"),
        ("≥0", "Indeterminate"),
        ("≥1.5", "Indeterminate"),
        ("≥2.25", "Indeterminate"),
        ("≥2.5", "Ultrarapid"),
        ("≥6", "Ultrarapid"),
    ],
)
def test_bands_hold_exactly_the_ends_that_belong_to_them(score: str, phenotype: str) -> None:
    assert phenotype_of_score(ActivityScore.parse(score), SCORED) == phenotype


def test_bands_leave_a_gap_unknown() -> None:
    gap = PhenotypeRules(bands=(BANDS[0], BANDS[3]), otherwise="Indeterminate")
    assert phenotype_of_score(ActivityScore(Decimal(1)), gap) == "Indeterminate"
    assert phenotype_of_score(None, gap) == "Indeterminate"


@given(st.decimals(0, 100, places=2), st.booleans())
def test_scores_print_and_parse_back(value: Decimal, is_at_least: bool) -> None:
    score = ActivityScore(value, is_at_least)
    assert ActivityScore.parse(str(score)) == score
    assert ActivityScore.parse(str(score).replace("≥", ">=")) == score


@pytest.mark.parametrize("text", ["", "n/a", "-1", "NaN", "Infinity", "1,5", "≥"])
def test_what_is_no_score_is_not_read_as_one(text: str) -> None:
    assert ActivityScore.parse(text) is None


def test_several_diplotypes_give_each_phenotype_once_in_their_order(knowledge: Knowledge) -> None:
    found = assign(knowledge, "PAIRED", "*1/*2", "*2/*2", "*2/*1")
    assert [p.name for p in found.phenotypes] == ["Intermediate", "Poor"]
    assert [round(c.probability, 3) for c in found.candidates] == [0.333, 0.333, 0.333]
    assert found.shared is None


def test_shared_phenotype_of_different_diplotypes(knowledge: Knowledge) -> None:
    shared = assign(knowledge, "PAIRED", "*1/*2", "*2/*1").shared
    assert shared is not None
    assert shared.name == "Intermediate"


@pytest.mark.parametrize("status", [CallStatus.NO_CALL, CallStatus.NOT_COVERED])
@pytest.mark.parametrize(
    ("gene", "score"), [("PAIRED", ""), ("SCORED", "No Result"), ("STATUS", ""), ("LOWEST", "No Result")]
)
def test_a_gene_without_call_has_no_result(status: CallStatus, gene: str, score: str, knowledge: Knowledge) -> None:
    found = assign_phenotype(DiplotypeCall(gene, status), knowledge)
    assert [(p.name, p.activity_score, p.lookup_keys, p.is_known) for p in found.phenotypes] == [
        ("No Result", score, ("No Result",), False)
    ]
    assert found.candidates == ()
    assert found.shared is None


def test_fallback_diplotypes_stand_in_for_a_missing_call(knowledge: Knowledge) -> None:
    call = DiplotypeCall("PAIRED", CallStatus.NO_CALL, phenotype_diplotypes=(diplotype("*1/*2"),))
    found = assign_phenotype(call, knowledge)
    assert [p.name for p in found.phenotypes] == ["Intermediate"]
    assert [c.phenotype.name for c in found.candidates] == ["Intermediate"]


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("*44:02/*57:01", ["*15:02 negative", "*57:01 positive"]),
        ("*15:02/*57:01", ["*15:02 positive", "*57:01 positive"]),
        ("*07:02/*08:01", ["*15:02 negative", "*57:01 negative"]),
    ],
)
def test_allele_status_has_one_entry_a_tested_allele(text: str, statuses: list[str], knowledge: Knowledge) -> None:
    found = assign(knowledge, "STATUS", text)
    assert [p.name for p in found.phenotypes] == statuses
    assert [p.lookup_keys for p in found.phenotypes] == [(s,) for s in statuses]
    assert [c.phenotype.lookup_keys for c in found.candidates] == [tuple(statuses)]


# Lowest function


@pytest.mark.parametrize(
    ("texts", "score", "used"),
    [
        (["*1/*3"], "1.0", "*1/*3"),
        (["*1/[*2 + *3]"], "1.0", "*1/*3"),
        (["[*1 + *2]/[*1 + *3]"], "0.25", "*2/*3"),
        (["*1/[*2 + *3]", "*2/[*1 + *3]"], "0.25", "*2/*3"),
        (["*1/[*4 + *2]"], "n/a", "*1/[*4 + *2]"),
        (["*1/[*99 + *2]"], "n/a", "*1/[*99 + *2]"),
        (["*1/[*99 + *3]"], "1.0", "*1/*3"),
    ],
    ids=[
        "plain alleles",
        "lowest of a strand",
        "lowest of both strands",
        "lowest total of the possible diplotypes",
        "uncertain component",
        "unknown component",
        "no-function component decides its strand whatever else is there",
    ],
)
def test_lowest_function_of_each_strand(texts: list[str], score: str, used: str, knowledge: Knowledge) -> None:
    (found,) = assign(knowledge, "LOWEST", *texts).phenotypes
    assert (found.activity_score, str(found.diplotype)) == (score, used)


@pytest.mark.parametrize(
    ("components", "score"),
    [
        (("*1", "*3"), "1.0"),
        (("*1", "*2", "*3"), "0.25"),
        (("*2", "*2", "*1"), "0.5"),
        (("*3", "*99", "*3"), "0.0"),
        (("*4", "*3", "*3"), "0.0"),
        (("*4", "*3", "*1"), "n/a"),
        (("*3", "*99", "*2"), "n/a"),
    ],
)
def test_two_lowest_components_count_where_the_phase_is_unknown(
    components: tuple[str, ...], score: str, knowledge: Knowledge
) -> None:
    (found,) = assign(knowledge, "LOWEST", components=components).phenotypes
    assert found.activity_score == score
    (again,) = assign(knowledge, "LOWEST", components=components[::-1]).phenotypes
    assert again == found


@pytest.mark.parametrize(
    ("components", "used"),
    [(("Reference", "b", "c"), "Reference/c"), (("a", "b", "c"), "a/c"), (("Reference", "b"), "Reference/b")],
)
def test_harmful_alleles_come_first_where_there_is_no_score(
    components: tuple[str, ...], used: str, knowledge: Knowledge
) -> None:
    (found,) = assign(knowledge, "SUSCEPTIBLE", components=components).phenotypes
    assert str(found.diplotype) == used


# Unknown is never normal


@pytest.mark.parametrize(
    ("gene", "text", "unknown", "phenotype"),
    [
        ("PAIRED", "*1/*1", 0, "Normal"),
        ("PAIRED", "*1/*1", 1, "Indeterminate"),
        ("PAIRED", "*1/*2", 1, "Indeterminate"),
        ("PAIRED", "*2/*2", 1, "Poor"),
        ("PAIRED", "*2/*2", 2, "Poor"),
        ("PAIRED", "*1", 1, "Indeterminate"),
        ("LOWEST", "*1/*1", 1, "Indeterminate"),
        ("LOWEST", "*1/*3", 2, "Indeterminate"),
        ("LOWEST", "*3/*3", 2, "Poor"),
        ("LOWEST", "[*1 + *3]/*3", 1, "Poor"),
        ("SUSCEPTIBLE", "Reference/Reference", 1, "Indeterminate"),
        ("SUSCEPTIBLE", "Reference/a", 1, "Susceptible"),
        ("SUSCEPTIBLE", "Reference/a", 2, "Susceptible"),
        ("STATUS", "*07:02/*08:01", 1, "Indeterminate"),
    ],
)
def test_an_unknown_variant_leaves_only_what_holds_whatever_it_does(
    gene: str, text: str, unknown: int, phenotype: str, knowledge: Knowledge
) -> None:
    found = assign(knowledge, gene, text, candidates=(Candidate(diplotype(text), 1.0, unknown),))
    (candidate,) = found.candidates
    assert candidate.phenotype.name == phenotype
    without = assign(knowledge, gene, text)
    assert found.phenotypes == without.phenotypes  # the convention reads the unknown variant as reference


def test_the_same_diplotype_is_worked_out_once(knowledge: Knowledge) -> None:
    first, second = (assign(knowledge, "SCORED", "*1/*2").phenotypes[0] for _ in range(2))
    assert first is second


def test_remembering_calls_changes_no_answer_however_many_come(knowledge: Knowledge) -> None:
    texts = ["*1/*1", "*1/*2", "*2/*2"]
    calls = [DiplotypeCall("PAIRED", CallStatus.CALLED, diplotypes=(diplotype(texts[i % 3]),)) for i in range(5000)]
    names = [assign_phenotype(call, knowledge).phenotypes[0].name for call in (*calls, *calls)]
    assert names == [["Normal", "Intermediate", "Poor"][i % 3] for i in (*range(5000), *range(5000))]


def test_two_function_sets_of_one_release_do_not_share_results() -> None:
    call = DiplotypeCall("NUDT15", CallStatus.CALLED, diplotypes=(diplotype("*1/*4"),))
    answers = {s: assign_phenotype(call, load_release(functions=s)) for s in ("2025-11", "2026-02")}
    assert {s: found.phenotypes[0].name for s, found in answers.items()} == {
        "2025-11": "Indeterminate",
        "2026-02": "Intermediate Metabolizer",
    }
    assert {s: found.function_set for s, found in answers.items()} == {s: s for s in answers}
