"""Genotypes of arrays at the sites of a release: which build the markers are in, and what their letters mean there.

An array names a marker (most often by rsID), a chromosome, a position and bases. Bases are taken to be on the plus
strand only where the site's own alleles bear that out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rxweave.calling.builds import BUILDS
from rxweave.calling.site_table import WarningList
from rxweave.calling.sites import Site, SiteIndex, position_in
from rxweave.errors import ReferenceMismatch
from rxweave.knowledge.genes import Gene, Variant

COMPLEMENT = {"A": "T", "C": "G", "G": "C", "T": "A"}
#: An array may write an insertion or deletion this many bases from where a VCF writes it, under the same rsID.
_INDEL_SLACK = 50
#: Markers without a known rsID that fit a build by chance are few: fewer than this tell nothing.
_POSITIONS_THAT_TELL = 3
#: Markers of both builds, and this share of the more frequent one, are no chance: the file mixes builds.
_MIXED_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Marker:
    """One line of a marker list. ``alleles``: its bases or letters, as written, upper case. ``number``: its line."""

    name: str
    chromosome: str
    pos: int
    alleles: tuple[str, ...]
    number: int
    row: int = 0  # where its genotypes lie


class WantedMarkers:
    """Tells the few markers that may lie at a site from the many that do not."""

    def __init__(self, genes: Iterable[Gene]) -> None:
        self.variants: list[tuple[Gene, Variant]] = [
            (gene, variant) for gene in genes for variant in (*gene.variants, *gene.calling.extra_variants)
        ]
        self.by_rsid: dict[str, list[tuple[Gene, Variant]]] = {}
        self.positions: dict[str, dict[tuple[str, int], Variant]] = {build: {} for build in BUILDS}
        for gene, variant in self.variants:
            if variant.rsid:
                self.by_rsid.setdefault(variant.rsid, []).append((gene, variant))
            for build in BUILDS:
                if place := position_in(variant, build):
                    self.positions[build][gene.chromosome, place[0]] = variant
        self.names = frozenset(name.encode() for name in self.by_rsid)
        self.numbers = frozenset(b"%d" % pos for places in self.positions.values() for _, pos in places)

    def build_of(self, path: Path, markers: Sequence[Marker], stated: str, said: str) -> str:
        """The build that the markers are in: positions under a known rsID tell, else positions alone.

        ``stated``: what the file's header says, and ``said`` its words; both may be empty. Raises ReferenceMismatch for
        a mixed file, one whose header contradicts its positions, or one whose build cannot be told.
        """
        votes: dict[str, list[str]] = {build: [] for build in BUILDS}
        weak: dict[str, list[str]] = {build: [] for build in BUILDS}
        for marker in markers:
            shown = f"{marker.name or 'a marker'} at {marker.chromosome}:{marker.pos}"
            for gene, variant in self.by_rsid.get(marker.name, ()):
                fitting = [
                    build
                    for build in BUILDS
                    if (place := position_in(variant, build)) is not None
                    and gene.chromosome == marker.chromosome
                    and abs(place[0] - marker.pos) <= (_INDEL_SLACK if _is_indel(variant) else 0)
                ]
                if len(fitting) == 1:
                    votes[fitting[0]].append(shown)
            fitting = [build for build in BUILDS if (marker.chromosome, marker.pos) in self.positions[build]]
            if len(fitting) == 1 and marker.name not in self.by_rsid:
                weak[fitting[0]].append(shown)
        counted = votes if any(votes.values()) else weak
        most, least = sorted(BUILDS, key=lambda build: -len(counted[build]))
        remedy = "Give a file whose positions are all of one build, GRCh38 or GRCh37."
        if len(counted[least]) > max(1, _MIXED_SHARE * len(counted[most])):
            raise ReferenceMismatch(
                f"{path}: the file mixes genome builds: {len(counted[most])} markers have {most} positions"
                f" ({counted[most][0]}) and {len(counted[least])} have {least} ones ({counted[least][0]}). {remedy}"
            )
        if stated and len(counted[least if stated == most else most]) > len(counted[stated]):
            raise ReferenceMismatch(
                f"{path}: the header says {said}, and {counted[most][0]} is a {most} position (as {len(counted[most])}"
                f" markers are). {remedy}"
            )
        if stated:
            return stated
        if counted is weak and any(weak.values()) and len(weak[most]) < _POSITIONS_THAT_TELL:
            raise ReferenceMismatch(
                f"{path}: the genome build cannot be told: the header does not state it, no marker has an rsID of the"
                f" release, and only {len(weak[most])} lie at a position of it. {remedy}"
            )
        return most


def _is_indel(variant: Variant) -> bool:
    return any(len(alt) != len(variant.ref) for alt in variant.alts)


def markers_at_sites(
    markers: Sequence[Marker], index: SiteIndex, warnings: WarningList, file: str
) -> list[tuple[Site, Marker]]:
    """Pair markers with the sites that they test, by position, and indels also by rsID a few bases away."""
    by_place: dict[tuple[str, int], list[Marker]] = {}
    by_name: dict[str, list[Marker]] = {}
    for marker in markers:
        by_place.setdefault((marker.chromosome, marker.pos), []).append(marker)
        by_name.setdefault(marker.name, []).append(marker)
    pairs: list[tuple[Site, Marker]] = []
    for site in index.sites:
        here = list(by_place.get((site.chromosome, site.pos), ()))
        for marker in by_name.get(site.variant.rsid, ()) if site.variant.rsid else ():
            if marker in here:
                continue
            is_near = marker.chromosome == site.chromosome and abs(marker.pos - site.pos) <= _INDEL_SLACK
            if site.is_indel and is_near:
                here.append(marker)
            else:
                warnings.add(
                    f"{file}:{marker.number}",
                    f"{marker.name} is at {marker.chromosome}:{marker.pos} here, and the release has it at"
                    f" {site.place}: the marker was not read",
                    site.gene,
                )
        pairs += [(site, marker) for marker in here]
    return pairs


def base_labels(site: Site, letters: Iterable[str]) -> dict[str, str] | None:
    """What each letter of a marker means at the site: letter -> REF or an ALT; None where one means neither.

    Letters are bases, whole alleles as a VCF writes them, or D and I for the shorter and the longer allele of a site
    with one ALT. Single bases alone mean nothing at an indel: a marker for another variant may stand at the base before
    it, which is the text of its shorter allele.
    """
    letters = tuple(letters)
    if is_base_at_indel(site, letters):
        return None
    found: dict[str, str] = {}
    for letter in letters:
        if letter in (site.ref, *site.alts):
            found[letter] = letter
        elif letter in ("D", "I") and site.is_indel and len(site.alts) == 1:
            shorter, longer = sorted((site.ref, site.alts[0]), key=len)
            found[letter] = shorter if letter == "D" else longer
        else:
            return None
    return found


def is_base_at_indel(site: Site, letters: Sequence[str]) -> bool:
    """The letters are single bases, and the site's alleles differ in length."""
    return site.is_indel and bool(letters) and COMPLEMENT.keys() >= set(letters)


def flipped(letters: Iterable[str]) -> tuple[str, ...]:
    """Single bases as the other strand has them; anything else as it is."""
    return tuple(COMPLEMENT.get(letter, letter) for letter in letters)


def warn_of_several_alts(sites: Iterable[Site], warnings: WarningList, file: str) -> None:
    """Say where an array that looks for one ALT leaves the others of a site open."""
    by_gene: dict[str, list[str]] = {}
    for site in sites:
        if len(site.alts) > 1:
            by_gene.setdefault(site.gene, []).append(site.variant.label)
    for gene, labels in by_gene.items():
        warnings.add(
            file,
            f"{', '.join(dict.fromkeys(labels))}: {gene} has alleles for more than one ALT here, and an array may"
            " look for one only: its reference result does not exclude the others",
            gene,
        )
