"""Files of outside calls, of any known format, as calls of the people they are about.

A file that names its samples speaks of those samples only; one that names nobody (plain lines, StellarPGx, OptiType)
speaks of one person, and who that is, the caller of this module must know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rxweave.calling.diplotype import CallSource, DiplotypeCall, StatedResult
from rxweave.calling.genotypes import FileWarning
from rxweave.calling.outside import (
    call_of_results,
    file_content,
    find_gene,
    read_outside_calls,
    read_result,
    text_lines,
)
from rxweave.calling.outside_formats import FORMATS, BadLine, ToolFormat, ToolResult, tool_format
from rxweave.calling.pypgx_archive import archived_table
from rxweave.calling.stated_names import near
from rxweave.calling.tandems import tidied
from rxweave.errors import InputError

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge
    from rxweave.knowledge.genes import Gene

#: The sample of results whose file names nobody.
NOBODY = ""

_ZIP = b"PK\x03\x04"
_MOST_WARNINGS = 100
_MOST_RESULTS = 200


class _Held(NamedTuple):
    """One result of one gene, with what its tool is known to have done."""

    stated: StatedResult
    is_copy_number_assayed: bool = False
    is_low_confidence: bool = False


@dataclass
class OutsideFiles:
    """The results of the files. ``samples`` are the people that the files name, in the order of the files."""

    _knowledge: Knowledge
    _results: dict[str, dict[str, list[_Held]]] = field(default_factory=dict)
    _warnings: list[FileWarning] = field(default_factory=list)
    _is_tool_nameless: bool = False  # a tool's own file without a sample: it was made of one genome

    @property
    def samples(self) -> tuple[str, ...]:
        return tuple(sample for sample in self._results if sample != NOBODY)

    @property
    def names_nobody(self) -> bool:
        """Some results do not say whose they are.

        Plain lines without a name are a person's statement about everyone who is called; what a tool wrote of one
        genome may be used for one person only.
        """
        return NOBODY in self._results

    @property
    def is_empty(self) -> bool:
        return not self._results

    @property
    def warnings(self) -> tuple[FileWarning, ...]:
        """What was skipped, and what no single call carries. Doubts about a call are in that call's own warnings."""
        return tuple(w for w in self._warnings if not w.gene)

    def calls_of(self, sample: str) -> tuple[DiplotypeCall, ...]:
        """One call a gene, in the order of the symbols: the results that name ``sample`` and those that name nobody.

        Results of one gene from several files are possible results, as several lines of one file are.
        """
        named = {} if sample == NOBODY else self._results.get(sample, {})
        unnamed = self._results.get(NOBODY, {})
        return tuple(
            self._call(sample, symbol, [*named.get(symbol, ()), *unnamed.get(symbol, ())])
            for symbol in sorted({*named, *unnamed})
        )

    def people(
        self, samples: Sequence[str], *, is_one_person: bool, is_all: bool = True, same_as: str = ""
    ) -> dict[str, tuple[DiplotypeCall, ...]]:
        """Sample of the genotypes -> its outside calls, for those that have some. No named result reaches another.

        ``is_one_person``: the genotypes are one person's, who is then meant by results that name nobody. ``is_all``:
        there are no other genotypes. ``same_as``: what the outside files call that one person.

        Raises InputError where it cannot be told whose results these are.
        """
        if same_as:
            if not is_one_person:
                raise InputError(
                    f"{same_as!r} of the outside calls can be one person only, and {len(samples)} samples are read: "
                    "choose one with --sample NAME."
                )
            return {sample: self.calls_of(self.known_sample(same_as)) for sample in samples}
        if self._is_tool_nameless and not is_one_person:
            raise InputError(
                "the outside calls name no sample, and the genotypes are several people's: choose one with --sample "
                "NAME, or add --merge if the files are parts of the same person."
            )
        found = {sample: self.calls_of(sample) for sample in samples if sample in self._results or self.names_nobody}
        if self.samples and is_all and not set(samples) & set(self.samples):
            raise InputError(
                f"the outside calls are of {_listed(self.samples)}, the genotypes of {_listed(samples)}: none is the "
                "same. If they are one person, say which with --outside-sample NAME."
            )
        return found

    def known_sample(self, name: str) -> str:
        """``name`` if the files hold it. Raises InputError, with near names, where they do not."""
        if name not in self.samples:
            raise InputError(
                f"no outside call is of {name!r}: they are of {_listed(self.samples) or 'nobody by name'}."
                f"{near(name, self.samples)}"
            )
        return name

    def _call(self, sample: str, symbol: str, held: Sequence[_Held]) -> DiplotypeCall:
        said = dict.fromkeys(str(w) for w in self._warnings if w.gene == symbol and w.sample in (NOBODY, sample))
        call = call_of_results(
            self._knowledge.stated_gene(symbol), [h.stated for h in held], CallSource.OUTSIDE, tuple(said)
        )
        return replace(
            call,
            is_copy_number_assayed=all(h.is_copy_number_assayed for h in held),
            is_research_grade=any(h.is_low_confidence for h in held),
        )

    def add(self, sample: str, symbol: str, held: _Held, place: str, *, is_tool: bool) -> None:
        """Raises InputError for more results of one gene of one person than any tool gives."""
        self._is_tool_nameless |= is_tool and sample == NOBODY
        results = self._results.setdefault(sample, {}).setdefault(symbol, [])
        results.append(held)
        if len(results) > _MOST_RESULTS:
            raise InputError(
                f"{place}: more than {_MOST_RESULTS} results of {symbol} for one person. Are these many people's calls?"
            )

    def warn(self, warning: FileWarning) -> None:
        self._warnings.append(warning)


