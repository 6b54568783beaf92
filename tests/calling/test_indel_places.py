"""Insertions and deletions that a file writes at another place of a repeat than the definition does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from people_in_files import sparse_fasta
from vcf_texts import codes, read, said, vcf_text, write

from rxweave.calling import call_diplotypes, read_genotypes
from rxweave.calling.genotypes import MISSING, UNDOCUMENTED
from rxweave.calling.record_alleles import Change
from rxweave.calling.reference import ReferenceGenome
from rxweave.calling.sites import Site, SiteIndex
from rxweave.errors import InputError, MissingExtra, ReferenceMismatch
from rxweave.knowledge import Knowledge, load_release
from rxweave.phenotyping import assign_phenotype

NOT_TESTED = MISSING, MISSING
LENGTHS = {"chr1": 248956422, "chr2": 242193529, "chr6": 170805979, "chr7": 159345973, "chr10": 133797422}
LENGTHS |= {"chr13": 114364328, "chr19": 58617616, "chr22": 50818468, "chrX": 156040895}


def indel_sites(knowledge: Knowledge) -> list[Site]:
    return [s for s in SiteIndex.of([g for g in knowledge.genes.values() if g.variants]).sites if s.is_indel]


def moved_right(site: Site, alt: str) -> tuple[str, int, str, str] | None:
    """The same change one repeat unit further right: the bases behind the site, and POS, REF and ALT there.

    None for an ALT that replaces bases, which no repeat moves.
    """
    if site.ref[0] != alt[0] or (len(site.ref) > 1 and len(alt) > 1 and not _is_pure(site.ref, alt)):
        return None
    longer, shorter = max(site.ref, alt, key=len), min(site.ref, alt, key=len)
    unit = longer[len(shorter) :]
    anchor = site.pos + len(shorter) - 1
    behind = shorter + unit * (3 if len(site.ref) > len(alt) else 2)
    pos = anchor + len(unit)
    text = site.ref[:0] + behind
    last = text[pos - site.pos]
    return (behind, pos, last + unit, last) if len(alt) < len(site.ref) else (behind, pos, last, last + unit)


def _is_pure(ref: str, alt: str) -> bool:
    return ref.startswith(alt) or alt.startswith(ref)


def cases() -> list[tuple[str, int, str]]:
    """(gene, position, ALT) of every indel of the release whose repeat runs over no other site of its gene."""
    knowledge = load_release()
    found = []
    for site in indel_sites(knowledge):
        others = {v.pos_grch38 for v in knowledge.genes[site.gene].variants} - {site.pos}
        for alt in site.alts:
            moved = moved_right(site, alt)
            if moved and not any(site.pos <= pos <= site.pos + len(moved[0]) for pos in others):
                found.append((site.gene, site.pos, alt))
    return found


CASES = cases()


def _case(gene: str, pos: int, alt: str) -> tuple[Knowledge, Site, tuple[str, int, str, str]]:
    knowledge = load_release()
    site = next(s for s in SiteIndex.of([knowledge.genes[gene]]).sites if s.pos == pos)
    moved = moved_right(site, alt)
    assert moved is not None
    return knowledge, site, moved


def test_the_release_has_indels_of_the_genes_that_matter() -> None:
    assert {"CYP2D6", "G6PD", "UGT1A1", "NUDT15", "DPYD", "CYP3A5"} <= {gene for gene, _, _ in CASES}
    assert len(CASES) >= 25


@pytest.mark.parametrize(("gene", "pos", "alt"), CASES)
def test_without_a_genome_the_site_is_unclear_and_never_reference(
    tmp_path: Path, gene: str, pos: int, alt: str
) -> None:
    knowledge, site, (_, at, ref, other) = _case(gene, pos, alt)
    records = [
        f"{site.chromosome} {pos} {site.ref} {','.join(site.alts)} 0/0",
        f"{site.chromosome} {at} {ref} {other} 0/1",
    ]
    found = read_genotypes(write(tmp_path, vcf_text(records, meta=[])), knowledge, genes=[gene])
    unclear = ([MISSING, MISSING], [MISSING, UNDOCUMENTED])
    assert found.genes[gene].codes[0, site.index].tolist() in unclear
    # A REF that shows the repeat (TT>T) is recognised, and then contradicts the record that says reference.
    reasons = (f"may be the same change as the site {site.chromosome}:{pos}", "reaches over", "contradict each other")
    assert any(reason in said(found) for reason in reasons)
    assumed = read_genotypes(tmp_path / "patient.vcf", knowledge, genes=[gene], assume_reference=True)
    assert assumed.genes[gene].codes[0, site.index].tolist() in unclear


@pytest.mark.parametrize(("gene", "pos", "alt"), CASES)
def test_with_the_genome_the_change_is_known_wherever_it_is_written(
    tmp_path: Path, gene: str, pos: int, alt: str
) -> None:
    knowledge, site, (behind, at, ref, other) = _case(gene, pos, alt)
    bases = {v.pos_grch38: v.ref for v in knowledge.genes[gene].variants} | {pos: behind}
    bases |= {v.pos_grch38: v.ref for v in knowledge.genes[gene].calling.extra_variants}
    fasta = sparse_fasta(tmp_path, site.chromosome, bases, LENGTHS[site.chromosome])
    records = [f"{site.chromosome} {at} {ref} {other} 0/1"]
    path = write(tmp_path, vcf_text(records, meta=[]))
    found = read_genotypes(path, knowledge, genes=[gene], reference=fasta)
    assert found.genes[gene].codes[0, site.index].tolist() == [0, site.codes[alt]]
    assert "may be the same change" not in said(found)


# --- the genome itself ----------------------------------------------------------------------------------------------

TOY_BASES = {900: "G", 1000: "G", 1100: "G", 1200: "CTATATATG", 1300: "TGGGGC", 9000: "A", 9100: "C", 9200: "C"}


def toy_genome(folder: Path, bases: dict[int, str] = TOY_BASES) -> Path:
    return sparse_fasta(folder, "chr10", bases, 20_000)


@pytest.mark.parametrize(
    ("record", "pos", "expected"),
    [
        ("1205 TAT T", 1200, (0, 1)),
        ("1205 TATG TG", 1200, (0, 1)),
        ("1202 ATATAT ATAT", 1200, (0, 1)),
        ("1203 TATAT T", 1200, (MISSING, UNDOCUMENTED)),  # two copies: another deletion, over the site
        ("1304 G GG", 1300, (0, 1)),
        ("1303 GG GGG", 1300, (0, 1)),
        ("1300 TG TGG", 1300, (0, 1)),
    ],
)
def test_changes_are_aligned_before_they_are_compared(
    tmp_path: Path, record: str, pos: int, expected: tuple[int, int]
) -> None:
    bases = TOY_BASES | {1200: "CTATATATG"}
    found = read(tmp_path, [f"chr10 {record} 0/1"], genes=["TOYA"], reference=toy_genome(tmp_path, bases))
    assert codes(found, pos) == expected


def test_a_change_beside_a_site_that_is_another_one_leaves_it_alone(tmp_path: Path) -> None:
    records = ["chr10 1200 CTA C 0/0", "chr10 1300 T TG 0/0", "chr10 1306 N NG 0/1"]
    found = read(tmp_path, records, genes=["TOYA"], reference=toy_genome(tmp_path))
    assert (codes(found, 1200), codes(found, 1300)) == ((0, 0), (0, 0))


def test_a_record_whose_ref_is_not_the_genomes_is_not_read(tmp_path: Path) -> None:
    genome = toy_genome(tmp_path, TOY_BASES)
    found = read(tmp_path, ["chr10 998 CCG C 0/1", "chr10 1100 G A 0/1"], genes=["TOYA"], reference=genome)
    assert "chr10:998 has REF CCG, the reference genome chr10.fa has" in said(found)
    assert codes(found, 1100) == (0, 1)


def test_a_genome_of_another_build_is_refused(tmp_path: Path) -> None:
    shifted = {pos - 500: bases for pos, bases in TOY_BASES.items()}
    with pytest.raises(
        ReferenceMismatch, match="this is not the GRCh38 that the genotypes are in: 5 of 5 sites differ"
    ):
        read(tmp_path, ["chr10 1000 G A 0/1"], genes=["TOYA"], reference=toy_genome(tmp_path, shifted))
    found = read(
        tmp_path,
        ["chr10 500 G A 0/1"],
        genes=["TOYA"],
        meta=["##contig=<ID=chr10,length=135534747>"],
        reference=toy_genome(tmp_path, shifted),
    )
    assert codes(found, 1000) == (0, 1)


def test_a_genome_tells_the_build_where_the_header_does_not(tmp_path: Path) -> None:
    shifted = {pos - 500: bases for pos, bases in TOY_BASES.items()}
    genome = toy_genome(tmp_path, shifted)
    found = read(tmp_path, ["chr10 500 G A 0/1"], genes=["TOYA"], meta=[], reference=genome)
    assert (found.build, codes(found, 1000)) == ("GRCh37", (0, 1))


def test_a_genome_without_the_chromosome_is_like_none(tmp_path: Path) -> None:
    genome = sparse_fasta(tmp_path, "chr3", {100: "A"}, 1000)
    found = read(tmp_path, ["chr10 1200 CTA C 0/0", "chr10 1204 ATA A 0/1"], reference=genome)
    assert codes(found, 1200) == (MISSING, UNDOCUMENTED)


@pytest.mark.parametrize(
    ("gene", "record"),
    [
        ("NUDT15", "chr13 48037801 G GGAGTCG 1/1"),
        ("NUDT15", "chr13 48037784 G GGAGTCG 0/1"),
        ("DPYD", "chr1 97740415 ATGAA A 1/1"),
    ],
)
def test_a_change_that_was_seen_is_not_weighed_as_if_it_had_been_lost(tmp_path: Path, gene: str, record: str) -> None:
    """A position not read is probably reference; here a carrier is certain, and what it carries is not known."""
    knowledge = load_release()
    variants = knowledge.genes[gene].variants
    reference = [f"{record.split()[0]} {v.pos_grch38} {v.ref} {v.alts[0]} 0/0" for v in variants]
    found = read_genotypes(write(tmp_path, vcf_text([*reference, record], meta=[])), knowledge, genes=[gene])
    phenotype = assign_phenotype(call_diplotypes(found, knowledge)[0][gene], knowledge)
    known = [p for p in phenotype.possibilities if "Normal" in p.phenotype.name]
    assert sum(p.probability for p in known) < 0.01


@pytest.mark.parametrize(
    ("content", "index", "expected"),
    [
        (None, None, "there is no such reference genome"),
        (b"ACGT\n", None, "this is not FASTA"),
        (b">chr10\nACGT\n", None, "its index g.fa.fai is not there. Make it with `samtools faidx`"),
        (b">chr10\nACGT\n", "chr10\tfour\t7\t4\t5\n", r"g.fa.fai:1: expected name, length, offset"),
    ],
)
def test_a_genome_that_cannot_be_read_is_refused(
    tmp_path: Path, content: bytes | None, index: str | None, expected: str
) -> None:
    path = tmp_path / "g.fa"
    if content is not None:
        path.write_bytes(content)
    if index is not None:
        (tmp_path / "g.fa.fai").write_text(index)
    with pytest.raises(InputError, match=expected):
        ReferenceGenome(path)


def test_lines_of_a_fasta_are_joined_and_case_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "g.fa"
    path.write_text(">chr10 x\nACGTA\ncgtac\nGT\n")
    path.with_name("g.fa.fai").write_text("chr10\t12\t9\t5\t6\n")
    genome = ReferenceGenome(path)
    assert genome.bases("chr10", 1, 12) == "ACGTACGTACGT"
    assert genome.bases("chr10", 5, 6) == "AC"
    assert genome.bases("chr10", -3, 2) == "AC"
    assert genome.bases("chr10", 11, 40) == "GT"
    assert genome.left_aligned("chr10", Change(9, "ACGT", "")) == Change(1, "ACGT", "")
    assert genome.left_aligned("chr10", Change(9, "A", "T")) == Change(9, "A", "T")


def test_a_compressed_genome_is_read_with_pysam(tmp_path: Path) -> None:
    pysam = pytest.importorskip("pysam")
    plain = tmp_path / "g.fa"
    sequence = np.array(list("ACGTACGTAC" * 6))
    plain.write_text(">chr10\n" + "".join(sequence) + "\n")
    packed = tmp_path / "g.fa.gz"
    pysam.tabix_compress(str(plain), str(packed))
    pysam.faidx(str(packed))
    assert ReferenceGenome(packed).bases("chr10", 3, 8) == "GTACGT"


def test_a_compressed_genome_without_pysam_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pysam", None)
    path = tmp_path / "g.fa.gz"
    path.write_bytes(b"\x1f\x8b\x08\x04")
    with pytest.raises(MissingExtra, match=r"install rxweave\[hts\]"):
        ReferenceGenome(path)
