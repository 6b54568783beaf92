"""Errors injected into true narratives are rejected, true rewrites are not; and the injected errors are errors."""

from __future__ import annotations

import json
import random
import re
from itertools import islice

import pytest

from rxweave.knowledge import Knowledge, load_release
from rxweave.narrative.attack import AttackReport, attack
from rxweave.narrative.attack.mutations import MUTATIONS
from rxweave.narrative.attack.rewrites import REWRITES
from rxweave.narrative.attack.scene import Scene
from rxweave.narrative.attack.tester import errors_of, rewrites_of, scenes
from rxweave.narrative.attack.whole import WHOLE_MUTATIONS
from rxweave.narrative.attack.wordings import attack_words
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.narrative import Audience, Sentence, SentenceKind
from rxweave.narrative.words import words


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def _fact(name: str, kind: FactKind, drug: str, gene: str = "", code: str = "", scope: str = "", **values: str) -> Fact:
    return Fact(f"{drug}/{name}", kind, drug, gene, code, values, scope, is_essential=kind is FactKind.ACTION)


SHEET = FactSheet(
    (
        _fact(
            "gene/CYP2D6",
            FactKind.FINDING,
            "codeine",
            "CYP2D6",
            "result",
            diplotype="*4/*4",
            phenotype="Poor Metabolizer",
        ),
        _fact("action", FactKind.ACTION, "codeine", code="avoid", reason="inefficacy"),
        _fact("gene/CYP2C19", FactKind.FINDING, "clopidogrel", "CYP2C19", "result", diplotype="*2/*2"),
        _fact("action", FactKind.ACTION, "clopidogrel", code="avoid", reason="inefficacy"),
        _fact("action", FactKind.ACTION, "amitriptyline", code="reduce_dose", reason="toxicity"),
        _fact("dose/start", FactKind.DOSE, "amitriptyline", code="start", factor_low="0.5", factor_high="0.5"),
        _fact("dose/maintain", FactKind.DOSE, "amitriptyline", code="maintain", factor_low="0.5", factor_high="0.5"),
        _fact("dose/start", FactKind.DOSE, "risperidone", code="start", factor_low="0.67", factor_high="0.67"),
        _fact("alternative/prasugrel", FactKind.ALTERNATIVE, "clopidogrel", code="prasugrel"),
        _fact("set_aside/ticlopidine", FactKind.SET_ASIDE, "clopidogrel", code="ticlopidine"),
    ),
    ("codeine", "clopidogrel", "amitriptyline", "risperidone"),
)


def _wrong(kind: str, knowledge: Knowledge, text: str, *facts: str) -> set[str]:
    sentence = Sentence(text, facts, SentenceKind.RECOMMENDATION)
    scene = Scene(SHEET, Audience.PRESCRIBER, (sentence,), attack_words(), words(), knowledge)
    return set(MUTATIONS[kind](scene, sentence, random.Random(1)))


def test_a_half_of_is_a_half_less(knowledge: Knowledge) -> None:
    dose = "amitriptyline/dose/start"
    assert _wrong("of_less", knowledge, "Start amitriptyline at 50% of the usual dose.", dose) == set()
    assert "Start risperidone at 67% less than the usual dose." in _wrong(
        "of_less", knowledge, "Start risperidone at 67% of the usual dose.", "risperidone/dose/start"
    )


def test_drugs_are_not_swapped_where_the_same_holds_for_both(knowledge: Knowledge) -> None:
    assert _wrong("binding", knowledge, "Avoid codeine.", "codeine/action") == {
        "Avoid amitriptyline.",
        "Avoid risperidone.",
    }


def test_names_side_by_side_are_not_swapped(knowledge: Knowledge) -> None:
    facts = ("codeine/action", "amitriptyline/action")
    text = "Change codeine and amitriptyline."
    assert "Change amitriptyline and codeine." not in _wrong("binding", knowledge, text, *facts)
    text = "Change codeine, clopidogrel and amitriptyline."
    assert "Change amitriptyline, clopidogrel and codeine." not in _wrong("binding", knowledge, text, *facts)
    assert "Avoid amitriptyline, and lower codeine." in _wrong(
        "binding", knowledge, "Avoid codeine, and lower amitriptyline.", *facts
    )


