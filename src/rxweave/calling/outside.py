"""Calls that come from elsewhere: a file of another tool's calls, or single results stated by a person.

A file has one result a line, tab-separated: gene, diplotype, phenotype, activity score; what is not known stays empty.
Lines that start with ``#`` and a header line are skipped, further columns are ignored. Several lines for one gene are
several possible results. A line that cannot be used is reported and skipped: the others still count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rxweave.calling.diplotype import Allele, CallSource, CallStatus, Candidate, DiplotypeCall, StatedResult
from rxweave.calling.genotypes import FileWarning
from rxweave.calling.names import diplotype_key
from rxweave.calling.stated_names import in_bin, in_bins, is_no_call, known_names, near, read_diplotype, read_phenotype
from rxweave.errors import InputError, UnknownName
from rxweave.knowledge.genes import Gene, Lookup

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge

COLUMNS = ("gene", "diplotype", "phenotype", "activity score")

_NO_SCORE = {"", "n/a", "na", "none", "."}
_SYMBOL = re.compile(r"[A-Za-z0-9-]+")
_MOST_BYTES = 50_000_000
_LONGEST_LINE = 4_000
_MOST_WARNINGS = 100
#: More possible results of one gene than any tool gives for one person.
_MOST_RESULTS = 200


class OutsideCalls(NamedTuple):
    """The calls of a file, one a gene, in the order of the gene symbols, and what had to be skipped or doubted."""

    calls: tuple[DiplotypeCall, ...]
    warnings: tuple[FileWarning, ...]


def read_outside_calls(path: Path | str, knowledge: Knowledge, lines: Sequence[str] | None = None) -> OutsideCalls:
    """Read a file of outside calls, or its ``lines``. Raises InputError if it cannot be read as text at all."""
    path = Path(path)
    results: dict[str, list[StatedResult]] = {}
    warnings: list[FileWarning] = []
    skipped = 0
    seen: set[str] = set()
    for number, line in enumerate(text_lines(path) if lines is None else lines, start=1):
        if line in seen:
            continue  # said already, and well
        place = f"{path.name}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if number == 1 and cells[0].casefold() == COLUMNS[0]:
            continue
        cells += [""] * (len(COLUMNS) - len(cells))
        try:
            gene = find_gene(cells[0], knowledge, line)
            stated, doubts = read_result(gene, cells[1], cells[2], cells[3], place)
        except InputError as error:
            skipped += 1
            if skipped <= _MOST_WARNINGS:
                warnings.append(FileWarning(place, f"{error} This line is skipped."))
            continue
        of_gene = results.setdefault(gene.symbol, [])
        of_gene.append(stated)
        seen.add(line)
        if len(of_gene) > _MOST_RESULTS:
            raise InputError(
                f"{path}:{number}: the file holds more than {_MOST_RESULTS} different results of {gene.symbol}."
                " Expected the possible results of one person. Are these the calls of many people? Give a file for"
                " each."
            )
        warnings += [FileWarning(place, doubt, gene=gene.symbol) for doubt in doubts]
    if skipped > _MOST_WARNINGS:
        more = skipped - _MOST_WARNINGS
        warnings.append(FileWarning(path.name, f"{more} more lines are no outside calls and are skipped."))
    if not results and not warnings:
        warnings.append(
            FileWarning(
                path.name, f"the file holds no outside call: expected tab-separated lines of {', '.join(COLUMNS)}."
            )
        )
    calls = tuple(
        call_of_results(knowledge.stated_gene(symbol), results[symbol], CallSource.OUTSIDE, _texts(warnings, symbol))
        for symbol in sorted(results)
    )
    return OutsideCalls(calls, tuple(warnings))


def stated_call(
    gene: str, *, diplotype: str = "", phenotype: str = "", activity_score: str = "", knowledge: Knowledge
) -> DiplotypeCall:
    """One result that a person states. Unlike a line of a file, what cannot be understood is an error.

    Raises UnknownName, with near names, for a gene, allele or phenotype that the release does not hold, and InputError
    for anything else that cannot be read or for a call without any part. Whether the parts contradict each other is
    found when the phenotype is assigned.
    """
    known = find_gene(gene, knowledge, gene)
    return call_of_results(known, [_certain(known, diplotype, phenotype, activity_score)], CallSource.STATED, ())


def stated_calls(
    knowledge: Knowledge,
    *,
    diplotypes: Iterable[str] = (),
    phenotypes: Iterable[str] = (),
    activity_scores: Iterable[str] = (),
) -> Mapping[str, DiplotypeCall]:
    """Gene symbol -> call, from ``GENE=VALUE`` texts as the command line takes them; ``HLA-B*57:01=positive`` too.

    One diplotype, phenotype and score of the same gene are parts of one result, and so are the statuses of several
    alleles; several diplotypes, phenotypes or scores are possible results. Raises as ``stated_call`` does, and
    InputError for a text without ``=`` or an allele with two statuses.
    """
    parts: dict[str, tuple[list[str], list[str], list[str]]] = {}
    statuses: dict[str, list[str]] = {}
    for column, texts in enumerate((diplotypes, phenotypes, activity_scores)):
        for text in texts:
            symbol, value, is_status = _named_value(text)
            known = find_gene(symbol, knowledge, text).symbol
            columns = parts.setdefault(known, ([], [], []))
            (statuses.setdefault(known, []) if is_status else columns[column]).append(value)
    for symbol, stated in statuses.items():
        parts[symbol][1].append(_statuses(symbol, stated))
    calls = {}
    for symbol in sorted(parts):
        gene, columns = knowledge.stated_gene(symbol), parts[symbol]
        if max(map(len, columns)) == 1:
            results = [_certain(gene, *("".join(column) for column in columns))]
        else:
            results = [
                _certain(gene, *("" if i != column else value for i in range(len(COLUMNS) - 1)))
                for column, values in enumerate(columns)
                for value in values
            ]
        calls[symbol] = call_of_results(gene, results, CallSource.STATED, ())
    return calls


def _statuses(symbol: str, stated: Sequence[str]) -> str:
    """The statuses of several alleles as one phenotype. Raises InputError where one allele has two."""
    by_allele: dict[str, str] = {}
    for status in stated:
        allele, _, word = status.rpartition(" ")
        if by_allele.setdefault(allele, word).casefold() != word.casefold():
            raise InputError(f"{symbol}{allele} is stated as {by_allele[allele]} and as {word}: keep what holds.")
    return "; ".join(f"{allele} {word}" for allele, word in by_allele.items())


def parse_stated(text: str, knowledge: Knowledge) -> DiplotypeCall:
    """``CYP2D6=*4/*4``, ``HLA-B*57:01=positive``, ``MT-RNR1=m.1555A>G``: one stated diplotype or allele status."""
    (call,) = stated_calls(knowledge, diplotypes=(text,)).values()
    return call


def _named_value(text: str) -> tuple[str, str, bool]:
    """Gene, value, and whether the value is the status of an allele named before the equals sign."""
    name, equals, value = (piece.strip() for piece in text.partition("="))
    if not equals or not name or not value:
        raise InputError(f"{text!r} is no result, expected GENE=VALUE such as CYP2D6=*1/*4 or HLA-B*57:01=positive.")
    symbol, star, allele = name.partition("*")
    return (symbol.strip(), f"*{allele} {value}", True) if star else (name, value, False)


def file_content(path: Path) -> bytes:
    """The bytes of a file, read once: it may be a pipe. Raises InputError for one that is unreadable or too large."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)  # a device has no size and no end
        if len(content) > _MOST_BYTES:
            raise InputError(
                f"{path}: more than {_MOST_BYTES} bytes is too much for a file of outside calls (one short line a"
                " gene). Is this the genome file? Give that one as INPUT."
            )
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}). Check the name and the permissions.") from None
    return content


def text_lines(path: Path, content: bytes | None = None) -> list[str]:
    """The lines of a file, or of its ``content``. Raises InputError for what is no text of outside calls."""
    content = file_content(path) if content is None else content
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}:{line}: byte {error.start} is not UTF-8 text, expected tab-separated lines of "
            f"{', '.join(COLUMNS)}. Save the file as UTF-8, or unpack it first."
        ) from None
    if text.startswith("##fileformat=VCF"):
        raise InputError(
            f"{path}: this is a VCF file. Give it as INPUT; outside calls are lines of {', '.join(COLUMNS)}."
        )
    if "\0" in text:
        raise InputError(f"{path}: this is a binary file, expected tab-separated lines of {', '.join(COLUMNS)}.")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def find_gene(symbol: str, knowledge: Knowledge, line: str) -> Gene:
    shown = line if len(line) <= 60 else line[:57] + "..."
    if len(line) > _LONGEST_LINE:
        raise InputError(f"{shown!r} has {len(line)} characters, too many for one result of a gene.")
    if not _SYMBOL.fullmatch(symbol):
        raise InputError(f"{shown!r} does not start with a gene and a tab, expected {', '.join(COLUMNS)}.")
    upper = symbol.upper()
    is_upper = symbol not in knowledge.genes and (upper in knowledge.genes or upper in knowledge.elsewhere)
    return knowledge.stated_gene(upper if is_upper else symbol)


def _certain(gene: Gene, diplotype: str, phenotype: str, activity_score: str) -> StatedResult:
    """A stated result of which nothing is in doubt. Raises UnknownName or InputError otherwise."""
    if not (diplotype.strip() or phenotype.strip() or activity_score.strip()):
        raise InputError(f"{gene.symbol}: nothing is stated, expected a diplotype, a phenotype or an activity score.")
    stated, doubts = read_result(gene, diplotype, phenotype, activity_score, "")
    if doubts:
        raise UnknownName(" ".join(dict.fromkeys(doubts)))
    _refuse_impossible(stated, gene)
    return stated


def _refuse_impossible(stated: StatedResult, gene: Gene) -> None:
    """Raises InputError for a number of alleles that nobody has, or a score that no two alleles add up to."""
    alleles = stated.diplotype.alleles if stated.diplotype is not None else ()
    rules = gene.phenotype_rules
    is_single = bool(rules.single) and not rules.pairs
    if is_single and len(alleles) == 2:
        raise InputError(f"{gene.symbol} {stated.diplotype}: the gene has one copy, expected one allele.")
    if len(alleles) == 1 and not (is_single or gene.is_haploid_possible or gene.calling.tested_alleles):
        raise InputError(f"{gene.symbol} {alleles[0]}: one allele, expected two joined with '/', such as *1/*2.")
    values = [f.activity_value for functions in gene.function_sets.values() for f in functions.values()]
    known = [number for number in map(_score_number, values) if number is not None]
    score = _score_number(stated.activity_score)
    if score is not None and known:
        # A duplication is listed as "three or more": twice its value leaves room for any that has been seen.
        highest = max(known) * (4 if any(value.startswith("≥") for value in values) else 2)
        if score > highest:
            raise InputError(f"{gene.symbol}: no two alleles have an activity score of {score}; at most {highest:f}.")


def _score_number(text: str) -> Decimal | None:
    try:
        return Decimal(text.removeprefix("≥"))
    except InvalidOperation:
        return None


def read_result(
    gene: Gene, diplotype: str, phenotype: str, activity_score: str, place: str
) -> tuple[StatedResult, tuple[str, ...]]:
    """A line's parts as a result, and what is doubtful in it. Raises InputError for a part that cannot be read."""
    doubts: list[str] = []
    stated = StatedResult(place=place)
    if diplotype and not gene.alleles and not gene.calling.tested_alleles:
        raise InputError(
            f"{gene.symbol} {diplotype!r}: this release holds no alleles of {gene.symbol}. Expected its phenotype: "
            f"{', '.join(gene.phenotype_rules.names)}."
        )
    if is_no_call(diplotype):
        diplotype = ""
        if not phenotype and not activity_score:
            return stated, ()
    if diplotype:
        read, unknown = read_diplotype(diplotype, gene)
        stated = replace(stated, diplotype=read, phenotype_diplotype=in_bins(read, gene))
        names = known_names(gene)
        doubts += [
            f"{gene.symbol} has no allele {name!r} in this release, so its function is not known.{near(name, names)}"
            for name in unknown
            if in_bin(Allele(name), gene).name not in names
        ]
    if activity_score.casefold() not in _NO_SCORE:
        if gene.lookup is not Lookup.ACTIVITY_SCORE:
            doubts.append(f"{gene.symbol} has no activity scores: {activity_score!r} is not used.")
        elif _is_score(activity_score):
            stated = replace(stated, activity_score=activity_score.replace(">=", "≥"))
        else:
            raise InputError(
                f"{gene.symbol}: {activity_score!r} is no activity score, expected one such as 1.25 or ≥3."
            )
    if phenotype:
        stated = replace(stated, phenotype=read_phenotype(phenotype, gene))
    if stated == StatedResult(place=place):
        raise InputError(f"{gene.symbol}: nothing usable is stated, expected {', '.join(COLUMNS[1:])}.")
    return stated, tuple(doubts)


def _is_score(text: str) -> bool:
    bare = text.removeprefix("≥").removeprefix(">=").strip()
    return bare.replace(".", "", 1).isdecimal()


def _texts(warnings: Iterable[FileWarning], gene: str) -> tuple[str, ...]:
    return tuple(str(warning) for warning in warnings if warning.gene == gene)


def call_of_results(
    gene: Gene, results: Sequence[StatedResult], source: CallSource, warnings: tuple[str, ...]
) -> DiplotypeCall:
    """One gene's call from every result stated for it: each once, in the field's order, results without any part last.

    A result without any part (``./.``) only counts where the gene has no other.
    """
    distinct = {_bare(r): r for r in reversed(_with_joined_statuses(results, gene))}
    given = [r for bare, r in distinct.items() if bare != StatedResult()] or list(distinct.values())
    ordered = tuple(sorted(given, key=_result_key))
    diplotypes = tuple(dict.fromkeys(r.diplotype for r in ordered if r.diplotype is not None))
    binned = tuple(dict.fromkeys(r.phenotype_diplotype for r in ordered if r.phenotype_diplotype is not None))
    has_result = any(_bare(r) != StatedResult() for r in ordered)
    status = CallStatus.AMBIGUOUS if len(ordered) > 1 else CallStatus.CALLED if has_result else CallStatus.NO_CALL
    alone = ordered[0] if len(ordered) == 1 else StatedResult()
    return DiplotypeCall(
        gene=gene.symbol,
        status=status,
        source=source,
        diplotypes=diplotypes,
        candidates=tuple(Candidate(d, 1 / len(diplotypes)) for d in diplotypes),
        phenotype_diplotypes=binned if binned != diplotypes else (),
        stated_phenotype=alone.phenotype,
        stated_activity_score=alone.activity_score,
        stated=ordered,
        warnings=warnings,
    )


def _bare(result: StatedResult) -> StatedResult:
    """What is stated, without where and without what a tool made of it."""
    return replace(result, place="", tool_phenotype="", tool_activity_score="")


def _with_joined_statuses(results: Sequence[StatedResult], gene: Gene) -> list[StatedResult]:
    """Statuses of different tested alleles are parts of one result; contradicting ones stay apart."""
    if not gene.calling.tested_alleles:
        return list(results)
    statuses = {s for r in results if r.phenotype and r.diplotype is None for s in r.phenotype.split("; ")}
    if len({status.rpartition(" ")[0] for status in statuses}) < len(statuses):
        return list(results)
    joined: list[StatedResult] = [r for r in results if not r.phenotype or r.diplotype is not None]
    if statuses:
        first = next(r for r in results if r.phenotype and r.diplotype is None)
        joined.append(replace(first, phenotype="; ".join(sorted(statuses))))
    return joined


def _result_key(result: StatedResult) -> tuple[bool, object, str, str]:
    key = diplotype_key(result.diplotype) if result.diplotype is not None else ()
    return (result.diplotype is None, key, result.phenotype, result.activity_score)
