"""Our sentences: every code of the release has words, and every recommendation reads as a sentence."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

import rxweave.knowledge
from rxweave.guidance.advice import Advice, Coverage, GeneFinding, Possibility, TestToOrder
from rxweave.knowledge import load_release
from rxweave.knowledge.guidelines import Action, Directive, Dose, DrugGuideline, Modality, Phase, Reason, Recommendation
from rxweave.narrative import dose_phrase, phrase
from rxweave.narrative.figures import probability as worded_probability
from rxweave.narrative.words import sentence, words

VOCABULARY = Path(rxweave.knowledge.__file__).parent / "releases" / "2026.1" / "guidelines" / "vocabulary.toml"
BANNED = re.compile(r"\b(safe|safely|will)\b", re.IGNORECASE)


def _recommendations() -> Iterator[tuple[DrugGuideline, Recommendation]]:
    for guidelines in load_release().guidelines.values():
        for guideline in guidelines:
            for recommendation in guideline.recommendations:
                yield guideline, recommendation


def _advice(guideline: DrugGuideline, recommendation: Recommendation) -> Advice:
    genes = {
        gene: GeneFinding(gene, "", sorted(recommendation.when[gene])[0] if gene in recommendation.when else "")
        for gene in guideline.genes
    }
    return Advice(
        drug=guideline.drug,
        rxcui=guideline.rxcui,
        source=guideline.source,
        population=recommendation.population,
        coverage=Coverage.COMPUTED,
        directive=recommendation.directive,
        genes=genes,
        branches=recommendation.branches,
        missing=recommendation.missing,
        implications=recommendation.implications,
        risks=recommendation.risks,
        notes=recommendation.caveats,
        strength=recommendation.strength,
        evidence=guideline.citations,
        knowledge="2026.1",
    )


def _every_sentence(advice: Advice) -> list[str]:
    said = phrase(advice)
    return [said.headline, said.text, said.patient, *said.branches, *said.missing, *said.notes, *said.alternatives]


def test_every_code_of_the_vocabulary_has_words() -> None:
    vocabulary = tomllib.loads(VOCABULARY.read_text(encoding="utf-8"))
    w = words()
    without = []
    for section in ("alternative", "monitoring", "implication", "risk", "caveat", "schedule", "interval", "direction"):
        without += [f"{section}.{code}" for code in vocabulary[section] if not w.has(section, code)]
    without += [f"question.{code}" for code in vocabulary["question"] if not w.has("question", code)]
    for fact, values in vocabulary["condition"].items():
        if isinstance(values, list):
            without += [f"{fact}={v}" for v in values if not w.has(f"condition.{fact}", v)]
        elif not w.has("condition_pattern", fact):
            without.append(fact)
    assert without == []


def test_every_action_and_reason_has_words() -> None:
    w = words()
    for action in Action:
        assert all(w.has(f"action.{form}", action.value) for form in ("do", "consider", "patient")), action
    for reason in Reason:
        assert w.has("reason", reason.value) or w.has("no_recommendation", reason.value), reason


def test_every_recommendation_of_the_release_is_a_sentence() -> None:
    seen = 0
    for guideline, recommendation in _recommendations():
        advice = _advice(guideline, recommendation)
        said = phrase(advice)
        assert said.headline.startswith(f"{guideline.drug}: "), said.headline
        for text in _every_sentence(advice):
            where = f"{recommendation.ids}: {text}"
            assert text.strip() == text and text, where
            assert not re.search(r"[{}]|\bNone\b|[a-z]_[a-z]|  | ;|;;|: ;|\(\)", text), where
            assert not BANNED.search(text), where
        assert said.text.endswith("."), said.text
        seen += 1
    assert seen > 100


def test_no_patient_sentence_says_stop() -> None:
    for action in Action:
        text = words().word("action.patient", action.value, drug="codeine")
        assert not re.search(r"(?<!not )\bstop\b", text.lower()), text


def test_no_sentence_is_copied_from_a_guideline(shared: Path) -> None:
    """The longest run of words that ours share with a source text stays below what a sentence would need."""
    csv.field_size_limit(10**9)
    with (shared / "sources" / "cpic-db" / "recommendation.tsv").open(encoding="utf-8") as file:
        sources = {row["id"]: row["drugrecommendation"] for row in csv.DictReader(file, delimiter="\t")}
    worst = (0, "")
    for guideline, recommendation in _recommendations():
        texts = [_run_words(sources[i]) for i in recommendation.ids if i in sources]
        for ours in map(_run_words, _every_sentence(_advice(guideline, recommendation))):
            for theirs in texts:
                run = _longest_run(ours, theirs)
                worst = max(worst, (len(run), f"{recommendation.ids[0]}: {' '.join(run)}"))
    assert worst[0] <= 10, worst


def _run_words(text: str) -> list[str]:
    return re.findall(r"[\w*%.]+", text.lower())


def _longest_run(ours: list[str], theirs: list[str]) -> list[str]:
    best: list[str] = []
    lengths = [0] * (len(theirs) + 1)
    for i, word in enumerate(ours):
        previous = 0
        for j, other in enumerate(theirs):
            previous, lengths[j + 1] = lengths[j + 1], previous + 1 if word == other else 0
            if lengths[j + 1] > len(best):
                best = ours[i + 1 - lengths[j + 1] : i + 1]
    return best


def _computed(**fields: object) -> Advice:
    given: dict[str, object] = {
        "drug": "codeine",
        "rxcui": "2670",
        "source": "CPIC",
        "population": "general",
        "coverage": Coverage.COMPUTED,
        "directive": Directive(Action.AVOID),
        "knowledge": "2026.1",
    }
    return Advice(**{**given, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dose", "said"),
    [
        (Dose(Phase.START, Decimal("0.5"), Decimal("0.5")), "starting dose 50% of the usual dose"),
        (Dose(Phase.MAINTAIN, Decimal("0.25"), Decimal("0.5")), "maintenance dose 25% to 50% of the usual dose"),
        (Dose(Phase.START, Decimal("1.5"), Decimal("2")), "starting dose 1.5 to 2 times the usual dose"),
        (Dose(Phase.START, Decimal("1.5")), "starting dose 1.5 times the usual dose"),
        (Dose(Phase.MAXIMUM, cap=Decimal("20"), unit="mg/day"), "maximum dose at most 20 mg/day"),
        (Dose(Phase.MAXIMUM, cap=Decimal("20"), is_cap_exclusive=True, unit="mg/day"), "maximum dose below 20 mg/day"),
        (
            Dose(Phase.START, Decimal("0.5"), is_factor_exclusive=True),
            "starting dose less than 50% of the usual dose",
        ),
        (Dose(Phase.TITRATE, direction="slower"), "titration slower than usual"),
        (Dose(Phase.START, Decimal(1), Decimal(1)), "starting dose as usual"),
    ],
)
def test_a_dose_is_worded_by_phase_share_and_limit(dose: Dose, said: str) -> None:
    assert dose_phrase(dose) == said


def test_a_tenth_three_times_a_week_says_both() -> None:
    dose = Dose(Phase.START, Decimal("0.1"), Decimal("0.1"), interval="3/week")
    assert dose_phrase(dose) == "starting dose 10% of the usual dose, three times a week instead of daily"


def test_consider_and_do_are_told_apart() -> None:
    consider = phrase(_computed(directive=Directive(Action.REDUCE_DOSE, Modality.CONSIDER)))
    do = phrase(_computed(directive=Directive(Action.REDUCE_DOSE)))
    assert consider.headline == "codeine: consider a lower dose"
    assert do.headline == "codeine: reduce the dose"


def test_a_drug_without_guidance_is_not_called_unaffected() -> None:
    said = phrase(_computed(coverage=Coverage.NO_GUIDANCE, directive=Directive(Action.NO_RECOMMENDATION)))
    assert said.headline == "codeine: no guidance in release 2026.1"
    assert "not evidence that genes do not matter" in said.text


def test_an_untested_gene_is_named_in_the_headline() -> None:
    genes = {"CYP2D6": GeneFinding("CYP2D6", "", "No Result")}
    said = phrase(_computed(coverage=Coverage.GENE_NOT_TESTED, genes=genes, missing=("CYP2D6",)))
    assert said.headline == "codeine: guidance exists, but no usable result for CYP2D6"


def test_a_partial_advice_says_which_gene_is_not_known() -> None:
    genes = {g: GeneFinding(g, "", "No Result") for g in ("TPMT", "NUDT15")}
    said = phrase(_computed(drug="azathioprine", genes=genes, is_partial=True, missing=("NUDT15",)))
    assert said.headline == "azathioprine: avoid (partial: NUDT15 not known)"


def test_an_ambiguous_gene_is_called_uncertain_not_unknown() -> None:
    genes = {"CYP2C19": GeneFinding("CYP2C19", "*1/*2", "Intermediate Metabolizer")}
    tests = (TestToOrder("CYP2C19", "ambiguous"),)
    said = phrase(_computed(genes=genes, is_partial=True, missing=("CYP2C19",), tests_to_order=tests))
    assert said.headline == "codeine: avoid (CYP2C19 not certain)"
    assert said.missing == ("The CYP2C19 result is not certain: the data fit several.",)


def test_a_possibility_carries_its_probability() -> None:
    possibility = Possibility({"CYP2C19": "Poor Metabolizer"}, 0.004, Directive(Action.AVOID))
    assert phrase(_computed(possibilities=(possibility,))).possibilities == ("CYP2C19 Poor Metabolizer (0.4%): avoid.",)


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.0004, "below 0.1%"), (0.004, "0.4%"), (0.12, "12%"), (0.995, "99.5%"), (0.9995, "above 99.9%"), (1.0, "100%")],
)
def test_probabilities_are_worded_without_false_certainty(probability: float, said: str) -> None:
    assert worded_probability(probability, words()) == said


def test_a_code_without_words_is_still_shown() -> None:
    assert phrase(_computed(notes=("brand_new_code:CYP2D6",))).notes == ("Brand new code (CYP2D6).",)


def test_lists_and_sentences() -> None:
    assert words().join(["a", "b", "c"], "or") == "a, b or c"
    assert sentence("the dose is low") == "The dose is low."
    assert sentence("") == ""


def test_drugs_after_a_class_are_its_examples_and_drugs_before_it_are_not() -> None:
    classes = ("other_statin", "prasugrel", "ticagrelor", "other_p2y12_inhibitor", "ticlopidine")
    said = phrase(_computed(directive=Directive(Action.AVOID, alternatives=("rosuvastatin", *classes))))
    assert said.headline == (
        "codeine: avoid; use rosuvastatin, another statin of the potency needed (such as prasugrel or ticagrelor) or "
        "a P2Y12 inhibitor that CYP2C19 does not affect (such as ticlopidine) instead"
    )


def test_a_share_says_of_which_dose() -> None:
    quarter, half = Decimal("0.25"), Decimal("0.5")
    assert dose_phrase(Dose(Phase.START, quarter, half, direction="lowest")) == (
        "starting dose 25% to 50% of the lowest recommended one"
    )
    assert dose_phrase(Dose(Phase.MAXIMUM, half, half)) == "maximum dose 50% of the usual one"


def test_two_ways_offered_equally_keep_what_belongs_to_each() -> None:
    half = Dose(Phase.START, Decimal("0.5"), Decimal("0.5"))
    lower = Directive(Action.REDUCE_DOSE, dose=(half,), choice_with=("use_alternative",), alternatives=("prasugrel",))
    assert phrase(_computed(directive=lower)).headline == (
        "codeine: reduce the dose; starting dose 50% of the usual dose; or use prasugrel"
    )
    other = Directive(Action.USE_ALTERNATIVE, dose=(half,), choice_with=("reduce_dose",), alternatives=("prasugrel",))
    assert phrase(_computed(directive=other)).headline == (
        "codeine: use prasugrel; or reduce the dose; starting dose 50% of the usual dose"
    )


@pytest.mark.parametrize("coverage", [Coverage.NO_GUIDANCE, Coverage.NOT_COMPUTED])
def test_what_a_past_reaction_asks_for_is_said_without_any_guidance(coverage: Coverage) -> None:
    said = phrase(_computed(coverage=coverage, directive=Directive(Action.AVOID, reason=Reason.TOXICITY)))
    assert said.headline.endswith(": avoid") and said.text.startswith("Avoid.")
    assert "2026.1" in said.text


def test_drugs_named_after_a_class_are_its_examples() -> None:
    named = Directive(
        Action.USE_ALTERNATIVE, alternatives=("antifungal_not_cyp2c19_dependent", "isavuconazole", "posaconazole")
    )
    said = phrase(_computed(directive=named)).headline
    assert said.endswith("an antifungal that does not depend on CYP2C19 (such as isavuconazole or posaconazole)")
