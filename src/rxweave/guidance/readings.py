"""What a person's result of one gene can mean for one guideline, and how likely each reading is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from rxweave.calling.diplotype import CallSource, CallStatus, PriorBasis
from rxweave.guidance.lookups import GuidelineIndex, canonical, is_unknown_word
from rxweave.knowledge.genes import Gene, Lookup
from rxweave.phenotyping.phenotype import NO_RESULT, GenePhenotype, Phenotype

# Readings at least this probable decide the headline: the 1 in 20 below which the field calls a result not significant.
# Less likely ones are listed in ``possibilities`` and named in ``notes``. The field's own diplotype always counts.
PROBABILITY_FOR_HEADLINE = 0.05
# From this share of assumed frequencies on, a probability is not shown as one.
SHARE_MOSTLY_ASSUMED = 0.5


class Knownness(StrEnum):
    """How much a reading knows."""

    KNOWN = "known"
    UNTESTED = "not_tested"  # no data, or not for the allele that the guideline asks about
    NO_CALL = "no_call"  # data that no named allele fits
    UNCLEAR = "unknown_result"  # called, and the phenotype is not known
    UNDOCUMENTED = "unknown_function"  # carries a variant that no definition knows


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of a gene's result.

    ``keys`` are the guideline's keys (canonical; several where the result fits several), empty if it is not known.
    ``shown`` is the key as the result states it. ``is_conventional``: the field's own answer is this reading.
    ``is_decisive``: it counts however small its probability, as the field's own answer does where it is one.
    """

    gene: str
    knownness: Knownness
    keys: tuple[str, ...]
    shown: str
    probability: float
    is_conventional: bool
    phenotype: Phenotype | None = None
    is_decisive: bool = False

    @property
    def is_known(self) -> bool:
        return self.knownness is Knownness.KNOWN


def has_result(result: GenePhenotype | None) -> bool:
    """False when nothing was stated or found for the gene."""
    if result is None:
        return False
    stated = bool(result.call.stated or result.call.stated_phenotype or result.call.stated_activity_score)
    is_empty = result.call.status in (CallStatus.NOT_COVERED, CallStatus.NO_CALL) and not stated
    return not is_empty and any(p.name != NO_RESULT for p in result.phenotypes)


def readings_of(
    name: str, result: GenePhenotype | None, index: GuidelineIndex, place: int, gene: Gene | None
) -> tuple[Reading, ...]:
    """The readings of one gene, most probable first; their probabilities add up to one.

    ``place`` is the gene's place in the guideline. Candidates that answer to the same keys are one reading; those that
    the call does not list count by their phenotypes. What is known of neither is a reading of its own that knows
    nothing, and so are the unconventional candidates of a gene whose alleles nobody has counted (``is_weighed``): their
    even shares say that they are possible, not how likely they are.
    """
    if result is None or not has_result(result):
        is_no_call = result is not None and result.call.status is CallStatus.NO_CALL
        knownness = Knownness.NO_CALL if is_no_call else Knownness.UNTESTED
        return (Reading(name, knownness, (), NO_RESULT, 1.0, True, is_decisive=True),)
    found = list(_conventional(name, result, index, place, gene))
    weighed = list(_weighed(name, result, index, place, gene))
    if not weighed:
        weighed = [replace(r, probability=1 / len(found)) for r in found]
    # A conventional answer that leaves several keys open (a phenotype stated for a gene with scores) is the candidates
    # that it leaves open, if they are all listed.
    listed = {key for r in weighed if r.is_known for key in r.keys}
    spread = {key for r in found if len(r.keys) > 1 and set(r.keys) <= listed for key in r.keys}
    weighed = [replace(r, is_conventional=True) if r.keys and spread.issuperset(r.keys) else r for r in weighed]
    merged: dict[tuple[Knownness, tuple[str, ...]], Reading] = {}
    for reading in (*weighed, *(r for r in found if not (len(r.keys) > 1 and set(r.keys) <= listed))):
        held = merged.get((reading.knownness, reading.keys))
        merged[reading.knownness, reading.keys] = (
            reading
            if held is None
            else replace(
                held,
                probability=held.probability + reading.probability,
                is_conventional=held.is_conventional or reading.is_conventional,
            )
        )
    is_tied = len({(r.knownness, r.keys) for r in found}) > 1 and not _is_allele_status(gene, result)
    decisive = _decisive(merged.values(), is_tied and not are_weights_invented(result))
    return tuple(sorted(decisive, key=lambda r: (-r.probability, r.shown, r.keys)))


def _decisive(readings: Iterable[Reading], is_tied: bool) -> Iterable[Reading]:
    """Mark the readings that count however improbable: the field's own answer.

    Where the convention gives several answers that tie, it does not choose between them; what is published does
    (``is_tied``), unless it leaves none of them likely.
    """
    readings = list(readings)
    likely = [r for r in readings if r.is_conventional and r.probability >= PROBABILITY_FOR_HEADLINE]
    for reading in readings:
        is_decisive = reading.is_conventional and (not is_tied or not likely or reading in likely)
        yield reading if reading.is_decisive == is_decisive else replace(reading, is_decisive=is_decisive)


def is_weighable(result: GenePhenotype) -> bool:
    """False where no group has published how common the gene's alleles are: shares of readings are no probabilities."""
    return result.call.prior_basis is not PriorBasis.NOT_WEIGHABLE


