"""A true narrative that errors are injected into, with what its facts say in forms that are easy to ask."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from rxweave.knowledge import Knowledge
from rxweave.narrative.attack.wordings import AttackWords
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.narrative import Audience, Sentence, SentenceKind
from rxweave.narrative.words import Words

#: A number that is no part of a gene, an allele, a variant, a longer number or a word.
NUMBER = re.compile(r"(?<![\w*.:/>+-])(?<!\d,)\d+(?:\.\d+)?(?![\w:]|\.\d)")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_HUNDRED = Decimal(100)
STATED_OF_A_DRUG = frozenset(FactKind) - {FactKind.PERSON, FactKind.TIER, FactKind.TAKING}


@dataclass(frozen=True)
class Scene:
    """``sentences`` are true of ``sheet``; ``terms`` are the words of the codes, ``knowledge`` gives names to put."""

    sheet: FactSheet
    audience: Audience
    sentences: tuple[Sentence, ...]
    words: AttackWords
    terms: Words
    knowledge: Knowledge
    names: Mapping[str, str] = field(default_factory=dict)  # of drugs and phenotypes, where the language has its own

    @cached_property
    def said(self) -> str:
        """Every id and value of the sheet: a name that is not in here is in no fact."""
        return " ".join(text for fact in self.sheet.facts for text in (fact.id, fact.code, *_values(fact))).casefold()

    @cached_property
    def numbers(self) -> frozenset[Decimal]:
        """Every number of the sheet, and what it is in percent, as a rest of 100% and as a change from it."""
        found: set[Decimal] = set()
        for fact in self.sheet.facts:
            for text in (fact.code, *_values(fact)):
                found |= {Decimal(digits) for digits in _DIGITS.findall(text)}
        return frozenset(
            abs(form).normalize()
            for n in found
            for form in (n, n * 100, _HUNDRED - n, _HUNDRED - n * 100, n * 100 - _HUNDRED)
        )

    def facts_of(self, sentence: Sentence) -> tuple[Fact, ...]:
        return tuple(fact for name in sentence.facts if (fact := self.sheet.get(name)) is not None)

    def is_of_the_question(self, place: int) -> bool:
        """Whether the sentence says who is asked about and which drugs, and nothing of what was found out."""
        kinds = {fact.kind for fact in self.facts_of(self.sentences[place])}
        return bool(kinds) and kinds <= {FactKind.PERSON, FactKind.TAKING}

    def drugs_in(self, text: str) -> tuple[str, ...]:
        """The drugs of the sheet that the text names, in order of urgency."""
        return tuple(drug for drug in self.sheet.drugs if word(self.name(drug)).search(text))

    def name(self, code: str) -> str:
        """A drug or a phenotype as the narrative's language names it."""
        return self.names.get(code, code)

    def is_true_of(self, fact: Fact, drug: str) -> bool:
        """Whether the same holds for another drug."""
        return any(_meaning(other) == _meaning(fact) for other in self.sheet.facts if other.drug == drug)

    def with_text(self, place: int, text: str) -> tuple[Sentence, ...]:
        changed = replace(self.sentences[place], text=text)
        return (*self.sentences[:place], changed, *self.sentences[place + 1 :])

    def with_added(self, place: int, text: str, kind: SentenceKind) -> tuple[Sentence, ...]:
        """A sentence more, behind ``place`` and citing the same facts."""
        added = replace(self.sentences[place], text=text, kind=kind)
        return (*self.sentences[: place + 1], added, *self.sentences[place + 1 :])


def word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.IGNORECASE)


def put(text: str, match: re.Match[str], new: str) -> str:
    """``new`` in the place of the match, with its capital."""
    return text[: match.start()] + _in_case_of(match.group(), new) + text[match.end() :]


def pair_swaps(text: str, pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The text with one word of a pair put for the other, once for each place."""
    found = []
    for first, second in pairs:
        for old, new in ((first, second), (second, first)):
            found += [put(text, match, new) for match in word(old).finditer(text)]
    return tuple(found)


def renamed(text: str, old: str, new: str) -> str:
    """``new`` for ``old`` wherever it stands, with its capital."""
    return word(old).sub(lambda match: _in_case_of(match.group(), new), text)


def swapped(text: str, first: str, second: str) -> str:
    """Both names put for each other, wherever they stand."""
    both = re.compile(f"{word(first).pattern}|{word(second).pattern}", re.IGNORECASE)

    def other(match: re.Match[str]) -> str:
        return _in_case_of(match.group(), second if match.group().casefold() == first.casefold() else first)

    return both.sub(other, text)


def _in_case_of(old: str, new: str) -> str:
    return new[:1].upper() + new[1:] if old[:1].isupper() and not old.isupper() else new


def _values(fact: Fact) -> Iterable[str]:
    return (*fact.values.values(), *fact.condition.values())


def _meaning(fact: Fact) -> tuple[object, ...]:
    return (
        fact.kind,
        fact.gene,
        fact.code,
        tuple(fact.values.items()),
        tuple(fact.condition.items()),
        bool(fact.scope),
    )
