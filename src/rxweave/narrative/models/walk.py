"""Holds a model in this process to the form of an answer: which tokens may come next, step by step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import Enum, auto

_FEWEST_TOKENS = 3  # of a sentence
_MOST_TOKENS = 160
_MOST_FACTS = 12
_MOST_SENTENCES = 40


class _At(Enum):
    """What comes next."""

    TEXT = auto()
    FACTS = auto()
    FACT = auto()
    AFTER_FACT = auto()
    REPLACES = auto()
    AFTER_SENTENCE = auto()
    END = auto()


class Walk:
    """One answer: ``{"sentences": [{"text": "...", "facts": ["f1"]}]}``, of which only texts are the model's own words.

    ``encode`` gives the tokens of a text, ``words`` are the tokens that may stand in a text as they are, ``end`` ends
    the answer, which is brought to its end within ``room`` tokens. ``is_repair``: each sentence tells which one it
    ``replaces``.
    """

    def __init__(
        self,
        encode: Callable[[str], list[int]],
        fact_ids: Sequence[str],
        words: Collection[int],
        end: int,
        room: int,
        *,
        is_repair: bool = False,
    ) -> None:
        self._encode = encode
        self._ids = fact_ids
        self._words = words
        self._end = end
        self._is_repair = is_repair
        self._left = room
        (self._quote,) = encode('"')
        form = encode(', {"text": "", "facts": [], "replaces": 00}]}')
        self._longest = _MOST_TOKENS + 2 * len(form) + _MOST_FACTS * max(len(encode(f'"{i}", ')) for i in fact_ids)
        self._sentences = self._facts = self._length = 0
        self._open: list[tuple[list[int], _At]] = [(encode('{"sentences": [{"text": "'), _At.TEXT)]
        self.is_over = False

    def allowed(self) -> Collection[int]:
        """The tokens of which the next is to be one."""
        if self._open:
            return {tokens[0] for tokens, _ in self._open}
        if self._length < _FEWEST_TOKENS:
            return self._words
        return {self._quote} if self._length >= _MOST_TOKENS else {*self._words, self._quote}

    def take(self, token: int) -> None:
        """The token that came, one of ``allowed``."""
        self._left -= 1
        if not self._open:
            self._length += 1
            if token == self._quote:
                self._go(_At.FACTS)
            return
        left = [(tokens[1:], then) for tokens, then in self._open if tokens[0] == token]
        done = next((then for tokens, then in left if not tokens), None)
        self._open = left
        if done is not None:
            self._go(done)

    def _go(self, at: _At) -> None:
        match at:
            case _At.TEXT:
                self._open, self._length, self._facts = [], 0, 0
                self._sentences += 1
            case _At.FACTS:
                self._offer((', "facts": [', _At.FACT))
            case _At.FACT:
                self._facts += 1
                self._offer(*((f'"{name}"', _At.AFTER_FACT) for name in self._ids))
            case _At.AFTER_FACT:
                end = ('], "replaces": ', _At.REPLACES) if self._is_repair else ("]}", _At.AFTER_SENTENCE)
                more = ((", ", _At.FACT),) if self._facts < _MOST_FACTS else ()
                self._offer(*more, end)
            case _At.REPLACES:
                self._offer(*((f"{number}}}", _At.AFTER_SENTENCE) for number in range(_MOST_SENTENCES + 1)))
            case _At.AFTER_SENTENCE:
                has_room = self._sentences < _MOST_SENTENCES and self._left > self._longest
                more = ((', {"text": "', _At.TEXT),) if has_room else ()
                self._offer(*more, ("]}", _At.END))
            case _At.END:
                self.is_over = True
                self._open = [([self._end], _At.END)]

    def _offer(self, *choices: tuple[str, _At]) -> None:
        self._open = [(self._encode(text), then) for text, then in choices]
