"""Genotypes of PLINK 1 files: ``X.bed`` (two bits a genotype), ``X.bim`` (the markers) and ``X.fam`` (the people).

A1 and A2 are bases of whatever strand the array was exported on, and which of them is REF is not said. A marker whose
bases fit the site's alleles on one strand only is read on that strand; one that fits on both (A/T, C/G) is read only in
a file whose other markers all have A2 as REF, on the plus strand, and which has it so here too (as files made from a
VCF have). Else the site counts as not tested.

Source: PLINK 1.9 file format reference (.bed, .bim, .fam).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.array_sites import (
    Marker,
    WantedMarkers,
    base_labels,
    flipped,
    markers_at_sites,
    warn_of_several_alts,
)
from rxweave.calling.builds import canonical_contig
from rxweave.calling.genotype_columns import Columns, Gt
from rxweave.calling.genotypes import ABSENT, MISSING, Genotypes
from rxweave.calling.site_table import SiteTable, WarningList
from rxweave.calling.sites import Site, SiteIndex
from rxweave.errors import InputError, UnknownName
from rxweave.knowledge.genes import Gene

BED = b"\x6c\x1b"
_BY_MARKER = 1
#: In .bed: both copies A1, no call, one of each, both copies A2.
_A1A1, _NO_CALL, _A1A2, _A2A2 = range(4)
#: Markers that must all have A2 as REF before an A/T or C/G marker is read the same way.
_REF_LIKE_MARKERS = 5
_MALE = "1"
_ONE_COPY = ("chrY", "chrM")
_NONE_SEEN = frozenset({"0", ".", "-", "N"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What A1 and A2 are at a site; an allele that no one carries is "". ``is_flipped``: from the other strand."""

    a1: str
    a2: str
    is_flipped: bool = False


def read_plink(bed: Path, genes: Sequence[Gene], samples: Sequence[str] | None, *, assume_reference: bool) -> Genotypes:
    """Read ``bed`` and the .bim and .fam beside it. Raises InputError, ReferenceMismatch, UnknownName."""
    names, sexes = _people(_beside(bed, ".fam"))
    picks = np.arange(len(names)) if samples is None else _picks(bed, names, samples)
    chosen = [names[i] for i in picks]
    wanted = WantedMarkers(genes)
    markers, marker_count = _markers(_beside(bed, ".bim"), wanted)
    genotypes = _Bed(bed, marker_count, len(names))
    build = wanted.build_of(_beside(bed, ".bim"), markers, "", "")
    index = SiteIndex.of(genes, build)
    warnings = WarningList(chosen)
    table = SiteTable(index, genes, chosen, warnings)
    pairs = markers_at_sites(markers, index, warnings, _beside(bed, ".bim").name)
    is_ref_like = _is_ref_like(pairs)
    is_male = np.array([sexes[i] == _MALE for i in picks])
    for site, marker in pairs:
        place = f"{_beside(bed, '.bim').name}:{marker.number}"
        reading = _reading(site, marker, is_ref_like, warnings, place)
        columns = Columns(len(chosen), Gt(MISSING, MISSING, False))
        if reading is not None:
            columns = _columns(site, reading, genotypes.of(marker.row)[picks], is_male, warnings, place)
        table.write(site, [site.ref, *site.alts], columns, marker.number, place)
    warn_of_several_alts(
        (site for site, marker in pairs if len(marker.alleles) < len(site.alts) + 1), warnings, bed.name
    )
    if not pairs:
        warnings.add(bed.name, f"none of its {marker_count} markers lies at a site of the genes asked for")
    return table.finish(str(bed), assume_reference=assume_reference)


def _beside(bed: Path, suffix: str) -> Path:
    path = bed.with_suffix(suffix)
    if not path.is_file():
        raise InputError(
            f"{bed}: its {suffix} file {path.name} is not there. PLINK genotypes are three files of one name:"
            " .bed, .bim and .fam."
        )
    return path


