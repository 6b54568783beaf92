"""Allele definitions: from PharmCAT's definition files and CPIC's allele list to variants.tsv and alleles.tsv.

The definition files give every site in VCF form (``ref``, ``alts``) and every allele's cells in the same bases; an
empty cell means "as the reference allele". IUPAC letters stand for any of their bases.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rxweave.errors import InputError
from rxweave.knowledge.build.positions import BothBuilds

IUPAC = {
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
    "N": "ACGT",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """One gene's definition file and its exemptions, as upstream wrote them."""

    gene: str
    chromosome: str
    refseq: str
    variants: list[dict[str, Any]]
    named_alleles: list[dict[str, Any]]
    hidden_core_alleles: list[dict[str, Any]]
    core_of: dict[str, str]
    exemptions: dict[str, Any]


def read_definitions(sources: Path) -> dict[str, Definition]:
    """Gene -> definition, for every gene with a definition file."""
    exemptions = json.loads((sources / "alleles" / "exemptions.json").read_text(encoding="utf-8"))
    definitions = {}
    for path in sorted((sources / "alleles").glob("*_translation.json")):
        upstream = json.loads(path.read_text(encoding="utf-8"))
        definitions[upstream["gene"]] = Definition(
            gene=upstream["gene"],
            chromosome=upstream["chromosome"],
            refseq=upstream["refSeqChromosomeId"],
            variants=upstream["variants"],
            named_alleles=upstream["namedAlleles"],
            hidden_core_alleles=upstream["hiddenCoreAlleles"],
            core_of=upstream["suballelesMap"],
            exemptions=exemptions.get(upstream["gene"], {}),
        )
    return definitions


def read_cpic_alleles(sources: Path) -> dict[str, list[str]]:
    """Gene -> the allele names that CPIC's function table holds, in natural order."""
    names: dict[str, list[str]] = {}
    with (sources / "cpic-db" / "allele.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            names.setdefault(row["genesymbol"], []).append(row["name"])
    return {gene: sorted(alleles, key=natural_order) for gene, alleles in names.items()}


def spell_tandem(name: str) -> str:
    """A tandem of star alleles as the release writes it: ``*36+*10`` becomes ``*36 + *10``."""
    return re.sub(r"(?<=\S)\+(?=\*)", " + ", name)


def natural_order(name: str) -> tuple[object, ...]:
    """Sort key that puts ``*2`` before ``*10``, and ``Reference`` first."""
    parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.split(r"(\d+)", name) if p)
    return (not name.startswith("Reference"), parts)


def variant_rows(definition: Definition, both_builds: BothBuilds) -> list[tuple[str, ...]]:
    """Rows of ``variants.tsv``, header first."""
    tier1 = set(definition.exemptions.get("amp1Positions", ()))
    rows: list[tuple[str, ...]] = [
        ("pos_grch38", "pos_grch37", "grch37_from", "ref_grch37", "ref", "alts", "rsid", "hgvs", "amp_tier1")
    ]
    for v in definition.variants:
        site = both_builds.locate(v["position"], v["ref"])
        rows.append(
            (
                str(v["position"]),
                str(site.pos) if site else "",
                ("inferred" if site.is_inferred else "published") if site else "",
                site.ref if site else "",
                v["ref"],
                ",".join(v["alts"]),
                v["rsid"] or "",
                v["chromosomeHgvsName"],
                "yes" if v["position"] in tier1 else "",
            )
        )
    return rows


def allele_rows(definition: Definition | None, known_names: Sequence[str]) -> list[tuple[str, ...]]:
    """Rows of ``alleles.tsv``, header first: defined alleles in upstream's order, then those only CPIC knows."""
    rows: list[tuple[str, ...]] = [("allele", "status", "sites", "definition", "core", "upstream_id")]
    if definition is not None:
        for allele in definition.named_alleles:
            status = "reference" if allele["reference"] else "defined"
            core = definition.core_of.get(allele["name"], "")
            rows.append((allele["name"], status, *_definition_cells(definition, allele), core, allele["id"]))
        for allele in definition.hidden_core_alleles:
            cells = _definition_cells(definition, allele)
            rows.append((allele["name"], "core_only", *cells, "", allele["id"]))
    listed = {row[0] for row in rows}
    rows += [(spell_tandem(name), "known_only", "", "", "", "") for name in known_names if name not in listed]
    return rows


def _definition_cells(definition: Definition, allele: dict[str, Any]) -> tuple[str, str]:
    """``all`` or ``listed``, and the cells as ``position:bases``.

    An allele that defines every site lists only the cells that differ from REF.
    """
    is_reference = allele["reference"]
    defines_all = all(c is not None for c in allele["alleles"]) and (is_reference or len(definition.variants) > 1)
    cells = []
    for variant, cell in zip(definition.variants, allele["alleles"], strict=True):
        if cell is None or (defines_all and cell == variant["ref"]):
            continue
        known = [variant["ref"], *variant["alts"]]
        bases = [b for b in known if b in IUPAC[cell]] if cell in IUPAC else [cell]
        if not bases or not set(bases) <= set(known):
            raise InputError(
                f"{definition.gene} {allele['name']}: the cell {cell!r} at {variant['position']} is none of "
                f"{', '.join(known)}"
            )
        cells.append(f"{variant['position']}:{'|'.join(bases)}")
    return ("all" if defines_all else "listed"), " ".join(cells)
