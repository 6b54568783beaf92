"""Advice in, our sentences out, from one word list a language. No decisions."""

from rxweave.narrative.doses import dose_phrase
from rxweave.narrative.findings import conversion_phrases, finding_texts
from rxweave.narrative.notes import alternative_rows, test_sentence
from rxweave.narrative.phrases import Phrases, phrase
from rxweave.narrative.secondary import secondary_phrase
from rxweave.narrative.sources import because_phrase, differences, name_of, side_by_side, sides

__all__ = [
    "Phrases",
    "alternative_rows",
    "because_phrase",
    "conversion_phrases",
    "differences",
    "dose_phrase",
    "finding_texts",
    "name_of",
    "phrase",
    "secondary_phrase",
    "side_by_side",
    "sides",
    "test_sentence",
]
