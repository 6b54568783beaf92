"""Every diplotype that the data allow, each with its probability.

A site that was not read allows any allele, and so does the unread copy of a half call: absence of data is never
evidence of the reference. Prior: haplotype frequencies of the release under Hardy-Weinberg proportions, so a pair of
two different alleles weighs twice the product of their frequencies. The data only rule pairs out; what is left is
scaled to sum to one. So the probability of a pair never grows when data are taken away.

A gene for which nobody published a frequency cannot be weighed: its candidates share the total evenly, the call says so
(``DiplotypeCall.is_weighed``), and no room may read those shares as probabilities (docs/decisions/004).

Genes called by components (DPYD, RYR1) carry several alleles on a strand. There the alleles are taken as independent:
an allele that could hide at unread sites joins a strand with the odds of its own frequency, and every distribution of
the variants over strands of unknown phase weighs the same (and counts as assumed).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.combinations import read_strand
from rxweave.calling.components import proxy_site_indices, strand_splits
from rxweave.calling.diplotype import Allele, Candidate, Diplotype, UnlistedCandidates
from rxweave.calling.genotypes import MISSING
from rxweave.calling.match import AlleleTable, Strands, fitting_strands
from rxweave.calling.names import diplotype_key, in_order, name_key
from rxweave.calling.patterns import NO_BLOCK, Pattern, renumbered, with_second_copy_unread
from rxweave.knowledge.genes import ProxySites

#: Candidates listed for one gene of one person, the conventional ones among them whatever their probability; how many
#: others there are, and what they weigh together, is stated.
MAX_CANDIDATES = 200
#: Distributions of variants over two strands that are weighed (eight unphased heterozygous sites).
MAX_SPLITS = 128
#: Alleles that may hide on a strand that are listed; the odds of the others count as left out.
MAX_HIDDEN = 20
#: No allele is rarer than this, as far as the prior goes.
LOWEST_FREQUENCY = 1e-6
#: Probability that is nothing but rounding.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Prior:
    """Haplotype frequencies as the release states or assumes them.

    ``assumed`` holds the alleles whose frequency nobody published. ``is_weighed`` is False where that is all of them,
    in every group: the frequencies are then equal shares that say nothing.
    """

    group: str
    frequency: Mapping[str, float]
    assumed: frozenset[str]
    is_weighed: bool = True


@dataclass(frozen=True, slots=True)
class Candidates:
    """``n_possible`` counts what the data allow, listed or not; ``unlisted`` holds the rest where it was weighed."""

    listed: tuple[Candidate, ...] = ()
    mass_left_out: float = 0.0
    assumed_share: float = 0.0  # part of the probability that rests on an assumed frequency; 0 if only one is possible
    n_possible: int = 0
    unlisted: UnlistedCandidates | None = None


def find_candidates(
    table: AlleleTable,
    pattern: Pattern,
    observed: Pattern,
    prior: Prior,
    conventional: Collection[Diplotype] = (),
    strands: Strands | None = None,
) -> Candidates:
    """The allowed pairs of named alleles, most probable first; none if no pair explains the data.

    ``pattern`` is what is matched, ``observed`` the same before ALTs unknown to the definitions were read as REF.
    ``conventional`` are listed whatever their probability, and before others of the same one. ``strands``: the alleles
    that fit ``pattern``, where they are known already.
    """
    if not pattern.has_data.any() or (pattern.has_haploid and not table.gene.is_haploid_possible):
        return Candidates()
    one_copy = pattern.has_haploid and bool((pattern.is_haploid == pattern.has_data).all())
    if pattern.has_haploid and not one_copy:
        pattern, strands = with_second_copy_unread(pattern), None
    if strands is None:
        sites = np.flatnonzero(pattern.has_data)
        strands = fitting_strands(table, pattern, sites, np.ones(len(table.alleles), dtype=np.bool_))
    rows = [table.alleles[row] for row in strands.rows]
    frequency = [prior.frequency.get(a.name, 0.0) for a in rows]
    is_assumed = [a.name in prior.assumed for a in rows]
    # A suballele is reported as its core allele: their frequencies add up.
    names = sorted({a.reported_name for a in rows}, key=name_key)
    rank_of = {name: rank for rank, name in enumerate(names)}
    rank = [rank_of[a.reported_name] for a in rows]
    weights: dict[tuple[int, int], float] = {}
    assumed = 0.0
    pairs = [(k, k) for k in range(len(rows))] if one_copy else strands.pairs()
    for k, m in pairs:
        weight = frequency[k] if one_copy else frequency[k] * frequency[m] * (1 if k == m else 2)
        key = (rank[k], rank[m]) if rank[k] <= rank[m] else (rank[m], rank[k])
        weights[key] = weights.get(key, 0.0) + weight
        if is_assumed[k] or is_assumed[m]:
            assumed += weight
    total = sum(weights.values())
    if total <= 0:
        return Candidates()
    alleles = [Allele(name) for name in names]
    kept = {
        (rank_of[d.first.name], rank_of[(d.second or d.first).name])
        for d in conventional
        if d.first.name in rank_of and (d.second or d.first).name in rank_of
    } & weights.keys()
    order = sorted(weights, key=lambda key: (-weights[key], key not in kept, key))
    shown, others = _within_cap(order, kept)
    n_unknown = unknown_strands(observed)
    listed = tuple(
        Candidate(
            Diplotype(alleles[first], None if one_copy else alleles[second]),
            weights[first, second] / total,
            n_unknown,
        )
        for first, second in shown
    )
    unlisted = None
    if others:
        unlisted = UnlistedCandidates(
            alleles=tuple(alleles),
            first=np.array([first for first, _ in others], dtype=np.int16),
            second=None if one_copy else np.array([second for _, second in others], dtype=np.int16),
            probability=np.array([weights[key] for key in others], dtype=np.float64) / total,
            unknown_alleles=n_unknown,
        )
    left_out = float(unlisted.probability.sum()) if unlisted is not None else 0.0
    return Candidates(listed, left_out, assumed / total if len(weights) > 1 else 0.0, len(weights), unlisted)


def _within_cap(
    order: list[tuple[int, int]], kept: Collection[tuple[int, int]]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The pairs to list, in order: the first ones, with room made for those of ``kept``; and the others."""
    if len(order) <= MAX_CANDIDATES:
        return order, []
    late = set(order[MAX_CANDIDATES:]).intersection(kept)
    early = [key for key in order[:MAX_CANDIDATES] if key not in kept]
    dropped = set(early[len(early) - min(len(late), len(early)) :] if late else ())
    chosen = (set(order[:MAX_CANDIDATES]) - dropped) | late
    return [key for key in order if key in chosen], [key for key in order if key not in chosen]


