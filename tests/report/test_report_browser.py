"""The page in a real browser: on a phone's width nothing is cut off, and the content policy is never broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from report_cases import MAKERS

from rxweave.report import render_html

pytestmark = pytest.mark.long


def test_pages_fit_a_phone_and_break_no_policy(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    complaints: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda request: complaints.append(request.url) if "file:" not in request.url else None)
        for name, make in MAKERS.items():
            path = tmp_path / f"{name}.html"
            path.write_text(render_html(make()), "utf-8")
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        browser.close()
    assert complaints == []
