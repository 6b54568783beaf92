"""The dialect of Anthropic's ``/v1/messages``. The answer comes as the input of a tool: that holds it to the schema."""

from __future__ import annotations

import json
from typing import Any

from rxweave.errors import ModelFailed
from rxweave.narrative.models.dialects import Answer, Question, taken, tokens
from rxweave.narrative.models.http import Request
from rxweave.narrative.models.settings import ModelSettings

VERSION = "2023-06-01"
_TOOL = "write_narrative"


class AnthropicDialect:
    """It takes no seed: temperature 0 is all that can be fixed."""

    def formats(self, settings: ModelSettings) -> tuple[str, ...]:
        return ("json_schema",)

    def request(self, question: Question, settings: ModelSettings) -> Request:
        conversation = question.conversation
        body: dict[str, Any] = {
            "model": question.model,
            "max_tokens": settings.max_tokens,
            "system": conversation.system,
            "messages": [{"role": turn.role, "content": turn.text} for turn in conversation.turns],
            "tools": [
                {
                    "name": _TOOL,
                    "description": "Hands over the sentences of the narrative, each with the ids of its facts.",
                    "input_schema": question.schema,
                }
            ],
            "tool_choice": {"type": "tool", "name": _TOOL},
        }
        if settings.temperature is not None:
            body["temperature"] = settings.temperature
        headers = {"anthropic-version": VERSION} | ({"x-api-key": settings.key} if settings.key else {})
        base = settings.endpoint.rstrip("/").removesuffix("/v1")
        return Request(f"{base}/v1/messages", headers, json.dumps(body, ensure_ascii=False).encode())

    def read(self, payload: object) -> Answer:
        blocks = taken(payload, "content")
        if not isinstance(blocks, list):
            raise ModelFailed("malformed", "the server's answer has no list of content blocks")
        text = next((t for t in map(_text, blocks) if t), "")
        if not text:
            raise ModelFailed("empty", "the model answered nothing")
        is_cut = isinstance(payload, dict) and payload.get("stop_reason") == "max_tokens"
        return Answer(text, tokens(payload, "input_tokens"), tokens(payload, "output_tokens"), is_cut)


def _text(block: object) -> str:
    """The JSON of our tool's input, or the text of a block."""
    if not isinstance(block, dict):
        return ""
    if block.get("type") == "tool_use" and block.get("name") == _TOOL:
        return json.dumps(block.get("input"))
    text = block.get("text") if block.get("type") == "text" else ""
    return text.strip() if isinstance(text, str) else ""
