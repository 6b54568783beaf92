"""What the patient's facts make of a verdict: its branches, then the label, then what the patient already showed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rxweave.guidance.advice import Step
from rxweave.guidance.co_medication import is_named
from rxweave.guidance.conditions import Facts, decide, near_condition_notes, questions
from rxweave.guidance.select import strictest_branch
from rxweave.guidance.tier import is_outside
from rxweave.guidance.unknown import Verdict, gravity
from rxweave.guidance.validity import history_directive
from rxweave.knowledge import Knowledge
from rxweave.knowledge.guidelines import Action, Branch, Directive, Dose, DrugGuideline, Reason
from rxweave.patient.patient import Patient

# Actions that no dose limit adds to: there is no dose to limit.
_WITHOUT_DOSE = (Action.AVOID, Action.CONTRAINDICATED)


@dataclass(frozen=True, slots=True)
class Decided:
    """The directive after the patient's facts, with what decided it.

    ``authority`` is the code of what the order itself conflicts with beyond the genes (``label``, ``label_dose_limit``,
    ``past_severe_reaction``), empty where only the genes speak. ``asks``: among ``missing`` is what a source asks for,
    and not only practice that nobody verified. ``is_overridden``: the directive is not the source's
    any more, so that the source's strength does not speak of it. ``beneath`` is what was decided before practice that
    nobody verified overrode it: that must not silence what the source itself would interrupt for.
    """

    directive: Directive
    branches: tuple[Branch, ...] = ()
    missing: tuple[str, ...] = ()
    asks: bool = False
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    authority: str = ""
    is_unverified: bool = False
    is_overridden: bool = False
    beneath: Decided | None = None


def decide_for_patient(verdict: Verdict, guideline: DrugGuideline, facts: Facts) -> Decided:
    """Resolve the branches that the patient's facts decide, then let the label and the history have their say."""
    fitting = strictest_branch(verdict.branches, facts)
    open_branches = [b for b in verdict.branches if decide(b.condition, facts) is None]
    missing = tuple(q for b in open_branches for q in questions(b.condition, facts))
    decided = Decided(verdict.directive, tuple(open_branches), missing, asks=bool(missing))
    if fitting is not None:
        code = condition_code(fitting)
        decided = replace(
            decided,
            directive=fitting.directive,
            notes=(f"branch_applied:{code}",),
            steps=(Step("branch", (code,), fitting.directive.action.value),),
            is_unverified=fitting.is_unverified,
        )
    decided = _by_history(_by_label(decided, guideline.label_contraindications, facts), facts)
    asked = [b.condition for b in (*verdict.branches, *guideline.label_contraindications)]
    return replace(
        decided,
        missing=tuple(dict.fromkeys(decided.missing)),
        notes=(*decided.notes, *near_condition_notes(asked, facts)),
    )


def condition_code(branch: Branch) -> str:
    """``age_below=12``; the entries of a condition are joined by commas."""
    return ",".join(f"{key}={value}" for key, value in branch.condition.facts.items())


# ---------------------------------------------------------------- the label


def _by_label(decided: Decided, labels: Sequence[Branch], facts: Facts) -> Decided:
    """The label's strictest word overrides what is milder, keeping what the genes say of other drugs.

    A dose limit holds beside whatever else lowers the dose. Every condition of the label that holds is named.
    """
    genetic = decided.directive
    fitting = [b for b in labels if decide(b.condition, facts)]
    # Of two that say the same, what has a source decides.
    strictest = max(fitting, key=lambda b: (gravity(b.directive), not b.is_unverified), default=None)
    directive, authority = genetic, decided.authority
    is_unverified, is_overridden = decided.is_unverified, decided.is_overridden
    if strictest is not None and strictest.directive.action.severity > genetic.action.severity:
        directive = _keeping_choices(strictest.directive, genetic)
        is_limit = directive.action is Action.LIMIT_DOSE
        authority = "label_dose_limit" if is_limit else "label"
        is_unverified, is_overridden = strictest.is_unverified, True
    notes, steps = list(decided.notes), list(decided.steps)
    for label in fitting:
        code = condition_code(label)
        action = label.directive.action
        steps.append(Step("label", (code, *label.evidence), action.value))
        is_limiting = action is Action.LIMIT_DOSE and directive.action not in _WITHOUT_DOSE
        if action.severity > genetic.action.severity:
            notes.append(f"{'practice' if label.is_unverified else 'label'}_overrides:{code}")
        elif is_limiting and not label.is_unverified:
            notes.append(f"label_limits_dose:{code}")
        else:
            notes.append(f"label_too:{code}")
        if label is strictest and is_overridden:
            continue
        if is_limiting:
            directive = _limited(directive, label.directive.dose)
        if action is Action.LIMIT_DOSE and not label.is_unverified and is_outside(label.directive, facts):
            authority, is_unverified = authority or "label_dose_limit", False
        directive = replace(directive, avoid_with=_joined(directive.avoid_with, label.directive.avoid_with))
    said = {b.directive for b in fitting}
    undecided = [b for b in labels if decide(b.condition, facts) is None]
    asked = [b for b in undecided if b.directive.action.severity > directive.action.severity]
    return replace(
        decided,
        directive=directive,
        branches=(*decided.branches, *(b for b in undecided if b.directive not in said)),
        missing=(*decided.missing, *(q for b in asked for q in questions(b.condition, facts))),
        asks=decided.asks or any(questions(b.condition, facts) for b in asked if not b.is_unverified),
        notes=tuple(notes),
        steps=tuple(steps),
        authority=authority,
        is_unverified=is_unverified,
        is_overridden=is_overridden,
        beneath=decided if is_overridden and is_unverified else None,
    )


