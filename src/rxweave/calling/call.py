"""Genotypes in, one diplotype call per sample and gene out.

A gene is called as its release says (``Gene.calling``); no gene is named here. Every distinct genotype pattern is
called once, and the samples that share it share the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.candidates import Candidates, Prior, StrandMemory, find_candidates, find_component_candidates
from rxweave.calling.combinations import StrandReading
from rxweave.calling.components import (
    MAX_BLOCKS,
    found_components,
    proxy_site_indices,
    read_proxy,
    strand_readings,
    strand_splits,
)
from rxweave.calling.coverage import Coverage
from rxweave.calling.diplotype import Allele, CallStatus, Diplotype, DiplotypeCall
from rxweave.calling.fitting import fitting_strands_of_all
from rxweave.calling.genotypes import UNDOCUMENTED, Genotypes, SiteCalls
from rxweave.calling.match import AlleleTable, Strands
from rxweave.calling.names import diplotype_key, in_order
from rxweave.calling.pairs import Finding, call_by_combinations, call_by_pairs
from rxweave.calling.patterns import Pattern, distinct_patterns, read_as_reference
from rxweave.knowledge.genes import CallingMethod, Gene

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge

#: Sets of sites with data that are remembered a gene; a cohort has a handful, one with missing genotypes more.
_MOST_COVERAGES = 1024
#: Strands that are remembered a gene.
_MOST_STRANDS = 20_000
#: Name of the prior that weighs all groups equally.
ALL_GROUPS = "all groups, equal weights"


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What the caller of the library may choose.

    all_candidates:   list every allowed diplotype in ``diplotypes``, in score order, not only the best.
    combinations:     where no pair of named alleles fits, describe each strand by several (research grade).
    cyp2d6_from_vcf:  call the genes that small variants alone cannot settle (research grade).
    population:       the group whose frequencies weigh the candidates; empty for the mixture of all groups.
    """

    all_candidates: bool = False
    combinations: bool = False
    cyp2d6_from_vcf: bool = False
    population: str = ""


def call_diplotypes(
    genotypes: Genotypes, knowledge: Knowledge, options: CallOptions = CallOptions()
) -> tuple[Mapping[str, DiplotypeCall], ...]:
    """Call every gene of ``genotypes``: one mapping (gene to call) per sample, in the order of ``genotypes.samples``.

    Genes without allele definitions (outside calls only) are left out. Raises UnknownName for an unknown population.
    """
    calls: list[dict[str, DiplotypeCall]] = [{} for _ in genotypes.samples]
    for symbol, site_calls in genotypes.genes.items():
        gene = knowledge.genes[symbol]
        if gene.calling.method is CallingMethod.OUTSIDE_ONLY:
            continue
        caller = GeneCaller(gene, knowledge, options, genotypes.is_reference_assumed)
        patterns, index = distinct_patterns(site_calls)
        results = caller.call_all(patterns, site_calls)
        for sample, number in enumerate(index.tolist()):
            calls[sample][symbol] = results[number]
    return tuple(calls)


@dataclass(frozen=True, slots=True)
class GeneCalls:
    """The calls of one gene in a cohort: ``calls`` holds each distinct one, ``index`` intp (n_samples,) says whose."""

    gene: str
    calls: tuple[DiplotypeCall, ...]
    index: NDArray[np.intp]


def call_gene(genotypes: Genotypes, symbol: str, knowledge: Knowledge, options: CallOptions) -> GeneCalls | None:
    """Call one gene of ``genotypes`` in every sample, as ``call_diplotypes`` does.

    None for a gene without allele definitions, and for one that ``genotypes`` was not read for.
    """
    gene = knowledge.genes[symbol]
    site_calls = genotypes.genes.get(symbol)
    if site_calls is None or gene.calling.method is CallingMethod.OUTSIDE_ONLY:
        return None
    patterns, index = distinct_patterns(site_calls)
    caller = GeneCaller(gene, knowledge, options, genotypes.is_reference_assumed)
    return GeneCalls(symbol, tuple(caller.call_all(patterns, site_calls)), index)


