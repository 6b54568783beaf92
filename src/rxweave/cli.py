"""The command line. Options in, calls to the rooms, files and exit status out; no rule lives here.

Exit status: 0 done (warnings on standard error), 1 some input was wrong (what could be done is written), 2 wrong usage.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO

import typer

from rxweave.errors import InputError, PgxError

if TYPE_CHECKING:
    from rxweave.guidance import Site
    from rxweave.knowledge import Knowledge
    from rxweave.patient import MedicationOrder, Patient
    from rxweave.pipeline import CallSettings
    from rxweave.report.call_parts import CallParts

app = typer.Typer(
    help="Star alleles, phenotypes and guideline advice from a genome. Decision support, not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
knowledge_app = typer.Typer(
    help="Build, check, compare and read knowledge releases.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(knowledge_app, name="knowledge")

cohort_app = typer.Typer(help="What the calls of many people add up to.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(cohort_app, name="cohort")

DEFAULT_RELEASE = "2026.1"

Inputs = Annotated[
    list[Path] | None, typer.Argument(help="VCF, gVCF, BCF, PLINK .bed or array text, GRCh38 or GRCh37.")
]
Genes = Annotated[str, typer.Option(help="Only these genes, separated by commas.")]
Sample = Annotated[str, typer.Option(help="Only this sample of the files.")]
Merge = Annotated[bool, typer.Option("--merge", help="The files are parts of the same people.")]
Outside = Annotated[
    list[Path] | None,
    typer.Option(
        help="Calls of another tool (repeatable): lines of gene, diplotype, phenotype, activity score, or what Aldy, "
        "Cyrius, StellarPGx, Stargazer, PyPGx or OptiType writes."
    ),
]
OutsideSample = Annotated[
    str, typer.Option(help="The person in the outside files, where they name that sample otherwise than the VCF.")
]
Population = Annotated[
    str,
    typer.Option(help="Biogeographic group whose haplotype frequencies weigh the candidates; default: the mixture."),
]
Functions = Annotated[str, typer.Option(help="Dated set of allele functions: 2026-02 or 2025-11.")]
AssumeReference = Annotated[
    bool, typer.Option("--assume-reference", help="Read sites without a record as reference; every result records it.")
]
Reference = Annotated[
    Path | None,
    typer.Option(
        help="Genome that the files were made with (FASTA with .fai): finds indels wherever they are written."
    ),
]
Release = Annotated[str, typer.Option("--knowledge", help="Knowledge release: a version or a folder.")]
PatientFile = Annotated[
    Path | None, typer.Option("--patient", help="Patient facts as JSON (docs/schemas/patient.json).")
]
SiteFile = Annotated[Path | None, typer.Option("--site", help="Settings and rules of your site (docs/site.md).")]


@app.command(short_help="Star alleles and phenotypes, a row per sample and gene.")
def call(
    inputs: Inputs = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="calls.jsonl, .tsv or .parquet; default, or -: JSON lines on standard output."
        ),
    ] = None,
    genes: Genes = "",
    sample: Sample = "",
    merge: Merge = False,
    outside: Outside = None,
    outside_sample: OutsideSample = "",
    population: Population = "",
    functions: Functions = "",
    assume_reference: AssumeReference = False,
    reference: Reference = None,
    all_candidates: Annotated[
        bool, typer.Option("--all-candidates", help="List every allowed diplotype, in score order.")
    ] = False,
    combinations: Annotated[
        bool,
        typer.Option(
            "--combinations", help="Combination and partial alleles where no named one fits (research grade)."
        ),
    ] = False,
    cyp2d6_from_vcf: Annotated[
        bool, typer.Option("--cyp2d6-from-vcf", help="Call CYP2D6 from small variants alone (research grade).")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the inputs that an interrupted run had finished.")
    ] = False,
    panel_report: Annotated[
        bool,
        typer.Option("--panel-report", help="Instead of calls: what the file cannot show, a row per gene and group."),
    ] = False,
    positions: Annotated[
        Path | None,
        typer.Option(help="With --panel-report: an assay's positions (VCF, BED, chr10:94781859 or rsID a line)."),
    ] = None,
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """Diplotypes, candidates with probabilities, and phenotypes: one row per file, sample and gene."""
    if positions is not None and not panel_report:
        _usage("--positions goes with --panel-report.")
    if resume and (panel_report or out is None or out == Path("-")):
        _usage("--resume goes with calls that are written to a file: -o FILE.")
    if panel_report and not inputs and positions is None:
        _usage("name at least one VCF, or give --positions LIST, for --panel-report.")
    if not inputs and not outside and not panel_report:
        _usage("name at least one VCF, or give --outside calls.tsv.")
    if genes and not genes.replace(",", "").strip():
        _usage(f"--genes {genes!r} names no gene; leave it out for every gene.")
    out = None if out == Path("-") else out
    _keep_inputs(out, [*(inputs or []), *(outside or []), *([positions] if positions else [])])
    with _errors():
        from rxweave import cohort, pipeline
        from rxweave.report import call_format
        from rxweave.report.call_tables import write_call_tables
        from rxweave.report.progress import progress_line

        release = _load(knowledge, functions)
        settings = _settings(
            genes, sample, merge, outside, population, assume_reference, all_candidates, combinations, cyp2d6_from_vcf
        )
        settings = replace(settings, outside_sample=outside_sample, reference=reference)
        failed: list[pipeline.FailedInput] = []
        warned: set[str] = set()
        if panel_report:
            from rxweave.report.panels import write_panel

            write_panel(pipeline.panel_rows(inputs or [], positions, release, settings, failed, warned), out)
        else:
            form = call_format(out)
            parts = cohort.parts_of(out, form, release, settings, is_resumed=resume)
            with progress_line() as say, _told_of_resume(parts):
                tables = cohort.call_tables(inputs or [], release, settings, form, failed, warned, say, parts=parts)
                write_call_tables(tables, out, form, say)
        _finish(warned, [str(f.error) for f in failed])


@app.command(short_help="A genome and a medication list to HTML, PDF and JSON.")
def report(
    inputs: Inputs = None,
    meds: Annotated[str, typer.Option(help='Medication list, e.g. "clopidogrel 75 mg daily; codeine".')] = "",
    meds_file: Annotated[Path | None, typer.Option(help="Medication list, one a line.")] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder for report.html, report.pdf and report.json.")
    ] = Path("out"),
    sample: Sample = "",
    merge: Merge = False,
    outside: Outside = None,
    outside_sample: OutsideSample = "",
    patient: PatientFile = None,
    site: SiteFile = None,
    population: Population = "",
    functions: Functions = "",
    assume_reference: AssumeReference = False,
    reference: Reference = None,
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """One person's genome and medication list to report.html, report.pdf and report.json."""
    if not inputs and not outside:
        _usage("name at least one VCF, or give --outside calls.tsv.")
    if meds and meds_file:
        _usage("give --meds or --meds-file, not both.")
    given = [*(inputs or []), *(outside or []), *(path for path in (patient, meds_file, site) if path)]
    for name in ("report.html", "report.pdf", "report.json"):
        _keep_inputs(out / name, given)
    with _errors():
        from rxweave import pipeline
        from rxweave.report import summary_table, write_report

        release = _load(knowledge, functions)
        person, orders = _patient_and_medications(patient, meds, meds_file, release)
        settings = _settings("", sample, merge, outside, population, assume_reference)
        settings = replace(settings, outside_sample=outside_sample, reference=reference)
        result = pipeline.one_person(inputs or [], release, settings)
        files = [p.name for p in [*(inputs or []), *(outside or [])]]
        today = date.today()
        own = _site(site, release)
        document = pipeline.report_of(result, person, orders, release, files=files, made_on=today, site=own)
        written = write_report(document, out)
        typer.echo(summary_table(document))
        typer.echo("\nWritten: " + ", ".join(str(p) for p in written))
        unread = [m.written for m in orders if not m.drug]
        _finish({*map(str, result.warnings), *(own.warnings(today) if own else ())}, [], len(unread))


