"""The chain of rooms: files to calls and phenotypes, a person to a report. The one place that joins them.

The command line, a service and a cluster all call these functions; no rule lives here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rxweave.calling import (
    CallOptions,
    call_diplotypes,
    genotypes_of_variants,
    merge_genotypes,
    read_genotypes,
    stated_calls,
)
from rxweave.calling.diplotype import CallSource, CallStatus, DiplotypeCall
from rxweave.calling.genotypes import FileWarning, Genotypes
from rxweave.errors import InputError, MissingExtra, PgxError, UnknownName
from rxweave.patient import (
    Event,
    EventKind,
    MedicationOrder,
    Patient,
    coded_patient,
    read_medications,
    read_patient,
)
from rxweave.phenotyping import GenePhenotype, assign_phenotype
from rxweave.report import Report, call_row, gene_scales

if TYPE_CHECKING:
    from rxweave.calling.outside_files import OutsideFiles
    from rxweave.guidance import Advice, Site
    from rxweave.knowledge import Knowledge
    from rxweave.narrative.models.settings import ModelSettings
    from rxweave.narrative.narrative import Audience


@dataclass(frozen=True, slots=True)
class CallSettings:
    """What to call and how. ``genes`` empty: every gene of the release; ``sample`` empty: every sample.

    ``outside`` is one file of outside calls or several; ``outside_sample`` is what they call the one person of the
    genotypes, where that is another name.
    """

    genes: tuple[str, ...] = ()
    sample: str = ""
    is_merged: bool = False
    outside: Path | tuple[Path, ...] | None = None
    outside_sample: str = ""
    is_reference_assumed: bool = False
    reference: Path | None = None  # the genome that the files were made with
    options: CallOptions = field(default_factory=CallOptions)


@dataclass(frozen=True, slots=True)
class SampleResult:
    """One person of one file (or of merged files): gene -> phenotype, in the release's gene order.

    ``file`` and ``sample`` are None when the calls came from an outside file alone.
    """

    file: str | None
    sample: str | None
    genes: Mapping[str, GenePhenotype]
    warnings: tuple[FileWarning, ...] = ()
    build: str = ""  # the genome build of the file; empty for outside calls

    def warnings_of(self, gene: str) -> tuple[str, ...]:
        """What the reader of the file had to say about one gene of this person."""
        return tuple(str(w) for w in self.warnings if w.gene == gene)


@dataclass(frozen=True, slots=True)
class FailedInput:
    """A file that could not be used, and why; the others are done all the same."""

    file: str
    error: PgxError


def call_people(
    inputs: Sequence[Path],
    knowledge: Knowledge,
    settings: CallSettings = CallSettings(),
) -> Iterator[SampleResult | FailedInput]:
    """Call every sample of every input, in order; without inputs, the outside calls alone.

    Raises UnknownName for a gene the release does not hold, InputError for an outside file that cannot be read at all.
    """
    for gene in settings.genes:
        knowledge.gene(gene)
    outside = _outside(settings, knowledge)
    if not inputs:
        if outside is not None:
            if outside.is_empty:
                said = " ".join(str(warning) for warning in outside.warnings[:3])
                places = ", ".join(map(str, _outside_paths(settings)))
                raise InputError(f"{places}: no call in it could be used. {said}")
            yield from _outside_alone(outside, knowledge, settings)
        return
    is_all = settings.is_merged or len(inputs) == 1
    for genotypes in read_inputs(inputs, knowledge, settings):
        if isinstance(genotypes, FailedInput):
            yield genotypes
        else:
            theirs: Mapping[str, tuple[DiplotypeCall, ...]] = {}
            notes = outside.warnings if outside is not None else ()
            if outside is not None:
                is_one = len(genotypes.samples) == 1 and (is_all or bool(settings.sample))
                theirs = outside.people(
                    genotypes.samples, is_one_person=is_one, is_all=is_all, same_as=settings.outside_sample
                )
                if outside.names_nobody and not is_one:
                    text = "outside calls that name no sample are used for every sample of this file"
                    notes = (*notes, FileWarning(genotypes.file, text))
                if not theirs and not outside.is_empty:
                    notes = (*notes, FileWarning(genotypes.file, "no outside call is of a person of this file"))
            yield from _call(genotypes, theirs, notes, knowledge, settings)


def call_rows(
    inputs: Sequence[Path],
    knowledge: Knowledge,
    settings: CallSettings,
    failed: list[FailedInput],
    warned: set[str],
) -> Iterator[dict[str, object]]:
    """The rows of ``rxweave call``, as they come.

    Files that could not be used are added to ``failed``; what a reader must know and no row carries, to ``warned``.
    """
    for person in call_people(inputs, knowledge, settings):
        if isinstance(person, FailedInput):
            failed.append(person)
            continue
        warned.update(str(w) for w in person.warnings if not w.gene)
        for gene, result in person.genes.items():
            row = call_row(person.file, person.sample, result, knowledge.version, person.build)
            row["warnings"] = [*row["warnings"], *person.warnings_of(gene)]
            yield row


def panel_rows(
    inputs: Sequence[Path],
    positions: Path | None,
    knowledge: Knowledge,
    settings: CallSettings,
    failed: list[FailedInput],
    warned: set[str],
) -> Iterator[dict[str, object]]:
    """The rows of ``rxweave call --panel-report``: what each file, or an assay's list of positions, cannot show.

    Files that could not be used are added to ``failed``, what a reader must know to ``warned``. Raises InputError for a
    list of positions that cannot be read, UnknownName for a gene or group that the release does not hold.
    """
    from rxweave.calling.panel import AssayPositions, positions_of, read_positions
    from rxweave.phenotyping.panel import panel_report
    from rxweave.report.panels import panel_object

    def rows(assay: str, found: AssayPositions) -> Iterator[dict[str, object]]:
        for row in panel_report(
            knowledge,
            found.read,
            genes=settings.genes,
            group=settings.options.population,
            is_research_allowed=settings.options.cyp2d6_from_vcf,
        ):
            yield {"assay": assay, **panel_object(row)}

    if positions is not None:
        found = read_positions(positions, knowledge)
        if found.unmatched:
            lie = "entry is" if found.unmatched == 1 else "entries are"
            warned.add(f"{positions}: {found.unmatched} {lie} at no position that a definition uses")
        yield from rows(str(positions), found)
    for genotypes in read_inputs(inputs, knowledge, settings):
        if isinstance(genotypes, FailedInput):
            failed.append(genotypes)
        else:
            yield from rows(genotypes.file, positions_of(genotypes, knowledge))


def read_inputs(
    inputs: Sequence[Path], knowledge: Knowledge, settings: CallSettings, samples: Sequence[str] | None = None
) -> Iterator[Genotypes | FailedInput]:
    """The genotypes of each input, or of all merged, and the inputs that could not be used.

    ``samples``: only these people, where the settings choose nobody.
    """
    genes = settings.genes or None
    samples = (settings.sample,) if settings.sample else samples
    parts: list[Genotypes] = []
    for path in inputs:
        try:
            genotypes = read_genotypes(
                path,
                knowledge,
                genes=genes,
                samples=samples,
                assume_reference=settings.is_reference_assumed,
                reference=settings.reference,
            )
        except (InputError, MissingExtra) as error:
            yield FailedInput(str(path), error)
            continue
        if settings.is_merged:
            parts.append(genotypes)
        else:
            yield genotypes
    if parts:
        try:
            yield merge_genotypes(parts)
        except InputError as error:
            yield FailedInput(", ".join(str(p) for p in inputs), error)


def _outside_paths(settings: CallSettings) -> tuple[Path, ...]:
    given = settings.outside
    return given if isinstance(given, tuple) else (given,) if given else ()


def _outside(settings: CallSettings, knowledge: Knowledge) -> OutsideFiles | None:
    paths = _outside_paths(settings)
    if not paths:
        return None
    from rxweave.calling.outside_files import read_outside_files

    return read_outside_files(paths, knowledge)


def _call(
    genotypes: Genotypes,
    outside: Mapping[str, tuple[DiplotypeCall, ...]],
    said: tuple[FileWarning, ...],
    knowledge: Knowledge,
    settings: CallSettings,
) -> Iterator[SampleResult]:
    """``outside``: the outside calls of each sample that has some; ``said``: what their reader had to say of them."""
    phenotypes: dict[int, GenePhenotype] = {}  # by identity: equal patterns share one call object
    kept: list[DiplotypeCall] = []  # keeps those identities alive
    by_sample: dict[str, list[FileWarning]] = {}
    for warning in genotypes.warnings:
        by_sample.setdefault(warning.sample, []).append(warning)
    common = (*by_sample.get("", ()), *said)

    for sample, calls in zip(genotypes.samples, call_diplotypes(genotypes, knowledge, settings.options), strict=True):
        result: dict[str, GenePhenotype] = {}
        warnings = list(common) + by_sample.get(sample, [])
        replaced = {call.gene: call for call in outside.get(sample, ())}
        for gene in genes_of(settings, knowledge, replaced):
            call = replaced.get(gene)
            if call is None:
                call = calls.get(gene) or DiplotypeCall(gene, CallStatus.NOT_COVERED)
            elif gene in calls and calls[gene].diplotypes:
                found = " or ".join(map(str, calls[gene].diplotypes))
                warnings.append(
                    FileWarning(
                        genotypes.file, f"{gene}: the outside call is used; the file itself gives {found}", gene
                    )
                )
            if id(call) not in phenotypes:
                phenotypes[id(call)] = assign_phenotype(call, knowledge)
                kept.append(call)
            result[gene] = phenotypes[id(call)]
        yield SampleResult(genotypes.file, sample, result, tuple(warnings), genotypes.build)


def _outside_alone(outside: OutsideFiles, knowledge: Knowledge, settings: CallSettings) -> Iterator[SampleResult]:
    """The people of outside files alone: each that is named, or the one whom nobody names."""
    from rxweave.calling.outside_files import NOBODY

    chosen = settings.outside_sample or settings.sample
    people = (outside.known_sample(chosen),) if chosen and outside.samples else outside.samples or (NOBODY,)
    calls_of = {NOBODY: outside.calls_of(NOBODY)}
    if people != (NOBODY,):
        calls_of = outside.people(people, is_one_person=len(people) == 1)
    for person in people:
        found = {c.gene: c for c in calls_of[person]}
        asked = [g for g in knowledge.genes if g in found or g in settings.genes]
        genes = [*asked, *_elsewhere(found, knowledge)]
        calls = [found.get(g) or DiplotypeCall(g, CallStatus.NOT_COVERED) for g in genes]
        results = {c.gene: assign_phenotype(c, knowledge) for c in calls}
        yield SampleResult(None, person or None, results, outside.warnings)


def genes_of(settings: CallSettings, knowledge: Knowledge, outside: Collection[str]) -> list[str]:
    """Every gene asked for or called elsewhere, in the release's order."""
    asked = [g for g in knowledge.genes if not settings.genes or g in settings.genes or g in outside]
    return [*asked, *_elsewhere(outside, knowledge)]


