"""Pieces of sentences for clinicians: what is asked, a result, a conversion, an option, each from facts alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rxweave.knowledge.guidelines import Condition
from rxweave.narrative.directives import condition_phrase
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.figures import amount, figure, probability
from rxweave.narrative.findings import modulator_kind
from rxweave.narrative.notes import note_phrase
from rxweave.narrative.templates import Templates
from rxweave.phenotyping.phenotype import NO_RESULT

#: Diplotypes with more letters than this are left out where the phenotype tells enough (names of G6PD variants).
LONG_RESULT = 24


def finding_clause(finding: Fact, t: Templates, conversion: Fact | None = None) -> str:
    """``CYP2D6 is *4/*4 (poor metabolizer, activity score 0)``, and what co-medication makes of it."""
    if conversion is not None:
        is_tested = is_known(finding)
        text = _found(finding, t, is_whole=False) if is_tested else t.fill("clause", "not_tested", gene=finding.gene)
        return _converted(text, conversion, t)
    if not is_known(finding):
        return t.fill("clause", "not_tested", gene=finding.gene)
    text = _found(finding, t)
    if likely := finding.values.get("probability"):
        worded = probability(float(likely), t.words)
        text = t.fill("clause", "finding_probable", finding=text, probability=worded)
    return text


def _found(finding: Fact, t: Templates, *, is_whole: bool = True) -> str:
    """The result as a clause; not ``is_whole`` where more follows that has the gene as its subject."""
    phenotype, has_diplotype = finding.values.get("phenotype", ""), "diplotype" in finding.values
    if is_whole and not has_diplotype and "activity_score" not in finding.values and t.has("finding_of", phenotype):
        return t.fill("finding_of", phenotype, gene=finding.gene)
    allele, _, status = phenotype.partition(" ")
    if allele.startswith("*") and t.has("status", status):
        return t.fill("clause", "finding_status", gene=finding.gene, allele=allele, value=t.fill("status", status))
    code = "finding" if has_diplotype else "finding_result"
    return t.fill("clause", code, gene=finding.gene, value=result_phrase(finding, t))


def result_in_short(finding: Fact, t: Templates) -> str:
    """``CYP2D6 *4/*4, poor metabolizer``: a result inside brackets."""
    if not is_known(finding):
        return finding_clause(finding, t)
    phenotype = phenotype_word(finding.values.get("phenotype", ""), t)
    diplotype = finding.values.get("diplotype", "")
    if phenotype and len(diplotype) > LONG_RESULT:
        diplotype = ""
    said = [x for x in dict.fromkeys((diplotype, phenotype)) if x]
    separator = "" if said[0].startswith("*") and not diplotype else " "
    return f"{finding.gene}{separator}{', '.join(said)}"


def is_known(finding: Fact) -> bool:
    """False for a gene without any result."""
    has_result = bool(finding.values.get("diplotype")) or finding.values.get("phenotype", NO_RESULT) != NO_RESULT
    return finding.code != "not_tested" and has_result


def result_phrase(finding: Fact, t: Templates) -> str:
    """``*4/*4 (poor metabolizer, activity score 0)``, or the phenotype alone."""
    values = finding.values
    phenotype = phenotype_word(values.get("phenotype", ""), t)
    score = values.get("activity_score")
    scored = [t.fill("clause", "score", value=score_word(score, t))] if score else []
    diplotype = values.get("diplotype", "")
    if not diplotype:
        return f"{phenotype} ({scored[0]})" if scored else phenotype
    detail = [p for p in (phenotype,) if p and p != diplotype] + scored
    return f"{diplotype} ({', '.join(detail)})" if detail else diplotype


def phenotype_word(phenotype: str, t: Templates) -> str:
    return t.fill("phenotype", phenotype) if t.has("phenotype", phenotype) else phenotype


def score_word(score: str, t: Templates) -> str:
    """``2.0`` reads ``2``."""
    return figure(re.sub(r"(\d)\.0$", r"\1", score), t.words)


def conversion_clause(conversion: Fact, t: Templates) -> str:
    """``CYP2D6 works as in a poor metabolizer while on paroxetine (strong inhibitor)``."""
    code = "conversion" if _has_bearer(conversion, t) else "conversion_untyped"
    clinical = _bearer(conversion.values.get("clinical", ""), t)
    return t.fill("clause", code, gene=conversion.gene, value=clinical, agents=agents_clause(conversion, t))


def _converted(finding: str, conversion: Fact, t: Templates) -> str:
    """``CYP2D6 is *1/*1 (normal metabolizer), but works as in a poor metabolizer while on paroxetine``."""
    genetic, clinical = (conversion.values.get(name, "") for name in ("genetic", "clinical"))
    code = "finding_converted" if _has_bearer(conversion, t) else "finding_converted_untyped"
    if genetic == clinical and _has_bearer(conversion, t):
        code = "finding_converted_same"
    return t.fill("clause", code, finding=finding, value=_bearer(clinical, t), agents=agents_clause(conversion, t))


def _has_bearer(conversion: Fact, t: Templates) -> bool:
    """The phenotype names a kind of person ("a poor metabolizer"), not a function."""
    return t.has("a_phenotype", conversion.values.get("clinical", ""))


def _bearer(phenotype: str, t: Templates) -> str:
    return t.fill("a_phenotype", phenotype) if t.has("a_phenotype", phenotype) else phenotype_word(phenotype, t)


def agents_clause(conversion: Fact, t: Templates) -> str:
    """``while on paroxetine (strong inhibitor)``, or that the drug was stopped and still acts."""
    agents, *about = (conversion.values.get(n, "").split(";") for n in ("by", "strength", "role", "exposure"))
    said = []
    for place, agent in enumerate(agents):
        strength, role, exposure = (words[place] if place < len(words) else "" for words in about)
        name = t.words.word("agent", agent) if t.words.has("agent", agent) else t.drug(agent)
        kind = modulator_kind(strength, role, t.words)
        named = f"{name} ({kind})" if kind else name
        said.append(t.words.word("exposure", exposure or "taken", agent=named))
    return t.join(said)


def condition_clause(condition: Mapping[str, str], t: Templates) -> str:
    return condition_phrase(Condition(condition), t.words)


def in_scope(text: str, fact: Fact, sheet: FactSheet, t: Templates) -> str:
    """The clause behind what its fact holds under: ``under 12 years of age: if codeine must be used, ...``."""
    for part in reversed(fact.scope.split("/")) if fact.scope else ():
        name, _, _ = part.partition(":")
        if name == "branch":
            text = t.fill("clause", "condition", condition=condition_clause(fact.condition, t), value=text)
        elif name == "possibility":
            reading = next(iter(sheet.of(FactKind.POSSIBILITY, drug=fact.drug, scope=part)), None)
            if reading is not None:
                text = t.fill("clause", "possibility", reading=reading_clause(reading, t), value=text)
        else:
            text = t.fill("clause", name, drug=t.drug(fact.drug), value=text)
    return text


def conflicts_clause(option: Fact, t: Templates) -> str:
    """What first speaks against an alternative for this person: ``CYP2D6: avoid``."""
    return _conflict(option.values.get("conflicts", "").partition("; ")[0], t)


def _conflict(code: str, t: Templates) -> str:
    gene, separator, action = code.partition(" guidance: ")
    if separator:
        return t.words.word("conflict", "guidance", gene=f"{gene}", action=t.words.word("action.do", action))
    name, _, value = code.partition(":")
    return t.words.word("conflict", f"{name}:{t.drug(value)}" if value else name)


def note_clause(note: Fact, t: Templates) -> str:
    """A note or caveat without its full stop, to stand behind the drug."""
    value = note.values.get("value", "")
    return note_phrase(f"{note.code}:{value}" if value else note.code, t.words).rstrip(".")


def missing_clauses(missing: Sequence[Fact], sheet: FactSheet, t: Templates) -> tuple[str, ...]:
    """What is not known, as nouns, each once; conditions of one kind together."""
    asked_of: dict[str, list[str]] = {}
    said = []
    for fact in missing:
        code, _, value = fact.code.partition(":")
        if value and not t.has(f"missing_condition.{code}", value):
            asked_of.setdefault(code, []).append(condition_clause({code: value}, t))
        else:
            said.append(missing_clause(fact, sheet, t))
    conditions = [t.fill("missing", "applies", value=t.join(values, "or")) for values in asked_of.values()]
    return tuple(dict.fromkeys((*said, *conditions)))


def missing_clause(missing: Fact, sheet: FactSheet, t: Templates) -> str:
    """One thing that is not known, as a noun: ``the patient's age``."""
    if missing.gene:
        return gene_missing_clause(missing, sheet, t)
    fact, _, value = missing.code.partition(":")
    if value and t.has(f"missing_condition.{fact}", value):
        return t.fill(f"missing_condition.{fact}", value)
    if value:
        return t.fill("missing", "applies", value=condition_clause({fact: value}, t))
    return t.fill("missing", fact) if t.has("missing", fact) else t.words.word("missing", fact)


def gene_missing_clause(missing: Fact, sheet: FactSheet, t: Templates) -> str:
    found = [f for f in sheet.of(FactKind.FINDING, drug=missing.drug) if f.gene == missing.gene]
    code = "missing_gene_open" if any(is_known(f) for f in found) else "missing_gene"
    return t.fill("clause", code, gene=missing.gene)


def reading_clause(possibility: Fact, t: Templates) -> str:
    """``by CYP2C19, the patient is an intermediate metabolizer (probability 28%)``."""
    said = t.join([_reading(g, v, t) for g, v in possibility.values.items() if g != "probability"])
    likely = possibility.values.get("probability")
    if not likely:
        return said
    return t.fill("clause", "with_probability", reading=said, probability=probability(float(likely), t.words))


def _reading(gene: str, value: str, t: Templates) -> str:
    """One gene as one reading has it: a phenotype, a status or an activity score."""
    if t.has("finding_of", value):
        return t.fill("finding_of", value, gene=gene)
    code = "reading_score" if re.fullmatch(r"[≥>]?[\d.]+", value) else "reading"
    return t.fill("clause", code, gene=gene, value=score_word(phenotype_word(value, t), t))


def source_clause(source: Fact, t: Templates) -> str:
    """``CPIC 2021 (strong recommendation, PMID 33387367)``."""
    values = source.values
    name = t.words.word("sources", source.code) if t.words.has("sources", source.code) else source.code
    name = f"{name} {values['year']}" if "year" in values else name
    strength = values.get("strength", "").casefold()
    detail = [t.fill("strength", strength)] if t.has("strength", strength) else []
    detail += [t.words.word("section", values["section"])] if "section" in values else []
    detail += [t.fill("clause", "pmid", value=values["pmid"])] if "pmid" in values else []
    return f"{name} ({', '.join(detail)})" if detail else name


def coverage_clause(coverages: Sequence[Fact], sheet: FactSheet, t: Templates) -> str:
    """Why nothing was computed for these drugs; each with the genes that lack a result, or who has the guideline."""
    drugs = [_covered(c, sheet, t) for c in coverages]
    return t.fill("clause", coverages[0].code, drug=t.join(drugs), release=sheet.release)


def _covered(coverage: Fact, sheet: FactSheet, t: Templates) -> str:
    details: Sequence[str] = ()
    if coverage.code == "gene_not_tested":
        missing = [f.gene for f in sheet.of(FactKind.MISSING, drug=coverage.drug) if f.gene]
        details = missing or coverage.values.get("genes", "").split(";")
    elif coverage.code == "not_computed":
        details = [x for x in (coverage.values.get("source", ""),) if x]
    if not any(details):
        return t.drug(coverage.drug)
    return t.fill("say", "covered", drug=t.drug(coverage.drug), detail=t.join(details))


def disagreement_clause(disagreement: Fact, t: Templates) -> str:
    values = disagreement.values
    source = t.words.word("sources", values["source"])
    action = t.words.word("action.do", disagreement.code)
    text = t.fill(
        "clause", f"disagreement_{values['how']}", drug=t.drug(disagreement.drug), source=source, action=action
    )
    if values.get("population", "general") != "general":
        group = t.words.word("population", values["population"])
        text = t.fill("clause", "disagreement_population", value=text, population=group)
    reasons = [t.words.word("disagreement.because", c) for c in values.get("because", "").split(";") if c]
    return t.fill("clause", "because", value=text, because=t.join(reasons)) if reasons else text


def interaction_clause(interaction: Fact, t: Templates) -> str:
    values = interaction.values
    kind = modulator_kind(values.get("strength", ""), values["role"], t.words, interaction.gene)
    return t.fill(
        "clause",
        interaction.code,
        perpetrator=t.drug(values["perpetrator"]),
        victim=t.drug(values["victim"]),
        kind=kind,
    )


def person_word(person: Fact, t: Templates) -> str:
    value = person.values["value"]
    code = f"sex_{value}" if person.code == "sex" else person.code
    return t.fill("person", code, value=amount(value, t.words))


def missing_fact_clause(missing: Fact, sheet: FactSheet, t: Templates) -> str:
    text = missing_clause(missing, sheet, t)
    return text if missing.gene else t.fill("clause", "missing_question", drug=t.drug(missing.drug), value=text)


def test_clause(test: Fact, t: Templates, genes: str = "", drug: str = "") -> str:
    """``test CYP2C19 (genotyping) before the first dose, as there is no result so far``.

    ``genes`` may name several with their drugs; with ``drug`` the test is due before that drug is given.
    """
    gene = genes or test.gene
    if method := test.values.get("method"):
        gene = t.fill("test", "by_method", gene=gene, method=t.words.word("test_method", method))
    if drug:
        gene = t.fill("test", "before_drug", value=gene, drug=drug)
    elif "before_first_dose" in test.values:
        gene = t.fill("test", "before_first_dose", value=gene)
    return t.fill("test", test.code, gene=gene)


def population_clause(population: Fact, t: Templates) -> str:
    code = "population_not_decided" if population.values.get("because") == "not_decided" else "population"
    return t.fill("clause", code, drug=t.drug(population.drug), value=t.words.word("population", population.code))


def site_clause(site: Fact, t: Templates) -> str:
    value = t.words.word("site_change", site.values["kind"], id=site.code, owner=site.values.get("owner", ""))
    return t.fill("clause", "site", drug=t.drug(site.drug), value=value)