@app.command(short_help="Advice for known results, without a genome.")
def advise(
    drug: Annotated[list[str], typer.Option("--drug", help="Drug that is ordered (repeatable).")],
    diplotype: Annotated[list[str] | None, typer.Option("--diplotype", help="GENE=*1/*4 (repeatable).")] = None,
    phenotype: Annotated[
        list[str] | None,
        typer.Option("--phenotype", help="GENE='Poor Metabolizer' or 'HLA-B*57:01=positive' (repeatable)."),
    ] = None,
    activity_score: Annotated[list[str] | None, typer.Option("--activity-score", help="GENE=0.5 (repeatable).")] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option(
            "--variant", help="rsID=A/B, or HGVS (NC_000022.11:g.42128945C>T) or chr22:42128945:C:T =A/B (repeatable)."
        ),
    ] = None,
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="Medication the patient takes (repeatable).")
    ] = None,
    patient: PatientFile = None,
    event: Annotated[str, typer.Option(help="order, dose-change, start, stop or new-result.")] = "order",
    on: Annotated[str, typer.Option("--on", help="Day of the event, as 2026-11-30; default: today.")] = "",
    site: SiteFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
    functions: Functions = "",
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """Advice for a known diplotype, phenotype, activity score or variant, without a genome."""
    with _errors():
        from rxweave import pipeline
        from rxweave.report import advice_json, advice_text

        release = _load(knowledge, functions)
        day = _day(on)
        own = _site(site, release)
        request = pipeline.StatedRequest(
            diplotypes=tuple(diplotype or ()),
            phenotypes=tuple(phenotype or ()),
            activity_scores=tuple(activity_score or ()),
            variants=tuple(variant or ()),
            orders=tuple(drug),
            co_medications=tuple(with_ or ()),
            patient=patient,
            event=event,
            site=own,
            on=day,
        )
        advice = pipeline.advise_stated(request, release)
        typer.echo(advice_json(advice) if as_json else advice_text(advice))
        _finish(set(own.warnings(day)) if own else set(), [])


