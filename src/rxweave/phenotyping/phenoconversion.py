"""Phenoconversion: what a person's other drugs make of a genetic result.

Rules and washout times are data of the release (``phenoconversion.toml``, ``washout.tsv``), modulators are the
rows of ``interactions.tsv``; nothing is applied that no named source backs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from rxweave.calling.diplotype import CallSource, CallStatus, Candidate, DiplotypeCall
from rxweave.knowledge.drugs import Interaction, Role, Strength
from rxweave.patient.patient import MedicationOrder, Patient, YesNo
from rxweave.phenotyping.converting import Converter
from rxweave.phenotyping.phenotype import GenePhenotype, Phenotype, PhenotypeCandidate

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge
    from rxweave.knowledge.conversions import ConversionRule, Conversions


class Exposure(StrEnum):
    """Whether a modulator still acts."""

    TAKEN = "taken"
    WASHING_OUT = "washing_out"  # stopped, and its effect is not over by the stated time
    WASHOUT_UNKNOWN = "washout_unknown"  # stopped, and no date or no sourced time tells whether it is over
    BUILDING_UP = "building_up"  # an inducer started too short ago for its full effect


@dataclass(frozen=True, slots=True)
class Modulation:
    """One drug (or smoking, or inflammation) that touches the gene's enzyme.

    ``is_applied``: it changed the clinical phenotype. Otherwise ``because`` says why not, coded: ``weak`` (leaves it as
    it is), ``direction_only`` (no rule gives an amount), ``nothing_left`` (no activity to inhibit),
    ``weaker_than_another``, ``as_needed``, ``route`` (not absorbed), ``washout_unknown``, ``unknown_result`` (the rule
    needs a known result). ``confidence`` is ``guideline``, ``practice`` or ``direction``. ``strength`` is empty for
    what no source grades (smoking, inflammation), and the weakest that a named source states where they differ:
    ``stronger_by`` names those that say more. Strengths are those of usual doses: no dose is compared.
    """

    agent: str
    role: Role
    strength: Strength
    exposure: Exposure
    sources: tuple[str, ...]
    is_applied: bool
    because: str = ""
    confidence: str = ""
    stronger_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversion:
    """A gene's result before and after the modulators. ``clinical`` is ``genetic`` itself where nothing was applied."""

    gene: str
    genetic: GenePhenotype
    clinical: GenePhenotype
    modulations: tuple[Modulation, ...] = ()
    evidence: tuple[str, ...] = ()  # sources of the rule that was applied
    confidence: str = ""

    @property
    def is_changed(self) -> bool:
        return self.clinical is not self.genetic

    @property
    def applied(self) -> tuple[str, ...]:
        """The agents that made the difference."""
        return tuple(m.agent for m in self.modulations if m.is_applied)

    @property
    def unsettled(self) -> tuple[str, ...]:
        """Stopped agents of which it has to be asked when: they may still act, and are not applied."""
        return tuple(m.agent for m in self.modulations if m.because == "washout_unknown")


def phenoconvert(
    result: GenePhenotype,
    medications: Sequence[MedicationOrder],
    knowledge: Knowledge,
    *,
    drug: str = "",
    on: date | None = None,
    patient: Patient | None = None,
) -> Conversion:
    """What ``medications`` make of a gene's result, on the day ``on``, for advice on ``drug``.

    ``drug`` itself is left out: its guideline counts its own effect on the enzyme already. Of several inhibitors the
    strongest counts, equally strong ones together once. An inducer never changes the named phenotype. ``patient`` tells
    of smoking and inflammation; its medication list is not read.

    The clinical result keeps every candidate with its probability; one that comes to several phenotypes (a score of
    ``≥3`` halved) shares its probability evenly among them. A gene without a result has one afterwards only where the
    rule holds whatever the genes are.
    """
    found = modulations(result.gene, medications, knowledge, drug=drug, on=on, patient=patient)
    rule = _strongest_rule(result.gene, found, knowledge.conversions)
    if rule is None:
        return Conversion(result.gene, result, result, found)
    clinical = _apply(result, rule, knowledge)
    if clinical is result:
        because = "nothing_left" if any(p.is_known for p in result.phenotypes) else "unknown_result"
        return Conversion(result.gene, result, result, tuple(_settled(found, rule, because)))
    return Conversion(result.gene, result, clinical, tuple(_settled(found, rule)), rule.sources, rule.confidence.value)


def conversion_of_all(
    phenotypes: Mapping[str, GenePhenotype],
    medications: Sequence[MedicationOrder],
    knowledge: Knowledge,
    *,
    drug: str = "",
    on: date | None = None,
    patient: Patient | None = None,
) -> dict[str, Conversion]:
    """``phenoconvert`` for every gene, in the order given."""
    return {
        gene: phenoconvert(result, medications, knowledge, drug=drug, on=on, patient=patient)
        for gene, result in phenotypes.items()
    }


