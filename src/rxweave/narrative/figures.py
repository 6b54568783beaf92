"""How a language writes figures: decimals, shares, spans, and amounts with their units."""

from __future__ import annotations

import re
from decimal import Decimal

from rxweave.narrative.words import Words

_AMOUNT = re.compile(r"(?P<figure>\d+(?:\.\d+)?(?:-\d+(?:\.\d+)?)?)(?: (?P<unit>\D.*)|(?P<percent>%))?")


def figure(text: str, w: Words) -> str:
    """Digits with the language's decimal sign: ``1.5`` -> ``1,5``."""
    return text.replace(".", w.word("figure", "decimal"))


def plain(value: Decimal) -> str:
    """The digits of a decimal, without trailing zeros or exponent, as facts hold them."""
    return f"{value.normalize():f}"


def number(value: Decimal, w: Words) -> str:
    """A decimal as the language writes it."""
    return figure(plain(value), w)


def share(text: str, w: Words) -> str:
    """A share in percent: ``50`` -> ``50%``."""
    return w.word("figure", "percent", value=figure(text, w))


def span(low: str, high: str, w: Words) -> str:
    """From one figure to another; one figure where both are the same."""
    return low if low == high else w.word("figure", "span", low=low, high=high)


def amount(text: str, w: Words) -> str:
    """An amount as facts hold it (``1.5 mg/kg/day``, ``2-4 weeks``, ``25``, ``3%``); any other text stays as it is."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return text
    if found["percent"]:
        return share(found["figure"], w)
    worded = figure(found["figure"], w)
    unit = found["unit"]
    if not unit:
        return worded
    return f"{worded} {w.word('unit', unit) if w.has('unit', unit) else unit}"


def probability(value: float, w: Words) -> str:
    """A probability as a reader takes it in: ``below 0.1%``, ``0.4%``, ``12%``, ``above 99.9%``."""
    if value < 0.001:
        return w.word("figure", "below", value=share("0.1", w))
    if value > 0.999:
        return w.word("figure", "above", value=share("99.9", w)) if value < 1 else share("100", w)
    percent = value * 100
    return share(f"{percent:.1f}" if value < 0.1 or value > 0.9 else f"{percent:.0f}", w)
