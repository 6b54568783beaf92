"""How the table of genes says what is not excluded, what is possible, what would settle it and what is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from report_cases import report

from rxweave.calling import CallOptions, Genotypes, SiteCalls, call_diplotypes
from rxweave.calling.genotypes import MISSING
from rxweave.knowledge import Knowledge, load_release
from rxweave.phenotyping import GenePhenotype, assign_phenotype
from rxweave.phenotyping.panel import panel_report
from rxweave.report import gene_scales, render_html, words
from rxweave.report.gene_view import GeneView, gene_view


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def called(
    knowledge: Knowledge, symbol: str, genotypes: dict[str, tuple[int, int]], group: str = "", every: bool = False
) -> GenePhenotype:
    """An unphased person, reference elsewhere; code -1 is a site that was not read; ``every`` site heterozygous."""
    gene = knowledge.genes[symbol]
    codes = np.zeros((1, len(gene.variants), 2), dtype=np.int8)
    codes[:, :, 1] = int(every)
    for site, variant in enumerate(gene.variants):
        if variant.label in genotypes:
            codes[0, site] = genotypes[variant.label]
    calls = SiteCalls(symbol, codes, np.zeros(codes.shape[:2], bool), np.zeros(codes.shape[:2], np.int32))
    options = CallOptions(population=group)
    found = call_diplotypes(Genotypes("x", ("s",), {symbol: calls}), knowledge, options)[0][symbol]
    return assign_phenotype(found, knowledge)


def view(knowledge: Knowledge, result: GenePhenotype) -> GeneView:
    gene = knowledge.genes[result.gene]
    read = {v.pos_grch38 for v in gene.variants}.difference(result.call.missing_positions)
    panel = panel_report(knowledge, {result.gene: read}, genes=[result.gene])
    return gene_view(result, gene_scales([gene])[result.gene], panel)


def test_an_allele_that_is_not_excluded_stands_beside_the_result(knowledge: Knowledge) -> None:
    star3_unread = {"rs3758581": (1, 1), "rs4986893": (MISSING, MISSING)}
    shown = view(knowledge, called(knowledge, "CYP2C19", star3_unread, "European"))
    assert shown.result == "*1/*1; *3 not excluded (0.5% in this group)"
    assert "settled by reading rs4986893" in shown.sure
    assert "possible: Normal Metabolizer >99%, Intermediate Metabolizer <1%, Poor Metabolizer <1%" in shown.sure
    assert any(g.startswith("0.3% of people of group European, carry an allele") for g in shown.gaps)
    mixed = view(knowledge, called(knowledge, "CYP2C19", star3_unread))
    assert "over all groups" in mixed.result
    assert any("in the group Oceanian" in g for g in mixed.gaps)


def test_a_question_of_phase_names_the_positions(knowledge: Knowledge) -> None:
    shown = view(knowledge, called(knowledge, "TPMT", {"rs1800460": (0, 1), "rs1142345": (0, 1)}))
    assert "settled by finding out which of rs1142345, rs1800460 lie on the same copy" in shown.sure
    assert shown.gaps == ("all 43 positions tested",)


def test_a_gene_that_nobody_counted_gets_no_number(knowledge: Knowledge) -> None:
    shown = view(knowledge, called(knowledge, "CYP3A4", {"rs35599367": (MISSING, MISSING)}))
    assert shown.result == "*1/*1; *22 not excluded"
    assert words.NOT_WEIGHED in shown.sure
    assert not shown.readings
    assert not any("%" in text for text in (*shown.sure, *shown.gaps))
    assert "not shown by these data, and how frequent is not known: *22" in shown.gaps


def test_more_diplotypes_than_anyone_can_read_are_counted_and_what_they_share_is_said(knowledge: Knowledge) -> None:
    shown = view(knowledge, called(knowledge, "RYR1", {}, every=True))
    assert "more than 10^93 results fit the data" in shown.sure
    assert words.SAME_IN_ALL in shown.sure
    assert words.UNPHASED in shown.sure
    assert shown.phenotype == "Malignant Hyperthermia Susceptibility"


def test_a_gene_without_a_result_says_what_may_hide_there(knowledge: Knowledge) -> None:
    panel = panel_report(knowledge, {}, genes=["HLA-B"])
    made = report(scales=gene_scales([knowledge.genes["HLA-B"]]), panel=panel)
    untyped = replace(made.genes[0], call=replace(made.genes[0].call, gene="HLA-B", status="not_covered"))
    page = render_html(replace(made, genes=(untyped,)))
    assert "12% of people, all groups weighed alike, 25% in the group Central/South Asian, carry an allele" in page
