"""PLINK 1 files: the bits, the people, builds, strands and the A/T and C/G sites that no strand can be told for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from people_in_files import differences, expected_codes, in_order, random_person
from vcf_texts import ToyKnowledge, codes, said, toy_gene, variant

from rxweave.calling import read_genotypes
from rxweave.calling.builds import GRCH37, GRCH38
from rxweave.calling.genotypes import ABSENT, MISSING, Genotypes
from rxweave.calling.plink import read_plink
from rxweave.errors import InputError, ReferenceMismatch, UnknownName
from rxweave.knowledge import load_release
from rxweave.knowledge.genes import Gene

NOT_TESTED = MISSING, MISSING
CODES = {"11": 0, "00": 1, "12": 2, "22": 3}  # A1 A1, no call, A1 A2, A2 A2


def write_plink(
    folder: Path,
    rows: Sequence[str],
    *,
    people: Sequence[str] = ("1 S1 0 0 2 -9",),
    name: str = "array",
    head: bytes = b"\x6c\x1b\x01",
) -> Path:
    """Rows: ``chromosome name position A1 A2 genotypes...``, one of 11, 12, 22 and 00 a person."""
    bim, bed = [], bytearray(head)
    for row in rows:
        chromosome, marker, pos, a1, a2, *genotypes = row.split(" ")
        bim.append(f"{chromosome}\t{marker}\t0\t{pos}\t{a1}\t{a2}")
        numbers = [CODES[g] for g in genotypes] + [0] * (-len(genotypes) % 4)
        bed += bytes(sum(n << (2 * k) for k, n in enumerate(numbers[i : i + 4])) for i in range(0, len(numbers), 4))
    (folder / f"{name}.bim").write_text("\n".join(bim) + "\n")
    (folder / f"{name}.fam").write_text("\n".join(people) + "\n")
    path = folder / f"{name}.bed"
    path.write_bytes(bed)
    return path


#: Markers elsewhere whose rsIDs tell the build, with A2 as REF.
def ref_like_gene() -> Gene:
    sites = [variant(1000 + 100 * i, "G", "A", rsid=f"rs{i}") for i in range(8)]
    return toy_gene(
        "G", "chr10", *sites, variant(3000, "C", "G", rsid="rs90"), variant(3100, "A", "G", "T", rsid="rs91")
    )


REF_LIKE = [f"10 rs{i} {1000 + 100 * i} A G 12" for i in range(8)]


def read_toy(folder: Path, rows: Sequence[str], **options: object) -> Genotypes:
    return read_plink(write_plink(folder, rows, **options), [ref_like_gene()], None, assume_reference=False)  # type: ignore[arg-type]


def test_every_genotype_of_five_people_is_read(tmp_path: Path) -> None:
    people = [f"{i} S{i} 0 0 2 -9" for i in range(5)]
    path = write_plink(tmp_path, ["10 rs1 1100 A G 11 12 22 00 12"], people=people)
    found = read_plink(path, [ref_like_gene()], None, assume_reference=False)
    assert found.samples == ("S0", "S1", "S2", "S3", "S4")
    assert found.genes["G"].codes[:, 1].tolist() == [[1, 1], [0, 1], [0, 0], [MISSING] * 2, [0, 1]]
    chosen = read_plink(path, [ref_like_gene()], ["S4", "S0"], assume_reference=False)
    assert chosen.genes["G"].codes[:, 1].tolist() == [[0, 1], [1, 1]]


def test_alleles_may_stand_in_either_column(tmp_path: Path) -> None:
    found = read_toy(tmp_path, ["10 rs1 1100 G A 11", "10 rs2 1200 G A 12"])
    assert found.genes["G"].codes[0, 1:3].tolist() == [[0, 0], [0, 1]]


def test_an_allele_that_no_one_carries_is_zero(tmp_path: Path) -> None:
    found = read_toy(tmp_path, ["10 rs1 1100 0 G 22", "10 rs2 1200 0 A 22", "10 rs3 1300 0 0 00"])
    assert found.genes["G"].codes[0, 1:4].tolist() == [[0, 0], [1, 1], [MISSING] * 2]
    assert not found.warnings


def test_a_marker_that_fits_on_the_other_strand_only_is_read_there_and_said(tmp_path: Path) -> None:
    found = read_toy(tmp_path, ["10 rs1 1100 T C 12"])
    assert found.genes["G"].codes[0, 1].tolist() == [0, 1]
    assert "rs1 T/C fits chr10:1100 (G>A) on the other strand only, and was read there" in said(found)


def test_a_marker_that_fits_neither_strand_is_not_tested(tmp_path: Path) -> None:
    found = read_toy(tmp_path, ["10 rs1 1100 A C 12"])
    assert found.genes["G"].codes[0, 1].tolist() == [MISSING, MISSING]
    assert "rs1 A/C fits neither REF nor ALT of chr10:1100 (G>A): the site counts as not tested" in said(found)


@pytest.mark.parametrize(
    ("row", "others", "expected"),
    [
        ("10 rs90 3000 G C 12", REF_LIKE, [0, 1]),
        ("10 rs90 3000 C G 12", REF_LIKE, [MISSING] * 2),  # A2 is not REF here
        ("10 rs90 3000 G C 12", REF_LIKE[:4], [MISSING] * 2),  # too few to show what A2 is
        ("10 rs90 3000 G C 12", [*REF_LIKE[:7], "10 rs7 1700 G A 12"], [MISSING] * 2),  # one has A1 as REF
        ("10 rs90 3000 G C 12", [*REF_LIKE[:7], "10 rs7 1700 T C 12"], [MISSING] * 2),  # one is of the other strand
        ("10 rs90 3000 0 C 22", REF_LIKE[:4], [MISSING] * 2),
        ("10 rs90 3000 0 C 22", REF_LIKE, [0, 0]),
    ],
)
def test_c_g_sites_need_a_file_that_shows_its_reference(
    tmp_path: Path, row: str, others: Sequence[str], expected: list[int]
) -> None:
    found = read_toy(tmp_path, [*others, row])
    assert found.genes["G"].codes[0, 8].tolist() == expected
    assert ("on either strand, and the file does not show that A2 is REF" in said(found)) is (expected[0] == MISSING)


def test_a_marker_of_one_alt_leaves_the_other_open_and_says_so(tmp_path: Path) -> None:
    found = read_toy(tmp_path, ["10 rs91 3100 G A 22"])
    assert found.genes["G"].codes[0, 9].tolist() == [0, 0]
    assert "rs91: G has alleles for more than one ALT here" in said(found)


def test_whole_alleles_and_letters_of_indels(tmp_path: Path) -> None:
    gene = toy_gene("G", "chr10", variant(1200, "CTA", "C", rsid="rs7"), variant(1300, "T", "TG", rsid="rs8"))
    path = write_plink(tmp_path, ["10 rs7 1200 C CTA 12", "10 rs8 1303 I D 11"])
    found = read_plink(path, [gene], None, assume_reference=False)
    assert found.genes["G"].codes[0].tolist() == [[0, 1], [1, 1]]


@pytest.mark.parametrize("row", ["10 i1 1200 0 C 22", "10 i1 1200 G C 22", "10 i2 1300 0 T 22"])
def test_a_single_base_where_an_indel_is_anchored_does_not_tell_it(tmp_path: Path, row: str) -> None:
    gene = toy_gene("G", "chr10", *ref_like_gene().variants[:2], variant(1200, "CTA", "C"), variant(1300, "T", "TG"))
    found = read_plink(write_plink(tmp_path, [*REF_LIKE[:2], row]), [gene], None, assume_reference=False)
    assert (found.genes["G"].codes[0, 2:] == MISSING).all()
    assert "the site counts as not tested" in said(found)


def test_males_have_one_x_and_everybody_one_mitochondrial_genome(tmp_path: Path) -> None:
    people = ["1 MAN 0 0 1 -9", "1 WOMAN 0 0 2 -9", "1 HET 0 0 1 -9"]
    rows = ["23 i1 5000 G A 11 11 12", "23 i2 5010 T C 22 12 22", "26 i3 100 G A 22 22 22", "10 i4 9000 G A 22 22 22"]
    rows += ["10 i5 9100 T C 22 22 22"]
    path = write_plink(tmp_path, rows, people=people)
    found = read_genotypes(path, ToyKnowledge())  # type: ignore[arg-type]
    assert [codes(found, 5000, "TOYX", k) for k in range(3)] == [(1, ABSENT), (1, 1), NOT_TESTED]
    assert [codes(found, 5010, "TOYX", k) for k in range(3)] == [(0, ABSENT), (0, 1), (0, ABSENT)]
    assert codes(found, 100, "TOYM") == (0, ABSENT)
    assert "TOYX|HET|array.bim:1: two alleles at chrX:5000, where one was expected" in said(found)


@pytest.mark.parametrize(("shift", "build"), [(0, GRCH38), (-500, GRCH37)])
def test_positions_tell_the_build(tmp_path: Path, shift: int, build: str) -> None:
    found = read_toy(tmp_path, [f"10 rs{i} {1000 + 100 * i + shift} A G 12" for i in range(8)])
    assert found.build == build
    assert (found.genes["G"].codes[0, :8] == [0, 1]).all()


def test_two_builds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceMismatch, match="the file mixes genome builds"):
        read_toy(tmp_path, [f"10 rs{i} {1000 + 100 * i - (500 if i < 3 else 0)} A G 12" for i in range(8)])


def test_people_of_one_name_are_told_apart_by_their_families(tmp_path: Path) -> None:
    people = ["F1 A 0 0 1 -9", "F2 A 0 0 2 -9"]
    found = read_toy(tmp_path, ["10 rs1 1100 A G 11 22"], people=people)
    assert found.samples == ("F1_A", "F2_A")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda p: p.with_suffix(".fam").unlink(), "its .fam file array.fam is not there"),
        (lambda p: p.with_suffix(".bim").unlink(), "its .bim file array.bim is not there"),
        (lambda p: p.write_bytes(p.read_bytes()[:-1]), r"has 3 bytes, and 1 markers \(.bim\) of 1 people"),
        (lambda p: p.write_bytes(b"\x6c\x1b\x00\x00"), r"in another layout \(byte 3 is 00, expected 01"),
        (lambda p: p.write_bytes(b"\x6c\x1b\x10\x00"), r"this is a PLINK 2 .pgen file"),
        (lambda p: p.with_suffix(".fam").write_text("1 A 0\n"), r"array.fam:1: found '1 A 0'. Expected six columns"),
        (lambda p: p.with_suffix(".fam").write_text(""), "expected at least one person"),
        (
            lambda p: p.with_suffix(".fam").write_text("1 A 0 0 1 1\n1 A 0 0 1 1\n"),
            "every family and person named once",
        ),
        (lambda p: p.with_suffix(".bim").write_text("10 rs1 0 x A G\n"), r"array.bim:1: found .* Expected six columns"),
    ],
)
def test_files_that_cannot_be_read_are_refused(tmp_path: Path, damage, expected: str) -> None:  # type: ignore[no-untyped-def]
    path = write_plink(tmp_path, ["10 i1 1000 A G 12"])
    damage(path)
    with pytest.raises(InputError, match=expected):
        read_genotypes(path, ToyKnowledge())  # type: ignore[arg-type]


def test_one_of_the_other_files_points_to_the_genotypes(tmp_path: Path) -> None:
    path = write_plink(tmp_path, ["10 i1 1000 A G 12"])
    for suffix in (".bim", ".fam"):
        with pytest.raises(InputError, match=r"one of three PLINK files: give the genotypes, array.bed"):
            read_genotypes(path.with_suffix(suffix), ToyKnowledge())  # type: ignore[arg-type]


def test_an_unknown_sample_and_no_site_at_all(tmp_path: Path) -> None:
    path = write_plink(tmp_path, ["1 i1 7 A G 12"])
    with pytest.raises(UnknownName, match=r"there is no sample 'X' in this file. It holds 1: S1"):
        read_genotypes(path, ToyKnowledge(), samples=["X"])  # type: ignore[arg-type]
    assert "none of its 1 markers lies at a site" in said(read_genotypes(path, ToyKnowledge()))  # type: ignore[arg-type]


@pytest.mark.parametrize("build", [GRCH37, GRCH38])
def test_a_whole_person_reads_as_the_same_person(tmp_path: Path, build: str) -> None:
    """Each site a marker with A2 as REF, as a file that was made from a VCF."""
    knowledge = load_release()
    person = random_person(knowledge, build)
    rows, tested, seen = [], set(), set()
    for site in in_order(person):
        place = site.chromosome, site.pos
        if len(site.alts) == 1 and place not in seen:
            seen.add(place)
            tested.add(site)
            genotype = {0: "22", 1: "12", 2: "11"}[
                2 * sum(a == site.alts[0] for a in person[site]) // len(person[site])
            ]
            rows.append(f"{site.chromosome[3:]} v{len(rows)} {site.pos} {site.alts[0]} {site.ref} {genotype}")
    found = read_genotypes(write_plink(tmp_path, rows, people=["1 S1 0 0 1 -9"]), knowledge)
    assert found.build == build
    assert not differences(found, expected_codes(person, knowledge, tested=tested))
    assert np.sum([(c.codes >= 0).any(axis=2).sum() for c in found.genes.values()]) > 900
