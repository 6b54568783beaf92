"""The synthetic patients of the demo: their stories, genomes, outside calls, medication lists and patient files."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from rxweave.demo.genomes import Genome, GenomeRecipe, Requirement, draw_genome
from rxweave.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Story:
    """One person of ``people.toml``. ``outside`` are the genes that a laboratory reports beside the VCF."""

    name: str
    title: str
    story: str
    recipe: GenomeRecipe
    medications: tuple[str, ...]
    outside: tuple[str, ...]
    patient: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """A synthetic patient as written to disk. ``outside`` is None where no laboratory reported anything beside the VCF.

    ``made_how`` says in words which genes were drawn under a condition or stated; ``alleles`` are those drawn, for
    checking what is called back.
    """

    name: str
    title: str
    story: str
    made_how: str
    vcf: Path
    outside: Path | None
    medications: Path
    patient_json: Path
    alleles: Mapping[str, tuple[str, ...]] = field(hash=False)


def read_stories(path: Path | None = None) -> tuple[Story, ...]:
    """The people of ``people.toml``, or of another file in its form."""
    file = path or Path(__file__).parent / "people.toml"
    return tuple(_story(entry) for entry in tomllib.loads(file.read_text(encoding="utf-8"))["person"])


def read_today(path: Path | None = None) -> date:
    """The day on which the people's reports are made."""
    file = path or Path(__file__).parent / "people.toml"
    today = tomllib.loads(file.read_text(encoding="utf-8"))["today"]
    assert isinstance(today, date)  # noqa: S101 - TOML's own date
    return today


def write_demo_patients(folder: Path, knowledge: Knowledge, seed: int = 2026) -> list[DemoPatient]:
    """Draw every person; write a folder each: ``genome.vcf``, ``outside.tsv``, ``medications.txt``, ``patient.json``.

    The same seed and release give the same bytes; a person's genome depends on the seed and their own entry alone.
    """
    from rxweave.report import write_text

    patients = []
    for story in read_stories():
        genome = draw_genome(story.recipe, knowledge, _generator(seed, story.name))
        home = folder / story.name
        home.mkdir(parents=True, exist_ok=True)
        outside = home / "outside.tsv" if story.outside else None
        patient = DemoPatient(
            name=story.name,
            title=story.title,
            story=story.story,
            made_how=_made_how(story),
            vcf=home / "genome.vcf",
            outside=outside,
            medications=home / "medications.txt",
            patient_json=home / "patient.json",
            alleles=genome.alleles,
        )
        write_text(patient.vcf, genome.vcf)
        if outside:
            write_text(outside, outside_calls(genome, story.outside))
        write_text(patient.medications, "".join(f"{line}\n" for line in story.medications))
        document = {"label": story.name, **story.patient}
        write_text(patient.patient_json, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        patients.append(patient)
    return patients


def outside_calls(genome: Genome, genes: tuple[str, ...]) -> str:
    """Lines of gene and diplotype, tab-separated, for genes that a VCF of small variants cannot show."""
    return "".join(f"{gene}\t{'/'.join(genome.alleles[gene])}\n" for gene in genes)


def _generator(seed: int, name: str) -> np.random.Generator:
    """Independent of the other people, so that adding one changes none."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def _story(entry: dict[str, Any]) -> Story:
    wishes = tuple(
        Requirement(w["gene"], frozenset(w["functions"]), w.get("at_least", 1), w.get("only", False))
        for w in entry.get("require", ())
    )
    recipe = GenomeRecipe(
        sample=entry["name"],
        group=entry["group"],
        is_male=entry["patient"]["sex"] == "male",
        is_phased=entry.get("phased", False),
        missing=entry.get("missing", 0.0),
        patchy=entry.get("patchy", {}),
        untested=frozenset(entry.get("untested", ())),
        stated={gene: tuple(alleles) for gene, alleles in entry.get("state", {}).items()},
        requirements=wishes,
    )
    return Story(
        name=entry["name"],
        title=entry["title"],
        story=entry["story"],
        recipe=recipe,
        medications=tuple(entry["medications"]),
        outside=tuple(entry["outside"]),
        patient=entry["patient"],
    )


def _made_how(story: Story) -> str:
    recipe = story.recipe
    sentences = [f"Synthetic: drawn from published allele frequencies ({recipe.group})."]
    for wish in recipe.requirements:
        functions = " or ".join(sorted(function.lower() for function in wish.functions))
        many = (
            "only alleles" if wish.only else "at least one allele" if wish.at_least == 1 else f"{wish.at_least} alleles"
        )
        sentences.append(f"{wish.gene} was drawn again until it had {many} of {functions}.")
    for gene, alleles in recipe.stated.items():
        sentences.append(f"{gene} {'/'.join(alleles)} was chosen for the story.")
    if recipe.untested:
        sentences.append(f"Left out of the file: {', '.join(sorted(recipe.untested))}.")
    if recipe.missing or recipe.patchy:
        sentences.append("Some sites have no genotype.")
    return " ".join(sentences)
