"""Random people with several drugs and results of every kind: what true narratives are made of."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from rxweave.calling.outside import stated_calls
from rxweave.guidance import advise
from rxweave.guidance.advice import Advice
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import DrugKind
from rxweave.knowledge.genes import Gene, Lookup
from rxweave.knowledge.guidelines import Action
from rxweave.narrative.facts import FactSheet, fact_sheet
from rxweave.patient.patient import Event, EventKind, MedicationOrder, Patient, Sex, YesNo
from rxweave.phenotyping import GenePhenotype, assign_phenotype

_MOST_DRUGS = 3  # ordered at once
_SHARE_TESTED = 0.85  # of the genes, each on its own
_SHARE_COMPUTED = 0.9  # of the orders: only drugs for which some guideline is computed
_SHARE_MODULATED = 0.4  # of the people: one inhibitor or inducer of the tested enzymes besides
_SHARE_BREASTFEEDING = 0.1
_SHARE_WITHOUT_ADVICE = 0.1  # of the cases in which nothing is to be done: few, for they say little
_RARE = 0.005  # an allele less frequent than this in every group is not drawn


@dataclass(frozen=True, slots=True)
class RandomCase:
    """``results``: gene -> a diplotype, one allele, or ``*57:01=positive``; genes without a result are not in it."""

    ordered: tuple[str, ...]
    results: Mapping[str, str]
    patient: Patient
    advices: tuple[Advice, ...]


def random_sheets(knowledge: Knowledge, seed: int) -> Iterator[FactSheet]:
    """The fact sheets of ``random_cases``."""
    return (fact_sheet(case.advices, case.patient) for case in random_cases(knowledge, seed))


def random_cases(knowledge: Knowledge, seed: int, among: Collection[str] | None = None) -> Iterator[RandomCase]:
    """Cases without end, the same for the same seed and release. ``among``: the drugs that are ordered; default: all.

    Errors are to be injected into advice, and most of a true population needs none: alleles that are not rare anywhere
    are drawn with equal chances, and of the cases in which nothing is to be done only some are kept.
    """
    draw = random.Random(seed)  # noqa: S311 - a simulation, no secret
    guided = knowledge.guidelines if among is None else knowledge.guidelines.keys() & among
    drugs = sorted(name for name in guided if name in knowledge.drugs)
    computable = sorted(name for name in drugs if any(g.is_computable for g in knowledge.guidelines[name]))

    @cache
    def phenotype(gene: str, result: str) -> GenePhenotype:
        is_status = knowledge.gene(gene).lookup is Lookup.ALLELE_STATUS
        calls = (
            stated_calls(knowledge, phenotypes=[f"{gene}{result}"])
            if is_status
            else stated_calls(knowledge, diplotypes=[f"{gene}={result}"])
        )
        return assign_phenotype(calls[gene], knowledge)

    while True:
        ordered = draw.sample(computable if draw.random() < _SHARE_COMPUTED else drugs, draw.randint(1, _MOST_DRUGS))
        genes = sorted({g for drug in ordered for guideline in knowledge.guidelines[drug] for g in guideline.genes})
        modulators = sorted({i.drug for i in knowledge.interactions if i.strength and i.gene in genes})
        patient = _person(draw, ordered, modulators)
        results = {gene: _result(knowledge.genes[gene], patient.sex, draw) for gene in genes if gene in knowledge.genes}
        tested = {gene: result for gene, result in results.items() if result and draw.random() < _SHARE_TESTED}
        phenotypes = {gene: phenotype(gene, result) for gene, result in tested.items()}
        advices = advise(phenotypes, patient, Event(EventKind.ORDER, tuple(ordered)), knowledge)
        is_advised = any(
            a.is_headline and a.directive.action.severity > Action.NO_RECOMMENDATION.severity for a in advices
        )
        if is_advised or draw.random() < _SHARE_WITHOUT_ADVICE:
            yield RandomCase(tuple(ordered), tested, patient, advices)


def _person(draw: random.Random, ordered: list[str], modulators: list[str]) -> Patient:
    taken = [*ordered, *(draw.sample(modulators, 1) if modulators and draw.random() < _SHARE_MODULATED else ())]
    sex = draw.choice((Sex.FEMALE, Sex.MALE, Sex.UNKNOWN))
    return Patient(
        age_years=draw.choice((None, Decimal(draw.randint(1, 17)), Decimal(draw.randint(18, 90)))),
        sex=sex,
        breastfeeding=YesNo.YES if sex is Sex.FEMALE and draw.random() < _SHARE_BREASTFEEDING else YesNo.UNKNOWN,
        medications=tuple(MedicationOrder(d, drug=d, matched_as=DrugKind.INGREDIENT) for d in dict.fromkeys(taken)),
    )


def _result(gene: Gene, sex: Sex, draw: random.Random) -> str:
    """A diplotype or one allele; ``*57:01=positive`` for a gene of tested alleles; empty where none can be stated."""
    if gene.lookup is Lookup.ALLELE_STATUS:
        tested = gene.calling.tested_alleles
        return f"{draw.choice(tested)}={draw.choice(('positive', 'negative'))}" if tested else ""
    known = {a.name for a in gene.alleles}
    published = {a for shares in gene.frequencies.values() for a, share in shares.items() if share >= _RARE}
    choices = sorted(published & known)
    if not choices:
        return ""
    copies = 1 if gene.chromosome == "chrM" or (gene.chromosome == "chrX" and sex is Sex.MALE) else 2
    return "/".join(draw.choices(choices, k=copies))
