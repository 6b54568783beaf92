"""How long it takes to verify a narrative, against writing its facts down: ``json.dumps`` of the fact sheet.

    python benchmarks/narrative.py [--rounds 200] [--profile]

Prints, for each audience, the median of processor time over the rounds and the ratio.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import statistics
import time
from collections.abc import Callable

from rxweave.knowledge import load_release
from rxweave.narrative.builtin import write
from rxweave.narrative.facts import FactSheet, fact_sheet
from rxweave.narrative.narrative import Audience
from rxweave.narrative.verifier import verify_sentences
from rxweave.patient import Patient
from rxweave.pipeline import StatedRequest, advise_stated

CASE = StatedRequest(
    ("codeine 30 mg", "amitriptyline 75 mg daily", "clopidogrel 75 mg daily", "simvastatin 40 mg daily"),
    diplotypes=("CYP2D6=*1/*4", "CYP2C19=*2/*2", "SLCO1B1=*5/*5"),
    co_medications=("paroxetine 20 mg daily",),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    arguments = parser.parse_args()
    sheet = fact_sheet(advise_stated(CASE, load_release()), Patient())
    writing = median(lambda: dumped(sheet), arguments.rounds)
    print(f"json.dumps of {len(sheet.facts)} facts: {writing * 1000:.2f} ms")
    for audience in Audience:
        sentences = write(sheet, audience)

        def work(sentences=sentences, audience=audience):  # type: ignore[no-untyped-def]
            return verify_sentences(sentences, sheet, audience)

        work()
        took = median(work, arguments.rounds)
        print(f"{audience.value}: {len(sentences)} sentences, {took * 1000:.2f} ms, {took / writing:.1f} x json.dumps")
        if arguments.profile:
            profile = cProfile.Profile()
            profile.runcall(work)
            pstats.Stats(profile).sort_stats("tottime").print_stats(15)


def dumped(sheet: FactSheet) -> str:
    names = ("id", "kind", "drug", "gene", "code", "scope", "is_essential")
    rows = [
        {**{name: getattr(f, name) for name in names}, "values": dict(f.values), "condition": dict(f.condition)}
        for f in sheet.facts
    ]
    return json.dumps(rows)


def median(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
