"""Which build a file is in, and GRCh37 files read by the release's table of positions."""

from __future__ import annotations

from pathlib import Path

import pytest
from people_in_files import as_vcf, differences, expected_codes, random_person
from vcf_texts import GRCH37_CHR10, ToyKnowledge, codes, read, said, vcf_text, write

from rxweave.calling import call_diplotypes, merge_genotypes, read_genotypes
from rxweave.calling.builds import GRCH37, GRCH38, build_of_length, build_of_name, canonical_contig, stated_builds
from rxweave.calling.vcf import read_vcf
from rxweave.knowledge import load_release


@pytest.mark.parametrize(
    ("name", "chromosome", "build"),
    [
        ("chr10", "chr10", ""),
        ("10", "chr10", ""),
        ("CHR10", "chr10", ""),
        ("chrom10", "", ""),
        ("chromosome10", "chr10", ""),
        ("Chr_10", "chr10", ""),
        ("010", "", ""),
        ("02", "chr2", ""),
        ("NC_000010.11", "chr10", GRCH38),
        ("NC_000010.10", "chr10", GRCH37),
        ("NC_000001.10", "chr1", GRCH37),
        ("NC_000023.11", "chrX", GRCH38),
        ("NC_000024.9", "chrY", GRCH37),
        ("nc_000022.11", "chr22", GRCH38),
        ("NC_000025.1", "", ""),
        ("CM000672.2", "chr10", GRCH38),
        ("CM000672.1", "chr10", GRCH37),
        ("CM000685.2", "chrX", GRCH38),
        ("chr10_GRCh38", "chr10", GRCH38),
        ("chr10.hg19", "chr10", GRCH37),
        ("NC_060934.1", "", "T2T-CHM13"),
        ("CP068268.2", "", "T2T-CHM13"),
        ("chrM", "chrM", ""),
        ("chrMT", "chrM", ""),
        ("m", "chrM", ""),
        ("MT", "chrM", ""),
        ("NC_012920.1", "chrM", ""),
        ("chr10_KI270824v1_alt", "", ""),
        ("chrUn_KI270742v1", "", ""),
        ("HLA-A*01:01", "", ""),
        ("23", "chrX", ""),
        ("0", "", ""),
    ],
)
def test_a_contig_name_says_its_chromosome_and_sometimes_its_build(name: str, chromosome: str, build: str) -> None:
    assert canonical_contig(name) == chromosome
    assert build_of_name(name) == build


def test_lengths_tell_the_build() -> None:
    assert build_of_length("10", 135534747) == GRCH37
    assert build_of_length("chrX", 156040895) == GRCH38
    assert build_of_length("chr10", 1000) == ""
    assert build_of_length("chrM", 16569) == ""
    assert list(stated_builds([("chr10", 133797422), ("1", 249250621), ("2", 0)])) == [GRCH38, GRCH37]


def test_the_header_tells_grch37_and_the_sites_keep_their_codes(tmp_path: Path) -> None:
    found = read(tmp_path, ["10 500 G A 0/1", "10 700 CTA C 1/1"], meta=[GRCH37_CHR10])
    assert found.build == GRCH37
    assert (codes(found, 1000), codes(found, 1200)) == ((0, 1), (1, 1))
    assert "positions are GRCh37: read by the release's table of positions" in said(found)


def test_ref_bases_tell_grch37_where_the_header_does_not(tmp_path: Path) -> None:
    records = ["10 500 G A 0/1", "10 600 G A 0/0", "10 700 CTA C 0/1", "10 1000 C T 0/1"]
    path = write(tmp_path, vcf_text(records, meta=[]))
    found = read_vcf(path, ToyKnowledge())  # type: ignore[arg-type]
    assert found.build == GRCH37
    assert (codes(found, 1000), codes(found, 1100), codes(found, 1200)) == ((0, 1), (0, 0), (0, 1))


