"""A narrative: sentences for one audience, each tied to the facts it states."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rxweave.narrative.facts import FactSheet


class Audience(StrEnum):
    PRESCRIBER = "prescriber"  # about 120 words: what to do now, and why
    CONSULT = "consult"  # a pharmacist's consult note: about 300 words under fixed headings
    PATIENT = "patient"  # plain language, reading grade 6 to 8
    PAYER = "payer"  # the medical reasons, for authorization letters


class SentenceKind(StrEnum):
    FINDING = "finding"  # what was tested, found and taken
    RECOMMENDATION = "recommendation"
    RISK = "risk"  # if nothing changes, and the benefit of changing
    OPTION = "option"  # what may be used instead, and what not
    MONITORING = "monitoring"
    UNCERTAINTY = "uncertainty"  # how sure, what is missing, what was not tested
    SOURCE = "source"
    BOILERPLATE = "boilerplate"  # says nothing about the case: "Never stop a medicine without asking."


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, the ids of the facts it states, and who wrote it.

    ``heading`` is the code of the part it stands under (``do_now``, ``why``, ``risk_benefit``, ``options``,
    ``monitoring``, ``certainty``, ``sources``; the consult note has headings of its own). ``writer`` is ``builtin`` or
    the model's name; ``because`` says why a built-in sentence stands where a model should have written one:
    ``refused:CODE,CODE``, ``left_out``, ``model_failed:CODE``, ``not_completed``
    or ``hard_to_read``.
    """

    text: str
    facts: tuple[str, ...]
    kind: SentenceKind
    heading: str = ""
    writer: str = "builtin"
    because: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A claim that does not hold: which one, in which sentence, against which facts, and why.

    ``sentence`` is the place in the narrative, -1 for what the whole lacks. ``code`` is one of the verifier's reasons
    (``unsupported``, ``contradicted``, ``wrong_binding``, ``negation``, ``strength``, ``direction``, ``number``,
    ``source``, ``out_of_scope``, ``absent_as_normal``, ``not_about_the_case``, ``unparsed``, ``missing``).
    ``claim`` is the piece of text, ``because`` a sentence for a reader.
    """

    sentence: int
    code: str
    claim: str
    facts: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What the verifier found. No refusals: every claim follows from the facts, and nothing essential is missing."""

    refusals: tuple[Refusal, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.refusals

    def of_sentence(self, place: int) -> tuple[Refusal, ...]:
        return tuple(r for r in self.refusals if r.sentence == place)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model cost: tokens as its server counted them, seconds, and money where prices are configured."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Narrative:
    """Sentences in reading order over one fact sheet. ``text`` joins those that stand under one heading."""

    audience: Audience
    language: str
    sentences: tuple[Sentence, ...]
    sheet: FactSheet
    writer: str = "builtin"
    prompt: str = ""  # name and version of the prompt, for models
    seed: int = 0
    usage: Usage = field(default_factory=Usage)
    temperature: float | None = None  # as it was sent to a model

    @property
    def text(self) -> str:
        parts: list[str] = []
        heading = None
        for sentence in self.sentences:
            if parts and sentence.heading != heading:
                parts.append("\n\n" + sentence.text)
            else:
                parts.append((" " if parts else "") + sentence.text)
            heading = sentence.heading
        return "".join(parts)
