"""What a narrative says and in which order: messages made of facts, for one audience. No words.

Drugs come in the sheet's order, the most urgent first. What holds for several drugs is one message: the same directive,
the same result of a gene, the same risks, the same source.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from types import MappingProxyType
from typing import Any, TypeVar

from rxweave.guidance.advice import AlertTier
from rxweave.knowledge.guidelines import Action
from rxweave.narrative.clauses import is_known
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.narrative import Audience
from rxweave.narrative.orders import Asked, asked

#: More readings with the same advice than this are not read.
MOST_READINGS = 2
#: The note that a test rests on where the result of before a transplant is no longer the person's.
_OUTDATED = "not_applicable_since_transplant"

_Item = TypeVar("_Item")
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to say: ``code`` names the way of saying it, ``weight`` whether it may be left out (0 stays)."""

    code: str
    facts: tuple[Fact, ...]
    drugs: tuple[str, ...] = ()
    weight: int = 0
    heading: str = ""

    def of(self, *kinds: FactKind, drug: str | None = None) -> tuple[Fact, ...]:
        return tuple(f for f in self.facts if f.kind in kinds and (drug is None or f.drug == drug))


@dataclass(frozen=True, slots=True)
class AudiencePlan:
    """One audience of ``plan.toml``: the length aimed at and the ceiling in words, and the heading of each message.

    ``implications`` is how many meanings of a result are told for each drug, ``by_drug`` the headings that go drug by
    drug.
    """

    words: tuple[int, int]
    implications: int
    headings: tuple[str, ...]
    by_drug: frozenset[str]
    heading_of: Mapping[str, str]


def plan(sheet: FactSheet, audience: Audience, *, is_tight: bool = False) -> tuple[Message, ...]:
    """The messages for clinicians and payers, in reading order. ``plain`` plans letters to patients.

    ``is_tight``: without what a source would use instead, for cases that get too long.
    """
    chosen = audience_plan(audience)
    found = [m for m in _messages(sheet) if m.code in chosen.heading_of]
    told = {f.id for m in found if m.code in ("why", "finding") for f in m.of(FactKind.FINDING)}
    found = [_without_findings(m, told) if m.code == "nothing_to_do" else m for m in found]
    found = [_in_short(m, chosen.implications) if m.code == "why" else m for m in found]
    found = _with_same_meaning(found)
    found = [_bare(m) if is_tight and m.code == "recommend" else m for m in found]
    is_calm = not any(_asks(m) for m in found)
    found = [replace(m, heading=_heading(m, chosen, is_calm)) for m in found]
    places = {d: place for place, d in enumerate(sheet.drugs)}
    return tuple(sorted(found, key=lambda m: _place(m, chosen, places)))


def _place(message: Message, chosen: AudiencePlan, places: Mapping[str, int]) -> tuple[int, int]:
    """The heading, and under those that go drug by drug the last drug that the message is about."""
    heading = chosen.headings.index(message.heading)
    if message.heading not in chosen.by_drug or not message.drugs:
        return (heading, 0)
    if message.code == "benefit":
        return (heading, len(places))
    which = min if message.code == "recommend" else max
    return (heading, which(places.get(d, 0) for d in message.drugs))


def _heading(message: Message, chosen: AudiencePlan, is_calm: bool) -> str:
    """Where no drug asks for anything, that is what is told first; else it waits until what is asked has been told."""
    if message.code in ("recommend", "nothing_to_do") and not _asks(message):
        return chosen.heading_of["recommend" if is_calm else "nothing_to_do"]
    return chosen.heading_of[message.code]


def _asks(message: Message) -> bool:
    """For a change, a check or a test."""
    return message.code == "recommend" and not any(a.code in _REASSURING for a in message.of(FactKind.ACTION))


def _without_findings(message: Message, told: set[str]) -> Message:
    """Results that stand elsewhere are not told again."""
    return replace(message, facts=tuple(f for f in message.facts if f.id not in told))


def _with_same_meaning(messages: list[Message]) -> list[Message]:
    """Results of several genes that mean the same for the same drugs become one message."""
    kept: list[Message] = []
    places: dict[tuple[tuple[str, str], ...], int] = {}  # meaning -> place in ``kept``
    for message in messages:
        meaning = _meaning(message) if message.code == "why" else ()
        if meaning and meaning in places:
            kept[places[meaning]] = _joined(kept[places[meaning]], message)
            continue
        if meaning:
            places[meaning] = len(kept)
        kept.append(message)
    return kept


