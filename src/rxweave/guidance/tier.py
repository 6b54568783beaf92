"""Whether an advice interrupts the prescriber, waits to be read, or says nothing (section "Alert tier")."""

from __future__ import annotations

from dataclasses import dataclass

from rxweave.guidance.advice import AlertTier
from rxweave.guidance.conditions import Facts, daily_dose
from rxweave.knowledge.guidelines import Action, Directive, Modality
from rxweave.knowledge.people import AlertSettings
from rxweave.patient.patient import EventKind

# No order lies outside these: they say how to use the drug, not whether or how much.
_ASKS_FOR_CARE = (Action.USE_WITH_CAUTION, Action.NOT_EXCLUDED, Action.ADJUST_BY_ALGORITHM)


@dataclass(frozen=True, slots=True)
class TierQuestion:
    """All that the tier depends on."""

    directive: Directive
    strength: str = ""
    source: str = ""
    is_severe_harm: bool = False
    authority: str = ""  # coded: what decides beyond the genes, the label or what the patient already showed
    is_pretest: bool = False  # a test that is asked for by default before the first dose
    is_for_missing_test: bool = False  # a gene's result is missing
    is_research_grade: bool = False
    is_assumed: bool = False  # nothing but reference alleles, and reference was assumed, not observed
    is_unverified: bool = False
    certainty: float = 1.0  # probability that what is ordered lies outside the advice
    has_something_to_add: bool = False  # to do, to ask or to test, beside the action
    is_practice: bool = (
        False  # a phenotype was changed for a moderate modulator, as practice does and no guideline says
    )
    is_changed_by_event: bool = False  # taken before, under other conditions than those that the event makes
    hidden: Directive | None = None  # of a test before the first dose: the gravest that the result could ask for


def alert_tier(question: TierQuestion, facts: Facts, alerts: AlertSettings) -> tuple[AlertTier, str]:
    """The tier and the code of the first reason that decided it; ``alerts`` are the settings of release and site."""
    action = question.directive.action
    if action is Action.NO_RECOMMENDATION:
        if question.has_something_to_add:
            return AlertTier.PASSIVE, "something_to_add"
        return AlertTier.NONE, "no_recommendation"
    if action is Action.STANDARD:
        if question.has_something_to_add:
            return AlertTier.PASSIVE, "something_to_add"
        return AlertTier.NONE, "nothing_to_add"
    quiet = _why_not_interrupt(question, facts, alerts)
    return (AlertTier.PASSIVE, quiet) if quiet else (AlertTier.INTERRUPTIVE, _why_interrupt(question, alerts))


def _why_not_interrupt(question: TierQuestion, facts: Facts, alerts: AlertSettings) -> str:
    tolerated = facts.tolerated_months
    if not _is_deciding_event(facts):
        return "event_not_order"
    if any(setting in facts.patient.conditions for setting in alerts.quiet_conditions):
        return "emergency"
    if question.is_research_grade:
        return "research_grade"
    if question.is_assumed:
        return "reference_assumed"
    if question.is_unverified:
        return "unverified"
    if question.directive.action is Action.TEST_FIRST and question.is_for_missing_test and not question.is_pretest:
        return "test_not_default"
    if question.directive.action in _ASKS_FOR_CARE:
        return "asks_for_care"
    if not is_outside(question.directive, facts):
        return "within_advice"
    if not _why_interrupt(question, alerts):
        return "strength"
    if question.certainty < alerts.certainty_threshold:
        return "uncertain"
    if question.is_practice:
        return "practice"
    if tolerated is not None and tolerated > alerts.tolerated_months and not question.is_changed_by_event:
        return "tolerated"
    return ""


def _why_interrupt(question: TierQuestion, alerts: AlertSettings) -> str:
    """The grade that lets an advice interrupt, empty if it has none."""
    if question.authority:
        return question.authority
    if (question.hidden or question.directive).action is Action.CONTRAINDICATED:
        return "contraindicated"
    directive = question.directive
    if question.source in alerts.refusing_sources and directive.action is Action.AVOID:
        return "refused" if directive.modality is Modality.DO else ""
    graded, graded_if_severe = alerts.grades, alerts.grades_with_severe_harm
    if question.source in graded or question.source in graded_if_severe:
        if question.strength in graded.get(question.source, ()):
            return "strong"
        is_severe = question.is_severe_harm and question.strength in graded_if_severe.get(question.source, ())
        return "moderate_severe_harm" if is_severe else ""
    return "severe_harm" if question.is_severe_harm else ""


def _is_deciding_event(facts: Facts) -> bool:
    """An order, dose change or start; a new result only on a drug that is taken. A stop gives nothing."""
    match facts.event.kind:
        case EventKind.ORDER | EventKind.DOSE_CHANGE | EventKind.START:
            return True
        case EventKind.NEW_RESULT:
            return bool(facts.orders)
        case EventKind.STOP:
            return False


def is_outside(directive: Directive, facts: Facts) -> bool:
    """Whether what is ordered lies outside the advice. An absent or incomparable dose counts as outside."""
    match directive.action:
        case Action.STANDARD | Action.NO_RECOMMENDATION:
            return False
        case Action.USE_WITH_CAUTION | Action.NOT_EXCLUDED | Action.ADJUST_BY_ALGORITHM:
            return False
        case Action.LIMIT_DOSE | Action.REDUCE_DOSE | Action.INCREASE_DOSE:
            return not _is_within_caps(directive, facts)
        case Action.USE_ALTERNATIVE | Action.AVOID:
            # "If it must be used, at most ...": the smaller dose is inside what the source allows.
            return directive.fallback is None or not _is_within_caps(directive.fallback, facts)
        case Action.TEST_FIRST | Action.CONTRAINDICATED:
            return True


def _is_within_caps(directive: Directive, facts: Facts) -> bool:
    """True only if the directive is nothing but caps and every order can be compared and stays under all of them."""
    if directive.action is not Action.LIMIT_DOSE or not directive.dose or not facts.orders:
        return False
    for dose in directive.dose:
        if dose.cap is None:
            return False
        ordered = [daily_dose(order, dose.unit, facts.patient.weight_kg) for order in facts.orders]
        if any(o is None for o in ordered):
            return False
        total = sum(o for o in ordered if o is not None)
        if total > dose.cap or (dose.is_cap_exclusive and total == dose.cap):
            return False
    return True
