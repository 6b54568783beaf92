"""The page that lists the synthetic patients with their stories and links to their reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from rxweave.demo.people import DemoPatient

_STYLE = """
:root { --ink: #16222c; --soft: #4a5a67; --line: #b9c4cc; --link: #0b4f8a; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: #fff; color: var(--ink); font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto,
  "Liberation Sans", "DejaVu Sans", Arial, sans-serif; overflow-wrap: anywhere; }
header, main, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.75rem; line-height: 1.15; margin: 0 0 .5rem; }
h2 { font-size: 1.125rem; line-height: 1.25; margin: 0; }
p { margin: .35rem 0; max-width: 46rem; }
a { color: var(--link); }
a:focus-visible { outline: 3px solid #0b4f8a; outline-offset: 2px; }
.flag { border: 2px solid var(--ink); padding: .5rem .75rem; margin: .75rem 0 1.25rem; }
.person { display: grid; grid-template-columns: 9.5rem 1fr; gap: 0 1.25rem; padding: 1rem 0;
  border-top: 1px solid var(--line); }
.person:last-child { border-bottom: 1px solid var(--line); }
.name { font-weight: 600; text-transform: capitalize; }
.how, .meds, .files { color: var(--soft); font-size: .9375rem; }
.files a { margin-right: 1rem; }
.said { font-weight: 600; }
ul { list-style: none; margin: 0; padding: 0; }
footer { margin-top: 1.5rem; padding-bottom: 2rem; color: var(--soft); font-size: .9375rem; }
@media (max-width: 40rem) { .person { grid-template-columns: 1fr; } }
@media print { body { font-size: 10pt; } .person { break-inside: avoid; } }
"""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One person on the page. ``reports`` are files below the page's folder; ``summary`` is one line on the result."""

    patient: DemoPatient
    reports: tuple[Path, ...] = ()
    summary: str = ""


def write_demo_index(folder: Path, entries: Sequence[IndexEntry], *, release: str = "") -> Path:
    """Write ``index.html`` into ``folder`` and return its path. The page needs no network and no script."""
    from rxweave.report import write_text

    path = folder / "index.html"
    write_text(path, render_demo_index(folder, entries, release=release))
    return path


def render_demo_index(folder: Path, entries: Sequence[IndexEntry], *, release: str = "") -> str:
    """The page as text; every name and story is escaped, links are relative to ``folder``."""
    people = "\n".join(_person(folder, entry) for entry in entries)
    made_from = f" Knowledge release {escape(release)}." if release else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>rxweave: synthetic patients</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>Synthetic patients and their reports</h1>
<p class="flag"><strong>None of these people exists.</strong> Their stories were written for this demonstration, and
their genomes were drawn from published allele frequencies. Do not use these reports for anybody's care.</p>
</header>
<main>
<ul>
{people}
</ul>
</main>
<footer><p>rxweave supports decisions and makes none; it is not a medical device.{made_from}</p></footer>
</body>
</html>
"""


def _person(folder: Path, entry: IndexEntry) -> str:
    patient = entry.patient
    sources = [p for p in (patient.vcf, patient.outside, patient.medications, patient.patient_json) if p is not None]
    reports = "".join(_link(folder, path) for path in entry.reports)
    inputs = "".join(_link(folder, path) for path in sources)
    medications = ", ".join(line for line in patient.medications.read_text(encoding="utf-8").splitlines() if line)
    summary = f'<p class="said">{escape(entry.summary)}</p>\n' if entry.summary else ""
    return f"""<li class="person">
<p class="name">{escape(patient.name)}</p>
<div>
<h2>{escape(patient.title)}</h2>
<p>{escape(patient.story)}</p>
{summary}<p class="meds">Medicines: {escape(medications)}</p>
<p class="how">{escape(patient.made_how)}</p>
<p class="files">{f"Report: {reports}" if reports else ""}</p>
<p class="files">Made from: {inputs}</p>
</div>
</li>"""


def _link(folder: Path, path: Path) -> str:
    relative = path.relative_to(folder).as_posix()
    return f'<a href="{escape(quote(relative))}">{escape(path.name)}</a>'
