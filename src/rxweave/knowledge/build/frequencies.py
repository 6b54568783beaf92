"""Published allele frequencies, as CPIC's table gives them: one row an allele, one column a biogeographic group."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

FREQUENCY_TABLE = "frequencies/allele_frequency.tsv"


def read_frequencies(sources: Path) -> tuple[tuple[str, ...], dict[str, dict[str, dict[str, str]]]]:
    """The groups in alphabetical order, and gene -> allele -> group -> frequency as written upstream.

    A frequency that upstream reached by subtraction (the reference allele's) carries a leading ``~``.
    """
    frequencies: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    groups = set()
    with (sources / FREQUENCY_TABLE).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            mark = "~" if row["inferred"] == "yes" else ""
            frequencies[row["gene"]][row["allele"]][row["biogeographic_group"]] = mark + row["frequency"]
            groups.add(row["biogeographic_group"])
    return tuple(sorted(groups)), {gene: dict(alleles) for gene, alleles in frequencies.items()}


def frequency_table(
    alleles: list[str], groups: tuple[str, ...], published: dict[str, dict[str, str]]
) -> list[tuple[str, ...]]:
    """Rows of ``frequencies.tsv`` for the alleles that have any frequency, in the order of ``alleles``."""
    rows: list[tuple[str, ...]] = [("allele", *groups)]
    rows += [(a, *(published[a].get(g, "") for g in groups)) for a in alleles if a in published]
    return rows
