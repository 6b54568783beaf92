"""The fact sheet of a case: everything that a narrative may state, one fact a line, each with an id.

Made from the advice and the patient by code. Writers state facts; the verifier holds each sentence against the facts it
cites. A fact carries codes and exact values, never prose and nothing that identifies a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from rxweave.guidance.advice import Advice, AlertTier, Coverage, GeneFinding
from rxweave.knowledge.guidelines import Action, Condition, Directive, Dose, Modality
from rxweave.narrative.words import words
from rxweave.patient.patient import Patient, Sex, YesNo
from rxweave.phenotyping.phenotype import NO_RESULT


class FactKind(StrEnum):
    PERSON = "person"  # age, sex, pregnancy ...: ``code`` says which, ``values["value"]`` what
    TAKING = "taking"  # the drug is ordered or taken
    FINDING = "finding"  # a gene's result
    CONVERSION = "conversion"  # what co-medication makes of it
    COVERAGE = "coverage"  # why nothing was computed
    ACTION = "action"
    CHOICE = "choice"  # another action that the source offers equally
    DOSE = "dose"
    ALTERNATIVE = "alternative"
    SET_ASIDE = "set_aside"  # an alternative that does not fit this person, with the conflicts
    NOT_ALTERNATIVE = "not_alternative"
    AVOID_WITH = "avoid_with"
    MONITORING = "monitoring"
    REASSESS = "reassess"
    IMPLICATION = "implication"
    RISK = "risk"
    MISSING = "missing"  # a gene, or a question about the person
    TEST = "test"
    POSSIBILITY = "possibility"  # what the advice would be under another reading, with its probability
    NOTE = "note"
    POPULATION = "population"
    DISAGREEMENT = "disagreement"
    INTERACTION = "interaction"
    SITE = "site"
    SOURCE = "source"  # who says so, how strongly, which publication
    TIER = "tier"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known.

    ``scope`` is empty for what holds now; ``fallback`` ("if it must be used"), ``next_step``, ``branch:0`` and
    ``possibility:0`` for what holds under a condition, which ``condition`` then spells as codes (``age_below`` ->
    ``12``). ``code`` is a word of the vocabulary (an action, a monitoring code, an implication ...), ``values`` holds
    exact values as text: numbers are decimals without trailing zeros. ``is_essential``: a narrative that leaves it out
    is incomplete.
    """

    id: str
    kind: FactKind
    drug: str = ""
    gene: str = ""
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    scope: str = ""
    condition: Mapping[str, str] = field(default_factory=dict)
    is_essential: bool = False


@dataclass(frozen=True, slots=True)
class FactSheet:
    """The facts of one case. ``drugs`` are in order of urgency; ``release`` is the knowledge release."""

    facts: tuple[Fact, ...]
    drugs: tuple[str, ...]
    release: str = ""

    def get(self, fact_id: str) -> Fact | None:
        return next((f for f in self.facts if f.id == fact_id), None)

    def of(self, *kinds: FactKind, drug: str | None = None, scope: str | None = "") -> tuple[Fact, ...]:
        """Facts of these kinds, of one drug if given; ``scope`` None means every scope."""
        return tuple(
            f
            for f in self.facts
            if f.kind in kinds and (drug is None or f.drug == drug) and (scope is None or f.scope == scope)
        )


def fact_sheet(advices: Iterable[Advice], patient: Patient) -> FactSheet:
    """The facts of a case. Only headline advices become recommendations; other sources appear as disagreements."""
    advices = tuple(advices)
    heads = sorted((a for a in advices if a.is_headline), key=_urgency)
    found: dict[str, Fact] = {}
    for fact in (*_person(patient), *(f for head in heads for f in _of_advice(head, patient))):
        found.setdefault(fact.id, fact)
    release = next((a.knowledge for a in heads if a.knowledge), "")
    return FactSheet(tuple(found.values()), tuple(a.drug for a in heads), release)


_TIERS = (AlertTier.INTERRUPTIVE, AlertTier.PASSIVE, AlertTier.NONE)


def _urgency(advice: Advice) -> tuple[int, int, str]:
    return (_TIERS.index(advice.alert_tier), -advice.directive.action.severity, advice.drug)


