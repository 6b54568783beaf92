"""The field's convention for most genes: the pairs of named alleles that fit, the best-scoring ones first.

An allele scores the sites that it defines and that have data; the reference scores all of them. So a diplotype with
the reference allele beats two variant alleles: a convention, not evidence. What the data allow beside it stands in
``DiplotypeCall.candidates``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.combinations import StrandReading, read_strand
from rxweave.calling.components import MAX_BLOCKS, strand_splits
from rxweave.calling.coverage import Coverage
from rxweave.calling.diplotype import Allele, Diplotype
from rxweave.calling.match import AlleleTable, Strands, fitting_strands, haploid_scores, pair_scores
from rxweave.calling.names import diplotype_key, in_order
from rxweave.calling.patterns import Pattern


@dataclass(frozen=True, slots=True)
class Finding:
    """What one way of calling found. ``scores`` belong to ``diplotypes``; both are empty where nothing fits."""

    diplotypes: tuple[Diplotype, ...] = ()
    scores: tuple[int, ...] = ()
    components: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    is_research_grade: bool = False

    @property
    def n_best(self) -> int:
        """How many diplotypes share the highest score."""
        return sum(score == self.scores[0] for score in self.scores)


def call_by_pairs(
    table: AlleleTable, pattern: Pattern, coverage: Coverage, strands: Strands | None = None, *, keep_all: bool = False
) -> Finding:
    """Call a pattern at its sites with data by pairs of named alleles (single alleles where there is one copy).

    ``strands``: the alleles that fit the pattern, where they are known already.
    """
    gene, sites = table.gene, coverage.sites
    if coverage.lacking:
        where = ", ".join(f"{gene.chromosome}:{p}" for p in coverage.lacking)
        return Finding(warnings=(f"no call without data at the required position {where}",))
    is_haploid = pattern.has_haploid
    if is_haploid:
        haploid = pattern.is_haploid[sites]
        if not gene.is_haploid_possible:
            places = _places(table, sites[haploid])
            return Finding(warnings=(f"one allele only at {places}, two expected on an autosome",))
        if not haploid.all():
            return Finding(warnings=("some genotypes have one allele and some two: is the ploidy of this file right?",))
    if pattern.has_half_calls:
        half = pattern.is_half_called[sites]
        return Finding(warnings=(f"half call at {_places(table, sites[half])}: one of the two alleles is not known",))
    if strands is None:
        strands = fitting_strands(table, pattern, sites, np.ones(len(table.alleles), dtype=np.bool_))
    strands = strands.only(coverage.is_callable)
    rows = strands.rows
    if is_haploid:
        scores = haploid_scores(table, pattern, sites, strands)
        found = [(table.diplotype(row), score) for row, score in zip(rows, scores, strict=True)]
    else:
        pairs = strands.pairs()
        scores = pair_scores(table, pattern, coverage, strands, pairs)
        found = [(table.diplotype(rows[k], rows[m]), score) for (k, m), score in zip(pairs, scores, strict=True)]
    if len(found) > 1:
        found.sort(key=lambda item: (-item[1], diplotype_key(item[0])))
    priorities = gene.calling.unphased_priorities
    if priorities and not pattern.is_effectively_phased:
        names = {str(diplotype) for diplotype, _ in found}
        for priority in priorities:
            if names.issuperset(priority.among):
                picked = [item for item in found if str(item[0]) == priority.pick]
                others = ", ".join(name for name in priority.among if name != priority.pick)
                note = f"{priority.pick} chosen over {others}: the field's convention for unphased data"
                return _reported(table, picked, (note,))
    elif found and not keep_all:
        found = [item for item in found if item[1] == found[0][1]]
    return _reported(table, found, ())


def call_by_combinations(
    table: AlleleTable, pattern: Pattern, sites: NDArray[np.intp], undocumented: dict[int, tuple[str, ...]]
) -> Finding:
    """Describe each strand by several named alleles and single variants (research grade); every result is listed."""
    if pattern.n_blocks > MAX_BLOCKS:
        return Finding(
            warnings=(
                f"{pattern.n_blocks} unphased heterozygous sites: combinations are not searched beyond {MAX_BLOCKS}",
            )
        )
    haploid = pattern.is_haploid[sites]
    if haploid.any() and not (haploid.all() and table.gene.is_haploid_possible):
        return Finding(warnings=("one-allele genotypes where two are expected: combinations are not searched",))
    found: dict[Diplotype, int] = {}
    seen: dict[bytes, tuple[StrandReading, ...]] = {}

    def readings(codes: NDArray[np.int8]) -> tuple[StrandReading, ...]:
        key = codes.tobytes()
        if key not in seen:
            seen[key] = read_strand(table, codes, sites, undocumented=undocumented)
        return seen[key]

    for first, second in strand_splits(pattern):
        for one in readings(first):
            if haploid.all():
                found[Diplotype(one.allele)] = one.score
                continue
            for other in readings(second):
                diplotype = in_order(one.allele, other.allele)
                found[diplotype] = max(found.get(diplotype, -len(table.gene.variants)), one.score + other.score)
    ordered = sorted(found.items(), key=lambda item: (-item[1], diplotype_key(item[0])))
    finding = _reported(table, ordered, ("described by several alleles and variants a strand: research grade",))
    return Finding(finding.diplotypes, finding.scores, (), finding.warnings, is_research_grade=True)


def _reported(table: AlleleTable, found: list[tuple[Diplotype, int]], warnings: tuple[str, ...]) -> Finding:
    """Suballeles under their core names, each diplotype once."""
    core = table.core_names
    if not core and len(found) == 1:
        return Finding((found[0][0],), (found[0][1],), (), warnings)
    reported: dict[Diplotype, int] = {}
    for diplotype, score in found:
        if core:
            first, second = diplotype.first, diplotype.second
            first = Allele(core.get(first.name, first.name), first.parts)
            second = Allele(core.get(second.name, second.name), second.parts) if second else None
            diplotype = in_order(first, second)
        reported.setdefault(diplotype, score)
    return Finding(tuple(reported), tuple(reported.values()), (), warnings)


def _places(table: AlleleTable, sites: NDArray[np.intp]) -> str:
    shown = [f"{table.gene.chromosome}:{table.gene.variants[s].pos_grch38}" for s in sites[:3].tolist()]
    return ", ".join(shown) + (f" and {len(sites) - 3} more" if len(sites) > 3 else "")
