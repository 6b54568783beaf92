"""Reading guideline files: TOML that a pharmacist can review line by line, in a closed vocabulary.

Reading is strict. An unknown key, a word that ``vocabulary.toml`` does not define, a lookup value given twice or two
recommendations for the same patient is an error that names the file and the table. The format is described in
``docs/knowledge-format.md``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rxweave.errors import BrokenRelease
from rxweave.knowledge.guidelines import (
    Action,
    Branch,
    Citation,
    Condition,
    Directive,
    Dose,
    DrugGuideline,
    Erratum,
    GeneElsewhere,
    Level,
    Modality,
    Phase,
    Population,
    Reason,
    Recommendation,
    Section,
)
from rxweave.knowledge.strict_table import (
    StrictTable,
    load_toml,
    take_decimal,
    take_member,
    take_optional_member,
    take_pattern,
    take_word,
    take_words,
)

FORMAT = 1
VOCABULARY_FILE = "vocabulary.toml"
NOT_COMPUTED_FILE = "not_computed.toml"
GENES_ELSEWHERE_FILE = "genes_elsewhere.toml"
STRENGTHS = ("Strong", "Moderate", "Optional", "No Recommendation", "n/a")

_VOCABULARY_SECTIONS = (
    "alternative",
    "drug",
    "monitoring",
    "implication",
    "risk",
    "caveat",
    "condition",
    "question",
    "schedule",
    "interval",
    "direction",
    "unit",
    "not_computable",
)
_CONDITION_KINDS = {
    "years": re.compile(r"\d+"),
    "dose": re.compile(r"\d+(\.\d+)? mg(/kg|/m2)?/day"),
    "genotype": re.compile(r"\S+ \S.*"),
    "weight": re.compile(r"\d+(\.\d+)? kg"),
    "bmi": re.compile(r"\d+(\.\d+)?"),
}
_AT_DOSE = re.compile(r"\d+(\.\d+)? mg/day")
_REASSESS = re.compile(r"\d+(-\d+)? (days|weeks)")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The codes that guideline files may use: section -> code -> meaning (``condition``: values or kind of value)."""

    sections: Mapping[str, Mapping[str, Any]]

    def __getitem__(self, section: str) -> Mapping[str, Any]:
        return self.sections[section]


def read_vocabulary(path: Path) -> Vocabulary:
    """The closed vocabulary. Raises BrokenRelease if a section is missing or unknown."""
    table = StrictTable(load_toml(path), path, "")
    sections = {name: MappingProxyType(table.take_table(name)) for name in _VOCABULARY_SECTIONS}
    table.close()
    for key, allowed in sections["condition"].items():
        is_values = isinstance(allowed, list) and allowed and all(isinstance(v, str) for v in allowed)
        if not is_values and allowed not in _CONDITION_KINDS:
            raise BrokenRelease(
                f"{path}: [condition] {key} is {allowed!r}; give a list of values or one of {sorted(_CONDITION_KINDS)}."
            )
    return Vocabulary(MappingProxyType(sections))


def read_guidelines(folder: Path) -> tuple[DrugGuideline, ...]:
    """Every guideline under ``folder`` (``vocabulary.toml`` and one folder a source), by drug name, then source.

    Raises BrokenRelease naming file, table, what was found and what was expected.
    """
    vocabulary = read_vocabulary(folder / VOCABULARY_FILE)
    found: dict[tuple[str, str, tuple[str, ...]], tuple[DrugGuideline, Path]] = {}
    for path in sorted(folder.glob("*/*.toml")):
        read = read_not_computed(path, vocabulary) if path.name == NOT_COMPUTED_FILE else None
        for guideline in read if read is not None else (read_guideline(path, vocabulary),):
            key = (guideline.drug, guideline.source, guideline.genes)
            if key in found:
                genes = " + ".join(guideline.genes)
                raise BrokenRelease(
                    f"{path}: {key[1]} guideline for {key[0]} and {genes} is already in {found[key][1]}."
                )
            found[key] = (guideline, path)
    return tuple(found[key][0] for key in sorted(found))