def _elsewhere(stated: Collection[str], knowledge: Knowledge) -> list[str]:
    """The genes of ``stated`` that guidelines name and no file is read for."""
    return [gene for gene in knowledge.elsewhere if gene in stated]


def one_person(
    inputs: Sequence[Path],
    knowledge: Knowledge,
    settings: CallSettings = CallSettings(),
) -> SampleResult:
    """The result of the one person in ``inputs``.

    Raises InputError if a file is wrong or if the files hold several people and none was chosen.
    """
    results: list[SampleResult] = []
    for result in call_people(inputs, knowledge, settings):
        if isinstance(result, FailedInput):
            raise result.error
        results.append(result)
        if len(results) > 1:
            names = sorted({r.sample or "" for r in results})
            raise InputError(
                f"{result.file}: more than one person is here ({', '.join(names)}, ...): choose one with "
                "--sample NAME, or add --merge if the files are parts of the same person."
            )
    if not results:
        raise InputError("no genotypes and no outside calls: name a VCF, or give --outside calls.tsv.")
    return results[0]


def report_of(
    person: SampleResult,
    patient: Patient,
    medications: Sequence[MedicationOrder],
    knowledge: Knowledge,
    *,
    files: Sequence[str] = (),
    event: EventKind = EventKind.ORDER,
    made_on: date | None = None,
    notice: str = "",
    site: Site | None = None,
) -> Report:
    """Advice for every drug on the list that the release knows, as one report.

    ``made_on`` is the day of the event too: without it no rule of ``site`` is in force and no washout is over.
    """
    from rxweave import __version__
    from rxweave.guidance import advise  # here, so that calling a genome does not load it
    from rxweave.guidance.secondary import secondary_findings
    from rxweave.phenotyping import conversion_of_all
    from rxweave.phenotyping.panel import panel_report

    looked_at = [
        r.call
        for r in person.genes.values()
        if r.call.source is CallSource.GENOTYPES and not r.call.is_reference_assumed
    ]
    read = {call.gene: _positions_read(call, knowledge) for call in looked_at}
    drugs = tuple(dict.fromkeys(m.drug for m in medications if m.drug and m.stopped is None and not m.is_stopped))
    patient = replace(patient, medications=tuple(medications))
    # A gene that nobody looked at is a line of the report too: what is absent must not read as tested.
    genes = {
        gene: person.genes.get(gene) or assign_phenotype(DiplotypeCall(gene, CallStatus.NOT_COVERED), knowledge)
        for gene in (*knowledge.genes, *_elsewhere(person.genes, knowledge))
    }
    advice = advise(genes, patient, Event(event, drugs, made_on), knowledge, site=site)
    conversions = conversion_of_all(genes, medications, knowledge, on=made_on, patient=patient)
    return Report(
        sample=person.sample or patient.label,
        files=tuple(files),
        patient=patient,
        medications=tuple(medications),
        genes=tuple(genes.values()),
        advice=advice,
        warnings=person.warnings,
        knowledge_version=knowledge.version,
        build=person.build,
        knowledge_hash=knowledge.hash,
        function_set=knowledge.function_set,
        software_version=__version__,
        scales=gene_scales(knowledge.genes.values()),
        made_on=made_on,
        notice=notice,
        sources=tuple(f"{s.name}: {s.licence}" for s in knowledge.head.sources),
        panel=panel_report(knowledge, read, genes=tuple(read)) if read else (),
        secondary=secondary_findings(genes, patient, knowledge),
        conversions={gene: found for gene, found in conversions.items() if found.modulations},
    )


