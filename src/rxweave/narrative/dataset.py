"""Data to tune a language model on: what a model is asked for a case, true answers, and answers with one error each.

Every true answer has been judged as a model's answer is, and is kept only if nothing is refused and nothing left out.
Every untrue one comes from the attack on the verifier and is kept only if it is refused, with the reasons.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rxweave.knowledge import Knowledge
from rxweave.narrative import builtin
from rxweave.narrative.attack.cases import RandomCase
from rxweave.narrative.attack.tester import errors_of, scene_of
from rxweave.narrative.cases import Split, drawn_cases, pairs_of
from rxweave.narrative.facts import FactSheet, fact_sheet
from rxweave.narrative.models.answers import read_answer
from rxweave.narrative.models.case import ToldCase
from rxweave.narrative.narrative import Audience, Refusal, Sentence
from rxweave.narrative.prompts import Prompt, prompt_for
from rxweave.narrative.question import Question

#: Of the cases, by split: as the drugs are divided.
_SHARES = {Split.TRAIN: 0.7, Split.VALIDATION: 0.1, Split.TEST: 0.2}
_ERRORS_AN_EXAMPLE = 2
_EMPTY = '{"sentences": []}'
#: So many cases are drawn at most for one that is wanted: the rest repeat what is there.
_MOST_DRAWN = 20


@dataclass(frozen=True, slots=True)
class Example:
    """What a model is told and asked, and a true answer. ``pairs``: the pairs of gene and drug that it is about."""

    id: str
    split: Split
    audience: Audience
    prompt: str
    pairs: tuple[tuple[str, str], ...]
    system: str
    task: str
    answer: str

    @property
    def _asked(self) -> list[dict[str, str]]:
        return [{"role": "system", "content": self.system}, {"role": "user", "content": self.task}]

    def json(self) -> dict[str, Any]:
        return {**self._told(), "messages": [*self._asked, {"role": "assistant", "content": self.answer}]}

    def preferred_to(self, rejected: str) -> dict[str, Any]:
        return {
            **self._told(),
            "prompt": self._asked,
            "chosen": [{"role": "assistant", "content": self.answer}],
            "rejected": [{"role": "assistant", "content": rejected}],
        }

    def _told(self) -> dict[str, Any]:
        pairs = [f"{gene} {drug}" for gene, drug in self.pairs]
        return {"id": self.id, "audience": self.audience.value, "pairs": pairs, "prompt_version": self.prompt}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the verifier refuses an answer: its code, the words, and the facts as the model was told them.

    ``sentence`` counts from 1; 0 is what the answer leaves out.
    """

    sentence: int
    code: str
    claim: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preference:
    """An answer with one error, ``error`` its kind, and what the verifier holds against it."""

    example: Example
    rejected: str
    error: str
    reasons: tuple[Reason, ...]

    def json(self) -> dict[str, Any]:
        reasons = [asdict(reason) for reason in self.reasons]
        return {**self.example.preferred_to(self.rejected), "error": self.error, "reasons": reasons}


@dataclass(frozen=True, slots=True)
class Dataset:
    """``left_out``: true answers that did not pass as a whole and are not here, by audience."""

    examples: tuple[Example, ...]
    preferences: tuple[Preference, ...]
    left_out: Mapping[str, int]
    release: str
    language: str
    seed: int

    def of(self, split: Split) -> tuple[Example, ...]:
        return tuple(e for e in self.examples if e.split is split)

    def preferences_of(self, split: Split) -> tuple[Preference, ...]:
        return tuple(p for p in self.preferences if p.example.split is split)

    def pairs_of(self, split: Split) -> tuple[tuple[str, str], ...]:
        return tuple(sorted({pair for e in self.of(split) for pair in e.pairs}))

    def files(self) -> dict[str, str]:
        """Name -> lines of JSON: ``train.jsonl`` ... in chat format, ``train.preferences.jsonl`` ... in pairs."""
        found: dict[str, str] = {}
        for split in Split:
            found[f"{split}.jsonl"] = _lines(e.json() for e in self.of(split))
            found[f"{split}.preferences.jsonl"] = _lines(p.json() for p in self.preferences_of(split))
        return found


