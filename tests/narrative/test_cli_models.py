"""Language models on the command line: a report that one drafts, and a prompt tried on a case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lying_server import Asked, Sentences, answering, honest, in_turn, lying_server, said, sending
from typer.testing import CliRunner

from rxweave import cli
from rxweave.report.schemas import validate

CASE = ("--diplotype", "CYP2D6=*4/*4", "--drug", "codeine 30 mg")
PROMPTS = Path(cli.__file__).parents[1] / "narrative" / "prompts"


def rxweave(*arguments: str | Path) -> str:
    result = CliRunner().invoke(cli.app, [str(a) for a in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("RXWEAVE_MODEL_RETRIES", "0")
    monkeypatch.setenv("RXWEAVE_MODEL_KEY", "sk-secret")
    return monkeypatch


def half_true(asked: Asked) -> Sentences:
    """True but for one sentence, also when asked again."""
    action = next(n for n, e in asked.facts.items() if e["fact"].startswith("avoid codeine"))
    lie = {"text": "Codeine may be used in twice the dose.", "facts": [action]}
    return [lie, *(s for s in honest(asked) if s["facts"] != [action])]


def test_report_shows_what_a_model_drafted_and_what_stands_instead(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "cyp2d6.tsv"
    outside.write_text("CYP2D6\t*4/*4\n", encoding="utf-8")
    with lying_server(answering(half_true)) as liar:
        environment.setenv("RXWEAVE_MODEL_ENDPOINT", f"{liar.url}/v1")
        arguments = ("--outside", outside, "--meds", "codeine 30 mg", "--audience", "prescriber")
        rxweave("report", *arguments, "--writer", "openai:toy", "-o", tmp_path / "out")
    text = (tmp_path / "out" / "report.json").read_text("utf-8")
    validate("report", text)
    (told,) = json.loads(text)["narratives"]
    assert told["writer"] == "openai:toy"
    assert told["prompt"].startswith("prescriber ")
    assert told["usage"]["tokens_out"] > 0
    assert {s["writer"] for s in told["sentences"]} == {"openai:toy", "builtin"}
    assert any((s["because"] or "").startswith("refused:") for s in told["sentences"])
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "twice the dose" not in page
    assert "openai:toy" in page
    assert "sk-secret" not in page + text


def test_report_without_an_answer_of_the_model_is_whole(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    outside = tmp_path / "cyp2d6.tsv"
    outside.write_text("CYP2D6\t*4/*4\n", encoding="utf-8")
    with lying_server(sending(b"no", status=500)) as liar:
        environment.setenv("RXWEAVE_MODEL_ENDPOINT", f"{liar.url}/v1")
        rxweave(
            "report", "--outside", outside, "--meds", "codeine 30 mg", "--writer", "openai:toy", "-o", tmp_path / "out"
        )
    found = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert [n["audience"] for n in found["narratives"]] == ["prescriber", "consult", "patient"]
    assert {s["because"] for n in found["narratives"] for s in n["sentences"]} == {"model_failed:status_500"}


def test_a_prompt_tried_on_a_case_marks_what_is_accepted_and_refused(environment: pytest.MonkeyPatch) -> None:
    with lying_server(answering(half_true)) as liar:
        environment.setenv("RXWEAVE_MODEL_ENDPOINT", f"{liar.url}/v1")
        text = rxweave("narrative", "try", PROMPTS / "prescriber.en.toml", "--writer", "openai:toy", *CASE)
    draft, narrative = text.split("In short", 1)
    assert "✗ Codeine may be used in twice the dose." in draft
    assert "✓ CYP2D6 is *4/*4" in draft
    assert "2 requests, " in draft
    assert "twice the dose" not in narrative
    assert narrative.rstrip().endswith("nothing essential is left out.")


def test_characters_of_a_model_do_not_steer_the_terminal(environment: pytest.MonkeyPatch) -> None:
    def red(asked: Asked) -> Sentences:
        return [{"text": "\x1b[31m" + said(e["fact"]), "facts": [n]} for n, e in asked.facts.items()]

    with lying_server(in_turn(answering(red), answering(honest))) as liar:
        environment.setenv("RXWEAVE_MODEL_ENDPOINT", f"{liar.url}/v1")
        text = rxweave("narrative", "try", PROMPTS / "prescriber.en.toml", "--writer", "openai:toy", *CASE)
    assert "\x1b" not in text
    assert "\\x1b[31m" in text
