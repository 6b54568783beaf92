"""Several records about one site, read as one genotype.

Tools split a multi-allelic record into one record an ALT (``bcftools norm -m-``): a ``1/2`` becomes ``1/0`` and
``0/1``, where ``0`` only says "not the ALT of this record". Joining them gives the genotype back. Records that cannot
be joined (three copies, or the same ALT with different genotypes) contradict each other, and the site is then missing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.genotypes import ABSENT, MISSING, UNDOCUMENTED


@dataclass(frozen=True, slots=True)
class Joined:
    """One joined genotype; ``is_contradictory`` says that the two records cannot both be right."""

    first: int
    second: int
    is_phased: bool
    takes_second_phase_set: bool = False
    is_contradictory: bool = False


_CONTRADICTION = Joined(MISSING, MISSING, False, is_contradictory=True)


def join(
    one: tuple[int, int],
    is_one_phased: bool,
    other: tuple[int, int],
    is_other_phased: bool,
    only_one: Collection[int],
    only_other: Collection[int],
) -> Joined:
    """Join the genotypes that two records at one site give the same person.

    Codes are those of ``SiteCalls``. ``only_one``: codes that the first record lists and the second does not;
    ``only_other`` the reverse. A record that is missing leaves its own defined ALTs untested, so the other's ``0`` does
    not make the person reference for them.
    """
    if one == other:
        return Joined(*one, is_one_phased or is_other_phased, not is_one_phased and is_other_phased)
    if one == (MISSING, MISSING):
        return _beside_missing(other, is_other_phased, only_one, True)
    if other == (MISSING, MISSING):
        return _beside_missing(one, is_one_phased, only_other, False)
    if (ABSENT in one) != (ABSENT in other):
        return _CONTRADICTION
    carried_one = [code for code in one if code > 0]
    carried_other = [code for code in other if code > 0]
    if not carried_other and MISSING not in other and not _is_listed_in_both(carried_one, only_one):
        return Joined(*one, is_one_phased)
    if not carried_one and MISSING not in one and not _is_listed_in_both(carried_other, only_other):
        return Joined(*other, is_other_phased, True)
    shared = [code for code in carried_one if code in carried_other]
    if sorted(carried_one) != sorted(carried_other) and (
        _is_listed_in_both([c for c in carried_one if c not in shared], only_one)
        or _is_listed_in_both([c for c in carried_other if c not in shared], only_other)
        or any(carried_one.count(code) != carried_other.count(code) for code in shared)
    ):
        return _CONTRADICTION
    total = carried_one + [code for code in carried_other if code not in shared]
    if ABSENT in one:
        return Joined(total[0], ABSENT, True) if len(total) == 1 else _CONTRADICTION
    if len(total) > 2:
        return _CONTRADICTION
    if is_one_phased and is_other_phased:
        return _by_strand(one, other)
    blank = MISSING if MISSING in (*one, *other) else 0
    padded = sorted([*total, *[blank] * (2 - len(total))])
    return Joined(padded[0], padded[1], False)


def _is_listed_in_both(carried: Collection[int], only_here: Collection[int]) -> bool:
    """Some carried ALT is one that the other record lists too, and denies."""
    return any(code not in only_here for code in carried)


def _beside_missing(called: tuple[int, int], is_phased: bool, untested: Collection[int], is_second: bool) -> Joined:
    if not any(code < UNDOCUMENTED for code in untested):
        return Joined(*called, is_phased, is_second)
    first, second = (MISSING if code == 0 else code for code in called)
    if ABSENT in (first, second) and MISSING in (first, second):
        return Joined(MISSING, MISSING, False)
    return Joined(first, second, is_phased, is_second)


def _by_strand(one: tuple[int, int], other: tuple[int, int]) -> Joined:
    strands: list[int] = []
    for a, b in zip(one, other, strict=True):
        if a > 0 and b > 0 and a != b:
            return _CONTRADICTION
        strands.append(max(a, b) if max(a, b) > 0 else min(a, b))
    return Joined(strands[0], strands[1], True)


@dataclass(slots=True)
class SiteGenotypes:
    """One site of many samples: codes int8 (2, n), is_phased bool (n,), phase_set int32 (n,) or None for all 0."""

    codes: NDArray[np.int8]
    is_phased: NDArray[np.bool_]
    phase_set: NDArray[np.int32] | None


def join_all(
    one: SiteGenotypes, other: SiteGenotypes, only_one: Collection[int], only_other: Collection[int]
) -> tuple[SiteGenotypes, NDArray[np.intp]]:
    """Join two records for every sample; each distinct pair of genotypes is joined once.

    ``only_one``, ``only_other``: codes that one record lists among its ALTs and the other does not. Returns the joined
    genotypes and the numbers of the samples whose records contradict each other.
    """
    columns = np.stack([*one.codes, one.is_phased.view(np.int8), *other.codes, other.is_phased.view(np.int8)]).astype(
        np.int64
    )
    key = np.zeros(columns.shape[1], np.int64)
    for column in columns:
        key = key * 256 + (column + 2)
    _, first_seen, which = np.unique(key, return_index=True, return_inverse=True)
    joined = [
        join((a, b), bool(p), (c, d), bool(q), only_one, only_other)
        for a, b, p, c, d, q in (tuple(map(int, columns[:, i])) for i in first_seen)
    ]
    codes = np.array([(j.first, j.second) for j in joined], np.int8)[which].T.copy()
    is_phased = np.array([j.is_phased for j in joined], np.bool_)[which]
    takes_second = np.array([j.takes_second_phase_set for j in joined], np.bool_)[which]
    contradictory = np.array([j.is_contradictory for j in joined], np.bool_)[which]
    phase_set = None
    if one.phase_set is not None or other.phase_set is not None:
        nothing = np.zeros(len(is_phased), np.int32)
        mine = one.phase_set if one.phase_set is not None else nothing
        theirs = other.phase_set if other.phase_set is not None else nothing
        phase_set = np.where(takes_second | (mine == 0), theirs, mine)
    return SiteGenotypes(codes, is_phased, phase_set), np.flatnonzero(contradictory)
