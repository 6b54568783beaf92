"""A narrative as a JSON-ready object: each sentence with the ids of its facts, and the words of those facts."""

from __future__ import annotations

from typing import Any

from rxweave.narrative.fact_words import fact_words
from rxweave.narrative.narrative import Narrative, Sentence, Usage


def narrative_object(narrative: Narrative) -> dict[str, Any]:
    """``facts`` holds the facts that sentences state, in the narrative's language."""
    cited = dict.fromkeys(fact_id for s in narrative.sentences for fact_id in s.facts)
    facts = [fact for fact_id in cited if (fact := narrative.sheet.get(fact_id)) is not None]
    return {
        "audience": narrative.audience.value,
        "language": narrative.language,
        "writer": narrative.writer,
        "prompt": narrative.prompt or None,
        "seed": narrative.seed,
        "temperature": narrative.temperature,
        "text": narrative.text,
        "sentences": [_sentence(s) for s in narrative.sentences],
        "facts": {f.id: fact_words(f, narrative.sheet, narrative.language) for f in facts},
        "usage": _usage(narrative.usage),
    }


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "facts": list(sentence.facts),
        "kind": sentence.kind.value,
        "heading": sentence.heading,
        "writer": sentence.writer,
        "because": sentence.because or None,
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "requests": usage.requests,
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "seconds": round(usage.seconds, 3),
        "cost": usage.cost,
    }