def test_accessions_tell_the_build(tmp_path: Path) -> None:
    found = read(tmp_path, ["NC_000010.10 500 G A 0/1"], meta=["##contig=<ID=NC_000010.10>"])
    assert (found.build, codes(found, 1000)) == (GRCH37, (0, 1))


@pytest.mark.parametrize("contig", ["{}", "NC"])
@pytest.mark.parametrize("has_lengths", [True, False])
def test_a_whole_person_in_grch37_reads_as_the_same_person(tmp_path: Path, contig: str, has_lengths: bool) -> None:
    knowledge = load_release()
    person = random_person(knowledge, GRCH37)
    meta = ("##contig=<ID=1,length=249250621>",) if has_lengths else ()
    text = as_vcf(person, meta=meta)
    if contig == "NC":
        text = text.replace("\nchr", "\n")
    found = read_genotypes(write(tmp_path, text), knowledge)
    assert found.build == GRCH37
    expected = expected_codes(person, knowledge)
    wrong = [text for text in differences(found, expected) if ": [-1, -1] for" not in text]
    assert not wrong  # what overlaps a carried deletion may be unclear; nothing may be another allele


def test_where_the_builds_have_another_ref_base_a_reference_genome_is_called_the_same(tmp_path: Path) -> None:
    """rs3758581 and four more have the other base as GRCh37's REF: homozygous REF there is homozygous ALT in GRCh38."""
    knowledge = load_release()
    person = {site: (site.ref, site.ref) for site in random_person(knowledge, GRCH37)}
    swapped = {site.variant.rsid for site in person if site.codes.get(site.ref) != 0}
    assert swapped == {"rs3758581", "rs1135840", "rs16947", "rs776746", "rs1801265"}
    person = {s: a[: 1 if s.chromosome in ("chrX", "chrM") else 2] for s, a in person.items()}
    found = read_genotypes(write(tmp_path, as_vcf(person)), knowledge, genes=["CYP2C19", "CYP3A5"])
    call = call_diplotypes(found, knowledge)[0]
    assert [str(d) for d in call["CYP2C19"].diplotypes] == ["*1/*1"]
    assert [str(d) for d in call["CYP3A5"].diplotypes] == ["*1/*1"] or knowledge.genes["CYP3A5"].variants[3].ref == "T"


def test_sites_without_a_grch37_position_are_said(tmp_path: Path) -> None:
    knowledge = load_release()
    person = random_person(knowledge, GRCH37)
    found = read_genotypes(write(tmp_path, as_vcf(person)), knowledge)
    assert "NAT2||patient.vcf: 5 site(s) of NAT2 have no GRCh37 position in this release" in said(found)


def test_assumed_reference_in_grch37_is_that_builds_reference(tmp_path: Path) -> None:
    knowledge = load_release()
    record = ["10 96521657 C T 0/1"]
    found = read_genotypes(
        write(tmp_path, vcf_text(record, meta=[GRCH37_CHR10])), knowledge, genes=["CYP2C19"], assume_reference=True
    )
    site = next(i for i, v in enumerate(knowledge.genes["CYP2C19"].variants) if v.rsid == "rs3758581")
    assert found.genes["CYP2C19"].codes[0, site].tolist() == [1, 1]


def test_merged_parts_name_both_builds(tmp_path: Path) -> None:
    one = read_vcf(write(tmp_path, vcf_text(["10 500 G A 0/1"], meta=[GRCH37_CHR10]), "a.vcf"), ToyKnowledge())  # type: ignore[arg-type]
    other = read_vcf(write(tmp_path, vcf_text(["chr10 9000 A G 0/1"]), "b.vcf"), ToyKnowledge())  # type: ignore[arg-type]
    merged = merge_genotypes([one, other])
    assert merged.build == "GRCh37, GRCh38"
    assert (codes(merged, 1000), codes(merged, 9000, "TOYB")) == ((0, 1), (0, 1))
