"""Fuzz the readers and the caller, count the inputs, and say what broke.

``python tests/fuzz/run.py --inputs 1000000 --seed 1`` runs a million; ``--again NAME`` one input of a report again.
Exit status 1 where an input crashed, hung or gave an unsound result.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from datetime import date
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzz_targets import ROUND, Failure, Fuzzer

_BEGIN, _END = "<!-- fuzz: begin -->", "<!-- fuzz: end -->"


def _worker(seed: int, first: int, last: int, seconds: float, shown: bool) -> tuple[int, int, list[Failure]]:
    fuzzer, failures, began = Fuzzer(seed), [], time.monotonic()
    for number in range(first, last):
        for failure in fuzzer.round(number):
            failures.append(failure)
            print(f"\n{failure.name}: {failure.error}", flush=True)
        if len(failures) > 50 or time.monotonic() - began > seconds:
            break
        if shown and number % 200 == 0:
            print(f"{fuzzer.inputs:,} inputs, {time.monotonic() - began:.0f} s, {len(failures)} failures", flush=True)
    return fuzzer.inputs, fuzzer.refused, failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    parser.add_argument("--keep", type=Path, help="folder for the inputs that broke something")
    parser.add_argument("--write", type=Path, help="page whose lines between the fuzz marks are replaced by the result")
    parser.add_argument("--again", help="run one input again, by the name in a report")
    given = parser.parse_args()
    if given.again:
        failures = list(Fuzzer(given.seed).again(given.again))
        print("\n".join(f"{f.name}: {f.error}" for f in failures) or "nothing broke")
        return bool(failures)
    began = time.monotonic()
    rounds = -(-given.inputs // ROUND)
    bounds = [rounds * k // given.workers for k in range(given.workers + 1)]
    parts = [(given.seed, bounds[k], bounds[k + 1], given.seconds, k == 0) for k in range(given.workers)]
    with get_context("spawn").Pool(given.workers) as pool:
        found = pool.starmap(_worker, parts)
    failures = [failure for _, _, some in found for failure in some]
    for failure in failures:
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            name = failure.name.replace("/", "-") + "-" + hashlib.sha256(failure.content).hexdigest()[:8]
            (given.keep / name).write_bytes(failure.content)
    inputs, refused = sum(n for n, _, _ in found), sum(n for _, n, _ in found)
    result = (
        f"{date.today()}: seed {given.seed}, {inputs:,} inputs in {time.monotonic() - began:,.0f} s with "
        f"{given.workers} workers; {refused:,} refused with a message, {len(failures)} failures."
    )
    print("\n" + result)
    if given.write:
        page = given.write.read_text(encoding="utf-8")
        head, _, rest = page.partition(_BEGIN)
        given.write.write_text(f"{head}{_BEGIN}\n{result}\n{_END}{rest.partition(_END)[2]}", encoding="utf-8")
    return bool(failures)


if __name__ == "__main__":
    raise SystemExit(main())
