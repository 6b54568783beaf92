"""The summary on a terminal."""

from __future__ import annotations

import pytest
from report_cases import full, hostile, no_medicines, thirty_drugs

from rxweave.report import Report, advice_text, summary_table, words
from rxweave.report.terminal import _columns, wrap


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(any_report: Report, width: int) -> None:
    text = summary_table(any_report, width, is_tty=False)
    assert max(map(_columns, text.splitlines())) <= width


def test_shape_and_word_stand_before_every_medicine_and_no_colour_in_a_pipe() -> None:
    text = summary_table(full(), 100)
    assert "\x1b" not in text
    assert "▲ Avoid" in text
    assert "● Fine" in text
    assert "? Unknown" in text
    assert "\x1b[31;1m" in summary_table(full(), 100, is_tty=True)


def test_every_medicine_has_its_line() -> None:
    text = summary_table(thirty_drugs(), 100)
    assert all(f"drug{n:02d}" in text for n in range(30))


def test_suggestions_missing_tests_and_flags_are_said() -> None:
    text = summary_table(full(), 120)
    assert "Did you mean: clopidogrel?" in text
    assert words.REFERENCE_ASSUMED in text
    assert f"{words.NOT_TESTED}: HLA-Z" in text


def test_no_control_character_of_the_input_reaches_the_terminal() -> None:
    text = summary_table(hostile(), 100)
    assert "\x07" not in text
    assert "\u202e" not in text


def test_without_medicines_it_says_so() -> None:
    assert words.NO_MEDICINES in summary_table(no_medicines(), 100)


def test_advice_text_says_what_to_do_why_and_on_what_evidence() -> None:
    text = advice_text(full().advice, 100)
    assert "▲ codeine: avoid" in text
    assert "PMID 24458010" in text
    assert max(map(_columns, text.splitlines())) <= 100
    assert text.count("clopidogrel:") == 1
    assert text.count(f"{words.ALSO}: CPIC") == 1


def test_a_card_shows_what_would_turn_the_text_around() -> None:
    assert wrap("a reaction (\u202ecba\u200b\x1b[31m)", 80) == ["a reaction (\\u202ecba\\u200b\\u001b[31m)"]