@dataclass(frozen=True, slots=True)
class _StrandOption:
    """One reading of a strand and its odds against the reading that hides nothing."""

    allele: Allele
    odds: float
    is_assumed: bool


class StrandMemory:
    """What the strands of one gene can be under one prior, worked out once for each strand."""

    _MOST = 20_000

    def __init__(self) -> None:
        self._options: dict[bytes, tuple[list[_StrandOption], float]] = {}
        self._hidden: dict[bytes, list[tuple[float, str]]] = {}

    def options(self, table: AlleleTable, codes: NDArray[np.int8], prior: Prior) -> tuple[list[_StrandOption], float]:
        """Readings of a strand, and the odds of all readings together (those not listed included)."""
        key = codes.tobytes()
        found = self._options.get(key)
        if found is None:
            if len(self._options) >= self._MOST:
                self._options.clear()
            found = self._options[key] = _strand_options(table, codes, prior, self)
        return found

    def hidden(self, table: AlleleTable, is_read: NDArray[np.bool_], prior: Prior) -> list[tuple[float, str]]:
        """The alleles that none of the sites read can tell, with their odds, the most frequent ones first."""
        key = np.packbits(is_read).tobytes()
        found = self._hidden.get(key)
        if found is None:
            if len(self._hidden) >= self._MOST:
                self._hidden.clear()
            found = [
                (_variant_odds(table.alleles[row].name, prior), table.alleles[row].name)
                for row in np.flatnonzero(~table.is_defined[:, is_read].any(axis=1)).tolist()
                if row != table.reference
            ]
            found.sort(key=lambda item: (-item[0], name_key(item[1])))
            self._hidden[key] = found
        return found


