"""Finished tables of a run that is not finished: kept beside the output, so that an interrupted run can go on.

A part is one input's table, whole, in a file named for everything that its content depends on: the input's path, size
and time of change, the options, the release, the version of this software. What is not named so is never used. No part
is executed or unpickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from rxweave.report.call_tables import CallTable, rendered_bytes, rendered_from_bytes
from rxweave.report.files import write_bytes


class CallParts:
    """The parts of one output file, in the hidden folder ``.NAME.parts`` beside it, readable by its owner only."""

    def __init__(self, destination: Path, form: str, basis: Sequence[str], *, is_resumed: bool) -> None:
        """basis: whatever the content of every part depends on. Parts of an earlier run go unless ``is_resumed``."""
        self.folder = destination.with_name(f".{destination.name}.parts")
        self.form = form
        self._basis = tuple(basis)
        if not is_resumed:
            self.remove()

    def name_of(self, inputs: Sequence[Path], first_sample: str = "") -> str | None:
        """The name of the part of these inputs, from a sample on; None where no content lasts (a pipe) or is there."""
        facts: list[object] = [self.form, *self._basis, first_sample]
        for path in inputs:
            try:
                state = path.stat()
            except OSError:
                return None
            if not path.is_file():
                return None
            facts.append((str(path), state.st_size, state.st_mtime_ns, state.st_ino))
        return hashlib.sha256(repr(facts).encode("utf-8", "surrogateescape")).hexdigest()

    def load(self, name: str) -> tuple[CallTable, list[str]] | None:
        """The table and the warnings of a part; None where it is not there or is not whole."""
        if not self.folder.is_dir():
            return None
        import zipfile

        try:
            with zipfile.ZipFile(self.folder / f"{name}.part") as part:
                head = json.loads(part.read("head.json"))
                index = np.load(io.BytesIO(part.read("index.npy")), allow_pickle=False)
                rendered = rendered_from_bytes(part.read("rows"), self.form)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None
        return CallTable(head["file"], tuple(head["samples"]), rendered, index), head["warnings"]

    def keep(self, name: str, table: CallTable, warnings: Sequence[str]) -> None:
        """Keep a finished table. A disk that is full, or a folder that cannot be written, costs the resuming only."""
        import zipfile

        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as part:
            head = {"file": table.file, "samples": table.samples, "warnings": list(warnings)}
            part.writestr("head.json", json.dumps(head))
            index = io.BytesIO()
            np.save(index, table.index, allow_pickle=False)
            part.writestr("index.npy", index.getvalue())
            part.writestr("rows", rendered_bytes(table.rendered, self.form))
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, exist_ok=True)
            if self.folder.stat().st_uid == os.geteuid():
                write_bytes(self.folder / f"{name}.part", content.getvalue())

    def remove(self) -> None:
        """Take all parts away: the output is whole, or the run begins anew."""
        if self.folder.is_dir() and not self.folder.is_symlink():
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def count(self) -> int:
        return len(list(self.folder.glob("*.part"))) if self.folder.is_dir() else 0
