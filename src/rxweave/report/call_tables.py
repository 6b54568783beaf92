"""The rows of a cohort, written without making each of them: equal rows are rendered once and repeated by number.

The rows are those of ``call_row``, and the files those of ``write_calls``, byte for byte in the text formats and value
for value in Parquet.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from rxweave.errors import InputError, MissingExtra
from rxweave.report.calls import CALL_KEYS, arrow_row, cell_text, encodable, parquet_schema
from rxweave.report.files import whole_file

#: Keys that differ from sample to sample; every other key belongs to the distinct row.
_OWN_KEYS = ("file", "sample")
_SHARED_KEYS = tuple(key for key in CALL_KEYS if key not in _OWN_KEYS)
#: Rows written at a time: bounds the memory of writing, and is a row group in Parquet.
_ROWS_AT_A_TIME = 100_000

_encode_json = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


@dataclass(frozen=True, slots=True)
class CallTable:
    """The rows of one file, every distinct one once.

    rendered: parts that ``render_rows`` made; their rows count on from part to part.
    index:    int32 (n_samples, n_genes), the number of each row; rows are written sample by sample.
    """

    file: str | None
    samples: tuple[str | None, ...]
    rendered: tuple[Any, ...]
    index: NDArray[np.int32]


def render_rows(rows: Iterable[Mapping[str, Any]], form: str) -> Any:
    """Rows of ``call_row`` as ``form`` keeps them, without file and sample: texts, or a batch of Arrow.

    The form ``rows`` keeps them as they are, for who counts them instead of writing them.

    Can be pickled, so that another process can do it. Raises MissingExtra for Parquet without pyarrow.
    """
    match form:
        case "parquet":
            pa, _ = _pyarrow()
            shared = map(arrow_row, rows)
            return pa.RecordBatch.from_pylist(list(shared), schema=_shared_schema(pa))
        case "rows":
            return list(rows)
        case "tsv":
            return [encodable("\t".join(cell_text(key, row[key]) for key in _SHARED_KEYS)) + "\n" for row in rows]
        case _:
            return [encodable(", " + _encode_json({key: row[key] for key in _SHARED_KEYS})[1:]) + "\n" for row in rows]


def rendered_bytes(rendered: Sequence[Any], form: str) -> bytes:
    """Parts that ``render_rows`` made as bytes, for ``rendered_from_bytes``."""
    if form != "parquet":
        return json.dumps(rendered).encode()
    pa, _ = _pyarrow()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rendered[0].schema) as writer:
        for batch in rendered:
            writer.write_batch(batch)
    return bytes(sink.getvalue())


def rendered_from_bytes(content: bytes, form: str) -> tuple[Any, ...]:
    """What ``rendered_bytes`` was given. Raises ValueError for anything else."""
    if form != "parquet":
        return tuple(json.loads(content))
    pa, _ = _pyarrow()
    with pa.ipc.open_stream(content) as reader:
        return tuple(reader)


def write_call_tables(
    tables: Iterable[CallTable],
    destination: Path | None,
    form: str,
    say: Callable[[str], None] | None = None,
) -> int:
    """Write tables as they come to a file (whole or not at all) or, with None, to standard output.

    ``say`` is told how far the writing is. Returns how many rows were written in all.
    Raises InputError for a place that cannot be written, MissingExtra for Parquet without pyarrow.
    """
    if form == "parquet":
        return _write_parquet(tables, destination, say)
    if destination is None:
        return _write_text(tables, sys.stdout, form, say)
    with whole_file(destination) as part, part.open("w", encoding="utf-8", newline="\n") as out:
        return _write_text(tables, out, form, say)


def _write_text(tables: Iterable[CallTable], out: TextIO, form: str, say: Callable[[str], None] | None) -> int:
    if form == "tsv":
        out.write("\t".join(CALL_KEYS) + "\n")
    count = 0
    for table in tables:
        tails = [text for part in table.rendered for text in part]
        for start, stop in _sample_blocks(table):
            lines = []
            for sample, numbers in zip(table.samples[start:stop], table.index[start:stop].tolist(), strict=True):
                head = _head(table.file, sample, form)
                lines += [head + tails[number] for number in numbers]
            out.write("".join(lines))
            count += len(lines)
            if say is not None:
                say(f"{count} rows written")
    return count


def _head(file: str | None, sample: str | None, form: str) -> str:
    """What comes before the shared part of a line."""
    if form == "tsv":
        return encodable(f"{cell_text('file', file)}\t{cell_text('sample', sample)}\t")
    return encodable(_encode_json({"file": file, "sample": sample})[:-1])


def _sample_blocks(table: CallTable) -> Iterator[tuple[int, int]]:
    step = max(1, _ROWS_AT_A_TIME // max(1, table.index.shape[1]))
    for start in range(0, len(table.samples), step):
        yield start, min(start + step, len(table.samples))


def _write_parquet(tables: Iterable[CallTable], destination: Path | None, say: Callable[[str], None] | None) -> int:
    if destination is None:
        raise InputError("Parquet cannot be written to standard output: name a file with -o calls.parquet.")
    pa, pq = _pyarrow()
    schema = _file_schema(pa)
    count = 0
    # The dictionaries are a matter of speed: without a stored schema, readers see plain columns.
    with (
        whole_file(destination) as part,
        pq.ParquetWriter(part, schema, compression="zstd", store_schema=False) as writer,
    ):
        waiting: list[Any] = []
        n_waiting = 0
        for table in tables:
            for batch in _arrow_blocks(table, pa, schema):
                waiting.append(batch)
                n_waiting += len(batch)
                if n_waiting >= _ROWS_AT_A_TIME // 2:
                    writer.write_table(_joined(waiting, pa))
                    count += n_waiting
                    waiting, n_waiting = [], 0
                    if say is not None:
                        say(f"{count} rows written")
        if waiting:
            writer.write_table(_joined(waiting, pa))
            count += n_waiting
    return count


def _joined(tables: Sequence[Any], pa: Any) -> Any:
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _arrow_blocks(table: CallTable, pa: Any, schema: Any) -> Iterator[Any]:
    distinct = pa.Table.from_batches(table.rendered).combine_chunks()
    for number, field in enumerate(distinct.schema):
        if field.type == pa.string():
            distinct = distinct.set_column(number, field.name, distinct.column(number).dictionary_encode())
    n_genes = table.index.shape[1]
    file = pa.array([None if table.file is None else encodable(table.file)], pa.string())
    for start, stop in _sample_blocks(table):
        n_samples = stop - start
        block = distinct.take(pa.array(table.index[start:stop].ravel()))
        names = pa.array([None if s is None else encodable(s) for s in table.samples[start:stop]], pa.string())
        numbers = pa.array(np.repeat(np.arange(n_samples, dtype=np.int32), n_genes))
        files = pa.array(np.zeros(n_samples * n_genes, dtype=np.int32))
        block = block.add_column(0, schema.field("file"), pa.DictionaryArray.from_arrays(files, file))
        block = block.add_column(1, schema.field("sample"), pa.DictionaryArray.from_arrays(numbers, names))
        yield block.cast(schema) if block.schema != schema else block


def _shared_schema(pa: Any) -> Any:
    whole = parquet_schema(pa)
    return pa.schema([whole.field(key) for key in _SHARED_KEYS])


def _file_schema(pa: Any) -> Any:
    """The schema of a file with its texts as dictionaries."""
    coded = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([pa.field(f.name, coded) if f.type == pa.string() else f for f in parquet_schema(pa)])


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra("Parquet output needs pyarrow: pip install 'rxweave[parquet]'") from error
    return pa, pq
