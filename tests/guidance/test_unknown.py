"""Unknown is never normal."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from guidance_toys import (
    GUIDELINES,
    INDETERMINATE,
    INTERMEDIATE,
    NORMAL,
    POOR,
    all_advice,
    headline,
    knowledge,
    people,
    result,
    typed,
)
from hypothesis import given
from hypothesis import strategies as st

from rxweave.calling.diplotype import CallSource, CallStatus, DiplotypeCall, StatedResult
from rxweave.guidance import Advice, Coverage, advise
from rxweave.knowledge.guidelines import Action, Reason
from rxweave.patient import Event, Patient
from rxweave.phenotyping.phenotype import GenePhenotype, Phenotype


def not_covered(gene: str, status: CallStatus = CallStatus.NOT_COVERED) -> GenePhenotype:
    return GenePhenotype(DiplotypeCall(gene, status), (Phenotype(gene, "No Result", "", ("No Result",)),))


def test_a_gene_that_was_not_tested_is_named_with_the_test_to_order() -> None:
    advice = headline("simplol")
    assert advice.coverage is Coverage.GENE_NOT_TESTED
    assert advice.directive.action is Action.NO_RECOMMENDATION
    assert advice.directive.reason is Reason.UNKNOWN_RESULT
    assert advice.is_partial and advice.missing_genes == ("ENZ",)
    assert [(t.gene, t.why) for t in advice.tests_to_order] == [("ENZ", "not_tested")]


def test_a_gene_without_data_in_the_file_is_as_good_as_not_tested() -> None:
    assert headline("simplol", not_covered("ENZ")).coverage is Coverage.GENE_NOT_TESTED


def test_a_no_call_is_said_to_be_one() -> None:
    advice = headline("simplol", not_covered("ENZ", CallStatus.NO_CALL))
    assert [t.why for t in advice.tests_to_order] == ["no_call"]


def test_an_indeterminate_result_is_answered_by_the_sources_own_row_and_stays_partial() -> None:
    advice = headline("simplol", result("ENZ", INDETERMINATE))
    assert advice.coverage is Coverage.COMPUTED
    assert (advice.directive.action, advice.directive.reason) == (Action.NO_RECOMMENDATION, Reason.UNKNOWN_RESULT)
    assert advice.is_partial and advice.strength == "No Recommendation"


@pytest.mark.parametrize("drug", ["fluorotoy", "hlavir"])
def test_a_drug_tested_by_default_asks_for_the_test_before_the_first_dose(drug: str) -> None:
    advice = headline(drug)
    assert advice.directive.action is Action.TEST_FIRST
    assert advice.coverage is Coverage.COMPUTED
    assert advice.is_partial and all(t.before_first_dose for t in advice.tests_to_order)


def test_hla_is_to_be_typed() -> None:
    assert [t.method for t in headline("hlavir").tests_to_order] == ["typing"]


def test_a_variant_that_no_definition_knows_is_never_standard() -> None:
    reference = result("DPX", "2.0", diplotype="*1/*1", undocumented=("chr1:100 A>G",), unknown_alleles=1)
    advice = headline("fluorotoy", reference)
    assert advice.directive.action is Action.TEST_FIRST
    assert advice.missing_genes == ("DPX",)
    assert [t.why for t in advice.tests_to_order] == ["unknown_function"]
    assert "undocumented_variant:DPX" in advice.notes


def test_a_variant_that_no_candidate_admits_to_still_counts() -> None:
    advice = headline("fluorotoy", result("DPX", "2.0", undocumented=("chr1:100 A>G",)))
    assert advice.directive.action is Action.TEST_FIRST


def test_an_unknown_variant_does_not_hide_the_reduction_that_a_known_one_asks_for() -> None:
    advice = headline("fluorotoy", result("DPX", "1.0", undocumented=("chr1:100 A>G",), unknown_alleles=1))
    assert advice.directive.action is Action.REDUCE_DOSE
    assert advice.is_partial and advice.missing_genes == ("DPX",)


def test_an_unknown_variant_outside_the_default_tests_leaves_no_recommendation() -> None:
    advice = headline("simplol", result("ENZ", NORMAL, undocumented=("chr1:9 C>T",), unknown_alleles=1))
    assert advice.directive.action is Action.NO_RECOMMENDATION and advice.is_partial


def test_standard_in_the_source_becomes_test_first_where_the_missing_gene_may_ask_for_less() -> None:
    advice = headline("pairine", result("ENZ", NORMAL))
    assert advice.directive.action is Action.TEST_FIRST
    assert advice.missing_genes == ("ENZB",)
    assert advice.strength == "Strong"
    (meanwhile,) = advice.branches
    assert dict(meanwhile.condition.facts) == {"test_pending": "yes"}
    assert meanwhile.directive.action is Action.STANDARD


def test_a_partial_row_that_is_already_the_gravest_stands_and_says_what_is_missing() -> None:
    advice = headline("pairine", result("ENZ", POOR))
    assert advice.directive.action is Action.AVOID
    assert advice.is_partial and advice.missing_genes == ("ENZB",)
    assert [t.gene for t in advice.tests_to_order] == ["ENZB"]


def test_where_the_known_gene_decides_alone_the_other_ones_absence_changes_nothing() -> None:
    advice = headline("thiotoy", result("ENZ", POOR))
    assert advice.directive.action is Action.AVOID
    assert "known_gene_decides" in advice.notes and advice.is_partial


def test_where_the_known_gene_asks_for_something_silence_is_not_the_answer() -> None:
    advice = headline("thiotoy", result("ENZ", INTERMEDIATE))
    assert advice.directive.action is Action.TEST_FIRST
    assert "known_gene_alone:ENZ" in advice.notes


def test_a_known_gene_that_lowers_the_dose_does_not_say_by_how_much_while_the_other_is_unknown() -> None:
    advice = headline("doseine", result("ENZ", INTERMEDIATE))
    assert advice.directive.action is Action.TEST_FIRST
    assert "known_gene_alone:ENZ" in advice.notes and "known_gene_decides" not in advice.notes
    (meanwhile,) = advice.branches
    assert dict(meanwhile.condition.facts) == {"test_pending": "yes"}
    assert meanwhile.directive.dose[0].factor_high == Decimal("0.5")
    assert [t.gene for t in advice.tests_to_order] == ["ENZB"]


def test_only_the_gene_that_is_not_understood_is_to_be_tested() -> None:
    advice = headline("doseine", result("ENZ", INTERMEDIATE), result("ENZB", INDETERMINATE))
    assert advice.directive.action is Action.TEST_FIRST
    assert [(t.gene, t.why) for t in advice.tests_to_order] == [("ENZB", "unknown_result")]


def test_a_dose_that_no_result_of_the_other_gene_changes_is_given() -> None:
    advice = headline("doseine", result("ENZ", POOR))
    assert advice.directive.dose[0].factor_high == Decimal("0.1")
    assert "known_gene_decides" in advice.notes and advice.is_partial


def test_where_the_known_gene_is_normal_an_untested_second_leaves_no_recommendation() -> None:
    advice = headline("thiotoy", result("ENZ", NORMAL))
    assert advice.directive.reason is Reason.UNKNOWN_RESULT and advice.coverage is Coverage.GENE_NOT_TESTED


def test_a_negative_result_of_another_hla_allele_is_no_negative_result() -> None:
    advice = headline("hlavir", typed("*02:02 negative"))
    assert advice.directive.action is Action.TEST_FIRST
    assert advice.missing_genes == ("HLA-X",)


def test_a_negative_hla_result_names_the_allele_that_was_tested() -> None:
    advice = headline("hlavir", typed("*01:01 negative", "*02:02 positive"))
    assert advice.directive.action is Action.STANDARD
    assert advice.genes["HLA-X"].lookup_key == "*01:01 negative"
    assert "tested_allele:HLA-X*01:01" in advice.notes


def test_each_drug_reads_its_own_hla_allele() -> None:
    both = typed("*01:01 negative", "*02:02 positive")
    assert headline("hlavir", both).directive.action is Action.STANDARD
    assert headline("usezepine", both).directive.action is Action.AVOID


def test_susceptibility_without_a_finding_is_not_excluded_and_never_standard() -> None:
    advice = headline("gasane", result("MUSCLE", "Uncertain Susceptibility", diplotype="*1/*1"))
    assert advice.directive.action is Action.NOT_EXCLUDED
    assert "no_negative_result" in advice.notes and advice.is_partial


def test_a_score_called_from_small_variants_says_that_copies_were_not_counted() -> None:
    called = result("SCORE", "2.0", diplotype="*1/*1", is_research_grade=True)
    advice = headline("scoreine", called)
    assert "copy_number_not_assayed" in advice.notes
    assert any(t.why == "copy_number" for t in advice.tests_to_order)


@pytest.mark.parametrize(
    ("diplotype", "is_said"), [("*1/*2", True), ("*1/*5", False)], ids=["small variants only", "a deletion"]
)
def test_an_outside_call_counts_copies_only_if_it_shows_them(diplotype: str, is_said: bool) -> None:
    advice = headline("scoreine", result("SCORE", "2.0", diplotype=diplotype, source=CallSource.OUTSIDE))
    assert ("copy_number_not_assayed" in advice.notes) is is_said


def test_a_stated_phenotype_says_nothing_of_copies() -> None:
    phenotype = Phenotype("SCORE", NORMAL, "n/a", ("1.25", "2.0"))
    call = DiplotypeCall("SCORE", CallStatus.CALLED, CallSource.STATED, stated=(StatedResult(phenotype=NORMAL),))
    advice = headline("scoreine", GenePhenotype(call, (phenotype,)))
    assert advice.directive.action is Action.STANDARD
    assert "copy_number_not_assayed" in advice.notes


def test_assumed_reference_is_said() -> None:
    assert "reference_assumed:ENZ" in headline("simplol", result("ENZ", NORMAL, is_reference_assumed=True)).notes


KEYS = {
    "ENZ": (NORMAL, INTERMEDIATE, POOR, INDETERMINATE, None),
    "ENZB": (NORMAL, POOR, INDETERMINATE, None),
    "DPX": ("2.0", "1.5", "0.5", "n/a", None),
    "SCORE": ("0.0", "0.25", "2.0", "≥5.0", "n/a", None),
    "MUSCLE": ("Malignant Hyperthermia Susceptibility", "Uncertain Susceptibility", None),
}
EVERY_DRUG = tuple(g.drug for g in GUIDELINES)


@st.composite
def results(draw: st.DrawFn) -> dict[str, GenePhenotype]:
    found = {}
    for gene, keys in KEYS.items():
        key = draw(st.sampled_from(keys))
        if key is not None:
            found[gene] = result(gene, key, unknown_alleles=draw(st.sampled_from((0, 0, 1))))
    statuses = draw(st.sets(st.sampled_from(("*01:01", "*02:02"))))
    if statuses:
        found["HLA-X"] = typed(*(f"{a} {draw(st.sampled_from(('positive', 'negative')))}" for a in sorted(statuses)))
    return found


def _heads(phenotypes: dict[str, GenePhenotype], drugs: tuple[str, ...] = EVERY_DRUG) -> dict[str, Advice]:
    found = advise(phenotypes, Patient(), Event(drugs=drugs), knowledge())
    return {a.drug: a for a in found if a.is_headline}


@given(results(), st.sampled_from(sorted(KEYS)))
def test_taking_a_result_away_never_makes_an_advice_green(phenotypes: dict[str, GenePhenotype], gene: str) -> None:
    before = _heads(phenotypes)
    after = _heads({g: r for g, r in phenotypes.items() if g != gene})
    for drug, advice in after.items():
        if advice.directive.action is Action.STANDARD:
            assert before[drug].directive.action is Action.STANDARD


@given(results())
def test_standard_always_rests_on_known_results_alone(phenotypes: dict[str, GenePhenotype]) -> None:
    for advice in _heads(phenotypes).values():
        if advice.directive.action is Action.STANDARD:
            assert not advice.missing_genes and not advice.is_partial
            assert all(f.phenotype not in ("No Result", INDETERMINATE) for f in advice.genes.values())


@given(results(), st.permutations(EVERY_DRUG))
def test_the_order_of_drugs_and_genes_changes_nothing_but_the_order(
    phenotypes: dict[str, GenePhenotype], drugs: list[str]
) -> None:
    shuffled = _heads(dict(reversed(phenotypes.items())), tuple(drugs))
    # Alternatives and co-medication look at the same set of drugs, so every advice is equal.
    assert shuffled == _heads(phenotypes)
    assert list(shuffled) == drugs


@given(results(), st.sampled_from(EVERY_DRUG))
def test_other_drugs_of_the_event_change_nothing(phenotypes: dict[str, GenePhenotype], drug: str) -> None:
    alone, beside = _heads(phenotypes, (drug,))[drug], _heads(phenotypes)[drug]
    # An alternative that is ordered too is no news, and is said to be taken.
    assert replace(alone, alternatives=()) == replace(beside, alternatives=())


@given(results())
def test_each_drug_has_exactly_one_headline_and_it_comes_first(phenotypes: dict[str, GenePhenotype]) -> None:
    found = advise(phenotypes, Patient(), Event(drugs=EVERY_DRUG), knowledge())
    assert [a.drug for a in found if a.is_headline] == list(EVERY_DRUG)
    for drug in EVERY_DRUG:
        of_drug = [a for a in found if a.drug == drug]
        assert of_drug[0].is_headline
        assert len({(a.source, a.population) for a in of_drug}) == len(of_drug)
        worst = max(a.directive.action.severity for a in of_drug)
        assert of_drug[0].directive.action.severity == worst


def test_a_drug_asked_for_twice_is_answered_once() -> None:
    found = advise(people(result("ENZ", NORMAL)), Patient(), Event(drugs=("simplol", "simplol")), knowledge())
    assert len(found) == 1


def test_both_populations_are_answered_when_nobody_knows_which() -> None:
    found = all_advice("usezepine", typed("*02:02 positive"))
    assert [(a.population, a.directive.action) for a in found] == [
        ("naive", Action.AVOID),
        ("tolerated", Action.USE_WITH_CAUTION),
    ]
    assert "prior_use" in found[0].missing