def are_weights_invented(result: GenePhenotype | None) -> bool:
    """True where how likely a reading is rests mostly on frequencies that nobody published, or on nothing at all."""
    if result is None or not has_result(result):
        return False
    call = result.call
    if call.source is CallSource.OUTSIDE:  # results that contradict each other: nothing weighs them
        return True
    if call.prior_basis is PriorBasis.ASSUMED or not is_weighable(result):
        return True
    return not call.candidates or call.prior_assumed_share >= SHARE_MOSTLY_ASSUMED


def _conventional(
    name: str, result: GenePhenotype, index: GuidelineIndex, place: int, gene: Gene | None
) -> Iterable[Reading]:
    if _is_allele_status(gene, result):
        keys = tuple(k for p in result.phenotypes for k in p.lookup_keys)
        yield _reading(name, result.phenotypes[0], keys, index, place, gene)
        return
    for phenotype in result.phenotypes:
        yield _reading(name, phenotype, phenotype.lookup_keys, index, place, gene)


def _weighed(
    name: str, result: GenePhenotype, index: GuidelineIndex, place: int, gene: Gene | None
) -> Iterable[Reading]:
    call = result.call
    # An ALT that no definition knows counts as reference by convention only; a call that names such a variant and does
    # not say in which candidate it sits puts it in all of them.
    is_anywhere = bool(call.undocumented) and not any(c.unknown_alleles for c in call.candidates)
    is_anywhere = is_anywhere and (gene is None or gene.calling.undocumented_as_reference or not result.candidates)
    candidates = result.candidates
    if not candidates and not result.left_out:
        if is_anywhere:
            yield Reading(name, Knownness.UNDOCUMENTED, (), "Indeterminate", 1.0, True)
        return
    unknown_alleles = [c.unknown_alleles for c in call.candidates]
    if len(unknown_alleles) != len(candidates):
        unknown_alleles = [0] * len(candidates)
    every_key = tuple(k for p in result.phenotypes for k in p.lookup_keys) if _is_allele_status(gene, result) else ()
    # Phenotypes that were given for unlisted diplotypes have an unknown variant counted in already.
    left_out = result.left_out
    if index.diplotypes[place]:  # a phenotype of many unlisted diplotypes is none of them
        left_out = tuple(replace(c, phenotype=replace(c.phenotype, diplotype=None)) for c in left_out)
    listed = (*zip(candidates, unknown_alleles, strict=True), *((c, 0) for c in left_out))
    expected = {k for p in result.phenotypes for k in p.lookup_keys}
    for candidate, unknowns in listed:
        phenotype = candidate.phenotype
        if unknowns or is_anywhere:
            yield Reading(name, Knownness.UNDOCUMENTED, (), "Indeterminate", candidate.probability, False, phenotype)
            continue
        reading = _reading(name, phenotype, phenotype.lookup_keys or every_key, index, place, gene)
        if not call.is_weighed and reading.is_known and expected.isdisjoint(phenotype.lookup_keys):
            reading = Reading(name, Knownness.UNCLEAR, (), "Indeterminate", 0.0, False)
        yield replace(reading, probability=candidate.probability, is_conventional=False)
    if result.unknown_share > 0:
        yield Reading(name, Knownness.UNCLEAR, (), "Indeterminate", result.unknown_share, False)


def _reading(
    name: str, phenotype: Phenotype, stated: tuple[str, ...], index: GuidelineIndex, place: int, gene: Gene | None
) -> Reading:
    """A reading of probability 0 (to be weighed by the caller) for one phenotype.

    Two alleles that the guideline names outrank what they amount to; then what is stated is looked up, then the score
    and the name.
    """
    alleles = index.keys_of_diplotype(place, phenotype.diplotype, gene)
    if alleles:
        return Reading(name, Knownness.KNOWN, alleles, str(phenotype.diplotype), 0.0, True, phenotype)
    named = tuple(k for k in (phenotype.activity_score, phenotype.name) if k and not is_unknown_word(k))
    keys = index.keys_for(place, stated, gene) or index.keys_for(place, named, gene)
    known = tuple(k for k in keys if not is_unknown_word(k))
    shown = next((k for k in stated if index.keys_for(place, (k,), gene)), stated[0] if stated else phenotype.name)
    if known:
        return Reading(name, Knownness.KNOWN, known, shown, 0.0, True, phenotype)
    if keys or not phenotype.is_known or phenotype.name == NO_RESULT:
        return Reading(name, Knownness.UNCLEAR, keys, shown, 0.0, True, phenotype)
    return _unnamed(name, phenotype, stated, shown, index, place, gene)


def _unnamed(
    name: str,
    phenotype: Phenotype,
    stated: tuple[str, ...],
    shown: str,
    index: GuidelineIndex,
    place: int,
    gene: Gene | None,
) -> Reading:
    """The reading of a result that the guideline has no key for."""
    if gene is not None and gene.lookup is Lookup.ALLELE_STATUS:
        shown = next((k for k in stated if index.names_status_of(place, k)), "")
        if not shown:  # another allele was tested than the guideline asks for
            return Reading(name, Knownness.UNTESTED, (), NO_RESULT, 0.0, True, phenotype)
    elif index.diplotypes[place] and phenotype.diplotype is None:
        # The guideline asks for two alleles, and nobody said which they are.
        return Reading(name, Knownness.UNCLEAR, (), shown, 0.0, True, phenotype)
    return Reading(name, Knownness.KNOWN, (canonical(shown),), shown, 0.0, True, phenotype)


def _is_allele_status(gene: Gene | None, result: GenePhenotype) -> bool:
    if gene is not None:
        return gene.lookup is Lookup.ALLELE_STATUS
    return len(result.phenotypes) > 1 and result.call.source is not CallSource.GENOTYPES and not result.candidates
