"""What the report says of a whole prescription: sources side by side, medicines that act on each other, what to ask."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_cases import NORMAL_2C1, POOR_2D9, SCALES, advice, finding, gene, order, report, untested

from rxweave.guidance.advice import (
    Advice,
    Alternative,
    Coverage,
    Disagreement,
    DrugInteraction,
    SiteChange,
    TestToOrder,
)
from rxweave.guidance.secondary import SecondaryFinding
from rxweave.knowledge.drugs import Role, Strength
from rxweave.knowledge.guidelines import Action, Directive, Modality, Reason, Section
from rxweave.narrative import phrase
from rxweave.patient.patient import Patient, YesNo
from rxweave.phenotyping.phenoconversion import Conversion, Exposure, Modulation
from rxweave.report import Report, advice_text, asks, render_html, render_pdf, report_json, summary_table, words
from rxweave.report.bars import draw
from rxweave.report.marks import Mark, mark_of, mark_of_drug
from rxweave.report.matrix import matrix_of
from rxweave.report.schemas import validate
from rxweave.report.view import view_of

NORMAL_2D9 = gene("CYP2D9", [("*1/*1", 1.0, "Normal Metabolizer", "2.0")])
WORKS_AS = gene("CYP2D9", [("*1/*1", 1.0, "Poor Metabolizer", "0")])


def modulation(agent: str = "paroxetine", **facts: object) -> Modulation:
    given: dict[str, object] = {
        "agent": agent,
        "role": Role.INHIBITOR,
        "strength": Strength.STRONG,
        "exposure": Exposure.TAKEN,
        "sources": ("FDA",),
        "is_applied": True,
        "confidence": "guideline",
    }
    return Modulation(**{**given, **facts})  # type: ignore[arg-type]


CONVERSION = Conversion("CYP2D9", NORMAL_2D9, WORKS_AS, (modulation(),), ("PMID:1",), "guideline")


def converted(drug: str, action: Action, conversion: Conversion = CONVERSION, **facts: object) -> Advice:
    made = advice(drug, action, WORKS_AS, **facts)
    clinical = replace(
        finding(WORKS_AS),
        genetic_phenotype="Normal Metabolizer",
        phenoconverted_by=("paroxetine",),
        conversion=conversion,
    )
    return replace(made, genes={"CYP2D9": clinical})


def prescription() -> Report:
    """Tamoxifen beside paroxetine, with DPWG, a plain interaction, a question, a test and a rule of the site."""
    change = SiteChange("no-alert", "demote", "Dr. Vega", "seen by the pharmacist", "interruptive")
    interaction = DrugInteraction(
        "metoprolol", "paroxetine", "CYP2D9", Role.INHIBITOR, Strength.STRONG, "exposure_up", ("FDA",)
    )
    tamoxifen = converted(
        "tamoxifen",
        Action.USE_ALTERNATIVE,
        missing=("age",),
        alternatives=(
            Alternative("anastrozole", "guideline"),
            Alternative("toremifene", "same_class"),
            Alternative("raloxifene", "same_class", ("CYP2D9 guidance: avoid",)),
        ),
        disagreements=(Disagreement("DPWG", "tamoxifen", "general", Action.AVOID, "stricter", ("other_genes",)),),
        interactions=(interaction,),
        site_changes=(change,),
        triggered_by=("paroxetine",),
        tests_to_order=(TestToOrder("HLA-Z", "not_tested", False, "typing"),),
    )
    dpwg = converted("tamoxifen", Action.AVOID, source="DPWG", is_headline=False, guideline="tamoxifen", strength="n/a")
    paroxetine = advice(
        "paroxetine",
        Action.STANDARD,
        NORMAL_2D9,
        missing=("age",),
        interactions=(interaction,),
        tests_to_order=(TestToOrder("HLA-Z", "not_tested", True, "typing"),),
    )
    return report(
        genes=(NORMAL_2D9, NORMAL_2C1, untested("HLA-Z")),
        medications=(order("tamoxifen 20 mg", "tamoxifen"), order("paroxetine 20 mg", "paroxetine")),
        advice=(tamoxifen, dpwg, paroxetine),
        conversions={"CYP2D9": CONVERSION},
    )


def test_a_card_says_what_it_rests_on_who_asks_for_more_and_what_others_say() -> None:
    (line,) = (x for x in view_of(prescription()).change if x.drug == "tamoxifen")
    assert "This rests on paroxetine: the genes alone give Normal Metabolizer (CYP2D9)." in line.because
    assert "works as Poor Metabolizer (activity score 0) while on paroxetine (strong inhibitor)" in line.genes
    assert line.triggered == "Tamoxifen is taken already; this advice changes because of paroxetine."
    assert line.differs == "DPWG asks for more: avoid."
    assert line.also == ("DPWG (CYP2D9): Avoid. It weighs other genes.",)
    assert (line.instead, line.in_class, line.set_aside) == (
        ("anastrozole",),
        ("toremifene",),
        ("raloxifene (CYP2D9: avoid)",),
    )
    assert line.site == (
        "A rule of this site (no-alert, Dr. Vega) lowered it (before: interruptive): seen by the pharmacist.",
    )


def test_a_medicine_that_acts_on_others_is_not_simply_fine() -> None:
    view = view_of(prescription())
    assert [x.drug for x in view.fine] == []
    (paroxetine,) = view.watch
    assert (paroxetine.badge, paroxetine.because) == (
        words.ACTS_BADGE,
        "It changes what CYP2D9 does for tamoxifen: see there.",
    )


def test_questions_and_tests_are_listed_once_with_their_medicines() -> None:
    view = view_of(prescription())
    assert [(f.label, f.text) for f in view.questions] == [("How old is the patient?", "tamoxifen, paroxetine")]
    assert [(f.label, f.text) for f in view.tests] == [
        ("Test HLA-Z: not tested so far (allele typing), before the first dose.", "tamoxifen, paroxetine")
    ]


def test_a_plain_interaction_is_said_once_and_called_one() -> None:
    (said,) = view_of(prescription()).interactions
    assert said == (
        "Paroxetine (strong CYP2D9 inhibitor) is expected to raise exposure to metoprolol, whatever the genes (FDA)."
    )
    assert asks.interaction_lines(prescription().advice) == (said,)


def test_the_matrix_has_a_row_a_medicine_a_column_a_gene_and_the_clinical_result() -> None:
    matrix = view_of(prescription()).matrix
    assert matrix.genes == ("CYP2D9",)
    (tamoxifen, paroxetine) = matrix.rows
    (cell,) = tamoxifen.cells
    assert (cell.mark, cell.genetic, cell.result) == (Mark.CHANGE, "NM", "PM")
    assert "the genes alone: Normal Metabolizer, changed by paroxetine" in cell.said
    assert paroxetine.cells[0].result == "NM"


def test_the_matrix_shows_what_was_not_tested_and_leaves_other_genes_empty() -> None:
    codeine = advice("codeine", Action.AVOID, POOR_2D9)
    abacavir = advice("abacavir", Action.TEST_FIRST, untested("HLA-Z"))
    matrix = matrix_of((codeine, abacavir), ["HLA-Z", "CYP2C1", "CYP2D9"])
    assert matrix.genes == ("HLA-Z", "CYP2D9")
    cells = {row.drug: row.cells for row in matrix.rows}
    assert (cells["abacavir"][0].mark, cells["abacavir"][0].result) == (Mark.UNKNOWN, words.NOT_TESTED_CELL)
    assert cells["abacavir"][1].mark == "" and cells["codeine"][0].mark == ""


def test_the_bar_points_to_what_the_genes_give_and_to_what_they_work_as() -> None:
    plain, bar = draw(NORMAL_2D9, SCALES["CYP2D9"]), draw(NORMAL_2D9, SCALES["CYP2D9"], WORKS_AS)
    assert bar.description == f"{plain.description}; with the other medicines 0"
    assert bar.svg.count("<path") == plain.svg.count("<path") + 1
    (row, *_) = (g for g in view_of(prescription()).genes if g.gene == "CYP2D9")
    assert row.phenotype == "Normal Metabolizer"
    assert row.converted == "works as Poor Metabolizer with paroxetine"
    assert row.modulators == ("Paroxetine (strong inhibitor): changes the result.",)


@pytest.mark.parametrize(
    ("strength", "mark"),
    [(Strength.STRONG, Mark.UNKNOWN), (Strength.MODERATE, Mark.WATCH)],
    ids=["a strong one leaves it open", "a moderate one is to be minded"],
)
def test_a_modulator_that_was_not_counted_in_is_never_fine(strength: Strength, mark: Mark) -> None:
    held = Conversion(
        "CYP2D9", NORMAL_2D9, NORMAL_2D9, (modulation(strength=strength, is_applied=False, because="direction_only"),)
    )
    made = advice("codeine", Action.STANDARD, NORMAL_2D9, notes=("modulator_not_applied:paroxetine",))
    result = replace(finding(NORMAL_2D9), conversion=held)
    assert mark_of(replace(made, genes={"CYP2D9": result})) is mark


def test_fine_by_the_headline_is_not_fine_where_another_source_asks_for_more_or_was_not_computed() -> None:
    head = advice("warfarin", Action.STANDARD, NORMAL_2C1, source="DPWG")
    silent = advice("warfarin", Action.NO_RECOMMENDATION, coverage=Coverage.NOT_COMPUTED, is_headline=False)
    stricter = Disagreement("FDA", "warfarin", "general", Action.REDUCE_DOSE, "stricter")
    assert mark_of_drug([head]) is Mark.FINE
    assert mark_of_drug([head, silent]) is Mark.WATCH
    assert mark_of_drug([replace(head, disagreements=(stricter,))]) is Mark.WATCH


def test_an_effect_without_a_request_is_told_and_a_silent_source_is_no_advice() -> None:
    effect = Directive(Action.NO_RECOMMENDATION, Modality.DO, Reason.NO_ACTION_STATED)
    silent = Directive(Action.NO_RECOMMENDATION, Modality.DO, Reason.NOT_NAMED)
    told = advice(
        "atorvastatin",
        Action.NO_RECOMMENDATION,
        POOR_2D9,
        directive=effect,
        source="FDA",
        section=Section.PHARMACOKINETICS,
        implications={"CYP2D9": ("increased_exposure",)},
    )
    assert mark_of(told) is Mark.WATCH
    assert mark_of(advice("atorvastatin", Action.NO_RECOMMENDATION, POOR_2D9, directive=silent)) is Mark.NONE
    assert phrase(told).headline == "atorvastatin: no change is asked for; exposure is higher than expected"


def test_every_form_says_it() -> None:
    made = prescription()
    page = render_html(made)
    for text in ("This rests on paroxetine", "NM → PM", words.INTERACTIONS, words.TO_ASK, "For the patient"):
        assert text in page
    assert page.count('class="wide"') == 1 and 'tabindex="0"' in page
    assert "This rests on paroxetine" in summary_table(made, 100)
    validate("report", report_json(made))
    assert render_pdf(made).startswith(b"%PDF-")


def test_the_terminal_prints_one_card_a_drug_with_the_others_beneath() -> None:
    text = advice_text(prescription().advice, 100)
    assert text.count("▲ tamoxifen:") == 1 and f"{words.ALSO}: DPWG" in text
    assert "◇ paroxetine:" in text and "It changes what CYP2D9 does for tamoxifen" in text
    assert text.rpartition("\n\n")[2].startswith(words.INTERACTIONS)


def test_only_headlines_ask() -> None:
    made = [replace(a, is_headline=False) for a in prescription().advice]
    assert asks.questions_to_ask(made) == () and asks.tests_to_order(made) == ()


def test_a_secondary_finding_says_what_it_means_and_whom_it_concerns() -> None:
    found = SecondaryFinding("RYR1", "malignant_hyperthermia", "*1/*2", ("blood_relatives",), is_emergency_use=True)
    made = report(secondary=(found,))
    said = "RYR1 *1/*2: a disposition to malignant hyperthermia. It concerns blood relatives."
    assert view_of(made).secondary == (f"{said} Told without consent, because of the emergency.",)
    assert words.SECONDARY in render_html(made)
    validate("report", report_json(made))
    assert words.SECONDARY not in render_html(report())


def test_what_was_given_about_the_person_stands_at_the_top() -> None:
    person = Patient(failures=("venlafaxine",), smoking="stopped", inflammation=YesNo.YES)
    (said,) = (f.text for f in view_of(report(patient=person)).facts if f.label == words.PATIENT)
    assert said == "venlafaxine did not work, stopped smoking, acute inflammation"
