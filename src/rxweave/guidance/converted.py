"""What the other drugs make of the genes that one advice uses, and what was left uncounted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rxweave.calling.diplotype import CallStatus, DiplotypeCall
from rxweave.guidance.advice import GeneFinding, Step
from rxweave.guidance.case import Case
from rxweave.guidance.conditions import is_taken
from rxweave.guidance.enzymes import enzymes_of
from rxweave.guidance.readings import has_result
from rxweave.knowledge.conversions import Confidence
from rxweave.knowledge.drugs import Strength
from rxweave.phenotyping.phenoconversion import Conversion, Exposure, Modulation, phenoconvert
from rxweave.phenotyping.phenotype import NO_RESULT, GenePhenotype, Phenotype

# Why a modulator was not counted in, where the reader has to know: the rest changes nothing.
_UNCOUNTED = ("direction_only", "as_needed", "washout_unknown", "unknown_result")


def with_conversions(case: Case, drug: str, genes: Iterable[str]) -> Case:
    """``case`` with the results of ``genes`` as the other drugs leave them, for advice on ``drug``."""
    held = {gene: found for gene in genes if (found := _conversion(case, drug, gene)) is not None}
    changed = {gene: c.clinical for gene, c in held.items() if c.is_changed}
    phenotypes = {**case.phenotypes, **changed} if changed else case.phenotypes
    return replace(case, phenotypes=phenotypes, conversions=held, drug=drug)


def as_the_genes_say(case: Case) -> Case:
    """``case`` without its conversions."""
    genetic = {gene: c.genetic for gene, c in case.conversions.items() if c.is_changed}
    return replace(case, phenotypes={**case.phenotypes, **genetic}, conversions={})


def _conversion(case: Case, drug: str, gene: str) -> Conversion | None:
    """None where nothing that is taken is known to touch the gene's enzyme."""
    modulated_as = case.knowledge.conversions.shared.get(gene, gene)
    excepted = drug if modulated_as in enzymes_of(case.knowledge).modulated_by(drug) else ""
    key = (gene, excepted)
    if key not in case.converted:
        result = case.phenotypes.get(gene) or _without_result(gene)
        found = phenoconvert(
            result, case.medications, case.knowledge, drug=excepted, on=case.event.on, patient=case.patient
        )
        case.converted[key] = found if found.modulations else None
    return case.converted[key]


def _without_result(gene: str) -> GenePhenotype:
    return GenePhenotype(DiplotypeCall(gene, CallStatus.NOT_COVERED), (Phenotype(gene, NO_RESULT),))


def converted_finding(finding: GeneFinding, conversion: Conversion | None) -> GeneFinding:
    """``finding`` (of the clinical result) with what the genes alone give and which drugs made the difference."""
    if conversion is None:
        return finding
    if not conversion.is_changed:
        return replace(finding, conversion=conversion)
    genetic = conversion.genetic
    names = dict.fromkeys(p.name for p in genetic.phenotypes)
    return replace(
        finding,
        genetic_phenotype=" or ".join(names) or NO_RESULT,
        phenoconverted_by=conversion.applied,
        conversion=conversion,
        result=genetic if has_result(genetic) else None,
    )


def conversion_steps(findings: Mapping[str, GeneFinding]) -> Iterator[Step]:
    """The trace from the genetic to the clinical phenotype."""
    for gene, finding in findings.items():
        conversion = finding.conversion
        if conversion is not None and conversion.is_changed:
            rows = tuple(f"interactions.tsv#{agent} {gene}" for agent in conversion.applied)
            result = finding.phenotype + (f" ({finding.activity_score})" if finding.activity_score else "")
            yield Step("phenoconversion", (*rows, *conversion.evidence), result)


def conversion_notes(case: Case, genes: Sequence[str]) -> Iterator[str]:
    """What acts on an enzyme used here and was not counted in, and enzymes for which nothing could be checked."""
    for gene in genes:
        for modulation in _modulations(case, gene):
            if modulation.because == "weak" or (_is_uncounted(modulation) and modulation.strength is Strength.WEAK):
                yield f"modulator_weak:{modulation.agent}"
            elif _is_uncounted(modulation):
                yield f"modulator_not_applied:{modulation.agent}"
    enzymes = enzymes_of(case.knowledge)
    if any(m.drug and m.drug != case.drug and is_taken(m) for m in case.patient.medications):
        for gene in genes:
            unchecked = gene in enzymes.by_gene and gene not in enzymes.inhibited
            if unchecked and has_result(case.phenotypes.get(gene)):
                yield f"modulators_not_checked:{gene}"


def questions_left(case: Case, genes: Sequence[str]) -> tuple[str, ...]:
    """``stop_date`` where a stopped drug may still act and nobody said when it was stopped."""
    is_open = any(m.because == "washout_unknown" for gene in genes for m in _modulations(case, gene))
    return ("stop_date",) if is_open else ()


def leaves_something_to_watch(case: Case, genes: Sequence[str]) -> bool:
    """A strong modulator of a gene that was tested acts in a way that no rule gives an amount for."""
    return any(
        _is_uncounted(m) and m.strength is Strength.STRONG
        for gene in genes
        if has_result(case.phenotypes.get(gene))
        for m in _modulations(case, gene)
    )


def rests_on_practice(case: Case, genes: Sequence[str]) -> bool:
    """A phenotype was changed by a rule that no guideline gives."""
    held = (case.conversions.get(gene) for gene in genes)
    return any(c is not None and c.is_changed and c.confidence == Confidence.PRACTICE for c in held)


def rests_on_moderate_practice(case: Case, genes: Sequence[str]) -> bool:
    """And none of the drugs that changed it is a strong modulator: such advice never interrupts."""
    held = [c for gene in genes if (c := case.conversions.get(gene)) is not None and c.is_changed]
    return any(
        c.confidence == Confidence.PRACTICE
        and not any(m.is_applied and m.strength is Strength.STRONG for m in c.modulations)
        for c in held
    )


def _modulations(case: Case, gene: str) -> tuple[Modulation, ...]:
    conversion = case.conversions.get(gene)
    return conversion.modulations if conversion is not None else ()


def _is_uncounted(modulation: Modulation) -> bool:
    """What was stopped nobody knows when, and would not have been counted anyway, is not worth a word."""
    is_over = modulation.exposure is Exposure.WASHOUT_UNKNOWN and modulation.because != "washout_unknown"
    return modulation.because in _UNCOUNTED and not is_over
