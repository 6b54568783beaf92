"""The archive in which PyPGx keeps its results: a table and what it is about."""

from __future__ import annotations

from io import BytesIO

from rxweave.errors import InputError

_MOST_BYTES = 200_000_000


def archived_table(content: bytes, place: str) -> tuple[str, str]:
    """The table inside a PyPGx archive (``results.zip``) and its gene: ``data.tsv`` and ``Gene=`` of ``metadata.txt``.

    Raises InputError for an archive that is damaged or holds something else.
    """
    from zipfile import BadZipFile, ZipFile

    expected = "expected the results.zip of a PyPGx pipeline, with data.tsv and metadata.txt."
    try:
        with ZipFile(BytesIO(content)) as archive:
            members = {name.rpartition("/")[2]: archive.getinfo(name) for name in archive.namelist()}
            if "data.tsv" not in members or "metadata.txt" not in members:
                raise InputError(
                    f"{place}: the archive holds {', '.join(sorted(members)[:5]) or 'nothing'}, {expected}"
                )
            if max(members[name].file_size for name in ("data.tsv", "metadata.txt")) > _MOST_BYTES:
                raise InputError(f"{place}: the archive unpacks to more than 200 MB, {expected}")
            table, head = (archive.read(members[name]).decode("utf-8") for name in ("data.tsv", "metadata.txt"))
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, _zlib_error()) as error:
        raise InputError(f"{place}: the archive cannot be unpacked ({error}), {expected}") from None
    metadata = dict(line.strip().partition("=")[::2] for line in head.splitlines())
    kind = metadata.get("SemanticType", "")
    if kind != "SampleTable[Results]":
        raise InputError(f"{place}: the archive is a {kind or 'file without SemanticType'}, {expected}")
    return table, metadata.get("Gene", "")


def _zlib_error() -> type[Exception]:
    import zlib

    return zlib.error
