"""Phenotypes of one gene in one person: the field's conventional answer, and every possibility behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rxweave.calling.diplotype import Diplotype, DiplotypeCall

NO_RESULT = "No Result"
INDETERMINATE = "Indeterminate"
_ROUNDING = 1e-9  # probability that is nothing but rounding


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
class Possibility:
    """One phenotype that the data allow, whatever diplotypes it comes from, and how likely it is."""

    phenotype: Phenotype
    probability: float


@dataclass(frozen=True, slots=True)
class NotExcluded:
    """An allele that the reported result does not hold and that the data allow: the probability of carrying it."""

    allele: str
    probability: float


class Question(StrEnum):
    """What a further test would answer."""

    PHASE = "phase"  # which of the heterozygous positions lie on one copy
    POSITION = "position"  # the genotype at a position that was not read, or not read whole


@dataclass(frozen=True, slots=True)
class SettlingTest:
    """A test that would tell the phenotypes apart.

    ``positions`` are GRCh38. ``certainty`` is the probability, expected over the results that the test may have, of the
    phenotype that is then the likeliest, the tests before it done as well: 1.0 settles the matter.
    """

    question: Question
    positions: tuple[int, ...]
    rsids: tuple[str, ...]
    certainty: float


@dataclass(frozen=True, slots=True)
class GenePhenotype:
    """The phenotypes of one gene in one person.

    ``phenotypes``: those of the call's diplotypes or components, each once (an HLA gene has one per tested allele).
    ``candidates``: one per candidate diplotype of the call, same order, for advice that must hold in every reading.
    ``left_out``: the phenotypes of the candidates that the call does not list, each once, as far as they are known.
    ``shared``: the phenotype that all candidates have in common, else None.
    ``not_excluded``: alleles that would change the phenotype, and that the data neither show nor rule out.
    ``settled_by``: the tests that would tell the phenotypes apart, the best one first; empty if there is one phenotype.
    """

    call: DiplotypeCall
    phenotypes: tuple[Phenotype, ...]
    candidates: tuple[PhenotypeCandidate, ...] = ()
    function_set: str = ""
    left_out: tuple[PhenotypeCandidate, ...] = ()
    not_excluded: tuple[NotExcluded, ...] = ()
    settled_by: tuple[SettlingTest, ...] = ()

    @property
    def gene(self) -> str:
        return self.call.gene

    @property
    def shared(self) -> Phenotype | None:
        found = {c.phenotype.lookup_keys: c.phenotype for c in (*self.candidates, *self.left_out)}
        return next(iter(found.values())) if len(found) == 1 else None

    @property
    def possibilities(self) -> tuple[Possibility, ...]:
        """Every phenotype that the data allow with its probability, most probable first.

        They add up to 1 less ``unknown_share``. Where the call is not weighed (``DiplotypeCall.is_weighed``) the
        numbers are shares of the candidates, not probabilities.
        """
        found: dict[tuple[str, ...], tuple[Phenotype, float]] = {}
        for c in (*self.candidates, *self.left_out):
            held = found.get(c.phenotype.lookup_keys)
            found[c.phenotype.lookup_keys] = (held or (c.phenotype,))[0], (held[1] if held else 0.0) + c.probability
        ordered = sorted(found.values(), key=lambda item: (-item[1], item[0].name, item[0].lookup_keys))
        return tuple(Possibility(phenotype, min(probability, 1.0)) for phenotype, probability in ordered)

    @property
    def unknown_share(self) -> float:
        """The probability of diplotypes that are neither listed nor known by their phenotype."""
        left = self.call.mass_left_out - sum(c.probability for c in self.left_out)
        return left if left > _ROUNDING else 0.0
