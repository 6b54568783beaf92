"""Genotypes at the sites of a knowledge release, read from a VCF of one or many samples.

    genotypes = read_vcf(Path("patient.vcf.gz"), load_release())

A site that the file does not speak of is MISSING, never reference, unless the caller says ``assume_reference``; then
the result says which sites were taken on trust. GRCh38, or GRCh37 by the release's table of positions: contig names and
lengths tell the build, else the REF bases do, and the two may not disagree.

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

from rxweave.calling.builds import BUILDS, GRCH37, GRCH38, stated_builds
from rxweave.calling.genotype_columns import ColumnCount, ColumnReader, Columns, Gt, Problem
from rxweave.calling.genotypes import ABSENT, Genotypes
from rxweave.calling.imputed import DOSAGE_FORMAT, ImputedSites
from rxweave.calling.record_alleles import Change, change_of, labels_at, may_be_same_event, overlaps
from rxweave.calling.reference import ReferenceGenome
from rxweave.calling.reference_blocks import (
    ANY_OTHER,
    Stretch,
    block_end,
    stretch_of,
    structural_end,
    unseen_samples,
)
from rxweave.calling.site_table import SiteTable, WarningList
from rxweave.calling.sites import BEHIND, ChromosomeSites, Site, SiteIndex
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
#: This many sites of one chromosome that fit the other build alone are no chance: the file mixes builds.
_SITES_THAT_TELL = 3
#: How a change relates to a site that it may alter, written at another place of a repeat.
_SAME = "may be the same change as"
_STRUCTURAL = "is structural and reaches over"
_BUILD_REMEDY = (
    "rxweave reads GRCh38 and GRCh37: give a file called against one of them, or convert this one with a liftover that"
    " checks REF (bcftools +liftover, GATK LiftoverVcf)"
)


def read_vcf(
    path: Path,
    knowledge: Knowledge,
    *,
    genes: Collection[str] | None = None,
    samples: Collection[str] | None = None,
    assume_reference: bool = False,
    reference: Path | None = None,
) -> Genotypes:
    """Read the genotypes of ``samples`` (all when None) at the sites of ``genes`` (all with definitions when None).

    ``assume_reference`` turns sites without any record into reference. ``reference`` is the genome that the file was
    made with (FASTA): insertions and deletions are then known wherever they are written. Plain, gzip, bgzip and BCF
    files are told apart by their first bytes; an index beside a large one is used.

    Raises InputError for a file that is not a whole, readable VCF with genotypes, ReferenceMismatch for one of another
    genome build, and UnknownName for a gene or sample that is not there.
    """
    chosen = [knowledge.gene(symbol) for symbol in dict.fromkeys(genes)] if genes is not None else None
    wanted = chosen if chosen is not None else [gene for gene in knowledge.genes.values() if gene.variants]
    names = None if samples is None else tuple(dict.fromkeys(samples))
    genome = ReferenceGenome(reference) if reference else None
    try:
        return _VcfReader(path, wanted, names, genome).read(assume_reference)
    except _OtherBuild as found:
        if not path.is_file():
            raise InputError(
                f"{path}: its REF bases are those of {found.build} and its header does not say so: save the file to"
                " disk, so that it can be read twice."
            ) from None
        return _VcfReader(path, wanted, names, genome, found.build).read(assume_reference)


class _OtherBuild(Exception):
    """The header tells no build, and the REF bases turned out to be those of another one than was tried first."""

    def __init__(self, build: str) -> None:
        super().__init__(build)
        self.build = build


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

    @property
    def has_indel(self) -> bool:
        return any(len(alt) != len(self.ref) for alt in self.alts if alt.isalpha())

    def __str__(self) -> str:
        return f"{self.line.contig}:{self.line.pos} {_short(self.ref)}>{_short(','.join(self.alts) or '.')}"


@dataclass(slots=True)
class _Agreement:
    """How the REF bases of the file fit the definitions: by site, so a repeated record counts once."""

    matching: set[Site] = field(default_factory=set)
    conflicting: dict[Site, tuple[int, str]] = field(default_factory=dict)  # line, REF
    elsewhere: dict[Site, tuple[int, str]] = field(default_factory=dict)  # position and REF fit the other build only


class _VcfReader:
    def __init__(
        self,
        path: Path,
        genes: Sequence[Gene],
        wanted: tuple[str, ...] | None,
        reference: ReferenceGenome | None,
        build: str = "",
    ) -> None:
        self.path = path
        self.genes = genes
        self.reference = reference
        self.lines = VcfLines(path)
        self.header: Header = self.lines.header
        self.stated_build = self._stated_build()
        self.build = build or self.stated_build or GRCH38
        self.is_build_found = bool(build)  # by the REF bases, in an earlier reading
        self.index = SiteIndex.of(genes, self.build)
        self.picks = self._pick(wanted)
        samples = self.header.samples if self.picks is None else [self.header.samples[i] for i in self.picks]
        self.warnings = WarningList(samples)
        self.table = SiteTable(self.index, genes, samples, self.warnings)
        self.columns = ColumnReader(len(self.header.samples), is_ad_per_allele=self.header.is_ad_per_allele)
        self.agreement = _Agreement()
        self.imputed = ImputedSites()
        self.without_gt: dict[str, str] = {}  # FORMAT -> the last place
        self.has_genotypes = False
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
        if self.reference is not None:
            self._check_reference(self.reference)
        for line in self.lines.matching(self.index):
            self._read_line(line)
        self._check_whole()
        self._check_build(assume_reference)
        self._check_genotypes()
        self.imputed.warn(self.warnings, self.path.name)
        return self.table.finish(str(self.path), assume_reference=assume_reference)

    def _check_reference(self, reference: ReferenceGenome) -> None:
        """The genome is of the file's build; where nothing else tells that, it does."""
        if not (self.stated_build or self.is_build_found) and not reference.fits(self.index):
            other = GRCH37 if self.build == GRCH38 else GRCH38
            if reference.fits(SiteIndex.of(self.genes, other)):
                raise _OtherBuild(other)
        reference.check_build(self.index)

    def _stated_build(self) -> str:
        """The build that the header states; empty where it does not. Raises ReferenceMismatch for another, or two."""
        stated = stated_builds(self.header.contig_lengths)
        if len(stated) > 1:
            said = "; ".join(f"it {words}, which is {build}" for build, words in stated.items())
            raise ReferenceMismatch(f"{self.path}: the header mixes genome builds: {said}. {_BUILD_REMEDY}.")
        for build, words in stated.items():
            if build not in BUILDS:
                raise ReferenceMismatch(f"{self.path}: the header {words}, which is {build}. {_BUILD_REMEDY}.")
        return next(iter(stated), "")

    def _read_line(self, line: Line) -> None:
        here = self.index.chromosomes[line.contig]
        cells = line.text.split(b"\t", 9)
        if len(cells) < 10:
            raise self._wrong_columns(line, len(cells) - 9)
        ref = cells[3].decode("ascii", "replace").upper()
        alts = tuple(cells[4].decode("ascii", "replace").upper().split(",")) if cells[4] != b"." else ()
        record = _Record(line, ref, alts, cells)
        for site, other_ref in here.elsewhere.get(line.pos, ()):
            if ref == other_ref:
                self.agreement.elsewhere.setdefault(site, (line.pos, ref))
        if self.reference is not None and not self._fits_reference(record):
            return
        stretch_end = block_end(alts, cells[7], record.end)
        has_own_alt = not ANY_OTHER.issuperset(alts)
        columns: Columns | None = None
        written: set[Site] = set()
        for site in self._sites_of(record, here) if has_own_alt or stretch_end is None else ():
            labels = self._labels(record, site)
            if labels is not None:
                columns = columns or self._read_columns(record)
                if columns is None:
                    return
                self.table.write(site, labels, columns, line.number, self._place(line))
                self.imputed.note(site, cells[7])
                written.add(site)
        if stretch_end is not None:
            columns = self._add_stretch(record, stretch_end, here, columns, written)
        if has_own_alt:
            self._look_beside(record, here, columns, written)

    def _sites_of(self, record: _Record, here: ChromosomeSites) -> list[Site]:
        """Sites that the record touches, or may touch once its change is aligned."""
        if self._is_alignable(record):
            return here.near(record.line.pos - BEHIND, record.end + BEHIND)
        return here.near(record.line.pos, record.end)

    def _is_alignable(self, record: _Record) -> bool:
        return self.reference is not None and record.has_indel and self.reference.holds(record.line.contig)

    def _fits_reference(self, record: _Record) -> bool:
        """The record's REF is the reference genome's; where not, that is said and the record is not read."""
        line = record.line
        if self.reference is None or not self.reference.holds(line.contig) or not record.ref.isalpha():
            return True
        bases = self.reference.bases(line.contig, line.pos, record.end)
        if len(bases) == len(record.ref) and all(
            "N" in (a, b) or a == b for a, b in zip(bases, record.ref, strict=True)
        ):
            return True
        self.warnings.add(
            self._place(line),
            f"{line.contig}:{line.pos} has REF {_short(record.ref)}, the reference genome {self.reference.path.name}"
            f" has {_short(bases) or 'no base'}: the record was not read",
        )
        end = block_end(record.alts, record.cells[7], record.end) or record.end
        for site in self.index.chromosomes[line.contig].near(line.pos, end):
            self.table.states[site].conflicts.append((line.number, record.ref))
            self.agreement.conflicting.setdefault(site, (line.number, record.ref))
        return False

    def _add_stretch(
        self, record: _Record, end: int, here: ChromosomeSites, columns: Columns | None, written: set[Site]
    ) -> Columns | None:
        """Note what a gVCF's record says of sites that it reaches over and does not write; the columns, if read."""
        stretch: Stretch | None = None
        for site in here.near(record.line.pos, end):
            if site in written or not self._fits_site(record, site):
                continue
            if stretch is None:
                columns = columns or self._read_columns(record)
                if columns is None:
                    return None
                stretch = stretch_of(record.line.pos, end, columns, self._unseen(record))
            self.table.states[site].stretches.append(stretch)
            self.imputed.note(site, record.cells[7])
        return columns

    def _unseen(self, record: _Record) -> NDArray[np.bool_]:
        fields = record.cells[8].split(b":")
        unseen = unseen_samples(record.cells[9], fields, record.cells[7], len(self.header.samples))
        return unseen if self.picks is None else unseen[self.picks]

    def _fits_site(self, record: _Record, site: Site) -> bool:
        """Where the record's REF lies on the site, its bases are the site's; noted either way."""
        start, end = max(site.pos, record.line.pos), min(site.end, record.end)
        if start > end:
            return True
        if "N" in record.ref:
            return False  # the base at the site was not known, so it was not compared with anything
        ours = site.ref[start - site.pos : end + 1 - site.pos]
        theirs = record.ref[start - record.line.pos : end + 1 - record.line.pos]
        if ours == theirs:
            if record.line.pos == site.pos:
                self.agreement.matching.add(site)
            return True
        self.table.states[site].conflicts.append((record.line.number, record.ref))
        self.agreement.conflicting.setdefault(site, (record.line.number, record.ref))
        return False

    def _labels(self, record: _Record, site: Site) -> list[str] | None:
        """The record's alleles as the site's definition writes them; None where the record is about something else."""
        state = self.table.states[site]
        if record.line.pos == site.pos and record.ref == site.ref:
            self.agreement.matching.add(site)
            if site.is_indel and not any(len(alt) > 1 or len(record.ref) > 1 for alt in record.alts):
                self._warn_of_bare_indel_site(record, site)
            return [record.ref, *record.alts]
        align = None
        if self.reference is not None and self._is_alignable(record):
            align = partial(self.reference.left_aligned, record.line.contig)
        labels = labels_at(site.pos, site.ref, site.alts, record.line.pos, record.ref, record.alts, align)
        if labels is None:
            # A REF of N (some gVCFs) says nothing about the genome the file was made with.
            if record.line.pos == site.pos and "N" not in record.ref:
                state.conflicts.append((record.line.number, record.ref))
                self.agreement.conflicting.setdefault(site, (record.line.number, record.ref))
            return None
        if any(label in site.alts for label in labels):
            self.agreement.matching.add(site)
            return labels
        if record.line.pos == site.pos:
            state.others.append((record.line.number, f"{_short(record.ref)}>{_short(','.join(record.alts) or '.')}"))
        return None

    def _warn_of_bare_indel_site(self, record: _Record, site: Site) -> None:
        if record.alts and not all(alt.startswith("<") for alt in record.alts):
            self.warnings.add(
                self._place(record.line),
                f"{site.place} is the site of an insertion ({site.ref}>{','.join(site.alts)}), and the"
                f" record has single bases only ({record.ref}>{','.join(record.alts)}): it may not have been looked"
                " for",
                site.gene,
            )

    def _read_columns(self, record: _Record) -> Columns | None:
        """The genotypes of the chosen samples, with warnings for what could not be taken as written."""
        line = record.line
        fields = record.cells[8].split(b":")
        place = self._place(line)
        if b"GT" not in fields:
            self.without_gt[_text(record.cells[8])] = place
            if len(record.cells[9].split(b"\t")) != len(self.header.samples):
                raise self._wrong_columns(line, len(record.cells[9].split(b"\t")))
            self.warnings.add(place, f"FORMAT has no GT ({_text(record.cells[8])}): the record was not read")
            return None
        self.has_genotypes = True
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
        if not ANY_OTHER.isdisjoint(record.alts):
            is_reference = columns.rows_where(lambda gt: gt.first == 0 and gt.second in (0, ABSENT))
            columns.clear(is_reference[self._unseen(record)[is_reference]])
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
                case Problem.ALLELE_LEFT_OVER:
                    said = (
                        f"{shown} has more than two alleles, and the first two are not all of them: it counts as not"
                        " tested"
                    )
                case Problem.READS_ON_ONE_ALLELE:
                    said = f"{shown} is heterozygous, and AD has reads on one allele only: it counts as not tested"
                case Problem.UNREADABLE:
                    said = (
                        f"{shown} is not a genotype of this record, which has {len(record.alts)} ALT allele(s): it"
                        " counts as not tested"
                    )
            self.warnings.add_for(affected, self._place(record.line), said)

    def _keep_one_copy(self, record: _Record, columns: Columns) -> Columns:
        differing = columns.rows_where(lambda gt: gt.second >= 0 and gt.first != gt.second).tolist()
        if differing:
            self.warnings.add_for(
                differing,
                self._place(record.line),
                f"two different alleles at {record.line.contig}:{record.line.pos}, of which people have one: the first"
                " was used",
            )
        return columns.map(lambda gt: gt if gt.first < 0 else Gt(gt.first, ABSENT, True))

    def _look_beside(self, record: _Record, here: ChromosomeSites, columns: Columns | None, written: set[Site]) -> None:
        """Note carriers of a variant that reaches over a site, or may be its variant written at another place."""
        line = record.line
        if any(line.pos == site.pos and alt in site.alts for site in written for alt in record.alts):
            return  # a variant that the definitions hold, whatever other sites it reaches over
        candidates = [site for site in here.near(line.pos - BEHIND, record.end + BEHIND) if site not in written]
        suspects: list[tuple[Site, int, str]] = []
        for i, alt in enumerate(record.alts, 1):
            if alt.startswith("<") and alt not in ANY_OTHER:
                end = structural_end(record.cells[7], record.end)
                suspects += [
                    (site, i, _STRUCTURAL)
                    for site in here.near(line.pos + 1, max(end, line.pos + 1))
                    if site not in written and (end > line.pos or site.is_indel)
                ]
            if not alt.isalpha():
                continue
            change = change_of(line.pos, record.ref, alt)
            is_aligned = self.reference is not None and self._is_alignable(record)
            if self.reference is not None and is_aligned:
                change = self.reference.left_aligned(line.contig, change)
            for site in candidates:
                defined = self._changes_of(site)
                if _leaves_base(record, alt, site):
                    continue
                if any(overlaps(change, known) for known in defined):
                    suspects.append((site, i, "reaches over"))
                elif not is_aligned and any(
                    may_be_same_event(change, known, _bases(record, site)) for known in defined
                ):
                    suspects.append((site, i, _SAME))
        if not suspects:
            return
        columns = columns or self._read_columns(record)
        if columns is None:
            return
        for site, i, how in suspects:
            carriers = columns.rows_where(partial(_carries, index=i))
            if len(carriers):
                name = f"{site.place} {_short(site.ref)}>{_short(','.join(site.alts))}"
                is_like = how in (_SAME, _STRUCTURAL) or (site.is_indel and len(record.alts[i - 1]) != len(record.ref))
                if is_like:
                    self.table.suspect(site, columns, i, f"{line.pos}{record.ref}>{record.alts[i - 1]}")
                self.table.states[site].blocked.append(
                    (
                        carriers,
                        self._place(line),
                        f"the variant {line.contig}:{line.pos} {_short(record.ref)}>{_short(record.alts[i - 1])}"
                        f" {how} the site {name} ({site.variant.label}): where carried, that site counts as not tested"
                        + (", and the copy as one of unknown function" if is_like else ""),
                    )
                )

    def _changes_of(self, site: Site) -> list[Change]:
        found = self._changes.get(site)
        if found is None:
            found = [change_of(site.pos, site.ref, alt) for alt in site.alts]
            if self.reference is not None and site.is_indel and self.reference.holds(site.chromosome):
                found = [self.reference.left_aligned(site.chromosome, change) for change in found]
            self._changes[site] = found
        return found

    def _check_whole(self) -> None:
        if not self.lines.record_count and not self.lines.is_indexed:
            raise InputError(
                f"{self.path}: the file has a header and no records. Expected one line a variant after the line that"
                " starts with #CHROM. Was the file written to its end?"
            )
        known = [name for name, contig in self.lines.contigs.items() if contig]
        if not known and self.lines.contigs:
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
        if not any(state.is_recorded or state.stretches for state in self.table.states.values()):
            count = "records" if self.lines.is_indexed else f"{self.lines.record_count} records"
            self.warnings.add(
                self.path.name,
                f"none of its {count} lies at a site of the genes asked for: nothing was tested",
            )

    def _check_build(self, assume_reference: bool) -> None:
        """The REF bases must be those of the build read in. Raises ReferenceMismatch, _OtherBuild."""
        agreement = self.agreement
        matching, conflicting, elsewhere = map(len, (agreement.matching, agreement.conflicting, agreement.elsewhere))
        other = GRCH37 if self.build == GRCH38 else GRCH38
        is_told = bool(self.stated_build) or self.is_build_found
        if not is_told and elsewhere > matching and elsewhere > 1:
            raise _OtherBuild(other)
        if mixed := self._chromosome_of_other_build():
            site, (pos, ref) = mixed
            own = next(iter(agreement.matching), None)
            fitting = f", while {own.place} {own.ref} is {self.build}" if own else ""
            raise ReferenceMismatch(
                f"{self.path}: the file mixes genome builds: {site.chromosome}:{pos} has REF {_short(ref)}, which is"
                f" the {other} position and base of {site.variant.label}{fitting}; {elsewhere} site(s) fit {other} and"
                f" {matching} fit {self.build}"
                + (f", which the header states. {_BUILD_REMEDY}." if self.stated_build else f". {_BUILD_REMEDY}.")
            )
        if conflicting > matching and (conflicting >= _MISMATCHES_THAT_REFUSE or not self.stated_build):
            raise ReferenceMismatch(
                f"{self.path}: the REF bases are not those of {self.build} at {conflicting} of the"
                f" {conflicting + matching} sites that the file covers{self._first_conflicts()}. {_BUILD_REMEDY}."
            )
        if not is_told and not matching and any(state.stretches for state in self.table.states.values()):
            raise ReferenceMismatch(
                f"{self.path}: the genome build cannot be told: the header gives no contig lengths, and no record"
                " stands at a site, so that no REF base says which build the reference blocks are in. Add the contig"
                " lines to the header (bcftools reheader --fai genome.fa.fai)."
            )
        if not is_told and not matching and assume_reference and self.reference is None:
            raise ReferenceMismatch(
                f"{self.path}: the genome build cannot be told: the header gives no contig lengths, and no record"
                " stands at a site. Its variants could lie at the positions of another build, so reference is not"
                " assumed. Add the contig lines to the header (bcftools reheader --fai genome.fa.fai)."
            )
        for site, (number, ref) in agreement.conflicting.items():
            self.warnings.add(
                self._place_of(number, site),
                f"{site.place} has REF {_short(ref)}, the definition has {_short(site.ref)}: the record was not read",
                site.gene,
            )

    def _chromosome_of_other_build(self) -> tuple[Site, tuple[int, str]] | None:
        """A site of a chromosome whose records fit the other build and hardly this one."""
        for contig in self.index.chromosomes:
            theirs = [(site, found) for site, found in self.agreement.elsewhere.items() if site.chromosome == contig]
            ours = sum(site.chromosome == contig for site in self.agreement.matching)
            if len(theirs) >= _SITES_THAT_TELL and len(theirs) > 2 * ours:
                return theirs[0]
        return None

    def _check_genotypes(self) -> None:
        """Refuse a file that has only imputed dosages or likelihoods where genotypes are needed."""
        layout = next((text for text in self.without_gt if DOSAGE_FORMAT.search(text)), "")
        if layout and not self.has_genotypes:
            raise InputError(
                f"{self.path}: its records give imputed dosages or genotype probabilities and no genotypes (FORMAT"
                f" {layout}, as on {self.without_gt[layout]}). A dosage of 0.9 is no allele: star alleles need called"
                " genotypes, phased where possible. Give the file that the imputation server wrote with GT, or call"
                " them with a stated threshold (bcftools +tag2tag -- --GP-to-GT)."
            )

    def _first_conflicts(self) -> str:
        first = [
            (f"line {number}: " if number else "")
            + f"{site.place} has REF {_short(ref)}, {self.build} has {_short(site.ref)}"
            for site, (number, ref) in list(self.agreement.conflicting.items())[:3]
        ]
        return f" ({'; '.join(first)})" if first else ""

    def _wrong_columns(self, line: Line, found: int) -> InputError:
        return InputError(
            f"{self._place(line)}: the record at {line.contig}:{line.pos} has {max(found, 0)} sample"
            f" column(s), and the header names {len(self.header.samples)}: whose genotypes are whose cannot be"
            " told. Expected one tab-separated column a sample. If this is the last line, the file was cut off;"
            " else correct the line."
        )

    def _place(self, line: Line) -> str:
        return f"{self.path.name}:{line.number or f'{line.contig}:{line.pos}'}"

    def _place_of(self, number: int, site: Site) -> str:
        return f"{self.path.name}:{number or site.place}"


def _bases(record: _Record, site: Site) -> dict[int, str]:
    """The reference bases that a record and a site's definition tell: position -> base."""
    return dict(enumerate(site.ref, site.pos)) | dict(enumerate(record.ref, record.line.pos))


def _leaves_base(record: _Record, alt: str, site: Site) -> bool:
    """Bases are replaced one for one, and the site, of one base, keeps its own."""
    at = site.pos - record.line.pos
    is_one_for_one = len(alt) == len(record.ref) and len(site.ref) == 1 and not site.is_indel
    return is_one_for_one and 0 <= at < len(alt) and alt[at] == site.ref


def _carries(gt: Gt, index: int) -> bool:
    return index in gt[:2]


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:20]}... ({len(text)} bases)"


def _text(raw: bytes) -> str:
    return repr(raw[:40].decode("utf-8", "backslashreplace"))
