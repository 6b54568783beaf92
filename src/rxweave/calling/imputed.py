"""Genotypes that were not measured but imputed: which sites, and how well.

Sources: the INFO fields of Minimac (IMPUTED, TYPED, R2), Beagle (IMP, DR2) and IMPUTE, as bcftools converts it (INFO).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rxweave.calling.site_table import WarningList
from rxweave.calling.sites import Site

#: FORMAT fields of imputation: expected ALT counts, and probabilities of the three genotypes.
DOSAGE_FORMAT = re.compile(r"\b(?:DS|HDS|GP|ADS)\b")
_IMPUTED = re.compile(rb"(?:^|;)IMP(?:UTED)?(?:;|$)")
_QUALITY = re.compile(rb"(?:^|;)(?:R2|DR2|INFO)=([0-9.]+(?:[eE]-?[0-9]+)?)")
#: Estimated squared correlation with the true genotypes; calls below this usual cut of imputation studies are named.
POOR_R2 = 0.8


@dataclass(slots=True)
class ImputedSites:
    """Imputed sites of each gene: gene -> (site, estimated R2 or None)."""

    _found: dict[str, list[tuple[Site, float | None]]] = field(default_factory=dict)

    def note(self, site: Site, info: bytes) -> None:
        """Look at the INFO of a record that was read for ``site``."""
        if b"IMP" in info and _IMPUTED.search(info):
            quality = _QUALITY.search(info)
            try:
                r2 = float(quality[1]) if quality else None
            except ValueError:
                r2 = None
            self._found.setdefault(site.gene, []).append((site, r2))

    def warn(self, warnings: WarningList, file: str) -> None:
        """One warning a gene: how many of its sites were imputed, and which of them poorly."""
        for gene, sites in self._found.items():
            poor = [f"{site.place} (R2 {r2:.2f})" for site, r2 in sites if r2 is not None and r2 < POOR_R2]
            said = f"; poorly, with R2 below {POOR_R2}: {', '.join(poor[:5])}" if poor else ""
            more = f" and {len(poor) - 5} more" if len(poor) > 5 else ""
            warnings.add(
                file,
                f"{len(sites)} site(s) of {gene} were imputed, not measured: rare alleles may be missed{said}{more}",
                gene,
            )
