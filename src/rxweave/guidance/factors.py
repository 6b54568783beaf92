"""Smoking and acute inflammation: they change enzymes that break a drug down, whatever its guideline weighs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from rxweave.guidance.advice import Advice, AlertTier
from rxweave.guidance.enzymes import enzymes_of
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import Role
from rxweave.patient.patient import Patient, YesNo
from rxweave.phenotyping.phenoconversion import Exposure, modulations


def with_factors(found: Sequence[Advice], patient: Patient, on: date | None, knowledge: Knowledge) -> Sequence[Advice]:
    """``found``, each headline with a note for every factor that acts on an enzyme which its own genes do not cover.

    A smoker's dose was found while smoking: that smoking stopped, or that inflammation is there, is to be looked at;
    neither interrupts.
    """
    if not patient.smoking and patient.inflammation is not YesNo.YES:
        return found
    return tuple(_with(advice, tuple(_notes(advice, patient, on, knowledge))) for advice in found)


def _notes(advice: Advice, patient: Patient, on: date | None, knowledge: Knowledge) -> Iterator[str]:
    """``smoking:CYP1A2``, ``smoking_stopped:CYP1A2``, ``inflammation:CYP3A4``."""
    if not advice.is_headline:
        return
    for row in enzymes_of(knowledge).by_drug.get(advice.drug, ()):
        if row.role is Role.SUBSTRATE and row.gene not in advice.genes:
            for factor in modulations(row.gene, (), knowledge, on=on, patient=patient):
                has_ended = factor.exposure is not Exposure.TAKEN
                yield f"{factor.agent}_stopped:{row.gene}" if has_ended else f"{factor.agent}:{row.gene}"


def _with(advice: Advice, notes: tuple[str, ...]) -> Advice:
    if not notes:
        return advice
    noted = replace(advice, notes=(*advice.notes, *notes))
    if advice.alert_tier is AlertTier.NONE and any(not n.startswith("smoking:") for n in notes):
        return replace(noted, alert_tier=AlertTier.PASSIVE, tier_because="something_to_add")
    return noted
