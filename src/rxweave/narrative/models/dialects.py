"""What all dialects of HTTP have in common: how a question becomes a request, and a payload an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rxweave.errors import ModelFailed
from rxweave.narrative.models.http import Request
from rxweave.narrative.models.model import Conversation
from rxweave.narrative.models.settings import ModelSettings


@dataclass(frozen=True, slots=True)
class Question:
    """``schema``: the JSON schema of the answer. ``response_format``: how strongly the server is held to it."""

    model: str
    conversation: Conversation
    schema: Mapping[str, Any]
    seed: int
    response_format: str


@dataclass(frozen=True, slots=True)
class Answer:
    """``is_cut``: the server stopped at the token limit."""

    text: str
    tokens_in: int
    tokens_out: int
    is_cut: bool


class Dialect(Protocol):
    def request(self, question: Question, settings: ModelSettings) -> Request: ...

    def read(self, payload: object) -> Answer:
        """Raises ModelFailed for a payload that is not of the dialect."""

    def formats(self, settings: ModelSettings) -> tuple[str, ...]:
        """Response formats to try in turn."""


def taken(payload: object, *path: str | int) -> Any:
    """What stands at the path of a JSON document. Raises ModelFailed where the document is otherwise made."""
    node: Any = payload
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            where = "/".join(map(str, path))
            raise ModelFailed("malformed", f"the server's answer has no {where}") from None
    return node


def tokens(payload: object, name: str) -> int:
    """A count of the ``usage`` object; 0 where the server tells none."""
    usage = payload.get("usage") if isinstance(payload, dict) else None
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if type(count) is int and 0 <= count < 10**9 else 0
