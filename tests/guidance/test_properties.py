"""What holds for every person, list and event: of the real release, drawn by chance."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rxweave.calling.diplotype import Allele, CallSource, CallStatus, Diplotype, DiplotypeCall
from rxweave.guidance import Advice, AlertTier, advise
from rxweave.guidance.drug_classes import classes_of
from rxweave.guidance.enzymes import enzymes_of
from rxweave.guidance.lookups import index_of
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import Action, Reason
from rxweave.patient import Event, EventKind, MedicationOrder, Patient
from rxweave.phenotyping import assign_phenotype
from rxweave.phenotyping.phenotype import GenePhenotype

SLOW_TO_BEGIN = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DIPLOTYPES = {
    "CYP2D6": ("*1/*1", "*1/*4", "*4/*4", "*1/*2x2", "*1/*10", "*41/*41"),
    "CYP2C19": ("*1/*1", "*1/*2", "*2/*2", "*17/*17", "*2/*17"),
    "CYP2C9": ("*1/*1", "*1/*3", "*3/*3", "*2/*2"),
    "SLCO1B1": ("*1/*1", "*1/*5", "*5/*5"),
    "CYP2B6": ("*1/*1", "*6/*6"),
    "CYP3A5": ("*1/*1", "*3/*3"),
    "TPMT": ("*1/*1", "*1/*3A", "*3A/*3A"),
    "NUDT15": ("*1/*1", "*3/*3"),
    "UGT1A1": ("*1/*1", "*28/*28"),
}
ASKS_FIRST = (Action.TEST_FIRST, Action.NO_RECOMMENDATION, Action.NOT_EXCLUDED)


@cache
def _release() -> Knowledge:
    return load_release()


@cache
def _result(gene: str, written: str) -> GenePhenotype:
    first, second = map(Allele, written.split("/"))
    call = DiplotypeCall(gene, CallStatus.CALLED, CallSource.STATED, diplotypes=(Diplotype(first, second),))
    return assign_phenotype(call, _release())


@cache
def _computed() -> tuple[str, ...]:
    held = _release().guidelines
    return tuple(d for d, g in held.items() if any(one.is_computable and set(one.genes) & set(DIPLOTYPES) for one in g))


@cache
def _modulators() -> tuple[str, ...]:
    enzymes = enzymes_of(_release())
    return tuple(sorted(d for d in enzymes.by_drug if enzymes.modulated_by(d) & set(DIPLOTYPES)))


@cache
def _irrelevant() -> tuple[str, ...]:
    """Drugs that no interaction, guideline or class of the release speaks of."""
    release = _release()
    indexes = [index_of(g) for held in release.guidelines.values() for g in held if g.is_computable]
    named = {name for index in indexes for name in (*index.avoid_with, *index.co_medications)}
    classed = {name for drug in release.guidelines for n in (4, 5) for name in classes_of(release).same(drug, n)}
    spoken_of = {*release.guidelines, *enzymes_of(release).by_drug, *named, *classed}
    spoken_of |= {m for d in release.drugs.values() if d.name in named for m in d.members}
    spoken_of |= {a for i in indexes for r in i.guideline.recommendations for a in r.directive.alternatives}
    return tuple(d for d in release.drugs if d not in spoken_of)


@st.composite
def people(draw: st.DrawFn) -> dict[str, str]:
    """Gene -> diplotype; some genes are not tested."""
    return {gene: draw(st.sampled_from(held)) for gene, held in DIPLOTYPES.items() if draw(st.booleans())}


drugs = st.sampled_from(_computed())
lists = st.lists(st.sampled_from((*_modulators(), *_computed())), max_size=4, unique=True)


def _advice(
    person: Mapping[str, str],
    ordered: tuple[str, ...],
    taken: tuple[str, ...] = (),
    kind: EventKind = EventKind.ORDER,
) -> tuple[Advice, ...]:
    phenotypes = {gene: _result(gene, written) for gene, written in person.items()}
    patient = Patient(medications=tuple(MedicationOrder(d, d) for d in taken))
    return advise(phenotypes, patient, Event(kind, ordered), _release())


def _by_place(found: tuple[Advice, ...]) -> dict[tuple[object, ...], Advice]:
    return {(a.drug, a.source, a.guideline, tuple(a.genes), a.population): a for a in found}


@SLOW_TO_BEGIN
@given(people(), drugs, lists, st.sampled_from(_irrelevant()))
def test_an_irrelevant_drug_changes_nothing(person: dict[str, str], drug: str, taken: list[str], other: str) -> None:
    # Somebody takes something anyway: that nothing else is on a list is a statement of its own.
    listed = (*taken, "an unknown drug")
    assert _advice(person, (drug,), (*listed, other)) == _advice(person, (drug,), listed)


@SLOW_TO_BEGIN
@given(people(), lists.filter(bool), lists, st.sampled_from(EventKind), st.randoms(use_true_random=False))
def test_the_order_of_drugs_changes_nothing(
    person: dict[str, str], ordered: list[str], taken: list[str], kind: EventKind, chance: object
) -> None:
    shuffled, listed = list(ordered), list(taken)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    chance.shuffle(listed)  # type: ignore[attr-defined]
    one = _advice(person, tuple(ordered), tuple(taken), kind)
    other = _advice(person, tuple(shuffled), tuple(listed), kind)
    assert {a.drug for a in one} == {a.drug for a in other}
    for place, advice in _by_place(one).items():
        held = _by_place(other)[place]
        assert set(advice.triggered_by) == set(held.triggered_by)
        for part in (
            "directive",
            "alert_tier",
            "tier_because",
            "alternatives",
            "interactions",
            "missing",
            "is_headline",
        ):
            assert getattr(advice, part) == getattr(held, part), (place, part)
        assert set(advice.notes) == set(held.notes)


@SLOW_TO_BEGIN
@given(people(), drugs, lists, st.data())
def test_an_unknown_never_yields_a_milder_action_than_the_worst_that_it_hides(
    person: dict[str, str], drug: str, taken: list[str], data: st.DataObject
) -> None:
    weighed = sorted({g for held in _release().guidelines[drug] for g in held.genes} & set(DIPLOTYPES))
    gene = data.draw(st.sampled_from(weighed))
    without = {g: d for g, d in person.items() if g != gene}
    unknown = _by_place(_advice(without, (drug,), tuple(taken)))
    for written in DIPLOTYPES[gene]:
        for place, known in _by_place(_advice({**without, gene: written}, (drug,), tuple(taken))).items():
            advice = unknown.get(place)
            if advice is None or gene not in known.genes or advice.directive.action in ASKS_FIRST:
                continue
            assert advice.directive.action.severity >= known.directive.action.severity, (place, written)


@SLOW_TO_BEGIN
@given(people().filter(bool), drugs, lists, st.data())
def test_taking_a_result_away_never_makes_an_advice_surer(
    person: dict[str, str], drug: str, taken: list[str], data: st.DataObject
) -> None:
    gene = data.draw(st.sampled_from(sorted(person)))
    known = _advice(person, (drug,), tuple(taken))
    less = _advice({g: d for g, d in person.items() if g != gene}, (drug,), tuple(taken))
    head, unsure = known[0], less[0]
    assert head.drug == unsure.drug == drug
    if head.source == unsure.source and _asks_for_nothing(unsure):
        assert _asks_for_nothing(head)
    held = _by_place(known)
    for place, advice in _by_place(less).items():
        if advice.directive.action is Action.STANDARD and place in held:
            assert held[place].directive.action is Action.STANDARD, place
    if unsure.alert_tier is AlertTier.INTERRUPTIVE and head.alert_tier is not AlertTier.INTERRUPTIVE:
        # Testing comes first; or the source's own row for the missing gene is the stronger one (two tricyclic genes).
        is_sources_own = unsure.strength == "Strong" and head.strength != "Strong" and gene in unsure.missing
        assert unsure.directive.action is Action.TEST_FIRST or is_sources_own


def _asks_for_nothing(advice: Advice) -> bool:
    return advice.directive.action is Action.STANDARD or advice.directive.reason is Reason.REFERENCE_RESULT


@pytest.mark.parametrize("kind", EventKind)
def test_every_drug_has_one_headline_and_only_headlines_alert(kind: EventKind) -> None:
    found = _advice({"CYP2D6": "*4/*4", "CYP2C19": "*2/*2"}, _computed()[:40], _modulators()[:10], kind)
    heads = [a.drug for a in found if a.is_headline]
    assert len(heads) == len(set(heads)) and {a.drug for a in found} == set(heads)
    assert all(a.alert_tier is AlertTier.NONE for a in found if not a.is_headline)
