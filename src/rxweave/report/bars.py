"""The picture of one gene's function: an SVG that reads without colour and carries its own description.

A gene with an activity score is drawn on the linear scale of its bands; any other gene as a row of its phenotypes in
clinical order. A (nearly) certain result is a solid mark, a possible one an open, dashed mark. Where other medicines
change the result, the genes' marks point down from above and what the person works as points up from below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rxweave.knowledge.genes import ScoreBand
from rxweave.phenotyping.phenotype import INDETERMINATE, NO_RESULT, GenePhenotype, Phenotype
from rxweave.report import words
from rxweave.report.model import GeneScale

WIDTH, HEIGHT = 208, 54
_LEFT, _RIGHT = 4, 4
_TOP, _BOX = 20, 18
_CLINICAL = 12  # added below where other medicines change the result
_INK, _SHADE, _PAPER = "#1a2733", "#dfe5ea", "#ffffff"
_MAX_LEVELS = 7
_WORTH_A_MARK = 0.01  # results less likely than this are counted in the description, not drawn
_NEARLY_SURE = 0.95  # from here on the mark is solid


@dataclass(frozen=True, slots=True)
class Bar:
    """A drawn scale and its words; ``svg`` is empty where nothing can be drawn."""

    svg: str = ""
    description: str = ""


def draw(result: GenePhenotype, scale: GeneScale | None, clinical: GenePhenotype | None = None) -> Bar:
    """The bar of one gene, or an empty one (no scale, nothing called, an unknown phenotype in every reading).

    ``clinical`` is the result as other medicines leave it, where they change it.
    """
    if scale is None:
        return Bar()
    possible = _possible(result)
    works_as = _possible(clinical) if clinical is not None else []
    if scale.bands:
        return _score_bar(scale, possible, works_as)
    return _level_bar(scale, possible, works_as)


def _possible(result: GenePhenotype) -> list[tuple[Phenotype, float]]:
    """Each phenotype that a reading gives, with its probability, most probable first."""
    if not result.candidates:
        known = [p for p in result.phenotypes if p.is_known]
        return [(p, 1.0 / len(known)) for p in known]
    mass: dict[tuple[str, str], tuple[Phenotype, float]] = {}
    for candidate in result.candidates:
        key = (candidate.phenotype.name, candidate.phenotype.activity_score)
        _, so_far = mass.get(key, (candidate.phenotype, 0.0))
        mass[key] = (candidate.phenotype, so_far + candidate.probability)
    found = [(phenotype, probability) for phenotype, probability in mass.values()]
    return sorted(found, key=lambda pair: -pair[1])


def read_score(text: str) -> tuple[float, bool] | None:
    """``1.25`` is (1.25, False); ``≥3.75`` is (3.75, True), open above; ``n/a`` and nothing are None."""
    is_open = text.startswith(("≥", ">"))
    try:
        return float(text.lstrip("≥>= ")), is_open
    except ValueError:
        return None


def short_name(phenotype: str) -> str:
    """Initials of a phenotype of several words (``Poor Metabolizer`` is ``PM``), else the phenotype."""
    parts = phenotype.split()
    return "".join(p[0] for p in parts).upper() if len(parts) > 1 else phenotype


_Results = list[tuple[Phenotype, float]]


def _score_bar(scale: GeneScale, possible: _Results, works_as: _Results) -> Bar:
    scores = [(read, p, mass) for p, mass in possible if (read := read_score(p.activity_score)) is not None]
    if not scores:
        return Bar()
    bands = sorted(scale.bands, key=lambda b: (b.low, b.high is None, b.high or b.low))
    ends = [float(b.low) for b in bands] + [float(b.high) for b in bands if b.high is not None]
    top = max(*ends, *(value for (value, _), _, _ in scores), 0.5)
    if bands[-1].high is None:
        top = max(top, max(ends) * 1.35)
    pad = top * 0.08

    def x(value: float) -> float:
        return _LEFT + (value + pad) / (top + 2 * pad) * (WIDTH - _LEFT - _RIGHT)

    shapes: list[str] = []
    edge = float(_LEFT)
    for index, band in enumerate(bands):
        right = x(_border(band, bands[index + 1], pad)) if index + 1 < len(bands) else float(WIDTH - _RIGHT)
        shapes.append(_box(edge, right - edge, _SHADE if index % 2 else _PAPER))
        shapes.append(_label((edge + right) / 2, _TOP + 13, short_name(band.phenotype), right - edge))
        edge = right
    for value in sorted(set(ends)):
        shapes.append(_text(x(value), HEIGHT - 5, f"{value:g}", size=9))
        shapes.append(f'<path d="M{x(value):.1f} {_TOP + _BOX}v3" stroke="{_INK}"/>')
    taken: list[float] = []
    for (value, is_open), phenotype, mass in scores:
        if mass < _WORTH_A_MARK:
            continue
        at = x(value)
        shapes.append(_pointer(at, solid=mass >= _NEARLY_SURE, is_open=is_open))
        if all(abs(at - other) > 26 for other in taken):
            shapes.append(_text(min(max(at, 14), WIDTH - 14), 9, phenotype.activity_score, size=11, bold=True))
            taken.append(at)
    said = _said([(p.activity_score, mass) for _, p, mass in scores])
    clinical = [
        (x(min(read[0], top)), p.activity_score, mass)
        for p, mass in works_as
        if (read := read_score(p.activity_score)) is not None
    ]
    return _finish(shapes, words.bar_of_score(scale.gene, said, f"{max(ends):g}"), clinical)


def _border(below: ScoreBand, above: ScoreBand, pad: float) -> float:
    """Where one band ends and the next begins; a band of a single score is given some width around it."""
    low, high = float(above.low), float(below.high if below.high is not None else above.low)
    if low > high:  # scores come in steps: the border lies between two of them
        return (low + high) / 2
    if below.high == below.low:
        return high + pad * 0.75
    return low - pad * 0.75 if above.high == above.low else low


def _said(results: list[tuple[str, float]]) -> str:
    """``2.0 (91%) or ≥3.0 (9%)``; a single result stands alone, unlikely ones are counted together."""
    if len(results) == 1:
        return results[0][0]
    likely = [f"{name} ({words.percent(mass)})" for name, mass in results if mass >= _WORTH_A_MARK]
    rest = len(results) - len(likely)
    return words.either([*likely, words.unlikely_results(rest)] if rest else likely)


def _level_bar(scale: GeneScale, possible: _Results, works_as: _Results) -> Bar:
    levels = [n for n in scale.levels if n not in (NO_RESULT, INDETERMINATE, "n/a") and "ncertain" not in n]
    mass = {p.name: probability for p, probability in possible}
    if not 2 <= len(levels) <= _MAX_LEVELS or all(mass.get(level, 0.0) < _WORTH_A_MARK for level in levels):
        return Bar()
    step = (WIDTH - _LEFT - _RIGHT) / len(levels)
    if not all(_label(0, 0, level, step) for level in levels):
        return Bar()
    shapes: list[str] = []
    for index, level in enumerate(levels):
        left = _LEFT + index * step
        here = mass.get(level, 0.0)
        solid = here >= _NEARLY_SURE
        shapes.append(_box(left, step, _INK if solid else _PAPER))
        shapes.append(_label(left + step / 2, _TOP + 13, level, step, ink=_PAPER if solid else _INK))
        if here >= _WORTH_A_MARK:
            shapes.append(_pointer(left + step / 2, solid=solid, is_open=False))
            if len(mass) > 1:
                shapes.append(_text(left + step / 2, HEIGHT - 5, words.percent(here), size=9))
    clinical = [
        (_LEFT + (levels.index(p.name) + 0.5) * step, short_name(p.name), share)
        for p, share in works_as
        if p.name in levels
    ]
    return _finish(shapes, words.bar_of_level(scale.gene, _said(list(mass.items())), levels), clinical)


def _finish(shapes: list[str], description: str, clinical: Sequence[tuple[float, str, float]] = ()) -> Bar:
    """``clinical``: where the marks from below stand, their labels and probabilities, most probable first."""
    drawn = [mark for mark in clinical if mark[2] >= _WORTH_A_MARK]
    height = HEIGHT + _CLINICAL if drawn else HEIGHT
    if drawn:
        description = words.bar_converted(description, _said([(label, share) for _, label, share in drawn]))
        shapes = [*shapes, *(_pointer_up(at, label, share) for at, label, share in drawn)]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bar" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-label="{escape(description)}" '
        f'font-family="system-ui, Libertinus Serif, sans-serif"><title>{escape(description)}</title>'
        f"{''.join(shapes)}</svg>"
    )
    return Bar(svg, description)


def _box(left: float, width: float, fill: str) -> str:
    return f'<rect x="{left:.1f}" y="{_TOP}" width="{width:.1f}" height="{_BOX}" fill="{fill}" stroke="{_INK}"/>'


def _text(at: float, y: float, text: str, *, size: int = 10, bold: bool = False, ink: str = _INK) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{at:.1f}" y="{y}" font-size="{size}"{weight} fill="{ink}" text-anchor="middle">{escape(text)}</text>'
    )


def _label(at: float, y: float, name: str, room: float, ink: str = _INK) -> str:
    """The name where there is room for it, else its initials, else nothing (the description has it)."""
    for text in (name, short_name(name)):
        if len(text) * 5.6 + 4 <= room and (text == name or len(text) < 5):
            return _text(at, y, text, ink=ink)
    return ""


def _pointer_up(at: float, label: str, share: float) -> str:
    """What the person works as: a mark below the scale, its label on the side that has room."""
    foot = HEIGHT + _CLINICAL - 2
    look = f'fill="{_INK}"' if share >= _NEARLY_SURE else f'fill="{_PAPER}" stroke="{_INK}" stroke-dasharray="2 1"'
    side = -1 if at > WIDTH / 2 else 1
    return f'<path d="M{at - 5:.1f} {foot}h10l-5 -8z" {look}/>' + _text(
        at + side * (9 + 3 * len(label)), foot, label, size=11, bold=True
    )


def _pointer(at: float, *, solid: bool, is_open: bool) -> str:
    look = f'fill="{_INK}"' if solid else f'fill="{_PAPER}" stroke="{_INK}" stroke-dasharray="2 1"'
    shape = f'<path d="M{at - 5:.1f} 11h10l-5 8z" {look}/>'
    if is_open:
        shape += f'<path d="M{at + 7:.1f} 15h8m-3 -3l3 3l-3 3" fill="none" stroke="{_INK}"/>'
    return shape