def _people(fam: Path) -> tuple[list[str], list[str]]:
    """Names and sexes. Where two families use one name for a person, all are called FAMILY_PERSON."""
    rows = []
    for number, line in enumerate(fam.read_text("utf-8", "replace").splitlines(), 1):
        fields = line.split()
        if fields and len(fields) < 6:
            raise InputError(
                f"{fam}:{number}: found {line[:60]!r}. Expected six columns: family, person, father, mother, sex,"
                " phenotype."
            )
        if fields:
            rows.append(fields)
    names = [row[1] for row in rows]
    if len(set(names)) < len(names):
        names = [f"{row[0]}_{row[1]}" for row in rows]
    if len(set(names)) < len(names) or not names:
        raise InputError(f"{fam}: expected at least one person, and every family and person named once.")
    return names, [row[4] for row in rows]


def _picks(bed: Path, names: Sequence[str], samples: Sequence[str]) -> NDArray[np.intp]:
    number = {name: i for i, name in enumerate(names)}
    if absent := [name for name in samples if name not in number]:
        raise UnknownName(
            f"{bed}: there is no sample {', '.join(map(repr, absent))} in this file. It holds {len(names)}:"
            f" {', '.join(names[:5])}"
        )
    return np.array([number[name] for name in samples], np.intp)


def _markers(bim: Path, wanted: WantedMarkers) -> tuple[list[Marker], int]:
    """Those that may lie at a site, and how many the file has."""
    markers = []
    count = 0
    with bim.open("rb") as file:
        for number, line in enumerate(file, 1):
            fields = line.split()
            if not fields:
                continue
            if len(fields) != 6 or not fields[3].lstrip(b"-").isdigit():
                raise InputError(
                    f"{bim}:{number}: found {line[:60]!r}. Expected six columns: chromosome, marker, centimorgans,"
                    " position, A1, A2."
                )
            if fields[1] in wanted.names or fields[3] in wanted.numbers:
                contig = canonical_contig(fields[0].decode("utf-8", "replace"))
                alleles = tuple(field.decode("ascii", "replace").upper() for field in fields[4:6])
                markers.append(
                    Marker(fields[1].decode("utf-8", "replace"), contig, int(fields[3]), alleles, number, count)
                )
            count += 1
    return [marker for marker in markers if marker.chromosome], count


