"""Secondary findings are told in the classes that were consented to, and drug advice never waits for consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rxweave.calling import stated_calls
from rxweave.guidance import advise
from rxweave.guidance.secondary import secondary_findings
from rxweave.knowledge import load_release
from rxweave.knowledge.guidelines import Action
from rxweave.patient import Event, Patient, Sex
from rxweave.phenotyping import GenePhenotype, assign_phenotype

RELEASE = load_release()
EVERY_CLASS = tuple(RELEASE.people.finding_classes)
MH = ("RYR1", "Malignant Hyperthermia Susceptibility")


def results(*diplotypes: str, phenotypes: tuple[str, ...] = ()) -> dict[str, GenePhenotype]:
    calls = stated_calls(RELEASE, diplotypes=diplotypes, phenotypes=phenotypes)
    return {gene: assign_phenotype(call, RELEASE) for gene, call in calls.items()}


def told(found: dict[str, GenePhenotype], **facts: object) -> list[tuple[str, str]]:
    patient = Patient(**facts)  # type: ignore[arg-type]
    return [(f.finding_class, f.result) for f in secondary_findings(found, patient, RELEASE)]


@pytest.mark.parametrize(
    ("diplotype", "expected"),
    [
        ("RYR1=Reference/c.1021G>A", ("malignant_hyperthermia", MH[1])),
        ("DPYD=Reference/c.1905+1G>A (*2A)", ("dpd_deficiency", "Intermediate Metabolizer")),
        ("MT-RNR1=m.1555A>G", ("mitochondrial_hearing_loss", "increased risk of aminoglycoside-induced hearing loss")),
        ("G6PD=A- 202A_376G/B (reference)", ("g6pd_deficiency", "Variable")),
        ("HLA-B=*57:01/*44:02", ("hla_disease_links", "*57:01 positive")),
        (
            "CFTR=ivacaftor non-responsive CFTR sequence/G551D",
            ("cystic_fibrosis_carrier", "G551D/ivacaftor non-responsive CFTR sequence"),
        ),
    ],
)
def test_a_finding_is_told_with_consent_to_its_class_and_not_without(diplotype: str, expected: tuple[str, str]) -> None:
    found = results(diplotype)
    assert told(found, consented_findings=(expected[0],)) == [expected]
    others = tuple(c for c in EVERY_CLASS if c != expected[0])
    assert told(found, consented_findings=others) == []
    assert told(found, consented_findings=()) == []
    assert told(found) == [], "nobody asked is no consent"


@pytest.mark.parametrize(
    "diplotype", ["RYR1=Reference/Reference", "DPYD=Reference/Reference", "HLA-B=*44:02/*07:02", "CYP2D6=*4/*4"]
)
def test_a_result_that_means_nothing_beside_drugs_is_no_finding(diplotype: str) -> None:
    assert told(results(diplotype), consented_findings=EVERY_CLASS) == []


@pytest.mark.parametrize(
    ("sex", "diplotype", "is_told"),
    [
        (Sex.MALE, "G6PD=A- 202A_376G/B (reference)", True),
        (Sex.MALE, "G6PD=B (reference)/B (reference)", False),
        (Sex.MALE, "G6PD=B (reference)", False),
        (Sex.FEMALE, "G6PD=A- 202A_376G/B (reference)", False),
        (Sex.UNKNOWN, "G6PD=A- 202A_376G/B (reference)", False),
    ],
)
def test_two_x_chromosomes_are_seen_only_in_two_different_alleles_of_a_man(
    sex: Sex, diplotype: str, is_told: bool
) -> None:
    found = told(results(diplotype), sex=sex, consented_findings=("sex_chromosomes",))
    assert bool(found) is is_told


def test_an_emergency_opens_what_the_release_names_and_marks_it() -> None:
    found = results("RYR1=Reference/c.1021G>A", "MT-RNR1=m.1555A>G", "DPYD=Reference/c.1905+1G>A (*2A)")
    patient = Patient(conditions=("emergency",), consented_findings=("dpd_deficiency",))
    opened = secondary_findings(found, patient, RELEASE)
    assert [(f.gene, f.is_emergency_use) for f in opened] == [("RYR1", True), ("DPYD", False)]
    assert {f.gene for f in RELEASE.people.findings if f.in_emergency} == {"RYR1", "G6PD", "DPYD"}


def test_a_donors_genome_is_no_finding_of_the_recipient() -> None:
    found = results("RYR1=Reference/c.1021G>A")
    transplants = (("stem_cell", date(2025, 1, 1)),)
    assert told(found, consented_findings=EVERY_CLASS, transplants=transplants) == []


def test_a_research_grade_result_is_marked() -> None:
    found = results("RYR1=Reference/c.1021G>A")
    ryr1 = replace(found["RYR1"], call=replace(found["RYR1"].call, is_research_grade=True))
    (finding,) = secondary_findings({"RYR1": ryr1}, Patient(consented_findings=EVERY_CLASS), RELEASE)
    assert finding.is_research_grade


def test_drug_advice_does_not_wait_for_consent() -> None:
    found = results("RYR1=Reference/c.1021G>A")
    patient = Patient(consented_findings=())
    advice = advise(found, patient, Event(drugs=("succinylcholine",)), RELEASE)
    assert next(a for a in advice if a.is_headline).directive.action in (Action.AVOID, Action.CONTRAINDICATED)


def test_every_finding_names_a_gene_and_results_that_the_release_can_give() -> None:
    for rule in RELEASE.people.findings:
        gene = RELEASE.gene(rule.gene)
        statuses = {f"{allele} positive" for allele in gene.calling.tested_alleles}
        assert {*rule.results} <= {*gene.phenotype_rules.names, *statuses}, rule.id
