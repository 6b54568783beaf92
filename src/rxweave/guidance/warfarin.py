"""A starting estimate of the warfarin dose: by genes or clinically, and by which published equations.

The equations, and the alleles without which genes must not enter the dose, are data (``algorithms/warfarin.toml``).
What an equation asks for and nobody stated is named in ``missing``; nothing is filled in. An estimate is where dosing
by INR begins, never an order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from rxweave.guidance.conditions import is_taken
from rxweave.knowledge import Knowledge
from rxweave.knowledge.algorithms import DoseAlgorithm, DoseEquation, Scale, Term
from rxweave.knowledge.genes import Gene
from rxweave.knowledge.guidelines import Citation
from rxweave.patient.patient import Patient
from rxweave.phenotyping.phenotype import GenePhenotype

DRUG = "warfarin"
DVT_OR_PE = "dvt_or_pe"  # an indication code of the patient


@dataclass(frozen=True, slots=True)
class DoseEstimate:
    """What one equation gives, or the facts that it still asks for.

    ``missing``: facts of the patient (``age_years``, ``target_inr`` ...), ``group``, or genes. ``not_covered``: stated
    and known, and outside of what the equation was made for (a genotype, a group, a child).
    """

    equation: str
    name: str
    is_genetic: bool
    mg_per_week: Decimal | None  # rounded to 0.1
    missing: tuple[str, ...]
    not_covered: tuple[str, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class WarfarinDose:
    """``is_genetic``: genes may enter the dose. ``because`` is coded: ``group_not_concerned``, ``alleles_tested``,
    ``alleles_not_tested`` (then ``untested`` names them), ``gene_not_tested``, ``transplant``.
    """

    is_genetic: bool
    because: str
    untested: tuple[str, ...]
    estimates: tuple[DoseEstimate, ...]
    citations: tuple[Citation, ...]


def warfarin_dose(
    phenotypes: Mapping[str, GenePhenotype],
    patient: Patient,
    knowledge: Knowledge,
    *,
    tested: frozenset[str] = frozenset(),
) -> WarfarinDose | None:
    """The pathway and its estimates; None where the release has no equations.

    ``tested`` names alleles (``*5``) and rsIDs known to have been tested beside what the genotypes show; a stated
    diplotype does not show what was looked for.
    """
    algorithm = knowledge.algorithms.get(DRUG)
    if algorithm is None:
        return None
    untested = _untested(algorithm, phenotypes, knowledge, tested)
    is_concerned = patient.group in ("", *algorithm.groups_needing_alleles)
    if any(gene not in phenotypes for gene in algorithm.genes):
        is_genetic, because = False, "gene_not_tested"
    elif patient.transplants and any(organ in ("stem_cell", "liver") for organ, _ in patient.transplants):
        is_genetic, because = False, "transplant"
    elif not is_concerned:
        is_genetic, because = True, "group_not_concerned"
    else:
        is_genetic, because = not untested, "alleles_not_tested" if untested else "alleles_tested"
    equations = [e for e in algorithm.equations if e.is_genetic == is_genetic]
    return WarfarinDose(
        is_genetic=is_genetic,
        because=because,
        untested=untested if because == "alleles_not_tested" else (),
        estimates=tuple(_estimate(e, phenotypes, patient) for e in equations),
        citations=algorithm.citations,
    )


def warfarin_notes(
    drug: str, phenotypes: Mapping[str, GenePhenotype], patient: Patient, knowledge: Knowledge
) -> Iterable[str]:
    """Codes of the pathway and of each estimate, or of what it still asks for; none for another drug."""
    dose = warfarin_dose(phenotypes, patient, knowledge) if drug == DRUG else None
    if dose is None:
        return
    if dose.untested:
        yield f"dose_without_genes:{', '.join(dose.untested)}"
    for found in dose.estimates:
        if found.mg_per_week is not None:
            yield f"dose_estimate:{found.name}|{found.mg_per_week}"
        elif found.missing and not found.not_covered:
            yield f"dose_estimate_needs:{found.name}|{', '.join(m.replace('_', ' ') for m in found.missing)}"


def _untested(
    algorithm: DoseAlgorithm, phenotypes: Mapping[str, GenePhenotype], knowledge: Knowledge, tested: frozenset[str]
) -> tuple[str, ...]:
    gene = knowledge.genes.get(algorithm.genes[0])
    result = phenotypes.get(algorithm.genes[0])
    seen = {
        a for a in algorithm.needed_alleles if gene is not None and result is not None and _is_seen(a, gene, result)
    }
    return tuple(n for n in (*algorithm.needed_alleles, *algorithm.needed_rsids) if n not in seen | tested)


def _is_seen(name: str, gene: Gene, result: GenePhenotype) -> bool:
    """Every site at which the allele differs from REF was read; results without sites show nothing."""
    if not result.call.covered_positions:
        return False
    missing = set(result.call.missing_positions)
    allele = next((a for a in gene.alleles if a.name == name), None)
    sites = [gene.variants[site].pos_grch38 for site, mask in allele.cells if mask != 1] if allele is not None else []
    return bool(sites) and missing.isdisjoint(sites)


def _estimate(equation: DoseEquation, phenotypes: Mapping[str, GenePhenotype], patient: Patient) -> DoseEstimate:
    total = float(equation.intercept)
    missing: list[str] = []
    not_covered: list[str] = []
    for term, coefficient in equation.terms.items():
        value = _value(term, patient)
        if value is None:
            missing.append(_ASKED_AS.get(term, term.value))
        else:
            total += float(coefficient) * value
    taken = {m.drug for m in patient.medications if is_taken(m)}
    total += sum(float(value) for drugs, value in equation.medications if taken & {*drugs})
    if patient.group in equation.groups:
        total += float(equation.groups[patient.group])
    else:
        (not_covered if patient.group else missing).append("group")
    for gene, results in equation.results.items():
        found = {results[name] for name in _names(phenotypes[gene]) if name in results}
        if len(found) == 1:
            total += float(found.pop())
        else:
            not_covered.append(gene)
    if patient.age_years is not None and patient.age_years < equation.adult_from_years:
        not_covered.append("age_years")
    is_whole = not missing and not not_covered and total > 0
    weekly = math.exp(total) * 7 if equation.scale is Scale.EXP else total**2
    return DoseEstimate(
        equation.id,
        equation.name,
        equation.is_genetic,
        Decimal(f"{weekly:.1f}") if is_whole else None,
        tuple(dict.fromkeys(missing)),
        tuple(not_covered),
        equation.citations,
    )


def _names(result: GenePhenotype) -> set[str]:
    """The diplotypes and phenotypes of the result; one that is not certain has several and is not covered."""
    return {*map(str, result.call.diplotypes), *(p.name for p in result.phenotypes)}


_ASKED_AS = {Term.BSA_M2: "height_and_weight", Term.AGE_DECADES: "age_years"}


def _value(term: Term, patient: Patient) -> float | None:
    match term:
        case Term.AGE_YEARS:
            return _float(patient.age_years)
        case Term.AGE_DECADES:
            return None if patient.age_years is None else float(patient.age_years // 10)
        case Term.HEIGHT_CM:
            return _float(patient.height_cm)
        case Term.WEIGHT_KG:
            return _float(patient.weight_kg)
        case Term.BSA_M2:
            return _body_surface(patient)
        case Term.TARGET_INR:
            return _float(patient.target_inr)
        case Term.SMOKING:
            return float(patient.smoking == "current") if patient.smoking else None
        case Term.DVT_OR_PE:
            stated = [code for drug, code in patient.indications if drug == DRUG]
            return float(DVT_OR_PE in stated) if stated else None


def _body_surface(patient: Patient) -> float | None:
    """Square metres. DuBois D, DuBois EF, Arch Intern Med 1916;17:863: 0.007184 x kg^0.425 x cm^0.725."""
    if patient.height_cm is None or patient.weight_kg is None:
        return None
    return 0.007184 * math.pow(patient.weight_kg, 0.425) * math.pow(patient.height_cm, 0.725)


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)
