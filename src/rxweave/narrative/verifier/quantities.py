"""Numbers and what they are numbers of: amounts, shares of the usual dose, spans of time, frequencies, scores.

Exact: a number is the digits that are written. ``0.5 g`` and ``500 mg`` are the same amount, ``half`` and ``50%`` the
same share, "by 60%" and "40% of" the same dose.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from rxweave.narrative.verifier.items import Item, Kind
from rxweave.narrative.verifier.lexicon import Lexicon

#: Factors into one unit of a dimension; all other units stand for themselves.
_SAME = {"g": ("mg", Decimal(1000)), "ug": ("mg", Decimal("0.001")), "kilo": ("kg", Decimal(1))}
_DASHES = ("-",)


@cache
def plain(value: Decimal) -> str:
    """A decimal without trailing zeros or exponent."""
    return f"{value.normalize():f}" if value else "0"


class QuantityReader:
    """Reads the quantity that starts at a token."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._to = lexicon.around["to"]
        self._age = lexicon.around["age"]
        self._starts = frozenset(lexicon.numbers) | lexicon.shares.starts | lexicon.times.starts

    def read(self, words: Sequence[str], kinds: Sequence[str], start: int) -> tuple[int, Item] | None:
        """(tokens taken, item), or None where no quantity starts here."""
        if kinds[start] != "number" and words[start] not in self._starts:
            return None
        times = self._lexicon.times.longest(words, start)
        if times is not None and (times[1][0][1] != "1" or self._lexicon.per.longest(words, start + times[0])):
            return self._frequency(words, start, times[0], times[1][0][1])
        share = self._lexicon.shares.longest(words, start)
        if share is not None and not (kinds[start] == "number" and share[0] == 1):
            taken, meaning = share
            low, _, high = meaning[0][1].partition("-")
            return taken, self._item(words, start, taken, low, high or low, "%")
        first = self._number(words, kinds, start)
        if first is None:
            return None
        low = high = first
        end = start + 1
        second = self._range(words, kinds, end)
        unit, after = self._unit(words, end)
        if second is not None:
            high, end = second
            unit, after = self._unit(words, end)
        elif unit:
            second = self._range(words, kinds, after)
            if second is not None:
                unit2, after2 = self._unit(words, second[1])
                if unit2 == unit or (unit == "%" and not unit2):
                    high, after = second[0], after2
        if unit == "times":
            return self._frequency(words, start, after - start, low if low == high else f"{low}-{high}")
        if unit == "fold":
            low, high, unit = plain(Decimal(low) * 100), plain(Decimal(high) * 100), "x"
        if not unit and kinds[start] == "word":
            return None  # a number word without a unit counts things
        if not unit and start and words[start - 1] in self._age:
            unit = "year"
        return after - start, self._item(words, start, after - start, low, high, unit)

    def _item(self, words: Sequence[str], start: int, taken: int, low: str, high: str, unit: str) -> Item:
        base, _, per = unit.partition("/")
        if base in _SAME:
            base, factor = _SAME[base]
            low, high = plain(Decimal(low) * factor), plain(Decimal(high) * factor)
        if Decimal(low) > Decimal(high):
            low, high = high, low
        name = f"{base}/{per}" if per else base
        return Item(Kind.QUANTITY, name, " ".join(words[start : start + taken]), start, (low, high))

    def _number(self, words: Sequence[str], kinds: Sequence[str], start: int) -> str | None:
        if start >= len(words):
            return None
        if kinds[start] == "number":
            return plain(Decimal(words[start].replace(",", "")))
        return self._lexicon.numbers.get(words[start])

    def _range(self, words: Sequence[str], kinds: Sequence[str], start: int) -> tuple[str, int] | None:
        if start < len(words) and (words[start] in self._to or words[start] in _DASHES):
            number = self._number(words, kinds, start + 1)
            if number is not None:
                return number, start + 2
            share = self._lexicon.shares.longest(words, start + 1)
            if share is not None:  # "20% to half"
                return share[1][0][1], start + 1 + share[0]
        return None

    def _unit(self, words: Sequence[str], start: int) -> tuple[str, int]:
        start_at = start + 1 if start < len(words) and words[start] == "-" else start
        found = self._lexicon.units.longest(words, start_at)
        if found is None:
            return "", start
        taken, meaning = found
        unit, end = meaning[0][1], start_at + taken
        while (per := self._lexicon.per.longest(words, end)) is not None:
            unit, end = f"{unit}/{per[1][0][1]}", end + per[0]
        return unit, end

    def _frequency(self, words: Sequence[str], start: int, taken: int, number: str) -> tuple[int, Item]:
        per = self._lexicon.per.longest(words, start + taken)
        name = "times"
        if per is not None:
            taken, name = taken + per[0], f"times/{per[1][0][1]}"
        low, _, high = number.partition("-")
        return taken, Item(Kind.QUANTITY, name, " ".join(words[start : start + taken]), start, (low, high or low))
