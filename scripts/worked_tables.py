"""Write docs/worked-tables.md: what the release says for whole families of drugs, one table each.

    python scripts/worked_tables.py

Everything in the tables comes from the release, through the words of the reports; a test holds that the committed page
is what this writes. Which drugs stand together is all that is chosen here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from rxweave.guidance.advice import Advice, Coverage
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import DrugGuideline, Recommendation
from rxweave.narrative import phrase

PAGE = Path(__file__).resolve().parents[1] / "docs" / "worked-tables.md"

#: Heading, what to mind when reading the table, and the drugs in it.
FAMILIES = (
    ("Tacrolimus by CYP3A5", "The normal metabolizer is the one who needs more.", ("tacrolimus",)),
    (
        "Thiopurines by TPMT and NUDT15, with starting doses",
        "The graver gene decides; two intermediate genes ask for less than one. Poor metabolizers with a malignancy "
        "get a tenth of the dose and three times a week.",
        ("azathioprine", "mercaptopurine", "thioguanine"),
    ),
    ("Fluoropyrimidines by DPYD activity score", "", ("fluorouracil", "capecitabine", "tegafur")),
    ("Tricyclics by CYP2D6 and CYP2C19", "Both genes are looked up together.", ("amitriptyline", "nortriptyline")),
    (
        "Statins by dose, SLCO1B1, ABCG2 and CYP2C9",
        "An order is compared with the limit: simvastatin 40 mg lies outside it where 10 mg does not.",
        ("simvastatin", "atorvastatin", "rosuvastatin", "fluvastatin"),
    ),
    ("Aminoglycosides by MT-RNR1", "", ("gentamicin",)),
    (
        "Anaesthetics by RYR1 and CACNA1S",
        "There is no negative result: without a known variant susceptibility is still not excluded.",
        ("sevoflurane", "succinylcholine"),
    ),
    (
        "G6PD by sex and zygosity",
        "A man has one copy and is Normal or Deficient; a woman with one deficient copy is Variable, and only the "
        "enzyme test tells.",
        ("rasburicase", "primaquine", "nitrofurantoin"),
    ),
    (
        "HLA, with prior exposure",
        "Whether the drug was taken before, and for how long, decides which group a person belongs to.",
        ("abacavir", "allopurinol", "carbamazepine", "phenytoin"),
    ),
    ("CFTR modulator", "", ("ivacaftor",)),
)
_UNKNOWN = ("No Result", "Indeterminate", "n/a")


def main() -> None:
    PAGE.write_text(page(load_release()), encoding="utf-8")
    print(PAGE)


def page(knowledge: Knowledge) -> str:
    """The text of the page."""
    return "\n".join(_lines(knowledge)) + "\n"


def _lines(knowledge: Knowledge) -> Iterator[str]:
    yield "# Worked tables\n"
    yield (
        f"What release {knowledge.version} says for drugs that are often asked about, by source: written by\n"
        "`scripts/worked_tables.py` (`make docs`) from the release's facts in the words of the reports. Rows for\n"
        "unknown results are left out. Conditions that change a row stand in it in italics. A table is no advice for\n"
        "a person: `rxweave advise` also weighs age, organs, other drugs and what was not tested."
    )
    for heading, note, drugs in FAMILIES:
        yield f"\n## {heading}\n"
        if note:
            yield f"{note}\n"
        yield "| drug | source | result | what to do | strength |\n|---|---|---|---|---|"
        for drug in drugs:
            for guideline in knowledge.guidelines.get(drug, ()):
                yield from _rows(guideline, knowledge.version)


def _rows(guideline: DrugGuideline, version: str) -> Iterator[str]:
    for recommendation in guideline.recommendations:
        known = {gene: [v for v in values if v not in _UNKNOWN] for gene, values in recommendation.when.items()}
        if all(known.values()):
            said = phrase(_advice(guideline, recommendation, version))
            line = said.headline.removeprefix(f"{guideline.drug}: ")
            told = " ".join(x for x in (line[:1].upper() + line[1:] + ".", said.follow_up) if x)
            told += "".join(f" *{branch}*" for branch in said.branches)
            result = "; ".join(f"{gene} {_values(values)}" for gene, values in known.items())
            if recommendation.population != "general":
                result += f" ({said.population})"
            strength = recommendation.strength.lower().removeprefix("n/a").removeprefix("no recommendation")
            yield f"| {guideline.drug} | {guideline.source} | {result} | {told} | {strength} |"


def _advice(guideline: DrugGuideline, recommendation: Recommendation, version: str) -> Advice:
    return Advice(
        drug=guideline.drug,
        rxcui=guideline.rxcui,
        source=guideline.source,
        population=recommendation.population,
        coverage=Coverage.COMPUTED,
        directive=recommendation.directive,
        branches=recommendation.branches,
        implications=recommendation.implications,
        knowledge=version,
    )


def _values(values: Iterable[str]) -> str:
    """``0.25 to 1.0`` for scores; other values in alphabetical order."""
    found = sorted(values)
    if len(found) > 1 and all(v.lstrip("≥")[0].isdigit() for v in found):
        found.sort(key=lambda v: (Decimal(v.lstrip("≥")), v))
        return f"{found[0]} to {found[-1]}"
    return ", ".join(found).replace("*", "\\*")


if __name__ == "__main__":
    main()