def modulations(
    gene: str,
    medications: Sequence[MedicationOrder],
    knowledge: Knowledge,
    *,
    drug: str = "",
    on: date | None = None,
    patient: Patient | None = None,
) -> tuple[Modulation, ...]:
    """Everything that acts on the enzyme of ``gene``, strongest first; nothing is marked as applied yet.

    Works for enzymes whose gene the release does not hold (CYP1A2). What could be applied has an empty ``because``.
    """
    conversions = knowledge.conversions
    enzyme = conversions.shared.get(gene, gene)
    effects: dict[str, list[Interaction]] = {}
    for interaction in knowledge.interactions:
        if interaction.gene == enzyme and interaction.role is not Role.SUBSTRATE and interaction.drug != drug:
            effects.setdefault(interaction.drug, []).append(interaction)
    found: dict[tuple[str, Role], Modulation] = {}
    for order in medications:
        for interaction in effects.get(order.drug, ()):
            exposure = _exposure(order, interaction, conversions, on)
            if exposure is None:
                continue
            one = _modulation(gene, order, interaction, exposure, conversions)
            held = found.get((one.agent, one.role))
            # The same drug on two lines counts as the line on which it acts most.
            if held is None or _acting_key(one) < _acting_key(held):
                found[one.agent, one.role] = one
    everything = [*found.values(), *_factors(enzyme, patient, conversions, on)]
    return tuple(sorted(everything, key=lambda m: (m.role, _RANK[m.strength], m.agent)))


_RANK = {Strength.STRONG: 0, Strength.MODERATE: 1, Strength.WEAK: 2, Strength.UNSTATED: 3}
_EXPOSURES = (Exposure.TAKEN, Exposure.WASHING_OUT, Exposure.BUILDING_UP, Exposure.WASHOUT_UNKNOWN)


def _acting_key(modulation: Modulation) -> tuple[bool, int]:
    return bool(modulation.because), _EXPOSURES.index(modulation.exposure)


def _exposure(
    order: MedicationOrder, interaction: Interaction, conversions: Conversions, on: date | None
) -> Exposure | None:
    """Whether the drug of ``order`` acts on the day; None where it does not, yet or any more."""
    if order.started is not None and on is not None and order.started > on:
        return None
    is_inducer = interaction.role is Role.INDUCER
    is_stopped = order.is_stopped if order.stopped is None else on is None or order.stopped <= on
    if not is_stopped:
        since = None if order.started is None or on is None else (on - order.started).days
        is_new = is_inducer and since is not None and since < conversions.induction_days
        return Exposure.BUILDING_UP if is_new else Exposure.TAKEN
    if order.stopped is None or on is None:
        return Exposure.WASHOUT_UNKNOWN
    elapsed = (on - order.stopped).days
    if elapsed == 0:
        return Exposure.WASHING_OUT
    washout = conversions.washouts.get(order.drug)
    if washout is not None:
        return Exposure.WASHING_OUT if elapsed < washout.days else None
    if is_inducer:
        return Exposure.WASHING_OUT if elapsed < conversions.induction_days else None
    # No drug without a sourced time is taken to last longer than the longest that has one.
    longest = max((w.days for w in conversions.washouts.values()), default=None)
    return None if longest is not None and elapsed >= longest else Exposure.WASHOUT_UNKNOWN


def _modulation(
    gene: str, order: MedicationOrder, interaction: Interaction, exposure: Exposure, conversions: Conversions
) -> Modulation:
    rule = conversions.rule(gene, interaction.role, interaction.strength)
    because = ""
    if order.route in conversions.local_routes:
        because = "route"
    elif rule is None:
        because = "direction_only"
    elif rule.changes_nothing:
        because = "weak"
    elif exposure is Exposure.WASHOUT_UNKNOWN:
        because = "washout_unknown"
    elif order.is_as_needed:
        because = "as_needed"
    return Modulation(
        agent=interaction.drug,
        role=interaction.role,
        strength=interaction.strength,
        exposure=exposure,
        sources=interaction.sources,
        is_applied=False,
        because=because,
        confidence="direction" if rule is None else rule.confidence.value,
        stronger_by=interaction.stronger_by,
    )


def _factors(enzyme: str, patient: Patient | None, conversions: Conversions, on: date | None) -> Iterator[Modulation]:
    """Smoking and inflammation: which way they act is known, and no rule says how much."""
    if patient is None:
        return
    acting = {"smoking": _smoking(patient, conversions, on)}
    acting["inflammation"] = Exposure.TAKEN if patient.inflammation is YesNo.YES else None
    for factor in conversions.factors:
        exposure = acting.get(factor.name)
        if exposure is not None and enzyme in factor.genes:
            yield Modulation(
                factor.name, factor.role, Strength.UNSTATED, exposure, factor.sources, False, "direction_only",
                "direction",
            )  # fmt: skip


