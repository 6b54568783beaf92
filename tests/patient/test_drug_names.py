"""Looking up one drug name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxweave.knowledge.drugs import Drug, DrugKind, read_drugs
from rxweave.patient import DrugMatch, DrugSuggestions, find_drug
from rxweave.patient.names import edit_distance, normal_text

DRUGS = read_drugs(Path(__file__).parents[2] / "src" / "rxweave" / "knowledge" / "releases" / "2026.1" / "drugs.tsv")
TOY = {
    "alphadrug": Drug("alphadrug", rxcui="1", synonyms=("alphadrug sodium",), brands=("Alpha",)),
    "betadrug": Drug("betadrug", rxcui="2"),
    "alphadrug / betadrug": Drug(
        "alphadrug / betadrug", DrugKind.COMBINATION, brands=("Alphabet",), ingredients=("alphadrug", "betadrug")
    ),
    "greek drugs": Drug("greek drugs", DrugKind.GROUP, members=("alphadrug", "betadrug")),
}


@pytest.mark.parametrize(
    ("name", "ingredients", "matched_as"),
    [
        ("alphadrug", ["alphadrug"], "ingredient"),
        (" ALPHADRUG  tablets ", ["alphadrug"], "ingredient"),
        ("Alphadrug Sodium", ["alphadrug"], "salt"),
        ("betadrug hydrochloride", ["betadrug"], "salt"),
        ("Alpha", ["alphadrug"], "brand"),
        ("Alphabet XR", ["alphadrug", "betadrug"], "combination"),
        ("betadrug/alphadrug", ["betadrug", "alphadrug"], "combination"),
        ("alphadrug and betadrug", ["alphadrug", "betadrug"], "combination"),
        ("alphadrug-betadrug", ["alphadrug", "betadrug"], "combination"),
    ],
)
def test_known_names(name: str, ingredients: list[str], matched_as: str) -> None:
    found = find_drug(name, TOY)
    assert isinstance(found, DrugMatch)
    assert ([drug.name for drug in found.drugs], found.matched_as) == (ingredients, matched_as)


@pytest.mark.parametrize(
    ("name", "suggestions"),
    [
        ("alphadrgu", ("alphadrug",)),
        ("alphadrug/gammadrug", ("alphadrug",)),
        ("greek drugs", ("alphadrug", "betadrug")),
        ("no betadrug", ("betadrug",)),
        ("omega", ()),
        ("", ()),
        ("sodium", ()),
    ],
)
def test_unknown_names_are_only_suggested(name: str, suggestions: tuple[str, ...]) -> None:
    assert find_drug(name, TOY) == DrugSuggestions(name, suggestions)


@pytest.mark.parametrize(
    "name", ["Amifampridine phosphate", "sulfamethoxazole / trimethoprim", "vitamin K", "Exondys 51"]
)
def test_names_with_digits_salts_and_slashes_of_the_release(name: str) -> None:
    assert isinstance(find_drug(name, DRUGS), DrugMatch)


def test_every_name_of_the_release_finds_its_own_drug() -> None:
    from rxweave.patient.names import DrugNames

    names = DrugNames(DRUGS)
    for drug in DRUGS.values():
        if drug.kind is DrugKind.GROUP:
            continue
        for name in (drug.name, *drug.synonyms, *drug.brands):
            found = names.find(name)
            assert isinstance(found, DrugMatch), name
            assert tuple(d.name for d in found.drugs) == (drug.ingredients or (drug.name,)), name


@pytest.mark.parametrize(
    ("text", "normal"),
    [("½ TAB", "0.5 tab"), ("2½ mg", "2.5 mg"), ("5 µg", "5 mcg"), ("a–b—c", "a-b-c"), ("St. John’s", "st. john's")],
)
def test_one_form_for_what_is_written_in_many(text: str, normal: str) -> None:
    assert normal_text(text) == normal


def _slow_distance(first: str, second: str) -> int:
    """Optimal string alignment by its definition."""
    if not first or not second:
        return len(first) + len(second)
    best = min(
        _slow_distance(first[:-1], second) + 1,
        _slow_distance(first, second[:-1]) + 1,
        _slow_distance(first[:-1], second[:-1]) + (first[-1] != second[-1]),
    )
    if first[-2:] == second[-2:][::-1] and len(first) > 1 and len(second) > 1:
        best = min(best, _slow_distance(first[:-2], second[:-2]) + 1)
    return best


@settings(max_examples=150, deadline=None)
@given(st.text("abc", max_size=5), st.text("abc", max_size=5), st.integers(0, 6))
def test_edit_distance_agrees_with_its_definition(first: str, second: str, most: int) -> None:
    assert edit_distance(first, second, most) == min(_slow_distance(first, second), most + 1)
