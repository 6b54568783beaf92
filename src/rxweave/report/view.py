"""The report as plain text in reading order, built once; ``html`` and ``pdf`` only lay it out.

Everything here is a string, a flag or a tuple of them, so a view becomes JSON without loss. Text that came from outside
(file names, samples, medication lines) passes ``printable`` here, and is escaped by whoever lays it out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import PurePath

from rxweave.calling.diplotype import CallStatus
from rxweave.guidance.advice import Advice, AlertTier, Coverage, GeneFinding
from rxweave.knowledge.guidelines import Action, Citation, Directive, Reason
from rxweave.patient.patient import MedicationOrder, Patient, Sex, YesNo
from rxweave.phenotyping.phenotype import GenePhenotype
from rxweave.report import bars, words
from rxweave.report.model import GeneScale, Report
from rxweave.report.wording import term, wording_of

_READINGS_SHOWN = 5
_DIPLOTYPES_SHOWN = 4
_POSITIONS_SHOWN = 60


class Mark(StrEnum):
    """Where a drug stands on the first page; each has a shape and a word, so colour is never alone."""

    CHANGE = "change"
    WATCH = "watch"
    FINE = "fine"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its text; ``url`` where the text is a reference."""

    label: str
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class DrugLine:
    """One drug on the first page. ``anchor`` is the id of its detail, empty where there is none."""

    mark: Mark
    badge: str
    drug: str
    ordered: str
    what: str
    why: str = ""
    instead: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What holds under a condition or a reading of the genes."""

    when: str
    then: str
    how_likely: str = ""


@dataclass(frozen=True, slots=True)
class AdviceView:
    """One source and population, in full."""

    title: str
    mark: Mark
    badge: str
    text: str
    genes: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    doses: tuple[Fact, ...]
    branches: tuple[Case, ...]
    possibilities: tuple[Case, ...]
    notes: tuple[str, ...]
    evidence: tuple[Fact, ...]
    trace: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class DrugDetail:
    anchor: str
    drug: str
    ordered: str
    mark: Mark
    badge: str
    advices: tuple[AdviceView, ...]


@dataclass(frozen=True, slots=True)
class GeneView:
    gene: str
    name: str
    result: str
    phenotype: str
    score: str
    bar: str  # SVG, empty where there is no scale
    bar_text: str
    sure: tuple[str, ...]
    readings: tuple[Case, ...]
    readings_title: str
    gaps: tuple[str, ...]
    positions: str
    flags: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    title: str
    sample: str
    facts: tuple[Fact, ...]
    flags: tuple[Fact, ...]
    counts: tuple[Fact, ...]  # label: the mark, text: "2 to act on"
    has_medicines: bool
    change: tuple[DrugLine, ...]
    watch: tuple[DrugLine, ...]
    fine: tuple[DrugLine, ...]
    unknown: tuple[DrugLine, ...]
    not_understood: tuple[DrugLine, ...]
    not_held: tuple[DrugLine, ...]
    details: tuple[DrugDetail, ...]
    genes: tuple[GeneView, ...]
    untested: tuple[Fact, ...]
    warnings: tuple[str, ...]
    limits: tuple[str, ...]
    sources: tuple[Fact, ...]
    citations: tuple[Fact, ...]


def view_of(report: Report) -> ReportView:
    """The report in reading order: what to do, what is fine, what could not be told, then the detail."""
    by_drug: dict[str, list[Advice]] = {}
    for advice in report.advice:
        by_drug.setdefault(advice.drug, []).append(advice)
    orders: dict[str, list[MedicationOrder]] = {}
    for order in report.medications:
        if order.drug:
            orders.setdefault(order.drug, []).append(order)
    lines: list[DrugLine] = []
    details: list[DrugDetail] = []
    for number, drug in enumerate(dict.fromkeys((*orders, *by_drug)), start=1):
        ordered = printable("; ".join(dict.fromkeys(o.written for o in orders.get(drug, ()))))
        advices = sorted(by_drug.get(drug, ()), key=lambda a: not a.is_headline)
        if not advices:
            lines.append(DrugLine(Mark.NONE, words.NOT_HELD_BADGE, drug, ordered, words.NO_ADVICE_COMPUTED))
            continue
        anchor = f"drug-{number}"
        line = _line(advices[0], ordered, anchor)
        lines.append(line)
        details.append(
            DrugDetail(anchor, drug, ordered, line.mark, line.badge, tuple(_advice(a, len(advices)) for a in advices))
        )
    order_of_detail = {mark: place for place, mark in enumerate(Mark)}
    details.sort(key=lambda d: order_of_detail[d.mark])
    unread = tuple(_unread(o) for o in report.medications if not o.drug)
    tested = [g for g in report.genes if g.call.status is not CallStatus.NOT_COVERED]
    groups = {mark: tuple(line for line in lines if line.mark is mark) for mark in Mark}
    return ReportView(
        title=words.TITLE,
        sample=printable(report.sample),
        facts=_facts(report),
        flags=_flags(report.genes),
        counts=_counts(groups, len(unread)),
        has_medicines=bool(report.medications or report.advice),
        change=_most_severe_first(groups[Mark.CHANGE], by_drug),
        watch=groups[Mark.WATCH],
        fine=groups[Mark.FINE],
        unknown=groups[Mark.UNKNOWN],
        not_understood=unread,
        not_held=groups[Mark.NONE],
        details=tuple(details),
        genes=tuple(_gene(g, report.scales.get(g.gene)) for g in tested),
        untested=tuple(
            _untested(g, report.scales.get(g.gene)) for g in report.genes if g.call.status is CallStatus.NOT_COVERED
        ),
        warnings=tuple(printable(str(w)) for w in report.warnings),
        limits=words.LIMIT_LINES,
        sources=_sources(report),
        citations=_citations(report.advice),
    )


def mark_of(advice: Advice) -> Mark:
    """The group a drug is shown in: a function of what guidance decided, and never greener than it."""
    action = advice.directive.action
    match advice.coverage:
        case Coverage.NO_GUIDANCE:
            return Mark.NONE
        case Coverage.NOT_COMPUTED:
            return Mark.UNKNOWN
        case Coverage.GENE_NOT_TESTED | Coverage.COMPUTED:
            pass
    if action.severity >= Action.ADJUST_BY_ALGORITHM.severity:
        return Mark.CHANGE
    if advice.coverage is Coverage.GENE_NOT_TESTED or action is Action.NOT_EXCLUDED:
        return Mark.UNKNOWN
    if action is Action.USE_WITH_CAUTION:
        return Mark.WATCH
    if advice.is_partial or any(p.directive.action is not action for p in advice.possibilities):
        return Mark.UNKNOWN
    if action is Action.NO_RECOMMENDATION and advice.directive.reason is not Reason.REFERENCE_RESULT:
        return Mark.UNKNOWN
    return Mark.FINE


def printable(text: str) -> str:
    """``text`` on one line, with control and direction-changing characters written as ``\\u202e``."""
    return "".join(
        c if c.isprintable() or c == " " else " " if c in "\t\r\n" else f"\\u{ord(c):04x}"
        for c in unicodedata.normalize("NFC", text)
    ).strip()


def _badge(advice: Advice, mark: Mark) -> str:
    if mark is Mark.NONE:
        return words.NOT_HELD_BADGE
    if mark is Mark.UNKNOWN and advice.directive.action is not Action.NOT_EXCLUDED:
        return words.UNKNOWN_BADGE
    if advice.directive.action is Action.NO_RECOMMENDATION and mark is Mark.FINE:
        return words.NO_CHANGE_BADGE
    return words.BADGES[advice.directive.action]


def _line(advice: Advice, ordered: str, anchor: str) -> DrugLine:
    said = wording_of(advice)
    mark = mark_of(advice)
    findings = "; ".join(map(_finding, advice.genes.values()))
    return DrugLine(
        mark=mark,
        badge=_badge(advice, mark),
        drug=advice.drug,
        ordered=ordered,
        what=said.headline,
        why=" — ".join(x for x in (findings, said.implication) if x),
        instead=tuple(_alternatives(advice)),
        missing=tuple(map(term, advice.missing)),
        tests=tuple(_tests(advice)),
        flags=_advice_flags(advice),
        anchor=anchor,
    )


def _advice_flags(advice: Advice) -> tuple[str, ...]:
    calls = [f.result.call for f in advice.genes.values() if f.result is not None]
    return tuple(
        label
        for label, holds in (
            (words.RESEARCH_GRADE, any(c.is_research_grade for c in calls)),
            (words.REFERENCE_ASSUMED, any(c.is_reference_assumed for c in calls)),
        )
        if holds
    )


def _finding(finding: GeneFinding) -> str:
    score = f", {words.SCORE} {finding.activity_score}" if finding.activity_score else ""
    inner = f" ({finding.diplotype}{score})" if finding.diplotype or score else ""
    return f"{finding.gene} {finding.phenotype}{inner}"


def _alternatives(advice: Advice) -> Iterable[str]:
    for alternative in advice.alternatives:
        conflicts = f" ({'; '.join(map(term, alternative.conflicts))})" if alternative.conflicts else ""
        yield term(alternative.drug) + conflicts


def _tests(advice: Advice) -> Iterable[str]:
    for test in advice.tests_to_order:
        yield " · ".join(
            x
            for x in (
                f"{test.gene} {term(test.method)}".strip(),
                term(test.why),
                words.BEFORE_FIRST_DOSE if test.before_first_dose else "",
            )
            if x
        )


def _advice(advice: Advice, of: int) -> AdviceView:
    said = wording_of(advice)
    mark = mark_of(advice)
    directive = advice.directive
    facts = [Fact(words.IMPLICATION, said.implication)]
    facts += [Fact(words.INSTEAD, x) for x in _alternatives(advice)]
    facts += [Fact(words.RISKS, ", ".join(map(term, advice.risks)))]
    facts += list(_directive_facts(directive))
    facts += [
        Fact(words.MISSING, "; ".join(map(term, advice.missing))),
        Fact(words.TEST, "; ".join(_tests(advice))),
        Fact(words.STRENGTH, advice.strength),
        Fact(words.POPULATION, _population(advice)),
        Fact(words.ALERT, ": ".join(x for x in (words.TIERS[advice.alert_tier], term(advice.tier_because)) if x)),
    ]
    title = " · ".join(x for x in (advice.source, term(advice.population)) if x)
    return AdviceView(
        title=title,
        mark=mark,
        badge=_badge(advice, mark),
        text=said.text,
        genes=tuple(Fact(f.gene, _finding_in_full(f)) for f in advice.genes.values()),
        facts=tuple(f for f in facts if f.text),
        doses=tuple(Fact(words.PHASES[d.phase], words.dose_amount(d)) for d in directive.dose),
        branches=tuple(Case(words.condition_label(b.condition), _short(b.directive)) for b in advice.branches),
        possibilities=tuple(
            Case(
                "; ".join(f"{gene} {value}" for gene, value in p.gene_lookups.items()),
                _short(p.directive),
                words.percent(p.probability),
            )
            for p in advice.possibilities
        ),
        notes=said.notes,
        evidence=tuple(map(_citation, advice.evidence)),
        trace=tuple(
            Fact(term(s.step), f"{'; '.join(s.facts)} → {s.result}" if s.facts else s.result) for s in advice.trace
        ),
    )


def _population(advice: Advice) -> str:
    because = f" ({term(advice.population_because)})" if advice.population_because else ""
    return f"{term(advice.population)}{because}" if advice.population else ""


def _finding_in_full(finding: GeneFinding) -> str:
    text = _finding(finding).removeprefix(finding.gene).strip()
    if finding.phenoconverted_by:
        by = ", ".join(map(term, finding.phenoconverted_by))
        text += f" — {words.converted(finding.genetic_phenotype, by)}"
    return text


def _directive_facts(directive: Directive) -> Iterable[Fact]:
    yield Fact(words.MONITOR, ", ".join(map(term, directive.monitoring)))
    yield Fact(words.CHOICE_WITH, ", ".join(map(_action_of, directive.choice_with)))
    yield Fact(words.AVOID_WITH, ", ".join(map(term, directive.avoid_with)))
    if directive.fallback is not None:
        yield Fact(words.FALLBACK, _short(directive.fallback))
    if directive.next_step is not None:
        yield Fact(words.NEXT_STEP, _short(directive.next_step))


def _action_of(code: str) -> str:
    return words.BADGES[Action(code)].lower() if code in set(Action) else term(code)


def _short(directive: Directive) -> str:
    """A directive as one label: action, doses, alternatives, monitoring."""
    parts = [words.action_label(directive.action, directive.modality)]
    parts += [f"{words.PHASES[d.phase].lower()} {words.dose_amount(d)}" for d in directive.dose]
    if directive.alternatives:
        parts.append(f"{words.INSTEAD.lower()} {', '.join(map(term, directive.alternatives))}")
    if directive.monitoring:
        parts.append(f"{words.MONITOR.lower()} {', '.join(map(term, directive.monitoring))}")
    return "; ".join(parts)


def _citation(citation: Citation) -> Fact:
    label = f"PMID {citation.pmid}" if citation.pmid else citation.id
    url = citation.url or (f"https://pubmed.ncbi.nlm.nih.gov/{citation.pmid}/" if citation.pmid.isdigit() else "")
    year = f" ({citation.year})" if citation.year else ""
    return Fact(label, f"{citation.title or citation.id}{year}", url if url.startswith("https://") else "")


def _unread(order: MedicationOrder) -> DrugLine:
    return DrugLine(
        mark=Mark.UNKNOWN,
        badge=words.NOT_UNDERSTOOD_BADGE,
        drug=printable(order.written),
        ordered="",
        what=f"{words.DID_YOU_MEAN}: {', '.join(order.suggestions)}?" if order.suggestions else words.NO_SUGGESTION,
    )


def _gene(result: GenePhenotype, scale: GeneScale | None) -> GeneView:
    call = result.call
    bar = bars.draw(result, scale)
    total = scale.positions if scale else call.covered_positions + len(call.missing_positions)
    sure = [words.STATUS[call.status], words.FROM[call.source]]
    if call.status in (CallStatus.CALLED, CallStatus.AMBIGUOUS) and len(call.candidates) > 1:
        sure.append(words.PHASED if call.is_phased else words.UNPHASED)
        if result.shared is not None:
            sure.append(words.SAME_IN_ALL)
        sure.append(words.prior(call.prior, call.prior_assumed_share))
    if call.undocumented:
        sure.append(words.undocumented(call))
    if call.mass_left_out > 0.0005:
        sure.append(words.left_out(call.mass_left_out))
    gaps = []
    if total and not (scale and scale.is_outside_only) and (call.covered_positions or call.missing_positions):
        gaps.append(words.positions_missing(len(call.missing_positions), total))
    if call.uncallable_alleles:
        gaps.append(words.uncallable(call.uncallable_alleles))
    shown = result.candidates[:_READINGS_SHOWN] if len(result.candidates) > 1 else ()
    return GeneView(
        gene=result.gene,
        name=scale.name if scale else "",
        result=_result(result),
        phenotype=" / ".join(dict.fromkeys(p.name for p in result.phenotypes if p.name)) or words.NOT_CALLED,
        score=" / ".join(dict.fromkeys(p.activity_score for p in result.phenotypes if p.activity_score)),
        bar=bar.svg,
        bar_text=bar.description,
        sure=tuple(x for x in sure if x),
        readings=tuple(
            Case(str(c.diplotype), p.phenotype.name, words.percent(c.probability))
            for c, p in zip(call.candidates, shown, strict=False)
        ),
        readings_title=words.readings(len(shown), len(result.candidates)),
        gaps=tuple(x for x in gaps if x),
        positions=_positions(call.missing_positions, scale),
        flags=tuple(
            label
            for label, holds in (
                (words.RESEARCH_GRADE, call.is_research_grade),
                (words.REFERENCE_ASSUMED, call.is_reference_assumed),
            )
            if holds
        ),
        warnings=tuple(map(printable, call.warnings)),
    )


def _result(result: GenePhenotype) -> str:
    call = result.call
    if call.components:
        return " + ".join(call.components)
    if not call.diplotypes:
        return words.NOT_CALLED if not call.stated_phenotype else words.NO_DIPLOTYPE
    more = len(call.diplotypes) - _DIPLOTYPES_SHOWN
    listed = words.either(map(str, call.diplotypes[:_DIPLOTYPES_SHOWN]))
    return f"{listed} {words.and_more(more)}" if more > 0 else listed


def _positions(missing: Sequence[int], scale: GeneScale | None) -> str:
    if not missing:
        return ""
    where = f"{scale.chromosome}: " if scale and scale.chromosome else ""
    more = f" {words.and_more(len(missing) - _POSITIONS_SHOWN)}" if len(missing) > _POSITIONS_SHOWN else ""
    return f"GRCh38 {where}{', '.join(map(str, missing[:_POSITIONS_SHOWN]))}{more}"


def _untested(result: GenePhenotype, scale: GeneScale | None) -> Fact:
    if scale and scale.is_outside_only:
        return Fact(result.gene, words.OUTSIDE_ONLY)
    total = len(result.call.missing_positions) or (scale.positions if scale else 0)
    return Fact(result.gene, words.positions_missing(total, total) if total else words.STATUS[CallStatus.NOT_COVERED])


def _facts(report: Report) -> tuple[Fact, ...]:
    facts = [
        Fact(words.SAMPLE, printable(report.sample)),
        Fact(words.PATIENT, _patient(report.patient)),
        Fact(words.FILES, _files(report.files)),
        Fact(words.MADE_ON, report.made_on.isoformat() if report.made_on else ""),
        Fact(words.RELEASE, f"{report.knowledge_version} ({words.FUNCTIONS.lower()} {report.function_set})"),
    ]
    return tuple(f for f in facts if f.text)


def _files(files: Sequence[str]) -> str:
    shown = ", ".join(printable(PurePath(f).name or f) for f in files[:3])
    return f"{shown} {words.and_more(len(files) - 3)}" if len(files) > 3 else shown


def _patient(patient: Patient) -> str:
    """What was given about the person; nothing is filled in."""

    def measured(value: Decimal | None, template: str) -> str:
        return template.format(words.number(value)) if value is not None else ""

    parts = [
        printable(patient.label),
        measured(patient.age_years, "{} years"),
        patient.sex.value if patient.sex is not Sex.UNKNOWN else "",
        measured(patient.weight_kg, "{} kg"),
        "pregnant" if patient.pregnant is YesNo.YES else "",
        "breastfeeding" if patient.breastfeeding is YesNo.YES else "",
        measured(patient.egfr, "eGFR {} mL/min/1.73 m²"),
        f"Child-Pugh {patient.child_pugh}" if patient.child_pugh else "",
        *(printable(words.code_label(c)) for c in patient.conditions),
        *(f"{words.code_label(organ)} transplant" for organ, _ in patient.transplants),
        *(printable(f"reaction to {r.drug} {words.code_label(r.kind)}") for r in patient.reactions),
    ]
    return ", ".join(p for p in parts if p)


def _flags(genes: Sequence[GenePhenotype]) -> tuple[Fact, ...]:
    flags = []
    for label, text, found in (
        (words.RESEARCH_GRADE, words.RESEARCH_GRADE_HELP, [g.gene for g in genes if g.call.is_research_grade]),
        (words.REFERENCE_ASSUMED, words.REFERENCE_ASSUMED_HELP, [g.gene for g in genes if g.call.is_reference_assumed]),
    ):
        if found:
            flags.append(Fact(f"{label}: {', '.join(found)}", text))
    return tuple(flags)


def _counts(groups: Mapping[Mark, Sequence[DrugLine]], unread: int) -> tuple[Fact, ...]:
    counts = [Fact(mark.value, f"{len(groups[mark])} {words.MARK_WORDS[mark.value]}") for mark in Mark if groups[mark]]
    if unread:
        counts.append(Fact(Mark.UNKNOWN.value, words.count_unread(unread)))
    return tuple(counts)


def _most_severe_first(lines: Iterable[DrugLine], by_drug: Mapping[str, Sequence[Advice]]) -> tuple[DrugLine, ...]:
    tiers = list(AlertTier)

    def rank(line: DrugLine) -> tuple[int, int]:
        headline = next(a for a in sorted(by_drug[line.drug], key=lambda a: not a.is_headline))
        return tiers.index(headline.alert_tier), -headline.directive.action.severity

    return tuple(sorted(lines, key=rank))


def _sources(report: Report) -> tuple[Fact, ...]:
    facts = [
        Fact(words.RELEASE, report.knowledge_version),
        Fact(words.HASH, report.knowledge_hash),
        Fact(words.FUNCTIONS, report.function_set),
        Fact(words.SOFTWARE, f"rxweave {report.software_version}"),
        *(Fact(words.SOURCE, source) for source in report.sources),
    ]
    return tuple(f for f in facts if f.text)


def _citations(advices: Iterable[Advice]) -> tuple[Fact, ...]:
    cited = {(c.pmid or c.id): c for advice in advices for c in advice.evidence}
    return tuple(_citation(c) for c in cited.values())
