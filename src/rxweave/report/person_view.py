"""The person as plain text: what was given about them; nothing is filled in."""

from __future__ import annotations

from decimal import Decimal

from rxweave.patient.patient import Patient, Sex, YesNo
from rxweave.report import words
from rxweave.report.text import printable


def person_text(patient: Patient) -> str:
    """What was given about the person; nothing is filled in."""

    def measured(value: Decimal | None, template: str) -> str:
        return template.format(words.number(value)) if value is not None else ""

    parts = [
        printable(patient.label),
        measured(patient.age_years, "{} years"),
        patient.sex.value if patient.sex is not Sex.UNKNOWN else "",
        measured(patient.weight_kg, "{} kg"),
        "pregnant" if patient.pregnant is YesNo.YES else "",
        "breastfeeding" if patient.breastfeeding is YesNo.YES else "",
        measured(patient.egfr, "eGFR {} mL/min/1.73 m²"),
        f"Child-Pugh {patient.child_pugh}" if patient.child_pugh else "",
        *(printable(words.code_label(c)) for c in patient.conditions),
        *(f"{words.code_label(organ)} transplant" for organ, _ in patient.transplants),
        *(printable(f"reaction to {r.drug} {words.code_label(r.kind)}") for r in patient.reactions),
        *(printable(f"{drug} did not work") for drug in patient.failures),
        words.SMOKING.get(patient.smoking, ""),
        "acute inflammation" if patient.inflammation is YesNo.YES else "",
        *(
            printable(f"{words.code_label(v.kind)} {words.number(v.value)} {v.unit}".strip())
            for v in patient.laboratory
        ),
    ]
    return ", ".join(p for p in parts if p)
