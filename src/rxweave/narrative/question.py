"""What a language model is asked of a case, and what is held against its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rxweave.narrative.assembly import Assembly
from rxweave.narrative.facts import FactSheet
from rxweave.narrative.models.answers import DraftSentence
from rxweave.narrative.models.case import ToldCase
from rxweave.narrative.models.model import Conversation, Turn
from rxweave.narrative.narrative import Refusal, Sentence, Verification
from rxweave.narrative.prompts import Prompt
from rxweave.narrative.verifier import verify_sentences
from rxweave.patient.patient import Patient


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence as the model wrote it, and what is held against it. ``is_repair``: from its second answer."""

    sentence: Sentence
    refusals: tuple[Refusal, ...]
    is_repair: bool = False

    @property
    def is_accepted(self) -> bool:
        return not self.refusals


class Question:
    """A case put to a model with a prompt. ``case``: the facts as it is told them."""

    def __init__(self, sheet: FactSheet, patient: Patient, prompt: Prompt, seed: int = 0) -> None:
        self.case = ToldCase(sheet, patient, prompt.audience, prompt.language, seed)
        self._sheet = sheet
        self._prompt = prompt
        self._seed = seed

    @property
    def conversation(self) -> Conversation:
        task = Turn("user", f"FACTS\n{self.case}\n\nANSWER")
        return Conversation(self._prompt.instruction, (task,))

    def marked(
        self, drafted: Sequence[DraftSentence], writer: str, *, is_repair: bool = False
    ) -> tuple[tuple[Marked, ...], Verification]:
        """Each sentence with what is held against it, and what the verifier says of all of them."""
        assembly = self.assembly()
        sentences = [assembly.placed(d.text, self.case.fact_ids(d.facts), writer) for d in drafted]
        verification = verify_sentences(sentences, self._sheet, self._prompt.audience, self._prompt.language)
        marks = [
            Marked(s, verification.of_sentence(place) or assembly.unfit(s, place, self._prompt.letters), is_repair)
            for place, s in enumerate(sentences)
        ]
        return tuple(marks), verification

    def assembly(self) -> Assembly:
        return Assembly(self._sheet, self._prompt.audience, self._prompt.language, self._seed)