def dataset(
    knowledge: Knowledge,
    cases: int,
    audiences: Iterable[Audience] = tuple(Audience),
    *,
    language: str = "en",
    seed: int = 0,
) -> Dataset:
    """Examples of about so many random cases for each audience, the same for the same seed, release and prompts.

    Raises InputError where the language has no prompts.
    """
    prompts = [prompt_for(audience, language) for audience in audiences]
    making = _Making(knowledge, prompts, language, seed)
    for split, share in _SHARES.items():
        making.add(split, round(cases * share))
    return Dataset(
        tuple(making.examples), tuple(making.preferences), dict(making.left_out), knowledge.version, language, seed
    )


class _Making:
    """A data set in the making. ``_tried``: errors so far by kind, so that rare ones come first."""

    def __init__(self, knowledge: Knowledge, prompts: list[Prompt], language: str, seed: int) -> None:
        self.examples: list[Example] = []
        self.preferences: list[Preference] = []
        self.left_out: Counter[str] = Counter()
        self._knowledge = knowledge
        self._prompts = prompts
        self._language = language
        self._seed = seed
        self._draw = random.Random(seed)  # noqa: S311 - a simulation, no secret
        self._tried: Counter[str] = Counter()
        self._seen: set[str] = set()

    def add(self, split: Split, count: int) -> None:
        drawn = itertools.islice(drawn_cases(self._knowledge, self._seed, split), count * _MOST_DRAWN)
        wanted = itertools.islice(filter(self._is_new, drawn), count)
        for place, case in enumerate(wanted):
            for prompt in self._prompts:
                self._add(f"{split}-{place:05d}-{prompt.audience}", split, case, prompt)

    def _is_new(self, case: RandomCase) -> bool:
        """Whether no case had these facts before."""
        digest = hashlib.sha256(repr(fact_sheet(case.advices, case.patient)).encode()).hexdigest()
        is_new = digest not in self._seen
        self._seen.add(digest)
        return is_new

    def _add(self, name: str, split: Split, case: RandomCase, prompt: Prompt) -> None:
        sheet = fact_sheet(case.advices, case.patient)
        seed = self._draw.randrange(2**31)
        question = Question(sheet, case.patient, prompt, seed)
        # Written with another seed than the facts are told with: a letter's facts are told in the letter's own words.
        written = builtin.write(sheet, prompt.audience, self._language, seed + 1)
        sentences = tuple(s for s in written if question.case.told_as(s.facts))
        answer = _answer(sentences, question.case)
        if _reasons(answer, question):
            self.left_out[prompt.audience.value] += 1
            return
        asked, pairs = question.conversation, tuple(sorted(pairs_of(sheet)))
        example = Example(
            name, split, prompt.audience, prompt.name, pairs, asked.system, asked.turns[0].text, answer
        )  # fmt: skip
        self.examples.append(example)
        for error, wrong in self._errors(sentences, sheet, prompt.audience):
            rejected = _answer(wrong, question.case)
            if reasons := _reasons(rejected, question):
                self.preferences.append(Preference(example, rejected, error, reasons))
                self._tried[error] += 1

    def _errors(
        self, sentences: tuple[Sentence, ...], sheet: FactSheet, audience: Audience
    ) -> Iterator[tuple[str, tuple[Sentence, ...]]]:
        scene = scene_of(sentences, sheet, audience, self._knowledge, self._language)
        errors = errors_of(scene, self._draw, self._tried)
        return ((kind, changed.sentences) for kind, changed in itertools.islice(errors, _ERRORS_AN_EXAMPLE))


def _answer(sentences: Iterable[Sentence], told: ToldCase) -> str:
    entries = [{"text": s.text, "facts": list(told.told_as(s.facts))} for s in sentences]
    return json.dumps({"sentences": entries}, ensure_ascii=False)


def _reasons(answer: str, question: Question) -> tuple[Reason, ...]:
    """All that is held against an answer; nothing against one without sentences."""
    if answer == _EMPTY:
        return ()
    marked, verification = question.marked(read_answer(answer), "example")
    refusals = [r for m in marked for r in m.refusals]
    return tuple(_reason(r, question.case) for r in (*refusals, *verification.of_sentence(-1)))


def _reason(refusal: Refusal, told: ToldCase) -> Reason:
    facts = told.told_as(refusal.facts)
    return Reason(refusal.sentence + 1, refusal.code, "" if refusal.sentence < 0 else refusal.claim, facts)


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
