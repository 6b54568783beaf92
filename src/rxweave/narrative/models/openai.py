"""The dialect of ``/chat/completions``: OpenAI, Azure, vLLM, llama.cpp, Ollama and many others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from rxweave.errors import ModelFailed
from rxweave.narrative.models.dialects import Answer, Question, taken, tokens
from rxweave.narrative.models.http import Request
from rxweave.narrative.models.settings import RESPONSE_FORMATS, ModelSettings


class OpenAIDialect:
    def formats(self, settings: ModelSettings) -> tuple[str, ...]:
        return RESPONSE_FORMATS[RESPONSE_FORMATS.index(settings.response_format) :]

    def request(self, question: Question, settings: ModelSettings) -> Request:
        conversation = question.conversation
        turns = [{"role": turn.role, "content": turn.text} for turn in conversation.turns]
        body: dict[str, Any] = {
            "model": question.model,
            "messages": [{"role": "system", "content": conversation.system}, *turns],
            settings.token_limit_field: settings.max_tokens,
            "seed": question.seed,
            "stream": False,
        }
        if settings.temperature is not None:
            body["temperature"] = settings.temperature
        if question.response_format != "text":
            body["response_format"] = _response_format(question)
        query = f"?{urlencode({'api-version': settings.api_version})}" if settings.api_version else ""
        url = f"{settings.endpoint.rstrip('/')}/chat/completions{query}"
        return Request(url, _key_header(settings), json.dumps(body, ensure_ascii=False).encode())

    def read(self, payload: object) -> Answer:
        choice = taken(payload, "choices", 0)
        text = taken(choice, "message", "content")
        if not isinstance(text, str) or not text.strip():
            raise ModelFailed("empty", "the model answered nothing")
        is_cut = taken(choice, "finish_reason") == "length" if "finish_reason" in choice else False
        return Answer(text, tokens(payload, "prompt_tokens"), tokens(payload, "completion_tokens"), is_cut)


def _response_format(question: Question) -> Mapping[str, Any]:
    if question.response_format == "json_object":
        return {"type": "json_object"}
    schema = {"name": "narrative", "strict": True, "schema": question.schema}
    return {"type": "json_schema", "json_schema": schema}


def _key_header(settings: ModelSettings) -> Mapping[str, str]:
    if not settings.key:
        return {}
    return {"api-key": settings.key} if settings.api_version else {"Authorization": f"Bearer {settings.key}"}
