"""The probability that an assay hides an allele that matters."""

from __future__ import annotations

import pytest

from rxweave.knowledge import Knowledge, load_release
from rxweave.phenotyping.panel import PanelRow, panel_report


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def every_position(knowledge: Knowledge, gene: str) -> set[int]:
    return {v.pos_grch38 for v in knowledge.genes[gene].variants}


def row(knowledge: Knowledge, gene: str, read: set[int], group: str = "European") -> PanelRow:
    (found,) = panel_report(knowledge, {gene: read}, genes=[gene], group=group)
    return found


def test_an_assay_of_every_position_hides_nothing_that_small_variants_show(knowledge: Knowledge) -> None:
    read = {gene: every_position(knowledge, gene) for gene in knowledge.genes}
    for found in panel_report(knowledge, read):
        if found.is_called:
            assert not found.hidden_alleles, found.gene
            assert not found.hidden


def test_one_unread_position_hides_its_allele_as_often_as_people_carry_it(knowledge: Knowledge) -> None:
    found = row(knowledge, "CYP2C19", every_position(knowledge, "CYP2C19") - {94780653}, "East Asian")
    frequency = knowledge.genes["CYP2C19"].frequencies["East Asian"]["*3"]
    assert [a.allele for a in found.hidden_alleles] == ["*3"]
    assert found.hidden == pytest.approx(1 - (1 - frequency) ** 2, rel=1e-4)
    assert found.hidden_one_copy == pytest.approx(frequency, rel=1e-4)
    assert found.hidden_assumed_share == 0


def test_without_any_position_all_that_is_carried_is_hidden(knowledge: Knowledge) -> None:
    for gene in ("CYP2C19", "DPYD", "G6PD", "TPMT"):
        found = row(knowledge, gene, set())
        assert not found.is_called
        assert found.hidden == found.carried
        assert found.hidden is not None
        assert 0 < found.hidden < 1


def test_reading_more_never_hides_more(knowledge: Knowledge) -> None:
    for gene in ("CYP2C9", "DPYD", "NUDT15", "TPMT", "VKORC1"):
        places = sorted(every_position(knowledge, gene))
        hidden = [row(knowledge, gene, set(places[:n]), "East Asian").hidden or 0.0 for n in range(len(places) + 1)]
        assert hidden[-1] == 0
        assert max(hidden) == hidden[0]


def test_variants_of_dpyd_hide_independently_of_each_other(knowledge: Knowledge) -> None:
    gene = knowledge.genes["DPYD"]
    unread = {97450058, 97082391}  # *2A and c.2846A>T
    found = row(knowledge, "DPYD", every_position(knowledge, "DPYD") - unread)
    published = gene.frequencies["European"]
    absent = (1 - published["c.1905+1G>A (*2A)"]) * (1 - published["c.2846A>T"])
    named = {a.allele for a in found.hidden_alleles}
    assert {"c.1905+1G>A (*2A)", "c.2846A>T"} <= named
    assert found.hidden == pytest.approx(1 - absent**2, rel=1e-3)


def test_what_small_variants_do_not_show_is_hidden_whatever_is_read(knowledge: Knowledge) -> None:
    hla = row(knowledge, "HLA-B", set())
    assert {a.allele for a in hla.hidden_alleles} == {"*15:02", "*57:01", "*58:01"}
    assert hla.hidden == pytest.approx(1 - (1 - sum(a.probability for a in hla.hidden_alleles)) ** 2)
    cyp2d6 = row(knowledge, "CYP2D6", every_position(knowledge, "CYP2D6"))
    assert not cyp2d6.is_called
    assert "*5" in {a.allele for a in cyp2d6.hidden_alleles}
    (from_file,) = panel_report(
        knowledge,
        {"CYP2D6": every_position(knowledge, "CYP2D6")},
        genes=["CYP2D6"],
        group="European",
        is_research_allowed=True,
    )
    assert from_file.is_called
    hidden = {a.allele for a in from_file.hidden_alleles}
    assert "*5" in hidden
    assert "*4" not in hidden


def test_a_gene_that_nobody_counted_names_what_is_hidden_and_weighs_nothing(knowledge: Knowledge) -> None:
    (found,) = panel_report(knowledge, {}, genes=["CYP3A4"])
    assert "*22" in {a.allele for a in found.hidden_alleles}
    assert (found.hidden, found.carried, found.hidden_uncertain) == (None, None, None)


def test_the_mixture_comes_first_and_then_every_group_with_frequencies(knowledge: Knowledge) -> None:
    found = panel_report(knowledge, {}, genes=["TPMT"])
    assert [r.group for r in found] == ["all groups, equal weights", *knowledge.genes["TPMT"].frequencies]
