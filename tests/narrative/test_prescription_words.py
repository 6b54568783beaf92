"""Words for what other drugs, other sources and the site do to an advice."""

from __future__ import annotations

import pytest

from rxweave.guidance.advice import Advice, Coverage, Disagreement, DrugInteraction, GeneFinding, SiteChange
from rxweave.knowledge.drugs import Role, Strength
from rxweave.knowledge.guidelines import Action, Directive, Reason, Section
from rxweave.narrative import differences, phrase, side_by_side, sides
from rxweave.narrative.words import words
from rxweave.phenotyping.phenoconversion import Exposure

W = words()


def advice(**fields: object) -> Advice:
    given: dict[str, object] = {
        "drug": "tamoxifen",
        "rxcui": "10324",
        "source": "CPIC",
        "population": "general",
        "coverage": Coverage.COMPUTED,
        "directive": Directive(Action.AVOID),
        "strength": "Strong",
        "knowledge": "2026.1",
    }
    return Advice(**{**given, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        ("exposure", [e.value for e in Exposure]),
        ("role", [r.value for r in Role]),
        ("section", [s.value for s in Section]),
        ("disagreement.how", ["stricter", "milder", "other_dose"]),
        ("disagreement.because", ["other_genes", "other_population", "dose_only", "older", "label"]),
        ("interaction", ["exposure_up", "exposure_down"]),
        ("site_change", ["demote", "replace", "add", "before"]),
        (
            "modulation",
            [
                "applied",
                "weak",
                "direction_only",
                "nothing_left",
                "weaker_than_another",
                "as_needed",
                "route",
                "washout_unknown",
                "unknown_result",
                *(e.value for e in Exposure if e is not Exposure.TAKEN),
            ],
        ),
    ],
)
def test_every_code_has_words(section: str, codes: list[str]) -> None:
    assert [code for code in codes if not W.has(section, code)] == []


def test_an_untested_gene_under_a_strong_inhibitor_says_that_it_was_not_tested() -> None:
    finding = GeneFinding(
        "CYP2D6", "", "Poor Metabolizer", "0", genetic_phenotype="No Result", phenoconverted_by=("paroxetine",)
    )
    said = phrase(advice(genes={"CYP2D6": finding})).why
    assert said == ("CYP2D6, genetically not tested, works as Poor Metabolizer (activity score 0) while on paroxetine.")


def test_who_asks_stands_before_what_is_asked_and_not_before_what_a_label_decided() -> None:
    assert phrase(advice()).explanation == "CPIC (strong recommendation): avoid."
    assert phrase(advice(source="DPWG", strength="n/a")).explanation == "DPWG: avoid."
    assert phrase(advice(notes=("label_overrides:age_below=12",))).explanation == "Avoid."


def test_genes_that_mean_the_same_share_a_clause() -> None:
    genes = {g: GeneFinding(g, "*3/*3", "Poor Metabolizer") for g in ("TPMT", "NUDT15")}
    codes = dict.fromkeys(genes, ("greatly_increased_risk",))
    assert phrase(advice(genes=genes, implications=codes)).why == (
        "TPMT *3/*3 (Poor Metabolizer) and NUDT15 *3/*3 (Poor Metabolizer): the risk is much higher than usual."
    )


def test_a_source_that_asks_for_nothing_says_what_it_states() -> None:
    effect = advice(
        source="FDA",
        section=Section.PHARMACOKINETICS,
        genes={"CYP2D6": GeneFinding("CYP2D6", "*4/*4", "Poor Metabolizer")},
        implications={"CYP2D6": ("increased_exposure",)},
        directive=Directive(Action.NO_RECOMMENDATION, reason=Reason.NO_ACTION_STATED),
    )
    assert side_by_side(effect) == (
        "FDA (CYP2D6; table, effect on levels only): Exposure is higher than expected (no change is asked for)."
    )


def test_sources_that_say_the_same_share_a_line() -> None:
    said = sides(
        [advice(source="DPWG"), advice(source="FDA"), advice(source="FDA", directive=Directive(Action.STANDARD))]
    )
    assert said == ("DPWG, FDA: Avoid.", "FDA: No genetic reason to change.")


def test_a_source_with_a_guideline_on_each_gene_is_named_once() -> None:
    def on(source: str, *genes: str, **more: object) -> Advice:
        return advice(source=source, genes={g: GeneFinding(g, "", "No Result") for g in genes}, **more)

    both = ("CYP2C9", "VKORC1")
    said = sides([on("DPWG", "VKORC1"), on("FDA", "CYP2C9"), on("FDA", *both), on("FDA", "VKORC1"), on("CPIC", *both)])
    assert said == ("DPWG (VKORC1), FDA (CYP2C9, VKORC1), CPIC: Avoid.",)
    table = on("FDA", "CYP2C9", section=Section.RECOMMENDATION)
    assert sides([table, on("FDA", "VKORC1")]) == ("FDA (CYP2C9; table, with a recommendation), FDA (VKORC1): Avoid.",)


def test_a_disagreement_is_said_with_its_reasons_and_in_short_without() -> None:
    other = Disagreement("FDA", "g", "general", Action.REDUCE_DOSE, "stricter", ("older", "label"))
    made = advice(disagreements=(other, other))
    assert phrase(made).disagreements[0] == (
        "FDA asks for more: reduce the dose. It is the older of the two. "
        "A label is a legal text and changes on other grounds."
    )
    assert differences(made, "stricter") == ("FDA asks for more: reduce the dose.",)
    assert differences(made, "milder") == ()


def test_an_interaction_names_both_drugs_the_enzyme_and_the_sources() -> None:
    found = DrugInteraction(
        "codeine", "rifampin", "CYP3A4", Role.INDUCER, Strength.STRONG, "exposure_down", ("FDA", "Flockhart")
    )
    assert phrase(advice(interactions=(found,))).interactions == (
        "Rifampin (strong CYP3A4 inducer) is expected to lower exposure to codeine, whatever the genes "
        "(FDA and Flockhart).",
    )


def test_a_site_change_names_its_owner_and_what_stood_there() -> None:
    change = SiteChange("r1", "replace", "Dr. Vega", "local protocol", "reduce_dose")
    made = advice(site_changes=(change,))
    assert phrase(made).site_changes == (
        "A rule of this site (r1, Dr. Vega) replaced it (before: reduce dose): local protocol.",
    )
    assert phrase(made).explanation == "Avoid."
