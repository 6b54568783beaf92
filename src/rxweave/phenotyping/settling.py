"""Which further test would tell the phenotypes of a call's candidates apart.

Every candidate says what genotype each unread position would show, and which of the heterozygous positions lie on one
copy. A test splits the candidates by its result; its worth is the expected probability of the phenotype that is then
the likeliest. The best test comes first, then the best one after it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.diplotype import Allele, DiplotypeCall
from rxweave.knowledge.genes import Gene
from rxweave.phenotyping.phenotype import PhenotypeCandidate, Question, SettlingTest

#: Tests named for one gene of one person.
MAX_TESTS = 3
#: Expected certainty from which no further test is asked for.
SETTLED = 0.9995
#: Expected certainty that a test must add to be worth naming.
LEAST_GAIN = 1e-4


class TestFinder:
    """Finds the settling tests of one gene's calls.

    codes: int8 (n_names, n_sites), what an allele shows at a site; the lowest code where its definition allows several,
    so that a site which may look like the reference is not taken to tell it apart.
    """

    __test__ = False  # the name is the domain's, not pytest's

    def __init__(self, gene: Gene) -> None:
        self.gene = gene
        n_sites = len(gene.variants)
        reference = gene.reference_allele
        default = np.zeros(n_sites, dtype=np.int8)
        self._code_of: dict[str, NDArray[np.int8]] = {}
        self._defines: dict[str, list[int]] = {}
        if reference is not None:
            for site, mask in reference.cells:
                default[site] = _lowest(mask)
        for allele in gene.alleles:
            if not allele.is_callable:
                continue
            codes = default.copy()
            for site, mask in allele.cells:
                codes[site] = _lowest(mask)
            held = self._code_of.get(allele.reported_name)
            self._code_of[allele.reported_name] = codes if held is None else np.minimum(held, codes)
        self._default = default
        self._index_of = {v.pos_grch38: k for k, v in enumerate(gene.variants)}
        self._rsids = tuple(v.rsid for v in gene.variants)

    def find(
        self,
        call: DiplotypeCall,
        candidates: tuple[PhenotypeCandidate, ...],
        left_out: tuple[PhenotypeCandidate, ...] = (),
    ) -> tuple[SettlingTest, ...]:
        """The tests for one call; none where its candidates have one phenotype.

        Where the phase of so many components is unknown that no candidate is listed, the phase is the question.
        """
        if call.components and not call.candidates and len(left_out) > 1:
            known = {a.name: a for a in self.gene.alleles}
            once = [known[n] for n in call.components if n in known and call.components.count(n) == 1]
            told_apart = sorted({site for a in once if not a.is_reference for site, _ in a.cells})
            return (self._test(Question.PHASE, told_apart, 1.0),)
        if len(call.candidates) < 2 or len(candidates) != len(call.candidates):
            return ()
        keys: dict[tuple[str, ...], int] = {}
        of_phenotype = np.array([keys.setdefault(c.phenotype.lookup_keys, len(keys)) for c in candidates])
        if len(keys) < 2:
            return ()
        weight = np.array([c.probability for c in call.candidates])
        first = np.stack([self._codes(c.diplotype.first) for c in call.candidates])
        second = np.stack([self._codes(c.diplotype.second or c.diplotype.first) for c in call.candidates])
        sites, results = self._site_results(call, first, second)
        phase_sites, phase = self._phase_results(call, first, second)
        so_far = np.zeros(len(weight), dtype=np.int64)
        certainty = float(np.bincount(of_phenotype, weights=weight).max())
        tests: list[SettlingTest] = []
        while len(tests) < MAX_TESTS and certainty < SETTLED:
            reached = _certainties(so_far, results, of_phenotype, weight)
            best = int(reached.argmax()) if len(reached) else -1
            value = float(reached[best]) if best >= 0 else 0.0
            by_phase = _certainties(so_far, phase[None], of_phenotype, weight)[0] if phase is not None else 0.0
            if max(value, by_phase) < certainty + LEAST_GAIN:
                break
            certainty = max(value, float(by_phase))
            if by_phase >= value and phase is not None:
                tests.append(self._test(Question.PHASE, phase_sites, certainty))
                so_far = _joined(so_far, phase)
                phase = None
            else:
                tests.append(self._test(Question.POSITION, [int(sites[best])], certainty))
                so_far = _joined(so_far, results[best])
        return tuple(tests)

    def _test(self, question: Question, sites: list[int], certainty: float) -> SettlingTest:
        positions = tuple(self.gene.variants[s].pos_grch38 for s in sites)
        return SettlingTest(question, positions, tuple(self._rsids[s] for s in sites), min(certainty, 1.0))

    def _codes(self, allele: Allele) -> NDArray[np.int8]:
        found = self._code_of.get(allele.name)
        if found is None:
            # A combination shows what each of its parts shows; a single variant that is no allele was read, so it
            # is the same in every candidate.
            found = self._default.copy()
            for part in allele.parts:
                codes = self._code_of.get(part)
                if codes is not None:
                    found = np.where(codes != self._default, codes, found)
        return found

    def _site_results(
        self, call: DiplotypeCall, first: NDArray[np.int8], second: NDArray[np.int8]
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Unread sites whose genotype is not the same in all candidates, and what each candidate shows there.

        Returns intp (n_open,) and int64 (n_open, n_candidates).
        """
        unread = np.array([self._index_of[p] for p in call.missing_positions if p in self._index_of], dtype=np.intp)
        low, high = np.minimum(first, second)[:, unread], np.maximum(first, second)[:, unread]
        shown = low.astype(np.int64) * 64 + high
        is_open = (shown != shown[0]).any(axis=0)
        return unread[is_open], np.ascontiguousarray(shown[:, is_open].T)

    def _phase_results(
        self, call: DiplotypeCall, first: NDArray[np.int8], second: NDArray[np.int8]
    ) -> tuple[list[int], NDArray[np.int64] | None]:
        """The heterozygous sites whose phase differs between candidates, and the phase that each candidate has."""
        differs = (first != second).all(axis=0)
        differs[[self._index_of[p] for p in call.missing_positions if p in self._index_of]] = False
        sites = np.flatnonzero(differs)
        if len(sites) < 2:
            return [], None
        is_lower = first[:, sites] < second[:, sites]
        is_lower ^= ~is_lower[:, :1]  # the first site is always shown the same way round
        varying = np.flatnonzero((is_lower != is_lower[0]).any(axis=0))
        if not len(varying):
            return [], None
        _, phase = np.unique(is_lower[:, varying], axis=0, return_inverse=True)
        return [int(sites[0]), *(int(s) for s in sites[varying])], np.asarray(phase.reshape(-1), dtype=np.int64)


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1 if mask else 0


