"""Files that are wrong: one clear paragraph (where, what, what to do), or a warning that names what was skipped."""

from __future__ import annotations

import gzip
import re
import tracemalloc
from pathlib import Path

import pytest
from vcf_texts import BGZF_END, GRCH38_CHR10, ToyKnowledge, bgzip, codes, read, said, vcf_text, write

from rxweave.calling import vcf_lines
from rxweave.calling.genotypes import MISSING, Genotypes
from rxweave.calling.vcf import read_vcf
from rxweave.errors import InputError, PgxError, ReferenceMismatch, UnknownName

NOT_TESTED = MISSING, MISSING
GOOD = vcf_text(["chr10 1000 G A 0/1", "chr10 1100 G A 0/0"]).encode()


def refused(path: Path, kind: type[PgxError] = InputError) -> str:
    """The one paragraph that refuses ``path``: it names the file and is one line of readable text."""
    with pytest.raises(kind) as error:
        read_vcf(path, ToyKnowledge())  # type: ignore[arg-type]
    text = str(error.value)
    assert path.name in text
    assert "\n" not in text
    assert len(text) < 700
    return text


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "absent.vcf")


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in refused(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    assert "the file is empty" in refused(write(tmp_path, b""))


@pytest.mark.parametrize("name", ["p.vcf.gz", "p.vcf.bgz"])
def test_a_compressed_file_with_nothing_in_it(tmp_path: Path, name: str) -> None:
    assert "nothing in it" in refused(write(tmp_path, b"", name))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"rsid\tchromosome\tposition\tgenotype\nrs1\t1\t82154\tAA\n", "Expected a VCF"),
        (bytes(range(256)) * 40, "binary data"),
        (b"\x00" * 5000, "binary data"),
        (b"PK\x03\x04abcdefghij", "zip archive"),
        (b"\xff\xfe#\x00#\x00", "UTF-16"),
        (b"##fileformat=VCFv3.3\n#CHROM\n", "VCFv4.x"),
        (b"##fileformat=BED\n", "VCFv4.x"),
        (b"{}", "Expected a VCF"),
    ],
    ids=["array text", "binary", "zeros", "zip", "UTF-16", "VCF 3", "other format", "JSON"],
)
def test_something_that_is_not_a_vcf(tmp_path: Path, content: bytes, expected: str) -> None:
    assert expected in refused(write(tmp_path, content))
    assert expected in refused(write(tmp_path, content, "p.vcf.gz"))


@pytest.mark.parametrize("cut", range(1, 400, 7))
def test_bgzip_cut_anywhere_is_refused(tmp_path: Path, cut: int) -> None:
    whole = bgzip(GOOD, block=100)
    path = tmp_path / "p.vcf.bgz"
    path.write_bytes(whole[: len(whole) - cut % len(whole)])
    text = refused(path)
    assert re.search(r"cut off|ends in the middle|damaged|nothing in it|Expected a VCF|file is empty", text)


def test_bgzip_without_its_end_marker_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.vcf.bgz"
    path.write_bytes(bgzip(GOOD, has_end=False))
    assert "end-of-file marker is missing" in refused(path)


def test_gzip_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.vcf.gz"
    path.write_bytes(gzip.compress(GOOD)[:-12])
    assert "ends in the middle" in refused(path)


def test_damaged_bytes_are_refused(tmp_path: Path) -> None:
    for name, raw in (("p.vcf.bgz", bgzip(GOOD)), ("p.vcf.gz", gzip.compress(GOOD))):
        path = tmp_path / name
        path.write_bytes(raw[:60] + bytes([raw[60] ^ 0x55]) + raw[61:])
        assert "damaged" in refused(path)


def test_something_appended_to_bgzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.vcf.bgz"
    path.write_bytes(bgzip(GOOD) + b"and some more text behind it")
    assert "should start a bgzip block" in refused(path)


def test_bgzip_files_joined_with_cat_are_two_files(tmp_path: Path) -> None:
    path = tmp_path / "p.vcf.bgz"
    path.write_bytes(bgzip(GOOD) + bgzip(GOOD))
    assert "header line stands among the records" in refused(path)
    assert path.read_bytes().endswith(BGZF_END)


def test_a_header_and_nothing_else(tmp_path: Path) -> None:
    assert "a header and no records" in refused(write(tmp_path, vcf_text([])))


def test_a_header_that_stops(tmp_path: Path) -> None:
    assert "ends before the line that starts with #CHROM" in refused(write(tmp_path, "##fileformat=VCFv4.2\n##a=b\n"))


