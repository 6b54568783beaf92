"""The JSON that a model answers with: the schema it is asked for, and a strict reading of what comes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rxweave.errors import ModelFailed

MOST_SENTENCES = 60
LONGEST_SENTENCE = 800  # characters


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """``facts``: ids as the model was shown them. ``replaces``: the number of a refused sentence, 0 for a new one."""

    text: str
    facts: tuple[str, ...]
    replaces: int = 0


def schema(fact_ids: Iterable[str], *, is_repair: bool = False) -> Mapping[str, Any]:
    """JSON schema of an answer; ids that are not of the case are not in it."""
    properties: dict[str, Any] = {
        "text": {"type": "string"},
        "facts": {"type": "array", "items": {"type": "string", "enum": list(fact_ids)}},
    }
    if is_repair:
        properties["replaces"] = {"type": "integer"}
    sentence = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"sentences": {"type": "array", "items": sentence}},
        "required": ["sentences"],
        "additionalProperties": False,
    }


def read_answer(text: str, *, is_repair: bool = False) -> tuple[DraftSentence, ...]:
    """The sentences of an answer.

    Words around the JSON, a fence or thoughts before it are passed over; the JSON itself has to be as asked for,
    without a field too many. Raises ModelFailed.
    """
    document = _document(text)
    if not isinstance(document, dict) or document.keys() != {"sentences"}:
        raise ModelFailed("malformed", "the model's answer is not an object with 'sentences' alone")
    sentences = document["sentences"]
    if not isinstance(sentences, list) or len(sentences) > MOST_SENTENCES:
        raise ModelFailed("malformed", f"'sentences' is not a list of at most {MOST_SENTENCES}")
    if not sentences and not is_repair:
        raise ModelFailed("empty", "the model wrote no sentence")
    return tuple(_sentence(s, is_repair) for s in sentences)


def _document(text: str) -> object:
    text = re.sub(r"^\s*<think>.*?</think>", "", text, flags=re.DOTALL)
    start = text.find("{")
    if start < 0:
        raise ModelFailed("malformed", "the model's answer holds no JSON")
    try:
        document, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        raise ModelFailed("malformed", "the model's answer is not JSON") from None
    return document


def _sentence(entry: object, is_repair: bool) -> DraftSentence:
    expected = {"text", "facts", "replaces"} if is_repair else {"text", "facts"}
    if not isinstance(entry, dict) or entry.keys() != expected:
        raise ModelFailed("malformed", f"a sentence has other fields than {', '.join(sorted(expected))}")
    text, facts, replaces = entry["text"], entry["facts"], entry.get("replaces", 0)
    if not isinstance(text, str) or len(text) > LONGEST_SENTENCE:
        raise ModelFailed("malformed", f"a sentence's text is no text of at most {LONGEST_SENTENCE} characters")
    if not isinstance(facts, list) or not all(isinstance(f, str) for f in facts):
        raise ModelFailed("malformed", "a sentence's facts are not a list of ids")
    if type(replaces) is not int:
        raise ModelFailed("malformed", "'replaces' is not a number")
    return DraftSentence(text.strip(), tuple(dict.fromkeys(facts)), replaces)
