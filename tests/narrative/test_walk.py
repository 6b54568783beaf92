"""A model that answers at random, held to the form: whatever it picks, the answer can be read."""

from __future__ import annotations

import random

import pytest

from rxweave.narrative.models.answers import read_answer
from rxweave.narrative.models.walk import Walk

END = 0
LETTERS = [chr(code) for code in range(32, 127)]


def _encode(text: str) -> list[int]:
    return [ord(c) for c in text]


def _walked(seed: int, room: int, *, is_repair: bool) -> str:
    draw = random.Random(seed)
    words = frozenset(ord(c) for c in LETTERS if c not in '"\\')
    walk = Walk(_encode, ["f1", "f10", "f2"], words, END, room, is_repair=is_repair)
    said: list[int] = []
    while not walk.is_over:
        allowed = sorted(walk.allowed())
        likely = [ord('"')] if ord('"') in allowed and draw.random() < 0.1 else allowed
        said.append(draw.choice(likely))
        walk.take(said[-1])
    assert walk.allowed() == {END}
    return "".join(map(chr, said))


@pytest.mark.parametrize("is_repair", [False, True])
def test_any_choice_of_tokens_is_an_answer(is_repair: bool) -> None:
    counts = set()
    for seed in range(60):
        answer = _walked(seed, 4000, is_repair=is_repair)
        sentences = read_answer(answer, is_repair=is_repair)
        assert all(s.facts and set(s.facts) <= {"f1", "f10", "f2"} for s in sentences)
        counts.add(len(sentences))
    assert len(counts) > 3


@pytest.mark.parametrize("room", [400, 700, 3000])
def test_an_answer_ends_within_its_room(room: int) -> None:
    assert all(len(_walked(seed, room, is_repair=True)) < room for seed in range(40))


def test_a_token_that_is_not_offered_is_never_asked_for() -> None:
    walk = Walk(_encode, ["f1"], frozenset(_encode("ab")), END, 500)
    for token in _encode('{"sentences": [{"text": "'):
        assert walk.allowed() == {token}
        walk.take(token)
    assert walk.allowed() == set(_encode("ab"))
