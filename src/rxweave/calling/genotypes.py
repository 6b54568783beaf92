"""Genotypes of many samples at the sites of the allele definitions: integer arrays, one block a gene.

Every reader returns these; the matcher knows no file format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

#: Allele codes below zero in ``SiteCalls.codes``.
MISSING = -1  # not tested, no-call, or dropped with a warning
ABSENT = -2  # no second copy: a haploid genotype (chrX in males, chrM)
#: Codes from here on are ALTs that the allele definitions do not hold: 64, 65, ... in the order first seen at a site.
UNDOCUMENTED = 64


@dataclass(frozen=True, slots=True)
class SiteCalls:
    """One gene's genotypes for the samples of a file.

    codes:     int8 (n_samples, n_sites, 2), allele code as in ``Variant.alleles`` or one of the constants above. A
               half call ``./1`` is (MISSING, 1), phased ``1|.`` is (1, MISSING); ``./0`` and ``0/.`` are (MISSING,
               MISSING), as the field reads them, except on chrX, where they stay half calls.
    is_phased: bool (n_samples, n_sites), GT written with ``|`` (a haploid GT counts as phased).
    phase_set: int32 (n_samples, n_sites), the PS value, 0 where there is none.
    undocumented: site index -> the ALT strings behind codes 64, 65, ...
    assumed:    bool (n_sites,), sites without any record that were taken as reference because the user said so; None
                where that was not asked for.
    """

    gene: str
    codes: NDArray[np.int8]
    is_phased: NDArray[np.bool_]
    phase_set: NDArray[np.int32]
    undocumented: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    assumed: NDArray[np.bool_] | None = None

    @property
    def is_reference_assumed(self) -> bool:
        """Some site of this gene was taken as reference without having been tested."""
        return self.assumed is not None and bool(self.assumed.any())


@dataclass(frozen=True, slots=True)
class FileWarning:
    """Something in a file that a person should know: where, what, and what was done about it."""

    place: str  # "patient.vcf:123", "chr10:94781859" ...
    text: str
    gene: str = ""
    sample: str = ""  # empty: every sample of the file

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class Genotypes:
    """What one file (or the merged parts of one cohort) says at the sites of a release.

    ``genes`` holds an entry for every gene asked for, all MISSING where the file has no record. ``extra`` holds sites
    that belong to no allele but that a guideline needs: rsID -> int8 (n_samples, 2). ``build`` is the genome build
    of the file; the sites are the definitions' own, whatever the build. Merged parts of several builds name them all.
    """

    file: str
    samples: tuple[str, ...]
    genes: Mapping[str, SiteCalls]
    warnings: tuple[FileWarning, ...] = ()
    extra: Mapping[str, NDArray[np.int8]] = field(default_factory=dict)
    is_reference_assumed: bool = False
    build: str = "GRCh38"
