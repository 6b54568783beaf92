"""Allele functions and phenotype rules of a release, from the upstream tables in their real formats.

Two upstream sources are read. CPIC's database dump (``cpic-db/``: ``allele.tsv``, ``gene_result.tsv``,
``gene_result_lookup.tsv``) gives the functions and the rules of the genes that CPIC covers; PharmCAT's phenotype files
(``phenotypes/pharmcat-*/GENE.json``) give those of the others and the older function set. PharmCAT spells a phenotype
out for every diplotype; here the rule behind those rows is recovered, and a row that contradicts it stops the build.

Spelling differences between the sources are settled here, once: a tandem of star alleles that no definition holds is
written ``*36 + *10``, and the function terms keep the letter case of the rules that use them.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from rxweave.errors import BrokenRelease

#: The dated function sets of a release: the one it uses, and the one kept to replay older results.
CURRENT_SET = "2026-02"
OLDER_SET = "2025-11"

COLUMNS = ("allele", "function", "activity_value", "strength", "pmids")

_Key = TypeVar("_Key", str, tuple[str, str])

_NULL = {"", "\\N", "n/a", "N/A", None}
_TANDEM = re.compile(r"(?<=\S)\+(?=\*)")
_OLDER_FOLDER = "pharmcat-3.1.1"

#: Words of the field that order phenotypes from least to most activity; a phenotype without one keeps upstream's order.
_CLINICAL_ORDER = (
    "malignant hyperthermia",
    "increased risk",
    "deficient with",
    "deficient",
    "variable",
    "poor",
    "likely poor",
    "intermediate",
    "likely intermediate",
    "possible intermediate",
    "decreased",
    "possible decreased",
    "normal",
    "rapid",
    "increased",
    "ultrarapid",
    "indeterminate",
)


class FunctionRow(NamedTuple):
    """One line of ``functions.tsv``; ``pmids`` are joined with ``;``."""

    allele: str
    function: str
    activity_value: str = ""
    strength: str = ""
    pmids: str = ""


def write_functions(symbol: str, sources: Path, folder: Path) -> None:
    """Write ``functions.tsv``, and ``functions-2025-11.tsv`` where that set differs, into the gene's ``folder``.

    A gene without any known function gets a file with the header only.
    """
    current, older = current_functions(symbol, sources), older_functions(symbol, sources)
    _write_table(folder / "functions.tsv", current)
    older_path = folder / f"functions-{OLDER_SET}.tsv"
    if {(r.allele, r.function, r.activity_value) for r in older} != {
        (r.allele, r.function, r.activity_value) for r in current
    }:
        _write_table(older_path, older)
    else:
        older_path.unlink(missing_ok=True)


def current_functions(symbol: str, sources: Path) -> tuple[FunctionRow, ...]:
    """CPIC's functions, else PharmCAT's. An allele that only the older set and the definitions know keeps its function.

    The last happens when CPIC turns an allele into a suballele after the definitions were dated (NUDT15*2 in 2026-01).
    """
    older = older_functions(symbol, sources)
    cpic = _cpic_functions(symbol, sources)
    if not cpic:
        return older
    known = {row.allele for row in cpic}
    defined = _defined_alleles(symbol, sources)
    return cpic + tuple(r for r in older if r.allele not in known and r.allele in defined)


def older_functions(symbol: str, sources: Path) -> tuple[FunctionRow, ...]:
    """PharmCAT 3.1.1's functions; CPIC's for the genes that its snapshot lacks."""
    upstream = _pharmcat(symbol, sources)
    if upstream is None:
        return _cpic_functions(symbol, sources)
    evidence = {row.allele: row for row in _cpic_functions(symbol, sources)}
    terms = _rule_terms(symbol, sources)
    rows = []
    for allele in upstream["namedAlleles"]:
        if allele["functionValue"] in _NULL:
            continue
        name, function = _spell(allele["name"], symbol, sources), _settle(allele["functionValue"], terms)
        value = "" if allele["activityValue"] is None else str(allele["activityValue"])
        same = evidence.get(name)
        cited = same is not None and (same.function, same.activity_value) == (function, value)
        strength, pmids = (same.strength, same.pmids) if same is not None and cited else ("", "")
        rows.append(FunctionRow(name, function, value, strength, pmids))
    return tuple(rows)


def phenotype_section(symbol: str, sources: Path) -> str:
    """The TOML text of a gene's ``[phenotype]``: names, and the rules by pair, single allele or activity score."""
    pairs, single, points = _rules(symbol, sources)
    bands = _bands(symbol, points)
    names = _names(symbol, sources, pairs, single, bands)
    otherwise = "Indeterminate" if bands or "Indeterminate" in names else "n/a"
    lines = ["[phenotype]", f"otherwise = {_quoted(otherwise)}", f"names = [{', '.join(map(_quoted, names))}]"]
    if not bands:
        for (first, second), phenotype in sorted(pairs.items()):
            lines += [
                "",
                "[[phenotype.pair]]",
                f"functions = [{_quoted(first)}, {_quoted(second)}]",
                f"phenotype = {_quoted(phenotype)}",
            ]
    for function, phenotype in sorted(single.items()):
        lines += ["", "[[phenotype.single]]", f"function = {_quoted(function)}", f"phenotype = {_quoted(phenotype)}"]
    for band in bands:
        lines += ["", "[[phenotype.band]]"]
        for key in ("low", "high"):
            lines.append(f"{key} = {_quoted(band[key])}")
        for key in ("includes_low", "includes_high"):
            lines.append(f"{key} = {str(band[key]).lower()}")
        lines.append(f"phenotype = {_quoted(band['phenotype'])}")
    return "\n".join(lines) + "\n"


