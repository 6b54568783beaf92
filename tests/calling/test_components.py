"""Genes called by components, and the allele that two sites tag."""

from __future__ import annotations

import pytest
from toy_genes import genotypes, toy_gene, toy_knowledge

from rxweave.calling import CallStatus, DiplotypeCall, call_diplotypes
from rxweave.knowledge.genes import CallingMethod, CallingRules, Gene, ProxySites

GROUP = {"Europe": {"c.1A>C": 0.02, "c.2A>C": 0.01, "TagB": 0.04}}


def gene() -> Gene:
    """Sites 0 and 1 are alleles of their own; sites 2 (stand-in) and 3 (deciding) tag TagB."""
    return toy_gene(
        {"Reference": {}, "c.1A>C": {0: 1}, "c.2A>C": {1: 1}, "c.3A>C": {3: 1}, "TagB": {2: 1, 3: 1}},
        n_sites=4,
        calling=CallingRules(
            method=CallingMethod.LOWEST_FUNCTION,
            undocumented_as_reference=True,
            proxy=ProxySites("TagB", deciding_site=1030, stand_in_site=1020, deciding_only_allele="c.3A>C"),
        ),
        frequencies=GROUP,
    )


def call(*sites: str, sets: tuple[int, ...] = ()) -> DiplotypeCall:
    made = genotypes(gene(), sites, phase_sets=[sets] if sets else ())
    return call_diplotypes(made, toy_knowledge(gene()))[0]["TOY"]


def listed(found: DiplotypeCall) -> list[str]:
    return list(map(str, found.diplotypes))


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        (("0/0", "0/0", "0/0", "0/0"), "Reference/Reference"),
        (("0/1", "0/0", "0/0", "0/0"), "Reference/c.1A>C"),
        (("0|1", "1|0", "0|0", "0|0"), "c.1A>C/c.2A>C"),
        (("0|1", "0|1", "0|0", "0|0"), "Reference/[c.1A>C + c.2A>C]"),
        (("1/1", "0/1", "0/0", "0/0"), "c.1A>C/[c.1A>C + c.2A>C]"),
        (("./1", "0/0", "0/0", "0/0"), "c.1A>C/g.1000?"),
        (("0/x", "0/0", "0/0", "0/0"), "Reference/Reference"),
    ],
    ids=["none", "one", "trans", "cis", "one on both", "half call", "unknown ALT"],
)
def test_known_phase_gives_exact_diplotypes(sites: tuple[str, ...], expected: str) -> None:
    found = call(*sites)
    assert listed(found) == [expected]
    assert found.components == ()


@pytest.mark.parametrize(
    ("stand_in", "deciding", "expected"),
    [
        ("0|1", "0|1", ["Reference/TagB"]),
        ("0|0", "0|1", ["Reference/c.3A>C"]),
        ("./.", "0|1", ["Reference/c.3A>C"]),
        ("0|1", "0|0", ["Reference/Reference"]),
        ("0|1", "./.", ["Reference/TagB"]),
        ("1|1", "0|1", ["Reference/TagB"]),
        ("0|1", "1|1", ["TagB/c.3A>C"]),
        ("1|0", "0|1", ["Reference/c.3A>C"]),
        (".|1", "1|.", ["TagB/c.3A>C"]),
    ],
)
def test_the_deciding_site_decides(stand_in: str, deciding: str, expected: list[str]) -> None:
    assert listed(call("0|0", "0|0", stand_in, deciding)) == expected


def test_a_stand_in_that_disagrees_is_said() -> None:
    assert "decides" in call("0|0", "0|0", "0|1", "0|0").warnings[0]
    assert "was not read" in call("0|0", "0|0", "0|1", "./.").warnings[0]


def test_unknown_phase_lists_the_alleles_found_and_no_diplotype() -> None:
    found = call("0/1", "0/1", "0/0", "0/0")
    assert listed(found) == []
    assert found.components == ("c.1A>C", "c.2A>C")
    assert found.status is CallStatus.CALLED


def test_a_variant_on_both_strands_is_listed_twice() -> None:
    assert call("1/1", "0/1", "0/1", "0/1").components == ("TagB", "c.1A>C", "c.1A>C", "c.2A>C")


def test_the_reference_is_listed_beside_a_single_component() -> None:
    assert call("0/0", "0/0", "0/1", "0/1").components == ("Reference", "TagB")
    assert call("0/0", "0/1", "0/1", "0/0").components == ("Reference", "c.2A>C")


def test_phase_sets_are_tried_in_every_relative_order() -> None:
    found = call("0|1", "0|1", "0|0", "0|0", sets=(4, 5, 0, 0))
    assert listed(found) == ["Reference/[c.1A>C + c.2A>C]", "c.1A>C/c.2A>C"]
    assert found.status is CallStatus.CALLED


def test_candidates_of_unknown_phase_hold_cis_and_trans_alike() -> None:
    found = call("0/1", "0/1", "0/0", "0/0")
    assert {str(c.diplotype): c.probability for c in found.candidates} == {
        "Reference/[c.1A>C + c.2A>C]": pytest.approx(0.5),
        "c.1A>C/c.2A>C": pytest.approx(0.5),
    }
    assert found.prior_assumed_share == 1


def test_the_two_tagging_sites_are_taken_to_sit_on_one_strand() -> None:
    found = call("0/0", "0/0", "0/1", "0/1")
    assert [str(c.diplotype) for c in found.candidates] == ["Reference/TagB"]


def test_an_allele_may_hide_at_an_unread_site_with_its_own_frequency() -> None:
    found = call("./.", "0/0", "0/0", "0/0")
    assert listed(found) == ["Reference/Reference"]
    probability = {str(c.diplotype): c.probability for c in found.candidates}
    assert probability["Reference/Reference"] == pytest.approx(0.98**2)
    assert probability["Reference/c.1A>C"] == pytest.approx(2 * 0.98 * 0.02)
    assert probability["c.1A>C/c.1A>C"] == pytest.approx(0.02**2)


def test_the_tagged_allele_is_likelier_than_its_lone_deciding_site_when_the_stand_in_was_not_read() -> None:
    found = call("0/0", "0/0", "./.", "0/1")
    assert listed(found) == ["Reference/c.3A>C"]
    assert str(found.candidates[0].diplotype) == "Reference/TagB"
    assert found.candidates[0].probability > 0.99


def test_an_unknown_alt_counts_as_an_allele_of_unknown_function() -> None:
    assert [c.unknown_alleles for c in call("0/x", "0/0", "0/0", "0/0").candidates] == [1]


def test_a_stand_in_overruled_by_the_deciding_site_opens_no_further_reading() -> None:
    found = call("0/1", "0/0", "0/1", "0/0")
    assert found.components == ("Reference", "c.1A>C")
    assert [(str(c.diplotype), c.probability) for c in found.candidates] == [("Reference/c.1A>C", pytest.approx(1))]
    assert found.prior_assumed_share == 0
