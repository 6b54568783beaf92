"""Options that several commands share, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rxweave.errors import InputError

if TYPE_CHECKING:
    from rxweave.guidance import Site
    from rxweave.knowledge import Knowledge
    from rxweave.narrative.narrative import Audience
    from rxweave.patient import MedicationOrder, Patient

DEFAULT_RELEASE = "2026.1"

Inputs = Annotated[
    list[Path] | None, typer.Argument(help="VCF, gVCF, BCF, PLINK .bed or array text, GRCh38 or GRCh37.")
]
Genes = Annotated[str, typer.Option(help="Only these genes, separated by commas.")]
Sample = Annotated[str, typer.Option(help="Only this sample of the files.")]
Merge = Annotated[bool, typer.Option("--merge", help="The files are parts of the same people.")]
Outside = Annotated[
    list[Path] | None,
    typer.Option(
        help="Calls of another tool (repeatable): lines of gene, diplotype, phenotype, activity score, or what Aldy, "
        "Cyrius, StellarPGx, Stargazer, PyPGx or OptiType writes."
    ),
]
OutsideSample = Annotated[
    str, typer.Option(help="The person in the outside files, where they name that sample otherwise than the VCF.")
]
Population = Annotated[
    str,
    typer.Option(help="Biogeographic group whose haplotype frequencies weigh the candidates; default: the mixture."),
]
Functions = Annotated[str, typer.Option(help="Dated set of allele functions: 2026-02 or 2025-11.")]
AssumeReference = Annotated[
    bool, typer.Option("--assume-reference", help="Read sites without a record as reference; every result records it.")
]
Reference = Annotated[
    Path | None,
    typer.Option(
        help="Genome that the files were made with (FASTA with .fai): finds indels wherever they are written."
    ),
]
Release = Annotated[str, typer.Option("--knowledge", help="Knowledge release: a version or a folder.")]
PatientFile = Annotated[
    Path | None, typer.Option("--patient", help="Patient facts as JSON (docs/schemas/patient.json).")
]
Drugs = Annotated[list[str], typer.Option("--drug", help="Drug that is ordered (repeatable).")]
Diplotypes = Annotated[list[str] | None, typer.Option("--diplotype", help="GENE=*1/*4 (repeatable).")]
Phenotypes = Annotated[
    list[str] | None,
    typer.Option("--phenotype", help="GENE='Poor Metabolizer' or 'HLA-B*57:01=positive' (repeatable)."),
]
ActivityScores = Annotated[list[str] | None, typer.Option("--activity-score", help="GENE=0.5 (repeatable).")]
Variants = Annotated[
    list[str] | None,
    typer.Option(
        "--variant", help="rsID=A/B, or HGVS (NC_000022.11:g.42128945C>T) or chr22:42128945:C:T =A/B (repeatable)."
    ),
]
With = Annotated[list[str] | None, typer.Option("--with", help="Medication the patient takes (repeatable).")]
Audiences = Annotated[
    list[str] | None,
    typer.Option(
        "--audience",
        help="prescriber, consult, patient or payer (repeatable); default: prescriber, consult and patient.",
    ),
]
Writer = Annotated[
    str,
    typer.Option(
        help="Who writes the narratives: builtin, openai:MODEL, anthropic:MODEL or local:FOLDER (docs/narrative.md)."
    ),
]
Language = Annotated[str, typer.Option(help="Language of the narratives: en or es.")]
SiteFile = Annotated[Path | None, typer.Option("--site", help="Settings and rules of your site (docs/site.md).")]


def load(release: str, functions: str) -> Knowledge:
    from rxweave.knowledge import load_release

    return load_release(release, functions=functions or None)


def audiences_of(names: Sequence[str] | None) -> tuple[Audience, ...]:
    """Audiences by name, each once; without names those of a report. Raises InputError for a name that is none."""
    from rxweave.narrative.narrative import Audience

    if not names:
        return (Audience.PRESCRIBER, Audience.CONSULT, Audience.PATIENT)
    known = [audience.value for audience in Audience]
    for name in names:
        if name not in known:
            raise InputError(f"audience {name!r}: expected one of {', '.join(known)}.")
    return tuple(dict.fromkeys(map(Audience, names)))


def patient_and_medications(
    patient: Path | None, meds: str, meds_file: Path | None, release: Knowledge
) -> tuple[Patient, tuple[MedicationOrder, ...]]:
    from rxweave.patient import Patient, read_medication_file, read_medications
    from rxweave.pipeline import patient_of

    person = patient_of(patient, release) if patient else Patient()
    if meds_file:
        return person, read_medication_file(meds_file, release.drugs)
    if meds:
        return person, read_medications(meds, release.drugs)
    return person, person.medications


def site_of(path: Path | None, release: Knowledge) -> Site | None:
    if path is None:
        return None
    from rxweave.guidance.site_file import read_site

    return read_site(path, release)


def day_of(written: str) -> date:
    try:
        return date.fromisoformat(written) if written else date.today()
    except ValueError:
        raise InputError(f"--on {written!r}: expected a day such as 2026-11-30.") from None
