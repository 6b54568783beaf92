"""Where each drug is shown, and what a reader is told about each gene."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_cases import (
    AMBIGUOUS_2C1,
    MAKERS,
    NORMAL_2C1,
    POOR_2D9,
    RESEARCH_2D9,
    advice,
    full,
    gene,
    hostile,
    nothing_tested,
    order,
    report,
    thirty_drugs,
)

from rxweave.calling.diplotype import CallStatus
from rxweave.guidance.advice import AlertTier, Coverage, Possibility
from rxweave.knowledge.guidelines import Action, Branch, Condition, Directive, Modality, Reason
from rxweave.report import render_html, summary_table, words
from rxweave.report.marks import Mark, mark_of
from rxweave.report.text import printable
from rxweave.report.view import ReportView, view_of


def _no(reason: Reason) -> Directive:
    return Directive(Action.NO_RECOMMENDATION, reason=reason)


@pytest.mark.parametrize(
    ("made", "mark"),
    [
        pytest.param(advice("d", Action.STANDARD, NORMAL_2C1), Mark.FINE, id="standard"),
        pytest.param(
            advice("d", Action.STANDARD, NORMAL_2C1, is_partial=True), Mark.UNKNOWN, id="standard but partial"
        ),
        pytest.param(
            advice(
                "d",
                Action.STANDARD,
                AMBIGUOUS_2C1,
                possibilities=(Possibility({"CYP2C1": "Poor Metabolizer"}, 0.06, Directive(Action.AVOID)),),
            ),
            Mark.UNKNOWN,
            id="standard but another reading says avoid",
        ),
        pytest.param(
            advice(
                "d",
                Action.STANDARD,
                AMBIGUOUS_2C1,
                possibilities=(Possibility({"CYP2C1": "Poor Metabolizer"}, 0.01, Directive(Action.AVOID)),),
            ),
            Mark.FINE,
            id="standard and an unlikely reading says avoid",
        ),
        pytest.param(
            advice("d", Action.STANDARD, coverage=Coverage.GENE_NOT_TESTED), Mark.UNKNOWN, id="standard but untested"
        ),
        pytest.param(advice("d", Action.NOT_EXCLUDED, NORMAL_2C1), Mark.UNKNOWN, id="not excluded is never green"),
        pytest.param(advice("d", Action.USE_WITH_CAUTION, POOR_2D9), Mark.WATCH, id="caution"),
        pytest.param(advice("d", Action.LIMIT_DOSE, POOR_2D9), Mark.CHANGE, id="limit, outside"),
        pytest.param(
            advice("d", Action.LIMIT_DOSE, POOR_2D9, tier_because="within_advice"), Mark.WATCH, id="limit, within"
        ),
        pytest.param(
            advice("d", Action.CONTRAINDICATED, POOR_2D9, tier_because="tolerated"),
            Mark.CHANGE,
            id="contraindicated stays, however long it was taken",
        ),
        pytest.param(advice("d", Action.AVOID, POOR_2D9, is_partial=True), Mark.CHANGE, id="avoid, partial"),
        pytest.param(
            advice("d", Action.TEST_FIRST, coverage=Coverage.GENE_NOT_TESTED), Mark.CHANGE, id="test before first dose"
        ),
        pytest.param(
            advice("d", Action.TEST_FIRST, POOR_2D9, tier_because="test_not_default"),
            Mark.UNKNOWN,
            id="test that only settles a doubt",
        ),
        pytest.param(
            advice("d", Action.NO_RECOMMENDATION, directive=_no(Reason.REFERENCE_RESULT)), Mark.FINE, id="reference"
        ),
        pytest.param(
            advice("d", Action.NO_RECOMMENDATION, directive=_no(Reason.WEAK_EVIDENCE)), Mark.UNKNOWN, id="weak evidence"
        ),
        pytest.param(
            advice("d", Action.NO_RECOMMENDATION, directive=_no(Reason.TRANSPLANT)), Mark.UNKNOWN, id="transplant"
        ),
        pytest.param(advice("d", Action.STANDARD, coverage=Coverage.NO_GUIDANCE), Mark.NONE, id="no guidance"),
        pytest.param(
            advice("d", Action.AVOID, coverage=Coverage.NO_GUIDANCE), Mark.CHANGE, id="harmed before, no guidance"
        ),
        pytest.param(
            advice("d", Action.AVOID, coverage=Coverage.NOT_COMPUTED), Mark.CHANGE, id="harmed before, not computed"
        ),
        pytest.param(
            advice("d", Action.STANDARD, NORMAL_2C1, notes=("avoid_combination_with:clopidogrel",)),
            Mark.WATCH,
            id="standard, and another drug of the list is not to be taken with it",
        ),
        pytest.param(
            advice("d", Action.STANDARD, NORMAL_2C1, notes=("modulator_not_applied:paroxetine",)),
            Mark.UNKNOWN,
            id="standard, with a co-medication whose effect is not computed",
        ),
        pytest.param(
            advice(
                "d",
                Action.TEST_FIRST,
                tier_because="test_not_default",
                branches=(Branch(Condition({"test_pending": "yes"}), Directive(Action.REDUCE_DOSE)),),
            ),
            Mark.CHANGE,
            id="test, and less meanwhile",
        ),
        pytest.param(advice("d", Action.STANDARD, coverage=Coverage.NOT_COMPUTED), Mark.UNKNOWN, id="not computed"),
    ],
)
def test_a_drug_is_never_shown_greener_than_its_advice(made: object, mark: Mark) -> None:
    assert mark_of(made) is mark  # type: ignore[arg-type]


def _shown(view: ReportView) -> list[str]:
    groups = (view.change, view.watch, view.fine, view.unknown, view.not_understood, view.not_held)
    return [line.drug for group in groups for line in group]


@pytest.mark.parametrize("name", MAKERS)
def test_every_medicine_of_the_list_is_shown_once(name: str) -> None:
    made = MAKERS[name]()
    listed = [m.drug or printable(m.written) for m in made.medications]
    assert set(listed) <= set(_shown(view_of(made)))
    assert len(_shown(view_of(made))) == len(set(_shown(view_of(made))))


def test_a_medicine_without_any_advice_is_not_dropped() -> None:
    view = view_of(report(medications=(order("aspirin", "aspirin"), order("old", "gone", is_stopped=True))))
    assert [(line.drug, line.what) for line in view.not_held] == [
        ("aspirin", words.NO_ADVICE_COMPUTED),
        ("gone", words.STOPPED),
    ]


def test_the_gravest_interruptive_change_comes_first() -> None:
    made = report(
        advice=(
            advice("low", Action.REDUCE_DOSE, POOR_2D9, alert_tier=AlertTier.INTERRUPTIVE),
            advice("quiet", Action.CONTRAINDICATED, POOR_2D9, alert_tier=AlertTier.PASSIVE),
            advice("worst", Action.CONTRAINDICATED, POOR_2D9, alert_tier=AlertTier.INTERRUPTIVE),
        )
    )
    assert [line.drug for line in view_of(made).change] == ["worst", "low", "quiet"]


def test_consider_is_told_apart_from_do() -> None:
    line = next(x for x in view_of(full()).change if x.drug == "clopidogrel")
    assert line.badge == words.CONSIDER_BADGES[Action.USE_ALTERNATIVE]
    assert full().advice[1].directive.modality is Modality.CONSIDER


def test_a_graver_reading_is_said_beside_an_advice_that_stands() -> None:
    doubt = Possibility({"CYP2C1": "Poor Metabolizer"}, 0.012, Directive(Action.AVOID))
    likely = Possibility({"CYP2C1": "Normal Metabolizer"}, 0.988, Directive(Action.STANDARD))
    made = report(advice=(advice("d", Action.STANDARD, AMBIGUOUS_2C1, possibilities=(likely, doubt)),))
    (line,) = view_of(made).fine
    assert line.less_likely == "CYP2C1 Poor Metabolizer (1.2%): avoid."
    assert line.less_likely in render_html(made)
    assert words.LESS_LIKELY_SHORT in summary_table(made, 200)


def test_a_condition_under_which_more_is_asked_stands_beside_fine() -> None:
    long_course = Branch(Condition({"treatment_duration": "over_12_weeks"}), Directive(Action.REDUCE_DOSE))
    quick = Branch(Condition({"response": "achieved"}), Directive(Action.STANDARD))
    made = report(advice=(advice("d", Action.STANDARD, NORMAL_2C1, branches=(quick, long_course)),))
    (line,) = view_of(made).fine
    assert "12 weeks" in line.conditions
    assert "response" not in line.conditions
    assert line.conditions in render_html(made)


def test_a_change_that_rests_on_a_doubtful_reading_says_how_likely_it_is() -> None:
    avoid, standard = Directive(Action.AVOID), Directive(Action.STANDARD)
    doubtful = (Possibility({"G": "Normal"}, 0.58, standard), Possibility({"G": "Poor"}, 0.42, avoid))
    settled = (Possibility({"G": "Normal"}, 0.02, standard), Possibility({"G": "Poor"}, 0.98, avoid))
    made = report(
        advice=(
            advice("a", Action.AVOID, AMBIGUOUS_2C1, possibilities=doubtful, is_partial=True),
            advice("b", Action.AVOID, AMBIGUOUS_2C1, possibilities=settled),
        )
    )
    first, second = view_of(made).change
    assert (first.because, second.because) == (words.weight_of_change(0.42), "")
    assert "42%" in summary_table(made, 200)


def test_a_change_shows_the_patients_for_whom_it_differs() -> None:
    stroke = Branch(Condition({"condition": "stroke_or_tia"}), Directive(Action.AVOID, alternatives=("ticagrelor",)))
    made = report(advice=(advice("d", Action.AVOID, POOR_2D9, branches=(stroke,)),))
    assert "stroke" in view_of(made).change[0].conditions


def test_a_call_that_is_not_the_likeliest_reading_says_how_likely_it_is() -> None:
    call = gene("CYP2C1", [("*1/*2", 0.02, "Intermediate Metabolizer", ""), ("*3/*6", 0.98, "Poor Metabolizer", "")])
    (shown,) = view_of(report(genes=(call,))).genes
    assert shown.sure[0] == words.best_of(2, 0.02)
    assert ("*3/*6", "98%") in {(r.when, r.how_likely) for r in shown.readings}


def test_untested_genes_are_listed_with_their_positions_and_never_as_normal() -> None:
    view = view_of(nothing_tested())
    assert view.genes == ()
    assert {f.label for f in view.untested} == {"CYP2D9", "CYP2C1", "DPYX", "SLCO9", "HLA-Z"}
    assert next(f for f in view.untested if f.label == "CYP2D9").text == "40 of 40 positions not tested"
    assert next(f for f in view.untested if f.label == "HLA-Z").text == words.OUTSIDE_ONLY


def test_ambiguity_is_shown_with_every_reading_and_what_they_share() -> None:
    view = view_of(report(genes=(AMBIGUOUS_2C1,)))
    (shown,) = view.genes
    assert [r.how_likely for r in shown.readings] == ["62%", "30%", "8%"]
    assert "*9, *10" in " ".join(shown.gaps)
    assert words.SAME_IN_ALL not in shown.sure
    same = gene("CYP2C1", [("*1/*2", 0.6, "X", ""), ("*1/*3", 0.4, "X", "")], status=CallStatus.AMBIGUOUS)
    assert words.SAME_IN_ALL in view_of(report(genes=(same,))).genes[0].sure


def test_doubt_in_a_standard_advice_is_the_first_thing_said() -> None:
    line = next(x for x in view_of(full()).unknown if x.drug == "sertraline")
    assert line.what.startswith("Not settled: ")


def test_research_grade_and_undocumented_variants_reach_the_gene() -> None:
    (shown,) = view_of(report(genes=(RESEARCH_2D9,))).genes
    assert words.RESEARCH_GRADE in shown.flags
    assert any("chr22:42126700 G>T" in text for text in shown.sure)


def test_words_of_an_order_that_were_not_read_are_shown() -> None:
    made = report(
        medications=(order("codeine blah", "codeine", unread="blah"),), advice=(advice("codeine", Action.STANDARD),)
    )
    assert view_of(made).fine[0].ordered == "codeine blah (not understood: blah)"


def test_a_line_that_only_names_the_drug_is_not_repeated() -> None:
    made = report(medications=(order("Codeine", "codeine"),), advice=(advice("codeine", Action.STANDARD),))
    assert view_of(made).fine[0].ordered == ""


def test_outside_text_is_printable_on_one_line() -> None:
    view = view_of(hostile())
    assert view.sample.isprintable()
    assert all(f.text.isprintable() for f in view.facts)
    assert view.warnings[0].isprintable()


def test_counts_add_up_to_the_medication_list() -> None:
    assert sum(int(c.text.split()[0]) for c in view_of(thirty_drugs()).counts) == 30


def test_many_diplotypes_are_cut_and_the_rest_counted() -> None:
    readings = [(f"*1/*{n}", 0.1, "Normal Metabolizer", "") for n in range(2, 12)]
    (shown,) = view_of(report(genes=(gene("CYP2C1", readings, status=CallStatus.AMBIGUOUS),))).genes
    assert shown.result.endswith("and 6 more")
    assert len(shown.readings) == 6
    assert (shown.readings[5].when, shown.readings[5].how_likely) == ("5 other readings together", "50%")


def test_no_call_is_not_shown_as_untested() -> None:
    call = replace(NORMAL_2C1.call, status=CallStatus.NO_CALL, diplotypes=(), candidates=())
    result = replace(NORMAL_2C1, call=call, phenotypes=(), candidates=())
    view = view_of(report(genes=(result,)))
    assert view.untested == ()
    assert (view.genes[0].phenotype, view.genes[0].result) == (words.NOT_CALLED, "")
    assert words.STATUS[CallStatus.NO_CALL] in view.genes[0].sure


def test_a_text_too_long_to_read_is_cut_and_says_so() -> None:
    assert printable("x" * 4000) == f"{'x' * 400}… (4000 characters)"
    assert printable("x" * 400) == "x" * 400


def test_what_an_opioid_needs_said_stands_on_the_first_page() -> None:
    made = advice("codeine", Action.STANDARD, NORMAL_2C1, notes=("copy_number_not_assayed",))
    (line,) = view_of(report(advice=(made,))).fine
    assert "duplications and hybrids" in line.conditions


def test_what_decided_in_place_of_the_genes_is_said_on_the_first_page() -> None:
    made = advice("codeine", Action.CONTRAINDICATED, NORMAL_2C1, notes=("label_overrides:age_below=12",))
    (line,) = view_of(report(advice=(made,))).change
    assert "under 12 years" in line.because
    told = advice("d", Action.NO_RECOMMENDATION, coverage=Coverage.NO_GUIDANCE, notes=("past_reaction:rash",))
    made_of_it = report(advice=(told,))
    (line,) = view_of(made_of_it).not_held
    assert "rash" in line.because and line.because in render_html(made_of_it)


def test_a_share_that_rests_on_assumed_frequencies_is_not_printed() -> None:
    doubt = (
        Possibility({"C1": "Poor"}, 0.01, Directive(Action.AVOID), "Strong"),
        Possibility({"C1": "Normal"}, 0.99, Directive(Action.STANDARD), "Strong"),
    )
    made = advice("d", Action.AVOID, NORMAL_2C1, possibilities=doubt, notes=("weights_assumed:C1",))
    (line,) = view_of(report(advice=(made,))).change
    assert "cannot be said" in line.because and "%" not in line.because
    assert not any("%" in p for a in view_of(report(advice=(made,))).details[0].advices for p in a.possibilities)


def test_what_to_watch_and_what_comes_next_stands_beside_an_order_that_stays() -> None:
    directive = Directive(
        Action.STANDARD, monitoring=("drug_level",), next_step=Directive(Action.AVOID, modality=Modality.CONSIDER)
    )
    (line,) = view_of(report(advice=(advice("d", Action.STANDARD, NORMAL_2C1, directive=directive),))).fine
    assert (
        "Monitoring: measure drug levels." in line.conditions
        and "Then, if needed: consider avoiding it." in line.conditions
    )


def test_a_gene_without_data_that_was_taken_for_reference_is_not_fine() -> None:
    called = NORMAL_2C1.call
    partly = replace(
        NORMAL_2C1, call=replace(called, is_reference_assumed=True, covered_positions=4, assumed_positions=3)
    )
    unread = replace(
        NORMAL_2C1, call=replace(called, is_reference_assumed=True, covered_positions=4, assumed_positions=4)
    )
    notes = ("reference_assumed:C1",)
    assert mark_of(advice("d", Action.STANDARD, partly, notes=notes)) is Mark.FINE
    assert mark_of(advice("d", Action.STANDARD, unread, notes=notes)) is Mark.UNKNOWN
    line = view_of(report(advice=(advice("d", Action.STANDARD, unread, notes=notes),))).unknown[0]
    assert "assumed to be reference" in line.because and "Not settled" in line.what


def test_what_is_not_to_be_taken_together_stands_on_the_first_page() -> None:
    made = advice("d", Action.STANDARD, NORMAL_2C1, notes=("avoid_combination_with:clopidogrel",))
    line = view_of(report(advice=(made,))).watch[0]
    assert line.badge == "Caution" and "clopidogrel" in line.conditions


def test_a_condition_that_says_the_same_as_the_one_before_is_not_written_out_twice() -> None:
    directive = Directive(Action.USE_WITH_CAUTION, avoid_with=("omeprazole", "esomeprazole"))
    branches = tuple(
        Branch(Condition({"co_medication": drug}), directive, is_unverified=True)
        for drug in ("omeprazole", "esomeprazole")
    )
    made = advice("d", Action.STANDARD, NORMAL_2C1, branches=branches)
    said = view_of(report(advice=(made,))).details[0].advices[0].branches
    assert len(said) == 2 and "avoid together" in said[0]
    assert said[1] == "Together with esomeprazole: the same."
