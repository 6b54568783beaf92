"""Where a medicine stands on the first page: read off what guidance decided, and never greener than it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from rxweave.guidance.advice import Advice, Coverage, Possibility
from rxweave.guidance.readings import PROBABILITY_FOR_HEADLINE
from rxweave.knowledge.drugs import Strength
from rxweave.knowledge.guidelines import Action, Modality, Reason
from rxweave.report import words


class Mark(StrEnum):
    """Where a drug stands on the first page; each has a shape and a word, so colour is never alone."""

    CHANGE = "change"
    WATCH = "watch"
    FINE = "fine"
    UNKNOWN = "unknown"
    NONE = "none"


#: Reasons of the alert tier that say the order may stay as it is.
STAYS = ("within_advice", "tolerated")
#: Notes under which "no genetic reason to change" is not known to hold.
IN_DOUBT = ("modulator_not_applied",)
#: Another drug of the list is not to be taken together with this one.
_NOT_TOGETHER = ("avoid_combination_with",)
#: Notes that say that something else than the genes decided, or should.
BEYOND_GENES = (
    "past_severe_reaction",
    "past_reaction",
    "label_overrides",
    "label_limits_dose",
    "practice_overrides",
    "sex_mismatch",
    *_NOT_TOGETHER,
)
#: Notes that must stand beside an order that stays, on the first page too.
BESIDE = (
    "past_reaction",
    "label_overrides",
    "label_limits_dose",
    "practice_overrides",
    "sex_mismatch",
    "copy_number_not_assayed",
    "outside_valid_age",
    *IN_DOUBT,
    *_NOT_TOGETHER,
)
_CHANGES = (
    Action.INCREASE_DOSE,
    Action.TEST_FIRST,
    Action.LIMIT_DOSE,
    Action.REDUCE_DOSE,
    Action.USE_ALTERNATIVE,
    Action.AVOID,
    Action.CONTRAINDICATED,
)
#: Where a source says nothing of this result, or says what the genes do and asks for nothing.
_OF_SILENCE = {Reason.NOT_NAMED: Mark.NONE, Reason.NO_ACTION_STATED: Mark.WATCH}


def mark_of(advice: Advice) -> Mark:
    """The group a drug is shown in: read off what guidance decided, and never greener than it.

    An order that stays within its advice, or that the patient has long tolerated, is shown apart from what must change;
    a test that only settles a doubt (``test_not_default``) stands with the doubts. What another medicine of the list
    changes much is not fine because the genes ask for nothing.
    """
    mark = _mark_by_genes(advice)
    return Mark.WATCH if mark in (Mark.FINE, Mark.NONE) and advice.overriding_interactions else mark


def _mark_by_genes(advice: Advice) -> Mark:
    action = advice.directive.action
    if action in _CHANGES:  # a past reaction asks for one without any guidance too
        if action is Action.TEST_FIRST and advice.tier_because == "test_not_default" and not _asks_meanwhile(advice):
            return Mark.UNKNOWN
        return Mark.WATCH if advice.tier_because in STAYS and action is not Action.CONTRAINDICATED else Mark.CHANGE
    if advice.coverage is Coverage.NO_GUIDANCE:
        return Mark.NONE
    if advice.coverage is not Coverage.COMPUTED or action is Action.NOT_EXCLUDED:
        return Mark.UNKNOWN
    if action in (Action.USE_WITH_CAUTION, Action.ADJUST_BY_ALGORITHM):
        return Mark.WATCH
    if _is_in_doubt(advice) or is_unobserved(advice):
        return Mark.UNKNOWN
    if advice.is_partial or graver_share(advice) >= PROBABILITY_FOR_HEADLINE:
        return Mark.UNKNOWN
    if action is Action.NO_RECOMMENDATION and advice.directive.reason is not Reason.REFERENCE_RESULT:
        return _OF_SILENCE.get(advice.directive.reason or Reason.NOT_COMPUTABLE, Mark.UNKNOWN)
    return Mark.WATCH if places_of(advice, (*_NOT_TOGETHER, *IN_DOUBT)) else Mark.FINE


def mark_of_drug(advices: Sequence[Advice]) -> Mark:
    """Where a drug stands by all that is held about it, its headline first.

    It is not simply fine where another source asks for more, or has a guideline that was not computed for this result.
    """
    mark = mark_of(advices[0])
    is_open = any(a.coverage is Coverage.NOT_COMPUTED or "no_row_for_result" in a.notes for a in advices[1:])
    is_stricter = any(d.how == "stricter" for d in advices[0].disagreements)
    return Mark.WATCH if mark is Mark.FINE and (is_open or is_stricter) else mark


def is_unobserved(advice: Advice) -> bool:
    """True where a gene that decides has no data at all and was taken for reference all the same, as asked."""
    calls = (f.result.call for f in advice.genes.values() if f.result is not None)
    return any(c.is_reference_assumed and c.assumed_positions >= c.covered_positions for c in calls)


def _is_in_doubt(advice: Advice) -> bool:
    """True where a drug that may change the result much, or nobody knows how much, was not counted in."""
    if not places_of(advice, IN_DOUBT):
        return False
    found = [m for f in advice.genes.values() if f.conversion is not None for m in f.conversion.modulations]
    return not found or any(m.strength is Strength.STRONG and not m.is_applied for m in found)


def _asks_meanwhile(advice: Advice) -> bool:
    """True where the genes that are known ask for a change before the missing test is there."""
    return any(b.directive.action in _CHANGES for b in advice.branches if "test_pending" in b.condition.facts)


def places_of(advice: Advice, names: Iterable[str]) -> list[int]:
    """The places of the notes with one of these codes."""
    return [place for place, note in enumerate(advice.notes) if note.partition(":")[0] in names]


def graver_share(advice: Advice) -> float:
    """The probability of the readings that ask for more than this advice does."""
    return sum(p.probability for p in graver_readings(advice))


def graver_readings(advice: Advice) -> list[Possibility]:
    severity = advice.directive.action.severity
    return [p for p in advice.possibilities if p.directive.action.severity > severity]


def badge_of(advice: Advice, mark: Mark) -> str:
    directive = advice.directive
    if mark is Mark.WATCH and advice.overriding_interactions:
        return words.BADGES[Action.USE_WITH_CAUTION]
    if mark is Mark.NONE:
        return words.NOT_HELD_BADGE
    if mark is Mark.UNKNOWN and directive.action not in (Action.NOT_EXCLUDED, Action.TEST_FIRST):
        return words.UNKNOWN_BADGE
    if directive.action is Action.NO_RECOMMENDATION and mark is Mark.FINE:
        return words.NO_CHANGE_BADGE
    if directive.action is Action.NO_RECOMMENDATION and mark is Mark.WATCH:
        return words.EFFECT_BADGE
    if mark is Mark.WATCH and directive.action is Action.STANDARD:
        return words.BADGES[Action.USE_WITH_CAUTION]
    if mark is Mark.CHANGE and directive.modality is Modality.CONSIDER:
        return words.CONSIDER_BADGES[directive.action]
    return words.BADGES[directive.action]
