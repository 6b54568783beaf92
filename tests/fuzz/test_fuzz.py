"""Nothing that is given to the readers or the caller makes them crash, hang, or say what cannot be.

The short run is part of every test run, the longer one of the long proofs; ``run.py`` runs as many as one likes.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import fuzz_targets
import pytest
from fuzz_targets import ROUND, Failure, Fuzzer, TookTooLong, time_limit
from hypothesis import given, settings
from hypothesis import strategies as st

from rxweave.calling import read_vcf
from rxweave.calling.outside_files import read_outside_files
from rxweave.errors import InputError
from rxweave.knowledge import Knowledge, load_release

LONG_RUN = 50_000


@pytest.fixture(scope="module")
def release() -> Knowledge:
    return load_release()


def _told(failures: list[Failure]) -> str:
    return "\n\n".join(f"{f.name}: {f.error}\n{f.content[:2000]!r}" for f in failures[:5])


def test_a_short_run_breaks_nothing(tmp_path: Path) -> None:
    fuzzer = Fuzzer(2026, tmp_path)
    failures = [failure for number in range(20) for failure in fuzzer.round(number)]
    assert not failures, _told(failures)
    assert fuzzer.inputs == 20 * ROUND
    # Neither all of it is refused at the door, nor is all of it fine.
    assert 0.2 < fuzzer.refused / fuzzer.inputs < 0.7


@pytest.mark.long
def test_a_long_run_breaks_nothing(tmp_path: Path) -> None:
    fuzzer = Fuzzer(1, tmp_path)
    failures = [failure for number in range(-(-LONG_RUN // ROUND)) for failure in fuzzer.round(number)]
    assert not failures, _told(failures)
    assert fuzzer.inputs >= LONG_RUN


def test_inputs_follow_from_the_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    monkeypatch.setattr(Fuzzer, "_write", lambda self, content, kept: seen.append(content) or tmp_path / "none")
    made = []
    for seed in (1, 1, 2):
        seen.clear()
        list(Fuzzer(seed, tmp_path).round(0))
        made.append(tuple(seen))
    assert len(made[0]) > ROUND / 2
    assert made[0] == made[1] != made[2]


def test_a_crash_is_caught_and_can_be_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = fuzz_targets.check_genotypes

    def crash(genotypes: object, release: Knowledge) -> None:
        honest(genotypes, release)  # type: ignore[arg-type]
        raise KeyError("planted")

    monkeypatch.setattr(fuzz_targets, "check_genotypes", crash)
    fuzzer = Fuzzer(1, tmp_path)
    failures = list(fuzzer.round(0))
    assert failures
    assert all("KeyError: 'planted'" in failure.error for failure in failures)
    assert all(re.fullmatch(r"0/(read|array)/\d+", failure.name) for failure in failures)
    (again,) = fuzzer.again(failures[0].name)
    assert again.content == failures[0].content


def test_a_hang_is_caught_even_by_code_that_catches_every_exception() -> None:
    def hang() -> None:
        while True:
            try:
                time.sleep(5)
            except Exception:
                continue

    began = time.monotonic()
    with pytest.raises(TookTooLong), time_limit(0.2):
        hang()
    assert time.monotonic() - began < 2


def test_a_person_who_breaks_the_caller_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int | None] = []

    def call(self: Fuzzer, number: int, only: int | None) -> None:
        asked.append(only)
        if only in (None, 3):
            raise ZeroDivisionError

    monkeypatch.setattr(Fuzzer, "_call_people", call)
    (failure,) = Fuzzer(1, tmp_path)._people(5)
    assert failure.name == "5/people/3"


_COLUMN = st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r"), max_size=8)
_RECORD = st.tuples(
    st.sampled_from(["chr10", "10", "chrX", "chrM", "chr99", ""]),
    st.one_of(st.integers(-5, 100_000_000).map(str), _COLUMN),
    _COLUMN,
    st.text("ACGTNacgt*<>.", max_size=6),
    st.text("ACGTN,*<>.[]:", max_size=12),
    _COLUMN,
    _COLUMN,
    _COLUMN,
    st.sampled_from(["GT", "GT:PS", "PS:GT", "DP", ""]),
    st.text("0123456789./|:,-", max_size=12),
)


@given(st.lists(_RECORD, max_size=6), st.lists(_COLUMN, max_size=3))
@settings(max_examples=150, deadline=5000)
def test_any_table_of_texts_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, release: Knowledge, records: list[tuple[str, ...]], names: list[str]
) -> None:
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names]
    lines = ["##fileformat=VCFv4.2", *("\t".join(row) for row in (columns, *records))]
    path = tmp_path_factory.getbasetemp() / "texts.vcf"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        genotypes = read_vcf(path, release, genes=("CYP2C9", "NUDT15"))
    except InputError as error:
        assert str(error)
    else:
        fuzz_targets.check_genotypes(genotypes, release)


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=5000)
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, release: Knowledge, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(content)
    for reading in (
        lambda: read_vcf(path, release, genes=("VKORC1",)),
        lambda: read_outside_files([path], release),
    ):
        try:
            reading()
        except InputError as error:
            assert str(error)
