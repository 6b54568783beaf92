"""The report of one person: everything that the HTML, PDF, JSON and terminal forms show."""

from __future__ import annotations

from dataclasses import dataclass

from rxweave.calling.genotypes import FileWarning
from rxweave.guidance.advice import Advice
from rxweave.patient.patient import MedicationOrder, Patient
from rxweave.phenotyping.phenotype import GenePhenotype


@dataclass(frozen=True, slots=True)
class Report:
    """``genes`` has a row for every gene of the release, tested or not; ``advice`` is headline first within a drug."""

    sample: str
    files: tuple[str, ...]
    patient: Patient
    medications: tuple[MedicationOrder, ...]  # as read, the ones not understood included
    genes: tuple[GenePhenotype, ...]
    advice: tuple[Advice, ...]
    warnings: tuple[FileWarning, ...]
    knowledge_version: str
    knowledge_hash: str
    function_set: str
    software_version: str
