"""One medicine as plain text: its line on the first page, and every source's advice in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rxweave.guidance.advice import Advice, Alternative, Coverage, GeneFinding
from rxweave.guidance.readings import PROBABILITY_FOR_HEADLINE
from rxweave.knowledge.guidelines import Action, Citation
from rxweave.narrative import (
    Phrases,
    alternative_rows,
    because_phrase,
    conversion_phrases,
    differences,
    dose_phrase,
    finding_texts,
    name_of,
    phrase,
    sides,
)
from rxweave.patient.patient import MedicationOrder
from rxweave.report import bars, words
from rxweave.report.marks import (
    BESIDE,
    BEYOND_GENES,
    IN_DOUBT,
    STAYS,
    Mark,
    badge_of,
    graver_readings,
    is_unobserved,
    mark_of,
    mark_of_drug,
    places_of,
)
from rxweave.report.text import Fact, printable

_LESS_LIKELY_SHOWN = 2
_CONDITIONS_SHOWN = 3
_SET_ASIDE_SHOWN = 6
_IN_CLASS_SHOWN = 4
_OPTIONS_SHOWN = 12


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
    is_converted: bool = False  # other medicines change what the genes give
    triggered: str = ""  # why a medicine that was not ordered stands here
    differs: str = ""  # what another source asks for beyond this
    also: tuple[str, ...] = ()  # what the other sources say, a line each
    in_class: tuple[str, ...] = ()  # medicines of the same class that nothing known speaks against
    set_aside: tuple[str, ...] = ()  # alternatives that something speaks against
    site: tuple[str, ...] = ()  # what rules of the site changed


@dataclass(frozen=True, slots=True)
class Option:
    """An alternative, who names it, and what this patient's genes, history and other medicines say of it."""

    name: str
    named_by: str
    verdict: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class AdviceView:
    """One source and population, in full."""

    title: str
    mark: Mark
    badge: str
    text: str
    patient: str  # the sentence for the patient
    genes: tuple[Fact, ...]
    options: tuple[Option, ...]
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


def line_of(advices: Sequence[Advice], ordered: str, anchor: str) -> DrugLine:
    """The line of a medicine: its headline, which is the first of ``advices``, with the other sources beneath."""
    advice = advices[0]
    said = phrase(advice)
    mark = mark_of_drug(advices)
    doubtful = finding_texts(advice)
    findings = "; ".join(
        doubtful.get(f.gene) or _finding(f)
        for f in advice.genes.values()
        if f.diplotype or f.activity_score or f.phenoconverted_by
    )
    return DrugLine(
        mark=mark,
        badge=badge_of(advice, mark),
        drug=advice.drug,
        ordered=ordered,
        what=_what(said, advice, mark),
        genes=findings,
        why=_why(said, advice),
        instead=instead(advice, said),
        in_class=in_class(advice, said),
        because=" ".join(x for x in (_rests_on(advice), _because(advice, said, mark)) if x),
        missing=said.missing,
        tests=said.tests,
        less_likely=_less_likely(advice, said) if mark in (Mark.FINE, Mark.WATCH) else "",
        conditions=_conditions(advice, said, mark),
        flags=_advice_flags(advice),
        anchor=anchor,
        is_converted=any(f.phenoconverted_by for f in advice.genes.values()),
        triggered=said.triggered,
        differs=_differs(advices),
        also=_also(advices),
        set_aside=set_aside(advice, said),
        site=said.site_changes,
    )


def _rests_on(advice: Advice) -> str:
    """Which other medicines an advice rests on, where they change what the genes give."""
    found = [f for f in advice.genes.values() if f.phenoconverted_by]
    return " ".join(words.rests_on(f.gene, f.genetic_phenotype, f.phenoconverted_by) for f in found)


def instead(advice: Advice, said: Phrases) -> tuple[str, ...]:
    """What the source names, nothing speaks against for this patient, and the headline does not name already."""
    pairs = zip(advice.alternatives, said.alternatives, strict=True)
    return tuple(t for a, t in pairs if not a.conflicts and a.why != "same_class" and t not in said.headline)


