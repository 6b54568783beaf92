"""Every row of the upstream diplotype-to-phenotype tables follows from the release's rules."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest

from rxweave.calling.diplotype import Allele, Diplotype
from rxweave.calling.stated_names import spelled
from rxweave.knowledge import Knowledge, load_release
from rxweave.phenotyping import Phenotyper

TABLES = {
    "2026-02": ("cpic-db-2026-02", ("CYP2D6", "G6PD", "NAT2", "NUDT15", "TPMT")),
    "2025-11": (
        "pharmcat-3.1.1",
        (
            *("ABCG2", "CACNA1S", "CFTR", "CYP2B6", "CYP2C19", "CYP2C9", "CYP3A4", "CYP3A5", "DPYD"),
            *("IFNL3", "MT-RNR1", "NAT2", "NUDT15", "SLCO1B1", "TPMT", "UGT1A1", "VKORC1"),
        ),
    ),
}


@pytest.fixture(scope="module", params=sorted(TABLES))
def knowledge(request: pytest.FixtureRequest) -> Knowledge:
    return load_release(functions=request.param)


def upstream(shared: Path, function_set: str, gene: str) -> dict[str, Any]:
    folder, _ = TABLES[function_set]
    path = shared / "sources" / "phenotypes" / folder / f"{gene.replace('-', '_')}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def diplotypes(table: dict[str, Any], knowledge: Knowledge, gene: str) -> Iterator[tuple[dict[str, Any], Diplotype]]:
    names = {name: Allele(spelled(name, knowledge.gene(gene))) for name in table["haplotypes"]}
    for row in table["diplotypes"]:
        alleles = [names[name] for name, copies in row["diplotypekey"].items() for _ in range(copies)]
        yield row, Diplotype(alleles[0], alleles[1] if len(alleles) > 1 else None)


def test_every_file_of_the_folder_is_compared(shared: Path) -> None:
    for folder, genes in TABLES.values():
        found = {path.stem.replace("_", "-") for path in (shared / "sources" / "phenotypes" / folder).glob("*.json")}
        assert found - {"RYR1"} == set(genes), folder  # RYR1's table has no rows: see the pairs below


def test_every_diplotype_has_upstream_phenotype_score_and_lookup_key(shared: Path, knowledge: Knowledge) -> None:
    compared, wrong = 0, []
    phenotyper = Phenotyper(knowledge)
    for gene in TABLES[knowledge.function_set][1]:
        rules = phenotyper.rules(gene)
        for row, diplotype in diplotypes(upstream(shared, knowledge.function_set, gene), knowledge, gene):
            found = rules.phenotype(diplotype)
            compared += 1
            if (found.name, found.activity_score or None, found.lookup_keys) != (
                row["phenotype"],
                row["activityScore"],
                (row["lookupkey"],),
            ):
                wrong.append((gene, row["diplotype"], row["phenotype"], row["lookupkey"], found))
    assert compared > {"2026-02": 37_000, "2025-11": 17_000}[knowledge.function_set]
    assert wrong == []


def test_every_allele_has_upstream_function_and_activity_value(shared: Path, knowledge: Knowledge) -> None:
    for gene in TABLES[knowledge.function_set][1]:
        for allele in upstream(shared, knowledge.function_set, gene)["namedAlleles"]:
            found = knowledge.function_of(gene, spelled(allele["name"], knowledge.gene(gene)))
            assert found is not None, (gene, allele)
            assert found.function.casefold() == allele["functionValue"].casefold(), (gene, allele)
            assert found.activity_value == (allele["activityValue"] or ""), (gene, allele)


def test_ryr1_pairs_and_functions_are_cpics(shared: Path) -> None:
    knowledge = load_release(functions="2026-02")
    table = upstream(shared, "2026-02", "RYR1")
    rules = Phenotyper(knowledge).rules("RYR1")
    by_function: dict[str, list[Allele]] = {}
    for allele in table["namedAlleles"]:
        assert rules.function(Allele(allele["name"])) == allele["functionValue"], allele
        by_function.setdefault(allele["functionValue"], []).append(Allele(allele["name"]))
    with (shared / "sources" / "cpic-db" / "gene_result.tsv").open(encoding="utf-8") as lines:
        results = {r["id"]: r["result"] for r in csv.DictReader(lines, delimiter="\t") if r["genesymbol"] == "RYR1"}
    with (shared / "sources" / "cpic-db" / "gene_result_lookup.tsv").open(encoding="utf-8") as lines:
        pairs = {
            frozenset((row["function1"], row["function2"])): results[row["phenotypeid"]]
            for row in csv.DictReader(lines, delimiter="\t")
            if row["phenotypeid"] in results
        }
    assert len(pairs) == 6
    compared = 0
    for first, second in combinations_with_replacement([a for group in by_function.values() for a in group], 2):
        expected = pairs[frozenset((rules.function(first), rules.function(second)))]
        assert rules.phenotype(Diplotype(first, second)).name == expected
        compared += 1
    assert compared == 57_970