def _rules(
    symbol: str, sources: Path
) -> tuple[dict[tuple[str, str], str], dict[str, str], tuple[tuple[str, str], ...]]:
    """Pairs of functions, single functions, and (activity score, phenotype) points of a gene."""
    if any(row["genesymbol"] == symbol for row in _table("gene_result", sources)):
        return _cpic_rules(symbol, sources)
    return (*_recovered_rules(symbol, sources), ())


def _cpic_rules(
    symbol: str, sources: Path
) -> tuple[dict[tuple[str, str], str], dict[str, str], tuple[tuple[str, str], ...]]:
    pairs: dict[tuple[str, str], str] = {}
    single: dict[str, str] = {}
    points: set[tuple[str, str]] = set()
    results = {row["id"]: row["result"] for row in _table("gene_result", sources) if row["genesymbol"] == symbol}
    for row in _table("gene_result_lookup", sources):
        phenotype = results.get(row["phenotypeid"])
        if phenotype is None or row["function1"] in _NULL:
            continue
        if row["totalactivityscore"] not in _NULL:
            points.add((row["totalactivityscore"], phenotype))
        elif row["function2"] in _NULL:
            _state(single, row["function1"], phenotype, symbol)
        else:
            first, second = sorted((row["function1"], row["function2"]))
            _state(pairs, (first, second), phenotype, symbol)
    return pairs, single, tuple(sorted(points))


def _recovered_rules(symbol: str, sources: Path) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """The function rules behind PharmCAT's spelled-out rows (CYP3A4, VKORC1: CPIC has no lookup for them)."""
    pairs: dict[tuple[str, str], str] = {}
    single: dict[str, str] = {}
    upstream = _pharmcat(symbol, sources)
    if upstream is None:
        return pairs, single
    for row in upstream["diplotypes"]:
        functions = [upstream["haplotypes"][name] for name, n in row["diplotypekey"].items() for _ in range(n)]
        if len(functions) == 1:
            _state(single, functions[0], row["phenotype"], symbol)
        else:
            first, second = sorted(functions)
            _state(pairs, (first, second), row["phenotype"], symbol)
    return pairs, single


def _state(rules: dict[_Key, str], key: _Key, phenotype: str, symbol: str) -> None:
    if rules.setdefault(key, phenotype) != phenotype:
        raise BrokenRelease(
            f"{symbol}: {key!r} gives both {rules[key]!r} and {phenotype!r} upstream. "
            "A function rule cannot hold both: correct the source, or add an erratum."
        )


def _bands(symbol: str, points: tuple[tuple[str, str], ...]) -> tuple[dict[str, Any], ...]:
    """Score bands: the published ranges where there are some, else the span of each phenotype's scores."""
    exact = sorted((Decimal(score.lstrip("≥")), phenotype) for score, phenotype in points)
    published = tomllib.loads(Path(__file__).with_name("score_bands.toml").read_text(encoding="utf-8")).get(symbol)
    bands: list[dict[str, Any]]
    if published is not None:
        bands = published["bands"]
    else:
        spans: dict[str, list[Decimal]] = {}
        for score, phenotype in exact:
            spans.setdefault(phenotype, []).append(score)
        bands = [
            {"low": str(min(s)), "high": str(max(s)), "includes_low": True, "includes_high": True, "phenotype": p}
            for p, s in spans.items()
        ]
    for score, phenotype in exact:
        found = [band["phenotype"] for band in bands if _holds(band, score)]
        if found != [phenotype]:
            raise BrokenRelease(
                f"{symbol}: activity score {score} is {phenotype!r} upstream and {found} by the bands of the release. "
                "Correct score_bands.toml or the source."
            )
    return tuple(bands)


