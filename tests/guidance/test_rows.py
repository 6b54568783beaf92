"""Every row that CPIC has for a drug that the release computes leads to advice from that row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rxweave.calling.diplotype import CallSource, CallStatus, DiplotypeCall
from rxweave.guidance import advise
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import Action
from rxweave.patient import Event, Patient
from rxweave.phenotyping.phenotype import GenePhenotype, Phenotype, PhenotypeCandidate

Row = dict[str, str]


@pytest.fixture(scope="module")
def release() -> Knowledge:
    return load_release()


def _table(path: Path) -> Iterator[Row]:
    csv.field_size_limit(10**9)
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t")


def _rows(shared: Path, release: Knowledge) -> list[tuple[str, Row]]:
    folder = shared / "sources" / "cpic-db"
    names = {r["drugid"]: r["name"] for r in _table(folder / "drug.tsv")}
    computed = {d for d, held in release.guidelines.items() if any(g.is_computable for g in held)}
    rows = [(names[r["drugid"]], r) for r in _table(folder / "recommendation.tsv")]
    return [(drug, r) for drug, r in rows if drug in computed]


def _phenotypes(row: Row) -> dict[str, GenePhenotype]:
    """The results that the row's key describes; a gene with No Result is left out."""
    results = {}
    for gene, key in json.loads(row["lookupkey"]).items():
        if key == "No Result":
            continue
        phenotype = Phenotype(gene, key, "", (key,))
        call = DiplotypeCall(gene, CallStatus.CALLED, CallSource.STATED, stated_phenotype=key)
        results[gene] = GenePhenotype(call, (phenotype,), (PhenotypeCandidate(phenotype, 1.0),))
    return results


def _ids_of(trace: tuple[object, ...]) -> set[str]:
    return {fact for step in trace if step.step == "recommendation" for fact in step.facts}  # type: ignore[attr-defined]


def test_every_cpic_row_of_a_computed_drug_is_answered_from_that_row_with_its_strength(
    shared: Path, release: Knowledge
) -> None:
    rows = _rows(shared, release)
    # "No recommendation" with a strength: the release gives it none.
    exempt = {row for e in release.errata if e.id.startswith("tricyclic-no-recommendation-") for row in e.rows}
    wrong = []
    for drug, row in rows:
        found = [
            a
            for a in advise(_phenotypes(row), Patient(), Event(drugs=(drug,)), release)
            if row["id"] in _ids_of(a.trace)
        ]
        if not found:
            wrong.append(f"{row['id']} {drug} {row['lookupkey']}: no advice rests on this row")
        elif row["id"] not in exempt and found[0].strength != row["classification"]:
            wrong.append(f"{row['id']} {drug}: strength {found[0].strength!r}, upstream {row['classification']!r}")
    assert len(rows) > 400
    assert not wrong, "\n".join(wrong)


def test_no_row_with_an_unknown_in_its_key_is_answered_milder_than_what_the_unknown_hides(
    shared: Path, release: Knowledge
) -> None:
    rows = _rows(shared, release)
    milder = []
    by_drug: dict[str, list[Row]] = {}
    for drug, row in rows:
        by_drug.setdefault(drug, []).append(row)
    severity = {}
    for drug, row in rows:
        for advice in advise(_phenotypes(row), Patient(), Event(drugs=(drug,)), release):
            if row["id"] in _ids_of(advice.trace):
                severity[row["id"]] = advice
    unknown_words = ("No Result", "Indeterminate", "n/a")
    for drug, row in rows:
        key = json.loads(row["lookupkey"])
        unknown = {g for g, k in key.items() if k in unknown_words or "uncertain" in k.lower()}
        if not unknown:
            continue
        advice = severity[row["id"]]
        assert advice.is_partial and unknown <= set(advice.missing), row["id"]
        worst = 0
        for other in by_drug[drug]:
            theirs = json.loads(other["lookupkey"])
            is_branch = other["population"] == row["population"] and all(
                theirs[g] == k for g, k in key.items() if g not in unknown
            )
            if is_branch and not any(theirs[g] in unknown_words for g in unknown):
                worst = max(worst, severity[other["id"]].directive.action.severity)
        action = advice.directive.action
        if action in (Action.TEST_FIRST, Action.NO_RECOMMENDATION, Action.NOT_EXCLUDED):
            continue
        if action.severity < worst:
            milder.append(f"{row['id']} {drug} {row['lookupkey']}: {action}")
    assert not milder, "\n".join(milder)
