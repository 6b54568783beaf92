"""TOML written so that it diffs well: one key a line, stable order, strings in basic quotes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal


def value(item: object) -> str:
    """``item`` as a TOML value; arrays and inline tables stay on one line.

    Raises TypeError for what TOML cannot hold.
    """
    match item:
        case bool():
            return "true" if item else "false"
        case int() | float():
            return str(item)
        case Decimal():
            return f'"{item}"'
        case str():
            return json.dumps(item, ensure_ascii=False)
        case list() | tuple():
            return f"[{', '.join(value(entry) for entry in item)}]"
        case Mapping():
            return f"{{ {', '.join(f'{key(k)} = {value(v)}' for k, v in item.items())} }}"
        case _:
            raise TypeError(f"TOML cannot hold {type(item).__name__}: {item!r}")


def key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)


def table(entries: Mapping[str, object], header: str = "") -> str:
    """Lines ``key = value`` under an optional ``[header]``; entries that are None are left out."""
    lines = [header] if header else []
    lines += [f"{key(k)} = {value(v)}" for k, v in entries.items() if v is not None]
    return "\n".join(lines) + "\n"
