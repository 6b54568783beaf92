"""The summary of a cohort as one self-contained page: a plot and a table a gene, no script, readable without colour."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from rxweave.errors import InputError
from rxweave.report.cohort import Frequency, GeneSummary, Kind, summary_tsv
from rxweave.report.files import write_text

#: Bars drawn a plot, and lines of the table beside it; summary.tsv holds all.
_MOST_BARS, _MOST_LINES = 12, 100
_LABEL, _PLOT, _ROW = 250, 360, 22
#: Letters that the room for a label holds, at 13 px and 8 px a letter.
_MOST_LETTERS = 30
_KINDS = (
    (Kind.PHENOTYPE, "Phenotypes", "people with a result"),
    (Kind.ALLELE, "Alleles", "alleles of people whose alleles are known"),
    (Kind.DIPLOTYPE, "Diplotypes", "people with one diplotype"),
    (Kind.NOT_CALLED, "Not called", "people, called or not"),
)
_CSS = """
body{font:16px/1.5 system-ui,sans-serif;color:#1a2733;background:#fff;max-width:60rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem}h2{border-top:1px solid #b8c2cc;padding-top:1rem;margin-top:2rem}h3{margin-bottom:.2rem}
nav a{margin-right:.8rem;white-space:nowrap}p.note{color:#44515e;margin:.2rem 0}
svg{max-width:100%;height:auto;display:block}
svg text{font:13px system-ui,sans-serif;fill:#1a2733}.bar{fill:#5b84ad}.whisker{stroke:#1a2733;stroke-width:1.4}
.axis{stroke:#8a97a3}table{border-collapse:collapse;margin:.5rem 0}caption{text-align:left}
th,td{text-align:left;padding:.15rem .8rem .15rem 0;border-bottom:1px solid #dfe5ea}td.n,th.n{text-align:right}
a:focus,summary:focus{outline:3px solid #0b5fa5}summary{cursor:pointer}
@media print{details>*{display:block}}
"""


def summary_page(summaries: Sequence[GeneSummary], source: str) -> str:
    """The page. ``source``: what was summed up, as the reader should see it."""
    digest = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    people = max((s.people for s in summaries), default=0)
    links = " ".join(f'<a href="#{_anchor(s.gene)}">{escape(s.gene)}</a>' for s in summaries)
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>Cohort summary: {escape(source)}</title>\n<style>{_CSS}</style>\n</head>\n<body>\n",
            f"<h1>Cohort summary</h1>\n<p>{escape(source)}: {people:,} people, {len(summaries)} genes. Each bar is a"
            " share of what was called, with its 95% Wilson confidence interval; the number it is a share of stands"
            " with each plot. People without a single answer are counted as not called, never spread over the"
            " possible answers. An allele at a position that was not read was not seen: where positions are"
            " missing, such alleles are found too seldom, and the reference allele too often.</p>\n"
            f'<nav aria-label="Genes">{links}</nav>\n<main>\n',
            *(part for summary in summaries for part in _gene(summary)),
            "</main>\n</body>\n</html>\n",
        )
    )


def write_summary(summaries: Sequence[GeneSummary], source: str, folder: Path) -> tuple[Path, Path]:
    """Write ``summary.tsv`` and ``summary.html`` into ``folder``, which is made if need be. Raises InputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot make this folder ({error.strerror}). Name another with -o.") from error
    table, page = folder / "summary.tsv", folder / "summary.html"
    write_text(table, summary_tsv(summaries))
    write_text(page, summary_page(summaries, source))
    return table, page


def _gene(summary: GeneSummary) -> Iterator[str]:
    yield f'<section aria-labelledby="{_anchor(summary.gene)}">\n<h2 id="{_anchor(summary.gene)}">'
    yield f'{escape(summary.gene)}</h2>\n<p class="note">{summary.people:,} people; '
    if summary.missing_positions is None:
        yield "it is not told from positions of the file, but from outside calls alone.</p>\n"
    else:
        yield f"{summary.missing_positions:.1%} of their positions were not read.</p>\n"
    for kind, title, whole in _KINDS:
        found = summary.of(kind)
        if not found:
            continue
        yield f'<h3>{title}</h3>\n<p class="note">Share of {found[0].total:,} {whole}.</p>\n'
        yield _plot(found, f"{title} of {summary.gene}")
        yield _table(found, f"{title} of {summary.gene}")
    yield "</section>\n"


def _plot(found: Sequence[Frequency], title: str) -> str:
    drawn = found[:_MOST_BARS]
    height = _ROW * len(drawn) + 24
    top = max(one.interval[1] for one in drawn)
    scale = next(edge for edge in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if top <= edge)
    said = "; ".join(f"{one.name} {_percent(one.share)}" for one in drawn)
    parts = [
        f'<svg role="img" viewBox="0 0 {_LABEL + _PLOT + 90} {height}" width="{_LABEL + _PLOT + 90}"'
        f' aria-label="{escape(f"{title}: {said}")}">'
    ]
    for row, one in enumerate(drawn):
        y = row * _ROW
        low, high = (_LABEL + _PLOT * end / scale for end in one.interval)
        end = _LABEL + _PLOT * one.share / scale
        middle = y + _ROW // 2
        # The whole name is in the table below the plot.
        name = one.name if len(one.name) <= _MOST_LETTERS else one.name[: _MOST_LETTERS - 1] + "…"
        parts.append(
            f'<text x="{_LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="bar" x="{_LABEL}" y="{y + 4}" width="{end - _LABEL:.1f}" height="{_ROW - 8}"/>'
            f'<path class="whisker" fill="none" d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8'
            f'M{high:.1f} {middle - 4}v8"/>'
            f'<text x="{high + 6:.1f}" y="{middle + 4}">{_percent(one.share)}</text>'
        )
    bottom = _ROW * len(drawn) + 2
    parts.append(f'<path class="axis" d="M{_LABEL} {bottom}h{_PLOT}"/>')
    for mark in (0.0, 0.5, 1.0):
        x = _LABEL + _PLOT * mark
        parts.append(f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{_percent(scale * mark)}</text>')
    return "".join((*parts, "</svg>\n"))


def _table(found: Sequence[Frequency], caption: str) -> str:
    rows = []
    for one in found[:_MOST_LINES]:
        low, high = one.interval
        rows.append(
            f'<tr><th scope="row">{escape(one.name)}</th><td class="n">{one.count:,}</td>'
            f'<td class="n">{_percent(one.share)}</td><td class="n">{_percent(low)} to {_percent(high)}</td></tr>'
        )
    title = "As a table" if len(found) == 1 else f"All {len(found)} as a table"
    if len(found) > _MOST_LINES:
        title = f"The first {_MOST_LINES} of {len(found)} as a table (summary.tsv holds all)"
    return (
        f"<details><summary>{title}</summary><table><caption>{escape(caption)}</caption>"
        '<thead><tr><th scope="col">Name</th><th scope="col" class="n">Count</th><th scope="col" class="n">Share</th>'
        f'<th scope="col" class="n">95% interval</th></tr></thead><tbody>{"".join(rows)}</tbody></table></details>\n'
    )


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.01 or share == 0 else f"{share:.2%}" if share >= 0.0001 else f"{share:.4%}"


def _anchor(gene: str) -> str:
    return "gene-" + "".join(c if c.isalnum() else "-" for c in gene)
