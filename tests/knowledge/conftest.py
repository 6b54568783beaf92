"""A copy of the installed release that a test may break."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.folder import CURRENT, release_folder


@pytest.fixture
def release_copy(tmp_path: Path) -> Path:
    return Path(copytree(release_folder(CURRENT), tmp_path / "release"))


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_release()
