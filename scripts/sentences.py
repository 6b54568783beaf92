"""Write every sentence that the release's recommendations can become to one page, to be read through.

    python scripts/sentences.py [docs/build/sentences.html]

Each recommendation stands with its source, what it is for (population and lookup values) and its upstream ids, then its
headline, explanation, what follows from it, its conditions and notes, and the sentence for the patient.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

from rxweave.guidance.advice import Advice, Coverage, GeneFinding
from rxweave.knowledge import load_release
from rxweave.knowledge.guidelines import DrugGuideline, Recommendation
from rxweave.narrative import Phrases, phrase

ROOT = Path(__file__).resolve().parents[1]
_STYLE = (
    "body{font:15px/1.4 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "article{border-top:1px solid #b9c4cc;padding:.5rem 0}p{margin:.15rem 0}.of{color:#4a5a67;font-size:.85rem}"
)


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "build" / "sentences.html"
    knowledge = load_release()
    rows = [
        row
        for drug in sorted(knowledge.guidelines)
        for guideline in knowledge.guidelines[drug]
        for row in _rows(guideline, knowledge.version)
    ]
    title = f"Sentences of release {knowledge.version}: {len(rows)} recommendations"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{title}</h1>\n" + "".join(rows) + "</body></html>\n",
        encoding="utf-8",
    )
    print(f"{target}: {len(rows)} recommendations")


def _rows(guideline: DrugGuideline, version: str) -> Iterator[str]:
    for recommendation in guideline.recommendations:
        advice = _advice(guideline, recommendation, version)
        said = phrase(advice)
        when = "; ".join(f"{gene}: {' | '.join(sorted(values))}" for gene, values in recommendation.when.items())
        of = f"{guideline.source}, {recommendation.population}, {when} [{', '.join(recommendation.ids)}]"
        texts = "".join(f"<p>{escape(text)}</p>" for text in _texts(said))
        head = f'<p><strong>{escape(said.headline)}</strong></p><p class="of">{escape(of)}</p>'
        yield f"<article>{head}{texts}</article>\n"


def _texts(said: Phrases) -> Iterator[str]:
    yield said.explanation
    if said.follow_up:
        yield said.follow_up
    yield from (*said.branches, *said.notes, said.patient)


def _advice(guideline: DrugGuideline, recommendation: Recommendation, version: str) -> Advice:
    """The advice for a person of whom nothing is known but one of the recommendation's results a gene."""
    results = {gene: _shown(sorted(values)[0]) for gene, values in recommendation.when.items()}
    return Advice(
        drug=guideline.drug,
        rxcui=guideline.rxcui,
        source=guideline.source,
        population=recommendation.population,
        coverage=Coverage.COMPUTED,
        directive=recommendation.directive,
        genes={gene: GeneFinding(gene, "", results.get(gene, "")) for gene in guideline.genes},
        branches=recommendation.branches,
        missing=recommendation.missing,
        strength=recommendation.strength,
        implications=recommendation.implications,
        risks=recommendation.risks,
        notes=recommendation.caveats,
        section=recommendation.section,
        guideline=guideline.guideline,
        knowledge=version,
    )


def _shown(key: str) -> str:
    """A lookup value as a result: ``0.5`` is an activity score."""
    return f"activity score {key}" if key.lstrip("≥")[0].isdigit() else key


if __name__ == "__main__":
    main()