def _joined(first: Message, second: Message) -> Message:
    drugs = tuple(dict.fromkeys((*first.drugs, *second.drugs)))
    return replace(first, facts=(*first.facts, *second.facts), drugs=drugs)


def _meaning(message: Message) -> tuple[tuple[str, str], ...]:
    """The drugs and what the results mean for them; empty where there is more to say or nothing."""
    if message.of(FactKind.CONVERSION):
        return ()
    return tuple((f.drug, f.code) for f in message.of(FactKind.IMPLICATION))


def _bare(message: Message) -> Message:
    return replace(message, facts=tuple(f for f in message.facts if f.kind is not FactKind.ALTERNATIVE))


def _in_short(message: Message, most: int) -> Message:
    """With the first few meanings for each drug: a source states the weightiest first."""
    kept = {f.id for fs in grouped(message.of(FactKind.IMPLICATION), lambda f: f.drug).values() for f in fs[:most]}
    return replace(message, facts=tuple(f for f in message.facts if f.kind is not FactKind.IMPLICATION or f.id in kept))


def audience_plan(audience: Audience) -> AudiencePlan:
    table = _table()[audience.value]
    least, most = table["words"]
    return AudiencePlan(
        (least, most),
        table["implications"],
        tuple(table["headings"]),
        frozenset(table["by_drug"]),
        MappingProxyType(table["messages"]),
    )


def _weight(code: str, note: str = "") -> int:
    weights = _table()["weights"]
    return int(_table()["notes"].get(note, weights[code])) if note else int(weights[code])


