"""Building from the upstream files: the committed release comes out byte for byte."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from rxweave.errors import InputError
from rxweave.knowledge import build_release
from rxweave.knowledge.build.alleles import IUPAC, natural_order, spell_tandem
from rxweave.knowledge.build.positions import BothBuilds, Grch37Site
from rxweave.knowledge.build.toml_text import table, value
from rxweave.knowledge.folder import CURRENT, release_files, release_folder
from rxweave.knowledge.gene_files import read_gene


def test_committed_release_is_reproduced_byte_for_byte(shared: Path, tmp_path: Path) -> None:
    committed = release_folder(CURRENT)
    notes = build_release(shared / "sources", tmp_path / "built")
    assert sorted(release_files(tmp_path / "built")) == sorted(release_files(committed))
    differing = [
        path
        for path in release_files(committed)
        if (committed / path).read_bytes() != (tmp_path / "built" / path).read_bytes()
    ]
    assert differing == []
    assert sum("has no GRCh37 position" in note for note in notes) == 26


def test_every_upstream_cell_is_held(shared: Path) -> None:
    """Each named allele's bases at each site, read straight from the definition files."""
    for path in sorted((shared / "sources/alleles").glob("*_translation.json")):
        upstream = json.loads(path.read_text(encoding="utf-8"))
        gene = read_gene(release_folder(CURRENT) / "genes" / upstream["gene"])
        assert [v.pos_grch38 for v in gene.variants] == [v["position"] for v in upstream["variants"]]
        alleles = {a.name: a for a in gene.alleles}
        for named in [*upstream["namedAlleles"], *upstream["hiddenCoreAlleles"]]:
            expected = {
                site: {base for base in variant.alleles if base in IUPAC.get(cell, [cell])}
                for site, (variant, cell) in enumerate(zip(gene.variants, named["alleles"], strict=True))
                if cell is not None
            }
            held = {
                site: {base for code, base in enumerate(gene.variants[site].alleles) if mask >> code & 1}
                for site, mask in alleles[named["name"]].cells
            }
            assert held == expected, f"{upstream['gene']} {named['name']}"
            assert alleles[named["name"]].is_reference == named["reference"]


def test_site_between_agreeing_neighbours_is_inferred() -> None:
    sites = BothBuilds({100: 1100, 200: 1200, 300: 1301}, {(200, "A"): "G"})
    assert sites.locate(150, "C") == Grch37Site(1150, True)
    assert sites.locate(200, "A") == Grch37Site(1200, False, "G")


@pytest.mark.parametrize("position", [99, 301, 250], ids=["before the first", "after the last", "neighbours disagree"])
def test_site_without_two_agreeing_neighbours_is_refused(position: int) -> None:
    assert BothBuilds({100: 1100, 200: 1200, 300: 1301}).locate(position, "C") is None


def test_tandem_alleles_are_spelled_as_the_field_prints_them() -> None:
    assert spell_tandem("*13+*68x2+*4") == "*13 + *68x2 + *4"
    assert spell_tandem("c.1905+1G>A (*2A)") == "c.1905+1G>A (*2A)"


def test_star_alleles_sort_by_number() -> None:
    assert sorted(["*10", "*2", "*1x2", "*1"], key=natural_order) == ["*1", "*1x2", "*2", "*10"]


def test_toml_text_is_read_back_as_written() -> None:
    import tomllib

    entries = {"name": 'a "quoted" ≥ text', "sites": [1, 2], "map": {"T": "*1"}, "flag": True, "none": None}
    assert tomllib.loads(table(entries, "[x]")) == {"x": {k: v for k, v in entries.items() if v is not None}}
    with pytest.raises(TypeError, match="cannot hold object"):
        value(object())


def test_sources_folder_without_alleles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder alleles/ here"):
        build_release(tmp_path, tmp_path / "out")


def test_inferred_positions_agree_with_the_exons_of_both_builds(shared: Path) -> None:
    """Exon boundaries are published in both builds too; the nearest ones around a site have the site's offset."""
    with (shared / "sources/alleles/pypgx/gene-table.csv").open(encoding="utf-8", newline="") as lines:
        exons = {row["Gene"]: row for row in csv.DictReader(lines)}
    checked = 0
    for folder in sorted((release_folder(CURRENT) / "genes").iterdir()):
        gene = read_gene(folder)
        if not any(v.is_grch37_inferred for v in gene.variants):
            continue
        row = exons[gene.symbol]
        # The outermost boundaries differ between builds where the transcript's ends were redrawn.
        grch37, grch38 = (
            [int(p) for end in ("Starts", "Ends") for p in row[f"{build}Exon{end}"].split(",") if p]
            for build in ("GRCh37", "GRCh38")
        )
        offsets = Counter(a - b for a, b in zip(grch37, grch38, strict=True))
        (usual, _), *_ = offsets.most_common(1)
        for variant in gene.variants:
            if variant.is_grch37_inferred and variant.pos_grch37 is not None:
                assert variant.pos_grch37 - variant.pos_grch38 == usual, f"{gene.symbol} {variant.label}"
                checked += 1
    assert checked == 434
