"""Alternatives with what this person's genes say of them, and the chain of facts behind an advice."""

from __future__ import annotations

from dataclasses import replace

from guidance_toys import AVOID, GUIDELINES, NORMAL, POOR, guideline, headline, knowledge, recommend, result

from rxweave.guidance import Advice
from rxweave.knowledge import Knowledge
from rxweave.knowledge.guidelines import DrugGuideline
from rxweave.patient import Patient
from rxweave.patient.patient import Reaction


def test_alternatives_that_a_gene_rules_out_come_last_and_say_why() -> None:
    advice = headline("simplol", result("ENZ", POOR))
    assert [(a.drug, a.conflicts) for a in advice.alternatives] == [
        ("altaline", ()),
        ("an unlisted drug", ()),
        ("rivalol", ("ENZ guidance: reduce_dose",)),
    ]


def test_standard_advice_has_no_alternatives() -> None:
    assert headline("simplol", result("ENZ", NORMAL)).alternatives == ()


def test_an_alternative_that_harmed_before_is_not_first() -> None:
    patient = Patient(reactions=(Reaction("altaline", "severe_skin", True),))
    advice = headline("simplol", result("ENZ", POOR), patient=patient)
    assert advice.alternatives[0].drug == "an unlisted drug"
    assert "past_severe_reaction" in next(a.conflicts for a in advice.alternatives if a.drug == "altaline")


def _release(*alternatives: str, others: tuple[DrugGuideline, ...] = ()) -> Knowledge:
    directive = replace(AVOID, alternatives=alternatives)
    held = guideline("queridone", ("ENZ",), recommend("q1", {"ENZ": POOR}, directive))
    return knowledge(guidelines=(*GUIDELINES, held, *others))


def _conflicts(advice: Advice) -> dict[str, tuple[str, ...]]:
    return {a.drug: a.conflicts for a in advice.alternatives}


def test_the_drug_itself_is_no_alternative() -> None:
    advice = headline("queridone", result("ENZ", POOR), release=_release("queridone"))
    assert _conflicts(advice) == {"queridone": ("same_drug",)}


def test_the_drugs_own_group_is_no_alternative() -> None:
    held = guideline("simplol", ("ENZ",), recommend("q1", {"ENZ": POOR}, replace(AVOID, alternatives=("olols",))))
    advice = headline("simplol", result("ENZ", POOR), release=knowledge(guidelines=(held,)))
    assert _conflicts(advice) == {"olols": ("class",)}


def test_another_group_is_an_alternative_without_a_verdict() -> None:
    advice = headline("queridone", result("ENZ", POOR), release=_release("olols"))
    assert _conflicts(advice) == {"olols": ()}


def test_an_alternative_with_a_guideline_that_is_not_computed_says_so() -> None:
    advice = headline("queridone", result("ENZ", POOR), release=_release("hardarin"))
    assert _conflicts(advice) == {"hardarin": ("not_computed",)}


def test_an_alternative_that_needs_a_test_first_says_so() -> None:
    advice = headline("queridone", result("ENZ", POOR), release=_release("hlavir"))
    assert _conflicts(advice) == {"hlavir": ("HLA-X guidance: test_first",)}


def test_two_drugs_that_name_each_other_do_not_go_round_in_circles() -> None:
    other = guideline("roundine", ("ENZ",), recommend("o1", {"ENZ": POOR}, replace(AVOID, alternatives=("queridone",))))
    advice = headline("queridone", result("ENZ", POOR), release=_release("roundine", others=(other,)))
    assert _conflicts(advice) == {"roundine": ("ENZ guidance: avoid",)}


def test_the_trace_leads_from_the_alleles_to_the_recommendation_and_the_tier() -> None:
    advice = headline("simplol", result("ENZ", POOR))
    steps = {s.step: s for s in advice.trace}
    assert list(steps) == ["call", "phenotype", "population", "recommendation", "tier"]
    assert "genes/ENZ/alleles.tsv#*2" in steps["call"].facts
    assert steps["recommendation"].facts == ("s3",)
    assert steps["tier"].result == advice.alert_tier.value


def test_the_trace_of_an_unknown_names_what_it_hides() -> None:
    steps = {s.step: s for s in headline("pairine", result("ENZ", NORMAL)).trace}
    assert steps["recommendation"].facts == ("d4",)
    assert steps["unknown"].facts == ("d2",)


def test_every_advice_names_the_release_it_rests_on() -> None:
    for drug in ("simplol", "altaline", "hardarin", "no such drug"):
        advice = headline(drug)
        assert advice.knowledge == "toy" and advice.trace
