"""A language model behind HTTP: asks, waits and asks again, within the time it was given."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from rxweave.errors import InputError, ModelFailed
from rxweave.narrative.models.anthropic import AnthropicDialect
from rxweave.narrative.models.dialects import Answer, Dialect, Question
from rxweave.narrative.models.http import Response, post
from rxweave.narrative.models.model import Conversation, Deadline, Meter
from rxweave.narrative.models.openai import OpenAIDialect
from rxweave.narrative.models.settings import ModelSettings, load_settings

_DIALECTS: Mapping[str, type[Dialect]] = {"openai": OpenAIDialect, "anthropic": AnthropicDialect}

#: Statuses that may pass by themselves: too many requests, and troubles of the server (529: Anthropic is overloaded).
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
#: Statuses of a server that does not take the request as it is made.
_NOT_TAKEN = frozenset({400, 415, 422, 501})
#: Failures of one attempt that another attempt may not have.
_WORTH_ANOTHER = frozenset({"unreachable", "timeout", "malformed", "empty"})


def model_of(writer: str, settings: ModelSettings | None = None) -> ModelOverHttp:
    """The model of ``openai:MODEL`` or ``anthropic:MODEL``. Raises InputError for other names, and for settings."""
    dialect, separator, model = writer.partition(":")
    if dialect not in _DIALECTS or not separator or not model.strip():
        raise InputError(f"writer {writer!r}: expected builtin, openai:MODEL, anthropic:MODEL or local:FOLDER.")
    return ModelOverHttp(dialect, model.strip(), load_settings(dialect) if settings is None else settings)


class ModelOverHttp:
    def __init__(self, dialect: str, model: str, settings: ModelSettings) -> None:
        self.name = f"{dialect}:{model}"
        self.temperature = settings.temperature
        self.budget_seconds = settings.budget_seconds
        self.prices = (settings.price_in, settings.price_out)
        self._dialect = _DIALECTS[dialect]()
        self._model = model
        self._settings = settings
        self._formats = list(self._dialect.formats(settings))

    def __repr__(self) -> str:
        return f"ModelOverHttp({self.name!r}, {self._settings!r})"

    def ask(
        self, conversation: Conversation, schema: Mapping[str, Any], seed: int, deadline: Deadline, meter: Meter
    ) -> str:
        failed = 0
        while True:
            wait = ""
            question = Question(self._model, conversation, schema, seed, self._formats[0])
            try:
                response = self._post(question, deadline, meter)
                if response.status in _NOT_TAKEN and len(self._formats) > 1:
                    self._formats.pop(0)
                    continue
                wait = response.retry_after
                return self._answer(response, meter)
            except ModelFailed as failure:
                failed += 1
                if failed > self._settings.retries or not _may_pass(failure):
                    raise
                seconds = _seconds(wait, self._settings.backoff_seconds * 2 ** (failed - 1))
                if seconds >= deadline.left:
                    raise
                time.sleep(seconds)

    def _post(self, question: Question, deadline: Deadline, meter: Meter) -> Response:
        settings = self._settings
        seconds = min(settings.attempt_seconds, deadline.left)
        if seconds <= 0:
            raise ModelFailed("budget", "the time for this narrative is spent")
        meter.requests += 1
        return post(self._dialect.request(question, settings), seconds, settings.max_response_bytes, settings.proxy)

    def _answer(self, response: Response, meter: Meter) -> str:
        if response.status != 200:
            raise ModelFailed(f"status_{response.status}", f"the server answered with status {response.status}")
        try:
            payload = json.loads(response.body)
        except (ValueError, RecursionError):
            raise ModelFailed("malformed", "the server's answer is not JSON") from None
        answer: Answer = self._dialect.read(payload)
        meter.count(answer.tokens_in, answer.tokens_out)
        if answer.is_cut:
            raise ModelFailed("cut", "the model reached its token limit before the end")
        return answer.text


def _may_pass(failure: ModelFailed) -> bool:
    kind, _, status = failure.code.partition("_")
    return int(status) in _PASSING if kind == "status" else failure.code in _WORTH_ANOTHER


def _seconds(retry_after: str, otherwise: float) -> float:
    """What ``Retry-After`` asks for, in seconds or as a date, and never less than our own waiting time."""
    if retry_after.isascii() and retry_after.isdigit():
        return max(float(retry_after[:9]), otherwise)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return otherwise
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), otherwise)
