"""A gene's result as one advice used it, in words: what was read, how sure it is, what other drugs make of it."""

from __future__ import annotations

from rxweave.guidance.advice import Advice, GeneFinding, Possibility
from rxweave.narrative.directives import directive_phrase
from rxweave.narrative.figures import probability
from rxweave.narrative.words import Words, sentence, words
from rxweave.phenotyping.phenoconversion import Conversion, Modulation
from rxweave.phenotyping.phenotype import NO_RESULT

_NO_SCORE = ("", "n/a", NO_RESULT)


def finding_phrase(finding: GeneFinding, w: Words) -> str:
    """``CYP2C19 *2/*2 (Poor Metabolizer)``; allele-status genes read ``HLA-B *57:01 negative``.

    A converted result says both: ``CYP2D6 *1/*1, genetically Normal Metabolizer, works as Poor Metabolizer while on
    paroxetine (strong inhibitor)``.
    """
    if finding.phenoconverted_by:
        return converted_phrase(finding, w)
    if finding.phenotype == NO_RESULT and not finding.diplotype:
        return f"{finding.gene} {w.word('label', 'no_result')}"
    result = finding.diplotype or finding.phenotype
    detail = []
    if finding.phenotype and finding.phenotype != result:
        detail.append(finding.phenotype)
    detail += _score(finding, w)
    text = f"{finding.gene} {result}"
    return f"{text} ({'; '.join(detail)})" if detail else text


def converted_phrase(finding: GeneFinding, w: Words) -> str:
    """What the genes give, what it works as, and which drugs make the difference."""
    genetic = finding.genetic_phenotype
    is_tested = genetic not in ("", NO_RESULT)
    said = [f"{finding.gene} {finding.diplotype}".strip()] if is_tested else [finding.gene]
    value = _with_score(genetic, _genetic_score(finding), w)
    said.append(w.word("conversion", "genetic", value=value) if is_tested else w.word("conversion", "untested"))
    clinical = _with_score(finding.phenotype, finding.activity_score, w)
    said.append(w.word("conversion", "works_as", value=clinical, agents=agents_phrase(finding, w)))
    return ", ".join(said)


def _genetic_score(finding: GeneFinding) -> str:
    if finding.conversion is None:
        return ""
    scores = dict.fromkeys(p.activity_score for p in finding.conversion.genetic.phenotypes)
    return next(iter(scores)) if len(scores) == 1 else ""


def _with_score(phenotype: str, score: str, w: Words) -> str:
    return phenotype if score in _NO_SCORE else f"{phenotype} ({w.word('label', 'activity_score', value=score)})"


def agents_phrase(finding: GeneFinding, w: Words) -> str:
    """``while on paroxetine (strong inhibitor)``, or that the drug was stopped and still acts."""
    found = finding.conversion.modulations if finding.conversion is not None else ()
    applied = {m.agent: m for m in found if m.is_applied}
    return w.join([_agent(agent, applied.get(agent), w) for agent in finding.phenoconverted_by])


def _agent(agent: str, modulation: Modulation | None, w: Words) -> str:
    if modulation is None:
        return w.word("exposure", "taken", agent=_agent_name(agent, w))
    return w.word("exposure", modulation.exposure.value, agent=f"{_agent_name(agent, w)} ({_kind(modulation, w)})")


def _agent_name(agent: str, w: Words) -> str:
    return w.word("agent", agent) if w.has("agent", agent) else agent


def _kind(modulation: Modulation, w: Words) -> str:
    kind = modulator_kind(modulation.strength.value, modulation.role.value, w)
    return w.word("modulation", "at_least", kind=kind) if modulation.stronger_by else kind


def modulator_kind(strength: str, role: str, w: Words, gene: str = "") -> str:
    """``strong inhibitor``, ``strong CYP2D6 inhibitor``; without a strength where none is stated."""
    worded = w.word("role", role) if role else ""
    text = w.word("kind", "of_gene" if gene else "alone", strength=_strength(strength, w), gene=gene, role=worded)
    return " ".join(text.split())


def _strength(strength: str, w: Words) -> str:
    return w.word("kind", strength) if strength else ""


def modulation_phrase(modulation: Modulation, w: Words) -> str:
    """One modulator, applied or not: ``duloxetine (moderate inhibitor): weaker than another one``."""
    code = "applied" if modulation.is_applied else modulation.because
    text = f"{_agent_name(modulation.agent, w)} ({_kind(modulation, w)}): {w.word('modulation', code)}"
    if modulation.exposure.value != "taken" and modulation.because != modulation.exposure.value:
        text += f"; {w.word('modulation', modulation.exposure.value)}"
    if modulation.is_applied and modulation.confidence == "practice":
        text += f"; {w.word('conversion', 'practice')}"
    if modulation.stronger_by:
        text += f"; {w.word('modulation', 'stronger_by', sources=w.join(list(modulation.stronger_by)))}"
    return sentence(text)


def conversion_phrases(conversion: Conversion, language: str = "en") -> tuple[str, ...]:
    """A sentence for each drug that touches the gene's enzyme, those that changed the result first."""
    w = words(language)
    ordered = sorted(conversion.modulations, key=lambda m: not m.is_applied)
    return tuple(modulation_phrase(m, w) for m in ordered)


def _score(finding: GeneFinding, w: Words) -> list[str]:
    if finding.activity_score in _NO_SCORE:
        return []
    return [w.word("label", "activity_score", value=finding.activity_score)]


def reading_phrase(finding: GeneFinding, advice: Advice, w: Words) -> str:
    """``CYP2C19, if Intermediate Metabolizer (*1/*2), 28% likely``: a reading that others contradict."""
    detail = [finding.diplotype] if finding.diplotype not in ("", finding.phenotype) else []
    detail += _score(finding, w)
    value = f"{finding.phenotype} ({'; '.join(detail)})" if detail else finding.phenotype
    if finding.phenoconverted_by:
        value += " " + agents_phrase(finding, w)
    if not _is_gene_weighed(advice, finding.gene):
        return w.word("label", "reading_possible", gene=finding.gene, value=value)
    likely = probability(finding.probability or 0.0, w)
    return w.word("label", "reading_if", gene=finding.gene, value=value, probability=likely)


def _is_gene_weighed(advice: Advice, gene: str) -> bool:
    return not any(f"{code}:{gene}" in advice.notes for code in ("weights_assumed", "not_weighable"))


def finding_texts(advice: Advice, language: str = "en") -> dict[str, str]:
    """How each gene's result is worded where it is not flatly so: gene -> the reading that the advice rests on."""
    w = words(language)
    worded = {g: converted_phrase(f, w) for g, f in advice.genes.items() if f.phenoconverted_by}
    return worded | {g: reading_phrase(f, advice, w) for g, f in advice.genes.items() if f.probability is not None}


def possibility_phrase(possibility: Possibility, w: Words, is_weighed: bool = True) -> str:
    reading = w.join([f"{gene} {value}" for gene, value in possibility.gene_lookups.items()])
    if is_weighed:
        reading += f" ({probability(possibility.probability, w)})"
    return sentence(f"{reading}: {directive_phrase(possibility.directive, w)}")
