"""How long a cohort takes, as a ratio to unpacking its file, and how much memory, measured in the same run.

    python benchmarks/cohort.py COHORT.vcf.gz [--runs 3] [--write docs/performance.md]

The cohort of the figures in docs/performance.md has 50,000 samples, half of them phased, at every position of the
definitions. Unpacking (`gzip -dc COHORT > /dev/null`), reading alone and the whole command take turns: a machine
that slows down slows all of them. The figure is the ratio of the medians. Memory is that of all processes of the
command together, shared pages once (PSS), sampled while it runs.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

RXWEAVE = str(Path(sys.executable).with_name("rxweave"))
READ = (
    "import sys; from pathlib import Path; from rxweave.calling import read_vcf; from rxweave.knowledge import"
    " load_release; read_vcf(Path(sys.argv[1]), load_release())"
)
RYR1 = """
import time, numpy as np
from rxweave.calling import Genotypes, SiteCalls, call_diplotypes
from rxweave.knowledge import load_release
from rxweave.phenotyping import assign_phenotype
knowledge = load_release()
gene = knowledge.genes["RYR1"]
n = len(gene.variants)
codes = np.tile(np.array([0, 1], np.int8), (1, n, 1))
calls = SiteCalls("RYR1", codes, np.zeros((1, n), bool), np.zeros((1, n), np.int32), {})
start = time.perf_counter()
assign_phenotype(call_diplotypes(Genotypes("x.vcf", ("a",), {"RYR1": calls}), knowledge)[0]["RYR1"], knowledge)
print(time.perf_counter() - start)
"""
BEGIN, END = "<!-- cohort: begin -->", "<!-- cohort: end -->"


@dataclass(frozen=True)
class Run:
    wall: float
    cpu: float
    megabytes: float


def run(command: list[str], *, is_memory_wanted: bool = False) -> Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak))
    if is_memory_wanted:
        watcher.start()
    if process.wait():
        raise SystemExit(f"failed: {' '.join(command)}")
    wall = time.perf_counter() - start
    if is_memory_wanted:
        watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak[0])


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(_megabytes, _family(process.pid))))
        time.sleep(0.1)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in _family(int(child)))]


def _megabytes(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def measure(vcf: Path, runs: int, folder: Path) -> str:
    commands = {
        "`gzip -dc` to nowhere": (["gzip", "-dc", str(vcf)], ""),
        "reading and parsing alone": ([sys.executable, "-c", READ, str(vcf)], "at most 2"),
        "`rxweave call -o calls.parquet`": ([RXWEAVE, "call", str(vcf), "-o", str(folder / "c.parquet")], "at most 10"),
    }
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, (command, _limit) in commands.items():
            found[name].append(run(command))
    base = statistics.median(r.wall for r in found["`gzip -dc` to nowhere"])
    base_cpu = statistics.median(r.cpu for r in found["`gzip -dc` to nowhere"])
    memory = run([*commands["`rxweave call -o calls.parquet`"][0]], is_memory_wanted=True).megabytes
    ryr1 = statistics.median(
        float(subprocess.run([sys.executable, "-c", RYR1], check=True, capture_output=True, text=True).stdout)
        for _ in range(runs)
    )
    lines = [
        f"{_samples(vcf)} samples, {vcf.stat().st_size / 1e6:.0f} MB. Median of {runs} interleaved runs, "
        f"{len(os.sched_getaffinity(0))} cores (load {os.getloadavg()[0]:.1f}), Python {sys.version.split()[0]}.",
        "",
        "| what | seconds | ratio to unpacking | target | CPU seconds | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for name, (_, limit) in commands.items():
        wall = statistics.median(r.wall for r in found[name])
        cpu = statistics.median(r.cpu for r in found[name])
        lines.append(f"| {name} | {wall:.2f} | {wall / base:.1f} | {limit} | {cpu:.2f} | {cpu / base_cpu:.1f} |")
    lines += [
        "",
        f"Peak memory of the whole command, all processes together: {memory:.0f} MB (target: under 1,000). RYR1"
        f" heterozygous at all of its positions, unphased, called and assigned: {ryr1 * 1000:.0f} ms (target: under"
        " 100).",
    ]
    return "\n".join(lines)


def _samples(vcf: Path) -> str:
    import gzip

    with gzip.open(vcf, "rt") as file:
        for line in file:
            if line.startswith("#CHROM"):
                return f"{line.count(chr(9)) - 8:,}"
    raise SystemExit(f"{vcf}: no header line")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vcf", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, help="replace the table between the markers of this file")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: what is imported was compiled at the first start
    with tempfile.TemporaryDirectory() as name:
        table = measure(options.vcf, options.runs, Path(name))
    print(table)
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        after = rest.split(END)[1]
        options.write.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
