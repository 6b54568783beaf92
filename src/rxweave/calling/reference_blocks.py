"""Stretches of a gVCF that say "reference here": blocks with an END, and records that list ``<NON_REF>`` or ``<*>``.

A stretch counts for a person if it calls two (or, with one copy, one) reference alleles and does not itself say that
nothing was seen: GT missing, or the least depth (MIN_DP, else DP) or a genotype quality (GQ, GQX, RGQ) of 0, count as
not tested. A site is reference where stretches that count cover every base of its REF.

The stretch names one base, its first. Where that lies on a site it must be the site's; further on the build of the file
answers for the bases.

Sources: VCF 4.5 specification section 5.5; the gVCF writers of GATK, DeepVariant (``<*>``) and bcftools (no ALT).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.genotype_columns import Columns
from rxweave.calling.genotypes import ABSENT

#: ALTs that stand for "anything else": their presence says that the record speaks of more than its own variant.
ANY_OTHER = frozenset({"<NON_REF>", "<*>"})

_END = re.compile(rb"(?:^|;)END=([0-9]{1,10})(?:;|$)")
_NO_DEPTH = re.compile(rb"(?:^|;)(?:MIN_DP|MinDP)=0(?:;|$)", re.IGNORECASE)
_DEPTHS = (b"MIN_DP", b"DP")
_QUALITIES = (b"GQ", b"GQX", b"RGQ")
#: A record that reaches over bases which it does not write: no ALT of its own, and an END.
BLOCK_LINE = re.compile(
    rb"[^\t\n]+\t[0-9]+\t[^\t\n]*\t[^\t\n]*\t(?:<NON_REF>|<\*>|\.)"
    rb"\t[^\t\n]*\t[^\t\n]*\t(?:[^\t\n]*;)?END=([0-9]{1,10})"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bases from ``start`` to ``end``, both included, and for each sample bool (n,): reference, and one copy only."""

    start: int
    end: int
    is_reference: NDArray[np.bool_]
    is_haploid: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cover:
    """What the stretches over one site say of each sample, bool (n,)."""

    is_reference: NDArray[np.bool_]
    is_haploid: NDArray[np.bool_]


def structural_end(info: bytes, record_end: int) -> int:
    """Last base of a structural variant (``<DEL>``): END of INFO, else the record's own last base."""
    found = _END.search(info)
    return max(int(found[1]), record_end) if found else record_end


def block_end(alts: Sequence[str], info: bytes, record_end: int) -> int | None:
    """Last base that a record speaks of as a stretch; None for one that speaks of its own variant only."""
    found = _END.search(info) if not alts or ANY_OTHER.issuperset(alts) else None
    if found:
        return max(int(found[1]), record_end)
    return record_end if not ANY_OTHER.isdisjoint(alts) else None


def stretch_of(start: int, end: int, columns: Columns, unseen: NDArray[np.bool_]) -> Stretch:
    """What one record says. ``unseen``: bool (n,), samples for which it says that nothing was seen."""
    indexes, _ = columns.dense()
    first, second = indexes
    is_haploid = second == ABSENT
    return Stretch(start, end, (first == 0) & ((second == 0) | is_haploid) & ~unseen, is_haploid)


def unseen_samples(text: bytes, fields: Sequence[bytes], info: bytes, sample_count: int) -> NDArray[np.bool_]:
    """bool (n,): the record's own depth or quality is 0 for the sample. ``text``: the sample columns as written."""
    if _NO_DEPTH.search(info):
        return np.ones(sample_count, np.bool_)
    depth = next((fields.index(name) for name in _DEPTHS if name in fields), None)
    numbers = [] if depth is None else [depth]
    numbers += [fields.index(name) for name in _QUALITIES if name in fields]
    if not numbers:
        return np.zeros(sample_count, np.bool_)
    unseen = []
    for column in text.split(b"\t"):
        values = column.split(b":")
        unseen.append(any(number < len(values) and values[number] in (b"0", b"0.0") for number in numbers))
    return np.array(unseen, np.bool_)


def cover(start: int, end: int, stretches: Sequence[Stretch]) -> Cover:
    """Join the stretches over the bases from ``start`` to ``end``: one that denies the reference outweighs the rest."""
    is_reference = np.ones(len(stretches[0].is_reference), np.bool_)
    is_haploid = np.ones_like(is_reference)
    for base in range(start, end + 1):
        is_covered = False
        for stretch in stretches:
            if stretch.start <= base <= stretch.end:
                is_covered = True
                is_reference &= stretch.is_reference
                is_haploid &= stretch.is_haploid
        if not is_covered:
            is_reference[:] = False
    return Cover(is_reference, is_haploid)
