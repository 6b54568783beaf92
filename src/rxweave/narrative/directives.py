"""What to do, in words: one line for a directive, its sentences in full, and the conditions of its branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rxweave.knowledge.guidelines import Action, Branch, Condition, Directive, Level, Modality
from rxweave.narrative.doses import dose_words
from rxweave.narrative.figures import amount
from rxweave.narrative.words import Words, sentence

#: Actions whose dose is the point; with the others a dose belongs to the choice that the guideline offers beside them.
_DOSE_ACTIONS = frozenset(
    {Action.STANDARD, Action.REDUCE_DOSE, Action.INCREASE_DOSE, Action.LIMIT_DOSE, Action.ADJUST_BY_ALGORITHM}
)


def directive_phrase(directive: Directive, w: Words) -> str:
    """One action and its detail on one line: ``avoid; use prasugrel or ticagrelor instead``.

    Where a guideline offers two ways equally, each is worded with what belongs to it: ``consider a lower dose; starting
    dose 50% of the usual dose; or use another drug``.
    """
    doses = [d for d in (dose_words(d, w, directive.dose_of) for d in directive.dose) if d]
    alternatives = _alternatives(directive, w)
    is_dosing = directive.action in _DOSE_ACTIONS
    parts = [_action(directive, w)]
    if directive.at_dose:
        parts[0] += " " + w.word("label", "at_dose", value=amount(directive.at_dose, w))
    if alternatives and directive.action is Action.USE_ALTERNATIVE:
        # "use an alternative; use X instead" would say it twice
        how = "consider" if directive.modality is Modality.CONSIDER else "use"
        parts[0] = w.word("label", how, value=alternatives)
    if not directive.choice_with:
        parts += doses
        if alternatives and directive.action is not Action.USE_ALTERNATIVE:
            parts.append(w.word("label", "use_instead", value=alternatives))
    else:
        parts += doses if is_dosing else []
        for choice in directive.choice_with:
            if choice == Action.USE_ALTERNATIVE and alternatives:
                parts.append(w.word("label", "or_choice", value=w.word("label", "use", value=alternatives)))
            else:
                parts.append(w.word("label", "or_choice", value=w.word("action.do", choice)))
                parts += [] if is_dosing else doses
    if directive.monitoring and directive.action in (Action.USE_WITH_CAUTION, Action.ADJUST_BY_ALGORITHM):
        parts.append(_monitoring(directive, w))
    if directive.avoid_with and directive.action is Action.USE_WITH_CAUTION:
        parts.append(_avoid_with(directive, w))
    return "; ".join(parts)


def follow_up(directive: Directive, w: Words) -> str:
    """What to avoid beside it, to watch, to do if it must be used, and what comes next; empty where nothing is said."""
    parts = []
    if directive.not_alternatives:
        parts.append(
            w.word("label", "not_instead", value=w.join([_drug(d, w) for d in directive.not_alternatives], "or"))
        )
    if directive.avoid_with and directive.action is not Action.USE_WITH_CAUTION:
        parts.append(_avoid_with(directive, w))
    if directive.monitoring and directive.action not in (Action.USE_WITH_CAUTION, Action.ADJUST_BY_ALGORITHM):
        parts.append(w.word("label", "monitoring", value=_monitoring(directive, w)))
    if directive.reassess_after:
        parts.append(w.word("label", "reassess_after", value=amount(directive.reassess_after, w)))
    for code, nested in (("fallback", directive.fallback), ("next_step", directive.next_step)):
        if nested:
            parts.append(w.word("label", code, value=directive_phrase(nested, w)))
            parts.append(follow_up(nested, w))
    return " ".join(sentence(p) for p in parts if p)


def _avoid_with(directive: Directive, w: Words) -> str:
    return w.word("label", "avoid_with", value=w.join([_drug(d, w) for d in directive.avoid_with], "or"))


def _drug(name: str, w: Words) -> str:
    return w.word("drug", name) if w.has("drug", name) else name


def _monitoring(directive: Directive, w: Words) -> str:
    return w.join([w.word("monitoring", m) for m in directive.monitoring])


def _alternatives(directive: Directive, w: Words) -> str:
    """``prasugrel or ticagrelor``; drugs named after a class are its examples: ``another statin, such as ...``."""
    offered: list[tuple[str, list[str]]] = []  # what is offered, with its examples
    for name in directive.alternatives:
        is_class = w.has("alternative", name)
        if not is_class and offered and w.has("alternative", offered[-1][0]):
            offered[-1][1].append(name)
        else:
            offered.append((name, []))
    return w.join([_offer(name, examples, w) for name, examples in offered], "or")


def _offer(name: str, examples: list[str], w: Words) -> str:
    worded = w.word("alternative", name) if w.has("alternative", name) else name
    return w.word("label", "such_as", value=worded, examples=w.join(examples, "or")) if examples else worded


def _action(directive: Directive, w: Words) -> str:
    if directive.action is Action.NO_RECOMMENDATION and directive.reason is not None:
        return w.word("no_recommendation", directive.reason.value)
    if directive.level is Level.RELATIVE:
        return w.word("label", "relative_contraindication")
    modality = "consider" if directive.modality is Modality.CONSIDER else "do"
    return w.word(f"action.{modality}", directive.action.value)


def condition_phrase(condition: Condition, w: Words) -> str:
    """``for a malignancy, under 12 years of age``."""
    parts = []
    for fact, value in condition.facts.items():
        if w.has("condition_pattern", fact):
            parts.append(w.word("condition_pattern", fact, value=amount(value, w)))
        else:
            parts.append(w.word(f"condition.{fact}", value))
    return ", ".join(parts)


def branch_phrases(branches: Sequence[Branch], w: Words) -> tuple[str, ...]:
    """A sentence for each; what the one before already said in full is not said again."""
    said: list[str] = []
    for place, branch in enumerate(branches):
        before = branches[place - 1] if place else None
        is_same = before is not None and replace(before, condition=branch.condition) == branch
        text = f"{condition_phrase(branch.condition, w)}: {w.word('label', 'as_before')}"
        said.append(sentence(text) if is_same else branch_phrase(branch, w))
    return tuple(said)


def branch_phrase(branch: Branch, w: Words) -> str:
    text = f"{condition_phrase(branch.condition, w)}: {directive_phrase(branch.directive, w)}"
    if branch.is_unverified:
        text += f"; {w.word('label', 'unverified')}"
    return " ".join(x for x in (sentence(text), follow_up(branch.directive, w)) if x)
