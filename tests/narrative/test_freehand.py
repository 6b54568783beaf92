"""Sentences written by hand from fact sheets, true and false: how many the verifier judges as their writer did."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.narrative import Sentence, SentenceKind
from rxweave.narrative.verifier import verify_sentence

FOLDER = Path(__file__).parent / "freehand"
DOCUMENT = Path(__file__).parents[2] / "docs" / "narrative.md"


def _sheet(row: dict[str, Any]) -> FactSheet:
    facts = (Fact(**{**fact, "kind": FactKind(fact["kind"])}) for fact in row["facts"])
    return FactSheet(tuple(facts), tuple(row["drugs"]), row["release"])


@pytest.fixture(scope="module")
def sheets() -> dict[str, FactSheet]:
    rows = json.loads((FOLDER / "sheets.json").read_text(encoding="utf-8"))
    return {name: _sheet(row) for name, row in rows.items()}


def _rows(half: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()]


def _score(half: str, sheets: dict[str, FactSheet]) -> tuple[float, float]:
    """Share of the false sentences that are rejected, share of the true ones that are refused."""
    judged: Counter[tuple[bool, bool]] = Counter()
    for row in _rows(half):
        sentence = Sentence(row["text"], tuple(row["facts"]), SentenceKind(row["kind"]))
        judged[row["is_true"], bool(verify_sentence(sentence, sheets[row["sheet"]]))] += 1
    return (
        judged[False, True] / (judged[False, True] + judged[False, False]),
        judged[True, True] / (judged[True, True] + judged[True, False]),
    )


def test_the_unseen_half_is_the_one_that_was_fixed_beforehand() -> None:
    digest = hashlib.sha256((FOLDER / "unseen.jsonl").read_bytes()).hexdigest()
    assert digest in re.findall(r"\b[0-9a-f]{64}\b", DOCUMENT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("half", ["public", "unseen"])
def test_every_sentence_cites_facts_of_its_sheet(half: str, sheets: dict[str, FactSheet]) -> None:
    rows = _rows(half)
    assert len(rows) > 300
    for row in rows:
        assert all(sheets[row["sheet"]].get(fact) for fact in row["facts"]), row["id"]
        assert row["is_true"] == (not row["error"]), row["id"]


@pytest.mark.parametrize(("half", "least_rejected", "most_refused"), [("public", 0.98, 0.10), ("unseen", 0.95, 0.31)])
def test_the_sentences_are_judged_as_well_as_when_they_were_measured(
    half: str, least_rejected: float, most_refused: float, sheets: dict[str, FactSheet]
) -> None:
    rejected, refused = _score(half, sheets)
    assert rejected >= least_rejected
    assert refused <= most_refused
