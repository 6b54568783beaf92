"""The report as one self-contained HTML page: no script, no request, readable on a phone and on paper.

Every text of the view is escaped here, once, by ``_t``. The style sheet is ``page.css``; its hash is the only style
that the page's content security policy lets through.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path

from rxweave.report import words
from rxweave.report.drug_view import AdviceView, DrugDetail, DrugLine, Option
from rxweave.report.gene_view import GeneView
from rxweave.report.marks import Mark
from rxweave.report.matrix import Cell, MatrixRow
from rxweave.report.model import Report
from rxweave.report.narrative_html import narratives_on_pages, narratives_on_top, notes
from rxweave.report.text import Fact
from rxweave.report.view import ReportView, view_of

#: One shape a mark, in a 16 x 16 box: told apart without colour.
_SHAPES = {
    Mark.CHANGE: '<path d="M8 1 15.5 15H.5z" fill="currentColor"/>',
    Mark.WATCH: '<path d="M8 .5 15.5 8 8 15.5.5 8z" fill="none" stroke="currentColor" stroke-width="2"/>',
    Mark.FINE: '<circle cx="8" cy="8" r="7" fill="currentColor"/>',
    Mark.UNKNOWN: '<circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" stroke-width="1.6"/>'
    '<path d="M5.6 6.2a2.4 2.4 0 1 1 3.4 2.2c-.7.3-1 .7-1 1.4" fill="none" stroke="currentColor" stroke-width="1.6"/>'
    '<circle cx="8" cy="12" r="1" fill="currentColor"/>',
    Mark.NONE: '<path d="M2 8h12" stroke="currentColor" stroke-width="2.4"/>',
}


def render_html(report: Report) -> str:
    """The page of ``report``."""
    return page(view_of(report))


def page(view: ReportView) -> str:
    """Lay out a view."""
    css, css_hash = _style()
    policy = f"default-src 'none'; style-src 'sha256-{css_hash}'; base-uri 'none'; form-action 'none'"
    title = f"{view.title}: {view.sample}" if view.sample else view.title
    return "".join(
        (
            f'<!DOCTYPE html>\n<html lang="{words.LANGUAGE}">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer">\n',
            f"<title>{_t(title)}</title>\n<style>{css}</style>\n</head>\n<body>\n",
            f'<a class="skip" href="#what-to-do">{_t(words.SKIP)}</a>\n',
            _header(view),
            '<main id="what-to-do" tabindex="-1">\n',
            *narratives_on_top(view.narratives),
            *_what_to_do(view),
            *_to_ask(view),
            *_matrix(view),
            *_interactions(view),
            *_genes(view),
            *_secondary(view),
            *_details(view),
            *narratives_on_pages(view.narratives, view.of_whom),
            *notes(view.narratives),
            *_warnings(view),
            "</main>\n",
            *_footer(view),
            "</body>\n</html>\n",
        )
    )


def _t(text: str) -> str:
    return escape(text, quote=True)


@cache
def _style() -> tuple[str, str]:
    css = Path(__file__).with_name("page.css").read_text("utf-8")
    return css, base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()


def _shape(mark: str) -> str:
    return f'<svg class="shape" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{_SHAPES[Mark(mark)]}</svg>'


def _badge(mark: Mark, word: str) -> str:
    return f'<span class="badge {mark}">{_shape(mark)}{_t(word)}</span>'


def _tags(flags: Iterable[str]) -> str:
    return "".join(f'<span class="tag">{_t(flag)}</span>' for flag in flags)


def _header(view: ReportView) -> str:
    facts = "".join(f"<div><dt>{_t(f.label)}</dt><dd><bdi>{_t(f.text)}</bdi></dd></div>" for f in view.facts)
    counts = "".join(
        f'<li class="{c.label}"><span class="badge {c.label}">{_shape(c.label)}</span>{_t(c.text)}</li>'
        for c in view.counts
    )
    flags = "".join(f'<p class="flag"><strong>{_t(f.label)}</strong> {_t(f.text)}</p>' for f in view.flags)
    return (
        f'<header>\n<h1>{_t(view.title)}</h1>\n<dl class="facts">{facts}</dl>\n'
        + (f'<ul class="counts">{counts}</ul>\n' if counts else "")
        + f"{flags}</header>\n"
    )


def _section(ident: str, heading: str, help_text: str, body: Iterable[str]) -> Iterable[str]:
    yield f'<section aria-labelledby="{ident}">\n<h2 id="{ident}">{_t(heading)}</h2>\n'
    if help_text:
        yield f'<p class="help">{_t(help_text)}</p>\n'
    yield from body
    yield "</section>\n"


def _what_to_do(view: ReportView) -> Iterable[str]:
    if not view.has_medicines:
        yield from _section("act-now", words.ACT_NOW, words.NO_MEDICINES, ())
        return
    help_text = words.ACT_NOW_HELP if view.change else words.NOTHING_TO_ACT_ON
    yield from _section("act-now", words.ACT_NOW, help_text, _cards(view.change, _card))
    for ident, heading, text, lines, item in (
        ("watch", words.WATCH, words.WATCH_HELP, view.watch, _card),
        ("fine", words.FINE, words.FINE_HELP, view.fine, None),
        ("unknown", words.UNKNOWN, words.UNKNOWN_HELP, view.unknown, _card),
        ("not-understood", words.NOT_UNDERSTOOD, words.NOT_UNDERSTOOD_HELP, view.not_understood, _card),
        ("not-held", words.NOT_HELD, words.NOT_HELD_HELP, view.not_held, None),
    ):
        if lines:
            yield from _section(ident, heading, text, _cards(lines, item) if item else _compact(lines))


def _cards(lines: Sequence[DrugLine], item: Callable[[DrugLine], str]) -> Iterable[str]:
    if lines:
        yield '<ul class="cards">\n'
        yield from map(item, lines)
        yield "</ul>\n"


def _card(line: DrugLine) -> str:
    why = " — ".join(x for x in (line.genes, line.why) if x)
    ordered = f' <span class="ordered"><bdi>{_t(line.ordered)}</bdi></span>' if line.ordered else ""
    rows = [
        (words.INSTEAD, ", ".join(line.instead)),
        (words.IN_CLASS, ", ".join(line.in_class)),
        (words.MISSING, " ".join(line.missing)),
        (words.TEST, " ".join(line.tests)),
        (words.BESIDE, line.conditions),
        (words.DIFFERS, line.differs),
        (words.SITE, " ".join(line.site)),
        (words.LESS_LIKELY, line.less_likely),
    ]
    pairs = "".join(f"<dt>{_t(label)}</dt><dd>{_t(text)}</dd>" for label, text in rows if text)
    return (
        f'<li class="card {line.mark}">{_badge(line.mark, line.badge)}<div>'
        f"<h3><bdi>{_t(line.drug)}</bdi>{ordered}</h3>"
        f'<p class="what">{_t(line.what)}</p>'
        + (f"<p>{_t(line.triggered)}</p>" if line.triggered else "")
        + (f"<p>{_t(line.because)}</p>" if line.because else "")
        + (f'<p class="why">{_t(why)}</p>' if why else "")
        + (f"<dl>{pairs}</dl>" if pairs else "")
        + _tags(line.flags)
        + _folded(f"{words.ALSO}: {_also_names(line)}", line.also)
        + _folded(words.SET_ASIDE, line.set_aside)
        + _more(line)
        + "</div></li>\n"
    )


def _also_names(line: DrugLine) -> str:
    """``DPWG, FDA``: the sources whose words are folded beneath."""
    return ", ".join(dict.fromkeys(text.partition(":")[0].partition(" (")[0] for text in line.also))


def _folded(summary: str, texts: Sequence[str]) -> str:
    if not texts:
        return ""
    rows = "".join(f"<li>{_t(text)}</li>" for text in texts)
    return f"<details><summary>{_t(summary)}</summary><ul>{rows}</ul></details>"


def _more(line: DrugLine) -> str:
    if not line.anchor:
        return ""
    return f'<p class="more"><a href="#{line.anchor}">{_t(words.DETAILS)}: {_t(line.drug)}</a></p>'


def _compact(lines: Sequence[DrugLine]) -> Iterable[str]:
    yield '<ul class="list">\n'
    for line in lines:
        name = f'<a href="#{line.anchor}">{_t(line.drug)}</a>' if line.anchor else _t(line.drug)
        yield (
            f"<li>{_badge(line.mark, line.badge)} <strong>{name}</strong> "
            f'<span class="ordered"><bdi>{_t(line.ordered)}</bdi></span>'
            + f'<span class="why">{_t(line.genes or line.what)}</span>'
            + (f'<span class="more-if">{_t(line.because)}</span>' if line.because else "")
            + (f'<span class="more-if">{_t(line.conditions)}</span>' if line.conditions else "")
            + (f'<span class="why">{_t(words.LESS_LIKELY)}: {_t(line.less_likely)}</span>' if line.less_likely else "")
            + f"{_tags(line.flags)}</li>\n"
        )
    yield "</ul>\n"


def _to_ask(view: ReportView) -> Iterable[str]:
    if not (view.questions or view.tests):
        return
    body = []
    for label, facts in ((words.QUESTIONS, view.questions), (words.TESTS, view.tests)):
        if facts:
            rows = "".join(f'<li>{_t(f.label)} <span class="for">{_t(f.text)}</span></li>' for f in facts)
            body.append(f"<h3>{_t(label)}</h3>\n<ul>{rows}</ul>\n")
    yield from _section("to-ask", words.TO_ASK, words.TO_ASK_HELP, body)


def _matrix(view: ReportView) -> Iterable[str]:
    matrix = view.matrix
    if not matrix.rows:
        return
    heads = "".join(f'<th scope="col">{_t(name)}</th>' for name in (words.DRUG, *matrix.genes))
    table = (
        f'<div class="wide" role="region" aria-labelledby="glance" tabindex="0"><table class="matrix">\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{''.join(map(_matrix_row, matrix.rows))}</tbody>\n</table></div>\n"
    )
    yield from _section("glance", words.AT_A_GLANCE, words.AT_A_GLANCE_HELP, [table])


def _matrix_row(row: MatrixRow) -> str:
    cells = "".join(map(_matrix_cell, row.cells))
    return f'<tr><th scope="row">{_t(row.drug)}<span class="full">{_t(row.badge)}</span></th>{cells}</tr>\n'


def _matrix_cell(cell: Cell) -> str:
    if not cell.mark:
        return "<td></td>"
    short = f"{cell.genetic} → {cell.result}" if cell.genetic else cell.result
    return (
        f'<td class="{cell.mark}"><span aria-hidden="true">{_shape(cell.mark)} {_t(short)}</span>'
        f'<span class="spoken">{_t(cell.said)}</span></td>'
    )


def _interactions(view: ReportView) -> Iterable[str]:
    if view.interactions:
        rows = "".join(f"<li>{_t(text)}</li>" for text in view.interactions)
        yield from _section("interactions", words.INTERACTIONS, words.INTERACTIONS_HELP, [f"<ul>{rows}</ul>\n"])


def _genes(view: ReportView) -> Iterable[str]:
    yield from _section("genes", words.GENES, words.GENES_HELP, _gene_table(view.genes))
    body = "".join(f"<div><dt>{_t(f.label)}</dt><dd>{_t(f.text)}</dd></div>" for f in view.untested)
    yield from _section(
        "not-tested",
        words.NOT_TESTED,
        words.NOT_TESTED_HELP if body else words.ALL_TESTED,
        [f'<dl class="untested">{body}</dl>\n'] if body else [],
    )


def _gene_table(genes: Sequence[GeneView]) -> Iterable[str]:
    if not genes:
        yield f"<p>{_t(words.NO_GENE_CALLED)}</p>\n"
        return
    columns = (words.GENE, words.RESULT, words.FUNCTION, words.HOW_SURE, words.GAPS)
    heads = "".join(f'<th scope="col" role="columnheader">{_t(c)}</th>' for c in columns)
    yield (
        '<table class="genes" role="table" aria-labelledby="genes">\n<thead role="rowgroup"><tr role="row">'
        f'{heads}</tr></thead>\n<tbody role="rowgroup">\n'
    )
    yield from map(_gene_row, genes)
    yield "</tbody>\n</table>\n"


def _gene_row(gene: GeneView) -> str:
    score = f"<p>{_t(words.SCORE)} {_t(gene.score)}</p>" if gene.score else ""
    diplotype = f"<p>{_t(gene.result)}</p>" if gene.result else ""
    converted = f'<p class="converted">{_t(gene.converted)}</p>' if gene.converted else ""
    result = f'<p class="phenotype">{_t(gene.phenotype)}</p>{converted}{diplotype}{score}{_tags(gene.flags)}' + "".join(
        f"<p>{_t(w)}</p>" for w in gene.warnings
    )
    result += _folded(f"{words.MODULATORS}: {gene.gene}", gene.modulators)
    readings = ""
    if gene.readings:
        rows = "".join(
            f"<li>{_t(', '.join(x for x in (r.when, r.then) if x))}: {_t(r.how_likely)}</li>" for r in gene.readings
        )
        readings = f"<details><summary>{_t(words.READINGS)}: {_t(gene.gene)}</summary><ul>{rows}</ul></details>"
    sure = "".join(f"<p>{_t(s)}</p>" for s in gene.sure) + readings
    gaps = "".join(f"<p>{_t(g)}</p>" for g in gene.gaps)
    if gene.positions:
        gaps += (
            f"<details><summary>{_t(words.POSITIONS)}: {_t(gene.gene)}</summary><p>{_t(gene.positions)}</p></details>"
        )
    cells = ((words.RESULT, result), (words.FUNCTION, gene.bar), (words.HOW_SURE, sure), (words.GAPS, gaps))
    return (
        f'<tr role="row"><th scope="row" role="rowheader">{_t(gene.gene)}<span class="full">{_t(gene.name)}</span></th>'
        + "".join(f'<td role="cell" data-label="{_t(label)}">{body}</td>' for label, body in cells)
        + "</tr>\n"
    )


def _secondary(view: ReportView) -> Iterable[str]:
    if view.secondary:
        rows = "".join(f"<li>{_t(text)}</li>" for text in view.secondary)
        yield from _section("secondary", words.SECONDARY, words.SECONDARY_HELP, [f"<ul>{rows}</ul>\n"])


def _details(view: ReportView) -> Iterable[str]:
    if view.details:
        yield from _section("details", words.FOR_THE_PHARMACIST, "", map(_detail, view.details))


def _detail(detail: DrugDetail) -> str:
    ordered = f'<span class="ordered"><bdi>{_t(detail.ordered)}</bdi></span>' if detail.ordered else ""
    return (
        f'<article class="detail" id="{detail.anchor}" aria-labelledby="{detail.anchor}-name"><header>'
        f'<h3 id="{detail.anchor}-name">{_t(detail.drug)}</h3>{_badge(detail.mark, detail.badge)}{ordered}'
        f"{_tags(detail.flags)}</header>"
        + _answer(detail.advices[0])
        + "".join(f"<details><summary>{_summary(a)}</summary>{_answer(a)}</details>" for a in detail.advices[1:])
        + "</article>\n"
    )


def _summary(advice: AdviceView) -> str:
    return f"{_t(words.ALSO)}: {_t(advice.title)}: {_t(advice.badge.lower())}"


def _answer(advice: AdviceView) -> str:
    pairs = "".join(map(_pair, (*advice.genes, *advice.facts)))
    for label, sentences in ((words.BRANCHES, advice.branches), (words.POSSIBILITIES, advice.possibilities)):
        if sentences:
            pairs += f"<dt>{_t(label)}</dt>" + "".join(f"<dd>{_t(text)}</dd>" for text in sentences)
    if advice.evidence:
        pairs += f"<dt>{_t(words.EVIDENCE)}</dt>" + "".join(f"<dd>{_reference(e)}</dd>" for e in advice.evidence)
    trace = "".join(f"<li>{_t(f.label)}: {_t(f.text)}</li>" for f in advice.trace)
    return (
        f'<div class="answer"><h4>{_t(advice.title)}</h4>'
        f"<p>{_badge(advice.mark, advice.badge)} {_t(advice.text)}</p>"
        + "".join(f'<p class="note">{_t(n)}</p>' for n in advice.notes)
        + _options(advice.options)
        + f'<p class="patient">{_t(words.FOR_PATIENT)}: {_t(advice.patient)}</p>'
        + f'<dl class="pairs">{pairs}</dl>'
        + (f"<details><summary>{_t(words.TRACE)}</summary><ol>{trace}</ol></details>" if trace else "")
        + "</div>"
    )


def _options(options: Sequence[Option]) -> str:
    if not options:
        return ""
    heads = "".join(f'<th scope="col">{_t(h)}</th>' for h in (words.OPTION, words.NAMED_BY, words.VERDICT))
    rows = "".join(
        f'<tr><th scope="row">{_t(o.name)}</th><td>{_t(o.named_by)}</td>'
        f'<td class="{o.mark}">{_shape(o.mark)} {_t(o.verdict)}</td></tr>'
        for o in options
    )
    return (
        f'<table class="options"><caption>{_t(words.OPTIONS)}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _reference(fact: Fact) -> str:
    label = _t(fact.label)
    if fact.url:
        label = f'<a href="{_t(fact.url)}" rel="noreferrer">{label}</a>'
    return label if fact.text == fact.label else f"{label} {_t(fact.text)}"


def _pair(fact: Fact) -> str:
    """A term and its text; a fact without a label is one more text of the term before it."""
    term = f"<dt>{_t(fact.label)}</dt>" if fact.label else ""
    look = ' class="hash"' if fact.label == words.HASH else ""
    return f"{term}<dd{look}>{_t(fact.text)}</dd>"


def _warnings(view: ReportView) -> Iterable[str]:
    if view.warnings:
        rows = "".join(f"<li>{_t(w)}</li>" for w in view.warnings)
        yield from _section("warnings", words.FILE_WARNINGS, "", [f"<ul>{rows}</ul>\n"])


def _footer(view: ReportView) -> Iterable[str]:
    yield "<footer>\n"
    limits = "".join(f"<li>{_t(line)}</li>" for line in view.limits)
    yield from _section("limits", words.LIMITS, "", [f"<ul>{limits}</ul>\n"])
    pairs = "".join(map(_pair, view.sources))
    cited = "".join(f"<li>{_reference(c)}</li>" for c in view.citations)
    yield from _section(
        "sources", words.SOURCES, "", [f'<dl class="pairs">{pairs}</dl>\n', f"<ul>{cited}</ul>\n" if cited else ""]
    )
    yield "</footer>\n"
