"""Writers are measured on the fixed cases: by counts done by hand, with models that answer as they are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rxweave import cli
from rxweave.errors import InputError, ModelFailed
from rxweave.knowledge import load_release
from rxweave.narrative.cases import Case, fixed_cases, some_of
from rxweave.narrative.evaluation import Evaluation, evaluate, read_evaluation, worse
from rxweave.narrative.models import Conversation, Deadline, Meter
from rxweave.narrative.narrative import Audience
from rxweave.narrative.prompts import prompt_for
from rxweave.report.evaluation_page import evaluation_page, evaluation_text

Sentences = list[dict[str, Any]]


class Scripted:
    """A model of the test's own: says what a function makes of the facts it is shown, the second time too."""

    name = "test:scripted"
    temperature = 0.0
    budget_seconds = 30.0
    prices = (1.0, 2.0)

    def __init__(self, says: Callable[[dict[str, dict[str, Any]]], Sentences]) -> None:
        self._says = says

    def ask(
        self, conversation: Conversation, schema: Mapping[str, Any], seed: int, deadline: Deadline, meter: Meter
    ) -> str:
        meter.requests += 1
        meter.count(1000, 100)
        lines = [json.loads(x) for x in conversation.turns[0].text.split("\n") if x.startswith("{")]
        said = self._says({line["id"]: line for line in lines})
        if len(conversation.turns) > 1:
            return json.dumps({"sentences": []})
        return json.dumps({"sentences": said})


def honest(facts: dict[str, dict[str, Any]]) -> Sentences:
    """Every fact in its own words."""
    return [{"text": f["fact"][0].upper() + f["fact"][1:].rstrip(".") + ".", "facts": [i]} for i, f in facts.items()]


def lying(facts: dict[str, dict[str, Any]]) -> Sentences:
    return [{"text": "No genetic reason speaks against any of these drugs.", "facts": [i]} for i in list(facts)[:4]]


def failing(facts: dict[str, dict[str, Any]]) -> Sentences:
    raise ModelFailed("timeout", "no answer")


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    return some_of(fixed_cases(load_release()), limit=5)


@pytest.fixture(scope="module")
def builtin(cases: tuple[Case, ...]) -> Evaluation:
    return evaluate("builtin", cases)


def _model(says: Callable[[dict[str, dict[str, Any]]], Sentences], cases: tuple[Case, ...]) -> Evaluation:
    return evaluate(Scripted(says), cases, [Audience.PRESCRIBER])


def test_the_builtin_writer_is_proved_and_agrees_everywhere(builtin: Evaluation) -> None:
    found = builtin.totals
    assert found.narratives == 20
    assert found.accepted_share == found.complete_share == found.agreement == found.proved_share == 1
    assert (found.replaced_share, found.repaired_share, found.failed_share, found.cost) == (0, 0, 0, None)
    assert builtin.of("patient").grade is not None and builtin.of("patient").grade < 8.01
    assert builtin.of("prescriber").grade is None and builtin.prompts == {}


def test_an_honest_model_is_mostly_accepted_and_a_lying_one_replaced(cases: tuple[Case, ...]) -> None:
    good, bad = _model(honest, cases).totals, _model(lying, cases).totals
    assert good.accepted_share is not None and good.accepted_share > 0.8
    assert good.replaced_share is not None and good.replaced_share < 0.3
    assert (bad.accepted_share, bad.kept_share, bad.replaced_share, bad.complete_share) == (0, 0, 1, 0)
    for found in (good, bad):
        assert found.agreement == found.proved_share == 1


def test_what_a_model_fails_at_is_counted_and_told_in_full(cases: tuple[Case, ...]) -> None:
    failed = _model(failing, cases)
    assert failed.totals.failed_share == 1 and failed.totals.accepted_share is None
    assert failed.totals.replaced_share == failed.totals.proved_share == 1
    assert {s.failure for s in failed.scores} == {"timeout"}


def test_tokens_and_cost_are_counted(cases: tuple[Case, ...]) -> None:
    found = _model(lying, cases)
    assert found.totals.tokens_in == 2000 * len(cases) and found.totals.tokens_out == 200 * len(cases)
    assert found.totals.cost == pytest.approx(2 * (1000 * 1 + 100 * 2) / 1000)


