"""Patients and medication lists in files: ``patient.json``, and lists as text, CSV or JSON.

The JSON schema of ``patient.json`` is ``docs/schemas/patient.json``, made by ``patient_schema``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rxweave.errors import InputError
from rxweave.knowledge.drugs import Drug
from rxweave.patient.medications import read_medications
from rxweave.patient.names import DrugMatch, DrugNames
from rxweave.patient.patient import Laboratory, MedicationOrder, Patient, Reaction, ResultFacts, Sex, YesNo

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

_LARGEST = 1_000_000  # bytes; a medication list or patient is a few kilobytes
_MOST_ENTRIES = 500  # medications, as the form of a patient allows
_KINDS = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
_DECIMAL = re.compile(r"Decimal\('([^']*)'\)")
_SHOWN = 20  # problems told of one document
_LONGEST_VALUE = 80  # characters of a wrong value that a message repeats
_LONGEST_CELL = 1000  # characters of a cell of a medication table


def read_medication_file(path: Path, drugs: Mapping[str, Drug]) -> tuple[MedicationOrder, ...]:
    """The orders of a medication list: free text, ``.csv``/``.tsv`` with a header, or a ``.json`` list.

    CSV columns: ``drug`` (or ``medication``, ``name``), and any of ``dose``, ``frequency``, ``route``, ``started``,
    ``stopped``; a JSON list holds texts, or objects with these keys. Raises InputError for a file that cannot be read.
    """
    text = _text(path)
    match path.suffix.lower():
        case ".json":
            return _from_json(path, text, drugs)
        case ".csv" | ".tsv":
            return _from_table(path, text, drugs)
        case _:
            # Counted before they are read: looking for the names that an unknown one resembles takes time.
            _refuse_many(path, sum(bool(item.strip()) for line in text.splitlines() for item in line.split(";")))
            return read_medications(text, drugs)


def read_patient(path: Path, drugs: Mapping[str, Drug] | None = None) -> Patient:
    """The person that ``patient.json`` describes; ``drugs`` are those of the default release unless given.

    Raises InputError naming every problem at once, each with its place in the document and what was expected.
    """
    from pydantic import ValidationError

    document = _json(path, _text(path))
    if not isinstance(document, dict):
        found = _KINDS.get(type(document), "a number")
        raise InputError(f"{path}: is {found}, expected an object with fields such as age_years")
    try:
        form = _patient_model().model_validate(document)
    except ValidationError as error:
        number = error.error_count()
        lines = _problems(error)
        count = "1 problem" if number == 1 else f"{number} problems"
        raise InputError(
            f"{path}: {count}; nothing was read. Fields and units are in docs/schemas/patient.json.\n{lines}"
        ) from None
    if drugs is None:
        from rxweave.knowledge import load_release

        drugs = load_release().drugs
    return _patient(form, drugs)


def patient_schema() -> dict[str, Any]:
    """The JSON schema of ``patient.json``."""
    schema = _patient_model().model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


@cache
def _patient_model() -> type[BaseModel]:
    from rxweave.patient.patient_form import PatientForm

    return PatientForm


def _problems(error: ValidationError) -> str:
    """A line for each of the first problems."""
    found = [f"  {_problem(dict(item))}" for item in error.errors(include_url=False)]
    more = [f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "\n".join([*found[:_SHOWN], *more])


def _refuse_many(path: Path, count: int) -> None:
    if count > _MOST_ENTRIES:
        raise InputError(
            f"{path}: {count} medications, more than the {_MOST_ENTRIES} of one person's list. Is this a list of many"
            " people, or another kind of file?"
        )


def _problem(error: dict[str, Any]) -> str:
    """``medications[2].dose.unit: ...``; the tag of the text-or-object choice is no part of the place."""
    place = ""
    for part in error["loc"]:
        if part in ("text", "object"):
            continue
        place += f"[{part}]" if isinstance(part, int) else f"{'.' if place else ''}{part}"
    message = _DECIMAL.sub(r"\1", str(error["msg"]).removeprefix("Value error, "))
    found = error.get("input")
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown field{_field_like(place)}; expected a field of the schema"
    if error["type"] == "missing":
        return f"{place}: is missing"
    shown = f"; found {_cut(found)}" if isinstance(found, str | int | float | bool) or found is None else ""
    return f"{place or 'document'}: {message}{shown}"


def _cut(found: object) -> str:
    """A value as it is written, or its beginning: a message repeats no page of somebody's file."""
    written = repr(found)
    return written if len(written) <= _LONGEST_VALUE else f"{written[:_LONGEST_VALUE]}... ({len(written)} characters)"


