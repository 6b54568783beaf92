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
    writer: Annotated[str, typer.Option(help="openai:MODEL or anthropic:MODEL.")],
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
