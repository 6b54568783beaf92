"""Other drugs in place of one: those that the source names and those of its class, ranked for this person.

Each is looked up as if it were ordered and the drug it replaces were not. What a gene, another drug or the person's
history speaks against is listed last, with the reason; nothing is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rxweave.guidance.advice import Advice, AlertTier, Alternative, Coverage
from rxweave.guidance.case import Case
from rxweave.guidance.co_medication import is_named, taken_drugs
from rxweave.guidance.drug_classes import NARROWER, WIDER, classes_of
from rxweave.guidance.enzymes import enzymes_of
from rxweave.guidance.interactions import interactions_between
from rxweave.guidance.touched import AdviceFor, may_touch
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import DrugKind, Strength
from rxweave.knowledge.guidelines import Action, Directive, Reason
from rxweave.patient.patient import Event, EventKind, MedicationOrder

# Actions that make an alternative no better than what it replaces, or uncertain to be.
_CONFLICTING = frozenset(
    {
        Action.TEST_FIRST,
        Action.LIMIT_DOSE,
        Action.REDUCE_DOSE,
        Action.USE_ALTERNATIVE,
        Action.AVOID,
        Action.CONTRAINDICATED,
    }
)
_RULED_OUT = frozenset({"class", "withdrawn", "past_severe_reaction"})  # whatever the genes say
_INSTEAD = (Action.USE_ALTERNATIVE, Action.AVOID, Action.CONTRAINDICATED)  # another drug is asked for


def alternatives_of(
    advice: Advice, others: Iterable[Advice], case: Case, advice_for: AdviceFor
) -> tuple[Alternative, ...]:
    """Alternatives to the drug of ``advice``: what nothing speaks against first, then by how grave their own advice is.

    ``others`` are the other advices on the drug: what they rule out is ruled out here. The class is searched where a
    headline asks for another drug; the wider class only if neither the source nor the narrower one offers any that
    nothing speaks against.
    """
    directive = advice.directive
    refused = tuple(dict.fromkeys(name for a in (advice, *others) for name in _refused(a.directive)))
    found = [_ranked(name, "guideline", advice.drug, refused, case, advice_for) for name in directive.alternatives]
    if advice.is_headline and directive.action in _INSTEAD:
        named = {advice.drug, *directive.alternatives}
        # Of its class, what a source refuses for another result is not offered for this one, nor after a reaction.
        never = tuple(dict.fromkeys((*refused, *_refused_for_any_result(advice.drug, case.knowledge))))
        for length in (NARROWER, WIDER):
            held = [name for name in classes_of(case.knowledge).same(advice.drug, length) if name not in named]
            found += [_ranked(name, "same_class", advice.drug, never, case, advice_for) for name in held]
            named.update(held)
            if any(not a.conflicts and a.drug in case.knowledge.drugs for _, a in found):
                break
    return tuple(a for _, a in sorted(found, key=lambda pair: (bool(pair[1].conflicts), pair[1].why, pair[0])))


def _refused_for_any_result(drug: str, knowledge: Knowledge) -> Iterator[str]:
    for guideline in knowledge.guidelines.get(drug, ()):
        for row in guideline.recommendations:
            yield from _refused(row.directive)


def _refused(directive: Directive) -> Iterator[str]:
    for said in (directive, directive.fallback, directive.next_step):
        if said is not None:
            yield from said.not_alternatives


def _ranked(
    name: str, why: str, drug: str, refused: Iterable[str], case: Case, advice_for: AdviceFor
) -> tuple[int, Alternative]:
    """How grave the alternative's own advice is, and the alternative with all that speaks against it."""
    knowledge = case.knowledge
    held = knowledge.drugs.get(name)
    if held is not None and held.kind is DrugKind.GROUP:
        is_own = drug in held.members
        return Action.AVOID.severity if is_own else 0, Alternative(name, why, ("class",) if is_own else ())
    conflicts = list(_history(name, drug, refused, case))
    if name in knowledge.people.withdrawn:
        conflicts.append("withdrawn")
    if name == drug or (held is None and name not in knowledge.guidelines):
        return len(conflicts), Alternative(name, why, tuple(conflicts))
    instead = _instead_of(drug, name, case)
    own = _looked_up(name, drug, instead, advice_for)
    conflicts += _genetic(own)
    conflicts += _with_others(name, own[0], instead, advice_for)
    severity = own[0].directive.action.severity if own[0].coverage is Coverage.COMPUTED else 0
    if not _RULED_OUT.isdisjoint(conflicts):
        severity = max(severity, Action.CONTRAINDICATED.severity)
    return severity, Alternative(name, why, tuple(dict.fromkeys(conflicts)))