@app.command(short_help="Synthetic patients and their reports.")
def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the patients and their reports.")] = Path(
        "demo-out"
    ),
    seed: Annotated[int, typer.Option(help="Seed of the synthetic genomes.")] = 2026,
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """Synthetic patients, their genomes drawn from the release's alleles and frequencies, and their reports."""
    with _errors():
        from rxweave.demo import make_demo

        release = _load(knowledge, "")
        index = make_demo(out, release, seed, say=typer.echo)
        typer.echo(f"\nOpen {index} in a browser.")


@cohort_app.command("summary")
def cohort_summary(
    source: Annotated[Path, typer.Argument(help="calls.jsonl, .tsv or .parquet, or a VCF.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder for summary.tsv and summary.html; default: the table is printed."),
    ] = None,
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """Allele, diplotype and phenotype frequencies with 95% confidence intervals, and what was not called."""
    with _errors():
        from rxweave import cohort, pipeline
        from rxweave.report.cohort import summary_tsv
        from rxweave.report.cohort_page import write_summary
        from rxweave.report.progress import progress_line

        failed: list[pipeline.FailedInput] = []
        warned: set[str] = set()
        with progress_line() as say:
            found = cohort.summarise_cohort(source, lambda: _load(knowledge, ""), failed, warned, say)
        if out is None:
            typer.echo(summary_tsv(found), nl=False)
        elif not failed:
            written = write_summary(found, source.name, out)
            typer.echo("Written: " + ", ".join(str(p) for p in written))
        _finish(warned, [str(f.error) for f in failed])


@knowledge_app.command("build")
def knowledge_build(
    sources: Annotated[Path, typer.Option(help="Folder of upstream source files.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="Release folder to write (hand-written files there are kept); default: the one in use."
        ),
    ] = None,
) -> None:
    """Write the release's facts from upstream files in their real formats."""
    with _errors():
        from rxweave.knowledge import build_release

        for line in build_release(sources, out):
            typer.echo(line)


@knowledge_app.command("check")
def knowledge_check(release: Annotated[str, typer.Argument(help="Version or folder.")] = DEFAULT_RELEASE) -> None:
    """Prove a release: every rule that fails is named with its file and line."""
    with _errors():
        from rxweave.knowledge import check_release

        findings = check_release(release)
        errors = [f for f in findings if f.is_error]
        for finding in findings:
            typer.echo(str(finding), err=finding.is_error)
        if errors:
            typer.echo(f"release {release}: {len(errors)} errors", err=True)
            raise typer.Exit(1)
        typer.echo(f"release {release}: no errors, {len(findings)} notes")


@knowledge_app.command("diff")
def knowledge_diff(
    before: Annotated[str, typer.Argument(help="Version or folder; 2026.1@2025-11 names a function set.")],
    after: Annotated[str, typer.Argument(help="Version or folder.")],
) -> None:
    """What changed between two releases or function sets, in a pharmacist's words."""
    with _errors():
        from rxweave.knowledge import diff_releases

        for line in diff_releases(before, after):
            typer.echo(line)


@knowledge_app.command("show")
def knowledge_show(
    gene: Annotated[str, typer.Argument(help="Gene symbol.")],
    allele: Annotated[str, typer.Argument(help="Allele name.")] = "",
    functions: Functions = "",
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """What is known of a gene or an allele."""
    with _errors():
        from rxweave.knowledge import show

        typer.echo(show(_load(knowledge, functions), gene, allele or None))


@app.callback(invoke_without_command=True)
def _version(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        from rxweave import __version__

        typer.echo(f"rxweave {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
        raise typer.Exit(2)


def _load(release: str, functions: str) -> Knowledge:
    from rxweave.knowledge import load_release

    return load_release(release, functions=functions or None)


def _settings(
    genes: str,
    sample: str,
    merge: bool,
    outside: Sequence[Path] | None,
    population: str,
    assume_reference: bool,
    all_candidates: bool = False,
    combinations: bool = False,
    cyp2d6_from_vcf: bool = False,
) -> CallSettings:
    from rxweave.calling import CallOptions
    from rxweave.pipeline import CallSettings

    return CallSettings(
        genes=tuple(g.strip() for g in genes.split(",") if g.strip()),
        sample=sample,
        is_merged=merge,
        outside=tuple(outside or ()) or None,
        is_reference_assumed=assume_reference,
        options=CallOptions(
            all_candidates=all_candidates,
            combinations=combinations,
            cyp2d6_from_vcf=cyp2d6_from_vcf,
            population=population,
        ),
    )


def _patient_and_medications(
    patient: Path | None, meds: str, meds_file: Path | None, release: Knowledge
) -> tuple[Patient, tuple[MedicationOrder, ...]]:
    from rxweave.patient import Patient, read_medication_file, read_medications
    from rxweave.pipeline import patient_of

    person = patient_of(patient, release) if patient else Patient()
    if meds_file:
        return person, read_medication_file(meds_file, release.drugs)
    if meds:
        return person, read_medications(meds, release.drugs)
    return person, person.medications


def _site(path: Path | None, release: Knowledge) -> Site | None:
    if path is None:
        return None
    from rxweave.guidance.site_file import read_site

    return read_site(path, release)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written) if written else date.today()
    except ValueError:
        raise InputError(f"--on {written!r}: expected a day such as 2026-11-30.") from None


@contextmanager
def _errors() -> Iterator[None]:
    """Show what rxweave raises as one paragraph and leave with status 1; anything else is a bug and is shown whole."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()  # a full disk speaks up here, not after the exit status is decided
    except PgxError as error:
        _say(f"rxweave: {error}")
        raise typer.Exit(1) from None
    except BrokenPipeError:
        _drop(sys.stdout)  # the reader left; nothing more to say
        raise typer.Exit(0) from None
    except OSError as error:
        _tell_of_place(error)
        raise typer.Exit(1) from None
    except MemoryError:
        _say("rxweave: there is not enough memory for this input. Give fewer samples (--sample) or genes (--genes).")
        raise typer.Exit(1) from None


@contextmanager
def _told_of_resume(parts: CallParts | None) -> Iterator[None]:
    """When the work is done the kept parts go; when it is interrupted, say that they stay."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if parts is not None and parts.count:
            _say(f"rxweave: interrupted; {parts.count} finished inputs are kept: add --resume to go on from them.")
        raise
    if parts is not None:
        parts.remove()


def _tell_of_place(error: OSError) -> None:
    _drop(sys.stdout)
    place = error.filename or "the output"
    _say(
        f"rxweave: {place}: {error.strerror or error}. Check that the disk has room and that the place can be read and"
        " written; no file was left half-written."
    )


def _drop(stream: TextIO | None) -> None:
    """Forget what a stream still holds, so that closing it at exit cannot fail again."""
    if stream is not None:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _say(text: str) -> None:
    """To standard error, with control characters shown and not obeyed."""
    typer.echo("".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text), err=True)


def _keep_inputs(out: Path | None, given: Sequence[Path]) -> None:
    """Refuse to write over a file that is read."""
    for path in given:
        with suppress(OSError):
            if out is not None and out.is_file() and path.samefile(out):
                _usage(f"{out}: is an input and would be written over. Name another place with -o.")


def _finish(warnings: set[str], errors: list[str], unread: int = 0) -> None:
    for warning in sorted(warnings):
        _say(f"warning: {warning}")
    for error in errors:
        _say(f"rxweave: {error}")
    if unread:
        what = "1 medication line was" if unread == 1 else f"{unread} medication lines were"
        _say(f"rxweave: {what} not understood (see above)")
    if errors or unread:
        raise typer.Exit(1)


def _usage(text: str) -> NoReturn:
    _say(f"rxweave: {text}")
    raise typer.Exit(2)


def main() -> None:
    """The command ``rxweave``."""
    if sys.stdout is None:  # closed by whoever started the process
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a character that the terminal lacks is no crash
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave as after Ctrl-C: no part of a file stays
    try:
        app(prog_name="rxweave")
    except OSError as error:  # outside of a command: the text of --help or --version
        _tell_of_place(error)
        sys.exit(1)