class GeneCaller:
    """Calls the patterns of one gene."""

    def __init__(self, gene: Gene, knowledge: Knowledge, options: CallOptions, is_reference_assumed: bool) -> None:
        self.gene = gene
        self.options = options
        self.is_reference_assumed = is_reference_assumed
        self.table = AlleleTable(gene)
        self.positions = np.array([v.pos_grch38 for v in gene.variants], dtype=np.int64)
        self._coverages: dict[bytes, Coverage] = {}
        self._strands = StrandMemory()
        self._readings: dict[bytes, tuple[StrandReading, ...]] = {}
        frequency, assumed = knowledge.haplotype_prior(gene.symbol, options.population)
        self.prior = Prior(options.population or ALL_GROUPS, frequency, assumed, bool(gene.frequencies))

    def call_all(self, patterns: Sequence[Pattern], calls: SiteCalls) -> list[DiplotypeCall]:
        """Call patterns of the same file. ``calls`` names the ALTs that no definition holds."""
        if self.gene.calling.method is CallingMethod.LOWEST_FUNCTION or not self._is_called:
            return [self._call(pattern, None, calls) for pattern in patterns]
        strands = fitting_strands_of_all(self.table, patterns)
        return [self._call(pattern, found, calls) for pattern, found in zip(patterns, strands, strict=True)]

    @property
    def _is_called(self) -> bool:
        return not self.gene.calling.is_research_grade or self.options.cyp2d6_from_vcf

    def _coverage(self, has_data: NDArray[np.bool_]) -> Coverage:
        key = np.packbits(has_data).tobytes()
        found = self._coverages.get(key)
        if found is None:
            if len(self._coverages) >= _MOST_COVERAGES:
                self._coverages.clear()
            found = self._coverages[key] = Coverage.of(self.table, has_data)
        return found

    def _call(self, observed: Pattern, strands: Strands | None, calls: SiteCalls) -> DiplotypeCall:
        """Call one pattern. ``strands``: the alleles that fit it, None where they are not used or not known yet."""
        gene, table = self.gene, self.table
        coverage = self._coverage(observed.has_data)
        is_covered = bool(len(coverage.sites))
        if not is_covered or not self._is_called:
            note = f"{gene.symbol} is not called from small variants: copy number and hybrid genes need another assay"
            return DiplotypeCall(
                gene=gene.symbol,
                status=CallStatus.NO_CALL if is_covered else CallStatus.NOT_COVERED,
                is_phased=is_covered and observed.is_effectively_phased,
                is_reference_assumed=self.is_reference_assumed,
                is_research_grade=gene.calling.is_research_grade and self._is_called,
                covered_positions=len(coverage.sites),
                missing_positions=coverage.missing,
                undocumented=self._undocumented(observed, calls),
                uncallable_alleles=coverage.uncallable,
                warnings=() if self._is_called else (note,),
            )
        pattern = read_as_reference(observed) if gene.calling.undocumented_as_reference else observed
        if gene.calling.method is CallingMethod.LOWEST_FUNCTION:
            found = self._call_by_components(pattern, coverage.sites)
        else:
            # In the research mode an ALT that no definition knows is part of the description, never the reference.
            matched = observed if self.options.combinations else pattern
            known = strands if matched is observed else None
            found = call_by_pairs(table, matched, coverage, known, keep_all=self.options.all_candidates)
            if self.options.combinations and not found.diplotypes:
                found = call_by_combinations(table, observed, coverage.sites, dict(calls.undocumented))
        candidates = self._candidates(observed, found, strands)
        undocumented = self._undocumented(observed, calls)
        notes = self._notes(coverage, undocumented, found, candidates, pattern is not observed)
        if not found.diplotypes and not found.components:
            status = CallStatus.NO_CALL
        elif found.diplotypes and found.n_best > 1:
            status = CallStatus.AMBIGUOUS
        else:
            status = CallStatus.CALLED
        return DiplotypeCall(
            gene=gene.symbol,
            status=status,
            diplotypes=found.diplotypes,
            components=found.components,
            candidates=candidates.listed,
            mass_left_out=candidates.mass_left_out,
            phenotype_diplotypes=() if found.diplotypes else self._fallback(pattern),
            is_phased=observed.is_effectively_phased,
            is_reference_assumed=self.is_reference_assumed,
            is_research_grade=gene.calling.is_research_grade or found.is_research_grade,
            covered_positions=len(coverage.sites),
            missing_positions=coverage.missing,
            undocumented=undocumented,
            uncallable_alleles=coverage.uncallable,
            prior=self.prior.group if candidates.n_possible else "",
            prior_assumed_share=candidates.assumed_share,
            candidates_possible=candidates.n_possible,
            unlisted=candidates.unlisted,
            is_weighed=self.prior.is_weighed,
            assumed_positions=0 if calls.assumed is None else int(calls.assumed[coverage.sites].sum()),
            warnings=(*found.warnings, *notes),
        )

    def _notes(
        self,
        coverage: Coverage,
        undocumented: tuple[str, ...],
        found: Finding,
        candidates: Candidates,
        is_read_as_reference: bool,
    ) -> list[str]:
        """What a reader of the call must know beside its result."""
        notes = []
        strange = _listed(undocumented)
        if is_read_as_reference and not found.is_research_grade:
            notes.append(f"{strange}: no allele definition knows it; read as the reference, its function is unknown")
        elif strange and not found.diplotypes and not found.components:
            notes.append(f"{strange}: no allele definition knows it, so no named allele fits")
        elif not found.diplotypes and not found.components and not found.warnings:
            notes.append("no two named alleles make up these genotypes: a combination that no definition describes")
        if coverage.unread_amp_tier1:
            unread = _listed(coverage.unread_amp_tier1)
            notes.append(f"not read, though every clinical panel should test it (AMP tier 1): {unread}")
        if candidates.mass_left_out == 1:
            power = candidates.n_possible.bit_length() - 1  # one factor of two for each site whose strand is unknown
            notes.append(
                f"too many heterozygous sites of unknown phase: they can lie on the two strands in 2^{power} ways, and"
                " candidates are not listed"
            )
        return notes

    def _call_by_components(self, pattern: Pattern, sites: NDArray[np.intp]) -> Finding:
        """Exact diplotypes where the phase is known, or known in blocks; else the alleles found."""
        table = self.table
        warnings = self._proxy_warnings(pattern)
        if pattern.has_haploid:
            return Finding(warnings=(*warnings, "one-allele genotypes where two are expected on an autosome"))
        if pattern.is_effectively_phased or (not pattern.has_unphased and pattern.n_blocks <= MAX_BLOCKS):
            found: dict[Diplotype, int] = {}
            for first, second in strand_splits(pattern):
                for one in self._strand_readings(first, sites):
                    for other in self._strand_readings(second, sites):
                        found[in_order(one.allele, other.allele)] = one.score + other.score
            ordered = sorted(found.items(), key=lambda item: (-item[1], diplotype_key(item[0])))
            return Finding(tuple(d for d, _ in ordered), tuple(s for _, s in ordered), (), warnings)
        return Finding(components=found_components(table, pattern, sites), warnings=warnings)

    def _strand_readings(self, codes: NDArray[np.int8], sites: NDArray[np.intp]) -> tuple[StrandReading, ...]:
        """The readings of a strand; in a cohort the same strands return in many patterns."""
        key = codes.tobytes() + sites.tobytes()
        found = self._readings.get(key)
        if found is None:
            if len(self._readings) >= _MOST_STRANDS:
                self._readings.clear()
            found = self._readings[key] = strand_readings(self.table, codes, sites)
        return found

    def _proxy_warnings(self, pattern: Pattern) -> tuple[str, ...]:
        proxy, indices = self.gene.calling.proxy, proxy_site_indices(self.table)
        if proxy is None or indices is None:
            return ()
        deciding, stand_in = indices
        reading = read_proxy(proxy, pattern.codes[deciding], pattern.codes[stand_in])
        place = f"{self.gene.chromosome}:{proxy.stand_in_site}"
        if reading.disagrees:
            return (f"{place} suggests {proxy.allele}, {proxy.deciding_site} does not: the latter decides",)
        if reading.only_stand_in:
            return (f"{proxy.allele} is told from {place} alone: {proxy.deciding_site}, which decides, was not read",)
        return ()

    def _candidates(self, observed: Pattern, found: Finding, strands: Strands | None) -> Candidates:
        """What the data allow. An ALT that no definition holds makes its allele one of unknown function in any gene."""
        pattern = read_as_reference(observed)
        conventional = found.diplotypes[: found.n_best] if found.diplotypes else ()
        if self.gene.calling.method is CallingMethod.LOWEST_FUNCTION:
            return find_component_candidates(self.table, pattern, observed, self.prior, conventional, self._strands)
        known = strands if pattern is observed else None
        return find_candidates(self.table, pattern, observed, self.prior, conventional, known)

    def _fallback(self, pattern: Pattern) -> tuple[Diplotype, ...]:
        """The diplotype of the one site that stands in for a call that cannot be made (``FallbackSite``)."""
        fallback = self.gene.calling.fallback
        if fallback is None:
            return ()
        site = int(np.flatnonzero(self.positions == fallback.pos_grch38)[0])
        bases = self.gene.variants[site].alleles
        named = []
        for code in pattern.codes[site].tolist():
            if not 0 <= code < len(bases) or bases[code] not in fallback.allele_by_base:
                return ()
            named.append(Allele(fallback.allele_by_base[bases[code]]))
        return (in_order(named[0], named[1]),)

    def _undocumented(self, pattern: Pattern, calls: SiteCalls) -> tuple[str, ...]:
        if not pattern.has_undocumented:
            return ()
        found = []
        for site in np.flatnonzero(pattern.is_undocumented.any(axis=1)).tolist():
            variant = self.gene.variants[site]
            known = calls.undocumented.get(site, ())
            for code in sorted({c for c in pattern.codes[site].tolist() if c >= UNDOCUMENTED}):
                alt = known[code - UNDOCUMENTED] if code - UNDOCUMENTED < len(known) else "?"
                found.append(f"{self.gene.chromosome}:{variant.pos_grch38} {variant.ref}>{alt}")
        return tuple(found)


def _listed(names: Sequence[str], limit: int = 5) -> str:
    """The first names, and how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")
