"""Prompts: files with an owner, a version and a purpose, one for each audience and language, over ``rules.toml``.

What a model is told is data: changing it changes the hash that every narrative records.
"""

from __future__ import annotations

import functools
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from rxweave.errors import InputError
from rxweave.narrative.narrative import Audience


@dataclass(frozen=True, slots=True)
class Example:
    """Facts of an invented case and sentences for them: each a JSON-like table, as the model sees and writes them."""

    facts: tuple[Mapping[str, Any], ...]
    sentences: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Letters:
    """What a sentence to a patient about a change of treatment holds (one of ``asks``) and does not hold."""

    asks: tuple[str, ...]
    never: tuple[str, ...]

    def ask(self, text: str) -> bool:
        """``text`` in lower case."""
        return any(words in text for words in self.asks) and not any(words in text for words in self.never)


@dataclass(frozen=True, slots=True)
class Prompt:
    """``rules`` are those of every prompt and then its own. ``reasons``: by code of the verifier, what a refusal means.

    ``repair`` asks for refused sentences again, ``again`` for an answer that could be read.
    """

    id: str
    version: str
    owner: str
    purpose: str
    audience: Audience
    language: str
    system: str
    rules: tuple[str, ...]
    examples: tuple[Example, ...]
    reasons: Mapping[str, str]
    repair: str
    again: str
    letters: Letters
    sha256: str

    @property
    def name(self) -> str:
        """As a narrative records it: ``prescriber 1.0 sha256:0123456789ab``."""
        return f"{self.id} {self.version} sha256:{self.sha256[:12]}"

    @property
    def instruction(self) -> str:
        """The standing instruction: the task, the rules, the form of the answer by examples."""
        rules = "\n".join(f"{number}. {rule}" for number, rule in enumerate(self.rules, 1))
        shown = "\n\n".join(_shown(e) for e in self.examples)
        return f"{self.system.strip()}\n\n{rules}\n\n{shown}"


def _shown(example: Example) -> str:
    facts = "\n".join(json.dumps(dict(f), ensure_ascii=False) for f in example.facts)
    answer = json.dumps({"sentences": [dict(s) for s in example.sentences]}, ensure_ascii=False)
    return f"FACTS\n{facts}\n\nANSWER\n{answer}"


def prompt_for(audience: Audience, language: str = "en") -> Prompt:
    """The prompt of an audience. Raises InputError where the language has none."""
    found = _installed().get((audience, language))
    if found is None:
        raise InputError(
            f"there is no prompt for {audience} in language {language!r}; the built-in writer may have it."
        )
    return found


def installed_prompts() -> tuple[Prompt, ...]:
    return tuple(_installed().values())


@functools.cache
def _installed() -> Mapping[tuple[Audience, str], Prompt]:
    folder = resources.files("rxweave.narrative") / "prompts"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    prompts = [load_prompt(f) for f in files if not f.name.startswith("rules.")]
    return {(p.audience, p.language): p for p in prompts}


def load_prompt(file: Path | Traversable) -> Prompt:
    """A prompt from its file, over the installed ``rules.<language>.toml``.

    Raises InputError for a file that cannot be read, or a field that is missing, unknown or of the wrong type.
    """
    text = _text(file)
    table = _table(text, file)
    expected: dict[str, type] = dict.fromkeys(_FIELDS, str) | {"rules": list, "examples": list}
    _check(table, expected, str(file))
    rules = resources.files("rxweave.narrative") / "prompts" / f"rules.{table['language']}.toml"
    if not rules.is_file():
        raise InputError(f"{file}: language {table['language']!r}: there are no rules for it ({rules.name}).")
    shared_text = _text(rules)
    shared = tomllib.loads(shared_text)
    if table["audience"] not in {a.value for a in Audience}:
        raise InputError(f"{file}: audience {table['audience']!r}: expected one of {', '.join(Audience)}.")
    for place, example in enumerate(table["examples"]):
        _check(example, {"facts": list, "sentences": list}, f"{file}: examples {place}")
    return Prompt(
        **{name: table[name] for name in _FIELDS if name != "audience"},
        audience=Audience(table["audience"]),
        rules=(*shared["rules"], *table["rules"]),
        examples=tuple(Example(tuple(e["facts"]), tuple(e["sentences"])) for e in table["examples"]),
        reasons=shared["reasons"],
        repair=shared["repair"],
        again=shared["again"],
        letters=Letters(tuple(shared["letters"]["asks"]), tuple(shared["letters"]["never"])),
        sha256=hashlib.sha256((shared_text + text).encode()).hexdigest(),
    )


_FIELDS = ("id", "version", "owner", "purpose", "audience", "language", "system")


def _text(file: Path | Traversable) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: the prompt cannot be read: {error}.") from None


def _table(text: str, file: Path | Traversable) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{file}: not a TOML file: {error}.") from None


def _check(table: Mapping[str, Any], expected: Mapping[str, type], place: str) -> None:
    if unknown := sorted(table.keys() - expected.keys()):
        raise InputError(f"{place}: unknown field {unknown[0]!r}. Fields are {', '.join(expected)}.")
    for name, kind in expected.items():
        if not isinstance(table.get(name), kind) or not table[name]:
            raise InputError(f"{place}: {name!r} has to be a {kind.__name__} that is not empty.")
