"""Small invented genes and genotypes for tests of the matcher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rxweave.calling import Genotypes, SiteCalls
from rxweave.calling.genotypes import ABSENT, MISSING, UNDOCUMENTED
from rxweave.knowledge import Knowledge
from rxweave.knowledge.genes import CallingRules, Gene, Lookup, NamedAllele, PhenotypeRules, Variant
from rxweave.knowledge.release import ReleaseHead

_BASES = ("A", "C", "G", "T")


def toy_gene(
    alleles: Mapping[str, Mapping[int, int | Sequence[int]]],
    *,
    n_sites: int,
    n_alts: int | Sequence[int] = 1,
    chromosome: str = "chr1",
    calling: CallingRules | None = None,
    frequencies: Mapping[str, Mapping[str, float]] | None = None,
    cores: Mapping[str, str] | None = None,
    reference_wobbles: Mapping[int, Sequence[int]] | None = None,
    symbol: str = "TOY",
) -> Gene:
    """A gene whose first allele is the reference; cells are site index -> allele code (or codes).

    Site k is at position 1000 + 10 k, REF A, ALTs C, G, T.
    """
    counts = [n_alts] * n_sites if isinstance(n_alts, int) else list(n_alts)
    variants = tuple(
        Variant(1000 + 10 * k, _BASES[0], _BASES[1 : 1 + counts[k]], f"g.{1000 + 10 * k}A>{_BASES[1]}")
        for k in range(n_sites)
    )
    named = []
    for index, (name, cells) in enumerate(alleles.items()):
        is_reference = index == 0
        masks = {site: _mask(codes) for site, codes in cells.items()}
        if is_reference:
            wobbles = reference_wobbles or {}
            masks = {site: _mask(wobbles.get(site, 0)) for site in range(n_sites)}
        named.append(NamedAllele(name, tuple(sorted(masks.items())), is_reference, (cores or {}).get(name, "")))
    return Gene(
        symbol=symbol,
        name="a gene made up for tests",
        hgnc_id="",
        chromosome=chromosome,
        refseq="",
        lookup=Lookup.PHENOTYPE,
        calling=calling or CallingRules(),
        phenotype_rules=PhenotypeRules(),
        variants=variants,
        alleles=tuple(named),
        frequencies=frequencies or {},
    )


def _mask(codes: int | Sequence[int]) -> int:
    return sum(1 << code for code in ([codes] if isinstance(codes, int) else codes))


def toy_knowledge(*genes: Gene) -> Knowledge:
    head = ReleaseHead(version="toy", date="2026-01-01", function_set="toy", sources=())
    return Knowledge(
        head=head, hash="", function_set="toy", function_sets=("toy",), genes={gene.symbol: gene for gene in genes}
    )


def genotypes(gene: Gene, *samples: Sequence[str], phase_sets: Sequence[Sequence[int]] = ()) -> Genotypes:
    """Genotypes written as a VCF does, one string a site: ``0/1``, ``1|0``, ``1`` (one copy), ``./.``, ``./1``.

    ``x`` and ``y`` stand for two ALTs that the definitions do not hold.
    """
    n_sites = len(gene.variants)
    codes = np.full((len(samples), n_sites, 2), MISSING, dtype=np.int8)
    is_phased = np.zeros((len(samples), n_sites), dtype=np.bool_)
    sets = np.zeros((len(samples), n_sites), dtype=np.int32)
    for row, sample in enumerate(samples):
        for site, text in enumerate(sample):
            copies = [_code(c) for c in text.replace("|", "/").split("/")]
            codes[row, site] = (copies[0], copies[1] if len(copies) == 2 else ABSENT)
            is_phased[row, site] = "/" not in text
            if phase_sets:
                sets[row, site] = phase_sets[row][site]
    names = tuple(f"s{row}" for row in range(len(samples)))
    undocumented = dict.fromkeys(range(n_sites), ("TTT", "TTTT"))
    return Genotypes("toy.vcf", names, {gene.symbol: SiteCalls(gene.symbol, codes, is_phased, sets, undocumented)})


def _code(text: str) -> int:
    return {".": MISSING, "x": UNDOCUMENTED, "y": UNDOCUMENTED + 1}.get(text) if text in ".xy" else int(text)  # type: ignore[return-value]