def _history(name: str, drug: str, refused: Iterable[str], case: Case) -> Iterator[str]:
    patient = case.patient
    if name == drug:
        yield "same_drug"
    if any(is_named(name, code, case.knowledge) for code in refused):
        yield "class"
    reactions = [r for r in patient.reactions if r.drug == name]
    if reactions:
        yield "past_severe_reaction" if any(r.is_severe for r in reactions) else "past_reaction"
    if name in patient.failures:
        yield "failed_before"
    if name != drug and name in taken_drugs(patient, case.event):
        yield "already_taken"


def _instead_of(drug: str, name: str, case: Case) -> Case:
    """The person with ``name`` ordered and ``drug`` off the list."""
    medications = tuple(m for m in case.patient.medications if m.drug not in (drug, name))
    ordered = (
        tuple(d for d in case.event.drugs if d not in (drug, name)) if case.event.kind is not EventKind.STOP else ()
    )
    # Conversions that were worked out stay true where neither drug acts on any enzyme.
    modulated = enzymes_of(case.knowledge).modulated_by
    return replace(
        case,
        patient=replace(case.patient, medications=medications),
        event=Event(EventKind.ORDER, (*ordered, name), case.event.on),
        is_nested=True,
        converted={} if modulated(drug) or modulated(name) else case.converted,
    )


def _looked_up(name: str, drug: str, instead: Case, advice_for: AdviceFor) -> tuple[Advice, ...]:
    key = (name, drug if enzymes_of(instead.knowledge).modulated_by(drug) else "")
    if key not in instead.looked_up:
        instead.looked_up[key] = advice_for(name, instead)
    return instead.looked_up[key]


def _genetic(own: tuple[Advice, ...]) -> Iterator[str]:
    """What the alternative's own advice has against it: the headline's, and whatever another source finds as grave."""
    head, *others = own
    if head.coverage is Coverage.NOT_COMPUTED:
        yield "not_computed"
    elif head.directive.action in _CONFLICTING:
        yield _guidance(head)
    for other in others:
        is_said = other.coverage is Coverage.COMPUTED and other.population_because != "no_population_fits"
        if is_said and other.directive.action in _INSTEAD:
            yield _guidance(other)
    if not any(map(_answers, own)):
        yield from (
            f"levels_differ:{' + '.join(a.genes)}" for a in own if a.directive.reason is Reason.NO_ACTION_STATED
        )


def _answers(advice: Advice) -> bool:
    """Whether the source says what to do, be it nothing, for the results at hand."""
    directive = advice.directive
    is_silent = directive.action is Action.NO_RECOMMENDATION and directive.reason is not Reason.REFERENCE_RESULT
    return advice.coverage is Coverage.COMPUTED and not is_silent


def _guidance(advice: Advice) -> str:
    return f"{' + '.join(advice.genes) or 'label'} guidance: {advice.directive.action}"


def _with_others(name: str, head: Advice, instead: Case, advice_for: AdviceFor) -> Iterator[str]:
    """What speaks against the alternative beside the drugs that are taken."""
    knowledge = instead.knowledge
    taken = sorted(taken_drugs(instead.patient, instead.event) - {name})
    for partner in taken:
        if any(is_named(partner, code, knowledge) for code in head.directive.avoid_with):
            yield f"avoid_combination_with:{partner}"
        if _is_made_worse(partner, name, instead, advice_for):
            yield f"worsens:{partner}"
    for told in interactions_between(name, frozenset(taken), knowledge):
        if told.strength is Strength.STRONG:
            yield f"interacts_with:{told.perpetrator if told.victim == name else told.victim}"


def _is_made_worse(partner: str, name: str, instead: Case, advice_for: AdviceFor) -> bool:
    """Whether an order of ``partner`` would be stopped, or another drug be asked for, only because of ``name``."""
    if not may_touch(name, partner, instead):
        return False
    order = Event(EventKind.ORDER, (partner,), instead.event.on)
    beside = tuple(m for m in instead.medications if m.drug not in (name, partner))
    taken = tuple(m for m in instead.medications if m.drug == name)

    def headline(medications: tuple[MedicationOrder, ...]) -> Advice:
        patient = replace(instead.patient, medications=medications)
        world = replace(instead, patient=patient, event=order, is_changed_by_event=True, converted={})
        return advice_for(partner, world)[0]

    return _is_bad(headline((*beside, *taken))) and not _is_bad(headline(beside))


def _is_bad(advice: Advice) -> bool:
    return advice.alert_tier is AlertTier.INTERRUPTIVE or advice.directive.action in _INSTEAD
