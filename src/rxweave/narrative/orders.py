"""What is asked about a drug, in words for clinicians: the action, its doses, and what to use instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rxweave.knowledge.guidelines import Action, Dose, Phase
from rxweave.narrative.doses import dose_words
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.figures import amount
from rxweave.narrative.templates import Templates

#: More alternatives than this are not read.
MOST_NAMED = 3
#: Alternatives with more words than this stand behind the drug that they replace.
LONG_NAME = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """The facts of one directive: what one source asks about one drug, under one condition."""

    action: Fact
    choices: tuple[Fact, ...] = ()
    doses: tuple[Fact, ...] = ()
    alternatives: tuple[Fact, ...] = ()  # named by the source; at most ``MOST_NAMED``
    monitoring: tuple[Fact, ...] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        return (self.action, *self.choices, *self.doses, *self.alternatives, *self.monitoring)

    @property
    def is_change(self) -> bool:
        return self.action.code not in (Action.STANDARD, Action.NO_RECOMMENDATION)

    @property
    def signature(self) -> tuple[object, ...]:
        """Directives with the same signature are worded alike but for the drug."""
        return tuple(
            (f.kind, f.code, tuple(sorted(f.values.items())), tuple(sorted(f.condition.items()))) for f in self.facts
        )


def asked(sheet: FactSheet, drug: str, scope: str = "", *, with_monitoring: bool = False) -> Asked | None:
    """The directive of a drug in one scope; None where the sheet holds no action there."""
    actions = sheet.of(FactKind.ACTION, drug=drug, scope=scope)
    if not actions:
        return None
    named = [a for a in sheet.of(FactKind.ALTERNATIVE, drug=drug, scope=scope) if a.values.get("why") != "same_class"]
    return Asked(
        actions[0],
        sheet.of(FactKind.CHOICE, drug=drug, scope=scope),
        sheet.of(FactKind.DOSE, drug=drug, scope=scope),
        tuple(named[:MOST_NAMED]),
        sheet.of(FactKind.MONITORING, drug=drug, scope=scope) if with_monitoring else (),
    )


def asked_clause(
    order: Asked, drugs: Sequence[str], t: Templates, *, is_named: bool = True, with_reason: bool = True
) -> str:
    """``avoid codeine, because a weaker effect is expected; use morphine instead``.

    Where a source offers two ways equally, each is worded with what belongs to it. Without ``is_named`` the one drug is
    "it", for clauses that name it before.
    """
    drug = t.names(drugs) if is_named else ""
    others = t.join([t.drug(a.code) for a in order.alternatives], "or")
    is_swap = order.action.code == Action.USE_ALTERNATIVE and bool(others)
    is_long = is_swap and len(others.split()) > LONG_NAME
    head = _swap(order.action, drug, others, t) if is_swap and not is_long else _action(order.action, drug, t)
    if with_reason:
        head = _reasoned(head, order.action, t)
    if is_long:
        head = t.fill("clause", "long_swap", action=head, value=others)
    doses = dose_list(order.doses, t)
    is_dosing = order.action.code in _DOSE_ACTIONS or not order.choices
    parts = [t.fill("clause", "with_doses", action=head, doses=doses) if doses and is_dosing else head]
    for choice in order.choices:
        is_other_drug = choice.code == Action.USE_ALTERNATIVE and others and not is_swap
        text = _instead(order.action, others, t) if is_other_drug else t.fill("choice", choice.code)
        text = t.fill("clause", "or_choice", choice=text)
        parts.append(text if is_dosing or not doses else t.fill("clause", "with_doses", action=text, doses=doses))
    if others and not is_swap and Action.USE_ALTERNATIVE not in [c.code for c in order.choices]:
        parts.append(_instead(order.action, others, t))
    if order.monitoring:
        parts.append(t.join([t.words.word("monitoring", m.code) for m in order.monitoring]))
    return "; ".join(parts)


#: Actions whose dose is the point; with the others a dose belongs to the choice that the source offers beside them.
_DOSE_ACTIONS = frozenset(
    {Action.STANDARD, Action.REDUCE_DOSE, Action.INCREASE_DOSE, Action.LIMIT_DOSE, Action.ADJUST_BY_ALGORITHM}
)


def action_clause(action: Fact, drugs: Sequence[str], t: Templates) -> str:
    """The action on these drugs, and why."""
    return _reasoned(_action(action, t.names(drugs), t), action, t)


def quiet_clause(action: Fact, drugs: Sequence[str], t: Templates) -> str:
    """An action that changes nothing, on drugs that are worded already."""
    return _action(action, t.join(drugs), t)


def _action(action: Fact, drug: str, t: Templates) -> str:
    """The action on ``drug``, on "it" where that is empty."""
    reason = action.values.get("reason", "")
    if action.code == Action.NO_RECOMMENDATION and drug and t.has("no_recommendation", reason):
        return t.fill("no_recommendation", reason, drug=drug)
    form = _form(action) if drug else f"{_form(action)}_it"
    code = "relative_contraindication" if action.values.get("level") == "relative" else action.code
    text = t.fill(f"action.{form}", code, drug=drug)
    at_dose = action.values.get("at_dose")
    return t.fill("clause", "at_dose", action=text, value=amount(at_dose, t.words)) if at_dose else text


def _swap(action: Fact, drug: str, others: str, t: Templates) -> str:
    code = f"swap_{_form(action)}" if drug else f"swap_{_form(action)}_it"
    text = t.fill("clause", code, drug=drug, value=others)
    at_dose = action.values.get("at_dose")
    return t.fill("clause", "at_dose", action=text, value=amount(at_dose, t.words)) if at_dose else text


def _instead(action: Fact, others: str, t: Templates) -> str:
    return t.fill("clause", f"instead_{_form(action)}", value=others)


def _form(action: Fact) -> str:
    return "consider" if action.values.get("modality") == "consider" else "do"


def _reasoned(text: str, action: Fact, t: Templates) -> str:
    """With the reason, unless the action says itself what may happen."""
    reason = action.values.get("reason", "")
    if action.code == Action.NOT_EXCLUDED or not t.has("reason", reason):
        return text
    return t.fill("clause", "with_reason", action=text, reason=t.fill("reason", reason))


def dose_list(doses: Sequence[Fact], t: Templates) -> str:
    """``loading dose and starting dose as usual; maintenance dose 75% of the usual dose``."""
    by_amount: dict[str, list[str]] = {}
    for dose in doses:
        text, phase = dose_clause(dose, t), _phase(dose, t)
        if text:
            by_amount.setdefault(text.removeprefix(phase), []).append(phase)
    return "; ".join(t.join(phases) + amount for amount, phases in by_amount.items())


def _phase(dose: Fact, t: Templates) -> str:
    phase = t.words.word("phase", dose.code)
    if "dose_of" not in dose.values:
        return phase
    return t.words.word("label", "dose_of", drug=t.drug(dose.values["dose_of"]), phase=phase)


def dose_clause(dose: Fact, t: Templates) -> str:
    """``starting dose 50% of the usual dose``; empty where the source gives neither number nor direction."""
    values = dose.values
    dose_of = values.get("dose_of", "")
    return dose_words(
        Dose(
            phase=Phase(dose.code),
            factor_low=_decimal(values.get("factor_low")),
            factor_high=_decimal(values.get("factor_high")),
            cap=_decimal(values.get("cap")),
            is_cap_exclusive="cap_exclusive" in values,
            floor=_decimal(values.get("floor")),
            unit=values.get("unit", ""),
            interval=values.get("interval", ""),
            schedule=values.get("schedule", ""),
            direction=values.get("direction", ""),
            usual=_decimal(values.get("usual")),
            is_factor_exclusive="factor_exclusive" in values,
        ),
        t.words,
        t.drug(dose_of) if dose_of else "",
    )


def _decimal(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def reason_first(text: str, action: Fact, t: Templates) -> str:
    reason = action.values.get("reason", "")
    return (
        t.fill("say", "reason_first", reason=t.fill("reason", reason), value=text) if t.has("reason", reason) else text
    )
