"""``rxweave narrative``: the commands around narratives. Loaded when one of them is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rxweave.cli.ends import shown_errors
from rxweave.cli.options import (
    DEFAULT_RELEASE,
    ActivityScores,
    Audiences,
    Diplotypes,
    Drugs,
    Functions,
    Language,
    PatientFile,
    Phenotypes,
    Release,
    SiteFile,
    Variants,
    With,
    Writer,
    audiences_of,
    day_of,
    load,
    site_of,
)

if TYPE_CHECKING:
    from rxweave.guidance import Advice
    from rxweave.knowledge import Knowledge
    from rxweave.patient import Patient

narrative_app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

Seed = Annotated[int, typer.Option(help="The same seed gives the same words.")]
On = Annotated[str, typer.Option("--on", help="Day of the order, as 2026-11-30; default: today.")]


@narrative_app.callback()
def _group() -> None:
    """Narratives of advice: show, try, attack, evaluate, export and fine-tune."""


@narrative_app.command()
def show(
    drug: Drugs,
    diplotype: Diplotypes = None,
    phenotype: Phenotypes = None,
    activity_score: ActivityScores = None,
    variant: Variants = None,
    with_: With = None,
    patient: PatientFile = None,
    site: SiteFile = None,
    on: On = "",
    audience: Audiences = None,
    writer: Writer = "builtin",
    language: Language = "en",
    seed: Seed = 0,
    facts: Annotated[bool, typer.Option("--facts", help="Show the facts that each sentence states.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
    functions: Functions = "",
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """A case's narratives, and what the verifier says of each sentence."""
    with shown_errors():
        from rxweave.narrative.narrate import narrate
        from rxweave.narrative.verifier import verify
        from rxweave.report.narrative_text import narrative_text, narratives_json

        release = load(knowledge, functions)
        advices, person = _case(
            release, drug, diplotype, phenotype, activity_score, variant, with_, patient=patient, site=site, on=on
        )
        narratives = [narrate(advices, person, a, writer, language=language, seed=seed) for a in audiences_of(audience)]
        told = [(n, verify(n, advices, person)) for n in narratives]
        if as_json:
            typer.echo(narratives_json(told))
        else:
            typer.echo("\n\n\n".join(narrative_text(n, v, has_facts=facts) for n, v in told))
        if not all(v.holds for _, v in told):
            raise typer.Exit(1)


