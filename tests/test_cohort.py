"""A cohort called pattern by pattern gives, in every format, what calling person by person gives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from rxweave.calling import CallOptions
from rxweave.cohort import call_tables, parts_of
from rxweave.errors import InputError
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.genes import Gene
from rxweave.pipeline import CallSettings, FailedInput, call_rows
from rxweave.processes import spread, usable_cores
from rxweave.report import write_calls
from rxweave.report.call_parts import CallParts
from rxweave.report.call_tables import write_call_tables

GENES = ("CYP2C19", "CYP2D6", "DPYD", "G6PD", "IFNL3", "NUDT15", "SLCO1B1", "UGT1A1", "HLA-B")


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def write_cohort(path: Path, knowledge: Knowledge, n: int, seed: int) -> Path:
    """People of random alleles with everything that a file can hold: half of them phased, some in phase sets, genotypes
    missing or half called, ALTs that no definition knows, one-copy genotypes, and sites without a record."""
    draw = np.random.default_rng(seed)
    genes = [knowledge.genes[symbol] for symbol in GENES if knowledge.genes[symbol].variants]
    lines = []
    for gene in sorted(genes, key=lambda g: (g.chromosome, g.variants[0].pos_grch38)):
        lines += sorted(_gene_lines(gene, n, draw), key=lambda line: int(line.split("\t")[1]))
    names = "\t".join(f"s{k}" for k in range(n))
    head = f"##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n"
    path.write_text(head + "".join(lines), encoding="utf-8")
    return path


def _gene_lines(gene: Gene, n: int, draw: np.random.Generator) -> Iterator[str]:
    alleles = [a for a in gene.alleles if a.is_callable]
    usual = draw.random(n) < 0.6  # most people repeat one another
    codes = np.zeros((n, len(gene.variants), 2), dtype=int)
    for sample, copy in np.ndindex(n, 2):
        allele = alleles[draw.integers(min(4, len(alleles)) if usual[sample] else len(alleles))]
        for site, mask in allele.cells:
            codes[sample, site, copy] = (mask & -mask).bit_length() - 1
    phased = draw.random(n) < 0.5
    in_sets = draw.random(n) < 0.2
    for site, variant in enumerate(gene.variants):
        if draw.random() < 0.02:
            continue
        strange = next((b for b in "ACGT" if b not in variant.alleles), "") if draw.random() < 0.2 else ""
        if any(len(allele) > 1 for allele in variant.alleles):
            strange = ""
        cells = []
        for sample in range(n):
            one, other = codes[sample, site]
            if strange and draw.random() < 0.01:
                one = len(variant.alts) + 1
            chance = draw.random()
            texts = [str(one), str(other)]
            if chance < 0.003:
                texts = [".", "."]
            elif chance < 0.005:
                texts = [".", str(max(one, other))]
            elif chance < 0.006:
                texts = [str(one)]
            if not phased[sample] and all(t.isdigit() for t in texts):
                texts.sort(key=int)
            block = 1 + 1000 * (site // 12) + sample
            cells.append(("|" if phased[sample] else "/").join(texts) + f":{block if in_sets[sample] else '.'}")
        alts = ",".join((*variant.alts, *([strange] if strange else [])))
        yield (
            f"{gene.chromosome}\t{variant.pos_grch38}\t.\t{variant.ref}\t{alts}\t.\tPASS\t.\tGT:PS\t"
            + "\t".join(cells)
            + "\n"
        )


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory, knowledge: Knowledge) -> Path:
    return write_cohort(tmp_path_factory.mktemp("cohort") / "cohort.vcf", knowledge, 500, seed=11)


SETTINGS = CallSettings(genes=GENES)


def written(path: Path) -> object:
    return pq.read_table(path).to_pylist() if path.suffix == ".parquet" else path.read_bytes()


@pytest.fixture(scope="module")
def one_by_one(cohort: Path, knowledge: Knowledge) -> tuple[list[dict[str, object]], set[str]]:
    said: set[str] = set()
    failed: list[FailedInput] = []
    return list(call_rows([cohort], knowledge, SETTINGS, failed, said)), said


@pytest.mark.parametrize("n_workers", [1, 2])
@pytest.mark.parametrize("form", ["jsonl", "tsv", "parquet"])
def test_a_cohort_is_written_as_its_people_would_be(
    cohort: Path,
    one_by_one: tuple[list[dict[str, object]], set[str]],
    knowledge: Knowledge,
    tmp_path: Path,
    form: str,
    n_workers: int,
) -> None:
    slow, fast = tmp_path / f"slow.{form}", tmp_path / f"fast.{form}"
    rows, said = one_by_one
    assert write_calls(rows, slow) == 500 * len(GENES)
    now_said: set[str] = set()
    failed: list[FailedInput] = []
    tables = call_tables([cohort], knowledge, SETTINGS, form, failed, now_said, n_workers=n_workers)
    assert write_call_tables(tables, fast, form) == len(rows)
    assert written(fast) == written(slow)
    assert now_said == said
    assert not failed


def test_blocks_of_people_are_the_same_people(
    cohort: Path, one_by_one: tuple[list[dict[str, object]], set[str]], knowledge: Knowledge
) -> None:
    tables = list(call_tables([cohort], knowledge, SETTINGS, "rows", [], set(), most_samples=200))
    assert [len(t.samples) for t in tables] == [167, 167, 166]
    rows = []
    for table in tables:
        distinct = [row for part in table.rendered for row in part]
        for sample, numbers in zip(table.samples, table.index.tolist(), strict=True):
            rows += [{**distinct[n], "sample": sample} for n in numbers]
    # A warning about many people names and counts those of its block.
    for row in (*rows, *(expected := [dict(r) for r in one_by_one[0]])):
        row["warnings"] = [w for w in row["warnings"] if "samples:" not in w]  # type: ignore[attr-defined]
    assert rows == expected


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_more_readings_than_a_64_bit_number_holds_are_written(knowledge: Knowledge, tmp_path: Path, form: str) -> None:
    gene = knowledge.genes["RYR1"]
    head = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\n"
    lines = (
        f"{gene.chromosome}\t{v.pos_grch38}\t.\t{v.ref}\t{','.join(v.alts)}\t.\tPASS\t.\tGT\t0/1\n"
        for v in sorted(gene.variants, key=lambda v: v.pos_grch38)
    )
    source = tmp_path / "a.vcf"
    source.write_text(head + "".join(lines), encoding="utf-8")
    settings, out = CallSettings(genes=("RYR1",)), tmp_path / f"fast.{form}"
    write_call_tables(call_tables([source], knowledge, settings, form, [], set()), out, form)
    write_calls(call_rows([source], knowledge, settings, [], set()), tmp_path / f"slow.{form}")
    assert written(out) == written(tmp_path / f"slow.{form}")
    row = json.loads(out.read_text("utf-8")) if form == "jsonl" else pq.read_table(out).to_pylist()[0]
    assert row["candidates_possible"] == 2 ** (len(gene.variants) - 1)
    assert row["same_phenotype"] is True
    assert any(f"in 2^{len(gene.variants) - 1} ways" in text for text in row["warnings"])


def test_options_outside_calls_and_failed_files_are_as_for_one_person(knowledge: Knowledge, tmp_path: Path) -> None:
    small = write_cohort(tmp_path / "small.vcf", knowledge, 12, seed=5)
    wrong = tmp_path / "wrong.vcf"
    wrong.write_text("no vcf\n", encoding="utf-8")
    outside = tmp_path / "outside.tsv"
    outside.write_text("CYP2D6\t*1/*4\n", encoding="utf-8")
    options = CallOptions(all_candidates=True, combinations=True, cyp2d6_from_vcf=True)
    for settings in (
        CallSettings(genes=("CYP2C9", "CYP2D6"), options=options),
        CallSettings(genes=("SLCO1B1",), sample="s3", is_reference_assumed=True),
        CallSettings(genes=("CYP2C19",), sample="s3", outside=outside),
    ):
        results = []
        for path, write in ((tmp_path / "slow.jsonl", "slow"), (tmp_path / "fast.jsonl", "fast")):
            failed: list[FailedInput] = []
            said: set[str] = set()
            if write == "slow":
                write_calls(call_rows([small, wrong], knowledge, settings, failed, said), path)
            else:
                tables = call_tables([small, wrong], knowledge, settings, "jsonl", failed, said)
                write_call_tables(tables, path, "jsonl")
            results.append((path.read_bytes(), [(f.file, str(f.error)) for f in failed], said))
        assert results[0] == results[1]
        assert results[0][0].count(b"\n") > 0
        assert [file for file, _ in results[0][1]] == [str(wrong)]


def test_spread_work_comes_back_whole_and_an_error_in_a_worker_is_raised_here() -> None:
    assert usable_cores() >= 1
    assert dict(spread(lambda n: n * n, range(40), 2)) == {n: n * n for n in range(40)}

    def fail(number: int) -> int:
        raise InputError(f"task {number} is wrong")

    with pytest.raises(InputError, match=r"task \d is wrong"):
        list(spread(fail, range(4), 2))


def test_a_worker_that_dies_is_no_silent_gap() -> None:
    with pytest.raises(RuntimeError, match="ended early"):
        list(spread(lambda n: os._exit(3) if n == 2 else n, range(4), 2))


def in_background(inputs: list[Path], out: Path, *options: str) -> subprocess.Popen[str]:
    program = [
        str(Path(sys.executable).with_name("rxweave")),
        "call",
        *map(str, inputs),
        "-o",
        str(out),
        "--genes",
        "CYP2C9,IFNL3",
    ]
    # A test run that was itself started in the background ignores Ctrl-C, and its children would too.
    heeds_interrupt = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen([*program, *options], stderr=subprocess.PIPE, text=True, preexec_fn=heeds_interrupt)


@pytest.fixture
def interrupted(knowledge: Knowledge, tmp_path: Path) -> Iterator[tuple[list[Path], Path, subprocess.Popen[str]]]:
    """A run that has finished two inputs and waits for the third, a pipe that nobody writes to."""
    inputs = [write_cohort(tmp_path / f"{name}.vcf", knowledge, 20, seed=k) for k, name in enumerate("ab")]
    os.mkfifo(tmp_path / "c.vcf")
    inputs.append(tmp_path / "c.vcf")
    process = in_background(inputs, tmp_path / "calls.tsv")
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob(".calls.tsv.parts/*.part"))) < 2 and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.02)
    yield inputs, tmp_path / "calls.tsv", process
    process.kill()
    process.wait()
    assert process.stderr is not None
    process.stderr.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on_from_its_finished_inputs(
    interrupted: tuple[list[Path], Path, subprocess.Popen[str]],
    knowledge: Knowledge,
    how: signal.Signals,
    tmp_path: Path,
) -> None:
    inputs, out, process = interrupted
    process.send_signal(how)
    _, said = process.communicate(timeout=30)
    assert not out.exists()
    if how is not signal.SIGKILL:  # a killed process cannot clean up; it leaves a file of another name
        assert [p.name for p in tmp_path.glob(".calls*")] == [".calls.tsv.parts"]
        assert "add --resume" in said
    inputs[2].unlink()
    write_cohort(inputs[2], knowledge, 20, seed=9)
    assert in_background(inputs, tmp_path / "whole.tsv").wait(timeout=60) == 0
    # The first input is not read again: its content can go, as long as it looks as it did.
    before = inputs[0].stat()
    inputs[0].write_bytes(b"x" * before.st_size)
    os.utime(inputs[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    assert in_background(inputs, out, "--resume").wait(timeout=60) == 0
    assert out.read_bytes() == (tmp_path / "whole.tsv").read_bytes()
    assert not (tmp_path / ".calls.tsv.parts").exists()


def test_a_part_of_other_options_or_of_a_changed_input_is_not_used(knowledge: Knowledge, tmp_path: Path) -> None:
    source = write_cohort(tmp_path / "a.vcf", knowledge, 5, seed=3)
    out = tmp_path / "calls.parquet"
    settings = CallSettings(genes=("CYP2C9",))

    def parts(settings: CallSettings) -> CallParts:
        found = parts_of(out, "parquet", knowledge, settings, is_resumed=True)
        assert found is not None
        return found

    [table] = call_tables([source], knowledge, settings, "parquet", [], set())
    name = parts(settings).name_of([source])
    assert name is not None
    parts(settings).keep(name, table, ["a warning"])
    kept = parts(settings).load(name)
    assert kept is not None
    assert kept[1] == ["a warning"]
    for number, one in enumerate((table, kept[0])):
        write_call_tables([one], tmp_path / f"{number}.parquet", "parquet")
    assert written(tmp_path / "0.parquet") == written(tmp_path / "1.parquet")
    other = parts(CallSettings(genes=("CYP2C9",), is_reference_assumed=True))
    assert other.name_of([source]) != name
    source.write_text(source.read_text("utf-8") + "\n", encoding="utf-8")
    assert parts(settings).name_of([source]) != name
    part = next((tmp_path / ".calls.parquet.parts").glob("*.part"))
    assert part.parent.stat().st_mode & 0o077 == 0
    part.write_bytes(part.read_bytes()[:-40])
    assert parts(settings).load(name) is None
    assert parts_of(out, "parquet", knowledge, settings, is_resumed=False) is not None
    assert not part.exists()
