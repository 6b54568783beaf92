"""The report as plain text in reading order, built once; ``html`` and ``pdf`` only lay it out.

Everything here is a string, a flag or a tuple of them, so a view becomes JSON without loss. Text that came from outside
(file names, samples, medication lines) passes ``printable`` here, and is escaped by whoever lays it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import PurePath

from rxweave.calling.diplotype import CallStatus
from rxweave.guidance.advice import Advice, AlertTier, Coverage, GeneFinding, Possibility
from rxweave.guidance.readings import PROBABILITY_FOR_HEADLINE
from rxweave.knowledge.guidelines import Action, Citation, Modality, Reason
from rxweave.narrative import Phrases, dose_phrase, finding_texts, phrase
from rxweave.patient.patient import MedicationOrder, Patient, Sex, YesNo
from rxweave.phenotyping.panel import PanelRow
from rxweave.phenotyping.phenotype import GenePhenotype
from rxweave.report import bars, words
from rxweave.report.gene_view import GeneView, gene_view, untested
from rxweave.report.model import Report
from rxweave.report.text import Fact, printable

_LESS_LIKELY_SHOWN = 2
_CONDITIONS_SHOWN = 3


class Mark(StrEnum):
    """Where a drug stands on the first page; each has a shape and a word, so colour is never alone."""

    CHANGE = "change"
    WATCH = "watch"
    FINE = "fine"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DrugLine:
    """One drug on the first page. ``anchor`` is the id of its detail, empty where there is none."""

    mark: Mark
    badge: str
    drug: str
    ordered: str
    what: str
    genes: str = ""
    why: str = ""
    instead: tuple[str, ...] = ()
    because: str = ""
    missing: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    less_likely: str = ""  # readings of the genes that would ask for more
    conditions: str = ""  # facts of the patient under which the source asks for something else
    flags: tuple[str, ...] = ()
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class AdviceView:
    """One source and population, in full."""

    title: str
    mark: Mark
    badge: str
    text: str
    genes: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    branches: tuple[str, ...]
    possibilities: tuple[str, ...]
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
    flags: tuple[str, ...]
    advices: tuple[AdviceView, ...]


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
        ordered = _ordered(drug, orders.get(drug, ()))
        advices = sorted(by_drug.get(drug, ()), key=lambda a: not a.is_headline)
        if not advices:
            is_stopped = all(o.stopped is not None or o.is_stopped for o in orders[drug])
            why = words.STOPPED if is_stopped else words.NO_ADVICE_COMPUTED
            lines.append(DrugLine(Mark.NONE, words.NO_ADVICE_BADGE, drug, ordered, why))
            continue
        anchor = f"drug-{number}"
        line = _line(advices[0], ordered, anchor)
        lines.append(line)
        details.append(
            DrugDetail(anchor, drug, ordered, line.mark, line.badge, line.flags, tuple(map(_advice, advices)))
        )
    order_of_detail = {mark: place for place, mark in enumerate(Mark)}
    details.sort(key=lambda d: order_of_detail[d.mark])
    unread = tuple(_unread(o) for o in report.medications if not o.drug)
    tested = [g for g in report.genes if g.call.status is not CallStatus.NOT_COVERED]
    panel: dict[str, list[PanelRow]] = {}
    for row in report.panel:
        panel.setdefault(row.gene, []).append(row)
    groups = {mark: tuple(line for line in lines if line.mark is mark) for mark in Mark}
    return ReportView(
        title=words.TITLE,
        sample=printable(report.sample),
        facts=_facts(report),
        flags=(*((Fact(words.NOTICE, report.notice),) if report.notice else ()), *_flags(report.genes)),
        counts=_counts(groups, len(unread)),
        has_medicines=bool(report.medications or report.advice),
        change=_most_severe_first(groups[Mark.CHANGE], by_drug),
        watch=groups[Mark.WATCH],
        fine=groups[Mark.FINE],
        unknown=groups[Mark.UNKNOWN],
        not_understood=unread,
        not_held=groups[Mark.NONE],
        details=tuple(details),
        genes=tuple(gene_view(g, report.scales.get(g.gene), panel.get(g.gene, ())) for g in tested),
        untested=tuple(
            untested(g, report.scales.get(g.gene), panel.get(g.gene, ()))
            for g in report.genes
            if g.call.status is CallStatus.NOT_COVERED
        ),
        warnings=tuple(printable(str(w)) for w in report.warnings),
        limits=words.LIMIT_LINES,
        sources=_sources(report),
        citations=_citations(report.advice),
    )


#: Reasons of the alert tier that say the order may stay as it is.
_STAYS = ("within_advice", "tolerated")
#: Notes under which "no genetic reason to change" is not known to hold.
_IN_DOUBT = ("modulator_not_applied",)
#: Another drug of the list is not to be taken together with this one.
_NOT_TOGETHER = ("avoid_combination_with",)
#: Notes that say that something else than the genes decided, or should.
_BEYOND_GENES = (
    "past_severe_reaction",
    "past_reaction",
    "label_overrides",
    "label_limits_dose",
    "practice_overrides",
    "sex_mismatch",
    *_NOT_TOGETHER,
)
#: Notes that must stand beside an order that stays, on the first page too.
_BESIDE = (
    "past_reaction",
    "label_overrides",
    "label_limits_dose",
    "practice_overrides",
    "sex_mismatch",
    "copy_number_not_assayed",
    "outside_valid_age",
    *_NOT_TOGETHER,
)
_CHANGES = (
    Action.INCREASE_DOSE,
    Action.TEST_FIRST,
    Action.LIMIT_DOSE,
    Action.REDUCE_DOSE,
    Action.USE_ALTERNATIVE,
    Action.AVOID,
    Action.CONTRAINDICATED,
)


def mark_of(advice: Advice) -> Mark:
    """The group a drug is shown in: read off what guidance decided, and never greener than it.

    An order that stays within its advice, or that the patient has long tolerated, is shown apart from what must change;
    a test that only settles a doubt (``test_not_default``) stands with the doubts.
    """
    action = advice.directive.action
    if action in _CHANGES:  # a past reaction asks for one without any guidance too
        if action is Action.TEST_FIRST and advice.tier_because == "test_not_default" and not _asks_meanwhile(advice):
            return Mark.UNKNOWN
        return Mark.WATCH if advice.tier_because in _STAYS and action is not Action.CONTRAINDICATED else Mark.CHANGE
    if advice.coverage is Coverage.NO_GUIDANCE:
        return Mark.NONE
    if advice.coverage is not Coverage.COMPUTED or action is Action.NOT_EXCLUDED:
        return Mark.UNKNOWN
    if action in (Action.USE_WITH_CAUTION, Action.ADJUST_BY_ALGORITHM):
        return Mark.WATCH
    if _notes_of(advice, _IN_DOUBT) or _is_unobserved(advice):
        return Mark.UNKNOWN
    if advice.is_partial or _graver_share(advice) >= PROBABILITY_FOR_HEADLINE:
        return Mark.UNKNOWN
    if action is Action.NO_RECOMMENDATION and advice.directive.reason is not Reason.REFERENCE_RESULT:
        return Mark.UNKNOWN
    return Mark.WATCH if _notes_of(advice, _NOT_TOGETHER) else Mark.FINE


def _is_unobserved(advice: Advice) -> bool:
    """True where a gene that decides has no data at all and was taken for reference all the same, as asked."""
    calls = (f.result.call for f in advice.genes.values() if f.result is not None)
    return any(c.is_reference_assumed and c.assumed_positions >= c.covered_positions for c in calls)


def _asks_meanwhile(advice: Advice) -> bool:
    """True where the genes that are known ask for a change before the missing test is there."""
    return any(b.directive.action in _CHANGES for b in advice.branches if "test_pending" in b.condition.facts)


def _notes_of(advice: Advice, names: Iterable[str]) -> list[int]:
    """The places of the notes with one of these codes."""
    return [place for place, note in enumerate(advice.notes) if note.partition(":")[0] in names]


def _graver_share(advice: Advice) -> float:
    """The probability of the readings that ask for more than this advice does."""
    return sum(p.probability for p in _other_readings(advice))


def _other_readings(advice: Advice) -> list[Possibility]:
    severity = advice.directive.action.severity
    return [p for p in advice.possibilities if p.directive.action.severity > severity]


def _badge(advice: Advice, mark: Mark) -> str:
    directive = advice.directive
    if mark is Mark.NONE:
        return words.NOT_HELD_BADGE
    if mark is Mark.UNKNOWN and directive.action not in (Action.NOT_EXCLUDED, Action.TEST_FIRST):
        return words.UNKNOWN_BADGE
    if directive.action is Action.NO_RECOMMENDATION and mark is Mark.FINE:
        return words.NO_CHANGE_BADGE
    if mark is Mark.WATCH and directive.action is Action.STANDARD:
        return words.BADGES[Action.USE_WITH_CAUTION]
    if mark is Mark.CHANGE and directive.modality is Modality.CONSIDER:
        return words.CONSIDER_BADGES[directive.action]
    return words.BADGES[directive.action]


def _line(advice: Advice, ordered: str, anchor: str) -> DrugLine:
    said = phrase(advice)
    mark = mark_of(advice)
    doubtful = finding_texts(advice)
    findings = "; ".join(
        doubtful.get(f.gene) or _finding(f) for f in advice.genes.values() if f.diplotype or f.activity_score
    )
    return DrugLine(
        mark=mark,
        badge=_badge(advice, mark),
        drug=advice.drug,
        ordered=ordered,
        what=_what(said, advice, mark),
        genes=findings,
        why=_why(said, advice),
        instead=tuple(a for a in said.alternatives if a not in said.headline),
        because=_because(advice, said, mark),
        missing=said.missing,
        tests=said.tests,
        less_likely=_less_likely(advice, said) if mark in (Mark.FINE, Mark.WATCH) else "",
        conditions=_conditions(advice, said, mark),
        flags=_advice_flags(advice),
        anchor=anchor,
    )


def _why(said: Phrases, advice: Advice) -> str:
    """What the genes mean for the drug; the name of an only gene stands before it already."""
    if len(advice.genes) != 1:
        return said.implication
    return said.implication.removeprefix(f"{next(iter(advice.genes))}: ")


def _less_likely(advice: Advice, said: Phrases) -> str:
    """The graver readings of an advice that stands, most probable first."""
    graver = [p for p in _other_readings(advice) if p.directive.action is not Action.NO_RECOMMENDATION]
    sentences = [text for p, text in zip(advice.possibilities, said.possibilities, strict=True) if p in graver]
    more = f" {words.and_more(len(sentences) - _LESS_LIKELY_SHOWN)}." if len(sentences) > _LESS_LIKELY_SHOWN else ""
    return " ".join(sentences[:_LESS_LIKELY_SHOWN]) + more


def _because(advice: Advice, said: Phrases, mark: Mark) -> str:
    """Why an order may stay, or how likely the readings are that a change rests on, where they are in doubt."""
    beyond_genes = [said.notes[place] for place in _notes_of(advice, _BEYOND_GENES)]
    if mark in (Mark.UNKNOWN, Mark.NONE):
        doubts = (*_IN_DOUBT, "reference_assumed") if _is_unobserved(advice) else _IN_DOUBT
        return " ".join((*beyond_genes, *(said.notes[place] for place in _notes_of(advice, doubts))))
    if mark is Mark.CHANGE and beyond_genes:
        return " ".join(beyond_genes)
    if mark is Mark.WATCH:
        return said.tier_because if advice.tier_because in _STAYS else ""
    if mark is not Mark.CHANGE or not advice.possibilities:
        return ""
    if assumed := [said.notes[place] for place in _notes_of(advice, ("weights_assumed", "not_weighable"))]:
        return " ".join(assumed)
    severity = advice.directive.action.severity
    milder = sum(p.probability for p in advice.possibilities if p.directive.action.severity < severity)
    return words.weight_of_change(1 - milder) if milder >= PROBABILITY_FOR_HEADLINE else ""


def _conditions(advice: Advice, said: Phrases, mark: Mark) -> str:
    """What the source asks of some patients: beyond an advice that stands, or in place of a change."""
    severity = advice.directive.action.severity
    if mark is Mark.CHANGE:
        sentences = list(said.branches)
    elif mark in (Mark.FINE, Mark.WATCH):
        sentences = [
            text
            for branch, text in zip(advice.branches, said.branches, strict=True)
            if branch.directive.action.severity > severity and branch.directive.action is not Action.NO_RECOMMENDATION
        ]
    else:
        sentences = []
    more = f" ({words.and_more(len(sentences) - _CONDITIONS_SHOWN)})" if len(sentences) > _CONDITIONS_SHOWN else ""
    beside = _notes_of(advice, _BESIDE) if mark in (Mark.FINE, Mark.WATCH) else []
    follow_up = (said.follow_up,) if said.follow_up and mark in (Mark.FINE, Mark.WATCH) else ()
    return " ".join((*(said.notes[place] for place in beside), *follow_up, *sentences[:_CONDITIONS_SHOWN])) + more


def _what(said: Phrases, advice: Advice, mark: Mark) -> str:
    """The headline without the name of the drug, which stands above it; one that is in doubt says so first."""
    text = said.headline.removeprefix(f"{advice.drug}:").strip()
    if mark is Mark.UNKNOWN and advice.coverage is Coverage.COMPUTED and advice.directive.action is Action.STANDARD:
        return words.in_doubt(text)
    return text[:1].upper() + text[1:]


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
    phenotype = "" if finding.phenotype == "n/a" else finding.phenotype
    details = [finding.diplotype]
    if finding.activity_score and bars.read_score(finding.activity_score) is not None:
        details.append(f"{words.SCORE} {finding.activity_score}")
    inner = ", ".join(d for d in details if d and d != phenotype)
    if not phenotype:
        return f"{finding.gene} {inner}"
    return f"{finding.gene} {phenotype}{f' ({inner})' if inner else ''}"


def _advice(advice: Advice) -> AdviceView:
    said = phrase(advice)
    mark = mark_of(advice)
    facts = [
        Fact(words.DOSE, "; ".join(map(dose_phrase, advice.directive.dose))),
        Fact(words.INSTEAD, "; ".join(said.alternatives)),
        Fact(words.MISSING, " ".join(said.missing)),
        Fact(words.TEST, " ".join(said.tests)),
        Fact(words.STRENGTH, advice.strength),
        Fact(words.POPULATION, " — ".join(x for x in (said.population, said.population_because) if x)),
        Fact(words.ALERT, " — ".join(x for x in (words.TIERS[advice.alert_tier], said.tier_because) if x)),
    ]
    return AdviceView(
        title=" · ".join(x for x in (advice.source, said.population) if x) or words.NOT_HELD,
        mark=mark,
        badge=_badge(advice, mark),
        text=said.text,
        genes=tuple(Fact(f.gene, _finding_in_full(f, advice)) for f in advice.genes.values()),
        facts=tuple(f for f in facts if f.text),
        branches=said.branches,
        possibilities=said.possibilities,
        notes=said.notes,
        evidence=tuple(map(_citation, advice.evidence)),
        trace=tuple(
            Fact(words.code_label(s.step), f"{'; '.join(s.facts)} → {s.result}" if s.facts else s.result)
            for s in advice.trace
        ),
    )


def _finding_in_full(finding: GeneFinding, advice: Advice) -> str:
    text = finding_texts(advice).get(finding.gene) or _finding(finding)
    text = text.removeprefix(finding.gene).strip(" ,")
    if finding.phenoconverted_by:
        text += f" — {words.converted(finding.genetic_phenotype, ', '.join(finding.phenoconverted_by))}"
    return text


def _citation(citation: Citation) -> Fact:
    label = f"PMID {citation.pmid}" if citation.pmid else citation.id
    url = citation.url or (f"https://pubmed.ncbi.nlm.nih.gov/{citation.pmid}/" if citation.pmid.isdigit() else "")
    year = f" ({citation.year})" if citation.year and str(citation.year) not in citation.id else ""
    return Fact(label, f"{citation.title or citation.id}{year}", url if url.startswith("https://") else "")


def _ordered(drug: str, orders: Sequence[MedicationOrder]) -> str:
    """The lines as written, with what of them was not understood; empty where they say no more than the name."""
    shown = []
    for order in orders:
        unread = f" ({words.unread(order.unread)})" if order.unread else ""
        if order.written.casefold().strip() != drug.casefold() or unread:
            shown.append(printable(order.written + unread))
    return "; ".join(dict.fromkeys(shown))


def _unread(order: MedicationOrder) -> DrugLine:
    return DrugLine(
        mark=Mark.UNKNOWN,
        badge=words.NOT_UNDERSTOOD_BADGE,
        drug=printable(order.written),
        ordered="",
        what=f"{words.DID_YOU_MEAN}: {', '.join(order.suggestions)}?" if order.suggestions else words.NO_SUGGESTION,
    )


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
        Fact(words.PRIORS, "; ".join(sorted({words.prior(g.call.prior) for g in report.genes if g.call.prior}))),
        *(Fact(words.SOURCE if place == 0 else "", source) for place, source in enumerate(report.sources)),
    ]
    return tuple(f for f in facts if f.text)


def _citations(advices: Iterable[Advice]) -> tuple[Fact, ...]:
    cited = {(c.pmid or c.id): c for advice in advices for c in advice.evidence}
    return tuple(_citation(c) for c in cited.values())
