"""The short summary that a terminal shows after a report: one line a medicine, shape and word, then what is missing."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence

from rxweave.guidance.advice import Advice
from rxweave.narrative import phrase, sides
from rxweave.report import words
from rxweave.report.acting import acting_mark, acts_of
from rxweave.report.asks import interaction_lines
from rxweave.report.drug_view import DrugLine, in_class, instead, set_aside
from rxweave.report.marks import Mark, mark_of_drug
from rxweave.report.model import Report
from rxweave.report.text import one_line
from rxweave.report.view import view_of

_SHAPES = {Mark.CHANGE: "▲", Mark.WATCH: "◇", Mark.FINE: "●", Mark.UNKNOWN: "?", Mark.NONE: "–"}
_COLOURS = {Mark.CHANGE: "31;1", Mark.WATCH: "33", Mark.FINE: "32", Mark.UNKNOWN: "35", Mark.NONE: "2"}
_BADGE, _GAP = 19, 1


def summary_table(report: Report, width: int | None = None, *, is_tty: bool | None = None) -> str:
    """The summary in ``width`` columns (the terminal's, else 100); colour only on a terminal (``NO_COLOR`` unset)."""
    if is_tty is None:
        is_tty = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    view = view_of(report)
    width = terminal_width(width)
    groups = (view.change, view.watch, view.unknown, view.not_understood, view.fine, view.not_held)
    lines = [line for group in groups for line in group]
    out = wrap(": ".join(x for x in (view.title, view.sample) if x), width)[:2]
    out += [*wrap(", ".join(c.text for c in view.counts) if lines else words.NO_MEDICINES, width), ""]
    name_width = min(max((_columns(line.drug) for line in lines), default=0), width // 4)
    for line in lines:
        out += _rows(line, name_width, width, is_tty)
    for flag in view.flags:
        out += wrap(f"{flag.label}. {flag.text}", width)
    if view.untested:
        out += wrap(f"{words.NOT_TESTED}: {', '.join(f.label for f in view.untested)}", width)
    return "\n".join(out).rstrip()


def advice_text(advices: Iterable[Advice], width: int | None = None) -> str:
    """What ``rxweave advise`` prints: a card a drug, its headline in full, the other sources and groups a line each."""
    width = terminal_width(width)
    by_drug: dict[str, list[Advice]] = {}
    for advice in advices:
        by_drug.setdefault(advice.drug, []).append(advice)
    everything = [a for found in by_drug.values() for a in found]
    acts = acts_of(everything)
    cards = [
        _drug_card(sorted(found, key=lambda a: not a.is_headline), acts.get(drug, ""), width)
        for drug, found in by_drug.items()
    ]
    asked = interaction_lines(everything)
    if asked:
        cards.append("\n".join([words.INTERACTIONS, *(row for text in asked for row in indented(text, width))]))
    return "\n\n".join(cards)


def _drug_card(advices: Sequence[Advice], acts: str, width: int) -> str:
    """``acts``: what the drug does to others of the list."""
    advice = advices[0]
    mark = mark_of_drug(advices)
    said = phrase(advice)
    title = " · ".join(x for x in (advice.source, words.strength(advice.strength), said.population) if x)
    rows = [
        *wrap(f"{_SHAPES[acting_mark(mark) if acts else mark]} {said.headline}", width, "  "),
        *([f"  {title}"] if title else []),
    ]
    labelled = (
        ("", said.triggered),
        ("", acts),
        ("", " ".join(x for x in (said.why, said.follow_up) if x)),
        (words.INSTEAD, ", ".join(instead(advice, said))),
        (words.IN_CLASS, ", ".join(in_class(advice, said))),
        (words.SET_ASIDE, ", ".join(set_aside(advice, said))),
        (words.MISSING, " ".join(said.missing)),
        (words.TEST, " ".join(said.tests)),
        *((words.BRANCHES, text) for text in said.branches),
        *((words.POSSIBILITIES, text) for text in said.possibilities),
        *((words.NOTES, text) for text in said.notes),
        *((words.DIFFERS, text) for text in dict.fromkeys(said.disagreements)),
        *((words.ALSO, text) for text in sides(advices[1:])),
        *((words.SITE, text) for text in said.site_changes),
        (words.ALERT, " — ".join(x for x in (words.TIERS[advice.alert_tier], said.tier_because) if x)),
        (words.EVIDENCE, ", ".join(f"PMID {c.pmid}" if c.pmid else c.id for c in advice.evidence)),
    )
    for label, text in labelled:
        if text:
            rows += indented(f"{label}: {text}" if label else text, width, "  " if label else "")
    return "\n".join(rows)


def indented(text: str, width: int, hanging: str = "  ") -> list[str]:
    """``wrap`` two columns to the right."""
    return [f"  {row}" for row in wrap(text, width - 2, hanging)]


def terminal_width(width: int | None) -> int:
    """The width asked for, else the terminal's within reason."""
    return max(width or min(shutil.get_terminal_size((100, 24)).columns, 120), 48)


def _rows(line: DrugLine, name_width: int, width: int, is_tty: bool) -> list[str]:
    badge = f"{_SHAPES[line.mark]} {line.badge}".ljust(_BADGE)
    if is_tty:
        badge = f"\x1b[{_COLOURS[line.mark]}m{badge}\x1b[0m"
    said = [line.what] if line.mark is not Mark.FINE else [line.genes or line.what]
    if line.is_converted:
        said.append(line.genes)
    if line.instead:
        said.append(f"{words.INSTEAD}: {', '.join(line.instead)}")
    if line.mark is Mark.UNKNOWN and line.tests:
        said.append(" ".join(line.tests))
    if line.because:
        said.append(line.because)
    if line.differs and line.mark is not Mark.CHANGE:
        said.append(line.differs)
    if line.conditions and line.mark is not Mark.CHANGE:
        said.append(line.conditions)
    if line.less_likely:
        said.append(words.LESS_LIKELY_SHORT)
    said += line.flags
    indent = _BADGE + _GAP + name_width + _GAP
    body = [row for text in said if text for row in wrap(text, width - indent)] or [""]
    name = _cut(line.drug, name_width)
    first = f"{badge}{' ' * _GAP}{name}{' ' * (name_width - _columns(name) + _GAP)}{body[0]}"
    return [first.rstrip(), *(" " * indent + row for row in body[1:])]


def wrap(text: str, width: int, hanging: str = "") -> list[str]:
    """``text`` in rows of at most ``width`` columns, broken at spaces where there are any; later rows are indented."""
    rows: list[str] = []
    row = ""
    for word in map(one_line, text.split()):  # what somebody typed obeys no terminal
        while word:
            lead = "" if not row and not rows else hanging if not row else f"{row} "
            if _columns(lead + word) <= width:
                row, word = lead + word, ""
            elif row:
                rows.append(row)
                row = ""
            else:
                part = _head(word, width - _columns(lead))
                rows.append(lead + part)
                word = word[len(part) :]
    return [*rows, row] if row else rows


def _cut(text: str, width: int) -> str:
    return text if _columns(text) <= width else _head(text, width - 1) + "…"


def _head(text: str, width: int) -> str:
    """The longest beginning of ``text`` that fits, never empty."""
    end = 1
    while end < len(text) and _columns(text[: end + 1]) <= width:
        end += 1
    return text[:end]


def _columns(text: str) -> int:
    """Terminal columns: wide characters take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
