"""How hard a text is to read: known texts, and names that do not count."""

from __future__ import annotations

import pytest

from rxweave.narrative.reading import reading_grade


def test_the_grade_is_flesch_kincaids() -> None:
    # 6 words, 1 sentence, 6 syllables: 0.39 * 6 + 11.8 * 1 - 15.59
    assert reading_grade("The cat sat on the mat.") == pytest.approx(-1.45)
    # 7 words, 1 sentence, 15 syllables
    assert reading_grade("Your pharmacist considers another medicine for you.") == pytest.approx(
        0.39 * 7 + 11.8 * 15 / 7 - 15.59
    )


def test_names_of_medicines_and_genes_do_not_count() -> None:
    assert reading_grade("Ask about amitriptyline.") == reading_grade("Ask about.")
    assert reading_grade("Ask about sacituzumab govitecan.") == reading_grade("Ask about.")
    assert reading_grade("Your HLA-B and CYP2C19 result.") == reading_grade("Your and result.")
    assert reading_grade("Ask about frobnicatinib.", names=("frobnicatinib",)) == reading_grade("Ask about.")


def test_longer_sentences_and_words_are_harder() -> None:
    short = "Ask your doctor. Do not stop."
    long = "Ask your doctor before you stop, because stopping treatment suddenly can have unexpected consequences."
    assert reading_grade(short) < reading_grade(long)


def test_a_text_without_words_has_grade_nought() -> None:
    assert reading_grade("") == 0.0


def test_spanish_is_measured_by_its_own_formula() -> None:
    easy = "No deje de tomar su medicina. Hable con su médico."
    hard = "La farmacogenética individualizada posibilita recomendaciones terapéuticas considerablemente diferenciadas."
    assert reading_grade(easy, "es") < 7 < reading_grade(hard, "es")
