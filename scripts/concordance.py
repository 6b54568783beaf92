"""Write the tables of docs/concordance.md: deviations from the peer, from the sources, and the GeT-RM comparison.

    python scripts/concordance.py

The GeT-RM part needs the upstream sources (RXWEAVE_SHARED, or ``shared`` beside the checkout); without them that part
is left as it is, which is said.
"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

from rxweave.calling.diplotype import Diplotype
from rxweave.knowledge import load_release
from rxweave.phenotyping import GenePhenotype
from rxweave.pipeline import CallSettings, one_person

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "concordance.md"
SAMPLES = ("NA18526", "NA18565", "NA18861")

#: Names that the consensus still uses and the present nomenclature does not, with what became of them.
OLDER_NAMES = {
    ("UGT1A1", "*1/*60"): "*60 was retired: it has normal function and is no longer defined, so it reads *1",
}


def main() -> int:
    _write("exam", _exam_deviations())
    _write("errata", _errata())
    shared = Path(os.environ.get("RXWEAVE_SHARED", ROOT.parent / "shared"))
    folder = shared / "sources" / "genotypes" / "getrm_tutorial_3samples"
    if not folder.is_dir():
        print("concordance skipped: no GeT-RM samples (set RXWEAVE_SHARED to the folder of upstream sources)")
        return 0
    knowledge = load_release()
    with (folder.parent / "getrm_consensus_dev.tsv").open(encoding="utf-8") as file:
        consensus = {(r["sample"], r["gene"]): r["consensus_diplotype"] for r in csv.DictReader(file, delimiter="\t")}
    lines = ["| sample | gene | GeT-RM consensus | rxweave | agrees | note |", "|---|---|---|---|---|---|"]
    compared = agreed = 0
    called = []
    for sample in SAMPLES:
        files = sorted(folder.glob("*.vcf.bgz"))
        outside = folder / f"outside_calls_from_get-rm.{sample}.txt"
        settings = CallSettings(sample=sample, is_merged=True, outside=outside if outside.exists() else None)
        person = one_person(files, knowledge, settings)
        for gene, result in person.genes.items():
            expected = consensus.get((sample, gene))
            if expected is None or gene == "CYP2D6":
                continue  # CYP2D6 is given from outside here: nothing of ours to compare
            verdict, note = _compare(gene, expected, result)
            compared += 1
            agreed += verdict != "no"
            lines.append(f"| {sample} | {gene} | {expected} | {_shown(result)} | {verdict} | {note} |")
        found = [f"{gene} {_shown(result)}" for gene, result in person.genes.items() if result.call.diplotypes]
        called.append(f"- {sample}: {len(found)} genes called: {'; '.join(found)}.")
    summary = f"{agreed} of {compared} comparable results agree (the whole genomes, eleven files merged)."
    _write("getrm", "\n".join([summary, "", *lines, "", "All calls on the same files:", "", *called]))
    print(summary)
    return 0


def _exam_deviations() -> str:
    lines = ["| where | gene | what | peer | rxweave | why |", "|---|---|---|---|---|---|"]
    with (ROOT / "docs" / "concordance.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            where = f"{row['section']}: {' '.join(row['where'].split())}"
            shown = [_cut(row[side]) for side in ("expected", "got")]
            lines.append(f"| {where} | {row['gene']} | {row['what']} | {shown[0]} | {shown[1]} | {row['reason']} |")
    return "\n".join(lines)


def _cut(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[:most]}... ({text.count('/')} diplotypes)"


def _errata() -> str:
    lines = ["| rows | found in the source | what rxweave does | why |", "|---|---|---|---|"]
    for erratum in load_release().errata:
        rows = ", ".join(erratum.rows) if len(erratum.rows) <= 6 else f"{len(erratum.rows)} rows"
        lines.append(f"| {rows} | {erratum.found} | {erratum.done} | {erratum.because} |")
    return "\n".join(lines)


def _compare(gene: str, expected: str, result: GenePhenotype) -> tuple[str, str]:
    ours = [_plain(d) for d in result.call.diplotypes]
    note = OLDER_NAMES.get((gene, expected), "")
    if _sorted(expected) in ours:
        return ("yes", "") if len(ours) == 1 else ("yes", "one of several that fit equally well")
    if note and _sorted("*1/*1") in [o.replace("*38", "*1") for o in ours]:
        return "yes, renamed", note
    likeliest = result.call.candidates[0].diplotype if result.call.candidates else None
    if likeliest is not None and _plain(likeliest) == _sorted(expected):
        return "no", "the consensus is the likeliest candidate"
    return "no", ""


def _plain(diplotype: Diplotype) -> str:
    return _sorted(str(diplotype))


def _sorted(text: str) -> str:
    return "/".join(sorted(text.split("/")))


def _shown(result: GenePhenotype) -> str:
    return " or ".join(map(str, result.call.diplotypes)) or result.call.status.value.replace("_", " ")


def _write(part: str, table: str) -> None:
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    PAGE.write_text(f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