def test_records_where_the_header_should_go_on(tmp_path: Path) -> None:
    text = "##fileformat=VCFv4.2\nchr10\t1000\t.\tG\tA\t.\t.\t.\tGT\t0/1\n"
    assert f"{write(tmp_path, text)}:2: found" in refused(tmp_path / "patient.vcf")


def test_spaces_for_tabs_in_the_names_line(tmp_path: Path) -> None:
    assert "tabs turned into spaces" in refused(write(tmp_path, vcf_text(["chr10 1000 G A 0/1"]).replace("\t", " ")))


def test_spaces_for_tabs_in_a_record(tmp_path: Path) -> None:
    text = vcf_text(["chr10 1000 G A 0/1"]) + "chr10 1100 . G A . . . GT 0/1\n"
    assert "patient.vcf:5: found 'chr10 1100" in refused(write(tmp_path, text))


def test_no_sample_columns(tmp_path: Path) -> None:
    text = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr10\t1000\t.\tG\tA\t.\t.\t.\n"
    assert "no sample columns" in refused(write(tmp_path, text))


def test_the_same_sample_twice(tmp_path: Path) -> None:
    text = vcf_text(["chr10 1000 G A 0/1 0/0 1/1"], samples=("a", "b", "a"))
    assert "'a' is there more than once" in refused(write(tmp_path, text))


def test_a_sample_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"no sample 'c' in this file\. It holds 2: a, b"):
        read(tmp_path, ["chr10 1000 G A 0/1 0/0"], samples=("a", "b"), pick=["c"])


@pytest.mark.parametrize("columns", ["0/1", "0/1 0/0 1/1"])
@pytest.mark.parametrize("is_cohort", [False, True])
def test_another_number_of_columns_than_the_header(tmp_path: Path, columns: str, is_cohort: bool) -> None:
    samples = [f"s{i}" for i in range(20)] if is_cohort else ["a", "b", "c"]
    record = f"chr10 1000 G A {' '.join(['0/1'] * (len(samples) - 2))} {columns}"
    text = refused(write(tmp_path, vcf_text([record], samples=samples)))
    assert "patient.vcf:4: the record at chr10:1000 has" in text
    assert "whose genotypes are whose cannot be told" in text


@pytest.mark.parametrize("pos", ["1,000", "abc", "", "-5", "1e3", "12345678901234567890"])
def test_a_position_that_is_no_number(tmp_path: Path, pos: str) -> None:
    text = vcf_text(["chr10 1000 G A 0/1"]) + f"chr10\t{pos}\t.\tG\tA\t.\t.\t.\tGT\t0/1\n"
    assert f"patient.vcf:5: POS is '{pos}'" in refused(write(tmp_path, text))


@pytest.mark.parametrize("gt", ["x/y", "0/9", "0//1", "0/1/", "1/-1", "TRUE", "0/1 ", "99999999/0", "0\\1"])
def test_a_gt_that_cannot_be_read_counts_as_not_tested_and_is_said(tmp_path: Path, gt: str) -> None:
    record = "chr10\t1000\t.\tG\tA\t.\t.\t.\tGT\t" + gt + "\n"
    found = read_vcf(write(tmp_path, vcf_text(["chr10 1100 G A 0/1"]) + record), ToyKnowledge())  # type: ignore[arg-type]
    assert codes(found, 1000) == NOT_TESTED
    assert "patient.vcf:5: GT" in said(found)
    assert "is not a genotype of this record" in said(found)


def test_an_empty_column_counts_as_not_tested(tmp_path: Path) -> None:
    found = read_vcf(
        write(tmp_path, vcf_text(["chr10 1000 G A 0/1 "], samples=("a", "b"))),
        ToyKnowledge(),  # type: ignore[arg-type]
    )
    assert codes(found, 1000, sample=1) == NOT_TESTED
    assert [w.sample for w in found.warnings] == ["b"]


def test_a_gt_that_cannot_be_read_in_many_samples_is_one_warning(tmp_path: Path) -> None:
    samples = [f"s{i}" for i in range(100)]
    found = read(tmp_path, [f"chr10 1000 G A {' '.join(['7/7'] * 60 + ['0/1'] * 40)}"], samples=samples)
    assert len(found.warnings) == 1
    assert "(in 60 of 100 samples: s0, s1, s2 and others)" in said(found)
    assert codes(found, 1000, sample=59) == NOT_TESTED
    assert codes(found, 1000, sample=60) == (0, 1)


