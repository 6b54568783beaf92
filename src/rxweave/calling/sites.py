"""Where the sites of the allele definitions lie: by chromosome and position, for a reader that must find them fast.

Also what tells one genome build from another: the names and lengths of chromosomes.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rxweave.knowledge.genes import Gene, Variant

#: A record whose REF starts up to this many bases before a site is looked at: its REF may reach over the site.
BEFORE = 300
#: An indel up to this far behind a site may be the same event, written at another place of a repeat.
BEHIND = 60

_NAME = re.compile(r"(?:chr)?([0-9]{1,2}|[XYM]|MT)$", re.IGNORECASE)
_REFSEQ = re.compile(r"NC_0000([0-9]{2})\.([0-9]+)$")
_PLINK_NAMES = {"23": "X", "24": "Y", "26": "M", "MT": "M"}

#: Lengths of the chromosomes in bases. Source: the assembly reports of the Genome Reference Consortium and the T2T
#: Consortium (GCF_000001405.40, GCF_000001405.25, GCF_009914755.1).
_LENGTHS = {
    "GRCh38": "248956422 242193529 198295559 190214555 181538259 170805979 159345973 145138636 138394717 133797422"
    " 135086622 133275309 114364328 107043718 101991189 90338345 83257441 80373285 58617616 64444167 46709983"
    " 50818468 156040895 57227415",
    "GRCh37": "249250621 243199373 198022430 191154276 180915260 171115067 159138663 146364022 141213431 135534747"
    " 135006516 133851895 115169878 107349540 102531392 90354753 81195210 78077248 59128983 63025520 48129895"
    " 51304566 155270560 59373566",
    "T2T-CHM13": "248387328 242696752 201105948 193574945 182045439 172126628 160567428 146259331 150617247 134758134"
    " 135127769 133324548 113566686 101161492 99753195 96330374 84276897 80542538 61707364 66210255 45090682"
    " 51324926 154259566 62460029",
}
_CHROMOSOMES = [f"chr{name}" for name in (*range(1, 23), "X", "Y")]


def canonical_contig(name: str) -> str:
    """The chromosome that a contig name means (``chr10`` for ``10``, ``CHR10``, ``NC_000010.11``), or empty."""
    if match := _NAME.match(name):
        short = match[1].upper()
        short = _PLINK_NAMES.get(short, short)
        short = str(int(short)) if short.isdigit() else short
        return f"chr{short}" if not short.isdigit() or 1 <= int(short) <= 22 else ""
    if match := _REFSEQ.match(name):
        number = int(match[1])
        return f"chr{number}" if number <= 22 else {23: "chrX", 24: "chrY"}.get(number, "")
    return "chrM" if name.startswith("NC_012920.") else ""


def build_of_lengths(lengths: Iterable[tuple[str, int]]) -> str:
    """The build whose chromosomes have these lengths: its name, "" where none is told, "unknown" where none fits."""
    seen = [(canonical_contig(name), length) for name, length in lengths]
    seen = [(name, length) for name, length in seen if name in _CHROMOSOMES and length > 0]
    if not seen:
        return ""
    fits: dict[str, int] = {}
    for build, text in _LENGTHS.items():
        known = dict(zip(_CHROMOSOMES, map(int, text.split()), strict=True))
        fits[build] = sum(known[name] == length for name, length in seen)
    best = max(fits, key=lambda build: fits[build])
    return best if fits[best] else "unknown"


@dataclass(eq=False, slots=True)
class Site:
    """One site of one gene. ``extra_rsid`` is set for a site that belongs to no allele (see ``Genotypes.extra``)."""

    gene: str
    index: int
    chromosome: str
    variant: Variant
    extra_rsid: str = ""

    @property
    def pos(self) -> int:
        return self.variant.pos_grch38

    @property
    def end(self) -> int:
        """Last base of REF, 1-based."""
        return self.variant.pos_grch38 + len(self.variant.ref) - 1

    @property
    def is_indel(self) -> bool:
        return any(len(alt) != len(self.variant.ref) for alt in self.variant.alts)

    @property
    def place(self) -> str:
        return f"{self.chromosome}:{self.pos}"


@dataclass(slots=True)
class ChromosomeSites:
    """The sites of one chromosome.

    ``at``: position in GRCh38 -> its sites. ``at_grch37``: position in GRCh37 -> its sites, to recognise that build.
    ``window_starts``, ``window_ends``: int64, the stretches in which records are looked at; sorted and apart.
    """

    at: dict[int, list[Site]] = field(default_factory=dict)
    at_grch37: dict[int, list[Site]] = field(default_factory=dict)
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
    """Every site of the genes asked for, by chromosome."""

    chromosomes: dict[str, ChromosomeSites]
    sites: list[Site]

    @classmethod
    def of(cls, genes: Iterable[Gene]) -> SiteIndex:
        sites: list[Site] = []
        for gene in genes:
            sites += [Site(gene.symbol, i, gene.chromosome, variant) for i, variant in enumerate(gene.variants)]
            sites += [
                Site(gene.symbol, -1, gene.chromosome, variant, variant.label)
                for variant in gene.calling.extra_variants
            ]
        chromosomes: dict[str, ChromosomeSites] = {}
        for site in sites:
            here = chromosomes.setdefault(site.chromosome, ChromosomeSites())
            here.at.setdefault(site.pos, []).append(site)
            if site.variant.pos_grch37 is not None:
                here.at_grch37.setdefault(site.variant.pos_grch37, []).append(site)
            here.ordered.append(site)
        for here in chromosomes.values():
            here.ordered.sort(key=lambda site: site.pos)
            here.positions = [site.pos for site in here.ordered]
            here.longest_ref = max(len(site.variant.ref) for site in here.ordered)
            here.window_starts, here.window_ends = _windows(here)
        return cls(chromosomes, sites)


def _windows(here: ChromosomeSites) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    stretches = [(site.pos - BEFORE, site.end + BEHIND) for site in here.ordered]
    stretches += [(pos, pos) for pos in here.at_grch37]
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(stretches):
        if ends and start <= ends[-1] + 1:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return np.array(starts, np.int64), np.array(ends, np.int64)
