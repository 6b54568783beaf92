"""The chain of rooms: files to calls and phenotypes, a person to a report. The one place that joins them.

The command line, a service and a cluster all call these functions; no rule lives here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rxweave.calling import CallOptions, call_diplotypes, genotypes_of_variants, merge_genotypes, read_vcf, stated_calls
from rxweave.calling.diplotype import CallStatus, DiplotypeCall
from rxweave.calling.genotypes import FileWarning, Genotypes
from rxweave.calling.outside import OutsideCalls, read_outside_calls
from rxweave.errors import InputError, UnknownName
from rxweave.guidance import Advice, advise
from rxweave.patient import Event, EventKind, MedicationOrder, Patient, read_medications, read_patient
from rxweave.phenotyping import GenePhenotype, assign_phenotype
from rxweave.report import Report, call_row, gene_scales

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class CallSettings:
    """What to call and how. ``genes`` empty: every gene of the release; ``sample`` empty: every sample."""

    genes: tuple[str, ...] = ()
    sample: str = ""
    is_merged: bool = False
    outside: Path | None = None
    is_reference_assumed: bool = False
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

    def warnings_of(self, gene: str) -> tuple[str, ...]:
        """What the reader of the file had to say about one gene of this person."""
        return tuple(str(w) for w in self.warnings if w.gene == gene)


@dataclass(frozen=True, slots=True)
class FailedInput:
    """A file that could not be used, and why; the others are done all the same."""

    file: str
    error: InputError


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
    outside = read_outside_calls(settings.outside, knowledge) if settings.outside else None
    if not inputs:
        if outside is not None:
            if not outside.calls:
                said = " ".join(str(warning) for warning in outside.warnings[:3])
                raise InputError(f"{settings.outside}: no call in it could be used. {said}")
            yield _outside_alone(outside, knowledge, settings)
        return
    for genotypes in _read(inputs, knowledge, settings):
        if isinstance(genotypes, FailedInput):
            yield genotypes
        else:
            yield from _call(genotypes, outside, knowledge, settings)


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
            row = call_row(person.file, person.sample, result, knowledge.version)
            row["warnings"] = [*row["warnings"], *person.warnings_of(gene)]
            yield row


def _read(inputs: Sequence[Path], knowledge: Knowledge, settings: CallSettings) -> Iterator[Genotypes | FailedInput]:
    genes = settings.genes or None
    samples = (settings.sample,) if settings.sample else None
    parts: list[Genotypes] = []
    for path in inputs:
        try:
            genotypes = read_vcf(
                path, knowledge, genes=genes, samples=samples, assume_reference=settings.is_reference_assumed
            )
        except InputError as error:
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


def _call(
    genotypes: Genotypes, outside: OutsideCalls | None, knowledge: Knowledge, settings: CallSettings
) -> Iterator[SampleResult]:
    replaced = {c.gene: c for c in outside.calls} if outside else {}
    phenotypes: dict[int, GenePhenotype] = {}  # by identity: equal patterns share one call object
    kept: list[DiplotypeCall] = []  # keeps those identities alive
    by_sample: dict[str, list[FileWarning]] = {}
    for warning in genotypes.warnings:
        by_sample.setdefault(warning.sample, []).append(warning)
    common = tuple(by_sample.get("", ())) + (outside.warnings if outside else ())

    for sample, calls in zip(genotypes.samples, call_diplotypes(genotypes, knowledge, settings.options), strict=True):
        result: dict[str, GenePhenotype] = {}
        warnings = list(common) + by_sample.get(sample, [])
        for gene in _genes_of(settings, knowledge, replaced):
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
        yield SampleResult(genotypes.file, sample, result, tuple(warnings))


def _outside_alone(outside: OutsideCalls, knowledge: Knowledge, settings: CallSettings) -> SampleResult:
    found = {c.gene: c for c in outside.calls}
    genes = [g for g in knowledge.genes if g in found or g in settings.genes]
    calls = [found.get(g) or DiplotypeCall(g, CallStatus.NOT_COVERED) for g in genes]
    return SampleResult(None, None, {c.gene: assign_phenotype(c, knowledge) for c in calls}, outside.warnings)


def _genes_of(settings: CallSettings, knowledge: Knowledge, outside: Collection[str]) -> list[str]:
    """Every gene asked for or called elsewhere, in the release's order."""
    return [g for g in knowledge.genes if not settings.genes or g in settings.genes or g in outside]


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
) -> Report:
    """Advice for every drug on the list that the release knows, as one report."""
    from rxweave import __version__

    drugs = tuple(dict.fromkeys(m.drug for m in medications if m.drug and m.stopped is None and not m.is_stopped))
    patient = replace(patient, medications=tuple(medications))
    advice = advise(person.genes, patient, Event(event, drugs), knowledge)
    return Report(
        sample=person.sample or patient.label,
        files=tuple(files),
        patient=patient,
        medications=tuple(medications),
        genes=tuple(person.genes.values()),
        advice=advice,
        warnings=person.warnings,
        knowledge_version=knowledge.version,
        knowledge_hash=knowledge.hash,
        function_set=knowledge.function_set,
        software_version=__version__,
        scales=gene_scales(knowledge.genes.values()),
        made_on=made_on,
        sources=tuple(f"{s.name}: {s.licence}" for s in knowledge.head.sources),
    )


@dataclass(frozen=True, slots=True)
class StatedRequest:
    """Results stated one by one, the drugs ordered and the patient: what ``rxweave advise`` is asked.

    ``diplotypes``, ``phenotypes`` and ``activity_scores`` hold ``GENE=value``; a phenotype may also be an allele status
    (``HLA-B*57:01=positive``). ``variants`` hold ``rsID=A/B``. ``orders`` and ``co_medications`` are medication lines.
    """

    orders: tuple[str, ...]
    diplotypes: tuple[str, ...] = ()
    phenotypes: tuple[str, ...] = ()
    activity_scores: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    co_medications: tuple[str, ...] = ()
    patient: Path | None = None
    event: str = "order"


def advise_stated(request: StatedRequest, knowledge: Knowledge) -> tuple[Advice, ...]:
    """Advice for stated results, without a genome.

    Raises UnknownName for a drug, gene, allele or phenotype that the release does not hold, InputError for anything
    that cannot be read or that contradicts itself.
    """
    try:
        event = EventKind(request.event)
    except ValueError:
        raise InputError(f"event {request.event!r}: expected one of {', '.join(e.value for e in EventKind)}.") from None
    orders = [o for text in request.orders for o in _known_medications(text, knowledge)]
    others = [o for text in request.co_medications for o in _known_medications(text, knowledge)]
    patient = read_patient(request.patient, knowledge.drugs) if request.patient else Patient()
    patient = replace(patient, medications=(*patient.medications, *orders, *others))
    phenotypes = {gene: assign_phenotype(call, knowledge) for gene, call in _stated_calls(request, knowledge).items()}
    drugs = tuple(dict.fromkeys(o.drug for o in orders))
    return advise(phenotypes, patient, Event(event, drugs), knowledge)


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
