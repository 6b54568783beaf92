"""Random cases before a model that mixes what is true with every error of the mutation tester."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pytest

from rxweave.knowledge import load_release
from rxweave.narrative.attack.cases import RandomCase, random_cases
from rxweave.narrative.attack.mutations import MUTATIONS
from rxweave.narrative.attack.scene import Scene
from rxweave.narrative.attack.wordings import attack_words
from rxweave.narrative.builtin import write
from rxweave.narrative.facts import fact_sheet
from rxweave.narrative.models import Conversation, Deadline, Meter
from rxweave.narrative.models.case import ToldCase
from rxweave.narrative.narrate import try_prompt
from rxweave.narrative.narrative import Audience, Sentence
from rxweave.narrative.prompts import prompt_for
from rxweave.narrative.verifier import verify
from rxweave.narrative.words import words

SHARE_UNTRUE = 0.5  # of the sentences


@dataclass
class Deceiver:
    """Writes a case as the built-in writer does, half of it wrong; refused, it lies again."""

    case: RandomCase
    audience: Audience
    draw: random.Random
    name: str = "test:deceiver"
    temperature: float | None = 0.0
    budget_seconds: float = 60.0
    prices: tuple[float | None, float | None] = (None, None)
    lies: list[str] = field(default_factory=list)

    def ask(
        self, conversation: Conversation, schema: Mapping[str, Any], seed: int, deadline: Deadline, meter: Meter
    ) -> str:
        meter.requests += 1
        written = list(self._written(is_repair=len(conversation.turns) > 1))
        return json.dumps({"sentences": written})

    def _written(self, *, is_repair: bool) -> Iterator[dict[str, object]]:
        sheet = fact_sheet(self.case.advices, self.case.patient)
        told = ToldCase(sheet, self.case.patient, self.audience)
        sentences = tuple(s for s in write(sheet, self.audience, seed=1) if s.facts)
        scene = Scene(sheet, self.audience, sentences, attack_words("en"), words("en"), load_release())
        for sentence in sentences:
            entry = {"text": self._text(scene, sentence), "facts": told.told_as(sentence.facts)}
            yield {**entry, "replaces": 0} if is_repair else entry

    def _text(self, scene: Scene, sentence: Sentence) -> str:
        if self.draw.random() < SHARE_UNTRUE:
            kinds = list(MUTATIONS.values())
            self.draw.shuffle(kinds)
            for mutation in kinds:
                untrue = next(mutation(scene, sentence, self.draw), None)
                if untrue is not None:
                    self.lies.append(untrue)
                    return untrue
        return sentence.text


def deceived(cases: int, seed: int) -> None:
    lies = outcomes = passed = 0
    draw = random.Random(seed)
    for case in islice(random_cases(load_release(), seed), cases):
        for audience in Audience:
            model = Deceiver(case, audience, draw)
            narrative = try_prompt(case.advices, case.patient, prompt_for(audience), model).narrative
            verification = verify(narrative, case.advices, case.patient)
            assert verification.holds, (narrative.text, verification.refusals)
            texts = {s.text for s in narrative.sentences if s.writer != "builtin"}
            lies += len(model.lies)
            passed += len(texts & set(model.lies))
            outcomes += len(narrative.sentences)
    assert lies > cases and outcomes > cases
    assert passed <= 2 + lies * 0.005


def test_a_deceiving_model_brings_no_error_into_the_narratives_of_random_people() -> None:
    deceived(6, seed=11)


@pytest.mark.long
def test_a_deceiving_model_brings_no_error_into_many_narratives() -> None:
    deceived(250, seed=12)
