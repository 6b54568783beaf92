"""Single variants as a laboratory states them (``rs3892097=T/T``), made into genotypes that the caller reads."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rxweave.calling.genotypes import ABSENT, MISSING, Genotypes, SiteCalls
from rxweave.errors import InputError, UnknownName

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge
    from rxweave.knowledge.genes import Gene, Variant


def genotypes_of_variants(stated: Sequence[str], knowledge: Knowledge) -> Genotypes:
    """One unphased sample that is known at the stated sites and nowhere else.

    Each item is ``NAME=A/B`` (or ``NAME=A`` for one copy), the bases as the definition writes them on the forward
    strand of GRCh38. NAME is an rsID, HGVS on the chromosome (``NC_000022.11:g.42128945C>T``, or without its sequence)
    or a position with its change (``chr22:42128945:C>T``); the latter two name one ALT of the site. Raises UnknownName
    for a site or change that no definition has, InputError for bases that the site does not have or a site that is
    stated twice differently.
    """
    sites = {
        key: (gene, site, bases)
        for gene in knowledge.genes.values()
        for site, variant in enumerate(gene.variants)
        for key, bases in _names(gene, variant)
    }
    codes: dict[str, dict[int, tuple[int, int]]] = {}
    for item in stated:
        name, separator, bases = item.rpartition("=")
        name, bases = _spelled(name), bases.strip().upper()
        if not separator or not name or not bases:
            raise InputError(f"variant {item!r}: expected NAME=A/B, for example rs3892097=C/T.")
        if name not in sites:
            raise _unknown(name, sites, knowledge)
        gene, site, allowed = sites[name]
        pair = _codes(item, bases, gene, gene.variants[site], allowed)
        held = codes.setdefault(gene.symbol, {}).setdefault(site, pair)
        if held != pair:
            raise InputError(f"variant {name!r} is stated twice with different bases: keep one of them.")
    return Genotypes("", ("stated",), {s: _site_calls(knowledge.gene(s), found) for s, found in codes.items()})


def _names(gene: Gene, variant: Variant) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every name of a site, each with the bases that it allows."""
    if variant.rsid:
        yield variant.rsid, variant.alleles
    changes = variant.hgvs.split("; ")
    for change in changes:
        named = [alt for alt in variant.alts if len(changes) == 1 or change.endswith(f"{variant.ref}>{alt}")]
        allowed = (variant.ref, *(named or variant.alts))
        yield change, allowed
        yield f"{gene.refseq}:{change}", allowed
    for alt in variant.alts:
        yield f"{gene.chromosome}:{variant.pos_grch38}:{variant.ref}>{alt}", (variant.ref, alt)


def _spelled(name: str) -> str:
    """A name as the sites are named: ``22-42128945-C-T``, ``chr22:42128945 C>T`` as ``chr22:42128945:C>T``."""
    name = "".join(name.split()) if ":" in name or "-" in name else name.strip()
    place = _PLACE.fullmatch(name)
    if place is None:
        return name.replace("RS", "rs", 1) if name.startswith("RS") else name
    chromosome = {"MT": "M"}.get(place["chromosome"].upper(), place["chromosome"].upper())
    return f"chr{chromosome}:{place['position']}:{place['ref'].upper()}>{place['alt'].upper()}"


_PLACE = re.compile(
    r"(?:chr)?(?P<chromosome>\d{1,2}|X|Y|MT?)[:-](?:g\.)?(?P<position>\d+)[:-]?(?P<ref>[ACGT]+)[>:/-](?P<alt>[ACGT]+)",
    re.IGNORECASE,
)
_TRANSCRIPT = re.compile(r"(?:[NX][MR]_\d+(?:\.\d+)?|ENST\d+(?:\.\d+)?|[A-Z0-9-]+)(?:\([A-Z0-9-]+\))?:[cpn]\.")


def _unknown(name: str, sites: Mapping[str, object], knowledge: Knowledge) -> UnknownName:
    """What is wrong with a name that no site has: another build, a transcript, another change at a known site."""
    sequence, _, change = name.partition(":")
    genes = knowledge.genes.values()
    known = next((g.refseq for g in genes if g.refseq and g.refseq.split(".")[0] == sequence.split(".")[0]), "")
    if known and sequence != known:
        return UnknownName(
            f"variant {name!r}: {sequence} is not the GRCh38 sequence; expected {known}:{change} lifted."
        )
    if _TRANSCRIPT.match(name):
        return UnknownName(
            f"variant {name!r}: a change is named on the chromosome here (NC_...:g.) or by rsID; an allele that is "
            "named by its transcript goes with --diplotype, as 'DPYD=Reference/c.1905+1G>A (*2A)' does."
        )
    if place := _PLACE.fullmatch(name):
        there = [site for site in sites if site.startswith(f"chr{place['chromosome'].upper().removeprefix('CHR')}:")]
        there = [site for site in there if site.split(":")[1] == place["position"]]
        if there:
            return UnknownName(f"variant {name!r}: the definitions have {' and '.join(there)} at this position.")
    near = difflib.get_close_matches(name, sites, n=3)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    return UnknownName(f"variant {name!r}: no allele definition in release {knowledge.version} uses it.{hint}")


def _codes(item: str, bases: str, gene: Gene, variant: Variant, allowed: tuple[str, ...]) -> tuple[int, int]:
    """The two allele codes, smaller first; ABSENT for a second copy that is not there."""
    parts = bases.replace("|", "/").split("/")
    wrong = [b for b in parts if b not in allowed]
    if wrong or len(parts) > 2 or (len(parts) == 1 and not gene.is_haploid_possible):
        raise InputError(
            f"variant {item!r}: {gene.symbol} {variant.label} is {' or '.join(allowed)} on the forward strand "
            f"of GRCh38; give two of them, for example {variant.label}={allowed[0]}/{allowed[1]}."
        )
    found = sorted(variant.alleles.index(b) for b in parts)
    return (found[0], found[1]) if len(found) == 2 else (found[0], ABSENT)


def _site_calls(gene: Gene, found: dict[int, tuple[int, int]]) -> SiteCalls:
    n = len(gene.variants)
    codes = np.full((1, n, 2), MISSING, dtype=np.int8)
    for site, pair in found.items():
        codes[0, site] = pair
    return SiteCalls(gene.symbol, codes, np.zeros((1, n), dtype=np.bool_), np.zeros((1, n), dtype=np.int32))
