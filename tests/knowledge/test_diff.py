"""What changed between releases and function sets, in a pharmacist's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from rxweave.errors import UnknownName
from rxweave.knowledge import diff_releases


def edited(release: Path, file: str, old: str, new: str) -> list[str]:
    """The lines of the comparison after replacing one text, without the title."""
    path = release / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return diff_releases("2026.1", release)[1:]


def test_release_does_not_differ_from_itself() -> None:
    assert diff_releases("2026.1", "2026.1") == [
        "From release 2026.1 with functions of 2026-02 to release 2026.1 with functions of 2026-02: no difference"
    ]


def test_function_sets_differ_in_the_functions_of_three_genes() -> None:
    lines = diff_releases("2026.1@2025-11", "2026.1")
    assert "TPMT *5: Uncertain function -> No function (now known)" in lines
    assert {line.split()[0].rstrip(":") for line in lines[1:]} == {"NAT2", "NUDT15", "TPMT"}


def test_counted_diplotypes_are_those_of_the_spelled_out_tables() -> None:
    """Counted a second way: every pair of alleles through the rule, one by one."""
    from itertools import combinations_with_replacement

    from rxweave.knowledge import load_release

    old, new = load_release("2026.1@2025-11"), load_release("2026.1")
    rules = new.gene("NUDT15").phenotype_rules
    names = [*new.functions("NUDT15")]
    changed = 0
    for pair in combinations_with_replacement(names, 2):
        phenotypes = []
        for functions in (old.functions("NUDT15"), new.functions("NUDT15")):
            terms = sorted(functions[name].function if name in functions else "" for name in pair)
            phenotypes.append(rules.pairs.get((terms[0], terms[1]), rules.otherwise))
        changed += phenotypes[0] != phenotypes[1]
    total = len(names) * (len(names) + 1) // 2
    assert any(
        line.startswith(f"NUDT15: {changed} of {total} diplotypes change phenotype: ")
        for line in diff_releases(old, new)
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "genes/TPMT/alleles.tsv",
            "*2\tdefined\tlisted\t18143724:G",
            "*2\tdefined\tlisted\t18143724:G 18130687:C",
            "TPMT *2: definition rs1800462 G -> rs1142345 C + rs1800462 G",
        ),
        ("genes/TPMT/alleles.tsv", "*2\t", "*200\t", "TPMT *2: allele removed"),
        ("genes/TPMT/alleles.tsv", "*2\t", "*200\t", "TPMT *200: new allele, rs1800462 G"),
        (
            "genes/TPMT/functions.tsv",
            "*2\tNo function",
            "*2\tNormal function",
            "TPMT *2: No function -> Normal function (more function)",
        ),
        ("genes/TPMT/variants.tsv", "18143955", "18143956", "TPMT rs1800462: GRCh37 position 18143955 -> 18143956"),
        ("genes/NAT2/gene.toml", "18400194, ", "", "NAT2: calling rules changed"),
        ("drugs.tsv", "codeine\tingredient\t2670", "codeine\tingredient\t2671", "codeine: drug entry changed (rxcui)"),
        (
            "phenoconversion.toml",
            'score_factor = "0.5"',
            'score_factor = "0.25"',
            "CYP2D6: a moderate inhibitor: activity score x 0.5 (guideline) -> activity score x 0.25 (guideline)",
        ),
        ("washout.tsv", "fluoxetine\t64", "fluoxetine\t35", "fluoxetine: washout 64 days -> 35 days"),
        ("washout.tsv", "fluoxetine\t", "moclobemide\t", "fluoxetine: washout 64 days -> not known"),
        (
            "phenoconversion.toml",
            "induction_days = 14",
            "induction_days = 21",
            "inducers: 14 -> 21 days to full effect and to its end",
        ),
    ],
)
def test_change_is_said_in_one_line(release_copy: Path, file: str, old: str, new: str, expected: str) -> None:
    assert expected in edited(release_copy, file, old, new)


def test_changed_phenotype_rule_says_how_many_diplotypes_it_moves(release_copy: Path) -> None:
    lines = edited(
        release_copy, "genes/ABCG2/gene.toml", 'phenotype = "Poor Function"', 'phenotype = "Normal Function"'
    )
    assert "ABCG2: Decreased function with Decreased function: Poor Function -> Normal Function" in lines
    assert "ABCG2: 1 of 3 diplotypes change phenotype: Poor Function -> Normal Function (1)" in lines


def test_changed_frequency_names_the_largest_change(release_copy: Path) -> None:
    path = release_copy / "genes/VKORC1/frequencies.tsv"
    text = path.read_text(encoding="utf-8")
    cell = text.split("\n")[2].split("\t")[1]
    lines = edited(release_copy, "genes/VKORC1/frequencies.tsv", cell, "0.5")
    assert len(lines) == 1
    assert lines[0].startswith("VKORC1: frequencies: 1 changed; the largest: rs9923231 variant (T) in African American")
    assert lines[0].endswith("-> 0.5")


def test_changed_recommendation_names_drug_population_and_lookup_value(release_copy: Path) -> None:
    lines = edited(release_copy, "guidelines/cpic/abacavir.toml", 'strength = "Strong"', 'strength = "Optional"')
    assert len(lines) == 1
    assert lines[0].startswith("abacavir (CPIC, HLA-B), ")
    assert "HLA-B *57:01" in lines[0]
    assert ", Strong -> " in lines[0]
    assert lines[0].endswith(", Optional")


def test_unknown_release_is_an_error() -> None:
    with pytest.raises(UnknownName, match=r"'2019\.1'"):
        diff_releases("2019.1", "2026.1")
