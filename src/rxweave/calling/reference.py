"""A reference genome beside the file (``--reference``): which bases stand around a change, and where it aligns left.

A plain FASTA with its ``.fai`` is read directly; one compressed with bgzip by pysam (the extra ``hts``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rxweave.calling.builds import canonical_contig
from rxweave.calling.record_alleles import Change
from rxweave.calling.sites import SiteIndex
from rxweave.errors import InputError, MissingExtra, ReferenceMismatch

#: No repeat of the definitions' genes is longer; a change that could move further stays where it is.
_FURTHEST = 1000


class ReferenceGenome:
    """Bases by chromosome and position. Raises InputError, MissingExtra when it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lengths: dict[str, int] = {}
        if not path.is_file():
            raise InputError(f"{path}: there is no such reference genome. Expected a FASTA file.")
        with path.open("rb") as file:
            start = file.read(2)
        self._fetch = self._compressed() if start == b"\x1f\x8b" else self._plain(start)

    def _plain(self, start: bytes) -> Callable[[str, int, int], str]:
        if not start.startswith(b">"):
            raise InputError(f"{self.path}: this is not FASTA, whose first character is '>'.")
        index = self.path.with_name(self.path.name + ".fai")
        if not index.is_file():
            raise InputError(f"{self.path}: its index {index.name} is not there. Make it with `samtools faidx`.")
        layout: dict[str, tuple[int, int, int]] = {}
        for number, line in enumerate(index.read_text("utf-8", "replace").splitlines(), 1):
            fields = line.split("\t")
            if len(fields) < 5 or not all(field.isdigit() for field in fields[1:5]) or fields[3] == "0":
                raise InputError(
                    f"{index}:{number}: expected name, length, offset, bases a line and bytes a line, with tabs between"
                    " them. Make the index again with `samtools faidx`."
                )
            length, offset, bases, width = map(int, fields[1:5])
            if chromosome := canonical_contig(fields[0]):
                self._lengths.setdefault(chromosome, length)
                layout.setdefault(chromosome, (offset, bases, width))
        file = self.path.open("rb")

        def fetch(chromosome: str, first: int, last: int) -> str:
            offset, bases, width = layout[chromosome]
            begin = offset + (first - 1) // bases * width + (first - 1) % bases
            end = offset + (last - 1) // bases * width + (last - 1) % bases + 1
            file.seek(begin)
            return file.read(end - begin).replace(b"\n", b"").replace(b"\r", b"").decode("ascii", "replace")

        return fetch

    def _compressed(self) -> Callable[[str, int, int], str]:
        try:
            import pysam
        except ImportError:
            raise MissingExtra(
                f"{self.path}: a compressed reference genome needs pysam: install rxweave[hts], or unpack it with"
                " `gzip -dk` and index it with `samtools faidx`."
            ) from None
        pysam.set_verbosity(0)
        try:
            fasta: Any = pysam.FastaFile(str(self.path))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.path}: cannot be read as indexed FASTA ({error}). Compress it with bgzip and index it with"
                " `samtools faidx`."
            ) from None
        names: dict[str, str] = {}
        for name in fasta.references:
            if chromosome := canonical_contig(name):
                names.setdefault(chromosome, name)
                self._lengths.setdefault(chromosome, fasta.get_reference_length(name))
        return lambda chromosome, first, last: str(fasta.fetch(names[chromosome], first - 1, last))

    def holds(self, chromosome: str) -> bool:
        """The genome has this chromosome."""
        return chromosome in self._lengths

    def bases(self, chromosome: str, first: int, last: int) -> str:
        """Bases ``first`` to ``last``, 1-based, both included, as far as the chromosome goes; upper case."""
        first, last = max(first, 1), min(last, self._lengths.get(chromosome, 0))
        return self._fetch(chromosome, first, last).upper() if first <= last else ""

    def left_aligned(self, chromosome: str, change: Change) -> Change:
        """The same insertion or deletion as far left as it can be written; anything else as it is."""
        moved = change.removed or change.inserted
        if not moved or (change.removed and change.inserted):
            return change
        before = self.bases(chromosome, change.pos - _FURTHEST, change.pos - 1)
        shift = 0
        while shift < len(before) and before[-1 - shift] == moved[-1]:
            moved = moved[-1] + moved[:-1]
            shift += 1
        pos = change.pos - shift
        return Change(pos, moved, "") if change.removed else Change(pos, "", moved)

    def fits(self, index: SiteIndex) -> bool:
        """The genome has the definitions' bases at the sites of ``index``, but for a tenth at most."""
        wrong, seen = self._differences(index)
        return len(wrong) * 10 <= seen

    def check_build(self, index: SiteIndex) -> None:
        """Raise ReferenceMismatch unless the genome fits the sites of ``index``."""
        wrong, seen = self._differences(index)
        if len(wrong) * 10 > seen:
            raise ReferenceMismatch(
                f"{self.path}: this is not the {index.build} that the genotypes are in: {len(wrong)} of {seen} sites"
                f" differ ({'; '.join(wrong[:3])}). Give the reference genome that the file was called against."
            )

    def _differences(self, index: SiteIndex) -> tuple[list[str], int]:
        """Where the genome has other bases, in words, and how many sites lie on its chromosomes."""
        wrong = []
        seen = 0
        for site in index.sites:
            if self.holds(site.chromosome):
                seen += 1
                found = self.bases(site.chromosome, site.pos, site.end)
                if found != site.ref:
                    wrong.append(f"{site.place} has {found[:12] or 'no base'}, {index.build} has {site.ref[:12]}")
        return wrong, seen
