"""One gene as plain text: the result, its picture, how sure it is and what was not tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rxweave.calling.call import ALL_GROUPS
from rxweave.calling.diplotype import CallStatus
from rxweave.narrative import conversion_phrases
from rxweave.phenotyping.panel import PanelRow
from rxweave.phenotyping.phenoconversion import Conversion
from rxweave.phenotyping.phenotype import GenePhenotype, Phenotype, Question, SettlingTest
from rxweave.report import bars, words
from rxweave.report.model import GeneScale
from rxweave.report.text import Fact, printable

_READINGS_SHOWN = 5
_DIPLOTYPES_SHOWN = 4
_ALLELES_SHOWN = 3
_POSITIONS_SHOWN = 60
_WORTH_SAYING = 0.0005  # shares of probability below this say nothing to a reader
_WORTH_A_LINE = 0.01  # a reading less likely than this is counted, not listed


@dataclass(frozen=True, slots=True)
class Case:
    """What holds under one reading of the genes."""

    when: str
    then: str
    how_likely: str = ""


@dataclass(frozen=True, slots=True)
class GeneView:
    gene: str
    name: str
    result: str
    phenotype: str
    score: str
    bar: str  # SVG, empty where there is no scale
    bar_text: str
    sure: tuple[str, ...]
    readings: tuple[Case, ...]
    gaps: tuple[str, ...]
    positions: str
    flags: tuple[str, ...]
    warnings: tuple[str, ...]
    converted: str = ""  # what other medicines make of the result
    modulators: tuple[str, ...] = ()  # every medicine that touches the enzyme, and what it does to the result


def gene_view(
    result: GenePhenotype,
    scale: GeneScale | None,
    panel: Sequence[PanelRow] = (),
    conversion: Conversion | None = None,
) -> GeneView:
    """``panel``: what these data could not show of this gene, a row per group, the mixture of all first."""
    call = result.call
    is_converted = conversion is not None and conversion.is_changed
    bar = bars.draw(result, scale, conversion.clinical if conversion is not None and is_converted else None)
    total = scale.positions if scale else call.covered_positions + len(call.missing_positions)
    sure = [_fit(result), words.FROM[call.source]]
    if _n_possible(result) > 1:
        sure.append(words.PHASED if call.is_phased else words.UNPHASED)
        if _is_settled(result):
            sure.append(words.SAME_IN_ALL)
        if len(result.possibilities) > 1:
            sure.append(_possible(result))
        if result.settled_by:
            sure.append(words.settled_by([_test(t) for t in result.settled_by], result.settled_by[-1].certainty))
        if not call.is_weighed:
            sure.append(words.NOT_WEIGHED)
        elif call.prior_assumed_share > _WORTH_SAYING:
            sure.append(words.assumed_prior(call.prior_assumed_share))
    if call.undocumented:
        sure.append(words.undocumented(call))
    if result.unknown_share > _WORTH_SAYING and call.is_weighed:
        sure.append(words.left_out(result.unknown_share))
    gaps = []
    if total and not (scale and scale.is_outside_only) and (call.covered_positions or call.missing_positions):
        gaps.append(words.positions_missing(len(call.missing_positions), total))
    if call.uncallable_alleles:
        gaps.append(words.uncallable(call.uncallable_alleles))
    gaps.append(_hidden(panel, call.prior))
    joined = words.either if len(call.diplotypes) > 1 else ", ".join  # alternatives, or several tested alleles
    scores = [p.activity_score for p in result.phenotypes if bars.read_score(p.activity_score) is not None]
    return GeneView(
        gene=result.gene,
        name=scale.name if scale else "",
        result=_result(result),
        phenotype=joined(dict.fromkeys(map(_phenotype_name, result.phenotypes))) or words.NOT_CALLED,
        score=joined(dict.fromkeys(scores)),
        bar=bar.svg,
        bar_text=bar.description,
        sure=tuple(x for x in sure if x),
        readings=_readings(result),
        gaps=tuple(x for x in gaps if x),
        positions=_positions(call.missing_positions, scale),
        flags=tuple(
            label
            for label, holds in (
                (words.RESEARCH_GRADE, call.is_research_grade),
                (words.REFERENCE_ASSUMED, call.is_reference_assumed),
            )
            if holds
        ),
        warnings=tuple(map(printable, call.warnings)),
        converted=_converted(conversion) if conversion is not None and is_converted else "",
        modulators=conversion_phrases(conversion) if conversion is not None else (),
    )


def _converted(conversion: Conversion) -> str:
    names = words.either(dict.fromkeys(map(_phenotype_name, conversion.clinical.phenotypes)))
    return words.works_as(names, conversion.applied)


def _is_settled(result: GenePhenotype) -> bool:
    """True where every reading, none of them left out, gives the phenotype that is shown."""
    shared = result.shared
    is_shown = shared is not None and any(p.name == shared.name for p in result.phenotypes)
    return is_shown and result.unknown_share <= _WORTH_SAYING


def _n_possible(result: GenePhenotype) -> int:
    """How many diplotypes the data allow, listed or not; stated results list all of theirs."""
    return max(result.call.candidates_possible, len(result.call.candidates))


def _fit(result: GenePhenotype) -> str:
    """How well the called result fits, next to everything else that does."""
    call = result.call
    if call.status is not CallStatus.CALLED or _n_possible(result) < 2:
        return words.STATUS[call.status]
    called = {str(d) for d in call.diplotypes}
    share = sum(c.probability for c in call.candidates if str(c.diplotype) in called) if call.is_weighed else 0.0
    count = _n_possible(result)
    return words.best_of(count, share) if share else words.many_fit(count)


def _readings(result: GenePhenotype) -> tuple[Case, ...]:
    """The likely readings one by one, most likely first, then how many there are besides and what they weigh."""
    if not result.call.is_weighed:
        return ()  # even shares: no reading is likelier than another
    pairs = list(zip(result.call.candidates, result.candidates, strict=False))
    likely = [(c, p) for c, p in pairs if c.probability >= _WORTH_A_LINE][:_READINGS_SHOWN]
    if len(pairs) < 2:
        return ()
    cases = [Case(str(c.diplotype), _phenotype_name(p.phenotype), words.percent(c.probability)) for c, p in likely]
    if len(pairs) > len(likely):
        listed = {id(c) for c, _ in likely}
        weight = words.percent(sum(c.probability for c, _ in pairs if id(c) not in listed))
        cases.append(Case(words.other_readings(len(pairs) - len(likely), listed=bool(likely)), "", weight))
    return tuple(cases)


def _phenotype_name(phenotype: Phenotype) -> str:
    return words.NO_PHENOTYPE if phenotype.name in ("", "n/a") else phenotype.name


def _result(result: GenePhenotype) -> str:
    call = result.call
    if call.components:
        return " + ".join(call.components)
    if not call.diplotypes:
        return words.NO_DIPLOTYPE if call.stated_phenotype else ""
    more = len(call.diplotypes) - _DIPLOTYPES_SHOWN
    listed = words.either(map(str, call.diplotypes[:_DIPLOTYPES_SHOWN]))
    listed = f"{listed} {words.and_more(more)}" if more > 0 else listed
    return words.joined_result(listed, _not_excluded(result))


def _not_excluded(result: GenePhenotype) -> str:
    """``*3 not excluded (0.4% in this group)``: the alleles that matter and that were neither found nor ruled out."""
    call = result.call
    found = [n for n in result.not_excluded if n.probability >= _WORTH_SAYING or not call.is_weighed]
    shown = [(n.allele, n.probability if call.is_weighed else None) for n in found[:_ALLELES_SHOWN]]
    return words.not_excluded(shown, len(found) - len(shown), is_one_group=call.prior != ALL_GROUPS)


def _possible(result: GenePhenotype) -> str:
    is_weighed = result.call.is_weighed
    possible = [
        (" ".join(filter(None, (_phenotype_name(p.phenotype), _score_of(p.phenotype)))), p.probability)
        for p in result.possibilities
    ]
    return words.possible_phenotypes(possible, result.unknown_share, is_weighed=is_weighed)


def _score_of(phenotype: Phenotype) -> str:
    score = phenotype.activity_score
    return f"({words.SCORE} {score})" if bars.read_score(score) is not None else ""


def _test(test: SettlingTest) -> str:
    places = [rsid or str(position) for rsid, position in zip(test.rsids, test.positions, strict=True)]
    more = len(places) - _ALLELES_SHOWN
    listed = places[:_ALLELES_SHOWN] + ([words.and_more(more)] if more > 0 else [])
    return words.test_of_phase(listed) if test.question is Question.PHASE else words.test_of_position(listed)


def _hidden(panel: Sequence[PanelRow], prior: str) -> str:
    """What the unread positions may hide: in the group whose frequencies were used, else where it is most."""
    row = next((r for r in panel if r.group == prior), panel[0] if panel else None)
    if row is None or not row.hidden_alleles:
        return ""
    if row.hidden is None:
        return words.hidden_unweighed([a.allele for a in row.hidden_alleles], _ALLELES_SHOWN)
    others = [(r.hidden, r.group) for r in panel if r.hidden is not None and r.group != ALL_GROUPS]
    most = max(others, default=None) if row.group == ALL_GROUPS else None
    if max(row.hidden, most[0] if most else 0.0) < _WORTH_SAYING:
        return ""
    names = [a.allele for a in row.hidden_alleles]
    return words.hidden(
        row.hidden, names, _ALLELES_SHOWN, group="" if row.group == ALL_GROUPS else row.group, most=most
    )


def _positions(missing: Sequence[int], scale: GeneScale | None) -> str:
    if not missing:
        return ""
    where = f"{scale.chromosome}: " if scale and scale.chromosome else ""
    more = f" {words.and_more(len(missing) - _POSITIONS_SHOWN)}" if len(missing) > _POSITIONS_SHOWN else ""
    return f"GRCh38 {where}{', '.join(map(str, missing[:_POSITIONS_SHOWN]))}{more}"


def untested(result: GenePhenotype, scale: GeneScale | None, panel: Sequence[PanelRow] = ()) -> Fact:
    hidden = _hidden(panel, result.call.prior)
    if scale and scale.is_outside_only:
        return Fact(result.gene, words.sentences(words.OUTSIDE_ONLY, hidden))
    total = len(result.call.missing_positions) or (scale.positions if scale else 0)
    missing = words.positions_missing(total, total) if total else words.STATUS[CallStatus.NOT_COVERED]
    return Fact(result.gene, words.sentences(missing, hidden))
