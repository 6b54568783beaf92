"""Dose equations of a release: what is read, refused, checked and compared."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from rxweave.errors import BrokenRelease
from rxweave.knowledge import load_release
from rxweave.knowledge.algorithm_files import check_algorithms, diff_algorithms, read_algorithms
from rxweave.knowledge.algorithms import Term
from rxweave.knowledge.folder import release_folder

RELEASE = load_release()
FILE = release_folder("2026.1") / "algorithms" / "warfarin.toml"


def test_coefficients_are_read_exactly() -> None:
    gage = RELEASE.algorithms["warfarin"].equations[0]
    assert gage.terms[Term.AGE_YEARS] == Decimal("-0.00745")
    assert RELEASE.algorithms == read_algorithms(FILE.parent)


def test_a_release_without_equations_has_none(tmp_path: Path) -> None:
    assert read_algorithms(tmp_path / "algorithms") == {}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format = 1", "format = 2", "format: is 2"),
        ('scale = "exp"', 'scale = "log"', "'log' is none of"),
        ('intercept = "0.9751"', "intercept = 0.9751", "expected a text"),
        ('intercept = "0.9751"', 'intercept = "much"', "'much' is no decimal number"),
        ("bsa_m2", "bmi", "terms: .*'bmi'.* are none of"),
        ("[equation.results.CYP2C9]", "[equation.results.CYP2C19]", "a genetic equation needs"),
        ('id = "reil-gage"', 'di = "reil-gage"', "id: is missing"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "warfarin.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenRelease, match=message) as caught:
        read_algorithms(tmp_path)
    assert "warfarin.toml" in str(caught.value)


def test_a_check_names_what_the_release_does_not_know() -> None:
    known = RELEASE.algorithms["warfarin"]
    assert list(check_algorithms([known], RELEASE.genes, RELEASE.drugs)) == []
    wrong = replace(known, needed_alleles=("*5000",), groups_needing_alleles=("Martian",))
    texts = [f.text for f in check_algorithms([wrong], RELEASE.genes, RELEASE.drugs)]
    assert [t for t in texts if "'Martian'" in t] and [t for t in texts if "'*5000'" in t]


def test_a_comparison_names_the_equation() -> None:
    old = RELEASE.algorithms
    warfarin = old["warfarin"]
    changed = replace(warfarin.equations[0], intercept=Decimal(1))
    new = {"warfarin": replace(warfarin, equations=(changed, *warfarin.equations[2:]))}
    assert list(diff_algorithms(old, old)) == []
    assert list(diff_algorithms(old, new)) == [
        "warfarin: dose equation gage-2008 changed",
        "warfarin: dose equation iwpc-2009-genetic removed",
    ]
