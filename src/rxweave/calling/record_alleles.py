"""The alleles of a record as the definition of a site writes them: one change can be written in several ways.

``GATGA>G``, ``GATGAT>GT`` and, with one base more in front, ``CGATGA>CG`` delete the same four bases. Bases that REF
and ALT share are trimmed; what is left (where, what was taken out, what was put in) is compared. A change written at
another place of a repeat needs the reference genome to be recognised for sure; here it can only be suspected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import NamedTuple


class Change(NamedTuple):
    """``removed`` bases from ``pos`` on are replaced by ``inserted``; an insertion stands before ``pos``."""

    pos: int
    removed: str
    inserted: str


def change_of(pos: int, ref: str, alt: str) -> Change:
    """Trim the bases that ``ref`` and ``alt`` share at the end, then at the start."""
    end = 0
    while end < min(len(ref), len(alt)) and ref[-1 - end] == alt[-1 - end]:
        end += 1
    ref, alt = ref[: len(ref) - end], alt[: len(alt) - end]
    start = 0
    while start < min(len(ref), len(alt)) and ref[start] == alt[start]:
        start += 1
    return Change(pos + start, ref[start:], alt[start:])


def overlaps(one: Change, other: Change) -> bool:
    """One change touches bases that the other takes out, or reaches over the place where it inserts."""
    if not one.removed and not other.removed:
        return one.pos == other.pos
    if one.removed and other.removed:
        return one.pos < other.pos + len(other.removed) and other.pos < one.pos + len(one.removed)
    insertion, removal = (one, other) if other.removed else (other, one)
    return removal.pos < insertion.pos < removal.pos + len(removal.removed)


def may_be_same_event(one: Change, other: Change, known: Mapping[int, str]) -> bool:
    """Both take out, or both put in, bases that shifting along a repeat would carry from one place to the other.

    That needs every base between them to follow the repeat. ``known`` are the reference bases that the file and the
    definition give (position -> base); those not known are taken to fit.
    """
    if (one.removed and one.inserted) or (other.removed and other.inserted):
        return False
    if bool(one.removed) != bool(other.removed):
        return False
    low, high = (one, other) if one.pos <= other.pos else (other, one)
    unit = low.removed or low.inserted
    if len(unit) != len(high.removed or high.inserted):
        return False
    shift = (high.pos - low.pos) % len(unit)
    if unit[shift:] + unit[:shift] != (high.removed or high.inserted):
        return False
    return all(known.get(pos, base) == base for pos, base in zip(range(low.pos, high.pos), cycle(unit), strict=False))


def labels_at(
    site_pos: int,
    site_ref: str,
    site_alts: Sequence[str],
    pos: int,
    ref: str,
    alts: Sequence[str],
    align: Callable[[Change], Change] | None = None,
) -> list[str] | None:
    """The alleles of a record (REF first) as the site at ``site_pos`` writes them.

    An ALT that makes the site's own change gets the definition's text; one that leaves the site's bases alone gets the
    definition's REF; any other gets a text of its own (``REF>ALT``), which no definition holds. ``align`` moves a
    change to the place that all its spellings share (needs the reference genome). None where the bases of the two REFs
    differ: the record was made with another reference genome.
    """
    start, end = max(site_pos, pos), min(site_pos + len(site_ref), pos + len(ref))
    if start < end and site_ref[start - site_pos : end - site_pos] != ref[start - pos : end - pos]:
        return None
    place = align or _unmoved
    known = {place(change_of(site_pos, site_ref, alt)): alt for alt in site_alts}
    is_one_base = all(len(allele) == 1 for allele in (site_ref, *site_alts)) and start < end
    labels = [site_ref]
    for alt in alts:
        if not alt.isalpha():
            labels.append(alt)
            continue
        if is_one_base and len(alt) == len(ref):
            base = alt[site_pos - pos]  # several bases replaced one for one: each stands for itself
            labels.append(base if base in (site_ref, *site_alts) else f"{ref}>{alt}")
            continue
        change = place(change_of(pos, ref, alt))
        if change in known:
            labels.append(known[change])
        elif any(overlaps(change, defined) for defined in known):
            labels.append(f"{ref}>{alt}")
        else:
            labels.append(site_ref)
    return labels


def _unmoved(change: Change) -> Change:
    return change
