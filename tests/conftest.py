"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def _shared_folder() -> Path | None:
    folder = Path(os.environ.get("RXWEAVE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    return folder if (folder / "sources").is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of upstream sources and exams; tests that need it skip where it is absent."""
    folder = _shared_folder()
    if folder is None:
        pytest.skip("needs the upstream sources: set RXWEAVE_SHARED to their folder")
    return folder
