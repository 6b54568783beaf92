"""Many people at once: every distinct genotype pattern of a gene is called and rendered once, on every core.

What comes out is what ``pipeline.call_rows`` gives row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.call import call_gene
from rxweave.calling.diplotype import CallStatus, DiplotypeCall
from rxweave.calling.genotypes import FileWarning, Genotypes
from rxweave.calling.vcf_lines import VcfLines
from rxweave.errors import InputError
from rxweave.phenotyping import assign_phenotype
from rxweave.pipeline import CallSettings, FailedInput, SampleResult, call_people, genes_of, read_inputs
from rxweave.processes import spread, usable_cores
from rxweave.report import call_row
from rxweave.report.call_files import CALL_FILE_ENDINGS, read_call_rows
from rxweave.report.call_parts import CallParts
from rxweave.report.call_tables import CallTable, render_rows
from rxweave.report.cohort import GeneSummary, summarise

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge

#: Samples from which on a second process is worth its start.
_SAMPLES_PER_WORKER = 1500

#: People of one file whose genotypes are in memory together: 3.6 kB each, with what calling them takes.
MOST_SAMPLES = 100_000
#: No file with genotypes of so many people is smaller than this, compressed or not.
_BYTES_A_SAMPLE = 2
#: A single input of fewer samples is done again sooner than it is kept.
_SAMPLES_WORTH_KEEPING = 5000

Progress = Callable[[str], None]


def call_tables(
    inputs: Sequence[Path],
    knowledge: Knowledge,
    settings: CallSettings,
    form: str,
    failed: list[FailedInput],
    warned: set[str],
    say: Progress | None = None,
    n_workers: int | None = None,
    parts: CallParts | None = None,
    most_samples: int = MOST_SAMPLES,
) -> Iterator[CallTable]:
    """The tables of ``rxweave call``, rendered for ``form``: one a file, or one a person where outside calls are given.

    Files that could not be used are added to ``failed``; what a reader must know and no row carries, to ``warned``.
    ``say`` is told what is being done. ``n_workers``: processes, by default as many as pay. ``parts``: where finished
    tables are kept, and taken from (not where outside calls are given). ``most_samples``: people of one file that are
    in memory together; a warning that counts people counts those of one such block. Raises as ``pipeline.call_people``
    does.
    """
    if not inputs or settings.outside:
        for person in call_people(inputs, knowledge, settings):
            if isinstance(person, FailedInput):
                failed.append(person)
            else:
                warned.update(str(w) for w in person.warnings if not w.gene)
                yield _table_of_person(person, knowledge, form)
        return
    for gene in settings.genes:
        knowledge.gene(gene)
    units = [list(inputs)] if settings.is_merged else [[path] for path in inputs]
    for number, unit in enumerate(units, 1):
        for block in _sample_blocks(unit, settings, most_samples):
            name = parts.name_of(unit, block[0] if block else "") if parts is not None else None
            kept = parts.load(name) if parts is not None and name is not None else None
            if kept is not None:
                warned.update(kept[1])
                yield kept[0]
                continue
            if say is not None:
                say(f"reading {unit[0]}")
            n_failed = len(failed)
            found = list(read_inputs(unit, knowledge, settings, block))  # one, or failures and what is left of a merge
            while found:
                genotypes = found.pop(0)
                if isinstance(genotypes, FailedInput):
                    failed.append(genotypes)
                    continue
                said = [str(w) for w in genotypes.warnings if not w.gene]
                warned.update(said)
                note = None if say is None else _note_of_file(say, genotypes.file, number, len(units))
                table = table_of_file(genotypes, knowledge, settings, form, note, n_workers)
                is_long = len(units) > 1 or len(genotypes.samples) >= _SAMPLES_WORTH_KEEPING
                # What could be used of merged files is no finished table.
                if parts is not None and name is not None and is_long and len(failed) == n_failed:
                    parts.keep(name, table, said)
                del genotypes  # not needed while the table is written, nor while the next one is read
                yield table
                del table
            if len(failed) > n_failed and block:
                break  # the other people of the file would fail as these did


def _sample_blocks(
    unit: Sequence[Path], settings: CallSettings, most_samples: int
) -> list[tuple[str, ...]] | list[None]:
    """The people of a large file in blocks of ``most_samples``, each read on its own: what bounds the memory."""
    everybody: list[None] = [None]
    if settings.sample or len(unit) > 1 or most_samples < 1:
        return everybody
    try:
        if not unit[0].is_file() or unit[0].stat().st_size < _BYTES_A_SAMPLE * most_samples:
            return everybody
        names = VcfLines(unit[0]).header.samples
    except (InputError, OSError):
        return everybody  # no VCF, or none that can be read: reading says what is wrong
    if len(names) <= most_samples:
        return everybody
    n_blocks = -(-len(names) // most_samples)
    step = -(-len(names) // n_blocks)
    return [names[start : start + step] for start in range(0, len(names), step)]


def parts_of(
    destination: Path | None, form: str, knowledge: Knowledge, settings: CallSettings, *, is_resumed: bool
) -> CallParts | None:
    """Where the finished tables of a run are kept; None for standard output, a device or a pipe."""
    if destination is None or (destination.exists() and not destination.is_file()):
        return None
    from rxweave import __version__

    basis = (__version__, knowledge.hash, knowledge.function_set, repr(settings))
    return CallParts(destination, form, basis, is_resumed=is_resumed)


def table_of_file(
    genotypes: Genotypes,
    knowledge: Knowledge,
    settings: CallSettings,
    form: str,
    note: Progress | None = None,
    n_workers: int | None = None,
) -> CallTable:
    """Call every sample of a file and render its distinct rows, one process a core where that pays."""
    genes = genes_of(settings, knowledge, ())

    def work(number: int) -> tuple[Any, int, NDArray[np.int32]]:
        rows, index = _rows_of_gene(genotypes, genes[number], knowledge, settings)
        return render_rows(rows, form), len(rows), index

    if form == "parquet":
        render_rows((), form)  # imports what the workers need before they are forked, or fails early
    if n_workers is None:
        n_workers = min(usable_cores(), len(genotypes.samples) // _SAMPLES_PER_WORKER)
    # The genes with most sites take longest: begun first, they are not waited for in the end.
    order = sorted(range(len(genes)), key=lambda k: -len(knowledge.genes[genes[k]].variants))
    found: dict[int, tuple[Any, int, NDArray[np.int32]]] = {}
    for number, result in spread(work, order, n_workers):
        found[number] = result
        if note is not None:
            note(f"called {len(found)} of {len(genes)} genes")
    index = np.empty((len(genotypes.samples), len(genes)), dtype=np.int32)
    rendered = []
    n_rows = 0
    for number in range(len(genes)):
        part, n_part, part_index = found.pop(number)
        rendered.append(part)
        index[:, number] = part_index + n_rows
        n_rows += n_part
    return CallTable(genotypes.file, genotypes.samples, tuple(rendered), index)


def _rows_of_gene(
    genotypes: Genotypes, gene: str, knowledge: Knowledge, settings: CallSettings
) -> tuple[list[dict[str, Any]], NDArray[np.int32]]:
    """The distinct rows of one gene, and for every sample the number of its row: int32 (n_samples,)."""
    called = call_gene(genotypes, gene, knowledge, settings.options)
    calls: Sequence[DiplotypeCall] = (DiplotypeCall(gene, CallStatus.NOT_COVERED),)
    index = np.zeros(len(genotypes.samples), dtype=np.int32)
    if called is not None:
        calls, index = called.calls, called.index.astype(np.int32)
    rows = [
        call_row(genotypes.file, None, assign_phenotype(call, knowledge), knowledge.version, genotypes.build)
        for call in calls
    ]
    said = [w for w in genotypes.warnings if w.gene == gene]
    common = [str(w) for w in said if not w.sample]
    if common:
        for row in rows:
            row["warnings"] = [*row["warnings"], *common]
    _add_rows_with_own_warnings(rows, index, genotypes.samples, [w for w in said if w.sample])
    return rows, index


def _add_rows_with_own_warnings(
    rows: list[dict[str, Any]], index: NDArray[np.int32], samples: Sequence[str], said: Sequence[FileWarning]
) -> None:
    """Give the samples that the reader had something to say about rows of their own."""
    if not said:
        return
    of_sample: dict[str, list[str]] = {}
    for warning in said:
        of_sample.setdefault(warning.sample, []).append(str(warning))
    made: dict[tuple[int, tuple[str, ...]], int] = {}
    for number, sample in enumerate(samples):
        texts = of_sample.get(sample)
        if texts:
            key = (int(index[number]), tuple(texts))
            if key not in made:
                made[key] = len(rows)
                rows.append({**rows[key[0]], "warnings": [*rows[key[0]]["warnings"], *texts]})
            index[number] = made[key]


def _table_of_person(person: SampleResult, knowledge: Knowledge, form: str) -> CallTable:
    rows = []
    for gene, result in person.genes.items():
        row = call_row(person.file, person.sample, result, knowledge.version, person.build)
        rows.append({**row, "warnings": [*row["warnings"], *person.warnings_of(gene)]})
    index = np.arange(len(rows), dtype=np.int32)[None, :]
    return CallTable(person.file, (person.sample,), (render_rows(rows, form),), index)


def counted_rows(tables: Iterable[CallTable]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """The distinct rows of tables rendered as ``rows``, each with the number of people who have it."""
    for table in tables:
        distinct = [row for part in table.rendered for row in part]
        counts = np.bincount(table.index.ravel(), minlength=len(distinct))
        for row, people in zip(distinct, counts.tolist(), strict=True):
            if people:
                yield row, people


def summarise_cohort(
    path: Path,
    knowledge: Callable[[], Knowledge],
    failed: list[FailedInput],
    warned: set[str],
    say: Progress | None = None,
) -> tuple[GeneSummary, ...]:
    """Allele, diplotype and phenotype frequencies of a file of calls (.jsonl, .tsv, .parquet) or of a VCF.

    ``knowledge`` is asked for only to call a VCF. Raises InputError for a file that cannot be read.
    """
    if path.suffix.lower() in CALL_FILE_ENDINGS:
        return summarise((row, 1) for row in read_call_rows(path))
    tables = call_tables([path], knowledge(), CallSettings(), "rows", failed, warned, say)
    return summarise(counted_rows(tables))


def _note_of_file(say: Progress, file: str, number: int, n_files: int) -> Progress:
    place = file if n_files == 1 else f"{file} ({number} of {n_files})"
    return lambda text: say(f"{place}: {text}")