def in_class(advice: Advice, said: Phrases) -> tuple[str, ...]:
    """The first medicines of the same class that nothing known speaks against."""
    pairs = zip(advice.alternatives, said.alternatives, strict=True)
    return tuple(t for a, t in pairs if not a.conflicts and a.why == "same_class")[:_IN_CLASS_SHOWN]


def set_aside(advice: Advice, said: Phrases) -> tuple[str, ...]:
    """Alternatives that something speaks against, with what it is; the last entry counts those not shown."""
    found = [t for a, t in zip(advice.alternatives, said.alternatives, strict=True) if a.conflicts]
    more = len(found) - _SET_ASIDE_SHOWN
    return (*found[:_SET_ASIDE_SHOWN], *((words.and_more(more),) if more > 0 else ()))


def _differs(advices: Sequence[Advice]) -> str:
    """The sources that ask for more than the headline, and those that could not be computed."""
    unread = [phrase(a).text for a in advices[1:] if a.coverage is Coverage.NOT_COMPUTED]
    return " ".join((*differences(advices[0], "stricter"), *unread))


def _also(advices: Sequence[Advice]) -> tuple[str, ...]:
    """What the other sources, and other guidelines of the same source, say: a line each, with why it may differ."""
    head = advices[0]
    others = [a for a in advices[1:] if (a.source, a.guideline) != (head.source, head.guideline)]
    reasons = {(d.source, d.guideline, d.population): because_phrase(d) for d in head.disagreements}
    because = {name_of(a): reasons.get((a.source, a.guideline, a.population), "") for a in others}
    return sides(others, because)


def detail_of(line: DrugLine, advices: Sequence[Advice]) -> DrugDetail:
    return DrugDetail(
        line.anchor, line.drug, line.ordered, line.mark, line.badge, line.flags, tuple(map(advice_view, advices))
    )


def _why(said: Phrases, advice: Advice) -> str:
    """What the genes mean for the drug; the name of an only gene stands before it already."""
    if len(advice.genes) != 1:
        return said.implication
    return said.implication.removeprefix(f"{next(iter(advice.genes))}: ")


def _less_likely(advice: Advice, said: Phrases) -> str:
    """The graver readings of an advice that stands, most probable first."""
    graver = [p for p in graver_readings(advice) if p.directive.action is not Action.NO_RECOMMENDATION]
    sentences = [text for p, text in zip(advice.possibilities, said.possibilities, strict=True) if p in graver]
    more = f" {words.and_more(len(sentences) - _LESS_LIKELY_SHOWN)}." if len(sentences) > _LESS_LIKELY_SHOWN else ""
    return " ".join(sentences[:_LESS_LIKELY_SHOWN]) + more


def _because(advice: Advice, said: Phrases, mark: Mark) -> str:
    """Why an order may stay, or how likely the readings are that a change rests on, where they are in doubt."""
    beyond_genes = [said.notes[place] for place in places_of(advice, BEYOND_GENES)]
    if mark in (Mark.UNKNOWN, Mark.NONE):
        doubts = (*IN_DOUBT, "reference_assumed") if is_unobserved(advice) else IN_DOUBT
        return " ".join((*beyond_genes, *(said.notes[place] for place in places_of(advice, doubts))))
    if mark is Mark.CHANGE and beyond_genes:
        return " ".join(beyond_genes)
    if mark is Mark.WATCH:
        return said.tier_because if advice.tier_because in STAYS else ""
    if mark is not Mark.CHANGE or not advice.possibilities:
        return ""
    if assumed := [said.notes[place] for place in places_of(advice, ("weights_assumed", "not_weighable"))]:
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
    beside = places_of(advice, BESIDE) if mark in (Mark.FINE, Mark.WATCH) else []
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


