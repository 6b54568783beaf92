"""What `rxweave knowledge show` prints."""

from __future__ import annotations

import pytest

from rxweave.errors import UnknownName
from rxweave.knowledge import Knowledge, load_release, show


def test_allele_shows_function_evidence_sites_and_frequency(knowledge: Knowledge) -> None:
    text = show(knowledge, "CYP2C19", "*2")
    assert "Function     No function (evidence: definitive)" in text
    assert "NC_000010.11:g.94781859G>A" in text
    assert "96541616" in text
    assert "G|A" in text
    assert "European                         0.146857" in text


def test_allele_shows_what_another_function_set_says() -> None:
    text = show(load_release("2026.1@2025-11"), "TPMT", "*5")
    assert "Function     Uncertain function" in text
    assert "2026-02    No function" in text


def test_gene_shows_rule_unknown_sites_and_alleles_not_callable(knowledge: Knowledge) -> None:
    text = show(knowledge, "CYP2D6")
    assert "research grade only" in text
    assert "0.25" in text
    assert "≤ activity score" in text or "< activity score" in text
    assert "*36 + *10" in text
    assert "1 unknown: rs1226205448" in show(knowledge, "CYP3A4").replace("\n             ", " ")


@pytest.mark.parametrize("symbol", load_release().genes)
def test_every_gene_and_its_alleles_can_be_shown(knowledge: Knowledge, symbol: str) -> None:
    assert show(knowledge, symbol).startswith(f"{symbol}  ")
    for allele in knowledge.gene(symbol).alleles:
        assert show(knowledge, symbol, allele.name).startswith(f"{symbol} {allele.name}  ")


def test_gene_prefix_is_accepted(knowledge: Knowledge) -> None:
    assert show(knowledge, "CYP2C19", "CYP2C19*2") == show(knowledge, "CYP2C19", "*2")


def test_unknown_allele_names_the_near_ones(knowledge: Knowledge) -> None:
    with pytest.raises(UnknownName, match=r"TPMT has no allele '\*3' in this release; did you mean .*\*3A"):
        show(knowledge, "TPMT", "*3")


def test_gene_shows_what_co_medication_does_and_what_is_made_of_it(knowledge: Knowledge) -> None:
    lines = show(knowledge, "CYP2D6").splitlines()
    at = lines.index("  strong inhibitor: activity score x 0 (guideline: CPIC opioids 2021, Nahid 2022)")
    assert lines[at + 1].strip() == "bupropion, fluoxetine, paroxetine, quinidine"
    assert "cinacalcet*" in "\n".join(lines) and "terbinafine*" not in "\n".join(lines)
    assert "  * at least: some of its sources grade it stronger" in lines


def test_gene_without_an_amount_says_that_only_the_direction_is_known(knowledge: Knowledge) -> None:
    assert "  strong inhibitor: direction only, no phenotype is changed" in show(knowledge, "CYP3A5")
    assert "Co-medication" not in show(knowledge, "TPMT")