class _Bed:
    """The genotypes, marker by marker, read from the file as they are asked for."""

    def __init__(self, path: Path, marker_count: int, sample_count: int) -> None:
        self._width = -(-sample_count // 4)
        self._sample_count = sample_count
        size = path.stat().st_size
        with path.open("rb") as file:
            mode = file.read(3)[2:]
        if mode != bytes([_BY_MARKER]):
            raise InputError(
                f"{path}: this is PLINK data in another layout (byte 3 is {mode.hex() or 'missing'}, expected 01: one"
                " marker after the other). Write it anew with `plink2 --make-bed`."
            )
        expected = 3 + marker_count * self._width
        if size != expected:
            raise InputError(
                f"{path}: the file has {size} bytes, and {marker_count} markers (.bim) of {sample_count} people (.fam)"
                f" make {expected}: it was cut off, or the three files do not belong together. Copy them again."
            )
        self._data = np.memmap(path, np.uint8, "r", 3, (marker_count, self._width)) if marker_count else None

    def of(self, row: int) -> NDArray[np.uint8]:
        """uint8 (n_samples,), one of _A1A1, _NO_CALL, _A1A2, _A2A2."""
        if self._data is None:
            raise IndexError(row)
        packed = np.asarray(self._data[row])
        codes = (packed[:, None] >> np.array([0, 2, 4, 6], np.uint8)).ravel() & 3
        return codes[: self._sample_count].astype(np.uint8)


def _fits(site: Site, alleles: tuple[str, ...]) -> tuple[str, str] | None:
    """The labels of A1 and A2 if both mean an allele of the site; "" for one that no one carries."""
    labels = base_labels(site, [allele for allele in alleles if allele not in _NONE_SEEN])
    if not labels or len(set(labels.values())) < len(labels):
        return None
    return labels.get(alleles[0], ""), labels.get(alleles[1], "")


def _is_ambiguous(site: Site, alleles: tuple[str, ...]) -> bool:
    return _fits(site, alleles) is not None and not site.is_indel and _fits(site, flipped(alleles)) is not None


def _is_ref_like(pairs: Sequence[tuple[Site, Marker]]) -> bool:
    """Every marker that can be told has the plus strand's bases and REF as A2."""
    told = [
        (site.ref, _fits(site, marker.alleles))
        for site, marker in pairs
        if not site.is_indel and not _is_ambiguous(site, marker.alleles)
    ]
    return len(told) >= _REF_LIKE_MARKERS and all(labels is not None and labels[1] == ref for ref, labels in told)


def _reading(site: Site, marker: Marker, is_ref_like: bool, warnings: WarningList, place: str) -> Reading | None:
    """A1 and A2 as alleles of the site, or None with a warning."""
    if _NONE_SEEN.issuperset(marker.alleles):
        return None  # no one has a genotype there
    shown = f"{marker.name} {'/'.join(marker.alleles)}"
    plus = _fits(site, marker.alleles)
    definition = f"{site.place} ({site.ref}>{','.join(site.alts)})"
    if plus is not None and _is_ambiguous(site, marker.alleles):
        if is_ref_like and plus[1] == site.ref:
            return Reading(*plus)
        warnings.add(
            place,
            f"{shown} fits {definition} on either strand, and the file does not show that A2 is REF throughout: the"
            " site counts as not tested. Export the genotypes against the reference (plink2 --ref-from-fa --make-bed)",
            site.gene,
        )
        return None
    if plus is not None:
        return Reading(*plus)
    minus = _fits(site, flipped(marker.alleles)) if not site.is_indel else None
    if minus is not None:
        warnings.add(place, f"{shown} fits {definition} on the other strand only, and was read there", site.gene)
        return Reading(*minus, is_flipped=True)
    warnings.add(place, f"{shown} fits neither REF nor ALT of {definition}: the site counts as not tested", site.gene)
    return None


def _columns(
    site: Site,
    reading: Reading,
    genotypes: NDArray[np.uint8],
    is_male: NDArray[np.bool_],
    warnings: WarningList,
    place: str,
) -> Columns:
    """The genotypes of one marker. PLINK writes one copy as two of the same: chrX in males, chrY, chrM."""
    order = [site.ref, *site.alts]
    first, second = (order.index(label) if label else MISSING for label in (reading.a1, reading.a2))
    has_one = is_male if site.chromosome == "chrX" else np.full(len(genotypes), site.chromosome in _ONE_COPY)
    twice = {
        _A1A1: Gt(first, first, False),
        _A1A2: Gt(min(first, second), max(first, second), False),
        _A2A2: Gt(second, second, False),
        _NO_CALL: Gt(MISSING, MISSING, False),
    }
    groups: list[tuple[NDArray[np.intp], Gt]] = []
    for code, gt in twice.items():
        for is_single in (False, True):
            rows = np.flatnonzero((genotypes == code) & (has_one == is_single))
            if not len(rows):
                continue
            if is_single and code == _A1A2:
                warnings.add_for(
                    rows.tolist(), place, f"two alleles at {site.place}, where one was expected: not tested", site.gene
                )
                groups.append((rows, twice[_NO_CALL]))
            elif is_single and gt.first >= 0:
                groups.append((rows, Gt(gt.first, ABSENT, True)))
            else:
                groups.append((rows, gt))
    groups.sort(key=lambda group: -len(group[0]))
    return Columns(len(genotypes), groups[0][1], groups[1:])
