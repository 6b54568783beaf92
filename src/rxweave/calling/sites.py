"""Where the sites of the allele definitions lie in a genome build: by chromosome and position, found fast."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.builds import GRCH37, GRCH38
from rxweave.knowledge.genes import Gene, Variant

#: A record whose REF starts up to this many bases before a site is looked at: its REF may reach over the site.
BEFORE = 300
#: An indel up to this far behind a site may be the same event, written at another place of a repeat.
BEHIND = 60


@dataclass(eq=False, slots=True)
class Site:
    """One site of one gene, as a file of one build writes it.

    ``pos``, ``ref`` and ``alts`` are those of the build. Where its REF is another allele of the definition than
    GRCh38's, the alleles are the same and stand in another order: ``codes`` maps each to its code in the definition.
    ``extra_rsid`` is set for a site that belongs to no allele (see ``Genotypes.extra``).
    """

    gene: str
    index: int
    chromosome: str
    variant: Variant
    extra_rsid: str = ""
    build: str = GRCH38
    pos: int = field(init=False)
    ref: str = field(init=False)
    alts: tuple[str, ...] = field(init=False)
    codes: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        place = position_in(self.variant, self.build)
        if place is None:
            raise ValueError(f"{self.variant.label} has no position in {self.build}")
        self.pos, self.ref = place
        alleles = self.variant.alleles
        self.codes = {allele: code for code, allele in enumerate(alleles)}
        self.alts = tuple(allele for allele in alleles if allele != self.ref)

    @property
    def end(self) -> int:
        """Last base of REF, 1-based."""
        return self.pos + len(self.ref) - 1

    @property
    def is_indel(self) -> bool:
        return any(len(alt) != len(self.ref) for alt in self.alts)

    @property
    def place(self) -> str:
        return f"{self.chromosome}:{self.pos}" + ("" if self.build == GRCH38 else f" ({self.build})")

    @property
    def reference_code(self) -> int | None:
        """The definition's code of the build's REF; None where no definition holds it."""
        return self.codes.get(self.ref)


def position_in(variant: Variant, build: str) -> tuple[int, str] | None:
    """Where a variant lies in a build, and REF there; None where the position is not known."""
    if build == GRCH38:
        return variant.pos_grch38, variant.ref
    return None if variant.pos_grch37 is None else (variant.pos_grch37, variant.ref_grch37 or variant.ref)


@dataclass(slots=True)
class ChromosomeSites:
    """The sites of one chromosome.

    ``elsewhere``: position in the other build -> (site, REF there), to recognise that build.
    ``window_starts``, ``window_ends``: int64, the stretches in which records are looked at; sorted and apart.
    """

    elsewhere: dict[int, list[tuple[Site, str]]] = field(default_factory=dict)
    ordered: list[Site] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)  # of ``ordered``
    longest_ref: int = 1
    window_starts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    window_ends: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def near(self, start: int, end: int) -> list[Site]:
        """Sites whose REF touches the bases from ``start`` to ``end``, both ends included."""
        first = bisect_left(self.positions, start - self.longest_ref)
        return [site for site in self.ordered[first : bisect_right(self.positions, end)] if site.end >= start]


@dataclass(slots=True)
class SiteIndex:
    """Every site of the genes asked for that has a position in ``build``, by chromosome; the others in ``unplaced``."""

    chromosomes: dict[str, ChromosomeSites]
    sites: list[Site]
    build: str = GRCH38
    unplaced: dict[str, list[str]] = field(default_factory=dict)  # gene -> labels of the variants

    @classmethod
    def of(cls, genes: Iterable[Gene], build: str = GRCH38) -> SiteIndex:
        other = GRCH37 if build == GRCH38 else GRCH38
        sites: list[Site] = []
        unplaced: dict[str, list[str]] = {}
        for gene in genes:
            numbered = [(i, variant, "") for i, variant in enumerate(gene.variants)]
            numbered += [(-1, variant, variant.label) for variant in gene.calling.extra_variants]
            for number, variant, extra_rsid in numbered:
                if position_in(variant, build) is None:
                    unplaced.setdefault(gene.symbol, []).append(variant.label)
                else:
                    sites.append(Site(gene.symbol, number, gene.chromosome, variant, extra_rsid, build))
        chromosomes: dict[str, ChromosomeSites] = {}
        for site in sites:
            here = chromosomes.setdefault(site.chromosome, ChromosomeSites())
            elsewhere = position_in(site.variant, other)
            if elsewhere is not None and elsewhere[0] != site.pos:
                here.elsewhere.setdefault(elsewhere[0], []).append((site, elsewhere[1]))
            here.ordered.append(site)
        for here in chromosomes.values():
            here.ordered.sort(key=lambda site: site.pos)
            here.positions = [site.pos for site in here.ordered]
            here.longest_ref = max(len(site.ref) for site in here.ordered)
            here.window_starts, here.window_ends = _windows(here)
        return cls(chromosomes, sites, build, unplaced)


def _windows(here: ChromosomeSites) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    stretches = [(site.pos - BEFORE, site.end + BEHIND) for site in here.ordered]
    stretches += [(pos, pos) for pos in here.elsewhere]
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(stretches):
        if ends and start <= ends[-1] + 1:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return np.array(starts, np.int64), np.array(ends, np.int64)
