"""Cases that the tests of language models share."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

from lying_server import Liar

from rxweave.guidance.advice import Advice
from rxweave.knowledge import load_release
from rxweave.narrative.models import ModelSettings
from rxweave.pipeline import StatedRequest, advise_stated


@functools.cache
def poor_metabolizer() -> tuple[Advice, ...]:
    """Codeine and amitriptyline for someone without CYP2D6 activity who takes paroxetine."""
    request = StatedRequest(
        ("codeine 30 mg", "amitriptyline 75 mg daily"),
        diplotypes=("CYP2D6=*4/*4", "CYP2C19=*1/*17"),
        co_medications=("paroxetine 20 mg",),
    )
    return advise_stated(request, load_release())


def settings_for(liar: Liar, dialect: str = "openai", **changes: Any) -> ModelSettings:
    """Short times, so that a test of waiting does not wait long."""
    endpoint = liar.url + ("/v1" if dialect == "openai" else "")
    settings = ModelSettings(endpoint=endpoint, budget_seconds=20, attempt_seconds=10, retries=1, backoff_seconds=0.01)
    return replace(settings, **changes)
