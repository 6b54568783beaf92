"""Assembling a whole release in a folder: genes, drugs, head. Guidelines are written by hand and stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from shutil import copyfile

from rxweave.errors import InputError
from rxweave.knowledge.build.alleles import Definition, allele_rows, read_cpic_alleles, read_definitions, variant_rows
from rxweave.knowledge.build.caveats import read_caveats
from rxweave.knowledge.build.drugs import build_drugs
from rxweave.knowledge.build.frequencies import frequency_table, read_frequencies
from rxweave.knowledge.build.gene_toml import gene_toml, read_cpic_genes, read_curated
from rxweave.knowledge.build.phenotypes import phenotype_section, write_functions
from rxweave.knowledge.build.positions import BothBuilds, read_both_builds
from rxweave.knowledge.folder import CURRENT, HEAD, release_files, release_folder, release_hash

#: Files and folders of a release that a person writes.
HAND_WRITTEN = (
    HEAD,
    "algorithms",
    "guidelines",
    "people",
    "phenoconversion.toml",
    "upstream_errata.toml",
    "washout.tsv",
)


def build_release(sources: Path, out: Path | None = None) -> list[str]:
    """Write genes, drugs and interactions of the release in ``out`` from the upstream files, and seal it.

    The hand-written parts (``HAND_WRITTEN``) stay as they are; a folder without them gets those of the installed
    release. Without ``out`` the installed release is rewritten. Returns notes
    for the person who builds, one line each. Raises InputError.
    """
    if not (sources / "alleles").is_dir():
        raise InputError(
            f"{sources}: no folder alleles/ here; --sources takes the folder that holds alleles/, cpic-db/, "
            "frequencies/, phenotypes/, drugs/ and interactions/"
        )
    installed = release_folder(CURRENT)
    out = out or installed
    if not (out / HEAD).is_file():
        for path in release_files(installed):
            if path.split("/")[0] in HAND_WRITTEN:
                (out / path).parent.mkdir(parents=True, exist_ok=True)
                copyfile(installed / path, out / path)
    notes = build_genes(sources, out)
    build_drugs(sources, out)
    seal(out)
    return notes


def seal(release: str | Path = CURRENT) -> str:
    """Write the hash of a release's content into its ``release.toml``, after the version line; returns the hash.

    Needed after a reviewed change to a file written by hand; ``build_release`` ends with it.
    """
    release = release_folder(release)
    content_hash = release_hash(release)
    lines = [
        line for line in (release / HEAD).read_text(encoding="utf-8").splitlines() if not line.startswith("hash =")
    ]
    after = next(i for i, line in enumerate(lines) if line.startswith("version ="))
    lines.insert(after + 1, f'hash = "{content_hash}"')
    write_text(release / HEAD, "\n".join(lines) + "\n")
    return content_hash


def build_genes(sources: Path, out: Path) -> list[str]:
    """Write ``genes/*/`` of a release under ``out``; returns what a person should know, one line each.

    Each line names a site that GRCh37 files cannot be read at, because no published position backs one.
    """
    definitions, curated = read_definitions(sources), read_curated()
    both_builds, cpic_genes, cpic_alleles = (
        read_both_builds(sources),
        read_cpic_genes(sources),
        read_cpic_alleles(sources),
    )
    groups, frequencies = read_frequencies(sources)
    caveats = read_caveats(sources)
    notes = []
    for symbol, facts in curated.items():
        folder = out / "genes" / symbol
        folder.mkdir(parents=True, exist_ok=True)
        definition = definitions.get(symbol)
        sites = both_builds.get(symbol, BothBuilds())
        alleles = allele_rows(definition, cpic_alleles.get(symbol, []))
        if definition:
            variants = variant_rows(definition, sites)
            _write_table(folder / "variants.tsv", variants)
            notes += _not_placed(symbol, definition, sites)
        _write_table(folder / "alleles.tsv", alleles)
        names = [row[0] for row in alleles[1:]]
        _write_table(folder / "frequencies.tsv", frequency_table(names, groups, frequencies.get(symbol, {})))
        head = gene_toml(symbol, facts, cpic_genes[symbol], definition, sites, caveats.get(symbol, ()))
        write_text(folder / "gene.toml", f"{head}\n{phenotype_section(symbol, sources)}")
        write_functions(symbol, sources, folder)
    return notes


def _not_placed(symbol: str, definition: Definition, sites: BothBuilds) -> list[str]:
    extra = definition.exemptions.get("extraPositions", [])
    return [
        f"{symbol} {v['rsid'] or v['chromosomeHgvsName']} ({definition.chromosome}:{v['position']}) has no GRCh37 "
        "position: it is not published, and no published neighbours on both sides agree"
        for v in [*definition.variants, *extra]
        if sites.locate(v["position"], v["ref"]) is None
    ]


def _write_table(path: Path, rows: Iterable[Sequence[str]]) -> None:
    write_text(path, "".join("\t".join(row) + "\n" for row in rows))


def write_text(path: Path, text: str) -> None:
    """Write ``path`` whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(text.encode("utf-8"))
    draft.replace(path)
