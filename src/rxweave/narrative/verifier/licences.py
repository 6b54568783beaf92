"""What each fact allows to be said: its exact values, and the claims of the words that its code has."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rxweave.knowledge.guidelines import Action
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.verifier.claims import Claims, Feature
from rxweave.narrative.verifier.items import Kind
from rxweave.narrative.verifier.lexicon import Lexicon, lexicon
from rxweave.narrative.verifier.reading import Reader
from rxweave.narrative.verifier.values import AS_USUAL, decimal, dose_features, literals_of, probability_features
from rxweave.narrative.verifier.wordings import Wordings


@dataclass(frozen=True, slots=True)
class Licence:
    """What one fact allows.

    ``features`` may be claimed, for these ``drugs`` (as subject or object) and ``genes``. ``conditions``: each is met
    where the claim's clause says all features of one of its wordings. ``core``: one of each of these groups has to be
    claimed for the fact to count as stated. ``roles`` are what the fact makes of a drug it names. ``modal`` is how
    firmly the ``primary`` claims are made. ``mentioned`` are drugs that the words of a group of alternatives exclude.
    ``is_uncertain``: the fact itself says perhaps or probably.
    """

    fact: Fact
    features: frozenset[Feature]
    degrees: frozenset[tuple[str, str]]
    drugs: frozenset[str]
    genes: frozenset[str]
    conditions: tuple[tuple[frozenset[Feature], ...], ...] = ()
    core: tuple[frozenset[Feature], ...] = ()
    roles: Mapping[str, frozenset[str]] | None = None
    modal: str = ""
    primary: frozenset[Feature] = frozenset()
    mentioned: frozenset[str] = frozenset()
    is_uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """The claims of a text of our own. ``excluded`` are those of its ``drugs`` that it says not to use."""

    features: frozenset[Feature]
    degrees: frozenset[tuple[str, str]]
    drugs: frozenset[str]
    excluded: frozenset[str]
    genes: frozenset[str]
    is_uncertain: bool


@functools.cache
def _reader(language: str) -> Reader:
    return Reader(lexicon(language))


@functools.lru_cache(maxsize=20_000)
def said(text: str, language: str) -> Said:
    """What a text of the terms or the lexicon claims. Directions count with each degree they carry."""
    items = _reader(language).read(text)
    claims = Claims(items, lexicon(language))
    features: set[Feature] = set()
    degrees: set[tuple[str, str]] = set()
    drugs: set[str] = set()
    excluded: set[str] = set()
    genes: set[str] = set()
    for claim in claims.all():
        is_of_nothing = claim.kind is Kind.DIRECTION and claim.features[0][1] == ""
        features.update(claim.features[:1] if is_of_nothing else claim.features)
        if claim.degree:
            degrees.update((feature[1], claim.degree) for feature in claim.features)
        if claim.kind is Kind.DRUG:
            drugs.add(claim.features[0][1])
            excluded.update({claim.features[0][1]} if claim.role == "neg" else ())
        if claim.kind is Kind.GENE:
            genes.add(claim.features[0][1])
    return Said(
        frozenset(features),
        frozenset(degrees),
        frozenset(drugs),
        frozenset(excluded),
        frozenset(genes),
        bool(claims.certainty),
    )


class Licences:
    """The licences of one sheet."""

    def __init__(self, sheet: FactSheet, language: str) -> None:
        self._sheet = sheet
        self._language = language
        self._lexicon = lexicon(language)
        self._words = self._lexicon.words
        self._texts = Wordings(self._lexicon, sheet.release)
        self.literals = literals_of(sheet, self._lexicon, _reader(language))
        self._reader = Reader(self._lexicon, self.literals)
        self._known: dict[str, Licence] = {}
        self._facts = {fact.id: fact for fact in sheet.facts}
        #: Concepts that stand beside every fact, of whatever drug.
        self.always = frozenset(self._lexicon.licence["always"]["concepts"])

    @property
    def reader(self) -> Reader:
        return self._reader

    @property
    def boilerplate(self) -> frozenset[str]:
        return self._lexicon.boilerplate

    @property
    def lexicon(self) -> Lexicon:
        return self._lexicon

    @property
    def own_roles(self) -> Mapping[str, list[str]]:
        """How the advice's own drug may be spoken of, by its action; ``""`` is any other."""
        roles: Mapping[str, list[str]] = self._lexicon.licence["own_roles"]
        return roles

    def why(self, code: str) -> str:
        """A sentence on why words of this code are never allowed."""
        return str(self._lexicon.licence.get(f"why_{code}", code))

    def of(self, fact_id: str) -> Licence | None:
        found = self._known.get(fact_id)
        if found is None:
            fact = self._facts.get(fact_id)
            if fact is None:
                return None
            found = self._known[fact_id] = self._licence(fact)
        return found

    def all(self) -> Iterator[Licence]:
        for fact in self._sheet.facts:
            licence = self.of(fact.id)
            if licence is not None:
                yield licence

    # ---------------------------------------------------------------- one fact

    def _licence(self, fact: Fact) -> Licence:
        texts = tuple(self._texts.of(fact))
        parts = [said(text, self._language) for text in texts if text]
        own = self._values(fact)
        features = set().union(own, *(p.features for p in parts))
        drugs = {fact.drug} | {name for p in parts for name in p.drugs} if fact.drug else set()
        genes = {fact.gene} if fact.gene else set()
        for name in self._named_drugs(fact):
            drugs.add(name)
            features.add(("drug", name))
        if fact.drug:
            features.add(("drug", fact.drug))
        if fact.gene:
            features.add(("gene", fact.gene))
        features |= {("gene", g) for p in parts for g in p.genes}
        return Licence(
            fact,
            frozenset(features),
            frozenset(d for p in parts for d in p.degrees),
            frozenset(drugs),
            frozenset(genes),
            tuple(self._conditions(fact)),
            tuple(self._core(fact, own, parts)),
            self._roles(fact, parts),
            self._modal(fact),
            self._primary(fact),
            frozenset(d for p in parts for d in p.excluded) if self._is_group(fact) else frozenset(),
            fact.kind is FactKind.IMPLICATION and bool(parts) and parts[0].is_uncertain,
        )

    # ---------------------------------------------------------------- exact values

    def _values(self, fact: Fact) -> set[Feature]:
        value = fact.values
        found: set[Feature] = set()
        match fact.kind:
            case FactKind.FINDING:
                found |= self._result(value)
            case FactKind.CONVERSION:
                for key, reading in (("genetic", "genetic"), ("clinical", "clinical")):
                    for item in self._reader.read(value.get(key, "")):
                        if item.kind is Kind.PHENOTYPE:
                            found |= {("phenotype", item.code, reading, ""), ("phenotype", item.code, "", "")}
            case FactKind.DOSE:
                found |= dose_features(value, fact.code)
                found.add(("phase", fact.code, ""))
            case FactKind.SOURCE:
                found |= {("source", fact.code, "")}
                found |= {("year", value["year"])} if value.get("year") else set()
                found |= {("pmid", value["pmid"])} if value.get("pmid") else set()
            case FactKind.DISAGREEMENT:
                found.add(("source", value.get("source", ""), ""))
            case FactKind.COVERAGE:
                if value.get("source"):
                    found.add(("source", value["source"], ""))
                found |= {("gene", g) for g in value.get("genes", "").split(";") if g}
            case FactKind.PERSON:
                number = decimal(value.get("value", ""))
                unit = self._lexicon.licence.get("person_unit", {}).get(fact.code, "")
                if number:
                    found |= {("q", unit, number, number, ""), ("q", "", number, number, "")}
            case FactKind.POSSIBILITY:
                found |= probability_features(value.get("probability", ""))
                found |= self._lookups(value)
            case FactKind.NOT_ALTERNATIVE | FactKind.SET_ASIDE | FactKind.AVOID_WITH:
                words = said(self._words.word("drug", fact.code), self._language).features
                found |= {("action", "avoid", f[1]) for f in words if f[0] == "concept"}
                if fact.kind is not FactKind.AVOID_WITH:
                    found.add(("action", "use_alternative", "not"))
            case FactKind.NOTE | FactKind.SITE:
                found |= {("concept", code, "") for code in self._value_words(fact)}
                if value.get("value") in self._lexicon.drugs:
                    found.add(("drug", value["value"]))
            case FactKind.TIER | FactKind.TEST | FactKind.TAKING:
                for text in value.values():
                    if text and text in self._lexicon.drugs:
                        found.add(("drug", text))
            case _:
                pass
        return found

    def _value_words(self, fact: Fact) -> Iterator[str]:
        for text in fact.values.values():
            for item in self._reader.read(text.replace("_", " ").replace("|", " ")):
                if item.kind is Kind.CONCEPT:
                    yield item.code

    def _result(self, value: Mapping[str, str]) -> set[Feature]:
        found: set[Feature] = set()
        for item in self._reader.read(value.get("diplotype", "")):
            if item.kind in (Kind.DIPLOTYPE, Kind.ALLELE):
                found.add((item.kind.value, item.code, ""))
                if item.kind is Kind.DIPLOTYPE:
                    alleles = item.code.split("/")
                    found |= {("allele", a, "") for a in alleles}
                    zygosity = "homozygous" if len(set(alleles)) == 1 else "heterozygous"
                    found.add(("concept", zygosity, ""))
        for item in self._reader.read(value.get("phenotype", "")):
            if item.kind is Kind.PHENOTYPE:
                found.add(("phenotype", item.code, "", ""))
                found.add(("phenotype", item.code, "genetic", ""))
            elif item.kind is Kind.ALLELE:
                found.add(("allele", item.code, ""))
        score = value.get("activity_score", "")
        for item in self._reader.read(score):
            if item.kind is Kind.QUANTITY:
                found.add(("q", item.code, *item.value, *([""] if len(item.value) == 2 else [])))
        return found | probability_features(value.get("probability", ""))

    def _lookups(self, value: Mapping[str, str]) -> set[Feature]:
        found: set[Feature] = set()
        for key, text in value.items():
            if key == "probability":
                continue
            found.add(("gene", key))
            found |= self._result({"phenotype": text, "activity_score": text})
        return found

    # ---------------------------------------------------------------- drugs, modality, conditions, core

    def _named_drugs(self, fact: Fact) -> Iterator[str]:
        """Drugs that the fact's values name."""
        value = fact.values
        if fact.code in self._lexicon.drugs or ((Kind.DRUG, fact.code),) in self.literals.values():
            yield fact.code
        for key in ("by", "because_of"):
            yield from (n for n in value.get(key, "").split(";") if n)
        for key in ("victim", "perpetrator", "dose_of"):
            if value.get(key):
                yield value[key]
        for conflict in value.get("conflicts", "").split("; "):
            _, _, name = conflict.partition(":")
            if name in self._lexicon.drugs:
                yield name
        yield from (name for name in value.get("value", "").split("|") if name in self._lexicon.drugs)

    def _is_group(self, fact: Fact) -> bool:
        """The option is told in words: "an antipsychotic not mainly metabolised by CYP2D6"."""
        return self._words.has("alternative", fact.code)

    def _roles(self, fact: Fact, parts: Sequence[Said]) -> Mapping[str, frozenset[str]] | None:
        """What may be said of a drug that the fact names beside its own, of a group's words those not excluded."""
        roles = self._lexicon.licence["roles"].get(fact.kind.value)
        if roles is None:
            return None
        allowed = frozenset(r.removeprefix("none") for r in roles)
        in_words = {d for p in parts for d in p.drugs - p.excluded} if self._is_group(fact) else set()
        named = (*self._named_drugs(fact), *sorted(in_words))
        return {name: allowed for name in named if name != fact.drug or fact.code == name}

    def _modal(self, fact: Fact) -> str:
        """``consider`` and ``do``; empty for what is worded alike in both.

        A dose, and an alternative where the action is to use one, are as firm as their action; they need not say so.
        """
        if fact.kind in (FactKind.DOSE, FactKind.ALTERNATIVE):
            action = self._action_of(fact)
            if action is None or (fact.kind is FactKind.ALTERNATIVE and action.code != Action.USE_ALTERNATIVE):
                return ""
            modal = self._modal(action)
            return {"do": "not_consider", "consider": "not_do"}.get(modal, "")
        if fact.kind is not FactKind.ACTION:
            return ""
        if fact.values.get("modality") != "consider":
            return "do"
        words = self._words
        is_alike = words.word("action.do", fact.code) == words.word("action.consider", fact.code)
        return "" if is_alike else "consider"

    def _primary(self, fact: Fact) -> frozenset[Feature]:
        """What an action asks for, without what follows from it."""
        if fact.kind not in (FactKind.ACTION, FactKind.CHOICE):
            return frozenset()
        return said(self._words.word("action.do", fact.code), self._language).features

    def _action_of(self, fact: Fact) -> Fact | None:
        same = (f for f in self._sheet.facts if f.kind is FactKind.ACTION)
        return next((f for f in same if f.drug == fact.drug and f.scope == fact.scope), None)

    def _conditions(self, fact: Fact) -> Iterator[tuple[frozenset[Feature], ...]]:
        """For every condition of the fact, its wordings."""
        for part in fact.scope.split("/") if fact.scope else ():
            name = part.partition(":")[0]
            if name in ("fallback", "next_step"):
                yield self._wordings(self._texts.says("scope", name))
            elif name == "possibility":
                possibility = self.of(f"{fact.drug}/{part}") if fact.kind is not FactKind.POSSIBILITY else None
                if possibility is not None:
                    about = {f for f in possibility.features if f[0] in ("phenotype", "q", "concept", "allele")}
                    yield tuple(frozenset({feature}) for feature in about)
        for key, value in fact.condition.items():
            texts = self._texts.of_condition(key, value)
            yield self._wordings(texts) if key != "genotype" else tuple(self._read_here(text) for text in texts)

    def _read_here(self, text: str) -> frozenset[Feature]:
        """The claims of a text that names a result of this case."""
        claims = Claims(self._reader.read(text), self._lexicon).all()
        return frozenset(f for claim in claims for f in claim.features if f[0] != "gene")

    def _wordings(self, texts: Iterable[str]) -> tuple[frozenset[Feature], ...]:
        return tuple(found for text in texts if (found := said(text, self._language).features))

    def _features_of(self, texts: Iterable[str]) -> frozenset[Feature]:
        return frozenset(f for text in texts for f in said(text, self._language).features)

    def _core(self, fact: Fact, own: set[Feature], parts: list[Said]) -> Iterator[frozenset[Feature]]:
        """Groups of features; stating the fact means to claim one of each group."""
        everything = frozenset(own).union(*(p.features for p in parts)) if parts else frozenset(own)
        match fact.kind:
            case FactKind.ACTION:
                reason = fact.values.get("reason", "") if fact.code == Action.NO_RECOMMENDATION else ""
                texts = (
                    (self._words.word("no_recommendation", reason), *self._texts.says("reason", reason))
                    if reason
                    else ()
                )
                yield self._features_of(
                    (self._words.word("action.do", fact.code), *self._texts.says("action", fact.code), *texts)
                )
            case FactKind.DOSE:
                numbers = frozenset(f for f in own if f[0] in ("factor", "q") and f != AS_USUAL)
                yield numbers or everything - {("phase", fact.code, "")}
                if fact.values.get("interval"):
                    yield said(self._words.word("interval", fact.values["interval"]), self._language).features
            case FactKind.FINDING if fact.code == "result":
                yield frozenset(own) | frozenset(f for p in parts for f in p.features if f[0] == "phenotype")
            case FactKind.CONVERSION:
                yield frozenset(f for f in own if f[0] == "phenotype") or everything
            case FactKind.SOURCE:
                yield frozenset(f for f in own if f[0] == "source")
            case FactKind.AVOID_WITH:
                yield everything | {("drug", n) for n in self._named_drugs(fact)}
            case _:
                named = {("gene", fact.gene)} if fact.gene else set()
                everything -= {("concept", c, "") for c in self.always}
                yield everything | named | ({("drug", fact.drug)} if fact.kind is FactKind.MISSING else set())


_last: list[tuple[FactSheet, str, Licences]] = []


def licences_of(sheet: FactSheet, language: str) -> Licences:
    """The licences of a sheet; those of the last one are kept, as its sentences come one by one."""
    for known, spoken, licences in _last:
        if known is sheet and spoken == language:
            return licences
    made = Licences(sheet, language)
    _last[:] = [(sheet, language, made)]
    return made