def read_guideline(path: Path, vocabulary: Vocabulary) -> DrugGuideline:
    """One drug's file. Raises BrokenRelease."""
    top = StrictTable(load_toml(path), path, "")
    _check_format(top)
    drug = top.take_text("drug")
    genes = top.take_texts("genes")
    citations = tuple(read_citation(t) for t in top.take_tables("citation"))
    populations = tuple(_population(t, vocabulary) for t in top.take_tables("population"))
    groups = _groups(top, genes)
    recommendations = tuple(
        _recommendation(t, vocabulary, genes, {p.name for p in populations}, groups)
        for t in top.take_tables("recommendation")
    )
    labels = tuple(_branch(t, vocabulary) for t in top.take_tables("label"))
    guideline = DrugGuideline(
        drug=drug,
        rxcui=top.take_text("rxcui", default=""),
        source=top.take_text("source"),
        genes=genes,
        guideline=top.take_text("guideline"),
        citations=citations,
        populations=populations,
        recommendations=recommendations,
        is_prodrug=top.take_flag("is_prodrug"),
        is_pretest_default=top.take_flag("is_pretest_default"),
        names_only_affected=top.take_flag("names_only_affected"),
        label_contraindications=labels,
    )
    top.close()
    if not recommendations or not populations or not citations:
        raise BrokenRelease(f"{path}: needs at least one [[citation]], [[population]] and [[recommendation]].")
    _check_unique(path, "[[citation]] id", [c.id for c in citations])
    _check_unique(path, "[[population]] name", [p.name for p in populations])
    _check_unique(path, "[[recommendation]] ids", [i for r in recommendations for i in r.ids])
    known = {c.id for c in citations}
    for label in labels:
        unknown = [i for i in label.evidence if i not in known]
        if unknown:
            raise BrokenRelease(f"{path}: [[label]] evidence {unknown} is no [[citation]] id of this file.")
        if not label.evidence and not label.is_unverified:
            raise BrokenRelease(f"{path}: [[label]] needs evidence, or is_unverified = true where none is at hand.")
    _check_one_answer(path, recommendations)
    return guideline


def read_not_computed(path: Path, vocabulary: Vocabulary) -> tuple[DrugGuideline, ...]:
    """Drugs with a guideline that the release does not compute, one ``[[drug]]`` table each. Raises BrokenRelease."""
    top = StrictTable(load_toml(path), path, "")
    _check_format(top)
    source = top.take_text("source")
    reason = take_word(top, "reason", vocabulary["not_computable"])
    guidelines: dict[str, tuple[str, tuple[Citation, ...]]] = {}
    for table in top.take_tables("guideline"):
        name = table.take_text("name")
        guidelines[table.take_text("id")] = (name, tuple(read_citation(c) for c in table.take_tables("citation")))
        table.close()
    drugs = []
    for table in top.take_tables("drug"):
        table_id = table.take_text("guideline")
        if table_id not in guidelines:
            raise table.error("guideline", f"{table_id!r} is no [[guideline]] id of this file")
        name, citations = guidelines[table_id]
        drugs.append(
            DrugGuideline(
                drug=table.take_text("drug"),
                rxcui=table.take_text("rxcui", default=""),
                source=source,
                genes=table.take_texts("genes"),
                guideline=name,
                citations=citations,
                populations=(),
                recommendations=(),
                is_pretest_default=table.take_flag("is_pretest_default"),
                is_computable=False,
                not_computable_because=reason,
            )
        )
        table.close()
    top.close()
    _check_unique(path, "[[drug]] drug", [d.drug for d in drugs])
    return tuple(drugs)


