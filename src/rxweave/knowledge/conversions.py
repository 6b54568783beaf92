"""What co-medication makes of a genetic result: rules, stopped drugs, and what acts like a drug without being one.

``phenoconversion.toml`` and ``washout.tsv`` are described in ``docs/knowledge-format.md``. Which drug modulates which
enzyme stands in ``interactions.tsv``; here stands what is done about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from rxweave.errors import BrokenRelease
from rxweave.knowledge.drugs import Role, Strength

if TYPE_CHECKING:
    from rxweave.knowledge.strict_table import StrictTable

RULES, WASHOUTS = "phenoconversion.toml", "washout.tsv"
WASHOUT_COLUMNS = ("drug", "days", "mechanism", "sources", "basis")


class Confidence(StrEnum):
    """How well a rule is founded."""

    GUIDELINE = "guideline"  # a guideline says how much
    PRACTICE = "practice"  # done so by many, no guideline says how much
    DIRECTION = "direction"  # known which way, not how much


class Mechanism(StrEnum):
    """How an inhibitor lets go of the enzyme."""

    REVERSIBLE = "reversible"  # as the drug leaves the body
    MECHANISM_BASED = "mechanism_based"  # the enzyme is spent and has to be made anew


@dataclass(frozen=True, slots=True)
class ConversionRule:
    """What a modulator of one role and strength does to a gene's result.

    Exactly one of ``score_factor`` (the activity score times this) and ``becomes`` (phenotype -> phenotype) is given.
    ``is_for_unknown``: the result is known even where the genes are not (an activity score times 0 is 0).
    """

    gene: str
    role: Role
    strength: Strength
    confidence: Confidence
    sources: tuple[str, ...]
    score_factor: Decimal | None = None
    becomes: Mapping[str, str] = field(default_factory=dict)
    is_for_unknown: bool = False

    @property
    def changes_nothing(self) -> bool:
        return self.score_factor == 1


@dataclass(frozen=True, slots=True)
class Factor:
    """What is no drug and acts on enzymes: smoke, inflammation. ``name`` is our code for it."""

    name: str
    genes: tuple[str, ...]
    role: Role
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Washout:
    """How many days after the last dose a drug's effect on enzymes is taken to be over. ``basis`` says from what."""

    drug: str
    days: int
    mechanism: Mechanism
    sources: tuple[str, ...]
    basis: str


@dataclass(frozen=True, slots=True)
class Conversions:
    """All of it. ``shared`` maps a gene to the one whose modulators act on it too (CYP3A5 -> CYP3A4)."""

    rules: tuple[ConversionRule, ...] = ()
    factors: tuple[Factor, ...] = ()
    washouts: Mapping[str, Washout] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)
    local_routes: tuple[str, ...] = ()
    induction_days: int = 0
    other_sources: tuple[str, ...] = ()  # of ``shared`` and ``induction_days``

    def rule(self, gene: str, role: Role, strength: Strength) -> ConversionRule | None:
        wanted = (gene, role, strength)
        return next((r for r in self.rules if (r.gene, r.role, r.strength) == wanted), None)

    @property
    def sources(self) -> frozenset[str]:
        """Every source code that a rule, factor or washout names."""
        named = [*(r.sources for r in self.rules), *(f.sources for f in self.factors)]
        named += [w.sources for w in self.washouts.values()]
        return frozenset(self.other_sources).union(*named)


def read_conversions(folder: Path) -> Conversions:
    """The rules and washouts of the release in ``folder``; empty for a release that has none.

    Raises BrokenRelease naming file, line or table, and key.
    """
    if not (folder / RULES).exists():
        return Conversions()
    return _read_rules(folder / RULES, _read_washouts(folder / WASHOUTS))


def _read_rules(path: Path, washouts: Mapping[str, Washout]) -> Conversions:
    from rxweave.knowledge.strict_table import StrictTable, load_toml

    top = StrictTable(load_toml(path), path, "")
    if top.take("format", int) != 1:
        raise top.error("format", "is not 1, the only one that is read")
    shared, other_sources = {}, set(top.take_texts("induction_sources", default=()))
    for table in top.take_tables("shared"):
        shared[table.take_text("gene")] = table.take_text("modulated_as")
        other_sources.update(table.take_texts("sources"))
        table.close()
    rules = tuple(_rule(table) for table in top.take_tables("rule"))
    factors = tuple(_factor(table) for table in top.take_tables("factor"))
    seen: set[tuple[str, Role, Strength]] = set()
    for rule in rules:
        key = (rule.gene, rule.role, rule.strength)
        if key in seen:
            raise top.error("rule", f"{' '.join(key)} stands twice: keep one of the two")
        seen.add(key)
    found = Conversions(
        rules,
        factors,
        washouts,
        shared,
        top.take_texts("local_routes"),
        top.take("induction_days", int),
        tuple(sorted(other_sources)),
    )
    top.close()
    return found


def _rule(table: StrictTable) -> ConversionRule:
    from rxweave.knowledge.strict_table import take_decimal, take_member

    rule = ConversionRule(
        gene=table.take_text("gene"),
        role=take_member(table, "role", Role),
        strength=take_member(table, "strength", Strength),
        confidence=take_member(table, "confidence", Confidence),
        sources=table.take_texts("sources"),
        score_factor=take_decimal(table, "score_factor"),
        becomes=table.take("becomes", dict, default={}),
        is_for_unknown=table.take_flag("is_for_unknown"),
    )
    if (rule.score_factor is None) != bool(rule.becomes):
        raise table.error("score_factor", f"of {rule.gene}: give either score_factor or [rule.becomes], not both")
    if rule.is_for_unknown and rule.score_factor != 0:
        raise table.error("is_for_unknown", f"of {rule.gene}: only a score times 0 is known whatever the genes are")
    table.close()
    return rule


def _factor(table: StrictTable) -> Factor:
    from rxweave.knowledge.strict_table import take_member

    factor = Factor(
        table.take_text("name"),
        table.take_texts("genes"),
        take_member(table, "role", Role),
        table.take_texts("sources"),
    )
    table.close()
    return factor


def _read_washouts(path: Path) -> Mapping[str, Washout]:
    from rxweave.knowledge.drugs import read_rows

    washouts: dict[str, Washout] = {}
    for line, row in read_rows(path, WASHOUT_COLUMNS):
        place = f"{path}:{line}"
        drug = row["drug"]
        if drug in washouts:
            raise BrokenRelease(f"{place}: {drug!r} stands twice: keep one of the two")
        if not row["days"].isdigit() or int(row["days"]) < 1:
            raise BrokenRelease(f"{place}: days of {drug} is {row['days']!r}, expected a whole number from 1 on")
        if not row["sources"]:
            raise BrokenRelease(f"{place}: {drug} names no source: what has no source is not shipped")
        try:
            mechanism = Mechanism(row["mechanism"])
        except ValueError:
            expected = ", ".join(Mechanism)
            raise BrokenRelease(f"{place}: mechanism {row['mechanism']!r} of {drug} is none of {expected}") from None
        washouts[drug] = Washout(drug, int(row["days"]), mechanism, tuple(row["sources"].split(";")), row["basis"])
    return washouts
