"""What is known: genes, alleles, functions, drugs, guidelines, in versioned releases of plain text."""

from rxweave.knowledge.release import Knowledge, load_release

__all__ = ["Knowledge", "load_release"]
