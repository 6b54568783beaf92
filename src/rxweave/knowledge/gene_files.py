"""Reading one gene's folder of a release, ``genes/<SYMBOL>/``: the columns are defined in docs/knowledge-format.md.

Every reader raises BrokenRule (a BrokenRelease) naming the rule, the file and line, what was found and what was
expected. Writers live with the build; what they write, these readers read back unchanged.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from rxweave.knowledge.findings import BrokenRule
from rxweave.knowledge.genes import (
    AlleleFunction,
    CallingMethod,
    CallingRules,
    Caveat,
    FallbackSite,
    Gene,
    Lookup,
    NamedAllele,
    PhenotypeRules,
    ProxySites,
    ScoreBand,
    Tissue,
    UnphasedPriority,
    Variant,
)

VARIANT_COLUMNS = ("pos_grch38", "pos_grch37", "grch37_from", "ref_grch37", "ref", "alts", "rsid", "hgvs", "amp_tier1")
ALLELE_COLUMNS = ("allele", "status", "sites", "definition", "core", "upstream_id")
FUNCTION_COLUMNS = ("allele", "function", "activity_value", "strength", "pmids")

#: How a GRCh37 position is known.
GRCH37_FROM = ("published", "inferred", "")
#: What the release holds of an allele: ``defined`` ones are matched; ``core_only`` names stand for their suballeles;
#: ``known_only`` ones have a function and no definition here.
ALLELE_STATUSES = ("reference", "defined", "core_only", "known_only")

_BASES = re.compile(r"[ACGT]+")
_DATED_SET = re.compile(r"functions-(\d{4}-\d{2})\.tsv")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: where it stands and its cells by column."""

    place: str  # "genes/TPMT/alleles.tsv:12"
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def read_table(path: Path, columns: Sequence[str] | None, place: str) -> Iterator[Row]:
    """Rows of a tab-separated table with a header line; ``columns`` is what the header must be (None: anything).

    Raises BrokenRelease for another header, a line of another width, or text that is not UTF-8.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise BrokenRule("file-present", place, "the file is missing") from None
    except UnicodeDecodeError as error:
        raise BrokenRule("table-shape", place, f"byte {error.start} is not UTF-8 text") from None
    header = tuple(lines[0].split("\t"))
    if columns is not None and header != tuple(columns):
        raise BrokenRule("table-shape", f"{place}:1", f"the header is {list(header)}, expected {list(columns)}")
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            raise BrokenRule(
                "table-shape", f"{place}:{number}", f"{len(cells)} cells, expected {len(header)} ({', '.join(header)})"
            )
        yield Row(f"{place}:{number}", dict(zip(header, cells, strict=True)))


def read_toml(path: Path, place: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BrokenRule("file-present", place, "the file is missing") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise BrokenRule("toml-valid", f"{place}:{line[1]}" if line else place, str(error)) from None


def read_gene(folder: Path, default_functions: str = "current") -> Gene:
    """The gene described by ``folder``; ``functions.tsv`` is stored as the function set ``default_functions``.

    Genes without definitions (HLA-A) have no ``variants.tsv``; genes without published frequencies have no rows in
    ``frequencies.tsv``. Raises BrokenRelease.
    """
    place = f"genes/{folder.name}"
    head_place = f"{place}/gene.toml"
    head = read_toml(folder / "gene.toml", head_place)
    try:
        calling = _calling_rules(head["calling"])
        rules = _phenotype_rules(head.get("phenotype", {}), head_place)
        variants = tuple(_variants(folder, place))
        alleles = tuple(_alleles(folder, place, variants))
        frequencies, by_subtraction = _frequencies(folder, place)
        return Gene(
            symbol=head["symbol"],
            name=head["name"],
            hgnc_id=head["hgnc_id"],
            chromosome=head["chromosome"],
            refseq=head["refseq"],
            lookup=Lookup(head["lookup"]),
            calling=calling,
            phenotype_rules=rules,
            variants=variants,
            alleles=alleles,
            function_sets=_function_sets(folder, place, default_functions),
            frequencies=frequencies,
            frequencies_by_subtraction=by_subtraction,
            caveats=tuple(_caveat(c) for c in head.get("caveat", ())),
            counted_with=dict(head.get("counted_with", {})),
            acts_in=Tissue(head.get("acts_in", "")),
        )
    except KeyError as error:
        raise BrokenRule("head-complete", head_place, f"the key {error.args[0]!r} is missing") from None
    except (ValueError, InvalidOperation, TypeError, AttributeError) as error:
        raise BrokenRule("head-complete", head_place, str(error)) from None


def _calling_rules(table: Mapping[str, Any]) -> CallingRules:
    proxy, fallback = table.get("proxy"), table.get("fallback")
    return CallingRules(
        method=CallingMethod(table["method"]),
        undocumented_as_reference=table["undocumented_as_reference"],
        is_research_grade=table["research_grade"],
        required_positions=tuple(table.get("required_positions", ())),
        ignored_alleles=tuple(table.get("ignored_alleles", ())),
        unphased_priorities=tuple(
            UnphasedPriority(tuple(p["among"]), p["pick"]) for p in table.get("unphased_priority", ())
        ),
        proxy=ProxySites(**proxy) if proxy else None,
        fallback=FallbackSite(fallback["pos_grch38"], fallback["rsid"], dict(fallback["allele_by_base"]))
        if fallback
        else None,
        extra_variants=tuple(
            Variant(
                pos_grch38=v["pos_grch38"],
                ref=v["ref"],
                alts=tuple(v["alts"]),
                hgvs=v["hgvs"],
                rsid=v["rsid"],
                pos_grch37=v.get("pos_grch37"),
                is_grch37_inferred=v.get("grch37_from") == "inferred",
            )
            for v in table.get("extra_variant", ())
        ),
        tested_alleles=tuple(table.get("tested_alleles", ())),
    )


def _phenotype_rules(table: Mapping[str, Any], place: str) -> PhenotypeRules:
    pairs: dict[tuple[str, str], str] = {}
    single: dict[str, str] = {}
    for entry in table.get("pair", ()):
        first, second = sorted(entry["functions"])
        if (first, second) in pairs:
            raise BrokenRule(
                "phenotype-rule-once", place, f"two phenotype rules for the functions {first!r} and {second!r}"
            )
        pairs[first, second] = entry["phenotype"]
    for entry in table.get("single", ()):
        if entry["function"] in single:
            raise BrokenRule(
                "phenotype-rule-once", place, f"two phenotype rules for the single function {entry['function']!r}"
            )
        single[entry["function"]] = entry["phenotype"]
    bands = tuple(
        ScoreBand(
            low=Decimal(b["low"]),
            high=Decimal(b["high"]) if b.get("high") else None,
            includes_low=b["includes_low"],
            includes_high=b["includes_high"],
            phenotype=b["phenotype"],
        )
        for b in table.get("band", ())
    )
    return PhenotypeRules(pairs, single, bands, table.get("otherwise", "Indeterminate"), tuple(table.get("names", ())))


def _caveat(table: Mapping[str, Any]) -> Caveat:
    return Caveat(
        code=table["code"],
        diplotypes=tuple(table.get("diplotypes", ())),
        alleles=tuple(table.get("alleles", ())),
        missing_rsids=tuple(table.get("missing_rsids", ())),
        drugs=tuple(table.get("drugs", ())),
        facts=dict(table.get("facts", {})),
    )


def _variants(folder: Path, place: str) -> Iterator[Variant]:
    path = folder / "variants.tsv"
    if not path.exists():
        return
    seen: dict[int, str] = {}
    last = 0
    for row in read_table(path, VARIANT_COLUMNS, f"{place}/variants.tsv"):
        ref, alts = row["ref"], tuple(row["alts"].split(","))
        for column, bases in (("ref", ref), ("ref_grch37", row["ref_grch37"] or ref), *(("alts", a) for a in alts)):
            if not _BASES.fullmatch(bases):
                raise BrokenRule("variant-bases", row.place, f"{column} {bases!r} is not a run of the bases A, C, G, T")
        if len(set(alts)) != len(alts) or ref in alts:
            raise BrokenRule("variant-bases", row.place, f"REF {ref} and ALTs {', '.join(alts)} must all differ")
        if row["grch37_from"] not in GRCH37_FROM or bool(row["grch37_from"]) != bool(row["pos_grch37"]):
            raise BrokenRule(
                "grch37-origin",
                row.place,
                f"grch37_from is {row['grch37_from']!r}; with a GRCh37 position it says 'published' or "
                "'inferred', without one it is empty",
            )
        pos = _integer(row, "pos_grch38")
        if pos in seen:
            raise BrokenRule("variant-order", row.place, f"position {pos} is listed twice, first at {seen[pos]}")
        if pos < last:
            raise BrokenRule("variant-order", row.place, f"position {pos} is out of order; positions ascend")
        seen[pos], last = row.place, pos
        yield Variant(
            pos_grch38=pos,
            ref=ref,
            alts=alts,
            hgvs=row["hgvs"],
            rsid=row["rsid"],
            pos_grch37=_integer(row, "pos_grch37") if row["pos_grch37"] else None,
            is_grch37_inferred=row["grch37_from"] == "inferred",
            ref_grch37=row["ref_grch37"],
            is_amp_tier1=_yes(row, "amp_tier1"),
        )


def _alleles(folder: Path, place: str, variants: Sequence[Variant]) -> Iterator[NamedAllele]:
    """Alleles with their cells as bit masks over ``Variant.alleles``; a site outside the definition is REF."""
    site_of = {v.pos_grch38: i for i, v in enumerate(variants)}
    codes_of = [{bases: 1 << code for code, bases in enumerate(v.alleles)} for v in variants]
    seen: dict[str, str] = {}
    for row in read_table(folder / "alleles.tsv", ALLELE_COLUMNS, f"{place}/alleles.tsv"):
        name, status = row["allele"], row["status"]
        if name in seen:
            raise BrokenRule("allele-once", row.place, f"allele {name!r} is listed twice, first at {seen[name]}")
        seen[name] = row.place
        if status not in ALLELE_STATUSES:
            raise BrokenRule("allele-status", row.place, f"status {status!r} is none of {', '.join(ALLELE_STATUSES)}")
        if row["sites"] not in ("", "listed", "all"):
            raise BrokenRule(
                "allele-status", row.place, f"sites is {row['sites']!r}, expected 'listed', 'all' or nothing"
            )
        masks = dict.fromkeys(range(len(variants)), 1) if row["sites"] == "all" else {}
        for cell in row["definition"].split():
            position, _, bases = cell.partition(":")
            site = site_of.get(int(position)) if position.isdigit() else None
            if site is None:
                raise BrokenRule(
                    "allele-cells", row.place, f"{name} uses position {position}, which variants.tsv does not list"
                )
            mask = 0
            for base in bases.split("|"):
                if base not in codes_of[site]:
                    raise BrokenRule(
                        "allele-cells",
                        row.place,
                        f"{name} has {base!r} at {position}, where variants.tsv knows {', '.join(codes_of[site])}",
                    )
                mask |= codes_of[site][base]
            masks[site] = mask
        yield NamedAllele(
            name=name,
            cells=tuple(sorted(masks.items())),
            is_reference=status == "reference",
            core=row["core"],
            is_callable=bool(variants) and status in ("reference", "defined"),
            upstream_id=row["upstream_id"],
        )


def _function_sets(folder: Path, place: str, default: str) -> dict[str, dict[str, AlleleFunction]]:
    sets: dict[str, dict[str, AlleleFunction]] = {}
    for path in sorted(folder.glob("functions*.tsv")):
        dated = _DATED_SET.fullmatch(path.name)
        if path.name != "functions.tsv" and not dated:
            raise BrokenRule(
                "function-set-name", f"{place}/{path.name}", "a function set is named functions-YYYY-MM.tsv"
            )
        functions: dict[str, AlleleFunction] = {}
        for row in read_table(path, FUNCTION_COLUMNS, f"{place}/{path.name}"):
            if row["allele"] in functions:
                raise BrokenRule("function-once", row.place, f"allele {row['allele']!r} has two functions")
            functions[row["allele"]] = AlleleFunction(
                allele=row["allele"],
                function=row["function"],
                activity_value=row["activity_value"],
                strength=row["strength"],
                pmids=tuple(p.strip() for p in row["pmids"].replace(";", ",").split(",") if p.strip()),
            )
        sets[dated[1] if dated else default] = functions
    return sets


def _frequencies(folder: Path, place: str) -> tuple[dict[str, dict[str, float]], dict[str, frozenset[str]]]:
    """Published frequencies by group and allele, and those of them that were reached by subtraction (``~``)."""
    path = folder / "frequencies.tsv"
    if not path.exists():
        return {}, {}
    frequencies: dict[str, dict[str, float]] = {}
    by_subtraction: dict[str, set[str]] = {}
    for row in read_table(path, None, f"{place}/frequencies.tsv"):
        allele = row.cells.get("allele")
        if not allele:
            raise BrokenRule("table-shape", row.place, "the first column is 'allele' and names one on every line")
        for group, cell in row.cells.items():
            if group == "allele" or not cell:
                continue
            try:
                frequency = float(cell.removeprefix("~"))
            except ValueError:
                raise BrokenRule(
                    "frequency-number", row.place, f"{group} of {allele} is {cell!r}, not a frequency"
                ) from None
            if allele in frequencies.setdefault(group, {}):
                raise BrokenRule("allele-once", row.place, f"allele {allele!r} is listed twice")
            frequencies[group][allele] = frequency
            if cell.startswith("~"):
                by_subtraction.setdefault(group, set()).add(allele)
    return frequencies, {group: frozenset(names) for group, names in by_subtraction.items()}


def _integer(row: Row, column: str) -> int:
    if not row[column].isdigit():
        raise BrokenRule("variant-position", row.place, f"{column} is {row[column]!r}, expected a position")
    return int(row[column])


def _yes(row: Row, column: str) -> bool:
    if row[column] not in ("yes", ""):
        raise BrokenRule("table-shape", row.place, f"{column} is {row[column]!r}, expected 'yes' or nothing")
    return row[column] == "yes"
