"""Medicines that change what other medicines of the list do: their own line says so, and is never simply fine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rxweave.guidance.advice import Advice
from rxweave.report import words
from rxweave.report.drug_view import DrugLine
from rxweave.report.marks import Mark


def with_acting(lines: Sequence[DrugLine], advices: Sequence[Advice]) -> list[DrugLine]:
    """``lines`` with what each medicine does to the enzymes that others of the list depend on."""
    acts: dict[str, dict[str, list[str]]] = {}  # agent -> gene -> the medicines that depend on it
    for advice in advices:
        for finding in advice.genes.values() if advice.is_headline else ():
            for agent in finding.phenoconverted_by:
                acts.setdefault(agent, {}).setdefault(finding.gene, []).append(advice.drug)
    return [_with_acts(line, acts[line.drug]) if line.drug in acts else line for line in lines]


def _with_acts(line: DrugLine, acts: dict[str, list[str]]) -> DrugLine:
    said = " ".join(words.acts_on(gene, dict.fromkeys(drugs)) for gene, drugs in acts.items())
    because = " ".join(x for x in (said, line.because) if x)
    if line.mark in (Mark.FINE, Mark.NONE):
        return replace(line, mark=Mark.WATCH, badge=words.ACTS_BADGE, because=because)
    return replace(line, because=because)
