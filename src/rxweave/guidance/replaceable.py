"""The other way out: where co-medication made the advice graver, what it would be without that co-medication."""

from __future__ import annotations

from dataclasses import replace

from rxweave.guidance.advice import Advice
from rxweave.guidance.case import Case
from rxweave.guidance.touched import AdviceFor
from rxweave.knowledge.guidelines import Action
from rxweave.patient.patient import Event

# With these nothing graver was made of the drug than the genes alone would.
_HARMLESS = (Action.STANDARD, Action.NO_RECOMMENDATION)


def name_replaceable(advice: Advice, case: Case, advice_for: AdviceFor) -> Advice:
    """``advice`` with the note ``milder_without:A;B|ACTION`` where leaving out the agents would make it milder.

    The agents are those that converted a gene's result. It is said of them together: one alone may not be enough.
    """
    agents = tuple(dict.fromkeys(a for finding in advice.genes.values() for a in finding.phenoconverted_by))
    taken = [m for m in case.patient.medications if m.drug not in agents]
    if not agents or advice.directive.action in _HARMLESS or len(taken) == len(case.patient.medications):
        return advice
    without = replace(
        case,
        patient=replace(case.patient, medications=tuple(taken)),
        event=Event(case.event.kind, tuple(d for d in case.event.drugs if d not in agents), case.event.on),
        is_nested=True,
        converted={},
        looked_up={},
    )
    action = advice_for(advice.drug, without)[0].directive.action
    if action.severity >= advice.directive.action.severity:
        return advice
    return replace(advice, notes=(f"milder_without:{';'.join(agents)}|{action.value}", *advice.notes))
