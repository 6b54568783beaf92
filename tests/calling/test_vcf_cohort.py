"""Cohorts: the fast ways through the sample columns agree with the plain one, order means nothing, parts merge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from vcf_texts import ToyKnowledge, codes, read, said, vcf_text, write

from rxweave.calling.genotype_columns import ColumnCount, ColumnReader, Columns, Problem, read_gt
from rxweave.calling.genotypes import ABSENT, MISSING, UNDOCUMENTED
from rxweave.calling.merge import merge_genotypes
from rxweave.calling.split_records import Joined, join
from rxweave.calling.vcf import read_vcf
from rxweave.errors import InputError

plain_gt = st.sampled_from(["0/0", "0|0", "0/1", "1|0", "1/1", "./.", ".|1", "0/.", "2|1", "1/."])
odd_gt = st.sampled_from(["0", "1", ".", "0/0/1", "10|11", "0|1|1", "x", "", "9/9", "|0|1", "12345/12345", "0/1/1/1/1"])
any_gt = st.one_of(plain_gt, odd_gt)


def oracle(
    columns: list[str], layout: list[str], allele_count: int, is_ad_per_allele: bool
) -> list[tuple[object, ...]]:
    """One column after the other, written down as the specification reads."""
    found: list[tuple[object, ...]] = []
    for column in columns:
        values = dict(zip(layout, column.split(":"), strict=False))
        gt = read_gt(values.get("GT", ".").encode(), allele_count)
        is_het = gt.first >= 0 and gt.second >= 0 and gt.first != gt.second
        depths = [int(d) for d in values.get("AD", "").split(",") if d.isdigit()]
        if is_ad_per_allele and is_het and sum(depth > 0 for depth in depths) == 1:
            found.append((MISSING, MISSING, False))
            continue
        found.append(tuple(gt[:3]))
    return found


def rows(columns: Columns) -> list[tuple[object, ...]]:
    indexes, is_phased = columns.dense()
    return list(zip(indexes[0].tolist(), indexes[1].tolist(), is_phased.tolist(), strict=True))


@given(st.lists(plain_gt, min_size=1, max_size=60))
@example(["0|0"] * 8)
def test_columns_of_one_width_agree_with_the_oracle(gts: list[str]) -> None:
    reader = ColumnReader(len(gts), is_ad_per_allele=False)
    assert rows(reader.read("\t".join(gts).encode(), [b"GT"], 3)) == oracle(gts, ["GT"], 3, False)


@given(
    st.lists(st.tuples(any_gt, st.integers(0, 30), st.integers(0, 30), st.integers(1, 3)), min_size=1, max_size=40),
    st.booleans(),
    st.sampled_from([["GT"], ["GT", "AD"], ["GT", "DP", "AD"], ["AD", "GT"], ["GT", "PS", "AD"]]),
)
@settings(max_examples=200)
def test_columns_of_any_form_agree_with_the_oracle(
    people: list[tuple[str, int, int, int]], is_ad_per_allele: bool, layout: list[str]
) -> None:
    columns = []
    for gt, ref_reads, alt_reads, kept in people:
        values = {"GT": gt, "AD": f"{ref_reads},{alt_reads}", "DP": "9", "PS": "5"}
        columns.append(":".join([values[name] for name in layout][: max(kept, 1)]))
    names = [name.encode() for name in layout]
    reader = ColumnReader(len(columns), is_ad_per_allele=is_ad_per_allele)
    found = reader.read("\t".join(columns).encode(), names, 3)
    assert rows(found) == oracle(columns, layout, 3, is_ad_per_allele)
    unreadable = {row for row, _, what in found.problems if what is Problem.UNREADABLE}
    assert unreadable == {i for i, (gt, *_) in enumerate(people) if _is_unreadable(gt, layout, columns[i])}


def _is_unreadable(gt: str, layout: list[str], column: str) -> bool:
    is_there = layout.index("GT") < len(column.split(":"))
    return is_there and gt in ("x", "", "9/9", "10|11", "12345/12345")


@given(st.lists(any_gt, min_size=9, max_size=30), st.integers(-3, 3).filter(bool))
def test_another_number_of_columns_is_never_read(gts: list[str], difference: int) -> None:
    reader = ColumnReader(len(gts) + difference, is_ad_per_allele=False)
    with pytest.raises(ColumnCount) as error:
        reader.read("\t".join(gts).encode(), [b"GT"], 3)
    assert error.value.found == len(gts)


@given(st.lists(st.tuples(any_gt, any_gt, any_gt), min_size=1, max_size=14), st.randoms(use_true_random=False))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_of_samples_and_records_means_nothing(
    tmp_path: Path, people: list[tuple[str, str, str]], rng: object
) -> None:
    samples = [f"s{i}" for i in range(len(people))]
    records = [
        f"chr10 {pos} {change} {' '.join(person[k] for person in people)}"
        for k, (pos, change) in enumerate([(1000, "G A,T"), (1100, "G C,A"), (1300, "T TG,TGG")])
    ]
    before = read(tmp_path, records, samples=samples)
    order = list(range(len(people)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    shuffled = [
        " ".join([*record.split(" ")[:4], *(record.split(" ")[4 + i] for i in order)]) for record in reversed(records)
    ]
    after = read(tmp_path, shuffled, samples=[samples[i] for i in order])
    for row, i in enumerate(order):
        assert (after.genes["TOYA"].codes[row] == before.genes["TOYA"].codes[i]).all()
        assert (after.genes["TOYA"].is_phased[row] == before.genes["TOYA"].is_phased[i]).all()


@given(st.lists(st.tuples(any_gt, any_gt), min_size=1, max_size=10))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_sample_alone_reads_as_it_does_in_the_cohort(tmp_path: Path, people: list[tuple[str, str]]) -> None:
    samples = [f"s{i}" for i in range(len(people))]
    records = [
        f"chr10 1100 G C,A {' '.join(a for a, _ in people)}",
        f"chrX 5000 A G,C {' '.join(b for _, b in people)}",
    ]
    path = write(tmp_path, vcf_text(records, samples=samples))
    together = read_vcf(path, ToyKnowledge())  # type: ignore[arg-type]
    for i, sample in enumerate(samples):
        alone = read_vcf(path, ToyKnowledge(), samples=[sample])  # type: ignore[arg-type]
        for gene in ("TOYA", "TOYX"):
            assert (alone.genes[gene].codes[0] == together.genes[gene].codes[i]).all()


# --- joining two records --------------------------------------------------------------------------------------------

alleles = st.sampled_from([0, 1, 2])


@given(alleles, alleles, st.booleans())
def test_splitting_a_genotype_and_joining_it_gives_it_back(first: int, second: int, is_phased: bool) -> None:
    one = tuple(code if code == 1 else 0 for code in (first, second))
    other = tuple(code if code == 2 else 0 for code in (first, second))
    joined = join(one, is_phased, other, is_phased, {1}, {2})  # type: ignore[arg-type]
    assert not joined.is_contradictory
    expected = (first, second) if is_phased else tuple(sorted((first, second)))
    found = (joined.first, joined.second)
    assert (found if is_phased else tuple(sorted(found))) == expected


any_code = st.sampled_from([MISSING, 0, 1, 2])


@given(any_code, any_code, any_code, any_code, st.booleans(), st.booleans())
def test_joining_never_turns_something_carried_into_reference(a: int, b: int, c: int, d: int, p: bool, q: bool) -> None:
    joined = join((a, b), p, (c, d), q, {1}, {2})
    carried = {code for code in (a, b, c, d) if code > 0}
    found = {joined.first, joined.second}
    assert joined.is_contradictory or carried <= found or found == {MISSING}


def test_haploid_records_join_and_mixed_ploidy_does_not() -> None:
    assert join((1, ABSENT), True, (0, ABSENT), True, {1}, {2}) == Joined(1, ABSENT, True)
    assert join((1, ABSENT), True, (2, ABSENT), True, {1}, {2}).is_contradictory
    assert join((1, ABSENT), True, (0, 0), False, {1}, {2}).is_contradictory


# --- merging files --------------------------------------------------------------------------------------------------


def test_parts_of_the_same_people_become_one(tmp_path: Path) -> None:
    one = read(tmp_path, ["chr10 1000 G A 0/1 0/0", "chr10 900 G A 0/1 1/1"], samples=("a", "b"))
    other = read(tmp_path, ["chrX 5000 A G 1 0|1", "chr10 1100 G T 0/1 0/0"], samples=("b", "a"))
    merged = merge_genotypes([one, other])
    assert merged.samples == ("a", "b")
    assert (codes(merged, 1000, sample=0), codes(merged, 1000, sample=1)) == ((0, 1), (0, 0))
    assert (codes(merged, 5000, "TOYX", 0), codes(merged, 5000, "TOYX", 1)) == ((0, 1), (1, ABSENT))
    assert (codes(merged, 1100, sample=0), codes(merged, 1100, sample=1)) == ((0, 0), (0, UNDOCUMENTED))
    assert merged.genes["TOYA"].undocumented[1] == ("T",)
    assert merged.extra["rs99"].tolist() == [[0, 1], [1, 1]]
    assert not merged.warnings


def test_parts_of_other_people_are_refused_by_name(tmp_path: Path) -> None:
    one = read(tmp_path, ["chr10 1000 G A 0/1 0/0"], samples=("a", "b"))
    other = read(tmp_path, ["chr10 1100 G A 0/1 0/0"], samples=("a", "c"))
    with pytest.raises(InputError, match=r"only in .*: b; only in .*: c"):
        merge_genotypes([one, other])


def test_a_part_without_sites_warns_only_when_no_part_has_any(tmp_path: Path) -> None:
    one, other = read(tmp_path, ["chr10 1000 G A 0/1"]), read(tmp_path, ["chr21 1000 G A 0/1"])
    assert "nothing was tested" in said(other)
    assert not merge_genotypes([one, other]).warnings
    assert "nothing was tested" in said(merge_genotypes([other, other]))


def test_parts_that_differ_at_a_site_leave_it_not_tested(tmp_path: Path) -> None:
    one = read(tmp_path, ["chr10 1000 G A 0/1 0/1", "chr10 1100 G T,TT 0/1 0/2"], samples=("a", "b"))
    other = read(tmp_path, ["chr10 1000 G A 1/0 1/1", "chr10 1100 G TT,T 0/2 0/1"], samples=("a", "b"))
    merged = merge_genotypes([one, other])
    assert sorted(codes(merged, 1000, sample=0)) == [0, 1]
    assert codes(merged, 1000, sample=1) == (MISSING, MISSING)
    assert codes(merged, 1100, sample=1) == codes(one, 1100, sample=1)
    assert "1 genotype(s) of TOYA differ" in said(merged)


def test_what_one_part_assumed_never_stands_against_what_another_says(tmp_path: Path) -> None:
    one = read(tmp_path, ["chr10 1000 G A 0/1"], assume_reference=True)
    other = read(tmp_path, ["chr10 1100 G A 1/1", "chr10 1200 CTA C ./."], assume_reference=True)
    for parts in ([one, other], [other, one]):
        merged = merge_genotypes(parts)
        assert codes(merged, 1000) == (0, 1)
        assert codes(merged, 1100) == (1, 1)
        assert codes(merged, 1200) == (MISSING, MISSING)
        assert codes(merged, 1300) == (0, 0)
        assert merged.genes["TOYA"].assumed is not None
        assert merged.genes["TOYA"].assumed.tolist() == [False, False, False, True]


def test_eleven_chromosome_files_read_as_the_preprocessed_genomes_do(shared: Path) -> None:
    """Raw joint calls against what the peer's preprocessor made of them: the same wherever both have a genotype."""
    from rxweave.knowledge import load_release

    knowledge = load_release()
    folder = shared / "sources" / "genotypes" / "getrm_tutorial_3samples"
    merged = merge_genotypes([read_vcf(path, knowledge) for path in sorted(folder.glob("*.vcf.bgz"))])
    assert merged.samples == ("NA18526", "NA18565", "NA18861")
    compared = 0
    for row, sample in enumerate(merged.samples):
        alone = read_vcf(folder / f"{sample}.preprocessed.vcf", knowledge)
        for gene, calls in alone.genes.items():
            one, other = np.sort(calls.codes[0], axis=1), np.sort(merged.genes[gene].codes[row], axis=1)
            both = (one != MISSING).any(axis=1) & (other != MISSING).any(axis=1)
            compared += int(both.sum())
            assert (one[both] == other[both]).all(), (sample, gene)
    assert compared > 600
