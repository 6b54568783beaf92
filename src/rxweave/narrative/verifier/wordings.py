"""The words that state a fact: those of its codes in the advice, then further wordings of the lexicon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rxweave.narrative.facts import Fact, FactKind
from rxweave.narrative.verifier.lexicon import Lexicon


class Wordings:
    """The texts of facts in one language; what they claim, the facts allow."""

    def __init__(self, lexicon: Lexicon, release: str) -> None:
        self._lexicon = lexicon
        self._words = lexicon.words
        self._language = lexicon.language
        self._release = release

    def says(self, section: str, code: str) -> tuple[str, ...]:
        """Further wordings of a code."""
        return self._lexicon.says.get(section, {}).get(code, ())

    def of(self, fact: Fact) -> Iterator[str]:
        """The words of the fact's codes, those of the advice first, then further wordings of the lexicon."""
        word, value = self._words.word, fact.values
        match fact.kind:
            case FactKind.ACTION:
                yield word("action.do", fact.code)
                if reason := value.get("reason"):
                    section = "reason" if self._words.has("reason", reason) else "no_recommendation"
                    yield word(section, reason)
                    yield from self.says("reason", reason)
                if value.get("level"):
                    yield from self.says("level", value["level"])
                yield value.get("at_dose", "")
                yield from self.says("action", fact.code)
            case FactKind.CHOICE:
                yield word("action.do", fact.code)
                yield from self.says("action", fact.code)
            case FactKind.DOSE:
                for key, section in (("direction", "direction"), ("interval", "interval"), ("schedule", "schedule")):
                    if code := value.get(key):
                        named = f"{fact.code}_{code}" if self._words.has(section, f"{fact.code}_{code}") else code
                        yield f"{word('phase', fact.code)} {word(section, named)}"
                        yield from self.says(section, code)
                if value.get("factor_low") == value.get("factor_high") == "1":
                    yield f"{word('phase', fact.code)} {word('direction', 'usual')}"
                yield word("phase", fact.code)
                yield from self.says("licence", "dose")
            case FactKind.ALTERNATIVE | FactKind.NOT_ALTERNATIVE | FactKind.AVOID_WITH | FactKind.SET_ASIDE:
                yield from self._option_texts(fact)
            case FactKind.MISSING:
                name = fact.code.partition(":")[0]
                yield word("missing", fact.code)
                yield word("question", fact.code)
                yield from self.says("missing", name)
                key, is_condition, wanted = fact.code.partition(":")
                if is_condition:
                    yield from self.of_condition(key, wanted)
                if fact.gene:
                    yield from self.says("missing", "gene")
            case FactKind.NOTE:
                code = f"{fact.code}:{value.get('value', '')}"
                yield word("note", code) if self._words.has("note", fact.code) else word("caveat", fact.code)
                yield from self.says("note", fact.code)
                yield from self.says("caveat", fact.code)
                yield from self._value_texts(value.get("value", ""))
            case FactKind.TEST:
                yield word("test_why", fact.code, gene=fact.gene)
                if method := value.get("method"):
                    yield word("test_method", method)
                yield from self.says("test_why", fact.code)
                yield from self.says("licence", "test")
                if value.get("before_first_dose"):
                    yield word("label", "before_first_dose")
            case FactKind.TIER:
                yield word("tier_because", value.get("because", ""))
                yield from self.says("tier", fact.code)
            case FactKind.COVERAGE:
                genes = value.get("genes", "").replace(";", " ")
                values = {"drug": "", "release": self._release, "genes": genes, "source": value.get("source", "")}
                yield word("coverage", fact.code, **values)
                yield word("coverage_text", fact.code, **values)
                yield word("coverage_patient", fact.code, **values)
                yield from self.says("coverage", fact.code)
            case FactKind.POPULATION:
                yield word("population", fact.code)
                yield word("population_because", value.get("because", ""))
                yield from self.says("population", fact.code)
            case FactKind.DISAGREEMENT:
                yield word("action.do", fact.code)
                yield from self.says("action", fact.code)
                yield word("disagreement.how", value.get("how", ""), source="", action="")
                for because in value.get("because", "").split(";"):
                    if because:
                        yield word("disagreement.because", because)
                        yield from self.says("disagreement_because", because)
                yield from self.says("disagreement", value.get("how", ""))
                if population := value.get("population"):
                    yield word("population", population)
            case FactKind.INTERACTION:
                kind = word("kind", "of_gene", gene=fact.gene, **self._modulator(value))
                victim, perpetrator = value.get("victim", ""), value.get("perpetrator", "")
                yield word("interaction", fact.code, victim=victim, perpetrator=perpetrator, kind=kind, sources="")
                yield from self.says("interaction", fact.code)
            case FactKind.CONVERSION:
                yield from self.says("licence", "conversion")
                for role in value.get("role", "inhibitor").split(";"):
                    yield from self.says("role", role)
                roles = value.get("role", "inhibitor").split(";")
                for role, strength in zip(roles, value.get("strength", "").split(";"), strict=False):
                    yield from self.says("inhibitor", strength)
                    yield from self.says("modulator", f"{role}_{strength}")
                yield from self.says("confidence", value.get("confidence", ""))
            case FactKind.FINDING:
                yield from self.says("finding", fact.code)
                yield from self.says("phenotype", value.get("phenotype", "").casefold())
                yield from value.get("phenotype", "").split(" and ")
            case FactKind.SOURCE:
                yield from self.says("strength", value.get("strength", "").casefold())
                yield word("section", value["section"]) if value.get("section") else ""
                yield from self.says("licence", "source")
            case FactKind.PERSON:
                yield from self.says(f"person_{fact.code}", value.get("value", "").casefold())
                yield from self.says("person", fact.code)
            case FactKind.TAKING:
                yield from self.says("taking", fact.code)
                yield from self.says("taking", "because_of") if value.get("because_of") else ()
            case FactKind.REASSESS:
                yield value.get("after", "")
                yield from self.says("licence", "reassess")
            case FactKind.POSSIBILITY:
                yield from self.says("licence", "possibility")
                for key, text in value.items():
                    if key != "probability":
                        yield text
            case FactKind.SITE:
                yield word("site_change", value.get("kind", ""), id=fact.code, owner=value.get("owner", ""))
                yield value.get("because", "")
            case _:  # implication, risk, monitoring
                yield word(fact.kind.value, fact.code)
                yield from self.says(fact.kind.value, fact.code)
                for family in self._lexicon.families.get(fact.kind.value, {}).get(fact.code, ()):
                    yield from self.says("family", family)
        yield from self.says("kind", fact.kind.value)
        if fact.kind in _CODED and self._language == "en":  # the codes are English words themselves
            yield fact.code.partition(":")[0].replace("_", " ")
        if fact.values.get("severe"):
            yield from self.says("licence", "severe")

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
                yield from self.says("action", part)
            if self._words.has("population", part):
                yield self._words.word("population", part)
        for fact in value.split(","):
            key, is_condition, wanted = fact.partition("=")
            if is_condition:
                yield from self.of_condition(key, wanted)
        yield value.replace("_", " ")

    def _option_texts(self, fact: Fact) -> Iterator[str]:
        word = self._words.word
        if self._words.has("alternative", fact.code):
            yield word("alternative", fact.code)
            yield from self.says("alternative", fact.code)
        elif self._words.has("drug", fact.code):
            yield word("drug", fact.code)
            yield from self.says("drug", fact.code)
        else:
            yield fact.code
        if why := fact.values.get("why"):
            yield word("alternative_why", why)
            yield from self.says("alternative_why", why)
        for conflict in fact.values.get("conflicts", "").split("; "):
            name, _, value = conflict.partition(":")
            if " guidance" in name:
                yield name.replace(" + ", " and ")
                yield word("action.do", value.strip())
                yield from self.says("action", value.strip())
            elif conflict:
                yield word("conflict", conflict)
                yield from self.says("conflict", name)

    def of_condition(self, key: str, value: str) -> tuple[str, ...]:
        word = self._words.word
        if self._words.has("condition_pattern", key):
            return (word("condition_pattern", key, value=value), *self.says("condition_pattern", key))
        return (word(f"condition.{key}", value), *self.says(f"condition_{key}", value))


#: Facts whose codes are English words that say what they mean.
_CODED = (FactKind.RISK, FactKind.MONITORING, FactKind.ALTERNATIVE)
