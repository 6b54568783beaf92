"""What a text may consist of before anything is read: no hidden characters, markup, links, addresses or code."""

from __future__ import annotations

import re
import unicodedata

#: Control, format (zero width, bidirectional), surrogate, private use and unassigned characters.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_MARKUP = re.compile(
    r"""(?P<link>https?:|www\.|ftp:|mailto:|javascript:|(?<=[\w-])\.(?:com|org|net|io|gov|edu|info|ru|cn)\b)
    |(?P<address>(?<=[\w.+-])@[\w-]+)
    |(?P<markup></?[a-z!]|&\#?\w+;|\[[^\]]*\]\(|```|`|\*\*|^\s*\#|__|\{|\}|\\|<<|>>|\|)
    |(?P<code>=>|==|;\s*drop\b|\bselect\s.+\sfrom\b|\$\w|\(\))""",
    re.IGNORECASE | re.VERBOSE,
)
_SPELT = {
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "–": "-",
    "—": " - ",
    "‑": "-",
    "−": "-",
    "×": "x",
    "μ": "u",
    "µ": "u",
    "≈": "~",
}
_SPELLING = str.maketrans(_SPELT)


def forbidden_part(text: str) -> tuple[str, str] | None:
    """(kind, piece) of the first thing that no sentence may hold; None where there is none.

    Kinds: ``hidden`` (a character that does not show, or one that only looks like another), ``link``, ``address``,
    ``markup``, ``code``.
    """
    for character in text if not (text.isascii() and text.isprintable()) else "":
        if character.isascii():
            if not character.isprintable():
                return "hidden", f"U+{ord(character):04X}"
            continue
        if unicodedata.category(character) in _HIDDEN or unicodedata.combining(character):
            return "hidden", f"U+{ord(character):04X}"
        name = unicodedata.name(character, "")
        if character.isalpha() and character not in "µμ" and not name.startswith("LATIN"):
            return "hidden", f"{character} (U+{ord(character):04X})"
    found = _MARKUP.search(text)
    return (found.lastgroup or "markup", found.group()) if found else None


def normalised(text: str) -> str:
    """NFKC, one case, plain quotes and dashes."""
    if text.isascii():
        return text.casefold()
    return unicodedata.normalize("NFKC", text.translate(_SPELLING)).translate(_SPELLING).casefold()
