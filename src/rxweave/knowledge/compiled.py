"""The parsed form of a release, kept in the user's cache folder under the release's hash, in parts read when needed.

``rxweave/<hash>/<reader>.bin`` under ``$XDG_CACHE_HOME`` (else ``~/.cache``) holds the parts; ``rxweave/stat-<digest>``
remembers the hash of a folder whose files have not been touched, so that a start need not read them; what other rooms
make of data files is ``kept`` beside them. Only files and folders that belong to the user and that nobody else can
write are read; where that cannot be had, everything stays in memory. Deleting the cache is always safe.
"""

from __future__ import annotations

import copyreg
import hashlib
import io
import os
import pickle
import re
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from rxweave.errors import BrokenRelease
from rxweave.knowledge.algorithms import DoseAlgorithm
from rxweave.knowledge.conversions import Conversions
from rxweave.knowledge.drugs import Drug, Interaction
from rxweave.knowledge.folder import ReleaseHead, read_head, release_hash
from rxweave.knowledge.genes import Gene
from rxweave.knowledge.guidelines import DrugGuideline, Erratum, GeneElsewhere
from rxweave.knowledge.people import People

_Value = TypeVar("_Value")

#: Releases kept in the cache; the least recently written ones go first.
_KEPT = 8
#: A file changed this recently could change again without a new time stamp, so its state is not remembered.
_SETTLED_NS = 2_000_000_000
#: Parts of which each entry is unpacked by itself.
_BY_KEY = ("genes", "guidelines")
_HASH = re.compile(rb"[0-9a-f]{64}")


class LazyMapping(Mapping[str, _Value]):
    """A mapping whose values are unpacked when first asked for; compares and prints as a plain one."""

    def __init__(self, packed: Mapping[str, bytes]) -> None:
        self._packed = packed
        self._values: dict[str, _Value] = {}

    def __getitem__(self, key: str) -> _Value:
        if key not in self._values:
            self._values[key] = pickle.loads(self._packed[key])  # noqa: S301 - verified by _read_own
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """Travels between processes packed, as it was read."""
        return type(self), (self._packed,)


@dataclass(frozen=True)
class Parts:
    """What a release holds, each part unpacked when first asked for."""

    head: ReleaseHead
    hash: str
    dated_sets: tuple[str, ...]
    genes: Mapping[str, Gene]
    guidelines: Mapping[str, tuple[DrugGuideline, ...]]
    packed: Mapping[str, bytes]

    @cached_property
    def drugs(self) -> Mapping[str, Drug]:
        drugs: Mapping[str, Drug] = pickle.loads(self.packed["drugs"])  # noqa: S301 - verified by _read_own
        return drugs

    @cached_property
    def interactions(self) -> tuple[Interaction, ...]:
        rows: tuple[Interaction, ...] = pickle.loads(self.packed["interactions"])  # noqa: S301 - verified by _read_own
        return rows

    @cached_property
    def errata(self) -> tuple[Erratum, ...]:
        errata: tuple[Erratum, ...] = pickle.loads(self.packed["errata"])  # noqa: S301 - verified by _read_own
        return errata

    @cached_property
    def conversions(self) -> Conversions:
        conversions: Conversions = pickle.loads(self.packed["conversions"])  # noqa: S301 - verified by _read_own
        return conversions

    @cached_property
    def algorithms(self) -> Mapping[str, DoseAlgorithm]:
        held: Mapping[str, DoseAlgorithm] = pickle.loads(self.packed["algorithms"])  # noqa: S301 - as above
        return held

    @cached_property
    def vocabulary(self) -> Mapping[str, Mapping[str, Any]]:
        codes: Mapping[str, Mapping[str, Any]] = pickle.loads(self.packed["vocabulary"])  # noqa: S301 - as above
        return codes

    @cached_property
    def elsewhere(self) -> Mapping[str, GeneElsewhere]:
        genes: Mapping[str, GeneElsewhere] = pickle.loads(self.packed["elsewhere"])  # noqa: S301 - as above
        return genes

    @cached_property
    def people(self) -> People:
        people: People = pickle.loads(self.packed["people"])  # noqa: S301 - verified by _read_own
        return people


