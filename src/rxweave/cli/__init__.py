"""The command line. Options in, calls to the rooms, files and exit status out; no rule lives here.

Exit status: 0 done (warnings on standard error), 1 some input was wrong (what could be done is written), 2 wrong usage.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from rxweave.cli.ends import finish, keep_inputs, shown_errors, tell_of_place, told_of_resume, usage
from rxweave.cli.options import (
    DEFAULT_RELEASE,
    ActivityScores,
    AssumeReference,
    Audiences,
    Diplotypes,
    Drugs,
    Functions,
    Genes,
    Inputs,
    Language,
    Merge,
    Outside,
    OutsideSample,
    PatientFile,
    Phenotypes,
    Population,
    Reference,
    Release,
    Sample,
    SiteFile,
    Variants,
    With,
    Writer,
    audiences_of,
    day_of,
    load,
    patient_and_medications,
    site_of,
)

if TYPE_CHECKING:
    from rxweave.patient.patient import MedicationOrder
    from rxweave.pipeline import CallSettings

_NARRATIVE_HELP = "Narratives of advice: show, try, attack, evaluate, export and fine-tune."


class _Commands(TyperGroup):
    """Builds the commands of ``narrative`` only when one of them is called: the others start without them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        if args[0] != "narrative":
            return super().resolve_command(ctx, args)
        from rxweave.cli.narrative import narrative_app

        return args[0], typer.main.get_command(narrative_app), args[1:]


app = typer.Typer(
    cls=_Commands,
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

app.add_typer(typer.Typer(help=_NARRATIVE_HELP, rich_markup_mode=None), name="narrative")


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
        usage("--positions goes with --panel-report.")
    if resume and (panel_report or out is None or out == Path("-")):
        usage("--resume goes with calls that are written to a file: -o FILE.")
    if panel_report and not inputs and positions is None:
        usage("name at least one VCF, or give --positions LIST, for --panel-report.")
    if not inputs and not outside and not panel_report:
        usage("name at least one VCF, or give --outside calls.tsv.")
    if genes and not genes.replace(",", "").strip():
        usage(f"--genes {genes!r} names no gene; leave it out for every gene.")
    out = None if out == Path("-") else out
    keep_inputs(out, [*(inputs or []), *(outside or []), *([positions] if positions else [])])
    with shown_errors():
        from rxweave import cohort, pipeline
        from rxweave.report import call_format
        from rxweave.report.call_tables import write_call_tables
        from rxweave.report.progress import progress_line

        release = load(knowledge, functions)
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
            with progress_line() as say, told_of_resume(parts):
                tables = cohort.call_tables(inputs or [], release, settings, form, failed, warned, say, parts=parts)
                write_call_tables(tables, out, form, say)
        finish(warned, [str(f.error) for f in failed])


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
    audience: Audiences = None,
    writer: Writer = "builtin",
    language: Language = "en",
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """One person's genome and medication list to report.html, report.pdf and report.json."""
    if not inputs and not outside:
        usage("name at least one VCF, or give --outside calls.tsv.")
    if meds and meds_file:
        usage("give --meds or --meds-file, not both.")
    given = [*(inputs or []), *(outside or []), *(path for path in (patient, meds_file, site) if path)]
    for name in ("report.html", "report.pdf", "report.json"):
        keep_inputs(out / name, given)
    with shown_errors():
        from rxweave import pipeline
        from rxweave.report import summary_table, write_report

        release = load(knowledge, functions)
        person, orders = patient_and_medications(patient, meds, meds_file, release)
        settings = _settings("", sample, merge, outside, population, assume_reference)
        settings = replace(settings, outside_sample=outside_sample, reference=reference)
        result = pipeline.one_person(inputs or [], release, settings)
        files = [p.name for p in [*(inputs or []), *(outside or [])]]
        today = date.today()
        own = site_of(site, release)
        document = pipeline.report_of(result, person, orders, release, files=files, made_on=today, site=own)
        document = pipeline.narrated(document, audiences_of(audience), writer, language=language)
        written = write_report(document, out)
        typer.echo(summary_table(document))
        typer.echo("\nWritten: " + ", ".join(str(p) for p in written))
        unread = [m.written for m in orders if not m.drug]
        finish({*map(str, result.warnings), *(own.warnings(today) if own else ())}, [], len(unread))


@app.command(short_help="Advice for known results, without a genome.")
def advise(
    drug: Drugs,
    diplotype: Diplotypes = None,
    phenotype: Phenotypes = None,
    activity_score: ActivityScores = None,
    variant: Variants = None,
    with_: With = None,
    patient: PatientFile = None,
    event: Annotated[str, typer.Option(help="order, dose-change, start, stop or new-result.")] = "order",
    on: Annotated[str, typer.Option("--on", help="Day of the event, as 2026-11-30; default: today.")] = "",
    site: SiteFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
    functions: Functions = "",
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """Advice for a known diplotype, phenotype, activity score or variant, without a genome."""
    with shown_errors():
        from rxweave import pipeline
        from rxweave.report import advice_json, advice_text

        release = load(knowledge, functions)
        day = day_of(on)
        own = site_of(site, release)
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
        advice, person = pipeline.stated_case(request, release)
        typer.echo(advice_json(advice) if as_json else advice_text(advice))
        finish({*_not_read(person.medications), *(own.warnings(day) if own else ())}, [])


@app.command(short_help="Synthetic patients and their reports.")
def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the patients and their reports.")] = Path(
        "demo-out"
    ),
    seed: Annotated[int, typer.Option(help="Seed of the synthetic genomes.")] = 2026,
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """Synthetic patients, their genomes drawn from the release's alleles and frequencies, and their reports."""
    with shown_errors():
        from rxweave.demo import make_demo

        release = load(knowledge, "")
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
    with shown_errors():
        from rxweave import cohort, pipeline
        from rxweave.report.cohort import summary_tsv
        from rxweave.report.cohort_page import write_summary
        from rxweave.report.progress import progress_line

        failed: list[pipeline.FailedInput] = []
        warned: set[str] = set()
        with progress_line() as say:
            found = cohort.summarise_cohort(source, lambda: load(knowledge, ""), failed, warned, say)
        if out is None:
            typer.echo(summary_tsv(found), nl=False)
        elif not failed:
            written = write_summary(found, source.name, out)
            typer.echo("Written: " + ", ".join(str(p) for p in written))
        finish(warned, [str(f.error) for f in failed])


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
    with shown_errors():
        from rxweave.knowledge import build_release

        for line in build_release(sources, out):
            typer.echo(line)


@knowledge_app.command("check")
def knowledge_check(release: Annotated[str, typer.Argument(help="Version or folder.")] = DEFAULT_RELEASE) -> None:
    """Prove a release: every rule that fails is named with its file and line."""
    with shown_errors():
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
    with shown_errors():
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
    with shown_errors():
        from rxweave.knowledge import show

        typer.echo(show(load(knowledge, functions), gene, allele or None))


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


def _not_read(orders: Sequence[MedicationOrder]) -> list[str]:
    """A warning for each medication line of which some words were not understood."""
    return [f"{o.written!r}: not understood: {o.unread}" for o in orders if o.unread]


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
        tell_of_place(error)
        sys.exit(1)
