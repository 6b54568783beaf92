"""Bad input at the command line: one clear paragraph and status 1 or 2, never a traceback, a hang or a spoilt file."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rxweave import cli
from rxweave.errors import BrokenRelease, PgxError
from rxweave.knowledge import load_release
from rxweave.knowledge.strict_table import load_toml

CODEINE = "CYP2D6\t*4/*4\n"
HEAD = "##fileformat=VCFv4.2\n##contig=<ID=chr10,length=133797422>\n"
HEAD += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"
RECORD = "chr10\t94781859\trs4244285\tG\tA\t.\t.\t.\tGT\t0/1\n"


def rxweave(*arguments: str | Path, status: int) -> Result:
    """Run the command line in this process; an exception that is no exit is a bug and fails the test."""
    result = CliRunner().invoke(cli.app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == status, result.output
    if status:
        assert "rxweave: " in result.stderr
    return result


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def vcf(tmp_path: Path) -> Path:
    return put(tmp_path / "patient.vcf", HEAD + RECORD)


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return put(tmp_path / "calls.tsv", CODEINE)


# Where output goes.


@pytest.mark.parametrize("given", ["input", "outside"])
def test_an_input_is_never_written_over(tmp_path: Path, given: str) -> None:
    content = HEAD + RECORD if given == "input" else CODEINE
    path = put(tmp_path / "file.tsv", content)
    link = tmp_path / "link.tsv"
    link.symlink_to(path)
    for out in (path, link):
        arguments = [path] if given == "input" else ["--outside", path]
        assert "is an input" in rxweave("call", *arguments, "-o", out, status=2).stderr
    assert path.read_text() == content


def test_a_report_never_writes_over_the_patient(tmp_path: Path, calls: Path) -> None:
    patient = put(tmp_path / "report.json", "{}")
    rxweave("report", "--outside", calls, "--meds", "codeine", "--patient", patient, "-o", tmp_path, status=2)
    assert patient.read_text() == "{}"


def test_a_report_that_cannot_be_written_leaves_no_part_of_it(tmp_path: Path, calls: Path) -> None:
    (tmp_path / "out" / "report.json").mkdir(parents=True)
    result = rxweave("report", "--outside", calls, "--meds", "codeine", "-o", tmp_path / "out", status=1)
    assert "is a folder" in result.stderr
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["report.json"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said(calls: Path) -> None:
    text = rxweave("call", "--outside", calls, "-o", "/dev/full", status=1).stderr
    assert "rxweave: /dev/full: No space left" in text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["advise", "--diplotype", "CYP2D6=*4/*4", "--drug", "codeine"], ["--help"]])
def test_a_full_disk_behind_standard_output_is_said(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from rxweave.cli import main; main()", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_characters_that_the_terminal_lacks_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "latin-1"))
    monkeypatch.setattr(sys, "argv", ["rxweave", "advise", "--diplotype", "CYP2D6=*4/*4", "--drug", "codeine"])
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 0
    assert b"\\u25b2" in raw.getvalue()


# What is read.


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_vcf_may_come_through_a_pipe(tmp_path: Path, vcf: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(vcf.read_bytes()))
    writer.start()
    through = rxweave("call", pipe, "--genes", "CYP2C19", status=0)
    writer.join()
    direct = rxweave("call", vcf, "--genes", "CYP2C19", status=0)
    assert through.stdout.replace('"pipe"', '"patient.vcf"').replace(str(pipe), str(vcf)) == direct.stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_outside_calls_may_come_through_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(CODEINE), daemon=True)
    writer.start()
    done: list[Result] = []
    reader = threading.Thread(
        target=lambda: done.append(rxweave("call", "--outside", pipe, status=0)), daemon=True
    )  # who reads a pipe twice waits for ever
    reader.start()
    reader.join(30)
    assert done
    assert '"*4/*4"' in done[0].stdout


def test_a_last_record_without_a_line_end_is_doubted(tmp_path: Path) -> None:
    # "1/1" cut to "1" is a whole genotype on chrX, so only the missing line end tells.
    path = put(tmp_path / "patient.vcf", (HEAD + RECORD).removesuffix("\n"))
    assert "no line end" in rxweave("call", path, "--genes", "CYP2C19", status=0).stderr
    whole = put(tmp_path / "whole.vcf", HEAD + RECORD)
    assert "no line end" not in rxweave("call", whole, "--genes", "CYP2C19", status=0).stderr


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
@pytest.mark.parametrize("option", ["--outside", "--patient", "--meds-file"])
def test_a_file_without_end_is_not_read_without_end(tmp_path: Path, calls: Path, option: str) -> None:
    arguments = ["report", "--outside", calls, "-o", tmp_path / "out", option, "/dev/zero"]
    assert "/dev/zero: more than" in rxweave(*arguments, status=1).stderr


@pytest.mark.parametrize("genes", [",", " ", " , "])
def test_a_list_of_no_genes_is_not_every_gene(vcf: Path, genes: str) -> None:
    assert "names no gene" in rxweave("call", vcf, "--genes", genes, status=2).stderr


# Outside calls.


def test_calls_of_many_people_are_not_the_possible_calls_of_one(tmp_path: Path) -> None:
    many = put(tmp_path / "many.tsv", "".join(f"CYP2D6\t*{n}/*{n + 1}\n" for n in range(300)))
    assert "many people" in rxweave("call", "--outside", many, status=1).stderr


def test_a_million_equal_lines_are_one_call(tmp_path: Path) -> None:
    many = put(tmp_path / "many.tsv", CODEINE * 1_000_000)
    assert rxweave("call", "--outside", many, status=0).stdout.count("\n") == 1


def test_old_line_ends_end_lines(tmp_path: Path) -> None:
    path = put(tmp_path / "mac.tsv", "CYP2D6\t*4/*4\rCYP2C19\t*2/*2\r")
    result = rxweave("call", "--outside", path, status=0)
    assert result.stdout.count("\n") == 2
    assert not result.stderr


def test_outside_calls_without_any_call_are_an_error(tmp_path: Path) -> None:
    path = put(tmp_path / "calls.tsv", "CYP2D6,*4/*4\n")
    assert "calls.tsv:1:" in rxweave("call", "--outside", path, status=1).stderr
    rxweave("report", "--outside", path, "--meds", "codeine", "-o", tmp_path / "out", status=1)
    assert not (tmp_path / "out").exists()


# The patient and the medications.


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("meds.txt", "blorgamab 1 mg\n" * 100_000),
        ("meds.txt", "blorgamab 1 mg;" * 50_000),
        ("meds.csv", "drug\n" + "blorgamab\n" * 50_000),
        ("meds.json", "[" + '"blorgamab",' * 50_000 + '"codeine"]'),
    ],
    ids=["lines", "semicolons", "csv", "json"],
)
def test_a_list_longer_than_any_person_takes_is_refused(tmp_path: Path, calls: Path, name: str, content: str) -> None:
    path = put(tmp_path / name, content)
    result = rxweave("report", "--outside", calls, "--meds-file", path, "-o", tmp_path / "out", status=1)
    assert f"{name}: " in result.stderr
    assert "more than" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("drug,drug\ncodeine,tramadol\n", "meds.csv:1: column drug is there twice"),
        ("drug,dose\nsertraline,50 mg\ncodeine,30 mg,tramadol\n", "meds.csv:3: more cells than the header"),
        ('drug\n"' + "x" * 200_000 + '"\n', "no line of a table"),
    ],
    ids=["column twice", "cells without a column", "endless cell"],
)
def test_a_table_that_would_lose_a_drug_is_refused(tmp_path: Path, calls: Path, content: str, expected: str) -> None:
    path = put(tmp_path / "meds.csv", content)
    result = rxweave("report", "--outside", calls, "--meds-file", path, "-o", tmp_path / "out", status=1)
    assert expected in result.stderr
    assert not (tmp_path / "out").exists()


def test_many_problems_are_told_in_a_screen(tmp_path: Path) -> None:
    fields = ", ".join(f'"f{n}": 1' for n in range(5000))
    path = put(tmp_path / "patient.json", "{" + fields + "}")
    text = rxweave("advise", "--drug", "codeine", "--patient", path, status=1).stderr
    assert "5000 problems" in text
    assert "and 4980 more" in text


@pytest.mark.parametrize(
    ("content", "found"), [("[]", "a list"), ("null", "null"), ("1", "a number"), ("true", "true or false")]
)
def test_another_kind_of_json_is_named(tmp_path: Path, content: str, found: str) -> None:
    path = put(tmp_path / "patient.json", content)
    text = rxweave("advise", "--drug", "codeine", "--patient", path, status=1).stderr
    assert f"is {found}, expected an object" in text


def test_messages_do_not_steer_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "patient.json", '{"\\u001b[31mred": 1}')
    said: list[str] = []
    monkeypatch.setattr(cli.typer, "echo", lambda text, **_: said.append(text))
    CliRunner().invoke(cli.app, ["advise", "--drug", "codeine", "--patient", str(path)])
    assert "\\x1b[31mred" in "".join(said)
    assert "\x1b" not in "".join(said)


# The knowledge and its cache.


def test_a_release_nested_without_end_is_broken(tmp_path: Path) -> None:
    put(tmp_path / "release.toml", "version = " + "[" * 100_000)
    assert "release.toml: " in rxweave("knowledge", "show", "CYP2D6", "--knowledge", tmp_path, status=1).stderr
    (tmp_path / "vocabulary.toml").write_text("version = " + "[" * 100_000)
    with pytest.raises(BrokenRelease, match="not valid TOML"):
        load_toml(tmp_path / "vocabulary.toml")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"../../../etc", b""])
def test_a_remembered_hash_that_is_none_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    from rxweave.knowledge import compiled

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    known = load_release().hash
    cache = tmp_path / "rxweave"
    state, _ = compiled._state(compiled.Path(compiled.__file__).parent / "releases" / "2026.1")
    compiled._write_own(cache / f"stat-{state}", content)
    assert load_release().hash == known


def test_a_folder_in_the_place_of_the_cached_release_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load_release()
    for path in (tmp_path / "rxweave").rglob("*.bin"):
        path.unlink()
        path.mkdir()
    try:
        load_release()
    except PgxError as error:  # pragma: no cover - shown when it fails
        pytest.fail(str(error))