def read_compiled(folder: Path) -> Parts:
    """The parts of the release in ``folder``, from the cache where it has them. Raises BrokenRelease."""
    cache = _cache_folder()
    if cache is None:
        return _unpack(_compile(folder, release_hash(folder)))
    reader = _reader_key()
    state, last_change = _state(folder)
    remembered = _read_own(cache / f"stat-{state}")
    if remembered and not _HASH.fullmatch(remembered):
        remembered = None
    content_hash = remembered.decode("ascii") if remembered else release_hash(folder)
    path = cache / content_hash / f"{reader}.bin"
    stored = _read_own(path)
    if stored is None:
        stored = _compile(folder, content_hash)
        now = _write_own(path, stored)
    else:
        now = None
    if not remembered:
        if now is None:
            now = _write_own(cache / "clock", b"")
        if now is not None and now - last_change > _SETTLED_NS:
            _write_own(cache / f"stat-{state}", content_hash.encode("ascii"))
        _prune(cache)
    return _unpack(stored)


def kept(name: str, made_from: bytes, code: Path, make: Callable[[], _Value]) -> _Value:
    """``make()``, or what it gave before, kept in the cache folder for as long as nothing that it is made from changes.

    ``made_from``: everything that decides the value, beside the modules of the folder ``code``. Values are packed as
    parts of a release are; the newest few of a ``name`` stay.
    """
    cache = _cache_folder()
    if cache is None:
        return make()
    path = cache / f"{name}-{hashlib.sha256(made_from).hexdigest()[:32]}-{_reader_key(code)}"
    stored = _read_own(path)
    if stored is not None:
        value: _Value = pickle.loads(stored)  # noqa: S301 - verified by _read_own
        return value
    made = make()
    _write_own(path, _pack(made))
    _drop_oldest(list(cache.glob(f"{name}-*")), lambda p: p.unlink(missing_ok=True))
    return made


def parse_release(folder: Path) -> tuple[ReleaseHead, dict[str, Any]]:
    """Head and parts, read from the text files. Raises BrokenRelease naming file and line."""
    # The readers of text are needed only when there is no compiled form.
    from rxweave.knowledge.algorithm_files import read_algorithms
    from rxweave.knowledge.conversions import read_conversions
    from rxweave.knowledge.drugs import read_drugs, read_interactions
    from rxweave.knowledge.gene_files import read_gene
    from rxweave.knowledge.guideline_files import (
        GENES_ELSEWHERE_FILE,
        VOCABULARY_FILE,
        read_errata,
        read_genes_elsewhere,
        read_guidelines,
        read_vocabulary,
    )
    from rxweave.knowledge.people_files import read_people

    head = read_head(folder)
    if not (folder / "genes").is_dir():
        raise BrokenRelease(f"{folder}: the folder genes/ is missing")
    drugs = read_drugs(folder / "drugs.tsv")
    guidelines: dict[str, tuple[DrugGuideline, ...]] = {}
    for guideline in read_guidelines(folder / "guidelines"):
        guidelines[guideline.drug] = (*guidelines.get(guideline.drug, ()), guideline)
    errata = folder / "upstream_errata.toml"
    return head, {
        "genes": {
            gene.name: read_gene(gene, head.function_set)
            for gene in sorted((folder / "genes").iterdir())
            if gene.is_dir()
        },
        "guidelines": guidelines,
        "drugs": drugs,
        "interactions": read_interactions(folder / "interactions.tsv", drugs),
        "errata": read_errata(errata) if errata.exists() else (),
        "people": read_people(folder / "people"),
        "algorithms": read_algorithms(folder / "algorithms"),
        "vocabulary": read_vocabulary(folder / "guidelines" / VOCABULARY_FILE).sections,
        "conversions": read_conversions(folder),
        "elsewhere": read_genes_elsewhere(folder / "guidelines" / GENES_ELSEWHERE_FILE),
    }


class _Pickler(pickle.Pickler):
    """Packs dataclasses as calls of their class.

    The call is twice as fast to unpack as what frozen dataclasses with slots do by themselves.
    """

    def reducer_override(self, item: object) -> Any:
        if is_dataclass(item) and not isinstance(item, type):
            return type(item), tuple(getattr(item, f.name) for f in fields(item))
        return NotImplemented


def read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


# Read-only mappings, which pickle leaves out, travel with a release to other processes.
copyreg.pickle(MappingProxyType, lambda mapping: (read_only, (dict(mapping),)))


def _pack(value: object) -> bytes:
    packed = io.BytesIO()
    _Pickler(packed, 5).dump(value)
    return packed.getvalue()


