"""A slow and obvious caller, to check the fast one by: it writes out every pair of strands and every pair of alleles.

It follows the field's rules one sentence at a time, works on tuples of allele codes and shares no code with the
matcher. Use it for a handful of heterozygous sites only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from rxweave.calling.genotypes import ABSENT, MISSING, UNDOCUMENTED
from rxweave.knowledge.genes import Gene, NamedAllele

Codes = Sequence[tuple[int, int]]
Strand = tuple[int, ...]


def strand_pairs(codes: Codes, is_phased: Sequence[bool], phase_set: Sequence[int]) -> Iterator[tuple[Strand, Strand]]:
    """Every pair of strands that the genotypes allow, in both orders."""
    groups: dict[object, list[int]] = {}
    for site, (first, second) in enumerate(codes):
        if first != second and second != ABSENT:
            groups.setdefault(("set", phase_set[site]) if is_phased[site] else ("site", site), []).append(site)
    for turned in product((False, True), repeat=len(groups)):
        one, other = [c[0] for c in codes], [c[1] for c in codes]
        for is_turned, sites in zip(turned, groups.values(), strict=True):
            if is_turned:
                for site in sites:
                    one[site], other[site] = other[site], one[site]
        yield tuple(one), tuple(other)


def allowed_codes(gene: Gene, allele: NamedAllele, site: int) -> set[int]:
    cells = dict(allele.cells)
    if site not in cells:
        return {0}
    return {code for code in range(16) if cells[site] >> code & 1}


def fits(gene: Gene, allele: NamedAllele, strand: Strand, sites: Sequence[int], *, missing_fits: bool) -> bool:
    return all(
        (strand[site] == MISSING and missing_fits) or strand[site] in allowed_codes(gene, allele, site)
        for site in sites
    )


def score(allele: NamedAllele, strand: Strand, sites: Sequence[int]) -> int:
    """Defined sites that have data; one that allows several codes counts only where it shows another than REF."""
    cells = dict(allele.cells)
    return sum(1 for site in sites if site in cells and (cells[site].bit_count() == 1 or strand[site] > 0))


def callable_alleles(gene: Gene, sites: Sequence[int]) -> list[NamedAllele]:
    return [
        a
        for a in gene.alleles
        if a.is_callable and a.name not in gene.calling.ignored_alleles and any(site in dict(a.cells) for site in sites)
    ]


def allowed_pairs(
    gene: Gene, codes: Codes, is_phased: Sequence[bool], phase_set: Sequence[int]
) -> dict[frozenset[str], int]:
    """Every pair of named alleles that fits, as a set of one or two names, with its score."""
    sites = [k for k, pair in enumerate(codes) if max(pair) >= 0]
    found: dict[frozenset[str], int] = {}
    if any(MISSING in codes[k] for k in sites):
        return found
    one_copy = [codes[k][1] == ABSENT for k in sites]
    if any(one_copy) and not (all(one_copy) and gene.is_haploid_possible):
        return found
    if gene.calling.undocumented_as_reference:
        codes = [tuple(0 if c >= UNDOCUMENTED else c for c in pair) for pair in codes]  # type: ignore[misc]
    alleles = callable_alleles(gene, sites)
    for first, second in strand_pairs(codes, is_phased, phase_set):
        for a in alleles:
            if not fits(gene, a, first, sites, missing_fits=False):
                continue
            if all(one_copy):
                found[frozenset({a.name})] = score(a, first, sites)
                continue
            for b in alleles:
                if fits(gene, b, second, sites, missing_fits=False):
                    pair = frozenset({a.name, b.name})
                    points = score(a, first, sites) + score(b, second, sites)
                    found[pair] = max(found.get(pair, 0), points)
    return found


def possible_pairs(
    gene: Gene, codes: Codes, is_phased: Sequence[bool], phase_set: Sequence[int]
) -> set[frozenset[str]]:
    """Every pair of alleles that the data do not rule out: what was not read allows anything.

    An ALT that no definition holds leaves its allele what it is without it, of unknown function.
    """
    codes = [tuple(0 if c >= UNDOCUMENTED else c for c in pair) for pair in codes]  # type: ignore[misc]
    sites = range(len(codes))
    alleles = [a for a in gene.alleles if a.is_callable and a.name not in gene.calling.ignored_alleles]
    found = set()
    for first, second in strand_pairs(codes, is_phased, phase_set):
        for a in alleles:
            if fits(gene, a, first, sites, missing_fits=True):
                for b in alleles:
                    if fits(gene, b, second, sites, missing_fits=True):
                        found.add(frozenset({a.name, b.name}))
    return found
