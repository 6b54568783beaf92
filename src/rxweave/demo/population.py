"""A simulated population: people with genes drawn from published frequencies, their medicines and one new order each.

Made for measuring, not for teaching: every number of the model stands here and nowhere else. Two copies of each gene
are drawn independently (Hardy-Weinberg) from the published frequencies of one biogeographic group; what those leave
belongs to the reference allele. Genes without published frequencies are not tested in anyone. Drugs are drawn with
equal chances: no table of how often each is prescribed is part of a release.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from rxweave.calling.outside import stated_calls
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import DrugKind
from rxweave.knowledge.genes import Gene, Lookup
from rxweave.patient.patient import Event, EventKind, MedicationOrder, Patient, Sex
from rxweave.phenotyping import assign_phenotype
from rxweave.phenotyping.phenotype import GenePhenotype

SHARE_UNTESTED = 0.1  # of the genes of one person, each on its own
MEAN_MEDICINES = 3  # medicines taken besides the new order
SHARE_MODULATORS = 0.3  # of those: drawn from the inhibitors and inducers, the others from all drugs with guidance
DAY = date(2026, 1, 15)


@dataclass(frozen=True, slots=True)
class SimulatedPerson:
    """``group`` is that of the frequencies; the patient does not state it."""

    group: str
    phenotypes: dict[str, GenePhenotype]
    patient: Patient
    event: Event


def simulated_people(knowledge: Knowledge, count: int, seed: int = 2026) -> Iterator[SimulatedPerson]:
    """``count`` people, the same for the same seed and release."""
    draw = random.Random(seed)  # noqa: S311 - a simulation, no secret
    genes = [g for g in knowledge.genes.values() if g.frequencies]
    orderable = sorted(
        name
        for name, guidelines in knowledge.guidelines.items()
        if any(g.is_computable for g in guidelines) and name in knowledge.drugs
    )
    modulators = sorted({i.drug for i in knowledge.interactions if i.strength})
    groups = knowledge.groups

    @cache
    def phenotype(gene: str, result: str) -> GenePhenotype:
        if knowledge.genes[gene].lookup is Lookup.ALLELE_STATUS:
            calls = stated_calls(knowledge, phenotypes=[gene + status for status in result.split()])
        else:
            calls = stated_calls(knowledge, diplotypes=[f"{gene}={result}"])
        return assign_phenotype(calls[gene], knowledge)

    for _ in range(count):
        group = draw.choice(groups)
        sex = draw.choice((Sex.FEMALE, Sex.MALE))
        phenotypes = {}
        for gene in genes:
            result = _result(gene, group, sex, draw)
            if result and draw.random() >= SHARE_UNTESTED:
                phenotypes[gene.symbol] = phenotype(gene.symbol, result)
        ordered = draw.choice(orderable)
        taken = {ordered}
        for _ in range(_poisson(MEAN_MEDICINES, draw)):
            taken.add(draw.choice(modulators if draw.random() < SHARE_MODULATORS else orderable))
        patient = Patient(
            age_years=Decimal(draw.randint(18, 90)),
            sex=sex,
            medications=tuple(MedicationOrder(d, drug=d, matched_as=DrugKind.INGREDIENT) for d in sorted(taken)),
        )
        yield SimulatedPerson(group, phenotypes, patient, Event(EventKind.ORDER, (ordered,), DAY))


def _result(gene: Gene, group: str, sex: Sex, draw: random.Random) -> str:
    """A diplotype, an allele where there is one copy, or the status of each tested allele; empty: nothing published."""
    published = gene.frequencies.get(group)
    if not published:
        return ""
    if gene.lookup is Lookup.ALLELE_STATUS:
        carried = {allele: draw.random() < 1 - (1 - share) ** 2 for allele, share in sorted(published.items())}
        return " ".join(f"{allele}={'positive' if has else 'negative'}" for allele, has in carried.items())
    known = {a.name for a in gene.alleles}
    names = [name for name in published if name in known]
    weights = [published[name] for name in names]
    reference = gene.alleles[0]  # the first of a gene is its reference
    left = max(1 - sum(weights), 0.0)
    if reference.name not in names and left > 0:
        names.append(reference.name)
        weights.append(left)
    copies = 1 if gene.chromosome == "chrM" or (gene.chromosome == "chrX" and sex is Sex.MALE) else 2
    return "/".join(draw.choices(names, weights, k=copies))


def _poisson(mean: float, draw: random.Random) -> int:
    """Knuth's method: enough for a mean of a few."""
    threshold, count, product = 2.718281828459045**-mean, 0, draw.random()
    while product > threshold:
        count += 1
        product *= draw.random()
    return count
