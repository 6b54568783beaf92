"""Genotypes at the sites of a knowledge release, read from a VCF of one or many samples.

    genotypes = read_vcf(Path("patient.vcf.gz"), load_release())

A site that the file does not speak of is MISSING, never reference, unless the caller says ``assume_reference``; then
the result says which sites were taken on trust. GRCh38 only.

Sources: VCF 4.5 specification; the reading rules of PharmCAT 3.1.1 (observed), except where a carried variant would be
lost without a word.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.genotype_columns import ColumnCount, ColumnReader, Columns, Gt, Problem
from rxweave.calling.genotypes import ABSENT, Genotypes
from rxweave.calling.record_alleles import Change, change_of, labels_at, may_be_same_event, overlaps
from rxweave.calling.site_table import SiteTable, WarningList
from rxweave.calling.sites import BEHIND, ChromosomeSites, Site, SiteIndex, build_of_lengths
from rxweave.calling.vcf_lines import Header, Line, VcfLines
from rxweave.errors import InputError, ReferenceMismatch, UnknownName
from rxweave.knowledge.genes import Gene

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge

#: Chromosomes that people have one copy of: the first allele of a diploid genotype counts.
_ONE_COPY = ("chrY", "chrM")
_ONE_COPY_POSSIBLE = ("chrX", "chrY", "chrM")
#: With a header that says GRCh38, this many REF mismatches (and more than matches) still refuse the file.
_MISMATCHES_THAT_REFUSE = 3
_BUILD_REMEDY = (
    "Positions of rxweave are GRCh38: give a file called against GRCh38, or convert this one with a liftover that"
    " checks REF (bcftools +liftover, GATK LiftoverVcf)"
)


def read_vcf(
    path: Path,
    knowledge: Knowledge,
    *,
    genes: Collection[str] | None = None,
    samples: Collection[str] | None = None,
    assume_reference: bool = False,
) -> Genotypes:
    """Read the genotypes of ``samples`` (all when None) at the sites of ``genes`` (all with definitions when None).

    ``assume_reference`` turns sites without any record into reference. Plain, gzip and bgzip files are told apart by
    their first bytes.

    Raises InputError for a file that is not a whole, readable VCF with genotypes, ReferenceMismatch for one of another
    genome build, and UnknownName for a gene or sample that is not there.
    """
    chosen = [knowledge.gene(symbol) for symbol in dict.fromkeys(genes)] if genes is not None else None
    wanted = chosen if chosen is not None else [gene for gene in knowledge.genes.values() if gene.variants]
    return _VcfReader(path, wanted, None if samples is None else tuple(dict.fromkeys(samples))).read(assume_reference)


@dataclass(slots=True)
class _Record:
    """One record at or near a site, its sample columns not yet read."""

    line: Line
    ref: str
    alts: tuple[str, ...]
    cells: list[bytes]  # the fixed columns, and all sample columns as one

    @property
    def end(self) -> int:
        return self.line.pos + len(self.ref) - 1

    def __str__(self) -> str:
        return f"{self.line.contig}:{self.line.pos} {_short(self.ref)}>{_short(','.join(self.alts) or '.')}"


@dataclass(slots=True)
class _Agreement:
    """How the REF bases of the file fit the definitions: by site, so a repeated record counts once."""

    matching: set[Site] = field(default_factory=set)
    conflicting: dict[Site, tuple[int, str]] = field(default_factory=dict)  # line, REF
    matching_grch37: set[Site] = field(default_factory=set)


class _VcfReader:
    def __init__(self, path: Path, genes: Sequence[Gene], wanted: tuple[str, ...] | None) -> None:
        self.path = path
        self.index = SiteIndex.of(genes)
        self.lines = VcfLines(path, self.index)
        self.header: Header = self.lines.header
        self.picks = self._pick(wanted)
        samples = self.header.samples if self.picks is None else [self.header.samples[i] for i in self.picks]
        self.warnings = WarningList(samples)
        self.table = SiteTable(self.index, genes, samples, self.warnings)
        self.columns = ColumnReader(len(self.header.samples), is_ad_per_allele=self.header.is_ad_per_allele)
        self.agreement = _Agreement()
        self._changes: dict[Site, list[Change]] = {}

    def _pick(self, wanted: tuple[str, ...] | None) -> NDArray[np.intp] | None:
        if wanted is None:
            return None
        number = {name: i for i, name in enumerate(self.header.samples)}
        if absent := [name for name in wanted if name not in number]:
            have = ", ".join(self.header.samples[:5]) + (" ..." if len(self.header.samples) > 5 else "")
            raise UnknownName(
                f"{self.path}: there is no sample {', '.join(map(repr, absent))} in this file. It holds"
                f" {len(self.header.samples)}: {have}"
            )
        return np.array([number[name] for name in wanted], np.intp)

    def read(self, assume_reference: bool) -> Genotypes:
        build = build_of_lengths(self.header.contig_lengths)
        if build not in ("", "GRCh38", "unknown"):
            name, length = next((n, size) for n, size in self.header.contig_lengths if size)
            raise ReferenceMismatch(
                f"{self.path}: the header gives chromosome {name} {length} bases, which is {build}. {_BUILD_REMEDY}."
            )
        for line in self.lines.matching():
            self._read_line(line)
        self._check_whole()
        self._check_build(is_grch38_by_length=build == "GRCh38")
        self._note_blocks()
        return self.table.finish(str(self.path), assume_reference=assume_reference)

    def _read_line(self, line: Line) -> None:
        here = self.index.chromosomes[line.contig]
        cells = line.text.split(b"\t", 9)
        if len(cells) < 10:
            raise self._wrong_columns(line, len(cells) - 9)
        ref = cells[3].decode("ascii", "replace").upper()
        alts = tuple(cells[4].decode("ascii", "replace").upper().split(",")) if cells[4] != b"." else ()
        record = _Record(line, ref, alts, cells)
        for site in here.at_grch37.get(line.pos, ()):
            if ref == site.variant.ref and line.pos != site.pos:
                self.agreement.matching_grch37.add(site)
        columns: Columns | None = None
        written: set[Site] = set()
        for site in here.near(line.pos, record.end):
            labels = self._labels(record, site)
            if labels is not None:
                columns = columns or self._read_columns(record)
                if columns is None:
                    return
                self.table.write(site, labels, columns, line.number, self._place(line.number))
                written.add(site)
        self._look_beside(record, here, columns, written)

    def _labels(self, record: _Record, site: Site) -> list[str] | None:
        """The record's alleles as the site's definition writes them; None where the record is about something else."""
        state = self.table.states[site]
        variant = site.variant
        if record.line.pos == site.pos and record.ref == variant.ref:
            self.agreement.matching.add(site)
            if site.is_indel and not any(len(alt) > 1 or len(record.ref) > 1 for alt in record.alts):
                self._warn_of_bare_indel_site(record, site)
            return [record.ref, *record.alts]
        labels = labels_at(site.pos, variant, record.line.pos, record.ref, record.alts)
        if labels is None:
            # A REF of N (some gVCFs) says nothing about the genome the file was made with.
            if record.line.pos == site.pos and "N" not in record.ref:
                state.conflicts.append((record.line.number, record.ref))
                self.agreement.conflicting.setdefault(site, (record.line.number, record.ref))
            return None
        if any(label in variant.alts for label in labels):
            self.agreement.matching.add(site)
            return labels
        if record.line.pos == site.pos:
            state.others.append((record.line.number, f"{_short(record.ref)}>{_short(','.join(record.alts) or '.')}"))
        return None

    def _warn_of_bare_indel_site(self, record: _Record, site: Site) -> None:
        if record.alts and not all(alt.startswith("<") for alt in record.alts):
            self.warnings.add(
                self._place(record.line.number),
                f"{site.place} is the site of an insertion ({site.variant.ref}>{','.join(site.variant.alts)}), and the"
                f" record has single bases only ({record.ref}>{','.join(record.alts)}): it may not have been looked"
                " for",
                site.gene,
            )

    def _read_columns(self, record: _Record) -> Columns | None:
        """The genotypes of the chosen samples, with warnings for what could not be taken as written."""
        line = record.line
        fields = record.cells[8].split(b":")
        place = self._place(line.number)
        if b"GT" not in fields:
            if len(record.cells[9].split(b"\t")) != len(self.header.samples):
                raise self._wrong_columns(line, len(record.cells[9].split(b"\t")))
            self.warnings.add(place, f"FORMAT has no GT ({_text(record.cells[8])}): the record was not read")
            return None
        try:
            columns = self.columns.read(
                record.cells[9],
                fields,
                1 + len(record.alts),
                keeps_half_reference=line.contig in _ONE_COPY_POSSIBLE,
            )
        except ColumnCount as error:
            raise self._wrong_columns(line, error.found) from None
        if self.picks is not None:
            columns = columns.pick(self.picks)
        if columns.problems:
            self._warn_of_problems(record, columns)
        if line.contig in _ONE_COPY:
            columns = self._keep_one_copy(record, columns)
        elif line.contig not in _ONE_COPY_POSSIBLE and any(gt.second == ABSENT for gt in columns.kinds):
            self.warnings.add_for(
                columns.rows_where(lambda gt: gt.second == ABSENT).tolist(),
                place,
                f"the genotype at {line.contig}:{line.pos} has one allele, where two were expected on this chromosome",
            )
        return columns

    def _warn_of_problems(self, record: _Record, columns: Columns) -> None:
        rows: dict[tuple[Problem, bytes], list[int]] = {}
        for row, text, what in columns.problems:
            rows.setdefault((what, text), []).append(row)
        for (what, text), affected in rows.items():
            shown = f"GT {_text(text)} at {record.line.contig}:{record.line.pos}"
            match what:
                case Problem.TOO_MANY_ALLELES:
                    said = f"{shown} has more than two alleles: the first two were used"
                case Problem.READS_ON_ONE_ALLELE:
                    said = f"{shown} is heterozygous, and AD has reads on one allele only: it counts as not tested"
                case Problem.UNREADABLE:
                    said = (
                        f"{shown} is not a genotype of this record, which has {len(record.alts)} ALT allele(s): it"
                        " counts as not tested"
                    )
            self.warnings.add_for(affected, self._place(record.line.number), said)

    def _keep_one_copy(self, record: _Record, columns: Columns) -> Columns:
        differing = columns.rows_where(lambda gt: gt.second >= 0 and gt.first != gt.second).tolist()
        if differing:
            self.warnings.add_for(
                differing,
                self._place(record.line.number),
                f"two different alleles at {record.line.contig}:{record.line.pos}, of which people have one: the first"
                " was used",
            )
        return columns.map(lambda gt: gt if gt.first < 0 else Gt(gt.first, ABSENT, True))

    def _look_beside(self, record: _Record, here: ChromosomeSites, columns: Columns | None, written: set[Site]) -> None:
        """Note carriers of a variant that reaches over a site, or may be its variant written at another place."""
        line = record.line
        if any(line.pos == site.pos and alt in site.variant.alts for site in written for alt in record.alts):
            return  # a variant that the definitions hold, whatever other sites it reaches over
        candidates = [site for site in here.near(line.pos - BEHIND, record.end + BEHIND) if site not in written]
        suspects: list[tuple[Site, int, str]] = []
        for i, alt in enumerate(record.alts, 1):
            if not alt.isalpha():
                continue
            change = change_of(line.pos, record.ref, alt)
            for site in candidates:
                defined = self._changes_of(site)
                if any(overlaps(change, known) for known in defined):
                    suspects.append((site, i, "reaches over"))
                elif any(may_be_same_event(change, known, _bases(record, site)) for known in defined):
                    suspects.append((site, i, "may be the same change as"))
        if not suspects:
            return
        columns = columns or self._read_columns(record)
        if columns is None:
            return
        for site, i, how in suspects:
            carriers = columns.rows_where(partial(_carries, index=i))
            if len(carriers):
                name = f"{site.place} {_short(site.variant.ref)}>{_short(','.join(site.variant.alts))}"
                self.table.states[site].blocked.append(
                    (
                        carriers,
                        self._place(line.number),
                        f"the variant {line.contig}:{line.pos} {_short(record.ref)}>{_short(record.alts[i - 1])}"
                        f" {how} the site {name} ({site.variant.label}): where carried, that site counts as not tested",
                    )
                )

    def _changes_of(self, site: Site) -> list[Change]:
        found = self._changes.get(site)
        if found is None:
            found = [change_of(site.pos, site.variant.ref, alt) for alt in site.variant.alts]
            self._changes[site] = found
        return found

    def _note_blocks(self) -> None:
        for block in self.lines.blocks:
            for site in self.index.chromosomes[block.contig].near(block.start, block.end):
                self.table.states[site].is_in_block = True

    def _check_whole(self) -> None:
        if not self.lines.record_count:
            raise InputError(
                f"{self.path}: the file has a header and no records. Expected one line a variant after the line that"
                " starts with #CHROM. Was the file written to its end?"
            )
        known = [name for name, contig in self.lines.contigs.items() if contig]
        if not known:
            seen = list(self.lines.contigs)
            shown = ", ".join(map(repr, seen[:5])) + (" ..." if len(seen) > 5 else "")
            raise InputError(
                f"{self.path}: none of its contigs is a chromosome that rxweave knows: found {shown}. Expected"
                " names such as chr10, 10 or NC_000010.11. Rename them (bcftools annotate --rename-chrs)."
            )
        if self.lines.is_last_line_open:
            self.warnings.add(
                self.path.name,
                "the last record has no line end: if the file was cut off, its last genotype and the sites after it are"
                " missing. Compare it with its source",
            )
        if not any(state.is_recorded for state in self.table.states.values()):
            self.warnings.add(
                self.path.name,
                f"none of its {self.lines.record_count} records lies at a site of the genes asked for: nothing was"
                " tested",
            )

    def _check_build(self, *, is_grch38_by_length: bool) -> None:
        matching, conflicting = len(self.agreement.matching), len(self.agreement.conflicting)
        grch37 = len(self.agreement.matching_grch37)
        if not is_grch38_by_length and grch37 > matching and grch37 > 1:
            raise ReferenceMismatch(
                f"{self.path}: this looks like a GRCh37 (hg19) file: {grch37} records fit the GRCh37 positions of the"
                f" definitions, {matching} fit GRCh38{self._first_conflicts()}. {_BUILD_REMEDY}."
            )
        if conflicting > matching and (conflicting >= _MISMATCHES_THAT_REFUSE or not is_grch38_by_length):
            raise ReferenceMismatch(
                f"{self.path}: the REF bases are not those of GRCh38 at {conflicting} of the"
                f" {conflicting + matching} sites that the file covers{self._first_conflicts()}. {_BUILD_REMEDY}."
            )
        for site, (number, ref) in self.agreement.conflicting.items():
            self.warnings.add(
                self._place(number),
                f"{site.place} has REF {_short(ref)}, the definition has {_short(site.variant.ref)}: the record was not"
                " read",
                site.gene,
            )

    def _first_conflicts(self) -> str:
        first = [
            f"line {number}: {site.place} has REF {_short(ref)}, GRCh38 has {_short(site.variant.ref)}"
            for site, (number, ref) in list(self.agreement.conflicting.items())[:3]
        ]
        return f" ({'; '.join(first)})" if first else ""

    def _wrong_columns(self, line: Line, found: int) -> InputError:
        return InputError(
            f"{self._place(line.number)}: the record at {line.contig}:{line.pos} has {max(found, 0)} sample"
            f" column(s), and the header names {len(self.header.samples)}: whose genotypes are whose cannot be"
            " told. Expected one tab-separated column a sample. If this is the last line, the file was cut off;"
            " else correct the line."
        )

    def _place(self, number: int) -> str:
        return f"{self.path.name}:{number}"


def _bases(record: _Record, site: Site) -> dict[int, str]:
    """The reference bases that a record and a site's definition tell: position -> base."""
    return dict(enumerate(site.variant.ref, site.pos)) | dict(enumerate(record.ref, record.line.pos))


def _carries(gt: Gt, index: int) -> bool:
    return index in gt[:2]


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:20]}... ({len(text)} bases)"


def _text(raw: bytes) -> str:
    return repr(raw[:40].decode("utf-8", "backslashreplace"))
