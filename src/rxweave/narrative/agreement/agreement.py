"""Reads what a text asks for with each drug, by the words near the drug's name, and compares that with the advice."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

from rxweave.errors import InputError
from rxweave.guidance.advice import Advice, Coverage
from rxweave.knowledge import load_release
from rxweave.knowledge.guidelines import Action
from rxweave.narrative.narrative import Sentence
from rxweave.narrative.templates import templates

_PARTS = re.compile(r"[;:.]\s|, (?:because|porque)")


@dataclass(frozen=True, slots=True)
class Disagreeing:
    """A drug of which the text does not ask what the advice asks. ``said``: what was read, ``""``: nothing."""

    drug: str
    action: Action
    said: str


def disagreeing(
    sentences: Iterable[Sentence], advices: Iterable[Advice], language: str = "en"
) -> tuple[Disagreeing, ...]:
    """The drugs with a computed headline advice of which the sentences' texts ask for something else, or for nothing.

    Raises InputError for a language without words.
    """
    words = _words(language)
    heads = [advice for advice in advices if advice.is_headline]
    names = {advice.drug: _named(advice.drug, language) for advice in heads}
    clauses = [c for s in sentences for c in _clauses(s.text.casefold(), words, names.values())]
    return tuple(d for advice in heads for d in _compared(advice, clauses, words, names[advice.drug]))


def _compared(advice: Advice, clauses: list[str], words: _Words, name: re.Pattern[str]) -> Iterator[Disagreeing]:
    if advice.coverage is not Coverage.COMPUTED:
        return
    said = {word for clause in clauses if name.search(clause) for word in words.said(clause)}
    action = advice.directive.action
    one_of, never = words.rules[action]
    if not said & one_of or said & (never - _offered(advice, words)):
        yield Disagreeing(advice.drug, action, ", ".join(sorted(said)))


def _clauses(text: str, words: _Words, names: Collection[re.Pattern[str]]) -> list[str]:
    """The parts of a sentence that speak of this case as it is.

    What stands before a colon is what the rest holds for: a condition, unless it names a drug.
    """
    text = _one_clause_a_bracket(text)
    lead, colon, _ = text.partition(": ")
    if colon and (words.aside.search(lead) or not any(name.search(lead) for name in names)):
        return []
    return [part for part in _PARTS.split(text) if not words.aside.search(part)]


def _one_clause_a_bracket(text: str) -> str:
    """Brackets, nested ones too, are asides of their clause: a semicolon in them ends nothing."""
    depth, read = 0, []
    for character in text:
        depth += (character == "(") - (character == ")")
        read.append("," if character == ";" and depth > 0 else character)
    return "".join(read)


def _offered(advice: Advice, words: _Words) -> frozenset[str]:
    """What the source offers equally: it may be said besides."""
    choices = [words.rules[Action(code)][0] for code in advice.directive.choice_with if code in set(Action)]
    return frozenset().union(*choices)


@dataclass(frozen=True, slots=True)
class _Words:
    """``rules``: action -> what has to be said of it (one of them), and what may not."""

    says: Mapping[str, re.Pattern[str]]
    aside: re.Pattern[str]
    rules: Mapping[Action, tuple[frozenset[str], frozenset[str]]]

    def said(self, clause: str) -> set[str]:
        return {word for word, pattern in self.says.items() if pattern.search(clause)}


@functools.cache
def _words(language: str) -> _Words:
    file = resources.files("rxweave.narrative.agreement") / f"{language}.toml"
    if not file.is_file():
        raise InputError(f"language {language!r}: there are no words to read an action by ({file.name}).")
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return _Words(
        {word: _any(phrases) for word, phrases in table["says"].items()},
        _any(table["aside"]),
        {
            Action(action): (frozenset(rule["one_of"]), frozenset(rule["never"]))
            for action, rule in table["action"].items()
        },
    )


def _any(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, phrases)) + ")")


def _named(drug: str, language: str) -> re.Pattern[str]:
    """The drug by its name in the language or by a brand."""
    known = load_release().drugs.get(drug)
    names = {templates(language).drug(drug), *(known.brands if known else ())}
    return re.compile(r"(?<![\w-])(?:" + "|".join(re.escape(n.casefold()) for n in sorted(names)) + r")(?![\w-])")
