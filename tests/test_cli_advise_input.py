"""What ``rxweave advise`` accepts, and what it refuses: one clear message, status 1 or 2, nothing guessed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rxweave import cli


def advise(*arguments: str) -> Result:
    result = CliRunner().invoke(cli.app, ["advise", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def refused(*arguments: str, status: int = 1) -> str:
    result = advise(*arguments)
    assert result.exit_code == status, result.output
    assert result.stdout == "", "nothing is advised on what is refused"
    return result.stderr


def advice(*arguments: str) -> list[dict[str, object]]:
    result = advise(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


CODEINE = ("--drug", "codeine")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        # results that contradict each other
        (("--diplotype", "CYP2D6=*4/*4", "--phenotype", "CYP2D6=Normal Metabolizer"), "CYP2D6 disagree: Normal"),
        (("--diplotype", "CYP2D6=*4/*4", "--activity-score", "CYP2D6=2.0"), "score 2.0 means Normal Metabolizer"),
        (("--phenotype", "CYP2D6=PM", "--activity-score", "CYP2D6=2.0"), "stated results for CYP2D6 disagree"),
        (("--phenotype", "HLA-B*57:01=positive", "--phenotype", "HLA-B*57:01=negative"), "positive and as negative"),
        (("--variant", "rs3892097=C/T", "--diplotype", "CYP2D6=*1/*4"), "the variants or the result"),
        (("--variant", "rs3892097=C/T", "--variant", "rs3892097=C/C"), "stated twice with different bases"),
        (("--variant", "rs3892097=C/T", "--variant", "g.42128945C>T=T/T"), "stated twice with different bases"),
        # diplotypes that nobody has
        (("--diplotype", "CYP2D6=*4/*4/*5"), "holds 3 alleles, expected at most two"),
        (("--diplotype", "CYP2D6=*4/*4;*1/*1"), "expected at most two joined with '/'"),
        (("--diplotype", "CYP2D6=*4"), "one allele, expected two joined with '/'"),
        (("--diplotype", "CYP2D6=*4/"), "has an empty allele"),
        (("--diplotype", "MT-RNR1=m.1555A>G/Reference"), "the gene has one copy, expected one allele"),
        (("--diplotype", "CYP2D6=*999/*4"), "no allele '\\*999' in this release.*Did you mean"),
        (("--diplotype", "CYP2D6=4/4"), "no allele '4' in this release.*Did you mean"),
        (("--diplotype", "HLA-B=*57/*44"), "no HLA-B allele of two fields"),
        # genes that guidelines name and the release does not call
        (("--diplotype", "BCHE=*1/*2"), "holds no alleles of BCHE. Expected its phenotype: Poor Metabolizer"),
        (("--phenotype", "BCHE=Deficient"), "BCHE has no phenotype 'Deficient'.*Its phenotypes are: Poor"),
        (("--activity-score", "BCHE=1"), "BCHE: nothing usable is stated"),
        (("--phenotype", "HLA-DRB1*15:01=positive"), "Expected 'positive' or 'negative' after one of: \\*07:01"),
        # names that the release does not know
        (("--diplotype", "CYP9Z9=*4/*4"), "gene 'CYP9Z9' is not in release .*did you mean"),
        (("--phenotype", "CYP2D6=Slow"), "no phenotype 'Slow'.*Its phenotypes are: Poor Metabolizer"),
        (("--phenotype", "HLA-B*57:01=maybe"), "Expected 'positive' or 'negative'"),
        (("--phenotype", "HLA-B*27:05=positive"), "after one of: .*57:01"),
        # texts that are no result
        (("--diplotype", "CYP2D6"), "expected GENE=VALUE"),
        (("--diplotype", "CYP2D6="), "expected GENE=VALUE"),
        (("--diplotype", "=*4/*4"), "expected GENE=VALUE"),
        # activity scores
        (("--activity-score", "CYP2D6=-1"), "is no activity score"),
        (("--activity-score", "CYP2D6=abc"), "is no activity score"),
        (("--activity-score", "CYP2D6=1,5"), "is no activity score"),
        (("--activity-score", "CYP2D6=nan"), "is no activity score"),
        (("--activity-score", "CYP2D6=99"), "no two alleles have an activity score of 99"),
        (("--activity-score", "DPYD=3.0"), "an activity score of 3.0; at most 2.0"),
        (("--activity-score", "CYP2C19=1.0"), "CYP2C19: nothing usable is stated|has no activity scores"),
        # variants
        (("--variant", "rs3892097"), "expected NAME=A/B"),
        (("--variant", "rs3892097="), "expected NAME=A/B"),
        (("--variant", "rs1=A/G"), "no allele definition .* uses it"),
        (("--variant", "rs3892097=C/G"), "is C or T on the forward strand"),
        (("--variant", "rs3892097=C/T/T"), "give two of them"),
        (("--variant", "NC_000022.10:g.42524947C>T=C/T"), "is not the GRCh38 sequence; expected NC_000022.11"),
        (("--variant", "NM_000106.6:c.506-1G>A=C/T"), "named by its transcript goes with --diplotype"),
        (("--variant", "chr22:42128945:C>G=C/G"), "the definitions have chr22:42128945:C>T at this position"),
        (("--variant", "NC_000007.14:g.117530974C>T=C/G"), "is C or T on the forward strand"),
        # other medicines, event, day, files, release
        (("--with", "paroxetin 20 mg"), "drug 'paroxetin 20 mg': .*Did you mean paroxetine"),
        (("--with", "paroxetine -20 mg"), "drug 'paroxetine -20 mg'"),
        (("--with", ""), "expected a drug name"),
        (("--event", "birth"), "expected one of order, dose-change, start, stop, new-result"),
        (("--on", "31.12.2026"), "expected a day such as 2026-11-30"),
        (("--on", "2026-02-30"), "expected a day such as 2026-11-30"),
        (("--site", "none.toml"), "none.toml: cannot be read"),
        (("--patient", "none.json"), "none.json: cannot be read"),
        (("--functions", "1999-01"), "function set '1999-01' is not in release"),
        (("--knowledge", "1999.1"), "is not installed"),
    ],
)
def test_bad_input_is_told_and_nothing_is_advised(arguments: tuple[str, ...], message: str) -> None:
    text = " ".join(refused(*CODEINE, *arguments).split())
    assert re.search(message, text), text


@pytest.mark.parametrize(
    ("drug", "message"),
    [
        ("codein", "Did you mean codeine"),
        ("xyz", "knows no such ingredient"),
        ("codeine -30 mg", "codeine -30 mg"),
        ("codeine 30 stone", "codeine 30 stone"),
        ("", "expected a drug name"),
        ("statins", "knows no such ingredient"),
    ],
)
def test_a_drug_that_is_not_understood_is_never_replaced(drug: str, message: str) -> None:
    assert message in refused("--diplotype", "CYP2D6=*4/*4", "--drug", drug)


def test_without_a_drug_the_use_is_wrong() -> None:
    refused("--diplotype", "CYP2D6=*4/*4", status=2)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"weight_kg": -70}, "weight_kg: .*greater than or equal to 0.2; found -70"),
        ({"weight_lb": 150}, "weight_lb: unknown field; did you mean weight_kg"),
        ({"weight_kg": "150 lb"}, "weight_kg: expected a number, without quotes"),
        ({"laboratory": [{"kind": "crp", "value": 5, "unit": "stone"}]}, "'stone' is none of crp"),
        ({"results": [{"gene": "CYP2D7"}]}, "results: gene 'CYP2D7' is not in release .*did you mean .*CYP2D6"),
        ({"pending_tests": ["dpyd"]}, "pending_tests: gene 'dpyd' .*did you mean DPYD"),
        ({"consented_findings": ["cancer"]}, "consented_findings: class 'cancer' .*malignant_hyperthermia"),
        ({"results": [{"gene": "CYP2D6", "of": "donor"}]}, "of is donor and no transplant is given"),
    ],
)
def test_a_patient_file_with_a_wrong_fact_is_refused(tmp_path: Path, document: dict[str, object], message: str) -> None:
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(document))
    text = " ".join(refused(*CODEINE, "--diplotype", "CYP2D6=*4/*4", "--patient", str(path)).split())
    assert re.search(message, text), text
    assert str(path) in text


@pytest.mark.parametrize(
    "name",
    ["rs3892097", "NC_000022.11:g.42128945C>T", "g.42128945C>T", "chr22:42128945:C>T", "22-42128945-C-T"],
)
def test_every_name_of_a_variant_gives_the_same_result(name: str) -> None:
    (head, *_) = advice(*CODEINE, "--variant", f"{name}=T/T")
    genes = head["genes"]
    assert isinstance(genes, dict)
    assert (genes["CYP2D6"]["diplotype"], genes["CYP2D6"]["phenotype"]) == ("*4/*4", "Poor Metabolizer")


def test_a_single_allele_and_a_status_are_results() -> None:
    (gentamicin, *_) = advice("--drug", "gentamicin", "--diplotype", "MT-RNR1=m.1555A>G")
    assert gentamicin["action"] == "avoid"
    (abacavir, *_) = advice("--drug", "abacavir", "--phenotype", "HLA-B*57:01=positive")
    assert abacavir["action"] in ("avoid", "contraindicated")


def test_statuses_of_several_alleles_are_one_result() -> None:
    statuses = ("--phenotype", "HLA-B*57:01=positive", "--phenotype", "HLA-B*58:01=negative")
    found = {a["drug"]: a for a in advice("--drug", "abacavir", "--drug", "allopurinol", *statuses) if a["headline"]}
    assert found["abacavir"]["action"] in ("avoid", "contraindicated")
    assert "HLA-B" not in str(found["abacavir"]["missing"])


def test_words_for_a_condition_or_indication_are_read_as_their_code(tmp_path: Path) -> None:
    def population(words: str) -> object:
        path = tmp_path / "patient.json"
        path.write_text(json.dumps({"indications": [{"drug": "clopidogrel", "indication": words}]}))
        arguments = ("--drug", "clopidogrel", "--diplotype", "CYP2C19=*2/*2", "--patient", str(path))
        return next(a for a in advice(*arguments) if a["headline"])["population"]

    assert population("Acute coronary syndrome") == population("acs_pci") == "acs_pci"
    assert population("neurovascular") == population(" TIA ") == "neurovascular"


SITE = """
format = 1
name = "Ward 4"
[[rule]]
id = "codeine-quiet"
kind = "demote"
drug = "codeine"
tier = "none"
owner = "Pain team"
because = "the ward stocks no codeine"
on = 2026-01-01
expires = 2026-06-30
"""


@pytest.mark.parametrize(("on", "is_quiet"), [("2026-06-30", True), ("2026-07-01", False)])
def test_a_rule_of_the_site_is_applied_in_its_time_and_named_after_it(tmp_path: Path, on: str, is_quiet: bool) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    result = advise(*CODEINE, "--diplotype", "CYP2D6=*4/*4", "--site", str(path), "--on", on, "--json")
    head = json.loads(result.stdout)[0]
    assert result.exit_code == 0
    assert (head["alert_tier"] == "none") is is_quiet
    assert [c["owner"] for c in head["site_changes"]] == (["Pain team"] if is_quiet else [])
    assert ("codeine-quiet (Pain team) is not applied: it expired on 2026-06-30" in result.stderr) is not is_quiet


def test_a_report_takes_the_site_and_tells_only_findings_consented_to(tmp_path: Path) -> None:
    calls = tmp_path / "calls.tsv"
    calls.write_text("CYP2D6\t*4/*4\nRYR1\tReference/c.1021G>A\nMT-RNR1\tm.1555A>G\n")
    site, patient, out = tmp_path / "site.toml", tmp_path / "patient.json", tmp_path / "out"
    site.write_text(SITE.replace("2026-06-30", "2999-12-31"))
    patient.write_text(json.dumps({"consented_findings": ["malignant_hyperthermia"]}))
    arguments = ["--outside", calls, "--meds", "codeine", "--site", site, "--patient", patient, "-o", out]
    result = CliRunner().invoke(cli.app, ["report", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    document = json.loads((out / "report.json").read_text())
    head = next(a for a in document["advice"] if a["headline"])
    assert [c["id"] for c in head["site_changes"]] == ["codeine-quiet"]
    assert [f["gene"] for f in document["secondary_findings"]] == ["RYR1"]


@pytest.mark.parametrize(
    ("stated", "drug", "gene", "result", "tier"),
    [
        ("BCHE=PM", "succinylcholine", "BCHE", "Poor Metabolizer", "interruptive"),
        ("bche=Intermediate Metabolizer", "mivacurium", "BCHE", "Intermediate Metabolizer", "none"),
        ("UGT2B17=Poor Metabolizer", "belzutifan", "UGT2B17", "Poor Metabolizer", "passive"),
        ("HLA-DRB1*07:01=positive", "lapatinib", "HLA-DRB1", "*07:01 positive", "passive"),
    ],
)
def test_a_result_of_a_gene_that_is_not_called_answers_its_guideline(
    stated: str, drug: str, gene: str, result: str, tier: str
) -> None:
    head, *beside = advice("--phenotype", stated, "--drug", drug)
    found = [a for a in (head, *beside) if gene in a["genes"]]
    assert found and all(a["genes"][gene]["phenotype"] == result for a in found)
    assert all(gene not in a["missing"] for a in found)
    assert f"guidelines/genes_elsewhere.toml#{gene}" in json.dumps(found[0]["trace"])
    assert head["alert_tier"] == tier


def test_outside_calls_of_a_gene_that_is_not_called_reach_the_advice(tmp_path: Path) -> None:
    calls = tmp_path / "calls.tsv"
    calls.write_text("BCHE\t\tPoor Metabolizer\t\n", encoding="utf-8")
    result = CliRunner().invoke(
        cli.app, ["report", "--outside", str(calls), "--meds", "succinylcholine", "-o", str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.output
    assert re.search(r"Avoid\s+succinylcholine", result.stdout)


@pytest.mark.parametrize("option", ["--drug", "--with"])
def test_words_of_an_order_that_were_not_understood_are_shown_and_the_rest_is_advised_on(option: str) -> None:
    written = "warfarin 5 mg mon wed fri"
    result = advise(*(("--drug", "codeine") if option == "--with" else ()), option, written, "--json")
    assert result.exit_code == 0 and json.loads(result.stdout)
    (warning,) = [line for line in result.stderr.splitlines() if line.startswith("warning: ")]
    assert written in warning and "mon wed fri" in warning.partition("not understood")[2]
    assert "not understood" not in advise("--drug", "warfarin 5 mg daily").stderr
