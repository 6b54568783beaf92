"""What the candidates of a call leave open: the phenotypes behind those not listed, and the alleles not excluded.

Everything here adds up probabilities that ``calling`` has already given; nothing is weighed anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.diplotype import Allele, CallStatus, Diplotype, DiplotypeCall, UnlistedCandidates
from rxweave.calling.names import in_order, name_key
from rxweave.phenotyping.diplotypes import GeneRules
from rxweave.phenotyping.phenotype import NotExcluded, Phenotype, PhenotypeCandidate

#: Alleles that a call does not exclude and that are named; the rest are rarer still.
MAX_NOT_EXCLUDED = 12


def left_out_phenotypes(call: DiplotypeCall, rules: GeneRules) -> tuple[PhenotypeCandidate, ...]:
    """The phenotypes of the candidates that the call does not list, each once, with what they weigh together.

    Alleles of one function are one kind, so thousands of pairs are a few dozen kinds of pairs. Where the phase of so
    many components is unknown that no candidate is listed at all, the phenotypes are those of every way to share the
    components out between two strands.
    """
    if call.unlisted is not None:
        phenotypes, of_pair = _of_unlisted(call.unlisted, rules)
        weights = np.bincount(of_pair, weights=call.unlisted.probability, minlength=len(phenotypes))
        return _merged(list(zip(phenotypes, weights.tolist(), strict=True)))
    if call.components and not call.candidates and rules.is_called_by_lowest_function:
        return _merged(_of_shared_out_components(call, rules))
    return ()


def not_excluded_alleles(
    call: DiplotypeCall,
    conventional: Sequence[Phenotype],
    candidates: Sequence[PhenotypeCandidate],
    rules: GeneRules,
) -> tuple[NotExcluded, ...]:
    """Alleles that the reported result does not hold, that the data allow, and with which the phenotype would differ.

    Most probable first, MAX_NOT_EXCLUDED at most. The probability is that of carrying one copy or two.
    """
    if call.status not in (CallStatus.CALLED, CallStatus.AMBIGUOUS) or call.candidates_possible < 2:
        return ()
    reported = {part for d in call.diplotypes for a in d.alleles for part in _parts(a)} | set(call.components)
    known = {p.lookup_keys for p in conventional}
    weight: dict[str, float] = {}
    differing: set[str] = set()
    for candidate, reading in zip(call.candidates, candidates, strict=False):
        for name in {part for a in candidate.diplotype.alleles for part in _parts(a)} - reported:
            weight[name] = weight.get(name, 0.0) + candidate.probability
            if reading.phenotype.lookup_keys not in known:
                differing.add(name)
    if call.unlisted is not None:
        unlisted = call.unlisted
        phenotypes, of_pair = _of_unlisted(unlisted, rules)
        is_other = np.array([p.lookup_keys not in known for p in phenotypes])[of_pair]
        here = _carried(unlisted, unlisted.probability)
        is_differing = _carried(unlisted, is_other.astype(np.float64)) > 0
        for index, allele in enumerate(unlisted.alleles):
            if allele.name not in reported and here[index]:
                weight[allele.name] = weight.get(allele.name, 0.0) + float(here[index])
                if is_differing[index]:
                    differing.add(allele.name)
    ordered = sorted(differing, key=lambda name: (-weight[name], name_key(name)))
    return tuple(NotExcluded(name, min(weight[name], 1.0)) for name in ordered[:MAX_NOT_EXCLUDED])


def _parts(allele: Allele) -> tuple[str, ...]:
    return allele.parts or (allele.name,)


def _carried(unlisted: UnlistedCandidates, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """For every allele the sum of ``weights`` over the pairs that hold it: float64 (n_alleles,)."""
    n = len(unlisted.alleles)
    total = np.bincount(unlisted.first, weights=weights, minlength=n)
    if unlisted.second is not None:
        is_other = unlisted.second != unlisted.first
        total += np.bincount(unlisted.second[is_other], weights=weights[is_other], minlength=n)
    return np.asarray(total)


def _of_unlisted(unlisted: UnlistedCandidates, rules: GeneRules) -> tuple[list[Phenotype], NDArray[np.intp]]:
    """Phenotypes, and for every unlisted pair the index of its own: intp (n_unlisted,)."""
    kinds: dict[object, int] = {}
    example: list[Allele] = []
    kind_of = np.zeros(len(unlisted.alleles), dtype=np.intp)
    for index, allele in enumerate(unlisted.alleles):
        kind = (rules.function(allele), rules.value(allele))
        if kind not in kinds:
            kinds[kind] = len(kinds)
            example.append(allele)
        kind_of[index] = kinds[kind]
    first = kind_of[unlisted.first]
    if unlisted.second is None:
        pairs, of_pair = np.unique(first, return_inverse=True)
        diplotypes = [Diplotype(example[k]) for k in pairs.tolist()]
    else:
        second = kind_of[unlisted.second]
        code = np.minimum(first, second) * len(example) + np.maximum(first, second)
        pairs, of_pair = np.unique(code, return_inverse=True)
        diplotypes = [in_order(*(example[k] for k in divmod(code, len(example)))) for code in pairs.tolist()]
    return [rules.with_unknown_alleles(d, unlisted.unknown_alleles) for d in diplotypes], of_pair


def _of_shared_out_components(call: DiplotypeCall, rules: GeneRules) -> list[tuple[Phenotype, float]]:
    """Every component on either strand with the same probability; those found twice are on both.

    The lowest component lies on one strand. The other strand's lowest is the next lowest one with probability 1/2, the
    one after it with 1/4 and so on; what is left when all lie on the first strand is what both carry, or the reference.
    A component that the rules cannot place is taken to lie on both.
    """
    names, reference = list(call.components), rules.gene.reference_allele
    if reference is None:
        return []
    single = [Allele(name) for name in names if names.count(name) == 1 and name != reference.name]
    both = tuple(dict.fromkeys(n for n in names if names.count(n) > 1 or rules.is_open(Allele(n))))
    once = [a.name for a in sorted(single, key=rules.severity_key) if a.name not in both]
    found: list[tuple[Phenotype, float]] = []
    share = 1.0
    for other in once[1:]:
        share /= 2
        found.append((_of_strands((once[0], *both), (other, *both), call, rules), share))
    found.append((_of_strands((*once[:1], *both), both, call, rules), share))
    return found


def _of_strands(first: tuple[str, ...], second: tuple[str, ...], call: DiplotypeCall, rules: GeneRules) -> Phenotype:
    reference = rules.gene.reference_allele
    nothing = (reference.name,) if reference is not None else ()
    one, other = (
        Allele.combination(parts) if len(parts) > 1 else Allele(parts[0])
        for parts in (first or nothing, second or nothing)
    )
    return rules.with_unknown_alleles(in_order(one, other), 2 if call.undocumented else 0)


def _merged(weighed: Sequence[tuple[Phenotype, float]]) -> tuple[PhenotypeCandidate, ...]:
    merged: dict[tuple[str, tuple[str, ...]], tuple[Phenotype, float]] = {}
    for phenotype, weight in weighed:
        key = (phenotype.name, phenotype.lookup_keys)
        held = merged.get(key)
        merged[key] = (phenotype, weight) if held is None else (held[0], held[1] + weight)
    ordered = sorted(merged.values(), key=lambda item: (-item[1], item[0].name))
    return tuple(PhenotypeCandidate(phenotype, weight) for phenotype, weight in ordered)