def advice_view(advice: Advice) -> AdviceView:
    said = phrase(advice)
    mark = mark_of(advice)
    section = words.SECTIONS.get(advice.section, "") if advice.section else ""
    genes = ", ".join(advice.genes)
    facts = [
        Fact(words.DOSE, "; ".join(map(dose_phrase, advice.directive.dose))),
        Fact(words.MISSING, " ".join(said.missing)),
        Fact(words.TEST, " ".join(said.tests)),
        Fact(words.STRENGTH, advice.strength),
        Fact(words.POPULATION, " — ".join(x for x in (said.population, said.population_because) if x)),
        Fact(words.ALERT, " — ".join(x for x in (words.TIERS[advice.alert_tier], said.tier_because) if x)),
    ]
    return AdviceView(
        title=" · ".join(x for x in (advice.source, section, genes, said.population) if x) or words.NOT_HELD,
        mark=mark,
        badge=badge_of(advice, mark),
        text=said.text,
        patient=said.patient,
        options=_options(advice),
        genes=tuple(Fact(f.gene, _finding_in_full(f, advice)) for f in advice.genes.values()),
        facts=tuple(f for f in facts if f.text),
        branches=said.branches,
        possibilities=said.possibilities,
        notes=(
            *filter(None, (said.triggered,)),
            *dict.fromkeys(said.disagreements),
            *said.site_changes,
            *said.notes,
        ),
        evidence=tuple(map(citation_fact, advice.evidence)),
        trace=tuple(
            Fact(words.code_label(s.step), f"{'; '.join(s.facts)} → {s.result}" if s.facts else s.result)
            for s in advice.trace
        ),
    )


def _finding_in_full(finding: GeneFinding, advice: Advice) -> str:
    text = finding_texts(advice).get(finding.gene) or _finding(finding)
    text = text.removeprefix(finding.gene).strip(" ,")
    others = conversion_phrases(finding.conversion) if finding.conversion is not None else ()
    return ". ".join(x for x in (text, " ".join(others)) if x)


def _options(advice: Advice) -> tuple[Option, ...]:
    """Those that nothing speaks against first; what the table has no room for is in ``report.json``."""
    rows = [
        Option(name, named_by, verdict, _mark_of_option(alternative, is_group=name != alternative.drug))
        for alternative, (name, named_by, verdict) in zip(advice.alternatives, alternative_rows(advice), strict=True)
    ]
    rows.sort(key=lambda option: option.mark is Mark.WATCH)
    return tuple(rows[:_OPTIONS_SHOWN])


def _mark_of_option(alternative: Alternative, *, is_group: bool) -> Mark:
    """A group of medicines is never fine as such: it holds some that are not."""
    if alternative.conflicts:
        return Mark.WATCH
    return Mark.UNKNOWN if is_group else Mark.FINE


def citation_fact(citation: Citation) -> Fact:
    label = f"PMID {citation.pmid}" if citation.pmid else citation.id
    url = citation.url or (f"https://pubmed.ncbi.nlm.nih.gov/{citation.pmid}/" if citation.pmid.isdigit() else "")
    year = f" ({citation.year})" if citation.year and str(citation.year) not in citation.id else ""
    return Fact(label, f"{citation.title or citation.id}{year}", url if url.startswith("https://") else "")


def ordered_text(drug: str, orders: Sequence[MedicationOrder]) -> str:
    """The lines as written, with what of them was not understood; empty where they say no more than the name."""
    shown = []
    for order in orders:
        unread = f" ({words.unread(order.unread)})" if order.unread else ""
        if order.written.casefold().strip() != drug.casefold() or unread:
            shown.append(printable(order.written + unread))
    return "; ".join(dict.fromkeys(shown))


def unread_line(order: MedicationOrder) -> DrugLine:
    return DrugLine(
        mark=Mark.UNKNOWN,
        badge=words.NOT_UNDERSTOOD_BADGE,
        drug=printable(order.written),
        ordered="",
        what=f"{words.DID_YOU_MEAN}: {', '.join(order.suggestions)}?" if order.suggestions else words.NO_SUGGESTION,
    )
