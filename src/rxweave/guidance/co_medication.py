"""The other drugs a person takes: what they do to the enzymes, and which of them are not to be taken together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rxweave.guidance.advice import Advice, AlertTier
from rxweave.guidance.conditions import Facts, is_taken
from rxweave.guidance.lookups import index_of
from rxweave.guidance.readings import has_result
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import Role, Strength
from rxweave.patient.patient import Event, Patient
from rxweave.phenotyping.phenotype import GenePhenotype

# ``cyp2d6_inhibitors_moderate_to_strong``: a class by what its members do to an enzyme, and how strongly at least.
_CLASS = re.compile(r"(?P<gene>\w+?)_(?P<role>inhibitor|inducer)s(?:_(?P<from>weak|moderate)_to_strong)?")
_STRENGTHS = (Strength.WEAK, Strength.MODERATE, Strength.STRONG)


def taken_drugs(patient: Patient, event: Event) -> frozenset[str]:
    """The drugs of the list that were not stopped, and those of the event."""
    return frozenset({m.drug for m in patient.medications if m.drug and is_taken(m)} | set(event.drugs))


def modulator_classes(taken: Iterable[str], knowledge: Knowledge) -> frozenset[str]:
    """Codes of the modulator classes among the drugs taken, such as ``cyp2c19_inhibitor``."""
    taken = set(taken)
    return frozenset(
        f"{i.gene.lower()}_{i.role}" for i in knowledge.interactions if i.drug in taken and i.is_applicable
    )


def modulator_notes(
    facts: Facts, genes: Sequence[str], phenotypes: Mapping[str, GenePhenotype], knowledge: Knowledge
) -> Iterator[str]:
    """Co-medication that is known to change an enzyme used here; its effect is not computed in this release."""
    taken = taken_drugs(facts.patient, facts.event) - {facts.drug}
    for interaction in knowledge.interactions:
        if interaction.drug in taken and interaction.gene in genes and interaction.role is not Role.SUBSTRATE:
            is_weak = interaction.strength is Strength.WEAK
            yield f"{'modulator_weak' if is_weak else 'modulator_not_applied'}:{interaction.drug}"
    known = {i.gene for i in knowledge.interactions}
    inhibited = {i.gene for i in knowledge.interactions if i.role is Role.INHIBITOR}
    is_anything_taken = any(m.drug and m.drug != facts.drug and is_taken(m) for m in facts.patient.medications)
    for gene in genes if is_anything_taken else ():
        if gene in known - inhibited and has_result(phenotypes.get(gene)):
            yield f"modulators_not_checked:{gene}"


def name_partners(
    found: Iterable[Advice], taken: Iterable[str], knowledge: Knowledge, advice_for: Callable[[str], tuple[Advice, ...]]
) -> Iterator[Advice]:
    """``found``, each with a note for every drug taken whose own advice says to avoid the two together.

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
        notes = tuple(
            f"avoid_combination_with:{partner}"
            for partner, advices in sorted(held.items())
            if partner != advice.drug and any(_avoids(a, advice.drug, knowledge) for a in advices)
        )
        if not notes:
            yield advice
        elif advice.alert_tier is AlertTier.NONE:
            shown = replace(advice, alert_tier=AlertTier.PASSIVE, tier_because="something_to_add")
            yield replace(shown, notes=(*advice.notes, *notes))
        else:
            yield replace(advice, notes=(*advice.notes, *notes))


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
        i.drug == drug
        and (i.gene.casefold(), i.role.value) == (named["gene"], named["role"])
        and (i.strength not in _STRENGTHS or _STRENGTHS.index(i.strength) >= least)
        for i in knowledge.interactions
    )
