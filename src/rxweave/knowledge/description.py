"""What a release knows of a gene or of one allele, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from textwrap import fill

from rxweave.errors import UnknownName
from rxweave.knowledge.conversions import ConversionRule
from rxweave.knowledge.drugs import Role, Strength
from rxweave.knowledge.genes import AlleleFunction, CallingMethod, Gene, NamedAllele
from rxweave.knowledge.release import Knowledge

WIDTH = 100
_METHODS = {
    CallingMethod.NAMED_ALLELES: "called from named alleles",
    CallingMethod.LOWEST_FUNCTION: "called from named alleles; by component alleles where the phase is unknown",
    CallingMethod.OUTSIDE_ONLY: "not called from a genome here: give another tool's or laboratory's result",
}


def show(knowledge: Knowledge, gene: str, allele: str | None = None) -> str:
    """What ``knowledge`` holds of ``gene``, or of one of its alleles. Raises UnknownName with the near names."""
    found = knowledge.gene(gene)
    lines = _gene(knowledge, found) if allele is None else _allele(knowledge, found, _named(found, allele))
    return "\n".join(lines)


def _named(gene: Gene, name: str) -> NamedAllele:
    names = {allele.name: allele for allele in gene.alleles}
    if name in names:
        return names[name]
    if name.startswith(gene.symbol) and name.removeprefix(gene.symbol) in names:
        return names[name.removeprefix(gene.symbol)]
    near = [n for n in names if name.casefold() in n.casefold()][:3] or get_close_matches(name, names, n=3)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    raise UnknownName(f"{gene.symbol} has no allele {name!r} in this release{hint}")


def _gene(knowledge: Knowledge, gene: Gene) -> Iterator[str]:
    yield f"{gene.symbol}  {gene.name} ({gene.hgnc_id})"
    yield f"release {knowledge.version}, function set {knowledge.function_set}"
    yield ""
    sequence = f", {gene.refseq}" if gene.refseq else ""
    yield f"Place        {gene.chromosome}{sequence}"
    yield from _field("Calling", _METHODS[gene.calling.method])
    if gene.calling.is_research_grade:
        yield from _field("", "research grade only: deletions, duplications and hybrids are not visible")
    if gene.calling.undocumented_as_reference:
        yield from _field("", "an ALT that no definition knows is called as the reference, and its function is unknown")
    yield f"Looked up by {gene.lookup.value.replace('_', ' ')}"
    if gene.variants:
        yield from _sites(gene)
    yield from _allele_summary(gene)
    yield ""
    yield from _functions(knowledge, gene)
    yield from _phenotype_rule(gene)
    yield from _co_medication(knowledge, gene)
    yield from _frequencies(gene)
    drugs = sorted(
        {g.drug for guidelines in knowledge.guidelines.values() for g in guidelines if gene.symbol in g.genes}
    )
    if drugs:
        yield "Guidelines"
        yield _wrapped(", ".join(f"{d} (not computed)" if knowledge.has_guideline_elsewhere(d) else d for d in drugs))


def _sites(gene: Gene) -> Iterator[str]:
    published = sum(v.pos_grch37 is not None and not v.is_grch37_inferred for v in gene.variants)
    inferred = sum(v.is_grch37_inferred for v in gene.variants)
    unknown = [v.label for v in gene.variants if v.pos_grch37 is None]
    text = f"{len(gene.variants)} in GRCh38; in GRCh37 {published} published, {inferred} inferred"
    yield from _field("Sites", text + (f", {len(unknown)} unknown: {', '.join(unknown)}" if unknown else ""))
    tier1 = [v.label for v in gene.variants if v.is_amp_tier1]
    if tier1:
        yield from _field("AMP tier 1", ", ".join(tier1))
    if gene.calling.required_positions:
        required = set(gene.calling.required_positions)
        yield from _field("Required", ", ".join(v.label for v in gene.variants if v.pos_grch38 in required))


def _allele_summary(gene: Gene) -> Iterator[str]:
    defined = sum(a.is_callable for a in gene.alleles)
    others = [a.name for a in gene.alleles if not a.is_callable]
    reference = gene.reference_allele
    text = f"{defined} defined" + (f" (reference {reference.name})" if reference else "")
    if others:
        text += f", {len(others)} known and not callable here: {', '.join(others)}"
    yield from _field("Alleles", text)


def _functions(knowledge: Knowledge, gene: Gene) -> Iterator[str]:
    functions = knowledge.functions(gene.symbol)
    by_function: dict[str, list[str]] = {}
    for function in functions.values():
        value = f", activity {function.activity_value}" if function.activity_value else ""
        by_function.setdefault(function.function + value, []).append(function.allele)
    if by_function:
        yield f"Functions ({knowledge.function_set})"
        for name, alleles in sorted(by_function.items()):
            yield f"  {name}"
            yield _wrapped(", ".join(alleles), indent=4)
        yield ""


def _phenotype_rule(gene: Gene) -> Iterator[str]:
    rules = gene.phenotype_rules
    if rules.bands or rules.pairs or rules.single:
        yield "Phenotype rule"
    for band in rules.bands:
        low = f"{band.low} {'≤' if band.includes_low else '<'} "
        high = f" {'≤' if band.includes_high else '<'} {band.high}" if band.high is not None else ""
        yield f"  {low}activity score{high}: {band.phenotype}"
    for (first, second), phenotype in rules.pairs.items():
        yield f"  {first} + {second}: {phenotype}"
    for function, phenotype in rules.single.items():
        yield f"  one copy, {function}: {phenotype}"
    if rules.bands or rules.pairs or rules.single:
        yield f"  otherwise: {rules.otherwise}"
        yield ""


def _co_medication(knowledge: Knowledge, gene: Gene) -> Iterator[str]:
    """What other drugs do to the enzyme, and what is made of it; a star marks what some source grades stronger."""
    conversions = knowledge.conversions
    enzyme = conversions.shared.get(gene.symbol, gene.symbol)
    agents: dict[tuple[Role, Strength], list[str]] = {}
    for interaction in knowledge.interactions:
        if interaction.gene == enzyme and interaction.role is not Role.SUBSTRATE:
            mark = "*" if interaction.stronger_by else ""
            agents.setdefault((interaction.role, interaction.strength), []).append(interaction.drug + mark)
    if not agents:
        return
    yield "Co-medication"
    for role, strength in sorted(agents, key=lambda key: (key[0], list(Strength).index(key[1]))):
        yield f"  {strength} {role}: {_rule_text(conversions.rule(gene.symbol, role, strength))}"
        yield _wrapped(", ".join(agents[role, strength]), indent=4)
    if any(name.endswith("*") for names in agents.values() for name in names):
        yield "  * at least: some of its sources grade it stronger"
    yield ""


def _rule_text(rule: ConversionRule | None) -> str:
    if rule is None:
        return "direction only, no phenotype is changed"
    if rule.score_factor is not None:
        change = f"activity score x {rule.score_factor}"
    else:
        change = "; ".join(f"{before} -> {after}" for before, after in rule.becomes.items() if before != after)
    return f"{change} ({rule.confidence}: {', '.join(rule.sources)})"


def _frequencies(gene: Gene) -> Iterator[str]:
    if not gene.frequencies:
        yield "Frequencies: none published"
        yield ""
        return
    yield "Most frequent alleles, published, by group"
    for group, frequencies in gene.frequencies.items():
        top = sorted(frequencies.items(), key=lambda item: (-item[1], item[0]))[:6]
        yield f"  {group:32} " + ", ".join(f"{name} {frequency:.3g}" for name, frequency in top)
    yield ""


def _allele(knowledge: Knowledge, gene: Gene, allele: NamedAllele) -> Iterator[str]:
    yield f"{gene.symbol} {allele.name}  ({gene.name})"
    yield f"release {knowledge.version}, function set {knowledge.function_set}"
    yield ""
    yield from _field("Function", _function_text(knowledge.function_of(gene.symbol, allele.reported_name)))
    for dated, functions in sorted(gene.function_sets.items(), reverse=True):
        if dated != knowledge.function_set:
            yield from _field(f"  {dated}", _function_text(functions.get(allele.reported_name)))
    function = knowledge.function_of(gene.symbol, allele.reported_name)
    if function and function.pmids:
        yield from _field("Evidence", "PMID " + ", ".join(function.pmids))
    if allele.upstream_id:
        yield from _field("ClinPGx", allele.upstream_id)
    if allele.core:
        yield from _field("Reported as", allele.core)
    yield from _definition(gene, allele)
    yield from _allele_frequencies(gene, allele)


def _definition(gene: Gene, allele: NamedAllele) -> Iterator[str]:
    yield ""
    if not allele.cells:
        yield "No definition in this release: known by name, not callable here."
        return
    cells = dict(allele.cells)
    if allele.is_reference or len(cells) == len(gene.variants):
        cells = {site: mask for site, mask in cells.items() if mask != 1}
        rest = "Every other site" if cells else "Every site"
        yield f"{rest} of the gene is REF."
    if cells:
        yield f"  {'GRCh38':>10}  {'GRCh37':>10}  {'rsID':<13} {'REF':<6} {'allele':<10} HGVS"
    for site, mask in cells.items():
        variant = gene.variants[site]
        bases = "|".join(base for code, base in enumerate(variant.alleles) if mask >> code & 1)
        grch37 = f"{variant.pos_grch37 or 'unknown'}{'*' if variant.is_grch37_inferred else ''}"
        yield (
            f"  {variant.pos_grch38:>10}  {grch37:>10}  {variant.rsid or '-':<13} {variant.ref:<6} {bases:<10} "
            f"{gene.refseq}:{variant.hgvs}"
        )
    if any(gene.variants[site].is_grch37_inferred for site in cells):
        yield "  * inferred from the published neighbours"
    if not allele.is_callable:
        yield "Not called under this name: its suballeles are."


def _allele_frequencies(gene: Gene, allele: NamedAllele) -> Iterator[str]:
    published: Mapping[str, float] = {
        group: frequencies[allele.name] for group, frequencies in gene.frequencies.items() if allele.name in frequencies
    }
    yield ""
    if not published:
        yield "Frequency: none published."
        return
    yield "Frequency, published"
    for group, frequency in published.items():
        how = "  (by subtraction)" if allele.name in gene.frequencies_by_subtraction.get(group, ()) else ""
        yield f"  {group:32} {frequency:.6f}{how}"


def _function_text(function: AlleleFunction | None) -> str:
    if function is None:
        return "none assigned"
    value = f", activity value {function.activity_value}" if function.activity_value else ""
    strength = f" (evidence: {function.strength.lower()})" if function.strength else ""
    return f"{function.function}{value}{strength}"


def _field(name: str, text: str) -> Iterator[str]:
    yield fill(text, WIDTH, initial_indent=f"{name:<13}", subsequent_indent=" " * 13, break_on_hyphens=False)


def _wrapped(text: str, indent: int = 2) -> str:
    return fill(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent, break_on_hyphens=False)