def test_a_third_allele_that_the_first_two_are_not_is_never_dropped(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 G A 0/0/1", "chr10 1100 G A,C 0/1/2"])
    assert codes(found, 1000) == codes(found, 1100) == NOT_TESTED
    assert "has more than two alleles, and the first two are not all of them: it counts as not tested" in said(found)


@pytest.mark.parametrize("meta", [[], ["##reference=GRCh37"]])
def test_reference_is_not_assumed_where_nothing_tells_the_build(tmp_path: Path, meta: list[str]) -> None:
    with pytest.raises(ReferenceMismatch, match="the genome build cannot be told"):
        read(tmp_path, ["chr10 500 G A 0/1", "chr10 70000 G A 0/1"], meta=meta, assume_reference=True)


def test_more_than_two_alleles_use_two_and_say_so(tmp_path: Path) -> None:
    assert "has more than two alleles: the first two were used" in said(read(tmp_path, ["chr10 1000 G A 0/1/1"]))


def test_a_record_without_gt_is_not_read_and_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 G A FORMAT=DP:GQ 30:99"])
    assert codes(found, 1000) == NOT_TESTED
    assert "FORMAT has no GT" in said(found)


def test_contigs_that_are_no_chromosomes(tmp_path: Path) -> None:
    text = refused(write(tmp_path, vcf_text(["scaffold_12 1000 G A 0/1", "HLA-A*01:01 5 G A 0/1"])))
    assert "none of its contigs is a chromosome" in text
    assert "'scaffold_12', 'HLA-A*01:01'" in text


def test_a_file_without_any_site_warns(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr21 1000 G A 0/1"])
    assert "none of its 1 records lies at a site" in said(found)


def test_the_header_of_another_build_is_refused(tmp_path: Path) -> None:
    meta = ["##contig=<ID=chr10,length=134758134>"]
    text = refused(write(tmp_path, vcf_text(["chr10 1000 G A 0/1"], meta=meta)), ReferenceMismatch)
    assert "chr10 134758134 bases, which is T2T-CHM13" in text
    assert "liftover" in text


def test_a_header_of_two_builds_is_refused(tmp_path: Path) -> None:
    meta = [GRCH38_CHR10, "##contig=<ID=chrX,length=155270560>"]
    text = refused(write(tmp_path, vcf_text(["chr10 1000 G A 0/1"], meta=meta)), ReferenceMismatch)
    assert "mixes genome builds" in text
    assert "chr10 133797422 bases, which is GRCh38" in text
    assert "chrX 155270560 bases, which is GRCh37" in text


def test_records_of_two_builds_are_refused_with_positions_and_bases(tmp_path: Path) -> None:
    records = ["chr10 500 G A 0/1", "chr10 600 G A 0/0", "chr10 700 CTA C 0/1", "chrX 5000 A G 0/1"]
    text = refused(write(tmp_path, vcf_text(records)), ReferenceMismatch)
    assert "mixes genome builds: chr10:500 has REF G, which is the GRCh37 position and base of g.1000G>A" in text
    assert "while chrX:5000 A is GRCh38" in text
    assert "3 site(s) fit GRCh37 and 1 fit GRCh38, which the header states" in text


def test_a_gvcf_whose_build_nothing_tells_is_refused(tmp_path: Path) -> None:
    records = ["chr10 400 T <NON_REF> INFO=END=1500 0/0"]
    text = refused(write(tmp_path, vcf_text(records, meta=[])), ReferenceMismatch)
    assert "the genome build cannot be told" in text


@pytest.mark.parametrize("layout", ["DS 0.93", "GP:DS 0.1,0.8,0.1:0.9", "HDS 0.1,0.9"])
def test_imputed_dosages_without_genotypes_are_refused(tmp_path: Path, layout: str) -> None:
    names, values = layout.split(" ")
    text = refused(write(tmp_path, vcf_text([f"chr10 1000 G A FORMAT={names} {values}"])))
    assert "imputed dosages or genotype probabilities and no genotypes" in text
    assert f"FORMAT '{names}', as on patient.vcf:4" in text


def test_many_ref_mismatches_are_one_refusal(tmp_path: Path) -> None:
    records = ["chr10 1000 C T 0/1", "chr10 1100 T A 0/0", "chr10 1200 G A 0/1", "chr10 1300 T TG 0/1"]
    text = refused(write(tmp_path, vcf_text(records)), ReferenceMismatch)
    assert "not those of GRCh38 at 3 of the 4 sites" in text
    assert "line 4: chr10:1000 has REF C, GRCh38 has G" in text


def test_a_ref_of_n_is_no_sign_of_another_build(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 N <NON_REF> 0/0", "chr10 1100 N <NON_REF> 0/0", "chr10 1200 CTA C 0/1"])
    assert codes(found, 1000) == NOT_TESTED


def test_few_ref_mismatches_are_warnings_and_never_assumed_reference(tmp_path: Path) -> None:
    records = ["chr10 1000 C T 0/1", "chr10 1100 G A 0/0", "chr10 1200 CTA C 0/1"]
    found = read(tmp_path, records, assume_reference=True)
    assert codes(found, 1000) == NOT_TESTED
    assert "chr10:1000 has REF C, the definition has G: the record was not read" in said(found)


def _long_line(size: int, *, pos: int = 20_000) -> bytes:
    return GOOD + f"chr10\t{pos}\t.\tG\tA\t.\t.\t".encode() + b"X" * size + b"\tGT\t0/1\n"


@pytest.mark.parametrize("name", ["p.vcf", "p.vcf.gz"])
def test_a_line_of_ten_million_bytes_is_refused(tmp_path: Path, name: str) -> None:
    assert "a line longer than 8 MiB" in refused(write(tmp_path, _long_line(10_000_000), name))


def test_a_line_of_a_megabyte_is_read(tmp_path: Path) -> None:
    found = read_vcf(write(tmp_path, _long_line(1_000_000, pos=1300)), ToyKnowledge())  # type: ignore[arg-type]
    assert codes(found, 1000) == (0, 1)


def test_a_header_line_without_end_is_refused(tmp_path: Path) -> None:
    assert "a header line is longer" in refused(write(tmp_path, b"##fileformat=VCFv4.2\n##" + b"x" * 9_000_000))


def test_many_samples_may_have_long_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vcf_lines, "LONGEST_LINE", 1 << 10)
    samples = [f"s{i}" for i in range(5_000)]
    found = read(tmp_path, [f"chr10 1000 G A {' '.join(['0|1'] * 5_000)}"], samples=samples)
    assert codes(found, 1000, sample=4_999) == (0, 1)


def test_a_file_that_explodes_when_unpacked_takes_bounded_memory(tmp_path: Path) -> None:
    """A hundred megabytes of one line in a hundred kilobytes of gzip."""
    path = tmp_path / "bomb.vcf.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(GOOD + b"chr10\t")
        for _ in range(100):
            file.write(b"0" * 1_000_000)
    assert path.stat().st_size < 200_000
    tracemalloc.start()
    try:
        assert "a line longer than" in refused(path)
        assert tracemalloc.get_traced_memory()[1] < 64_000_000
    finally:
        tracemalloc.stop()


def test_a_wrong_file_is_refused_whole_not_half_read(tmp_path: Path) -> None:
    """An error on the last line leaves no result behind, whatever was read before it."""
    found: Genotypes | None = None
    with pytest.raises(InputError):
        found = read(tmp_path, ["chr10 1000 G A 0/1", "chr10 1100 G A 0/1 0/1"])
    assert found is None


def test_no_bytes_at_all_end_in_anything_but_our_own_error(tmp_path: Path) -> None:
    """Cut and scrambled copies of a good file: read, or refused with our error; never another exception."""
    import random

    rng = random.Random(7)
    path = tmp_path / "p.vcf"
    outcomes = {"read": 0, "refused": 0}
    for _ in range(400):
        raw = bytearray(GOOD)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(raw))
            raw[at : at + rng.randint(0, 3)] = bytes(rng.choice(b"\t\n\r:/|.,0123ACGT<>#\x00\xff") for _ in range(2))
        path.write_bytes(bytes(raw))
        try:
            read_vcf(path, ToyKnowledge())  # type: ignore[arg-type]
            outcomes["read"] += 1
        except PgxError:
            outcomes["refused"] += 1
    assert outcomes["read"] > 20
    assert outcomes["refused"] > 20


def test_a_file_of_very_many_contigs_is_read_in_time(tmp_path: Path) -> None:
    fragments = [f"fragment{n} 1 G A 0/1" for n in range(120_000)]
    records = [*fragments[:60_000], "chr10 1000 G A 0/1", *fragments[60_000:], "chr10 1100 G A 0/1"]
    found = read(tmp_path, records)
    assert codes(found, 1000) == codes(found, 1100) == (0, 1)
    assert not found.warnings


def test_a_line_that_is_no_record_is_refused_among_very_many_contigs(tmp_path: Path) -> None:
    text = vcf_text([f"fragment{n} 1 G A 0/1" for n in range(500)]) + "garbage\n"
    assert "patient.vcf:504: found 'garbage'" in refused(write(tmp_path, text))
