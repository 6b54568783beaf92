"""A narrative of a case, by the built-in writer or by a language model that the verifier watches.

A model drafts; what the verifier refuses goes back to it once; what fails again, or is left out, the built-in writer
says instead. So a narrative is true and whole whatever the model answers, and each sentence tells who wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rxweave.errors import ModelFailed
from rxweave.guidance.advice import Advice
from rxweave.narrative import builtin
from rxweave.narrative.facts import FactSheet, fact_sheet
from rxweave.narrative.models.answers import DraftSentence, read_answer, schema
from rxweave.narrative.models.model import Conversation, Deadline, Meter, Model, Turn
from rxweave.narrative.narrative import Audience, Narrative, Refusal, Sentence
from rxweave.narrative.prompts import Prompt, prompt_for
from rxweave.narrative.question import Marked, Question
from rxweave.narrative.verifier import verify
from rxweave.patient.patient import Patient

if TYPE_CHECKING:
    from rxweave.narrative.models.settings import ModelSettings

BUILTIN = "builtin"

#: Characters of an answer that could not be read, for the model that is asked for another.
_MOST_SHOWN_AGAIN = 4000


@dataclass(frozen=True, slots=True)
class Trial:
    """What a model wrote with a prompt, and the narrative that came of it.

    ``missing``: essential facts that no accepted sentence of the first answer states. ``failure``: the code of
    ModelFailed where there was no usable first answer.
    """

    narrative: Narrative
    marked: tuple[Marked, ...] = ()
    missing: tuple[Refusal, ...] = ()
    failure: str = ""


def narrate(
    advices: Iterable[Advice],
    patient: Patient,
    audience: Audience,
    writer: str | Model = BUILTIN,
    *,
    language: str = "en",
    seed: int = 0,
    settings: ModelSettings | None = None,
) -> Narrative:
    """The narrative of a case. ``writer``: ``builtin``, a name of ``model_named``, or a model.

    ``settings`` are those of ``load_settings`` unless given. Raises InputError for a writer or settings that cannot be
    used, and where a model has no prompt in the language; whatever a model answers raises nothing.
    """
    if writer == BUILTIN:
        sheet = fact_sheet(advices, patient)
        return Narrative(audience, language, builtin.write(sheet, audience, language, seed), sheet, seed=seed)
    prompt = prompt_for(audience, language)
    return try_prompt(advices, patient, prompt, writer, seed=seed, settings=settings).narrative


def proved(narrative: Narrative, advices: Iterable[Advice], patient: Patient) -> Narrative | None:
    """What of a narrative may be shown: the sentences that the verifier proves.

    None where something that must be told would be missing.
    """
    advices = tuple(advices)
    refused = {refusal.sentence for refusal in verify(narrative, advices, patient).refusals}
    if not refused:
        return narrative
    rest = tuple(s for place, s in enumerate(narrative.sentences) if place not in refused)
    kept = replace(narrative, sentences=rest)
    return kept if verify(kept, advices, patient).holds else None


def try_prompt(
    advices: Iterable[Advice],
    patient: Patient,
    prompt: Prompt,
    writer: str | Model,
    *,
    seed: int = 0,
    settings: ModelSettings | None = None,
) -> Trial:
    """What a model makes of a case with this prompt: its sentences, accepted and refused, and the narrative."""
    model = model_named(writer, settings) if isinstance(writer, str) else writer
    return _Drafting(fact_sheet(advices, patient), patient, prompt, model, seed).run()


def model_named(writer: str, settings: ModelSettings | None = None) -> Model:
    """The model of ``openai:MODEL``, ``anthropic:MODEL`` or ``local:FOLDER``.

    Raises InputError for other names and for settings, MissingExtra for a local model without its extra.
    """
    dialect, _, name = writer.partition(":")
    if dialect == "local" and name:
        from rxweave.narrative.models.local import local_model

        return local_model(name, settings)
    from rxweave.narrative.models.over_http import model_of  # here: the built-in writer starts without it

    return model_of(writer, settings)


class _Drafting:
    """One case before one model. Use once."""

    def __init__(self, sheet: FactSheet, patient: Patient, prompt: Prompt, model: Model, seed: int) -> None:
        self._sheet = sheet
        self._prompt = prompt
        self._model = model
        self._seed = seed
        self._question = Question(sheet, patient, prompt, seed)
        self._meter = Meter()
        self._deadline = Deadline(model.budget_seconds)

    def run(self) -> Trial:
        conversation = self._question.conversation
        try:
            drafted, answer = self._asked(conversation)
        except ModelFailed as failure:
            assembly = self._question.assembly()
            return Trial(self._narrative(assembly.builtin(f"model_failed:{failure.code}")), failure=failure.code)
        marked, verification = self._question.marked(drafted, self._model.name)
        missing = verification.of_sentence(-1)
        repaired: tuple[DraftSentence, ...] = ()
        if missing or not all(m.is_accepted for m in marked):
            turns = (*conversation.turns, Turn("assistant", answer), Turn("user", self._refusals(marked, missing)))
            try:
                repaired, _ = self._asked(replace(conversation, turns=turns), is_repair=True)
            except ModelFailed:
                repaired = ()  # the built-in writer says what is refused and missing
        again, _ = self._question.marked(repaired, self._model.name, is_repair=True)
        narrative = self._narrative(self._assembled(marked, repaired, again))
        return Trial(narrative, (*marked, *again), missing)

    # ---------------------------------------------------------------- asking

    def _asked(self, conversation: Conversation, *, is_repair: bool = False) -> tuple[tuple[DraftSentence, ...], str]:
        """The sentences of an answer and the answer; one that cannot be read is asked for once more."""
        form = schema(self._question.case.ids, is_repair=is_repair)
        answer = self._model.ask(conversation, form, self._seed, self._deadline, self._meter)
        try:
            return read_answer(answer, is_repair=is_repair), answer
        except ModelFailed:
            pass
        shown = Turn("assistant", answer[:_MOST_SHOWN_AGAIN])
        turns = (*conversation.turns, shown, Turn("user", self._prompt.again))
        answer = self._model.ask(replace(conversation, turns=turns), form, self._seed, self._deadline, self._meter)
        return read_answer(answer, is_repair=is_repair), answer

    def _refusals(self, marked: Sequence[Marked], missing: Iterable[Refusal]) -> str:
        """What was refused and why, in the model's own words and ids: ids of the sheet stay here."""
        lines = [self._prompt.repair.strip()]
        for number, mark in enumerate(marked, 1):
            if not mark.is_accepted:
                why = "; ".join(dict.fromkeys(f"{r.claim!r}: {self._reason(r)}" for r in mark.refusals))
                lines.append(f"Sentence {number}: {mark.sentence.text!r} - {why}")
        for refusal in missing:
            lines += [
                f"Missing: {number} - {self._reason(refusal)}" for number in self._question.case.told_as(refusal.facts)
            ]
        return "\n".join(lines)

    def _reason(self, refusal: Refusal) -> str:
        return self._prompt.reasons.get(refusal.code, self._prompt.reasons["unsupported"])

    # ---------------------------------------------------------------- putting together

    def _assembled(
        self, marked: Sequence[Marked], repaired: Sequence[DraftSentence], again: Sequence[Marked]
    ) -> tuple[Sentence, ...]:
        assembly = self._question.assembly()
        mended: dict[int, list[Sentence]] = {}
        for draft, mark in zip(repaired, again, strict=True):
            if mark.is_accepted:
                mended.setdefault(draft.replaces, []).append(mark.sentence)
        for number, mark in enumerate(marked, 1):
            if mark.is_accepted:
                assembly.take(mark.sentence)
            elif number in mended:
                for sentence in mended[number]:
                    assembly.take(sentence)
            else:
                assembly.refuse(mark.sentence, mark.refusals)
        for sentence in mended.get(0, ()):
            assembly.take(sentence)
        return assembly.whole()

    def _narrative(self, sentences: tuple[Sentence, ...]) -> Narrative:
        return Narrative(
            self._prompt.audience,
            self._prompt.language,
            sentences,
            self._sheet,
            writer=self._model.name,
            prompt=self._prompt.name,
            seed=self._seed,
            usage=self._meter.usage(*self._model.prices),
            temperature=self._model.temperature,
        )
