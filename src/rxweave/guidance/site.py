"""What a site decides for itself: a layer over the advice, never an edit of the release.

``Site`` is frozen and empty by default, which changes nothing. ``Site.alerts`` and ``Site.is_pretest`` are asked while
advice is made; ``apply_site`` is called on finished advice, tiers set and headline chosen; ``in_formulary_order`` ranks
alternatives. ``read_site`` (``guidance.site_file``) reads the file described in ``docs/site.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from rxweave.guidance.advice import Advice, AlertTier, Alternative, Coverage, SiteChange, Step
from rxweave.knowledge.guidelines import Action, Directive, DrugGuideline, Level
from rxweave.knowledge.people import AlertSettings

_LOUDNESS = {AlertTier.NONE: 0, AlertTier.PASSIVE: 1, AlertTier.INTERRUPTIVE: 2}
_ASKS_FOR_NOTHING = (Action.STANDARD, Action.NO_RECOMMENDATION)
SITE_SOURCE = "site"  # the source of an advice that a rule of the site added


class RuleKind(StrEnum):
    DEMOTE = "demote"  # the alert becomes quieter
    REPLACE = "replace"  # another directive in place of the source's
    ADD = "add"  # a directive of the site beside the sources'


@dataclass(frozen=True, slots=True)
class SiteRule:
    """A rule with somebody who answers for it, from ``on`` up to and including ``expires``.

    It speaks of the advice on ``drug`` by ``source`` and for ``population``, with one of ``actions`` and with a result
    of each of ``genes`` among those given (phenotype, activity score or status); what is empty is not asked for.
    ``tier`` is where a demotion ends; ``directive`` is what a replacement or addition asks for.
    """

    id: str
    kind: RuleKind
    drug: str
    owner: str
    because: str
    on: date
    expires: date
    source: str = ""
    population: str = ""
    actions: tuple[Action, ...] = ()
    genes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tier: AlertTier | None = None
    directive: Directive | None = None

    def is_in_force(self, on: date | None) -> bool:
        """Without a day nothing shows that the rule still holds."""
        return on is not None and self.on <= on <= self.expires

    def fits(self, advice: Advice) -> bool:
        return (
            advice.drug == self.drug
            and self.source in ("", advice.source)
            and self.population in ("", advice.population)
            and (not self.actions or advice.directive.action in self.actions)
            and all(self._is_result(advice, gene, results) for gene, results in self.genes.items())
        )

    @staticmethod
    def _is_result(advice: Advice, gene: str, results: tuple[str, ...]) -> bool:
        found = advice.genes.get(gene)
        return found is not None and bool({found.phenotype, found.activity_score, found.lookup_key} & {*results})


@dataclass(frozen=True, slots=True)
class Site:
    """A site's choices; what is None or empty is left as the release has it."""

    name: str = ""
    source_order: tuple[str, ...] = ()
    certainty_threshold: float | None = None
    tolerated_months: int | None = None
    quiet_conditions: tuple[str, ...] | None = None
    grades: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    grades_with_severe_harm: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refusing_sources: tuple[str, ...] | None = None
    pretest_drugs: tuple[str, ...] | None = None  # drugs to test before, in place of the release's
    preferred: tuple[str, ...] = ()  # of the formulary
    not_stocked: tuple[str, ...] = ()
    rules: tuple[SiteRule, ...] = ()

    def alerts(self, release: AlertSettings) -> AlertSettings:
        """The release's settings with those that the site sets; grades are set source by source."""
        chosen = release.certainty_threshold if self.certainty_threshold is None else self.certainty_threshold
        return AlertSettings(
            certainty_threshold=chosen,
            tolerated_months=release.tolerated_months if self.tolerated_months is None else self.tolerated_months,
            quiet_conditions=release.quiet_conditions if self.quiet_conditions is None else self.quiet_conditions,
            grades={**release.grades, **self.grades},
            grades_with_severe_harm={**release.grades_with_severe_harm, **self.grades_with_severe_harm},
            refusing_sources=release.refusing_sources if self.refusing_sources is None else self.refusing_sources,
        )

    def is_pretest(self, guideline: DrugGuideline) -> bool:
        """Whether a test is asked for before the first dose of the guideline's drug."""
        return guideline.is_pretest_default if self.pretest_drugs is None else guideline.drug in self.pretest_drugs

    def warnings(self, on: date | None) -> tuple[str, ...]:
        """The rules that are not applied on a day, and why."""
        said = []
        for rule in self.rules:
            if on is None:
                said.append(f"site rule {rule.id} ({rule.owner}) is not applied: the day of the event is not known")
            elif on > rule.expires:
                said.append(f"site rule {rule.id} ({rule.owner}) is not applied: it expired on {rule.expires}")
            elif on < rule.on:
                said.append(f"site rule {rule.id} ({rule.owner}) is not applied: it begins on {rule.on}")
        return tuple(said)


