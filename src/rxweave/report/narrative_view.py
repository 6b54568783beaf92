"""Narratives as plain text in reading order: headings, sentences, and the note that says what each rests on.

Sentences and facts are in the narrative's own language, which need not be the report's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count, groupby

from rxweave.narrative.fact_words import fact_words
from rxweave.narrative.narrative import Audience, Narrative, Sentence
from rxweave.narrative.templates import templates
from rxweave.report import words
from rxweave.report.text import one_line

BUILT_IN = "builtin"


@dataclass(frozen=True, slots=True)
class SaidSentence:
    """``note`` is the number of its note, 0 where it states no fact; ``writer`` is empty for the built-in one.

    ``facts`` are in words, each once: one result may matter for several drugs.
    """

    text: str
    note: int
    facts: tuple[str, ...]
    writer: str = ""
    because: str = ""  # why the built-in sentence stands where a model should have written one


@dataclass(frozen=True, slots=True)
class NarrativePart:
    heading: str
    sentences: tuple[SaidSentence, ...]


@dataclass(frozen=True, slots=True)
class NarrativeView:
    """``written_by`` is empty where the built-in writer wrote all of it."""

    audience: str
    title: str
    language: str
    written_by: str
    parts: tuple[NarrativePart, ...]


def narrative_views(narratives: Iterable[Narrative]) -> tuple[NarrativeView, ...]:
    """Notes are numbered through all narratives of a report, so that a number names one sentence."""
    numbers = count(1)
    return tuple(_view(narrative, numbers) for narrative in narratives)


def _view(narrative: Narrative, numbers: Iterable[int]) -> NarrativeView:
    t = templates(narrative.language)
    parts = tuple(
        NarrativePart(
            t.fill("heading", heading) if heading else "", tuple(_said(s, narrative, numbers) for s in sentences)
        )
        for heading, sentences in groupby(narrative.sentences, lambda s: s.heading)
    )
    title = t.fill("title", narrative.audience.value)
    return NarrativeView(narrative.audience.value, title, narrative.language, _written_by(narrative), parts)


def _said(sentence: Sentence, narrative: Narrative, numbers: Iterable[int]) -> SaidSentence:
    facts = [fact for fact_id in sentence.facts if (fact := narrative.sheet.get(fact_id)) is not None]
    in_words = dict.fromkeys(one_line(fact_words(fact, narrative.sheet, narrative.language)) for fact in facts)
    return SaidSentence(
        text=one_line(sentence.text),
        note=next(iter(numbers)) if facts else 0,
        facts=tuple(in_words),
        writer=one_line(sentence.writer) if sentence.writer != BUILT_IN else "",
        because=words.BUILT_IN_BECAUSE[sentence.because.partition(":")[0]] if sentence.because else "",
    )


def _written_by(narrative: Narrative) -> str:
    if narrative.writer == BUILT_IN and all(s.writer == BUILT_IN for s in narrative.sentences):
        return ""
    prompt = f", {words.PROMPT} {narrative.prompt}" if narrative.prompt else ""
    return words.WRITTEN_BY.format(writer=f"{one_line(narrative.writer)}{prompt}")


def on_top(views: Sequence[NarrativeView]) -> tuple[NarrativeView, ...]:
    """What the prescriber reads first."""
    return tuple(v for v in views if v.audience == Audience.PRESCRIBER)


def on_pages(views: Sequence[NarrativeView]) -> tuple[NarrativeView, ...]:
    """What has pages of its own."""
    return tuple(v for v in views if v.audience != Audience.PRESCRIBER)
