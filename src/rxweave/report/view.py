"""The report as plain text in reading order, built once; ``html`` and ``pdf`` only lay it out.

Everything here is a string, a flag or a tuple of them, so a view becomes JSON without loss. Text that came from outside
(file names, samples, medication lines) passes ``printable`` here, and is escaped by whoever lays it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from rxweave.calling.diplotype import CallStatus
from rxweave.guidance.advice import Advice, AlertTier
from rxweave.narrative import secondary_phrase
from rxweave.narrative.templates import templates
from rxweave.patient.patient import MedicationOrder
from rxweave.phenotyping.panel import PanelRow
from rxweave.phenotyping.phenotype import GenePhenotype
from rxweave.report import words
from rxweave.report.acting import with_acting
from rxweave.report.asks import interaction_lines, questions_to_ask, tests_to_order
from rxweave.report.drug_view import DrugDetail, DrugLine, citation_fact, detail_of, line_of, ordered_text, unread_line
from rxweave.report.gene_view import GeneView, gene_view, untested
from rxweave.report.marks import Mark
from rxweave.report.matrix import Matrix, matrix_of
from rxweave.report.model import Report
from rxweave.report.narrative_view import NarrativeView, narrative_views
from rxweave.report.person_view import person_text
from rxweave.report.text import Fact, printable


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
    questions: tuple[Fact, ...]  # label: the question, text: the medicines that it decides
    tests: tuple[Fact, ...]
    interactions: tuple[str, ...]
    matrix: Matrix
    details: tuple[DrugDetail, ...]
    secondary: tuple[str, ...]
    genes: tuple[GeneView, ...]
    untested: tuple[Fact, ...]
    warnings: tuple[str, ...]
    limits: tuple[str, ...]
    sources: tuple[Fact, ...]
    citations: tuple[Fact, ...]
    narratives: tuple[NarrativeView, ...]
    of_whom: str  # whose report, and of which day: the line under the title of a page that may be handed out alone


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
        ordered = ordered_text(drug, orders.get(drug, ()))
        advices = sorted(by_drug.get(drug, ()), key=lambda a: not a.is_headline)
        if not advices:
            is_stopped = all(o.stopped is not None or o.is_stopped for o in orders[drug])
            why = words.STOPPED if is_stopped else words.NO_ADVICE_COMPUTED
            lines.append(DrugLine(Mark.NONE, words.NO_ADVICE_BADGE, drug, ordered, why))
            continue
        anchor = f"drug-{number}"
        line = line_of(advices, ordered, anchor)
        lines.append(line)
        details.append(detail_of(line, advices))
    lines = with_acting(lines, report.advice)
    order_of_detail = {mark: place for place, mark in enumerate(Mark)}
    details.sort(key=lambda d: order_of_detail[d.mark])
    unread = tuple(unread_line(o) for o in report.medications if not o.drug)
    tested = [g for g in report.genes if g.call.status is not CallStatus.NOT_COVERED]
    panel: dict[str, list[PanelRow]] = {}
    for row in report.panel:
        panel.setdefault(row.gene, []).append(row)
    groups = {mark: tuple(line for line in lines if line.mark is mark) for mark in Mark}
    return ReportView(
        title=words.TITLE,
        sample=printable(report.sample),
        facts=_facts(report),
        flags=(*_notices(report), *_flags(report.genes)),
        counts=_counts(groups, len(unread)),
        has_medicines=bool(report.medications or report.advice),
        change=_most_severe_first(groups[Mark.CHANGE], by_drug),
        watch=groups[Mark.WATCH],
        fine=groups[Mark.FINE],
        unknown=groups[Mark.UNKNOWN],
        not_understood=unread,
        not_held=groups[Mark.NONE],
        questions=questions_to_ask(report.advice),
        tests=tests_to_order(report.advice),
        interactions=interaction_lines(report.advice),
        matrix=matrix_of(report.advice, [g.gene for g in report.genes]),
        details=tuple(details),
        secondary=tuple(map(secondary_phrase, report.secondary)),
        genes=tuple(
            gene_view(g, report.scales.get(g.gene), panel.get(g.gene, ()), report.conversions.get(g.gene))
            for g in tested
        ),
        untested=tuple(
            untested(g, report.scales.get(g.gene), panel.get(g.gene, ()))
            for g in report.genes
            if g.call.status is CallStatus.NOT_COVERED
        ),
        warnings=tuple(printable(str(w)) for w in report.warnings),
        limits=words.LIMIT_LINES,
        sources=_sources(report),
        citations=_citations(report.advice),
        narratives=narrative_views(report.narratives),
        of_whom=_of_whom(report),
    )


def _facts(report: Report) -> tuple[Fact, ...]:
    facts = [
        Fact(words.SAMPLE, printable(report.sample)),
        Fact(words.PATIENT, person_text(report.patient)),
        Fact(words.FILES, _files(report.files)),
        Fact(words.MADE_ON, report.made_on.isoformat() if report.made_on else ""),
        Fact(words.RELEASE, f"{report.knowledge_version} ({words.FUNCTIONS.lower()} {report.function_set})"),
    ]
    return tuple(f for f in facts if f.text)


def _of_whom(report: Report) -> str:
    day = report.made_on.isoformat() if report.made_on else ""
    return " · ".join(x for x in (printable(report.sample), day, report.notice) if x)


def _files(files: Sequence[str]) -> str:
    shown = ", ".join(printable(PurePath(f).name or f) for f in files[:3])
    return f"{shown} {words.and_more(len(files) - 3)}" if len(files) > 3 else shown


def _notices(report: Report) -> Iterable[Fact]:
    if report.notice:
        yield Fact(words.NOTICE, report.notice)
    if report.withheld:
        titles = [templates(words.LANGUAGE).fill("title", audience.value) for audience in report.withheld]
        yield Fact(f"{words.WITHHELD}: {', '.join(titles)}", words.WITHHELD_HELP)


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
        Fact(words.PRIORS, "; ".join(sorted({words.prior(g.call.prior) for g in report.genes if g.call.prior}))),
        *(Fact(words.SOURCE if place == 0 else "", source) for place, source in enumerate(report.sources)),
    ]
    return tuple(f for f in facts if f.text)


def _citations(advices: Iterable[Advice]) -> tuple[Fact, ...]:
    cited = {(c.pmid or c.id): c for advice in advices for c in advice.evidence}
    return tuple(citation_fact(c) for c in cited.values())