def find_component_candidates(
    table: AlleleTable,
    pattern: Pattern,
    observed: Pattern,
    prior: Prior,
    conventional: Collection[Diplotype] = (),
    memory: StrandMemory | None = None,
) -> Candidates:
    """The allowed diplotypes of a gene called by components, most probable first, ``conventional`` ones among them.

    ``memory`` serves one table and one prior: in a cohort the same strands return in many patterns.
    Nothing is listed beyond MAX_SPLITS distributions of the variants over the strands: all of the mass is left out.
    """
    pattern = with_linked_proxy(table, pattern)
    if pattern.is_haploid.any() or not pattern.has_data.any():
        return Candidates()
    n_splits = 2 ** max(pattern.n_blocks - 1, 0)
    if n_splits > MAX_SPLITS:
        return Candidates((), 1.0, 1.0, n_splits)
    memory = StrandMemory() if memory is None else memory
    weights: dict[Diplotype, float] = {}
    total = assumed = 0.0
    for first, second in strand_splits(pattern):
        firsts, mass_first = memory.options(table, first, prior)
        seconds, mass_second = memory.options(table, second, prior)
        total += mass_first * mass_second
        for one in firsts:
            for other in seconds:
                weight = one.odds * other.odds
                diplotype = in_order(one.allele, other.allele)
                weights[diplotype] = weights.get(diplotype, 0.0) + weight
                if one.is_assumed or other.is_assumed:
                    assumed += weight
    kept = frozenset(conventional) & weights.keys()
    order = sorted(weights, key=lambda d: (-weights[d], d not in kept, diplotype_key(d)))
    if len(order) > MAX_CANDIDATES:
        late = [d for d in order[MAX_CANDIDATES:] if d in kept]
        order = [*order[: MAX_CANDIDATES - len(late)], *late]
    n_unknown = unknown_strands(observed)
    listed = tuple(Candidate(d, weights[d] / total, n_unknown) for d in order)
    left_out = max(0.0, 1.0 - sum(c.probability for c in listed))
    share = 1.0 if n_splits > 1 else min(1.0, assumed / total)
    return Candidates(listed, left_out if left_out > ROUNDING else 0.0, share, len(weights))


def _strand_options(
    table: AlleleTable, codes: NDArray[np.int8], prior: Prior, memory: StrandMemory
) -> tuple[list[_StrandOption], float]:
    """Readings of one strand, and the odds of all readings together (those not listed included).

    At most one hidden allele is added to a strand, the MAX_HIDDEN most frequent ones first.
    """
    is_read = codes >= 0
    sites = np.flatnonzero(is_read)
    hidden = memory.hidden(table, is_read, prior)
    proxy, indices = table.gene.calling.proxy, proxy_site_indices(table)
    rest = sites
    readings: list[tuple[tuple[str, ...], float]] = [((), 1.0)]
    if proxy is not None and indices is not None:
        deciding, stand_in = indices
        rest = sites[(sites != deciding) & (sites != stand_in)]
        tagged = (proxy.allele, proxy.deciding_only_allele)
        hidden = [(odds, name) for odds, name in hidden if name not in tagged]
        readings = _tagged_readings(proxy, int(codes[deciding]), int(codes[stand_in]), prior)
    options = []
    for tagged_parts, odds in readings:
        for extra_odds, extra in [(1.0, ""), *hidden[:MAX_HIDDEN]]:
            parts = (*tagged_parts, extra) if extra else tagged_parts
            allele = read_strand(table, codes, rest, parts)[0].allele
            # What was read on the strand needs no prior; what may hide on it does.
            is_assumed = extra in prior.assumed or (len(readings) > 1 and not prior.assumed.isdisjoint(tagged_parts))
            options.append(_StrandOption(allele, odds * extra_odds, is_assumed))
    mass = sum(odds for _, odds in readings) * (1.0 + sum(odds for odds, _ in hidden))
    return options, mass