def _smoking(patient: Patient, conversions: Conversions, on: date | None) -> Exposure | None:
    if patient.smoking == "current":
        return Exposure.TAKEN
    if patient.smoking != "stopped":
        return None
    if patient.smoking_stopped is None or on is None:
        return Exposure.WASHOUT_UNKNOWN
    elapsed = (on - patient.smoking_stopped).days
    return Exposure.WASHING_OUT if elapsed < conversions.induction_days else None


def _strongest_rule(gene: str, found: Iterable[Modulation], conversions: Conversions) -> ConversionRule | None:
    """The rule of the strongest modulator that can be applied; they stand strongest first."""
    strongest = next((m for m in found if not m.because), None)
    return None if strongest is None else conversions.rule(gene, strongest.role, strongest.strength)


def _settled(found: Iterable[Modulation], rule: ConversionRule, because: str = "") -> Iterator[Modulation]:
    """The modulations once it is known which rule was applied, or ``because`` of what none was."""
    for one in found:
        if one.because:
            yield one
        elif because:
            yield replace(one, because=because)
        elif (one.role, one.strength) == (rule.role, rule.strength):
            yield replace(one, is_applied=True)
        else:
            yield replace(one, because="weaker_than_another")


def _apply(result: GenePhenotype, rule: ConversionRule, knowledge: Knowledge) -> GenePhenotype:
    """The result under the rule; ``result`` itself where nothing of it changes."""
    converter = Converter(rule, knowledge)
    if rule.is_for_unknown:
        return _whatever_the_genes(result, converter)
    phenotypes = converter.listed(result.phenotypes)
    candidates, calls = _candidates(result, converter)
    left_out = tuple(PhenotypeCandidate(p, share) for p, share in _spread(result.left_out, converter))
    if (phenotypes, candidates, left_out) == (result.phenotypes, result.candidates, result.left_out):
        return result
    clinical = replace(
        result, call=replace(result.call, candidates=calls), phenotypes=phenotypes, candidates=candidates,
        left_out=left_out,
    )  # fmt: skip
    is_one = len(clinical.possibilities) == 1 and not clinical.unknown_share
    return replace(clinical, not_excluded=(), settled_by=()) if is_one else clinical


def _whatever_the_genes(result: GenePhenotype, converter: Converter) -> GenePhenotype:
    """One phenotype for everybody: it rests on the inhibitor, and on nothing that the call leaves open."""
    everyone = converter.for_everyone(result.gene)
    given = (*result.phenotypes, *(c.phenotype for c in (*result.candidates, *result.left_out)))
    if all(p.is_known and p.lookup_keys == everyone.lookup_keys for p in given) and not result.unknown_share:
        return result
    diplotypes = result.call.diplotypes
    first = diplotypes[0] if diplotypes else None
    phenotype = replace(everyone, diplotype=first)
    call = DiplotypeCall(
        gene=result.gene,
        status=CallStatus.CALLED,
        source=CallSource.STATED,
        diplotypes=diplotypes,
        candidates=() if first is None else (Candidate(first, 1.0),),
        stated_phenotype=phenotype.name,
        stated_activity_score=phenotype.activity_score,
        candidates_possible=1,
        is_copy_number_assayed=result.call.is_copy_number_assayed,
    )
    return GenePhenotype(call, (phenotype,), (PhenotypeCandidate(phenotype, 1.0),), result.function_set)


def _candidates(
    result: GenePhenotype, converter: Converter
) -> tuple[tuple[PhenotypeCandidate, ...], tuple[Candidate, ...]]:
    """The candidates' phenotypes, and the call's candidates one to one with them where they were so before.

    The call has none afterwards where the reported result itself comes to several phenotypes: no diplotype tells these
    apart, and their even shares are no probabilities.
    """
    converted = [converter.each(c.phenotype) for c in result.candidates]
    phenotypes = tuple(
        PhenotypeCandidate(p, c.probability / len(possible))
        for c, possible in zip(result.candidates, converted, strict=True)
        for p in possible
    )
    if any(len(converter.each(p)) > len(p.lookup_keys) for p in result.phenotypes):
        return phenotypes, ()
    if len(result.call.candidates) != len(result.candidates):
        return phenotypes, result.call.candidates
    calls = tuple(
        replace(c, probability=c.probability / len(possible))
        for c, possible in zip(result.call.candidates, converted, strict=True)
        for _ in possible
    )
    return phenotypes, calls


def _spread(candidates: Iterable[PhenotypeCandidate], converter: Converter) -> Iterator[tuple[Phenotype, float]]:
    for candidate in candidates:
        possible = converter.each(candidate.phenotype)
        for phenotype in possible:
            yield phenotype, candidate.probability / len(possible)