def _person(patient: Patient) -> Iterator[Fact]:
    """What is said of the person: no label, no dates, nothing that identifies."""
    facts = {
        "age_years": _number(patient.age_years),
        "sex": patient.sex.value if patient.sex is not Sex.UNKNOWN else "",
        "weight_kg": _number(patient.weight_kg),
        "pregnant": patient.pregnant.value if patient.pregnant is YesNo.YES else "",
        "breastfeeding": patient.breastfeeding.value if patient.breastfeeding is YesNo.YES else "",
        "egfr": _number(patient.egfr),
        "child_pugh": patient.child_pugh,
    }
    for code, value in facts.items():
        if value:
            yield Fact(f"person/{code}", FactKind.PERSON, code=code, values=_frozen(value=value))


def _of_advice(advice: Advice, patient: Patient) -> Iterator[Fact]:
    drug = advice.drug
    taken = [m for m in patient.medications if m.drug == drug and not m.is_stopped and m.stopped is None]
    state = "taken" if advice.triggered_by else "ordered" if taken else "asked_about"
    triggers = {"because_of": ";".join(advice.triggered_by)} if advice.triggered_by else {}
    yield Fact(f"{drug}/taking", FactKind.TAKING, drug, code=state, values=MappingProxyType(triggers))
    yield Fact(
        f"{drug}/tier", FactKind.TIER, drug, code=advice.alert_tier.value, values=_frozen(because=advice.tier_because)
    )
    if advice.coverage is not Coverage.COMPUTED:
        genes = ";".join(sorted(advice.genes))
        yield Fact(
            f"{drug}/coverage",
            FactKind.COVERAGE,
            drug,
            code=advice.coverage.value,
            values=_frozen(genes=genes, source=advice.source),
            is_essential=True,
        )
    yield from _genes(advice)
    if advice.coverage is Coverage.COMPUTED or advice.directive.action is not Action.NO_RECOMMENDATION:
        yield from _directive(drug, advice.directive, is_essential=True)
    yield from _reasons(advice)
    yield from _options(advice)
    yield from _doubts(advice)
    yield from _sources(advice)


def _genes(advice: Advice) -> Iterator[Fact]:
    for gene, finding in advice.genes.items():
        yield Fact(
            f"{advice.drug}/gene/{gene}",
            FactKind.FINDING,
            advice.drug,
            gene,
            code="not_tested" if finding.phenotype in ("", NO_RESULT) and not finding.diplotype else "result",
            values=_frozen(
                diplotype=finding.diplotype,
                phenotype=_stated(finding.genetic_phenotype or finding.phenotype),
                activity_score=_score(finding),
                probability=_probability(finding.probability) if finding.probability is not None else "",
            ),
            is_essential=advice.coverage is Coverage.COMPUTED,
        )
        if finding.phenoconverted_by:
            yield Fact(
                f"{advice.drug}/conversion/{gene}",
                FactKind.CONVERSION,
                advice.drug,
                gene,
                values=_frozen(
                    genetic=finding.genetic_phenotype,
                    clinical=finding.phenotype,
                    by=";".join(finding.phenoconverted_by),
                    strength=_of_modulations(finding, "strength"),
                    role=_of_modulations(finding, "role"),
                    exposure=_of_modulations(finding, "exposure"),
                    confidence=finding.conversion.confidence if finding.conversion else "",
                ),
                is_essential=True,
            )


def _stated(phenotype: str) -> str:
    """Empty for a gene that the field gives no phenotypes."""
    return "" if phenotype == "n/a" else phenotype


def _score(finding: GeneFinding) -> str:
    """The genetic activity score; a converted score belongs to the conversion."""
    if finding.conversion is not None and finding.conversion.is_changed:
        genetic = finding.conversion.genetic.phenotypes
        return genetic[0].activity_score if genetic and genetic[0].activity_score not in ("n/a", NO_RESULT) else ""
    return finding.activity_score if finding.activity_score not in ("n/a", NO_RESULT) else ""


def _of_modulations(finding: GeneFinding, name: str) -> str:
    """One word of each drug in ``phenoconverted_by``, in its order; empty where the conversion was not kept."""
    if finding.conversion is None:
        return ""
    applied = {m.agent: m for m in finding.conversion.modulations if m.is_applied}
    return ";".join(getattr(applied[agent], name).value for agent in finding.phenoconverted_by if agent in applied)


