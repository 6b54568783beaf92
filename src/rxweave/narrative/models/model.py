"""What a language model is to a narrative: something that answers a conversation before a deadline, and costs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from rxweave.narrative.narrative import Usage


@dataclass(frozen=True, slots=True)
class Turn:
    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The standing instruction, then the turns so far; the last one is the user's."""

    system: str
    turns: tuple[Turn, ...]


class Deadline:
    """A moment by which all of it has to be done."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, never below zero."""
        return max(0.0, self._end - time.monotonic())


class Meter:
    """Counts what the requests of one narrative cost. A request that fails has been made all the same."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.requests = 0
        self.tokens_in = 0
        self.tokens_out = 0

    def count(self, tokens_in: int = 0, tokens_out: int = 0) -> None:
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out

    def usage(self, price_in: float | None = None, price_out: float | None = None) -> Usage:
        """Prices are of 1,000 tokens; without both there is no cost."""
        cost = None
        if price_in is not None and price_out is not None:
            cost = (self.tokens_in * price_in + self.tokens_out * price_out) / 1000
        seconds = time.monotonic() - self._started
        return Usage(self.requests, self.tokens_in, self.tokens_out, seconds, cost)


class Model(Protocol):
    """Anything that writes: a server behind HTTP, a model in this process, a test's own."""

    @property
    def name(self) -> str:
        """As readers see it beside a sentence: ``openai:MODEL``."""

    @property
    def temperature(self) -> float | None: ...

    @property
    def budget_seconds(self) -> float:
        """For all the requests of one narrative."""

    @property
    def prices(self) -> tuple[float | None, float | None]:
        """Of 1,000 tokens in and out."""

    def ask(
        self, conversation: Conversation, schema: Mapping[str, Any], seed: int, deadline: Deadline, meter: Meter
    ) -> str:
        """The model's answer, meant to be JSON of this schema. Raises ModelFailed."""
