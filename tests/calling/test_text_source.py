"""Reading parts of a whole genome by its index, and BCF: the same genotypes as from the text."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from people_in_files import as_vcf, differences, expected_codes, random_person
from vcf_texts import ToyKnowledge, bgzip, codes, said, vcf_text, write

from rxweave.calling import read_genotypes, text_source
from rxweave.calling.text_source import read_index, usable_index
from rxweave.errors import InputError, MissingExtra
from rxweave.knowledge import load_release

HG38 = [
    "##contig=<ID=chr1,length=248956422>",
    "##contig=<ID=chr10,length=133797422>",
    "##contig=<ID=chrX,length=156040895>",
]
GT = '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">'


def genome_text(*, samples: int = 1) -> str:
    """Twenty thousand records on three chromosomes; the toy genes' sites are on chr10 and chrX."""
    rng = random.Random(3)
    records = [f"chr1 {100 + 50 * i} A C " + " ".join(["0/1"] * samples) for i in range(8_000)]
    chr10 = {rng.randrange(20_000, 9_000_000): ("A", "C") for _ in range(8_000)}
    chr10 |= {1000: ("G", "A"), 1100: ("G", "A,C"), 1200: ("CTA", "C"), 9000: ("A", "G"), 9100: ("C", "T")}
    records += [f"chr10 {pos} {ref} {alt} " + " ".join(["0/1"] * samples) for pos, (ref, alt) in sorted(chr10.items())]
    records += [f"chrX {pos} A G " + " ".join(["1/1"] * samples) for pos in range(5000, 400_000, 100)]
    names = tuple(f"S{k}" for k in range(samples))
    return vcf_text(records, meta=[*HG38, GT], samples=names)


@pytest.fixture
def small_is_worth_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_source, "_WORTH_AN_INDEX", 1000)


def indexed(folder: Path, text: str, kind: str) -> Path:
    pysam = pytest.importorskip("pysam")
    path = folder / "genome.vcf.gz"
    path.write_bytes(bgzip(text.encode(), block=9000))
    pysam.tabix_index(str(path), preset="vcf", csi=kind == "csi", force=True)
    return path


def same(one: Any, other: Any) -> bool:
    return all((one.genes[g].codes == other.genes[g].codes).all() for g in one.genes)


