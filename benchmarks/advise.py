"""How long advice takes in process, against writing it down: 12 drugs, 20 genes, against ``json.dumps`` of the result.

    python benchmarks/advise.py [--rounds 200] [--profile]

Prints the median of each over the rounds, and their ratio.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from rxweave.calling.diplotype import Allele, CallSource, CallStatus, Diplotype, DiplotypeCall
from rxweave.guidance import Advice, advise
from rxweave.knowledge import Knowledge, load_release
from rxweave.patient import Event, MedicationOrder, Patient
from rxweave.phenotyping import assign_phenotype
from rxweave.phenotyping.phenotype import GenePhenotype
from rxweave.report import advice_json

# A long list of one person: several enzymes, inhibitors among the drugs, and results that ask for something.
DRUGS = (
    *("clopidogrel", "omeprazole", "simvastatin", "metoprolol", "amitriptyline", "codeine"),
    *("paroxetine", "warfarin", "phenytoin", "azathioprine", "celecoxib", "tramadol"),
)
DIPLOTYPES = {
    "CYP2B6": "*1/*6",
    "CYP2C19": "*1/*2",
    "CYP2C9": "*1/*3",
    "CYP2D6": "*1/*4",
    "CYP3A4": "*1/*22",
    "CYP3A5": "*1/*3",
    "CYP4F2": "*1/*3",
    "NUDT15": "*1/*3",
    "SLCO1B1": "*1/*5",
    "TPMT": "*1/*3A",
    "UGT1A1": "*1/*28",
}
GENES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    arguments = parser.parse_args()
    knowledge = load_release()
    phenotypes = person(knowledge)
    patient = Patient(age_years=Decimal(60), medications=tuple(MedicationOrder(d, d) for d in DRUGS))
    event = Event(drugs=DRUGS, on=date(2026, 11, 23))

    def work() -> tuple[Advice, ...]:
        return advise(phenotypes, patient, event, knowledge)

    found = work()
    objects = json.loads(advice_json(found))
    if arguments.profile:
        profile(work)
    ours, theirs = medians_of((work, lambda: json.dumps(objects)), arguments.rounds)
    heads = sum(a.is_headline for a in found)
    print(f"{len(phenotypes)} genes, {len(DRUGS)} drugs: {len(found)} advices, {heads} headlines")
    print(f"advise {ours * 1e3:.2f} ms; json.dumps of its result {theirs * 1e3:.2f} ms; ratio {ours / theirs:.1f}")


def person(knowledge: Knowledge) -> dict[str, GenePhenotype]:
    """Results of ``GENES`` genes: those above, and reference for the next ones that have a reference allele."""
    diplotypes = dict(DIPLOTYPES)
    for gene in knowledge.genes.values():
        if len(diplotypes) < GENES and gene.reference_allele is not None:
            diplotypes.setdefault(gene.symbol, f"{gene.reference_allele.name}/{gene.reference_allele.name}")
    return {symbol: assign_phenotype(_called(symbol, written), knowledge) for symbol, written in diplotypes.items()}


def _called(symbol: str, written: str) -> DiplotypeCall:
    first, second = map(Allele, written.split("/"))
    return DiplotypeCall(symbol, CallStatus.CALLED, CallSource.OUTSIDE, (Diplotype(first, second),))


def medians_of(works: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Seconds of one run of each, the medians of ``rounds``; they take turns, so that a slow moment slows all."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            begun = time.perf_counter()
            work()
            times.append(time.perf_counter() - begun)
    return [statistics.median(times) for times in taken]


def profile(work: Callable[[], object]) -> None:
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(20):
        work()
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
