"""The PDF: tagged, titled, in a language, and the same words as the page."""

from __future__ import annotations

import io

import pypdf
import pytest
from report_cases import full, hostile, nothing_tested, thirty_drugs

from rxweave.report import Report, render_pdf, words
from rxweave.report.pdf import _drawable
from rxweave.report.view import view_of


def _read(report: Report) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(render_pdf(report)))


def _text(pdf: pypdf.PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def _roles(node: pypdf.generic.PdfObject) -> list[str]:
    node = node.get_object()
    if not isinstance(node, pypdf.generic.DictionaryObject):
        return []
    kids = node.get("/K", [])
    kids = kids.get_object() if hasattr(kids, "get_object") else kids
    found = [str(node["/S"])] if "/S" in node else []
    for kid in kids if isinstance(kids, list) else [kids]:
        found += _roles(kid)
    return found


def test_pdf_is_tagged_with_language_and_title(any_report: Report) -> None:
    root = _read(any_report).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert {"/H1", "/P"} <= set(_roles(root["/StructTreeRoot"]))


def test_title_names_the_person_and_tables_have_heads() -> None:
    pdf = _read(full())
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Pharmacogenomic report: NA18526"
    roles = _roles(pdf.trailer["/Root"]["/StructTreeRoot"])
    assert {"/Table", "/TH", "/TD", "/Figure", "/Link", "/L"} <= set(roles)


def test_pdf_says_what_the_page_says_in_the_same_order() -> None:
    text = _text(_read(full()))
    said = [words.ACT_NOW_HELP, words.WATCH_HELP, words.FINE_HELP, words.UNKNOWN_HELP, words.NOT_UNDERSTOOD_HELP]
    said += [words.NOT_HELD, words.GENES_HELP, words.NOT_TESTED_HELP, words.FOR_THE_PHARMACIST, *words.LIMIT_LINES]
    places = [text.index(sentence) for sentence in said]
    assert places == sorted(places)
    for detail in view_of(full()).details:
        assert detail.drug in text


def test_every_page_after_the_first_names_the_person_and_all_count_pages() -> None:
    pages = _read(thirty_drugs()).pages
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert f"{words.PAGE} {number} {words.OF} {len(pages)}" in text
        assert "NA00001" in text


def test_hostile_text_is_text() -> None:
    text = _text(_read(hostile()))
    assert "<script>alert" in text
    assert "#let x = 1 *b*" in text


@pytest.mark.parametrize("text", ["患者", "אספירין", "☃", "👩🏽‍⚕️", "\ufffd", "e\u0301"])
def test_characters_that_the_fonts_lack_are_written_as_their_codes(text: str) -> None:
    assert _drawable({"a": [text]})["a"][0].replace("\u200b", "").isascii()


def test_latin_greek_and_signs_are_kept() -> None:
    text = "Müller Žižek ≥3.75 µg → Ω — 20–60%"
    assert _drawable(text) == text


def test_same_report_gives_the_same_bytes() -> None:
    assert render_pdf(nothing_tested()) == render_pdf(nothing_tested())


def test_long_words_can_break_and_links_stay_whole() -> None:
    shown = _drawable({"text": "x" * 100, "url": "https://example.org/" + "y" * 60, "bar": "<svg " + "z" * 60})
    assert max(map(len, shown["text"].split("\u200b"))) == 12
    assert "\u200b" not in shown["url"] + shown["bar"]
