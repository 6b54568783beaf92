"""Calls in, phenotypes out: allele functions, activity scores, allele status, stated results and co-medication."""

from rxweave.phenotyping.assignment import Phenotyper, assign_phenotype, phenotype_of, phenotyper
from rxweave.phenotyping.phenoconversion import (
    Conversion,
    Exposure,
    Modulation,
    conversion_of_all,
    modulations,
    phenoconvert,
)
from rxweave.phenotyping.phenotype import (
    INDETERMINATE,
    NO_RESULT,
    GenePhenotype,
    NotExcluded,
    Phenotype,
    PhenotypeCandidate,
    Possibility,
    Question,
    SettlingTest,
)
from rxweave.phenotyping.scores import ActivityScore, phenotype_of_score

__all__ = [
    "INDETERMINATE",
    "NO_RESULT",
    "ActivityScore",
    "Conversion",
    "Exposure",
    "GenePhenotype",
    "Modulation",
    "NotExcluded",
    "Phenotype",
    "PhenotypeCandidate",
    "Phenotyper",
    "Possibility",
    "Question",
    "SettlingTest",
    "assign_phenotype",
    "conversion_of_all",
    "modulations",
    "phenoconvert",
    "phenotype_of",
    "phenotype_of_score",
    "phenotyper",
]
