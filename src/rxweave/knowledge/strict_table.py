"""Reading TOML tables strictly: every key is taken by name and kind, and what is left over is an error.

Errors are BrokenRelease and name the file, the table, the key, what was found and what was expected.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from rxweave.errors import BrokenRelease

_E = TypeVar("_E", bound=StrEnum)
_T = TypeVar("_T")


def load_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BrokenRelease(f"{path}: this file of the release is missing.") from None
    except (ValueError, RecursionError) as error:  # ValueError: no TOML, no UTF-8, or a number of thousands of digits
        raise BrokenRelease(f"{path}: not valid TOML: {error}.") from None


class StrictTable:
    """A TOML table whose keys are taken one by one; what is left when it is closed is an error."""

    def __init__(self, content: dict[str, Any], path: Path, name: str) -> None:
        self._content = dict(content)
        self._path = path
        self._name = name

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._content))

    def error(self, key: str, what: str) -> BrokenRelease:
        where = f"[{self._name}] " if self._name else ""
        return BrokenRelease(f"{self._path}: {where}{key}: {what}.")

    def take(self, key: str, kind: type[_T], *, default: _T | None = None) -> _T:
        if key not in self._content:
            if default is None:
                raise self.error(key, "is missing")
            return default
        value = self._content.pop(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(key, f"is {value!r}; expected {_KIND_NAMES.get(kind, kind.__name__)}")
        return value

    def take_text(self, key: str, *, default: str | None = None) -> str:
        value = self.take(key, str, default=default)
        if not value and default is None:
            raise self.error(key, "is empty")
        return value

    def take_flag(self, key: str) -> bool:
        return self.take(key, bool, default=False)

    def take_texts(self, key: str, *, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        if key not in self._content and default is not None:
            return default
        values = self.take(key, list)
        for value in values:
            if not isinstance(value, str) or not value:
                raise self.error(key, f"holds {value!r}; expected texts")
        if len(set(values)) != len(values):
            raise self.error(key, "holds a value twice")
        return tuple(values)

    def take_table(self, key: str) -> dict[str, Any]:
        return self.take(key, dict)

    def take_sub(self, key: str, *, default: dict[str, Any] | None = None) -> StrictTable:
        return StrictTable(self.take(key, dict, default=default), self._path, self._inner(key))

    def take_tables(self, key: str) -> list[StrictTable]:
        tables = self.take(key, list, default=[])
        for table in tables:
            if not isinstance(table, dict):
                raise self.error(key, f"holds {table!r}; expected tables")
        return [StrictTable(t, self._path, f"{self._inner(key)} {_label(t, i)}") for i, t in enumerate(tables, start=1)]

    def close(self) -> None:
        if self._content:
            raise self.error(sorted(self._content)[0], "is an unknown key here")

    def _inner(self, key: str) -> str:
        return f"{self._name} / {key}" if self._name else key


_KIND_NAMES: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


def _label(table: Mapping[str, Any], index: int) -> str:
    """How an error names one of several tables: its first row id, id or name, else its number."""
    ids = table.get("ids")
    if isinstance(ids, list) and ids:
        return str(ids[0])
    return str(table.get("id") or table.get("name") or table.get("drug") or f"number {index}")


def take_word(table: StrictTable, key: str, allowed: Mapping[str, Any], *, default: str | None = None) -> str:
    value = table.take_text(key, default=default)
    if value != default and value not in allowed:
        raise table.error(key, f"{value!r} is not in the vocabulary ({_near(value, allowed)})")
    return value


def take_words(table: StrictTable, key: str, allowed: Mapping[str, Any]) -> tuple[str, ...]:
    values = table.take_texts(key, default=())
    for value in values:
        if value not in allowed:
            raise table.error(key, f"{value!r} is not in the vocabulary ({_near(value, allowed)})")
    return values


def _near(value: str, allowed: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(value, list(allowed), n=3, cutoff=0.5)
    return f"near: {', '.join(near)}" if near else f"known: {', '.join(sorted(allowed)[:8])}..."


def take_pattern(table: StrictTable, key: str, pattern: re.Pattern[str]) -> str:
    value = table.take_text(key, default="")
    if value and not pattern.fullmatch(value):
        raise table.error(key, f"{value!r} does not read as {pattern.pattern}")
    return value


def take_member(table: StrictTable, key: str, kind: type[_E], *, default: _E | None = None) -> _E:
    if key not in table and default is not None:
        return default
    value = table.take_text(key)
    try:
        return kind(value)
    except ValueError:
        raise table.error(key, f"{value!r} is none of {[m.value for m in kind]}") from None


def take_optional_member(table: StrictTable, key: str, kind: type[_E]) -> _E | None:
    return take_member(table, key, kind) if key in table else None


def take_decimal(table: StrictTable, key: str) -> Decimal | None:
    """Decimals are written as texts, so that they stay exact."""
    if key not in table:
        return None
    value = table.take_text(key)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise table.error(key, f"{value!r} is no decimal number") from None
    if not number.is_finite() or number < 0:
        raise table.error(key, f"{value!r} is no amount")
    return number
