"""The whole demonstration: synthetic patients, a report for each, and a page that lists them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rxweave import pipeline
from rxweave.demo.index import IndexEntry, write_demo_index
from rxweave.demo.people import DemoPatient, read_today, write_demo_patients
from rxweave.narrative.narrative import Audience
from rxweave.patient import read_medication_file, read_patient
from rxweave.report import Report, summary_table, write_report
from rxweave.report.view import view_of

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge


SYNTHETIC = "Synthetic patient: genome and story are made up, and nobody with them exists."


def make_demo(folder: Path, knowledge: Knowledge, seed: int, say: Callable[[str], None]) -> Path:
    """Write every synthetic patient and their report under ``folder``; returns the page that lists them.

    ``say`` is told what was found, person by person. The same seed and release give the same bytes.
    """
    entries = []
    for person in write_demo_patients(folder, knowledge, seed):
        report = _report(person, knowledge)
        written = write_report(report, person.vcf.parent)
        say(f"\n{person.title}\n{summary_table(report)}")
        found = ", ".join(count.text for count in view_of(report).counts)
        entries.append(IndexEntry(person, tuple(written), found))
    return write_demo_index(folder, entries, release=knowledge.version)


def _report(person: DemoPatient, knowledge: Knowledge) -> Report:
    settings = pipeline.CallSettings(outside=person.outside)
    result = pipeline.one_person([person.vcf], knowledge, settings)
    files = [p.name for p in (person.vcf, person.outside) if p is not None]
    patient = read_patient(person.patient_json, knowledge.drugs)
    medications = read_medication_file(person.medications, knowledge.drugs)
    report = pipeline.report_of(
        result, patient, medications, knowledge, files=files, made_on=read_today(), notice=SYNTHETIC
    )
    return pipeline.narrated(report, (Audience.PRESCRIBER, Audience.CONSULT, Audience.PATIENT))