def narrated(
    report: Report,
    audiences: Sequence[Audience],
    writer: str = "builtin",
    *,
    language: str = "en",
    settings: ModelSettings | None = None,
) -> Report:
    """``report`` with its narratives, of sentences that the verifier proves, and whose narratives were withheld.

    ``writer``: ``builtin``, ``openai:MODEL`` or ``anthropic:MODEL``. Raises InputError for a writer or language that
    cannot be used.
    """
    from rxweave.narrative.narrate import narrate, proved

    if not report.advice:
        return report
    asked = tuple(dict.fromkeys(audiences))
    told = [narrate(report.advice, report.patient, a, writer, language=language, settings=settings) for a in asked]
    kept = tuple(p for n in told if (p := proved(n, report.advice, report.patient)) is not None)
    withheld = tuple(a for a in asked if all(a is not n.audience for n in kept))
    return replace(report, narratives=kept, withheld=withheld)


def _positions_read(call: DiplotypeCall, knowledge: Knowledge) -> frozenset[int]:
    if call.status is CallStatus.NOT_COVERED:
        return frozenset()
    return frozenset(v.pos_grch38 for v in knowledge.gene(call.gene).variants).difference(call.missing_positions)


@dataclass(frozen=True, slots=True)
class StatedRequest:
    """Results stated one by one, the drugs ordered and the patient: what ``rxweave advise`` is asked.

    ``diplotypes``, ``phenotypes`` and ``activity_scores`` hold ``GENE=value``; a phenotype may also be an allele status
    (``HLA-B*57:01=positive``). ``variants`` hold ``NAME=A/B``, NAME as ``stated_variants`` reads it. ``orders`` and
    ``co_medications`` are medication lines. ``on`` is the day of the event; without it no rule of the site is in force.
    """

    orders: tuple[str, ...]
    diplotypes: tuple[str, ...] = ()
    phenotypes: tuple[str, ...] = ()
    activity_scores: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    co_medications: tuple[str, ...] = ()
    patient: Path | None = None
    event: str = "order"
    site: Site | None = None
    on: date | None = None


