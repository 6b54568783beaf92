"""Calls in, phenotypes out: allele functions, activity scores, lowest function, allele status and stated results."""

from rxweave.phenotyping.assignment import Phenotyper, assign_phenotype, phenotype_of, phenotyper
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
    "GenePhenotype",
    "NotExcluded",
    "Phenotype",
    "PhenotypeCandidate",
    "Phenotyper",
    "Possibility",
    "Question",
    "SettlingTest",
    "assign_phenotype",
    "phenotype_of",
    "phenotype_of_score",
    "phenotyper",
]
