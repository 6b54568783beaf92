"""The form of ``patient.json``: what may be written, in which units, and within which bounds.

Pydantic models, imported only where a file is read or its schema is printed. Numbers are JSON numbers; a field that is
not known is left out.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

Word = Annotated[str, Field(min_length=1, max_length=200)]
Known = Literal["yes", "no", "unknown"]


def _is_number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("expected a number, without quotes")
    return Decimal(str(value))


_Number = BeforeValidator(_is_number)


def _schema(**bounds: float) -> WithJsonSchema:
    return WithJsonSchema({"type": "number", **bounds})


Amount = Annotated[Decimal, _Number, Field(gt=0, le=1_000_000), _schema(exclusiveMinimum=0, maximum=1_000_000)]
TimesPerDay = Annotated[Decimal, _Number, Field(gt=0, le=48), _schema(exclusiveMinimum=0, maximum=48)]
Years = Annotated[Decimal, _Number, Field(ge=0, le=125), _schema(minimum=0, maximum=125)]
Kilograms = Annotated[Decimal, _Number, Field(ge=Decimal("0.2"), le=650), _schema(minimum=0.2, maximum=650)]
Centimetres = Annotated[Decimal, _Number, Field(ge=20, le=280), _schema(minimum=20, maximum=280)]
TargetInr = Annotated[Decimal, _Number, Field(ge=1, le=5), _schema(minimum=1, maximum=5)]
Egfr = Annotated[Decimal, _Number, Field(ge=0, le=250), _schema(minimum=0, maximum=250)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Dose(_Form):
    amount: Amount
    unit: Literal[
        "mg", "mcg", "ng", "g", "mL", "IU", "units", "mEq", "mmol", "mg/kg", "mcg/kg", "mg/m2", "tablet", "capsule"
    ]  # fmt: skip

    @model_validator(mode="after")
    def _grams_in_milligrams(self) -> Dose:
        if self.unit == "g":
            self.amount, self.unit = self.amount * 1000, "mg"
        return self


class Medication(_Form):
    drug: Word = Field(description="ingredient, brand or combination")
    dose: Dose | None = None
    times_per_day: TimesPerDay | None = None
    route: str = Field(default="", max_length=50)
    is_as_needed: bool = False
    started: datetime.date | None = None
    stopped: datetime.date | None = None
    tolerated_months: int | None = Field(default=None, ge=0, le=1500)

    @model_validator(mode="after")
    def _stops_after_start(self) -> Medication:
        if self.started and self.stopped and self.stopped < self.started:
            raise ValueError(f"stopped {self.stopped} lies before started {self.started}")
        return self


def _kind(value: object) -> str:
    return "text" if isinstance(value, str) else "object"


MedicationEntry = Annotated[Annotated[Word, Tag("text")] | Annotated[Medication, Tag("object")], Discriminator(_kind)]


class Indication(_Form):
    drug: Word
    indication: Word = Field(description="a code of docs/knowledge-format.md, such as acs_pci, or words")


class PastReaction(_Form):
    drug: Word
    kind: str = Field(default="", max_length=200, description="severe_skin, hearing_loss ... or words")
    is_severe: bool = False


class Transplant(_Form):
    organ: Literal["stem_cell", "liver", "kidney", "heart", "lung", "pancreas", "intestine", "other"]
    date: datetime.date | None = None


class Result(_Form):
    gene: str = Field(default="", max_length=40, description="empty: every gene")
    method: Literal["", "genotype", "enzyme_activity", "typing"] = ""
    specimen: Literal["", "blood", "saliva", "buccal", "tissue"] = Field(
        default="", description="tissue: cells that are no blood cells, such as hair roots or skin fibroblasts"
    )
    of: Literal["", "recipient", "donor"] = Field(default="", description="whose genome it is, after a transplant")
    collected: datetime.date | None = None


class LaboratoryValue(_Form):
    kind: Literal["crp", "g6pd_activity_percent"]
    value: Annotated[Decimal, _Number, Field(ge=0, le=10_000), _schema(minimum=0, maximum=10_000)]
    unit: str = Field(description="crp: mg/L or mg/dL; g6pd_activity_percent: %, of the laboratory's normal")
    on: datetime.date | None = None

    @model_validator(mode="after")
    def _unit_of_kind(self) -> LaboratoryValue:
        factors = _LABORATORY_UNITS[self.kind]
        if self.unit not in factors:
            raise ValueError(f"unit {self.unit!r} is none of {self.kind}; expected {' or '.join(factors)}")
        self.value, self.unit = self.value * factors[self.unit], next(iter(factors))
        return self


#: Kind -> unit -> factor to the first unit, in which values are kept.
_LABORATORY_UNITS = {
    "crp": {"mg/L": Decimal(1), "mg/dL": Decimal(10)},
    "g6pd_activity_percent": {"%": Decimal(1)},
}


class PatientForm(_Form):
    """A person as advice sees them. Leave out what is not known."""

    model_config = ConfigDict(title="rxweave patient")

    label: str = Field(default="", max_length=200, description="a label that your site chose, no name needed")
    age_years: Years | None = None
    sex: Literal["female", "male", "unknown"] = "unknown"
    weight_kg: Kilograms | None = None
    height_cm: Centimetres | None = None
    pregnant: Known = "unknown"
    breastfeeding: Known = "unknown"
    egfr: Egfr | None = Field(default=None, description="mL/min/1.73 m2")
    child_pugh: Literal["", "A", "B", "C"] = ""
    conditions: list[Word] = Field(default=[], max_length=200)
    indications: list[Indication] = Field(default=[], max_length=200)
    reactions: list[PastReaction] = Field(default=[], max_length=200)
    transplants: list[Transplant] = Field(default=[], max_length=20)
    transfusions: list[datetime.date] = Field(default=[], max_length=200, description="red-cell transfusions")
    haemolysis: list[datetime.date] = Field(default=[], max_length=200, description="episodes of haemolysis")
    group: str = Field(default="", max_length=60, description="self-reported biogeographic group, optional")
    medications: list[MedicationEntry] = Field(default=[], max_length=500)
    failures: list[Word] = Field(default=[], max_length=200, description="drugs that did not work for this person")
    smoking: Literal["", "current", "stopped", "never"] = ""
    smoking_stopped: datetime.date | None = None
    inflammation: Known = Field(default="unknown", description="an acute infection or inflammation")
    laboratory: list[LaboratoryValue] = Field(default=[], max_length=500)
    results: list[Result] = Field(default=[], max_length=200, description="how genetic and enzyme results came about")
    pending_tests: list[Word] = Field(
        default=[], max_length=100, description="genes with a test ordered and not yet reported"
    )
    consented_findings: list[Word] | None = Field(
        default=None, max_length=50, description="classes of secondary findings to be told; leave out if never asked"
    )
    target_inr: TargetInr | None = Field(default=None, description="of anticoagulation, such as 2.5")

    @model_validator(mode="after")
    def _facts_agree(self) -> PatientForm:
        if self.sex == "male" and "yes" in (self.pregnant, self.breastfeeding):
            raise ValueError("sex is male, and pregnant or breastfeeding is yes: one of them is wrong")
        if self.smoking_stopped and self.smoking != "stopped":
            raise ValueError(f"smoking_stopped is given and smoking is {self.smoking!r}; expected 'stopped'")
        if not self.transplants and any(result.of == "donor" for result in self.results):
            raise ValueError("results: of is donor and no transplant is given; add it to transplants")
        if len({result.gene for result in self.results}) < len(self.results):
            raise ValueError("results names a gene twice (or no gene twice); keep the result that counts")
        return self
