"""The sentences of one language: ``terms/narrative.<language>.toml`` over the words of ``terms/<language>.toml``."""

from __future__ import annotations

import functools
import tomllib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

from rxweave.errors import InputError
from rxweave.narrative.words import Words, words


class Chance:
    """Draws among phrasings; the same seed draws the same, on every machine."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._drawn = 0

    def choice(self, options: Sequence[str]) -> str:
        self._drawn += 1
        return options[zlib.crc32(f"{self._seed}/{self._drawn}".encode()) % len(options)]


class Templates:
    """Templates by section and code, the words of codes behind them, and the names of drugs.

    A template that is a list holds several phrasings of one message: ``choose`` picks one by the narrative's own
    random numbers, ``fill`` takes the first.
    """

    def __init__(self, table: Mapping[str, Any], code_words: Words, *, is_tight: bool = False) -> None:
        self._table = table
        self._is_tight = is_tight
        self.words = code_words

    @property
    def tight(self) -> Templates:
        """The same, with the shorter phrasings of the section ``tight`` where it has them."""
        return Templates(self._table, self.words, is_tight=True)

    def has(self, section: str, code: str) -> bool:
        return code in self._section(section)

    def fill(self, section: str, code: str, **values: str) -> str:
        """The first phrasing of a template. Raises KeyError for a code that the language lacks."""
        return _replaced(self.phrasings(section, code)[0], values)

    def choose(self, chance: Chance, section: str, code: str, **values: str) -> str:
        return _replaced(chance.choice(self.phrasings(section, code)), values)

    def phrasings(self, section: str, code: str) -> tuple[str, ...]:
        tight = self._section(f"tight.{section}") if self._is_tight else {}
        found = tight.get(code) or self._section(section)[code]
        return (found,) if isinstance(found, str) else tuple(found)

    def codes(self, section: str) -> tuple[str, ...]:
        return tuple(self._section(section))

    def drug(self, name: str) -> str:
        """A drug, or a group that stands among drugs, as the language names it."""
        return self.words.drug(name)

    def names(self, drugs: Iterable[str]) -> str:
        """Several drugs joined."""
        return self.join([self.drug(d) for d in drugs])

    def join(self, items: Iterable[str], last: str = "and") -> str:
        return self.words.join(items, last)

    def _section(self, name: str) -> Mapping[str, Any]:
        node: Any = self._table
        for part in name.split("."):
            node = node.get(part, {})
        found: Mapping[str, Any] = node
        return found


def _replaced(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


@functools.cache
def languages() -> tuple[str, ...]:
    """The languages that narratives are written in, by code."""
    names = (file.name for file in (resources.files("rxweave.narrative") / "terms").iterdir())
    return tuple(sorted(name.split(".")[1] for name in names if name.startswith("narrative.")))


@functools.cache
def templates(language: str = "en") -> Templates:
    """The templates of a language. Raises InputError for a language that no narrative is written in."""
    folder = resources.files("rxweave.narrative") / "terms"
    if language not in languages():
        raise InputError(f"language {language!r}: narratives are written in {', '.join(languages())}.")
    table = tomllib.loads((folder / f"narrative.{language}.toml").read_text(encoding="utf-8"))
    return Templates(table, words(language))
