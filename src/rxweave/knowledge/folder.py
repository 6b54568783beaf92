"""The folder of a release as a whole: where it lies, what its head says, and the hash that names its content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rxweave.errors import BrokenRelease, UnknownName

RELEASES = Path(__file__).with_name("releases")
HEAD = "release.toml"
#: The release that is used unless another is asked for.
CURRENT = "2026.1"


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts of a release come from, and on what terms."""

    code: str  # how tables of the release refer to it
    name: str
    licence: str
    date: str
    url: str
    used_for: str
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseHead:
    """What ``release.toml`` says of the release as a whole. ``function_set`` names the date of ``functions.tsv``."""

    version: str
    date: str
    function_set: str
    sources: tuple[Source, ...]
    declared_hash: str = ""
    notes: tuple[str, ...] = ()


def release_folder(name: str | Path) -> Path:
    """The folder of an installed release, or the folder that ``name`` is a path to. Raises UnknownName."""
    installed = RELEASES / str(name)
    if isinstance(name, str) and (installed / HEAD).is_file():
        return installed
    folder = Path(name)
    if (folder / HEAD).is_file():
        return folder
    known = sorted(p.parent.name for p in RELEASES.glob(f"*/{HEAD}"))
    raise UnknownName(
        f"knowledge release {str(name)!r} is not installed and is no folder with a {HEAD}; "
        f"installed: {', '.join(known)}"
    )


def release_hash(folder: Path) -> str:
    """SHA-256 over the sorted list of (path, SHA-256 of content), one ``path<TAB>digest`` a line.

    Paths are relative with ``/``. ``release.toml`` counts without its ``hash`` line, which states the result.
    """
    digest = hashlib.sha256()
    for path in sorted(release_files(folder)):
        content = (folder / path).read_bytes()
        if path == HEAD:
            content = b"".join(line for line in content.splitlines(True) if not line.startswith(b"hash ="))
        digest.update(f"{path}\t{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


def release_files(folder: Path) -> Iterator[str]:
    """Relative paths of the files that make up a release; hidden files are no part of it."""
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith((".", "__")) for part in relative.parts):
            yield relative.as_posix()


def read_head(folder: Path) -> ReleaseHead:
    from rxweave.knowledge.gene_files import read_toml  # a compiled release has its head read already

    head = read_toml(folder / HEAD, HEAD)
    try:
        return ReleaseHead(
            version=head["version"],
            date=head["date"],
            function_set=head["function_set"],
            sources=tuple(Source(**source) for source in head["source"]),
            declared_hash=head.get("hash", ""),
            notes=tuple(head.get("notes", ())),
        )
    except KeyError as error:
        raise BrokenRelease(f"{HEAD}: the key {error.args[0]!r} is missing") from None
    except TypeError as error:
        raise BrokenRelease(f"{HEAD}: {error}") from None
