"""One phase of a dose in words: ``starting dose 50% of the usual dose, in divided doses``."""

from __future__ import annotations

from decimal import Decimal

from rxweave.knowledge.guidelines import Dose, Phase
from rxweave.narrative.figures import amount, number, plain, share, span
from rxweave.narrative.words import Words, words


def dose_phrase(dose: Dose, language: str = "en") -> str:
    """One phase of a dose; empty where the source gives neither number nor direction."""
    return dose_words(dose, words(language))


def dose_words(dose: Dose, w: Words, drug: str = "") -> str:
    """``drug``: whose dose it is, where it is not the advice's own drug."""
    what = w.word("phase", dose.phase.value)
    if drug:
        what = w.word("label", "dose_of", drug=drug, phase=what)
    amounts = []
    if dose.factor_low is not None or dose.factor_high is not None:
        amounts.append(_factor(dose, w))
    elif dose.direction:
        of_phase = f"{dose.phase.value}_{dose.direction}"
        amounts.append(w.word("direction", of_phase if w.has("direction", of_phase) else dose.direction))
    if dose.usual is not None:
        amounts.append(w.word("label", "usual_dose", value=_amount(dose.usual, dose, w)))
    if dose.cap is not None:
        code = "below" if dose.is_cap_exclusive else "at_most"
        amounts.append(w.word("label", code, value=_amount(dose.cap, dose, w)))
    if dose.floor is not None:
        amounts.append(w.word("label", "at_least", value=_amount(dose.floor, dose, w)))
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
        text = w.word("label", "times_usual", value=span(number(low, w), number(high, w), w))
    else:
        if dose.direction == "lowest":
            code = "share_of_lowest"
        else:
            code = "share_of_usual_maximum" if dose.phase is Phase.MAXIMUM else "share_of_usual"
        text = w.word("label", code, value=span(_percent(low, w), _percent(high, w), w))
    if dose.is_factor_exclusive:
        text = w.word("label", "less_than", value=text)
    return text


def _percent(factor: Decimal, w: Words) -> str:
    return share(plain(factor * 100), w)


def _amount(value: Decimal, dose: Dose, w: Words) -> str:
    return amount(f"{plain(value)} {dose.unit}".strip(), w)
