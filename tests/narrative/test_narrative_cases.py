"""The fixed cases hold every kind of advice, and no drug is in two splits."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from rxweave.errors import InputError
from rxweave.knowledge import load_release
from rxweave.knowledge.guidelines import Action
from rxweave.narrative.cases import Case, Split, case_set, drawn_cases, fixed_cases, pairs_of, some_of, split_of
from rxweave.narrative.facts import FactKind, fact_sheet


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    return fixed_cases(load_release())


def test_the_fixed_cases_hold_every_action_and_most_kinds_of_facts(cases: tuple[Case, ...]) -> None:
    assert len(cases) >= 60 and len({c.id for c in cases}) == len(cases)
    facts = [f for c in cases for f in c.sheet.facts]
    assert {f.code for f in facts if f.kind is FactKind.ACTION and not f.scope} == {a.value for a in Action}
    scopes = {f.scope.partition(":")[0] for f in facts if f.kind is FactKind.ACTION}
    assert {"", "fallback", "next_step", "branch"} <= scopes
    rare = {FactKind.SITE, FactKind.POSSIBILITY}  # need a site's rules, and results that are not stated
    assert {f.kind for f in facts} >= set(FactKind) - rare
    assert Counter(len(c.sheet.drugs) for c in cases)[1] < len(cases) / 2


def test_every_part_has_cases_and_no_pair_of_gene_and_drug_is_in_two_parts(cases: tuple[Case, ...]) -> None:
    pairs = {split: {p for c in cases if c.split is split for p in pairs_of(c.sheet)} for split in Split}
    assert all(len(found) > 10 for found in pairs.values())
    for one, other in itertools.combinations(Split, 2):
        assert not pairs[one] & pairs[other]


def test_drugs_are_divided_by_name_alone_in_about_the_shares_meant() -> None:
    counts = Counter(map(split_of, load_release().guidelines))
    whole = sum(counts.values())
    assert 0.6 < counts[Split.TRAIN] / whole < 0.8
    assert 0.05 < counts[Split.VALIDATION] / whole < 0.17
    assert split_of("codeine") is split_of("codeine")


def test_drawn_cases_are_of_the_split_alone_and_the_same_for_the_same_seed() -> None:
    release = load_release()
    for split in Split:
        drawn = list(itertools.islice(drawn_cases(release, 5, split), 12))
        drugs = {d for c in drawn for d in fact_sheet(c.advices, c.patient).drugs}
        assert {split_of(d) for d in drugs} == {split}
        assert drawn == list(itertools.islice(drawn_cases(release, 5, split), 12))


def test_some_cases_are_spread_over_the_set(cases: tuple[Case, ...]) -> None:
    assert some_of(cases) == cases
    assert {c.split for c in some_of(cases, limit=8)} == set(Split)
    assert {c.split for c in some_of(cases, "test", 5)} == {Split.TEST}
    assert len(some_of(cases, "test", 5)) == 5 and len(some_of(cases, "test", 5000)) < len(cases)
    with pytest.raises(InputError, match="split 'exam': expected one of train, validation, test"):
        some_of(cases, "exam")


def test_the_set_is_named_by_version_and_hash() -> None:
    version, _, digest = case_set().partition(" sha256:")
    assert version.isdigit() and len(digest) == 12
