"""The whole list at a glance: a row a medicine, a column a gene, in each cell what the gene says for the medicine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rxweave.guidance.advice import Advice, GeneFinding
from rxweave.phenotyping.phenotype import NO_RESULT
from rxweave.report import bars, words
from rxweave.report.marks import Mark, badge_of, mark_of, mark_of_drug

_RESULT_FITS = 12  # characters of a result that a cell has room for


@dataclass(frozen=True, slots=True)
class Cell:
    """What one gene says for one medicine; ``mark`` is empty where no source weighs the gene for it.

    ``result`` is the clinical result in short; ``genetic`` the one of the genes alone, where other medicines change it.
    ``said`` is the whole cell in words.
    """

    mark: str = ""
    badge: str = ""
    result: str = ""
    genetic: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    drug: str
    mark: Mark
    badge: str
    cells: tuple[Cell, ...]  # one a gene of the matrix


@dataclass(frozen=True, slots=True)
class Matrix:
    genes: tuple[str, ...] = ()
    rows: tuple[MatrixRow, ...] = ()


def matrix_of(advices: Sequence[Advice], genes: Sequence[str]) -> Matrix:
    """``genes``: in the order of the columns; one that no advice weighs has none. Gravest medicines first."""
    by_drug: dict[str, list[Advice]] = {}
    for advice in sorted(advices, key=lambda a: not a.is_headline):
        by_drug.setdefault(advice.drug, []).append(advice)
    named = {gene for advice in advices for gene in advice.genes}
    columns = tuple(gene for gene in dict.fromkeys((*genes, *sorted(named))) if gene in named)
    rows = [_row(drug, found, columns) for drug, found in by_drug.items() if any(a.genes for a in found)]
    places = {mark: place for place, mark in enumerate(Mark)}
    return Matrix(columns, tuple(sorted(rows, key=lambda row: places[row.mark])))


def _row(drug: str, advices: Sequence[Advice], columns: Sequence[str]) -> MatrixRow:
    mark = mark_of_drug(advices)
    return MatrixRow(drug, mark, badge_of(advices[0], mark), tuple(_cell(gene, advices) for gene in columns))


def _cell(gene: str, advices: Sequence[Advice]) -> Cell:
    """The headline speaks for the genes it weighs; for any other gene the first source that weighs it."""
    advice = next((a for a in advices if gene in a.genes), None)
    if advice is None:
        return Cell()
    finding = advice.genes[gene]
    mark = mark_of(advice)
    if _is_untested(finding):
        return Cell(
            Mark.UNKNOWN, words.NOT_TESTED_CELL, words.NOT_TESTED_CELL, "", words.cell_untested(gene, advice.drug)
        )
    genetic = _short(finding.genetic_phenotype, "") if finding.phenoconverted_by else ""
    badge = badge_of(advice, mark)
    said = words.cell(gene, finding.phenotype or finding.diplotype, badge, advice.source)
    if genetic:
        said = words.cell_converted(said, finding.genetic_phenotype, finding.phenoconverted_by)
    return Cell(mark, badge, _short(finding.phenotype, finding.diplotype), genetic, said)


def _is_untested(finding: GeneFinding) -> bool:
    return finding.phenotype in ("", NO_RESULT) and not finding.diplotype


def _short(phenotype: str, diplotype: str) -> str:
    """``PM`` for a phenotype, ``positive`` for the status of an allele; else what of it fits."""
    parts = phenotype.split()
    if phenotype in ("", "n/a"):
        phenotype, parts = diplotype, diplotype.split()
    if len(parts) > 1 and parts[0].startswith("*"):
        return parts[-1]
    if len(parts) in (2, 3) and all(p[0].isupper() for p in parts) and phenotype != NO_RESULT:
        return bars.short_name(phenotype)
    if phenotype == NO_RESULT:
        return words.NOT_TESTED_CELL
    text = phenotype if len(phenotype) <= _RESULT_FITS or not diplotype else diplotype
    return text if len(text) <= _RESULT_FITS else f"{text[: _RESULT_FITS - 1]}…"
