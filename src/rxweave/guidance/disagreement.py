"""Where another source says something else than the headline, for the same person, and what may explain it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from rxweave.guidance.advice import Advice, Coverage, Disagreement
from rxweave.guidance.unknown import gravity
from rxweave.knowledge.guidelines import Action, Dose, Reason

# Actions that ask for the same in other words: nothing, care, less of it, another drug.
_SAME = (
    (Action.STANDARD, Action.NO_RECOMMENDATION),
    (Action.NOT_EXCLUDED, Action.USE_WITH_CAUTION, Action.ADJUST_BY_ALGORITHM),
    (Action.INCREASE_DOSE,),
    (Action.TEST_FIRST,),
    (Action.LIMIT_DOSE, Action.REDUCE_DOSE),
    (Action.USE_ALTERNATIVE, Action.AVOID),
    (Action.CONTRAINDICATED,),
)
_STEP = {action: step for step, actions in enumerate(_SAME) for action in actions}
_LESS_OF_IT = _STEP[Action.REDUCE_DOSE]


#: Notes of what decided in the headline beyond the genes: a source that weighs genes alone is no milder for that.
_BEYOND_GENES = (
    "label_overrides:",
    "practice_overrides:",
    "past_severe_reaction:",
    "past_reaction:",
    "related_severe_reaction:",
)


def disagreements(head: Advice, others: Sequence[Advice]) -> tuple[Disagreement, ...]:
    """One for each source and what it says otherwise, in the order of ``others``.

    A source without an answer disagrees with nobody; a headline without one is disagreed with by whatever acts.
    """
    elsewhere = [a for a in others if a.source != head.source and _answers(a) and not _is_beside_the_point(head, a)]
    guidelines = [list(held) for _, held in groupby(elsewhere, key=lambda a: (a.source, a.guideline, tuple(a.genes)))]
    graver = (max(held, key=lambda a: gravity(a.directive, a.strength)) for held in guidelines)
    said: dict[tuple[str, Action, str], Disagreement] = {}
    for other in graver:
        how = _how(head, other)
        if not how:
            continue
        because = tuple(_because(head, other, how))
        found = Disagreement(other.source, other.guideline, other.population, other.directive.action, how, because)
        key = (found.source, found.action, how)
        # One line for what a source says twice over, of one gene and another; it is explained by what holds for both.
        shared = tuple(b for b in said[key].because if b in because) if key in said else because
        said[key] = replace(said.get(key, found), because=shared)
    return tuple(said.values())


def _answers(advice: Advice) -> bool:
    """False where the source only says that it has no answer yet, or was not computed."""
    if advice.coverage is not Coverage.COMPUTED:
        return False
    if advice.directive.action is Action.TEST_FIRST and advice.missing_genes:
        return False
    is_silent = advice.directive.action is Action.NO_RECOMMENDATION
    return not is_silent or advice.directive.reason is Reason.REFERENCE_RESULT


def _is_beside_the_point(head: Advice, other: Advice) -> bool:
    """No change for a result says nothing about another gene, nor about what label or history decided."""
    is_beyond_genes = any(note.startswith(_BEYOND_GENES) for note in head.notes)
    if is_beyond_genes and _STEP[other.directive.action] < _STEP[head.directive.action]:
        return True
    return other.directive.reason is Reason.REFERENCE_RESULT and set(head.genes) != set(other.genes)


def _how(head: Advice, other: Advice) -> str:
    mine, its = _STEP[head.directive.action], _STEP[other.directive.action]
    if mine != its:
        return "stricter" if its > mine else "milder"
    return "other_dose" if mine == _LESS_OF_IT and _differ(head.directive.dose, other.directive.dose) else ""


def _differ(mine: Sequence[Dose], its: Sequence[Dose]) -> bool:
    """Both name amounts for one phase, and other ones."""
    amounts = {d.phase: _amounts(d) for d in mine if any(a is not None for a in _amounts(d))}
    return any(
        d.phase in amounts and amounts[d.phase] != _amounts(d) for d in its if any(a is not None for a in _amounts(d))
    )


def _amounts(dose: Dose) -> tuple[object, ...]:
    return (dose.factor_low, dose.factor_high, dose.cap, dose.floor)


def _because(head: Advice, other: Advice, how: str) -> Iterator[str]:
    if set(head.genes) != set(other.genes):
        yield "other_genes"
    if head.population != other.population:
        yield "other_population"
    if how == "other_dose":
        yield "dose_only"
    mine, its = _year(head), _year(other)
    if mine is not None and its is not None and its < mine:
        yield "older"
    if other.section is not None:
        yield "label"


def _year(advice: Advice) -> int | None:
    return max((c.year for c in advice.evidence if c.year is not None), default=None)
