"""What the fuzz found, each as small as it could be made."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from rxweave.calling import Genotypes, SiteCalls, call_diplotypes, read_vcf
from rxweave.calling.outside_files import read_outside_files
from rxweave.errors import InputError
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


def test_a_bgzip_block_that_says_it_is_shorter_than_its_own_header_is_refused(tmp_path: Path) -> None:
    """The rest of the block had a negative length, which is no length to read."""
    path = tmp_path / "x.vcf.gz"
    path.write_bytes(bytes.fromhex("1f8b08040000000000ff0600424302000000") + b"\0" * 20)
    with pytest.raises(InputError, match=r"byte 0 should start a bgzip block"):
        read_vcf(path, load_release(), genes=("VKORC1",))


def test_a_row_that_ends_before_its_genotype_is_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "pypgx.tsv"
    path.write_text("Gene\tSample\tGenotype\tPhenotype\tHaplotype1\tHaplotype2\nCYP2C19\tS1\n", encoding="utf-8")
    files = read_outside_files([path], load_release())
    assert files.is_empty
    assert ["pypgx.tsv:2" in str(w) for w in files.warnings] == [True]
