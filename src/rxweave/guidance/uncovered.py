"""Advice for a drug that the release does not compute: it says so, and what the patient already showed still counts."""

from __future__ import annotations

from rxweave.guidance.advice import Advice, Coverage, GeneFinding, Step
from rxweave.guidance.case import Case
from rxweave.guidance.conditions import Facts
from rxweave.guidance.findings import finding_of
from rxweave.guidance.readings import Knownness, Reading, has_result
from rxweave.guidance.tier import TierQuestion, alert_tier
from rxweave.guidance.validity import history_directive
from rxweave.knowledge.guidelines import Action, Directive, DrugGuideline, Reason


def uncovered(case: Case, drug: str, coverage: Coverage, guideline: DrugGuideline | None = None) -> Advice:
    """``guideline`` is the one that exists and is not computed, None where the release holds nothing for ``drug``."""
    history = history_directive(case.patient, drug)
    is_harmed = history is not None and history.is_severe
    directive = Directive(Action.NO_RECOMMENDATION, reason=Reason.NOT_COMPUTABLE)
    if history is not None and is_harmed:
        directive = history.directive
    source = guideline.source if guideline is not None else ""
    tier, because = alert_tier(
        TierQuestion(
            directive,
            source=source,
            authority=history.authority if is_harmed and history is not None else "",
            has_something_to_add=history is not None,
        ),
        Facts(case.patient, drug, case.event, {}),
        case.alerts,
    )
    why_not = guideline.not_computable_because if guideline is not None else ""
    name = guideline.guideline if guideline is not None else ""
    return Advice(
        drug=drug,
        rxcui=(guideline.rxcui if guideline is not None else "") or case.rxcui(drug),
        source=source,
        population="",
        coverage=coverage,
        directive=directive,
        genes={gene: _as_it_stands(case, gene) for gene in guideline.genes} if guideline is not None else {},
        missing=history.questions if history is not None else (),
        notes=(*((why_not,) if why_not else ()), *(history.notes if history is not None else ())),
        alert_tier=tier,
        tier_because=because if is_harmed else "past_reaction" if history is not None else coverage.value,
        evidence=guideline.citations if guideline is not None else (),
        trace=(
            Step("coverage", (name or drug,), coverage.value),
            *(history.steps if history is not None else ()),
        ),
        knowledge=case.knowledge.version,
        guideline=name,
    )


def _as_it_stands(case: Case, gene: str) -> GeneFinding:
    result = case.phenotypes.get(gene)
    if not has_result(result) or result is None:
        return finding_of(Reading(gene, Knownness.UNTESTED, (), "", 1.0, True), result)
    first = result.phenotypes[0]
    shown = first.lookup_keys[0] if first.lookup_keys else first.name
    return finding_of(Reading(gene, Knownness.KNOWN, (), shown, 1.0, True, first), result)
