"""Plain text as a report shows it: labelled facts, and what came from outside made fit to print."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_LONGEST_TEXT = 400


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its text; ``url`` where the text is a reference."""

    label: str
    text: str
    url: str = ""


def printable(text: str) -> str:
    """``one_line``; a text that no person wrote for a person (more than 400 characters) is cut, and says so.

    JSON keeps it whole.
    """
    shown = one_line(text)
    return shown if len(shown) <= _LONGEST_TEXT else f"{shown[:_LONGEST_TEXT]}… ({len(shown)} characters)"


def one_line(text: str) -> str:
    """``text`` on one line, with control and direction-changing characters written as ``\\u202e``."""
    return "".join(
        c if c.isprintable() else " " if c in "\t\r\n" else f"\\u{ord(c):04x}"
        for c in unicodedata.normalize("NFC", text)
    ).strip()
