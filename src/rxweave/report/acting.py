"""Medicines that change what other medicines of the list do: their own line says so, and is never simply fine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rxweave.guidance.advice import Advice
from rxweave.report import words
from rxweave.report.drug_view import DrugLine
from rxweave.report.marks import Mark


def acts_of(advices: Iterable[Advice]) -> Mapping[str, str]:
    """Agent -> what it does to the enzymes that other medicines depend on, in words."""
    found: dict[str, dict[str, list[str]]] = {}  # agent -> gene -> the medicines that depend on it
    for advice in advices:
        for finding in advice.genes.values() if advice.is_headline else ():
            for agent in finding.phenoconverted_by:
                found.setdefault(agent, {}).setdefault(finding.gene, []).append(advice.drug)
    return {
        agent: " ".join(words.acts_on(gene, dict.fromkeys(drugs)) for gene, drugs in genes.items())
        for agent, genes in found.items()
    }


def with_acting(lines: Sequence[DrugLine], advices: Sequence[Advice]) -> list[DrugLine]:
    """``lines`` with what each medicine does to others of the list."""
    acts = acts_of(advices)
    return [_with_acts(line, acts[line.drug]) if line.drug in acts else line for line in lines]


def _with_acts(line: DrugLine, said: str) -> DrugLine:
    because = " ".join(x for x in (said, line.because) if x)
    mark = acting_mark(line.mark)
    return replace(line, because=because, mark=mark, badge=line.badge if mark is line.mark else words.ACTS_BADGE)


def acting_mark(mark: Mark) -> Mark:
    """The mark of a medicine that acts on others: neither fine nor without a word."""
    return Mark.WATCH if mark in (Mark.FINE, Mark.NONE) else mark
