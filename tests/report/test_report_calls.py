"""Rows of calls and how they are written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from report_cases import AMBIGUOUS_2C1, HOSTILE, POOR_2D9, RESEARCH_2D9, gene, outside_call, untested

from rxweave.errors import InputError
from rxweave.report import CALL_KEYS, call_row, whole_file, write_calls
from rxweave.report.schemas import validate

#: The keys that the design promises to every reader of calls.
PROMISED = {
    "file",
    "sample",
    "gene",
    "diplotypes",
    "components",
    "phenotypes",
    "activity_scores",
    "candidates",
    "call_status",
    "assumed_reference",
    "research_grade",
    "phased",
    "missing_positions",
    "uncallable_alleles",
    "warnings",
    "knowledge",
    "functions",
}


def _rows() -> list[dict[str, Any]]:
    made = [AMBIGUOUS_2C1, POOR_2D9, RESEARCH_2D9, untested("CYP2D9"), *outside_call().genes]
    return [call_row("a.vcf", "S1", result, "2026.1") for result in made]


def test_every_row_has_every_key_in_order_and_fits_the_schema() -> None:
    for row in _rows():
        assert tuple(row) == CALL_KEYS
        assert set(row) >= PROMISED
        validate("call", json.dumps(row))


def test_a_row_holds_convention_candidates_and_gaps() -> None:
    row = call_row("a.vcf", "S1", AMBIGUOUS_2C1, "2026.1")
    assert row["diplotypes"] == ["*1/*2", "*2/*17", "*17/*17"]
    assert row["phenotypes"] == ["Intermediate Metabolizer", "Ultrarapid Metabolizer"]
    assert row["activity_scores"] == []
    assert row["candidates"][0] == {
        "diplotype": "*1/*2",
        "probability": 0.62,
        "phenotype": "Intermediate Metabolizer",
    }
    assert (row["call_status"], row["missing_positions"]) == ("ambiguous", [94761900, 94775367])
    assert (row["uncallable_alleles"], row["knowledge"], row["functions"]) == (["*9", "*10"], "2026.1", "2026-02")


def test_json_lines_come_back(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    assert write_calls(iter(_rows()), path) == 5
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == _rows()


def test_tsv_has_one_line_a_row_whatever_the_text_holds(tmp_path: Path) -> None:
    rows = [call_row("tab\there.vcf", HOSTILE + "\r\nx", gene("CYP2D9", [("*1/*2", 0.5, "PM", "≥3")]), "2026.1")]
    rows.append(call_row(None, None, POOR_2D9, "2026.1"))
    path = tmp_path / "calls.tsv"
    write_calls(rows, path)
    lines = path.read_bytes().decode("utf-8").split("\n")
    cells = [line.split("\t") for line in lines[:-1]]
    assert [len(c) for c in cells] == [len(CALL_KEYS)] * 3
    first, second = (dict(zip(CALL_KEYS, c, strict=True)) for c in cells[1:])
    assert first["candidates"] == "*1/*2 0.5 PM"
    assert first["phased"] == "false"
    assert (second["file"], second["sample"], second["phased"]) == ("", "", "true")


def test_parquet_comes_back_with_its_types(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "calls.parquet"
    write_calls(iter(_rows()), path)
    assert parquet.read_table(path).to_pylist() == _rows()


def test_no_rows_still_give_a_file_with_the_columns(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_calls([], tmp_path / "a.parquet")
    assert parquet.read_schema(tmp_path / "a.parquet").names == list(CALL_KEYS)
    write_calls([], tmp_path / "a.tsv")
    assert (tmp_path / "a.tsv").read_text() == "\t".join(CALL_KEYS) + "\n"


def test_standard_output_gets_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    write_calls(_rows()[:1], None)
    assert json.loads(capsys.readouterr().out) == _rows()[0]


def test_a_file_name_that_is_not_utf8_does_not_break_the_output(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    write_calls([call_row("caf\udce9.vcf", "S", POOR_2D9, "2026.1")], path)
    assert json.loads(path.read_text("utf-8"))["file"] == "caf?.vcf"


@pytest.mark.parametrize("name", ["calls.jsonl", "calls.tsv", "calls.parquet"])
def test_a_failure_half_way_leaves_the_old_file_and_no_other(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("old")

    def rows() -> Any:
        yield _rows()[0]
        raise InputError("the second file is broken")

    with pytest.raises(InputError, match="second file"):
        write_calls(rows(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_ending_and_a_missing_folder_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"calls\.xlsx.*\.jsonl, \.tsv or \.parquet"):
        write_calls([], tmp_path / "calls.xlsx")
    with pytest.raises(InputError, match=r"nowhere.*cannot write there"):
        write_calls([], tmp_path / "nowhere" / "calls.tsv")
    with pytest.raises(InputError, match="standard output"):
        write_calls([], None, "parquet")


def test_a_written_file_has_the_usual_permissions_and_follows_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.jsonl", tmp_path / "link.jsonl"
    target.write_text("old")
    link.symlink_to(target)
    before = os.umask(0o027)
    try:
        write_calls(_rows(), link)
    finally:
        os.umask(before)
    assert link.is_symlink()
    assert target.read_text() != "old"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_device_is_written_to_and_not_replaced() -> None:
    with whole_file(Path("/dev/null")) as part:
        part.write_text("gone")
    assert not Path("/dev/null").is_file()
