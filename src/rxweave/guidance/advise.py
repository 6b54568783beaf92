"""Advice for the drugs of an event: from phenotypes, the patient and the guidelines of a release.

A dictionary walk: the guidelines are indexed once (``lookups.index_of``); nothing is parsed, read or modelled here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rxweave.guidance.advice import Advice, AlertTier, Alternative, Coverage, GeneFinding, Step, TestToOrder
from rxweave.guidance.alternatives import alternatives_of
from rxweave.guidance.co_medication import modulator_classes, modulator_notes, name_partners, taken_drugs
from rxweave.guidance.conditions import Facts, unknown_indications
from rxweave.guidance.findings import finding_of, gene_notes, gene_steps, tests_for
from rxweave.guidance.lookups import GuidelineIndex, index_of
from rxweave.guidance.overrides import Decided, decide_for_patient
from rxweave.guidance.readings import Knownness, Reading, are_weights_invented, has_result, is_weighable
from rxweave.guidance.select import PopulationChoice, populations_for
from rxweave.guidance.tier import CERTAINTY_TO_INTERRUPT, TierQuestion, alert_tier
from rxweave.guidance.unknown import Verdict, gravity
from rxweave.guidance.validity import history_directive, invalid_after_transplant, low_confidence_notes
from rxweave.guidance.weighing import (
    PROBABILITY_TO_LIST,
    JointReading,
    ambiguous_genes,
    certainty,
    gravest,
    possibilities,
    settle_unweighable,
    weigh,
)
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import Drug
from rxweave.knowledge.guidelines import Action, Directive, Dose, DrugGuideline, Reason, Recommendation
from rxweave.patient.patient import Event, Patient
from rxweave.phenotyping.phenotype import GenePhenotype


def advise(
    phenotypes: Mapping[str, GenePhenotype],
    patient: Patient,
    event: Event,
    knowledge: Knowledge,
    *,
    certainty_threshold: float = CERTAINTY_TO_INTERRUPT,
) -> tuple[Advice, ...]:
    """Advice for each drug of ``event``, once and in its order: one object a source and population, headline first.

    ``phenotypes`` maps gene to result; a gene that is absent was not tested. ``certainty_threshold`` is the site's:
    below it no advice interrupts. A drug that the release does not know gets advice that says so; nothing is raised.
    """
    case = _Case(phenotypes, patient, event, knowledge, certainty_threshold)
    found = [advice for drug in dict.fromkeys(event.drugs) for advice in case.advise(drug)]
    return tuple(
        name_partners(found, sorted(taken_drugs(patient, event)), knowledge, replace(case, is_nested=True).advise)
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """One person and event; ``is_nested`` while an alternative is looked up (alternatives of alternatives are not)."""

    phenotypes: Mapping[str, GenePhenotype]
    patient: Patient
    event: Event
    knowledge: Knowledge
    certainty_threshold: float
    is_nested: bool = False

    def advise(self, drug: str) -> tuple[Advice, ...]:
        guidelines = self.knowledge.guidelines.get(drug, ())
        found: list[tuple[bool, Advice]] = []
        for guideline in guidelines:
            if not guideline.is_computable:
                found.append((False, self._uncovered(drug, Coverage.NOT_COMPUTED, guideline)))
                continue
            index = index_of(guideline)
            found.extend((True, advice) for advice in self._by_guideline(index, self._facts(guideline)))
        if not found:
            is_elsewhere = self.knowledge.has_guideline_elsewhere(drug)
            coverage = Coverage.NOT_COMPUTED if is_elsewhere else Coverage.NO_GUIDANCE
            found.append((False, self._uncovered(drug, coverage)))
        # The gravest is the headline; computed advice comes before "not computed"; equals keep the release's order.
        _, head = max(found, key=lambda pair: (pair[0], *_headline_rank(pair[1])))
        others = (replace(a, is_headline=False) for _, a in found if a is not head)
        return (replace(head, is_headline=True), *others)

    def _facts(self, guideline: DrugGuideline) -> Facts:
        diplotypes = {
            gene: str(result.call.diplotypes[0]) if result.call.diplotypes else ""
            for gene in guideline.genes
            if (result := self.phenotypes.get(gene)) is not None
        }
        return Facts(
            self.patient,
            guideline.drug,
            self.event,
            diplotypes,
            indications=index_of(guideline).indications,
            taken_classes=modulator_classes(taken_drugs(self.patient, self.event) - {guideline.drug}, self.knowledge),
        )

    def _drug(self, name: str) -> Drug | None:
        return self.knowledge.drugs.get(name)

    def _uncovered(self, drug: str, coverage: Coverage, guideline: DrugGuideline | None = None) -> Advice:
        held = self._drug(drug)
        history = history_directive(self.patient, drug)
        directive = Directive(Action.NO_RECOMMENDATION, reason=Reason.NOT_COMPUTABLE)
        step = Step("coverage", (guideline.guideline if guideline is not None else drug,), coverage.value)
        if history is not None and history.is_severe:
            directive = history.directive
        is_harmed = history is not None and history.is_severe
        facts = Facts(self.patient, drug, self.event, {})
        tier, because = alert_tier(
            TierQuestion(
                directive,
                source=guideline.source if guideline is not None else "",
                authority=history.authority if is_harmed and history is not None else "",
                has_something_to_add=history is not None,
            ),
            facts,
            self.certainty_threshold,
        )
        return Advice(
            drug=drug,
            rxcui=guideline.rxcui if guideline is not None else (held.rxcui if held is not None else ""),
            source=guideline.source if guideline is not None else "",
            population="",
            coverage=coverage,
            directive=directive,
            genes={g: self._plain_finding(g) for g in guideline.genes} if guideline is not None else {},
            missing=history.questions if history is not None else (),
            notes=(
                *(
                    (guideline.not_computable_because,)
                    if guideline is not None and guideline.not_computable_because
                    else ()
                ),
                *(history.notes if history is not None else ()),
            ),
            alert_tier=tier,
            tier_because=because if is_harmed else "past_reaction" if history is not None else coverage.value,
            evidence=guideline.citations if guideline is not None else (),
            trace=(step, *(history.steps if history is not None else ())),
            knowledge=self.knowledge.version,
        )

    def _plain_finding(self, gene: str) -> GeneFinding:
        """The result as it stands, for a guideline that is named and not computed."""
        result = self.phenotypes.get(gene)
        if not has_result(result) or result is None:
            return finding_of(Reading(gene, Knownness.UNTESTED, (), "", 1.0, True), result)
        first = result.phenotypes[0]
        shown = first.lookup_keys[0] if first.lookup_keys else first.name
        return finding_of(Reading(gene, Knownness.KNOWN, (), shown, 1.0, True, first), result)

    def _by_guideline(self, index: GuidelineIndex, facts: Facts) -> list[Advice]:
        """One advice for each population that remains possible; it is asked which one only if that matters."""
        choices = populations_for(index, facts)
        found = [self._by_population(index, facts, choice) for choice in choices]
        # One group that is not everyone: whether the person belongs to it matters whatever the advice.
        if len({a.directive for a in found}) > 1 or len(index.populations) == 1:
            return found
        return [self._by_population(index, facts, replace(choice, questions=())) for choice in choices]

    def _by_population(self, index: GuidelineIndex, facts: Facts, choice: PopulationChoice) -> Advice:
        guideline = index.guideline
        weighed = weigh(index, choice.name, self.phenotypes, self.knowledge)
        counted = [w for w in weighed if w.counts]
        chosen = gravest(weighed)
        ambiguous = ambiguous_genes(weighed, chosen)
        verdict = settle_unweighable(chosen.verdict, weighed, ambiguous, self.phenotypes)
        invalid = invalid_after_transplant(index, self.phenotypes, self.patient, self.knowledge.genes)
        if invalid:
            verdict = Verdict(Directive(Action.NO_RECOMMENDATION, reason=Reason.TRANSPLANT), missing=invalid)
            ambiguous = ()
        is_of_others = choice.because == "no_population_fits"
        if is_of_others and (verdict.directive.action is Action.STANDARD or _names_an_amount(verdict.directive)):
            # "No reason to change", or so many milligrams, was said of people whom this person is none of.
            nothing = Directive(Action.NO_RECOMMENDATION, reason=Reason.NOT_COMPUTABLE)
            verdict = replace(verdict, directive=nothing, recommendation=None)
        decided = decide_for_patient(verdict, guideline, facts)
        directive = decided.directive

        genes = {
            r.gene: replace(
                finding_of(r, self.phenotypes.get(r.gene)), probability=r.probability if r.gene in ambiguous else None
            )
            for r in chosen.readings
        }
        missing_genes = invalid or tuple(
            gene
            for gene in guideline.genes
            if gene in ambiguous or any(gene in w.verdict.missing for w in counted) or gene in verdict.missing
        )
        is_pretest = guideline.is_pretest_default and directive.action is Action.TEST_FIRST
        tests = () if invalid else self._tests(index, counted, ambiguous, directive, is_pretest)
        is_unanswered = directive.action is Action.NO_RECOMMENDATION and directive.reason is Reason.UNKNOWN_RESULT
        is_untested = any(r.knownness in (Knownness.UNTESTED, Knownness.NO_CALL) for r in chosen.readings)
        notes = tuple(dict.fromkeys((*self._notes(weighed, chosen, choice, verdict, facts), *decided.notes)))
        if "indication" in (*choice.questions, *decided.missing):
            codes = ", ".join(sorted(facts.indications or ()))
            notes += tuple(f"unknown_indication:{stated}|{codes}" for stated in unknown_indications(facts))
        recommendation = verdict.recommendation
        worst = verdict.hidden_worst
        # A branch that withdraws the recommendation (a donor's liver) takes its strength with it.
        is_withdrawn = directive != verdict.directive and directive.action is Action.NO_RECOMMENDATION
        # Testing before the first dose weighs as much as the harm that the missing result could predict.
        grounds = worst if verdict.is_our_test_first and is_pretest and worst is not None else recommendation
        adds = _adds_something(decided, choice, chosen, tests, notes, guideline, recommendation)

        def tier_of(decided: Decided) -> tuple[AlertTier, str]:
            is_genetic = not decided.authority
            question = TierQuestion(
                directive=decided.directive,
                strength="" if decided.is_overridden or grounds is None else grounds.strength,
                source=guideline.source,
                is_severe_harm=grounds is not None and grounds.is_severe_harm,
                authority=decided.authority,
                is_pretest=is_pretest,
                is_for_missing_test=is_genetic and bool(verdict.missing),
                is_research_grade=is_genetic and _rests_on_research(chosen, self.phenotypes),
                is_assumed=is_genetic and self._rests_on_assumed(chosen),
                is_unverified=decided.is_unverified,
                certainty=certainty(weighed, facts) if is_genetic else 1.0,
                has_something_to_add=adds,
            )
            return alert_tier(question, facts, self.certainty_threshold)

        tier, because = tier_of(decided)
        if decided.beneath is not None and tier_of(decided.beneath)[0] is AlertTier.INTERRUPTIVE:
            tier, because = tier_of(decided.beneath)
        held = self._drug(guideline.drug)
        return Advice(
            drug=guideline.drug,
            rxcui=guideline.rxcui or (held.rxcui if held is not None else ""),
            source=guideline.source,
            population=choice.name,
            coverage=Coverage.GENE_NOT_TESTED if is_unanswered and is_untested else Coverage.COMPUTED,
            directive=directive,
            genes=genes,
            population_because=choice.because,
            branches=decided.branches,
            is_partial=bool(missing_genes),
            missing=tuple(dict.fromkeys((*missing_genes, *choice.questions, *decided.missing))),
            tests_to_order=tests,
            possibilities=() if invalid else possibilities(weighed),
            alternatives=self._alternatives(directive, guideline.drug),
            strength="" if decided.is_overridden or is_withdrawn else verdict.strength,
            implications=recommendation.implications if recommendation is not None and not is_withdrawn else {},
            risks=recommendation.risks if recommendation is not None and not is_withdrawn else (),
            alert_tier=tier,
            tier_because=because,
            notes=notes,
            evidence=guideline.citations,
            trace=(
                *(s for r in chosen.readings for s in gene_steps(genes[r.gene], r, self.knowledge)),
                Step("population", (f"{guideline.source}:{guideline.guideline}",), f"{choice.name} ({choice.because})"),
                *_recommendation_steps(verdict),
                *decided.steps,
                Step("tier", (because,), tier.value),
            ),
            knowledge=self.knowledge.version,
        )

    def _tests(
        self,
        index: GuidelineIndex,
        counted: Sequence[JointReading],
        ambiguous: Sequence[str],
        directive: Directive,
        is_pretest: bool,
    ) -> tuple[TestToOrder, ...]:
        tests: dict[tuple[str, str], TestToOrder] = {}
        is_first = is_pretest or directive.action is Action.TEST_FIRST
        for w in counted:
            for test in tests_for(w.readings, w.verdict, ambiguous, index, self.knowledge, is_first):
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
            result = self.phenotypes.get(gene)
            if result is not None and result.call.is_research_grade and has_result(result):
                tests.setdefault((gene, "copy_number"), TestToOrder(gene, "copy_number", method="copy_number"))
        return tuple(tests.values())

    def _notes(
        self,
        weighed: Sequence[JointReading],
        chosen: JointReading,
        choice: PopulationChoice,
        verdict: Verdict,
        facts: Facts,
    ) -> Iterable[str]:
        recommendation = verdict.recommendation
        yield from verdict.notes
        if choice.because == "no_population_fits":
            yield "no_population_fits"
        if verdict.directive.reason is Reason.TRANSPLANT:
            yield from (f"not_applicable_since_transplant:{gene}" for gene in verdict.missing)
        if recommendation is not None:
            yield from recommendation.caveats
            yield from _age_notes(recommendation.valid_age_from, recommendation.valid_age_below, facts)
        if verdict.directive.action is Action.NOT_EXCLUDED:
            yield "no_negative_result"
        for reading in chosen.readings:
            gene = self.knowledge.genes.get(reading.gene)
            yield from gene_notes(reading, self.phenotypes.get(reading.gene), gene, self.patient.sex)
        if len({w.verdict.directive for w in weighed}) > 1:
            yield from self._doubts(weighed, chosen, verdict)
        used = tuple(r.gene for r in chosen.readings)
        yield from low_confidence_notes(used, self.phenotypes, self.patient, self.knowledge.genes)
        yield from modulator_notes(facts, used, self.phenotypes, self.knowledge)
        months = facts.tolerated_months
        if months is not None:
            yield f"tolerated_months:{months}"
        if any(order.amount is not None and order.times_per_day is None for order in facts.orders):
            yield "frequency_not_stated"

    def _doubts(self, weighed: Sequence[JointReading], chosen: JointReading, verdict: Verdict) -> Iterable[str]:
        """What stands against the readings that the headline rests on, and how far their weights may be trusted."""
        results = {r.gene: self.phenotypes.get(r.gene) for r in chosen.readings}
        unweighable = [g for g, r in results.items() if r is not None and not is_weighable(r)]
        if not unweighable:
            for w in weighed:
                is_listed = not w.counts and w.probability >= PROBABILITY_TO_LIST
                if is_listed and w.verdict.directive.action.severity > verdict.directive.action.severity:
                    for reading in w.readings:
                        if not any(reading is r for r in chosen.readings):
                            yield f"less_likely_reading:{reading.gene} {reading.shown}"
        for gene, result in results.items():
            if gene in unweighable:
                yield f"not_weighable:{gene}"
            elif are_weights_invented(result):
                yield f"weights_assumed:{gene}"
        left_out = sum(w.probability for w in weighed if w.probability < PROBABILITY_TO_LIST)
        if left_out > 0 and not unweighable:
            yield f"possibilities_left_out:{left_out:.2g}"

    def _rests_on_assumed(self, chosen: JointReading) -> bool:
        """True where the known genes show only reference alleles, and reference was assumed for one of them."""
        known = [(r, self.phenotypes.get(r.gene)) for r in chosen.readings if r.is_known]
        if not any(result is not None and result.call.is_reference_assumed for _, result in known):
            return False
        for reading, result in known:
            gene = self.knowledge.genes.get(reading.gene)
            reference = {a.name for a in gene.alleles if a.is_reference} if gene is not None else set()
            diplotypes = result.call.diplotypes if result is not None else ()
            if not diplotypes or any(a.name not in reference for d in diplotypes for a in d.alleles):
                return False
        return True

    def _alternatives(self, directive: Directive, drug: str) -> tuple[Alternative, ...]:
        if self.is_nested or not directive.alternatives:
            return ()
        nested = replace(self, is_nested=True)
        return alternatives_of(directive, drug, self.patient, self.knowledge, lambda name: nested.advise(name)[0])


def _names_an_amount(directive: Directive) -> bool:
    return any(amount is not None for d in directive.dose for amount in (d.cap, d.floor, d.usual))


def _adds_something(
    decided: Decided,
    choice: PopulationChoice,
    chosen: JointReading,
    tests: Sequence[TestToOrder],
    notes: Sequence[str],
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
        or bool(decided.missing or choice.questions or directive.avoid_with or directive.next_step)
        or any(n.startswith("modulator_not_applied:") for n in notes)
        or bool(directive.choice_with)
        or any(map(_changes_dose, directive.dose))
    )


def _changes_dose(dose: Dose) -> bool:
    """False for a dose that only says that it is the usual one."""
    numbers = (dose.factor_low, dose.factor_high, dose.cap, dose.floor)
    return any(n is not None for n in numbers) or dose.direction not in ("", "usual") or bool(dose.interval)


def _rests_on_research(chosen: JointReading, phenotypes: Mapping[str, GenePhenotype]) -> bool:
    results = (phenotypes.get(r.gene) for r in chosen.readings if r.is_known)
    return any(r is not None and r.call.is_research_grade for r in results)


def _recommendation_steps(verdict: Verdict) -> Iterable[Step]:
    row = verdict.recommendation
    if row is not None:
        yield Step("recommendation", row.ids, row.directive.action.value)
    if verdict.directive.reason is Reason.TRANSPLANT:
        yield Step("transplant", verdict.missing, verdict.directive.action.value)
    elif verdict.missing:
        hidden = verdict.hidden_worst
        yield Step("unknown", hidden.ids if hidden is not None else verdict.missing, verdict.directive.action.value)


def _age_notes(age_from: int | None, age_below: int | None, facts: Facts) -> Iterable[str]:
    age = facts.patient.age_years
    if age_from is None and age_below is None:
        return
    if age is None:
        yield "valid_age_unchecked"
    elif (age_from is not None and age < age_from) or (age_below is not None and age >= age_below):
        yield "outside_valid_age"


def _headline_rank(advice: Advice) -> tuple[object, ...]:
    """Gravity among the populations of a drug. Testing first withholds the drug, which a lower dose does not."""
    rank = gravity(advice.directive, advice.strength)
    if advice.directive.action is Action.TEST_FIRST:
        return (max(rank[0], Action.USE_ALTERNATIVE.severity), *rank[1:])
    return rank
