"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rxweave.errors import InputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of ``path`` when the block ends without an error.

    The two are neighbours, so the last step is one ``os.replace``. A symbolic link is followed; a device or a pipe
    (``/dev/null``) is written to directly. Raises InputError where the folder is missing or cannot be written.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        if target.is_dir():
            raise InputError(f"{path}: this is a folder; name a file to write.")
        try:
            yield target
        except OSError as error:
            error.filename = error.filename or str(path)
            raise
        return
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:64]}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise InputError(
            f"{path}: cannot write there ({error.strerror}). Name a file in a folder that exists and can be written."
        ) from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o666 & ~mask)  # mkstemp files are private; this one gets what open() would have given
        part.replace(target)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename in (None, name):
            error.filename = str(path)  # what the user named, for who tells of a full disk
        with suppress(OSError):
            part.unlink()
        raise


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all."""
    with whole_file(path) as part:
        part.write_text(text, "utf-8", newline="\n")


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content``, whole or not at all."""
    with whole_file(path) as part:
        part.write_bytes(content)
