"""Several copies of a gene on one chromosome: how tools spell them, and what they leave open."""

from __future__ import annotations

import re
from itertools import product

_MOST_COPIES = 8


def tidied(diplotype: str) -> tuple[str, ...]:
    """Spellings to try for a tool's diplotype, the tool's own order first.

    Spaces go, equal copies of a strand are counted (``*4+*4`` becomes ``*4x2``), and a tandem of two alleles is tried
    in both orders, since tools differ in which end they name first.
    """
    strands = [_strand_spellings(strand) for strand in re.sub(r"\s*([/+])\s*", r"\1", diplotype.strip()).split("/")]
    return tuple("/".join(chosen) for chosen in product(*strands))


def _strand_spellings(strand: str) -> tuple[str, ...]:
    parts = strand.split("+")
    if len(parts) == 1 or len(parts) > _MOST_COPIES or not all(part.startswith("*") for part in parts):
        return (strand,)
    counted = [_times(name, parts.count(name)) for name in dict.fromkeys(parts)]
    if len(counted) > 2:
        return ("+".join(counted),)
    return tuple(dict.fromkeys(("+".join(counted), "+".join(reversed(counted)))))


def _times(name: str, count: int) -> str:
    return name if count == 1 else f"{name}x{count}"


def arrangements(copies: str) -> tuple[str, ...]:
    """Every way to place copies that a tool could not assign to two chromosomes: ``*1_*2_*68``, ``*1x4``.

    Empty where the text is no such list, or has more than eight copies.
    """
    names: list[str] = []
    for part in copies.split("_"):
        match = re.fullmatch(r"(\*[A-Za-z0-9.]+?)(?:x(\d))?", part)
        if match is None:
            return ()
        names += [match[1]] * int(match[2] or 1)
    if not 2 <= len(names) <= _MOST_COPIES:
        return ()
    found: dict[str, None] = {}
    for rest in product((0, 1), repeat=len(names) - 1):
        strands: tuple[list[str], list[str]] = ([names[0]], [])
        for name, strand in zip(names[1:], rest, strict=True):
            strands[strand].append(name)
        if strands[1]:
            texts = sorted("+".join(_times(n, s.count(n)) for n in dict.fromkeys(s)) for s in strands)
            found["/".join(texts)] = None
    return tuple(found)
