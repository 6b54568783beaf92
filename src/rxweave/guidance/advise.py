"""Advice for the drugs of an event: from phenotypes, the patient and the guidelines of a release.

A dictionary walk: the guidelines are indexed once (``lookups.index_of``); nothing is parsed, read or modelled here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rxweave.guidance.advice import Advice, Coverage
from rxweave.guidance.alternatives import alternatives_of
from rxweave.guidance.by_guideline import advice_by
from rxweave.guidance.case import Case
from rxweave.guidance.co_medication import name_partners, taken_drugs
from rxweave.guidance.factors import with_factors
from rxweave.guidance.headline import with_headline
from rxweave.guidance.interactions import with_interactions
from rxweave.guidance.replaceable import name_replaceable
from rxweave.guidance.site import Site, apply_site, in_formulary_order
from rxweave.guidance.touched import touched_advice
from rxweave.guidance.uncovered import uncovered
from rxweave.guidance.validity import unreliable_enzyme_results
from rxweave.knowledge import Knowledge
from rxweave.knowledge.guidelines import DrugGuideline
from rxweave.patient.patient import Event, Patient
from rxweave.phenotyping.phenotype import GenePhenotype


def advise(
    phenotypes: Mapping[str, GenePhenotype],
    patient: Patient,
    event: Event,
    knowledge: Knowledge,
    *,
    site: Site | None = None,
) -> tuple[Advice, ...]:
    """Advice for each drug of ``event``, once and in its order: one object a guideline and population, headline first.

    A product whose ingredients are all among them is advised on too, where a guideline speaks of it.

    Then for each drug that is taken and that the event leaves with other advice (``Advice.triggered_by``).
    ``phenotypes`` maps gene to result; a gene that is absent was not tested. ``site`` holds the site's settings and
    rules. A drug that the release does not know gets advice that says so; nothing is raised.
    """
    site = site or Site()
    unreliable = unreliable_enzyme_results(phenotypes, patient, knowledge.people)
    usable = {gene: result for gene, result in phenotypes.items() if gene not in unreliable}
    alerts = site.alerts(knowledge.people.alerts)
    case = Case(usable, patient, event, knowledge, site, alerts, unreliable=unreliable)
    ordered = dict.fromkeys((*event.drugs, *_products_of(event.drugs, knowledge)))
    found = [advice for drug in ordered for advice in advice_for(drug, case)]
    found += [advice for advices in touched_advice(case, advice_for) for advice in advices]
    nested = replace(case, is_nested=True)
    taken = sorted(taken_drugs(patient, event))
    named = tuple(name_partners(found, taken, knowledge, lambda drug: advice_for(drug, nested)))
    said = with_factors(with_interactions(named, taken, knowledge), patient, event.on, knowledge)
    return apply_site(said, site, event.on)


def _products_of(drugs: Sequence[str], knowledge: Knowledge) -> Iterator[str]:
    """The combinations with guidance of their own, every ingredient of which is among ``drugs``."""
    for name in knowledge.guidelines:
        held = knowledge.drugs.get(name)
        if held is not None and held.ingredients and set(held.ingredients) <= set(drugs):
            yield name


def advice_for(drug: str, case: Case) -> tuple[Advice, ...]:
    """The advice of every guideline for one drug, the headline first."""
    found: list[Advice] = []
    for guideline in case.knowledge.guidelines.get(drug, ()):
        if guideline.is_computable:
            found.extend(advice_by(_as_tested_here(guideline, case.site), case))
        else:
            found.append(uncovered(case, drug, Coverage.NOT_COMPUTED, guideline))
    if not found:
        return (uncovered(case, drug, Coverage.NO_GUIDANCE),)
    spoken = with_headline(found, case)
    if case.is_nested:
        return spoken
    head, *others = (_with_alternatives(a, [o for o in spoken if o is not a], case) for a in spoken)
    return (name_replaceable(head, case, advice_for), *others)


def _with_alternatives(advice: Advice, others: Sequence[Advice], case: Case) -> Advice:
    ranked = alternatives_of(advice, others, case, advice_for)
    return replace(advice, alternatives=in_formulary_order(ranked, case.site)) if ranked else advice


def _as_tested_here(guideline: DrugGuideline, site: Site) -> DrugGuideline:
    """A site chooses the drugs before which it tests."""
    is_pretest = site.is_pretest(guideline)
    return (
        guideline if is_pretest == guideline.is_pretest_default else replace(guideline, is_pretest_default=is_pretest)
    )
