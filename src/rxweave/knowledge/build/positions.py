"""GRCh37 positions of the sites, from a second source that gives both builds, else inferred from the neighbours.

Source: the variant table of PyPGx (MIT licence), which lists position and REF of each variant in both builds.
"""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from rxweave.errors import InputError

VARIANT_TABLE = "alleles/pypgx/variant-table.csv"


@dataclass(frozen=True, slots=True)
class Grch37Site:
    """Where a site lies in GRCh37. ``ref`` is that build's REF where it differs from GRCh38's, else empty."""

    pos: int
    is_inferred: bool
    ref: str = ""


@dataclass(frozen=True, slots=True)
class BothBuilds:
    """The sites of one gene whose position is published in both builds."""

    grch37_by_grch38: dict[int, int] = field(default_factory=dict)
    ref_grch37: dict[tuple[int, str], str] = field(default_factory=dict)  # (GRCh38 position, its REF) -> GRCh37 REF

    def locate(self, pos_grch38: int, ref: str) -> Grch37Site | None:
        """The GRCh37 site, or None where it cannot be told.

        A site that is not published is placed only between two published neighbours whose offset between the builds is
        the same; before the first and after the last published site of a gene nothing is inferred.
        """
        known = self.grch37_by_grch38.get(pos_grch38)
        if known is not None:
            return Grch37Site(known, False, self.ref_grch37.get((pos_grch38, ref), ""))
        published = sorted(self.grch37_by_grch38)
        after = bisect_left(published, pos_grch38)
        if after in (0, len(published)):
            return None
        offsets = {self.grch37_by_grch38[p] - p for p in published[after - 1 : after + 1]}
        return Grch37Site(pos_grch38 + offsets.pop(), True) if len(offsets) == 1 else None


def read_both_builds(sources: Path) -> dict[str, BothBuilds]:
    """Per gene, the published positions. Raises InputError if one site has two GRCh37 positions."""
    path = sources / VARIANT_TABLE
    genes: dict[str, BothBuilds] = defaultdict(BothBuilds)
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            sites = genes[row["Gene"]]
            pos_grch38, pos_grch37 = int(row["GRCh38Position"]), int(row["GRCh37Position"])
            if sites.grch37_by_grch38.setdefault(pos_grch38, pos_grch37) != pos_grch37:
                raise InputError(f"{path}:{number}: {row['Gene']} {pos_grch38} has two positions in GRCh37")
            if row["GRCh37Allele"] != row["GRCh38Allele"]:
                sites.ref_grch37[pos_grch38, row["GRCh38Allele"]] = row["GRCh37Allele"]
    return dict(genes)