def read_outside_files(paths: Iterable[Path], knowledge: Knowledge) -> OutsideFiles:
    """Read files of outside calls: plain lines, or what a known tool writes. Bad lines are reported and skipped.

    Raises InputError for a file that cannot be read at all or whose format names no gene.
    """
    files = OutsideFiles(knowledge)
    for path in paths:
        _read(path, files, knowledge)
    return files


def _read(path: Path, files: OutsideFiles, knowledge: Knowledge) -> None:
    content = file_content(path)
    if content.startswith(_ZIP):
        table, gene = archived_table(content, str(path))
        lines = table.replace("\r\n", "\n").split("\n")
        known = next((f for f in FORMATS if f.tool == "PyPGx" and f.recognises(lines[:1])), None)
        if known is None:
            raise InputError(f"{path}: data.tsv has no Genotype, Phenotype and Haplotype columns: no PyPGx results.")
        _add_tool(path, known, lines, gene, files, knowledge)
        return
    lines = text_lines(path, content)
    known = tool_format(lines, frozenset(symbol.upper() for symbol in knowledge.genes))
    if known is not None:
        _add_tool(path, known, lines, "", files, knowledge)
        return
    calls, warnings = read_outside_calls(path, knowledge, lines)
    for call in calls:
        for stated in call.stated:
            files.add(NOBODY, call.gene, _Held(stated), str(path), is_tool=False)
    for warning in warnings:
        files.warn(warning)


def _add_tool(
    path: Path, known: ToolFormat, lines: Sequence[str], gene: str, files: OutsideFiles, knowledge: Knowledge
) -> None:
    skipped = 0
    strangers: dict[str, None] = {}
    try:
        for found in known.reads(lines):
            place = f"{path.name}:{found.line}" if found.line else path.name
            if isinstance(found, BadLine):
                error: str | None = found.text
            elif known.names_samples and not found.sample:
                error = "the result names no sample, so it cannot be told whose it is."
            else:
                symbol = found.gene or gene or _gene_in_name(path, known.tool, knowledge)
                if not found.gene and not gene:
                    text = f"the table names no gene; {symbol} is taken from the file's name"
                    files.warn(FileWarning(path.name, text, gene=symbol))
                    gene = symbol
                if symbol.upper() not in knowledge.genes and re.fullmatch(r"[A-Za-z0-9-]{1,20}", symbol):
                    strangers[symbol.upper()] = None
                    continue
                error = _add_result(found, symbol, place, files, knowledge)
            if error is not None:
                skipped += 1
                if skipped <= _MOST_WARNINGS:
                    files.warn(FileWarning(place, f"{known.tool}: {error} This result is skipped."))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    if skipped > _MOST_WARNINGS:
        files.warn(FileWarning(path.name, f"{skipped - _MOST_WARNINGS} more results could not be used."))
    if strangers:
        text = f"{known.tool} reports genes that release {knowledge.version} does not hold: {', '.join(strangers)}."
        files.warn(FileWarning(path.name, f"{text} They are not used."))


def _add_result(found: ToolResult, symbol: str, place: str, files: OutsideFiles, knowledge: Knowledge) -> str | None:
    """Add one result; what is wrong with it where it cannot be used."""
    try:
        gene = find_gene(symbol, knowledge, symbol)
        stated, doubts = _stated(found, gene, place)
    except InputError as error:
        return str(error)
    stated = replace(stated, tool_phenotype=found.phenotype, tool_activity_score=found.activity_score)
    held = _Held(stated, found.is_copy_number_assayed, found.is_low_confidence)
    files.add(found.sample, gene.symbol, held, place, is_tool=True)
    copies = (found.copies_note,) if found.copies_note and gene.calling.is_research_grade else ()
    for text in (*doubts, *found.notes, *copies):
        files.warn(FileWarning(place, text, gene=gene.symbol, sample=found.sample))
    return None


def _stated(found: ToolResult, gene: Gene, place: str) -> tuple[StatedResult, tuple[str, ...]]:
    """The result in the first spelling that the release knows, else in the tool's own."""
    if not found.diplotype:
        return StatedResult(place=place), ()
    readings = []
    for text in tidied(found.diplotype):
        stated, doubts = read_result(gene, text, "", "", place)
        if not doubts:
            return stated, ()
        readings.append((stated, doubts))
    return readings[0]


def _gene_in_name(path: Path, tool: str, knowledge: Knowledge) -> str:
    """The one gene that the file's name holds, or else its folder's. Raises InputError where there is none."""
    for name in (path.name, path.resolve().parent.name):
        found = [
            symbol
            for symbol in knowledge.genes
            if re.search(rf"(?<![A-Za-z0-9]){re.escape(symbol)}(?![A-Za-z0-9])", name, re.IGNORECASE)
        ]
        if len(found) == 1:
            return found[0]
    raise InputError(
        f"this {tool} table names no gene, and neither does the name of the file. "
        "Rename it so that it holds the gene's symbol, such as CYP2C19.tsv."
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
