"""Worked cases: who the patient is, what was tested and ordered, and what a pharmacist expects to read.

The files beside this one are written for pharmacists; this module gives them types and refuses what it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
NOT_CASES = {"rules.yaml"}
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of one drug: of its headline advice, unless a field says otherwise. Empty: not looked at.

    A field that holds several words is met by any of them where one value is looked at (``action``, ``tier`` ...), and
    asks for all of them where a list is looked at (``missing``, ``tests``, ``alternatives``, ``must_mention`` ...).
    """

    absent: bool = False  # no advice on this drug at all
    coverage: Words = ()
    source: Words = ()
    population: Words = ()
    action: Words = ()
    modality: Words = ()
    reason: Words = ()
    level: Words = ()
    strength: Words = ()
    severe: bool = False
    tier: Words = ()
    dose: tuple[dict[str, Any], ...] = ()
    fallback: dict[str, Any] = field(default_factory=dict)
    next_step: Words = ()
    missing: Words = ()
    tests: Words = ()
    no_tests: bool = False
    alternatives: Words = ()
    never_first: Words = ()  # not the first of the alternatives
    never_offered: Words = ()  # not among the alternatives that nothing is said against
    avoid_with: Words = ()
    triggered_by: Words = ()
    interactions: Words = ()  # the other drugs of plain interactions
    site_changes: Words = ()
    no_site_changes: bool = False
    disagrees: Words = ()  # sources that the headline names as saying something else
    also: tuple[dict[str, Any], ...] = ()  # advice of other sources beside the headline
    genes_seen: dict[str, str] = field(default_factory=dict)  # diplotypes
    phenotype: dict[str, str] = field(default_factory=dict)
    genetic: dict[str, str] = field(default_factory=dict)
    score: dict[str, str] = field(default_factory=dict)
    converted_by: dict[str, list[str]] = field(default_factory=dict)
    not_converted: Words = ()
    possible: Words = ()  # phenotypes that stay possible
    must_mention: Words = ()  # in the sentences of every source, as ``rxweave advise`` prints them
    must_not_say: Words = ()  # in the sentences of the headline


@dataclass(frozen=True, slots=True)
class Case:
    """One case. ``order`` is what the event is about; ``with_`` is taken besides; ``expect`` is by drug.

    ``genes`` hold a diplotype (``*1/*4``), a phenotype in words, ``score 0.5``, or, for ``HLA-B*57:01``, a status.
    """

    id: str
    title: str
    file: str
    order: Words
    expect: dict[str, Expected]
    because: Words
    rules: Words
    patient: dict[str, Any] = field(default_factory=dict)
    genes: dict[str, str] = field(default_factory=dict)
    variants: Words = ()
    with_: Words = ()
    event: str = "order"
    day: str = ""  # ISO date of the event
    site: str = ""  # a file beside the cases
    several: bool = False  # several problems at once
    findings: Words | None = None  # genes with a secondary finding that may be told; None: not looked at
    not_interruptive: bool = False  # nothing that is answered interrupts, whatever drug it speaks of

    def __str__(self) -> str:
        return self.id

    @property
    def stays_quiet(self) -> bool:
        """Nothing may interrupt."""
        tiers = [e.tier for e in self.expect.values() if not e.absent]
        return self.not_interruptive or (bool(tiers) and all(t and "interruptive" not in t for t in tiers))


def read_cases() -> list[Case]:
    cases: list[Case] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name not in NOT_CASES:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
            _refuse_unknown(document, {"topic", "cases"}, path.name)
            cases += [_case(entry, path.name) for entry in document["cases"]]
    return cases


def read_rules() -> dict[str, str]:
    return dict(yaml.safe_load((FOLDER / "rules.yaml").read_text(encoding="utf-8")))


def _case(entry: dict[str, Any], file: str) -> Case:
    known = {f.name.rstrip("_") for f in fields(Case)} - {"file"}
    place = f"{file}: {entry.get('id', 'case without id')}"
    _refuse_unknown(entry, known, place)
    values = dict(entry)
    values["with_"] = _words(values.pop("with", ()))
    values["expect"] = {drug: _expected(e, f"{place}: {drug}") for drug, e in values["expect"].items()}
    values["day"] = str(values.get("day", ""))
    if "findings" in values:
        values["findings"] = _words(values["findings"])
    for name in ("order", "because", "rules", "variants"):
        values[name] = _words(values.get(name, ()))
    return Case(file=file, **values)


def _expected(entry: dict[str, Any], place: str) -> Expected:
    kinds = {f.name: f.type for f in fields(Expected)}
    _refuse_unknown(entry, set(kinds), place)
    values: dict[str, Any] = {}
    for name, value in entry.items():
        if kinds[name] == "Words":
            values[name] = _words(value)
        else:
            values[name] = tuple(value) if isinstance(value, list) else value
    return Expected(**values)


def _words(value: Any) -> Words:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


def _refuse_unknown(entry: dict[str, Any], known: set[str], place: str) -> None:
    unknown = set(map(str, entry)) - known
    if unknown:
        raise ValueError(f"{place}: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")
