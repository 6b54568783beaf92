"""The head of a gene's folder, ``gene.toml``: identity, calling rules and caveats, from upstream and curated facts."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rxweave.errors import InputError
from rxweave.knowledge.build.alleles import Definition
from rxweave.knowledge.build.positions import BothBuilds
from rxweave.knowledge.build.toml_text import table

#: Facts that no upstream file states, written by hand.
CURATED = Path(__file__).with_name("genes.toml")


def read_curated() -> dict[str, dict[str, Any]]:
    """Gene -> its hand-written facts, in alphabetical order."""
    curated = tomllib.loads(CURATED.read_text(encoding="utf-8"))
    return dict(sorted(curated.items()))


def read_cpic_genes(sources: Path) -> dict[str, dict[str, str]]:
    """Symbol -> the row of CPIC's gene table."""
    with (sources / "cpic-db" / "gene.tsv").open(encoding="utf-8", newline="") as lines:
        return {row["symbol"]: row for row in csv.DictReader(lines, delimiter="\t")}


def gene_toml(
    symbol: str,
    curated: Mapping[str, Any],
    cpic: Mapping[str, str],
    definition: Definition | None,
    both_builds: BothBuilds,
    caveats: Sequence[Mapping[str, object]] = (),
) -> str:
    """The text of ``gene.toml`` up to the ``[phenotype]`` table."""
    refseq = definition.refseq if definition else cpic["chromosequenceid"].replace(r"\N", "")
    identity = {
        "symbol": symbol,
        "name": curated["name"],
        "hgnc_id": cpic["hgncid"],
        "chromosome": definition.chromosome if definition else cpic["chr"],
        "refseq": refseq,
        "lookup": cpic["lookupmethod"].lower(),
        "acts_in": curated.get("acts_in"),
    }
    exemptions = definition.exemptions if definition else {}
    calling = {
        "method": curated.get("method", "named_alleles"),
        "undocumented_as_reference": curated.get("undocumented_as_reference", False),
        "research_grade": curated.get("research_grade", False),
        "required_positions": exemptions.get("requiredPositions") or None,
        "ignored_alleles": exemptions.get("ignoredAlleles") or None,
        "tested_alleles": curated.get("tested_alleles"),
    }
    parts = [table(identity), table(calling, "[calling]")]
    if "proxy" in curated:
        parts.append(table(curated["proxy"], "[calling.proxy]"))
    if "fallback" in curated:
        parts.append(table(_fallback(symbol, curated["fallback"], definition), "[calling.fallback]"))
    if "counted_with" in curated:
        parts.append(table(curated["counted_with"], "[counted_with]"))
    for priority in exemptions.get("unphasedDiplotypePriorities", ()):
        parts.append(table({"among": priority["list"], "pick": priority["pick"]}, "[[calling.unphased_priority]]"))
    for extra in exemptions.get("extraPositions", ()):
        site = both_builds.locate(extra["position"], extra["ref"])
        variant = {
            "pos_grch38": extra["position"],
            "pos_grch37": site.pos if site else None,
            "grch37_from": ("inferred" if site.is_inferred else "published") if site else None,
            "ref": extra["ref"],
            "alts": extra["alts"],
            "rsid": extra["rsid"],
            "hgvs": extra["chromosomeHgvsName"],
        }
        parts.append(table(variant, "[[calling.extra_variant]]"))
    parts += [table(caveat, "[[caveat]]") for caveat in caveats]
    return "\n".join(parts)


def _fallback(symbol: str, curated: Mapping[str, Any], definition: Definition | None) -> dict[str, object]:
    """The fallback site with its position, looked up by rsID in the definitions."""
    for variant in definition.variants if definition else ():
        if variant["rsid"] == curated["rsid"]:
            return {"pos_grch38": variant["position"], **curated}
    raise InputError(f"{symbol}: the fallback site {curated['rsid']} is not in the definitions")