def _joined(so_far: NDArray[np.int64], result: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the pairs of results: int64 (n_candidates,)."""
    _, number = np.unique(so_far * (int(result.max()) + 1) + result, return_inverse=True)
    return np.asarray(number.reshape(-1), dtype=np.int64)


def _certainties(
    so_far: NDArray[np.int64], results: NDArray[np.int64], of_phenotype: NDArray[np.intp], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Expected probability of the likeliest phenotype after each of ``results``: float64 (n_tests,)."""
    n_tests = len(results)
    if not n_tests:
        return np.zeros(0)
    n_phenotypes = int(of_phenotype.max()) + 1
    joint = so_far[None, :] * (int(results.max()) + 1) + results
    _, number = np.unique(joint, return_inverse=True)
    number = number.reshape(joint.shape)
    n_results = int(number.max()) + 1
    cell = (np.arange(n_tests)[:, None] * n_results + number) * n_phenotypes + of_phenotype[None, :]
    weights = np.broadcast_to(weight, joint.shape)
    sums = np.bincount(cell.ravel(), weights=weights.ravel(), minlength=n_tests * n_results * n_phenotypes)
    reached: NDArray[np.float64] = sums.reshape(n_tests, n_results, n_phenotypes).max(axis=2).sum(axis=1)
    return reached
