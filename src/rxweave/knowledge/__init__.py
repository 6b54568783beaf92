"""What is known: genes, alleles, functions, drugs, guidelines, in versioned releases of plain text.

``load_release`` is what the other rooms need; building, checking, comparing and showing are imported when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rxweave.knowledge.release import Knowledge, load_release

if TYPE_CHECKING:
    from rxweave.knowledge.build.release import build_release, seal
    from rxweave.knowledge.check import check_release
    from rxweave.knowledge.description import show
    from rxweave.knowledge.diff import diff_releases

_MAINTENANCE = {
    "build_release": "build.release",
    "seal": "build.release",
    "check_release": "check",
    "diff_releases": "diff",
    "show": "description",
}

__all__ = ["Knowledge", "build_release", "check_release", "diff_releases", "load_release", "seal", "show"]


def __getattr__(name: str) -> Any:
    if name not in _MAINTENANCE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MAINTENANCE[name]}"), name)
    globals()[name] = found
    return found
