"""Phenotypes of one gene in one person: the field's conventional answer, and every possibility behind it."""

from __future__ import annotations

from dataclasses import dataclass

from rxweave.calling.diplotype import Diplotype, DiplotypeCall

NO_RESULT = "No Result"
INDETERMINATE = "Indeterminate"


@dataclass(frozen=True, slots=True)
class Phenotype:
    """One phenotype, how it was reached, and what guidelines look it up by.

    ``activity_score`` is as the field writes it (``1.25``, ``≥3.75``, ``n/a``), empty for genes without scores.
    ``lookup_keys`` usually holds one key; HLA genes have one per tested allele (``*57:01 positive``).
    """

    gene: str
    name: str
    activity_score: str = ""
    lookup_keys: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    diplotype: Diplotype | None = None

    @property
    def is_known(self) -> bool:
        """False for No Result, Indeterminate and every 'uncertain' phenotype: unknown is not normal."""
        return self.name not in ("", NO_RESULT, INDETERMINATE, "n/a") and "ncertain" not in self.name


@dataclass(frozen=True, slots=True)
class PhenotypeCandidate:
    phenotype: Phenotype
    probability: float


@dataclass(frozen=True, slots=True)
class GenePhenotype:
    """The phenotypes of one gene in one person.

    ``phenotypes``: those of the call's diplotypes or components, each once (an HLA gene has one per tested allele).
    ``candidates``: one per candidate diplotype of the call, same order, for advice that must hold in every reading.
    ``shared``: the phenotype that all candidates have in common, else None.
    """

    call: DiplotypeCall
    phenotypes: tuple[Phenotype, ...]
    candidates: tuple[PhenotypeCandidate, ...] = ()
    function_set: str = ""

    @property
    def gene(self) -> str:
        return self.call.gene

    @property
    def shared(self) -> Phenotype | None:
        found = {c.phenotype.lookup_keys: c.phenotype for c in self.candidates}
        return next(iter(found.values())) if len(found) == 1 else None
