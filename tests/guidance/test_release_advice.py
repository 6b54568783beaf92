"""The rules on unknowns hold for every combination of results that the installed release can be asked about."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from rxweave.calling import call_diplotypes
from rxweave.calling.diplotype import CallSource, CallStatus, DiplotypeCall
from rxweave.calling.stated import genotypes_of_variants
from rxweave.guidance import AlertTier, Coverage, advise
from rxweave.guidance.lookups import is_unknown_word
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import Action, DrugGuideline, Reason
from rxweave.narrative import phrase
from rxweave.patient import Event, MedicationOrder, Patient
from rxweave.phenotyping import assign_phenotype
from rxweave.phenotyping.phenotype import GenePhenotype, Phenotype, PhenotypeCandidate


@pytest.fixture(scope="module")
def release() -> Knowledge:
    return load_release()


def _result(gene: str, key: str) -> GenePhenotype:
    phenotype = Phenotype(gene, key, "", (key,))
    call = DiplotypeCall(gene, CallStatus.CALLED, CallSource.STATED, stated_phenotype=key)
    return GenePhenotype(call, (phenotype,), (PhenotypeCandidate(phenotype, 1.0),))


def _computed(release: Knowledge) -> list[DrugGuideline]:
    return [g for held in release.guidelines.values() for g in held if g.is_computable]


def _people(guideline: DrugGuideline) -> Iterator[dict[str, str]]:
    """Every combination of the guideline's keys, of an unclear result and of none, by gene."""
    choices = []
    for gene in guideline.genes:
        keys = {k for r in guideline.recommendations for k in r.when.get(gene, ())} - {"No Result"}
        choices.append([*sorted(keys), "Indeterminate", ""])
    for keys_of_person in product(*choices):
        yield {g: k for g, k in zip(guideline.genes, keys_of_person, strict=True) if k}


@pytest.mark.parametrize("step", [pytest.param(8, id="a sample"), pytest.param(1, id="all", marks=pytest.mark.long)])
def test_standard_never_hides_something_graver_behind_a_result_that_is_not_known(release: Knowledge, step: int) -> None:
    wrong = []
    for guideline in list(_computed(release))[::step]:
        people = list(_people(guideline))
        severity: dict[tuple[str, ...], dict[str, Action]] = {}
        for person in people:
            row = tuple(person.get(g, "") for g in guideline.genes)
            phenotypes = {g: _result(g, k) for g, k in person.items()}
            found = advise(phenotypes, Patient(), Event(drugs=(guideline.drug,)), release)
            assert [a.is_headline for a in found] == [True, *[False] * (len(found) - 1)]
            own = [a for a in found if (a.source, tuple(a.genes)) == (guideline.source, guideline.genes)]
            severity[row] = {a.population: a.directive.action for a in own}
            for advice in own:
                unknown = {g for g, k in zip(guideline.genes, row, strict=True) if is_unknown_word(k)}
                assert unknown <= set(advice.missing) and advice.is_partial == bool(unknown), (guideline.drug, row)
        known_rows = [row for row in severity if not any(map(is_unknown_word, row))]
        for row, actions in severity.items():
            if row in known_rows:
                continue
            for population, action in actions.items():
                if action in (Action.TEST_FIRST, Action.NO_RECOMMENDATION, Action.NOT_EXCLUDED):
                    continue
                branches = [
                    severity[other][population]
                    for other in known_rows
                    if population in severity[other]
                    and all(is_unknown_word(mine) or mine == theirs for mine, theirs in zip(row, other, strict=True))
                ]
                worst = max((b.severity for b in branches), default=0)
                if action.severity < worst:
                    wrong.append(f"{guideline.drug} {population} {row}: {action}")
    assert not wrong, "\n".join(wrong)


def test_a_person_without_any_result_gets_no_green_light_for_any_drug(release: Knowledge) -> None:
    drugs = dict.fromkeys(g.drug for g in _computed(release))
    # One by one: beside a strong inhibitor the genes need not be known.
    for advice in (a for drug in drugs for a in advise({}, Patient(), Event(drugs=(drug,)), release)):
        if advice.coverage is Coverage.NOT_COMPUTED:
            continue
        assert advice.directive.action is not Action.STANDARD
        assert advice.tests_to_order
        if advice.directive.action is Action.NO_RECOMMENDATION:
            assert advice.coverage is Coverage.GENE_NOT_TESTED
            assert advice.directive.reason is Reason.UNKNOWN_RESULT
            assert advice.alert_tier is not AlertTier.INTERRUPTIVE


