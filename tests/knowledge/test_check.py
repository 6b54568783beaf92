"""Each rule of the release format, broken once in a copy of the release, is named with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rxweave.errors import BrokenRelease
from rxweave.knowledge import check_release, load_release, seal
from rxweave.knowledge.findings import Finding


def broken(release: Path) -> list[Finding]:
    """What is broken apart from the hash, which every change breaks."""
    return [f for f in check_release(release) if f.is_error and f.rule != "hash"]


def change(release: Path, file: str, old: str, new: str) -> int:
    """Replace one text that occurs in ``file``; returns the line where it stood."""
    path = release / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer holds {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_installed_release_breaks_no_rule() -> None:
    assert [str(f) for f in check_release("2026.1") if f.is_error and f.rule != "hash"] == []


def test_installed_release_declares_the_hash_of_its_content() -> None:
    """After a reviewed change to a hand-written file, `rxweave.knowledge.seal` writes the new hash."""
    assert [str(f) for f in check_release("2026.1") if f.rule == "hash"] == []


def test_sites_without_grch37_position_are_listed_by_name() -> None:
    notes = [f.text for f in check_release("2026.1") if f.rule == "grch37-unknown"]
    assert any(text.startswith("rs12777823 at chr10:94645745") for text in notes)
    assert len(notes) == 26


GENE = "genes/TPMT"
BREAKS = [
    ("table-shape", f"{GENE}/variants.tsv", "pos_grch38\t", "position\t"),
    ("table-shape", f"{GENE}/alleles.tsv", "*2\tdefined\t", "*2\tdefined\textra\t"),
    ("variant-bases", f"{GENE}/variants.tsv", "\tT\tC,G\t", "\tT\tC,R\t"),
    ("variant-bases", f"{GENE}/variants.tsv", "\tT\tC,G\t", "\tT\tC,C\t"),
    ("variant-order", f"{GENE}/variants.tsv", "18143724\t", "18143700\t"),
    ("variant-order", f"{GENE}/variants.tsv", "18143724\t", "17143724\t"),
    ("variant-position", f"{GENE}/variants.tsv", "18143724\t", "6:18143724\t"),
    ("grch37-origin", f"{GENE}/variants.tsv", "18143724\t18143955\tpublished", "18143724\t18143955\t"),
    ("grch37-once", f"{GENE}/variants.tsv", "18143724\t18143955", "18143724\t18139228"),
    ("allele-once", f"{GENE}/alleles.tsv", "*3B\t", "*3A\t"),
    ("allele-status", f"{GENE}/alleles.tsv", "*3B\tdefined", "*3B\tlikely"),
    ("allele-cells", f"{GENE}/alleles.tsv", "18143724:G", "18143725:G"),
    ("allele-cells", f"{GENE}/alleles.tsv", "18143724:G", "18143724:T"),
    ("allele-distinct", f"{GENE}/alleles.tsv", "*3C\tdefined\tlisted\t18130687:C", "*3C\tdefined\tlisted\t18143724:G"),
    ("allele-distinct", f"{GENE}/alleles.tsv", "*2\tdefined\tlisted\t18143724:G", "*2\tdefined\tlisted\t"),
    ("reference-complete", f"{GENE}/alleles.tsv", "*1\treference", "*1\tdefined"),
    ("reference-complete", f"{GENE}/alleles.tsv", "*1\treference\tall\t", "*1\treference\tall\t18143724:G"),
    ("core-known", "genes/SLCO1B1/alleles.tsv", "\t*45\tPA", "\t*450\tPA"),
    ("function-once", f"{GENE}/functions.tsv", "*3B\t", "*3A\t"),
    ("function-allele", f"{GENE}/functions.tsv", "*3B\t", "*300\t"),
    ("activity-value", "genes/DPYD/functions.tsv", "\t0.5\t", "\thalf\t"),
    ("phenotype-complete", f"{GENE}/functions.tsv", "No function", "Nearly no function"),
    ("phenotype-complete", "genes/DPYD/functions.tsv", "\t0.5\t", "\t5.5\t"),
    ("phenotype-names", f"{GENE}/gene.toml", 'phenotype = "Poor', 'phenotype = "Very Poor'),
    ("phenotype-reachable", f"{GENE}/gene.toml", "names = [", 'names = ["Ultrarapid Metabolizer", '),
    ("phenotype-rule-once", f"{GENE}/gene.toml", "[[phenotype.pair]]", "@first pair twice@"),
    ("frequency-number", f"{GENE}/frequencies.tsv", "*3A\t", "*3A\tx"),
    ("frequency-range", f"{GENE}/frequencies.tsv", "*3A\t0.", "*3A\t7."),
    ("frequency-sum", "genes/VKORC1/frequencies.tsv", "\t0.", "\t1.0\t@"),
    ("frequency-allele", f"{GENE}/frequencies.tsv", "*3A\t", "*300\t"),
    ("calling-known", "genes/NAT2/gene.toml", "18400194", "18400195"),
    ("calling-known", "genes/NAT2/gene.toml", 'pick = "*1/*6"', 'pick = "*1/*600"'),
    (
        "calling-known",
        "genes/DPYD/gene.toml",
        'deciding_only_allele = "c.1129-5923C>G"',
        'deciding_only_allele = "c.1"',
    ),
    ("calling-known", f"{GENE}/gene.toml", 'diplotypes = ["*1/*3A"]', 'diplotypes = ["*1/*300"]'),
    ("calling-known", "genes/CYP2C19/gene.toml", 'missing_rsids = ["rs3758581"]', 'missing_rsids = ["rs1"]'),
    ("calling-sites", "genes/HLA-A/gene.toml", 'method = "outside_only"', 'method = "named_alleles"'),
    ("gene-symbol", f"{GENE}/gene.toml", 'symbol = "TPMT"', 'symbol = "TMPT"'),
    ("head-complete", f"{GENE}/gene.toml", 'hgnc_id = "', 'hgnc = "'),
    ("head-complete", f"{GENE}/gene.toml", 'method = "named_alleles"', 'method = "guessing"'),
    ("toml-valid", f"{GENE}/gene.toml", 'symbol = "TPMT"', "symbol = TPMT"),
    ("head-complete", "release.toml", "function_set", "functions"),
    ("drug-readable", "drugs.tsv", "codeine\tingredient", "codeine\tpotion"),
    ("interaction-readable", "interactions.tsv", "\tstrong\t", "\tfierce\t"),
    ("source-known", "release.toml", 'code = "FDA labels"', 'code = "labels"'),
    ("conversion-readable", "phenoconversion.toml", 'strength = "strong"', 'strength = "fierce"'),
    ("conversion-gene", "phenoconversion.toml", 'gene = "CYP2D6"', 'gene = "CYP2D66"'),
    ("conversion-gene", "phenoconversion.toml", 'gene = "CYP2D6"', 'gene = "TPMT"'),
    ("conversion-phenotype", "phenoconversion.toml", '= "Poor Metabolizer"', '= "Poorest Metabolizer"'),
    ("washout-drug", "washout.tsv", "fluoxetine\t64", "fluoxetinum\t64"),
    ("source-known", "release.toml", 'code = "Nahid 2022"', 'code = "Nahid"'),
    ("guideline-readable", "guidelines/cpic/codeine.toml", 'action = "', 'action = "un'),
    ("guideline-drug", "guidelines/cpic/codeine.toml", 'drug = "codeine"', 'drug = "codeinum"'),
    ("guideline-drug", "guidelines/cpic/codeine.toml", 'rxcui = "2670"', 'rxcui = "2671"'),
    ("guideline-gene", "guidelines/genes_elsewhere.toml", 'symbol = "BCHE"', 'symbol = "BCHEX"'),
    ("guideline-gene", "guidelines/genes_elsewhere.toml", 'symbol = "BCHE"', 'symbol = "TPMT"'),
    ("guideline-readable", "guidelines/genes_elsewhere.toml", 'symbol = "BCHE"', 'symbol = "UGT2B17"'),
    ("guideline-lookup", "guidelines/fda/mivacurium_bche.toml", '"Poor Metabolizer"', '"*2/*2"'),
    ("guideline-lookup", "guidelines/fda/siponimod_cyp2c9.toml", '"*2/*3"', '"*2/*333"'),
]


#: Rules about a whole file or gene, which have no line of their own.
WHOLE_FILE = ("phenotype-complete", "frequency-sum", "reference-complete")


@pytest.mark.parametrize(
    ("rule", "file", "old", "new"), BREAKS, ids=[f"{rule}-{n}" for n, (rule, *_) in enumerate(BREAKS)]
)
def test_broken_rule_is_named_with_file_and_line(release_copy: Path, rule: str, file: str, old: str, new: str) -> None:
    if new == "@first pair twice@":
        text = (release_copy / file).read_text(encoding="utf-8")
        start = text.index("[[phenotype.pair]]")
        pair = text[start : text.index("[[phenotype.pair]]", start + 1)]
        old, new = pair, pair + pair
    if new.endswith("@"):
        path = release_copy / file
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        rows[1][1] = "1.0"
        path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
        line = 0
    else:
        line = change(release_copy, file, old, new)

    found = [f for f in broken(release_copy) if f.rule == rule]

    assert found, f"not named: {[str(f) for f in broken(release_copy)]}"
    assert found[0].file.startswith(file.rsplit("/", 1)[0]) or rule == "source-known"
    if file.endswith(".tsv") and rule not in WHOLE_FILE:
        assert line in [f.line for f in found]


def test_unknown_lookup_value_of_a_guideline_is_named(release_copy: Path) -> None:
    line = change(release_copy, "guidelines/cpic/clopidogrel.toml", '"Poor Metabolizer"', '"Sluggish Metabolizer"')
    found = [f for f in broken(release_copy) if f.rule in ("guideline-lookup", "guideline-readable")]
    assert found
    assert "Sluggish Metabolizer" in found[0].text
    assert found[0].line in (line, 0)


def test_missing_table_is_named(release_copy: Path) -> None:
    (release_copy / "genes/TPMT/alleles.tsv").unlink()
    assert [(f.rule, f.file) for f in broken(release_copy)] == [("file-present", "genes/TPMT/alleles.tsv")]


def test_several_broken_genes_are_all_reported(release_copy: Path) -> None:
    change(release_copy, "genes/TPMT/alleles.tsv", "18143724:G", "18143724:T")
    change(release_copy, "genes/NUDT15/alleles.tsv", "*3\tdefined", "*3\tlikely")
    assert {f.file for f in broken(release_copy)} == {"genes/TPMT/alleles.tsv", "genes/NUDT15/alleles.tsv"}


def test_changed_content_breaks_the_hash_until_sealed(release_copy: Path) -> None:
    seal(release_copy)
    assert not [f for f in check_release(release_copy) if f.rule == "hash"]
    change(release_copy, "genes/TPMT/functions.tsv", "Definitive", "Moderate")
    assert [f.file for f in check_release(release_copy) if f.rule == "hash"] == ["release.toml"]
    seal(release_copy)
    assert not [f for f in check_release(release_copy) if f.rule == "hash"]


def test_loading_a_broken_release_names_rule_file_and_line(release_copy: Path) -> None:
    line = change(release_copy, "genes/TPMT/alleles.tsv", "18143724:G", "18143724:T")
    with pytest.raises(
        BrokenRelease, match=rf"genes/TPMT/alleles\.tsv:{line}: .*'T' at 18143724.*\[rule allele-cells\]"
    ):
        load_release(release_copy)
