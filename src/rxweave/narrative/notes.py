"""What an advice asks for, what it tests and what must be known beside it: a sentence for each code."""

from __future__ import annotations

from rxweave.guidance.advice import Advice, Alternative, TestToOrder
from rxweave.knowledge.guidelines import Condition
from rxweave.narrative.directives import condition_phrase
from rxweave.narrative.findings import finding_phrase
from rxweave.narrative.words import Words, sentence, words
from rxweave.phenotyping.phenotype import NO_RESULT

#: Notes whose value is a condition as ``fact=value,fact=value``.
_OF_A_CONDITION = ("branch_applied", "label_overrides", "practice_overrides", "label_limits_dose", "label_too")

#: Notes whose value is ``value|codes``.
_WITH_TWO_VALUES = ("unknown_indication", "near_condition", "dose_estimate", "dose_estimate_needs")


def note_phrase(code: str, w: Words) -> str:
    """The sentence of a note or a caveat; ``code:value`` carries what it speaks of."""
    return sentence(_note(code, w))


def _note(code: str, w: Words) -> str:
    name, _, value = code.partition(":")
    if w.has("caveat", name):
        return w.word("caveat", code)
    if name in _OF_A_CONDITION:
        facts = dict(fact.split("=", 1) for fact in value.split(",") if "=" in fact)
        return w.word("note", name, value=condition_phrase(Condition(facts), w))
    if name == "other_group_interrupts":
        return w.word("note", name, value=w.word("population", value))
    if name in ("past_severe_reaction", "past_reaction"):
        return w.word("note", name, value=w.word("reaction", value))
    if name == "milder_without":
        agents, _, action = value.partition("|")
        return w.word(
            "note", name, value=w.join([w.drug(a) for a in agents.split(";")]), action=w.word("action.do", action)
        )
    if name == "own_result_would_ask":
        return w.word("note", name, action=w.word("action.do", value))
    if name in _WITH_TWO_VALUES:
        stated, _, codes = value.rpartition("|")
        return w.word("note", name, value=stated, codes=codes)
    return w.word("note", f"{name}:{w.drug(value)}" if value else name)


def missing_phrase(code: str, advice: Advice, w: Words) -> str:
    """What would decide: a gene's result, or a question about the patient."""
    finding = advice.genes.get(code)
    if finding is not None:
        if f"not_applicable_since_transplant:{code}" in advice.notes:
            return sentence(w.word("label", "not_applicable_gene", value=code))
        if any(t.gene == code and t.why == "ambiguous" for t in advice.tests_to_order):
            return sentence(w.word("label", "ambiguous_gene", value=code))
        if finding.phenotype and finding.phenotype != NO_RESULT:
            return sentence(w.word("label", "uninformative_gene", value=finding_phrase(finding, w)))
        return sentence(w.word("label", "missing_gene", value=code))
    fact, _, value = code.partition(":")
    if value:
        return sentence(w.word("label", "does_it_apply", value=condition_phrase(Condition({fact: value}), w)))
    section = "question" if w.has("question", code) else "missing"
    return sentence(w.word(section, code))


def test_phrase(test: TestToOrder, w: Words) -> str:
    text = w.word("test_why", test.why, gene=test.gene)
    if test.method:
        text += f" ({w.word('test_method', test.method)})"
    if test.before_first_dose:
        text += f", {w.word('label', 'before_first_dose')}"
    return sentence(text)


def test_sentence(test: TestToOrder, language: str = "en") -> str:
    """A test to order, why and how: a whole sentence."""
    return test_phrase(test, words(language))


def alternative_phrase(alternative: Alternative, w: Words) -> str:
    """The drug or class, with what speaks against it for this patient in brackets."""
    name = _name(alternative, w)
    if not alternative.conflicts:
        return name
    return f"{name} ({conflicts_phrase(alternative, w)})"


def conflicts_phrase(alternative: Alternative, w: Words) -> str:
    return w.join([_conflict(c, w) for c in alternative.conflicts])


def alternative_rows(advice: Advice, language: str = "en") -> tuple[tuple[str, str, str], ...]:
    """Name, who names it, and what this patient's facts say of it: one row an alternative, in the advice's order."""
    w = words(language)
    return tuple((_name(a, w), w.word("alternative_why", a.why), _verdict(a, w)) for a in advice.alternatives)


def _name(alternative: Alternative, w: Words) -> str:
    return w.word("alternative", alternative.drug) if w.has("alternative", alternative.drug) else alternative.drug


def _verdict(alternative: Alternative, w: Words) -> str:
    if alternative.conflicts:
        return conflicts_phrase(alternative, w)
    is_group = w.has("alternative", alternative.drug)
    return w.word("label", "group_to_check" if is_group else "nothing_against")


def _conflict(code: str, w: Words) -> str:
    """``CYP2D6 guidance: avoid`` is the advice that the alternative itself would get."""
    gene, separator, action = code.partition(" guidance: ")
    if not separator:
        return w.word("conflict", code)
    return w.word("conflict", "guidance", gene=gene, action=w.word("action.do", action))
