"""Every command and code block that the README and the guide show does what they say, typed as it stands there."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rxweave import cli
from rxweave.demo import DemoPatient, write_demo_patients
from rxweave.knowledge import load_release
from rxweave.patient import coded_patient, read_patient

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "docs/using.md")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
#: Words that stand for something of the reader's own: such a line is a pattern, not a command.
PLACEHOLDERS = ("FILES...", "COMMAND", "DIR")


def _commands() -> list[str]:
    lines = (
        line.strip()
        for page in PAGES
        for _, block in FENCE.findall((ROOT / page).read_text(encoding="utf-8"))
        for line in block.splitlines()
    )
    commands = [re.sub(r"\s{2,}.*$", "", line) for line in lines if re.match(r"(\.venv/bin/)?rxweave ", line)]
    return sorted({c for c in commands if not any(word in c.split() for word in PLACEHOLDERS)})


@pytest.fixture(scope="module")
def rosa(tmp_path_factory: pytest.TempPathFactory) -> DemoPatient:
    people = write_demo_patients(tmp_path_factory.mktemp("people"), load_release())
    return next(p for p in people if p.name == "rosa")


@pytest.fixture
def desk(rosa: DemoPatient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the documents name, and the process in it."""
    text = rosa.vcf.read_text(encoding="utf-8")
    (tmp_path / "patient.vcf.gz").write_bytes(gzip.compress(text.encode()))
    renamed = re.sub(r"^(#CHROM.*\t)rosa$", r"\1NA18526", text, flags=re.MULTILINE)
    (tmp_path / "chr1.vcf.gz").write_bytes(gzip.compress(renamed.encode()))
    (tmp_path / "cohort.vcf.gz").write_bytes(gzip.compress(_two_people(text).encode()))
    (tmp_path / "cyp2d6.tsv").write_text("CYP2D6\t*1/*4\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _two_people(text: str) -> str:
    """The VCF of one person as that of two with the same genotypes."""
    lines = (line if line.startswith("##") else line + "\t" + line.rsplit("\t", 1)[1] for line in text.splitlines())
    return "\n".join(lines).replace("\trosa\trosa\n", "\trosa\tanna\n") + "\n"


def test_the_documents_show_commands() -> None:
    assert len(_commands()) >= 10


@pytest.mark.parametrize("command", _commands())
def test_shown_commands_run(command: str, desk: Path) -> None:
    words = [
        name
        for word in shlex.split(command)[1:]
        for name in (sorted(p.name for p in desk.glob(word)) if word.startswith("chr*") else [word])
    ]
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 0, result.output
    if "-o" in words:
        out = desk / words[words.index("-o") + 1]
        folder = {"summary.html", "summary.tsv"} if "cohort" in words else {"report.html", "report.pdf", "report.json"}
        assert out.is_file() or {p.name for p in out.iterdir()} == folder
    else:
        assert result.stdout.strip()


def test_shown_python_runs(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = [code for language, code in FENCE.findall((ROOT / "README.md").read_text("utf-8")) if language == "python"]
    assert blocks
    for code in blocks:
        exec(compile(code, "README.md", "exec"), {})  # the documented lines, as a reader would paste them
    assert capsys.readouterr().out.strip() == "*1/*2 Intermediate Metabolizer"


def test_shown_patient_file_is_read_and_its_codes_decide(tmp_path: Path) -> None:
    release = load_release()
    guide = (ROOT / "docs/using.md").read_text("utf-8")
    block, facts_of_results = [code for language, code in FENCE.findall(guide) if language == "json"]
    (tmp_path / "patient.json").write_text(block, encoding="utf-8")
    person = read_patient(tmp_path / "patient.json", release.drugs)
    assert person.indications and person.medications
    (tmp_path / "patient.json").write_text(facts_of_results, encoding="utf-8")
    shown = coded_patient(read_patient(tmp_path / "patient.json", release.drugs), release)
    assert shown.transplants and shown.results and shown.consented_findings
    vocabulary = ROOT / "src/rxweave/knowledge/releases/2026.1/guidelines/vocabulary.toml"
    known = tomllib.loads(vocabulary.read_text("utf-8"))["condition"]
    for field, key in (("indication", "indication"), ("conditions", "condition")):
        (row,) = re.findall(rf"^ *\| `{field}` \|(.*)\|$", guide, re.MULTILINE)
        codes = re.findall(r"`([a-z_]+)`", row)
        assert codes and set(codes) <= set(known[key])
    assert json.loads(block)["indications"][0]["indication"] in known["indication"]


@pytest.mark.parametrize("page", ["README.md", "docs/scope.md"])
def test_the_drugs_are_counted_as_the_release_holds_them(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    guidelines = load_release().guidelines
    computed = {drug: {g.source for g in found if g.is_computable} for drug, found in guidelines.items()}
    of = {source: sum(source in sources for sources in computed.values()) for source in ("CPIC", "DPWG", "FDA")}
    named_only = sum(not sources for sources in computed.values())
    wanted = {
        "README.md": f"guidance for {sum(map(bool, computed.values()))} drugs: CPIC for {of['CPIC']}, DPWG for "
        f"{of['DPWG']}, the FDA's table for {of['FDA']}. For {named_only} more",
        "docs/scope.md": f"CPIC ({of['CPIC']} drugs), DPWG ({of['DPWG']}) and the FDA's table of associations with "
        f"label texts ({of['FDA']}). Of the {named_only} drugs",
    }[page]
    assert wanted in " ".join(text.split())