def patient_of(path: Path, knowledge: Knowledge) -> Patient:
    """The person of a ``patient.json``, in the codes of the release. Raises InputError, UnknownName."""
    return coded_patient(read_patient(path, knowledge.drugs), knowledge, str(path))


def advise_stated(request: StatedRequest, knowledge: Knowledge) -> tuple[Advice, ...]:
    """The advice of ``stated_case``."""
    return stated_case(request, knowledge)[0]


def stated_case(request: StatedRequest, knowledge: Knowledge) -> tuple[tuple[Advice, ...], Patient]:
    """Advice for stated results, without a genome, and the patient with the medications that it is for.

    Raises UnknownName for a drug, gene, allele or phenotype that the release does not hold, InputError for anything
    that cannot be read or that contradicts itself.
    """
    from rxweave.guidance import advise

    try:
        event = EventKind(request.event)
    except ValueError:
        raise InputError(f"event {request.event!r}: expected one of {', '.join(e.value for e in EventKind)}.") from None
    orders = [o for text in request.orders for o in _known_medications(text, knowledge)]
    others = [o for text in request.co_medications for o in _known_medications(text, knowledge)]
    patient = patient_of(request.patient, knowledge) if request.patient else Patient()
    patient = replace(patient, medications=(*patient.medications, *orders, *others))
    phenotypes = {gene: assign_phenotype(call, knowledge) for gene, call in _stated_calls(request, knowledge).items()}
    drugs = tuple(dict.fromkeys(o.drug for o in orders))
    return advise(phenotypes, patient, Event(event, drugs, request.on), knowledge, site=request.site), patient


def _known_medications(text: str, knowledge: Knowledge) -> tuple[MedicationOrder, ...]:
    orders = read_medications(text, knowledge.drugs)
    for order in orders:
        if not order.drug:
            hint = f" Did you mean {' or '.join(order.suggestions)}?" if order.suggestions else ""
            raise UnknownName(
                f"drug {order.written!r}: release {knowledge.version} knows no such ingredient, salt or US brand.{hint}"
            )
    if not orders:
        raise InputError(f"drug {text!r}: expected a drug name, with or without a dose.")
    return orders


def _stated_calls(request: StatedRequest, knowledge: Knowledge) -> dict[str, DiplotypeCall]:
    calls = dict(
        stated_calls(
            knowledge,
            diplotypes=request.diplotypes,
            phenotypes=request.phenotypes,
            activity_scores=request.activity_scores,
        )
    )
    if request.variants:
        genotypes = genotypes_of_variants(request.variants, knowledge)
        options = CallOptions(cyp2d6_from_vcf=True)
        found = call_diplotypes(genotypes, knowledge, options)[0]
        for gene in genotypes.genes:
            if gene in calls:
                raise InputError(f"{gene}: give the variants or the result that was made of them, not both.")
            calls[gene] = found[gene]
    return calls
