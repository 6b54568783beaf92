"""From a drug name as people write it to the release's ingredients, or to suggestions: never a guess."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from rxweave.knowledge.drugs import SALT_WORDS, Drug, DrugKind

_FORMS = """
cap caps capsule capsules cr cream delayed delayed-release dr drops ds ec elixir er extended extended-release gel hfa
immediate-release infusion inhaler injection ir la linctus modified modified-release mr odt ointment otc patch
prolonged-release release slow-release solution spray sr suspension syrup tab tablet tablets tabs xl xr
"""
#: Words that say how a product is made or released; they may follow a name and change nothing about the ingredient.
FORM_WORDS = frozenset(_FORMS.split())
_COMBINED = re.compile(r"\s*(?:/|\+|&|\band\b|\bwith\b)\s*")
_MOST_SUGGESTIONS = 4


@dataclass(frozen=True, slots=True)
class DrugMatch:
    """A name that the release knows. ``drugs`` holds one ingredient, or every ingredient of a combination, in order.

    ``matched_as`` is ``ingredient``, ``salt``, ``synonym``, ``brand`` or ``combination``.
    """

    written: str
    drugs: tuple[Drug, ...]
    matched_as: str


@dataclass(frozen=True, slots=True)
class DrugSuggestions:
    """A name that the release does not know, with the names it may mean, nearest first. May be empty."""

    written: str
    suggestions: tuple[str, ...] = ()


def normal_text(text: str) -> str:
    """Lower case, with one form for every dash, quote, fraction, micro sign and blank."""
    if text.isascii():
        return " ".join(text.lower().replace("`", "'").split())
    for fraction, decimals in (("½", "5"), ("¼", "25"), ("¾", "75")):
        text = re.sub(rf"(?<=[0-9])\s?{fraction}", f".{decimals}", text).replace(fraction, f"0.{decimals}")
    text = re.sub("[®™©\u200b\u200c\u200d\u2060\ufeff]", "", text)
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub("[‐‑‒–—―−]", "-", text)
    text = re.sub("[‘’ʼ`´]", "'", text)
    text = re.sub("[μµ]g", "mcg", text).replace("×", "x").replace("²", "2")
    return " ".join(text.split())


def _key(name: str) -> str:
    """A name as it is compared: full stops of abbreviations ("St. John's wort") do not count."""
    return re.sub(r"(?<![0-9])\.|\.(?![0-9])", "", normal_text(name))


class DrugNames:
    """Every name of a release's drugs, for looking up many names. Building it takes about a millisecond."""

    def __init__(self, drugs: Mapping[str, Drug]) -> None:
        self._drugs = drugs
        self._aliases: dict[str, tuple[Drug, str]] = {}
        self._letters: dict[str, int] = {}
        for drug in drugs.values():
            for brand in drug.brands:
                self._aliases[_key(brand)] = (drug, "brand")
            for synonym in drug.synonyms:
                is_salt = not SALT_WORDS.isdisjoint(synonym.split())
                self._aliases[_key(synonym)] = (drug, "salt" if is_salt else "synonym")
        for drug in drugs.values():
            self._aliases[_key(drug.name)] = (drug, "ingredient")

    def find(self, name: str) -> DrugMatch | DrugSuggestions:
        """The drug that ``name`` says in full, forms and salts aside; else near names as suggestions.

        A combination is found by its brand, or as ingredients, all known, joined by ``/``, ``+``, ``-``, "and", "with".
        The name of a group of drugs is not a drug: its members are suggested.
        """
        text = _key(name).strip(" ,:;-")
        found = self._alias(text)
        if found is not None:
            drug, matched_as = found
            if drug.kind is DrugKind.GROUP:
                return DrugSuggestions(name, drug.members[:_MOST_SUGGESTIONS])
            if drug.ingredients:
                return DrugMatch(name, tuple(self._drugs[part] for part in drug.ingredients), "combination")
            return DrugMatch(name, (drug,), matched_as)
        for separator in (_COMBINED, re.compile("-")):
            parts = separator.split(text)
            matches = [self._alias(part) for part in parts] if len(parts) > 1 else []
            ingredients = [match[0] for match in matches if match and not (match[0].ingredients or match[0].members)]
            if matches and len(ingredients) == len(parts):
                return DrugMatch(name, tuple(dict.fromkeys(ingredients)), "combination")
        return DrugSuggestions(name, self._suggest(text))

    def _letters_of(self, alias: str) -> int:
        if alias not in self._letters:
            self._letters[alias] = _letters(alias)
        return self._letters[alias]

    def _alias(self, text: str) -> tuple[Drug, str] | None:
        if text in self._aliases:
            return self._aliases[text]
        words = text.split()
        while len(words) > 1 and words[-1] in FORM_WORDS:
            words.pop()
        matched_as = ""
        while words:
            found = self._aliases.get(" ".join(words))
            if found is not None:
                return found[0], matched_as or found[1]
            if words[-1] not in SALT_WORDS or len(words) == 1:
                return None
            words.pop()
            matched_as = "salt"
        return None

    def _suggest(self, text: str) -> tuple[str, ...]:
        """Names that stand inside ``text`` as whole words, then names one letter in four away at most."""
        padded = f" {re.sub('[^a-z0-9-]+', ' ', text)} "
        words = text.split()
        candidates = [(candidate, _letters(candidate)) for candidate in {text, words[0] if words else ""}]
        ranked: dict[str, tuple[int, int]] = {}
        for alias, (drug, _) in self._aliases.items():
            if drug.kind is DrugKind.OTHER:
                continue
            position = padded.find(f" {alias} ")
            if position >= 0 and len(alias) > 3:
                ranked[drug.name] = min(ranked.get(drug.name, (0, position)), (0, position))
                continue
            for candidate, letters in candidates:
                most = min(len(candidate), len(alias)) // 4
                if (
                    4 <= len(candidate) <= 60
                    and abs(len(candidate) - len(alias)) <= most
                    # One change takes one letter and brings another: more letters apart is further apart.
                    and (letters ^ self._letters_of(alias)).bit_count() <= 2 * most
                ):
                    distance = edit_distance(candidate, alias, most)
                    if distance <= most:
                        ranked[drug.name] = min(ranked.get(drug.name, (distance, 0)), (distance, 0))
        return tuple(sorted(ranked, key=lambda name: (ranked[name], name)))[:_MOST_SUGGESTIONS]


def _letters(word: str) -> int:
    """Which letters a word holds, as bits; letters may share a bit."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


def find_drug(name: str, drugs: Mapping[str, Drug]) -> DrugMatch | DrugSuggestions:
    """Look up one name, as ``--drug`` gives it. See ``DrugNames.find``."""
    return DrugNames(drugs).find(name)


def edit_distance(first: str, second: str, most: int) -> int:
    """Insertions, deletions, changes and swaps of neighbours between two words; ``most + 1`` when above ``most``."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        before, last, row = row, before, [i]
        for j, other in enumerate(second, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return min(row[-1], most + 1)
