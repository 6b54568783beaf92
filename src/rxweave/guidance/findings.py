"""A gene's result as advice shows it: the finding, its caveats and its part of the trace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rxweave.calling.diplotype import CallSource
from rxweave.guidance.advice import GeneFinding, Step
from rxweave.guidance.lookups import canonical
from rxweave.guidance.readings import Knownness, Reading, has_result
from rxweave.knowledge import Knowledge
from rxweave.knowledge.genes import Gene, Lookup
from rxweave.patient.patient import Sex
from rxweave.phenotyping.phenotype import NO_RESULT, GenePhenotype, Phenotype


def finding_of(reading: Reading, result: GenePhenotype | None) -> GeneFinding:
    """The finding that ``reading`` is about; the conventional diplotype where the reading is the field's own answer."""
    if result is None or reading.knownness in (Knownness.UNTESTED, Knownness.NO_CALL):
        return GeneFinding(
            reading.gene, "", NO_RESULT, lookup_key=NO_RESULT, genetic_phenotype=NO_RESULT, result=result
        )
    phenotype = _phenotype_of(reading, result)
    name = phenotype.name if phenotype is not None else reading.shown
    if reading.knownness is Knownness.UNDOCUMENTED:
        name = reading.shown
    return GeneFinding(
        gene=reading.gene,
        diplotype=_diplotype_text(phenotype, result),
        phenotype=name,
        activity_score=phenotype.activity_score if phenotype is not None else "",
        lookup_key=name if phenotype is not None and len(phenotype.lookup_keys) > 1 else reading.shown,
        genetic_phenotype=name,
        result=result,
    )


def _phenotype_of(reading: Reading, result: GenePhenotype) -> Phenotype | None:
    if reading.is_conventional:
        shown = canonical(reading.shown)
        for phenotype in result.phenotypes:
            if shown in map(canonical, phenotype.lookup_keys):
                return phenotype
    return reading.phenotype or next(iter(result.phenotypes), None)


def _diplotype_text(phenotype: Phenotype | None, result: GenePhenotype) -> str:
    if phenotype is not None and phenotype.diplotype is not None:
        return str(phenotype.diplotype)
    call = result.call
    if call.components:
        return "; ".join(call.components)
    return str(call.diplotypes[0]) if call.diplotypes else ""


def is_copy_number_unknown(result: GenePhenotype | None, gene: Gene | None) -> bool:
    """True where small variants alone cannot tell copies and hybrids, and nothing shows that they were looked at.

    An outside call made by a tool that looks at the structure shows it, and so does one with an allele that no small
    variant defines (a deletion, duplication or hybrid).
    """
    if result is None or gene is None or not gene.calling.is_research_grade:
        return False
    if not has_result(result):
        return False
    if result.call.source is CallSource.GENOTYPES:
        return True
    if result.call.is_copy_number_assayed:
        return False
    structural = {a.name for a in gene.alleles if not a.is_callable}
    stated = [d for s in result.call.stated for d in (s.diplotype, s.phenotype_diplotype) if d is not None]
    return not any(a.name in structural for d in (*result.call.diplotypes, *stated) for a in d.alleles)


def gene_notes(reading: Reading, result: GenePhenotype | None, gene: Gene | None, sex: Sex) -> Iterable[str]:
    """Codes of what must be said beside any advice that uses this result."""
    if result is None:
        return
    call = result.call
    name = reading.gene
    if is_copy_number_unknown(result, gene):
        yield "copy_number_not_assayed"
    if call.is_research_grade:
        yield f"research_grade:{name}"
    if call.is_reference_assumed:
        yield f"reference_assumed:{name}"
    is_two = any(d.second is not None and d.first != d.second for d in call.diplotypes)
    if sex is Sex.MALE and is_two and gene is not None and gene.chromosome == "chrX":
        yield f"sex_mismatch:{name}"
    if call.undocumented:
        yield f"undocumented_variant:{name}"
    if call.uncallable_alleles and reading.is_known:
        yield f"alleles_not_tested:{name}"
    if reading.is_known and gene is not None and gene.lookup is Lookup.ALLELE_STATUS:
        allele, _, status = reading.shown.partition(" ")
        if status == "negative":  # a negative says which allele it is about: B*15 is not *15:02
            yield f"tested_allele:{name}{allele}"


def gene_steps(finding: GeneFinding, reading: Reading, knowledge: Knowledge) -> Iterable[Step]:
    """The trace from variants to phenotype. Facts are named by file and row of the release."""
    name, result = finding.gene, finding.result
    gene = knowledge.genes.get(name)
    if result is None:
        is_untested = reading.knownness in (Knownness.UNTESTED, Knownness.NO_CALL)
        yield Step("unknown", (f"genes/{name}",), (reading.knownness if is_untested else Knownness.UNTESTED).value)
        return
    if reading.knownness in (Knownness.UNTESTED, Knownness.NO_CALL):
        yield Step("unknown", (f"genes/{name}",), reading.knownness.value)
        return
    phenotype = _phenotype_of(reading, result)
    diplotype = phenotype.diplotype if phenotype is not None else None
    names = [a.name for a in diplotype.alleles] if diplotype is not None else list(result.call.components)
    alleles = tuple(dict.fromkeys(names))
    if alleles:
        facts = [f"genes/{name}/alleles.tsv#{allele}" for allele in alleles]
        facts += [f"genes/{name}/variants.tsv#{label}" for label in _variants_of(alleles, gene)]
        yield Step("call", tuple(facts), finding.diplotype)
    else:
        yield Step("call", (f"{result.call.source.value}:{name}",), finding.diplotype or finding.phenotype)
    functions = tuple(
        f"genes/{name}/functions@{knowledge.function_set}#{allele}"
        for allele in alleles
        if gene is not None and knowledge.function_of(name, allele) is not None
    )
    genetic = finding.genetic_phenotype if finding.phenoconverted_by else finding.lookup_key or finding.phenotype
    elsewhere = f"guidelines/genes_elsewhere.toml#{name}"
    rules = elsewhere if name in knowledge.elsewhere else f"genes/{name}/gene.toml#phenotype_rules"
    yield Step("phenotype", (*functions, rules), genetic)
    if not reading.is_known:
        yield Step("unknown", (f"genes/{name}",), reading.knownness.value)


def _variants_of(alleles: Sequence[str], gene: Gene | None) -> list[str]:
    """Labels of the variants that make the alleles other than the reference."""
    if gene is None:
        return []
    by_name = {a.name: a for a in gene.alleles}
    found = (by_name[name] for name in alleles if name in by_name)
    sites = {site for allele in found if not allele.is_reference for site, mask in allele.cells if mask != 1}
    return [gene.variants[site].label for site in sorted(sites)]
