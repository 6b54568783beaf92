"""The built-in writer over simulated patients: complete, in bounds, the same for the same seed, and well formed."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import rxweave.knowledge
import rxweave.narrative
from rxweave.knowledge import load_release
from rxweave.knowledge.guidelines import Action
from rxweave.narrative.attack.cases import random_sheets
from rxweave.narrative.builtin import sentences_for, write
from rxweave.narrative.clauses import condition_clause
from rxweave.narrative.fact_words import fact_words
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.narrative import Audience, Sentence, SentenceKind
from rxweave.narrative.planning import audience_plan, plan
from rxweave.narrative.reading import reading_grade
from rxweave.narrative.templates import templates

CLINICIANS = (Audience.PRESCRIBER, Audience.CONSULT, Audience.PAYER)
#: What a letter to a patient has to tell: doses, sources and risks stay with the clinicians.
FOR_PATIENTS = {
    FactKind.ACTION,
    FactKind.COVERAGE,
    FactKind.AVOID_WITH,
    FactKind.MISSING,
    FactKind.FINDING,
    FactKind.CONVERSION,
}
VOCABULARY = Path(rxweave.knowledge.__file__).parent / "releases" / "2026.1" / "guidelines" / "vocabulary.toml"

MALFORMED = {
    "doubled word": re.compile(r"\b(\w+) \1\b", re.IGNORECASE),
    "doubled space": re.compile(r"\s\s|\s[.,;:)]|\(\s"),
    "punctuation": re.compile(r"[,;:]\s*[.,;:]|\.\.|\(\)"),
    "code or blank": re.compile(r"[{}]|[a-z]_[a-z]|\bNone\b|\bn/a\b"),
    "article": re.compile(r"\ba (?:an|the|intermediate|ultrarapid|[aeio]\w+)\b|\ban [bcdfgjklmnpqrstvwxyz]\w+"),
    "banned": re.compile(r"\b(?:safe|safely|will|guaranteed?)\b", re.IGNORECASE),
}


@pytest.fixture(scope="module")
def sheets() -> list[FactSheet]:
    return list(itertools.islice(random_sheets(load_release(), seed=20260), 60))


def _narratives(sheets: list[FactSheet]) -> Iterator[tuple[FactSheet, Audience, tuple[Sentence, ...]]]:
    for place, sheet in enumerate(sheets):
        for audience in Audience:
            yield sheet, audience, write(sheet, audience, seed=place)


def _words(sentences: tuple[Sentence, ...]) -> int:
    return sum(len(s.text.split()) for s in sentences)


def test_every_essential_fact_is_stated(sheets: list[FactSheet]) -> None:
    for sheet, audience, sentences in _narratives(sheets):
        stated = {i for s in sentences for i in s.facts}
        needed = [f for f in sheet.facts if f.is_essential]
        if audience is Audience.PATIENT:
            needed = [f for f in needed if f.kind in FOR_PATIENTS]
        assert [f.id for f in needed if f.id not in stated] == [], (audience, sheet.drugs)


def test_every_sentence_cites_facts_of_the_sheet_or_is_boilerplate(sheets: list[FactSheet]) -> None:
    t = templates()
    boilerplate = {t.fill("boilerplate", code) for code in t.codes("boilerplate")}
    for sheet, _, sentences in _narratives(sheets):
        known = {f.id for f in sheet.facts}
        for s in sentences:
            assert known.issuperset(s.facts)
            assert (s.kind is SentenceKind.BOILERPLATE) == (not s.facts), s
            assert s.facts or s.text in boilerplate, s.text


def test_every_sentence_is_well_formed(sheets: list[FactSheet]) -> None:
    for sheet, audience, sentences in _narratives(sheets):
        for s in sentences:
            assert s.text.endswith(".") and s.text[0] == s.text[0].upper() and s.text == s.text.strip(), s.text
            assert s.text.count("(") == s.text.count(")"), s.text
            found = {name: m.group() for name, rule in MALFORMED.items() if (m := rule.search(s.text))}
            assert not found, (found, audience, sheet.drugs, s.text)


def test_headings_come_in_order_and_together(sheets: list[FactSheet]) -> None:
    t = templates()
    for _, audience, sentences in _narratives(sheets):
        headings = [h for h, _ in itertools.groupby(s.heading for s in sentences)]
        assert len(headings) == len(set(headings)), headings
        assert all(t.has("heading", h) for h in headings)
        if audience is not Audience.PATIENT:
            order = audience_plan(audience).headings
            assert headings == [h for h in order if h in headings]


def test_notes_are_no_longer_than_their_audience_reads_unless_all_of_it_is_needed(sheets: list[FactSheet]) -> None:
    long = []
    for sheet, audience, sentences in _narratives(sheets):
        if audience is Audience.PATIENT:
            continue
        _, ceiling = audience_plan(audience).words
        if _words(sentences) > ceiling:
            long.append((audience, sheet.drugs))
            needed = {f.id for m in plan(sheet, audience, is_tight=True) if m.weight == 0 for f in m.facts}
            assert all(needed.intersection(s.facts) for s in sentences), (audience, sheet.drugs)
    assert len(long) <= len(sheets) * 3 * 0.03, long


def test_a_typical_note_for_a_prescriber_has_about_120_words(sheets: list[FactSheet]) -> None:
    lengths = sorted(_words(write(s, Audience.PRESCRIBER)) for s in sheets)
    assert 70 <= lengths[len(lengths) // 2] <= 135


def test_letters_ask_for_six_to_eight_years_of_school(sheets: list[FactSheet]) -> None:
    grades = [reading_grade(" ".join(s.text for s in write(x, Audience.PATIENT, seed=p))) for p, x in enumerate(sheets)]
    assert all(5.7 <= g <= 8.0 for g in grades), sorted(grades)
    assert 6.0 <= sum(grades) / len(grades) <= 7.5


def test_the_same_seed_gives_the_same_words_and_another_seed_the_same_facts(sheets: list[FactSheet]) -> None:
    varied = 0
    for sheet in sheets[:25]:
        for audience in Audience:
            first = write(sheet, audience, seed=1)
            assert first == write(sheet, audience, seed=1)
            other = write(sheet, audience, seed=2)
            if audience is Audience.PATIENT:
                assert {i for s in first for i in s.facts} == {i for s in other for i in s.facts}
            varied += [s.text for s in first] != [s.text for s in other]
    assert varied > 50


def test_what_holds_under_a_condition_is_said_with_it(sheets: list[FactSheet]) -> None:
    t, seen = templates(), 0
    for sheet, audience, sentences in _narratives(sheets):
        facts = {f.id: f for f in sheet.facts}
        for s in sentences:
            for fact in (facts[i] for i in s.facts):
                if fact.scope and fact.kind is FactKind.ACTION and fact.condition and audience is not Audience.PATIENT:
                    assert condition_clause(fact.condition, t).casefold() in s.text.casefold(), s.text
                    seen += 1
                elif fact.scope in ("fallback", "next_step"):
                    assert re.match(r"If .+ must be used, |As a next step ", s.text), s.text
                    seen += 1
    assert seen > 20


def test_no_patient_is_told_to_stop_or_given_a_number(sheets: list[FactSheet]) -> None:
    for sheet in sheets:
        text = " ".join(s.text for s in write(sheet, Audience.PATIENT))
        assert "Never stop or change a medicine without asking" in text
        assert not re.search(r"(?<!Never )\bstop\b", text), text
        assert not re.search(r"\d\s?(?:%|mg)|activity score|\*\d", text), text
        assert not re.search(r"\b(?:fatal|death|dangerous|severe|poor|ultrarapid|normal)\b", text, re.IGNORECASE), text


def test_beside_an_advice_to_change_nothing_stands_which_gene_is_not_known() -> None:
    same = replace(AVOID, code="standard", values={})
    untested = replace(FOUND, code="not_tested", values={"phenotype": "No Result"})
    missing = Fact("codeine/missing/CYP2D6", FactKind.MISSING, "codeine", "CYP2D6")
    for found in (untested, FOUND):
        for audience in Audience:
            sentences = write(_sheet(same, found, missing), audience)
            told = [s for s in sentences if same.id in s.facts]
            assert told and all("CYP2D6" in s.text for s in told), told
            assert any(w in s.text for s in told for w in ("no usable result", "not settle")), told


def test_sentences_for_state_just_the_facts_that_were_asked_for(sheets: list[FactSheet]) -> None:
    for sheet in sheets[:12]:
        for audience in CLINICIANS:
            for fact in sheet.facts:
                said = sentences_for([fact], sheet, audience)
                assert said and all(s.facts == (fact.id,) for s in said), fact.id
                assert all(s.heading in audience_plan(audience).headings for s in said)
            everything = sentences_for(sheet.facts, sheet, audience)
            assert {f.id for f in sheet.facts} == {i for s in everything for i in s.facts}


def test_every_fact_has_words_of_its_own(sheets: list[FactSheet]) -> None:
    for sheet in sheets:
        for fact in sheet.facts:
            text = fact_words(fact, sheet)
            assert text and not re.search(r"[{}]|  |[a-z]_[a-z]", text), (fact.id, text)
            if fact.scope and fact.condition:
                assert condition_clause(fact.condition, templates()) in text


def test_every_meaning_has_plain_words() -> None:
    vocabulary = tomllib.loads(VOCABULARY.read_text(encoding="utf-8"))
    t = templates()
    assert [c for c in vocabulary["implication"] if not t.has("plain.implication", c)] == []
    meanings = {t.fill("plain.implication", c) for c in vocabulary["implication"]}
    assert meanings <= set(t.codes("plain.meaning"))
    terms = tomllib.loads((Path(rxweave.narrative.__file__).parent / "terms" / "en.toml").read_text(encoding="utf-8"))
    questions = [*vocabulary["question"], *terms["missing"]]
    assert [q for q in questions if not (t.has("missing", q) and t.has("plain.missing", q))] == []
    for action in Action:
        assert all(
            t.has(f"{section}{form}", action.value)
            for section in ("action.", "plain.action.")
            for form in ("do", "consider")
        )
        assert all(t.has(f"action.{form}", action.value) for form in ("do_it", "consider_it"))


def _sheet(*facts: Fact, drugs: tuple[str, ...] = ("codeine",)) -> FactSheet:
    return FactSheet(facts, drugs, "2026.1")


def _text(sheet: FactSheet, audience: Audience = Audience.PRESCRIBER) -> str:
    return " ".join(s.text for s in write(sheet, audience))


AVOID = Fact("codeine/action", FactKind.ACTION, "codeine", code="avoid", values={"reason": "inefficacy"})
FOUND = Fact(
    "codeine/gene/CYP2D6",
    FactKind.FINDING,
    "codeine",
    "CYP2D6",
    "result",
    {"diplotype": "*4/*4", "phenotype": "Poor Metabolizer", "activity_score": "0.0"},
)


def test_an_action_a_result_and_its_meaning_read_as_a_note() -> None:
    meaning = Fact("codeine/i", FactKind.IMPLICATION, "codeine", "CYP2D6", "greatly_reduced_activation")
    said = [s.text for s in write(_sheet(AVOID, FOUND, meaning), Audience.PRESCRIBER)]
    result = "CYP2D6 is *4/*4 (poor metabolizer, activity score 0)"
    assert said[:2] == [
        "Avoid codeine, because a weaker effect is expected.",
        f"{result}: with codeine, much less of the active metabolite forms.",
    ]


def test_one_result_is_told_once_for_several_drugs_and_one_advice_for_those_who_share_it() -> None:
    twin = [replace(f, id=f.id.replace("codeine", "tramadol"), drug="tramadol") for f in (AVOID, FOUND)]
    text = _text(_sheet(AVOID, FOUND, *twin, drugs=("codeine", "tramadol")))
    assert text.startswith("Avoid codeine and tramadol, because a weaker effect is expected.")
    assert text.count("*4/*4") == 1


def test_genes_that_mean_the_same_are_told_together() -> None:
    other = replace(FOUND, id="codeine/gene/CYP2C19", gene="CYP2C19", values={"diplotype": "*2/*2"})
    meaning = Fact("codeine/i/1", FactKind.IMPLICATION, "codeine", "CYP2D6", "greatly_reduced_metabolism")
    same = replace(meaning, id="codeine/i/2", gene="CYP2C19")
    found = "CYP2D6 is *4/*4 (poor metabolizer, activity score 0), and CYP2C19 is *2/*2"
    text = _text(_sheet(AVOID, FOUND, other, meaning, same))
    assert f"{found}: " in text and text.count("much more slowly") == 1 and " both" in text


def test_a_gene_with_a_result_is_not_among_those_without() -> None:
    values = {"genes": "CYP2C19;CYP2D6", "source": "CPIC"}
    waits = Fact("codeine/coverage", FactKind.COVERAGE, "codeine", code="gene_not_tested", values=values)
    missing = Fact("codeine/missing/CYP2C19", FactKind.MISSING, "codeine", "CYP2C19")
    text = _text(_sheet(waits, FOUND, missing))
    assert text == "There is no usable result for the genes that decide on codeine (CYP2C19)."


def test_what_follows_in_a_branch_keeps_the_condition_of_the_branch() -> None:
    branch = replace(AVOID, id="codeine/branch:0/action", scope="branch:0", condition={"age_below": "12"})
    less = {"id": "codeine/branch:0/fallback/action", "scope": "branch:0/fallback", "code": "reduce_dose", "values": {}}
    text = _text(_sheet(AVOID, branch, replace(branch, **less)), Audience.CONSULT)  # type: ignore[arg-type]
    assert "Under 12 years of age: if codeine must be used, reduce its dose." in text


def test_a_dose_names_its_phase() -> None:
    less = replace(AVOID, code="reduce_dose", values={"reason": "toxicity", "modality": "consider"})
    load = Fact("codeine/dose/load", FactKind.DOSE, "codeine", code="load", values={"direction": "usual"})
    keep = replace(
        load, id="codeine/dose/maintain", code="maintain", values={"factor_low": "0.5", "factor_high": "0.5"}
    )
    assert _text(_sheet(less, load, keep)).startswith(
        "Consider a lower dose of codeine, because of a higher risk of harm: "
        "loading dose as usual; maintenance dose 50% of the usual dose."
    )


def test_a_test_is_due_before_the_drug_is_given() -> None:
    first = replace(AVOID, code="test_first", values={"reason": "toxicity"})
    values = {"method": "genotype", "before_first_dose": "yes"}
    order = Fact("codeine/test/CYP2D6/not_tested", FactKind.TEST, "codeine", "CYP2D6", "not_tested", values)
    assert _text(_sheet(first, order)).startswith(
        "Because of a higher risk of harm, test CYP2D6 (genotyping) before codeine is given, "
        "as there is no result so far."
    )


def test_a_carrier_is_asked_to_tell_every_clinician() -> None:
    values = {"phenotype": "*57:01 positive"}
    carrier = Fact("abacavir/gene/HLA-B", FactKind.FINDING, "abacavir", "HLA-B", "result", values)
    action = replace(AVOID, id="abacavir/action", drug="abacavir")
    letter = _text(_sheet(action, carrier, drugs=("abacavir",)), Audience.PATIENT)
    assert "Tell every doctor, dentist and pharmacist about your HLA-B result, and carry this card with you." in letter
    other = replace(carrier, values={"phenotype": "*57:01 negative"})
    assert "carry this card" not in _text(_sheet(action, other, drugs=("abacavir",)), Audience.PATIENT)


@pytest.mark.long
def test_over_hundreds_of_patients_nothing_essential_is_left_out_and_nothing_is_malformed() -> None:
    sheets = list(itertools.islice(random_sheets(load_release(), seed=7), 600))
    test_every_essential_fact_is_stated(sheets)
    test_every_sentence_cites_facts_of_the_sheet_or_is_boilerplate(sheets)
    test_every_sentence_is_well_formed(sheets)
    test_headings_come_in_order_and_together(sheets)
    test_notes_are_no_longer_than_their_audience_reads_unless_all_of_it_is_needed(sheets)
    test_letters_ask_for_six_to_eight_years_of_school(sheets)
    test_no_patient_is_told_to_stop_or_given_a_number(sheets)
