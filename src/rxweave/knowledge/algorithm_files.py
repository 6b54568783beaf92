"""Reading ``algorithms/<drug>.toml`` of a release, strictly. Errors are BrokenRelease."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType

from rxweave.knowledge.algorithms import DoseAlgorithm, DoseEquation, Scale, Term
from rxweave.knowledge.drugs import Drug
from rxweave.knowledge.findings import Finding
from rxweave.knowledge.genes import Gene
from rxweave.knowledge.guideline_files import read_citation
from rxweave.knowledge.strict_table import StrictTable, load_toml, take_member

_FORMAT = 1


def read_algorithms(folder: Path) -> Mapping[str, DoseAlgorithm]:
    """Drug -> its algorithm, for every file of ``folder``. Raises BrokenRelease."""
    found = [_algorithm(path) for path in sorted(folder.glob("*.toml"))]
    return MappingProxyType({algorithm.drug: algorithm for algorithm in found})


def check_algorithms(
    algorithms: Iterable[DoseAlgorithm], genes: Mapping[str, Gene], drugs: Mapping[str, Drug]
) -> Iterator[Finding]:
    """Algorithms speak of drugs, genes, alleles and groups of the release."""
    groups = {group for gene in genes.values() for group in gene.frequencies} | {""}
    for algorithm in algorithms:
        file = f"algorithms/{algorithm.drug}.toml"
        equations = algorithm.equations
        taken = {drug for equation in equations for drugs_of, _ in equation.medications for drug in drugs_of}
        named = {group for equation in equations for group in equation.groups} | {*algorithm.groups_needing_alleles}
        first = genes.get(algorithm.genes[0])
        alleles = {a.name for a in first.alleles} if first is not None else set()
        for what, unknown in (
            ("drug", {algorithm.drug, *taken} - {*drugs}),
            ("gene", {*algorithm.genes} - {*genes}),
            ("group", named - groups),
            ("allele", {*algorithm.needed_alleles} - alleles),
        ):
            for name in sorted(unknown):
                yield Finding("algorithm-known", file, 0, f"the {what} {name!r} is not known to this release")


def diff_algorithms(old: Mapping[str, DoseAlgorithm], new: Mapping[str, DoseAlgorithm]) -> Iterator[str]:
    """A line for each equation that came, went or changed."""
    held = [{(drug, e.id): e for drug, a in side.items() for e in a.equations} for side in (old, new)]
    for key in sorted({*held[0], *held[1]}):
        drug, name = key
        if key not in held[1]:
            yield f"{drug}: dose equation {name} removed"
        elif key not in held[0]:
            yield f"{drug}: new dose equation {name}"
        elif held[0][key] != held[1][key]:
            yield f"{drug}: dose equation {name} changed"


def _algorithm(path: Path) -> DoseAlgorithm:
    top = StrictTable(load_toml(path), path, "")
    found = top.take("format", int)
    if found != _FORMAT:
        raise top.error("format", f"is {found}; this version reads {_FORMAT}")
    genes = top.take_texts("genes")
    algorithm = DoseAlgorithm(
        drug=top.take_text("drug"),
        genes=genes,
        groups_needing_alleles=top.take_texts("groups_needing_alleles", default=()),
        needed_alleles=top.take_texts("needed_alleles", default=()),
        needed_rsids=top.take_texts("needed_rsids", default=()),
        equations=tuple(_equation(t, genes) for t in top.take_tables("equation")),
        citations=tuple(read_citation(c) for c in top.take_tables("citation")),
    )
    top.close()
    return algorithm


def _equation(table: StrictTable, genes: tuple[str, ...]) -> DoseEquation:
    terms = _numbers(table, "terms")
    unknown = set(terms) - set(Term)
    if unknown:
        raise table.error("terms", f"{sorted(unknown)} are none of {[t.value for t in Term]}")
    results_table = table.take_sub("results", default={})
    results = {gene: _numbers(results_table, gene) for gene in results_table}
    is_genetic = table.take_flag("is_genetic")
    if set(results) != (set(genes) if is_genetic else set()):
        raise table.error("results", f"names {sorted(results)}; a genetic equation needs {list(genes)}, others none")
    equation = DoseEquation(
        id=table.take_text("id"),
        name=table.take_text("name"),
        scale=take_member(table, "scale", Scale),
        is_genetic=is_genetic,
        intercept=_number(table, "intercept"),
        adult_from_years=table.take("adult_from_years", int),
        terms=MappingProxyType({Term(name): value for name, value in terms.items()}),
        medications=tuple(_medication(t) for t in table.take_tables("medication")),
        results=MappingProxyType(results),
        groups=_numbers(table, "groups"),
        citations=tuple(read_citation(c) for c in table.take_tables("citation")),
    )
    if len(equation.citations) < 2:
        raise table.error("citation", "the publication, and a page that the coefficients were compared with")
    table.close()
    return equation


def _medication(table: StrictTable) -> tuple[tuple[str, ...], Decimal]:
    medication = table.take_texts("drugs"), _number(table, "value")
    table.close()
    return medication


def _numbers(table: StrictTable, key: str) -> Mapping[str, Decimal]:
    sub = table.take_sub(key)
    return MappingProxyType({name: _number(sub, name) for name in sub})


def _number(table: StrictTable, key: str) -> Decimal:
    """A coefficient, written as a text so that it stays exact; it may be negative."""
    value = table.take_text(key)
    try:
        return Decimal(value)
    except InvalidOperation:
        raise table.error(key, f"{value!r} is no decimal number") from None
