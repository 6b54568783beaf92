"""The advice of one guideline: for each population that remains possible, what it asks of this person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rxweave.guidance.advice import Advice, AlertTier, Coverage, GeneFinding, Step, TestToOrder
from rxweave.guidance.case import Case
from rxweave.guidance.caveats import caveats
from rxweave.guidance.co_medication import is_named, meant_by_class, taken_drugs
from rxweave.guidance.conditions import Facts, unknown_indications
from rxweave.guidance.converted import (
    as_the_genes_say,
    conversion_steps,
    converted_finding,
    leaves_something_to_watch,
    questions_left,
    rests_on_moderate_practice,
    rests_on_practice,
    with_conversions,
)
from rxweave.guidance.findings import finding_of, gene_steps
from rxweave.guidance.lookups import GuidelineIndex, index_of
from rxweave.guidance.overrides import Decided, decide_for_patient, with_related_reactions
from rxweave.guidance.readings import Knownness
from rxweave.guidance.select import PopulationChoice, populations_for
from rxweave.guidance.tests_to_order import pending_notes, tests_to_order
from rxweave.guidance.tier import TierQuestion, alert_tier
from rxweave.guidance.unknown import Verdict, gravity
from rxweave.guidance.validity import invalid_after_transplant
from rxweave.guidance.weighing import (
    JointReading,
    ambiguous_genes,
    certainty,
    gravest,
    possibilities,
    settle_unweighable,
    weigh,
)
from rxweave.knowledge.guidelines import Action, Directive, Dose, DrugGuideline, Reason, Recommendation


def advice_by(guideline: DrugGuideline, case: Case) -> list[Advice]:
    """One advice for each population that remains possible; it is asked which one only if that matters."""
    index = index_of(guideline)
    case = with_conversions(case, guideline.drug, guideline.genes)
    facts = case.facts(guideline)
    choices = populations_for(index, facts)
    found = [_with_practice(case, index, facts, choice) for choice in choices]
    # One group that is not everyone: whether the person belongs to it matters whatever the advice.
    if len({a.directive for a in found}) > 1 or len(index.populations) == 1:
        return found
    return [_with_practice(case, index, facts, replace(choice, questions=())) for choice in choices]


def _with_practice(case: Case, index: GuidelineIndex, facts: Facts, choice: PopulationChoice) -> Advice:
    """What practice alone makes of a phenotype may add to what the genes ask for, and takes nothing away from it.

    A drug that the label itself keeps apart (omeprazole from clopidogrel) is left out, not worked around.
    """
    advice = _by_population(case, index, facts, choice)
    if not rests_on_practice(case, index.guideline.genes):
        return advice
    genetic = _by_population(as_the_genes_say(case), index, facts, choice)
    agents = dict.fromkeys(agent for c in case.conversions.values() if c.is_changed for agent in c.applied)
    kept_apart = genetic.directive.avoid_with
    is_label_fact = all(any(is_named(agent, code, case.knowledge) for code in kept_apart) for agent in agents)
    if is_label_fact or gravity(genetic.directive, genetic.strength) > gravity(advice.directive, advice.strength):
        return replace(genetic, notes=(*genetic.notes, *(f"modulator_not_applied:{agent}" for agent in agents)))
    if genetic.alert_tier is AlertTier.INTERRUPTIVE and advice.alert_tier is not AlertTier.INTERRUPTIVE:
        return replace(advice, alert_tier=genetic.alert_tier, tier_because=genetic.tier_because)
    return advice


def _by_population(case: Case, index: GuidelineIndex, facts: Facts, choice: PopulationChoice) -> Advice:
    guideline = index.guideline
    weighed = weigh(index, choice.name, case.phenotypes, case.knowledge, case.readings)
    counted = [w for w in weighed if w.counts]
    chosen = gravest(weighed)
    ambiguous = ambiguous_genes(weighed, chosen)
    verdict = settle_unweighable(chosen.verdict, weighed, ambiguous, case.phenotypes)
    invalid = invalid_after_transplant(index, case.phenotypes, case.patient, case.knowledge.genes)
    tested = case
    if invalid:
        tested = replace(case, phenotypes={g: r for g, r in case.phenotypes.items() if g not in invalid})
        weighed = weigh(index, choice.name, tested.phenotypes, case.knowledge, case.readings)
        verdict = _since_transplant(gravest(weighed).verdict, chosen.verdict, invalid)
        ambiguous = ()
    verdict = _for_others(verdict, choice)
    decided = _keeping_apart(decide_for_patient(verdict, guideline, facts), case, index, choice)
    decided = with_related_reactions(decided, guideline, case.patient, case.knowledge)
    directive = decided.directive
    genes = _findings(case, chosen, ambiguous)
    missing_genes = tuple(
        gene
        for gene in guideline.genes
        if gene in ambiguous
        or gene in verdict.missing
        or (not invalid and any(gene in w.verdict.missing for w in counted))
    )
    is_pretest = guideline.is_pretest_default and directive.action is Action.TEST_FIRST
    is_silent_since = bool(invalid) and directive.action is not Action.TEST_FIRST
    tests = () if is_silent_since else tests_to_order(tested, index, weighed, ambiguous, directive, is_pretest)
    tests = tuple(replace(t, why="not_applicable") if t.gene in invalid else t for t in tests)
    # Of an advice that is only looked up, nobody reads the notes, the trace and the other readings.
    said_beside = () if case.is_nested else caveats(case, weighed, chosen, choice, verdict, facts)
    meant = meant_by_class(decided.notes, taken_drugs(case.patient, case.event) - {guideline.drug}, case.knowledge)
    notes = tuple(dict.fromkeys((*said_beside, *decided.notes, *meant)))
    if "indication" in (*choice.questions, *decided.missing):
        codes = ", ".join(sorted(facts.indications or ()))
        notes += tuple(f"unknown_indication:{stated}|{codes}" for stated in unknown_indications(facts))
    asked = questions_left(case, guideline.genes)
    if missing_genes and not invalid:
        notes += pending_notes(case, missing_genes)
    adds = (
        bool(asked)
        or any(note.startswith(OWN_RESULT_WOULD_ASK) for note in verdict.notes)
        or leaves_something_to_watch(case, guideline.genes)
        or _adds_something(decided, choice, chosen, tests, guideline, verdict.recommendation)
    )
    tier, because = _tier(case, guideline, facts, verdict, decided, weighed, chosen, is_pretest, adds)
    # A branch that withdraws the recommendation (a donor's liver) takes its strength with it.
    is_withdrawn = directive != verdict.directive and directive.action is Action.NO_RECOMMENDATION
    said = None if is_withdrawn else verdict.recommendation
    return Advice(
        drug=guideline.drug,
        rxcui=guideline.rxcui or case.rxcui(guideline.drug),
        source=guideline.source,
        population=choice.name,
        coverage=_coverage(directive, chosen),
        directive=directive,
        genes=genes,
        population_because=choice.because,
        branches=decided.branches,
        is_partial=bool(missing_genes),
        missing=tuple(dict.fromkeys((*missing_genes, *choice.questions, *decided.missing, *asked))),
        tests_to_order=tests,
        possibilities=() if invalid or case.is_nested else possibilities(weighed),
        strength="" if decided.is_overridden or is_withdrawn else verdict.strength,
        implications=said.implications if said is not None else {},
        risks=said.risks if said is not None else (),
        alert_tier=tier,
        tier_because=because,
        notes=notes,
        evidence=guideline.citations,
        trace=()
        if case.is_nested
        else tuple(_trace(case, guideline, choice, chosen, genes, verdict, decided, (tier, because))),
        knowledge=case.knowledge.version,
        guideline=guideline.guideline,
        section=said.section if said is not None else None,
        is_severe_harm=said is not None and said.is_severe_harm,
    )


def _keeping_apart(decided: Decided, case: Case, index: GuidelineIndex, choice: PopulationChoice) -> Decided:
    """``decided`` with the co-medication that the source rules out for the genes, where it is what changed them.

    Tamoxifen for a normal metabolizer is given without CYP2D6 inhibitors: with one, leaving it out comes first.
    """
    agents = tuple(agent for c in case.conversions.values() if c.is_changed for agent in c.applied)
    if not agents:
        return decided
    weighed = weigh(index, choice.name, as_the_genes_say(case).phenotypes, case.knowledge, case.readings)
    held = decided.directive.avoid_with
    ruled_out = tuple(
        code
        for code in gravest(weighed).verdict.directive.avoid_with
        if code not in held and any(is_named(agent, code, case.knowledge) for agent in agents)
    )
    if not ruled_out:
        return decided
    return replace(decided, directive=replace(decided.directive, avoid_with=(*held, *ruled_out)))


#: The note of a result that asked for something before the transplant.
OWN_RESULT_WOULD_ASK = "own_result_would_ask:"


def _since_transplant(untested: Verdict, as_read: Verdict, invalid: tuple[str, ...]) -> Verdict:
    """What holds where the results of ``invalid`` do not speak of the person: no more than if nobody had looked.

    A test that comes first for everybody comes first here too. What ``as_read`` would ask for is told, not applied.
    """
    notes = tuple(f"not_applicable_since_transplant:{gene}" for gene in invalid)
    action = as_read.directive.action
    if action.severity > Action.NO_RECOMMENDATION.severity:
        notes += (f"{OWN_RESULT_WOULD_ASK}{action.value}",)
    missing = tuple(dict.fromkeys((*invalid, *untested.missing)))
    if untested.directive.action is Action.TEST_FIRST:
        return replace(untested, missing=missing, notes=(*notes, *untested.notes))
    return Verdict(Directive(Action.NO_RECOMMENDATION, reason=Reason.TRANSPLANT), missing=missing, notes=notes)


def _for_others(verdict: Verdict, choice: PopulationChoice) -> Verdict:
    """ "No reason to change", or so many milligrams, says nothing of a person who is none of those it was said of."""
    if choice.because != "no_population_fits":
        return verdict
    if verdict.directive.action is not Action.STANDARD and not _names_an_amount(verdict.directive):
        return verdict
    nothing = Directive(Action.NO_RECOMMENDATION, reason=Reason.NOT_COMPUTABLE)
    return replace(verdict, directive=nothing, recommendation=None)


def _names_an_amount(directive: Directive) -> bool:
    return any(amount is not None for d in directive.dose for amount in (d.cap, d.floor, d.usual))


def _findings(case: Case, chosen: JointReading, ambiguous: Sequence[str]) -> dict[str, GeneFinding]:
    found = {}
    for r in chosen.readings:
        finding = converted_finding(finding_of(r, case.phenotypes.get(r.gene)), case.conversions.get(r.gene))
        found[r.gene] = replace(finding, probability=r.probability if r.gene in ambiguous else None)
    return found


def _coverage(directive: Directive, chosen: JointReading) -> Coverage:
    is_unanswered = directive.action is Action.NO_RECOMMENDATION and directive.reason is Reason.UNKNOWN_RESULT
    is_untested = any(r.knownness in (Knownness.UNTESTED, Knownness.NO_CALL) for r in chosen.readings)
    return Coverage.GENE_NOT_TESTED if is_unanswered and is_untested else Coverage.COMPUTED


# ---------------------------------------------------------------- the tier


def _tier(
    case: Case,
    guideline: DrugGuideline,
    facts: Facts,
    verdict: Verdict,
    decided: Decided,
    weighed: Sequence[JointReading],
    chosen: JointReading,
    is_pretest: bool,
    adds: bool,
) -> tuple[AlertTier, str]:
    """The tier of what was decided, or of what lies beneath practice that nobody verified, if that interrupts."""
    # Testing before the first dose weighs as much as the harm that the missing result could predict.
    is_worst = verdict.is_our_test_first and is_pretest and verdict.hidden_worst is not None
    grounds = verdict.hidden_worst if is_worst else verdict.recommendation

    def tier_of(said: Decided) -> tuple[AlertTier, str]:
        is_genetic = not said.authority
        question = TierQuestion(
            directive=said.directive,
            strength="" if said.is_overridden or grounds is None else grounds.strength,
            source=guideline.source,
            is_severe_harm=grounds is not None and grounds.is_severe_harm,
            authority=said.authority,
            is_pretest=is_pretest,
            is_for_missing_test=is_genetic and bool(verdict.missing),
            is_research_grade=is_genetic and _rests_on_research(case, chosen),
            is_assumed=is_genetic and _rests_on_assumed(case, chosen),
            is_unverified=said.is_unverified,
            is_practice=is_genetic and rests_on_moderate_practice(case, guideline.genes),
            is_changed_by_event=case.is_changed_by_event,
            certainty=certainty(weighed, facts) if is_genetic else 1.0,
            has_something_to_add=adds,
            hidden=verdict.hidden_worst.directive if is_worst and verdict.hidden_worst is not None else None,
        )
        return alert_tier(question, facts, case.alerts)

    if decided.beneath is not None:
        beneath = tier_of(decided.beneath)
        if beneath[0] is AlertTier.INTERRUPTIVE:
            return beneath
    if verdict.least is not None and decided.directive == verdict.directive:
        # The known genes alone ask for this much, whatever the test that is awaited shows.
        grounds = verdict.least
        least = tier_of(replace(decided, directive=grounds.directive))
        if least[0] is AlertTier.INTERRUPTIVE:
            return least
        grounds = verdict.recommendation
    return tier_of(decided)


def _adds_something(
    decided: Decided,
    choice: PopulationChoice,
    chosen: JointReading,
    tests: Sequence[TestToOrder],
    guideline: DrugGuideline,
    recommendation: Recommendation | None,
) -> bool:
    """Whether there is something to do, to ask or to test beside the action itself."""
    directive = decided.directive
    is_all_untested = all(r.knownness in (Knownness.UNTESTED, Knownness.NO_CALL) for r in chosen.readings)
    return (
        bool(tests and (guideline.is_pretest_default or not is_all_untested))
        # A risk that the source names beside a level to measure is something to do, though the dose stays.
        or bool(directive.monitoring and recommendation is not None and recommendation.risks)
        or bool(decided.asks or choice.questions or directive.avoid_with or directive.next_step)
        or bool(directive.choice_with)
        or any(map(_changes_dose, directive.dose))
    )


def _changes_dose(dose: Dose) -> bool:
    """False for a dose that only says that it is the usual one."""
    numbers = (dose.factor_low, dose.factor_high, dose.cap, dose.floor)
    return (
        any(n is not None and n != 1 for n in numbers[:2])
        or any(n is not None for n in numbers[2:])
        or dose.direction not in ("", "usual")
        or bool(dose.interval)
    )


def _rests_on_research(case: Case, chosen: JointReading) -> bool:
    results = (case.phenotypes.get(r.gene) for r in chosen.readings if r.is_known)
    return any(r is not None and r.call.is_research_grade for r in results)


def _rests_on_assumed(case: Case, chosen: JointReading) -> bool:
    """True where the known genes show only reference alleles, and reference was assumed for one of them."""
    known = [(r, case.phenotypes.get(r.gene)) for r in chosen.readings if r.is_known]
    if not any(result is not None and result.call.is_reference_assumed for _, result in known):
        return False
    for reading, result in known:
        gene = case.knowledge.genes.get(reading.gene)
        reference = {a.name for a in gene.alleles if a.is_reference} if gene is not None else set()
        diplotypes = result.call.diplotypes if result is not None else ()
        if not diplotypes or any(a.name not in reference for d in diplotypes for a in d.alleles):
            return False
    return True


def _trace(
    case: Case,
    guideline: DrugGuideline,
    choice: PopulationChoice,
    chosen: JointReading,
    genes: Mapping[str, GeneFinding],
    verdict: Verdict,
    decided: Decided,
    tier: tuple[AlertTier, str],
) -> Iterable[Step]:
    """From the variants to the tier."""
    for reading in chosen.readings:
        yield from gene_steps(genes[reading.gene], reading, case.knowledge)
    yield from conversion_steps(genes)
    yield Step("population", (f"{guideline.source}:{guideline.guideline}",), f"{choice.name} ({choice.because})")
    yield from _recommendation_steps(verdict)
    yield from decided.steps
    yield Step("tier", (tier[1],), tier[0].value)


def _recommendation_steps(verdict: Verdict) -> Iterable[Step]:
    row = verdict.recommendation
    if row is not None:
        yield Step("recommendation", row.ids, row.directive.action.value)
    if verdict.directive.reason is Reason.TRANSPLANT:
        yield Step("transplant", verdict.missing, verdict.directive.action.value)
    elif verdict.missing:
        hidden = verdict.hidden_worst
        yield Step("unknown", hidden.ids if hidden is not None else verdict.missing, verdict.directive.action.value)