def read_errata(path: Path) -> tuple[Erratum, ...]:
    """``upstream_errata.toml``: what is wrong in the sources, and what the release does. Raises BrokenRelease."""
    top = StrictTable(load_toml(path), path, "")
    _check_format(top)
    errata = []
    for table in top.take_tables("erratum"):
        errata.append(
            Erratum(
                id=table.take_text("id"),
                source=table.take_text("source"),
                table=table.take_text("table"),
                rows=table.take_texts("rows", default=()),
                found=table.take_text("found"),
                done=table.take_text("done"),
                because=table.take_text("because"),
                is_applied=table.take_flag("is_applied"),
            )
        )
        table.close()
    top.close()
    _check_unique(path, "[[erratum]] id", [e.id for e in errata])
    return tuple(errata)


def read_genes_elsewhere(path: Path) -> Mapping[str, GeneElsewhere]:
    """``genes_elsewhere.toml``: genes that guidelines name and the release does not call, by symbol.

    Empty for a release without the file. Raises BrokenRelease.
    """
    if not path.exists():
        return MappingProxyType({})
    top = StrictTable(load_toml(path), path, "")
    _check_format(top)
    genes = []
    for table in top.take_tables("gene"):
        genes.append(
            GeneElsewhere(
                symbol=table.take_text("symbol"),
                name=table.take_text("name"),
                hgnc_id=table.take_text("hgnc_id"),
                lookup_values=table.take_texts("lookup_values"),
                because=table.take_text("because"),
            )
        )
        table.close()
    top.close()
    _check_unique(path, "[[gene]] symbol", [g.symbol for g in genes])
    return MappingProxyType({g.symbol: g for g in genes})


# -- tables of one drug's file


def read_citation(table: StrictTable) -> Citation:
    year = table.take("year", int, default=0)
    citation = Citation(
        id=table.take_text("id"),
        pmid=table.take_text("pmid", default=""),
        url=table.take_text("url", default=""),
        year=year or None,
        title=table.take_text("title", default=""),
    )
    if citation.pmid and not citation.pmid.isdigit():
        raise table.error("pmid", f"{citation.pmid!r} is no PubMed id")
    table.close()
    return citation


def _population(table: StrictTable, vocabulary: Vocabulary) -> Population:
    population = Population(
        name=table.take_text("name"),
        condition=_condition(table, "if", vocabulary),
        question=take_word(table, "question", vocabulary["question"], default=""),
        upstream_name=table.take_text("upstream_name"),
    )
    if population.condition.facts and not population.question:
        raise table.error("question", "a population with a condition needs the question that decides")
    table.close()
    return population


