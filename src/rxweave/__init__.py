"""Pharmacogenomics from a genome file to advice: star alleles, phenotypes and guideline facts, every step traced.

    from pathlib import Path
    import rxweave

    knowledge = rxweave.load_release()
    person = rxweave.one_person([Path("patient.vcf.gz")], knowledge)
    print(person.genes["CYP2C19"].phenotypes)

Names are imported when first used, so that ``import rxweave`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

#: Public name -> the module that defines it.
_PUBLIC = {
    "load_release": "rxweave.knowledge",
    "Knowledge": "rxweave.knowledge",
    "Gene": "rxweave.knowledge.genes",
    "Patient": "rxweave.patient",
    "MedicationOrder": "rxweave.patient",
    "Event": "rxweave.patient",
    "EventKind": "rxweave.patient",
    "read_patient": "rxweave.patient",
    "read_medications": "rxweave.patient",
    "Genotypes": "rxweave.calling.genotypes",
    "Allele": "rxweave.calling.diplotype",
    "Diplotype": "rxweave.calling.diplotype",
    "DiplotypeCall": "rxweave.calling.diplotype",
    "CallOptions": "rxweave.calling",
    "read_genotypes": "rxweave.calling",
    "read_vcf": "rxweave.calling",
    "merge_genotypes": "rxweave.calling",
    "call_diplotypes": "rxweave.calling",
    "Phenotype": "rxweave.phenotyping",
    "GenePhenotype": "rxweave.phenotyping",
    "assign_phenotype": "rxweave.phenotyping",
    "Advice": "rxweave.guidance",
    "advise": "rxweave.guidance",
    "phrase": "rxweave.narrative",
    "Audience": "rxweave.narrative.narrative",
    "Narrative": "rxweave.narrative.narrative",
    "narrate": "rxweave.narrative.narrate",
    "verify": "rxweave.narrative.verifier",
    "Report": "rxweave.report.model",
    "render_html": "rxweave.report",
    "render_pdf": "rxweave.report",
    "report_object": "rxweave.report",
    "CallSettings": "rxweave.pipeline",
    "call_people": "rxweave.pipeline",
    "one_person": "rxweave.pipeline",
    "report_of": "rxweave.pipeline",
    "narrated": "rxweave.pipeline",
    "PgxError": "rxweave.errors",
    "InputError": "rxweave.errors",
    "NotCovered": "rxweave.errors",
}

__all__ = sorted([*_PUBLIC, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'rxweave' has no attribute {name!r}")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
