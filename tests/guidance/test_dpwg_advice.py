"""DPWG's advice for results as laboratories write them: its own view of alleles, scores and typing."""

from __future__ import annotations

import pytest

from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import Action
from rxweave.pipeline import StatedRequest, advise_stated


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
