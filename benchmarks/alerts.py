"""How often does advice interrupt? Alerts per 100 orders in a simulated population, and two proofs.

    python benchmarks/alerts.py [--people 10000] [--seed 2026] [--write]

Each person of ``rxweave.demo.population`` (genes from published frequencies, a few other medicines with equal chances,
one new order of a drug that has guidance) is advised once. Counted are the tiers of the ordered drug's headline, and of
the advice on drugs already taken that the order touches.

Whether an order belongs to the severe class is judged apart from the code that decides tiers: straight from the rows
of the guidelines and the person's lookup keys. Severe: in some guideline every group that the person may belong to
answers with another drug, another dose or a refusal, and the row is CPIC Strong, CPIC Moderate with severe harm, an
absolute contraindication, "do not use" of the FDA, or severe harm in DPWG. Calm: every guideline of the drug answers
with no reason to change or with nothing. What rests on unknown results, on conversions that are practice only, or on
conditions that decide a branch is not judged; how many those are is printed.

Exit status 1 if a severe order does not interrupt or a calm one does. ``--write`` puts the table into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from rxweave.demo.population import SimulatedPerson, simulated_people
from rxweave.guidance import advise
from rxweave.guidance.advice import AlertTier
from rxweave.guidance.conditions import Facts, decide
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import Action, DrugGuideline, Level, Modality, Recommendation
from rxweave.phenotyping.phenoconversion import phenoconvert

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
MARK = ("<!-- alerts -->", "<!-- /alerts -->")
CHANGES = {
    Action.INCREASE_DOSE,
    Action.LIMIT_DOSE,
    Action.REDUCE_DOSE,
    Action.USE_ALTERNATIVE,
    Action.AVOID,
    Action.CONTRAINDICATED,
}
CALM = {Action.STANDARD, Action.NO_RECOMMENDATION}


@dataclass
class Tally:
    orders: int = 0
    tiers: Counter[str] = field(default_factory=Counter)
    touched: Counter[str] = field(default_factory=Counter)
    because: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def judge(person: SimulatedPerson, drug: str, knowledge: Knowledge) -> str:
    """``severe``, ``calm`` or, where the rows alone do not tell, ``not judged``."""
    verdicts = [_judge_one(g, person, knowledge) for g in knowledge.guidelines[drug] if g.is_computable]
    if "severe" in verdicts:
        return "severe"
    if "not judged" in verdicts:
        return "not judged"
    return "calm" if set(verdicts) <= {"calm"} else "neither"


def _judge_one(guideline: DrugGuideline, person: SimulatedPerson, knowledge: Knowledge) -> str:
    keys = {}
    for gene in guideline.genes:
        result = person.phenotypes.get(gene)
        if result is None:
            return "not judged"
        conversion = phenoconvert(
            result,
            person.patient.medications,
            knowledge,
            drug=guideline.drug,
            on=person.event.on,
            patient=person.patient,
        )
        phenotypes = conversion.clinical.phenotypes
        if conversion.confidence == "practice" or len(conversion.clinical.possibilities) > 1:
            return "not judged"
        if not all(p.is_known for p in phenotypes):
            return "not judged"
        keys[gene] = {_plain(k) for p in phenotypes for k in (*p.lookup_keys, p.name, p.activity_score) if k}
    facts = Facts(person.patient, guideline.drug, person.event, {})
    if any(decide(label.condition, facts) for label in guideline.label_contraindications):
        return "not judged"
    found = []
    for population in guideline.populations:
        if decide(population.condition, facts) is False:
            continue
        rows = [r for r in guideline.recommendations if r.population == population.name and _answers(r, keys)]
        if len(rows) != 1 or any(decide(b.condition, facts) for b in rows[0].branches):
            return "not judged"
        found.append(rows[0])
    if not found:
        return "not judged"
    if all(_is_severe(row, guideline.source) for row in found):
        return "severe"
    return "calm" if all(row.directive.action in CALM for row in found) else "neither"


def _answers(row: Recommendation, keys: dict[str, set[str]]) -> bool:
    return all(keys[gene] & {_plain(v) for v in values} for gene, values in row.when.items())


def _plain(key: str) -> str:
    try:
        return str(Decimal(key).normalize())
    except InvalidOperation:
        return key


def _is_severe(row: Recommendation, source: str) -> bool:
    directive = row.directive
    if directive.action not in CHANGES:
        return False
    if directive.action is Action.CONTRAINDICATED and directive.level is Level.ABSOLUTE:
        return True
    if source == "CPIC":
        return row.strength == "Strong" or (row.strength == "Moderate" and row.is_severe_harm)
    if source == "FDA":  # "do not use", in other words than contraindicated
        return directive.action is Action.AVOID and directive.modality is Modality.DO
    return row.is_severe_harm


def measure(people: Iterator[SimulatedPerson], knowledge: Knowledge) -> Tally:
    tally = Tally()
    for person in people:
        advices = advise(person.phenotypes, person.patient, person.event, knowledge)
        for drug in person.event.drugs:
            tally.orders += 1
            head = next(a for a in advices if a.drug == drug and a.is_headline)
            tally.tiers[head.alert_tier.value] += 1
            if head.alert_tier is AlertTier.INTERRUPTIVE:
                tally.because[head.tier_because] += 1
            verdict = judge(person, drug, knowledge)
            tally.judged[verdict] += 1
            is_interruptive = head.alert_tier is AlertTier.INTERRUPTIVE
            if (verdict == "severe" and not is_interruptive) or (verdict == "calm" and is_interruptive):
                results = {g: [p.name for p in r.phenotypes] for g, r in person.phenotypes.items() if g in head.genes}
                taken = [m.drug for m in person.patient.medications]
                tally.wrong.append(f"{verdict}: {drug} {results} {head.directive.action} {head.tier_because} {taken}")
        for advice in advices:
            if advice.is_headline and advice.triggered_by:
                tally.touched[advice.alert_tier.value] += 1
    return tally


def table(tally: Tally, seed: int) -> str:
    share = 100 / tally.orders
    lines = [
        f"{tally.orders:,} orders of drugs with guidance, one a person (`python benchmarks/alerts.py --seed {seed}`):",
        "",
        "| per 100 orders | interruptive | passive | none |",
        "|---|---|---|---|",
    ]
    for name, counts in (("the ordered drug", tally.tiers), ("drugs already taken", tally.touched)):
        cells = " | ".join(f"{counts[t.value] * share:.1f}" for t in AlertTier)
        lines.append(f"| {name} | {cells} |")
    judged = tally.judged
    missed = sum(w.startswith("severe") for w in tally.wrong)
    false = len(tally.wrong) - missed
    lines += [
        "",
        f"Severe orders: {judged['severe']:,}, of which {judged['severe'] - missed:,} interrupt. Calm orders:"
        f" {judged['calm']:,}, of which {false:,} interrupt. Neither: {judged['neither']:,}; not judged:"
        f" {judged['not judged']:,}.",
    ]
    return "\n".join(lines)


def write_page(text: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    start, end = page.index(MARK[0]) + len(MARK[0]), page.index(MARK[1])
    PAGE.write_text(f"{page[:start]}\n{text}\n{page[end:]}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description="Alerts per 100 orders in a simulated population.")
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    knowledge = load_release()
    tally = measure(simulated_people(knowledge, options.people, options.seed), knowledge)
    text = table(tally, options.seed)
    print(text)
    print("\nWhy the ordered drug interrupts:", dict(tally.because.most_common()))
    for line in tally.wrong[:40]:
        print(line)
    if options.write:
        write_page(text)
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
