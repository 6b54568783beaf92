"""Phrases of a language and what they mean, matched word by word, the longest first.

A phrase in the lexicon may hold groups: ``reduc(e|es|ed|ing)`` stands for four words, ``(very |)low`` for two phrases.
A word that is not found as it stands is tried by its stem, so that ``doses`` and ``dosing`` find ``dose``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rxweave.narrative.verifier.items import Kind

Meaning = tuple[tuple[Kind, str], ...]  # one phrase may mean several things in a row: ``dose reduction`` is dose + down

TOKEN = re.compile(
    r"(?P<allele>\*\d+[a-z]{0,2}(?:\d\d\d)?(?::\d+)*(?:x(?:[≥>]=?)?\d+|xn\b)?(?:\+\*\d+[a-z]?(?:x\d+)?)*)"
    r"|(?P<number>\d+(?:,\d{3})+(?![\d,])|\d+(?:\.\d+)?)"
    r"|(?P<word>[^\W\d_][^\W_]*)"
    r"|(?P<sign>>=|<=|[^\s\w])"
)
_GROUP = re.compile(r"\(([^()]*)\)")


def expanded(phrases: str) -> Iterator[str]:
    """Every phrase that ``a(b|c) d | e`` stands for."""
    for phrase in _split(phrases):
        yield from _unfolded(" ".join(phrase.split()))


def _split(text: str) -> Iterator[str]:
    depth, start = 0, 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def _unfolded(phrase: str) -> Iterator[str]:
    group = _GROUP.search(phrase)
    if group is None:
        if phrase.strip():
            yield " ".join(phrase.split())
        return
    for choice in group.group(1).split("|"):
        yield from _unfolded(phrase[: group.start()] + choice + phrase[group.end() :])


class Stems:
    """Words without their endings, which are data: ``(ending, what replaces it)`` in the order they are tried.

    ``spellings`` make one of two spellings: ``haemolysis`` and ``hemolysis``.
    """

    def __init__(
        self, endings: Sequence[Sequence[str]], shortest: int, spellings: Sequence[Sequence[str]] = ()
    ) -> None:
        self._spellings = [(s, r) for s, r in spellings]
        self._endings = [(e, r) for e, r in endings]
        self._shortest = shortest
        self._known: dict[str, str] = {}
        self._marked: dict[str, str] = {}

    def of(self, word: str) -> str:
        stem = self._known.get(word)
        if stem is None:
            stem = self._known[word] = self._stem(word)
        return stem

    def marked(self, word: str) -> str:
        """The stem as the key of a tree of phrases."""
        key = self._marked.get(word)
        if key is None:
            key = self._marked[word] = "~" + self.of(word)
        return key

    def _stem(self, word: str) -> str:
        for spelling, replacement in self._spellings:
            word = word.replace(spelling, replacement)
        for ending, replacement in self._endings:
            if word.endswith(ending) and len(word) - len(ending) >= self._shortest:
                stem = word[: -len(ending)] + replacement
                is_doubled = len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] in "bdgmnprt" and not replacement
                return stem[:-1] if is_doubled else stem
        return word


class PhraseTable:
    """A tree of words; ``longest`` gives the meaning of the longest phrase that starts at a place.

    ``skipped`` are signs that do not count inside a phrase.
    """

    def __init__(self, stems: Stems, skipped: frozenset[str] = frozenset()) -> None:
        self._stems = stems
        self._skipped = skipped
        self._root: dict[str, Any] = {}
        self._begun: dict[str, tuple[Any, Any]] = {}  # a first word -> where it leads, by itself and by its stem

    def add(self, phrase: str, meaning: Meaning) -> None:
        """The first meaning of a phrase stays. ``!not tested`` is found by its very words only, not by stems."""
        words = [m.group() for m in TOKEN.finditer(phrase.casefold().removeprefix("!")) if m.group() not in ("-", "'")]
        words = [w for w in words if w not in self._skipped]
        self._put([*words], meaning)
        if not phrase.startswith("!"):
            self._put([self._stems.marked(w) for w in words], meaning)

    def _put(self, words: list[str], meaning: Meaning) -> None:
        self._begun.clear()
        node = self._root
        for word in words:
            node = node.setdefault(word, {})
        node.setdefault("", meaning)

    @property
    def starts(self) -> frozenset[str]:
        """The first words of all phrases, as they stand."""
        return frozenset(word for word in self._root if not word.startswith("~"))

    def longest(self, words: Sequence[str], start: int) -> tuple[int, Meaning] | None:
        """(tokens taken, meaning); words by themselves before words by stem where both are as long."""
        if start >= len(words):
            return None
        first = words[start]
        begun = self._begun.get(first)
        if begun is None:
            begun = self._begun[first] = (self._root.get(first), self._root.get(self._stems.marked(first)))
        by_word, by_stem = begun
        found = self._walk(by_word, words, start, by_stems=False) if by_word is not None else None
        if by_stem is not None:
            stemmed = self._walk(by_stem, words, start, by_stems=True)
            if stemmed is not None and (found is None or stemmed[0] > found[0]):
                return stemmed
        return found

    def _walk(self, node: Any, words: Sequence[str], start: int, *, by_stems: bool) -> tuple[int, Meaning] | None:
        """The longest phrase below a node that the word at ``start`` led to."""
        meaning = node.get("")
        found = (1, meaning) if meaning is not None else None
        for place in range(start + 1, len(words)):
            word = words[place]
            if word in self._skipped:
                continue
            node = node.get(self._stems.marked(word) if by_stems else word)
            if node is None:
                break
            meaning = node.get("")
            if meaning is not None:
                found = (place + 1 - start, meaning)
        return found

    def extend(self, phrases: Iterable[tuple[str, Meaning]]) -> None:
        for phrase, meaning in phrases:
            self.add(phrase, meaning)
