"""One phase of a dose in words: ``starting dose 50% of the usual dose, in divided doses``."""

from __future__ import annotations

from decimal import Decimal

from rxweave.knowledge.guidelines import Dose, Phase
from rxweave.narrative.words import Words, words


def dose_phrase(dose: Dose, language: str = "en") -> str:
    """One phase of a dose; empty where the source gives neither number nor direction."""
    return dose_words(dose, words(language))


def dose_words(dose: Dose, w: Words, drug: str = "") -> str:
    """``drug``: whose dose it is, where it is not the advice's own drug."""
    what = w.word("phase", dose.phase.value)
    if drug:
        what = f"{drug} {what}"
    amounts = []
    if dose.factor_low is not None or dose.factor_high is not None:
        amounts.append(_factor(dose, w))
    elif dose.direction:
        of_phase = f"{dose.phase.value}_{dose.direction}"
        amounts.append(w.word("direction", of_phase if w.has("direction", of_phase) else dose.direction))
    if dose.usual is not None:
        amounts.append(w.word("label", "usual_dose", value=f"{_number(dose.usual)} {dose.unit}".strip()))
    if dose.cap is not None:
        code = "below" if dose.is_cap_exclusive else "at_most"
        amounts.append(w.word("label", code, value=f"{_number(dose.cap)} {dose.unit}".strip()))
    if dose.floor is not None:
        amounts.append(w.word("label", "at_least", value=f"{_number(dose.floor)} {dose.unit}".strip()))
    if dose.interval:
        amounts.append(w.word("interval", dose.interval))
    if dose.schedule:
        amounts.append(w.word("schedule", dose.schedule))
    return f"{what} {', '.join(amounts)}" if amounts else ""


def _factor(dose: Dose, w: Words) -> str:
    """Factors of the usual dose (or of the lowest recommended one): up to one in percent, above one as a multiple."""
    ends = [f for f in (dose.factor_low, dose.factor_high) if f is not None]
    low, high = min(ends), max(ends)
    if low == high == 1:
        return w.word("direction", "usual")
    if high > 1:
        span = _number(low) if low == high else f"{_number(low)} to {_number(high)}"
        text = w.word("label", "times_usual", value=span)
    else:
        span = f"{_number(low * 100)}%" if low == high else f"{_number(low * 100)}% to {_number(high * 100)}%"
        if dose.direction == "lowest":
            code = "share_of_lowest"
        else:
            code = "share_of_usual_maximum" if dose.phase is Phase.MAXIMUM else "share_of_usual"
        text = w.word("label", code, value=span)
    if dose.is_factor_exclusive:
        text = w.word("label", "less_than", value=text)
    return text


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"
