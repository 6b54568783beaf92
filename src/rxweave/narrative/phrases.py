"""Our sentences for one advice: headline, explanation, implication, what is missing, and a line for the patient.

Everything is made from the advice's codes and facts; nothing is decided here and no number is invented.
"""

from __future__ import annotations

from dataclasses import dataclass

from rxweave.guidance.advice import Advice, Coverage, GeneFinding
from rxweave.knowledge.guidelines import Action, Reason
from rxweave.narrative.directives import branch_phrases, directive_phrase, follow_up
from rxweave.narrative.findings import finding_phrase, possibility_phrase, reading_phrase
from rxweave.narrative.notes import alternative_phrase, missing_phrase, note_phrase, test_phrase
from rxweave.narrative.sources import (
    disagreement_phrase,
    interaction_phrase,
    overriding_phrase,
    site_change_phrase,
    source_phrase,
    triggered_phrase,
)
from rxweave.narrative.words import Words, sentence, words
from rxweave.phenotyping.phenotype import NO_RESULT


@dataclass(frozen=True, slots=True)
class Phrases:
    """What a reader sees of one advice.

    ``headline`` fits one line (``drug: action; detail``); where the genes ask for nothing, a strong plain interaction
    stands in it. ``explanation`` is two sentences: what the genes mean here,
    and who asks for what because of it. ``text`` is the explanation and what follows from it. ``implication`` is what
    the genes mean for the drug. ``branches``, ``missing``, ``notes``, ``tests``, ``possibilities``, ``disagreements``,
    ``interactions`` and ``site_changes`` are whole sentences, one for each entry of the advice, in its order.
    """

    headline: str
    text: str
    implication: str
    patient: str
    branches: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    possibilities: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    follow_up: str = ""  # what to watch, to avoid beside it and to do next: what ``headline`` leaves to ``text``
    tier_because: str = ""
    population: str = ""
    population_because: str = ""
    why: str = ""  # the first sentence of ``explanation``
    explanation: str = ""
    disagreements: tuple[str, ...] = ()
    interactions: tuple[str, ...] = ()
    site_changes: tuple[str, ...] = ()
    triggered: str = ""  # why a drug that was not ordered gets advice


def phrase(advice: Advice, language: str = "en") -> Phrases:
    """The sentences of one advice."""
    w = words(language)
    why = _why(advice, w) if advice.coverage is Coverage.COMPUTED else _uncovered(advice, w)
    asked = _asked(advice, w) if advice.coverage is Coverage.COMPUTED else ""
    explanation = " ".join(x for x in (why, asked) if x)
    more = follow_up(advice.directive, w)
    return Phrases(
        headline=_overridden(_headline(advice, w), advice, w),
        text=" ".join(x for x in (explanation, more) if x),
        implication=_implication(advice, w),
        patient=_patient(advice, w),
        branches=branch_phrases(advice.branches, w),
        missing=tuple(missing_phrase(m, advice, w) for m in advice.missing),
        notes=tuple(note_phrase(n, w) for n in advice.notes),
        tests=tuple(test_phrase(t, w) for t in advice.tests_to_order),
        possibilities=tuple(possibility_phrase(p, w, _is_weighed(advice)) for p in advice.possibilities),
        alternatives=tuple(alternative_phrase(a, w) for a in advice.alternatives),
        follow_up=more,
        tier_because=sentence(w.word("tier_because", advice.tier_because)) if advice.tier_because else "",
        population=w.word("population", advice.population),
        population_because=sentence(w.word("population_because", advice.population_because))
        if advice.population_because
        else "",
        why=why,
        explanation=explanation,
        disagreements=tuple(disagreement_phrase(d, w) for d in advice.disagreements),
        interactions=tuple(interaction_phrase(i, w) for i in advice.interactions),
        site_changes=tuple(site_change_phrase(c, w) for c in advice.site_changes),
        triggered=triggered_phrase(advice, w),
    )


def _is_weighed(advice: Advice) -> bool:
    """False where the probabilities of the readings rest mostly on assumptions."""
    return not any(note.startswith(("weights_assumed:", "not_weighable:")) for note in advice.notes)


def _has_note(advice: Advice, code: str, gene: str) -> bool:
    return f"{code}:{gene}" in advice.notes


def _is_decided(advice: Advice) -> bool:
    """True where something other than the genes (a past reaction) decided without any guidance."""
    is_uncovered = advice.coverage in (Coverage.NO_GUIDANCE, Coverage.NOT_COMPUTED)
    return is_uncovered and advice.directive.action is not Action.NO_RECOMMENDATION


def _genes_not_known(advice: Advice) -> list[str]:
    """The genes among what is missing; the rest of it are facts about the patient."""
    return sorted(m for m in advice.missing if m in advice.genes)


# ---------------------------------------------------------------- the headline