@narrative_app.command("try")
def try_prompt(
    prompt: Annotated[Path, typer.Argument(help="A prompt's file (docs/narrative.md).")],
    drug: Drugs,
    writer: Annotated[str, typer.Option(help="openai:MODEL, anthropic:MODEL or local:FOLDER.")],
    diplotype: Diplotypes = None,
    phenotype: Phenotypes = None,
    activity_score: ActivityScores = None,
    variant: Variants = None,
    with_: With = None,
    patient: PatientFile = None,
    site: SiteFile = None,
    on: On = "",
    seed: Seed = 0,
    functions: Functions = "",
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """Try a prompt on a case: what the model wrote, accepted and refused, and the narrative that came of it."""
    with shown_errors():
        from rxweave.narrative.narrate import try_prompt as tried
        from rxweave.narrative.prompts import load_prompt
        from rxweave.narrative.verifier import verify
        from rxweave.report.narrative_text import narrative_text, trial_text

        release = load(knowledge, functions)
        advices, person = _case(
            release, drug, diplotype, phenotype, activity_score, variant, with_, patient=patient, site=site, on=on
        )
        trial = tried(advices, person, load_prompt(prompt), writer, seed=seed)
        verification = verify(trial.narrative, advices, person)
        typer.echo(f"{trial_text(trial)}\n\n\n{narrative_text(trial.narrative, verification)}")


@narrative_app.command()
def attack(
    n: Annotated[int, typer.Option(help="How many errors are injected.", min=1)] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the cases and the errors.")] = 1,
    language: Language = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print the shares as JSON.")] = False,
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """Inject realistic errors into true narratives: how many the verifier rejects, and how many true rewrites."""
    with shown_errors():
        from rxweave.narrative.attack import attack as attacked
        from rxweave.report.narrative_text import attack_text

        report = attacked(n, seed, load(knowledge, ""), language)
        typer.echo(json.dumps(report.json(), indent=1) if as_json else attack_text(report))


@narrative_app.command("eval")
def evaluate(
    earlier: Annotated[
        list[Path] | None, typer.Argument(help="Earlier evaluations (JSON) that the page shows beside this one.")
    ] = None,
    writer: Writer = "builtin",
    prompt: Annotated[list[Path] | None, typer.Option(help="A prompt's file instead of the installed one.")] = None,
    audience: Annotated[
        list[str] | None, typer.Option(help="prescriber, consult, patient or payer (repeatable); default: all.")
    ] = None,
    split: Annotated[
        str, typer.Option(help="Only the cases of one part: train, validation or test (docs/narrative.md).")
    ] = "",
    limit: Annotated[int, typer.Option(help="Only so many cases, spread over the set; default: all.", min=0)] = 0,
    language: Language = "en",
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write the evaluation here, as JSON.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write a page that compares the evaluations here.")] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="An earlier evaluation: exit status 1 where this one is worse.")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(help="By how much a share or a grade may be worse than in the baseline.", min=0)
    ] = 0.01,
    as_json: Annotated[bool, typer.Option("--json", help="Print the evaluation as JSON.")] = False,
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """Measure a writer on the fixed cases; compare writers and versions of prompts."""
    with shown_errors():
        from rxweave.narrative import evaluation
        from rxweave.narrative.cases import fixed_cases, some_of
        from rxweave.narrative.narrative import Audience
        from rxweave.narrative.prompts import load_prompt
        from rxweave.report import write_text
        from rxweave.report.evaluation_page import evaluation_page, evaluation_text, worse_text

        before = evaluation.read_evaluation(baseline) if baseline else None
        shown = [evaluation.read_evaluation(path) for path in earlier or ()]
        measured = evaluation.evaluate(
            writer,
            some_of(fixed_cases(load(knowledge, "")), split, limit),
            audiences_of(audience) if audience else tuple(Audience),
            prompts=[load_prompt(path) for path in prompt or ()],
            language=language,
            seed=seed,
        )
        text = json.dumps(measured.json(), ensure_ascii=False, indent=1)
        if out:
            write_text(out, text + "\n")
        if page:
            write_text(page, evaluation_page([*shown, measured]))
        typer.echo(text if as_json else evaluation_text(measured))
        found = evaluation.worse(measured, before, tolerance) if before else ()
        if found:
            typer.echo(worse_text(found), err=True)
            raise typer.Exit(1)


@narrative_app.command()
def dataset(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the files and their card.")] = Path("dataset"),
    cases: Annotated[int, typer.Option(help="About how many cases; each is told to every reader.", min=10)] = 200,
    audience: Annotated[
        list[str] | None, typer.Option(help="prescriber, consult, patient or payer (repeatable); default: all.")
    ] = None,
    language: Language = "en",
    seed: Seed = 0,
    knowledge: Release = DEFAULT_RELEASE,
) -> None:
    """Export data to fine-tune a model on: verified answers, and untrue ones with the verifier's reasons."""
    with shown_errors():
        from rxweave.narrative.dataset import dataset as made
        from rxweave.narrative.narrative import Audience
        from rxweave.report.dataset_files import write_dataset

        audiences = audiences_of(audience) if audience else tuple(Audience)
        found = made(load(knowledge, ""), cases, audiences, language=language, seed=seed)
        written = write_dataset(found, out)
        typer.echo(f"{len(found.examples)} examples, {len(found.preferences)} pairs of answers")
        typer.echo("Written: " + ", ".join(map(str, written)))


@narrative_app.command()
def finetune(
    data: Annotated[Path, typer.Argument(metavar="DATASET", help="Folder that `rxweave narrative dataset` wrote.")],
    model: Annotated[Path, typer.Option(help="Folder of a model of yours, as transformers saves it.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="New folder for the adapter.")] = Path("adapter"),
    epochs: Annotated[int, typer.Option(help="How often each example is seen.", min=1)] = 1,
    steps: Annotated[int, typer.Option(help="So many steps instead of whole epochs.", min=0)] = 0,
    batch: Annotated[int, typer.Option(help="Examples a step.", min=1)] = 8,
    learning_rate: Annotated[float, typer.Option(help="The highest rate of learning.", min=0)] = 2e-4,
    rank: Annotated[int, typer.Option(help="Rank of the adapter's matrices.", min=1)] = 16,
    max_tokens: Annotated[int, typer.Option(help="Longer examples are left out.", min=1)] = 8192,
    seed: Seed = 0,
) -> None:
    """Train a LoRA adapter for a model of yours; then: `rxweave narrative eval --writer local:ADAPTER --split test`."""
    with shown_errors():
        from rxweave.cli.ends import say
        from rxweave.narrative.finetune import Tuning
        from rxweave.narrative.finetune import finetune as tuned

        tuning = Tuning(epochs, steps, batch, learning_rate, rank, max_tokens, seed)
        done = tuned(data, model, out, tuning, say)
        typer.echo(f"Validation loss {done.before:.3f} before, {done.after:.3f} after; {done.examples} examples.")
        typer.echo(f"Written: {done.adapter}")


def _case(
    release: Knowledge,
    drug: list[str],
    diplotype: list[str] | None,
    phenotype: list[str] | None,
    activity_score: list[str] | None,
    variant: list[str] | None,
    with_: list[str] | None,
    *,
    patient: Path | None,
    site: Path | None,
    on: str,
) -> tuple[tuple[Advice, ...], Patient]:
    """The advice for stated results, and the patient."""
    from rxweave import pipeline

    request = pipeline.StatedRequest(
        diplotypes=tuple(diplotype or ()),
        phenotypes=tuple(phenotype or ()),
        activity_scores=tuple(activity_score or ()),
        variants=tuple(variant or ()),
        orders=tuple(drug),
        co_medications=tuple(with_ or ()),
        patient=patient,
        site=site_of(site, release),
        on=day_of(on),
    )
    return pipeline.stated_case(request, release)
