"""Write what docs/ takes from the code and the release: the JSON schemas, and the page of unchecked interactions.

    python scripts/generate_docs.py

Tests hold that what is committed is what this writes. The interactions page needs the upstream sources (RXWEAVE_SHARED,
or ``shared`` beside the checkout); without them it is left as it is, which is said.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from rxweave.knowledge.build.drugs import build_drugs
from rxweave.report.schemas import schema_files

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    for name, text in schema_files().items():
        (ROOT / "docs" / "schemas" / name).write_text(text, encoding="utf-8")
    print(f"docs/schemas: {', '.join(schema_files())}")
    sources = Path(os.environ.get("RXWEAVE_SHARED", ROOT.parent / "shared")) / "sources"
    if not sources.is_dir():
        print("docs/interactions-unchecked.md skipped: no upstream sources")
        return
    with tempfile.TemporaryDirectory() as folder:
        page = build_drugs(sources, Path(folder))
    (ROOT / "docs" / "interactions-unchecked.md").write_text(page, encoding="utf-8")
    print("docs/interactions-unchecked.md")


if __name__ == "__main__":
    main()