def _headline(advice: Advice, w: Words) -> str:
    if advice.coverage is not Coverage.COMPUTED and not _is_decided(advice):
        genes = w.join(_genes_not_known(advice) or sorted(advice.genes))
        return f"{advice.drug}: {w.word('coverage', advice.coverage.value, release=advice.knowledge, genes=genes)}"
    line = f"{advice.drug}: {directive_phrase(advice.directive, w)}"
    if advice.directive.reason is Reason.NO_ACTION_STATED:
        # What the source says is then its only news.
        codes = dict.fromkeys(code for found in advice.implications.values() for code in found)
        line = "; ".join(x for x in (line, w.join([w.word("implication", c) for c in codes])) if x)
    unknown = _genes_not_known(advice)
    outdated = [g for g in unknown if _has_note(advice, "not_applicable_since_transplant", g)]
    if outdated:
        is_said = advice.directive.reason is Reason.TRANSPLANT
        return line if is_said else f"{line} ({w.word('label', 'not_applicable_gene', value=w.join(outdated))})"
    if advice.is_partial and unknown:
        has_result = all(advice.genes[gene].phenotype not in ("", NO_RESULT) for gene in unknown)
        is_unweighable = all(_has_note(advice, "not_weighable", gene) for gene in unknown)
        code = "partial" if not has_result else "unweighable" if is_unweighable else "uncertain"
        line += f" ({w.word('label', code, value=w.join(unknown))})"
    return line


def _overridden(line: str, advice: Advice, w: Words) -> str:
    """The headline with the strong plain interactions that "no reason to change" must not hide."""
    acting = overriding_phrase(advice.overriding_interactions, w)
    if not acting:
        return line
    is_said = advice.coverage is Coverage.COMPUTED
    return w.word("overriding", "but", line=line, value=acting) if is_said else f"{line}; {acting}"


# ---------------------------------------------------------------- why, and what is asked for


def _uncovered(advice: Advice, w: Words) -> str:
    text = w.word(
        "coverage_text",
        advice.coverage.value,
        release=advice.knowledge,
        genes=w.join(_genes_not_known(advice) or sorted(advice.genes)),
        drug=advice.drug,
        source=advice.source or "CPIC",
    )
    return f"{sentence(directive_phrase(advice.directive, w))} {text}" if _is_decided(advice) else text


def _why(advice: Advice, w: Words) -> str:
    """One sentence: each gene's result, what it means for the drug, and what is at stake."""
    genes_of: dict[tuple[str, ...], list[str]] = {}  # genes that mean the same share a clause
    for finding in advice.genes.values():
        genes_of.setdefault(advice.implications.get(finding.gene, ()), []).append(_finding(finding, advice, w))
    clauses = []
    for codes, findings in genes_of.items():
        text = w.join(findings)
        clauses.append(f"{text}: {w.join([w.word('implication', c) for c in codes])}" if codes else text)
    return sentence("; ".join(x for x in (*clauses, _risks(advice, w)) if x))


def _finding(finding: GeneFinding, advice: Advice, w: Words) -> str:
    return reading_phrase(finding, advice, w) if finding.probability is not None else finding_phrase(finding, w)


def _risks(advice: Advice, w: Words) -> str:
    if not advice.risks:
        return ""
    return w.word("label", "risk_of", value=w.join([w.word("risk", r) for r in advice.risks]))


#: Notes that say that something else than the source decided.
_DECIDED_ELSEWHERE = (
    "past_severe_reaction",
    "past_reaction",
    "label_overrides",
    "label_limits_dose",
    "practice_overrides",
    "known_gene_alone",
)


def _asked(advice: Advice, w: Words) -> str:
    """One sentence: the directive, and who asks for it how strongly, where it is the source that does."""
    line = directive_phrase(advice.directive, w)
    if not _is_of_source(advice):
        return sentence(line)
    strength = advice.strength.casefold()
    source = source_phrase(advice.source, w)
    who = f"{source} ({w.word('strength', strength)})" if w.has("strength", strength) else source
    return sentence(w.word("label", "source_asks", source=who, value=line))


def _is_of_source(advice: Advice) -> bool:
    """False where the patient's history, a label, the site or an unknown result made the directive what it is."""
    if not advice.source or any(n.partition(":")[0] in _DECIDED_ELSEWHERE for n in advice.notes):
        return False
    if advice.is_partial or any(c.kind == "replace" for c in advice.site_changes):
        return False
    return bool(advice.strength) or advice.directive.action is not Action.TEST_FIRST


def _implication(advice: Advice, w: Words) -> str:
    clauses = []
    for gene, codes in advice.implications.items():
        if codes:
            clauses.append(f"{gene}: {w.join([w.word('implication', c) for c in codes])}")
    return " ".join(x for x in (sentence("; ".join(clauses)), sentence(_risks(advice, w))) if x)


def _patient(advice: Advice, w: Words) -> str:
    if advice.coverage is Coverage.COMPUTED or _is_decided(advice):
        return w.word("action.patient", advice.directive.action.value, drug=advice.drug)
    return w.word("coverage_patient", advice.coverage.value, drug=advice.drug)