def apply_site(advice: Sequence[Advice], site: Site, on: date | None) -> tuple[Advice, ...]:
    """The advice of an event as the site's rules in force leave it; every change is shown in ``site_changes``.

    An added directive stands beside the sources, or at the head where it is graver than the headline. ``on`` is the
    day; without it no rule is applied.
    """
    changed = tuple(apply_site_rules(a, site, on) for a in advice)
    for rule in site.rules:
        if rule.kind is RuleKind.ADD and rule.is_in_force(on):
            changed = _with_added(changed, rule)
    return changed


def apply_site_rules(advice: Advice, site: Site, on: date | None) -> Advice:
    """One advice after the demotions and replacements that fit it, in the site's order."""
    for rule in site.rules:
        if not rule.is_in_force(on) or not rule.fits(advice):
            continue
        match rule.kind:
            case RuleKind.DEMOTE:
                advice = _demoted(advice, rule)
            case RuleKind.REPLACE:
                advice = _replaced(advice, rule)
            case RuleKind.ADD:
                pass  # adds an advice of its own
    return advice


def in_formulary_order(alternatives: Sequence[Alternative], site: Site) -> tuple[Alternative, ...]:
    """Preferred first, what is not stocked last; what speaks against an alternative weighs more than the formulary."""

    def rank(alternative: Alternative) -> tuple[bool, int]:
        stock = 0 if alternative.drug in site.preferred else 2 if alternative.drug in site.not_stocked else 1
        return bool(alternative.conflicts), stock if not alternative.conflicts else 0

    return tuple(sorted(alternatives, key=rank))  # equals keep their order


def _demoted(advice: Advice, rule: SiteRule) -> Advice:
    if rule.tier is None or _LOUDNESS[advice.alert_tier] <= _LOUDNESS[rule.tier]:
        return advice
    notes = advice.notes
    said = advice.directive
    is_forbidden = said.action is Action.CONTRAINDICATED and said.level is not Level.RELATIVE
    if is_forbidden or any(d.action is Action.CONTRAINDICATED for d in advice.disagreements):
        notes = (*notes, f"site_demoted_contraindication:{rule.id}")
    return replace(
        advice,
        alert_tier=rule.tier,
        tier_because="site_rule",
        notes=notes,
        site_changes=(*advice.site_changes, _change(rule, advice.alert_tier.value)),
        trace=(*advice.trace, Step("site", (rule.id, rule.owner), rule.tier.value)),
    )


_BEYOND_GENES = ("label_overrides:", "past_severe_reaction:")


def _replaced(advice: Advice, rule: SiteRule) -> Advice:
    if rule.directive is None:
        return advice
    is_beyond_genes = any(note.startswith(_BEYOND_GENES) for note in advice.notes)
    if is_beyond_genes and rule.directive.action.severity < advice.directive.action.severity:
        # The rule was made for what genes predict: not for the label, nor for one whom the drug has harmed.
        return replace(advice, notes=(*advice.notes, f"site_rule_not_applied:{rule.id}"))
    tier, because = advice.alert_tier, advice.tier_because
    if tier is AlertTier.INTERRUPTIVE and rule.directive.action in _ASKS_FOR_NOTHING:
        tier, because = AlertTier.PASSIVE, "site_rule"  # nobody is stopped by an advice that changes nothing
    return replace(
        advice,
        directive=rule.directive,
        strength="",
        implications={},
        risks=(),
        branches=(),
        alternatives=tuple(a for a in advice.alternatives if a.drug in rule.directive.alternatives),
        alert_tier=tier,
        tier_because=because,
        site_changes=(*advice.site_changes, _change(rule, advice.directive.action.value)),
        trace=(*advice.trace, Step("site", (rule.id, rule.owner), rule.directive.action.value)),
    )


def _with_added(advice: Sequence[Advice], rule: SiteRule) -> tuple[Advice, ...]:
    head = next((a for a in advice if a.is_headline and a.drug == rule.drug), None)
    if head is None or rule.directive is None or not any(rule.fits(a) for a in advice):
        return tuple(advice)
    is_graver = rule.directive.action.severity > head.directive.action.severity
    added = Advice(
        drug=rule.drug,
        rxcui=head.rxcui,
        source=SITE_SOURCE,
        population=rule.population,
        coverage=Coverage.COMPUTED,
        directive=rule.directive,
        genes={gene: head.genes[gene] for gene in rule.genes if gene in head.genes},
        is_headline=is_graver,
        alert_tier=max(head.alert_tier, AlertTier.PASSIVE, key=_LOUDNESS.__getitem__) if is_graver else AlertTier.NONE,
        tier_because="site_rule" if is_graver else "not_headline",
        trace=(Step("site", (rule.id, rule.owner), rule.directive.action.value),),
        knowledge=head.knowledge,
        guideline=rule.id,
        triggered_by=head.triggered_by,
        site_changes=(_change(rule, ""),),
    )
    found: list[Advice] = []
    for one in advice:
        if one is head:
            beside = replace(head, is_headline=False, alert_tier=AlertTier.NONE, tier_because="not_headline")
            found += [added, beside] if is_graver else [head, added]
        else:
            found.append(one)
    return tuple(found)


def _change(rule: SiteRule, replaced: str) -> SiteChange:
    return SiteChange(rule.id, rule.kind.value, rule.owner, rule.because, replaced)
