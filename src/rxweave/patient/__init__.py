"""A person as advice sees them, and how medication lists and patient files are read."""

from rxweave.patient.coding import coded_patient
from rxweave.patient.files import patient_schema, read_medication_file, read_patient
from rxweave.patient.medications import dose_text, read_medications
from rxweave.patient.names import DrugMatch, DrugSuggestions, find_drug
from rxweave.patient.patient import (
    Event,
    EventKind,
    Laboratory,
    MedicationOrder,
    Patient,
    Reaction,
    ResultFacts,
    Sex,
    YesNo,
)

__all__ = [
    "DrugMatch",
    "DrugSuggestions",
    "Event",
    "EventKind",
    "Laboratory",
    "MedicationOrder",
    "Patient",
    "Reaction",
    "ResultFacts",
    "Sex",
    "YesNo",
    "coded_patient",
    "dose_text",
    "find_drug",
    "patient_schema",
    "read_medication_file",
    "read_medications",
    "read_patient",
]
