"""Phenoconversion: what a person's other drugs make of a genetic result.

Rules and washout times are data of the release (``phenoconversion.toml``), modulators are the applicable rows of
``interactions.tsv``; nothing is applied that no named source backs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rxweave.knowledge.drugs import Role, Strength
from rxweave.phenotyping.phenotype import GenePhenotype


class Exposure(StrEnum):
    """Whether a modulator still acts."""

    TAKEN = "taken"
    WASHING_OUT = "washing_out"  # stopped, and its effect is not over by the stated time
    WASHOUT_UNKNOWN = "washout_unknown"  # stopped, and no date or no sourced time tells whether it is over
    BUILDING_UP = "building_up"  # an inducer started too short ago for its full effect


@dataclass(frozen=True, slots=True)
class Modulation:
    """One drug (or smoking, or inflammation) that touches the gene's enzyme.

    ``is_applied``: it changed the clinical phenotype. Otherwise ``because`` says why not, coded: ``weak`` (leaves it as
    it is), ``direction_only`` (no rule gives an amount), ``conflicting_sources``, ``nothing_left`` (no activity to
    inhibit), ``weaker_than_another``, ``as_needed``, ``route`` (not absorbed), ``washout_unknown``. ``confidence`` is
    ``guideline``, ``practice`` or ``direction``.
    """

    agent: str
    role: Role
    strength: Strength
    exposure: Exposure
    sources: tuple[str, ...]
    is_applied: bool
    because: str = ""
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A gene's result before and after the modulators. ``clinical`` is ``genetic`` itself where nothing was applied."""

    gene: str
    genetic: GenePhenotype
    clinical: GenePhenotype
    modulations: tuple[Modulation, ...] = ()
    evidence: tuple[str, ...] = ()  # sources of the rule that was applied
    confidence: str = ""

    @property
    def is_changed(self) -> bool:
        return self.clinical is not self.genetic

    @property
    def applied(self) -> tuple[str, ...]:
        """The agents that made the difference."""
        return tuple(m.agent for m in self.modulations if m.is_applied)
