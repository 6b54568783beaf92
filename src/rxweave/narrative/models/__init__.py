"""Language models over HTTP: where they are, what they are told of a case, and what comes back.

Their answers are drafts that the verifier judges; nothing here decides what is true. What speaks HTTP is loaded on
first use: the built-in writer starts without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rxweave.narrative.models.model import Conversation, Deadline, Meter, Model, Turn

if TYPE_CHECKING:
    from rxweave.narrative.models.over_http import ModelOverHttp, model_of
    from rxweave.narrative.models.settings import ModelSettings, load_settings

__all__ = [
    "Conversation",
    "Deadline",
    "Meter",
    "Model",
    "ModelOverHttp",
    "ModelSettings",
    "Turn",
    "load_settings",
    "model_of",
]

_ON_FIRST_USE = {
    "ModelOverHttp": "over_http",
    "ModelSettings": "settings",
    "load_settings": "settings",
    "model_of": "over_http",
}


def __getattr__(name: str) -> Any:
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ON_FIRST_USE[name]}"), name)
