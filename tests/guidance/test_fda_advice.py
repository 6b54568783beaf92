"""What the FDA's records say for stated results: by phenotype, by diplotype, by age, and where no result is at hand."""

from __future__ import annotations

import pytest

from rxweave.guidance import Advice, AlertTier, Coverage
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import Action, Reason
from rxweave.pipeline import StatedRequest, advise_stated


@pytest.fixture(scope="module")
def release() -> Knowledge:
    return load_release()


def _fda(release: Knowledge, order: str, *, phenotype: str = "", diplotype: str = "", taken: str = "") -> list[Advice]:
    """The FDA's advice on ``order``, headline or not."""
    request = StatedRequest(
        orders=(order,),
        phenotypes=(phenotype,) if phenotype else (),
        diplotypes=(diplotype,) if diplotype else (),
        co_medications=(taken,) if taken else (),
    )
    return [a for a in advise_stated(request, release) if a.source == "FDA"]


def test_a_contraindication_interrupts(release: Knowledge) -> None:
    (advice,) = _fda(release, "thioridazine", phenotype="CYP2D6=Poor Metabolizer")
    assert advice.is_headline and advice.directive.action is Action.CONTRAINDICATED
    assert advice.alert_tier is AlertTier.INTERRUPTIVE


def test_a_known_result_that_the_fda_does_not_name_is_asked_for_nothing(release: Knowledge) -> None:
    (advice,) = _fda(release, "thioridazine", phenotype="CYP2D6=Normal Metabolizer")
    assert advice.directive.reason is Reason.NOT_NAMED
    assert advice.alert_tier is not AlertTier.INTERRUPTIVE


def test_a_result_without_a_call_here_is_not_tested(release: Knowledge) -> None:
    (advice,) = _fda(release, "mivacurium")
    assert advice.coverage is Coverage.GENE_NOT_TESTED and advice.missing == ("BCHE",)


@pytest.mark.parametrize(
    ("diplotype", "action"),
    [
        ("*3/*3", Action.CONTRAINDICATED),
        ("*2/*3", Action.REDUCE_DOSE),
        ("*1/*3", Action.REDUCE_DOSE),
        ("*1/*2", Action.STANDARD),
        ("*1/*1", Action.STANDARD),
        ("*3/*6", Action.AVOID),
    ],
)
def test_siponimod_goes_by_the_genotype(release: Knowledge, diplotype: str, action: Action) -> None:
    (advice,) = _fda(release, "siponimod", diplotype=f"CYP2C9={diplotype}")
    assert advice.directive.action is action


def test_a_poor_metabolizer_of_unknown_genotype_is_not_given_siponimod(release: Knowledge) -> None:
    (advice,) = _fda(release, "siponimod", phenotype="CYP2C9=Poor Metabolizer")
    assert advice.directive.action.severity >= Action.AVOID.severity


def test_an_effect_on_levels_alone_does_not_interrupt(release: Knowledge) -> None:
    (advice,) = _fda(release, "nebivolol", phenotype="CYP2D6=Poor Metabolizer")
    assert advice.directive.reason is Reason.NO_ACTION_STATED
    assert advice.alert_tier is not AlertTier.INTERRUPTIVE


def test_one_thiopurine_gene_is_answered_without_the_other(release: Knowledge) -> None:
    found = {tuple(a.genes): a for a in _fda(release, "azathioprine", phenotype="TPMT=Intermediate Metabolizer")}
    assert found[("TPMT",)].directive.action is Action.REDUCE_DOSE


def test_a_strong_inhibitor_rules_eliglustat_out_for_intermediate_metabolizers(release: Knowledge) -> None:
    alone, together = (
        _fda(release, "eliglustat", phenotype="CYP2D6=Intermediate Metabolizer", taken=taken)[0]
        for taken in ("", "ketoconazole 200 mg")
    )
    assert alone.directive.action is Action.USE_WITH_CAUTION
    assert together.directive.action is Action.CONTRAINDICATED


def test_pantoprazole_is_told_apart_by_age(release: Knowledge) -> None:
    found = {a.population: a for a in _fda(release, "pantoprazole", phenotype="CYP2C19=Poor Metabolizer")}
    assert {name: a.directive.action for name, a in found.items()} == {
        "child": Action.REDUCE_DOSE,
        "adult": Action.STANDARD,
    }


def test_do_not_use_interrupts_and_consider_avoiding_does_not(release: Knowledge) -> None:
    (refused,) = _fda(release, "siponimod", phenotype="CYP2C9=Poor Metabolizer")[:1]
    assert refused.directive.action is Action.AVOID
    advices = advise_stated(StatedRequest(orders=("siponimod",), phenotypes=("CYP2C9=Poor Metabolizer",)), release)
    assert advices[0].alert_tier is AlertTier.INTERRUPTIVE
