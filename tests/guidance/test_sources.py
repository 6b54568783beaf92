"""Several sources on one drug: which speaks, what stands beside it, and where they disagree."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest
from guidance_toys import (
    AVOID,
    HALF,
    INDETERMINATE,
    INTERMEDIATE,
    NORMAL,
    POOR,
    STANDARD,
    TENTH,
    all_advice,
    guideline,
    headline,
    knowledge,
    recommend,
    result,
    typed,
)

from rxweave.calling import stated_calls
from rxweave.calling.diplotype import CallSource, CallStatus, DiplotypeCall, StatedResult
from rxweave.guidance import Advice, AlertTier, advise
from rxweave.guidance.site import Site
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.genes import NamedAllele
from rxweave.knowledge.guidelines import (
    Action,
    Citation,
    Condition,
    Directive,
    DrugGuideline,
    Level,
    Population,
    Reason,
    Section,
)
from rxweave.patient import Event, Patient
from rxweave.phenotyping import assign_phenotype

WEAK = Directive(Action.NO_RECOMMENDATION, reason=Reason.WEAK_EVIDENCE)
REFERENCE = Directive(Action.NO_RECOMMENDATION, reason=Reason.REFERENCE_RESULT)
NO_ACTION = Directive(Action.NO_RECOMMENDATION, reason=Reason.NO_ACTION_STATED)
CARE = Directive(Action.USE_WITH_CAUTION)
FORBIDDEN = Directive(Action.CONTRAINDICATED, level=Level.ABSOLUTE)
EARLIER = Directive(Action.CONTRAINDICATED, level=Level.RELATIVE)
OTHER = Directive(Action.USE_ALTERNATIVE)


def _of(
    source: str, directive: Directive, *, gene: str = "ENZ", is_severe: bool = False, **more: object
) -> DrugGuideline:
    """What ``source`` says of a poor metabolizer; nobody else is named."""
    strength = "Strong" if source == "CPIC" else "n/a"
    row = recommend(f"{source}-{gene}", {gene: POOR}, directive, strength, is_severe_harm=is_severe)
    settings = {"names_only_affected": source == "FDA", **more}
    return replace(guideline("multine", (gene,), row), source=source, guideline=f"{source} {gene}", **settings)


def _advice(*guidelines: DrugGuideline, phenotype: str = POOR, **more: object) -> tuple[Advice, ...]:
    release = knowledge(guidelines=guidelines)
    return all_advice("multine", result("ENZ", phenotype), result("ENZB", POOR), release=release, **more)


@pytest.mark.parametrize(
    ("cpic", "dpwg", "fda", "speaks"),
    [
        (AVOID, HALF, HALF, "CPIC"),
        (STANDARD, HALF, HALF, "CPIC"),
        (REFERENCE, HALF, HALF, "CPIC"),
        (WEAK, HALF, HALF, "DPWG"),
        (NO_ACTION, WEAK, HALF, "FDA"),
        (WEAK, REFERENCE, HALF, "DPWG"),
        (WEAK, WEAK, NO_ACTION, "CPIC"),
        (None, None, NO_ACTION, "FDA"),
        (HALF, FORBIDDEN, None, "DPWG"),
        (HALF, None, FORBIDDEN, "FDA"),
        (HALF, EARLIER, None, "CPIC"),
        (OTHER, FORBIDDEN, None, "CPIC"),
    ],
    ids=[
        "the first source",
        "no reason to change is an answer",
        "nothing said of a reference result is an answer",
        "weak evidence yields",
        "silence yields to the last",
        "a reference result of a later source is an answer too",
        "nobody answers",
        "one source only",
        "an absolute contraindication",
        "a label that forbids it",
        "a relative contraindication does not take over",
        "another drug is asked for anyway",
    ],
)
def test_the_first_source_that_answers_speaks(
    cpic: Directive | None, dpwg: Directive | None, fda: Directive | None, speaks: str
) -> None:
    said = {"CPIC": cpic, "DPWG": dpwg, "FDA": fda}
    held = [_of(source, directive) for source, directive in said.items() if directive is not None]
    for order in permutations(held):
        found = _advice(*order)
        assert found[0].source == speaks
        assert [a.is_headline for a in found] == [True] + [False] * (len(held) - 1)
        assert [a.source for a in found[1:]] == [s for s in said if s != speaks and said[s] is not None]


def test_a_site_chooses_who_is_heard_first() -> None:
    release = knowledge(guidelines=(_of("CPIC", HALF), _of("DPWG", TENTH)))
    event = Event(drugs=("multine",))
    found = advise({"ENZ": result("ENZ", POOR)}, Patient(), event, release, site=Site(source_order=("DPWG", "CPIC")))
    assert [a.source for a in found] == ["DPWG", "CPIC"]


def test_of_two_guidelines_of_one_source_the_graver_comes_first() -> None:
    two = (_of("DPWG", HALF), _of("DPWG", AVOID, gene="ENZB"))
    for order in (two, two[::-1]):
        assert [a.guideline for a in _advice(*order)] == ["DPWG ENZB", "DPWG ENZ"]


def test_a_source_that_names_only_affected_results_says_nothing_of_the_others() -> None:
    held = (_of("CPIC", AVOID), _of("FDA", HALF))
    assert [a.source for a in _advice(*held, phenotype=INTERMEDIATE)] == ["CPIC"]


def test_where_nothing_else_is_there_a_result_that_is_not_named_says_so() -> None:
    (advice,) = _advice(_of("FDA", HALF), phenotype=NORMAL)
    assert advice.directive == Directive(Action.NO_RECOMMENDATION, reason=Reason.NOT_NAMED)
    assert advice.alert_tier is AlertTier.NONE and not advice.missing


def test_an_unknown_result_is_not_one_that_is_not_named() -> None:
    (advice,) = _advice(_of("FDA", AVOID), phenotype=INDETERMINATE)
    assert advice.directive.reason is Reason.UNKNOWN_RESULT
    assert advice.missing_genes == ("ENZ",)


def test_a_negative_result_is_not_named_and_another_allele_is_not_tested() -> None:
    row = recommend("h", {"HLA-X": "*01:01 positive"}, AVOID, "n/a")
    held = replace(guideline("multine", ("HLA-X",), row), source="FDA", names_only_affected=True)
    release = knowledge(guidelines=(held,))
    assert headline("multine", typed("*01:01 negative"), release=release).directive.reason is Reason.NOT_NAMED
    assert headline("multine", typed("*02:02 negative"), release=release).directive.reason is Reason.UNKNOWN_RESULT


def test_a_source_of_affected_results_does_not_speak_for_an_untested_gene() -> None:
    row = recommend("x", {"ENZB": POOR}, AVOID, "n/a")
    held = replace(guideline("multine", ("ENZ", "ENZB"), row), source="FDA", names_only_affected=True)
    advice = headline("multine", result("ENZ", NORMAL), release=knowledge(guidelines=(held,)))
    assert advice.directive.reason is Reason.UNKNOWN_RESULT


# ---------------------------------------------------------------- how loud


def test_only_the_headline_alerts() -> None:
    found = _advice(_of("CPIC", AVOID), _of("DPWG", AVOID, is_severe=True), _of("FDA", FORBIDDEN))
    assert [a.alert_tier for a in found] == [AlertTier.INTERRUPTIVE, AlertTier.NONE, AlertTier.NONE]
    assert found[1].tier_because == "not_headline"


def test_a_severe_grade_of_another_source_interrupts_and_is_named() -> None:
    cpic = replace(_of("CPIC", HALF), recommendations=(recommend("c", {"ENZ": POOR}, HALF, "Moderate"),))
    head = _advice(cpic, _of("DPWG", TENTH, is_severe=True))[0]
    assert (head.source, head.alert_tier, head.tier_because) == ("CPIC", AlertTier.INTERRUPTIVE, "severe_harm")
    assert "other_source_interrupts:DPWG" in head.notes


def test_what_interrupts_outranks_what_changes_nothing() -> None:
    head = _advice(_of("CPIC", STANDARD), _of("DPWG", HALF, is_severe=True))[0]
    assert (head.source, head.alert_tier) == ("DPWG", AlertTier.INTERRUPTIVE)


def test_a_source_that_asks_for_more_is_shown_and_stops_nobody() -> None:
    head = _advice(_of("CPIC", STANDARD), _of("DPWG", HALF))[0]
    assert (head.source, head.alert_tier, head.tier_because) == ("CPIC", AlertTier.PASSIVE, "sources_disagree")


def test_a_source_that_asks_for_nothing_adds_no_alert() -> None:
    head = _advice(_of("CPIC", STANDARD), _of("DPWG", REFERENCE), _of("FDA", NO_ACTION))[0]
    assert head.alert_tier is AlertTier.NONE and not head.disagreements


# ---------------------------------------------------------------- disagreement


@pytest.mark.parametrize(
    ("mine", "its", "how"),
    [
        (HALF, AVOID, "stricter"),
        (AVOID, HALF, "milder"),
        (HALF, TENTH, "other_dose"),
        (HALF, HALF, ""),
        (OTHER, AVOID, ""),
        (AVOID, REFERENCE, "milder"),
        (AVOID, WEAK, ""),
        (WEAK, CARE, ""),
        (STANDARD, REFERENCE, ""),
        (AVOID, NO_ACTION, ""),
        (STANDARD, NO_ACTION, ""),
        (HALF, Directive(Action.REDUCE_DOSE), ""),
    ],
)
def test_disagreement(mine: Directive, its: Directive, how: str) -> None:
    head = _advice(_of("CPIC", mine), _of("DPWG", its))[0]
    assert [d.how for d in head.disagreements] == ([how] if how else [])


def test_no_change_for_one_gene_disagrees_with_nothing_that_rests_on_another() -> None:
    head = _advice(_of("CPIC", AVOID), _of("DPWG", REFERENCE, gene="ENZB"))[0]
    assert (head.source, head.directive.action, head.disagreements) == ("CPIC", Action.AVOID, ())


def test_amitriptyline_is_not_disputed_by_what_is_normal_in_the_other_gene() -> None:
    """CPIC weighs CYP2C19 with CYP2D6; DPWG has a guideline on each, silent where its own gene is a reference."""
    release = load_release()
    calls = stated_calls(release, diplotypes=["CYP2C19=*2/*2", "CYP2D6=*1/*1"])
    phenotypes = {gene: assign_phenotype(call, release) for gene, call in calls.items()}
    head, *beside = advise(phenotypes, Patient(), Event(drugs=("amitriptyline",)), release)
    assert (head.source, head.disagreements) == ("CPIC", ()) and head.directive.action is not Action.STANDARD
    assert Reason.REFERENCE_RESULT in [a.directive.reason for a in beside if a.source == "DPWG"]


def test_a_disagreement_says_what_may_explain_it() -> None:
    new = replace(_of("CPIC", HALF), citations=(Citation("new", year=2024),))
    rows = (recommend("f", {"ENZB": POOR}, TENTH, "n/a", section=Section.RECOMMENDATION, population="adult"),)
    old = replace(
        _of("FDA", TENTH, gene="ENZB"),
        recommendations=rows,
        populations=(Population("adult"),),
        citations=(Citation("old", year=2020),),
    )
    (found,) = _advice(new, old)[0].disagreements
    assert (found.source, found.population, found.action) == ("FDA", "adult", Action.REDUCE_DOSE)
    assert found.because == ("other_genes", "other_population", "dose_only", "older", "label")


def test_a_silent_first_source_leaves_the_disagreement_to_the_others() -> None:
    head = _advice(_of("CPIC", WEAK), _of("DPWG", HALF), _of("FDA", AVOID))[0]
    assert (head.source, [d.source for d in head.disagreements]) == ("DPWG", ["FDA"])


def test_no_change_by_one_gene_does_not_speak_for_the_gene_that_an_earlier_source_waits_for() -> None:
    release = knowledge(guidelines=(_of("CPIC", AVOID, gene="ENZB"), _of("DPWG", REFERENCE), _of("FDA", NO_ACTION)))
    head = headline("multine", result("ENZ", POOR), release=release)
    assert (head.source, head.missing_genes) == ("CPIC", ("ENZB",))
    two = knowledge(guidelines=(_of("DPWG", AVOID, gene="ENZB"), _of("DPWG", REFERENCE)))
    assert headline("multine", result("ENZ", POOR), release=two).missing_genes == ("ENZB",)


# ---------------------------------------------------------------- two alleles as a key


def _by_alleles(*keys: str, names_only: bool = False) -> Knowledge:
    rows = [recommend("two", {"ENZ": keys}, AVOID), recommend("normal", {"ENZ": NORMAL}, STANDARD)]
    held = replace(guideline("multine", ("ENZ",), *rows), names_only_affected=names_only)
    release = knowledge(guidelines=(held,))
    genes = {**release.genes, "ENZ": replace(release.genes["ENZ"], alleles=(NamedAllele("*2.001", core="*2"),))}
    return replace(release, genes=genes)


@pytest.mark.parametrize(
    ("key", "diplotype", "is_named"),
    [
        ("*1/*2", "*1/*2", True),
        ("*2/*1", "*1/*2", True),
        ("*1/*2", "*2.001/*1", True),
        ("*2/*2", "*1/*2", False),
    ],
    ids=["as written", "in the other order", "a suballele is its core", "another diplotype"],
)
def test_two_alleles_that_a_guideline_names_outrank_what_they_amount_to(
    key: str, diplotype: str, is_named: bool
) -> None:
    advice = headline("multine", result("ENZ", NORMAL, diplotype=diplotype), release=_by_alleles(key))
    assert advice.directive.action is (Action.AVOID if is_named else Action.STANDARD)


def test_a_phenotype_alone_does_not_answer_a_guideline_that_asks_for_two_alleles() -> None:
    stated = result("ENZ", POOR)
    bare = tuple(replace(p, diplotype=None) for p in stated.phenotypes)
    candidates = tuple(replace(c, phenotype=replace(c.phenotype, diplotype=None)) for c in stated.candidates)
    stated = replace(stated, phenotypes=bare, candidates=candidates)
    advice = headline("multine", stated, release=_by_alleles("*2/*2", names_only=True))
    assert advice.directive.reason is Reason.UNKNOWN_RESULT


def test_amounts_decide_whether_doses_differ() -> None:
    slightly = replace(HALF, dose=(replace(HALF.dose[0], factor_high=Decimal("0.6")),))
    head = _advice(_of("CPIC", HALF), _of("DPWG", slightly))[0]
    assert [(d.how, d.because) for d in head.disagreements] == [("other_dose", ("dose_only",))]


@pytest.mark.parametrize(
    ("drug", "phenotype", "action"),
    [("siponimod", "Normal Metabolizer", Action.STANDARD), ("siponimod", "Poor Metabolizer", Action.AVOID)],
)
def test_a_phenotype_stated_alone_answers_to_the_alleles_that_amount_to_it(
    drug: str, phenotype: str, action: Action
) -> None:
    release = load_release()
    said = (StatedResult(phenotype=phenotype),)
    call = DiplotypeCall("CYP2C9", CallStatus.CALLED, CallSource.STATED, stated_phenotype=phenotype, stated=said)
    stated = assign_phenotype(call, release)
    found = advise({"CYP2C9": stated}, Patient(), Event(drugs=(drug,)), release)
    assert next(a.directive.action for a in found if a.source == "FDA") is action
    assert not any(a.missing_genes for a in found)


def test_another_group_of_the_same_source_is_named_as_one() -> None:
    rows = (
        recommend("a", {"ENZ": POOR}, AVOID, "Optional", population="naive"),
        recommend("b", {"ENZ": POOR}, HALF, "Strong", population="tolerated"),
    )
    held = guideline(
        "multine",
        ("ENZ",),
        *rows,
        populations=(
            Population("naive", Condition({"prior_use": "naive"}), "prior_use"),
            Population("tolerated", Condition({"prior_use": "over_3_months"}), "prior_use"),
        ),
    )
    head = headline("multine", result("ENZ", POOR), release=knowledge(guidelines=(held,)))
    assert (head.population, head.alert_tier) == ("naive", AlertTier.INTERRUPTIVE)
    assert "other_group_interrupts:tolerated" in head.notes


def test_a_source_that_waits_for_a_test_disagrees_with_nobody() -> None:
    waiting = replace(_of("DPWG", AVOID, gene="ENZB"), is_pretest_default=True)
    release = knowledge(guidelines=(_of("CPIC", HALF), waiting))
    head, other = all_advice("multine", result("ENZ", POOR), release=release)
    assert (head.source, other.directive.action) == ("CPIC", Action.TEST_FIRST)
    assert head.disagreements == ()
