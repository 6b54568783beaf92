"""Plain drug interactions that follow from sourced rows: one drug is broken down by an enzyme that another changes.

No source grades their harm: they inform, and never interrupt on their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rxweave.guidance.advice import Advice, AlertTier, DrugInteraction
from rxweave.guidance.enzymes import Enzymes, enzymes_of
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import Interaction, Role, Strength

# Weak modulators are left out: they are not expected to matter, and nearly every list has one.
_TOLD = (Strength.STRONG, Strength.MODERATE)
_EFFECTS = {Role.INHIBITOR: "exposure_up", Role.INDUCER: "exposure_down"}


def with_interactions(found: Sequence[Advice], taken: Iterable[str], knowledge: Knowledge) -> tuple[Advice, ...]:
    """``found`` with the plain interactions of each headline's drug with the others that are ``taken``.

    An interaction stands once: with the drug that is acted on if it has advice here, else with the one that acts. What
    the advice already says of the enzyme (phenoconversion) is not said again.
    """
    enzymes = enzymes_of(knowledge)
    taken = frozenset(taken)
    advised = {a.drug for a in found}
    said = {(a.drug, m.agent, gene) for a in found for gene, f in a.genes.items() if f.conversion is not None
            for m in f.conversion.modulations}  # fmt: skip
    return tuple(
        _with(advice, [i for i in _of(advice.drug, taken, advised, enzymes) if _key(i) not in said])
        if advice.is_headline and advice.drug in taken
        else advice
        for advice in found
    )


def interactions_between(drug: str, taken: frozenset[str], knowledge: Knowledge) -> tuple[DrugInteraction, ...]:
    """The plain interactions of ``drug`` with others, whichever is acted on."""
    return tuple(_of(drug, taken, set(), enzymes_of(knowledge)))


def _of(drug: str, taken: frozenset[str], advised: set[str], enzymes: Enzymes) -> Iterator[DrugInteraction]:
    for own in enzymes.by_drug.get(drug, ()):
        for other in enzymes.by_gene[own.gene]:
            if other.drug == drug or other.drug not in taken:
                continue
            if own.role is Role.SUBSTRATE:
                victim, perpetrator = own, other
            elif other.drug not in advised:
                victim, perpetrator = other, own
            else:
                continue
            if _is_told(victim, perpetrator):
                yield DrugInteraction(
                    victim.drug,
                    perpetrator.drug,
                    own.gene,
                    perpetrator.role,
                    perpetrator.strength,
                    _EFFECTS[perpetrator.role],
                    tuple(dict.fromkeys((*perpetrator.sources, *victim.sources))),
                )


def _is_told(victim: Interaction, perpetrator: Interaction) -> bool:
    return victim.role is Role.SUBSTRATE and perpetrator.role in _EFFECTS and perpetrator.strength in _TOLD


def _key(interaction: DrugInteraction) -> tuple[str, str, str]:
    return interaction.victim, interaction.perpetrator, interaction.gene


def _with(advice: Advice, interactions: Sequence[DrugInteraction]) -> Advice:
    if not interactions:
        return advice
    ordered = tuple(sorted(interactions, key=lambda i: (i.strength is not Strength.STRONG, *_key(i))))
    advice = replace(advice, interactions=ordered)
    is_strong = any(i.strength is Strength.STRONG for i in ordered)
    if advice.alert_tier is AlertTier.NONE and is_strong:
        return replace(advice, alert_tier=AlertTier.PASSIVE, tier_because="plain_interaction")
    return advice
