"""Reference blocks of a gVCF: what they cover, what they leave open, and the checks on them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from people_in_files import differences, expected_codes, random_person, records
from vcf_texts import codes, read, said, vcf_text, write

from rxweave.calling import read_genotypes
from rxweave.calling.genotypes import ABSENT, MISSING
from rxweave.knowledge import load_release

NOT_TESTED = MISSING, MISSING


@pytest.mark.parametrize("alt", ["<NON_REF>", "<*>", "."])
def test_a_block_over_sites_is_reference_there(tmp_path: Path, alt: str) -> None:
    found = read(tmp_path, [f"chr10 400 T {alt} INFO=END=1250 0/0"])
    assert codes(found, 1000) == codes(found, 1100) == codes(found, 1200) == (0, 0)
    assert codes(found, 1300) == NOT_TESTED
    assert found.extra["rs99"].tolist() == [[0, 0]]
    assert not found.warnings


@pytest.mark.parametrize(
    ("layout", "column", "is_tested"),
    [
        ("GT:MIN_DP:GQ", "0/0:8:20", True),
        ("GT:MIN_DP:GQ", "0/0:1:1", True),
        ("GT:MIN_DP:GQ", "0/0:0:0", False),
        ("GT:DP:GQ", "0/0:12:0", False),
        ("GT:DP:MIN_DP", "0/0:9:0", False),
        ("GT:DP", "0/0:0", False),
        ("GT:DP", "0/0", True),
        ("GT:DP", "./.:30", False),
        ("GT:RGQ", "0/0:0", False),
        ("DP", "30", False),
    ],
)
def test_a_block_without_genotype_depth_or_quality_tests_nothing(
    tmp_path: Path, layout: str, column: str, is_tested: bool
) -> None:
    found = read(tmp_path, [f"chr10 400 T <NON_REF> INFO=END=1250 FORMAT={layout} {column}"])
    assert codes(found, 1000) == ((0, 0) if is_tested else NOT_TESTED)
    if not is_tested and layout != "DP":
        assert "3 of the 4 sites of TOYA lie in stretches of the gVCF that do not call the reference" in said(found)


@pytest.mark.parametrize(
    ("column", "expected"), [("0/0:9:0", NOT_TESTED), ("0/0:0:9", NOT_TESTED), ("0/0:9:9", (0, 0)), ("0/1:0:0", (0, 1))]
)
def test_reference_in_a_variant_record_needs_depth_and_quality_too(
    tmp_path: Path, column: str, expected: tuple[int, int]
) -> None:
    found = read(tmp_path, [f"chr10 1000 G A,<NON_REF> FORMAT=GT:DP:GQ {column}", "chr10 1100 G A 0/1"])
    assert codes(found, 1000) == expected
    plain = read(tmp_path, [f"chr10 1000 G A FORMAT=GT:DP:GQ {column}"])
    assert codes(plain, 1000) == (expected if "1" in column else (0, 0))  # a plain VCF is taken at its word


def test_depth_may_stand_in_info(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 400 T . INFO=END=1050;MinDP=0 0/0", "chr10 1051 T . INFO=END=1150;MinDP=3 0/0"])
    assert (codes(found, 1000), codes(found, 1100)) == (NOT_TESTED, (0, 0))


def test_blocks_are_mixed_with_variant_records(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [
            "chr10 400 T <NON_REF> INFO=END=999 0/0",
            "chr10 1000 G A,<NON_REF> 0/1",
            "chr10 1001 C <NON_REF> INFO=END=1099 0/0",
            "chr10 1100 G <NON_REF> 0/0",
            "chr10 1101 C <NON_REF> INFO=END=1199 0/0",
            "chr10 1200 CTA C,<NON_REF> 1/1",
            "chr10 1203 G <NON_REF> INFO=END=1400 0/0",
        ],
    )
    assert [codes(found, pos) for pos in (1000, 1100, 1200, 1300)] == [(0, 1), (0, 0), (1, 1), (0, 0)]


def test_a_site_of_several_bases_needs_all_of_them(tmp_path: Path) -> None:
    half = read(tmp_path, ["chr10 1000 G A 0/1", "chr10 1150 T <NON_REF> INFO=END=1201 0/0"])
    assert codes(half, 1200) == NOT_TESTED
    assert "1 of the 4 sites of TOYA lie in stretches" in said(half)
    two = ["chr10 1150 T <NON_REF> INFO=END=1201 0/0", "chr10 1202 A <NON_REF> INFO=END=1210 {}"]
    assert codes(read(tmp_path, [r.format("0/0") for r in two]), 1200) == (0, 0)
    assert codes(read(tmp_path, [r.format("./.") for r in two]), 1200) == NOT_TESTED


def test_a_variant_inside_a_longer_site_blocks_its_carriers_only(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [
            "chr10 1150 T <NON_REF> INFO=END=1200 0/0 0/0",
            "chr10 1201 T G,<NON_REF> 0/1 0/0",
            "chr10 1202 A <NON_REF> INFO=END=1210 0/0 0/0",
        ],
        samples=("carrier", "other"),
    )
    assert codes(found, 1200, sample=0) == NOT_TESTED
    assert codes(found, 1200, sample=1) == (0, 0)


def test_a_block_that_begins_on_a_site_must_have_its_base(tmp_path: Path) -> None:
    records = ["chr10 400 T <NON_REF> INFO=END=999 0/0", "chr10 1000 C <NON_REF> INFO=END=1250 0/0"]
    found = read(tmp_path, records)
    assert codes(found, 1000) == NOT_TESTED
    assert codes(found, 1100) == (0, 0)
    assert "chr10:1000 has REF C, the definition has G" in said(found)


def test_one_copy_and_several_people(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        ["chrX 4000 T <NON_REF> INFO=END=6000 0 0/0 ./."],
        samples=("male", "female", "unknown"),
    )
    assert [codes(found, 5000, "TOYX", k) for k in range(3)] == [(0, ABSENT), (0, 0), NOT_TESTED]
    assert "where that is so" in said(found)
    chosen = read(tmp_path, ["chrX 4000 T <*> INFO=END=6000 FORMAT=GT:DP 0:0 0/0:9"], samples=("a", "b"), pick=["b"])
    assert codes(chosen, 5000, "TOYX") == (0, 0)


def test_blocks_are_never_assumed_over(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 950 T <NON_REF> INFO=END=1050 ./."], assume_reference=True)
    assert codes(found, 1000) == NOT_TESTED
    assert codes(found, 1100) == (0, 0)


def test_a_block_of_another_piece_of_the_file_still_covers(tmp_path: Path) -> None:
    """Two megabytes of records of another chromosome lie between a block and the record after it."""
    filler = [f"chr2 {1000 + 10 * i} A <NON_REF> INFO=END={1009 + 10 * i} 0/0" for i in range(40_000)]
    found = read(tmp_path, ["chr10 400 T <NON_REF> INFO=END=1250 0/0", *filler, "chr10 9000 A G 0/1"])
    assert (codes(found, 1000), codes(found, 9000, "TOYB")) == ((0, 0), (0, 1))


def test_a_whole_person_reads_the_same_from_blocks_as_from_all_sites(tmp_path: Path) -> None:
    knowledge = load_release()
    person = random_person(knowledge, rate=0.05)
    lines: list[str] = []
    at: dict[str, int] = {}
    bases = {(site.chromosome, site.pos): site.ref[0] for site in person}
    for site, alts, gt in records(person, skip_reference=True):
        start = at.get(site.chromosome, 1)
        if site.pos < start:
            continue
        zero = "0" if site.chromosome in ("chrX", "chrM") else "0/0"
        if site.pos > start:
            base = bases.get((site.chromosome, start), "N")
            first = f"{site.chromosome} {start} {base} <NON_REF> INFO=END={site.pos - 1}"
            lines.append(f"{first} FORMAT=GT:DP:GQ:MIN_DP {zero}:30:99:21")
        lines.append(f"{site.chromosome} {site.pos} {site.ref} {alts},<NON_REF> FORMAT=GT:DP:GQ {gt}:30:99")
        at[site.chromosome] = site.end + 1
    for chromosome in dict.fromkeys(site.chromosome for site in person):
        zero = "0" if chromosome in ("chrX", "chrM") else "0/0"
        base = bases.get((chromosome, at.get(chromosome, 1)), "N")
        lines.append(f"{chromosome} {at.get(chromosome, 1)} {base} <NON_REF> INFO=END=250000000 {zero}")
    path = write(tmp_path, vcf_text(lines), "whole.g.vcf.gz")
    found = read_genotypes(path, knowledge)
    # Sites inside another, carried site are reached over by it: not tested, and said.
    wrong = differences(found, expected_codes(person, knowledge))
    assert len(wrong) <= 6
    assert all(": [-1, -1] for" in text for text in wrong)
    assert said(found).count("reaches over the site") + said(found).count("stretches of the gVCF") >= bool(wrong)


def test_four_hundred_thousand_blocks_take_seconds_at_most(tmp_path: Path) -> None:
    knowledge = load_release()
    lines = [f"chr10 {94_000_000 + 5 * i} N <NON_REF> INFO=END={94_000_004 + 5 * i} 0/0" for i in range(400_000)]
    path = write(tmp_path, vcf_text([*lines, "chr1 97450058 C T 0/1"]), "big.g.vcf")
    start = time.perf_counter()
    found = read_genotypes(path, knowledge, genes=["CYP2C19", "CYP2C9"])
    assert time.perf_counter() - start < 60
    assert (found.genes["CYP2C9"].codes >= 0).mean() > 0.5
