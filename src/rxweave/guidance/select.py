"""Which populations of a guideline a patient may belong to, and which branches fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rxweave.guidance.conditions import Facts, decide, questions
from rxweave.guidance.lookups import GuidelineIndex
from rxweave.guidance.unknown import gravity
from rxweave.knowledge.guidelines import Branch, Population


@dataclass(frozen=True, slots=True)
class PopulationChoice:
    """A population that remains possible. ``because`` is coded; ``questions`` would decide it."""

    name: str
    because: str
    questions: tuple[str, ...] = ()


def populations_for(index: GuidelineIndex, facts: Facts) -> tuple[PopulationChoice, ...]:
    """The populations that the patient's facts decide for, else every one that they do not rule out.

    Where they rule out all of them, all are returned and say so: no recommendation of the guideline fits this person.
    """
    decided = [(p, decide(p.condition, facts)) for p in index.populations]
    fitting = [p for p, holds in decided if holds]
    if fitting:
        because = "only_population" if len(index.populations) == 1 else "patient_facts"
        return tuple(PopulationChoice(p.name, because) for p in fitting)
    open_ones = [p for p, holds in decided if holds is None]
    if open_ones:
        asked = tuple(dict.fromkeys(q for p in open_ones for q in _questions(p, facts)))
        return tuple(PopulationChoice(p.name, "not_decided", asked) for p in open_ones)
    return tuple(PopulationChoice(p.name, "no_population_fits") for p in index.populations)


def _questions(population: Population, facts: Facts) -> tuple[str, ...]:
    asked = questions(population.condition, facts)
    # The guideline's own question stands for its condition's entries; further entries ask for themselves.
    own = (population.question,) if population.question else ()
    return tuple(dict.fromkeys((*own, *(q for q in asked if len(asked) > 1 or not own))))


def strictest_branch(branches: Iterable[Branch], facts: Facts) -> Branch | None:
    """The gravest branch whose condition the patient's facts fulfil; the first of equals."""
    fitting = [b for b in branches if decide(b.condition, facts)]
    return max(fitting, key=lambda b: gravity(b.directive), default=None)
