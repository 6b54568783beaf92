"""Lookup keys: one meaning, one spelling; scores as numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from guidance_toys import AVOID, GENES, STANDARD, guideline, recommend
from hypothesis import given
from hypothesis import strategies as st

from rxweave.guidance.lookups import canonical, index_of, is_unknown_word


@pytest.mark.parametrize(
    ("one", "other"),
    [("2", "2.0"), ("0.0", "0"), (">=3", "≥3.0"), ("≥ 3.75", "≥3.75"), ("Normal  Metabolizer", "normal metabolizer")],
    ids=["score", "zero", "open score", "blank", "phenotype"],
)
def test_two_spellings_of_one_key_are_the_same_key(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), [("2", "≥2"), ("0.25", "0.5"), ("*57:01 positive", "*57:01 negative")])
def test_different_keys_stay_different(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@given(st.decimals(min_value=0, max_value=20, places=2, allow_nan=False))
def test_trailing_zeros_never_matter(score: Decimal) -> None:
    assert canonical(f"{score}00") == canonical(str(score)) == canonical(canonical(str(score)))


@pytest.mark.parametrize(
    "word",
    ["No Result", "Indeterminate", "n/a", "", "Uncertain Susceptibility", "uncertain risk of hearing loss"],
)
def test_words_for_unknown_results_are_known_as_such(word: str) -> None:
    assert is_unknown_word(word)


@pytest.mark.parametrize("word", ["Normal Metabolizer", "0.0", "≥3", "Variable", "*57:01 negative"])
def test_results_are_not_taken_for_unknown(word: str) -> None:
    assert not is_unknown_word(word)


SCORES = guideline(
    "scored",
    ("SCORE",),
    recommend("a", {"SCORE": ("0.0",)}, AVOID),
    recommend("b", {"SCORE": ("0.25", "0.5", "1.0")}, STANDARD),
    recommend("c", {"SCORE": ("1.25", "2.0")}, STANDARD),
    recommend("d", {"SCORE": ("2.5", "3.0", "≥3.0", "≥3.75")}, AVOID),
)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("2", ("2",)),
        ("3", ("3",)),
        ("3.25", ("≥3",)),
        ("4.0", ("≥3.75",)),
        ("≥3.75", ("≥3.75",)),
        ("≥5", ("≥3.75",)),
        ("0.125", ("0.25",)),
        ("0.75", ("0.5", "1")),
        ("2.125", ("2",)),
        ("Poor Metabolizer", ("0",)),
        ("Intermediate Metabolizer", ("0.25", "0.5", "1")),
        ("Indeterminate", ()),
    ],
    ids=[
        "exact number",
        "exact before open",
        "number above an open key",
        "largest open key not above",
        "open key itself",
        "open score above every key",
        "zero is a band of its own",
        "between two steps of a band",
        "beside the last step of a band",
        "phenotype of one score",
        "phenotype of several scores",
        "unknown fits nothing",
    ],
)
def test_a_result_answers_to_the_keys_of_its_score(stated: str, expected: tuple[str, ...]) -> None:
    assert index_of(SCORES).keys_for(0, (stated,), GENES["SCORE"]) == expected


def test_a_positive_result_does_not_answer_for_another_allele() -> None:
    index = index_of(guideline("x", ("HLA-X",), recommend("a", {"HLA-X": "*01:01 positive"}, AVOID)))
    assert index.keys_for(0, ("*02:02 positive",), GENES["HLA-X"]) == ()


def test_a_recommendation_that_leaves_a_gene_open_answers_whatever_that_gene_is() -> None:
    held = guideline("x", ("ENZ", "ENZB"), recommend("a", {"ENZ": "Poor Metabolizer"}, AVOID))
    found = index_of(held).find("general", ("poor metabolizer", "normal metabolizer"))
    assert found is not None and found.ids == ("a",)


def test_a_guideline_is_indexed_once() -> None:
    assert index_of(SCORES) is index_of(SCORES)
