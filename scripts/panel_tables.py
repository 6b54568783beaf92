"""Write the panel table of docs/calling.md: what an assay of the AMP tier 1 positions alone would not show.

    python scripts/panel_tables.py

The positions are those that the release marks as tier 1 of the Association for Molecular Pathology; genes without one
are left out, as is CYP2D6, which small variants do not settle.
"""

from __future__ import annotations

from pathlib import Path

from rxweave.calling.call import ALL_GROUPS
from rxweave.knowledge import load_release
from rxweave.phenotyping.panel import panel_report

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "calling.md"
BEGIN, END = "<!-- panel: begin -->", "<!-- panel: end -->"


def table() -> str:
    knowledge = load_release()
    tier1 = {
        symbol: frozenset(v.pos_grch38 for v in gene.variants if v.is_amp_tier1)
        for symbol, gene in knowledge.genes.items()
    }
    rows = [r for r in panel_report(knowledge, tier1, genes=[g for g, p in tier1.items() if p]) if r.is_called]
    groups = [ALL_GROUPS, *knowledge.groups]
    lines = [
        "An example, written by `python scripts/panel_tables.py`: an assay of the AMP tier 1 positions alone, and the "
        "share of people in each group who carry an actionable allele that it does not show. Empty: no frequencies.",
        "",
        "| gene | positions read | " + " | ".join(g.replace(", equal weights", "") for g in groups) + " |",
        "|---" * (len(groups) + 2) + "|",
    ]
    for gene in dict.fromkeys(r.gene for r in rows):
        here = {r.group: r for r in rows if r.gene == gene}
        first = next(iter(here.values()))
        cells = [_percent(here[g].hidden) if g in here else "" for g in groups]
        lines.append(f"| {gene} | {first.positions_read} of {first.positions} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    if share is None:
        return "not weighable"
    return "<0.01%" if 0 < share < 0.0001 else f"{share:.2%}"


def main() -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
