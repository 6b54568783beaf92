"""Every diplotype that the data allow, each with its probability.

A site that was not read allows any allele, and so does the unread copy of a half call: absence of data is never
evidence of the reference. Prior: haplotype frequencies of the release under Hardy-Weinberg proportions, so a pair of
two different alleles weighs twice the product of their frequencies. The data only rule pairs out; what is left is
scaled to sum to one.

Genes called by components have alleles that may share a strand. Where no pair of single alleles fits, or the phase is
unknown, every distribution of the variants over the two strands weighs the same, and all of it counts as assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.components import strand_readings, strand_splits
from rxweave.calling.diplotype import Allele, Candidate, Diplotype
from rxweave.calling.genotypes import UNDOCUMENTED
from rxweave.calling.match import AlleleTable, fitting_strands
from rxweave.calling.names import diplotype_key, in_order
from rxweave.calling.patterns import NO_BLOCK, Pattern

#: Candidates listed for one gene of one person; the probability of the others is stated.
MAX_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Prior:
    """Haplotype frequencies as the release states or assumes them.

    ``assumed`` holds the alleles whose frequency nobody published.
    """

    group: str
    frequency: Mapping[str, float]
    assumed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidates:
    listed: tuple[Candidate, ...] = ()
    mass_left_out: float = 0.0
    assumed_share: float = 0.0  # part of the probability that rests on an assumed frequency


def find_candidates(table: AlleleTable, pattern: Pattern, observed: Pattern, prior: Prior) -> Candidates:
    """The allowed diplotypes, most probable first; none if no pair of named alleles explains the data.

    ``pattern`` is what is matched, ``observed`` the same before ALTs unknown to the definitions were read as REF.
    """
    sites = np.flatnonzero(pattern.has_data)
    if not len(sites):
        return Candidates()
    n_unknown = unknown_strands(observed)
    everything = np.ones(len(table.alleles), dtype=np.bool_)
    strands = fitting_strands(table, pattern, sites, everything)
    is_haploid = bool(pattern.is_haploid[sites].all())
    weights: dict[Diplotype, float] = {}
    assumed = 0.0
    # A suballele is reported as its core allele: their frequencies add up.
    names = [table.alleles[row] for row in strands.rows]
    frequency = [prior.frequency.get(a.name, 0.0) for a in names]
    alleles = [Allele(a.reported_name) for a in names]
    is_assumed = [a.name in prior.assumed for a in names]
    if is_haploid:
        pairs = [(k, k) for k in range(len(names))]
    elif pattern.is_haploid[sites].any():
        return Candidates()
    else:
        pairs = strands.pairs()
    for k, m in pairs:
        if is_haploid:
            diplotype, weight = Diplotype(alleles[k]), frequency[k]
        else:
            diplotype = in_order(alleles[k], alleles[m])
            weight = frequency[k] * frequency[m] * (1 if k == m else 2)
        weights[diplotype] = weights.get(diplotype, 0.0) + weight
        if is_assumed[k] or is_assumed[m]:
            assumed += weight
    total = sum(weights.values())
    if total <= 0:
        return Candidates()
    order = sorted(weights, key=lambda d: (-weights[d], diplotype_key(d)))
    listed = tuple(Candidate(d, weights[d] / total, n_unknown) for d in order[:MAX_CANDIDATES])
    left_out = sum(weights[d] for d in order[MAX_CANDIDATES:]) / total
    return Candidates(listed, left_out, assumed / total)


def find_split_candidates(
    table: AlleleTable, pattern: Pattern, observed: Pattern, sites: NDArray[np.intp]
) -> Candidates:
    """Every way to lay a component gene's variants over the two strands, all equally probable."""
    n_unknown = unknown_strands(observed)
    n_ways = 2 ** max(pattern.n_blocks - 1, 0)
    weights: dict[Diplotype, int] = {}
    read = 0
    for first, second in islice(strand_splits(pattern), MAX_CANDIDATES):
        read += 1
        diplotype = in_order(
            strand_readings(table, first, sites)[0].allele, strand_readings(table, second, sites)[0].allele
        )
        weights[diplotype] = weights.get(diplotype, 0) + 1
    order = sorted(weights, key=lambda d: (-weights[d], diplotype_key(d)))
    listed = tuple(Candidate(d, weights[d] / n_ways, n_unknown) for d in order)
    return Candidates(listed, max(0.0, 1 - read / n_ways), 1.0)


def unknown_strands(pattern: Pattern) -> int:
    """How many of the person's copies may carry an ALT that no definition holds: the most that the phase allows."""
    strange = pattern.is_undocumented
    if not strange.any():
        return 0
    if (pattern.codes[strange.any(axis=1), 1] < 0).all():
        return 1
    rows = np.flatnonzero(strange.any(axis=1))
    blocks = set(pattern.blocks[rows].tolist())
    both = strange[rows].any(axis=0).all()
    return 2 if both or NO_BLOCK in blocks or len(blocks) > 1 else 1
