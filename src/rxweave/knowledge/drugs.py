"""Drugs of a release: names, codes, and the enzymes they inhibit, induce or are broken down by.

``drugs.tsv`` and ``interactions.tsv`` are described column by column in ``docs/knowledge-format.md``. Names are lower
case, as RxNorm and CPIC write ingredients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rxweave.errors import BrokenRelease

_SALTS = """
acetate anhydrous besilate besylate bisulfate bisulphate bitartrate bromide calcium camsylate chloride citrate dihydrate
dihydrochloride diphosphate disodium ditosylate fumarate gluconate hbr hcl hemisuccinate heptahydrate hydrate
hydrobromide hydrochloride lactate magnesium malate maleate meglumine mesilate mesylate monohydrate nitrate olamine
oxalate phosphate potassium s-malate sodium succinate sulfate sulphate tartrate tosilate tosylate trihydrate
"""
#: Words that name a salt or its water of crystallisation, in either spelling: part of a name, not of the ingredient.
SALT_WORDS = frozenset(_SALTS.split())


#: Stands among the conflicts of an interaction for a list whose rows name no source.
UNVERIFIED = "unverified list"


class DrugKind(StrEnum):
    INGREDIENT = "ingredient"
    COMBINATION = "combination"  # a product with several ingredients; ``Drug.ingredients`` names them
    GROUP = "group"  # a class of drugs (an ATC group); ``Drug.members`` names those the release holds
    SUBSTANCE = "substance"  # named by an interaction source only: a food, herb or drug without codes here
    OTHER = "other"  # not a drug (radiotherapy)


@dataclass(frozen=True, slots=True)
class Drug:
    """One name of ``drugs.tsv``.

    ``synonyms`` are salts and other non-proprietary names, ``brands`` United States brand names of products that hold
    this ingredient and no other (brands of combinations stand at the combination). ``ingredients`` is filled for
    combinations, ``members`` for groups; both name other rows of the file. ``sources`` are codes of ``release.toml``.
    """

    name: str
    kind: DrugKind = DrugKind.INGREDIENT
    rxcui: str = ""
    atc: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    ingredients: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    drugbank_id: str = ""
    clinpgx_id: str = ""
    sources: tuple[str, ...] = ()


class Role(StrEnum):
    INHIBITOR = "inhibitor"
    INDUCER = "inducer"
    SUBSTRATE = "substrate"


class Strength(StrEnum):
    STRONG = "strong"
    MODERATE = "moderate"
    WEAK = "weak"
    UNSTATED = ""  # substrates


@dataclass(frozen=True, slots=True)
class Interaction:
    """What one drug does to one enzyme, by named sources.

    ``strength`` is what the sources in ``sources`` say, the weakest that any named source states: the drug does at
    least that. ``conflicts`` are the other statements, ``Flockhart 2009 (strong)``.
    """

    drug: str
    gene: str
    role: Role
    strength: Strength
    sources: tuple[str, ...]
    conflicts: tuple[str, ...] = ()

    @property
    def stronger_by(self) -> tuple[str, ...]:
        """The named sources that say more, each with its strength; the unverified list is none."""
        return tuple(said for said in self.conflicts if not said.startswith(UNVERIFIED))


DRUG_COLUMNS = (
    "drug",
    "kind",
    "rxcui",
    "atc",
    "synonyms",
    "brands",
    "ingredients",
    "members",
    "drugbank_id",
    "clinpgx_id",
    "sources",
)
INTERACTION_COLUMNS = ("drug", "gene", "role", "strength", "sources", "conflicts")


def read_drugs(path: Path) -> dict[str, Drug]:
    """The drugs of ``drugs.tsv`` by name, in file order.

    Raises BrokenRelease naming the line when a name is repeated, a kind is unknown, or an ingredient or member is not a
    row of the file.
    """
    drugs: dict[str, Drug] = {}
    lines: dict[str, int] = {}
    for line, row in read_rows(path, DRUG_COLUMNS):
        name = row["drug"]
        if not name or name != name.lower() or name != name.strip():
            raise BrokenRelease(f"{path}:{line}: drug {name!r} must be a lower-case name without outer blanks")
        if name in drugs:
            raise BrokenRelease(f"{path}:{line}: {name!r} already stands on line {lines[name]}: keep one of the two")
        try:
            kind = DrugKind(row["kind"])
        except ValueError:
            expected = ", ".join(DrugKind)
            raise BrokenRelease(f"{path}:{line}: kind {row['kind']!r} of {name!r} is none of {expected}") from None
        lines[name] = line
        drugs[name] = Drug(
            name=name,
            kind=kind,
            rxcui=row["rxcui"],
            atc=_list(row["atc"]),
            synonyms=_list(row["synonyms"]),
            brands=_list(row["brands"]),
            ingredients=_list(row["ingredients"]),
            members=_list(row["members"]),
            drugbank_id=row["drugbank_id"],
            clinpgx_id=row["clinpgx_id"],
            sources=_list(row["sources"]),
        )
    for drug in drugs.values():
        place = f"{path}:{lines[drug.name]}"
        for other in (*drug.ingredients, *drug.members):
            if other not in drugs:
                raise BrokenRelease(f"{place}: {drug.name!r} names {other!r}, which is no row of this file: add it")
        if (drug.kind is DrugKind.COMBINATION) != (len(drug.ingredients) > 1):
            raise BrokenRelease(f"{place}: {drug.name!r}: a combination, and nothing else, has two or more ingredients")
        if drug.members and drug.kind is not DrugKind.GROUP:
            raise BrokenRelease(f"{place}: {drug.name!r} has members and is no group")
        if drug.rxcui and not drug.rxcui.isdigit():
            raise BrokenRelease(f"{place}: RxCUI {drug.rxcui!r} of {drug.name!r} is not a number")
    return drugs


def read_interactions(path: Path, drugs: Mapping[str, Drug]) -> tuple[Interaction, ...]:
    """The rows of ``interactions.tsv``, in file order.

    Raises BrokenRelease naming the line for a drug that ``drugs`` does not hold, an unknown role or strength, a
    modulator without strength, a row without source, a conflict that says less than the row, and a repeated
    (drug, gene, role).
    """
    interactions: list[Interaction] = []
    seen: dict[tuple[str, str, Role], int] = {}
    for line, row in read_rows(path, INTERACTION_COLUMNS):
        place = f"{path}:{line}"
        if row["drug"] not in drugs:
            raise BrokenRelease(f"{place}: drug {row['drug']!r} is not in drugs.tsv: add it there")
        try:
            role, strength = Role(row["role"]), Strength(row["strength"])
        except ValueError as error:
            raise BrokenRelease(
                f"{place}: {error}: roles are {', '.join(Role)}; strengths strong, moderate, weak"
            ) from None
        if (role is Role.SUBSTRATE) != (strength is Strength.UNSTATED):
            raise BrokenRelease(f"{place}: inhibitors and inducers have a strength and substrates have none")
        if not row["sources"]:
            raise BrokenRelease(f"{place}: {row['drug']} names no source: what has no source is not shipped")
        key = (row["drug"], row["gene"], role)
        if key in seen:
            raise BrokenRelease(f"{place}: {' '.join(key)} already stands on line {seen[key]}")
        seen[key] = line
        read = Interaction(row["drug"], row["gene"], role, strength, _list(row["sources"]), _list(row["conflicts"]))
        _check_weakest(read, place)
        interactions.append(read)
    return tuple(interactions)


def _check_weakest(interaction: Interaction, place: str) -> None:
    """No named source says less than the row."""
    order = list(Strength)
    for said in interaction.stronger_by:
        graded = re.findall("|".join(order[:-1]), said.rpartition("(")[2])
        if not graded:
            raise BrokenRelease(
                f"{place}: conflict {said!r} of {interaction.drug} has no strength: 'source (strength)'"
            )
        if any(order.index(Strength(one)) > order.index(interaction.strength) for one in graded):
            raise BrokenRelease(
                f"{place}: {interaction.drug} is graded {interaction.strength} and {said!r} says less: "
                "the row holds the weakest strength that a named source states"
            )


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, cell by column) of a tab-separated file whose first line must be exactly ``columns``."""
    with path.open(encoding="utf-8") as lines:
        header = next(lines, "").rstrip("\n").split("\t")
        if tuple(header) != columns:
            raise BrokenRelease(f"{path}:1: columns are {header}, expected {list(columns)}")
        for number, line in enumerate(lines, start=2):
            cells = line.rstrip("\n").split("\t")
            if len(cells) != len(columns):
                raise BrokenRelease(f"{path}:{number}: {len(cells)} columns, expected {len(columns)}")
            yield number, dict(zip(columns, cells, strict=True))


def _list(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(";")) if cell else ()
