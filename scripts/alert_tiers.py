"""Compare alert tiers with CPIC's example alerts, and write the table "Alert tiers" of docs/concordance.md.

    python scripts/alert_tiers.py

CPIC's table gives for each drug and result one of three contexts: no alert, an alert after a test, an alert before one.
Each row that speaks of everyone, adults or children is asked here as an order of the drug for a person with that
result and nothing else known. Needs the upstream sources (RXWEAVE_SHARED, or ``shared`` beside the checkout).
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from rxweave.calling import stated_calls
from rxweave.guidance import Advice, AlertTier, advise
from rxweave.knowledge import Knowledge, load_release
from rxweave.patient import Event, Patient
from rxweave.phenotyping import GenePhenotype, assign_phenotype

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "concordance.md"
TABLE = Path("sources") / "cpic-db" / "test_alert.tsv"
#: The groups of CPIC that a person's age decides; the other rows need a dose or an indication.
AGES = {"general": Decimal(40), "adults": Decimal(40), "pediatrics": Decimal(8)}
AGREEING = {
    ("No CDS", AlertTier.NONE),
    ("Post-test", AlertTier.INTERRUPTIVE),
    ("Post-test", AlertTier.PASSIVE),
    ("Pre-test", AlertTier.INTERRUPTIVE),
    ("Pre-test", AlertTier.PASSIVE),
}


@dataclass(frozen=True)
class Compared:
    """One row of CPIC's table and the headline that answers it."""

    id: str
    drug: str
    context: str
    lookups: tuple[tuple[str, str], ...]
    advice: Advice

    @property
    def agrees(self) -> bool:
        return (self.context, self.advice.alert_tier) in AGREEING


def compared(shared: Path, knowledge: Knowledge) -> Iterator[Compared]:
    """Every row that can be asked; rows of drugs or groups that the release does not tell apart are left out."""
    names = {drug.rxcui: drug.name for drug in knowledge.drugs.values() if drug.rxcui}

    @cache
    def result(gene: str, value: str) -> GenePhenotype | None:
        if value.startswith("No "):  # "No Result", "No *31:01 result on file"
            return None
        value = value.replace(">2.25", "≥3.0")
        is_score = value[0].isdigit() or value[0] == "≥"
        stated = f"{gene}={'Indeterminate' if value == 'n/a' else value}"
        calls = stated_calls(
            knowledge, activity_scores=[stated] if is_score else (), phenotypes=() if is_score else [stated]
        )
        return assign_phenotype(calls[gene], knowledge)

    with (shared / TABLE).open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            drug = names.get(row["drugid"].removeprefix("RxNorm:"))
            if drug is None or row["population"] not in AGES:
                continue
            lookups = json.loads(row["lookupkey"])
            found = {gene: result(gene, value) for gene, value in lookups.items()}
            phenotypes = {gene: one for gene, one in found.items() if one is not None}
            patient = Patient(age_years=AGES[row["population"]])
            advice = advise(phenotypes, patient, Event(drugs=(drug,)), knowledge)[0]
            yield Compared(row["id"], drug, row["cdscontext"], tuple(lookups.items()), advice)


#: Why a tier differs, by CPIC's context, ours and what our tier rests on.
REASONS = {
    ("No CDS", "passive", "test_not_default"): "CPIC shows nothing for a result that is not clear. Unknown is never "
    "normal here: what would settle it is asked for, and the order goes through.",
    ("No CDS", "passive", "something_to_add"): "The genes give no reason to change, and something is left to say or to "
    "ask that CPIC's alerts leave out: drugs to avoid beside it, the label, a fact of the patient that decides.",
    ("No CDS", "passive", "asks_for_care"): "The recommendation itself asks for care or excludes nothing (malignant "
    "hyperthermia, an uncertain MT-RNR1 variant, a high dose of a statin), or DPWG's does; CPIC's alerts are silent.",
    ("No CDS", "passive", "strength"): "DPWG asks for another dose or drug where CPIC recommends nothing (metoprolol, "
    "venlafaxine), or CPIC's own text asks for less and its alert is silent (sertraline).",
    ("No CDS", "passive", "sources_disagree"): "CPIC asks for no change and DPWG for more: both are shown.",
    (
        "Post-test",
        "none",
        "no_recommendation",
    ): "CPIC's alert says that nothing can be recommended, because a result is "
    "not clear. The report says so; nobody is alerted to it.",
    (
        "Pre-test",
        "none",
        "no_recommendation",
    ): "Before the first dose only the drugs that the release marks are alerted "
    "to; [a site](site.md) chooses its own (`pretest_drugs`). The report lists the tests for all of them.",
}
SHOWN_DRUGS = 8


def page_part(rows: list[Compared]) -> str:
    """The part of the page: how often the tiers fit, and each kind of difference with its reason."""
    tiers = [tier.value for tier in AlertTier]
    counts = Counter((r.context, r.advice.alert_tier.value) for r in rows)
    contexts = sorted({r.context for r in rows})
    differing: dict[tuple[str, str, str], list[Compared]] = defaultdict(list)
    for row in rows:
        if not row.agrees:
            differing[row.context, row.advice.alert_tier.value, row.advice.tier_because].append(row)
    lines = [
        f"{len(rows)} rows asked, {sum(r.agrees for r in rows)} fit: something is shown where CPIC alerts, and nothing "
        "where it does not.",
        "",
        f"| CPIC's alert | {' | '.join(tiers)} |",
        "|---|" + "---|" * len(tiers),
        *(f"| {c} | {' | '.join(str(counts[c, t]) for t in tiers)} |" for c in contexts),
        "",
        "| CPIC's alert | rxweave | because | rows | drugs | why |",
        "|---|---|---|---|---|---|",
    ]
    for key in sorted(differing):
        drugs = sorted({r.drug for r in differing[key]})
        more = f" and {len(drugs) - SHOWN_DRUGS} more" if len(drugs) > SHOWN_DRUGS else ""
        shown = ", ".join(drugs[:SHOWN_DRUGS]) + more
        lines.append(f"| {' | '.join(key).replace('_', ' ')} | {len(differing[key])} | {shown} | {REASONS[key]} |")
    return "\n".join(lines)


def main() -> int:
    shared = Path(os.environ.get("RXWEAVE_SHARED", ROOT.parent / "shared"))
    if not (shared / TABLE).is_file():
        print("alert tiers skipped: no table of CPIC's alerts (set RXWEAVE_SHARED to the folder of upstream sources)")
        return 0
    begin, end = "<!-- alerts: begin -->", "<!-- alerts: end -->"
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    table = page_part(list(compared(shared, load_release())))
    PAGE.write_text(f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}", encoding="utf-8")
    print(table.splitlines()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
