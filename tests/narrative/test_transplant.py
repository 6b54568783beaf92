"""After a transplant the results of before are not the person's: all that is written of that is proved."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from rxweave.knowledge import Knowledge, load_release
from rxweave.narrative.narrate import narrate
from rxweave.narrative.narrative import Audience
from rxweave.narrative.verifier import verify
from rxweave.pipeline import StatedRequest, stated_case

STEM_CELL = {"transplants": [{"organ": "stem_cell", "date": "2025-06-01"}]}


@pytest.fixture(scope="module")
def release() -> Knowledge:
    return load_release()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("result", "drug", "told"),
    [
        ("CYP2D6=*4/*4", "codeine", "codeine/note/not_applicable_since_transplant:CYP2D6"),
        ("DPYD=Reference/c.1905+1G>A (*2A)", "fluorouracil", "fluorouracil/test/DPYD/not_applicable"),
        ("HLA-B=*57:01/*58:01", "abacavir", "abacavir/test/HLA-B/not_applicable"),
        ("TPMT=*3A/*3A", "azathioprine", "azathioprine/gene/NUDT15"),
    ],
    ids=["no recommendation", "a new test first", "typed anew first", "the other gene was never tested"],
)
def test_every_audience_is_told_what_does_not_hold_since_the_transplant(
    release: Knowledge, tmp_path: Path, result: str, drug: str, told: str, language: str
) -> None:
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(STEM_CELL), encoding="utf-8")
    request = StatedRequest(diplotypes=(result,), orders=(drug,), patient=path, on=date(2026, 11, 23))
    advices, patient = stated_case(request, release)
    for audience in Audience:
        narrative = narrate(advices, patient, audience, language=language)
        assert verify(narrative, advices, patient).refusals == (), audience
        if audience is Audience.CONSULT:
            assert any(told in s.facts for s in narrative.sentences)
