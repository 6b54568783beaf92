"""One phenotype under one rule of phenoconversion: what it comes to, or the several things it may come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from rxweave.knowledge.genes import PhenotypeRules
from rxweave.phenotyping.assignment import phenotyper
from rxweave.phenotyping.phenotype import Phenotype
from rxweave.phenotyping.scores import NOT_AVAILABLE, ActivityScore, phenotype_of_score

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge
    from rxweave.knowledge.conversions import ConversionRule


class Converter:
    """Applies one rule to phenotypes of its gene. An unknown phenotype stays as it is, unless the score becomes 0."""

    def __init__(self, rule: ConversionRule, knowledge: Knowledge) -> None:
        self.rule = rule
        self._rules = phenotyper(knowledge).rules(rule.gene)

    def each(self, phenotype: Phenotype) -> tuple[Phenotype, ...]:
        """What ``phenotype`` comes to: itself where the rule leaves it, several where its score is open-ended."""
        if not phenotype.is_known:
            return (phenotype,)
        factor = self.rule.score_factor
        if factor is None:
            return (self._renamed(phenotype),)
        scores = [ActivityScore.parse(phenotype.activity_score)]
        if scores == [None]:  # a phenotype that was stated without its score: every score it can mean
            scores = [ActivityScore.parse(key) for key in phenotype.lookup_keys]
        possible = [p for score in scores if score is not None for p in self._of_score(phenotype, score, factor)]
        return tuple(dict.fromkeys(possible)) or (phenotype,)

    def listed(self, phenotypes: Iterable[Phenotype]) -> tuple[Phenotype, ...]:
        """Each phenotype once; one that was stated without its score has one entry a name, with all its keys."""
        found: dict[tuple[str, str, tuple[str, ...]], Phenotype] = {}
        for phenotype in phenotypes:
            possible = self.each(phenotype)
            for one in _by_name(possible) if len(phenotype.lookup_keys) > 1 else possible:
                found.setdefault((one.name, one.activity_score, one.lookup_keys), one)
        return tuple(found.values())

    def for_everyone(self, gene: str) -> Phenotype:
        """The phenotype without any activity."""
        nothing = ActivityScore.parse("0")
        name = phenotype_of_score(nothing, self._phenotype_rules)
        return Phenotype(gene, name, str(nothing), (str(nothing),))

    @property
    def _phenotype_rules(self) -> PhenotypeRules:
        return self._rules.gene.phenotype_rules

    def _renamed(self, phenotype: Phenotype) -> Phenotype:
        name = self.rule.becomes.get(phenotype.name, phenotype.name)
        return phenotype if name == phenotype.name else replace(phenotype, name=name, lookup_keys=(name,))

    def _of_score(self, phenotype: Phenotype, score: ActivityScore, factor: Decimal) -> tuple[Phenotype, ...]:
        """``phenotype`` with the score multiplied; off the field's grid the key is the score itself."""
        if factor == 1 or score.value == 0:
            return (phenotype,)
        changed = ActivityScore(score.value * factor, score.is_at_least and factor != 0)
        name = phenotype_of_score(changed, self._phenotype_rules)
        if name != self._phenotype_rules.otherwise:
            return (replace(phenotype, name=name, activity_score=str(changed), lookup_keys=(str(changed),)),)
        # Open-ended, and above it lie several phenotypes: each is possible.
        return tuple(
            replace(phenotype, name=name, activity_score=str(changed), lookup_keys=(key,))
            for name, key in self._from(changed)
        )

    def _from(self, score: ActivityScore) -> list[tuple[str, str]]:
        """The phenotypes of ``score`` and of every higher one, each with the lowest score that it then begins at."""
        here = ActivityScore(score.value)
        names = [phenotype_of_score(here, self._phenotype_rules)]
        names += [b.phenotype for b in self._phenotype_rules.bands if b.low >= score.value]
        keys = {names[0]: str(here)}
        for name in names[1:]:
            closed = [s for s in map(ActivityScore.parse, self._rules.scores_of(name)) if s and not s.is_at_least]
            if closed:
                keys.setdefault(name, str(min(closed, key=lambda s: s.value)))
        return list(keys.items())


def _by_name(phenotypes: Iterable[Phenotype]) -> tuple[Phenotype, ...]:
    merged: dict[str, Phenotype] = {}
    for one in phenotypes:
        held = merged.get(one.name)
        keys = one.lookup_keys if held is None else tuple(dict.fromkeys((*held.lookup_keys, *one.lookup_keys)))
        merged[one.name] = replace(
            one, activity_score=one.activity_score if held is None else NOT_AVAILABLE, lookup_keys=keys
        )
    return tuple(merged.values())
