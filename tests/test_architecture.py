"""The direction of imports: a room imports only from rooms above it and from ``errors``."""

from __future__ import annotations

import ast
from pathlib import Path

import rxweave

ROOT = Path(rxweave.__file__).parent

#: The rooms in the order of the house, first the one that knows nothing of the others.
ORDER = (
    "errors",
    "processes",
    "knowledge",
    "patient",
    "calling",
    "phenotyping",
    "guidance",
    "narrative",
    "report",
    "pipeline",
    "cohort",
    "demo",
    "cli",
)


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            if module != "rxweave":
                found.add(module)
            else:  # "from rxweave import calling" names a room, "from rxweave import __version__" does not
                found |= {f"{module}.{name.name}" for name in node.names if not name.name.startswith("__")}
    return {name for name in found if name.split(".")[0] == "rxweave"}


def _violations(root: Path) -> list[str]:
    wrong = []
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        room = relative.parts[0].removesuffix(".py")
        if room in ("__init__", "__main__"):
            continue
        for target in sorted({_room(name) for name in _imports(path)} - {room, ""}):
            if target not in ORDER or room not in ORDER or ORDER.index(target) > ORDER.index(room):
                wrong.append(f"{relative} imports {target}")
    return wrong


def test_rooms_import_only_from_rooms_above_them() -> None:
    assert _violations(ROOT) == []


def test_an_import_from_below_is_seen(tmp_path: Path) -> None:
    (tmp_path / "calling").mkdir()
    (tmp_path / "calling" / "vcf.py").write_text("from rxweave.guidance import advise\n", encoding="utf-8")
    assert _violations(tmp_path) == ["calling/vcf.py imports guidance"]


def test_every_room_is_in_the_order() -> None:
    rooms = {p.name for p in ROOT.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert rooms <= set(ORDER)
