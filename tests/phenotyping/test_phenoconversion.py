"""What co-medication makes of a result: the published rules, what is not applied and why, and what always holds."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxweave.calling.diplotype import (
    Allele,
    CallSource,
    CallStatus,
    Candidate,
    Diplotype,
    DiplotypeCall,
    StatedResult,
)
from rxweave.errors import BrokenRelease
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.conversions import RULES, WASHOUTS, read_conversions
from rxweave.knowledge.drugs import Interaction, Role, Strength
from rxweave.narrative.findings import conversion_phrases
from rxweave.patient.patient import MedicationOrder, Patient, YesNo
from rxweave.phenotyping import (
    Conversion,
    Exposure,
    GenePhenotype,
    Modulation,
    assign_phenotype,
    conversion_of_all,
    modulations,
    phenoconvert,
)

RELEASE = Path(__file__).parents[2] / "src" / "rxweave" / "knowledge" / "releases" / "2026.1"
TODAY = date(2026, 6, 1)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    """The release, with modulators whose strength these tests decide."""
    made_up = (
        Interaction("strongine", "CYP2D6", Role.INHIBITOR, Strength.STRONG, ("a",)),
        Interaction("moderatine", "CYP2D6", Role.INHIBITOR, Strength.MODERATE, ("a",)),
        Interaction("moderatine two", "CYP2D6", Role.INHIBITOR, Strength.MODERATE, ("a",)),
        Interaction("weakine", "CYP2D6", Role.INHIBITOR, Strength.WEAK, ("a",)),
        Interaction(
            "disputine", "CYP2D6", Role.INHIBITOR, Strength.MODERATE, ("a",), ("b (strong)", "unverified list (weak)")
        ),
        Interaction("inducine", "CYP2D6", Role.INDUCER, Strength.STRONG, ("a",)),
        Interaction("strongine", "CYP2C19", Role.INHIBITOR, Strength.STRONG, ("a",)),
        Interaction("moderatine", "CYP2C19", Role.INHIBITOR, Strength.MODERATE, ("a",)),
        Interaction("weakine", "CYP2C19", Role.INHIBITOR, Strength.WEAK, ("a",)),
        Interaction("inducine", "CYP2C19", Role.INDUCER, Strength.STRONG, ("a",)),
        Interaction("strongine", "CYP2C9", Role.INHIBITOR, Strength.STRONG, ("a",)),
        Interaction("inducine", "CYP3A4", Role.INDUCER, Strength.STRONG, ("a",)),
        Interaction("inducine", "CYP1A2", Role.INDUCER, Strength.STRONG, ("a",)),
    )
    return replace(load_release(), interactions=made_up)


def stated(gene: str, diplotype: str = "", *, phenotype: str = "", score: str = "") -> DiplotypeCall:
    pair = Diplotype(*map(Allele, diplotype.split("/"))) if diplotype else None
    result = StatedResult(pair, pair, phenotype, score)
    return DiplotypeCall(
        gene, CallStatus.CALLED, CallSource.STATED, diplotypes=(pair,) if pair else (), stated=(result,)
    )


def convert(call: DiplotypeCall, knowledge: Knowledge, *drugs: str) -> Conversion:
    return phenoconvert(assign_phenotype(call, knowledge), [MedicationOrder(d, d) for d in drugs], knowledge)


def shown(result: GenePhenotype) -> list[tuple[str, str]]:
    return [(p.name, p.activity_score) for p in result.phenotypes]


# CYP2D6: Crews 2021 and Nahid 2022. The score is multiplied by 0, 0.5 or 1 and read in CPIC's bands.


@pytest.mark.parametrize(
    ("diplotype", "drug", "expected"),
    [
        ("*1/*1", "strongine", [("Poor Metabolizer", "0.0")]),
        ("*1/*1", "moderatine", [("Intermediate Metabolizer", "1.0")]),
        ("*1/*1", "weakine", [("Normal Metabolizer", "2.0")]),
        ("*1/*4", "strongine", [("Poor Metabolizer", "0.0")]),
        ("*1/*4", "moderatine", [("Intermediate Metabolizer", "0.5")]),
        ("*1/*10", "moderatine", [("Intermediate Metabolizer", "0.625")]),
        ("*10/*41", "moderatine", [("Intermediate Metabolizer", "0.25")]),
        ("*4/*10", "moderatine", [("Intermediate Metabolizer", "0.125")]),
        ("*4/*4", "moderatine", [("Poor Metabolizer", "0.0")]),
        ("*1/*1x2", "moderatine", [("Normal Metabolizer", "1.5")]),
        ("*1/*1x2", "strongine", [("Poor Metabolizer", "0.0")]),
        ("*4/*1x≥3", "moderatine", [("Normal Metabolizer", "≥1.5"), ("Ultrarapid Metabolizer", "≥1.5")]),
        ("*1/*1x≥3", "moderatine", [("Normal Metabolizer", "≥2.0"), ("Ultrarapid Metabolizer", "≥2.0")]),
        ("*1x≥3/*1x≥3", "moderatine", [("Ultrarapid Metabolizer", "≥3.0")]),
        ("*1/*1x≥3", "strongine", [("Poor Metabolizer", "0.0")]),
    ],
)
def test_cyp2d6_activity_score_is_multiplied(
    knowledge: Knowledge, diplotype: str, drug: str, expected: list[tuple[str, str]]
) -> None:
    assert shown(convert(stated("CYP2D6", diplotype), knowledge, drug).clinical) == expected


def test_open_score_keeps_both_possibilities_with_a_key_of_each_band(knowledge: Knowledge) -> None:
    conversion = convert(stated("CYP2D6", "*4/*1x≥3"), knowledge, "moderatine")
    found = {p.phenotype.name: (p.phenotype.lookup_keys, p.probability) for p in conversion.clinical.possibilities}
    assert found == {"Normal Metabolizer": (("1.5",), 0.5), "Ultrarapid Metabolizer": (("2.5",), 0.5)}


def test_even_shares_of_an_open_score_are_not_offered_as_weights_of_diplotypes(knowledge: Knowledge) -> None:
    result = assign_phenotype(stated("CYP2D6", "*4/*1x≥3"), knowledge)
    assert [str(c.diplotype) for c in result.call.candidates] == ["*4/*1x≥3"]
    moderate, strong = (
        phenoconvert(result, [MedicationOrder(d, d)], knowledge).clinical for d in ("moderatine", "strongine")
    )
    assert moderate.call.candidates == ()
    assert [str(c.diplotype) for c in strong.call.candidates] == ["*4/*1x≥3"]


def test_a_phenotype_stated_without_its_score_is_converted_in_every_score_that_it_can_mean(
    knowledge: Knowledge,
) -> None:
    conversion = convert(stated("CYP2D6", phenotype="Normal Metabolizer"), knowledge, "moderatine")
    assert [p.name for p in conversion.clinical.phenotypes] == ["Intermediate Metabolizer"]
    assert conversion.clinical.phenotypes[0].lookup_keys == ("0.625", "0.75", "0.875", "1.0", "1.125")
    assert {c.phenotype.lookup_keys for c in conversion.clinical.candidates} == {
        ("0.625",), ("0.75",), ("0.875",), ("1.0",), ("1.125",),
    }  # fmt: skip


def test_the_strongest_inhibitor_counts_and_factors_are_not_multiplied(knowledge: Knowledge) -> None:
    conversion = convert(stated("CYP2D6", "*1/*1"), knowledge, "moderatine", "moderatine two", "weakine")
    assert shown(conversion.clinical) == [("Intermediate Metabolizer", "1.0")]
    assert conversion.applied == ("moderatine", "moderatine two")
    assert [(m.agent, m.because) for m in conversion.modulations if not m.is_applied] == [("weakine", "weak")]
    stronger = convert(stated("CYP2D6", "*1/*1"), knowledge, "moderatine", "strongine")
    assert stronger.applied == ("strongine",)
    assert reasons(stronger) == {"strongine": "", "moderatine": "weaker_than_another"}


def reasons(conversion: Conversion) -> dict[str, str]:
    return {m.agent: m.because for m in conversion.modulations}


@pytest.mark.parametrize("status", [CallStatus.NOT_COVERED, CallStatus.NO_CALL])
def test_a_strong_cyp2d6_inhibitor_makes_a_poor_metabolizer_of_a_person_without_a_result(
    knowledge: Knowledge, status: CallStatus
) -> None:
    conversion = convert(DiplotypeCall("CYP2D6", status), knowledge, "strongine")
    assert shown(conversion.clinical) == [("Poor Metabolizer", "0.0")]
    assert shown(conversion.genetic) == [("No Result", "No Result")]
    assert conversion.clinical.call.status is CallStatus.CALLED
    assert conversion.clinical.call.stated_phenotype == "Poor Metabolizer"


@pytest.mark.parametrize("drugs", [("moderatine",), ("weakine",)])
def test_without_a_strong_inhibitor_what_is_not_known_stays_unknown(
    knowledge: Knowledge, drugs: tuple[str, ...]
) -> None:
    for call in (DiplotypeCall("CYP2D6", CallStatus.NOT_COVERED), stated("CYP2D6", phenotype="Indeterminate")):
        conversion = convert(call, knowledge, *drugs)
        assert conversion.clinical is conversion.genetic
        assert set(reasons(conversion).values()) <= {"unknown_result", "weak"}


def test_nothing_is_left_to_inhibit_in_a_poor_metabolizer(knowledge: Knowledge) -> None:
    for drug in ("strongine", "moderatine"):
        conversion = convert(stated("CYP2D6", "*4/*4"), knowledge, drug)
        assert not conversion.is_changed
        assert conversion.applied == ()
        assert reasons(conversion) == {drug: "nothing_left"}


def test_a_call_of_unknown_variants_and_research_grade_does_not_weaken_a_strong_inhibitor(
    knowledge: Knowledge,
) -> None:
    call = replace(stated("CYP2D6", "*1/*1"), is_research_grade=True, undocumented=("chr22:1 A>T",))
    clinical = convert(call, knowledge, "strongine").clinical
    assert (clinical.call.is_research_grade, clinical.call.undocumented) == (False, ())
    assert [str(d) for d in clinical.call.diplotypes] == ["*1/*1"]


# CYP2C19: practice.


@pytest.mark.parametrize(
    ("diplotype", "drug", "expected"),
    [
        ("*1/*1", "strongine", "Poor Metabolizer"),
        ("*17/*17", "strongine", "Poor Metabolizer"),
        ("*17/*17", "moderatine", "Rapid Metabolizer"),
        ("*1/*17", "moderatine", "Normal Metabolizer"),
        ("*1/*1", "moderatine", "Intermediate Metabolizer"),
        ("*1/*2", "moderatine", "Poor Metabolizer"),
        ("*2/*2", "moderatine", "Poor Metabolizer"),
        ("*1/*2", "weakine", "Intermediate Metabolizer"),
    ],
)
def test_cyp2c19_goes_to_poor_or_one_step_down(knowledge: Knowledge, diplotype: str, drug: str, expected: str) -> None:
    conversion = convert(stated("CYP2C19", diplotype), knowledge, drug)
    assert [(p.name, p.lookup_keys) for p in conversion.clinical.phenotypes] == [(expected, (expected,))]
    if conversion.is_changed:
        assert (conversion.confidence, conversion.evidence) == ("practice", ("de Jong 2023",))


def test_an_untested_cyp2c19_stays_untested_under_a_strong_inhibitor(knowledge: Knowledge) -> None:
    conversion = convert(DiplotypeCall("CYP2C19", CallStatus.NOT_COVERED), knowledge, "strongine")
    assert not conversion.is_changed
    assert reasons(conversion) == {"strongine": "unknown_result"}


# What is shown and not applied.


@pytest.mark.parametrize(
    ("gene", "diplotype", "drug"),
    [("CYP2C9", "*1/*1", "strongine"), ("CYP3A5", "*1/*3", "inducine"), ("CYP2D6", "*1/*1", "inducine")],
)
def test_direction_only_changes_no_phenotype(knowledge: Knowledge, gene: str, diplotype: str, drug: str) -> None:
    conversion = convert(stated(gene, diplotype), knowledge, drug)
    assert not conversion.is_changed
    ((found),) = conversion.modulations
    assert (found.because, found.confidence, found.is_applied) == ("direction_only", "direction", False)


def test_where_sources_conflict_the_weakest_counts_and_the_others_are_named(knowledge: Knowledge) -> None:
    conversion = convert(stated("CYP2D6", "*1/*1"), knowledge, "disputine")
    assert conversion.clinical == convert(stated("CYP2D6", "*1/*1"), knowledge, "moderatine").clinical
    ((found),) = conversion.modulations
    assert (found.is_applied, found.strength, found.stronger_by) == (True, Strength.MODERATE, ("b (strong)",))
    assert conversion_phrases(conversion) == (
        "Disputine (at least moderate inhibitor): changes the result; sources differ on how strong it is and the "
        "weakest is counted: stronger by b (strong).",
    )


@pytest.mark.parametrize(
    ("order", "because"),
    [
        (MedicationOrder("s", "strongine", is_as_needed=True), "as_needed"),
        (MedicationOrder("s", "strongine", route="topical"), "route"),
        (MedicationOrder("s", "strongine", route="ophthalmic"), "route"),
        (MedicationOrder("s", "strongine", is_stopped=True), "washout_unknown"),
        (MedicationOrder("s", "strongine", stopped=TODAY - timedelta(days=30)), "washout_unknown"),
        (MedicationOrder("s", "strongine", route="oral"), ""),
        (MedicationOrder("s", "strongine", route="transdermal"), ""),
        (MedicationOrder("s", "strongine", stopped=TODAY + timedelta(days=3)), ""),
    ],
)
def test_why_a_modulator_is_not_applied(knowledge: Knowledge, order: MedicationOrder, because: str) -> None:
    conversion = phenoconvert(assign_phenotype(stated("CYP2D6", "*1/*1"), knowledge), [order], knowledge, on=TODAY)
    assert reasons(conversion) == {"strongine": because}
    assert conversion.is_changed is (because == "")
    assert conversion.unsettled == (("strongine",) if because == "washout_unknown" else ())


def test_the_line_on_which_a_drug_acts_most_counts(knowledge: Knowledge) -> None:
    orders = [MedicationOrder("s", "strongine", route="topical"), MedicationOrder("s", "strongine")]
    result = assign_phenotype(stated("CYP2D6", "*1/*1"), knowledge)
    for given_orders in (orders, orders[::-1]):
        assert phenoconvert(result, given_orders, knowledge).applied == ("strongine",)


def test_the_drug_asked_about_does_not_convert_its_own_advice(knowledge: Knowledge) -> None:
    result = assign_phenotype(stated("CYP2D6", "*1/*1"), knowledge)
    orders = [MedicationOrder("s", "strongine"), MedicationOrder("m", "moderatine")]
    assert phenoconvert(result, orders, knowledge, drug="strongine").applied == ("moderatine",)


# Time: fluoxetine is sourced, as is paroxetine; others are not.


@pytest.fixture(scope="module")
def release() -> Knowledge:
    return load_release()


@pytest.mark.parametrize(
    ("drug", "days", "exposure"),
    [
        ("fluoxetine", 0, Exposure.WASHING_OUT),
        ("fluoxetine", 63, Exposure.WASHING_OUT),
        ("fluoxetine", 64, None),
        ("paroxetine", 27, Exposure.WASHING_OUT),
        ("paroxetine", 28, None),
        ("bupropion", 7, Exposure.WASHING_OUT),
        ("bupropion", 8, None),
        ("mirabegron", 14, Exposure.WASHING_OUT),
        ("mirabegron", 15, None),
        ("quinidine", 0, Exposure.WASHING_OUT),
        ("quinidine", 2, None),
        ("moclobemide", 0, Exposure.WASHING_OUT),
        ("moclobemide", 30, Exposure.WASHOUT_UNKNOWN),  # no time is sourced
        ("moclobemide", 310, None),  # as long as the longest that is known
    ],
)
def test_a_stopped_inhibitor_acts_until_its_washout_is_over(
    release: Knowledge, drug: str, days: int, exposure: Exposure | None
) -> None:
    order = MedicationOrder(drug, drug, stopped=TODAY - timedelta(days=days))
    found = modulations("CYP2D6", [order], release, on=TODAY)
    assert [m.exposure for m in found] == ([] if exposure is None else [exposure])


def test_without_the_day_of_today_no_washout_is_over(release: Knowledge) -> None:
    order = MedicationOrder("fluoxetine", "fluoxetine", stopped=date(1999, 1, 1))
    (found,) = modulations("CYP2D6", [order], release)
    assert (found.exposure, found.because) == (Exposure.WASHOUT_UNKNOWN, "washout_unknown")


@pytest.mark.parametrize(
    ("started", "stopped", "exposure"),
    [
        (TODAY, None, Exposure.BUILDING_UP),
        (TODAY - timedelta(days=13), None, Exposure.BUILDING_UP),
        (TODAY - timedelta(days=14), None, Exposure.TAKEN),
        (TODAY + timedelta(days=1), None, None),
        (None, TODAY - timedelta(days=13), Exposure.WASHING_OUT),
        (None, TODAY - timedelta(days=14), None),
    ],
)
def test_inducers_take_two_weeks_each_way(
    knowledge: Knowledge, started: date | None, stopped: date | None, exposure: Exposure | None
) -> None:
    order = MedicationOrder("i", "inducine", started=started, stopped=stopped)
    found = modulations("CYP2C19", [order], knowledge, on=TODAY)
    assert [m.exposure for m in found] == ([] if exposure is None else [exposure])


def test_an_inhibitor_that_starts_today_is_applied(knowledge: Knowledge) -> None:
    order = MedicationOrder("s", "strongine", started=TODAY)
    result = assign_phenotype(stated("CYP2D6", "*1/*1"), knowledge)
    assert phenoconvert(result, [order], knowledge, on=TODAY).applied == ("strongine",)


# Smoking and inflammation.


def test_smoking_and_inflammation_inform(release: Knowledge) -> None:
    smoker = Patient(smoking="current", inflammation=YesNo.YES)
    found = {m.agent: m for m in modulations("CYP1A2", [], release, patient=smoker, on=TODAY)}
    assert set(found) == {"smoking", "inflammation"}
    assert found["smoking"].role is Role.INDUCER
    assert found["inflammation"].role is Role.INHIBITOR
    assert {m.because for m in found.values()} == {"direction_only"}
    assert all(m.sources for m in found.values())


@pytest.mark.parametrize(
    ("stopped", "exposure"),
    [
        (TODAY - timedelta(days=3), Exposure.WASHING_OUT),
        (TODAY - timedelta(days=60), None),
        (None, Exposure.WASHOUT_UNKNOWN),
    ],
)
def test_stopping_to_smoke_is_an_inducer_that_leaves(
    release: Knowledge, stopped: date | None, exposure: Exposure | None
) -> None:
    patient = Patient(smoking="stopped", smoking_stopped=stopped)
    found = modulations("CYP1A2", [], release, patient=patient, on=TODAY)
    assert [m.exposure for m in found] == ([] if exposure is None else [exposure])


def test_inflammation_never_changes_a_named_phenotype(release: Knowledge) -> None:
    result = assign_phenotype(stated("CYP2C19", "*1/*1"), release)
    conversion = phenoconvert(result, [], release, patient=Patient(inflammation=YesNo.YES))
    assert not conversion.is_changed
    assert reasons(conversion) == {"inflammation": "direction_only"}


# The release itself.


@pytest.mark.parametrize(
    ("gene", "drug", "expected"),
    [
        ("CYP2D6", "paroxetine", "Poor Metabolizer"),
        ("CYP2D6", "fluoxetine", "Poor Metabolizer"),
        ("CYP2D6", "bupropion", "Poor Metabolizer"),
        ("CYP2D6", "quinidine", "Poor Metabolizer"),
        ("CYP2D6", "duloxetine", "Intermediate Metabolizer"),
        ("CYP2D6", "mirabegron", "Intermediate Metabolizer"),
        ("CYP2D6", "escitalopram", "Normal Metabolizer"),
        ("CYP2D6", "terbinafine", "Intermediate Metabolizer"),
        ("CYP2D6", "cinacalcet", "Intermediate Metabolizer"),  # moderate or strong
        ("CYP2D6", "abiraterone", "Normal Metabolizer"),  # weak or moderate
        ("CYP2D6", "sertraline", "Normal Metabolizer"),  # weak or moderate
        ("CYP2C19", "fluvoxamine", "Poor Metabolizer"),
        ("CYP2C19", "fluconazole", "Poor Metabolizer"),
        ("CYP2C19", "moclobemide", "Intermediate Metabolizer"),
        ("CYP2C19", "omeprazole", "Intermediate Metabolizer"),
        ("CYP2C19", "rifampin", "Normal Metabolizer"),
    ],
)
def test_well_known_inhibitors_of_the_release(release: Knowledge, gene: str, drug: str, expected: str) -> None:
    assert [p.name for p in convert(stated(gene, "*1/*1"), release, drug).clinical.phenotypes] == [expected]


def test_every_rule_names_phenotypes_and_genes_of_the_release(release: Knowledge) -> None:
    codes = {source.code for source in release.head.sources}
    assert release.conversions.sources <= codes
    for rule in release.conversions.rules:
        names = set(release.gene(rule.gene).phenotype_rules.names)
        assert set(rule.becomes) | set(rule.becomes.values()) <= names
        assert not rule.becomes or names - {"Indeterminate"} == set(rule.becomes), rule
        assert (rule.score_factor is None) == (rule.becomes != {})
    assert set(release.conversions.washouts) <= set(release.drugs)


def test_all_genes_are_converted_in_their_order(knowledge: Knowledge) -> None:
    phenotypes = {
        "CYP2D6": assign_phenotype(stated("CYP2D6", "*1/*1"), knowledge),
        "CYP2C19": assign_phenotype(stated("CYP2C19", "*1/*2"), knowledge),
        "TPMT": assign_phenotype(stated("TPMT", "*1/*1"), knowledge),
    }
    found = conversion_of_all(phenotypes, [MedicationOrder("m", "moderatine")], knowledge)
    assert list(found) == list(phenotypes)
    assert [c.is_changed for c in found.values()] == [True, True, False]


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        (RULES, 'score_factor = "0.5"', 'score_factor = "half"', "no decimal number"),
        (RULES, 'score_factor = "0.5"', "", "give either score_factor or"),
        (RULES, 'strength = "moderate"', 'strength = "strong"', "stands twice"),
        (RULES, 'score_factor = "0.5"', 'score_factor = "0.5"\nis_for_unknown = true', "only a score times 0"),
        (RULES, "format = 1", "format = 2", "the only one"),
        (RULES, "induction_days", "induction_weeks", "missing"),
        (WASHOUTS, "fluoxetine\t64", "fluoxetine\tlong", "whole number"),
        (WASHOUTS, "fluoxetine\t64", "paroxetine\t64", "stands twice"),
        (WASHOUTS, "\tmechanism_based\t", "\tforever\t", "none of reversible, mechanism_based"),
        (WASHOUTS, "\tListon 2002\tCYP2D6 activity back at baseline after 63", "\t\tafter 63", "names no source"),
    ],
)
def test_broken_rules_are_refused_with_their_place(
    tmp_path: Path, file: str, before: str, after: str, message: str
) -> None:
    for name in (RULES, WASHOUTS):
        text = (RELEASE / name).read_text()
        if name == file:
            assert before in text
            text = text.replace(before, after, 1)
        (tmp_path / name).write_text(text)
    with pytest.raises(BrokenRelease, match=message) as caught:
        read_conversions(tmp_path)
    assert file in str(caught.value)


# What always holds, over candidates of any weight and any list of made-up modulators.

DRUGS = ("strongine", "moderatine", "moderatine two", "weakine", "disputine", "inducine")
PAIRS = {
    "CYP2D6": ("*1/*1", "*1/*4", "*4/*4", "*10/*41", "*1/*1x2", "*1/*1x≥3", "*4/*1x≥3", "*1/*22"),
    "CYP2C19": ("*1/*1", "*1/*2", "*2/*2", "*1/*17", "*17/*17", "*1/*9", "*2/*9", "*1/*12"),
}
RANK = {
    "Poor Metabolizer": 0, "Likely Poor Metabolizer": 1, "Intermediate Metabolizer": 2,
    "Likely Intermediate Metabolizer": 3, "Normal Metabolizer": 4, "Rapid Metabolizer": 5,
    "Ultrarapid Metabolizer": 6,
}  # fmt: skip


@st.composite
def results(draw: st.DrawFn) -> DiplotypeCall:
    """A call with one to five candidates, whose probabilities may leave some mass unlisted."""
    gene = draw(st.sampled_from(sorted(PAIRS)))
    names = draw(st.lists(st.sampled_from(PAIRS[gene]), min_size=1, max_size=5, unique=True))
    weights = draw(st.lists(st.integers(1, 20), min_size=len(names), max_size=len(names)))
    left = draw(st.sampled_from((0, 0, 3)))
    pairs = [Diplotype(*map(Allele, name.split("/"))) for name in names]
    total = sum(weights) + left
    unknown = draw(st.lists(st.sampled_from((0, 0, 0, 1)), min_size=len(names), max_size=len(names)))
    return DiplotypeCall(
        gene,
        CallStatus.CALLED,
        diplotypes=(pairs[0],),
        candidates=tuple(Candidate(p, w / total, n) for p, w, n in zip(pairs, weights, unknown, strict=True)),
        mass_left_out=left / total,
        candidates_possible=len(pairs) + left,
    )


lists = st.lists(st.sampled_from(DRUGS), max_size=4)


def orders(drugs: Sequence[str]) -> list[MedicationOrder]:
    return [MedicationOrder(d, d) for d in drugs]


def mass(result: GenePhenotype) -> float:
    return sum(p.probability for p in result.possibilities) + result.unknown_share


@settings(max_examples=150, deadline=None)
@given(results(), lists)
def test_no_probability_is_lost(knowledge: Knowledge, call: DiplotypeCall, drugs: list[str]) -> None:
    conversion = phenoconvert(assign_phenotype(call, knowledge), orders(drugs), knowledge)
    assert mass(conversion.clinical) == pytest.approx(mass(conversion.genetic))
    assert mass(conversion.clinical) == pytest.approx(1)
    clinical = conversion.clinical
    if len(clinical.call.candidates) == len(clinical.candidates):
        weights = [c.probability for c in clinical.candidates]
        assert [c.probability for c in clinical.call.candidates] == pytest.approx(weights)


@settings(max_examples=60, deadline=None)
@given(results(), lists)
def test_the_order_of_drugs_is_irrelevant(knowledge: Knowledge, call: DiplotypeCall, drugs: list[str]) -> None:
    result = assign_phenotype(call, knowledge)
    found = phenoconvert(result, orders(drugs), knowledge)
    for other in itertools.islice(itertools.permutations(drugs), 6):
        assert phenoconvert(result, orders(other), knowledge) == found


@settings(max_examples=100, deadline=None)
@given(results(), lists, st.sampled_from(("weakine", "inducine", "nothing known")))
def test_weak_and_inducing_drugs_change_no_phenotype(
    knowledge: Knowledge, call: DiplotypeCall, drugs: list[str], other: str
) -> None:
    result = assign_phenotype(call, knowledge)
    without = phenoconvert(result, orders(drugs), knowledge)
    beside = phenoconvert(result, orders([*drugs, other]), knowledge)
    assert beside.clinical == without.clinical
    assert beside.applied == without.applied


@settings(max_examples=100, deadline=None)
@given(results(), lists)
def test_nobody_gains_activity_and_nothing_stays_nothing(
    knowledge: Knowledge, call: DiplotypeCall, drugs: list[str]
) -> None:
    result = assign_phenotype(call, knowledge)
    conversion = phenoconvert(result, orders(drugs), knowledge)

    def share_up_to(found: GenePhenotype, rank: int) -> float:
        return sum(p.probability for p in found.possibilities if RANK.get(p.phenotype.name, 99) <= rank)

    for rank in range(7):
        assert share_up_to(conversion.clinical, rank) >= share_up_to(result, rank) - 1e-9
    if {p.name for p in result.phenotypes} == {"Poor Metabolizer"}:
        assert {p.name for p in conversion.clinical.phenotypes} == {"Poor Metabolizer"}


@settings(max_examples=100, deadline=None)
@given(results(), lists)
def test_the_strongest_alone_gives_the_same_phenotype(
    knowledge: Knowledge, call: DiplotypeCall, drugs: list[str]
) -> None:
    result = assign_phenotype(call, knowledge)
    found = phenoconvert(result, orders(drugs), knowledge)
    for agent in found.applied:
        assert phenoconvert(result, orders([agent]), knowledge).clinical == found.clinical
    assert all(_is_explained(m) for m in found.modulations)


def _is_explained(modulation: Modulation) -> bool:
    return modulation.is_applied == (modulation.because == "") and bool(modulation.confidence and modulation.sources)
