"""What is made of data files is kept between processes, until anything it is made from changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rxweave.knowledge.compiled import kept


class _Maker:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, int]:
        self.times += 1
        return {"made": self.times}


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "maker.py").write_text("1")
    return tmp_path / "code"


def test_is_made_once_for_the_same_data_and_code(code: Path) -> None:
    make = _Maker()
    assert [kept("words", b"data", code, make) for _ in range(3)] == [{"made": 1}] * 3


def test_other_data_or_code_makes_it_anew(code: Path) -> None:
    make = _Maker()
    kept("words", b"data", code, make)
    assert kept("words", b"other data", code, make) == {"made": 2}
    (code / "maker.py").write_text("changed")
    assert kept("words", b"data", code, make) == {"made": 3}


def test_only_the_newest_few_stay_and_damage_is_made_anew(code: Path, tmp_path: Path) -> None:
    make = _Maker()
    for n in range(20):
        kept("words", str(n).encode(), code, make)
    files = sorted((tmp_path / "cache" / "rxweave").glob("words-*"))
    assert 1 <= len(files) < 20
    for file in files:
        file.write_bytes(b"damaged")
    assert kept("words", b"19", code, make) == {"made": 21}


def test_without_a_cache_folder_it_is_made_each_time(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    make = _Maker()
    assert [kept("words", b"data", code, make) for _ in range(2)] == [{"made": 1}, {"made": 2}]
