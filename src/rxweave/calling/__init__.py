"""Genome in, diplotype calls out."""

from rxweave.calling.call import CallOptions, call_diplotypes
from rxweave.calling.diplotype import (
    Allele,
    CallSource,
    CallStatus,
    Candidate,
    Diplotype,
    DiplotypeCall,
    PriorBasis,
    StatedResult,
)
from rxweave.calling.genotype_files import read_genotypes
from rxweave.calling.genotypes import FileWarning, Genotypes, SiteCalls
from rxweave.calling.merge import merge_genotypes
from rxweave.calling.outside import OutsideCalls, read_outside_calls, stated_call, stated_calls
from rxweave.calling.stated import genotypes_of_variants
from rxweave.calling.vcf import read_vcf

__all__ = [
    "Allele",
    "CallOptions",
    "CallSource",
    "CallStatus",
    "Candidate",
    "Diplotype",
    "DiplotypeCall",
    "FileWarning",
    "Genotypes",
    "OutsideCalls",
    "PriorBasis",
    "SiteCalls",
    "StatedResult",
    "call_diplotypes",
    "genotypes_of_variants",
    "merge_genotypes",
    "read_genotypes",
    "read_outside_calls",
    "read_vcf",
    "stated_call",
    "stated_calls",
]
