"""Which tests would settle what is missing, before the first dose or meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rxweave.guidance.advice import TestToOrder
from rxweave.guidance.case import Case
from rxweave.guidance.lookups import GuidelineIndex
from rxweave.guidance.readings import Knownness, Reading, has_result
from rxweave.guidance.unknown import Verdict
from rxweave.guidance.weighing import PROBABILITY_TO_LIST, JointReading
from rxweave.knowledge.genes import CallingMethod, Gene, Lookup
from rxweave.knowledge.guidelines import Action, Directive
from rxweave.phenotyping.phenotype import GenePhenotype, Question


def tests_to_order(
    case: Case,
    index: GuidelineIndex,
    weighed: Sequence[JointReading],
    ambiguous: Sequence[str],
    directive: Directive,
    is_pretest: bool,
) -> tuple[TestToOrder, ...]:
    """The tests that the readings that count call for, one for each gene and reason; none that is under way already.

    A drug before which a test is asked for by default asks for the rest of a test too: a graver reading that is listed
    though it does not count is worth reading the sites that were left out.

    ``ambiguous`` names the genes whose readings lead to different advice. ``is_pretest``: the test is asked for by
    default before the first dose.
    """
    counted = [w for w in weighed if w.counts]
    called_for = {(t.gene, t.why): t for t in _called_for(case, index, counted, ambiguous, directive, is_pretest)}
    if index.guideline.is_pretest_default and not called_for:
        called_for = {(t.gene, t.why): t for t in _for_the_rest(case, weighed, directive)}
    return tuple(test for test in called_for.values() if test.gene not in case.patient.pending_tests)


def pending_notes(case: Case, genes: Iterable[str]) -> tuple[str, ...]:
    """The genes of an advice whose test was ordered and not reported yet."""
    return tuple(f"test_pending:{gene}" for gene in genes if gene in case.patient.pending_tests)


def _called_for(
    case: Case,
    index: GuidelineIndex,
    counted: Sequence[JointReading],
    ambiguous: Sequence[str],
    directive: Directive,
    is_pretest: bool,
) -> Iterable[TestToOrder]:
    tests: dict[tuple[str, str], TestToOrder] = {}
    is_first = is_pretest or directive.action is Action.TEST_FIRST
    for w in counted:
        for test in _settling(w.readings, w.verdict, ambiguous, index, case, is_first):
            tests.setdefault((test.gene, test.why), test)
    if directive.action is Action.TEST_FIRST and not tests:
        # What was read and not understood; else the source itself asks to test what is known and varies.
        missing = {name for w in counted for name in w.verdict.missing}
        for gene in index.guideline.genes:
            why = "unknown_result" if missing else "varies"
            method = "enzyme_activity" if index.names_activity_test else ""
            if not missing or gene in missing:
                tests[gene, why] = TestToOrder(gene, why, True, method)
    for gene in index.guideline.genes:
        result = case.phenotypes.get(gene)
        if result is not None and result.call.is_research_grade and has_result(result):
            tests.setdefault((gene, "copy_number"), TestToOrder(gene, "copy_number", method="copy_number"))
    return tests.values()


def _for_the_rest(case: Case, weighed: Sequence[JointReading], directive: Directive) -> Iterable[TestToOrder]:
    """The genes of which only some sites were read, where the others could ask for more than ``directive``."""
    counted = {id(r) for w in weighed if w.counts for r in w.readings}
    for w in weighed:
        is_graver = w.verdict.directive.action.severity > max(directive.action.severity, Action.TEST_FIRST.severity)
        if is_graver and not w.counts and w.probability >= PROBABILITY_TO_LIST:
            for reading in w.readings:
                if id(reading) not in counted:
                    method = _settling_method(case.phenotypes.get(reading.gene))
                    yield TestToOrder(reading.gene, "not_all_read", method=method or "genotype")


def _settling(
    readings: Sequence[Reading],
    verdict: Verdict,
    ambiguous: Iterable[str],
    index: GuidelineIndex,
    case: Case,
    is_before_first_dose: bool,
) -> tuple[TestToOrder, ...]:
    """The tests that would settle what is missing; none where the test was done and its answer is "uncertain"."""
    tests: dict[tuple[str, str], TestToOrder] = {}
    by_gene = {r.gene: r for r in readings}
    is_measured = any(code.endswith("_activity") for code in verdict.directive.monitoring)
    for name in verdict.missing:
        reading, gene = by_gene.get(name), case.knowledge.genes.get(name)
        if reading is None:
            continue
        match reading.knownness:
            case Knownness.UNTESTED | Knownness.NO_CALL:
                method = "enzyme_activity" if is_measured else _genetic_method(gene)
                test = TestToOrder(name, reading.knownness.value, is_before_first_dose, method)
            case Knownness.UNDOCUMENTED | Knownness.UNCLEAR if index.names_activity_test:
                test = TestToOrder(name, reading.knownness.value, is_before_first_dose, "enzyme_activity")
            case Knownness.UNDOCUMENTED:
                test = TestToOrder(name, reading.knownness.value, is_before_first_dose)
            case Knownness.UNCLEAR | Knownness.KNOWN:
                continue
        tests.setdefault((name, test.why), test)
    for name in ambiguous:
        method = _settling_method(case.phenotypes.get(name)) or _genetic_method(case.knowledge.genes.get(name))
        tests.setdefault((name, "ambiguous"), TestToOrder(name, "ambiguous", method=method))
    return tuple(tests.values())


def _settling_method(result: GenePhenotype | None) -> str:
    """What would best tell the phenotypes apart: ``phase``, or ``position`` with the sites to read."""
    if result is None or not result.settled_by:
        return ""
    best = result.settled_by[0]
    if best.question is Question.PHASE:
        return "phase"
    return f"position:{', '.join(best.rsids or map(str, best.positions))}"


def _genetic_method(gene: Gene | None) -> str:
    if gene is None or gene.lookup is not Lookup.ALLELE_STATUS:
        return "genotype"
    return "typing" if gene.calling.method is CallingMethod.OUTSIDE_ONLY else "genotype"
