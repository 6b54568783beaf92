"""Warfarin: whether genes may enter the dose, and what the published equations give."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from rxweave.calling import call_diplotypes, genotypes_of_variants, stated_calls
from rxweave.guidance.warfarin import DoseEstimate, WarfarinDose, warfarin_dose, warfarin_notes
from rxweave.knowledge import load_release
from rxweave.patient import MedicationOrder, Patient
from rxweave.phenotyping import GenePhenotype, assign_phenotype

RELEASE = load_release()
PERSON = Patient(
    age_years=Decimal(60),
    height_cm=Decimal(170),
    weight_kg=Decimal(75),
    group="European",
    smoking="never",
    target_inr=Decimal("2.5"),
    indications=(("warfarin", "atrial_fibrillation"),),
)


def results(cyp2c9: str = "*1/*1", vkorc1: str = "-1639 GG") -> dict[str, GenePhenotype]:
    calls = stated_calls(RELEASE, diplotypes=(f"CYP2C9={cyp2c9}",), phenotypes=(f"VKORC1={vkorc1}",))
    return {gene: assign_phenotype(call, RELEASE) for gene, call in calls.items()}


def dose(found: dict[str, GenePhenotype], patient: Patient = PERSON, **more: object) -> WarfarinDose:
    given = warfarin_dose(found, patient, RELEASE, **more)  # type: ignore[arg-type]
    assert given is not None
    return given


def estimate(given: WarfarinDose, equation: str) -> DoseEstimate:
    return next(e for e in given.estimates if e.equation == equation)


def weekly(equation: str, *genotype: str, **facts: object) -> float:
    found = estimate(dose(results(*genotype), replace(PERSON, **facts)), equation).mg_per_week  # type: ignore[arg-type]
    assert found is not None
    return float(found)


@pytest.mark.parametrize(
    ("genotype", "facts", "percent"),
    [
        (("*1/*1", "-1639 AG"), {}, -28),
        (("*1/*3", "-1639 GG"), {}, -33),
        (("*1/*2", "-1639 GG"), {}, -19),
        (("*1/*1", "-1639 GG"), {"age_years": Decimal(70)}, -7),
        (("*1/*1", "-1639 GG"), {"medications": (MedicationOrder("amiodarone", "amiodarone"),)}, -22),
        (("*1/*1", "-1639 GG"), {"smoking": "current"}, 10),
        (("*1/*1", "-1639 GG"), {"indications": (("warfarin", "dvt_or_pe"),)}, 7),
    ],
)
def test_gage_changes_the_dose_by_the_percentages_of_its_abstract(
    genotype: tuple[str, str], facts: dict[str, object], percent: int
) -> None:
    """Gage 2008, PMC2683977: VKORC1 -28% an allele, CYP2C9*3 -33%, *2 -19%, age -7% a decade and so on."""
    changed = weekly("gage-2008", *genotype, **facts) / weekly("gage-2008", "*1/*1", "-1639 GG") - 1
    assert round(100 * changed) == percent


def test_gage_by_body_surface_target_and_group_as_in_its_abstract() -> None:
    """Body surface +11% by 0.25 m2, target INR +11% by 0.5, African American -9%."""
    (equation,) = (e for e in RELEASE.algorithms["warfarin"].equations if e.id == "gage-2008")
    terms = {t.value: float(v) for t, v in equation.terms.items()}
    assert round(100 * (math.exp(terms["bsa_m2"] * 0.25) - 1)) == 11
    assert round(100 * (math.exp(terms["target_inr"] * 0.5) - 1)) == 11
    assert round(100 * (math.exp(float(equation.groups["African American/Afro-Caribbean"])) - 1)) == -9


@pytest.mark.parametrize(
    ("genotype", "root"),
    [
        (("*1/*1", "-1639 GG"), 5.6044 - 0.2614 * 6 + 0.0087 * 170 + 0.0128 * 75),
        (("*1/*3", "-1639 AG"), 5.6044 - 0.2614 * 6 + 0.0087 * 170 + 0.0128 * 75 - 0.8677 - 0.9357),
        (("*3/*3", "-1639 AA"), 5.6044 - 0.2614 * 6 + 0.0087 * 170 + 0.0128 * 75 - 1.6974 - 2.3312),
    ],
)
def test_iwpc_gives_the_square_of_its_sum(genotype: tuple[str, str], root: float) -> None:
    assert weekly("iwpc-2009-genetic", *genotype) == pytest.approx(root**2, abs=0.051)


def test_age_counts_in_whole_decades() -> None:
    assert weekly("iwpc-2009-genetic", age_years=Decimal("69.9")) == weekly("iwpc-2009-genetic")
    assert weekly("iwpc-2009-genetic", age_years=Decimal(70)) < weekly("iwpc-2009-genetic")


def test_inducers_raise_and_amiodarone_lowers_the_clinical_dose_too() -> None:
    def clinical(*drugs: str) -> float:
        orders = tuple(MedicationOrder(drug, drug) for drug in drugs)
        given = dose({}, replace(PERSON, medications=orders))
        found = estimate(given, "iwpc-2009-clinical").mg_per_week
        assert found is not None
        return float(found)

    assert clinical("amiodarone") < clinical() < clinical("rifampin") == clinical("rifampin", "phenytoin")


@pytest.mark.parametrize("group", ["", "African American/Afro-Caribbean", "Sub-Saharan African"])
def test_without_the_african_alleles_genes_do_not_enter_the_dose_of_those_who_may_carry_them(group: str) -> None:
    given = dose(results(), replace(PERSON, group=group))
    assert (given.is_genetic, given.because) == (False, "alleles_not_tested")
    assert given.untested == ("*5", "*6", "*8", "*11", "rs12777823")
    assert [e.equation for e in given.estimates] == ["iwpc-2009-clinical"]


def test_with_the_african_alleles_tested_genes_enter_the_dose() -> None:
    tested = frozenset({"*5", "*6", "*8", "*11", "rs12777823"})
    person = replace(PERSON, group="African American/Afro-Caribbean")
    given = dose(results(), person, tested=tested)
    assert (given.is_genetic, given.because, given.untested) == (True, "alleles_tested", ())
    one_missing = dose(results(), person, tested=tested - {"*8"})
    assert (one_missing.is_genetic, one_missing.untested) == (False, ("*8",))


def test_what_a_genotype_file_read_counts_as_tested() -> None:
    gene = RELEASE.gene("CYP2C9")
    sites = [f"{v.rsid or v.hgvs}={v.ref}/{v.ref}" for v in gene.variants]
    genotypes = genotypes_of_variants(sites, RELEASE)
    call = call_diplotypes(genotypes, RELEASE)[0]["CYP2C9"]
    found = {**results(), "CYP2C9": assign_phenotype(call, RELEASE)}
    assert dose(found, replace(PERSON, group="")).untested == ("rs12777823",)


def test_a_group_that_is_not_concerned_is_dosed_by_genes() -> None:
    given = dose(results())
    assert (given.is_genetic, given.because) == (True, "group_not_concerned")
    assert {e.equation for e in given.estimates} == {"gage-2008", "iwpc-2009-genetic"}


@pytest.mark.parametrize(
    ("facts", "equation", "missing"),
    [
        ({"age_years": None}, "gage-2008", "age_years"),
        ({"height_cm": None}, "gage-2008", "height_and_weight"),
        ({"smoking": ""}, "gage-2008", "smoking"),
        ({"indications": ()}, "gage-2008", "dvt_or_pe"),
        ({"target_inr": None}, "gage-2008", "target_inr"),
        ({"weight_kg": None}, "iwpc-2009-genetic", "weight_kg"),
    ],
)
def test_what_is_not_stated_is_asked_and_never_filled_in(facts: dict[str, object], equation: str, missing: str) -> None:
    found = estimate(dose(results(), replace(PERSON, **facts)), equation)  # type: ignore[arg-type]
    assert found.mg_per_week is None and found.missing == (missing,)


@pytest.mark.parametrize(
    ("genotype", "facts", "what"),
    [
        (("*1/*5", "-1639 GG"), {}, "CYP2C9"),
        (("*1/*1", "-1639 GG"), {"group": "Oceanian"}, "group"),
        (("*1/*1", "-1639 GG"), {"age_years": Decimal(17)}, "age_years"),
    ],
)
def test_what_an_equation_was_not_made_for_gives_no_dose(
    genotype: tuple[str, str], facts: dict[str, object], what: str
) -> None:
    for found in dose(results(*genotype), replace(PERSON, **facts)).estimates:  # type: ignore[arg-type]
        assert found.mg_per_week is None and found.not_covered == (what,)


def test_a_transplanted_liver_or_a_missing_gene_leaves_the_clinical_dose() -> None:
    transplanted = dose(results(), replace(PERSON, transplants=(("liver", None),)))
    assert (transplanted.is_genetic, transplanted.because) == (False, "transplant")
    assert dose({}).because == "gene_not_tested"


def test_the_pathway_stands_in_the_notes_of_warfarin_and_of_no_other_drug() -> None:
    found = {**results(), **results("*1/*3", "-1639 AG")}
    (clinical,) = list(warfarin_notes("warfarin", found, replace(PERSON, group=""), RELEASE))[1:]
    assert clinical.startswith("dose_estimate:IWPC 2009 without genotypes|")
    genetic = list(warfarin_notes("warfarin", found, PERSON, RELEASE))
    assert [note.split("|")[0] for note in genetic] == [
        "dose_estimate:Gage 2008",
        "dose_estimate:IWPC 2009 with genotypes",
    ]
    open_one = list(warfarin_notes("warfarin", found, replace(PERSON, target_inr=None), RELEASE))
    assert open_one[0] == "dose_estimate_needs:Gage 2008|target inr"
    assert list(warfarin_notes("phenytoin", found, PERSON, RELEASE)) == []
