"""What each fact allows to be said: its exact values, and the claims of the words that its code has."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from rxweave.knowledge.guidelines import Action
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.verifier.claims import Claims, Feature
from rxweave.narrative.verifier.items import Item, Kind
from rxweave.narrative.verifier.lexicon import Lexicon, lexicon
from rxweave.narrative.verifier.phrases import Meaning
from rxweave.narrative.verifier.quantities import plain
from rxweave.narrative.verifier.reading import Reader


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
    """The claims of a text of our own."""

    features: frozenset[Feature]
    degrees: frozenset[tuple[str, str]]
    drugs: frozenset[str]
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
    genes: set[str] = set()
    for claim in claims.all():
        is_of_nothing = claim.kind is Kind.DIRECTION and claim.features[0][1] == ""
        features.update(claim.features[:1] if is_of_nothing else claim.features)
        if claim.degree:
            degrees.update((feature[1], claim.degree) for feature in claim.features)
        if claim.kind is Kind.DRUG:
            drugs.add(claim.features[0][1])
        if claim.kind is Kind.GENE:
            genes.add(claim.features[0][1])
    return Said(frozenset(features), frozenset(degrees), frozenset(drugs), frozenset(genes), bool(claims.certainty))


_NOTHING = Said(frozenset(), frozenset(), frozenset(), frozenset(), False)


class Licences:
    """The licences of one sheet."""

    def __init__(self, sheet: FactSheet, language: str) -> None:
        self._sheet = sheet
        self._language = language
        self._lexicon = lexicon(language)
        self._words = self._lexicon.words
        self.literals = _literals(sheet, self._lexicon)
        self._reader = Reader(self._lexicon, self.literals)
        self._known: dict[str, Licence] = {}
        self._facts = {fact.id: fact for fact in sheet.facts}

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
    def always(self) -> frozenset[str]:
        """Concepts that stand beside every fact, of whatever drug."""
        return frozenset(self._lexicon.licence["always"]["concepts"])

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
        texts = tuple(self._texts(fact))
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
            self._roles(fact),
            self._modal(fact),
            self._primary(fact),
            frozenset(d for p in parts for d in p.drugs) if self._words.has("alternative", fact.code) else frozenset(),
            fact.kind is FactKind.IMPLICATION and bool(parts) and parts[0].is_uncertain,
        )

    def _texts(self, fact: Fact) -> Iterator[str]:
        """The words of the fact's codes, those of the advice first, then further wordings of the lexicon."""
        word, value = self._words.word, fact.values
        match fact.kind:
            case FactKind.ACTION:
                yield word("action.do", fact.code)
                if reason := value.get("reason"):
                    section = "reason" if self._words.has("reason", reason) else "no_recommendation"
                    yield word(section, reason)
                    yield from self._says("reason", reason)
                if value.get("level"):
                    yield from self._says("level", value["level"])
                yield value.get("at_dose", "")
                yield from self._says("action", fact.code)
            case FactKind.CHOICE:
                yield word("action.do", fact.code)
                yield from self._says("action", fact.code)
            case FactKind.DOSE:
                for key, section in (("direction", "direction"), ("interval", "interval"), ("schedule", "schedule")):
                    if code := value.get(key):
                        named = f"{fact.code}_{code}" if self._words.has(section, f"{fact.code}_{code}") else code
                        yield f"{word('phase', fact.code)} {word(section, named)}"
                        yield from self._says(section, code)
                if value.get("factor_low") == value.get("factor_high") == "1":
                    yield f"{word('phase', fact.code)} {word('direction', 'usual')}"
                yield word("phase", fact.code)
                yield from self._says("licence", "dose")
            case FactKind.ALTERNATIVE | FactKind.NOT_ALTERNATIVE | FactKind.AVOID_WITH | FactKind.SET_ASIDE:
                yield from self._option_texts(fact)
            case FactKind.MISSING:
                name = fact.code.partition(":")[0]
                yield word("missing", fact.code)
                yield word("question", fact.code)
                yield from self._says("missing", name)
                key, is_condition, wanted = fact.code.partition(":")
                if is_condition:
                    yield from self._condition_texts(key, wanted)
                if fact.gene:
                    yield from self._says("missing", "gene")
            case FactKind.NOTE:
                code = f"{fact.code}:{value.get('value', '')}"
                yield word("note", code) if self._words.has("note", fact.code) else word("caveat", fact.code)
                yield from self._says("note", fact.code)
                yield from self._says("caveat", fact.code)
                yield from self._value_texts(value.get("value", ""))
            case FactKind.TEST:
                yield word("test_why", fact.code, gene=fact.gene)
                if method := value.get("method"):
                    yield word("test_method", method)
                yield from self._says("test_why", fact.code)
                yield from self._says("licence", "test")
                if value.get("before_first_dose"):
                    yield word("label", "before_first_dose")
            case FactKind.TIER:
                yield word("tier_because", value.get("because", ""))
                yield from self._says("tier", fact.code)
            case FactKind.COVERAGE:
                genes = value.get("genes", "").replace(";", " ")
                values = {"drug": "", "release": self._sheet.release, "genes": genes, "source": value.get("source", "")}
                yield word("coverage", fact.code, **values)
                yield word("coverage_text", fact.code, **values)
                yield word("coverage_patient", fact.code, **values)
                yield from self._says("coverage", fact.code)
            case FactKind.POPULATION:
                yield word("population", fact.code)
                yield word("population_because", value.get("because", ""))
                yield from self._says("population", fact.code)
            case FactKind.DISAGREEMENT:
                yield word("action.do", fact.code)
                yield from self._says("action", fact.code)
                yield word("disagreement.how", value.get("how", ""), source="", action="")
                for because in value.get("because", "").split(";"):
                    if because:
                        yield word("disagreement.because", because)
                        yield from self._says("disagreement_because", because)
                yield from self._says("disagreement", value.get("how", ""))
                if population := value.get("population"):
                    yield word("population", population)
            case FactKind.INTERACTION:
                kind = word("kind", "of_gene", gene=fact.gene, **self._modulator(value))
                victim, perpetrator = value.get("victim", ""), value.get("perpetrator", "")
                yield word("interaction", fact.code, victim=victim, perpetrator=perpetrator, kind=kind, sources="")
                yield from self._says("interaction", fact.code)
            case FactKind.CONVERSION:
                yield from self._says("licence", "conversion")
                for role in value.get("role", "inhibitor").split(";"):
                    yield from self._says("role", role)
                roles = value.get("role", "inhibitor").split(";")
                for role, strength in zip(roles, value.get("strength", "").split(";"), strict=False):
                    yield from self._says("inhibitor", strength)
                    yield from self._says("modulator", f"{role}_{strength}")
                yield from self._says("confidence", value.get("confidence", ""))
            case FactKind.FINDING:
                yield from self._says("finding", fact.code)
                yield from self._says("phenotype", value.get("phenotype", "").casefold())
                yield from value.get("phenotype", "").split(" and ")
            case FactKind.SOURCE:
                yield from self._says("strength", value.get("strength", "").casefold())
                yield word("section", value["section"]) if value.get("section") else ""
                yield from self._says("licence", "source")
            case FactKind.PERSON:
                yield from self._says(f"person_{fact.code}", value.get("value", "").casefold())
                yield from self._says("person", fact.code)
            case FactKind.TAKING:
                yield from self._says("taking", fact.code)
            case FactKind.REASSESS:
                yield value.get("after", "")
                yield from self._says("licence", "reassess")
            case FactKind.POSSIBILITY:
                yield from self._says("licence", "possibility")
                for key, text in value.items():
                    if key != "probability":
                        yield text
            case FactKind.SITE:
                yield word("site_change", value.get("kind", ""), id=fact.code, owner=value.get("owner", ""))
                yield value.get("because", "")
            case _:  # implication, risk, monitoring
                yield word(fact.kind.value, fact.code)
                yield from self._says(fact.kind.value, fact.code)
                for family in self._lexicon.families.get(fact.kind.value, {}).get(fact.code, ()):
                    yield from self._says("family", family)
        yield from self._says("kind", fact.kind.value)
        if fact.kind in _CODED and self._language == "en":  # the codes are English words themselves
            yield fact.code.partition(":")[0].replace("_", " ")
        if fact.values.get("severe"):
            yield from self._says("licence", "severe")

    def _modulator(self, value: Mapping[str, str]) -> dict[str, str]:
        """How strong a modulator is and what it does, in the language's words."""
        strength, role = value.get("strength", ""), value.get("role", "")
        word = self._words.word
        return {"strength": word("kind", strength) if strength else "", "role": word("role", role)}

    def _value_texts(self, value: str) -> Iterator[str]:
        """What a note is about: a name, or a condition (``age_below=12``)."""
        for part in value.split("|"):
            if self._words.has("action.do", part):
                yield self._words.word("action.do", part)
                yield from self._says("action", part)
            if self._words.has("population", part):
                yield self._words.word("population", part)
        for fact in value.split(","):
            key, is_condition, wanted = fact.partition("=")
            if is_condition:
                yield from self._condition_texts(key, wanted)
        yield value.replace("_", " ")

    def _says(self, section: str, code: str) -> tuple[str, ...]:
        return self._lexicon.says.get(section, {}).get(code, ())

    def _option_texts(self, fact: Fact) -> Iterator[str]:
        word = self._words.word
        if self._words.has("alternative", fact.code):
            yield word("alternative", fact.code)
            yield from self._says("alternative", fact.code)
        elif self._words.has("drug", fact.code):
            yield word("drug", fact.code)
            yield from self._says("drug", fact.code)
        else:
            yield fact.code
        if why := fact.values.get("why"):
            yield word("alternative_why", why)
            yield from self._says("alternative_why", why)
        for conflict in fact.values.get("conflicts", "").split("; "):
            name, _, value = conflict.partition(":")
            if " guidance" in name:
                yield name.replace(" + ", " and ")
                yield word("action.do", value.strip())
                yield from self._says("action", value.strip())
            elif conflict:
                yield word("conflict", conflict)
                yield from self._says("conflict", name)

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
                found |= _dose(value, fact.code)
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
                number = _decimal(value.get("value", ""))
                unit = self._lexicon.licence.get("person_unit", {}).get(fact.code, "")
                if number:
                    found |= {("q", unit, number, number, ""), ("q", "", number, number, "")}
            case FactKind.POSSIBILITY:
                found |= _probability(value.get("probability", ""))
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
        return found | _probability(value.get("probability", ""))

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

    def _roles(self, fact: Fact) -> Mapping[str, frozenset[str]] | None:
        """What may be said of a drug that the fact names beside its own."""
        roles = self._lexicon.licence["roles"].get(fact.kind.value)
        if roles is None:
            return None
        allowed = frozenset(r.removeprefix("none") for r in roles)
        return {name: allowed for name in self._named_drugs(fact) if name != fact.drug or fact.code == name}

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
                yield self._wordings(self._says("scope", name))
            elif name == "possibility":
                possibility = self.of(f"{fact.drug}/{part}") if fact.kind is not FactKind.POSSIBILITY else None
                if possibility is not None:
                    about = {f for f in possibility.features if f[0] in ("phenotype", "q", "concept", "allele")}
                    yield tuple(frozenset({feature}) for feature in about)
        for key, value in fact.condition.items():
            texts = self._condition_texts(key, value)
            yield self._wordings(texts) if key != "genotype" else tuple(self._read_here(text) for text in texts)

    def _condition_texts(self, key: str, value: str) -> tuple[str, ...]:
        word = self._words.word
        if self._words.has("condition_pattern", key):
            return (word("condition_pattern", key, value=value), *self._says("condition_pattern", key))
        return (word(f"condition.{key}", value), *self._says(f"condition_{key}", value))

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
                texts = (self._words.word("no_recommendation", reason), *self._says("reason", reason)) if reason else ()
                yield self._features_of(
                    (self._words.word("action.do", fact.code), *self._says("action", fact.code), *texts)
                )
            case FactKind.DOSE:
                numbers = frozenset(f for f in own if f[0] in ("factor", "q") and f != _AS_USUAL)
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
                everything -= {("concept", c, "") for c in self._lexicon.licence["always"]["concepts"]}
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


_CODED = (FactKind.RISK, FactKind.MONITORING, FactKind.ALTERNATIVE)
_AS_USUAL = ("factor", "100", "100", "")


def _dose(value: Mapping[str, str], phase: str) -> set[Feature]:
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


def _probability(text: str) -> set[Feature]:
    number = _decimal(text)
    if not number:
        return set()
    percent = plain(Decimal(number) * 100)
    return {("q", "%", percent, percent, ""), ("q", "", number, number, "")}


def _decimal(text: str) -> str:
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


def _literals(sheet: FactSheet, lexicon_: Lexicon) -> dict[str, Meaning]:
    """Diplotypes that no pattern reads, as they are written in the facts."""
    found: dict[str, Meaning] = {}
    plain_reader = _reader(lexicon_.language)
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
