"""What an assay's positions let a caller see: as what each named allele would be read, and the positions themselves.

An assay that does not read the position that tells ``*3`` from ``*1`` reads ``*3`` as ``*1``. Here that is worked out
from the definitions alone, strand by strand and by the same convention as a call; whose frequencies make it matter, and
whether it changes a phenotype, is for other rooms.
"""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rxweave.calling.components import proxy_site_indices
from rxweave.calling.genotypes import Genotypes
from rxweave.calling.match import AlleleTable
from rxweave.errors import InputError
from rxweave.knowledge.genes import CallingMethod, Gene

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class AssayPositions:
    """The positions that an assay reads: gene -> GRCh38 positions of its definitions.

    ``unmatched`` counts the entries of a list that no definition uses.
    """

    read: Mapping[str, frozenset[int]]
    unmatched: int = 0


def read_as(gene: Gene, positions: Collection[int]) -> Mapping[str, tuple[str, ...]] | None:
    """Callable allele -> the names under which a strand with it is reported when only ``positions`` are read.

    Several names where they fit equally well; none where the allele shows itself in no position (a gene called by
    components then reports the strand without it). None if the gene cannot be called from these positions at all.
    """
    if gene.calling.method is CallingMethod.OUTSIDE_ONLY or not gene.variants:
        return None
    if not set(gene.calling.required_positions).issubset(positions):
        return None
    sites = np.array([k for k, v in enumerate(gene.variants) if v.pos_grch38 in positions], dtype=np.intp)
    if not len(sites):
        return None
    table = AlleleTable(gene)
    if gene.calling.method is CallingMethod.LOWEST_FUNCTION:
        return _components_seen(table, frozenset(sites.tolist()))
    allowed = table.allowed[:, sites]
    shown = allowed & -allowed  # one code a site: the lowest that the definition allows
    n_defined = table.is_defined[:, sites].sum(axis=1)
    found = {}
    for row, allele in enumerate(table.alleles):
        fits = ((allowed & shown[row]) != 0).all(axis=1) & (n_defined > 0)
        best = n_defined[fits].max(initial=0)
        rows = np.flatnonzero(fits & (n_defined == best)).tolist()
        found[allele.name] = tuple(dict.fromkeys(table.alleles[r].reported_name for r in rows))
    return found


def _components_seen(table: AlleleTable, sites: frozenset[int]) -> Mapping[str, tuple[str, ...]]:
    """For alleles that are single variants beside each other: itself where its variant is read, else nothing."""
    proxy, indices = table.gene.calling.proxy, proxy_site_indices(table)
    found = {}
    for allele in table.alleles:
        defining = {site for site, _ in allele.cells}
        if proxy is not None and indices is not None and allele.name in (proxy.allele, proxy.deciding_only_allele):
            defining = set(indices) if allele.name == proxy.allele else {indices[0]}
        found[allele.name] = (allele.name,) if allele.is_reference or defining & sites else ()
    return found


def positions_of(genotypes: Genotypes, knowledge: Knowledge) -> AssayPositions:
    """The positions that a file reads: those with data in at least half of its samples."""
    read = {}
    for symbol, calls in genotypes.genes.items():
        variants = knowledge.genes[symbol].variants
        share = (calls.codes >= 0).any(axis=2).mean(axis=0) if len(genotypes.samples) else np.zeros(len(variants))
        if calls.assumed is not None:
            share = np.where(calls.assumed, 0.0, share)  # assumed is not read
        read[symbol] = frozenset(v.pos_grch38 for v, s in zip(variants, share.tolist(), strict=True) if s >= 0.5)
    return AssayPositions(read)


def read_positions(path: Path, knowledge: Knowledge) -> AssayPositions:
    """An assay's list: a VCF (its sites), a BED file (0-based intervals), or lines ``chr10:94781859``,
    ``chr10<tab>94781859`` or ``rs4986893``; GRCh38. Lines that start with ``#`` are passed over.

    Raises InputError for a file that cannot be read and for a line that is none of these.
    """
    by_place: dict[tuple[str, int], list[tuple[str, int]]] = {}
    by_rsid: dict[str, list[tuple[str, int]]] = {}
    by_chromosome: dict[str, list[int]] = {}
    for gene in knowledge.genes.values():
        for variant in gene.variants:
            by_place.setdefault((gene.chromosome, variant.pos_grch38), []).append((gene.symbol, variant.pos_grch38))
            by_chromosome.setdefault(gene.chromosome, []).append(variant.pos_grch38)
            if variant.rsid:
                by_rsid.setdefault(variant.rsid, []).append((gene.symbol, variant.pos_grch38))
    read: dict[str, set[int]] = {}
    unmatched = 0
    for entry in _entries(path):
        if isinstance(entry, str):
            hits = by_rsid.get(entry, [])
        else:
            chromosome, first, last = entry
            inside = [first] if first == last else [p for p in by_chromosome.get(chromosome, ()) if first <= p <= last]
            hits = [hit for place in inside for hit in by_place.get((chromosome, place), ())]
        unmatched += not hits
        for symbol, place in hits:
            read.setdefault(symbol, set()).add(place)
    return AssayPositions({symbol: frozenset(places) for symbol, places in read.items()}, unmatched)


def _entries(path: Path) -> Iterator[str | tuple[str, int, int]]:
    """The rsIDs and the intervals (chromosome, first, last; 1-based, both ends in) of a list."""
    is_bed = ".bed" in path.suffixes
    try:
        with gzip.open(path, "rt") if path.suffix in (".gz", ".bgz") else path.open() as lines:
            for number, line in enumerate(lines, start=1):
                text = line.strip()
                if not text or text.startswith(("#", "track", "browser")):
                    continue
                yield _entry(text, is_bed, f"{path}:{number}")
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise InputError(f"{path}: the list of positions cannot be read: {error}") from error


def _entry(text: str, is_bed: bool, place: str) -> str | tuple[str, int, int]:
    fields = text.replace(":", "\t", 1).split()
    if len(fields[0]) > 2 and fields[0][:2] == "rs" and fields[0][2:].isdigit():
        return fields[0]
    chromosome = fields[0] if fields[0].startswith("chr") else f"chr{fields[0]}"
    chromosome = "chrM" if chromosome == "chrMT" else chromosome
    numbers = [int(f.replace(",", "")) for f in fields[1:3] if f.replace(",", "").isdigit()]
    if is_bed and len(numbers) == 2:
        return chromosome, numbers[0] + 1, numbers[1]
    if not is_bed and numbers and fields[1].replace(",", "").isdigit():
        return chromosome, numbers[0], numbers[0]
    expected = "chromosome, start and end" if is_bed else "chr10:94781859, chromosome and position, or an rsID"
    raise InputError(f"{place}: {text[:60]!r} is no position: expected {expected} (GRCh38).")
