"""Alleles, diplotypes and the call of one gene in one person, printed as the field writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class CallStatus(StrEnum):
    CALLED = "called"  # one diplotype, or components that stand in for it
    AMBIGUOUS = "ambiguous"  # several diplotypes fit equally well
    NO_CALL = "no_call"  # there are data and no named alleles fit them
    NOT_COVERED = "not_covered"  # no data at any site of the gene


class CallSource(StrEnum):
    GENOTYPES = "genotypes"  # called here
    OUTSIDE = "outside"  # another tool's or laboratory's call
    STATED = "stated"  # given on the command line or by a caller of the library


@dataclass(frozen=True, slots=True)
class Allele:
    """A named allele, or a research-grade combination of alleles and variants on one strand.

    ``parts`` is empty for a plain allele. A combination prints as ``[*2 + g.94781859G>A]``; a lone variant that is off
    the reference prints bare.
    """

    name: str
    parts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def combination(cls, parts: tuple[str, ...]) -> Allele:
        return cls(f"[{' + '.join(parts)}]" if len(parts) > 1 else parts[0], parts)


@dataclass(frozen=True, slots=True)
class Diplotype:
    """Two alleles of one gene in the field's order, or one where the person has one copy (``second`` is None)."""

    first: Allele
    second: Allele | None = None

    @property
    def alleles(self) -> tuple[Allele, ...]:
        return (self.first,) if self.second is None else (self.first, self.second)

    def __str__(self) -> str:
        return "/".join(map(str, self.alleles))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A diplotype that the data allow, with its probability from haplotype frequencies.

    ``unknown_alleles`` counts the alleles of this diplotype that carry a variant no definition knows: their function is
    unknown whatever their name says.
    """

    diplotype: Diplotype
    probability: float
    unknown_alleles: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class UnlistedCandidates:
    """The candidates beyond those that a call lists, as arrays: (n_unlisted,), most probable first.

    ``first`` and ``second`` (None where there is one copy) index ``alleles``; ``probability`` is of the same whole as
    that of the listed ones.
    """

    alleles: tuple[Allele, ...]
    first: NDArray[np.int16]
    second: NDArray[np.int16] | None
    probability: NDArray[np.float64]
    unknown_alleles: int = 0


class PriorBasis(StrEnum):
    """What the probabilities of a call's candidates rest on."""

    NONE = ""  # nothing was weighed: no candidates, or only one
    PUBLISHED = "published"
    PARTLY_ASSUMED = "partly_assumed"
    ASSUMED = "assumed"  # none of it published for this group, or even shares over unknown phase
    NOT_WEIGHABLE = "not_weighable"  # no group has published frequencies: even shares, not probabilities


@dataclass(frozen=True, slots=True)
class StatedResult:
    """One result as another tool, a laboratory or a person stated it: one line of a file of outside calls.

    ``phenotype_diplotype`` is the diplotype in the release's own bins where the stated one has no function of its own
    (``*1x5`` read as ``*1x≥3``), else ``diplotype``. ``place`` says where the result was stated (``calls.tsv:3``).
    ``tool_phenotype`` and ``tool_activity_score`` are what a star-allele caller made of its own diplotype, as it wrote
    them: they are compared with ours and never used.
    """

    diplotype: Diplotype | None = None
    phenotype_diplotype: Diplotype | None = None
    phenotype: str = ""
    activity_score: str = ""
    place: str = ""
    tool_phenotype: str = ""
    tool_activity_score: str = ""


@dataclass(frozen=True, slots=True)
class DiplotypeCall:
    """What can be said of one gene in one person.

    ``diplotypes`` follows the field's convention (best score first; what peers print); ``candidates`` is every
    diplotype that the data allow, most probable first, and is what advice rests on. ``components`` holds the alleles
    found where the phase is unknown and the gene is called by components. ``phenotype_diplotypes``, when set, replaces
    ``diplotypes`` for phenotyping (the SLCO1B1 fallback, the lowest-function pair). Positions are GRCh38.
    """

    gene: str
    status: CallStatus
    source: CallSource = CallSource.GENOTYPES
    diplotypes: tuple[Diplotype, ...] = ()
    components: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    mass_left_out: float = 0.0
    phenotype_diplotypes: tuple[Diplotype, ...] = ()
    is_phased: bool = False
    is_reference_assumed: bool = False
    is_research_grade: bool = False
    covered_positions: int = 0
    missing_positions: tuple[int, ...] = ()
    undocumented: tuple[str, ...] = ()  # "chr10:94781859 G>T", carried by this person
    uncallable_alleles: tuple[str, ...] = ()
    stated_phenotype: str = ""  # an outside or stated result that comes without a diplotype
    stated_activity_score: str = ""
    is_copy_number_assayed: bool = False  # outside calls: the tool that made it looks at copies and hybrids
    stated: tuple[StatedResult, ...] = ()  # every stated result behind an outside or stated call, in the field's order
    prior: str = ""  # the group whose frequencies weighed the candidates
    prior_assumed_share: float = 0.0  # part of the candidates' prior that no published frequency backs
    warnings: tuple[str, ...] = ()
    candidates_possible: int = 0  # how many diplotypes the data allow, listed or not
    unlisted: UnlistedCandidates | None = field(default=None, compare=False, repr=False)
    assumed_positions: int = 0  # of the covered ones: without data, taken for reference because the user said so
    is_weighed: bool = True  # False: no group has frequencies for the gene, the candidates' shares are no probabilities

    @property
    def prior_basis(self) -> PriorBasis:
        if not self.prior or self.candidates_possible < 2:
            return PriorBasis.NONE
        if not self.is_weighed:
            return PriorBasis.NOT_WEIGHABLE
        if self.prior_assumed_share >= 0.999999:
            return PriorBasis.ASSUMED
        return PriorBasis.PARTLY_ASSUMED if self.prior_assumed_share > 0.0000005 else PriorBasis.PUBLISHED
