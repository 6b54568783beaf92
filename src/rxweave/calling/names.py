"""The order in which the field lists alleles and diplotypes.

Numbers compare as numbers (``*2`` before ``*10``, ``c.557A>G`` before ``c.1905+1G>A``, ``S977F`` before ``S1255P``),
everything else letter by letter, plain alleles before combinations.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from rxweave.calling.diplotype import Allele, Diplotype

NameKey = tuple[tuple[int, int, str], ...]


@lru_cache(maxsize=8192)
def name_key(name: str) -> NameKey:
    """Sort key of an allele name: its runs of digits by value, the text between them as it is."""
    return tuple(
        (0, int("".join(run)), "") if is_number else (1, 0, "".join(run)) for is_number, run in groupby(name, _is_digit)
    )


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def allele_key(allele: Allele) -> tuple[int, tuple[NameKey, ...]]:
    """Plain alleles first, then combinations by their number of parts and their parts in order."""
    if len(allele.parts) > 1:
        return (len(allele.parts), tuple(map(name_key, allele.parts)))
    return (1, (name_key(allele.name),))


def in_order(first: Allele, second: Allele | None) -> Diplotype:
    """A diplotype with its alleles in the field's order."""
    if second is not None and allele_key(second) < allele_key(first):
        first, second = second, first
    return Diplotype(first, second)


def diplotype_key(diplotype: Diplotype) -> tuple[tuple[int, tuple[NameKey, ...]], ...]:
    return tuple(map(allele_key, diplotype.alleles))
