"""The rules of calling one gene, each on a small invented gene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy_genes import genotypes, toy_gene, toy_knowledge

from rxweave.calling import CallOptions, CallStatus, DiplotypeCall, call_diplotypes
from rxweave.calling.patterns import distinct_patterns
from rxweave.errors import UnknownName
from rxweave.knowledge import load_release
from rxweave.knowledge.genes import CallingMethod, CallingRules, FallbackSite, Gene, UnphasedPriority

#: *2 and *3 are single variants, *4 holds both, *5 holds the second and a third.
ALLELES = {"*1": {}, "*2": {0: 1}, "*3": {1: 1}, "*4": {0: 1, 1: 1}, "*5": {1: 1, 2: 1}}


def gene(**changes: object) -> Gene:
    return toy_gene(ALLELES, n_sites=3, **changes)  # type: ignore[arg-type]


DEFAULTS = CallOptions()


def call(of: Gene, *sites: str, options: CallOptions = DEFAULTS, sets: tuple[int, ...] = ()) -> DiplotypeCall:
    called = call_diplotypes(genotypes(of, sites, phase_sets=[sets] if sets else ()), toy_knowledge(of), options)
    return called[0][of.symbol]


def names(found: DiplotypeCall) -> list[str]:
    return list(map(str, found.diplotypes))


def test_unphased_pair_prefers_the_reference_and_keeps_the_other_reading_as_candidate() -> None:
    found = call(gene(), "0/1", "0/1", "0/0")
    assert names(found) == ["*1/*4"]
    assert found.status is CallStatus.CALLED
    assert not found.is_phased
    assert {str(c.diplotype) for c in found.candidates} == {"*1/*4", "*2/*3"}


def test_all_candidates_are_listed_in_score_order() -> None:
    assert names(call(gene(), "0/1", "0/1", "0/0", options=CallOptions(all_candidates=True))) == ["*1/*4", "*2/*3"]


@pytest.mark.parametrize(
    ("sites", "sets", "expected"),
    [
        (("0|1", "0|1", "0|0"), (0, 0, 0), ["*1/*4"]),
        (("0|1", "1|0", "0|0"), (0, 0, 0), ["*2/*3"]),
        (("0|1", "1|0", "0|0"), (5, 5, 0), ["*2/*3"]),
        (("0|1", "1|0", "0|0"), (5, 6, 0), ["*1/*4"]),
        (("0|1", "1|0", "0|0"), (0, 6, 0), ["*1/*4"]),
        (("0|1", "1/0", "0|0"), (0, 0, 0), ["*1/*4"]),
    ],
    ids=["cis", "trans", "one set", "two sets", "set and none", "one unphased"],
)
def test_phase_is_known_within_a_block_and_open_between_blocks(
    sites: tuple[str, ...], sets: tuple[int, ...], expected: list[str]
) -> None:
    assert names(call(gene(), *sites, sets=sets)) == expected


def test_one_unphased_heterozygote_is_as_good_as_phased() -> None:
    found = call(gene(), "0/1", "0/0", "0/0")
    assert names(found) == ["*1/*2"]
    assert found.is_phased


def test_an_unread_site_is_reported_and_leaves_its_allele_possible() -> None:
    found = call(gene(), "./.", "0/0", "0/0")
    assert names(found) == ["*1/*1"]
    assert found.missing_positions == (1000,)
    assert found.covered_positions == 2
    assert found.uncallable_alleles == ("*2",)
    assert {str(c.diplotype) for c in found.candidates} == {"*1/*1", "*1/*2", "*2/*2"}


def test_alleles_that_missing_data_make_equal_are_all_reported() -> None:
    found = call(gene(), "0/0", "0/1", "./.")
    assert names(found) == ["*1/*3", "*1/*5"]
    assert found.status is CallStatus.AMBIGUOUS


def test_a_gene_without_data_is_not_covered() -> None:
    found = call(gene(), "./.", "./.", "./.")
    assert found.status is CallStatus.NOT_COVERED
    assert not found.diplotypes
    assert not found.candidates
    assert found.uncallable_alleles == tuple(ALLELES)


def test_a_half_call_gives_no_call_but_keeps_what_it_shows() -> None:
    found = call(gene(), "./1", "0/0", "0/0")
    assert found.status is CallStatus.NO_CALL
    assert "half call at chr1:1000" in found.warnings[0]
    assert {str(c.diplotype) for c in found.candidates} == {"*1/*2", "*2/*2"}


def test_an_unknown_alt_destroys_the_call() -> None:
    found = call(gene(), "0/x", "0/0", "0/0")
    assert found.status is CallStatus.NO_CALL
    assert found.undocumented == ("chr1:1000 A>TTT",)


def test_an_unknown_alt_makes_its_allele_one_of_unknown_function_in_the_candidates() -> None:
    found = call(gene(), "0/x", "0/0", "0/0")
    assert [(str(c.diplotype), c.unknown_alleles) for c in found.candidates] == [("*1/*1", 1)]


def test_an_unknown_alt_is_read_as_reference_where_the_release_says_so_and_counted() -> None:
    found = call(gene(calling=CallingRules(undocumented_as_reference=True)), "0/x", "0/1", "0/0")
    assert names(found) == ["*1/*3"]
    assert [c.unknown_alleles for c in found.candidates] == [1]
    assert "function is unknown" in found.warnings[0]


def test_two_copies_of_an_unknown_alt_make_two_unknown_alleles() -> None:
    found = call(gene(calling=CallingRules(undocumented_as_reference=True)), "x/y", "0/0", "0/0")
    assert names(found) == ["*1/*1"]
    assert [c.unknown_alleles for c in found.candidates] == [2]


def test_one_copy_of_chromosome_x_gives_one_allele() -> None:
    found = call(gene(chromosome="chrX"), "1", "1", "0")
    assert names(found) == ["*4"]
    assert [str(c.diplotype) for c in found.candidates] == ["*4"]


def test_one_copy_on_an_autosome_gives_no_call() -> None:
    found = call(gene(), "1", "1", "0")
    assert found.status is CallStatus.NO_CALL
    assert "autosome" in found.warnings[0]


def test_one_and_two_copies_mixed_on_chromosome_x_give_no_call_but_candidates() -> None:
    found = call(gene(chromosome="chrX"), "1", "0/0", "0/0")
    assert found.status is CallStatus.NO_CALL
    assert "ploidy" in found.warnings[0]
    assert {str(c.diplotype) for c in found.candidates} == {"*1/*2", "*2/*2"}


def test_a_missing_required_position_gives_no_call() -> None:
    found = call(gene(calling=CallingRules(required_positions=(1010,))), "0/1", "./.", "0/0")
    assert found.status is CallStatus.NO_CALL
    assert "chr1:1010" in found.warnings[0]


def test_unphased_priorities_pick_the_more_common_pair() -> None:
    rules = CallingRules(unphased_priorities=(UnphasedPriority(("*1/*4", "*2/*3"), "*2/*3"),))
    assert names(call(gene(calling=rules), "0/1", "0/1", "0/0")) == ["*2/*3"]
    assert names(call(gene(calling=rules), "0|1", "0|1", "0|0")) == ["*1/*4"]


def test_without_a_matching_priority_unphased_pairs_are_not_cut_to_the_best() -> None:
    rules = CallingRules(unphased_priorities=(UnphasedPriority(("*9/*9",), "*9/*9"),))
    assert names(call(gene(calling=rules), "0/1", "0/1", "0/0")) == ["*1/*4", "*2/*3"]


def test_ignored_alleles_are_never_called() -> None:
    found = call(gene(calling=CallingRules(ignored_alleles=("*4",))), "0/1", "0/1", "0/0")
    assert names(found) == ["*2/*3"]


def test_suballeles_are_reported_under_their_core_name() -> None:
    of = toy_gene(
        {"*1": {}, "*2.001": {0: 1}, "*2.002": {0: 1, 1: 1}},
        n_sites=2,
        cores={"*2.001": "*2", "*2.002": "*2"},
    )
    found = call(of, "1/1", "0/1")
    assert names(found) == ["*2/*2"]
    assert [(str(c.diplotype), c.probability) for c in found.candidates] == [("*2/*2", pytest.approx(1))]


def test_a_wobble_cell_counts_only_where_the_strand_shows_it() -> None:
    of = toy_gene({"*1": {}, "*2": {0: 1, 1: (0, 1)}, "*3": {0: 1, 2: (0, 1)}}, n_sites=3)
    assert names(call(of, "0/1", "0/0", "0/0")) == ["*1/*2", "*1/*3"]
    assert names(call(of, "0/1", "0/1", "0/0")) == ["*1/*2"]


def test_the_fallback_site_stands_in_only_where_nothing_can_be_called() -> None:
    rules = CallingRules(fallback=FallbackSite(1000, "rs1", {"A": "*1", "C": "*2"}))
    failed = call(gene(calling=rules), "0/1", "0/x", "0/0")
    assert failed.status is CallStatus.NO_CALL
    assert list(map(str, failed.phenotype_diplotypes)) == ["*1/*2"]
    assert call(gene(calling=rules), "0/1", "0/0", "0/0").phenotype_diplotypes == ()
    assert call(gene(calling=rules), "./.", "0/x", "0/0").phenotype_diplotypes == ()


def test_a_research_grade_gene_is_called_only_on_request_and_then_labelled() -> None:
    of = gene(calling=CallingRules(is_research_grade=True))
    found = call(of, "0/1", "0/0", "0/0")
    assert found.status is CallStatus.NO_CALL
    assert "another assay" in found.warnings[0]
    found = call(of, "0/1", "0/0", "0/0", options=CallOptions(cyp2d6_from_vcf=True))
    assert names(found) == ["*1/*2"]
    assert found.is_research_grade


def test_samples_with_the_same_genotypes_share_one_result() -> None:
    of = gene()
    made = genotypes(of, ("0/1", "0/0", "0/0"), ("0/0", "0/0", "0/0"), ("1/0", "0|0", "0/0"))
    first, second, third = call_diplotypes(made, toy_knowledge(of))
    assert first["TOY"] is third["TOY"]
    assert first["TOY"] is not second["TOY"]


def test_genes_known_by_outside_call_only_are_left_out() -> None:
    of = gene(calling=CallingRules(method=CallingMethod.OUTSIDE_ONLY))
    assert call_diplotypes(genotypes(of, ("0/0", "0/0", "0/0")), toy_knowledge(of)) == ({},)


def test_assumed_reference_is_carried_into_every_call() -> None:
    of = gene()
    made = genotypes(of, ("0/0", "0/0", "0/0"))
    assumed = type(made)(made.file, made.samples, made.genes, is_reference_assumed=True)
    assert call_diplotypes(assumed, toy_knowledge(of))[0]["TOY"].is_reference_assumed


def test_a_call_counts_the_positions_that_were_assumed_and_not_read() -> None:
    of = gene()
    made = genotypes(of, ("0/0", "0/0", "0/0"))
    (calls,) = made.genes.values()
    filled = replace(made, genes={"TOY": replace(calls, assumed=np.array([False, True, True]))})
    call = call_diplotypes(filled, toy_knowledge(of))[0]["TOY"]
    assert (call.covered_positions, call.assumed_positions) == (3, 2)
    assert call_diplotypes(made, toy_knowledge(of))[0]["TOY"].assumed_positions == 0


def test_an_unknown_population_is_refused_by_name() -> None:
    with pytest.raises(UnknownName, match="Martian"):
        call(gene(), "0/0", "0/0", "0/0", options=CallOptions(population="Martian"))


@pytest.mark.parametrize("symbol", ["RYR1", "G6PD", "CYP2D6", "CFTR"])
def test_a_person_unphased_and_heterozygous_everywhere_is_answered(symbol: str) -> None:
    knowledge = load_release()
    of = knowledge.genes[symbol]
    made = genotypes(of, ["0/1"] * len(of.variants))
    options = CallOptions(all_candidates=True, combinations=True, cyp2d6_from_vcf=True)
    found = call_diplotypes(made, knowledge, options)[0][symbol]
    if of.calling.method is CallingMethod.LOWEST_FUNCTION:
        assert len(found.components) == len(of.variants)
        assert found.mass_left_out == 1
    else:
        assert found.status is CallStatus.NO_CALL
        assert "not searched" in found.warnings[-1]


def test_a_strand_that_no_definition_describes_gives_no_call_and_says_so() -> None:
    found = call(gene(), "0|1", "0|0", "0|1")
    assert found.status is CallStatus.NO_CALL
    assert "no two named alleles" in found.warnings[0]
    assert not found.candidates


def test_an_unread_site_of_the_clinical_panel_is_named() -> None:
    of = gene()
    panel = replace(of, variants=(replace(of.variants[0], is_amp_tier1=True, rsid="rs77"), *of.variants[1:]))
    assert "rs77" in call(panel, "./.", "0/0", "0/0").warnings[0]
    assert call(panel, "0/0", "./.", "0/0").warnings == ()


def test_repeated_genotypes_of_a_cohort_are_one_pattern_whatever_their_phase_set_numbers() -> None:
    of = gene()
    made = genotypes(
        of,
        ("0|1", "1|0", "0/0"),
        ("0|1", "1|0", "0|0"),
        ("0|1", "1|0", "0/0"),
        phase_sets=[(5, 5, 0), (5, 5, 9), (5, 6, 0)],
    )
    patterns, index = distinct_patterns(made.genes["TOY"])
    assert index[0] == index[1] != index[2]
    assert [patterns[k].n_blocks for k in index] == [1, 1, 2]
