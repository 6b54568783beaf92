"""The genotypes that a reader has found so far, site by site, and what they become when the file is read.

A site that no record speaks of stays MISSING. Storage is site by site (one record is one stretch of memory) and handed
out sample first, as ``SiteCalls`` wants it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.builds import GRCH38
from rxweave.calling.genotype_columns import Columns
from rxweave.calling.genotypes import ABSENT, MISSING, UNDOCUMENTED, FileWarning, Genotypes, SiteCalls
from rxweave.calling.reference_blocks import Stretch, cover
from rxweave.calling.sites import Site, SiteIndex
from rxweave.calling.split_records import SiteGenotypes, join_all
from rxweave.knowledge.genes import Gene

#: Codes are int8; a site with more undocumented ALTs than this shares the last code among the rest.
_LAST_CODE = 127
#: A warning about more samples than this is one warning with a count instead of one a sample.
_NAMED_SAMPLES = 20


class WarningList:
    """Warnings in order, each once."""

    def __init__(self, samples: Sequence[str]) -> None:
        self._samples = samples
        self._found: dict[FileWarning, None] = {}

    def add(self, place: str, text: str, gene: str = "", sample: str = "") -> None:
        self._found[FileWarning(place, text, gene, sample)] = None

    def add_for(self, rows: Sequence[int], place: str, text: str, gene: str = "") -> None:
        """One warning for each sample, or one with a count where there are many."""
        if len(rows) <= _NAMED_SAMPLES:
            for row in rows:
                self.add(place, text, gene, self._samples[row])
            return
        names = ", ".join(self._samples[row] for row in rows[:3])
        self.add(place, f"{text} (in {len(rows)} of {len(self._samples)} samples: {names} and others)", gene)

    def __iter__(self) -> Iterator[FileWarning]:
        return iter(self._found)


@dataclass(eq=False, slots=True)
class SiteState:
    """What the records read so far say about one site."""

    site: Site
    codes: NDArray[np.int8]  # (2, n), a view into the gene's array
    is_phased: NDArray[np.bool_]
    phase_set: NDArray[np.int32]
    undocumented: list[str] = field(default_factory=list)
    listed: set[str] = field(default_factory=set)  # ALTs of the records read, in the site's own frame
    lines: list[int] = field(default_factory=list)
    has_phase_set: bool = False
    conflicts: list[tuple[int, str]] = field(default_factory=list)  # (line, REF) of records dropped for their REF
    others: list[tuple[int, str]] = field(default_factory=list)  # (line, "REF>ALT") of records about something else
    stretches: list[Stretch] = field(default_factory=list)  # of a gVCF, that touch the site
    blocked: list[tuple[NDArray[np.intp], str, str]] = field(default_factory=list)  # samples, place, why
    suspected: list[tuple[NDArray[np.bool_], str]] = field(default_factory=list)  # (2, n) copies with a change, it

    @property
    def is_recorded(self) -> bool:
        return bool(self.lines)


class SiteTable:
    """Genotypes of ``samples`` at every site of ``index``."""

    def __init__(self, index: SiteIndex, genes: Sequence[Gene], samples: Sequence[str], warnings: WarningList) -> None:
        n = len(samples)
        self.samples = tuple(samples)
        self.warnings = warnings
        self._genes = genes
        self._index = index
        self._codes = {g.symbol: np.full((len(g.variants), 2, n), MISSING, np.int8) for g in genes}
        self._is_phased = {g.symbol: np.zeros((len(g.variants), n), np.bool_) for g in genes}
        self._phase_set = {g.symbol: np.zeros((len(g.variants), n), np.int32) for g in genes}
        self.states: dict[Site, SiteState] = {}
        for site in index.sites:
            if site.extra_rsid:
                arrays = (np.full((2, n), MISSING, np.int8), np.zeros(n, np.bool_), np.zeros(n, np.int32))
            else:
                arrays = (
                    self._codes[site.gene][site.index],
                    self._is_phased[site.gene][site.index],
                    self._phase_set[site.gene][site.index],
                )
            self.states[site] = SiteState(site, *arrays)

    def write(self, site: Site, labels: Sequence[str], columns: Columns, line: int, place: str) -> None:
        """Take one record about ``site``; a second record at the site is joined with what is there.

        ``labels``: for each allele index of the record, how the site's definition writes it (REF first), or another
        text for an allele that the definition does not hold. Symbolic alleles (``<NON_REF>``) count as not listed.
        """
        state = self.states[site]
        carried = {index for gt in columns.kinds for index in gt[:2]}
        code_of = {ABSENT: ABSENT, MISSING: MISSING}
        for i, label in enumerate(labels):
            if label in site.codes:
                code_of[i] = site.codes[label]
            elif i in carried:
                code_of[i] = self._undocumented_code(state, label)
        coded = columns.map(lambda gt: gt._replace(first=code_of[gt.first], second=code_of[gt.second]))
        listed = {label for label in labels[1:] if not label.startswith("<") and label not in (".", labels[0])}
        if not state.is_recorded:
            state.codes[0], state.codes[1], state.is_phased[:] = coded.usual[:3]
            for rows, gt in coded.others:
                state.codes[0, rows], state.codes[1, rows], state.is_phased[rows] = gt[:3]
            if columns.phase_set is not None:
                state.phase_set[:] = columns.phase_set
                state.has_phase_set = True
        else:
            indexes, is_phased = coded.dense()
            new = SiteGenotypes(indexes.astype(np.int8), is_phased, columns.phase_set)
            self._join(state, new, listed, line, place)
        state.listed |= listed
        state.lines.append(line)

    def _undocumented_code(self, state: SiteState, label: str) -> int:
        if label not in state.undocumented:
            state.undocumented.append(label)
        return min(UNDOCUMENTED + state.undocumented.index(label), _LAST_CODE)

    def _join(self, state: SiteState, new: SiteGenotypes, listed: set[str], line: int, place: str) -> None:
        before = SiteGenotypes(state.codes, state.is_phased, state.phase_set if state.has_phase_set else None)
        is_carried = np.asarray(((state.codes > 0) | (new.codes > 0)).any(axis=0))
        joined, contradictory = join_all(
            before, new, self._codes_of(state, state.listed - listed), self._codes_of(state, listed - state.listed)
        )
        state.codes[:] = joined.codes
        state.is_phased[:] = joined.is_phased
        if joined.phase_set is not None:
            state.phase_set[:] = joined.phase_set
            state.has_phase_set = True
        carriers = [row for row in contradictory.tolist() if is_carried[row]]
        if carriers:
            # One of the records saw a change: missing would leave it to frequencies, in which such changes are rare.
            labels = "/".join(sorted(state.listed | listed))
            state.codes[0, carriers] = MISSING
            state.codes[1, carriers] = self._undocumented_code(state, f"{state.site.place}:{labels} in doubt")
            state.is_phased[carriers] = False
        if len(contradictory):
            self.warnings.add_for(
                contradictory.tolist(),
                place,
                f"the records at {state.site.place}{_on_lines([*state.lines, line])} contradict each other; the site"
                " counts as not tested, and a copy that carries a change as one of unknown function. Keep the right"
                " record and remove the others",
                state.site.gene,
            )

    def _codes_of(self, state: SiteState, labels: set[str]) -> set[int]:
        codes = {state.site.codes[label] for label in labels if label in state.site.codes}
        return codes | {
            min(UNDOCUMENTED + i, _LAST_CODE) for i, label in enumerate(state.undocumented) if label in labels
        }

    def finish(self, file: str, *, assume_reference: bool) -> Genotypes:
        """Settle what stayed open and hand the genotypes out."""
        for state in self.states.values():
            if state.stretches and not state.is_recorded and not state.conflicts:
                self._read_stretches(state)
            self._apply_blocked(state)
        if self._index.build != GRCH38:
            self.warnings.add(
                Path(file).name,
                f"positions are {self._index.build}: read by the release's table of positions. Positions in results are"
                f" {GRCH38}",
            )
        for symbol, labels in self._index.unplaced.items():
            names = ", ".join(labels[:5]) + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")
            self.warnings.add(
                Path(file).name,
                f"{len(labels)} site(s) of {symbol} have no {self._index.build} position in this release: they count as"
                f" not tested ({names})",
                symbol,
            )
        genes: dict[str, SiteCalls] = {}
        for gene in self._genes:
            states = [s for s in self.states.values() if s.site.gene == gene.symbol and not s.site.extra_rsid]
            self._warn_of_dropped(gene, states)
            assumed = np.zeros(len(gene.variants), np.bool_)
            if assume_reference:
                assumed = self._assume_reference(gene, states)
            for state in states:
                self._apply_suspected(state)
            genes[gene.symbol] = SiteCalls(
                gene.symbol,
                self._codes[gene.symbol].transpose(2, 0, 1),
                self._is_phased[gene.symbol].T,
                self._phase_set[gene.symbol].T,
                MappingProxyType({s.site.index: tuple(s.undocumented) for s in states if s.undocumented}),
                assumed,
            )
        extra: dict[str, NDArray[np.int8]] = {}
        for state in self.states.values():
            if state.site.extra_rsid:
                if assume_reference and self._may_be_assumed(state):
                    state.codes[:] = state.site.codes[state.site.ref]
                extra[state.site.extra_rsid] = state.codes.T
        return Genotypes(
            file,
            self.samples,
            MappingProxyType(genes),
            tuple(self.warnings),
            MappingProxyType(extra),
            assume_reference,
            self._index.build,
        )

    @staticmethod
    def _read_stretches(state: SiteState) -> None:
        """Give the site the reference where a gVCF's stretches cover all of it."""
        if state.site.reference_code is None:
            return
        covered = cover(state.site.pos, state.site.end, state.stretches)
        state.codes[0, covered.is_reference] = state.site.reference_code
        state.codes[1, covered.is_reference] = state.site.reference_code
        state.codes[1, covered.is_reference & covered.is_haploid] = ABSENT
        state.is_phased[:] = covered.is_haploid & covered.is_reference

    def _apply_blocked(self, state: SiteState) -> None:
        """Samples with a variant beside the site that may change it are not reference there: they are missing."""
        for carriers, place, why in state.blocked:
            here = state.codes[:, carriers]
            rows = carriers[((here < 0) | (here == state.site.reference_code)).all(axis=0)]
            state.codes[:, rows] = MISSING
            if len(rows):
                self.warnings.add_for(rows.tolist(), place, why, state.site.gene)

    def suspect(self, site: Site, columns: Columns, index: int, change: str) -> None:
        """Note the copies that carry a change beside the site which may be its own, written elsewhere in a repeat."""
        indexes, _ = columns.dense()
        self.states[site].suspected.append((indexes == index, change))

    def _apply_suspected(self, state: SiteState) -> None:
        """A copy that carries what may be the site's change is known to differ: an undocumented allele, not missing.

        Missing would leave it to the frequencies of a group, in which such changes are rare; here one was seen.
        """
        for copies, change in state.suspected:
            rows = np.flatnonzero(copies.any(axis=0) & (state.codes == MISSING).all(axis=0))
            if len(rows):
                code = self._undocumented_code(state, change)
                state.codes[:, rows] = np.where(copies[:, rows], code, MISSING)
                first, second = state.codes[:, rows]
                state.codes[:, rows] = np.where(second == MISSING, np.stack([second, first]), state.codes[:, rows])
                state.is_phased[rows] = False

    @staticmethod
    def _may_be_assumed(state: SiteState) -> bool:
        is_touched = state.is_recorded or state.conflicts or state.stretches
        return not is_touched and state.site.reference_code is not None

    def _assume_reference(self, gene: Gene, states: Sequence[SiteState]) -> NDArray[np.bool_]:
        """Give sites without any record the reference: one copy to samples that are haploid at the gene's other sites.

        What is added is written unphased, and being homozygous it has no phase to disturb.
        """
        assumed = np.zeros(len(gene.variants), np.bool_)
        codes = self._codes[gene.symbol]
        is_haploid = (codes[:, 1] == ABSENT).any(axis=0) & ~(codes[:, 1] >= 0).any(axis=0)
        for state in states:
            if not self._may_be_assumed(state):
                continue
            assumed[state.site.index] = True
            state.codes[0] = state.site.codes[state.site.ref]
            state.codes[1] = np.where(is_haploid, ABSENT, state.codes[0])
            for carriers, _, _ in state.blocked:
                state.codes[:, carriers] = MISSING
        return assumed

    def _warn_of_dropped(self, gene: Gene, states: Sequence[SiteState]) -> None:
        uncertain = [s for s in states if s.stretches and not s.is_recorded and (s.codes[0] == MISSING).any()]
        if uncertain:
            self.warnings.add(
                uncertain[0].site.place,
                f"{len(uncertain)} of the {len(states)} sites of {gene.symbol} lie in stretches of the gVCF that do not"
                " call the reference all over the site (no genotype, or MIN_DP, DP or GQ of 0): they count as not"
                " tested" + (" where that is so" if len(self.samples) > 1 else ""),
                gene.symbol,
            )
        for state in states:
            if state.others and not state.is_recorded and not state.conflicts and not state.stretches:
                line, what = state.others[0]
                self.warnings.add(
                    state.site.place,
                    (f"line {line}" if line else "a record")
                    + f" has another variant here ({what}), not {_definition(state.site)}: the site counts as not"
                    " tested",
                    gene.symbol,
                )


def _on_lines(lines: Sequence[int]) -> str:
    """Where records stand; nothing for those that were found by an index, whose lines have no numbers."""
    return f" on lines {', '.join(map(str, lines))}" if all(lines) else ""


def _definition(site: Site) -> str:
    return f"{site.ref}>{','.join(site.alts)}"