def _field_like(place: str) -> str:
    """The field of a patient that an unknown one resembles; its name holds the unit ("weight_lb": weight_kg)."""
    from difflib import get_close_matches

    stem = place.split("_")[0]
    fields = list(_patient_model().model_fields)
    near = [field for field in fields if field.split("_")[0] == stem] or get_close_matches(place, fields, n=2)
    return f"; did you mean {' or '.join(near)}?" if near and "." not in place else ""


def _patient(form: Any, drugs: Mapping[str, Drug]) -> Patient:
    names = DrugNames(drugs)

    def ingredient(written: str) -> str:
        found = names.find(written)
        return found.drugs[0].name if isinstance(found, DrugMatch) and len(found.drugs) == 1 else written

    medications: list[MedicationOrder] = []
    for number, entry in enumerate(form.medications, start=1):
        medications += _orders(entry, number, drugs, names)
    return Patient(
        label=form.label,
        age_years=form.age_years,
        sex=Sex(form.sex),
        weight_kg=form.weight_kg,
        height_cm=form.height_cm,
        pregnant=YesNo(form.pregnant),
        breastfeeding=YesNo(form.breastfeeding),
        egfr=form.egfr,
        child_pugh=form.child_pugh,
        conditions=tuple(form.conditions),
        indications=tuple((ingredient(entry.drug), entry.indication) for entry in form.indications),
        reactions=tuple(Reaction(ingredient(entry.drug), entry.kind, entry.is_severe) for entry in form.reactions),
        transplants=tuple((entry.organ, entry.date) for entry in form.transplants),
        transfusions=tuple(form.transfusions),
        haemolysis=tuple(form.haemolysis),
        group=form.group,
        medications=tuple(medications),
        failures=tuple(ingredient(written) for written in form.failures),
        smoking=form.smoking,
        smoking_stopped=form.smoking_stopped,
        inflammation=YesNo(form.inflammation),
        laboratory=tuple(Laboratory(entry.kind, entry.value, entry.unit, entry.on) for entry in form.laboratory),
        results=tuple(ResultFacts(r.gene, r.method, r.specimen, r.of, r.collected) for r in form.results),
        pending_tests=tuple(form.pending_tests),
        target_inr=form.target_inr,
        consented_findings=None if form.consented_findings is None else tuple(form.consented_findings),
    )


def _orders(entry: Any, number: int, drugs: Mapping[str, Drug], names: DrugNames) -> list[MedicationOrder]:
    """Orders of one entry of ``medications``; what an object states replaces what the text of its drug says."""
    if isinstance(entry, str):
        return [replace(order, line=number) for order in read_medications(entry.replace("\n", " "), drugs, names)]
    orders = read_medications(entry.drug.replace("\n", " ").replace(";", " "), drugs, names)
    stated: dict[str, Any] = {"line": number}
    for name in ("times_per_day", "route", "is_as_needed", "started", "stopped", "tolerated_months"):
        value = getattr(entry, name)
        if value not in (None, "", False):
            stated[name] = value
    if entry.stopped:
        stated["is_stopped"] = True
    if entry.dose is not None:
        if len(orders) == 1:
            stated |= {"amount": entry.dose.amount, "amount_high": None, "unit": entry.dose.unit}
        else:
            # Which ingredient of a combination the amount belongs to is not said.
            stated["unread"] = f"dose {entry.dose.amount:f} {entry.dose.unit} of the whole product"
    return [replace(order, **stated) for order in orders]