def _recommendation(
    table: StrictTable,
    vocabulary: Vocabulary,
    genes: tuple[str, ...],
    populations: set[str],
    groups: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> Recommendation:
    when_table = table.take_sub("when")
    when = {gene: _lookup_values(when_table, gene, groups.get(gene, {})) for gene in genes}
    when_table.close()
    implications_table = table.take_sub("implications", default={})
    implications = {
        gene: take_words(implications_table, gene, vocabulary["implication"])
        for gene in genes
        if gene in implications_table
    }
    implications_table.close()
    population = table.take_text("population")
    if population not in populations:
        raise table.error("population", f"{population!r} is none of {sorted(populations)}")
    strength = table.take_text("strength")
    if strength not in STRENGTHS:
        raise table.error("strength", f"{strength!r} is none of {list(STRENGTHS)}")
    missing = table.take_texts("missing", default=())
    if not set(missing) <= set(genes):
        raise table.error("missing", f"{list(missing)} are not all genes of this file ({list(genes)})")
    age_from = table.take("valid_age_from", int, default=-1)
    age_below = table.take("valid_age_below", int, default=-1)
    recommendation = Recommendation(
        ids=table.take_texts("ids"),
        population=population,
        when=MappingProxyType(when),
        strength=strength,
        branches=tuple(_branch(t, vocabulary) for t in table.take_tables("branch")),
        implications=MappingProxyType(implications),
        risks=take_words(table, "risks", vocabulary["risk"]),
        is_severe_harm=table.take_flag("is_severe_harm"),
        valid_age_from=None if age_from < 0 else age_from,
        valid_age_below=None if age_below < 0 else age_below,
        missing=missing,
        caveats=take_words(table, "caveats", vocabulary["caveat"]),
        section=take_optional_member(table, "section", Section),
        directive=read_directive(table, vocabulary),
    )
    table.close()
    return recommendation


def _branch(table: StrictTable, vocabulary: Vocabulary) -> Branch:
    condition = _condition(table, "if", vocabulary)
    if not condition.facts:
        raise table.error("if", "a branch needs a condition")
    branch = Branch(
        condition=condition,
        evidence=table.take_texts("evidence", default=()),
        is_unverified=table.take_flag("is_unverified"),
        directive=read_directive(table, vocabulary),
    )
    table.close()
    return branch


def read_directive(table: StrictTable, vocabulary: Vocabulary) -> Directive:
    """The directive part of a table; the caller closes the table."""
    action = take_member(table, "action", Action)
    directive = Directive(
        action=action,
        modality=take_member(table, "modality", Modality, default=Modality.DO),
        reason=take_optional_member(table, "reason", Reason),
        level=take_optional_member(table, "level", Level),
        dose=tuple(_dose(t, vocabulary) for t in table.take_tables("dose")),
        alternatives=take_words(table, "alternatives", {**vocabulary["alternative"], **vocabulary["drug"]}),
        monitoring=take_words(table, "monitoring", vocabulary["monitoring"]),
        choice_with=tuple(take_words(table, "choice_with", {a.value: "" for a in Action})),
        avoid_with=take_words(table, "avoid_with", vocabulary["drug"]),
        not_alternatives=take_words(table, "not_alternatives", vocabulary["drug"]),
        at_dose=take_pattern(table, "at_dose", _AT_DOSE),
        dose_of=take_word(table, "dose_of", vocabulary["drug"], default=""),
        reassess_after=take_pattern(table, "reassess_after", _REASSESS),
        fallback=_sub_directive(table, "fallback", vocabulary),
        next_step=_sub_directive(table, "next_step", vocabulary),
    )
    if (action is Action.CONTRAINDICATED) != (directive.level is not None):
        raise table.error("level", "contraindicated needs a level, and nothing else may have one")
    if action is Action.NO_RECOMMENDATION and directive.reason not in _NO_RECOMMENDATION_REASONS:
        raise table.error("reason", f"no_recommendation needs one of {[r.value for r in _NO_RECOMMENDATION_REASONS]}")
    if action is not Action.NO_RECOMMENDATION and directive.reason in _NO_RECOMMENDATION_REASONS:
        raise table.error("reason", f"{directive.reason} goes with no_recommendation only")
    both = set(directive.alternatives) & set(directive.not_alternatives)
    if both:
        raise table.error("not_alternatives", f"{sorted(both)} are alternatives too")
    return directive


_NO_RECOMMENDATION_REASONS = (
    Reason.UNKNOWN_RESULT,
    Reason.WEAK_EVIDENCE,
    Reason.REFERENCE_RESULT,
    Reason.TRANSPLANT,
    Reason.NOT_COMPUTABLE,
    Reason.NO_ACTION_STATED,
)


def _sub_directive(table: StrictTable, key: str, vocabulary: Vocabulary) -> Directive | None:
    if key not in table:
        return None
    sub = table.take_sub(key)
    directive = read_directive(sub, vocabulary)
    sub.close()
    return directive


def _dose(table: StrictTable, vocabulary: Vocabulary) -> Dose:
    dose = Dose(
        phase=take_member(table, "phase", Phase),
        factor_low=take_decimal(table, "factor_low"),
        factor_high=take_decimal(table, "factor_high"),
        cap=take_decimal(table, "cap"),
        is_cap_exclusive=table.take_flag("is_cap_exclusive"),
        floor=take_decimal(table, "floor"),
        unit=take_word(table, "unit", vocabulary["unit"], default=""),
        interval=take_word(table, "interval", vocabulary["interval"], default=""),
        schedule=take_word(table, "schedule", vocabulary["schedule"], default=""),
        direction=take_word(table, "direction", vocabulary["direction"], default=""),
        usual=take_decimal(table, "usual"),
        is_factor_exclusive=table.take_flag("is_factor_exclusive"),
    )
    amounts = (dose.cap, dose.floor, dose.usual)
    if any(a is not None for a in amounts) != bool(dose.unit):
        raise table.error("unit", "cap, floor and usual need a unit, and a unit needs one of them")
    if dose.factor_low is not None and dose.factor_high is not None and dose.factor_low > dose.factor_high:
        raise table.error("factor_low", f"{dose.factor_low} is above factor_high {dose.factor_high}")
    if dose.is_cap_exclusive and dose.cap is None:
        raise table.error("is_cap_exclusive", "there is no cap")
    if not any(
        (*(f is not None for f in (dose.factor_low, dose.factor_high, *amounts)), dose.direction, dose.schedule)
    ):
        raise table.error("phase", "this dose says nothing: give a factor, an amount, a direction or a schedule")
    table.close()
    return dose


def _condition(table: StrictTable, key: str, vocabulary: Vocabulary) -> Condition:
    facts: dict[str, str] = {}
    sub = table.take_sub(key, default={})
    for name in sub:
        allowed = vocabulary["condition"].get(name)
        if allowed is None:
            raise sub.error(name, f"is no condition; known: {sorted(vocabulary['condition'])}")
        value = sub.take_text(name)
        pattern = _CONDITION_KINDS.get(allowed) if isinstance(allowed, str) else None
        if pattern is not None and not pattern.fullmatch(value):
            raise sub.error(name, f"{value!r} is no {allowed}")
        if pattern is None and value not in allowed:
            raise sub.error(name, f"{value!r} is none of {list(allowed)}")
        facts[name] = value
    return Condition(MappingProxyType(facts))


def _groups(top: StrictTable, genes: tuple[str, ...]) -> dict[str, dict[str, tuple[str, ...]]]:
    """``[groups.GENE]``: names for lists of lookup values; ``@name`` in ``when`` stands for the list."""
    sub = top.take_sub("groups", default={})
    groups: dict[str, dict[str, tuple[str, ...]]] = {}
    for gene in sub:
        if gene not in genes:
            raise sub.error(gene, f"is no gene of this file ({list(genes)})")
        gene_table = sub.take_sub(gene)
        groups[gene] = {name: gene_table.take_texts(name) for name in gene_table}
    return groups


def _lookup_values(table: StrictTable, gene: str, groups: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    values: list[str] = []
    for value in table.take_texts(gene):
        if not value.startswith("@"):
            values.append(value)
        elif value[1:] in groups:
            values.extend(groups[value[1:]])
        else:
            raise table.error(gene, f"{value!r} is no group of [groups.{gene}] ({sorted(groups)})")
    if not values:
        raise table.error(gene, "is empty; give at least one lookup value")
    if len(values) != len(set(values)):
        raise table.error(gene, "gives a lookup value twice")
    return frozenset(values)


# -- checks over a whole file


def _check_format(top: StrictTable) -> None:
    found = top.take("format", int)
    if found != FORMAT:
        raise top.error("format", f"is {found}; this version reads {FORMAT}")


def _check_unique(path: Path, what: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise BrokenRelease(f"{path}: {what} {value!r} stands there twice.")


def _check_one_answer(path: Path, recommendations: tuple[Recommendation, ...]) -> None:
    answered: dict[tuple[str, tuple[str, ...]], Recommendation] = {}
    for recommendation in recommendations:
        for key in lookup_keys(recommendation):
            other = answered.setdefault((recommendation.population, key), recommendation)
            if other is not recommendation:
                raise BrokenRelease(
                    f"{path}: population {recommendation.population!r}, {' + '.join(key)} is answered twice, by "
                    f"{other.ids[0]}... and by {recommendation.ids[0]}...; keep one."
                )


def lookup_keys(recommendation: Recommendation) -> Iterator[tuple[str, ...]]:
    """Every combination of lookup values that the recommendation answers, genes in its own order."""
    return itertools.product(*(sorted(values) for values in recommendation.when.values()))
