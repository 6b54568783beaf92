"""Run the field's own calling cases against ``rxweave call``, where they are at hand.

The folder with the upstream sources and exams is RXWEAVE_SHARED, or ``shared`` beside the checkout; without it there is
nothing to compare with, which is said, and the run passes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    shared = Path(os.environ.get("RXWEAVE_SHARED", ROOT.parent / "shared"))
    checker = shared / "exams" / "check_calling.py"
    if not checker.exists():
        print(f"exams skipped: no {checker.name} (set RXWEAVE_SHARED to the folder of upstream sources)")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "disagreements.tsv"
        command = [sys.executable, str(checker), "--accepted", "docs/concordance.tsv", "--out", str(out)]
        command += ["--rxweave", str(ROOT / ".venv" / "bin" / "rxweave")]
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        if status and out.exists():
            print(out.read_text(encoding="utf-8")[:4000])
    return status


if __name__ == "__main__":
    sys.exit(main())
