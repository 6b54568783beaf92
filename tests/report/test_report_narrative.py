"""Narratives in the report: on top and on pages of their own, every sentence with the facts it rests on."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pypdf
import pytest
from report_cases import full, narrated
from test_report_html import Page

from rxweave.narrative.narrative import Audience
from rxweave.report import render_html, render_pdf, report_object, words
from rxweave.report.schemas import validate


def _pdf_text(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def test_prescriber_reads_in_short_before_everything_else_and_pages_follow_the_details() -> None:
    ids = [attrs["id"] for tag, attrs in Page(render_html(narrated())).all("h2")]
    assert ids[:2] == ["narrative-prescriber", "act-now"]
    after = ids[ids.index("details") :]
    assert after == ["details", "narrative-consult", "narrative-patient", "notes", "warnings", "limits", "sources"]


def test_without_narratives_the_page_has_none_of_their_parts() -> None:
    ids = [attrs["id"] for _, attrs in Page(render_html(full())).all("h2")]
    assert not {"notes", "narrative-prescriber"} & set(ids)
    assert words.NOTES_ON_SENTENCES not in " ".join(_pdf_text(render_pdf(full())))


def test_each_sentence_shows_its_facts_on_hover_and_leads_to_its_note_by_keyboard() -> None:
    page = Page(render_html(narrated()))
    hovers = [attrs["title"] for tag, attrs in page.all("span") if "title" in attrs]
    assert "CYP2D9 is *4/*4 (poor metabolizer)" in hovers
    assert any("avoid codeine" in hover and " • " in hover for hover in hovers)
    links = [attrs["href"] for _, attrs in page.all("a") if attrs["href"].startswith("#note-")]
    assert links == [f"#note-{n}" for n in range(1, 6)]
    notes = [attrs["id"] for _, attrs in page.all("li") if attrs.get("id", "").startswith("note-")]
    assert notes == [f"note-{n}" for n in range(1, 7)]


def test_letter_carries_no_numbers_and_its_notes_repeat_the_sentences() -> None:
    text = render_html(narrated())
    letter = text[text.index('id="narrative-patient"') : text.index('id="notes"')]
    assert "Pregunte a su médico." in letter
    assert "<sup" not in letter
    assert "<q>Pregunte a su médico.</q>" in text


def test_each_narrative_is_marked_with_its_language() -> None:
    languages = [attrs["lang"] for _, attrs in Page(render_html(narrated())).all("section") if "lang" in attrs]
    assert languages == ["en", "en", "es"]


def test_reader_sees_which_writer_wrote_each_sentence() -> None:
    text = render_html(narrated())
    page = Page(text)
    assert [attrs["title"] for _, attrs in page.all("abbr")] == ["openai:toy"]
    assert "openai:toy, prompt prescriber 1.0" in page.text
    assert words.BUILT_IN_BECAUSE["refused"] in page.text
    assert words.BUILT_IN_BECAUSE["left_out"] in page.text
    consult = text[text.index('id="narrative-consult"') : text.index('id="narrative-patient"')]
    assert words.MODEL_MARK + "</abbr>" not in consult


def test_text_that_was_not_proved_is_named_and_not_shown() -> None:
    page = Page(render_html(narrated()))
    assert f"{words.WITHHELD}: Medical reasons" in page.text
    assert words.WITHHELD_HELP in page.text


def test_pdf_gives_the_note_and_the_letter_pages_of_their_own() -> None:
    pages = _pdf_text(render_pdf(narrated()))
    (consult,) = [text for text in pages if "Codeine is to be avoided." in text]
    (letter,) = [text for text in pages if "Enseñe esta carta." in text]
    assert "NA18526 · 2026-11-22" in consult
    assert "NA18526 · 2026-11-22" in letter
    assert "avoid codeine" not in letter
    assert pages[0].index("Avoid codeine.") < pages[0].index(words.ACT_NOW_HELP)
    assert any(words.NOTES_ON_SENTENCES in text and "openai:toy" in text for text in pages)


def test_json_holds_each_sentence_with_its_facts_in_words_and_what_the_model_cost() -> None:
    found = report_object(narrated())
    first = found["narratives"][0]
    assert first["sentences"][0] == {
        "text": "Avoid codeine.",
        "facts": ["codeine/action"],
        "kind": "recommendation",
        "heading": "do_now",
        "writer": "openai:toy",
        "because": None,
    }
    assert first["facts"]["codeine/gene/CYP2D9"] == "CYP2D9 is *4/*4 (poor metabolizer)"
    assert first["usage"]["cost"] == 0.01
    assert found["narratives_withheld"] == ["payer"]
    assert [n["language"] for n in found["narratives"]] == ["en", "en", "es"]
    validate("report", json.dumps(found))


@pytest.mark.parametrize("audience", [Audience.CONSULT, Audience.PATIENT])
def test_an_audience_alone_has_its_page(audience: Audience) -> None:
    report = narrated()
    alone = replace(report, narratives=tuple(n for n in report.narratives if n.audience is audience))
    ids = [attrs["id"] for _, attrs in Page(render_html(alone)).all("h2")]
    assert ids[0] == "act-now"
    assert f"narrative-{audience}" in ids
    assert render_pdf(alone).startswith(b"%PDF")
