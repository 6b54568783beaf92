"""A knowledge release: loading it, naming it by its content, and asking it.

A release is a folder of plain text (docs/knowledge-format.md). Its hash names the content; the parsed form is kept in
the user's cache folder under that hash (``compiled.py``), so that a start costs a few milliseconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from rxweave.errors import BrokenRelease, UnknownName
from rxweave.knowledge.gene_files import read_gene, read_toml
from rxweave.knowledge.genes import AlleleFunction, Gene

RELEASES = Path(__file__).with_name("releases")
HEAD = "release.toml"
#: Prior probability below which no allele falls, however rare.
LOWEST_PRIOR = 1e-6


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts of a release come from, and on what terms."""

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


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that one release knows, with one dated function set chosen.

    ``genes`` and the other mappings are in alphabetical order. ``hash`` is the release's, whatever the function set.
    """

    head: ReleaseHead
    hash: str
    function_set: str
    function_sets: tuple[str, ...]
    genes: Mapping[str, Gene]
    folder: Path | None = field(default=None, compare=False)

    @property
    def version(self) -> str:
        return self.head.version

    def gene(self, symbol: str) -> Gene:
        """Raises UnknownName with the near names."""
        try:
            return self.genes[symbol]
        except KeyError:
            raise UnknownName(f"gene {symbol!r} is not in release {self.version}{_near(symbol, self.genes)}") from None

    def functions(self, gene: str) -> Mapping[str, AlleleFunction]:
        """Allele -> function in the chosen set; genes that the set leaves out keep the release's current values."""
        sets = self.gene(gene).function_sets
        return sets.get(self.function_set) or sets.get(self.head.function_set, {})

    def function_of(self, gene: str, allele: str) -> AlleleFunction | None:
        """The allele's function in the chosen set; None for an allele that the set does not know.

        Tandem alleles are written with or without spaces around the plus sign (``*36 + *10``).
        """
        functions = self.functions(gene)
        return functions.get(allele) or functions.get(allele.replace(" + ", "+"))

    def haplotype_prior(self, gene: str, group: str = "") -> tuple[Mapping[str, float], frozenset[str]]:
        """Prior probability of each callable allele, and the alleles whose prior is assumed rather than published.

        Within a group: the published frequency where there is one; what is left of 1 is shared evenly among the
        callable alleles without one; none falls below 1e-6. A suballele without a frequency of its own shares its core
        allele's evenly with its siblings. Without ``group`` the groups with any published frequency weigh equally. A
        group for which nothing is published gets that mixture, all of it assumed; a gene without any frequency gets
        equal priors, all assumed. The values are not rescaled: published numbers stay as published.

        Raises UnknownName for a group that the release does not know.
        """
        found = self.gene(gene)
        alleles = tuple(a for a in found.alleles if a.is_callable)
        if group and group not in self.groups:
            raise UnknownName(f"group {group!r} is not in release {self.version}{_near(group, self.groups)}")
        if group in found.frequencies:
            return _group_prior(found, group)
        parts = [_group_prior(found, g) for g in found.frequencies]
        if not parts:
            return {a.name: max(1 / len(alleles), LOWEST_PRIOR) for a in alleles}, frozenset(a.name for a in alleles)
        mixture = {a.name: sum(prior[a.name] for prior, _ in parts) / len(parts) for a in alleles}
        assumed = frozenset(mixture) if group else frozenset.intersection(*(names for _, names in parts))
        return mixture, assumed

    @property
    def groups(self) -> tuple[str, ...]:
        """The biogeographic groups that any gene has frequencies for."""
        return tuple(sorted({group for gene in self.genes.values() for group in gene.frequencies}))


def _group_prior(gene: Gene, group: str) -> tuple[Mapping[str, float], frozenset[str]]:
    published = gene.frequencies[group]
    siblings: dict[str, int] = {}
    for allele in gene.alleles:
        if allele.core and allele.is_callable and allele.name not in published:
            siblings[allele.core] = siblings.get(allele.core, 0) + 1
    prior: dict[str, float] = {}
    assumed = []
    for allele in gene.alleles:
        if not allele.is_callable:
            continue
        if allele.name in published:
            prior[allele.name] = max(published[allele.name], LOWEST_PRIOR)
        elif allele.core in published:
            prior[allele.name] = max(published[allele.core] / siblings[allele.core], LOWEST_PRIOR)
        else:
            assumed.append(allele.name)
    left = max(1 - sum(published.values()), 0.0)
    for name in assumed:
        prior[name] = max(left / len(assumed), LOWEST_PRIOR)
    return prior, frozenset(assumed)


def load_release(name: str | Path = "2026.1", *, functions: str | None = None) -> Knowledge:
    """The release called ``name``, or the one in the folder ``name``.

    ``2026.1@2025-11`` is the same as ``functions="2025-11"``: the dated function set to use. Raises UnknownName for a
    release or function set that does not exist, BrokenRelease for one that cannot be read.
    """
    if isinstance(name, str) and "@" in name and functions is None:
        name, _, functions = name.rpartition("@")
    folder = release_folder(name)
    head, genes = _read(folder)
    sets = sorted({s for gene in genes.values() for s in gene.function_sets} | {head.function_set}, reverse=True)
    chosen = functions or head.function_set
    if chosen not in sets:
        raise UnknownName(f"function set {chosen!r} is not in release {head.version}; it has {', '.join(sets)}")
    return Knowledge(
        head=head, hash=release_hash(folder), function_set=chosen, function_sets=tuple(sets), genes=genes, folder=folder
    )


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
        f"knowledge release {str(name)!r} is not installed and is no folder with a {HEAD}; installed: {', '.join(known)}"
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


def _read(folder: Path) -> tuple[ReleaseHead, dict[str, Gene]]:
    head = read_head(folder)
    genes = {
        path.name: read_gene(path, head.function_set) for path in sorted((folder / "genes").iterdir()) if path.is_dir()
    }
    return head, genes


def _near(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    near = get_close_matches(name.casefold(), [k.casefold() for k in known], n=3)
    spelled = {k.casefold(): k for k in known}
    return f"; did you mean {', '.join(spelled[n] for n in near)}?" if near else f"; it has {', '.join(known)}"
