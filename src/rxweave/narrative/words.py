"""The words of one language for the codes that advice carries, read from ``terms/<language>.toml``."""

from __future__ import annotations

import csv
import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any


class Words:
    """Words by section and code.

    ``word("monitoring", "drug_level")`` gives "measure drug levels". A code may carry a value after a colon
    (``modulator_not_applied:paroxetine``), which replaces ``{value}`` in its words.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table

    def has(self, section: str, code: str) -> bool:
        return self._find(section, code) is not None

    def word(self, section: str, code: str, **values: str) -> str:
        """The words for ``code``. Without any, the code itself is shown, readable: a reader must not lose a fact."""
        name, _, value = code.partition(":")
        text = self._find(section, code) or self._find(section, name)
        if text is None:
            return name.replace("_", " ") + (f" ({value})" if value else "")
        values.setdefault("value", value)
        for key, replacement in values.items():
            text = text.replace("{" + key + "}", replacement)
        return text

    def join(self, items: Iterable[str], last: str = "and") -> str:
        """``a, b and c``; where an item has a comma of its own, one more stands before the last: ``a, b to c, and d``.

        ``[sound]`` gives the form that the joining word takes before some sounds.
        """
        *before, end = list(items) or [""]
        if not before:
            return end
        word = self.word("join", last)
        form, sounds = self._table.get("sound", {}).get(last, (word, r"(?!)"))
        word = form if re.match(sounds, end, re.IGNORECASE) else word
        comma = "," if any(", " in item for item in (*before, end)) else ""
        return f"{', '.join(before)}{comma} {word} {end}"

    def drug(self, name: str) -> str:
        """A drug, or a group that stands among drugs, as the language names it."""
        for section in ("drug", "alternative"):
            if self.has(section, name):
                return self.word(section, name)
        return drug_names(self._table["language"]).get(name, name)

    def _find(self, section: str, code: str) -> str | None:
        node: Any = self._table
        for part in section.split("."):
            node = node.get(part, {})
        found = node.get(code)
        return found if isinstance(found, str) else None


@functools.cache
def words(language: str = "en") -> Words:
    """The words of a language. Raises FileNotFoundError where there is no such file."""
    path = resources.files("rxweave.narrative") / "terms" / f"{language}.toml"
    return Words(tomllib.loads(path.read_text(encoding="utf-8")))


@functools.cache
def drug_names(language: str) -> Mapping[str, str]:
    """``drugs.<language>.tsv``: a drug of the release and its name in the language. English needs none."""
    file = resources.files("rxweave.narrative") / "terms" / f"drugs.{language}.tsv"
    if not file.is_file():
        return MappingProxyType({})
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines(), delimiter="\t")
    return MappingProxyType({row["drug"]: row["name"] for row in rows})


def sentence(text: str) -> str:
    """Capital first letter and a full stop; gene names and alleles keep their spelling."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!" else text + "."
