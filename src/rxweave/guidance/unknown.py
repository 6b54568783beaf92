"""What may be said when a result is not known: unknown is never normal (section "Unknown" of the clinical rules)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

from rxweave.guidance.lookups import ANY, UNCLEAR_WORDS, UNTESTED_WORDS, GuidelineIndex
from rxweave.guidance.readings import Knownness, Reading
from rxweave.knowledge.guidelines import Action, Branch, Condition, Directive, Modality, Reason, Recommendation

_STRENGTHS = ("Strong", "Moderate", "Optional")
MEANWHILE = Condition({"test_pending": "yes"})  # what the source allows until the missing result is there


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guideline says for one reading of every gene it needs, in one population.

    ``recommendation`` is the source's row, None where it has none. ``hidden_worst`` is the gravest recommendation that
    an unknown gene could turn out to ask for. ``missing`` names the genes whose result is not known.
    """

    directive: Directive
    recommendation: Recommendation | None = None
    branches: tuple[Branch, ...] = ()
    missing: tuple[str, ...] = ()
    hidden_worst: Recommendation | None = None
    notes: tuple[str, ...] = ()
    is_our_test_first: bool = False  # test_first by the rule on unknowns, not by the source's own row
    least: Recommendation | None = None  # of a test_first: the mildest that the known genes leave possible, if it acts

    @property
    def strength(self) -> str:
        return self.recommendation.strength if self.recommendation else ""


def gravity(directive: Directive, strength: str = "") -> tuple[int, int, Decimal, int]:
    """Order of severity: action, then do over consider, then the lower dose, then the stronger recommendation."""
    lowest = min(
        (f for d in directive.dose for f in (d.factor_low, d.factor_high) if f is not None), default=Decimal("Infinity")
    )
    rank = _STRENGTHS.index(strength) if strength in _STRENGTHS else len(_STRENGTHS)
    return (directive.action.severity, directive.modality is Modality.DO, -lowest, -rank)


def worst_of(recommendations: Iterable[Recommendation]) -> Recommendation | None:
    """The gravest; among equals the one with the first ids, so that no order of rows matters."""
    ordered = sorted(recommendations, key=lambda r: r.ids)
    return max(ordered, key=lambda r: gravity(r.directive, r.strength), default=None)


def settle(index: GuidelineIndex, population: str, readings: Sequence[Reading]) -> Verdict:
    """The verdict for ``readings``, one for each gene of the guideline in its order.

    A known result answers to its row. With an unknown one, the source's own row for that unknown keeps its facts, but
    its action stands only if no branch of the unknown gene would be graver; otherwise testing comes first, and what the
    source allows meanwhile becomes a branch. Without such a row nothing is recommended, unless the known genes settle
    the matter alone or the guideline asks for a test before the first dose.
    """
    unknown = {place: r for place, r in enumerate(readings) if not r.is_known}
    row = worst_of(_rows(index, population, readings))
    if not unknown:
        if row is None and index.guideline.names_only_affected:
            return Verdict(Directive(Action.NO_RECOMMENDATION, reason=Reason.NOT_NAMED))
        if row is None:
            nothing = Directive(Action.NO_RECOMMENDATION, reason=Reason.NOT_COMPUTABLE)
            return Verdict(nothing, notes=("no_row_for_result",))
        return _as_partial(row, row.missing) if row.missing else Verdict(row.directive, row, row.branches)
    missing = tuple(readings[place].gene for place in unknown)
    known = {place: r.keys for place, r in enumerate(readings) if r.is_known}
    completions = _relevant([r for _, r in index.matching(population, known)])
    worst = worst_of(completions)
    mildest = min(completions, key=lambda r: (gravity(r.directive, r.strength), r.ids), default=None)
    if row is not None and row.directive.action is Action.TEST_FIRST and _is_not_worth_a_test(index, unknown, worst):
        # Nobody looked, and the gravest that the result could ask for is care: no reason to withhold the drug.
        return Verdict(Directive(Action.NO_RECOMMENDATION, reason=Reason.UNKNOWN_RESULT), None, (), missing, worst)
    if row is not None and row.directive.action not in (Action.NO_RECOMMENDATION, Action.NOT_EXCLUDED):
        return _kept(row, worst, missing)
    if row is not None and row.directive.action is Action.NOT_EXCLUDED:
        return Verdict(row.directive, row, row.branches, missing, worst)
    # From here on the source has no answer of its own.
    branches = row.branches if row is not None else ()
    # A source that names only affected results is silent on the others: its rows are not all that may turn out.
    is_complete = not index.guideline.names_only_affected
    if worst is not None and mildest is not None and known and is_complete:
        action = mildest.directive.action
        if _ask_the_same(completions) and action.severity > Action.TEST_FIRST.severity:
            source = row if row is not None else worst
            return Verdict(worst.directive, source, worst.branches, missing, worst, ("known_gene_decides",))
        if action.severity > Action.NO_RECOMMENDATION.severity:
            # The least that the known genes ask for holds until the test is there; the doses beyond it differ.
            alone = tuple(f"known_gene_alone:{readings[place].gene}" for place in known)
            first = Directive(Action.TEST_FIRST, reason=worst.directive.reason)
            branches = (Branch(MEANWHILE, mildest.directive), *branches)
            return Verdict(first, row, branches, missing, worst, alone, True, mildest)
    if index.guideline.is_pretest_default and _may_harm(worst):
        return Verdict(Directive(Action.TEST_FIRST), row, branches, missing, worst, is_our_test_first=True)
    directive = row.directive if row is not None else Directive(Action.NO_RECOMMENDATION)
    return Verdict(replace(directive, reason=Reason.UNKNOWN_RESULT), row, branches, missing, worst)


