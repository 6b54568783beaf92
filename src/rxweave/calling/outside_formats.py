"""What other star-allele callers write, read as results: each format known by its content, never by the file's name.

Written to the formats of Aldy 4.8 (``.aldy`` table, ``.simple`` summary), Cyrius 1.1 (``.tsv``, ``.json``), StellarPGx
1.2 (``.alleles``), Stargazer 1.0 to 2.0 (``genotype-calls.tsv``), PyPGx 0.26 (``results.zip``, its ``data.tsv``) and
OptiType 1.3 (``_result.tsv``), as their public documentation and programs describe them. A tool's phenotype is carried
along to be compared with ours and is never used in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rxweave.calling.tandems import arrangements
from rxweave.errors import InputError


class ToolResult(NamedTuple):
    """One result that a tool reports for one gene of one person; several for one gene are possible results.

    ``line`` is 1-based, 0 where the file has no lines (an archive, JSON). ``sample`` is empty where the format names
    nobody, ``gene`` where it names no gene. ``diplotype`` is as the tool spells it, empty for no call. ``notes`` is
    what a reader must be told about this result. ``is_copy_number_assayed``: the tool looked at copies and hybrids.
    ``is_low_confidence``: the tool itself doubts the result. ``copies_note`` is for genes with copies and hybrids only.
    """

    line: int
    sample: str
    gene: str
    diplotype: str
    phenotype: str = ""
    activity_score: str = ""
    notes: tuple[str, ...] = ()
    is_copy_number_assayed: bool = False
    is_low_confidence: bool = False
    copies_note: str = ""


class BadLine(NamedTuple):
    line: int
    text: str


Found = ToolResult | BadLine


class ToolFormat(NamedTuple):
    """``recognises`` sees the lines of a file (at most the first twenty), ``reads`` all of them.

    ``names_samples``: every result of the tool says whose it is.
    """

    tool: str
    recognises: Callable[[Sequence[str]], bool]
    reads: Callable[[Sequence[str]], Iterator[Found]]
    names_samples: bool = True


_NOTHING = {"", ".", "-", "none", "nan", "na", "n/a", "no call", "no_call", "indeterminate", "./."}


def tool_format(lines: Sequence[str], symbols: frozenset[str]) -> ToolFormat | None:
    """The format of a text file, None for plain outside calls. ``symbols`` are the genes of the release, upper case."""
    head = lines[:20]
    for known in FORMATS:
        if known.recognises(head):
            return known
    if _is_aldy_summary(head, symbols):
        return ToolFormat("Aldy", lambda _: True, _aldy_summary)
    return None


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("\t")]


def _is_nothing(text: str) -> bool:
    return text.strip().casefold() in _NOTHING


def _said(text: str) -> str:
    """What a tool stated, empty where it is a sign for nothing."""
    return "" if text.strip().casefold() in ("", ".", "-", "none", "nan") else text.strip()


def _rows(lines: Sequence[str], header: int, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str] | BadLine]]:
    """Rows after the header at index ``header`` as column -> cell; one that ends before a needed column is bad."""
    names = [name.lstrip("#").strip() for name in lines[header].split("\t")]
    least = 1 + max(names.index(name) for name in needed)
    for number, line in enumerate(lines[header + 1 :], start=header + 2):
        if not line.strip() or line.startswith("#"):
            continue
        cells = _cells(line)
        if not least <= len(cells) <= len(names):
            yield number, BadLine(number, f"{len(cells)} columns found, expected {len(names)}: {', '.join(names)}.")
        else:
            yield number, dict(zip(names, cells, strict=False))


# Aldy


_ALDY_HEADER = ("#Sample", "Gene", "SolutionID", "Major")
_ALDY_STATED = re.compile(r"\b(cpic|cpic_score)=([^;\s]+)")
_ALDY_COPIES = (
    "Aldy counts copies from sequencing reads; run on a VCF or an exome it takes two copies for granted, and this file "
    "does not say how it was run."
)


def _is_aldy(lines: Sequence[str]) -> bool:
    return any(tuple(line.split("\t")[:4]) == _ALDY_HEADER for line in lines)


def _aldy(lines: Sequence[str]) -> Iterator[Found]:
    """One result a solution; a row is a variant of a copy, so the rows of a solution repeat its diplotype."""
    stated: Mapping[str, str] = {}
    opened: tuple[int, str] | None = None  # a solution without any row so far
    seen: set[tuple[str, str, str]] = set()
    for number, line in enumerate(lines, start=1):
        cells = _cells(line)
        if line.startswith("#"):
            if line.startswith("#Solution"):
                if opened:
                    yield _aldy_without_copies(opened)
                stated, opened = dict(_ALDY_STATED.findall(line)), (number, line)
            continue
        if not line.strip():
            continue
        opened = None
        if len(cells) < 4 or not cells[1]:
            yield BadLine(number, f"{len(cells)} columns found, expected {', '.join(_ALDY_HEADER)} and more.")
            continue
        sample, gene, solution, major = cells[:4]
        if (sample, gene, solution) not in seen:
            seen.add((sample, gene, solution))
            score = stated.get("cpic_score", "")
            yield ToolResult(
                number, sample, gene, major, stated.get("cpic", ""), score, (), True, copies_note=_ALDY_COPIES
            )
    if opened:
        yield _aldy_without_copies(opened)


def _aldy_without_copies(opened: tuple[int, str]) -> BadLine:
    return BadLine(
        opened[0],
        "this solution has no row, which is what Aldy writes when it finds no copy of the gene. State the result in "
        "a line of its own (gene, diplotype) if that is what its log says.",
    )


def _is_aldy_summary(lines: Sequence[str], symbols: frozenset[str]) -> bool:
    """Sample, gene, then pairs of major and minor diplotype, without a header."""
    rows = [_cells(line) for line in lines if line.strip() and not line.startswith("#")]
    return bool(rows) and all(
        len(row) >= 2 and row[1].upper() in symbols and row[0].upper() not in symbols for row in rows[:3]
    )


def _aldy_summary(lines: Sequence[str]) -> Iterator[Found]:
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        sample, *rest = _cells(line)
        if not rest:
            yield BadLine(number, "1 column found, expected sample, gene and diplotypes.")
            continue
        gene, *diplotypes = rest
        majors = [major for major in diplotypes[::2] if major]
        for major in dict.fromkeys(majors or [""]):
            yield ToolResult(number, sample, gene, major, is_copy_number_assayed=True, copies_note=_ALDY_COPIES)


# Cyrius (CYP2D6 only)


_CYRIUS_GENE = "CYP2D6"  # what the program was made for: its files name no gene
_CYRIUS_DOUBTS = {
    "More_than_one_possible_genotype": "Cyrius cannot tell these genotypes apart",
    "Not_assigned_to_haplotypes": "Cyrius could not assign the copies to chromosomes; every arrangement is listed",
    "LowQ_high_CN": "Cyrius calls so many copies with less confidence than usual",
}


def _is_cyrius(lines: Sequence[str]) -> bool:
    return bool(lines) and _cells(lines[0])[:3] == ["Sample", "Genotype", "Filter"]


def _cyrius(lines: Sequence[str]) -> Iterator[Found]:
    for number, row in _rows(lines, 0, ("Sample", "Genotype")):
        if isinstance(row, BadLine):
            yield row
        else:
            yield from _cyrius_results(number, row["Sample"], row["Genotype"], row.get("Filter", ""))


def _is_cyrius_json(lines: Sequence[str]) -> bool:
    first = next((line for line in lines if line.strip()), "").lstrip()
    return first.startswith("{")


def _cyrius_json(lines: Sequence[str]) -> Iterator[Found]:
    expected = "expected the JSON of Cyrius: sample -> {Genotype, Filter, ...}."
    try:
        samples = json.loads("\n".join(lines))
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is no JSON ({error}), {expected}") from None
    people = samples.items() if isinstance(samples, dict) else ()
    if not any(isinstance(fields, dict) and "Genotype" in fields for _, fields in people):
        raise InputError(f"no sample has a Genotype, {expected}")
    for sample, fields in people:
        genotype = fields.get("Genotype", 0) if isinstance(fields, dict) else 0
        filters = fields.get("Filter") if isinstance(fields, dict) else None
        if genotype is not None and not isinstance(genotype, str):
            yield BadLine(0, f"sample {sample!r} has no Genotype text, {expected}")
        else:
            yield from _cyrius_results(0, sample, genotype or "", filters if isinstance(filters, str) else "")


def _cyrius_results(line: int, sample: str, genotype: str, filters: str) -> Iterator[Found]:
    if _is_nothing(genotype):
        yield ToolResult(line, sample, _CYRIUS_GENE, "", is_copy_number_assayed=True)
        return
    doubt = f"{_CYRIUS_DOUBTS.get(filters, 'Cyrius does not pass this result')} (Filter {filters or 'None'})."
    for text in genotype.split(";"):
        unplaced = () if "/" in text else arrangements(text.strip())
        for diplotype in unplaced or (text.strip(),):
            yield ToolResult(
                line,
                sample,
                _CYRIUS_GENE,
                diplotype,
                notes=() if filters == "PASS" else (doubt,),
                is_copy_number_assayed=True,
                is_low_confidence=filters not in ("PASS", *list(_CYRIUS_DOUBTS)[:2]),
            )


# StellarPGx


_STELLAR_STATED = ("Metaboliser status:", "Activity score:")
_STELLAR_TITLE = re.compile(r"\s*(\S+) Star Allele Calling with StellarPGx")


def _is_stellar(lines: Sequence[str]) -> bool:
    return any(_STELLAR_TITLE.match(line) for line in lines)


def _stellar(lines: Sequence[str]) -> Iterator[Found]:
    """A report of sections: a heading that ends in a colon, its value on the next line that is not empty."""
    gene = sample = heading = ""
    values: dict[str, tuple[int, str]] = {}
    assayed = False
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        title = _STELLAR_TITLE.match(line)
        if title:
            gene = title[1]
        elif text.startswith("Sample ID:"):
            sample = text.partition(":")[2].strip()
        elif text.endswith(":"):
            heading = text
        elif text:
            # Genes that the tool reads without coverage (CYP2C9, for one) have no copy number in their report.
            assayed = assayed or "CN =" in text or text.startswith("Computed_copy_number")
            if heading:
                values.setdefault(heading, (number, text))
                heading = ""
    number, result = values.get("Result:", (len(lines), ""))
    if not result:
        yield BadLine(number, "the StellarPGx report has no Result: the run was cut short.")
        return
    phenotype, score = (_said(values[key][1]) if key in values else "" for key in _STELLAR_STATED)
    diplotypes, _, remark = result.partition("\t")
    if "*" not in diplotypes:
        notes = (f"StellarPGx gives no diplotype: {result}.",)
        yield ToolResult(number, sample, gene, "", notes=notes, is_copy_number_assayed=assayed)
        return
    added = (f"StellarPGx adds: {remark.strip()}.",) if remark.strip() else ()
    for text in re.split(r"\s+or\s+|;", diplotypes):
        one = text.strip(" []'")
        yield ToolResult(number, sample, gene, one, phenotype, score, added, assayed, bool(added))


# Stargazer


def _stargazer_header(lines: Sequence[str]) -> int | None:
    return next((i for i, line in enumerate(lines) if {"hap1_main", "hap2_main"} <= set(_cells(line))), None)


def _stargazer(lines: Sequence[str]) -> Iterator[Found]:
    header = _stargazer_header(lines)
    assert header is not None  # noqa: S101 - recognised by it
    for number, row in _rows(lines, header, ("hap1_main", "hap2_main")):
        if isinstance(row, BadLine):
            yield row
            continue
        pair = (row.get("hap1_main", ""), row.get("hap2_main", ""))
        sample = row.get("name") or row.get("Sample", "")
        # The fit of the copy-number profile: only there when read depth was given.
        assayed = not _is_nothing(row.get("ssr", ""))
        if row.get("status", "g") != "g" or any(map(_is_nothing, pair)):
            yield ToolResult(number, sample, row.get("gene", ""), "", is_copy_number_assayed=assayed)
            continue
        yield ToolResult(
            number,
            sample,
            row.get("gene", ""),
            "/".join(pair),
            _said(row.get("phenotype", "")),
            _said(row.get("dip_score", "")),
            is_copy_number_assayed=assayed,
        )


# PyPGx


_PYPGX_COLUMNS = {"Genotype", "Phenotype", "Haplotype1", "Haplotype2"}


def _is_pypgx(lines: Sequence[str]) -> bool:
    return bool(lines) and set(_cells(lines[0])) >= _PYPGX_COLUMNS


def _pypgx(lines: Sequence[str]) -> Iterator[Found]:
    """The sample is the unnamed first column; joined tables of several genes have a column for the gene."""
    for number, row in _rows(lines, 0, ("Genotype",)):
        if isinstance(row, BadLine):
            yield row
            continue
        gene = row.get("Gene") or row.get("Symbol", "")
        sample = row.get("") or row.get("Sample") or row.get("SampleName", "")
        assayed = not _is_nothing(row.get("CNV", ""))
        genotype = "" if _is_nothing(row["Genotype"]) else row["Genotype"]
        others = [name for name in row.get("AlternativePhase", "").split(";") if name.strip()]
        notes = (f"PyPGx: phased otherwise, {', '.join(others)} would be possible too.",) if others and genotype else ()
        phenotype = _said(row.get("Phenotype", "")) if genotype else ""
        yield ToolResult(number, sample, gene, genotype, phenotype, "", notes, assayed)


# OptiType (HLA class I)


_OPTITYPE_COLUMNS = ["A1", "A2", "B1", "B2", "C1", "C2", "Reads", "Objective"]


def _is_optitype(lines: Sequence[str]) -> bool:
    return bool(lines) and [cell for cell in _cells(lines[0]) if cell] == _OPTITYPE_COLUMNS


def _optitype(lines: Sequence[str]) -> Iterator[Found]:
    """The best solution, with any other of the same objective; less good ones (``--enumerate``) are named only."""
    rows: list[tuple[int, dict[str, str]]] = []
    for number, row in _rows(lines, 0, _OPTITYPE_COLUMNS):
        if isinstance(row, BadLine):
            yield row
        else:
            rows.append((number, row))
    if not rows:
        yield BadLine(1, "OptiType wrote no solution.")
        return
    best = rows[0][1].get("Objective", "")
    used = [(number, row) for number, row in rows if row.get("Objective", "") == best]
    left = len(rows) - len(used)
    notes = (f"OptiType lists {left} less likely typings too; the best one is used.",) if left else ()
    for number, row in used:
        for locus in "ABC":
            pair = (row.get(f"{locus}1", ""), row.get(f"{locus}2", ""))
            typed = "" if any(map(_is_nothing, pair)) else "/".join(pair)
            yield ToolResult(number, "", f"HLA-{locus}", typed, notes=notes)


FORMATS = (
    ToolFormat("Aldy", _is_aldy, _aldy),
    ToolFormat("Cyrius", _is_cyrius, _cyrius),
    ToolFormat("Cyrius", _is_cyrius_json, _cyrius_json),
    ToolFormat("StellarPGx", _is_stellar, _stellar, names_samples=False),
    ToolFormat("Stargazer", lambda lines: _stargazer_header(lines) is not None, _stargazer),
    ToolFormat("PyPGx", _is_pypgx, _pypgx),
    ToolFormat("OptiType", _is_optitype, _optitype, names_samples=False),
)
