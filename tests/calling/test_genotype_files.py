"""The command line takes every kind of file by its content, says what it is, and refuses what it cannot read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from people_in_files import as_vcf, random_person
from test_array_text import rows_of, text_23andme
from test_plink import write_plink
from vcf_texts import GRCH37_CHR10, ToyKnowledge, codes, read, said, vcf_text, write

from rxweave.calling.builds import GRCH37, GRCH38
from rxweave.calling.genotype_files import FileKind, kind_of, read_genotypes
from rxweave.errors import InputError
from rxweave.knowledge import load_release

RXWEAVE = [str(Path(sys.executable).with_name("rxweave"))]


def call(*arguments: object) -> tuple[list[dict[str, object]], str, int]:
    """Rows, standard error and exit status of ``rxweave call``."""
    done = subprocess.run([*RXWEAVE, "call", *map(str, arguments)], capture_output=True, text=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr, done.returncode


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    vcf = write(tmp_path, vcf_text(["chr10 1000 G A 0/1"]), "misnamed.bed")
    array = write(tmp_path, text_23andme(["i1 10 500 GA"]), "misnamed.vcf")
    plink = write_plink(tmp_path, ["10 i1 1000 A G 12"], name="plink")
    renamed = plink.rename(tmp_path / "plink.txt")
    assert kind_of(vcf) is FileKind.VCF
    assert kind_of(array) is FileKind.ARRAY_TEXT
    assert kind_of(renamed) is FileKind.PLINK
    assert kind_of(tmp_path / "absent") is FileKind.VCF
    assert kind_of(tmp_path) is FileKind.VCF
    assert codes(read_genotypes(array, ToyKnowledge()), 1000) == (0, 1)  # type: ignore[arg-type]


def test_the_command_line_reads_vcf_array_and_plink_and_records_the_build(tmp_path: Path) -> None:
    knowledge = load_release()
    person = random_person(knowledge, GRCH37)
    rows, _ = rows_of(person)
    array = write(tmp_path, text_23andme(rows), "ann.txt")
    vcf = write(tmp_path, as_vcf(random_person(knowledge)), "bob.vcf")
    plink = write_plink(
        tmp_path,
        ["10 rs3758581 96602623 0 G 22", "10 rs12769205 96535124 G A 12", "10 rs4244285 96541616 A G 12"],
        people=["1 EVE 0 0 2 -9"],
    )
    found, said_on_stderr, status = call(array, vcf, plink, "--genes", "CYP2C19")
    assert status == 0
    assert [(row["sample"], row["build"]) for row in found] == [("ann", GRCH37), ("S1", GRCH38), ("EVE", GRCH37)]
    assert found[2]["diplotypes"] == ["*1/*2"]
    assert "positions are GRCh37: read by the release's table of positions" in said_on_stderr


def test_one_bad_file_is_named_and_the_others_are_called(tmp_path: Path) -> None:
    good = write(tmp_path, vcf_text(["chr10 94781859 G A 0/1"]), "good.vcf")
    dosages = write(tmp_path, vcf_text(["chr10 94781859 G A FORMAT=DS 0.9"]), "dosages.vcf")
    rows, stderr, status = call(dosages, good, "--genes", "CYP2C19")
    assert [row["sample"] for row in rows] == ["S1"]
    assert status == 1
    assert "imputed dosages or genotype probabilities and no genotypes" in stderr


def test_a_reference_genome_that_is_not_there_is_one_paragraph(tmp_path: Path) -> None:
    vcf = write(tmp_path, vcf_text(["chr10 94781859 G A 0/1"]))
    rows, stderr, status = call(vcf, "--reference", tmp_path / "absent.fa")
    assert (rows, status) == ([], 1)
    assert "there is no such reference genome" in stderr


# --- imputed genotypes ----------------------------------------------------------------------------------------------


def test_imputed_genotypes_are_said_with_the_poor_ones_named(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [
            "chr10 1000 G A INFO=IMPUTED;R2=0.41 FORMAT=GT:DS 0|1:0.9",
            "chr10 1100 G A INFO=AF=0.1;IMP;DR2=0.97 FORMAT=GT:DS 0|1:1",
            "chr10 1200 CTA C INFO=TYPED;R2=0.2 FORMAT=GT 0|1",
            "chr10 9000 A G INFO=IMPUTED;R2=. FORMAT=GT 0|1",
        ],
    )
    assert codes(found, 1000) == (0, 1)
    text = said(found)
    assert "TOYA||patient.vcf: 2 site(s) of TOYA were imputed, not measured" in text
    assert "poorly, with R2 below 0.8: chr10:1000 (R2 0.41)" in text
    assert "TOYB||patient.vcf: 1 site(s) of TOYB were imputed, not measured: rare alleles may be missed" in text


def test_genotypes_beside_dosages_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 G A FORMAT=DS 0.9", "chr10 1100 G A FORMAT=GT:DS 0/1:1"])
    assert codes(found, 1100) == (0, 1)
    assert "FORMAT has no GT ('DS')" in said(found)


def test_a_grch37_pipe_without_lengths_says_to_save_it(tmp_path: Path) -> None:
    text = vcf_text(["10 500 G A 0/1", "10 600 G A 0/0", "10 700 CTA C 0/1"], meta=[])
    path = tmp_path / "pipe"
    subprocess.run(["mkfifo", str(path)], check=True)
    writer = subprocess.Popen([sys.executable, "-c", f"open({str(path)!r}, 'w').write({text!r})"])
    with pytest.raises(InputError, match="save the file to disk, so that it can be read twice"):
        read_genotypes(path, ToyKnowledge())  # type: ignore[arg-type]
    writer.wait(10)


def test_a_pipe_with_lengths_is_read(tmp_path: Path) -> None:
    text = vcf_text(["10 500 G A 0/1"], meta=[GRCH37_CHR10])
    path = tmp_path / "pipe"
    subprocess.run(["mkfifo", str(path)], check=True)
    writer = subprocess.Popen([sys.executable, "-c", f"open({str(path)!r}, 'w').write({text!r})"])
    assert codes(read_genotypes(path, ToyKnowledge()), 1000) == (0, 1)  # type: ignore[arg-type]
    writer.wait(10)