def _is_not_worth_a_test(index: GuidelineIndex, unknown: Mapping[int, Reading], worst: Recommendation | None) -> bool:
    """No gene has a result, the guideline asks for no test by default, and nothing graver than care is hidden."""
    is_untested = all(r.knownness is Knownness.UNTESTED for r in unknown.values())
    is_mild = worst is None or worst.directive.action.severity <= Action.TEST_FIRST.severity
    return is_untested and is_mild and not index.guideline.is_pretest_default


def _kept(row: Recommendation, worst: Recommendation | None, missing: tuple[str, ...]) -> Verdict:
    """A row for an unknown with an action: kept if nothing hidden is graver or it asks for the test itself."""
    missing = tuple(dict.fromkeys((*missing, *row.missing)))
    action = row.directive.action
    if action is Action.TEST_FIRST or worst is None or action.severity >= worst.directive.action.severity:
        return Verdict(row.directive, row, row.branches, missing, worst)
    if worst.directive.action.severity <= Action.TEST_FIRST.severity:
        # Nothing hidden is graver than testing would be: the hidden action itself covers every case.
        return Verdict(worst.directive, row, row.branches, missing, worst)
    reason = worst.directive.reason
    branches = (Branch(MEANWHILE, row.directive), *row.branches)
    return Verdict(Directive(Action.TEST_FIRST, reason=reason), row, branches, missing, worst, is_our_test_first=True)


def _as_partial(row: Recommendation, missing: tuple[str, ...]) -> Verdict:
    return Verdict(row.directive, row, row.branches, missing)


def _rows(index: GuidelineIndex, population: str, readings: Sequence[Reading]) -> Iterable[Recommendation]:
    """Every row that the readings answer to. An unknown gene tries its own word first, then those that stand in."""
    choices: list[tuple[tuple[str, ...], ...]] = []
    for reading in readings:
        if reading.is_known:
            choices.append((reading.keys,))
            continue
        words = UNTESTED_WORDS if reading.knownness is Knownness.UNTESTED else UNCLEAR_WORDS
        own = (reading.keys,) if reading.keys else ()
        choices.append((*own, *((w,) for w in words), (ANY,)))
    for choice in product(*choices):
        found = [r for row in product(*choice) if (r := index.find(population, row)) is not None]
        if found:
            return found
    return ()


def _relevant(rows: list[Recommendation]) -> list[Recommendation]:
    """Rows without "no recommendation", unless there are no others: that a source is silent is not a mild branch."""
    return [r for r in rows if r.directive.action is not Action.NO_RECOMMENDATION] or rows


def _ask_the_same(rows: Sequence[Recommendation]) -> bool:
    """True only if dose and branches agree too: a tenth of the dose does not stand in for a third of it."""
    return len({r.directive for r in rows}) == 1 and all(r.branches == rows[0].branches for r in rows)


def _may_harm(worst: Recommendation | None) -> bool:
    return worst is not None and worst.directive.action.severity > Action.TEST_FIRST.severity


def join_probability(readings: Iterable[Reading]) -> float:
    """Genes are read independently of each other."""
    probability = 1.0
    for reading in readings:
        probability *= reading.probability
    return probability


def lookups_shown(readings: Iterable[Reading]) -> Mapping[str, str]:
    return {r.gene: r.shown for r in readings}
