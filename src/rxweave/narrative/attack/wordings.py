"""The attack's patterns of one language, read from ``<language>.toml`` beside this file."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is found and what is put in its place; groups as ``re.sub`` writes them."""

    find: re.Pattern[str]
    put: str

    def applied(self, text: str) -> tuple[str, ...]:
        """The text with one match replaced, once for each match."""
        text = uncapitalized(text)
        matches = self.find.finditer(text)
        return tuple(capitalized(text[: m.start()] + m.expand(self.put) + text[m.end() :]) for m in matches)


@dataclass(frozen=True, slots=True)
class AttackWords:
    """``errors`` and ``rewrites`` hold lists of patterns and lists of words by name."""

    errors: Mapping[str, Any]
    rewrites: Mapping[str, Any]


@functools.cache
def attack_words(language: str = "en") -> AttackWords:
    """Raises FileNotFoundError where the language has no patterns."""
    path = resources.files("rxweave.narrative.attack") / f"{language}.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return AttackWords(_compiled(table["errors"]), _compiled(table["rewrites"]))


def _compiled(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: _patterns(value) if _is_patterns(value) else value for name, value in table.items()}


def _is_patterns(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _patterns(rows: Iterable[Mapping[str, str]]) -> tuple[Pattern, ...]:
    return tuple(Pattern(_regex(row["find"], row.get("only_before", "")), row["put"]) for row in rows)


def _regex(find: str, before: str) -> re.Pattern[str]:
    is_exact = find.startswith("(?-i:")
    text = find + (f"(?={before})" if before else "")
    return re.compile(text, 0 if is_exact else re.IGNORECASE)


def capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def uncapitalized(text: str) -> str:
    """As it stands within a sentence: names that go on with a capital, a digit or a hyphen keep theirs."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
