"""The cases behind the free-hand sentences, frozen as fact sheets: ``python tests/narrative/freehand/make_sheets.py``.

Run once. The sentences of ``public.jsonl`` and ``unseen.jsonl`` were written from the sheets as they are in
``sheets.json``; a release that computes other facts does not change what was true of these.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from rxweave.knowledge import Knowledge, load_release
from rxweave.narrative.facts import Fact, FactSheet, fact_sheet
from rxweave.patient.patient import Patient
from rxweave.pipeline import StatedRequest, advise_stated, patient_of

HERE = Path(__file__).parent

# Results as the command line takes them: D: diplotypes, P: phenotypes and allele statuses, S: activity scores.
CASES: dict[str, dict[str, Any]] = {
    "c01": {"orders": ["codeine 30 mg"], "D": ["CYP2D6=*4/*4"], "person": {"age_years": 46, "sex": "female"}},
    "c02": {"orders": ["codeine 30 mg"], "P": ["CYP2D6=Ultrarapid Metabolizer"], "person": {"age_years": 33}},
    "c03": {"orders": ["clopidogrel 75 mg daily"], "D": ["CYP2C19=*2/*2"], "person": {"age_years": 64, "sex": "male"}},
    "c04": {"orders": ["clopidogrel 75 mg daily"], "D": ["CYP2C19=*1/*17"], "with": ["omeprazole 20 mg daily"]},
    "c05": {"orders": ["amitriptyline 75 mg daily"], "D": ["CYP2D6=*1/*4", "CYP2C19=*1/*1"]},
    "c06": {
        "orders": ["codeine 30 mg", "amitriptyline 75 mg daily"],
        "D": ["CYP2D6=*1/*1", "CYP2C19=*1/*1"],
        "with": ["paroxetine 20 mg daily"],
        "person": {"age_years": 52},
    },
    "c07": {"orders": ["simvastatin 40 mg daily"], "D": ["SLCO1B1=*5/*5"]},
    "c08": {"orders": ["simvastatin 40 mg daily"], "D": ["SLCO1B1=*1/*5"], "with": ["clarithromycin 500 mg"]},
    "c09": {"orders": ["fluorouracil"], "S": ["DPYD=1.0"]},
    "c10": {"orders": ["capecitabine"], "S": ["DPYD=0.5"]},
    "c11": {"orders": ["capecitabine"], "S": ["DPYD=0.0"], "person": {"age_years": 58}},
    "c12": {"orders": ["mercaptopurine 50 mg daily"], "D": ["TPMT=*1/*3A", "NUDT15=*1/*1"]},
    "c13": {"orders": ["azathioprine"], "P": ["TPMT=Poor Metabolizer", "NUDT15=Normal Metabolizer"]},
    "c14": {"orders": ["abacavir"], "P": ["HLA-B*57:01=positive"]},
    "c15": {"orders": ["carbamazepine"], "P": ["HLA-B*15:02=positive"], "person": {"age_years": 29}},
    "c16": {"orders": ["carbamazepine"]},
    "c17": {"orders": ["allopurinol"], "P": ["HLA-B*58:01=positive"]},
    "c18": {"orders": ["phenytoin"], "D": ["CYP2C9=*3/*3"], "P": ["HLA-B*15:02=negative"]},
    "c19": {"orders": ["rasburicase"], "P": ["G6PD=Deficient"], "person": {"sex": "male", "age_years": 61}},
    "c20": {"orders": ["primaquine"], "P": ["G6PD=Variable"], "person": {"sex": "female", "age_years": 27}},
    "c21": {"orders": ["sevoflurane"], "P": ["RYR1=Malignant Hyperthermia Susceptibility"]},
    "c22": {"orders": ["succinylcholine"], "P": ["RYR1=Uncertain Susceptibility"]},
    "c23": {"orders": ["tacrolimus"], "D": ["CYP3A5=*1/*3"], "person": {"age_years": 44}},
    "c24": {"orders": ["voriconazole"], "D": ["CYP2C19=*17/*17"]},
    "c25": {"orders": ["citalopram 20 mg daily"], "D": ["CYP2C19=*2/*2"]},
    "c26": {"orders": ["sertraline 50 mg daily"], "D": ["CYP2C19=*1/*2", "CYP2B6=*6/*6"]},
    "c27": {"orders": ["tamoxifen 20 mg daily"], "D": ["CYP2D6=*1/*1"], "with": ["paroxetine 20 mg daily"]},
    "c28": {"orders": ["metoprolol 100 mg daily"], "D": ["CYP2D6=*4/*4"]},
    "c29": {"orders": ["warfarin"], "D": ["CYP2C9=*1/*3"]},
    "c30": {"orders": ["efavirenz"], "D": ["CYP2B6=*6/*6"]},
    "c31": {"orders": ["atazanavir"], "P": ["UGT1A1=Poor Metabolizer"]},
    "c32": {"orders": ["gentamicin"], "P": ["MT-RNR1=increased risk of aminoglycoside-induced hearing loss"]},
    "c33": {"orders": ["celecoxib 200 mg daily"], "D": ["CYP2C9=*3/*3"]},
    "c34": {"orders": ["atomoxetine"], "D": ["CYP2D6=*4/*4"], "person": {"age_years": 9, "weight_kg": 30}},
    "c35": {"orders": ["venlafaxine 75 mg daily"], "D": ["CYP2D6=*4/*4"]},
    "c36": {"orders": ["metformin", "ondansetron"], "P": ["CYP2D6=Ultrarapid Metabolizer"]},
    "c37": {"orders": ["irinotecan"], "D": ["UGT1A1=*28/*28"]},
    "c38": {"orders": ["pantoprazole 40 mg daily"], "D": ["CYP2C19=*17/*17"]},
    "c39": {"orders": ["siponimod"], "D": ["CYP2C9=*2/*3"]},
    "c40": {
        "orders": ["rosuvastatin 20 mg daily"],
        "D": ["ABCG2=rs2231142 variant/rs2231142 variant", "SLCO1B1=*1/*1"],
    },
    "c41": {
        "orders": ["clopidogrel 75 mg daily", "citalopram 20 mg daily", "metoprolol 50 mg daily"],
        "D": ["CYP2C19=*2/*2", "CYP2D6=*1/*1"],
        "person": {"age_years": 71, "sex": "male"},
    },
    "c42": {
        "orders": ["tramadol 50 mg", "ondansetron"],
        "D": ["CYP2D6=*1/*1"],
        "with": ["fluoxetine 20 mg daily"],
    },
    "c43": {"orders": ["risperidone 2 mg daily"], "D": ["CYP2D6=*4/*4"]},
    "c44": {"orders": ["ibuprofen", "simvastatin 20 mg daily"], "D": ["CYP2C9=*3/*3", "SLCO1B1=*1/*5"]},
}


def request_of(case: dict[str, Any], folder: Path) -> StatedRequest:
    person = None
    if "person" in case:
        person = folder / "patient.json"
        person.write_text(json.dumps(case["person"]))
    return StatedRequest(
        tuple(case["orders"]),
        diplotypes=tuple(case.get("D", ())),
        phenotypes=tuple(case.get("P", ())),
        activity_scores=tuple(case.get("S", ())),
        co_medications=tuple(case.get("with", ())),
        patient=person,
    )


def sheet_of(case: dict[str, Any], knowledge: Knowledge) -> FactSheet:
    with tempfile.TemporaryDirectory() as folder:
        request = request_of(case, Path(folder))
        patient = patient_of(request.patient, knowledge) if request.patient else Patient()
        return fact_sheet(advise_stated(request, knowledge), patient)


def as_document(sheet: FactSheet) -> dict[str, Any]:
    """Plain values; empty fields are left out."""
    return {"release": sheet.release, "drugs": list(sheet.drugs), "facts": [_plain(fact) for fact in sheet.facts]}


def _plain(fact: Fact) -> dict[str, Any]:
    row = {field.name: getattr(fact, field.name) for field in fields(fact)}
    return {name: dict(v) if isinstance(v, Mapping) else v for name, v in row.items() if v}


def main() -> None:
    knowledge = load_release()
    sheets = {name: as_document(sheet_of(case, knowledge)) for name, case in CASES.items()}
    (HERE / "sheets.json").write_text(json.dumps(sheets, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