def _directive(
    drug: str,
    directive: Directive,
    scope: str = "",
    condition: Condition | None = None,
    *,
    is_essential: bool = False,
) -> Iterator[Fact]:
    prefix = f"{drug}/{scope}/" if scope else f"{drug}/"
    base = Fact(prefix, FactKind.ACTION, drug, scope=scope, condition=condition.facts if condition else {})

    def fact(name: str, kind: FactKind, code: str = "", essential: bool = False, **values: str) -> Fact:
        is_needed = essential and is_essential
        return replace(base, id=prefix + name, kind=kind, code=code, values=_frozen(**values), is_essential=is_needed)

    yield fact(
        "action",
        FactKind.ACTION,
        directive.action.value,
        essential=True,
        modality=directive.modality.value if directive.modality is Modality.CONSIDER else "",
        reason=directive.reason.value if directive.reason else "",
        level=directive.level.value if directive.level else "",
        at_dose=directive.at_dose,
    )
    for code in directive.choice_with:
        yield fact(f"choice/{code}", FactKind.CHOICE, code)
    for place, dose in enumerate(directive.dose):
        name = dose.phase.value if [d.phase for d in directive.dose].count(dose.phase) == 1 else f"{dose.phase}/{place}"
        values = _dose(dose, directive.dose_of)
        yield fact(f"dose/{name}", FactKind.DOSE, dose.phase.value, essential=True, **values)
    if scope:  # the drugs of the directive that holds now are weighed for this person (``_options``)
        for name in directive.alternatives:
            yield fact(f"alternative/{name}", FactKind.ALTERNATIVE, name)
    for name in directive.not_alternatives:
        yield fact(f"not_alternative/{name}", FactKind.NOT_ALTERNATIVE, name)
    for name in directive.avoid_with:
        yield fact(f"avoid_with/{name}", FactKind.AVOID_WITH, name, essential=True)
    for code in directive.monitoring:
        yield fact(f"monitoring/{code}", FactKind.MONITORING, code)
    if directive.reassess_after:
        yield fact("reassess", FactKind.REASSESS, after=directive.reassess_after)
    for name, follow_up in (("fallback", directive.fallback), ("next_step", directive.next_step)):
        if follow_up is not None:
            yield from _directive(drug, follow_up, f"{scope}/{name}" if scope else name, condition)


def _dose(dose: Dose, dose_of: str) -> dict[str, str]:
    return {
        "factor_low": _number(dose.factor_low),
        "factor_high": _number(dose.factor_high),
        "factor_exclusive": "yes" if dose.is_factor_exclusive else "",
        "cap": _number(dose.cap),
        "cap_exclusive": "yes" if dose.is_cap_exclusive else "",
        "floor": _number(dose.floor),
        "usual": _number(dose.usual),
        "unit": dose.unit,
        "interval": dose.interval,
        "schedule": dose.schedule,
        "direction": dose.direction,
        "dose_of": dose_of,
    }


def _reasons(advice: Advice) -> Iterator[Fact]:
    for gene, codes in advice.implications.items():
        for code in codes:
            yield Fact(f"{advice.drug}/implication/{gene}/{code}", FactKind.IMPLICATION, advice.drug, gene, code)
    for code in advice.risks:
        yield Fact(
            f"{advice.drug}/risk/{code}",
            FactKind.RISK,
            advice.drug,
            code=code,
            values=_frozen(severe="yes" if advice.is_severe_harm else ""),
            is_essential=advice.is_severe_harm and advice.alert_tier is AlertTier.INTERRUPTIVE,
        )
    for i in advice.interactions:
        yield Fact(
            f"{advice.drug}/interaction/{i.perpetrator}/{i.victim}/{i.gene}",
            FactKind.INTERACTION,
            advice.drug,
            i.gene,
            i.effect,
            _frozen(victim=i.victim, perpetrator=i.perpetrator, role=i.role.value, strength=i.strength.value),
            is_essential=i in advice.overriding_interactions,
        )


