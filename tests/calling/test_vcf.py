"""What a VCF says at the sites of a release: genotypes, phase, ALTs, and several records at one site."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from vcf_texts import ToyKnowledge, bgzip, codes, read, said, vcf_text, write

from rxweave.calling.genotypes import ABSENT, MISSING, UNDOCUMENTED
from rxweave.calling.vcf import read_vcf

HALF = MISSING, 1
NOT_TESTED = MISSING, MISSING


@pytest.mark.parametrize(
    ("gt", "expected", "is_phased"),
    [
        ("0/0", (0, 0), False),
        ("0|1", (0, 1), True),
        ("1|0", (1, 0), True),
        ("1/0", (1, 0), False),
        ("1/1", (1, 1), False),
        ("./.", NOT_TESTED, False),
        (".", NOT_TESTED, True),
        ("0/.", NOT_TESTED, False),
        ("./0", NOT_TESTED, False),
        (".|0", NOT_TESTED, True),
        ("./1", HALF, False),
        ("1/.", HALF, False),
        ("1|.", (1, MISSING), True),
        ("|0|1", (0, 1), True),
        ("0/0/1", NOT_TESTED, False),
        ("0/1/1", (0, 1), False),
        ("1/1/0", NOT_TESTED, False),
        ("0/0/0", (0, 0), False),
        ("1", (1, ABSENT), True),
    ],
)
def test_gt_is_read_as_the_field_reads_it(tmp_path: Path, gt: str, expected: tuple[int, int], is_phased: bool) -> None:
    found = read(tmp_path, [f"chr10 1000 G A {gt}"])
    assert codes(found, 1000) == expected
    assert bool(found.genes["TOYA"].is_phased[0, 0]) is is_phased


def test_a_site_without_a_record_is_missing_and_every_gene_has_an_entry(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 G A 0/0"])
    assert set(found.genes) == {"TOYA", "TOYB", "TOYX", "TOYM"}
    assert codes(found, 1100) == NOT_TESTED
    assert (found.genes["TOYB"].codes == MISSING).all()
    assert not found.is_reference_assumed


def test_only_the_genes_asked_for_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 G A 0/1", "chr10 9000 A G 0/1"], genes=["TOYB"])
    assert list(found.genes) == ["TOYB"]
    assert codes(found, 9000, "TOYB") == (0, 1)


@pytest.mark.parametrize("contig", ["chr10", "10", "CHR10", "NC_000010.11"])
def test_a_chromosome_is_known_by_any_of_its_names(tmp_path: Path, contig: str) -> None:
    assert codes(read(tmp_path, [f"{contig} 1000 G A 0/1"]), 1000) == (0, 1)


@pytest.mark.parametrize("contig", ["chrM", "MT", "M", "chrMT", "26", "NC_012920.1"])
def test_the_mitochondrial_genome_has_one_copy(tmp_path: Path, contig: str) -> None:
    found = read(tmp_path, [f"{contig} 100 A G 1/1"])
    assert codes(found, 100, "TOYM") == (1, ABSENT)


def test_two_mitochondrial_alleles_use_the_first_and_say_so(tmp_path: Path) -> None:
    found = read(tmp_path, ["chrM 100 A G 0/1"])
    assert codes(found, 100, "TOYM") == (0, ABSENT)
    assert "two different alleles at chrM:100" in said(found)


def test_haploid_x_is_plain_and_half_reference_x_stays_half(tmp_path: Path) -> None:
    found = read(tmp_path, ["chrX 5000 A G 1", "chrX 5010 C T 0/."])
    assert codes(found, 5000, "TOYX") == (1, ABSENT)
    assert sorted(codes(found, 5010, "TOYX")) == [MISSING, 0]
    assert not found.warnings


def test_one_allele_on_an_autosome_is_said(tmp_path: Path) -> None:
    assert "has one allele, where two were expected" in said(read(tmp_path, ["chr10 1000 G A 1"]))


def test_alts_in_another_order_are_matched_by_their_bases(tmp_path: Path) -> None:
    assert codes(read(tmp_path, ["chr10 1100 G T,C,A 2/3"]), 1100) == (2, 1)


def test_lower_case_bases_are_the_same_bases(tmp_path: Path) -> None:
    assert codes(read(tmp_path, ["chr10 1000 g a 0/1"]), 1000) == (0, 1)


def test_an_alt_that_no_definition_holds_is_undocumented_when_carried(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1100 G T,A,TT 0/3", "chr10 1000 G A,T 0/1"])
    assert codes(found, 1100) == (0, UNDOCUMENTED)
    assert dict(found.genes["TOYA"].undocumented) == {1: ("TT",)}


def test_symbolic_alts_are_no_bases_and_a_carried_one_is_never_reference(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 G A,<NON_REF> 0/1", "chr10 1100 G A,<DEL> 0/2"])
    assert codes(found, 1000) == (0, 1)
    assert codes(found, 1100) == (0, UNDOCUMENTED)
    assert found.genes["TOYA"].undocumented[1] == ("<DEL>",)


@pytest.mark.parametrize(
    "record",
    ["1200 CTA C", "1200 CTAGG CGG", "1199 ACTA AC", "1198 GACTAG GACG", "1200 CTA CTAA,C"],
    ids=["as defined", "bases behind", "a base in front", "both", "second ALT"],
)
def test_one_deletion_in_any_anchoring_is_the_same_deletion(tmp_path: Path, record: str) -> None:
    gt = "0/2" if "," in record else "0/1"
    assert codes(read(tmp_path, [f"chr10 {record} {gt}"]), 1200) == (0, 1)


def test_an_alt_of_a_longer_record_that_leaves_the_site_alone_is_reference_there(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 GCC ACC,GCG 1/2"])
    assert sorted(codes(found, 1000)) == [0, 1]


def test_another_variant_at_a_deletion_site_does_not_test_the_deletion(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1200 C G 0/0"])
    assert codes(found, 1200) == NOT_TESTED
    assert "another variant here (C>G), not CTA>C" in said(found)


def test_a_variant_over_a_site_makes_it_not_tested_for_its_carriers(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        ["chr10 998 AAGTT A 0/1 0/0", "chr10 1000 G A 0/0 0/0"],
        samples=("carrier", "other"),
    )
    assert codes(found, 1000, sample=0) == NOT_TESTED
    assert codes(found, 1000, sample=1) == (0, 0)
    assert "TOYA|carrier|" in said(found)
    assert "reaches over the site chr10:1000" in said(found)
    assert "other" not in {w.sample for w in found.warnings}


@pytest.mark.parametrize(
    ("record", "is_suspect"),
    [
        ("1204 ATA A", True),  # TATATA: the same deletion written at the end of the repeat
        ("1203 TAT T", True),
        ("1204 GTA G", False),  # the base in front breaks the repeat: another deletion of TA
        ("1205 ATA A", False),  # out of step with the repeat
        ("1204 ATAT A", False),  # another length
    ],
)
def test_a_deletion_that_may_be_the_defined_one_is_never_silently_reference(
    tmp_path: Path, record: str, is_suspect: bool
) -> None:
    found = read(tmp_path, ["chr10 1200 CTA C 0/0", f"chr10 {record} 0/1"])
    assert codes(found, 1200) == ((MISSING, UNDOCUMENTED) if is_suspect else (0, 0))
    assert ("may be the same change as the site chr10:1200" in said(found)) is is_suspect


def test_an_insertion_that_may_be_the_defined_one_is_never_silently_reference(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1300 T TG 0/0 0/0", "chr10 1303 G GG 0/1 0/0"], samples=("a", "b"))
    assert codes(found, 1300, sample=0) == (MISSING, UNDOCUMENTED)
    assert codes(found, 1300, sample=1) == (0, 0)


def test_heterozygous_gt_with_reads_on_one_allele_is_discarded_only_if_ad_is_per_allele(tmp_path: Path) -> None:
    records = ["chr10 1000 G A FORMAT=GT:AD 0/1:0,30", "chr10 1100 G A FORMAT=GT:AD 0/1:12,9"]
    per_allele = '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depths">'
    found = read(tmp_path, records, meta=[per_allele])
    assert codes(found, 1000) == NOT_TESTED
    assert codes(found, 1100) == (0, 1)
    assert "AD has reads on one allele only" in said(found)
    assert codes(read(tmp_path, records, meta=[per_allele.replace("=R", "=.")]), 1000) == (0, 1)


def test_columns_may_drop_trailing_fields_and_phase_sets_are_kept(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        ["chr10 1000 G A FORMAT=GT:DP:PS 0|1:9:77 0|1:9 0|1:9:. 1|0:9:block-a"],
        samples=("a", "b", "c", "d"),
    )
    toya = found.genes["TOYA"]
    assert toya.codes[:, 0].tolist() == [[0, 1], [0, 1], [0, 1], [1, 0]]
    assert toya.phase_set[:3, 0].tolist() == [77, 0, 0]
    assert toya.phase_set[3, 0] != 0
    assert not found.warnings


def test_extra_sites_are_handed_out_by_rsid(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 900 G A 0/1 ./."], samples=("a", "b"))
    assert found.extra["rs99"].tolist() == [[0, 1], [MISSING, MISSING]]


def test_samples_can_be_chosen_in_any_order(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 G A 0/0 0/1 1/1"], samples=("a", "b", "c"), pick=["c", "b"])
    assert found.samples == ("c", "b")
    assert found.genes["TOYA"].codes[:, 0].tolist() == [[1, 1], [0, 1]]


# --- several records at one position --------------------------------------------------------------------------------


#: A change was seen and its genotype is not known: one copy carries something of unknown function.
IN_DOUBT = MISSING, UNDOCUMENTED


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("1/0", "0/1", (1, 2)),
        ("0/1", "0/0", (0, 1)),
        ("0/0", "0/1", (0, 2)),
        ("1/.", "./1", (1, 2)),
        ("0|1", "1|0", (2, 1)),
        ("0|0", "1|0", (2, 0)),
        ("1/1", "0/0", (1, 1)),
        ("0/0", "./.", NOT_TESTED),
        ("1/1", "0/1", IN_DOUBT),
        ("0|1", "0|1", IN_DOUBT),
    ],
)
def test_split_records_are_joined(tmp_path: Path, first: str, second: str, expected: tuple[int, int]) -> None:
    found = read(tmp_path, [f"chr10 1100 G A {first}", f"chr10 1100 G C {second}"])
    assert codes(found, 1100) == expected


def test_split_records_that_contradict_each_other_are_said(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1100 G A 1/1", "chr10 1100 G C 0/1"])
    assert "the records at chr10:1100 on lines 4, 5 contradict each other" in said(found)


def test_the_same_record_twice_is_fine_and_with_other_genotypes_is_in_doubt(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 G A 0/1 0/1", "chr10 1000 G A 0/1 0/0"], samples=("a", "b"))
    assert codes(found, 1000, sample=0) == (0, 1)
    assert codes(found, 1000, sample=1) == IN_DOUBT
    assert [w.sample for w in found.warnings] == ["b"]


def test_a_first_record_with_another_ref_lets_the_second_count(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1200 C G 0/1", "chr10 1200 CTA C 0/1"])
    assert codes(found, 1200) == (0, 1)


def test_a_reference_record_beside_a_variant_record_does_not_hide_it(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 G . 0/0", "chr10 1000 G A 0/1"])
    assert codes(found, 1000) == (0, 1)


# --- reference on request -------------------------------------------------------------------------------------------


def test_assumed_reference_fills_sites_without_records_only_and_is_told_per_gene(tmp_path: Path) -> None:
    found = read(tmp_path, ["chr10 1000 G A 0|1", "chr10 1100 G A ./."], assume_reference=True)
    assert found.is_reference_assumed
    toya = found.genes["TOYA"]
    assert toya.codes[0].tolist() == [[0, 1], [MISSING, MISSING], [0, 0], [0, 0]]
    assert toya.assumed is not None
    assert toya.assumed.tolist() == [False, False, True, True]
    assert toya.is_phased[0].tolist() == [True, False, False, False]
    assert found.genes["TOYB"].is_reference_assumed
    assert found.extra["rs99"].tolist() == [[0, 0]]


def test_assumed_reference_is_one_copy_for_a_male_and_none_under_a_carried_deletion(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        ["chrX 5000 A G 0 0/1", "chr10 998 AAGTT A 0/1 0/0"],
        samples=("male", "female"),
        assume_reference=True,
    )
    assert codes(found, 5010, "TOYX", 0) == (0, ABSENT)
    assert codes(found, 5010, "TOYX", 1) == (0, 0)
    assert codes(found, 1000, sample=0) == NOT_TESTED
    assert codes(found, 1000, sample=1) == (0, 0)


# --- containers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["patient.vcf", "patient.vcf.gz", "patient.vcf.bgz"])
def test_plain_gzip_and_bgzip_give_the_same(tmp_path: Path, name: str) -> None:
    text = vcf_text(["chr10 1000 G A 0/1", "chr10 1300 T TG 1/1"])
    found = read_vcf(write(tmp_path, text, name), ToyKnowledge())  # type: ignore[arg-type]
    assert codes(found, 1000) == (0, 1)
    assert codes(found, 1300) == (1, 1)


def test_the_first_bytes_decide_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "patient.vcf"
    path.write_bytes(bgzip(vcf_text(["chr10 1000 G A 0/1"]).encode()))
    assert codes(read_vcf(path, ToyKnowledge()), 1000) == (0, 1)  # type: ignore[arg-type]


def test_gzip_streams_one_after_the_other_are_one_file(tmp_path: Path) -> None:
    text = vcf_text(["chr10 1000 G A 0/1", "chr10 1300 T TG 1/1"]).encode()
    path = tmp_path / "patient.vcf.gz"
    path.write_bytes(gzip.compress(text[:130]) + gzip.compress(text[130:]))
    found = read_vcf(path, ToyKnowledge())  # type: ignore[arg-type]
    assert (codes(found, 1000), codes(found, 1300)) == ((0, 1), (1, 1))


def test_windows_line_ends_a_byte_order_mark_and_a_missing_last_line_end_are_fine(tmp_path: Path) -> None:
    text = vcf_text(["chr10 1000 G A 0/1", "chr10 1300 T TG 1|1"]).replace("\n", "\r\n")
    path = write(tmp_path, b"\xef\xbb\xbf" + text.removesuffix("\r\n").encode())
    found = read_vcf(path, ToyKnowledge())  # type: ignore[arg-type]
    assert (codes(found, 1000), codes(found, 1300)) == ((0, 1), (1, 1))
    assert found.samples == ("S1",)


def test_bytes_that_are_no_utf8_in_info_do_no_harm(tmp_path: Path) -> None:
    text = vcf_text(["chr10 1000 G A INFO=NOTE 0/1"]).encode().replace(b"NOTE", b"\xff\xfe\x80")
    assert codes(read_vcf(write(tmp_path, text), ToyKnowledge()), 1000) == (0, 1)  # type: ignore[arg-type]


def test_many_records_elsewhere_are_passed_over(tmp_path: Path) -> None:
    elsewhere = [f"chr10 {20000 + 3 * i} A C 0/1" for i in range(60_000)]
    other_contig = [f"chrUn_KI270742v1_random_{i} {i} A C 0/1" for i in range(1, 200)]
    records = [*other_contig, "chr10 1000 G A 0/1", *elsewhere, "chr10 9000 A G 1/1"]
    found = read_vcf(write(tmp_path, vcf_text(records), "p.vcf.bgz"), ToyKnowledge())  # type: ignore[arg-type]
    assert codes(found, 1000) == (0, 1)
    assert codes(found, 9000, "TOYB") == (1, 1)


# --- real files -----------------------------------------------------------------------------------------------------


COHORTS = ("phased200", "unphased200", "missing200", "edge200")


@pytest.mark.parametrize(
    "names",
    [("100samples", "multisample"), pytest.param(("cases",), marks=pytest.mark.long)]
    + [pytest.param((name,), marks=pytest.mark.long) for name in COHORTS],
    ids=lambda names: names[0],
)
def test_sites_not_tested_and_undocumented_are_those_that_the_peer_finds(shared: Path, names: tuple[str, ...]) -> None:
    """Matcher cases, real and synthetic cohorts: the same missing and undocumented positions for every person."""
    from rxweave.knowledge import load_release

    knowledge = load_release()
    exams = shared / "exams"
    compared = 0
    wrong: list[str] = []

    def compare(path: Path, expected: dict[str, dict[str, dict[str, list[int]]]], keys: tuple[str, str]) -> None:
        nonlocal compared
        found = read_vcf(path, knowledge)
        for sample, genes in expected.items():
            row = found.samples.index(sample) if sample else 0
            for gene, call in genes.items():
                if gene not in found.genes:
                    continue
                here = found.genes[gene].codes[row]
                positions = np.array([v.pos_grch38 for v in knowledge.genes[gene].variants])
                missing = set(positions[(here == MISSING).all(axis=1)].tolist())
                undocumented = set(positions[(here >= UNDOCUMENTED).any(axis=1)].tolist())
                compared += 1
                if missing != set(call.get(keys[0]) or ()) or undocumented != set(call.get(keys[1]) or ()):
                    wrong.append(f"{path.name} {sample} {gene}")

    if names == ("cases",):
        names = ()
        cases = json.loads((exams / "calling" / "cases.json").read_text())
        for case in cases["cases"] if isinstance(cases, dict) else cases:
            if case["options"]["definition"] == "default":
                keys = ("missing_positions", "undocumented_positions")
                compare(exams / "calling" / case["vcf"], {"": case["matcher"]}, keys)
    for name in names:
        with gzip.open(exams / "pharmcat_outputs" / f"{name}.calls.jsonl.gz", "rt") as lines:
            calls = {call["sample"]: call["genes"] for call in map(json.loads, lines)}
        compare(exams / "pharmcat_outputs" / f"{name}.vcf.gz", calls, ("missing", "undoc"))
    assert compared > 300
    assert not wrong
