"""Genotypes of one person as consumer arrays write them: 23andMe, AncestryDNA, and the comma-separated files of others.

    # rsid  chromosome  position  genotype          rsid  chromosome  position  allele1  allele2
    rs4244285   10      96541616  AG                rs4244285  10  96541616  A  G

Letters are bases of the plus strand of the build that the header names, ``D`` and ``I`` for a deletion or insertion,
and ``-``, ``--`` or ``0`` for no call. Nothing is phased.

Sources: the headers that these files carry themselves (23andMe v5, AncestryDNA V2.0, MyHeritage MHv1.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rxweave.calling.array_sites import (
    Marker,
    WantedMarkers,
    base_labels,
    flipped,
    is_base_at_indel,
    markers_at_sites,
    warn_of_several_alts,
)
from rxweave.calling.bgzf import read_text
from rxweave.calling.builds import GRCH37, GRCH38, canonical_contig
from rxweave.calling.genotype_columns import Columns, Gt
from rxweave.calling.genotypes import ABSENT, MISSING, Genotypes
from rxweave.calling.site_table import SiteTable, WarningList
from rxweave.calling.sites import Site, SiteIndex
from rxweave.errors import InputError, ReferenceMismatch, UnknownName
from rxweave.knowledge.genes import Gene

#: The line that names the columns, wherever the comments end.
COLUMN_NAMES = re.compile(
    rb'^#?\s*"?rsid"?\s*[\t,]\s*"?chromosome"?\s*[\t,]\s*"?position"?\s*[\t,]\s*"?(?:genotype|result|allele1)"?',
    re.IGNORECASE | re.MULTILINE,
)
_BUILD = re.compile(rb"\b(?:build[ ]?|GRCh|NCBI)([0-9]{2})(?:\.[0-9]+)?\b|\bhg(1[89]|38)\b", re.IGNORECASE)
_NO_CALL = frozenset({"", "-", "--", "0", "00", "NC", "?", "??"})
_LETTERS = frozenset("ACGTDI")
_ONE_COPY = ("chrY", "chrM")
_LONGEST_LINE = 1 << 16
#: With fewer markers on chromosome Y the sex is not told; with this share of them called, it is male.
_Y_MARKERS = 20
_MALE_SHARE = 0.5
#: So many sites that fit only when read on the other strand are no accident.
_FLIPPED_SITES = 3


def read_array_text(
    path: Path, genes: Sequence[Gene], samples: Sequence[str] | None, *, assume_reference: bool
) -> Genotypes:
    """Read the file of one person, whose sample name is the file's without its ending.

    Raises InputError, ReferenceMismatch, UnknownName.
    """
    name = path.name.split(".")[0]
    if samples is not None and any(sample != name for sample in samples):
        raise UnknownName(
            f"{path}: this file holds one person and no names; the sample is called {name!r} after the file."
        )
    wanted = WantedMarkers(genes)
    file = _ArrayText(path, wanted)
    file.read()
    build = wanted.build_of(path, file.markers, file.stated_build, file.stated_as)
    index = SiteIndex.of(genes, build)
    warnings = WarningList([name])
    table = SiteTable(index, genes, [name], warnings)
    pairs = markers_at_sites(file.markers, index, warnings, path.name)
    is_mixed = _check_strand(path, pairs)
    for site, marker in pairs:
        file.write(site, marker, table, is_strand_doubtful=is_mixed)
    warn_of_several_alts((site for site, _ in pairs), warnings, path.name)
    if not pairs:
        warnings.add(path.name, f"none of its {file.line_count} markers lies at a site of the genes asked for")
    return table.finish(str(path), assume_reference=assume_reference)


def _check_strand(path: Path, pairs: Sequence[tuple[Site, Marker]]) -> bool:
    """Whether some site fits on the other strand only. Raises ReferenceMismatch where several do."""
    wrong = []
    right = 0
    for site, marker in pairs:
        if marker.alleles and base_labels(site, marker.alleles) is not None:
            right += 1
        elif marker.alleles and base_labels(site, flipped(marker.alleles)) is not None:
            wrong.append(
                f"{marker.name} {'/'.join(marker.alleles)}, where {site.place} has {site.ref}>{','.join(site.alts)}"
            )
    if len(wrong) >= _FLIPPED_SITES and 10 * len(wrong) > right:
        raise ReferenceMismatch(
            f"{path}: its bases are not those of the plus strand: {len(wrong)} sites fit on the other strand only, as"
            f" {'; '.join(wrong[:3])}. A/T and C/G sites could then be read the wrong way round. Export the"
            " genotypes on the plus (forward) strand of the reference."
        )
    return bool(wrong)


class _ArrayText:
    """The lines of one file that may matter, and what its header says."""

    def __init__(self, path: Path, wanted: WantedMarkers) -> None:
        self.path = path
        self.wanted = wanted
        self.markers: list[Marker] = []
        self.line_count = 0
        self.stated_build = ""
        self.stated_as = ""
        self.is_male = False

    def read(self) -> None:
        separator = b""
        y_markers = y_called = 0
        for number, line in enumerate(_lines(self.path), 1):
            if not separator or line.startswith(b"#"):
                self._read_comment(line)
                if COLUMN_NAMES.match(line):
                    separator = b"," if line.count(b",") >= 3 else b"\t"
                    continue
                if separator or line.startswith(b"#") or not line.strip():
                    continue
                raise InputError(
                    f"{self.path}:{number}: found {line[:60]!r}. Expected comments and then the line that names the"
                    " columns: rsid, chromosome, position, genotype (or allele1, allele2)."
                )
            if not line.strip():
                continue
            self.line_count += 1
            fields = [field.strip(b' "') for field in line.split(separator)]
            if len(fields) not in (4, 5) or not fields[2].isdigit() or len(fields[2]) > 10:
                raise InputError(
                    f"{self.path}:{number}: found {line[:60]!r}. Expected marker, chromosome, position and genotype (or"
                    " two alleles). If this is the last line, the file was cut off; else correct or remove it."
                )
            if fields[1] in (b"Y", b"24"):
                y_markers += 1
                y_called += b"".join(fields[3:]).decode("ascii", "replace") not in _NO_CALL
            if fields[0] in self.wanted.names or fields[2] in self.wanted.numbers:
                self._keep(fields, number)
        if not self.line_count:
            raise InputError(
                f"{self.path}: the file names its columns and has no genotypes. Was it written to its end?"
            )
        self.is_male = y_markers >= _Y_MARKERS and y_called >= _MALE_SHARE * y_markers

    def _read_comment(self, line: bytes) -> None:
        if self.stated_build or not line.startswith(b"#"):
            return
        if found := _BUILD.search(line):
            number = (found[1] or found[2]).decode()
            number = {"18": "36", "19": "37"}.get(number, number)
            self.stated_as = f"build {number}"
            self.stated_build = {"37": GRCH37, "38": GRCH38}.get(number, "")
            if not self.stated_build:
                raise ReferenceMismatch(
                    f"{self.path}: the header says build {number}. rxweave reads GRCh38 and GRCh37 (build 37): download"
                    " the data again, or convert their positions."
                )

    def _keep(self, fields: list[bytes], number: int) -> None:
        contig = canonical_contig(fields[1].decode("utf-8", "replace"))
        letters = [field.decode("utf-8", "replace").upper() for field in fields[3:]]
        text = "".join(letters)
        alleles = () if text in _NO_CALL or "0" in letters or "-" in text else tuple(text)
        if contig:
            marker = fields[0].decode("utf-8", "replace")
            self.markers.append(Marker(marker, contig, int(fields[2]), alleles, number))

    def write(self, site: Site, marker: Marker, table: SiteTable, *, is_strand_doubtful: bool) -> None:
        """Put the marker's genotype into the table; what cannot be read is missing there, and said.

        ``is_strand_doubtful``: another marker is of the other strand, so bases that fit on both tell nothing.
        """
        place = f"{self.path.name}:{marker.number}"
        order = [site.ref, *site.alts]
        gt, problem = self._genotype(site, marker, order)
        is_doubtful = is_strand_doubtful and bool(marker.alleles) and not site.is_indel
        if not problem and is_doubtful and base_labels(site, flipped(marker.alleles)) is not None:
            gt = Gt(MISSING, MISSING, False)
            problem = (
                f"fits {site.place} ({site.ref}>{','.join(site.alts)}) on either strand, and other markers of the"
                " file are of the other strand"
            )
        if problem:
            shown = f"{marker.name} {'/'.join(marker.alleles)}"
            table.warnings.add(place, f"{shown} {problem}: the site counts as not tested", site.gene)
        table.write(site, order, Columns(1, gt), marker.number, place)

    def _genotype(self, site: Site, marker: Marker, order: Sequence[str]) -> tuple[Gt, str]:
        """Indexes into ``order``, and what is wrong with the letters, if anything."""
        nothing = Gt(MISSING, MISSING, False)
        if not marker.alleles:
            return nothing, ""
        if len(marker.alleles) > 2 or not _LETTERS.issuperset(marker.alleles):
            return nothing, "is not a genotype"
        if is_base_at_indel(site, marker.alleles):
            definition = f"{site.place} ({site.ref}>{','.join(site.alts)})"
            return nothing, f"at {definition}: a single base does not tell whether bases were inserted or deleted"
        labels = base_labels(site, marker.alleles)
        if labels is None:
            return nothing, f"fits neither REF nor ALT of {site.place} ({site.ref}>{','.join(site.alts)})"
        codes = sorted(order.index(labels[letter]) for letter in marker.alleles)
        if site.chromosome in _ONE_COPY or (site.chromosome == "chrX" and self.is_male):
            if len(set(codes)) > 1:
                return nothing, "has two alleles where one was expected"
            codes = codes[:1]
        elif len(codes) == 1 and site.chromosome != "chrX":
            return nothing, "has one allele where two were expected"
        return (Gt(codes[0], codes[1], False) if len(codes) == 2 else Gt(codes[0], ABSENT, True)), ""


def _lines(path: Path) -> Iterator[bytes]:
    rest = b""
    for piece in read_text(path):
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        if len(rest) > _LONGEST_LINE:
            raise InputError(f"{path}: a line is longer than {_LONGEST_LINE >> 10} KiB. Expected one marker a line.")
        for line in lines:
            yield line.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r")
    if rest:
        yield rest.removesuffix(b"\r")