def _compile(folder: Path, content_hash: str) -> bytes:
    head, parts = parse_release(folder)
    genes: dict[str, Gene] = parts["genes"]
    dated_sets = tuple(sorted({s for gene in genes.values() for s in gene.function_sets}))
    packed = {name: _pack(part) for name, part in parts.items() if name not in _BY_KEY}
    packed["head"] = pickle.dumps((head, content_hash, dated_sets), 5)
    for name in _BY_KEY:
        packed[name] = pickle.dumps({key: _pack(value) for key, value in parts[name].items()}, 5)
    return pickle.dumps(packed, 5)


def _unpack(stored: bytes) -> Parts:
    packed: dict[str, bytes] = pickle.loads(stored)  # noqa: S301 - verified by _read_own, or made in this process
    head, content_hash, dated_sets = pickle.loads(packed["head"])  # noqa: S301
    return Parts(
        head=head,
        hash=content_hash,
        dated_sets=dated_sets,
        genes=LazyMapping[Gene](pickle.loads(packed["genes"])),  # noqa: S301
        guidelines=LazyMapping[tuple[DrugGuideline, ...]](pickle.loads(packed["guidelines"])),  # noqa: S301
        packed=packed,
    )


def _reader_key(code: Path = Path(__file__).parent) -> str:
    """Names the code that parses: a compiled form is read only by the code that wrote it."""
    files = [(e.name, e.stat().st_size, e.stat().st_mtime_ns) for e in os.scandir(code) if e.is_file()]
    return hashlib.sha256(repr((sys.version_info[:3], sorted(files))).encode()).hexdigest()[:16]


def _state(folder: Path) -> tuple[str, int]:
    """A digest of every file's path, size, times and inode, and the newest change (ns).

    ctime is set by the system whenever content or attributes change and cannot be set back.
    """
    entries: list[tuple[str, int, int, int, int]] = []
    pending = [str(folder.resolve())]
    while pending:
        for entry in os.scandir(pending.pop()):
            if entry.name.startswith((".", "__")):
                continue
            if entry.is_dir():
                pending.append(entry.path)
            else:
                s = entry.stat()
                entries.append((entry.path, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino))
    newest = max((max(e[2], e[3]) for e in entries), default=0)
    return hashlib.sha256(repr(sorted(entries)).encode()).hexdigest()[:32], newest


def _cache_folder() -> Path | None:
    """The user's own cache folder, made if need be; None where there is none that only the user can write."""
    if not hasattr(os, "geteuid"):
        return None
    configured = os.environ.get("XDG_CACHE_HOME", "")
    try:
        root = Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"
        folder = root / "rxweave"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder if _is_private(folder) else None


def _is_private(folder: Path) -> bool:
    """A real folder (no link) that belongs to the user and that nobody else can enter or write."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _read_own(path: Path) -> bytes | None:
    """The content written by ``_write_own``, or None if the file is absent, not the user's own, or damaged."""
    if not _is_private(path.parent):
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            return None
        with open(descriptor, "rb", closefd=False) as file:
            digest, content = file.read(32), file.read()
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return content if hashlib.sha256(content).digest() == digest else None


def _write_own(path: Path, content: bytes) -> int | None:
    """Write content behind its SHA-256, whole or not at all; returns the file's time (ns), None if it cannot be."""
    import tempfile  # needed once a release, not at every start

    draft = ""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not _is_private(path.parent):
            return None
        descriptor, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        Path(draft).replace(path)
        return path.stat().st_mtime_ns
    except OSError:
        if draft:
            Path(draft).unlink(missing_ok=True)
        return None


def _prune(cache: Path) -> None:
    """Keep the newest few releases and remembered states."""
    import shutil

    _drop_oldest([p for p in cache.iterdir() if p.is_dir()], lambda p: shutil.rmtree(p, ignore_errors=True))
    _drop_oldest(list(cache.glob("stat-*")), lambda p: p.unlink(missing_ok=True))
    for release in cache.iterdir():
        if release.is_dir():
            _drop_oldest(list(release.glob("*.bin")), lambda p: p.unlink(missing_ok=True))


def _drop_oldest(paths: list[Path], drop: Callable[[Path], object]) -> None:
    try:
        for path in sorted(paths, key=lambda p: p.stat().st_mtime_ns)[:-_KEPT]:
            drop(path)
    except OSError:
        return
