"""Sentences as clinicians may put them: the true ones hold, and no untrue one does."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from rxweave.knowledge import Knowledge, load_release
from rxweave.narrative.facts import FactSheet, fact_sheet
from rxweave.narrative.narrative import Sentence, SentenceKind
from rxweave.narrative.verifier import verify_sentence
from rxweave.patient.patient import Patient
from rxweave.pipeline import StatedRequest, advise_stated, patient_of

CASES = tomllib.loads((Path(__file__).parent / "sentences.toml").read_text(encoding="utf-8"))["case"]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def sheet_of(case: dict[str, Any], knowledge: Knowledge, folder: Path) -> FactSheet:
    person = None
    if "person" in case:
        person = folder / "patient.json"
        person.write_text(json.dumps(case["person"]))
    request = StatedRequest(
        tuple(case["orders"]),
        diplotypes=tuple(case.get("diplotypes", ())),
        phenotypes=tuple(case.get("phenotypes", ())),
        activity_scores=tuple(case.get("activity_scores", ())),
        co_medications=tuple(case.get("co_medications", ())),
        patient=person,
    )
    patient = patient_of(person, knowledge) if person else Patient()
    return fact_sheet(advise_stated(request, knowledge), patient)


def citing_all(text: str, sheet: FactSheet) -> Sentence:
    return Sentence(text, tuple(f.id for f in sheet.facts), SentenceKind.FINDING)


def test_the_corpus_is_large_and_names_its_errors() -> None:
    true = [text for case in CASES for text in case["true"]]
    false = [text for case in CASES for texts in case["false"].values() for text in texts]
    assert len(true) + len(false) >= 300
    assert all(case["true"] and case["false"] for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["orders"][0].split()[0])
def test_true_sentences_hold(case: dict[str, Any], knowledge: Knowledge, tmp_path: Path) -> None:
    sheet = sheet_of(case, knowledge, tmp_path)
    refused = {text: verify_sentence(citing_all(text, sheet), sheet) for text in case["true"]}
    assert {text: r for text, r in refused.items() if r} == {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["orders"][0].split()[0])
def test_untrue_sentences_are_refused(case: dict[str, Any], knowledge: Knowledge, tmp_path: Path) -> None:
    sheet = sheet_of(case, knowledge, tmp_path)
    texts = [(kind, text) for kind, texts in case["false"].items() for text in texts]
    passed = [(kind, text) for kind, text in texts if not verify_sentence(citing_all(text, sheet), sheet)]
    assert passed == []
