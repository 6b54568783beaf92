"""Exact values of facts as claims: doses, probabilities, and the names of this case's results."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from rxweave.narrative.facts import FactKind, FactSheet
from rxweave.narrative.verifier.claims import Feature
from rxweave.narrative.verifier.items import Item, Kind
from rxweave.narrative.verifier.lexicon import Lexicon
from rxweave.narrative.verifier.phrases import Meaning
from rxweave.narrative.verifier.quantities import plain
from rxweave.narrative.verifier.reading import Reader

AS_USUAL = ("factor", "100", "100", "")


def dose_features(value: Mapping[str, str], phase: str) -> set[Feature]:
    found: set[Feature] = set()
    ends = [e for e in (value.get("factor_low"), value.get("factor_high")) if e]
    if ends:
        low, high = (plain(Decimal(e) * 100) for e in (min(ends, key=Decimal), max(ends, key=Decimal)))
        found.add(("factor", low, high, "lt" if value.get("factor_exclusive") else ""))
        direction = "up" if Decimal(high) > 100 else "usual" if low == high == "100" else "down"
        found |= {("direction", phase, direction, ""), ("direction", "dose", direction, "")}
    unit = value.get("unit", "")
    if cap := value.get("cap"):
        comparison = "lt" if value.get("cap_exclusive") else "le"
        found |= {("q", unit, cap, cap, comparison)} | (set() if comparison == "lt" else {("q", unit, cap, cap, "")})
        if not ends or Decimal(max(ends, key=Decimal)) <= 1:
            found |= {("direction", phase, "down", ""), ("direction", "dose", "down", "")}
    if value.get("cap"):
        found.add(("action", "limit_dose", ""))
    floor = value.get("floor")
    if floor:
        found.add(("q", unit, floor, floor, "ge"))
    if floor and cap:
        found.add(("q", unit, floor, cap, ""))
    if unit.endswith("/day"):
        found |= {(*f[:1], unit.removesuffix("/day"), *f[2:]) for f in found if f[0] == "q"}
        found.add(("concept", "daily", ""))
    if usual := value.get("usual"):
        found.add(("q", unit, usual, usual, ""))
    return found


def probability_features(text: str) -> set[Feature]:
    number = decimal(text)
    if not number:
        return set()
    percent = plain(Decimal(number) * 100)
    return {("q", "%", percent, percent, ""), ("q", "", number, number, "")}


def decimal(text: str) -> str:
    try:
        return plain(Decimal(text))
    except InvalidOperation:
        return ""


#: Facts whose code or values name a drug.
_NAMING = (
    FactKind.ALTERNATIVE,
    FactKind.SET_ASIDE,
    FactKind.NOT_ALTERNATIVE,
    FactKind.AVOID_WITH,
    FactKind.CONVERSION,
)


_TOLD = frozenset({Kind.PHENOTYPE, Kind.CONCEPT})
_SHORTEST_NAME = 3  # an allele called "A" is not told from the article


def literals_of(sheet: FactSheet, lexicon_: Lexicon, plain_reader: Reader) -> dict[str, Meaning]:
    """Diplotypes that no pattern reads, as they are written in the facts."""
    found: dict[str, Meaning] = {}
    for fact in sheet.facts:
        for gene in (fact.gene, *fact.values.get("genes", "").split(";")):
            if gene:
                found[gene] = ((Kind.GENE, gene),)
        for name in (fact.code, *fact.values.get("by", "").split(";")) if fact.kind in _NAMING else ():
            if name and not lexicon_.words.has("alternative", name) and not lexicon_.words.has("drug", name):
                found[name] = ((Kind.DRUG, name),)
            elif name and lexicon_.words.has("drug", name):
                for text in (lexicon_.words.word("drug", name), *lexicon_.says.get("drug", {}).get(name, ())):
                    found["!" + text] = ((Kind.DRUG, name),)
        if fact.kind in (FactKind.NOTE, FactKind.SITE):
            for text in fact.values.values():
                for item in plain_reader.read(text.replace("_", " ").replace("|", " ")):
                    if item.kind is Kind.UNKNOWN and item.text.isalnum():
                        found[item.text] = ((Kind.CONCEPT, "w:" + item.text),)
        phenotype = fact.values.get("phenotype", "") if fact.kind is FactKind.FINDING else ""
        if phenotype and not any(i.kind in _TOLD for i in plain_reader.read(phenotype)):
            found[phenotype] = ((Kind.PHENOTYPE, phenotype.casefold()),)
        text = fact.values.get("diplotype", "") if fact.kind is FactKind.FINDING else ""
        text = text or fact.condition.get("genotype", "").rpartition(" ")[2]
        if len(text) >= _SHORTEST_NAME and not _is_pair(plain_reader.read(text)):
            found[text] = ((Kind.DIPLOTYPE, text),)
            first, slash, second = text.partition("/")
            if slash:
                found[f"{second}/{first}"] = ((Kind.DIPLOTYPE, text),)
                for allele in (first, second):
                    if not allele.casefold().startswith("ref") and len(allele) >= _SHORTEST_NAME:
                        found.setdefault(allele, ((Kind.ALLELE, allele),))
    return found


def _is_pair(items: list[Item]) -> bool:
    return len(items) == 1 and items[0].kind is Kind.DIPLOTYPE
