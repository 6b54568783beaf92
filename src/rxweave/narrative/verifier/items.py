"""What a text is read into: typed items, in order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    COMPARISON = "comparison"  # at most, below, at least, above
    DRUG = "drug"
    GENE = "gene"
    ALLELE = "allele"
    DIPLOTYPE = "diplotype"
    PHENOTYPE = "phenotype"
    QUANTITY = "quantity"
    SCORE = "score"
    YEAR = "year"
    PMID = "pmid"
    DIRECTION = "direction"  # up, down, usual, unchanged
    DEGREE = "degree"  # slight, much, very
    CERTAINTY = "certainty"  # maybe, probably
    NEGATION = "negation"
    ACTION = "action"
    MODAL = "modal"  # consider, do
    USE = "use"  # verbs of giving a drug
    MARKER = "marker"  # what a preposition makes of the next drug: replaced, agent
    READING = "reading"  # genetic, clinical
    PHASE = "phase"
    TOPIC = "topic"  # what is said to be higher or lower; says nothing alone
    CONCEPT = "concept"  # any other claim
    SOURCE = "source"
    REFUSED = "refused"  # never allowed: reassurance, certainty, instructions
    NEUTRAL = "neutral"  # says nothing
    LINK = "link"  # neutral, and lets a word reach the next one ("of", "the")
    PRONOUN = "pronoun"
    JOIN = "join"  # and, or, comma
    CLAUSE = "clause"  # but, semicolon
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Item:
    """``code`` is the meaning, ``text`` the piece of the sentence, ``place`` the number of its first token."""

    kind: Kind
    code: str
    text: str
    place: int
    value: tuple[str, ...] = ()
    is_negated: bool = False