def _options(advice: Advice) -> Iterator[Fact]:
    for place, option in enumerate(advice.alternatives):
        kind = FactKind.SET_ASIDE if option.conflicts else FactKind.ALTERNATIVE
        values = {"why": option.why, "rank": str(place + 1), "conflicts": "; ".join(option.conflicts)}
        name = "set_aside" if option.conflicts else "alternative"
        yield Fact(f"{advice.drug}/{name}/{option.drug}", kind, advice.drug, code=option.drug, values=_frozen(**values))


def _doubts(advice: Advice) -> Iterator[Fact]:
    drug = advice.drug
    for code in advice.missing:
        gene = code if code in advice.genes else ""
        yield Fact(f"{drug}/missing/{code}", FactKind.MISSING, drug, gene, "" if gene else code, is_essential=True)
    for test in advice.tests_to_order:
        values = _frozen(method=test.method, before_first_dose="yes" if test.before_first_dose else "")
        yield Fact(f"{drug}/test/{test.gene}/{test.why}", FactKind.TEST, drug, test.gene, test.why, values)
    for place, possibility in enumerate(advice.possibilities):
        scope = f"possibility:{place}"
        values = {g: str(v) for g, v in possibility.gene_lookups.items()}
        values["probability"] = _probability(possibility.probability)
        yield Fact(f"{drug}/{scope}", FactKind.POSSIBILITY, drug, values=MappingProxyType(values), scope=scope)
        yield from _directive(drug, possibility.directive, scope)
    for place, branch in enumerate(advice.branches):
        yield from _directive(drug, branch.directive, f"branch:{place}", branch.condition)
    for note in filter(None, map(_coded, advice.notes)):
        code, _, value = note.partition(":")
        yield Fact(f"{drug}/note/{note}", FactKind.NOTE, drug, code=code, values=_frozen(value=value))
    for change in advice.site_changes:
        values = _frozen(kind=change.kind, owner=change.owner, because=change.because, replaced=change.replaced)
        yield Fact(f"{drug}/site/{change.id}", FactKind.SITE, drug, code=change.id, values=values)


#: Notes that quote what was typed of the person: they stay with the advice.
_QUOTING = frozenset({"near_condition", "unknown_indication"})


def _coded(note: str) -> str:
    """The note without words that were typed of the person, which may say anything; empty for one that only quotes."""
    code, _, value = note.partition(":")
    if code in ("past_reaction", "past_severe_reaction") and not words().has("reaction", value):
        return f"{code}:as_recorded"
    return "" if code in _QUOTING else note


def _sources(advice: Advice) -> Iterator[Fact]:
    drug = advice.drug
    if advice.population and advice.population != "general":
        values = _frozen(because=advice.population_because)
        yield Fact(f"{drug}/population", FactKind.POPULATION, drug, code=advice.population, values=values)
    newest = max(advice.evidence, key=lambda c: (bool(c.pmid), c.year or 0, c.id), default=None)
    if advice.source:
        yield Fact(
            f"{drug}/source",
            FactKind.SOURCE,
            drug,
            code=advice.source,
            values=_frozen(
                strength=advice.strength if advice.strength not in ("n/a", "No Recommendation") else "",
                year=str(newest.year) if newest and newest.year else "",
                pmid=newest.pmid if newest else "",
                section=advice.section.value if advice.section else "",
            ),
            is_essential=advice.coverage is Coverage.COMPUTED,
        )
    for d in advice.disagreements:
        yield Fact(
            f"{drug}/disagreement/{d.source}/{d.guideline}/{d.population}",
            FactKind.DISAGREEMENT,
            drug,
            code=d.action.value,
            values=_frozen(source=d.source, how=d.how, because=";".join(d.because), population=d.population),
        )


def _number(value: Decimal | None) -> str:
    return f"{value.normalize():f}" if value is not None else ""


def _probability(value: float) -> str:
    """As exact as it is told: two decimals between 0.1 and 0.9, three beyond; what is rarer than that is kept."""
    if not 0.001 <= value <= 0.999:
        return f"{value:.4g}"
    return _number(Decimal(f"{value:.2f}" if 0.1 <= value <= 0.9 else f"{value:.3f}"))


def _frozen(**values: str) -> Mapping[str, str]:
    """Without the empty ones."""
    return MappingProxyType({key: value for key, value in values.items() if value})
