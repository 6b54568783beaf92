"""Strands described by several alleles and variants (research grade)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from toy_genes import genotypes, toy_gene, toy_knowledge

from rxweave.calling import CallOptions, CallStatus, DiplotypeCall, call_diplotypes
from rxweave.calling.combinations import read_strand
from rxweave.calling.match import AlleleTable
from rxweave.knowledge.genes import CallingRules

ALLELES: Mapping[str, Mapping[int, int]] = {"*1": {}, "*2": {0: 1}, "*3": {1: 1}, "*4": {1: 1, 2: 1}}


def call(*sites: str, combinations: bool = True, calling: CallingRules | None = None) -> DiplotypeCall:
    of = toy_gene(ALLELES, n_sites=4, calling=calling)
    made = genotypes(of, sites)
    return call_diplotypes(made, toy_knowledge(of), CallOptions(combinations=combinations))[0]["TOY"]


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        (("0|1", "0|1", "0|0", "0|0"), ["*1/[*2 + *3]"]),
        (("1|0", "0|1", "0|0", "0|1"), ["*2/[*3 + g.1030A>C]"]),
        (("0|0", "0|0", "0|1", "0|0"), ["*1/g.1020A>C"]),
        (("0|0", "0|0", "1|1", "0|0"), ["g.1020A>C/g.1020A>C"]),
        (("0|1", "0|1", "0|1", "0|0"), ["*1/[*2 + *4]"]),
        (("0|x", "0|0", "0|0", "0|0"), ["*1/g.1000A>TTT"]),
    ],
    ids=["two alleles", "allele and variant", "variant", "variant twice", "largest allele", "unknown ALT"],
)
def test_a_strand_is_described_by_alleles_and_what_they_leave(sites: tuple[str, ...], expected: list[str]) -> None:
    found = call(*sites)
    assert list(map(str, found.diplotypes)) == expected
    assert found.is_research_grade


def test_a_half_call_is_written_with_a_question_mark() -> None:
    assert list(map(str, call("1|0", "0|0", "0|0", ".|1").diplotypes)) == [
        "g.1030A>C/[*2 + g.1030?]",
    ]


def test_nothing_is_combined_where_named_alleles_fit() -> None:
    found = call("0/1", "0/1", "0/0", "0/0")
    assert list(map(str, found.diplotypes)) == ["*2/*3"]
    assert not found.is_research_grade


def test_nothing_is_combined_unless_asked() -> None:
    assert call("0|1", "0|1", "0|0", "0|0", combinations=False).status is CallStatus.NO_CALL


def test_an_unknown_alt_is_never_the_reference_in_research_mode() -> None:
    rules = CallingRules(undocumented_as_reference=True)
    assert list(map(str, call("0|x", "0|0", "0|0", "0|0", calling=rules).diplotypes)) == ["*1/g.1000A>TTT"]


def test_too_many_unphased_sites_are_not_searched_and_it_is_said() -> None:
    of = toy_gene({"*1": {}, "*2": {0: 1, 1: 1}}, n_sites=14)
    made = genotypes(of, ["0/1"] * 14)
    found = call_diplotypes(made, toy_knowledge(of), CallOptions(combinations=True))[0]["TOY"]
    assert found.status is CallStatus.NO_CALL
    assert "14 unphased heterozygous sites" in found.warnings[0]


def test_single_variants_lower_the_score_of_a_description() -> None:
    """The reference scores its four sites, an allele those that it defines, each less one per single variant."""
    table = AlleleTable(toy_gene(ALLELES, n_sites=4))
    sites = np.arange(4)

    def scores(*codes: int) -> dict[str, int]:
        found = read_strand(table, np.array(codes, dtype=np.int8), sites)
        return {str(reading.allele): reading.score for reading in found}

    assert scores(0, 0, 0, 0) == {"*1": 4}
    assert scores(0, 1, 1, 0) == {"*4": 2}
    assert scores(0, 0, 1, 1) == {"[g.1020A>C + g.1030A>C]": 2}
    assert scores(1, 1, 1, 1) == {"[*2 + *4 + g.1030A>C]": 2}


def test_descriptions_are_listed_best_first_and_then_by_name() -> None:
    assert list(map(str, call("0/0", "0/1", "0/1", "0/1").diplotypes)) == [
        "*1/[*4 + g.1030A>C]",
        "*4/g.1030A>C",
        "*3/[g.1020A>C + g.1030A>C]",
        "g.1020A>C/[*3 + g.1030A>C]",
    ]
