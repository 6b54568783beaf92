"""Data for fine-tuning: true answers that the verifier accepts, untrue ones that it refuses, no pair in two splits."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rxweave import cli
from rxweave.knowledge import load_release
from rxweave.narrative.cases import Split, split_of
from rxweave.narrative.dataset import Dataset, dataset
from rxweave.narrative.models.answers import read_answer
from rxweave.narrative.narrative import Audience
from rxweave.report.dataset_files import write_dataset


@pytest.fixture(scope="module")
def made() -> Dataset:
    return dataset(load_release(), 15, seed=4)


def _rows(made: Dataset, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in made.files()[name].splitlines()]


def test_every_split_has_examples_for_every_reader(made: Dataset) -> None:
    for split in Split:
        assert {e.audience for e in made.of(split)} == set(Audience)
    assert sum(made.left_out.values()) <= 0.1 * len(made.examples)


def test_no_pair_of_gene_and_drug_is_in_two_splits(made: Dataset) -> None:
    for one, other in itertools.combinations(Split, 2):
        assert not set(made.pairs_of(one)) & set(made.pairs_of(other))
    for split in Split:
        assert {split_of(drug) for _, drug in made.pairs_of(split)} == {split}


def test_chats_are_instruction_facts_and_an_answer_that_can_be_read(made: Dataset) -> None:
    for name in ("train", "validation", "test"):
        for row in _rows(made, f"{name}.jsonl"):
            assert [m["role"] for m in row["messages"]] == ["system", "user", "assistant"]
            system, task, answer = (m["content"] for m in row["messages"])
            assert "State only what the facts say" in system and task.startswith("FACTS\n")
            facts = {json.loads(line)["id"]: json.loads(line) for line in task.splitlines() if line.startswith("{")}
            cited = {i for s in read_answer(answer) for i in s.facts}
            assert cited <= set(facts)
            assert row["prompt_version"].split()[0] == row["audience"]


def test_untrue_answers_differ_in_one_thing_and_carry_the_reasons(made: Dataset) -> None:
    pairs = [row for name in ("train", "validation", "test") for row in _rows(made, f"{name}.preferences.jsonl")]
    assert len(pairs) > len(made.examples)
    assert len({row["error"] for row in pairs}) >= 30
    for row in pairs:
        (chosen,), (rejected,) = row["chosen"], row["rejected"]
        true, untrue = read_answer(chosen["content"]), read_answer(rejected["content"])
        assert true != untrue
        assert len(set(untrue) - set(true)) <= 2 or row["error"] == "blanked_warning"
        assert row["reasons"] and all(reason["code"] for reason in row["reasons"])
        assert all(i.startswith("f") for reason in row["reasons"] for i in reason["facts"])


def test_no_case_comes_twice(made: Dataset) -> None:
    tasks = [(e.audience, e.task) for e in made.examples if e.audience is Audience.CONSULT]
    assert len(tasks) == len(set(tasks))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(made: Dataset) -> None:
    small = dataset(load_release(), 10, [Audience.PRESCRIBER], seed=1)
    assert small.files() == dataset(load_release(), 10, [Audience.PRESCRIBER], seed=1).files()
    assert small.files() != dataset(load_release(), 10, [Audience.PRESCRIBER], seed=2).files()


def test_the_card_says_what_the_files_hold(made: Dataset, tmp_path: Path) -> None:
    write_dataset(made, tmp_path / "new")
    card = (tmp_path / "new" / "README.md").read_text("utf-8")
    for split in Split:
        count = len((tmp_path / "new" / f"{split}.jsonl").read_text("utf-8").splitlines())
        assert f"| `{split}.jsonl` | {count} |" in card
    assert "CC BY-SA 4.0" in card and "release 2026.1 with seed 4" in card and "## Limits" in card
    assert card.count("  train.jsonl") == 1


def test_the_command_writes_the_folder(tmp_path: Path) -> None:
    arguments = ["narrative", "dataset", "-o", str(tmp_path), "--cases", "10", "--audience", "prescriber"]
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0, result.output
    assert {p.name for p in tmp_path.iterdir()} == {
        "README.md", *(f"{s}{kind}.jsonl" for s in Split for kind in ("", ".preferences"))
    }  # fmt: skip
