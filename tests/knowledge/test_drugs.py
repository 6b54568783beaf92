"""Drugs and interactions of the release, and their making from the upstream files."""

from __future__ import annotations

from pathlib import Path

import pytest

from rxweave.errors import BrokenRelease, InputError
from rxweave.knowledge.build.drugs import build_drugs
from rxweave.knowledge.drugs import (
    DRUG_COLUMNS,
    Drug,
    DrugKind,
    Interaction,
    Role,
    read_drugs,
    read_interactions,
)

RELEASE = Path(__file__).parents[2] / "src" / "rxweave" / "knowledge" / "releases" / "2026.1"


@pytest.fixture(scope="module")
def drugs() -> dict[str, Drug]:
    return read_drugs(RELEASE / "drugs.tsv")


@pytest.fixture(scope="module")
def interactions(drugs: dict[str, Drug]) -> tuple[Interaction, ...]:
    return read_interactions(RELEASE / "interactions.tsv", drugs)


def test_release_is_what_the_sources_give(shared: Path, tmp_path: Path) -> None:
    page = build_drugs(shared / "sources", tmp_path)
    for name in ("drugs.tsv", "interactions.tsv"):
        assert (tmp_path / name).read_text() == (RELEASE / name).read_text(), name
    assert page == (Path(__file__).parents[2] / "docs" / "interactions-unchecked.md").read_text()


def test_codeine_has_its_codes_salt_and_no_combination_brand(drugs: dict[str, Drug]) -> None:
    codeine = drugs["codeine"]
    assert codeine.rxcui == "2670"
    assert "R05DA04" in codeine.atc
    assert "codeine sulfate" in codeine.synonyms
    assert codeine.brands == ()


def test_brand_of_a_combination_stands_only_at_the_combination(drugs: dict[str, Drug]) -> None:
    holders = [drug for drug in drugs.values() if "Symbyax" in drug.brands]
    assert [(d.name, d.kind, d.ingredients) for d in holders] == [
        ("fluoxetine / olanzapine", DrugKind.COMBINATION, ("fluoxetine", "olanzapine"))
    ]


@pytest.mark.parametrize(
    ("brand", "ingredient"),
    [("Lexapro", "escitalopram"), ("Celexa", "citalopram"), ("Surmontil", "trimipramine"), ("Nexium", "esomeprazole")],
)
def test_brand_matched_by_a_part_of_the_name_upstream_is_at_its_own_drug(
    drugs: dict[str, Drug], brand: str, ingredient: str
) -> None:
    assert [drug.name for drug in drugs.values() if brand in drug.brands] == [ingredient]


def test_no_alias_names_two_drugs(drugs: dict[str, Drug]) -> None:
    seen: dict[str, str] = {}
    for drug in drugs.values():
        for alias in {a.lower() for a in (drug.name, *drug.synonyms, *drug.brands)}:
            assert seen.setdefault(alias, drug.name) == drug.name, alias


def test_every_drug_of_the_cpic_table_is_held_with_its_rxcui(shared: Path, drugs: dict[str, Drug]) -> None:
    lines = (shared / "sources" / "cpic-db" / "drug.tsv").read_text().splitlines()
    columns = lines[0].split("\t")
    for line in lines[1:]:
        row = dict(zip(columns, line.split("\t"), strict=True))
        rxcui = "" if row["rxnormid"] in ("\\N", "NA") else row["rxnormid"]
        assert drugs[row["name"].lower()].rxcui == rxcui, row["name"]


def test_group_members_share_its_atc_prefix(drugs: dict[str, Drug]) -> None:
    ssri = drugs["selective serotonin reuptake inhibitors"]
    assert ssri.kind is DrugKind.GROUP
    assert {"citalopram", "escitalopram", "paroxetine", "sertraline"} <= set(ssri.members)
    assert all(any(code.startswith("N06AB") for code in drugs[name].atc) for name in ssri.members)


def test_strong_cyp2d6_inhibitors_are_those_that_sources_agree_on(interactions: tuple[Interaction, ...]) -> None:
    found = {i.drug for i in interactions if i.gene == "CYP2D6" and i.strength == "strong"}
    assert found == {"bupropion", "fluoxetine", "paroxetine", "quinidine"}


