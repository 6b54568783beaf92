"""A cohort's calls added up: counts, intervals, and what is said of people without a single answer."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from rxweave.cohort import summarise_cohort
from rxweave.errors import InputError
from rxweave.knowledge import load_release
from rxweave.pipeline import CallSettings, call_rows
from rxweave.report import write_calls
from rxweave.report.call_files import read_call_rows
from rxweave.report.cohort import COLUMNS, Kind, summarise, summary_tsv, wilson
from rxweave.report.cohort_page import summary_page, write_summary


def row(**facts: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "gene": "CYP2C19",
        "diplotypes": [],
        "components": [],
        "phenotypes": [],
        "call_status": "called",
        "source": "genotypes",
        "covered_positions": 3,
        "missing_positions": [],
    }
    return usual | facts


PEOPLE = [
    (row(diplotypes=["*1/*2"], phenotypes=["Intermediate Metabolizer"]), 6),
    (row(diplotypes=["*2/*2"], phenotypes=["Poor Metabolizer"]), 2),
    (row(diplotypes=["*1/*4", "*2/*17"], phenotypes=["A", "B"], call_status="ambiguous"), 1),
    (row(call_status="not_covered", covered_positions=0, missing_positions=[1, 2, 3], phenotypes=["No Result"]), 1),
    (row(gene="DPYD", components=["c.1", "Reference"], phenotypes=["Normal Metabolizer"]), 3),
    (row(gene="DPYD", components=["c.1", "c.2", "c.3"], phenotypes=["Poor Metabolizer"]), 1),
    (row(gene="HLA-B", diplotypes=["*57:01/*07:02"], phenotypes=["*57:01 positive", "*15:02 negative"]), 4),
]


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    # Newcombe 1998, Stat Med 17:857, table I, method 3 (Wilson): 81/263, 15/148, 0/20, 1/29.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_published_for_the_wilson_method(count: int, total: int, low: float, high: float) -> None:
    assert wilson(count, total) == pytest.approx((low, high), abs=5e-5)
    assert wilson(total - count, total) == pytest.approx((1 - high, 1 - low), abs=5e-5)


def test_a_gene_that_no_position_tells_has_no_share_of_positions_read() -> None:
    (hla,) = summarise(
        [(row(gene="HLA-A", call_status="not_covered", covered_positions=0, phenotypes=["No Result"]), 5)]
    )
    assert hla.missing_positions is None
    (header, *lines) = (line.split("\t") for line in summary_tsv((hla,)).splitlines())
    assert {dict(zip(header, line, strict=True))["positions_missing"] for line in lines} == {""}
    page = summary_page((hla,), "c.vcf")
    assert "from outside calls alone" in page
    assert "positions were not read" not in page


def test_nothing_counted_is_no_information() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_frequencies_are_shares_of_what_was_called() -> None:
    cyp2c19, dpyd, hla = summarise(PEOPLE)
    assert cyp2c19.people == 10
    assert {f.name: (f.count, f.total) for f in cyp2c19.of(Kind.DIPLOTYPE)} == {"*1/*2": (6, 8), "*2/*2": (2, 8)}
    assert {f.name: (f.count, f.total) for f in cyp2c19.of(Kind.ALLELE)} == {"*2": (10, 16), "*1": (6, 16)}
    assert {f.name: (f.count, f.total) for f in cyp2c19.of(Kind.PHENOTYPE)} == {
        "Intermediate Metabolizer": (6, 9),
        "Poor Metabolizer": (2, 9),
        "A or B": (1, 9),
    }
    not_called = {f.name: (f.count, f.total) for f in cyp2c19.of(Kind.NOT_CALLED)}
    assert not_called["all"] == (2, 10)
    assert not_called["several diplotypes fit equally"] == (1, 10)
    assert not_called["no data at any position"] == (1, 10)
    assert cyp2c19.missing_positions == pytest.approx(0.1)
    assert {f.name: f.count for f in dpyd.of(Kind.ALLELE)} == {"c.1": 3, "Reference": 3}
    assert dpyd.of(Kind.NOT_CALLED)[0].count == 4
    assert {f.name: (f.count, f.total) for f in hla.of(Kind.PHENOTYPE)} == {
        "*57:01 positive": (4, 4),
        "*15:02 negative": (4, 4),
    }


def test_table_has_one_line_a_frequency() -> None:
    lines = [line.split("\t") for line in summary_tsv(summarise(PEOPLE)).splitlines()]
    assert tuple(lines[0]) == COLUMNS
    assert {len(line) for line in lines} == {len(COLUMNS)}
    found = next(line for line in lines if line[:3] == ["CYP2C19", "allele", "*2"])
    assert found[3:6] == ["10", "16", "0.625000"]
    assert float(found[6]) < 0.625 < float(found[7])


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_page_stands_alone_and_says_its_plots_in_words() -> None:
    text = summary_page(summarise(PEOPLE), "<b>cohort</b>.vcf")
    page = _Page()
    page.feed(text)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "link", "iframe", "b"}
    assert not re.search(r'(src|href)="(?!#)', text)
    plots = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert plots
    assert all(p["role"] == "img" and p["aria-label"] for p in plots)
    assert any("*2 62.5%" in str(p["aria-label"]) for p in plots)
    assert sum(tag == "table" for tag, _ in page.tags) == len(plots)


def test_the_same_summary_comes_from_every_kind_of_file(tmp_path: Path) -> None:
    from rxweave.demo import write_demo_patients

    knowledge = load_release()
    vcf = write_demo_patients(tmp_path / "people", knowledge)[0].vcf
    rows = list(call_rows([vcf], knowledge, CallSettings(), [], set()))
    expected = None
    for name in ("calls.jsonl", "calls.tsv", "calls.parquet", str(vcf)):
        if name != str(vcf):
            write_calls(rows, tmp_path / name)
        found = summarise_cohort(tmp_path / name, lambda: knowledge, [], set())
        expected = expected or found
        assert found == expected
    assert expected is not None
    assert len(expected) == len(knowledge.genes)
    table, page = write_summary(expected, "people", tmp_path / "new" / "folder")
    assert table.read_text("utf-8") == summary_tsv(expected)
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '{"gene": "CYP2C19"}\n', r"a\.jsonl:1: diplotypes, .* is missing"),
        ("a.jsonl", "[1]\n", r"a\.jsonl:1: every key is missing"),
        ("a.jsonl", "CYP2C19\n", r"a\.jsonl:1: this is no JSON"),
        ("a.tsv", "gene\tdiplotypes\n", r"a\.tsv:1: the column components, "),
        ("a.parquet", "not parquet", r"a\.parquet: this is no Parquet file"),
    ],
)
def test_a_file_that_holds_no_calls_is_refused_by_name(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        list(read_call_rows(tmp_path / name))
