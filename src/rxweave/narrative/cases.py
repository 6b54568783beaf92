"""Cases to measure writers on: a fixed set that every evaluation shares, and cases drawn for fine-tuning.

Drugs are divided once and for all, so that a model that was tuned on some is measured on others: all the pairs of a
gene and a drug stay in the part that their drug is in.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from importlib import resources
from typing import Any

from rxweave.calling.outside import stated_calls
from rxweave.errors import InputError
from rxweave.guidance import advise
from rxweave.guidance.advice import Advice
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import DrugKind
from rxweave.narrative.attack.cases import RandomCase, random_cases
from rxweave.narrative.facts import FactSheet, fact_sheet
from rxweave.patient.patient import Event, EventKind, MedicationOrder, Patient, Sex, YesNo
from rxweave.phenotyping import assign_phenotype


class Split(StrEnum):
    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


#: Of ten drugs, the first seven are for training, the next for validation, the last two for tests.
_OF_TEN = (*[Split.TRAIN] * 7, Split.VALIDATION, *[Split.TEST] * 2)


def split_of(drug: str) -> Split:
    """By the hash of the name, so that a drug that a later release adds moves no other."""
    return _OF_TEN[int(hashlib.sha256(drug.encode()).hexdigest(), 16) % 10]


@dataclass(frozen=True, slots=True)
class Case:
    """A person, their results, and the advice for the drugs ordered. All the drugs are of one split."""

    id: str
    split: Split
    advices: tuple[Advice, ...]
    patient: Patient

    @property
    def sheet(self) -> FactSheet:
        return fact_sheet(self.advices, self.patient)


def pairs_of(sheet: FactSheet) -> frozenset[tuple[str, str]]:
    """The pairs of a gene and a drug that the facts are about."""
    return frozenset((fact.gene, fact.drug) for fact in sheet.facts if fact.gene and fact.drug)


def fixed_cases(knowledge: Knowledge) -> tuple[Case, ...]:
    """The set of ``cases.toml``, whose results are stated and whose advice is that of the release.

    Raises UnknownName where the release lacks a drug, a gene or an allele of it.
    """
    table = tomllib.loads(_text())
    return tuple(_case(entry, knowledge) for entry in table["case"])


def some_of(cases: Sequence[Case], split: str = "", limit: int = 0) -> tuple[Case, ...]:
    """The cases of one split, and at most ``limit`` of them, spread evenly; empty and 0: all. Raises InputError."""
    if split and split not in set(Split):
        raise InputError(f"split {split!r}: expected one of {', '.join(Split)}.")
    chosen = [case for case in cases if not split or case.split == split]
    count = min(limit or len(chosen), len(chosen))
    return tuple(chosen[place * len(chosen) // count] for place in range(count))


def case_set() -> str:
    """Version and hash of the set: ``1 sha256:0123456789ab``."""
    text = _text()
    return f"{tomllib.loads(text)['version']} sha256:{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def drawn_cases(knowledge: Knowledge, seed: int, split: Split) -> Iterator[RandomCase]:
    """Random cases of one split without end, the same for the same seed and release."""
    drugs = [drug for drug in knowledge.guidelines if split_of(drug) is split]
    return (case for case in random_cases(knowledge, seed, drugs) if _splits(case.advices) == {split})


def _text() -> str:
    return (resources.files("rxweave.narrative") / "cases.toml").read_text(encoding="utf-8")


def _case(entry: Mapping[str, Any], knowledge: Knowledge) -> Case:
    calls = stated_calls(knowledge, diplotypes=entry["diplotypes"], phenotypes=entry["statuses"])
    phenotypes = {gene: assign_phenotype(call, knowledge) for gene, call in calls.items()}
    patient = _patient(entry)
    advices = advise(phenotypes, patient, Event(EventKind.ORDER, tuple(entry["ordered"])), knowledge)
    (split,) = _splits(advices)
    return Case(entry["id"], split, advices, patient)


def _patient(entry: Mapping[str, Any]) -> Patient:
    drugs = dict.fromkeys((*entry["ordered"], *entry["taken"]))
    age = entry.get("age_years")
    return Patient(
        age_years=None if age is None else Decimal(age),
        sex=Sex(entry.get("sex", "unknown")),
        pregnant=YesNo(entry.get("pregnant", "unknown")),
        breastfeeding=YesNo(entry.get("breastfeeding", "unknown")),
        medications=tuple(MedicationOrder(d, drug=d, matched_as=DrugKind.INGREDIENT) for d in drugs),
    )


def _splits(advices: tuple[Advice, ...]) -> set[Split]:
    return {split_of(advice.drug) for advice in advices if advice.is_headline}
