"""Secondary findings: results that mean something beside drugs, for the person or for kin.

A drug's advice uses every result, for that is what was ordered. What a result means beside drugs is told only in the
classes that the person consented to (``Patient.consented_findings``), by report, letter and card alike: all of them ask
here. In an emergency the release names the few that may be used without consent; they are marked as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rxweave.knowledge import Knowledge
from rxweave.knowledge.genes import Gene
from rxweave.knowledge.guidelines import Citation
from rxweave.knowledge.people import FindingRule
from rxweave.patient.patient import Patient, Sex
from rxweave.phenotyping.phenotype import GenePhenotype

EMERGENCY = "emergency"  # a code among a patient's conditions


@dataclass(frozen=True, slots=True)
class SecondaryFinding:
    """A result to tell beside its use for drugs.

    ``result`` is the phenotype, status or diplotype that counts. ``concerns``: coded, whom it is about beside the
    person (``children``, ``blood_relatives``, ``maternal_relatives``). ``is_emergency_use``: told without consent
    because of an emergency. ``is_research_grade``: to be confirmed by a clinical test before anybody acts on it.
    """

    gene: str
    finding_class: str
    result: str
    concerns: tuple[str, ...] = ()
    is_emergency_use: bool = False
    is_research_grade: bool = False
    citations: tuple[Citation, ...] = ()


def secondary_findings(
    phenotypes: Mapping[str, GenePhenotype], patient: Patient, knowledge: Knowledge
) -> tuple[SecondaryFinding, ...]:
    """The findings that may be told, in the release's order. Nobody asked (None) is no consent.

    Only what every reported diplotype shows is a finding: a mere possibility is none. A result that is not this
    person's since a stem-cell transplant is none either.
    """
    if any(organ == "stem_cell" for organ, _ in patient.transplants):
        return ()
    consented = patient.consented_findings or ()
    is_emergency = EMERGENCY in patient.conditions
    found = []
    for rule in knowledge.people.findings:
        result = phenotypes.get(rule.gene)
        is_consented = rule.finding_class in consented
        if result is None or not (is_consented or (is_emergency and rule.in_emergency)):
            continue
        shown = _counting_result(rule, result, patient, knowledge.genes.get(rule.gene))
        if shown:
            found.append(
                SecondaryFinding(
                    gene=rule.gene,
                    finding_class=rule.finding_class,
                    result=shown,
                    concerns=rule.concerns,
                    is_emergency_use=not is_consented,
                    is_research_grade=result.call.is_research_grade,
                    citations=rule.citations,
                )
            )
    return tuple(found)


def is_asked(patient: Patient) -> bool:
    """Whether anybody asked the person what to be told."""
    return patient.consented_findings is not None


def _counting_result(rule: FindingRule, result: GenePhenotype, patient: Patient, gene: Gene | None) -> str:
    """What of the result counts by the rule; empty where nothing does in every reading."""
    if rule.results:
        return _phenotype(rule, result)
    diplotypes = result.call.diplotypes
    if not diplotypes or gene is None:
        return ""
    if rule.copies_against_sex:
        expected = {Sex.MALE: 1, Sex.FEMALE: 2}.get(patient.sex)
        # Two equal alleles may be one copy that the file writes twice.
        counts = {1 if len({a.name for a in d.alleles}) == 1 < len(d.alleles) else len(d.alleles) for d in diplotypes}
        is_told = not result.call.is_reference_assumed and len(counts) == 1
        return str(diplotypes[0]) if is_told and expected == 1 and counts == {2} else ""
    reference = {a.name for a in gene.alleles if a.is_reference}
    has_variant = all(any(a.name not in reference for a in d.alleles) for d in diplotypes)
    return str(diplotypes[0]) if has_variant else ""


def _phenotype(rule: FindingRule, result: GenePhenotype) -> str:
    """An allele-status gene has one phenotype for each tested allele; others have several only where in doubt."""
    names = tuple(p.name for p in result.phenotypes)
    counting = tuple(name for name in names if name in rule.results)
    is_status = any(name.endswith((" positive", " negative")) for name in names)
    if not counting or (len(counting) < len(names) and not is_status):
        return ""
    return "; ".join(counting) if is_status else " or ".join(counting)