def test_every_drug_of_the_release_gets_one_headline(release: Knowledge) -> None:
    drugs = tuple(release.drugs)
    found = []
    for start in range(0, len(drugs), 20):  # what is ordered together is weighed together
        ordered = drugs[start : start + 20]
        said = advise({}, Patient(), Event(drugs=ordered), release)
        assert [a.drug for a in said if a.is_headline] == list(ordered)
        found += said
    assert {a.coverage for a in found} == {
        Coverage.COMPUTED,
        Coverage.GENE_NOT_TESTED,
        Coverage.NOT_COMPUTED,
        Coverage.NO_GUIDANCE,
    }


def test_warfarin_is_named_as_a_guideline_that_is_not_computed(release: Knowledge) -> None:
    found = advise({}, Patient(), Event(drugs=("warfarin",)), release)
    (advice,) = (a for a in found if a.source == "CPIC")
    assert advice.coverage is Coverage.NOT_COMPUTED
    assert set(advice.genes) >= {"CYP2C9", "VKORC1"}


def test_clopidogrel_is_not_fine_together_with_omeprazole(release: Knowledge) -> None:
    patient = Patient(
        medications=(MedicationOrder("omeprazole", "omeprazole"),), indications=(("clopidogrel", "acs_pci"),)
    )
    phenotypes = {"CYP2C19": _result("CYP2C19", "Normal Metabolizer")}
    advice = advise(phenotypes, patient, Event(drugs=("clopidogrel",)), release)[0]
    assert advice.directive.action is Action.USE_WITH_CAUTION
    assert "omeprazole" in advice.directive.avoid_with and advice.alert_tier is AlertTier.PASSIVE


def test_a_dose_of_fluorouracil_is_raised_from_the_reduced_start_not_above_the_usual(release: Knowledge) -> None:
    for drug in ("fluorouracil", "capecitabine"):
        advice = advise({"DPYD": _result("DPYD", "1.5")}, Patient(), Event(drugs=(drug,)), release)[0]
        said = {d.direction for b in advice.branches for d in b.directive.dose}
        assert said == {"up_from_start", "down_from_start"}


def _called(variant: str, gene: str, release: Knowledge) -> dict[str, GenePhenotype]:
    call = call_diplotypes(genotypes_of_variants([variant], release), release)[0][gene]
    return {gene: assign_phenotype(call, release)}


def test_a_genotype_at_one_site_is_not_overruled_by_alleles_that_are_all_but_impossible(release: Knowledge) -> None:
    reference = advise(_called("rs4149056=T/T", "SLCO1B1", release), Patient(), SIMVASTATIN, release)[0]
    assert reference.directive.action is Action.STANDARD
    poor = advise(_called("rs4149056=C/C", "SLCO1B1", release), Patient(), SIMVASTATIN, release)[0]
    assert poor.directive.action is Action.USE_ALTERNATIVE and poor.alert_tier is AlertTier.INTERRUPTIVE
    assert "not certain" not in phrase(poor).headline


SIMVASTATIN = Event(drugs=("simvastatin",))


def test_ivacaftor_is_not_forbidden_by_sites_that_nobody_read(release: Knowledge) -> None:
    found = advise(_called("rs75527207=G/G", "CFTR", release), Patient(), Event(drugs=("ivacaftor",)), release)[0]
    assert found.directive.action is Action.TEST_FIRST
    assert [t.gene for t in found.tests_to_order] == ["CFTR"]
    assert "CFTR" in phrase(found).headline and "not certain" not in phrase(found).headline


def test_an_untested_gene_that_hides_no_more_than_care_asks_for_no_test_first(release: Knowledge) -> None:
    aspirin = advise({}, Patient(), Event(drugs=("aspirin",)), release)[0]
    assert aspirin.coverage is Coverage.GENE_NOT_TESTED
    assert aspirin.directive.action is Action.NO_RECOMMENDATION and aspirin.alert_tier is not AlertTier.INTERRUPTIVE
    dapsone = advise({}, Patient(), Event(drugs=("dapsone",)), release)[0]
    assert dapsone.directive.action is Action.TEST_FIRST
    # An unclear result is another matter: somebody looked, and it was not normal.
    unclear = advise({"G6PD": _result("G6PD", "Indeterminate")}, Patient(), Event(drugs=("aspirin",)), release)[0]
    assert unclear.directive.action is Action.TEST_FIRST


def test_testing_first_outranks_a_lower_dose_where_it_is_not_known_which_group_fits(release: Knowledge) -> None:
    phenotypes = {"CYP2C9": _result("CYP2C9", "0.5")}
    head, *others = advise(phenotypes, Patient(), Event(drugs=("phenytoin",)), release)
    assert head.directive.action is Action.TEST_FIRST and head.population == "naive"
    assert Action.REDUCE_DOSE in {a.directive.action for a in others}
