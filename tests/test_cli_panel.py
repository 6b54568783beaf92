"""``rxweave call --panel-report`` and what the certainty of a call looks like in rows and reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rxweave import cli
from rxweave.demo.genomes import GenomeRecipe, draw_genome
from rxweave.knowledge import load_release
from rxweave.report.panels import PANEL_KEYS


def rxweave(*arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(cli.app, [str(a) for a in arguments])
    assert result.exit_code == status, result.output
    return result


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person with CYP2C19 *1/*1 whose *3 site was not read, and without HLA typing."""
    import numpy as np

    recipe = GenomeRecipe("P1", "European", is_male=False, stated={"CYP2C19": ("*1", "*1"), "CYP3A4": ("*1", "*1")})
    text = draw_genome(recipe, load_release(), np.random.default_rng(5)).vcf
    path = tmp_path_factory.mktemp("panel") / "person.vcf"
    path.write_text(
        "".join(line for line in text.splitlines(True) if "rs4986893" not in line and "rs35599367" not in line)
    )
    return path


def rows_of(text: str) -> list[dict[str, str]]:
    head, *lines = text.splitlines()
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines if line]


def test_a_file_gets_a_row_per_gene_and_group(genome: Path) -> None:
    rows = rows_of(rxweave("call", genome, "--panel-report", "--genes", "CYP2C19,CYP3A4").stdout)
    assert tuple(rows[0]) == PANEL_KEYS
    assert {r["assay"] for r in rows} == {str(genome)}
    star3 = {r["group"]: float(r["hidden"]) for r in rows if r["gene"] == "CYP2C19"}
    assert len(star3) == 10
    assert star3["East Asian"] > 0.1 > star3["European"] > 0
    (not_counted,) = [r for r in rows if r["gene"] == "CYP3A4"]
    assert not_counted["hidden"] == ""
    assert not_counted["hidden_alleles"] == "*22"


def test_an_assays_list_is_judged_without_a_file_and_for_one_group(tmp_path: Path) -> None:
    assay = tmp_path / "assay.txt"
    assay.write_text("rs4244285\nrs3758581\nrs1\n")
    out = tmp_path / "panel.jsonl"
    said = rxweave(
        *("call", "--panel-report", "--positions", assay, "--genes", "CYP2C19", "--population", "European", "-o", out)
    )
    assert "1 entry is at no position" in said.stderr
    (row,) = map(json.loads, out.read_text().splitlines())
    assert list(row) == list(PANEL_KEYS)
    assert (row["positions_read"], row["called"], row["copies"]) == (2, True, 2)
    assert {a["allele"] for a in row["hidden_alleles"]} >= {"*17", "*3"}


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("call", "--panel-report"), 2, "--positions LIST"),
        (("call", "x.vcf", "--positions", "a.bed"), 2, "goes with --panel-report"),
        (("call", "--panel-report", "--positions", "nowhere.txt"), 1, "cannot be read"),
        (("call", "x.vcf", "--panel-report", "--resume", "-o", "panel.tsv"), 2, "--resume goes with calls"),
        (("call", "x.vcf", "--resume"), 2, "written to a file: -o FILE"),
    ],
    ids=["nothing to judge", "positions without the report", "no such list", "resumed panel", "resumed to a pipe"],
)
def test_what_cannot_be_judged_is_refused(arguments: tuple[str, ...], status: int, words: str) -> None:
    assert words in rxweave(*arguments, status=status).stderr


def test_parquet_is_refused_and_nothing_is_left(genome: Path, tmp_path: Path) -> None:
    out = tmp_path / "panel.parquet"
    assert "as .tsv or .jsonl" in rxweave("call", genome, "--panel-report", "-o", out, status=1).stderr
    assert not out.exists()


def test_a_row_says_what_is_not_excluded_and_what_would_settle_it(genome: Path, tmp_path: Path) -> None:
    out = tmp_path / "calls.jsonl"
    rxweave("call", genome, "--genes", "CYP2C19,CYP3A4", "--population", "European", "-o", out)
    ours, not_counted = map(json.loads, out.read_text().splitlines())
    assert ours["diplotypes"] == ["*1/*1"]
    assert [n["allele"] for n in ours["not_excluded"]] == ["*3"]
    assert ours["same_phenotype"] is False
    assert ours["candidates_possible"] == 3
    assert ours["prior_basis"] == "published"
    assert sum(p["probability"] for p in ours["possible_phenotypes"]) == pytest.approx(1, abs=1e-5)
    assert ours["settled_by"] == [
        {"test": "position", "positions": [94780653], "rsids": ["rs4986893"], "certainty": 1.0}
    ]
    assert not_counted["prior_basis"] == "not_weighable"


def test_the_report_says_it_in_words(genome: Path, tmp_path: Path) -> None:
    rxweave("report", genome, "--meds", "quetiapine", "--population", "European", "-o", tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "*3 not excluded (0.5% in this group)" in page
    assert "settled by reading rs4986893" in page
    assert "*22 not excluded" in page
    assert "nobody has published how frequent this gene" in page
    assert "carry an allele that changes the phenotype and that these data do not show (*58:01" in page
    held = json.loads((tmp_path / "report.json").read_text("utf-8"))
    hidden = {(r["gene"], r["group"]): r["hidden"] for r in held["panel"]}
    assert hidden["CYP2C19", "European"] == pytest.approx(0.0033, abs=0.0005)
    assert hidden["HLA-B", "European"] > 0.05