def test_a_phase_is_not_changed_where_both_have_one_dose(knowledge: Knowledge) -> None:
    assert _wrong("phase", knowledge, "Halve the starting dose.", "amitriptyline/dose/start") == set()
    assert _wrong("phase", knowledge, "Give 67% of the starting dose.", "risperidone/dose/start") == {
        "Give 67% of the maintenance dose.",
        "Give 67% of the loading dose.",
        "Give 67% of the maximum dose.",
    }


def test_a_wrong_number_is_in_no_fact(knowledge: Knowledge) -> None:
    wrong = _wrong("dose_digit", knowledge, "Start risperidone at 67%.", "risperidone/dose/start")
    assert wrong == {f"Start risperidone at {n}%." for n in ("670", "6.7", "76", "77")}
    assert _wrong("dose_digit", knowledge, "CYP2D6 *4/*4 (c.100C>T, rs16947)", "risperidone/dose/start") == set()


def test_an_alternative_and_one_set_aside_change_places(knowledge: Knowledge) -> None:
    assert _wrong("alternative", knowledge, "Prasugrel fits.", "clopidogrel/alternative/prasugrel") == {
        "Ticlopidine fits."
    }


def test_an_allele_becomes_one_that_nobody_has(knowledge: Knowledge) -> None:
    (wrong,) = _wrong("allele", knowledge, "CYP2D6 is *4.", "codeine/gene/CYP2D6")
    assert re.fullmatch(r"CYP2D6 is \*\d+[A-Z]?\.", wrong) and wrong != "CYP2D6 is *4."


def test_every_kind_is_found_in_true_narratives(knowledge: Knowledge) -> None:
    draw = random.Random(1)
    wanted = {*MUTATIONS, *WHOLE_MUTATIONS, *REWRITES}
    for scene in islice(scenes(knowledge, 1), 300):
        wanted -= {kind for kind, _ in (*errors_of(scene, draw), *rewrites_of(scene, draw))}
    assert wanted == set()


@pytest.fixture(scope="module")
def report(knowledge: Knowledge) -> AttackReport:
    return attack(1_000, 7, knowledge)


def test_a_sample_of_errors_is_rejected(report: AttackReport) -> None:
    assert sum(tally.tried for tally in report.errors.values()) == 1_000
    assert report.rejected_share >= 0.99, report.passed
    assert report.false_rejection_share <= 0.02, report.refused


def test_the_result_is_the_same_for_the_same_seed(knowledge: Knowledge) -> None:
    assert attack(60, 3, knowledge) == attack(60, 3, knowledge)
    assert attack(60, 3, knowledge).json() != attack(60, 4, knowledge).json()


def test_the_document_has_three_parts(report: AttackReport) -> None:
    document = json.loads(json.dumps(report.json()))
    assert set(document) == {"rejected_share", "false_rejection_share", "by_kind"}
    assert 0 <= document["false_rejection_share"] <= 1


@pytest.mark.long
def test_of_twenty_thousand_errors_nearly_all_are_rejected(knowledge: Knowledge) -> None:
    report = attack(20_000, 2026, knowledge)
    assert sum(tally.tried for tally in report.errors.values()) == 20_000
    assert report.rejected_share >= 0.995, report.passed
    assert {kind: tally for kind, tally in report.errors.items() if tally.share < 0.98} == {}
    assert report.false_rejection_share <= 0.01, report.refused
    assert report.unverified <= 0.005 * report.narratives, report.refused


def test_scenes_are_for_every_audience(knowledge: Knowledge) -> None:
    some = scenes(knowledge, 1)
    assert {next(some).audience for _ in Audience} == set(Audience)
