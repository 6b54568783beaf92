"""How long a whole process takes, as a ratio to importing the libraries it stands on, measured in the same run.

    python benchmarks/startup.py [--runs 7] [--vcf FILE] [--write docs/performance.md]

Without --vcf the genome is the first of the demonstration's synthetic patients. Runs of the baseline and of each
command are interleaved, so that a machine that slows down slows both; the figure is the ratio of the medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASELINE = [sys.executable, "-c", "import numpy, pydantic, typer"]
RXWEAVE = [str(Path(sys.executable).with_name("rxweave"))]
MEDS = "clopidogrel 75 mg daily; codeine; simvastatin 40 mg"
LOAD = """
import time
start = time.perf_counter()
from rxweave.knowledge import load_release
load_release()
print(time.perf_counter() - start)
"""
BEGIN, END = "<!-- startup: begin -->", "<!-- startup: end -->"


def seconds(command: list[str]) -> float:
    """Wall time of one whole process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def load_seconds() -> float:
    """Time to import the knowledge room and load the release, inside a fresh process."""
    return float(subprocess.run([sys.executable, "-c", LOAD], check=True, capture_output=True, text=True).stdout)


def synthetic_vcf(folder: Path) -> Path:
    from rxweave.demo import write_demo_patients
    from rxweave.knowledge import load_release

    return write_demo_patients(folder, load_release())[0].vcf


def measure(vcf: Path, runs: int, folder: Path) -> str:
    commands = {
        "`rxweave call`, one sample": ([*RXWEAVE, "call", str(vcf), "-o", str(folder / "calls.jsonl")], "3.0"),
        "`rxweave report` with PDF": ([*RXWEAVE, "report", str(vcf), "--meds", MEDS, "-o", str(folder / "out")], "9.0"),
        "`rxweave advise`": ([*RXWEAVE, "advise", "--diplotype", "CYP2D6=*4/*4", "--drug", "codeine"], "3.0"),
    }
    seconds(BASELINE)
    for command, _ in commands.values():
        seconds(command)  # compiles the release and the bytecode once
    times: dict[str, list[float]] = {name: [] for name in commands}
    baseline, load = [], []
    for _ in range(runs):
        baseline.append(seconds(BASELINE))
        load.append(load_seconds())
        for name, (command, _limit) in commands.items():
            times[name].append(seconds(command))
    base = statistics.median(baseline)
    lines = [
        f"Median of {runs} interleaved runs, {os.cpu_count()} cores, Python {sys.version.split()[0]}. "
        f'Baseline: `python -c "import numpy, pydantic, typer"`, {base:.2f} s.',
        "",
        "| what | seconds | ratio to the baseline | target |",
        "|---|---|---|---|",
    ]
    for name, (_, limit) in commands.items():
        median = statistics.median(times[name])
        lines.append(f"| {name} | {median:.2f} | {median / base:.2f} | at most {limit} |")
    loading = statistics.median(load)
    lines.append(f"| the release is imported and loaded | {loading:.3f} | {loading / base:.2f} | at most 0.33 |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--vcf", type=Path)
    parser.add_argument("--write", type=Path, help="replace the table between the markers of this file")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: what is imported was compiled at the first start
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = measure(options.vcf or synthetic_vcf(folder), options.runs, folder)
    print(table)
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        after = rest.split(END)[1]
        options.write.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
