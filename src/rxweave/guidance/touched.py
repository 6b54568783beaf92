"""Drugs that the person takes and the event is not about, whose advice the event changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from rxweave.guidance.advice import Advice, AlertTier, Step
from rxweave.guidance.case import Case
from rxweave.guidance.co_medication import is_named
from rxweave.guidance.conditions import is_taken
from rxweave.guidance.enzymes import enzymes_of
from rxweave.guidance.headline import is_forbidden
from rxweave.guidance.lookups import index_of
from rxweave.patient.patient import Event, EventKind, MedicationOrder

# A dose change leaves the drug on the list: what it does to an enzyme is known by drug, not by dose.
_CHANGING = (EventKind.ORDER, EventKind.START, EventKind.STOP)

AdviceFor = Callable[[str, Case], tuple[Advice, ...]]


def touched_advice(case: Case, advice_for: AdviceFor) -> Iterator[tuple[Advice, ...]]:
    """The advice on every drug taken that the event leaves with other advice than before, each drug's together.

    It is compared as an order of that drug would find it before and after; a stopped modulator counts as gone, though
    its effect takes its time to end. ``triggered_by`` names the drugs of the event that make the difference.
    """
    if case.event.kind not in _CHANGING:
        return
    others = (m.drug for m in case.patient.medications if m.drug and is_taken(m))
    for drug in dict.fromkeys(d for d in others if d not in case.event.drugs):
        triggers = tuple(t for t in dict.fromkeys(case.event.drugs) if may_touch(t, drug, case))
        if not triggers:
            continue
        before = advice_for(drug, replace(_as_ordered(case, drug, is_after=False), is_nested=True))[0]
        after = advice_for(drug, replace(_as_ordered(case, drug, is_after=True), is_nested=True))[0]
        if before.directive == after.directive:
            continue
        head, *beside = advice_for(drug, _as_ordered(case, drug, is_after=True))
        is_severe = any(map(_is_severe, (head, *beside)))
        told = _told(head, before, case.event.kind is EventKind.STOP, is_severe, triggers)
        yield tuple(replace(a, triggered_by=triggers) for a in (told, *beside))


def may_touch(trigger: str, drug: str, case: Case) -> bool:
    """Whether the trigger acts on an enzyme that a guideline of the drug weighs, or is named by one."""
    enzymes, shared = enzymes_of(case.knowledge), case.knowledge.conversions.shared
    modulated, classes = enzymes.modulated_by(trigger), enzymes.classes_of((trigger,))
    for guideline in case.knowledge.guidelines.get(drug, ()):
        if modulated and any(shared.get(gene, gene) in modulated for gene in guideline.genes):
            return True
        if not guideline.is_computable:
            continue
        index = index_of(guideline)
        if index.co_medications and (trigger in index.co_medications or classes & index.co_medications):
            return True
        if any(is_named(trigger, code, case.knowledge) for code in index.avoid_with):
            return True
    return False


def _as_ordered(case: Case, drug: str, *, is_after: bool) -> Case:
    """An order of ``drug`` in the world before or after the event."""
    event = case.event
    has_triggers = is_after != (event.kind is EventKind.STOP)
    taken = [m for m in case.patient.medications if m.drug not in event.drugs]
    if has_triggers:
        listed = [m for m in case.patient.medications if m.drug in event.drugs and is_taken(m)]
        missing = [MedicationOrder(d, d) for d in event.drugs if d not in {m.drug for m in listed}]
        taken = [*taken, *listed, *missing]
    elif event.kind is not EventKind.STOP:
        # What was taken before the event is no news.
        taken = [*taken, *(m for m in case.patient.medications if m.drug in event.drugs and _was_taken(m, event))]
    return replace(
        case,
        patient=replace(case.patient, medications=tuple(taken)),
        event=Event(EventKind.ORDER, (drug,), event.on),
        is_changed_by_event=True,
        converted={},
    )


def _was_taken(order: MedicationOrder, event: Event) -> bool:
    is_earlier = order.started is not None and event.on is not None and order.started < event.on
    return is_taken(order) and (is_earlier or order.tolerated_months is not None)


def _told(after: Advice, before: Advice, is_stop: bool, is_severe: bool, triggers: tuple[str, ...]) -> Advice:
    """``after`` with the tier of the difference: it interrupts where only the event makes it interrupt an order so.

    A drug that is stopped is given back to the genes slowly: only severe harm interrupts then.
    """
    if is_stop:
        after = replace(after, notes=(*after.notes, *(f"changes_after_washout:{t}" for t in triggers)))
    is_known = before.alert_tier is AlertTier.INTERRUPTIVE and before.directive.reason is after.directive.reason
    if after.alert_tier is AlertTier.INTERRUPTIVE and not is_known and (is_severe or not is_stop):
        return after
    return replace(
        after,
        alert_tier=AlertTier.PASSIVE,
        tier_because="advice_changed",
        trace=(*after.trace, Step("tier", ("advice_changed",), AlertTier.PASSIVE.value)),
    )


def _is_severe(advice: Advice) -> bool:
    return advice.is_severe_harm or is_forbidden(advice)
