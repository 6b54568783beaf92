"""One voice for a drug on which several guidelines speak: which of them is the headline, and how loud it is.

The sources keep their order (``Case.source_order``): the first that answers speaks. The others stand beside it, alert
nobody on their own, and what they say otherwise is named (``disagreement``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from rxweave.guidance.advice import Advice, AlertTier, Coverage, Step
from rxweave.guidance.case import Case
from rxweave.guidance.disagreement import disagreements
from rxweave.guidance.unknown import gravity
from rxweave.knowledge.guidelines import Action, Level, Reason


def with_headline(found: Sequence[Advice], case: Case) -> tuple[Advice, ...]:
    """``found`` (all of one drug, at least one), the headline first, the others in the order of their sources."""
    ordered = sorted(_without_silent(found), key=case.place)
    speakers = [max(group, key=_rank_in_source) for _, group in groupby(ordered, key=lambda a: a.source)]
    head = _speaker(speakers)
    others = [a for a in ordered if a is not head]
    spoken = _as_loud_as(head, others)
    spoken = replace(spoken, is_headline=True, disagreements=disagreements(head, others))
    if spoken.alert_tier is AlertTier.NONE and any(d.how == "stricter" for d in spoken.disagreements):
        spoken = _with_tier(spoken, AlertTier.PASSIVE, "sources_disagree")
    return (spoken, *map(_beside, others))


def _without_silent(found: Sequence[Advice]) -> Sequence[Advice]:
    """Without the sources that speak of other results only, unless there is nothing else."""
    return [a for a in found if a.directive.reason is not Reason.NOT_NAMED or a.missing_genes] or found


def _speaker(speakers: Sequence[Advice]) -> Advice:
    """The first source that answers; an absolute contraindication of another outranks what still gives the drug.

    "No change" does not speak before an earlier source that waits for the result of a gene. What would interrupt
    outranks what asks for nothing: nobody is stopped by an advice that changes nothing.
    """
    head = max(speakers, key=_answer)  # the first of equals
    if head.directive.action in _ASKS_FOR_NOTHING:
        earlier = speakers[: speakers.index(head)]
        head = next(filter(_waits_for_a_gene, earlier), head)
    forbidding = [s for s in speakers if is_forbidden(s)]
    if forbidding and head.directive.action.severity < Action.USE_ALTERNATIVE.severity:
        return forbidding[0]
    interrupting = [s for s in speakers if s.alert_tier is AlertTier.INTERRUPTIVE]
    if interrupting and head.directive.action in _ASKS_FOR_NOTHING:
        return interrupting[0]
    return head


_ASKS_FOR_NOTHING = (Action.STANDARD, Action.NO_RECOMMENDATION)


def _answer(advice: Advice) -> int:
    """2: an answer; 1: the source was computed and has none; 0: it was not computed."""
    if advice.coverage not in (Coverage.COMPUTED, Coverage.GENE_NOT_TESTED):
        # What the patient already showed speaks without any guideline.
        return 2 if advice.directive.action is not Action.NO_RECOMMENDATION else 0
    is_silent = advice.directive.action is Action.NO_RECOMMENDATION
    return 1 if is_silent and advice.directive.reason is not Reason.REFERENCE_RESULT else 2


def is_forbidden(advice: Advice) -> bool:
    """Contraindicated without exception, by a group that the person may belong to."""
    directive = advice.directive
    is_absolute = directive.action is Action.CONTRAINDICATED and directive.level is not Level.RELATIVE
    return is_absolute and advice.population_because != "no_population_fits"


def _waits_for_a_gene(advice: Advice) -> bool:
    is_silent = advice.directive.action is Action.NO_RECOMMENDATION
    return is_silent and advice.directive.reason is Reason.UNKNOWN_RESULT and bool(advice.missing_genes)


def _rank_in_source(advice: Advice) -> tuple[object, ...]:
    """Gravity among the populations and guidelines of one source; computed before not computed.

    Testing first withholds the drug, which a lower dose does not. Waiting for a gene comes before asking for nothing.
    """
    severity, *rest = gravity(advice.directive, advice.strength)
    if advice.directive.action is Action.TEST_FIRST:
        severity = max(severity, Action.USE_ALTERNATIVE.severity)
    return (_answer(advice) > 0, severity, _waits_for_a_gene(advice), *rest)


def _as_loud_as(head: Advice, others: Sequence[Advice]) -> Advice:
    """``head``, interrupting where another source or group would: its grounds are not weaker for being second."""
    if head.alert_tier is AlertTier.INTERRUPTIVE:
        return head
    louder = next((a for a in others if a.alert_tier is AlertTier.INTERRUPTIVE), None)
    if louder is not None:
        is_same = louder.source == head.source
        who = f"other_group_interrupts:{louder.population}" if is_same else f"other_source_interrupts:{louder.source}"
        noted = replace(head, notes=(*head.notes, who))
        return _with_tier(noted, AlertTier.INTERRUPTIVE, louder.tier_because)
    if head.alert_tier is AlertTier.NONE:
        same = (a for a in others if a.source == head.source and a.alert_tier is AlertTier.PASSIVE)
        louder = next(same, None)
        if louder is not None:
            return _with_tier(head, AlertTier.PASSIVE, louder.tier_because)
    return head


def _beside(advice: Advice) -> Advice:
    """An advice that stands beside the headline alerts nobody."""
    quiet = replace(advice, is_headline=False)
    if advice.alert_tier is AlertTier.NONE:
        return quiet
    return _with_tier(quiet, AlertTier.NONE, "not_headline")


def _with_tier(advice: Advice, tier: AlertTier, because: str) -> Advice:
    step = Step("tier", (because,), tier.value)
    return replace(advice, alert_tier=tier, tier_because=because, trace=(*advice.trace, step))