@functools.cache
def _table() -> Mapping[str, Any]:
    text = (resources.files("rxweave.narrative") / "plan.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


# ---------------------------------------------------------------- which drugs need something


def is_quiet(sheet: FactSheet, drug: str) -> bool:
    """Nothing to do, to ask or to test: computed, and the genes give no reason for a change."""
    order = asked(sheet, drug)
    if order is None or order.is_change or order.choices or not all(is_usual(d) for d in order.doses):
        return False
    wanting = sheet.of(FactKind.MISSING, FactKind.COVERAGE, FactKind.AVOID_WITH, FactKind.CONVERSION, drug=drug)
    acted_on = any(f.is_essential for f in sheet.of(FactKind.INTERACTION, drug=drug))
    interrupts = any(t.code == AlertTier.INTERRUPTIVE for t in sheet.of(FactKind.TIER, drug=drug))
    return not (wanting or acted_on or interrupts)


def needs_card(finding: Fact) -> bool:
    """A result that every clinician has to know of, whatever is ordered today."""
    known = _table()["patient"]
    phenotype = finding.values.get("phenotype", "")
    return finding.gene in known["card_genes"] and (
        phenotype in known["card_results"] or phenotype.rpartition(" ")[2] in known["card_results"]
    )


_REASSURING = (Action.STANDARD, Action.NO_RECOMMENDATION)


def is_usual(dose: Fact) -> bool:
    """The usual dose, and nothing else."""
    return dict(dose.values) == {"direction": "usual"}


def is_reassuring(order: Asked) -> bool:
    """The genes give no reason for a change."""
    return order.action.code in _REASSURING


def grouped(items: Iterable[_Item], key: Callable[[_Item], _Key]) -> dict[_Key, list[_Item]]:
    """Items by key, keys in the order of their first item."""
    groups: dict[_Key, list[_Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


# ---------------------------------------------------------------- messages


def _messages(sheet: FactSheet) -> Iterator[Message]:
    quiet = tuple(d for d in sheet.drugs if is_quiet(sheet, d))
    busy = tuple(d for d in sheet.drugs if d not in quiet)
    yield from _openings(sheet)
    yield from _directives(sheet, busy)
    yield from _results(sheet, busy, quiet)
    yield from _by_drug(sheet, busy)
    yield from _together(sheet, quiet)


def _openings(sheet: FactSheet) -> Iterator[Message]:
    taking = sheet.of(FactKind.TAKING)
    person = sheet.of(FactKind.PERSON)
    if taking:
        yield Message("question", (*taking, *person), sheet.drugs)
        yield Message("payer_patient", (*taking, *person), sheet.drugs)
    for fact in taking:
        if fact.code == "taken":
            yield Message("triggered", (fact,), (fact.drug,), _weight("triggered"))


def _directives(sheet: FactSheet, busy: tuple[str, ...]) -> Iterator[Message]:
    """What is asked now, then under conditions."""
    now = {d: order for d in busy if (order := asked(sheet, d)) is not None}
    for drugs in grouped(now, lambda d: (now[d].signature, _genes_missing(sheet, d), _tests(sheet, now[d]))).values():
        facts = [f for d in drugs for f in now[d].facts]
        if now[drugs[0]].action.code == Action.TEST_FIRST:
            facts += [f for d in drugs for f in _awaited(sheet, d)]
        open_genes = _unknown_genes if is_reassuring(now[drugs[0]]) else _unsettled
        facts += [f for d in drugs for f in open_genes(sheet, d)]
        yield Message("recommend", tuple(facts), tuple(drugs))
    for drug in busy:
        if avoided := sheet.of(FactKind.AVOID_WITH, drug=drug):
            yield Message("avoid_with", avoided, (drug,))
        yield from _conditional(sheet, drug)


def _genes_missing(sheet: FactSheet, drug: str) -> tuple[str, ...]:
    return tuple(f.gene for f in sheet.of(FactKind.MISSING, drug=drug) if f.gene)


def _tests(sheet: FactSheet, order: Asked) -> tuple[object, ...]:
    """The tests that a drug waits for."""
    if order.action.code != Action.TEST_FIRST:
        return ()
    return tuple((f.gene, f.code, tuple(f.values.items())) for f in sheet.of(FactKind.TEST, drug=order.action.drug))


def _awaited(sheet: FactSheet, drug: str) -> list[Fact]:
    """The tests of a drug, with what says that the genes have no result where this is why."""
    tests = sheet.of(FactKind.TEST, drug=drug)
    untested = {f.gene for f in tests if f.code == "not_tested"}
    outdated = {f.gene for f in tests if f.code == "not_applicable"}
    why = [f for f in sheet.of(FactKind.NOTE, drug=drug) if f.code == _OUTDATED and f.values["value"] in outdated]
    return [*tests, *why, *(f for f in _unknown_genes(sheet, drug) if f.gene in untested and not _is_known(sheet, f))]


def _is_known(sheet: FactSheet, fact: Fact) -> bool:
    """The gene of this fact has a result for its drug."""
    return any(f.gene == fact.gene and is_known(f) for f in sheet.of(FactKind.FINDING, drug=fact.drug))


def _unknown_genes(sheet: FactSheet, drug: str) -> list[Fact]:
    """That genes of a drug are missing, and their findings where these say no more."""
    missing = [f for f in sheet.of(FactKind.MISSING, drug=drug) if f.gene]
    genes = {f.gene for f in missing}
    return missing + [f for f in sheet.of(FactKind.FINDING, drug=drug) if f.gene in genes and not is_known(f)]


def _conditional(sheet: FactSheet, drug: str) -> Iterator[Message]:
    """Directives under a condition; branches that ask for the same are one message."""
    scopes = tuple(dict.fromkeys(f.scope for f in sheet.of(FactKind.ACTION, drug=drug, scope=None) if f.scope))
    for scope in scopes:
        last = scope.rpartition("/")[2]
        if last in ("fallback", "next_step") and "possibility" not in scope:
            order = asked(sheet, drug, scope, with_monitoring=True)
            if order is not None:
                yield Message(last, order.facts, (drug,), _weight(last))
    readings = {s: order for s in scopes if _is_possibility(s) and (order := asked(sheet, drug, s))}
    for alike in grouped(readings, lambda s: readings[s].signature).values():
        told = [
            f
            for s in alike[:MOST_READINGS]
            for f in (*sheet.of(FactKind.POSSIBILITY, drug=drug, scope=s), *readings[s].facts)
        ]
        yield Message("possibility", tuple(told), (drug,), _weight("possibility"))
    branches = {s: b for s in scopes if _is_branch(s) and (b := asked(sheet, drug, s, with_monitoring=True))}
    for alike in grouped(branches, lambda s: _without_condition(branches[s])).values():
        yield Message("branch", tuple(f for s in alike for f in branches[s].facts), (drug,), _weight("branch"))


def _is_possibility(scope: str) -> bool:
    return scope.startswith("possibility:") and "/" not in scope


def _is_branch(scope: str) -> bool:
    return scope.startswith("branch:") and "/" not in scope


def _without_condition(order: Asked) -> tuple[object, ...]:
    return tuple((f.kind, f.code, tuple(sorted(f.values.items()))) for f in order.facts)


def _results(sheet: FactSheet, busy: tuple[str, ...], quiet: tuple[str, ...]) -> Iterator[Message]:
    """Each result of a gene once, with what co-medication makes of it and what it means for each drug."""
    converted = {(f.drug, f.gene): f for f in sheet.of(FactKind.CONVERSION)}
    found = [f for f in sheet.of(FactKind.FINDING) if is_known(f) or (f.drug, f.gene) in converted]
    for alike in grouped(found, lambda f: (_content(f), _content(converted.get((f.drug, f.gene))))).values():
        gene, drugs = alike[0].gene, tuple(f.drug for f in alike)
        conversions = [converted[d, gene] for d in drugs if (d, gene) in converted]
        open_for = [m for d in drugs for m in _unsettled(sheet, d) if m.gene == gene]
        yield Message("finding", (*alike, *conversions, *open_for), drugs)
        if conversions or any(d in busy and asked(sheet, d) is not None for d in drugs):
            meaning = [i for d in drugs if d in busy for i in sheet.of(FactKind.IMPLICATION, drug=d) if i.gene == gene]
            yield Message("why", (*alike, *conversions, *meaning), drugs)
    for drug in busy:
        meaning = list(sheet.of(FactKind.IMPLICATION, drug=drug))
        if meaning:
            yield Message("assessment", tuple(meaning), (drug,), _weight("assessment"))


def _content(fact: Fact | None) -> Hashable:
    """What a fact about a gene says, whatever the drug; None where there is none."""
    return (fact.gene, fact.code, tuple(sorted(fact.values.items()))) if fact is not None else None


def _by_drug(sheet: FactSheet, busy: tuple[str, ...]) -> Iterator[Message]:
    """Risks, options, checks and doubts of the drugs that need something."""
    for code, kind, drugs in (("risk", FactKind.RISK, busy), ("monitoring", FactKind.MONITORING, sheet.drugs)):
        for alike in _alike(sheet, kind, drugs):
            weight = 0 if any(f.is_essential for f in alike) else _weight(code)
            of = tuple(dict.fromkeys(f.drug for f in alike))
            orders = [order for d in of if (order := asked(sheet, d)) is not None]
            if code == "risk" and weight and orders and all(map(is_reassuring, orders)):
                continue  # of a treatment that may go on as it is
            yield Message(code, alike, of, weight)
    changes = tuple(
        order.action
        for d in busy
        if (order := asked(sheet, d)) is not None and order.is_change and order.action.code != Action.NOT_EXCLUDED
    )
    if meant := tuple(a for a in changes if "reason" in a.values):
        yield Message("benefit", meant, tuple(f.drug for f in meant), _weight("benefit"))
    for drug in busy:
        same_class = tuple(a for a in sheet.of(FactKind.ALTERNATIVE, drug=drug) if a.values.get("why") == "same_class")
        for code, facts_of in (
            ("same_class", same_class),
            ("not_alternative", sheet.of(FactKind.NOT_ALTERNATIVE, drug=drug)),
            ("set_aside", sheet.of(FactKind.SET_ASIDE, drug=drug)),
            ("reassess", sheet.of(FactKind.REASSESS, drug=drug)),
        ):
            if facts_of:
                yield Message(code, facts_of, (drug,), _weight(code))
        for code, kind in (
            ("interaction", FactKind.INTERACTION),
            ("population", FactKind.POPULATION),
            ("disagreement", FactKind.DISAGREEMENT),
            ("site", FactKind.SITE),
        ):
            is_idle = kind is FactKind.POPULATION and asked(sheet, drug) is None  # nothing is computed for the group
            for fact in () if is_idle else sheet.of(kind, drug=drug):
                name = "overriding_interaction" if kind is FactKind.INTERACTION and fact.is_essential else code
                yield Message(name, (fact,), (drug,), _weight(name))


def _alike(sheet: FactSheet, kind: FactKind, drugs: tuple[str, ...]) -> list[tuple[Fact, ...]]:
    """Facts of one kind, those of drugs with the same codes together."""
    of_drug = {d: facts for d in drugs if (facts := sheet.of(kind, drug=d))}
    groups = grouped(of_drug, lambda d: tuple(f.code for f in of_drug[d])).values()
    return [tuple(f for d in group for f in of_drug[d]) for group in groups]


def _together(sheet: FactSheet, quiet: tuple[str, ...]) -> Iterator[Message]:
    """What is told once for the whole case."""
    yield from _missing(sheet)
    tests = [f for f in sheet.of(FactKind.TEST) if not _waits_for_test(sheet, f.drug)]
    for alike in grouped(tests, lambda f: (f.code, tuple(f.values.items()))).values():
        genes = [f for t in alike for f in _awaited(sheet, t.drug) if f.kind is FactKind.FINDING and f.gene == t.gene]
        yield Message("test", (*alike, *genes), tuple(dict.fromkeys(f.drug for f in alike)), _weight("test"))
    for alike in grouped(sheet.of(FactKind.NOTE), lambda f: (f.code, f.values.get("value", ""))).values():
        if alike[0].code in _table()["binding"]["implied"]:
            continue
        drugs = tuple(f.drug for f in alike)
        if _is_binding(sheet, alike):
            yield Message("binding_note", tuple(alike), drugs)
        elif any(d not in quiet for d in drugs):
            code = "option_note" if alike[0].code in _table()["options"]["notes"] else "note"
            yield Message(code, tuple(alike), drugs, _weight("note", alike[0].code))
    for alike in grouped(sheet.of(FactKind.COVERAGE), lambda f: f.code).values():
        genes = [g for f in alike for g in _unknown_genes(sheet, f.drug) if f.code == "gene_not_tested"]
        yield Message("coverage", (*alike, *genes), tuple(f.drug for f in alike))
    if quiet:
        facts = [f for d in quiet for f in sheet.of(FactKind.ACTION, FactKind.DOSE, FactKind.FINDING, drug=d)]
        yield Message("nothing_to_do", tuple(facts), quiet)
    computed = [s for s in sheet.of(FactKind.SOURCE) if s.is_essential or asked(sheet, s.drug) is not None]
    if computed:
        yield Message("sources", tuple(computed), tuple(f.drug for f in computed))


def _waits_for_test(sheet: FactSheet, drug: str) -> bool:
    """The tests stand beside the action already."""
    order = asked(sheet, drug)
    return order is not None and order.action.code == Action.TEST_FIRST


def _is_binding(sheet: FactSheet, notes: list[Fact]) -> bool:
    """The note qualifies an advice to change nothing."""
    orders = [order for n in notes if (order := asked(sheet, n.drug)) is not None]
    return notes[0].code in _table()["binding"]["notes"] and any(is_reassuring(o) for o in orders)


def _missing(sheet: FactSheet) -> Iterator[Message]:
    """Genes that are missing where nothing else says so, then what is not known of the person."""
    covered = {f.drug for f in sheet.of(FactKind.COVERAGE) if f.code == "gene_not_tested"}
    covered |= {d for d in sheet.drugs if (order := asked(sheet, d)) is not None and is_reassuring(order)}
    told = {f.id for d in sheet.drugs for f in _unsettled(sheet, d)}
    told |= {f.id for d in sheet.drugs if _waits_for_test(sheet, d) for f in _awaited(sheet, d)}
    genes = [f for d in sheet.drugs if d not in covered for f in _unknown_genes(sheet, d) if f.id not in told]
    if any(f.kind is FactKind.MISSING for f in genes):
        yield Message("missing_gene", tuple(genes), tuple(dict.fromkeys(f.drug for f in genes)))
    questions = tuple(f for f in sheet.of(FactKind.MISSING) if not f.gene)
    if questions:
        yield Message("missing", questions, tuple(dict.fromkeys(f.drug for f in questions)))


def _unsettled(sheet: FactSheet, drug: str) -> list[Fact]:
    """Genes with a result that does not settle the advice on a drug; told with the result."""
    order = asked(sheet, drug)
    if order is None or is_reassuring(order):
        return []
    return [f for f in sheet.of(FactKind.MISSING, drug=drug) if f.gene and _is_known(sheet, f)]
