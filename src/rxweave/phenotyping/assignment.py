"""A gene's call in, its phenotypes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from rxweave.calling.diplotype import CallSource, Candidate, Diplotype, DiplotypeCall
from rxweave.errors import InputError
from rxweave.phenotyping.diplotypes import GeneRules
from rxweave.phenotyping.phenotype import GenePhenotype, Phenotype, PhenotypeCandidate
from rxweave.phenotyping.possibilities import left_out_phenotypes, not_excluded_alleles
from rxweave.phenotyping.settling import TestFinder
from rxweave.phenotyping.stated import read_stated, tool_disagreement

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge


class Phenotyper:
    """Assigns phenotypes with one knowledge release, and remembers what it has worked out.

    In a cohort the same diplotypes return by the thousand, and people with the same genotype share one call object:
    each diplotype is worked out once a gene, each of the latest call objects once.
    """

    _MOST_CALLS = 2048  # a call with many candidates takes tens of kilobytes

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._rules: dict[str, GeneRules] = {}
        self._finders: dict[str, TestFinder] = {}
        self._assigned: dict[int, tuple[DiplotypeCall, GenePhenotype]] = {}  # holds the call: its id stays its own

    def rules(self, symbol: str) -> GeneRules:
        """Raises UnknownName for a gene that the release does not hold."""
        if symbol not in self._rules:
            self._rules[symbol] = GeneRules(self.knowledge.stated_gene(symbol), self.knowledge)
        return self._rules[symbol]

    def assign(self, call: DiplotypeCall) -> GenePhenotype:
        """The phenotypes of a call: see ``assign_phenotype``."""
        held = self._assigned.get(id(call))
        if held is not None:
            return held[1]
        found = self._assign(call)
        if len(self._assigned) >= self._MOST_CALLS:
            self._assigned.clear()
        self._assigned[id(call)] = (call, found)
        return found

    def _assign(self, call: DiplotypeCall) -> GenePhenotype:
        rules = self.rules(call.gene)
        if call.stated:
            return self._of_stated(call, rules)
        phenotypes = self._conventional(call, rules)
        candidates = tuple(
            PhenotypeCandidate(rules.with_unknown_alleles(c.diplotype, c.unknown_alleles), c.probability)
            for c in call.candidates
        )
        left_out = left_out_phenotypes(call, rules)
        if not candidates and not left_out:
            candidates = _equal_shares(p for p in phenotypes if p.diplotype is not None)
        return GenePhenotype(
            call,
            self._listed(phenotypes, rules),
            candidates,
            self.knowledge.function_set,
            left_out,
            not_excluded_alleles(call, phenotypes, candidates, rules),
            self._finder(rules).find(call, candidates, left_out),
        )

    def _finder(self, rules: GeneRules) -> TestFinder:
        if rules.gene.symbol not in self._finders:
            self._finders[rules.gene.symbol] = TestFinder(rules.gene)
        return self._finders[rules.gene.symbol]

    def _conventional(self, call: DiplotypeCall, rules: GeneRules) -> tuple[Phenotype, ...]:
        """The phenotypes of the diplotypes or components that the field's convention reports."""
        diplotypes = call.phenotype_diplotypes or call.diplotypes
        if rules.is_called_by_lowest_function:
            pair = None if diplotypes else rules.lowest_pair(call.components)
            possible = diplotypes if pair is None else (pair,)
            diplotypes = tuple(sorted(possible, key=rules.total_key)[:1])
        return tuple(map(rules.phenotype, diplotypes)) or (rules.no_result(),)

    def _listed(self, phenotypes: Iterable[Phenotype], rules: GeneRules) -> tuple[Phenotype, ...]:
        """Each phenotype once; a gene with tested alleles has one entry an allele."""
        seen: dict[tuple[str, str, tuple[str, ...]], Phenotype] = {}
        for phenotype in phenotypes:
            entries = rules.statuses(phenotype) if rules.gene.calling.tested_alleles else (phenotype,)
            for entry in entries:
                seen.setdefault((entry.name, entry.activity_score, entry.lookup_keys), entry)
        return tuple(seen.values())

    def _of_stated(self, call: DiplotypeCall, rules: GeneRules) -> GenePhenotype:
        readings = [read_stated(result, rules) for result in call.stated]
        conflicts = [
            f"{result.place + ': ' if result.place else ''}the stated results for {call.gene} disagree: "
            f"{reading.conflict}. Ask the laboratory which one holds."
            for result, reading in zip(call.stated, readings, strict=True)
            if reading.conflict
        ]
        if conflicts and call.source is CallSource.STATED:
            raise InputError(" ".join(conflicts))
        if conflicts:
            call = replace(call, warnings=(*call.warnings, *conflicts))
        contradicted = [
            f"{result.place + ': ' if result.place else ''}{differs} The release's rules are used."
            for result, reading in zip(call.stated, readings, strict=True)
            if (differs := tool_disagreement(result, reading))
        ]
        if contradicted:
            call = replace(call, warnings=(*call.warnings, *dict.fromkeys(contradicted)))
        weighed = [
            (result.diplotype, phenotype, 1 / len(readings) / len(reading.possible))
            for result, reading in zip(call.stated, readings, strict=True)
            for phenotype in reading.possible
        ]
        # The call's candidates stay one to one with the phenotypes', so they go where a result has no diplotype.
        by_diplotype = tuple(Candidate(diplotype, share) for diplotype, _, share in weighed if diplotype is not None)
        call = replace(call, candidates=by_diplotype if len(by_diplotype) == len(weighed) else ())
        return GenePhenotype(
            call,
            self._listed((r.phenotype for r in readings), rules),
            tuple(PhenotypeCandidate(phenotype, share) for _, phenotype, share in weighed),
            self.knowledge.function_set,
        )


def _equal_shares(phenotypes: Iterable[Phenotype]) -> tuple[PhenotypeCandidate, ...]:
    given = tuple(phenotypes)
    return tuple(PhenotypeCandidate(phenotype, 1 / len(given)) for phenotype in given)


#: The phenotypers of the releases in use, by the identity of their knowledge (kept alive here, so never reused).
_PHENOTYPERS: dict[int, Phenotyper] = {}
_MOST_RELEASES = 4


def phenotyper(knowledge: Knowledge) -> Phenotyper:
    """The phenotyper of a release, made once while the release is in use."""
    found = _PHENOTYPERS.get(id(knowledge))
    if found is None:
        while len(_PHENOTYPERS) >= _MOST_RELEASES:
            _PHENOTYPERS.pop(next(iter(_PHENOTYPERS)))
        found = _PHENOTYPERS[id(knowledge)] = Phenotyper(knowledge)
    return found


def assign_phenotype(call: DiplotypeCall, knowledge: Knowledge) -> GenePhenotype:
    """The phenotypes of one gene's call, in the function set of ``knowledge``.

    ``phenotypes`` are those of the reported diplotypes, each once, in their order; for genes of lowest function the one
    of the least active allele of each strand, or of the two least active alleles where the phase is not known.
    ``candidates`` has one entry a candidate diplotype. A call without a result gives the phenotype ``No Result``.

    Raises UnknownName for a gene that the release does not hold, and InputError where a result stated on the command
    line contradicts itself (an outside call that does gets a warning and all of its readings as candidates).
    """
    return phenotyper(knowledge).assign(call)


def phenotype_of(symbol: str, diplotype: Diplotype, knowledge: Knowledge) -> Phenotype:
    """The phenotype of one diplotype of a gene."""
    return phenotyper(knowledge).rules(symbol).phenotype(diplotype)
