"""The HTML page: self-contained, well formed, accessible, and never fooled by text from outside."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from report_cases import HOSTILE, MAKERS, full, hostile, no_medicines, nothing_tested, research_grade

from rxweave.report import Report, render_html, words
from rxweave.report.marks import Mark

VOID = {"meta", "link", "br", "hr", "img", "input"}
SVG_LEAVES = {"path", "rect", "circle"}


class Page(HTMLParser):
    """A parsed page: elements in order, the text of each, and every fault of nesting."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.faults: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> repeats an attribute")
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SVG_LEAVES:
            self.faults.append(f"<{tag}/> outside SVG")
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text += data

    def all(self, *tags: str) -> list[tuple[str, dict[str, str]]]:
        return [(tag, attrs) for tag, attrs in self.elements if tag in tags]


def test_page_is_well_formed(any_report: Report) -> None:
    assert Page(render_html(any_report)).faults == []


def test_page_loads_nothing_and_runs_nothing(any_report: Report) -> None:
    page = Page(render_html(any_report))
    assert page.all("script", "iframe", "object", "embed", "form", "img", "link", "base") == []
    for tag, attrs in page.elements:
        assert not [name for name in attrs if name.startswith("on") or name == "style"], tag
        assert "src" not in attrs
        if "href" in attrs:
            assert tag == "a"
            assert re.match(r"#|https://", attrs["href"])
    policy = next(a["content"] for _, a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "url(" not in render_html(any_report)


def test_ids_are_unique_and_every_local_link_leads_somewhere(any_report: Report) -> None:
    page = Page(render_html(any_report))
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = {attrs[key] for _, attrs in page.elements for key in ("aria-labelledby",) if key in attrs}
    linked = {attrs["href"][1:] for _, attrs in page.all("a") if attrs["href"].startswith("#")}
    assert named | linked <= set(ids)


def test_headings_start_at_one_and_skip_no_level(any_report: Report) -> None:
    levels = [int(tag[1]) for tag, _ in Page(render_html(any_report)).all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_page_has_language_title_landmarks_and_skip_link(any_report: Report) -> None:
    page = Page(render_html(any_report))
    assert page.all("html")[0][1]["lang"] == "en"
    assert len(page.all("title")) >= 1
    assert len(page.all("main")) == 1
    first_link = page.all("a")[0][1]
    assert (first_link["class"], first_link["href"]) == ("skip", "#what-to-do")


def test_every_picture_has_a_name_or_is_hidden_and_table_heads_have_a_scope(any_report: Report) -> None:
    page = Page(render_html(any_report))
    for _, attrs in page.all("svg"):
        assert attrs.get("aria-hidden") == "true" or (attrs["role"] == "img" and attrs["aria-label"])
    assert all(attrs.get("scope") in ("col", "row") for _, attrs in page.all("th"))


def test_text_from_outside_is_shown_and_never_markup() -> None:
    text = render_html(hostile())
    page = Page(text)
    assert "<script" not in text.lower()
    assert "<script>alert('x')</script>" in page.text
    assert "\u202e" not in text
    assert "\\u202egpj.exe" in page.text
    assert "\x07" not in text
    text.encode("utf-8")
    assert HOSTILE not in text


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("paper", ["#ffffff", "#fdf6f5"])
@pytest.mark.parametrize("name", ["ink", "soft", "link", "change", "watch", "fine", "unknown", "none"])
def test_every_text_colour_has_the_contrast_of_wcag_aa(name: str, paper: str) -> None:
    found = re.search(rf"--{name}: (#[0-9a-f]{{6}})", render_html(full()))
    assert found
    ratio = (_luminance(paper) + 0.05) / (_luminance(found[1]) + 0.05)
    assert ratio >= 4.5


def test_each_mark_has_a_shape_and_a_word_of_its_own() -> None:
    text = render_html(full())
    shapes = set()
    for mark in Mark:
        badge = re.search(rf'<span class="badge {mark}">(<svg.*?</svg>)([^<]+)</span>', text)
        assert badge, mark
        assert badge[2].strip()
        shapes.add(badge[1])
    assert len(shapes) == len(Mark)


def test_sections_come_in_the_order_that_a_prescriber_needs() -> None:
    page = Page(render_html(full()))
    ids = [attrs["id"] for tag, attrs in page.all("h2")]
    assert ids == [
        "act-now",
        "watch",
        "fine",
        "unknown",
        "not-understood",
        "not-held",
        "to-ask",
        "glance",
        "genes",
        "not-tested",
        "details",
        "warnings",
        "limits",
        "sources",
    ]


def test_without_medicines_or_results_the_page_says_so() -> None:
    assert words.NO_MEDICINES in Page(render_html(no_medicines())).text
    untested = Page(render_html(nothing_tested())).text
    assert words.NO_GENE_CALLED in untested
    assert words.FINE not in untested


def test_research_grade_is_written_beside_the_drug_the_gene_and_at_the_top() -> None:
    assert Page(render_html(research_grade())).text.count(words.RESEARCH_GRADE) >= 4


def test_two_runs_give_the_same_page() -> None:
    for make in MAKERS.values():
        assert render_html(make()) == render_html(make())


def test_no_banned_word_is_used(any_report: Report) -> None:
    """ "Safe" and "will" promise what genes cannot."""
    assert not re.findall(r"\b(?:safe|safely|will)\b", Page(render_html(any_report)).text, re.IGNORECASE)
