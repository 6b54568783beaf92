"""Patient files and medication files."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rxweave.errors import InputError
from rxweave.knowledge.drugs import read_drugs
from rxweave.patient import (
    Laboratory,
    Patient,
    Reaction,
    ResultFacts,
    Sex,
    YesNo,
    patient_schema,
    read_medication_file,
    read_patient,
)

ROOT = Path(__file__).parents[2]
DRUGS = read_drugs(ROOT / "src" / "rxweave" / "knowledge" / "releases" / "2026.1" / "drugs.tsv")


def write(tmp_path: Path, document: Any, name: str = "patient.json") -> Path:
    path = tmp_path / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def test_whole_patient_is_read(tmp_path: Path) -> None:
    patient = read_patient(
        write(
            tmp_path,
            {
                "label": "bed 4",
                "age_years": 61.5,
                "sex": "female",
                "weight_kg": 74,
                "egfr": 78,
                "pregnant": "no",
                "conditions": ["atrial fibrillation"],
                "indications": [{"drug": "Plavix", "indication": "acs_pci"}],
                "reactions": [{"drug": "Tegretol", "kind": "severe_skin", "is_severe": True}],
                "transplants": [{"organ": "kidney", "date": "2026-11-14"}, {"organ": "stem_cell"}],
                "transfusions": ["2026-11-01"],
                "haemolysis": ["2026-10-01"],
                "group": "Latino",
                "medications": [
                    "clopidogrel 75 mg daily; aspirin 81 mg",
                    {
                        "drug": "Zocor",
                        "dose": {"amount": 40, "unit": "mg"},
                        "times_per_day": 1,
                        "started": "2024-03-01",
                        "tolerated_months": 20,
                    },
                    {"drug": "Symbyax", "dose": {"amount": 1, "unit": "g"}},
                ],
            },
        ),
        DRUGS,
    )
    assert (patient.age_years, patient.sex, patient.pregnant, patient.breastfeeding) == (
        Decimal("61.5"),
        Sex.FEMALE,
        YesNo.NO,
        YesNo.UNKNOWN,
    )
    assert patient.indications == (("clopidogrel", "acs_pci"),)
    assert patient.reactions == (Reaction("carbamazepine", "severe_skin", True),)
    assert patient.transplants == (("kidney", date(2026, 11, 14)), ("stem_cell", None))
    assert (patient.transfusions, patient.haemolysis) == ((date(2026, 11, 1),), (date(2026, 10, 1),))
    assert [(o.drug, o.amount, o.line) for o in patient.medications] == [
        ("clopidogrel", Decimal(75), 1),
        ("aspirin", Decimal(81), 1),
        ("simvastatin", Decimal(40), 2),
        ("fluoxetine", None, 3),
        ("olanzapine", None, 3),
    ]
    simvastatin = patient.medications[2]
    assert (simvastatin.daily_dose, simvastatin.started, simvastatin.tolerated_months) == (40, date(2024, 3, 1), 20)
    assert patient.medications[3].unread == "dose 1000 mg of the whole product"


def test_a_person_without_medications_is_read_back_as_written(tmp_path: Path) -> None:
    person = Patient(
        label="bed 5",
        age_years=Decimal("0.05"),
        sex=Sex.FEMALE,
        weight_kg=Decimal("3.4"),
        height_cm=Decimal(51),
        pregnant=YesNo.NO,
        breastfeeding=YesNo.NO,
        egfr=Decimal(30),
        child_pugh="C",
        conditions=("stroke_or_tia",),
        indications=(("clopidogrel", "acs_pci"),),
        reactions=(Reaction("codeine", "vomiting"),),
        transplants=(("liver", date(2025, 1, 2)),),
        group="Oceanian",
        transfusions=(date(2026, 10, 1),),
        haemolysis=(date(2026, 9, 1),),
        failures=("citalopram",),
        smoking="stopped",
        smoking_stopped=date(2026, 11, 1),
        inflammation=YesNo.YES,
        laboratory=(Laboratory("crp", Decimal("12.5"), "mg/L", date(2026, 11, 2)),),
        results=(ResultFacts("G6PD", "enzyme_activity", "blood", "recipient", date(2026, 10, 20)), ResultFacts()),
        pending_tests=("DPYD",),
        consented_findings=("carrier",),
        target_inr=Decimal("2.5"),
    )
    document = {
        **{
            field.name: getattr(person, field.name)
            for field in fields(person)
            if isinstance(getattr(person, field.name), str)
        },
        **{
            name: float(getattr(person, name)) for name in ("age_years", "weight_kg", "height_cm", "egfr", "target_inr")
        },
        "conditions": list(person.conditions),
        "indications": [{"drug": drug, "indication": code} for drug, code in person.indications],
        "reactions": [{"drug": r.drug, "kind": r.kind, "is_severe": r.is_severe} for r in person.reactions],
        "transplants": [{"organ": organ, "date": str(on)} for organ, on in person.transplants],
        "transfusions": [str(on) for on in person.transfusions],
        "haemolysis": [str(on) for on in person.haemolysis],
        "failures": ["Celexa"],
        "smoking_stopped": "2026-11-01",
        "laboratory": [{"kind": "crp", "value": 1.25, "unit": "mg/dL", "on": "2026-11-02"}],
        "results": [
            {**{k: v for k, v in asdict(r).items() if k != "collected"}, "collected": r.collected and str(r.collected)}
            for r in person.results
        ],
        "pending_tests": list(person.pending_tests),
        "consented_findings": ["carrier"],
    }
    assert read_patient(write(tmp_path, document), DRUGS) == person


def test_nobody_asked_is_not_nothing_consented(tmp_path: Path) -> None:
    assert read_patient(write(tmp_path, {}), DRUGS).consented_findings is None
    assert read_patient(write(tmp_path, {"consented_findings": []}), DRUGS).consented_findings == ()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"weight_lb": 160}, "weight_lb: unknown field; did you mean weight_kg"),
        ({"weight": 70}, "weight: unknown field; did you mean weight_kg"),
        ({"height_in": 70}, "height_in: unknown field; did you mean height_cm"),
        ({"target_inr": 25}, "target_inr: .*less than or equal to 5; found 25"),
        ({"smokes": "yes"}, "smokes: unknown field; did you mean smoking"),
        ({"weight_kg": "160 lb"}, "weight_kg: expected a number, without quotes; found '160 lb'"),
        ({"weight_kg": 0}, "weight_kg: .*greater than or equal to 0.2; found 0"),
        ({"smoking": "yes"}, "smoking: .*'current', 'stopped' or 'never'; found 'yes'"),
        ({"smoking_stopped": "2026-01-01"}, "smoking_stopped is given and smoking is ''; expected 'stopped'"),
        ({"laboratory": [{"kind": "crp", "value": 5, "unit": "mmol/L"}]}, "'mmol/L' is none of crp; expected mg/L or"),
        ({"laboratory": [{"kind": "crp", "value": 5}]}, r"laboratory\[0\].unit: is missing"),
        ({"laboratory": [{"kind": "crp", "value": -5, "unit": "mg/L"}]}, r"laboratory\[0\].value: .*equal to 0"),
        ({"laboratory": [{"kind": "mood", "value": 5, "unit": "%"}]}, r"laboratory\[0\].kind: .*found 'mood'"),
        ({"results": [{"gene": "G6PD", "specimen": "hair"}]}, r"results\[0\].specimen: .*found 'hair'"),
        ({"results": [{"gene": "G6PD", "of": "me"}]}, r"results\[0\].of: .*found 'me'"),
        ({"results": [{"gene": "G6PD"}, {"gene": "G6PD"}]}, "results names a gene twice"),
    ],
)
def test_wrong_fact_is_told_with_what_was_expected(tmp_path: Path, document: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_patient(write(tmp_path, document), DRUGS)


def test_stopped_medication_is_marked_so(tmp_path: Path) -> None:
    document = {"medications": [{"drug": "codeine", "stopped": "2026-01-05"}]}
    (order,) = read_patient(write(tmp_path, document), DRUGS).medications
    assert (order.stopped, order.is_stopped) == (date(2026, 1, 5), True)


def test_empty_object_is_a_person_of_whom_nothing_is_known(tmp_path: Path) -> None:
    patient = read_patient(write(tmp_path, {}), DRUGS)
    assert (patient.age_years, patient.sex, patient.pregnant) == (None, Sex.UNKNOWN, YesNo.UNKNOWN)


def test_all_problems_are_reported_at_once_with_their_places(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {
            "age_years": 240,
            "weight_kg": -70,
            "sex": "F",
            "egfr": "high",
            "wieght": 3,
            "transplants": [{"organ": "hair"}],
            "medications": [
                "codeine",
                {"drug": "codeine", "dose": {"amount": 30, "unit": "stone"}},
                {"drug": "codeine", "dose": {"amount": -1, "unit": "mg"}, "started": "2024-02-31"},
                {"dose": {"amount": 5, "unit": "mg"}},
                {"drug": "codeine", "started": "2024-03-01", "stopped": "2023-03-01"},
                7,
            ],
        },
    )
    with pytest.raises(InputError) as caught:
        read_patient(path, DRUGS)
    lines = [line.strip() for line in str(caught.value).splitlines()]
    assert "12 problems" in lines[0]
    assert str(path) in lines[0]
    places = [line.split(":")[0] for line in lines[1:]]
    assert sorted(places) == sorted(
        [
            "age_years",
            "weight_kg",
            "sex",
            "egfr",
            "wieght",
            "transplants[0].organ",
            "medications[1].dose.unit",
            "medications[2].dose.amount",
            "medications[2].started",
            "medications[3].drug",
            "medications[4]",
            "medications[5]",
        ]
    )
    assert not any("pydantic" in line.lower() for line in lines)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param("", ":1: not JSON", id="empty"),
        pytest.param("[]", "is a list, expected an object", id="list"),
        pytest.param('{"age_years": NaN}', "NaN is no JSON number", id="nan"),
        pytest.param('{"age_years": 4, "age_years": 40}', "age_years is given twice", id="repeated"),
        pytest.param('{"age_years": 1e400}', "age_years", id="huge"),
        pytest.param('{"age_years": true}', "age_years: expected a number", id="boolean"),
        pytest.param('{"age_years": "61"}', "age_years: expected a number, without quotes; found '61'", id="quoted"),
        pytest.param('{"sex": "male", "pregnant": "yes"}', "sex is male, and pregnant", id="contradiction"),
        pytest.param("[" * 100_000, "not JSON|nested too deeply", id="deep"),
        pytest.param('{"age_years": ' + "9" * 5000 + "}", "number cannot be read|age_years", id="digits"),
    ],
)
def test_wrong_document_is_one_clear_error(tmp_path: Path, document: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_patient(write(tmp_path, document), DRUGS)


def test_missing_and_binary_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: cannot be read"):
        read_patient(tmp_path / "none.json", DRUGS)
    binary = tmp_path / "patient.json"
    binary.write_bytes(b"\x1f\x8b\x08\xff\xfe")
    with pytest.raises(InputError, match="is not UTF-8"):
        read_patient(binary, DRUGS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("meds.txt", "Plavix 75 mg daily\ncodeine 30 mg q6h prn\n"),
        ("meds.csv", "Medication,Dose,Frequency\nPlavix,75 mg,daily\ncodeine,30 mg,q6h prn\n"),
        ("meds.tsv", "drug\tdose\tfrequency\nPlavix\t75 mg\tdaily\ncodeine\t30 mg\tq6h prn\n"),
        ("meds.json", '["Plavix 75 mg daily", "codeine 30 mg q6h prn"]'),
        (
            "object.json",
            '{"medications": ["Plavix 75 mg daily", {"drug": "codeine", "dose": {"amount": 30, "unit": "mg"}, '
            '"times_per_day": 4, "is_as_needed": true}]}',
        ),
    ],
)
def test_medication_file_in_every_form_says_the_same(tmp_path: Path, name: str, content: str) -> None:
    orders = read_medication_file(write(tmp_path, content, name), DRUGS)
    assert [(o.drug, o.daily_dose, o.is_as_needed) for o in orders] == [
        ("clopidogrel", Decimal(75), False),
        ("codeine", Decimal(120), True),
    ]


def test_medication_table_without_a_name_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column named drug, medication or name; found what"):
        read_medication_file(write(tmp_path, "what\ncodeine\n", "meds.csv"), DRUGS)


def test_medication_json_that_is_no_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a list of medications"):
        read_medication_file(write(tmp_path, '{"a": 1}', "meds.json"), DRUGS)


def test_published_schema_is_current() -> None:
    published = json.loads((ROOT / "docs" / "schemas" / "patient.json").read_text(encoding="utf-8"))
    assert published == patient_schema()


def test_drugs_of_the_default_release_are_used_when_none_are_given(tmp_path: Path) -> None:
    (order,) = read_patient(write(tmp_path, {"medications": ["Plavix 75 mg"]})).medications
    assert (order.drug, order.rxcui) == ("clopidogrel", "32968")


def test_a_message_repeats_only_the_beginning_of_a_long_value(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"label: .*\(100002 characters\)") as caught:
        read_patient(write(tmp_path, {"label": "x" * 100_000}), DRUGS)
    assert len(str(caught.value)) < 500 + len(str(tmp_path))
