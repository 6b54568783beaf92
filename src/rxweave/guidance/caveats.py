"""Codes of what must be said beside an advice: about the results, the readings, the patient and the other drugs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rxweave.guidance.case import Case
from rxweave.guidance.conditions import Facts
from rxweave.guidance.converted import conversion_notes
from rxweave.guidance.findings import gene_notes
from rxweave.guidance.readings import are_weights_invented, is_weighable
from rxweave.guidance.select import PopulationChoice
from rxweave.guidance.unknown import Verdict
from rxweave.guidance.validity import low_confidence_notes
from rxweave.guidance.warfarin import warfarin_notes
from rxweave.guidance.weighing import PROBABILITY_TO_LIST, JointReading
from rxweave.knowledge.guidelines import Action


def caveats(
    case: Case,
    weighed: Sequence[JointReading],
    chosen: JointReading,
    choice: PopulationChoice,
    verdict: Verdict,
    facts: Facts,
) -> Iterable[str]:
    """The codes in the order in which they are shown; some may repeat."""
    recommendation = verdict.recommendation
    yield from verdict.notes
    if choice.because == "no_population_fits":
        yield "no_population_fits"
    if recommendation is not None:
        yield from recommendation.caveats
        yield from _age_notes(recommendation.valid_age_from, recommendation.valid_age_below, facts)
    if verdict.directive.action is Action.NOT_EXCLUDED:
        yield "no_negative_result"
    for reading in chosen.readings:
        gene = case.knowledge.genes.get(reading.gene)
        yield from gene_notes(reading, case.phenotypes.get(reading.gene), gene, case.patient.sex)
    if len({w.verdict.directive for w in weighed}) > 1:
        yield from _doubts(case, weighed, chosen, verdict)
    used = tuple(r.gene for r in chosen.readings)
    yield from (f"enzyme_result_unreliable:{gene}" for gene in used if gene in case.unreliable)
    yield from low_confidence_notes(used, facts.drug, case.phenotypes, case.patient, case.knowledge)
    yield from warfarin_notes(facts.drug, case.phenotypes, case.patient, case.knowledge)
    yield from conversion_notes(case, used)
    months = facts.tolerated_months
    if months is not None:
        yield f"tolerated_months:{months}"
    if any(order.amount is not None and order.times_per_day is None for order in facts.orders):
        yield "frequency_not_stated"


def _doubts(case: Case, weighed: Sequence[JointReading], chosen: JointReading, verdict: Verdict) -> Iterable[str]:
    """What stands against the readings that the headline rests on, and how far their weights may be trusted."""
    results = {r.gene: case.phenotypes.get(r.gene) for r in chosen.readings}
    unweighable = [g for g, r in results.items() if r is not None and not is_weighable(r)]
    if not unweighable:
        for w in weighed:
            is_listed = not w.counts and w.probability >= PROBABILITY_TO_LIST
            if is_listed and w.verdict.directive.action.severity > verdict.directive.action.severity:
                for reading in w.readings:
                    if not any(reading is r for r in chosen.readings):
                        yield f"less_likely_reading:{reading.gene} {reading.shown}"
    for gene, result in results.items():
        if gene in unweighable:
            yield f"not_weighable:{gene}"
        elif are_weights_invented(result):
            yield f"weights_assumed:{gene}"
    left_out = sum(w.probability for w in weighed if w.probability < PROBABILITY_TO_LIST)
    if left_out > 0 and not unweighable:
        yield f"possibilities_left_out:{left_out:.2g}"


def _age_notes(age_from: int | None, age_below: int | None, facts: Facts) -> Iterable[str]:
    age = facts.patient.age_years
    if age_from is None and age_below is None:
        return
    if age is None:
        yield "valid_age_unchecked"
    elif (age_from is not None and age < age_from) or (age_below is not None and age >= age_below):
        yield "outside_valid_age"
