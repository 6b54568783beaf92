"""Single variants as a laboratory states them (``rs3892097=T/T``), made into genotypes that the caller reads."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rxweave.calling.genotypes import ABSENT, MISSING, Genotypes, SiteCalls
from rxweave.errors import InputError, UnknownName

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge
    from rxweave.knowledge.genes import Gene, Variant


def genotypes_of_variants(stated: Sequence[str], knowledge: Knowledge) -> Genotypes:
    """One unphased sample that is known at the stated sites and nowhere else.

    Each item is ``NAME=A/B`` (or ``NAME=A`` for one copy), NAME an rsID or the HGVS name on the chromosome, the bases
    as the definition writes them on the forward strand of GRCh38. Raises UnknownName for a site that no definition has,
    InputError for bases that the site does not have or a site that is stated twice differently.
    """
    sites = {
        key: (gene, site)
        for gene in knowledge.genes.values()
        for site in range(len(gene.variants))
        for key in _names(gene.variants[site])
    }
    codes: dict[str, dict[int, tuple[int, int]]] = {}
    for item in stated:
        name, separator, bases = item.partition("=")
        name, bases = name.strip(), bases.strip().upper()
        if not separator or not name or not bases:
            raise InputError(f"variant {item!r}: expected NAME=A/B, for example rs3892097=C/T.")
        if name not in sites:
            near = difflib.get_close_matches(name, sites, n=3)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            raise UnknownName(f"variant {name!r}: no allele definition in release {knowledge.version} uses it.{hint}")
        gene, site = sites[name]
        pair = _codes(item, bases, gene, gene.variants[site])
        held = codes.setdefault(gene.symbol, {}).setdefault(site, pair)
        if held != pair:
            raise InputError(f"variant {name!r} is stated twice with different bases: keep one of them.")
    return Genotypes("", ("stated",), {s: _site_calls(knowledge.gene(s), found) for s, found in codes.items()})


def _names(variant: Variant) -> tuple[str, ...]:
    return tuple(name for name in (variant.rsid, variant.hgvs) if name)


def _codes(item: str, bases: str, gene: Gene, variant: Variant) -> tuple[int, int]:
    """The two allele codes, smaller first; ABSENT for a second copy that is not there."""
    parts = bases.replace("|", "/").split("/")
    wrong = [b for b in parts if b not in variant.alleles]
    if wrong or len(parts) > 2 or (len(parts) == 1 and not gene.is_haploid_possible):
        raise InputError(
            f"variant {item!r}: {gene.symbol} {variant.label} is {' or '.join(variant.alleles)} on the forward strand "
            f"of GRCh38; give two of them, for example {variant.label}={variant.ref}/{variant.alts[0]}."
        )
    found = sorted(variant.alleles.index(b) for b in parts)
    return (found[0], found[1]) if len(found) == 2 else (found[0], ABSENT)


def _site_calls(gene: Gene, found: dict[int, tuple[int, int]]) -> SiteCalls:
    n = len(gene.variants)
    codes = np.full((1, n, 2), MISSING, dtype=np.int8)
    for site, pair in found.items():
        codes[0, site] = pair
    return SiteCalls(gene.symbol, codes, np.zeros((1, n), dtype=np.bool_), np.zeros((1, n), dtype=np.int32))
