"""Published dose equations: ``algorithms/<drug>.toml`` of a release, described in ``docs/knowledge-format.md``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from rxweave.knowledge.guidelines import Citation


class Scale(StrEnum):
    EXP = "exp"  # the terms sum to the natural logarithm of mg a day
    SQUARE = "square"  # the terms sum to the square root of mg a week


class Term(StrEnum):
    """What a coefficient is multiplied with; the last two are 1 or 0."""

    AGE_YEARS = "age_years"
    AGE_DECADES = "age_decades"  # whole decades: 1 for 10 to 19 years
    HEIGHT_CM = "height_cm"
    WEIGHT_KG = "weight_kg"
    BSA_M2 = "bsa_m2"  # body surface area by DuBois and DuBois
    TARGET_INR = "target_inr"
    SMOKING = "smoking"
    DVT_OR_PE = "dvt_or_pe"  # the drug is given for deep vein thrombosis or pulmonary embolism


@dataclass(frozen=True, slots=True)
class DoseEquation:
    """One published equation. A result or group that ``results`` or ``groups`` do not list is not covered.

    ``medications``: drugs and what is added where any of them is taken. ``groups``: biogeographic group -> what is
    added; the empty group is an unknown one.
    """

    id: str
    name: str
    scale: Scale
    is_genetic: bool
    intercept: Decimal
    adult_from_years: int
    terms: Mapping[Term, Decimal]
    medications: tuple[tuple[tuple[str, ...], Decimal], ...]
    results: Mapping[str, Mapping[str, Decimal]]  # gene -> diplotype or phenotype -> what is added
    groups: Mapping[str, Decimal]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class DoseAlgorithm:
    """The equations of one drug, and the alleles without which genes may not enter the dose of some groups."""

    drug: str
    genes: tuple[str, ...]
    groups_needing_alleles: tuple[str, ...]
    needed_alleles: tuple[str, ...]  # of the first gene
    needed_rsids: tuple[str, ...]
    equations: tuple[DoseEquation, ...]
    citations: tuple[Citation, ...]
