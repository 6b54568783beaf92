"""Genome in, diplotype calls out."""

from rxweave.calling.call import CallOptions, call_diplotypes
from rxweave.calling.diplotype import (
    Allele,
    CallSource,
    CallStatus,
    Candidate,
    Diplotype,
    DiplotypeCall,
)
from rxweave.calling.genotypes import Genotypes, SiteCalls

__all__ = [
    "Allele",
    "CallOptions",
    "CallSource",
    "CallStatus",
    "Candidate",
    "Diplotype",
    "DiplotypeCall",
    "Genotypes",
    "SiteCalls",
    "call_diplotypes",
]
