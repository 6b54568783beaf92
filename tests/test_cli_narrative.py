"""Narratives on the command line: in the report, shown with what the verifier says, and attacked."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rxweave import cli
from rxweave.cli.narrative import narrative_app
from rxweave.demo import DemoPatient, write_demo_patients
from rxweave.knowledge import load_release
from rxweave.knowledge.strict_table import load_toml
from rxweave.narrative.models.settings import ModelSettings
from rxweave.report.schemas import validate

ROOT = Path(__file__).resolve().parents[1]
CODEINE = ("--diplotype", "CYP2D6=*4/*4", "--drug", "codeine 30 mg")


def rxweave(*arguments: str | Path, status: int = 0) -> str:
    result = CliRunner().invoke(cli.app, [str(a) for a in arguments])
    assert result.exit_code == status, result.output
    return result.stdout if status == 0 else result.output


@pytest.fixture(scope="module")
def rosa(tmp_path_factory: pytest.TempPathFactory) -> DemoPatient:
    people = write_demo_patients(tmp_path_factory.mktemp("people"), load_release())
    return next(p for p in people if p.name == "rosa")


def _report(person: DemoPatient, out: Path, *options: str) -> dict[str, object]:
    rxweave("report", person.vcf, "--meds", "clopidogrel 75 mg daily", "-o", out, *options)
    text = (out / "report.json").read_text("utf-8")
    validate("report", text)
    found: dict[str, object] = json.loads(text)
    return found


def test_report_tells_prescriber_consult_and_patient_in_english(rosa: DemoPatient, tmp_path: Path) -> None:
    found = _report(rosa, tmp_path)
    told = found["narratives"]
    assert [(n["audience"], n["language"], n["writer"]) for n in told] == [  # type: ignore[attr-defined]
        ("prescriber", "en", "builtin"),
        ("consult", "en", "builtin"),
        ("patient", "en", "builtin"),
    ]
    assert found["narratives_withheld"] == []
    assert all("clopidogrel" in n["text"] for n in told)  # type: ignore[attr-defined]


def test_report_tells_those_who_are_asked_for_in_the_language_asked_for(rosa: DemoPatient, tmp_path: Path) -> None:
    found = _report(rosa, tmp_path, "--audience", "payer", "--audience", "patient", "--language", "es")
    told = [(n["audience"], n["language"]) for n in found["narratives"]]  # type: ignore[attr-defined]
    assert told + [(a, "es") for a in found["narratives_withheld"]] == [  # type: ignore[attr-defined]
        ("payer", "es"),
        ("patient", "es"),
    ]


def test_report_without_medicines_tells_nothing(rosa: DemoPatient, tmp_path: Path) -> None:
    rxweave("report", rosa.vcf, "-o", tmp_path)
    found = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert found["narratives"] == found["narratives_withheld"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--audience", "press"), "audience 'press': expected one of prescriber, consult, patient, payer"),
        (("--writer", "parrot"), "writer 'parrot': expected builtin, openai:MODEL, anthropic:MODEL or local:FOLDER"),
        (("--writer", "openai:toy"), "no endpoint"),
        (("--language", "xx"), "language 'xx': narratives are written in en"),
    ],
)
def test_what_cannot_be_told_is_said_and_nothing_is_written(
    rosa: DemoPatient, tmp_path: Path, options: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RXWEAVE_MODEL_ENDPOINT", raising=False)
    monkeypatch.delenv("RXWEAVE_MODEL_CONFIG", raising=False)
    out = tmp_path / "out"
    said = rxweave("report", rosa.vcf, "--meds", "clopidogrel 75 mg", "-o", out, *options, status=1)
    assert message in said
    assert not out.exists()


def test_show_marks_each_sentence_and_says_that_all_is_proved() -> None:
    text = rxweave("narrative", "show", *CODEINE, "--audience", "prescriber", "--facts")
    assert "✓ Avoid codeine" in text
    assert "• CYP2D6 is *4/*4 (poor metabolizer" in text
    assert "✗" not in text
    assert text.rstrip().endswith("nothing essential is left out.")


def test_show_gives_json_with_refusals() -> None:
    (told,) = json.loads(rxweave("narrative", "show", *CODEINE, "--audience", "patient", "--json"))
    assert told["audience"] == "patient"
    assert told["refusals"] == []
    assert all(fact in told["facts"] for s in told["sentences"] for fact in s["facts"])


def test_seed_changes_the_words_and_the_same_seed_does_not() -> None:
    texts = {
        seed: [rxweave("narrative", "show", *CODEINE, "--audience", "consult", "--seed", str(seed)) for _ in range(2)]
        for seed in range(4)
    }
    assert all(first == second for first, second in texts.values())
    assert len({first for first, _ in texts.values()}) > 1


def test_attack_prints_the_shares_as_json() -> None:
    found = json.loads(rxweave("narrative", "attack", "--n", "60", "--seed", "3", "--json"))
    assert set(found) == {"rejected_share", "false_rejection_share", "by_kind"}
    assert 0.9 <= found["rejected_share"] <= 1
    assert sum(k.get("injected", 0) for k in found["by_kind"].values()) == 60


def test_attack_prints_a_table() -> None:
    text = rxweave("narrative", "attack", "--n", "30", "--seed", "3")
    assert "Injected errors rejected" in text
    assert "True rewrites refused" in text


def test_commands_that_tell_no_narrative_do_not_load_those_that_do() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom rxweave import cli\n"
        "asked = ['advise', '--diplotype', 'CYP2D6=*4/*4', '--drug', 'codeine']\n"
        "for words in (['--help'], ['call', '--help'], asked):\n"
        "    assert CliRunner().invoke(cli.app, words).exit_code == 0\n"
        "print(sorted(m for m in sys.modules if m.startswith(('rxweave.cli.narrative', 'rxweave.narrative.models', "
        "'rxweave.narrative.verifier', 'httpx'))))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    listed = subprocess.run(
        [sys.executable, "-c", "from rxweave.cli import main; main()", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "narrative" in listed.stdout


def test_every_command_setting_and_code_is_documented() -> None:
    guide = (ROOT / "docs" / "using.md").read_text("utf-8")
    page = (ROOT / "docs" / "narrative.md").read_text("utf-8")
    for command in narrative_app.registered_commands:
        name = command.name or (command.callback.__name__ if command.callback else "")
        assert f"`narrative {name}" in guide, name
        assert f"rxweave narrative {name} " in page, name
    for setting in fields(ModelSettings):
        assert f"`{setting.name}`" in page or f"_{setting.name.upper()}`" in page, setting.name
    for code in load_toml(ROOT / "src/rxweave/narrative/prompts/rules.en.toml")["reasons"]:
        assert f"| `{code}` |" in page, code