def _variant_odds(name: str, prior: Prior) -> float:
    """Odds that a strand carries the allele, whatever else is on it.

    What published frequencies leave of 1 is the reference's here, for the alleles are single variants, each beside
    the absence of itself; one without a published frequency gets the lowest prior that there is.
    """
    if name in prior.assumed or name not in prior.frequency:
        return LOWEST_FREQUENCY
    frequency = min(prior.frequency[name], 1 - LOWEST_FREQUENCY)
    return frequency / (1 - frequency)


def _tagged_readings(
    proxy: ProxySites, deciding: int, stand_in: int, prior: Prior
) -> list[tuple[tuple[str, ...], float]]:
    """What two tagging sites leave open on one strand: the alleles found there and the odds of each reading."""
    both = _variant_odds(proxy.allele, prior)
    alone = _variant_odds(proxy.deciding_only_allele, prior)
    if deciding > 0:
        if stand_in == MISSING:
            return [((proxy.allele,), both / (both + alone)), ((proxy.deciding_only_allele,), alone / (both + alone))]
        return [((proxy.allele if stand_in > 0 else proxy.deciding_only_allele,), 1.0)]
    if deciding != MISSING:
        return [((), 1.0)]
    if stand_in > 0:
        return [((proxy.allele,), 1.0)]
    readings = [((), 1.0), ((proxy.deciding_only_allele,), alone)]
    if stand_in == MISSING:
        readings.append(((proxy.allele,), both))
    return readings


def with_linked_proxy(table: AlleleTable, pattern: Pattern) -> Pattern:
    """The pattern with the stand-in site of a ``ProxySites`` in step with the deciding one.

    Two heterozygous sites of unknown relative phase that tag one allele are taken to sit on one strand; where the
    deciding site shows the reference, the stand-in says nothing.
    """
    indices = proxy_site_indices(table)
    if indices is None:
        return pattern
    deciding, stand_in = indices
    codes, blocks = pattern.codes.copy(), pattern.blocks.copy()
    if (codes[deciding] < 0).all() or (codes[stand_in] < 0).all():
        return pattern
    block, other = int(blocks[deciding]), int(blocks[stand_in])
    if block != other and NO_BLOCK not in (block, other):
        alone = next((s for s in (stand_in, deciding) if (blocks == blocks[s]).sum() == 1), None)
        if alone is None:
            return pattern
        partner = deciding if alone == stand_in else stand_in
        if ((codes[alone] > 0) != (codes[partner] > 0)).any():
            codes[alone] = codes[alone, ::-1]
        blocks[alone] = blocks[partner]
    codes[stand_in] = np.where(codes[deciding] == 0, np.int8(0), codes[stand_in])
    if codes[stand_in, 0] == codes[stand_in, 1]:
        blocks[stand_in] = NO_BLOCK
    elif blocks[stand_in] == NO_BLOCK:
        blocks[stand_in] = blocks[deciding]
    return renumbered(replace(pattern, codes=codes, blocks=blocks))


def unknown_strands(pattern: Pattern) -> int:
    """How many of the person's copies may carry an ALT that no definition holds: the most that the phase allows."""
    if not pattern.has_undocumented:
        return 0
    strange = pattern.is_undocumented
    if (pattern.codes[strange.any(axis=1), 1] < 0).all():
        return 1
    rows = np.flatnonzero(strange.any(axis=1))
    blocks = set(pattern.blocks[rows].tolist())
    both = strange[rows].any(axis=0).all()
    return 2 if both or NO_BLOCK in blocks or len(blocks) > 1 else 1
