"""Language models over HTTP: where they are, what they are told of a case, and what comes back.

Their answers are drafts that the verifier judges; nothing here decides what is true.
"""

from __future__ import annotations

from rxweave.narrative.models.model import Conversation, Deadline, Meter, Model, Turn
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
