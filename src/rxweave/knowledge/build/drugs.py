"""Build ``drugs.tsv`` and ``interactions.tsv`` from the upstream drug files.

What is read: the drug table of CPIC and ClinPGx, the products of the FDA labels, the table of CYP modulators with the
sources that agree and disagree, the Flockhart table of 2009, and ``interactions_sourced.tsv`` beside this file: what
was looked up in labels and guidelines by hand, one statement of one source a line. The published table of brand names
is not used: it was matched by name, so that ``escitalopram``'s brand stands under ``citalopram`` and combinations under
each of their parts. Brands are taken from the labels, whose ingredients are stated.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rxweave.errors import InputError
from rxweave.knowledge.drugs import DRUG_COLUMNS, INTERACTION_COLUMNS, SALT_WORDS, UNVERIFIED, DrugKind, Role

CPIC = "CPIC+ClinPGx"
LABELS = "FDA labels"
FLOCKHART = "Flockhart 2009"
NAMES = "INN/USAN"
COMMON = "common names"
#: Marks, on the page of what was not checked, a drug that Flockhart 2009 lists without a strength.
FLAG = "°"

#: Words of a brand that tell how it is released or given, not which product it is.
_FORM_WORDS = re.compile(r"\s*\b(ER|XR|SR|XL|ODT|(delayed|extended)[- ]release)$|-\d+$|\s*\(.*\)$", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*;\s*|\s*,\s+and\s+|\s*,\s+|\s+and\s+|\s*/\s*", re.IGNORECASE)


@dataclass
class _Row:
    """One line of ``drugs.tsv`` while it is put together."""

    kind: DrugKind
    rxcui: str = ""
    atc: tuple[str, ...] = ()
    drugbank_id: str = ""
    clinpgx_id: str = ""
    synonyms: set[str] = field(default_factory=set)
    brands: dict[str, str] = field(default_factory=dict)  # lower case -> as printed
    ingredients: tuple[str, ...] = ()
    sources: set[str] = field(default_factory=set)


@dataclass
class _Statement:
    """What named sources, and the unverified list, say of one drug and enzyme."""

    by_strength: dict[str, list[str]] = field(default_factory=dict)
    unverified: str = ""

    def add(self, strength: str, source: str) -> None:
        sources = self.by_strength.setdefault(strength, [])
        if source not in sources:
            sources.append(source)


def build_drugs(sources: Path, out: Path) -> str:
    """Write ``drugs.tsv`` and ``interactions.tsv`` into the release folder ``out``.

    Returns the text of the page that lists the interactions left out because no named source backs them, for
    ``docs/interactions-unchecked.md``. Raises InputError naming file and column when an upstream file is not as
    expected.
    """
    names = tomllib.loads((Path(__file__).parent / "drug_names.toml").read_text(encoding="utf-8"))
    synonyms: dict[str, list[str]] = names["synonyms"]
    rows = _cpic_rows(sources)
    preferred = {other: name for name, others in synonyms.items() for other in others}
    _add_label_products(sources, rows, preferred)
    statements, substrates, unchecked = _read_interactions(sources, names["flockhart_names"], preferred)
    for drug, _, _ in (*statements, *substrates):
        rows.setdefault(drug, _Row(DrugKind.SUBSTANCE)).sources.add("interactions")
    for name, others in synonyms.items():
        if name in rows:
            rows[name].synonyms.update(other for other in others if other not in rows)
            rows[name].sources.add(NAMES)
    for name, brands in (*names["medicines"].items(), *names["brands"].items()):
        row = rows.setdefault(name, _Row(DrugKind.INGREDIENT))
        row.brands.update({b.lower(): b for b in brands if b != b.lower()})
        row.synonyms.update(b for b in brands if b == b.lower())
        row.sources.add(COMMON)
    _write_drugs(out / "drugs.tsv", rows)
    unsourced = _write_interactions(out / "interactions.tsv", statements, substrates)
    sourced = {(d, gene, role.value) for (d, gene, role) in statements} - {row[:3] for row in unsourced}
    return _unchecked_page([row for row in (*unsourced, *unchecked) if row[:3] not in sourced])


def _cpic_rows(sources: Path) -> dict[str, _Row]:
    """Ingredients, groups and combinations of the CPIC and ClinPGx drug table."""
    rows: dict[str, _Row] = {}
    combinations: list[str] = []
    for cells in _table(sources / "drugs" / "drugs.tsv", ("drug", "rxcui", "atc", "drugbank_id", "clinpgx_id")):
        name = cells["drug"].strip().lower()
        rxcui, drugbank_id = (_known(cells[column]) for column in ("rxcui", "drugbank_id"))
        atc = tuple(sorted({code.strip() for code in _known(cells["atc"]).split(",") if code.strip()}))
        # ATC codes of substances have seven characters, those of groups fewer.
        is_group = not rxcui and bool(atc) and all(len(code) < 7 for code in atc)
        kind = DrugKind.GROUP if is_group else DrugKind.INGREDIENT
        if "/" in name or (" and " in name and not is_group):
            combinations.append(name)
            kind = DrugKind.COMBINATION
        elif not (rxcui or atc or drugbank_id) and ("therapy" in name or ", " in name):
            kind = DrugKind.OTHER
        rows[name] = _Row(kind, rxcui, atc, drugbank_id, cells["clinpgx_id"].strip(), sources={CPIC})
    for name in combinations:
        rows[name].ingredients = tuple(_ingredient(part, rows) for part in _SEPARATOR.split(name))
        _add_ingredients(rows[name].ingredients, rows, CPIC)
    return rows


def _add_label_products(sources: Path, rows: dict[str, _Row], preferred: dict[str, str]) -> None:
    """Brands and salts of the labels; ingredients and combinations that the drug table lacks."""
    combination_of = {frozenset(row.ingredients): name for name, row in rows.items() if row.ingredients}
    for cells in _table(sources / "drugs" / "fda_label_products.tsv", ("generic_name", "brand_name", "substance")):
        generic, brand = cells["generic_name"].strip().lower(), cells["brand_name"].strip()
        stated = cells["substance"].strip().lower() or generic
        parts = _SEPARATOR.split(stated)
        if len(parts) == 1:
            named = _ingredient(generic, rows)
            name = named if named in rows else _ingredient(parts[0], rows)
            name = preferred.get(name, name)
            _add_ingredients((name,), rows, LABELS)
            rows[name].synonyms.update(text for text in (parts[0], generic) if name in text and text != name)
            rows[name].synonyms.update(parts[:1] if parts[0] != name else ())
        else:
            ingredients = tuple(preferred.get(part, part) for part in (_ingredient(part, rows) for part in parts))
            _add_ingredients(ingredients, rows, LABELS)
            name = combination_of.get(frozenset(ingredients), " / ".join(sorted(ingredients)))
            row = rows.setdefault(name, _Row(DrugKind.COMBINATION))
            row.ingredients = row.ingredients or ingredients
            row.sources.add(LABELS)
            combination_of[frozenset(ingredients)] = name
            if brand.lower() in rows and brand.lower() != name:
                # The drug table lists this brand as if it were a drug: it is the combination that the label states.
                old = rows.pop(brand.lower())
                row.clinpgx_id, row.sources = old.clinpgx_id, row.sources | old.sources
        for printed in _brand_names(brand, rows[name].ingredients or (name,), generic):
            rows[name].brands.setdefault(printed.lower(), printed)


def _ingredient(text: str, rows: dict[str, _Row]) -> str:
    """``text`` without its salt: the name as the drug table has it, else what is left of it."""
    text = text.strip().lower()
    if text in rows:
        return text
    words = text.split()
    while words and words[-1] in SALT_WORDS:
        words.pop()
        if " ".join(words) in rows:
            break
    # "sodium chloride" is all salt: it is its own ingredient.
    return " ".join(words) or text


def _add_ingredients(names: Iterable[str], rows: dict[str, _Row], source: str) -> None:
    for name in names:
        rows.setdefault(name, _Row(DrugKind.INGREDIENT)).sources.add(source)


def _brand_names(brand: str, ingredients: tuple[str, ...], generic: str) -> list[str]:
    """The brand, and the brand without its release form; none where it only repeats what the product holds."""
    lowered = brand.lower()
    repeats_generic = lowered == generic and not brand.isupper()
    if repeats_generic or any(name in lowered for name in ingredients if "(" not in brand):
        return []
    found: list[str] = []
    text = re.sub(r"\s*\(.*\)$", "", brand)
    while text and text.lower() not in {f.lower() for f in found}:
        if text.lower() not in ingredients:
            found.append(" ".join(w.capitalize() if w.isupper() and len(w) > 3 else w for w in text.split()))
        text = _FORM_WORDS.sub("", text).strip()
    return found


_Key = tuple[str, str, Role]


def _read_interactions(
    sources: Path, flockhart_names: dict[str, str], preferred: dict[str, str]
) -> tuple[dict[_Key, _Statement], dict[_Key, str], list[tuple[str, str, str, str]]]:
    """Statements on modulators, substrates with their source, and what has a name and no strength or source."""
    statements: dict[_Key, _Statement] = {}
    columns = ("substance", "enzyme", "role", "strength", "agreeing_sources", "disagreeing_sources")
    for cells in _table(sources / "interactions" / "cyp_modulators_fda_style.tsv", columns):
        drug = _interacting_name(cells["substance"], flockhart_names, preferred)
        if not drug or "/" in drug:
            continue
        statement = statements.setdefault((drug, cells["enzyme"], Role(cells["role"])), _Statement())
        statement.unverified = cells["strength"]
        for text in (cells["agreeing_sources"], cells["disagreeing_sources"]):
            for source, strength in re.findall(r"\s*([^;]+?)\s*\(([^()]*)\)", text):
                statement.add(strength.lower(), source)
    substrates: dict[_Key, str] = {}
    unclassified: list[tuple[str, str, str, str]] = []
    for cells in _table(sources / "interactions" / "flockhart_table_2009.tsv", columns[:4]):
        drug = _interacting_name(cells["substance"], flockhart_names, preferred)
        if not drug:
            continue
        # The page groups CYP3A4, 3A5 and 3A7; its facts are kept under the enzyme that carries most of it.
        gene = cells["enzyme"].split("/")[0]
        key = (drug, gene, Role(cells["role"]))
        if key[2] is Role.SUBSTRATE:
            substrates[key] = FLOCKHART
        elif cells["strength"] == "unclassified":
            unclassified.append((drug, gene, cells["role"], f"{FLOCKHART}, without strength"))
        else:
            statements.setdefault(key, _Statement()).add(cells["strength"], FLOCKHART)
    by_hand = _table(Path(__file__).parent / "interactions_sourced.tsv", ("drug", "gene", "role", "strength", "source"))
    for cells in by_hand:
        key = (cells["drug"], cells["gene"], Role(cells["role"]))
        statements.setdefault(key, _Statement()).add(cells["strength"], cells["source"])
    return statements, substrates, unclassified


def _interacting_name(text: str, flockhart_names: dict[str, str], preferred: dict[str, str]) -> str:
    """The drug that an interaction table means, empty for reactions, enantiomers and what is no medicine."""
    text = flockhart_names.get(text.strip(), text.strip())
    if re.search(r"[→()]|^NOT\b|^[RS]-|^\(", text):
        return ""
    text = text.lower()
    return preferred.get(text, text)


def _write_drugs(path: Path, rows: dict[str, _Row]) -> None:
    substances = {name: row.atc for name, row in rows.items() if row.kind is DrugKind.INGREDIENT}
    known = set(rows)
    brands_of: dict[str, list[str]] = {}
    for name, row in rows.items():
        for brand in row.brands:
            brands_of.setdefault(brand, []).append(name)
    lines = []
    for name in sorted(rows):
        row = rows[name]
        members = [
            other
            for other, codes in substances.items()
            if row.kind is DrugKind.GROUP and any(code.startswith(row.atc) for code in codes)
        ]
        lines.append(
            {
                "drug": name,
                "kind": row.kind.value,
                "rxcui": row.rxcui,
                "atc": ";".join(row.atc),
                "synonyms": ";".join(sorted(row.synonyms - known)),
                "brands": ";".join(sorted((b for k, b in row.brands.items() if k not in known), key=str.lower)),
                "ingredients": ";".join(row.ingredients),
                "members": ";".join(sorted(members)),
                "drugbank_id": row.drugbank_id,
                "clinpgx_id": row.clinpgx_id,
                "sources": ";".join(sorted(row.sources)),
            }
        )
    _write_table(path, DRUG_COLUMNS, lines)


def _write_interactions(
    path: Path, statements: dict[_Key, _Statement], substrates: dict[_Key, str]
) -> list[tuple[str, str, str, str]]:
    """Write what a named source backs; return what none does."""
    lines: list[dict[str, str]] = []
    unchecked = []
    for (drug, gene, role), statement in statements.items():
        single = {strength: said for strength, said in statement.by_strength.items() if strength in _STRENGTHS}
        if not single:
            unchecked.append((drug, gene, role.value, f"{statement.unverified}, no named source"))
            continue
        # Several strengths: at least the weakest is what every named source grants; the others stand beside it.
        chosen = max(single, key=_STRENGTHS.index)
        conflicts = [
            f"{source} ({strength})"
            for strength, said in statement.by_strength.items()
            for source in said
            if strength != chosen
        ]
        if statement.unverified not in ("", chosen):
            conflicts.append(f"{UNVERIFIED} ({statement.unverified})")
        lines.append(_interaction(drug, gene, role, chosen, single[chosen], conflicts))
    lines += [_interaction(*key, "", [source], []) for key, source in substrates.items()]
    lines.sort(key=lambda line: (line["drug"], line["gene"], line["role"]))
    _write_table(path, INTERACTION_COLUMNS, lines)
    return unchecked


_STRENGTHS = ("strong", "moderate", "weak")


def _interaction(
    drug: str, gene: str, role: Role, strength: str, sources: list[str], conflicts: list[str]
) -> dict[str, str]:
    cells = (drug, gene, role.value, strength, ";".join(sources), ";".join(conflicts))
    return dict(zip(INTERACTION_COLUMNS, cells, strict=True))


def _unchecked_page(unchecked: list[tuple[str, str, str, str]]) -> str:
    """A compact list, one line per enzyme and role."""
    by_enzyme: dict[tuple[str, str], dict[str, str]] = {}
    for drug, gene, role, why in sorted(set(unchecked)):
        drugs = by_enzyme.setdefault((gene, role), {})
        drugs[drug] = f"{drugs[drug]}; {why}" if drug in drugs else why
    lines = [
        "# Interactions that were not checked",
        "",
        "`interactions.tsv` holds what a named source states with a strength. The rows below are named by a table",
        "of modulators without a source that agrees, or by the Flockhart page of 2009 without a strength",
        f"(marked {FLAG}).",
        "They are not in the release and nothing is computed from them: a drug that stands here is *not checked* for",
        "this enzyme, which is not the same as having no effect. Made with the release by `build_drugs`.",
        "",
    ]
    for (gene, role), drugs in sorted(by_enzyme.items()):
        listed = ", ".join(f"{drug} {FLAG}" if FLOCKHART in why else drug for drug, why in drugs.items())
        lines += [f"- **{gene} {role}**: {listed}"]
    return "\n".join(lines) + "\n"


def _known(cell: str) -> str:
    text = cell.strip()
    return "" if text in ("NA", "\\N") else text


def _table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines, delimiter="\t")
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    f"{path}:1: no column {', '.join(missing)}; found {', '.join(reader.fieldnames or ())}"
                )
            return [{name: value or "" for name, value in row.items() if name is not None} for row in reader]
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}): point --sources at the upstream folder"
        ) from error


def _write_table(path: Path, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    text = "".join("\t".join(cells) + "\n" for cells in (columns, *([row[c] for c in columns] for row in rows)))
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
