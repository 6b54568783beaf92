"""From the diplotypes and components that a peer called to the phenotypes and scores that it gave them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from rxweave.calling.diplotype import CallStatus, DiplotypeCall
from rxweave.calling.stated_names import read_diplotype
from rxweave.knowledge import Knowledge, load_release
from rxweave.phenotyping import assign_phenotype

#: What the peer prints where it has no phenotype; one is as good as another.
NOTHING = {"", "None", "No Result", "n/a", "N/A"}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release(functions="2025-11")


def called(gene: str, diplotypes: Iterable[str], components: Iterable[str], knowledge: Knowledge) -> DiplotypeCall:
    found = tuple(read_diplotype(text, knowledge.gene(gene))[0] for text in diplotypes)
    parts = tuple(components)
    if not found and not parts:
        return DiplotypeCall(gene, CallStatus.NO_CALL)
    status = CallStatus.AMBIGUOUS if len(found) > 1 else CallStatus.CALLED
    return DiplotypeCall(gene, status, diplotypes=found, components=parts)


def comparable(phenotypes: Iterable[str], scores: Iterable[str | None]) -> tuple[set[str], set[str]]:
    """Phenotype names and scores as sets; scores by value, and nothing said left out."""
    known_scores = {str(s) for s in scores} - {"", "None", "n/a"}
    return set(phenotypes) - NOTHING, {s if s.startswith(("≥", "N")) else f"{float(s):g}" for s in known_scores}


def answer(call: DiplotypeCall, knowledge: Knowledge) -> tuple[set[str], set[str]]:
    found = assign_phenotype(call, knowledge).phenotypes
    return comparable((p.name for p in found), (p.activity_score for p in found))


def case_rows(shared: Path) -> Iterator[tuple[str, str, list[str], list[str], list[str], list[str | None]]]:
    for case in json.loads((shared / "exams" / "calling" / "cases.json").read_text(encoding="utf-8")):
        if case["options"]["definition"] != "default":
            continue
        for gene, result in case.get("phenotyper", {}).items():
            match = case["matcher"].get(gene)
            recommended = result["recommendation"]
            if match is None or f"{gene}\t" in "".join(case.get("outside_calls", ())):
                continue  # outside calls have a test of their own
            if not match["diplotypes"] and not match["haplotype_matches"] and recommended[0]["inferred"]:
                continue  # a fallback site stood in: the caller's business
            phenotypes = [p for d in recommended for p in d["phenotypes"]]
            scores = [d["activityScore"] for d in recommended]
            yield case["id"], gene, match["diplotypes"], match["haplotype_matches"], phenotypes, scores


def test_every_case_of_the_exam_gives_the_peers_phenotypes_and_scores(shared: Path, knowledge: Knowledge) -> None:
    compared, wrong = 0, []
    for case, gene, diplotypes, components, phenotypes, scores in case_rows(shared):
        got = answer(called(gene, diplotypes, components, knowledge), knowledge)
        compared += 1
        if got != comparable(phenotypes, scores):
            wrong.append((case, gene, diplotypes, components, phenotypes, scores, got))
    assert compared > 200
    assert wrong == []


def test_every_real_sample_gives_the_peers_phenotypes_and_scores(shared: Path, knowledge: Knowledge) -> None:
    compared, wrong = 0, []
    with (shared / "exams" / "calling" / "real" / "expected.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if not row["recommendation_diplotypes"]:
                continue  # the peer's phenotyper did not look at this result
            columns = ("matcher_diplotypes", "haplotype_matches", "phenotypes", "activity_scores")
            diplotypes, components, phenotypes, scores = ([c for c in row[k].split(" ; ") if c] for k in columns)
            got = answer(called(row["gene"], diplotypes, components, knowledge), knowledge)
            compared += 1
            if got != comparable(phenotypes, scores):
                wrong.append((row["sample"], row["gene"], diplotypes, components, phenotypes, scores, got))
    assert compared > 800
    assert wrong == []
