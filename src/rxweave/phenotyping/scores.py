"""Activity scores: exact decimals, with the ``≥`` that open-ended copy numbers carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from rxweave.knowledge.genes import PhenotypeRules, ScoreBand

#: How the field writes a score that cannot be told.
NOT_AVAILABLE = "n/a"


@dataclass(frozen=True, slots=True)
class ActivityScore:
    """An activity value of one allele or the score of two; ``is_at_least`` prints as ``≥``."""

    value: Decimal
    is_at_least: bool = False

    def __add__(self, other: ActivityScore) -> ActivityScore:
        return ActivityScore(self.value + other.value, self.is_at_least or other.is_at_least)

    def __str__(self) -> str:
        """As the field writes it, with one decimal at least: ``2.0``, ``1.25``, ``≥3.75``."""
        digits = f"{self.value:f}"
        whole, _, fraction = digits.partition(".")
        return f"{'≥' if self.is_at_least else ''}{whole}.{fraction.rstrip('0') or '0'}"

    @classmethod
    def parse(cls, text: str) -> ActivityScore | None:
        """``≥3.0``, ``>=3``, ``1.25`` ...; None for an empty cell, ``n/a`` or anything else that is no score."""
        digits = text.strip()
        bare = digits.removeprefix("≥").removeprefix(">=").strip()
        try:
            value = Decimal(bare)
        except InvalidOperation:
            return None
        return cls(value, bare != digits) if value.is_finite() and value >= 0 else None


def total(values: Iterable[ActivityScore | None]) -> ActivityScore | None:
    """The sum of allele values; None as soon as one of them is not known."""
    score = ActivityScore(Decimal(0))
    for value in values:
        if value is None:
            return None
        score += value
    return score


def phenotype_of_score(score: ActivityScore | None, rules: PhenotypeRules) -> str:
    """The phenotype of the band that holds ``score``, ``rules.otherwise`` where no band does.

    An open-ended score (``≥1.5``) has a phenotype only if every higher score has the same one.
    """
    if score is None:
        return rules.otherwise
    names = {band.phenotype for band in rules.bands if _holds(band, score.value)}
    if names and score.is_at_least:
        names |= {band.phenotype for band in rules.bands if band.low >= score.value}
    return names.pop() if len(names) == 1 else rules.otherwise


def _holds(band: ScoreBand, value: Decimal) -> bool:
    if value == band.low:
        return band.includes_low
    if band.high is None or value < band.high:
        return value > band.low
    return value == band.high and band.includes_high
