"""Joint readings of all genes of a guideline: how likely each is, which of them decide, and where they disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from rxweave.calling.diplotype import Allele, Diplotype
from rxweave.guidance.advice import Possibility
from rxweave.guidance.conditions import Facts
from rxweave.guidance.lookups import GuidelineIndex, canonical
from rxweave.guidance.readings import PROBABILITY_FOR_HEADLINE, Knownness, Reading, is_weighable, readings_of
from rxweave.guidance.tier import is_outside
from rxweave.guidance.unknown import Verdict, gravity, join_probability, lookups_shown, settle
from rxweave.knowledge import Knowledge
from rxweave.knowledge.guidelines import Action, Directive
from rxweave.phenotyping.assignment import phenotype_of
from rxweave.phenotyping.phenotype import GenePhenotype

# Readings below this are summed up in a note instead of listed.
PROBABILITY_TO_LIST = 0.001
# A headline whose own reading is at least this probable is not called uncertain.
PROBABILITY_CERTAIN = 0.999


@dataclass(frozen=True, slots=True)
class JointReading:
    """One reading of every gene of a guideline, with what it leads to. ``counts``: it takes part in the headline."""

    readings: tuple[Reading, ...]
    verdict: Verdict
    probability: float

    @property
    def counts(self) -> bool:
        return self.probability >= PROBABILITY_FOR_HEADLINE or all(r.is_decisive for r in self.readings)


#: Readings that were worked out, with what they are readings of: a result means the same in every population.
Held = dict[tuple[int, int, int], tuple[GuidelineIndex, GenePhenotype | None, tuple[Reading, ...]]]


def weigh(
    index: GuidelineIndex, population: str, phenotypes: Mapping[str, GenePhenotype], knowledge: Knowledge, held: Held
) -> list[JointReading]:
    """Every joint reading with its verdict, the likeliest first. ``held`` is filled for the next population."""
    of_genes = []
    for place, gene in enumerate(index.guideline.genes):
        result = phenotypes.get(gene)
        key = (id(index), place, id(result))
        if key not in held or held[key][0] is not index or held[key][1] is not result:
            held[key] = (index, result, _readings(gene, result, index, place, knowledge))
        of_genes.append(held[key][2])
    joint = (JointReading(r, settle(index, population, r), join_probability(r)) for r in product(*of_genes))
    return sorted(joint, key=lambda w: (-w.probability, tuple(lookups_shown(w.readings).values())))


def _readings(
    name: str, result: GenePhenotype | None, index: GuidelineIndex, place: int, knowledge: Knowledge
) -> tuple[Reading, ...]:
    """The readings of one gene.

    A phenotype that was stated alone answers to every pair of alleles of the guideline that amounts to it.
    """
    readings = readings_of(name, result, index, place, knowledge.genes.get(name))
    if not index.diplotypes[place] or result is None or len(readings) > 1 or len(result.phenotypes) > 1:
        return readings
    (only,), stated = readings, result.phenotypes[0]
    if only.is_known or only.keys or stated.diplotype is not None or not stated.is_known:
        return readings
    keys = tuple(_keys_amounting_to(stated.name, name, index.diplotypes[place], knowledge))
    return (replace(only, knownness=Knownness.KNOWN, keys=keys),) if keys else readings


def _keys_amounting_to(phenotype: str, name: str, keys: Mapping[str, str], knowledge: Knowledge) -> Iterator[str]:
    gene = knowledge.genes.get(name)
    spelled = {canonical(a.name): a.name for a in gene.alleles} if gene is not None else {}
    for alleles, key in keys.items():
        known = [Allele(spelled[a]) for a in alleles.split("/") if a in spelled]
        if len(known) == 2 and phenotype_of(name, Diplotype(*known), knowledge).name == phenotype:
            yield key


def gravest(weighed: Sequence[JointReading]) -> JointReading:
    """The joint reading that the headline rests on: the gravest of those that count, the likeliest of equals."""
    counted = [w for w in weighed if w.counts]
    return max(counted, key=lambda w: (gravity(w.verdict.directive, w.verdict.strength), w.probability))


def ambiguous_genes(weighed: Sequence[JointReading], chosen: JointReading) -> tuple[str, ...]:
    """Genes whose readings that count differ, where they lead to different directives.

    The conventional answer of a call with an unknown variant has no probability of its own and is no second reading.
    """
    counted = [w for w in weighed if w.counts and w.probability > 0]
    if len({w.verdict.directive for w in counted}) < 2 or chosen.probability >= PROBABILITY_CERTAIN:
        return ()
    keys: dict[str, set[tuple[str, ...]]] = {}
    for w in counted:
        for reading in w.readings:
            keys.setdefault(reading.gene, set()).add(reading.keys)
    return tuple(gene for gene, found in keys.items() if len(found) > 1)


def settle_unweighable(
    verdict: Verdict, weighed: Sequence[JointReading], ambiguous: Sequence[str], phenotypes: Mapping[str, GenePhenotype]
) -> Verdict:
    """``verdict``, unless it rests on the convention alone for a gene that nothing can weigh: then a test comes first.

    Where nobody has counted a gene's alleles, the field's own answer (reference wherever nothing was read) is as much a
    guess as any other. What holds with that gene unknown stays if it is graver than testing.
    """
    unweighable = tuple(g for g in ambiguous if g in phenotypes and not is_weighable(phenotypes[g]))
    unknown = [
        w.verdict for w in weighed if w.counts and any(r.gene in unweighable and not r.is_known for r in w.readings)
    ]
    if not unknown or verdict.directive.action.severity <= Action.TEST_FIRST.severity:
        return verdict
    least = max(unknown, key=lambda v: gravity(v.directive, v.strength))
    if least.directive.action.severity >= Action.TEST_FIRST.severity:
        return least
    return Verdict(
        Directive(Action.TEST_FIRST, reason=verdict.directive.reason),
        missing=unweighable,
        hidden_worst=verdict.recommendation,
        is_our_test_first=True,
    )


def possibilities(weighed: Sequence[JointReading]) -> tuple[Possibility, ...]:
    """What the advice would be under each reading; nothing where all agree."""
    weighed = [w for w in weighed if w.probability >= PROBABILITY_TO_LIST or (w.counts and w.probability > 0)]
    if len({w.verdict.directive for w in weighed}) < 2:
        return ()
    return tuple(
        Possibility(lookups_shown(w.readings), w.probability, w.verdict.directive, w.verdict.strength) for w in weighed
    )


def certainty(weighed: Sequence[JointReading], facts: Facts) -> float:
    """The probability that what is ordered lies outside what the readings advise.

    Nothing is certain against the field's own answer: a reading that only assumed frequencies make likelier must not
    stop an order that the conventional one would let pass.
    """
    conventional = [w for w in weighed if w.probability > 0 and all(r.is_conventional for r in w.readings)]
    outside = [w for w in weighed if is_outside(w.verdict.directive, facts)]
    if conventional and not any(w in outside for w in conventional):
        return 0.0
    return sum(w.probability for w in outside)
