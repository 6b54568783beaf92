"""Evaluations of writers side by side: as a self-contained page, and as a table in the terminal."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from html import escape

from rxweave.narrative.evaluation import MUST_BE_WHOLE, Evaluation, Score, Totals, Worse

#: Narratives listed of each evaluation: those of which most was refused or left out.
_MOST_LISTED = 15


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f} s" if value < 1 else f"{value:.1f} s"


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _money(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


#: Field of Totals -> what it is, and how it is written.
_ROWS: dict[str, tuple[str, Callable[[float | None], str]]] = {
    "narratives": ("Narratives", _count),
    "accepted_share": ("Sentences accepted at first", _share),
    "kept_share": ("Of the narratives: from the first answer", _share),
    "repaired_share": ("Of the narratives: after repair", _share),
    "replaced_share": ("Of the narratives: replaced", _share),
    "complete_share": ("Complete at first", _share),
    "failed_share": ("Without a usable answer", _share),
    "agreement": ("Ask what the advice asks", _share),
    "proved_share": ("Proved as shown", _share),
    "words": ("Words (median)", _count),
    "grade": ("Reading grade of letters (highest)", _number),
    "seconds": ("Time (median)", _seconds),
    "slowest": ("Time (longest)", _seconds),
    "tokens_in": ("Tokens in", _count),
    "tokens_out": ("Tokens out", _count),
    "cost": ("Cost of a narrative (mean)", _money),
}
_CSS = """
body{font:16px/1.5 system-ui,sans-serif;color:#1a2733;background:#fff;max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem}h2{border-top:1px solid #b8c2cc;padding-top:1rem;margin-top:2rem}
div.wide{overflow-x:auto}table{border-collapse:collapse;margin:.5rem 0}caption{text-align:left;font-weight:600}
th,td{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0;border-bottom:1px solid #dfe5ea}
td.n,th.n{text-align:right}td.bad{color:#a01616;font-weight:600}small{display:block;font-weight:400;color:#44515e}
"""


def evaluation_page(evaluations: Sequence[Evaluation]) -> str:
    """The page, one column an evaluation, in the order given."""
    digest = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    audiences = dict.fromkeys(a for e in evaluations for a in e.audiences)
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>Writers of narratives</title>\n<style>{_CSS}</style>\n</head>\n<body>\n",
            "<h1>Writers of narratives</h1>\n<p>Each writer told the same cases; a verifier accepted or refused every"
            " sentence. What a model got wrong twice, or left out, the built-in writer said instead: so the two rows"
            " <em>ask what the advice asks</em> and <em>proved as shown</em> have to be 100%, whoever writes.</p>\n",
            "<main>\n",
            *_measured("All readers", evaluations, [e.totals for e in evaluations]),
            *(
                part
                for audience in audiences
                for part in _measured(f"Reader: {audience}", evaluations, [e.of(audience) for e in evaluations])
            ),
            *_refused(evaluations),
            *(part for e in evaluations for part in _listed(e)),
            "</main>\n</body>\n</html>\n",
        )
    )


def _measured(title: str, evaluations: Sequence[Evaluation], measured: Sequence[Totals]) -> Iterator[str]:
    yield f'<div class="wide"><table><caption>{escape(title)}</caption>\n<thead><tr><th scope="col">Measure</th>'
    yield from (f'<th scope="col" class="n">{_named(e)}</th>' for e in evaluations)
    yield "</tr></thead>\n<tbody>\n"
    for field, (label, written) in _ROWS.items():
        yield f'<tr><th scope="row">{label}</th>'
        for totals in measured:
            value = getattr(totals, field)
            is_bad = field in MUST_BE_WHOLE and value not in (None, 1)
            yield f'<td class="n{" bad" if is_bad else ""}">{escape(written(value))}</td>'
        yield "</tr>\n"
    yield "</tbody></table></div>\n"


def _named(evaluation: Evaluation) -> str:
    prompts = "".join(f"<small>{escape(name)}</small>" for name in evaluation.prompts.values())
    told = f"cases {evaluation.cases}, release {evaluation.release}, {evaluation.language}, seed {evaluation.seed}"
    return f"{escape(evaluation.writer)}{prompts}<small>{escape(told)}</small>"


def _refused(evaluations: Sequence[Evaluation]) -> Iterator[str]:
    found = [e.refused for e in evaluations]
    codes = sorted({code for refused in found for code in refused})
    if not codes:
        return
    yield '<div class="wide"><table><caption>Why sentences were refused at first</caption>\n<thead><tr>'
    yield '<th scope="col">Reason</th>' + "".join(f'<th scope="col" class="n">{_named(e)}</th>' for e in evaluations)
    yield "</tr></thead>\n<tbody>\n"
    for code in codes:
        cells = "".join(f'<td class="n">{refused[code]:,}</td>' for refused in found)
        yield f'<tr><th scope="row">{escape(code)}</th>{cells}</tr>\n'
    yield "</tbody></table></div>\n"


def _listed(evaluation: Evaluation) -> Iterator[str]:
    worst = sorted((s for s in evaluation.scores if _faults(s)), key=lambda s: (-_faults(s), s.case))[:_MOST_LISTED]
    if not worst:
        return
    yield f"<h2>{escape(evaluation.writer)}: where it failed most</h2>\n"
    yield '<div class="wide"><table><thead><tr>'
    columns = ("Case", "Reader", "Refused at first", "Left out", "Failure", "Asks otherwise of")
    yield "".join(f'<th scope="col">{name}</th>' for name in columns)
    yield "</tr></thead>\n<tbody>\n"
    for s in worst:
        refused = ", ".join(f"{code} {count}" for code, count in s.refused.items())
        cells = (s.audience, refused, str(s.left_out), s.failure, ", ".join(s.disagreeing))
        yield f'<tr><th scope="row">{escape(s.case)}</th>{"".join(f"<td>{escape(c)}</td>" for c in cells)}</tr>\n'
    yield "</tbody></table></div>\n"


def _faults(score: Score) -> int:
    grave = 1000 * (bool(score.disagreeing) or not score.is_proved) + 100 * bool(score.failure)
    return grave + score.drafted - score.accepted + score.left_out


def evaluation_text(evaluation: Evaluation) -> str:
    """The measures as a table, a column for all readers and one for each."""
    columns = {"all": evaluation.totals} | {a: evaluation.of(a) for a in evaluation.audiences}
    rows = [
        f"{evaluation.writer}: cases {evaluation.cases}, release {evaluation.release}, {evaluation.language}",
        *(f"  {name}" for name in evaluation.prompts.values()),
        "",
        f"{'':<42}" + "".join(f"{name:>12}" for name in columns),
    ]
    for field, (label, written) in _ROWS.items():
        rows.append(f"{label:<42}" + "".join(f"{written(getattr(t, field)):>12}" for t in columns.values()))
    refused = ", ".join(f"{code} {count}" for code, count in evaluation.refused.most_common())
    return "\n".join([*rows, *(["", f"Refused at first: {refused}"] if refused else [])])


def worse_text(found: Sequence[Worse]) -> str:
    """A line for each measure that is worse than in the baseline."""
    return "\n".join(
        f"worse: {_ROWS[w.measure][0]} ({w.audience or 'all'}): {_ROWS[w.measure][1](w.before)} before, "
        f"{_ROWS[w.measure][1](w.now)} now"
        for w in found
    )
