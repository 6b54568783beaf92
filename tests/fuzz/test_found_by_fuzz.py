"""What the fuzz found, each as small as it could be made."""

from __future__ import annotations

import time

import numpy as np

from rxweave.calling import Genotypes, SiteCalls, call_diplotypes
from rxweave.knowledge import load_release


def test_a_strand_of_many_single_variants_is_described_at_once() -> None:
    """The search for parts tried every subset of a hundred variants of which none excludes another."""
    release = load_release()
    gene = next(g for g in release.genes.values() if g.symbol == "RYR1")
    codes = np.zeros((1, len(gene.variants), 2), dtype=np.int8)
    codes[0, ::3, 0] = 1
    calls = SiteCalls(gene.symbol, codes, np.ones((1, len(gene.variants)), bool), np.zeros(codes.shape[:2], np.int32))
    began = time.monotonic()
    (found,) = call_diplotypes(Genotypes("x.vcf", ("S",), {gene.symbol: calls}), release)
    assert time.monotonic() - began < 2
    (diplotype,) = found[gene.symbol].diplotypes
    assert {len(allele.parts) for allele in diplotype.alleles} == {0, len(range(0, len(gene.variants), 3))}