@pytest.mark.parametrize("kind", ["tbi", "csi"])
@pytest.mark.usefixtures("small_is_worth_an_index")
def test_only_the_stretches_around_the_sites_are_read(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = genome_text()
    path = indexed(tmp_path, text, kind)
    whole = read_genotypes(write(tmp_path, text, "plain.vcf"), ToyKnowledge())  # type: ignore[arg-type]
    read = 0
    between = text_source._between

    def counted(*args: Any) -> Any:
        nonlocal read
        for piece in between(*args):
            read += len(piece)
            yield piece

    monkeypatch.setattr(text_source, "_between", counted)
    found = read_genotypes(path, ToyKnowledge())  # type: ignore[arg-type]
    assert same(found, whole)
    assert codes(found, 1000) == (0, 1)
    assert 0 < read < len(text) / 5


@pytest.mark.parametrize("kind", ["tbi", "csi"])
@pytest.mark.usefixtures("small_is_worth_an_index")
def test_a_whole_person_reads_the_same_by_index(tmp_path: Path, kind: str) -> None:
    knowledge = load_release()
    person = random_person(knowledge)
    text = as_vcf(person, meta=("##contig=<ID=chr1,length=248956422>", GT))
    lines = text.splitlines()
    head = [line for line in lines if line.startswith("#")]
    body = sorted((line for line in lines if line[0] != "#"), key=lambda x: (x.split("\t")[0], int(x.split("\t")[1])))
    path = indexed(tmp_path, "\n".join([*head, *body]) + "\n", kind)
    found = read_genotypes(path, knowledge)
    wrong = [text for text in differences(found, expected_codes(person, knowledge)) if ": [-1, -1] for" not in text]
    assert not wrong
    assert not any("none of its" in str(w) for w in found.warnings)


@pytest.mark.usefixtures("small_is_worth_an_index")
def test_blocks_that_begin_far_before_a_site_are_found_by_index(tmp_path: Path) -> None:
    records = [f"chr1 {100 + 50 * i} A <NON_REF> INFO=END={149 + 50 * i} 0/0" for i in range(3000)]
    end = '##INFO=<ID=END,Number=1,Type=Integer,Description="End">'
    text = vcf_text([*records, "chr10 7 T <NON_REF> INFO=END=8000000 0/0"], meta=[*HG38, GT, end])
    found = read_genotypes(indexed(tmp_path, text, "tbi"), ToyKnowledge())  # type: ignore[arg-type]
    assert codes(found, 1000) == codes(found, 9200, "TOYB") == (0, 0)


@pytest.mark.usefixtures("small_is_worth_an_index")
def test_a_place_without_a_line_number_is_named_by_its_position(tmp_path: Path) -> None:
    text = (
        genome_text()
        .replace("chr10\t1000\t.\tG\tA", "chr10\t1000\t.\tG\tA")
        .replace("chr10\t1100\t.\tG\tA,C\t.\tPASS\t.\tGT\t0/1", "chr10\t1100\t.\tG\tA,C\t.\tPASS\t.\tGT\t7/8")
    )
    found = read_genotypes(indexed(tmp_path, text, "tbi"), ToyKnowledge())  # type: ignore[arg-type]
    assert "genome.vcf.gz:chr10:1100: GT '7/8'" in said(found)


@pytest.mark.usefixtures("small_is_worth_an_index")
def test_an_older_index_a_cut_file_and_a_small_one_are_not_read_by_index(tmp_path: Path) -> None:
    path = indexed(tmp_path, genome_text(), "tbi")
    index = Path(f"{path}.tbi")
    assert usable_index(path) == index
    os.utime(index, (1, 1))
    assert usable_index(path) is None
    os.utime(index)
    path.write_bytes(path.read_bytes()[:-28])
    os.utime(index)
    assert usable_index(path) is None
    with pytest.raises(InputError, match="end-of-file marker is missing"):
        read_genotypes(path, ToyKnowledge())  # type: ignore[arg-type]
    small = tmp_path / "small.vcf.gz"
    small.write_bytes(bgzip(b"x" * 100))
    assert usable_index(small) is None


@pytest.mark.parametrize("damage", [b"TBI\x01\x05", b"hello", b"CSI\x01" + b"\x0e\0\0\0\x05\0\0\0\0\0\0\0\x07\0\0\0"])
def test_a_damaged_index_is_named(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "x.vcf.gz.tbi"
    path.write_bytes(bgzip(damage))
    with pytest.raises(InputError, match=r"not a whole tabix or CSI index. Make it again"):
        read_index(path)


@pytest.mark.usefixtures("small_is_worth_an_index")
def test_an_index_of_another_file_is_refused_not_followed(tmp_path: Path) -> None:
    path = indexed(tmp_path, genome_text(), "tbi")
    path.write_bytes(bgzip(genome_text(samples=3).encode(), block=4000))
    os.utime(f"{path}.tbi")
    with pytest.raises(InputError):
        read_genotypes(path, ToyKnowledge())  # type: ignore[arg-type]


# --- BCF ------------------------------------------------------------------------------------------------------------


def as_bcf(folder: Path, text: str, *, has_index: bool = False) -> Path:
    pysam = pytest.importorskip("pysam")
    path = folder / "genome.bcf"
    source = pysam.VariantFile(str(write(folder, text, "source.vcf")))
    with pysam.VariantFile(str(path), "wb", header=source.header) as out:
        for record in source:
            out.write(record)
    if has_index:
        pysam.tabix_index(str(path), preset="bcf", force=True)
    return path


@pytest.mark.parametrize("has_index", [False, True])
def test_a_bcf_reads_as_the_vcf_that_it_stands_for(tmp_path: Path, has_index: bool) -> None:
    text = genome_text(samples=12)
    path = as_bcf(tmp_path, text, has_index=has_index)
    whole = read_genotypes(tmp_path / "source.vcf", ToyKnowledge())  # type: ignore[arg-type]
    found = read_genotypes(path, ToyKnowledge())  # type: ignore[arg-type]
    assert found.samples == whole.samples
    assert same(found, whole)
    assert codes(found, 5000, "TOYX", 11) == (1, 1)


def test_a_cut_bcf_is_refused(tmp_path: Path) -> None:
    path = as_bcf(tmp_path, genome_text())
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(InputError, match=r"cannot be read to its end|cannot be read as one|cut off"):
        read_genotypes(path, ToyKnowledge())  # type: ignore[arg-type]


def test_something_that_only_starts_as_a_bcf_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pysam")
    path = tmp_path / "x.bcf"
    path.write_bytes(b"BCF\x02\x02" + b"\0" * 50)
    with pytest.raises(InputError, match="starts as a BCF file and cannot be read as one"):
        read_genotypes(path, ToyKnowledge())  # type: ignore[arg-type]


def test_without_pysam_a_bcf_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pysam", None)
    path = tmp_path / "x.bcf"
    path.write_bytes(bgzip(b"BCF\x02\x02\0\0\0\0"))
    with pytest.raises(MissingExtra, match=r"BCF files need pysam: install rxweave\[hts\], or convert"):
        read_genotypes(path, ToyKnowledge())  # type: ignore[arg-type]
