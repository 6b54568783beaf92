"""What ``knowledge check`` and ``knowledge diff`` say of ``people/``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from rxweave.knowledge.drugs import Drug
from rxweave.knowledge.findings import Finding
from rxweave.knowledge.genes import Gene
from rxweave.knowledge.people import People


def check_people(
    people: People, genes: Mapping[str, Gene], drugs: Mapping[str, Drug], conditions: Mapping[str, object]
) -> Iterator[Finding]:
    """Findings, tests and states speak of genes, results and drugs of the release; words mean codes in use.

    ``conditions`` is the section ``[condition]`` of the vocabulary.
    """
    for test in people.enzyme_tests:
        yield from _results("validity.toml", test.gene, test.upheld, genes)
    for state in people.states:
        for gene in state.genes:
            yield from _results("validity.toml", gene, (), genes)
        yield from _unknown("validity.toml", "drug", state.drugs, drugs)
    for rule in people.findings:
        yield from _results("secondary_findings.toml", rule.gene, rule.results, genes)
    yield from _unknown("alternatives.toml", "drug", people.withdrawn, drugs)
    indications = conditions.get("indication")
    if isinstance(indications, list):
        yield from _unknown("words.toml", "indication", people.indication_words.values(), indications)
    codes = conditions.get("condition")
    if isinstance(codes, list):
        known = (*codes, *people.alerts.quiet_conditions)
        yield from _unknown("words.toml", "condition", people.condition_words.values(), known)


def _results(file: str, symbol: str, results: Iterable[str], genes: Mapping[str, Gene]) -> Iterator[Finding]:
    gene = genes.get(symbol)
    if gene is None:
        yield _finding(file, f"{symbol} is no gene of this release")
        return
    known = {*gene.phenotype_rules.names, *(f"{allele} positive" for allele in gene.calling.tested_alleles)}
    for result in results:
        if result not in known:
            yield _finding(file, f"{symbol} has no result {result!r}")


def _unknown(file: str, what: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Finding]:
    for name in sorted({*names} - {*known}):
        yield _finding(file, f"the {what} {name!r} is not known to this release")


def _finding(file: str, text: str) -> Finding:
    return Finding("people-known", str(Path("people") / file), 0, text)


def diff_people(old: People, new: People) -> Iterator[str]:
    """A line for each setting, and for each kind of rule in which anything changed."""
    for field in fields(old.alerts):
        then, now = getattr(old.alerts, field.name), getattr(new.alerts, field.name)
        if then != now:
            yield f"alerts: {field.name} {_shown(then)} -> {_shown(now)}"
    for name, what in (("enzyme_tests", "enzyme tests"), ("states", "states that weaken a result")):
        if getattr(old, name) != getattr(new, name):
            yield f"people: {what} changed"
    rules = [{rule.id: rule for rule in side.findings} for side in (old, new)]
    for key in sorted({*rules[0], *rules[1]}):
        if key not in rules[1]:
            yield f"secondary findings: {key} removed"
        elif key not in rules[0]:
            yield f"secondary findings: new {key}"
        elif rules[0][key] != rules[1][key]:
            yield f"secondary findings: {key} changed"
    for kind in ("condition_words", "indication_words"):
        words = [dict(getattr(side, kind)) for side in (old, new)]
        for word in sorted({*words[0], *words[1]}):
            then, now = words[0].get(word, "nothing"), words[1].get(word, "nothing")
            if then != now:
                yield f"{word!r} means {now}, formerly {then}"


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {', '.join(values)}" for key, values in value.items()) or "none"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
