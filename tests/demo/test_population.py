"""The simulated population: repeatable, and its genes as common as published."""

from __future__ import annotations

from collections import Counter

from rxweave.demo.population import SHARE_UNTESTED, SimulatedPerson, simulated_people
from rxweave.knowledge import load_release
from rxweave.patient.patient import Sex


def _key(person: SimulatedPerson) -> tuple[object, ...]:
    found = {g: tuple(p.lookup_keys for p in r.phenotypes) for g, r in person.phenotypes.items()}
    return person.group, tuple(sorted(found.items())), person.patient, person.event


def test_the_same_seed_gives_the_same_people() -> None:
    knowledge = load_release()
    first, again = (list(map(_key, simulated_people(knowledge, 20, seed=5))) for _ in range(2))
    assert first == again
    assert first != list(map(_key, simulated_people(knowledge, 20, seed=6)))


def test_alleles_are_as_common_as_published() -> None:
    knowledge = load_release()
    people = list(simulated_people(knowledge, 6000, seed=1))
    published = knowledge.genes["CYP2C19"].frequencies
    for group in ("East Asian", "European"):
        results = [p.phenotypes["CYP2C19"] for p in people if p.group == group and "CYP2C19" in p.phenotypes]
        alleles = Counter(a.name for r in results for a in r.call.diplotypes[0].alleles)
        share = alleles["*2"] / alleles.total()
        assert abs(share - published[group]["*2"]) < 0.04, (group, share)


def test_each_gene_is_untested_in_some_and_a_male_has_one_copy_of_an_x_linked_gene() -> None:
    people = list(simulated_people(load_release(), 1500, seed=2))
    untested = sum("CYP2D6" not in p.phenotypes for p in people if p.group == "European")
    of = sum(p.group == "European" for p in people)
    assert abs(untested / of - SHARE_UNTESTED) < 0.08
    for person in people:
        result = person.phenotypes.get("G6PD")
        if result is not None:
            is_one = result.call.diplotypes[0].second is None
            assert is_one == (person.patient.sex is Sex.MALE)


def test_the_order_is_on_the_medication_list_and_has_guidance() -> None:
    knowledge = load_release()
    for person in simulated_people(knowledge, 50, seed=3):
        (ordered,) = person.event.drugs
        assert ordered in {m.drug for m in person.patient.medications}
        assert any(g.is_computable for g in knowledge.guidelines[ordered])
