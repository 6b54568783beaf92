"""Functions and phenotype rules from upstream files in their real formats, on a few lines of each."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

import rxweave.knowledge
from rxweave.errors import BrokenRelease
from rxweave.knowledge.build.phenotypes import phenotype_section, write_functions

ALLELE = "genesymbol\tname\tclinicalfunctionalstatus\tactivityvalue\tcitations\tstrength\n"
RESULT = "id\tgenesymbol\tresult\tactivityscore\n"
LOOKUP = "phenotypeid\tfunction1\tfunction2\ttotalactivityscore\n"


def sources(
    folder: Path,
    *,
    alleles: str = "",
    results: str = "",
    lookups: str = "",
    pharmcat: dict[str, Any] | None = None,
    defined: tuple[str, ...] = (),
    gene: str = "TOY1",
) -> Path:
    for name, text in (
        ("cpic-db/allele.tsv", ALLELE + alleles),
        ("cpic-db/gene_result.tsv", RESULT + results),
        ("cpic-db/gene_result_lookup.tsv", LOOKUP + lookups),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    if pharmcat is not None:
        path = folder / "phenotypes" / "pharmcat-3.1.1" / f"{gene}.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(pharmcat), encoding="utf-8")
    path = folder / "alleles" / f"{gene}_translation.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"namedAlleles": [{"name": name} for name in defined]}), encoding="utf-8")
    return folder


def pharmcat(functions: dict[str, str], rows: dict[tuple[str, ...], str]) -> dict[str, Any]:
    return {
        "namedAlleles": [{"name": n, "functionValue": f, "activityValue": None} for n, f in functions.items()],
        "haplotypes": functions,
        "diplotypes": [
            {"diplotypekey": {name: key.count(name) for name in key}, "phenotype": phenotype}
            for key, phenotype in rows.items()
        ],
    }


def rules(folder: Path, gene: str = "TOY1") -> dict[str, Any]:
    section: dict[str, Any] = tomllib.loads(phenotype_section(gene, folder))["phenotype"]
    return section


def table(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def test_cpic_functions_are_listed_by_number_with_their_evidence(tmp_path: Path) -> None:
    folder = sources(
        tmp_path,
        alleles="TOY1\t*10\tNo function\t\\N\t{22,3}\tDefinitve\n"
        "TOY1\t*2\tNormal function\t\\N\t{}\tlimited\n"
        "TOY1\t*3\t\\N\t\\N\t{}\t\\N\n"
        "TOY2\t*1\tNo function\t\\N\t{}\t\\N\n",
    )
    write_functions("TOY1", folder, tmp_path)
    assert table(tmp_path / "functions.tsv") == [
        ["allele", "function", "activity_value", "strength", "pmids"],
        ["*2", "Normal function", "", "Limited", ""],
        ["*10", "No function", "", "Definitive", "3;22"],
    ]
    assert not (tmp_path / "functions-2025-11.tsv").exists()


def test_tandems_get_spaces_unless_a_definition_holds_them(tmp_path: Path) -> None:
    folder = sources(
        tmp_path,
        alleles="TOY1\t*36+*10\tNo function\t\\N\t{}\t\\N\n"
        "TOY1\t*80+*28\tNo function\t\\N\t{}\t\\N\n"
        "TOY1\tm.961T>del+Cn\tNo function\t\\N\t{}\t\\N\n",
        defined=("*80+*28",),
    )
    write_functions("TOY1", folder, tmp_path)
    assert {row[0] for row in table(tmp_path / "functions.tsv")[1:]} == {"*36 + *10", "*80+*28", "m.961T>del+Cn"}


def test_an_older_set_is_written_only_where_it_differs(tmp_path: Path) -> None:
    older = pharmcat({"*1": "normal function", "*2": "No function"}, {})
    folder = sources(
        tmp_path,
        alleles="TOY1\t*1\tNormal function\t\\N\t{}\t\\N\nTOY1\t*3\tNo function\t\\N\t{}\t\\N\n",
        results="1\tTOY1\tNormal\tn/a\n",
        lookups="1\tNormal function\tNormal function\tn/a\n",
        pharmcat=older,
        defined=("*1", "*2"),
    )
    write_functions("TOY1", folder, tmp_path)
    current = [row[:2] for row in table(tmp_path / "functions.tsv")[1:]]
    # *2 became a suballele upstream and left CPIC's list; the definitions still call it, so its function stays.
    assert current == [["*1", "Normal function"], ["*3", "No function"], ["*2", "No function"]]
    # The letter case is the rules', so that a spelling is no difference between the sets.
    assert [row[:2] for row in table(tmp_path / "functions-2025-11.tsv")[1:]] == [
        ["*1", "Normal function"],
        ["*2", "No function"],
    ]


def test_rules_are_recovered_from_spelled_out_diplotypes(tmp_path: Path) -> None:
    upstream = pharmcat(
        {"*1": "Normal", "*2": "No", "*3": "No"},
        {
            ("*1", "*1"): "Normal Metabolizer",
            ("*1", "*2"): "Intermediate Metabolizer",
            ("*1", "*3"): "Intermediate Metabolizer",
            ("*2", "*3"): "Poor Metabolizer",
            ("*2",): "Poor Metabolizer",
        },
    )
    found = rules(sources(tmp_path, pharmcat=upstream))
    assert [(rule["functions"], rule["phenotype"]) for rule in found["pair"]] == [
        (["No", "No"], "Poor Metabolizer"),
        (["No", "Normal"], "Intermediate Metabolizer"),
        (["Normal", "Normal"], "Normal Metabolizer"),
    ]
    assert found["single"] == [{"function": "No", "phenotype": "Poor Metabolizer"}]
    assert found["names"] == ["Poor Metabolizer", "Intermediate Metabolizer", "Normal Metabolizer"]
    assert found["otherwise"] == "n/a"


def test_rows_that_no_function_rule_can_hold_stop_the_build(tmp_path: Path) -> None:
    upstream = pharmcat({"*1": "No", "*2": "No"}, {("*1", "*1"): "Poor", ("*1", "*2"): "Normal"})
    with pytest.raises(BrokenRelease, match="both 'Poor' and 'Normal'"):
        rules(sources(tmp_path, pharmcat=upstream))


def test_scores_become_bands_with_nothing_between_two_phenotypes(tmp_path: Path) -> None:
    folder = sources(
        tmp_path,
        results="1\tTOY1\tPoor Metabolizer\t0.0\n2\tTOY1\tPoor Metabolizer\t0.5\n3\tTOY1\tNormal Metabolizer\t2.0\n",
        lookups="1\tNo\tNo\t0.0\n2\tNo\tLow\t0.5\n3\tNormal\tNormal\t2.0\n",
    )
    found = rules(folder)
    assert [(b["low"], b["high"], b["phenotype"]) for b in found["band"]] == [
        ("0.0", "0.5", "Poor Metabolizer"),
        ("2.0", "2.0", "Normal Metabolizer"),
    ]
    assert "pair" not in found
    assert found["otherwise"] == "Indeterminate"


def test_a_score_that_contradicts_the_published_bands_stops_the_build(tmp_path: Path) -> None:
    folder = sources(
        tmp_path,
        results="1\tCYP2D6\tPoor Metabolizer\t1.0\n",
        lookups="1\tNo\tNormal\t1.0\n",
        gene="CYP2D6",
    )
    with pytest.raises(BrokenRelease, match=r"activity score 1\.0 is 'Poor Metabolizer' upstream"):
        rules(folder, "CYP2D6")


def test_the_release_holds_what_the_build_writes(shared: Path, tmp_path: Path) -> None:
    genes = Path(rxweave.knowledge.__file__).parent / "releases" / "2026.1" / "genes"
    for folder in sorted(genes.iterdir()):
        write_functions(folder.name, shared / "sources", tmp_path)
        for name in ("functions.tsv", "functions-2025-11.tsv"):
            written = (tmp_path / name).read_bytes() if (tmp_path / name).exists() else None
            held = (folder / name).read_bytes() if (folder / name).exists() else None
            assert held == written, (folder.name, name)
        held_rules = tomllib.loads((folder / "gene.toml").read_text(encoding="utf-8"))["phenotype"]
        assert held_rules == rules(shared / "sources", folder.name), folder.name