def test_shares_of_the_narratives_add_up(cases: tuple[Case, ...]) -> None:
    for found in (_model(honest, cases).totals, _model(lying, cases).totals):
        parts = (found.kept_share, found.repaired_share, found.replaced_share)
        assert sum(p for p in parts if p is not None) == pytest.approx(1, abs=1e-4)


def test_prompts_of_ones_own_are_recorded(cases: tuple[Case, ...]) -> None:
    mine = replace(prompt_for(Audience.PRESCRIBER), version="9.9", sha256="f" * 64)
    found = evaluate(Scripted(lying), cases[:1], [Audience.PRESCRIBER], prompts=[mine])
    assert found.prompts == {"prescriber": "prescriber 9.9 sha256:ffffffffffff"}
    with pytest.raises(InputError, match="in language 'es', expected 'en'"):
        evaluate(Scripted(lying), cases[:1], prompts=[replace(mine, language="es")])


def test_an_evaluation_is_read_as_it_was_written(builtin: Evaluation, tmp_path: Path) -> None:
    file = tmp_path / "builtin.json"
    file.write_text(json.dumps(builtin.json()), "utf-8")
    assert read_evaluation(file) == builtin
    assert worse(builtin, read_evaluation(file)) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "not an evaluation"), ("[]", "not an evaluation"), ('{"format": 99}', "format 99: this version reads 1")],
)
def test_a_file_that_is_no_evaluation_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        read_evaluation(file)
    with pytest.raises(InputError, match="cannot be read"):
        read_evaluation(tmp_path / "nowhere.json")


def test_a_worse_model_is_seen_against_the_baseline(cases: tuple[Case, ...]) -> None:
    good, bad = _model(honest, cases), _model(lying, cases)
    found = {w.measure for w in worse(bad, good)}
    assert {"accepted_share", "kept_share", "replaced_share", "complete_share"} <= found
    assert worse(good, bad) == ()
    assert {w.audience for w in worse(bad, good)} == {"", "prescriber"}
    assert {w.measure for w in worse(bad, good, tolerance=2)} == set()


def test_disagreement_with_the_advice_is_worse_whatever_was_before(builtin: Evaluation) -> None:
    first = replace(builtin.scores[0], disagreeing=("codeine",))
    wrong = replace(builtin, scores=(first, *builtin.scores[1:]))
    assert {w.measure for w in worse(wrong, wrong, tolerance=1)} == {"agreement"}
    assert worse(builtin, wrong) == ()


def test_what_was_measured_otherwise_is_not_compared(builtin: Evaluation) -> None:
    for change in ({"cases": "0 sha256:x"}, {"release": "2025.1"}, {"language": "es"}, {"scores": builtin.scores[:4]}):
        with pytest.raises(InputError, match="measure it again"):
            worse(builtin, replace(builtin, **change))


def test_the_page_shows_writers_side_by_side_and_is_escaped(builtin: Evaluation, cases: tuple[Case, ...]) -> None:
    bad = replace(_model(lying, cases), writer="<script>alert(1)</script>")
    page = evaluation_page([builtin, bad])
    assert "<script" not in page and "&lt;script&gt;" in page
    assert page.count('<th scope="col" class="n">builtin') >= 3 and "prescriber 1." in page
    assert "http" not in page.replace("http-equiv", "")
    assert "Why sentences were refused at first" in page and "where it failed most" in page


def test_the_text_has_a_column_for_each_reader(builtin: Evaluation) -> None:
    text = evaluation_text(builtin)
    assert all(a.value in text for a in Audience) and "100.0%" in text


def test_the_command_writes_json_and_page_and_compares(tmp_path: Path) -> None:
    def run(*arguments: str | Path) -> tuple[int, str]:
        result = CliRunner().invoke(cli.app, ["narrative", "eval", *map(str, arguments)])
        return result.exit_code, result.output

    first, page = tmp_path / "first.json", tmp_path / "page.html"
    options = ("--limit", "2", "--audience", "prescriber", "--split", "test")
    assert run(*options, "-o", first)[0] == 0
    assert run(*options, "--baseline", first, "--page", page, first)[0] == 0
    assert page.read_text("utf-8").count("builtin<small>") == 4  # two columns of two tables

    better = json.loads(first.read_text("utf-8"))
    for score in better["scores"]:
        score["replaced"], score["kept"] = -50, 200
    first.write_text(json.dumps(better), "utf-8")
    status, output = run(*options, "--baseline", first)
    assert status == 1 and "worse: Of the narratives: replaced (all)" in output
    assert run("--writer", "parrot")[0] == 1
