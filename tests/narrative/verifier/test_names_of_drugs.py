"""Drugs are read by their names however these are punctuated, and offered or excluded as a group's words say."""

from __future__ import annotations

import pytest

from rxweave.narrative.verifier.items import Kind
from rxweave.narrative.verifier.lexicon import lexicon
from rxweave.narrative.verifier.licences import said
from rxweave.narrative.verifier.reading import Reader


@pytest.mark.parametrize("text", ["St. John's wort", "st john's wort", "St. John’s wort"])
def test_a_name_with_a_dot_and_an_apostrophe_is_one_drug(text: str) -> None:
    items = Reader(lexicon()).read(f"Because of {text}, codeine is activated less.")
    assert [i.code for i in items if i.kind is Kind.DRUG] == ["st. john's wort", "codeine"]
    assert Kind.UNKNOWN not in {i.kind for i in items}


def test_a_group_excludes_the_drugs_that_it_negates_only() -> None:
    without = said("an opioid that does not rely on CYP2D6 (not codeine or tramadol)", "en")
    assert without.excluded == without.drugs == {"codeine", "tramadol"}
    offered = said("an antipsychotic not mainly metabolised by CYP2D6", "en")
    assert offered.drugs == {"antipsychotics"}
    assert offered.excluded == frozenset()