@pytest.mark.parametrize(
    ("drug", "strength", "stronger_by"),
    [
        ("cinacalcet", "moderate", ["Flockhart 2009 (strong)"]),
        ("terbinafine", "moderate", []),
        ("sertraline", "weak", ["Flockhart 2009 (moderate)"]),
        ("abiraterone", "weak", ["UpToDate CYP2D6 table (moderate)"]),
        ("cimetidine", "weak", ["PMC7292748 T4 quoting FDA (weak & moderate)"]),
    ],
)
def test_disputed_strength_is_the_weakest_of_a_named_source(
    interactions: tuple[Interaction, ...], drug: str, strength: str, stronger_by: list[str]
) -> None:
    (row,) = [i for i in interactions if (i.drug, i.gene, i.role) == (drug, "CYP2D6", Role.INHIBITOR)]
    assert row.conflicts
    assert (row.strength, list(row.stronger_by)) == (strength, stronger_by)


def test_cyp2c19_inhibitors_are_those_that_a_label_or_a_guideline_grades(interactions: tuple[Interaction, ...]) -> None:
    found = {i.drug: i.strength.value for i in interactions if i.gene == "CYP2C19" and i.role is Role.INHIBITOR}
    assert found == {
        "fluconazole": "strong",
        "fluoxetine": "strong",
        "fluvoxamine": "strong",
        "moclobemide": "moderate",
        "omeprazole": "moderate",
    }


def test_the_unverified_list_decides_nothing_about_omeprazole(interactions: tuple[Interaction, ...]) -> None:
    (row,) = [i for i in interactions if (i.drug, i.gene, i.role) == ("omeprazole", "CYP2C19", Role.INHIBITOR)]
    assert (row.strength, row.conflicts, row.stronger_by) == ("moderate", ("unverified list (weak)",), ())


def test_what_no_source_grades_stays_on_the_page_of_what_was_not_checked(interactions: tuple[Interaction, ...]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "interactions-unchecked.md").read_text()
    (line,) = [line for line in page.splitlines() if line.startswith("- **CYP2C19 inhibitor**")]
    assert "ticlopidine" in line
    assert not [i for i in interactions if (i.drug, i.gene) == ("ticlopidine", "CYP2C19")]


def test_enantiomers_and_reactions_of_the_old_page_are_no_drugs(drugs: dict[str, Drug]) -> None:
    assert not [name for name in drugs if name.startswith(("r-", "s-", "not ")) or "→" in name]


def _file(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "drugs.tsv"
    path.write_text("\n".join(("\t".join(DRUG_COLUMNS), *rows)) + "\n")
    return path


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(("a\tingredient" + "\t" * 9, "a\tingredient" + "\t" * 9), "already stands on line 2", id="twice"),
        pytest.param(("a\tpotion" + "\t" * 9,), "kind 'potion'", id="kind"),
        pytest.param(("a\tcombination\t\t\t\t\tb;c\t\t\t\t",), "names 'b', which is no row", id="missing part"),
        pytest.param(("A\tingredient" + "\t" * 9,), "lower-case", id="capital"),
        pytest.param(("a\tingredient",), "2 columns, expected 11", id="short line"),
        pytest.param(("a\tingredient\t12x" + "\t" * 8,), "RxCUI '12x'", id="code"),
    ],
)
def test_broken_drug_file_is_refused_with_its_line(tmp_path: Path, rows: tuple[str, ...], message: str) -> None:
    with pytest.raises(BrokenRelease, match=message) as caught:
        read_drugs(_file(tmp_path, *rows))
    assert f"drugs.tsv:{len(rows) + 1}" in str(caught.value)


def test_interaction_without_source_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "interactions.tsv"
    path.write_text("drug\tgene\trole\tstrength\tsources\tconflicts\na\tCYP2D6\tinhibitor\tstrong\t\t\n")
    with pytest.raises(BrokenRelease, match="names no source"):
        read_interactions(path, {"a": Drug("a")})


@pytest.mark.parametrize(
    ("conflict", "message"),
    [("b (weak)", "graded moderate and 'b \\(weak\\)' says less"), ("b", "conflict 'b' of a has no strength")],
)
def test_row_above_the_weakest_of_its_sources_is_refused(tmp_path: Path, conflict: str, message: str) -> None:
    path = tmp_path / "interactions.tsv"
    path.write_text(
        f"drug\tgene\trole\tstrength\tsources\tconflicts\na\tCYP2D6\tinhibitor\tmoderate\ta source\t{conflict}\n"
    )
    with pytest.raises(BrokenRelease, match=f"interactions.tsv:2: .*{message}"):
        read_interactions(path, {"a": Drug("a")})


def test_build_says_which_upstream_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"drugs\.tsv: cannot be read"):
        build_drugs(tmp_path, tmp_path)
