"""Slots: what a source's text states (numbers, drugs, checks), and where the facts of a recommendation hold it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from rxweave.knowledge.guideline_files import Vocabulary
from rxweave.knowledge.guidelines import Directive, Population, Recommendation


def directives(recommendation: Recommendation) -> Iterator[Directive]:
    """The directive, its way out and next step, and those of every branch."""
    todo = [recommendation.directive, *(b.directive for b in recommendation.branches)]
    while todo:
        directive = todo.pop()
        yield directive
        todo.extend(d for d in (directive.fallback, directive.next_step) if d is not None)


def numbers_in_facts(recommendation: Recommendation, population: Population) -> set[Decimal]:
    """Every number that the facts state as a dose, a limit, a condition or within a code."""
    found: set[Decimal] = set()
    for d in directives(recommendation):
        for dose in d.dose:
            found |= {n for n in (dose.factor_low, dose.factor_high, dose.cap, dose.floor, dose.usual) if n is not None}
            found |= _numbers_in_code(dose.interval) | _numbers_in_code(dose.schedule)
        for code in d.monitoring:
            found |= _numbers_in_code(code)
        found |= {Decimal(n) for n in re.findall(r"\d+", f"{d.at_dose} {d.reassess_after}")}
    for branch in recommendation.branches:
        for key, value in branch.condition.facts.items():
            if key != "genotype":
                found |= {Decimal(n) for n in re.findall(r"\d+(?:\.\d+)?", value)}
    for code in (*recommendation.risks, *recommendation.caveats):
        found |= _numbers_in_code(code)
    return found | {Decimal(n) for n in re.findall(r"\d+", " ".join(population.condition.facts.values()))}


def _numbers_in_code(code: str) -> set[Decimal]:
    return {Decimal(n) for n in re.findall(r"(?<![a-z])\d+(?![a-z])", code.replace("_", " "))}


def words_of_facts(recommendation: Recommendation, vocabulary: Vocabulary) -> str:
    """The codes of a recommendation, each with its meaning, in lower case: what its facts say beside numbers."""
    said = [("risk", c) for c in recommendation.risks] + [("caveat", c) for c in recommendation.caveats]
    said += [("implication", c) for codes in recommendation.implications.values() for c in codes]
    for d in directives(recommendation):
        said += [("monitoring", c) for c in d.monitoring]
        said += [("alternative", c) for c in d.alternatives]
        said += [("drug", c) for c in (*d.not_alternatives, *d.avoid_with, d.dose_of) if c]
        for dose in d.dose:
            said += [("schedule", dose.schedule), ("interval", dose.interval), ("direction", dose.direction)]
    conditions = [f"{key} {value}" for b in recommendation.branches for key, value in b.condition.facts.items()]
    worded = [f"{code.replace('_', ' ')}: {vocabulary[section].get(code, '')}" for section, code in said]
    return "\n".join(worded + [c.replace("_", " ") for c in conditions]).lower()


def short(directive: Directive) -> str:
    """A directive on one line, doses in figures: ``avoid; else reduce_dose start x0.5``."""
    parts = [directive.action.value]
    for dose in directive.dose:
        parts.append(dose.phase.value)
        factors = [str(f) for f in dict.fromkeys((dose.factor_low, dose.factor_high)) if f is not None]
        if factors:
            parts.append("x" + ("<" if dose.is_factor_exclusive else "") + "-".join(factors))
        if dose.cap is not None:
            parts.append(f"{'<' if dose.is_cap_exclusive else '<='}{dose.cap} {dose.unit}")
        parts += [f">={dose.floor} {dose.unit}"] if dose.floor is not None else []
        parts += [dose.direction] if dose.direction else []
        parts += [f"{dose.usual} {dose.unit}"] if dose.usual is not None else []
        parts += [code for code in (dose.interval, dose.schedule) if code]
    if directive.dose_of:
        parts.append(f"of {directive.dose_of}")
    line = " ".join(parts)
    if directive.next_step:
        line += f"; next {short(directive.next_step)}"
    return f"{line}; else {short(directive.fallback)}" if directive.fallback else line
