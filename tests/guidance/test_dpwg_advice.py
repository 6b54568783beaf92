"""DPWG's advice for results as laboratories write them: its own view of alleles, scores and typing."""

from __future__ import annotations

from pathlib import Path

import pytest

from rxweave.guidance.advice import AlertTier
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import Action, Reason
from rxweave.pipeline import StatedRequest, advise_stated
from rxweave.report.marks import Mark, mark_of_drug


@pytest.fixture(scope="module")
def release() -> Knowledge:
    return load_release()


@pytest.mark.parametrize(
    ("gene", "diplotype", "drug", "expected"),
    [
        ("DPYD", "Reference/c.1905+1G>A (*2A)", "capecitabine", "reduce_dose"),
        ("DPYD", "c.2846A>T/c.2846A>T", "capecitabine", "test_first"),
        ("DPYD", "c.1905+1G>A (*2A)/c.2846A>T", "fluorouracil", "test_first"),
        ("DPYD", "c.1679T>G (*13)/c.1905+1G>A (*2A)", "flucytosine", "avoid"),
        ("CYP2C19", "*1/*17", "escitalopram", "no_recommendation"),
        ("CYP2C19", "*17/*17", "escitalopram", "avoid"),
        ("CYP2C19", "*2/*9", "citalopram", "limit_dose"),
        ("CYP2D6", "*1x2/*41", "haloperidol", "no_recommendation"),
        ("CYP2D6", "*1x2/*1", "haloperidol", "increase_dose"),
        ("VKORC1", "rs9923231 variant (T)/rs9923231 variant (T)", "acenocoumarol", "reduce_dose"),
        ("VKORC1", "rs9923231 reference (C)/rs9923231 variant (T)", "acenocoumarol", "standard"),
        ("HLA-B", "*15:11/*40:01", "carbamazepine", "use_alternative"),
        ("HLA-B", "*40:01/*15:02", "carbamazepine", "avoid"),
        ("HLA-B", "*15:11/*15:02", "carbamazepine", "no_recommendation"),
    ],
    ids=[
        *("one copy without function", "score 1 of two decreased alleles", "score 0.5", "no DPD activity"),
        *("*17 once is normal", "*17 twice is ultrarapid", "*9 counts as without function"),
        *("score 2.5 is normal", "score 3 is ultrarapid", "two copies of A", "one copy of A"),
        *("an allele that only this source names", "the usual allele", "both alleles are left unanswered"),
    ],
)
def test_a_result_is_read_as_the_source_reads_it(
    release: Knowledge, gene: str, diplotype: str, drug: str, expected: str
) -> None:
    request = StatedRequest(diplotypes=(f"{gene}={diplotype}",), orders=(drug,))
    (advice,) = (a for a in advise_stated(request, release) if a.source == "DPWG" and list(a.genes) == [gene])
    assert advice.directive.action is Action(expected)


@pytest.mark.parametrize("order", [(), ("clarithromycin",)], ids=["alone", "with a strong inhibitor of CYP3A4"])
def test_mavacamten_for_a_poor_metabolizer_is_limited_or_with_the_inhibitor_ruled_out(
    release: Knowledge, order: tuple[str, ...]
) -> None:
    request = StatedRequest(
        phenotypes=("CYP2C19=Poor Metabolizer",), orders=("mavacamten 10 mg daily",), co_medications=order
    )
    head = advise_stated(request, release)[0]
    assert (head.source, head.alert_tier) == ("DPWG", AlertTier.INTERRUPTIVE)
    assert head.directive.action is (Action.CONTRAINDICATED if order else Action.LIMIT_DOSE)


@pytest.mark.parametrize("result", ["Intermediate Metabolizer", "Ultrarapid Metabolizer"])
def test_a_result_without_a_row_is_not_computed_and_never_reads_as_no_change(release: Knowledge, result: str) -> None:
    request = StatedRequest(phenotypes=(f"CYP2C19={result}",), orders=("mavacamten 5 mg daily",))
    found = advise_stated(request, release)
    (dpwg,) = (a for a in found if a.source == "DPWG")
    assert (dpwg.directive.action, dpwg.directive.reason) == (Action.NO_RECOMMENDATION, Reason.NOT_COMPUTABLE)
    assert dpwg.notes == ("no_row_for_result",)
    assert mark_of_drug(found) in (Mark.WATCH, Mark.UNKNOWN)


@pytest.mark.parametrize(
    ("weight", "height", "expected"),
    [("70", "175", "reduce_dose"), ("85", "175", "adjust_by_algorithm"), ("35", "140", "adjust_by_algorithm")],
    ids=["slim", "a body mass index over 25", "under 40 kg"],
)
def test_the_first_dose_of_efavirenz_goes_by_body_size(
    release: Knowledge, tmp_path: Path, weight: str, height: str, expected: str
) -> None:
    patient = tmp_path / "patient.json"
    patient.write_text(f'{{"age_years": 30, "weight_kg": {weight}, "height_cm": {height}}}', encoding="utf-8")
    request = StatedRequest(diplotypes=("CYP2B6=*6/*6",), orders=("efavirenz",), patient=patient)
    (advice,) = (a for a in advise_stated(request, release) if a.source == "DPWG")
    assert advice.directive.action is Action(expected)


@pytest.mark.parametrize(
    ("age", "order", "facts", "expected"),
    [
        ("30", "codeine 15 mg 4x daily", '"further_risk_factors:none"', "standard"),
        ("30", "codeine 30 mg 4x daily", '"further_risk_factors:none"', "contraindicated"),
        ("30", "codeine 15 mg 4x daily", "", "contraindicated"),
        ("14", "codeine 15 mg 4x daily", '"further_risk_factors:none"', "contraindicated"),
        ("14", "codeine 10 mg 4x daily", '"further_risk_factors:none"', "standard"),
    ],
    ids=["adult, low", "adult, high", "risk factors not ruled out", "child, too much", "child, low"],
)
def test_codeine_is_left_to_ultrarapid_metabolizers_in_low_doses_only(
    release: Knowledge, tmp_path: Path, age: str, order: str, facts: str, expected: str
) -> None:
    patient = tmp_path / "patient.json"
    patient.write_text(f'{{"age_years": {age}, "conditions": [{facts}]}}', encoding="utf-8")
    request = StatedRequest(diplotypes=("CYP2D6=*1/*1x2",), orders=(order,), patient=patient)
    (advice,) = (a for a in advise_stated(request, release) if a.source == "DPWG")
    assert advice.directive.action is Action(expected)
