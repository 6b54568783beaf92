"""As what an allele is read when an assay reads only some positions, and the lists of positions."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from toy_genes import genotypes, toy_gene, toy_knowledge

from rxweave.calling.panel import positions_of, read_as, read_positions
from rxweave.errors import InputError
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.genes import CallingMethod, CallingRules, Gene


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def gene(**calling: object) -> Gene:
    alleles = {"*1": {}, "*2": {0: 1}, "*3": {1: 1}, "*4": {0: 1, 1: 1}}
    return toy_gene(alleles, n_sites=2, calling=CallingRules(**calling))  # type: ignore[arg-type]


def test_every_allele_is_itself_where_all_positions_are_read() -> None:
    assert read_as(gene(), {1000, 1010}) == {name: (name,) for name in ("*1", "*2", "*3", "*4")}


def test_an_allele_without_its_position_is_read_as_what_is_left_of_it() -> None:
    assert read_as(gene(), {1000}) == {"*1": ("*1",), "*2": ("*2", "*4"), "*3": ("*1",), "*4": ("*2", "*4")}


def test_nothing_is_called_without_a_position_or_without_a_required_one() -> None:
    assert read_as(gene(), set()) is None
    assert read_as(gene(required_positions=(1010,)), {1000}) is None
    assert read_as(gene(method=CallingMethod.OUTSIDE_ONLY), {1000}) is None


def test_components_show_themselves_where_their_variant_is_read() -> None:
    assert read_as(gene(method=CallingMethod.LOWEST_FUNCTION), {1000}) == {
        "*1": ("*1",),
        "*2": ("*2",),
        "*3": (),
        "*4": ("*4",),
    }


def test_the_tagged_dpyd_allele_is_seen_from_either_of_its_two_positions(knowledge: Knowledge) -> None:
    dpyd = knowledge.genes["DPYD"]
    hapb3 = "c.1129-5923C>G, c.1236G>A (HapB3)"
    for place in (97573863, 97579893):
        assert (read_as(dpyd, {place}) or {})[hapb3] == (hapb3,)
    assert (read_as(dpyd, {97450058}) or {})[hapb3] == ()


def test_a_position_is_read_if_half_of_the_samples_have_data_there() -> None:
    of = gene()
    people = genotypes(of, ("0/0", "./."), ("0/1", "./."), ("./.", "./1"))
    assert positions_of(people, toy_knowledge(of)).read == {"TOY": frozenset({1000})}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "# assay\nchr10:94781859\n10\t94780653\nrs12248560\n"),
        ("a.tsv", "chr10\t94781859\tx\nchr10 94780653\nrs12248560\n"),
        ("a.bed", "track name=x\nchr10\t94781858\t94781859\nchr10\t94780652\t94780653\n10\t94761899\t94761900\n"),
        ("a.vcf", "##fileformat=VCFv4.2\n#CHROM\tPOS\nchr10\t94781859\t.\tG\tA\n10\t94780653\nchr10\t94761900\n"),
        ("a.vcf.gz", "#CHROM\tPOS\nchr10\t94781859\t.\tG\tA\n10\t94780653\nchr10\t94761900\n"),
    ],
)
def test_positions_come_from_lists_bed_and_vcf(name: str, text: str, tmp_path: Path, knowledge: Knowledge) -> None:
    path = tmp_path / name
    if name.endswith(".gz"):
        with gzip.open(path, "wt") as out:
            out.write(text)
    else:
        path.write_text(text)
    found = read_positions(path, knowledge)
    assert found.read == {"CYP2C19": frozenset({94781859, 94780653, 94761900})}
    assert found.unmatched == 0


def test_a_bed_interval_reads_every_position_inside_and_an_unused_entry_is_counted(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    path = tmp_path / "genes.bed"
    path.write_text("chr10\t94000000\t95000000\nchr1\t0\t10\n")
    found = read_positions(path, knowledge)
    assert found.read["CYP2C19"] == {v.pos_grch38 for v in knowledge.genes["CYP2C19"].variants}
    assert found.unmatched == 1


@pytest.mark.parametrize(("name", "line"), [("a.txt", "chr10"), ("a.txt", "some words here"), ("a.bed", "chr10\t5")])
def test_a_line_that_is_no_position_is_refused_with_its_place(
    name: str, line: str, tmp_path: Path, knowledge: Knowledge
) -> None:
    path = tmp_path / name
    path.write_text(f"# first\n{line}\n")
    with pytest.raises(InputError, match=rf"{name}:2: .* is no position"):
        read_positions(path, knowledge)


def test_a_list_that_is_not_there_is_said(tmp_path: Path, knowledge: Knowledge) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_positions(tmp_path / "none.txt", knowledge)
