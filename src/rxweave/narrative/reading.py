"""How hard a text is to read: the school grade that its sentences and words ask for.

English: Flesch-Kincaid grade level (Kincaid 1975, Navy Research Branch Report 8-75). Spanish: reading ease of Fernández
Huerta (1959, Consigna 214:29-32), put on the scale of grades by Flesch's bands. Names of medicines and symbols
of genes are not counted: a reader meets them as names.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from rxweave.knowledge import load_release
from rxweave.narrative.words import drug_names

_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_GENE = re.compile(r"\b(?:[A-Z][A-Z0-9]*[0-9][A-Z0-9]*|[A-Z]{2,}(?:-[A-Z0-9]+)?|HLA-[A-Z0-9]+)\b")
_ENGLISH_VOWELS = re.compile(r"[aeiouy]+")
_SPANISH_VOWELS = re.compile(r"[aeo]?[iuü](?![íú])[aeoáéó]|[aeoáéó][iuü]|[aeiouáéíóúü]")


def reading_grade(text: str, language: str = "en", names: Collection[str] | None = None) -> float:
    """The grade of a text, 0 for one without words. ``names`` are not counted; by default, the drugs of the release."""
    sentences = [words for part in _SENTENCE_END.split(text) if (words := _counted(part, language, names))]
    words = [word for part in sentences for word in part]
    if not words:
        return 0.0
    syllables = sum(_syllables(word, language) for word in words) / len(words)
    length = len(words) / len(sentences)
    if language == "es":
        return _grade_of_ease(206.84 - 60 * syllables - 1.02 * length)
    return 0.39 * length + 11.8 * syllables - 15.59


def _counted(part: str, language: str, names: Collection[str] | None) -> list[str]:
    """The words of a sentence without names and genes."""
    named = _drugs(language) if names is None else _Names.of(names)
    text = named.of_many_words.sub(" ", _GENE.sub(" ", part))
    return [word for word in _WORD.findall(text) if word.casefold() not in named.of_one_word]


@dataclass(frozen=True, slots=True)
class _Names:
    """Names that are not counted, in lower case."""

    of_one_word: frozenset[str]
    of_many_words: re.Pattern[str]

    @classmethod
    def of(cls, names: Collection[str]) -> _Names:
        many = sorted((n for n in names if " " in n), key=len, reverse=True)
        pattern = "|".join(rf"\b{re.escape(n)}\b" for n in many) or r"(?!)"
        return cls(frozenset(n.casefold() for n in names), re.compile(pattern, re.IGNORECASE))


@functools.cache
def _drugs(language: str) -> _Names:
    return _Names.of((*load_release().drugs, *drug_names(language).values()))


def _syllables(word: str, language: str) -> int:
    word = word.casefold()
    if language == "es":
        return max(1, len(_SPANISH_VOWELS.findall(word)))
    count = len(_ENGLISH_VOWELS.findall(word))
    is_silent = word.endswith("e") and not word.endswith(("le", "ee", "ye")) and count > 1
    is_silent_ed = word.endswith("ed") and not word.endswith(("ted", "ded")) and count > 1
    return max(1, count - (is_silent or is_silent_ed))


#: Flesch's bands of reading ease and the grades that they stand for.
_BANDS = ((90.0, 5.0), (80.0, 6.0), (70.0, 7.0), (60.0, 8.5), (50.0, 11.0), (30.0, 14.0), (0.0, 17.0))


def _grade_of_ease(ease: float) -> float:
    """Between two bands the grade is interpolated."""
    if ease >= _BANDS[0][0]:
        return max(1.0, _BANDS[0][1] - (ease - _BANDS[0][0]) / 10)
    for (high, low_grade), (low, high_grade) in pairwise(_BANDS):
        if ease >= low:
            return low_grade + (high - ease) / (high - low) * (high_grade - low_grade)
    return _BANDS[-1][1]
