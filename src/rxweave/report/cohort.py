"""What a cohort's calls add up to: how often each allele, diplotype and phenotype was found, and what was not called.

A frequency is a share of what was called, and its denominator and confidence interval stand beside it. People without a
single answer are not spread over the possible ones: they count as not called, and the table says how many they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import sqrt
from typing import Any

#: Standard normal quantile of a two-sided interval of 95%.
_Z = 1.959963984540054


class Kind(StrEnum):
    NOT_CALLED = "not called"  # of all people
    ALLELE = "allele"  # of the alleles of people with one diplotype, or with two components
    DIPLOTYPE = "diplotype"  # of people with one diplotype
    PHENOTYPE = "phenotype"  # of people with a result


@dataclass(frozen=True, slots=True)
class Frequency:
    """``count`` of ``total``, with the 95% Wilson score interval."""

    kind: Kind
    name: str
    count: int
    total: int

    @property
    def share(self) -> float:
        return self.count / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.count, self.total)


@dataclass(frozen=True, slots=True)
class GeneSummary:
    """One gene in ``people`` people.

    ``missing_positions`` is the mean share of its positions that were not read; None for a gene that no position tells,
    such as those that come from outside calls alone.
    """

    gene: str
    people: int
    missing_positions: float | None
    frequencies: tuple[Frequency, ...]

    def of(self, kind: Kind) -> tuple[Frequency, ...]:
        """Most frequent first."""
        return tuple(f for f in self.frequencies if f.kind is kind)


def wilson(count: int, total: int) -> tuple[float, float]:
    """The 95% Wilson score interval of a share; (0, 1) where nothing was counted.

    Source: Wilson 1927, J Am Stat Assoc 22:209.
    """
    if total == 0:
        return 0.0, 1.0
    share, z2 = count / total, _Z * _Z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z * sqrt(share * (1 - share) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    # At the ends the interval reaches the end exactly; rounding must not move it.
    return (0.0 if count == 0 else max(0.0, middle - half), 1.0 if count == total else min(1.0, middle + half))


@dataclass(slots=True)
class _Counts:
    people: int = 0
    positions: int = 0
    positions_missing: int = 0
    not_called: Counter[str] = field(default_factory=Counter)
    alleles: Counter[str] = field(default_factory=Counter)
    diplotypes: Counter[str] = field(default_factory=Counter)
    phenotypes: Counter[str] = field(default_factory=Counter)
    with_result: int = 0


def summarise(rows: Iterable[tuple[Mapping[str, Any], int]]) -> tuple[GeneSummary, ...]:
    """Add up rows of ``call_row``, each with the number of people that it stands for, by gene in the order met."""
    found: dict[str, _Counts] = {}
    for row, people in rows:
        _count(found.setdefault(row["gene"], _Counts()), row, people)
    return tuple(_summary(gene, counts) for gene, counts in found.items())


def _count(counts: _Counts, row: Mapping[str, Any], people: int) -> None:
    counts.people += people
    n_missing = len(row["missing_positions"])
    counts.positions_missing += n_missing * people
    counts.positions += (n_missing + int(row["covered_positions"])) * people
    diplotypes, components = row["diplotypes"], row["components"]
    if len(diplotypes) == 1:
        counts.diplotypes[diplotypes[0]] += people
        for allele in diplotypes[0].split("/"):
            counts.alleles[allele] += people
    elif len(diplotypes) > 1:
        counts.not_called["several diplotypes fit equally"] += people
    elif components:
        counts.not_called["phase unknown: alleles found, no diplotype"] += people
        if len(components) == 2:
            for allele in components:
                counts.alleles[allele] += people
    elif row["call_status"] == "not_covered":
        counts.not_called["no data at any position"] += people
    elif row["phenotypes"] and row["source"] != "genotypes":
        counts.not_called["a phenotype was stated, no diplotype"] += people
    else:
        counts.not_called["data that no diplotype fits, or that cannot be called from such a file"] += people
    phenotypes = [p for p in row["phenotypes"] if p != "No Result"]
    if phenotypes:
        counts.with_result += people
        is_list_of_tests = all(p.endswith((" positive", " negative")) for p in phenotypes)
        for name in phenotypes if is_list_of_tests else [" or ".join(phenotypes)]:
            counts.phenotypes[name] += people


def _summary(gene: str, counts: _Counts) -> GeneSummary:
    n_alleles = sum(counts.alleles.values())
    n_diplotypes = sum(counts.diplotypes.values())
    return GeneSummary(
        gene,
        counts.people,
        counts.positions_missing / counts.positions if counts.positions else None,
        (
            Frequency(Kind.NOT_CALLED, "all", counts.people - n_diplotypes, counts.people),
            *_ordered(Kind.NOT_CALLED, counts.not_called, counts.people),
            *_ordered(Kind.ALLELE, counts.alleles, n_alleles),
            *_ordered(Kind.DIPLOTYPE, counts.diplotypes, n_diplotypes),
            *_ordered(Kind.PHENOTYPE, counts.phenotypes, counts.with_result),
        ),
    )


def _ordered(kind: Kind, counts: Counter[str], total: int) -> list[Frequency]:
    return [Frequency(kind, name, n, total) for name, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


COLUMNS = ("gene", "kind", "name", "count", "total", "frequency", "low_95", "high_95", "positions_missing")


def summary_tsv(summaries: Sequence[GeneSummary]) -> str:
    """One line a frequency, with the columns of ``COLUMNS``."""
    lines = ["\t".join(COLUMNS)]
    for summary in summaries:
        for one in summary.frequencies:
            low, high = one.interval
            missing = "" if summary.missing_positions is None else f"{summary.missing_positions:.6f}"
            shares = (f"{one.share:.6f}", f"{low:.6f}", f"{high:.6f}", missing)
            name = " ".join(one.name.split())
            lines.append("\t".join((summary.gene, one.kind.value, name, str(one.count), str(one.total), *shares)))
    return "\n".join(lines) + "\n"