def _from_json(path: Path, text: str, drugs: Mapping[str, Drug]) -> tuple[MedicationOrder, ...]:
    from pydantic import TypeAdapter, ValidationError

    from rxweave.patient.patient_form import MedicationEntry

    document = _json(path, text)
    if isinstance(document, dict) and "medications" in document:
        document = document["medications"]
    try:
        entries = TypeAdapter(list[MedicationEntry]).validate_python(document)
    except ValidationError as error:
        raise InputError(f"{path}: not a list of medications; nothing was read.\n{_problems(error)}") from None
    _refuse_many(path, len(entries))
    names = DrugNames(drugs)
    return tuple(order for number, entry in enumerate(entries, 1) for order in _orders(entry, number, drugs, names))


def _from_table(path: Path, text: str, drugs: Mapping[str, Drug]) -> tuple[MedicationOrder, ...]:
    import csv
    import io

    reader = csv.DictReader(io.StringIO(text), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    try:
        header = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: this line is no line of a table ({error}); correct it.") from None
    # A quote that is never closed takes the rest of the file into one cell, and every drug in it.
    if endless := [line for line, row in rows if any(len(str(cell)) > _LONGEST_CELL for cell in row.values())]:
        raise InputError(
            f"{path}:{endless[0]}: this line is no line of a table (a cell of over {_LONGEST_CELL} characters; is a"
            " quote not closed?); correct it."
        )
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise InputError(f"{path}:1: column {', '.join(twice)} is there twice; which one holds cannot be told.")
    # Cells beyond the header have the key None: a drug in one would be lost without a word.
    if long := [line for line, row in rows if any(map(str.strip, row.get(None) or ()))]:
        raise InputError(
            f"{path}:{long[0]}: more cells than the header has columns; quote cells that hold a comma, or complete the"
            " header line."
        )
    columns = dict(zip(header, reader.fieldnames or (), strict=True))
    name_column = next((columns[name] for name in ("drug", "medication", "name") if name in columns), None)
    if name_column is None:
        found = ", ".join(columns) or "nothing"
        raise InputError(f"{path}:1: no column named drug, medication or name; found {found}. Add a header line.")
    names = DrugNames(drugs)
    orders: list[MedicationOrder] = []
    _refuse_many(path, len(rows))
    for line, row in rows:
        said = [row[name_column] or ""]
        for column, prefix in (
            ("dose", ""),
            ("frequency", ""),
            ("route", ""),
            ("started", "since "),
            ("stopped", "stopped "),
        ):
            cell = (row.get(columns.get(column, "")) or "").strip()
            said += [prefix + cell] if cell else []
        written = " ".join(part.strip() for part in said if part.strip()).replace("\n", " ").replace(";", " ")
        orders += [replace(order, line=line) for order in read_medications(written, drugs, names)]
    return tuple(orders)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)  # a device has no size and no end
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the name and the permissions") from None
    if len(content) > _LARGEST:
        raise InputError(f"{path}: more than {_LARGEST} bytes; is this the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is not UTF-8 text; save it as UTF-8 text, or check that it is the right file"
        ) from None


def _json(path: Path, text: str) -> Any:
    import json

    def no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise InputError(f"{path}: field {', '.join(repeated)} is given twice in one object; keep one")
        return dict(pairs)

    def no_constant(name: str) -> Any:
        raise InputError(f"{path}: {name} is no JSON number; leave the field out when it is unknown")

    try:
        return json.loads(text, parse_float=Decimal, object_pairs_hook=no_repeats, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not JSON at column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply for a patient or a medication list") from None
    except ValueError as error:
        raise InputError(f"{path}: a number cannot be read ({error})") from None
