"""What is known of a gene: its variants, named alleles, functions, rules and frequencies.

Frozen types only; reading them from a release is ``release.py``. An *allele code* is how a VCF writes an allele one
site: 0 is REF, 1 the first ALT of the definition, and so on. A set of codes is an integer bit mask (bit *i* = code
*i*), which is all that the matcher compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Lookup(StrEnum):
    """What a guideline looks a gene up by."""

    PHENOTYPE = "phenotype"
    ACTIVITY_SCORE = "activity_score"
    ALLELE_STATUS = "allele_status"


class CallingMethod(StrEnum):
    NAMED_ALLELES = "named_alleles"
    LOWEST_FUNCTION = "lowest_function"  # DPYD, RYR1: component alleles count when the phase is not known
    OUTSIDE_ONLY = "outside_only"  # HLA-A, HLA-B, MT-RNR1: no definitions, calls come from another tool


@dataclass(frozen=True, slots=True)
class Variant:
    """One site of a gene's allele definitions, as a normalised VCF writes it (1-based positions)."""

    pos_grch38: int
    ref: str
    alts: tuple[str, ...]
    hgvs: str
    rsid: str = ""
    pos_grch37: int | None = None
    is_grch37_inferred: bool = False
    is_amp_tier1: bool = False
    ref_grch37: str = ""  # REF of the other build where it is known to differ, else empty

    @property
    def alleles(self) -> tuple[str, ...]:
        """REF and ALTs; the index of a base string is its allele code."""
        return (self.ref, *self.alts)

    @property
    def label(self) -> str:
        """The rsID where there is one, else the HGVS name."""
        return self.rsid or self.hgvs


@dataclass(frozen=True, slots=True)
class NamedAllele:
    """A named allele as the set of sites it defines.

    ``cells`` holds (index into ``Gene.variants``, bit mask of the allele codes allowed there), defined sites only, in
    site order; a site not listed carries REF (code 0), which the reference allele allows at every site. The reference
    allele defines every site; so may others (CYP2C19*1). ``core`` is the name to report when this is a suballele.
    ``is_callable`` is False for alleles that the function tables know and the definitions do not, and for core names
    that only their suballeles are matched for: the matcher leaves both out.
    """

    name: str
    cells: tuple[tuple[int, int], ...] = ()
    is_reference: bool = False
    core: str = ""
    is_callable: bool = True
    upstream_id: str = ""

    @property
    def reported_name(self) -> str:
        return self.core or self.name


@dataclass(frozen=True, slots=True)
class AlleleFunction:
    """Clinical function of an allele in one dated function set.

    ``activity_value`` is as the field writes it (``0.25``, ``≥3.0``, ``n/a``), empty for genes without scores.
    """

    allele: str
    function: str
    activity_value: str = ""
    strength: str = ""
    pmids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnphasedPriority:
    """If every diplotype of ``among`` is possible for unphased data, ``pick`` is the call (NAT2)."""

    among: tuple[str, ...]
    pick: str


@dataclass(frozen=True, slots=True)
class ProxySites:
    """Two sites that tag one allele where the first decides (DPYD HapB3: the intronic over the exonic site)."""

    allele: str
    deciding_site: int  # pos_grch38
    stand_in_site: int  # pos_grch38, used only where the deciding site has no data
    deciding_only_allele: str  # name when the deciding site carries the variant and the stand-in does not


@dataclass(frozen=True, slots=True)
class FallbackSite:
    """One site that gives a recommendation diplotype when no diplotype can be called (SLCO1B1 rs4149056)."""

    pos_grch38: int
    rsid: str
    allele_by_base: Mapping[str, str]  # base in VCF form -> allele name


@dataclass(frozen=True, slots=True)
class CallingRules:
    """How a gene is called; the caller's code names no gene."""

    method: CallingMethod = CallingMethod.NAMED_ALLELES
    undocumented_as_reference: bool = False
    is_research_grade: bool = False  # CYP2D6 from small variants only
    required_positions: tuple[int, ...] = ()
    ignored_alleles: tuple[str, ...] = ()
    unphased_priorities: tuple[UnphasedPriority, ...] = ()
    proxy: ProxySites | None = None
    fallback: FallbackSite | None = None
    extra_variants: tuple[Variant, ...] = ()  # not part of any allele, needed by a guideline (rs12777823)
    tested_alleles: tuple[str, ...] = ()  # allele-status genes: the alleles whose presence is reported (HLA)


@dataclass(frozen=True, slots=True)
class ScoreBand:
    """Activity scores from ``low`` to ``high``, with the ends that belong to it."""

    low: Decimal
    high: Decimal | None
    includes_low: bool
    includes_high: bool
    phenotype: str


@dataclass(frozen=True, slots=True)
class PhenotypeRules:
    """From the functions or activity values of one or two alleles to a phenotype; never a table of diplotypes.

    ``pairs`` is keyed by the two functions sorted; ``single`` by one function (haploid, hemizygous, mitochondrial).
    ``bands`` apply to the sum of two activity values. ``otherwise`` is the phenotype when no rule fits.
    """

    pairs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    single: Mapping[str, str] = field(default_factory=dict)
    bands: tuple[ScoreBand, ...] = ()
    otherwise: str = "Indeterminate"
    names: tuple[str, ...] = ()  # every phenotype the gene can have, in clinical order


class Tissue(StrEnum):
    """Where what a gene does to drugs happens: a transplant of it makes the person's own genotype speak no longer."""

    LIVER = "liver"
    BLOOD_CELLS = "blood_cells"
    IMMUNE_SYSTEM = "immune_system"
    MUSCLE = "muscle"
    EPITHELIUM = "epithelium"
    INNER_EAR = "inner_ear"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Gene:
    """One gene of a release. ``variants`` are in GRCh38 order; ``alleles`` in listing order, the reference first."""

    symbol: str
    name: str
    hgnc_id: str
    chromosome: str
    refseq: str  # RefSeq accession of the chromosome that HGVS names use
    lookup: Lookup
    calling: CallingRules
    phenotype_rules: PhenotypeRules
    variants: tuple[Variant, ...] = ()
    alleles: tuple[NamedAllele, ...] = ()
    function_sets: Mapping[str, Mapping[str, AlleleFunction]] = field(default_factory=dict)
    frequencies: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # group -> allele -> frequency
    caveats: tuple[Caveat, ...] = ()
    counted_with: Mapping[str, str] = field(default_factory=dict)  # allele -> the allele whose frequency includes it
    frequencies_by_subtraction: Mapping[str, frozenset[str]] = field(default_factory=dict)  # group -> alleles
    acts_in: Tissue = Tissue.UNKNOWN

    @property
    def reference_allele(self) -> NamedAllele | None:
        return next((a for a in self.alleles if a.is_reference), None)

    @property
    def is_haploid_possible(self) -> bool:
        """One copy is normal for some people: chromosomes X, Y and M."""
        return self.chromosome in ("chrX", "chrY", "chrM")


@dataclass(frozen=True, slots=True)
class Caveat:
    """A condition under which a reader must be told something about a call; the sentence is made elsewhere.

    ``code`` is ours (``unphased_alternative``, ``hapb3_stand_in`` ...). All given conditions must hold.
    """

    code: str
    diplotypes: tuple[str, ...] = ()
    alleles: tuple[str, ...] = ()
    missing_rsids: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
