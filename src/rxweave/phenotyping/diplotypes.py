"""From the two alleles of a diplotype to a phenotype, by the rules of a release. No gene is named here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from itertools import combinations, combinations_with_replacement
from typing import TYPE_CHECKING

from rxweave.calling.diplotype import Allele, Diplotype
from rxweave.calling.names import in_order, name_key
from rxweave.knowledge.genes import CallingMethod, Gene, Lookup
from rxweave.phenotyping.phenotype import INDETERMINATE, NO_RESULT, Phenotype
from rxweave.phenotyping.scores import NOT_AVAILABLE, ActivityScore, phenotype_of_score, total

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge

NO_FUNCTION = ""

POSITIVE, NEGATIVE = "positive", "negative"


class GeneRules:
    """The phenotype rules of one gene in one function set, with what they gave for each diplotype so far.

    The memory is safe to share: rules and diplotypes are immutable, and a diplotype always gives the same phenotype.
    """

    def __init__(self, gene: Gene, knowledge: Knowledge) -> None:
        self.gene = gene
        self.has_scores = gene.lookup is Lookup.ACTIVITY_SCORE
        self.is_called_by_lowest_function = gene.calling.method is CallingMethod.LOWEST_FUNCTION
        self._knowledge = knowledge
        self._functions: dict[str, str] = {}
        self._values: dict[str, ActivityScore | None] = {}
        self._phenotypes: dict[Diplotype, Phenotype] = {}
        self._possible_scores: dict[str, tuple[str, ...]] = {}

    def function(self, allele: Allele) -> str:
        """The allele's function, empty where the set gives none and for every combination of alleles."""
        if allele.parts:
            return NO_FUNCTION
        if allele.name not in self._functions:
            known = self._knowledge.function_of(self.gene.symbol, allele.name)
            self._functions[allele.name] = NO_FUNCTION if known is None else known.function
            self._values[allele.name] = None if known is None else ActivityScore.parse(known.activity_value)
        return self._functions[allele.name]

    def value(self, allele: Allele) -> ActivityScore | None:
        """The allele's activity value, None where it has none or it is uncertain."""
        return self._values[allele.name] if self.function(allele) else None

    def phenotype(self, diplotype: Diplotype) -> Phenotype:
        """The phenotype of a diplotype, or of the lowest-function allele of each strand for such genes."""
        found = self._phenotypes.get(diplotype)
        if found is None:
            plain = self.lowest_per_strand(diplotype) if self.is_called_by_lowest_function else diplotype
            found = self._phenotypes[diplotype] = self._of_pair(plain)
        return found

    def _of_pair(self, diplotype: Diplotype) -> Phenotype:
        rules, symbol = self.gene.phenotype_rules, self.gene.symbol
        functions = tuple(self.function(allele) for allele in diplotype.alleles)
        if self.gene.calling.tested_alleles:
            return self._statuses(diplotype)
        if self.has_scores:
            both = diplotype.second is not None
            score = total(self.value(allele) for allele in diplotype.alleles) if both else None
            written = NOT_AVAILABLE if score is None else str(score)
            return Phenotype(symbol, phenotype_of_score(score, rules), written, (written,), functions, diplotype)
        if any(allele.parts for allele in diplotype.alleles):
            name = INDETERMINATE  # a research-grade combination: what its parts do together is not known
        elif NO_FUNCTION in functions:
            name = NOT_AVAILABLE
        elif len(functions) == 1:
            name = rules.single.get(functions[0], rules.otherwise)
        else:
            first, second = sorted(functions)
            name = rules.pairs.get((first, second), rules.otherwise)
        return Phenotype(symbol, name, "", (name,), functions, diplotype)

    def _statuses(self, diplotype: Diplotype) -> Phenotype:
        """Whether each tested allele is there; with one allele typed, only its presence can be told."""
        carried = {allele.name for allele in diplotype.alleles}
        statuses = tuple(
            f"{tested} {POSITIVE if tested in carried else NEGATIVE}"
            for tested in self.gene.calling.tested_alleles
            if tested in carried or diplotype.second is not None
        )
        keys = statuses or (NO_RESULT,)
        return Phenotype(self.gene.symbol, "; ".join(keys), "", keys, (), diplotype)

    def statuses(self, phenotype: Phenotype) -> tuple[Phenotype, ...]:
        """One phenotype for each lookup key: how genes with several tested alleles are listed."""
        return tuple(replace(phenotype, name=key, lookup_keys=(key,)) for key in phenotype.lookup_keys)

    def no_result(self) -> Phenotype:
        score = NO_RESULT if self.has_scores else ""
        return Phenotype(self.gene.symbol, NO_RESULT, score, (NO_RESULT,))

    # Lowest function: genes where harm follows the least active allele of each strand (DPYD, RYR1).

    def lowest_per_strand(self, diplotype: Diplotype) -> Diplotype:
        """Each strand as its lowest-function component; a strand with a component of unknown function stays whole
        unless a component without any activity decides it."""
        lowest = tuple(self._lowest_component(allele) for allele in diplotype.alleles)
        return in_order(lowest[0], lowest[1] if len(lowest) > 1 else None)

    def _lowest_component(self, strand: Allele) -> Allele:
        if not strand.parts:
            return strand
        components = [Allele(part) for part in strand.parts]
        lowest = min(components, key=self.severity_key)
        is_decided = not any(map(self.is_open, components)) or self._is_worst(lowest)
        return lowest if is_decided else strand

    def lowest_pair(self, components: Iterable[str]) -> Diplotype | None:
        """The two lowest-function alleles of those found where the phase is unknown; None for an empty list."""
        alleles = sorted(map(Allele, components), key=self.severity_key)
        if not alleles:
            return None
        unknown = [a for a in alleles if self.is_open(a)]
        pair = alleles[:2]
        if unknown and not all(map(self._is_worst, pair)):
            # An allele that cannot be placed could be worse than the pair says.
            pair = [unknown[0], *(a for a in alleles if a is not unknown[0])][:2]
        return in_order(pair[0], pair[1] if len(pair) > 1 else None)

    def severity_key(self, allele: Allele) -> tuple[bool, Decimal, int, tuple[tuple[int, int, str], ...]]:
        """Sort key, least active first, ties by name. Unknown functions come last and are looked at apart."""
        function = self.function(allele)
        value = self.value(allele)
        names, rules = self.gene.phenotype_rules.names, self.gene.phenotype_rules
        alone = rules.pairs.get((function, function), "")
        rank = names.index(alone) if alone in names else len(names)
        return (self.is_open(allele), value.value if value else Decimal(0), rank, name_key(allele.name))

    def total_key(self, diplotype: Diplotype) -> tuple[bool, Decimal, int]:
        """Sort key over possible diplotypes, the worst result first; ties keep the order given."""
        phenotype = self.phenotype(diplotype)
        score = ActivityScore.parse(phenotype.activity_score)
        names = self.gene.phenotype_rules.names
        rank = names.index(phenotype.name) if phenotype.name in names else len(names)
        return (not phenotype.is_known and score is None, score.value if score else Decimal(0), rank)

    def is_open(self, allele: Allele) -> bool:
        """The rules of the gene cannot place this allele: it has no function, or no activity value where they count."""
        return self.value(allele) is None if self.has_scores else not self.function(allele)

    def _is_worst(self, allele: Allele) -> bool:
        """Nothing further on the same strand could make this allele's function lower."""
        function, rules = self.function(allele), self.gene.phenotype_rules
        if not function:
            return False
        if self.has_scores:
            value = self.value(allele)
            return value is not None and value.value == 0
        alone = rules.pairs.get((function, function)) or rules.single.get(function)
        return bool(rules.names) and alone == rules.names[0]

    # Unknown variants: an ALT that no definition holds, on an allele that is named as if it were not there.

    def with_unknown_alleles(self, diplotype: Diplotype, unknown_alleles: int) -> Phenotype:
        """The phenotype of a diplotype, ``unknown_alleles`` of whose alleles carry a variant of unknown function.

        It is known only if it holds whatever the function of those alleles turns out to be, an allele that already has
        the lowest function being unable to lose any; otherwise it is indeterminate.
        """
        stated = self.phenotype(diplotype)
        if unknown_alleles <= 0 or not stated.is_known:
            return stated
        plain = self.lowest_per_strand(diplotype) if self.is_called_by_lowest_function else diplotype
        if not self.gene.calling.tested_alleles:
            loose = [i for i, allele in enumerate(plain.alleles) if not self._is_worst(allele)]
            n_open = min(len(loose), unknown_alleles)
            if n_open == 0 or self._holds_for_any_function(stated, plain, loose, n_open):
                return stated
        written = NOT_AVAILABLE if self.has_scores else ""
        return Phenotype(
            self.gene.symbol, INDETERMINATE, written, (written or INDETERMINATE,), stated.functions, diplotype
        )

    def _holds_for_any_function(self, stated: Phenotype, plain: Diplotype, loose: list[int], n_open: int) -> bool:
        """Whether ``n_open`` of the alleles at ``loose`` could have any function and the phenotype stay the same."""
        rules = self.gene.phenotype_rules
        if self.has_scores or plain.second is None:
            return False  # a lower score is another lookup key, even where the phenotype has the same name
        possible = sorted({function for pair in rules.pairs for function in pair})
        for opened in combinations(loose, n_open):
            kept = [self.function(allele) for i, allele in enumerate(plain.alleles) if i not in opened]
            for others in combinations_with_replacement(possible, n_open):
                first, second = sorted((*kept, *others))
                if rules.pairs.get((first, second)) != stated.name:
                    return False
        return True

    # Results that come without a diplotype.

    def scores_of(self, phenotype: str) -> tuple[str, ...]:
        """Every activity score that two known alleles can add up to and that has this phenotype, lowest first."""
        if not self._possible_scores:
            functions = self._knowledge.gene(self.gene.symbol).function_sets
            texts = {f.activity_value for known in functions.values() for f in known.values()}
            values = sorted(filter(None, map(ActivityScore.parse, texts)), key=lambda v: (v.value, v.is_at_least))
            sums = {first + second for first, second in combinations_with_replacement(values, 2)}
            by_name: dict[str, list[str]] = {}
            for score in sorted(sums, key=lambda v: (v.is_at_least, v.value)):
                by_name.setdefault(phenotype_of_score(score, self.gene.phenotype_rules), []).append(str(score))
            self._possible_scores = {name: tuple(scores) for name, scores in by_name.items()}
        return self._possible_scores.get(phenotype, (NOT_AVAILABLE,))
