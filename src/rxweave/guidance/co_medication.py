"""The other drugs a person takes: what is on the list at the event, and which of them are not to be taken together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from rxweave.guidance.advice import Advice, AlertTier
from rxweave.guidance.conditions import is_taken
from rxweave.guidance.enzymes import class_parts, enzymes_of
from rxweave.guidance.lookups import index_of
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import Strength
from rxweave.patient.patient import Event, EventKind, MedicationOrder, Patient

# ``cyp2d6_inhibitors_moderate_to_strong``: a class by what its members do to an enzyme, and how strongly at least.
_CLASS = re.compile(r"(?P<gene>\w+?)_(?P<role>inhibitor|inducer)s(?:_(?P<from>weak|moderate)_to_strong)?")
_STRENGTHS = (Strength.WEAK, Strength.MODERATE, Strength.STRONG)


def taken_drugs(patient: Patient, event: Event) -> frozenset[str]:
    """The drugs of the list that were not stopped, and those of the event unless it stops them."""
    listed = {m.drug for m in patient.medications if m.drug and is_taken(m)}
    return frozenset(listed - set(event.drugs) if event.kind is EventKind.STOP else listed | set(event.drugs))


def medications_at(patient: Patient, event: Event) -> tuple[MedicationOrder, ...]:
    """The list as the event leaves it: what is ordered stands on it, what is stopped has stopped on that day.

    Without a day a drug that is being stopped still acts as if it were taken.
    """
    listed = patient.medications
    if event.kind is EventKind.STOP:
        if event.on is None:
            return listed
        return tuple(
            replace(m, is_stopped=True, stopped=event.on) if m.drug in event.drugs and is_taken(m) else m
            for m in listed
        )
    held = {m.drug for m in listed if is_taken(m)}
    return (*listed, *(MedicationOrder(drug, drug) for drug in event.drugs if drug not in held))


def meant_by_class(notes: Iterable[str], taken: Iterable[str], knowledge: Knowledge) -> tuple[str, ...]:
    """``of_this_class:clarithromycin`` for each drug taken that a condition named in ``notes`` means by its class."""
    facts = (fact for note in notes for fact in note.partition(":")[2].split(","))
    named = (value for key, _, value in (fact.partition("=") for fact in facts) if key == "co_medication")
    codes = {part for code in named for part in class_parts(code)}
    classes = enzymes_of(knowledge).classes
    return tuple(f"of_this_class:{drug}" for drug in sorted(taken) if not codes.isdisjoint(classes.get(drug, ())))


def name_partners(
    found: Iterable[Advice], taken: Iterable[str], knowledge: Knowledge, advice_for: Callable[[str], tuple[Advice, ...]]
) -> Iterator[Advice]:
    """``found``, each headline with a note for every drug taken whose own advice says to avoid the two together.

    ``advice_for`` gives the advice for a drug that is taken and that ``found`` does not speak of.
    """
    found = tuple(found)
    held: dict[str, tuple[Advice, ...]] = {}
    for advice in found:
        held[advice.drug] = (*held.get(advice.drug, ()), advice)
    asked = {a.drug for a in found}
    for partner in taken:
        if partner not in held and any(_may_avoid(partner, drug, knowledge) for drug in asked):
            held[partner] = advice_for(partner)
    for advice in found:
        partners = [
            partner
            for partner, advices in sorted(held.items())
            if advice.is_headline
            and partner != advice.drug
            and any(_avoids(a, advice.drug, knowledge) for a in advices)
        ]
        noted = replace(advice, notes=(*advice.notes, *(f"avoid_combination_with:{p}" for p in partners)))
        if partners and advice.alert_tier is AlertTier.NONE:
            noted = replace(noted, alert_tier=AlertTier.PASSIVE, tier_because="something_to_add")
        yield noted if partners else advice


def _may_avoid(partner: str, drug: str, knowledge: Knowledge) -> bool:
    """Whether some recommendation for ``partner`` names ``drug``: only then is its advice worth working out."""
    guidelines = knowledge.guidelines.get(partner, ())
    return any(is_named(drug, code, knowledge) for g in guidelines for code in index_of(g).avoid_with)


def _avoids(advice: Advice, drug: str, knowledge: Knowledge) -> bool:
    return any(is_named(drug, code, knowledge) for code in advice.directive.avoid_with)


def is_named(drug: str, code: str, knowledge: Knowledge) -> bool:
    """Whether ``code`` is the drug, a group that it belongs to, or a class by what it does to an enzyme."""
    if drug == code:
        return True
    group = knowledge.drugs.get(code)
    if group is not None:
        return drug in group.members
    named = _CLASS.fullmatch(code)
    if named is None:
        return False
    least = _STRENGTHS.index(Strength(named["from"])) if named["from"] else 0
    return any(
        (i.gene.casefold(), i.role.value) == (named["gene"], named["role"])
        and (i.strength not in _STRENGTHS or _STRENGTHS.index(i.strength) >= least)
        for i in enzymes_of(knowledge).by_drug.get(drug, ())
    )
