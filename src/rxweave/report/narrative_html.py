"""Narratives on the page: the prescriber's on top, the others as pages of their own, and the notes on every sentence.

The facts behind a sentence appear on hover, and by its number, which is a link, for those who use a keyboard or paper.
A letter carries no numbers: its notes repeat the sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from rxweave.narrative.narrative import Audience
from rxweave.report import words
from rxweave.report.narrative_view import NarrativePart, NarrativeView, SaidSentence, on_pages, on_top


def narratives_on_top(views: Sequence[NarrativeView]) -> Iterable[str]:
    """The prescriber's narrative, and links to the pages of the others."""
    for view in on_top(views):
        others = "".join(
            f'<li><a href="#narrative-{v.audience}"><span lang="{v.language}">{_t(v.title)}</span></a></li>'
            for v in on_pages(views)
        )
        yield from _narrative(view, "narrative top")
        yield f'<ul class="pages">{others}</ul>\n' if others else ""
        yield "</section>\n"


def narratives_on_pages(views: Sequence[NarrativeView], of_whom: str) -> Iterable[str]:
    """Everything that is not for the prescriber, each with a line that says of whom it speaks."""
    for view in on_pages(views):
        look = "narrative page letter" if view.audience == Audience.PATIENT else "narrative page"
        yield from _narrative(view, look, of_whom)
        yield "</section>\n"


def notes(views: Sequence[NarrativeView]) -> Iterable[str]:
    """What each sentence rests on."""
    noted = [v for v in views if any(s.note for p in v.parts for s in p.sentences)]
    if not noted:
        return
    yield f'<section aria-labelledby="notes" class="notes">\n<h2 id="notes">{_t(words.NOTES_ON_SENTENCES)}</h2>\n'
    yield f'<p class="help">{_t(words.NOTES_ON_SENTENCES_HELP)}</p>\n'
    for view in noted:
        rows = "".join(_note(s, view) for p in view.parts for s in p.sentences if s.note)
        yield f'<details lang="{view.language}"><summary>{_t(view.title)}</summary>\n<ol>\n{rows}</ol></details>\n'
    yield "</section>\n"


def _narrative(view: NarrativeView, look: str, of_whom: str = "") -> Iterable[str]:
    ident = f"narrative-{view.audience}"
    yield f'<section aria-labelledby="{ident}" class="{look}" lang="{view.language}">\n'
    yield f'<h2 id="{ident}">{_t(view.title)}</h2>\n'
    if of_whom:
        yield f'<p class="help" lang="{words.LANGUAGE}"><bdi>{_t(of_whom)}</bdi></p>\n'
    if view.written_by:
        yield f'<p class="help" lang="{words.LANGUAGE}">{_t(view.written_by)}</p>\n'
    has_marks = view.audience != Audience.PATIENT
    for part in view.parts:
        yield f'<div class="part"><h3>{_t(part.heading)}</h3>{_sentences(part, has_marks)}</div>\n'


def _sentences(part: NarrativePart, has_marks: bool) -> str:
    said = [_sentence(s, has_marks) for s in part.sentences]
    if len(said) == 1:
        return f"<p>{said[0]}</p>"
    return "<ul>" + "".join(f"<li>{s}</li>" for s in said) + "</ul>"


def _sentence(sentence: SaidSentence, has_marks: bool) -> str:
    hover = f' title="{_t(_rests_on(sentence))}"' if sentence.facts else ""
    mark = _mark(sentence) if has_marks else ""
    return f"<span{hover}>{_t(sentence.text)}</span>{mark}"


def _mark(sentence: SaidSentence) -> str:
    link = f'<a href="#note-{sentence.note}" id="said-{sentence.note}">{sentence.note}</a>' if sentence.note else ""
    model = (
        f'<abbr title="{_t(sentence.writer)}" lang="{words.LANGUAGE}">{_t(words.MODEL_MARK)}</abbr>'
        if sentence.writer
        else ""
    )
    return f'<sup class="mark">{link}{model}</sup>' if link or model else ""


def _note(sentence: SaidSentence, view: NarrativeView) -> str:
    is_letter = view.audience == Audience.PATIENT
    quoted = f"<q>{_t(sentence.text)}</q> " if is_letter else ""
    back = "" if is_letter else f' <a href="#said-{sentence.note}" aria-label="{sentence.note}">↑</a>'
    facts = _t("; ".join(sentence.facts))
    writer = sentence.writer or sentence.because
    by = f' <span class="tag" lang="{words.LANGUAGE}">{_t(writer)}</span>' if writer else ""
    return f'<li id="note-{sentence.note}" value="{sentence.note}">{quoted}{facts}{by}{back}</li>\n'


def _rests_on(sentence: SaidSentence) -> str:
    return " • ".join(sentence.facts)


def _t(text: str) -> str:
    return escape(text, quote=True)