def _keeping_choices(label: Directive, genetic: Directive) -> Directive:
    """The label's directive with what the genes say of other drugs: which may replace this one, and which may not."""
    offers = next((d for d in (genetic, genetic.fallback, genetic.next_step) if d is not None and d.alternatives), None)
    refused = _joined(label.not_alternatives, *(d.not_alternatives for d in (genetic, offers) if d is not None))
    offered = label.alternatives or (offers.alternatives if offers is not None else ())
    if label.action is Action.LIMIT_DOSE:  # the drug stays: nothing replaces it
        offered, refused = label.alternatives, label.not_alternatives
    return replace(
        label,
        alternatives=tuple(a for a in offered if a not in refused),
        not_alternatives=refused,
        avoid_with=_joined(label.avoid_with, genetic.avoid_with),
    )


def _limited(directive: Directive, caps: Iterable[Dose]) -> Directive:
    """The directive with the caps of ``caps``; where the drug is a last resort, they limit the dose of that."""
    if directive.fallback is not None:
        return replace(directive, fallback=_limited(directive.fallback, caps))
    doses = directive.dose
    for cap in caps:
        if not any(_is_as_strict(dose, cap) for dose in doses):
            # A laxer limit of the same dose, with nothing beside it, goes without saying.
            doses = (*(d for d in doses if not _is_as_strict(cap, d) or d != _only_cap(d)), cap)
    return replace(directive, dose=doses)


def _is_as_strict(dose: Dose, other: Dose) -> bool:
    """True where ``dose`` caps the same phase in the same unit and at no more than ``other``."""
    if (dose.phase, dose.unit) != (other.phase, other.unit) or dose.cap is None or other.cap is None:
        return False
    return dose.cap < other.cap or (dose.cap == other.cap and (dose.is_cap_exclusive or not other.is_cap_exclusive))


def _only_cap(dose: Dose) -> Dose:
    return Dose(dose.phase, cap=dose.cap, is_cap_exclusive=dose.is_cap_exclusive, unit=dose.unit)


def _joined(*names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for held in names for name in held))


# ---------------------------------------------------------------- the patient's history


def _by_history(decided: Decided, facts: Facts) -> Decided:
    """What the patient already showed outranks what is milder."""
    history = history_directive(facts.patient, facts.drug)
    if history is None:
        return decided
    decided = replace(
        decided,
        notes=(*decided.notes, *history.notes),
        steps=(*decided.steps, *history.steps),
        missing=(*decided.missing, *history.questions),
        asks=decided.asks or bool(history.questions),
    )
    if not history.outranks(decided.directive):
        return decided
    return replace(
        decided,
        directive=_keeping_choices(history.directive, decided.directive),
        authority=history.authority,
        is_unverified=False,
        is_overridden=True,
    )


def with_related_reactions(
    decided: Decided, guideline: DrugGuideline, patient: Patient, knowledge: Knowledge
) -> Decided:
    """``decided`` beside severe reactions to drugs that the source refuses to put in the place of this one.

    What it calls too alike to replace the drug may harm alike: not "no change" then, but care.
    """
    rows = (said for r in guideline.recommendations for said in (r.directive, r.directive.fallback) if said is not None)
    alike = {code for said in rows for code in said.not_alternatives}
    severe = {r.drug for r in patient.reactions if r.is_severe and r.drug != guideline.drug}
    if any(code not in knowledge.drugs and code not in knowledge.guidelines for code in alike):
        # A class that the release does not list ("aminoglycosides"): the drugs of the same guideline.
        alike |= {drug for drug in severe if _is_of(guideline, drug, knowledge)}
    related = [drug for drug in sorted(severe) if any(is_named(drug, code, knowledge) for code in alike)]
    if not related:
        return decided
    notes = (*decided.notes, *(f"related_severe_reaction:{drug}" for drug in related))
    if decided.directive.action.severity >= Action.USE_WITH_CAUTION.severity:
        return replace(decided, notes=notes)
    care = Directive(Action.USE_WITH_CAUTION, reason=Reason.TOXICITY)
    step = Step("patient", tuple(f"reaction:{drug}" for drug in related), care.action.value)
    return replace(
        decided,
        directive=_keeping_choices(care, decided.directive),
        notes=notes,
        steps=(*decided.steps, step),
        is_overridden=True,
    )


def _is_of(guideline: DrugGuideline, drug: str, knowledge: Knowledge) -> bool:
    held = knowledge.guidelines.get(drug, ())
    return any((g.source, g.guideline) == (guideline.source, guideline.guideline) for g in held)