def _holds(band: Mapping[str, Any], score: Decimal) -> bool:
    low, high = Decimal(band["low"]), Decimal(band["high"])
    return (low < score < high) or (band["includes_low"] and score == low) or (band["includes_high"] and score == high)


def _names(
    symbol: str,
    sources: Path,
    pairs: Mapping[tuple[str, str], str],
    single: Mapping[str, str],
    bands: Iterable[Mapping[str, Any]],
) -> list[str]:
    """Every phenotype the gene can have, each once, from least to most activity where the field orders them."""
    upstream = [row["result"] for row in _table("gene_result", sources) if row["genesymbol"] == symbol]
    found = [*upstream, *pairs.values(), *single.values(), *(band["phenotype"] for band in bands)]
    if bands:
        found.append("Indeterminate")

    def place(name: str) -> tuple[int, str]:
        words = name.lower()
        ranks = [i for i, word in enumerate(_CLINICAL_ORDER) if words.startswith(word)]
        return (max(ranks, key=lambda i: len(_CLINICAL_ORDER[i])) if ranks else len(_CLINICAL_ORDER), name)

    return sorted(set(found), key=place)


@cache
def _cpic_functions(symbol: str, sources: Path) -> tuple[FunctionRow, ...]:
    """CPIC's functions, sorted as the field lists alleles; alleles to which CPIC assigns no function are left out."""
    terms, has_scores = _rule_terms(symbol, sources), bool(_rules(symbol, sources)[2])
    rows = []
    for row in _table("allele", sources):
        if row["genesymbol"] != symbol or row["clinicalfunctionalstatus"] in _NULL:
            continue
        strength = "" if row["strength"] in _NULL else row["strength"].strip().capitalize()
        rows.append(
            FunctionRow(
                allele=_spell(row["name"], symbol, sources),
                function=_settle(row["clinicalfunctionalstatus"], terms),
                activity_value=row["activityvalue"] if has_scores else "",
                strength=_STRENGTHS.get(strength, strength),
                pmids=";".join(sorted(re.findall(r"\d+", row["citations"]), key=int)),
            )
        )
    return tuple(sorted(rows, key=lambda row: _listing_key(row.allele)))


#: One word for each grade of evidence, however upstream spelled it.
_STRENGTHS = {
    "Definitve": "Definitive",
    "Inadequate evidence": "Inadequate",
    "No evidence": "None",
}


def _listing_key(name: str) -> tuple[int, tuple[tuple[int, int, str], ...]]:
    """Reference-like names first, then numbers by value: ``*2`` before ``*10``, ``c.85`` before ``c.1129``."""
    parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.findall(r"\d+|\D+", name))
    return (0 if "reference" in name.lower() else 1, parts)


def _rule_terms(symbol: str, sources: Path) -> dict[str, str]:
    """Case-folded function term -> the spelling that the gene's rules use."""
    pairs, single, _ = _rules(symbol, sources)
    terms = {term for pair in pairs for term in pair} | set(single)
    return {term.casefold(): term for term in terms}


def _settle(function: str, terms: Mapping[str, str]) -> str:
    return terms.get(function.casefold(), function)


def _spell(name: str, symbol: str, sources: Path) -> str:
    """The release's spelling of an allele: the definitions' where they hold it, else tandems as ``*36 + *10``."""
    return name if name in _defined_alleles(symbol, sources) else _TANDEM.sub(" + ", name)


@cache
def _defined_alleles(symbol: str, sources: Path) -> frozenset[str]:
    path = sources / "alleles" / f"{symbol}_translation.json"
    if not path.exists():
        return frozenset()
    return frozenset(a["name"] for a in json.loads(path.read_text(encoding="utf-8"))["namedAlleles"])


@cache
def _pharmcat(symbol: str, sources: Path) -> dict[str, Any] | None:
    path = sources / "phenotypes" / _OLDER_FOLDER / f"{symbol.replace('-', '_')}.json"
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@cache
def _table(name: str, sources: Path) -> tuple[dict[str, str], ...]:
    """Rows of one tab-separated dump of CPIC's database; ``\\N`` is its null."""
    csv.field_size_limit(10**9)
    with (sources / "cpic-db" / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines, delimiter="\t"))


def _write_table(path: Path, rows: Iterable[FunctionRow]) -> None:
    lines = ["\t".join(columns) for columns in (COLUMNS, *rows)]
    draft = path.with_name(path.name + ".new")
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft.replace(path)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
