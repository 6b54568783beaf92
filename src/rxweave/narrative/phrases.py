"""Our sentences for one advice: headline, explanation, implication, what is missing, and a line for the patient.

Everything is made from the advice's codes and facts; nothing is decided here and no number is invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from rxweave.guidance.advice import Advice, Alternative, Coverage, GeneFinding, Possibility, TestToOrder
from rxweave.knowledge.guidelines import Action, Branch, Condition, Directive, Dose, Modality, Phase, Reason
from rxweave.narrative.words import Words, join, sentence, words
from rxweave.phenotyping.phenotype import NO_RESULT


@dataclass(frozen=True, slots=True)
class Phrases:
    """What a reader sees of one advice.

    ``headline`` fits one line (``drug: action; detail``). ``text`` says in a few sentences what to do and why.
    ``implication`` is what the genes mean for the drug. ``branches``, ``missing``, ``notes``, ``tests`` and
    ``possibilities`` are whole sentences, one for each entry of the advice, in its order.
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


def phrase(advice: Advice, language: str = "en") -> Phrases:
    """The sentences of one advice."""
    w = words(language)
    return Phrases(
        headline=_headline(advice, w),
        text=_text(advice, w),
        implication=_implication(advice, w),
        patient=w.word("action.patient", advice.directive.action.value, drug=advice.drug)
        if advice.coverage is Coverage.COMPUTED or _is_decided(advice)
        else w.word("coverage_patient", advice.coverage.value, drug=advice.drug),
        branches=_branches(advice.branches, w),
        missing=tuple(missing_phrase(m, advice, w) for m in advice.missing),
        notes=tuple(sentence(_note(n, w)) for n in advice.notes),
        tests=tuple(test_phrase(t, w) for t in advice.tests_to_order),
        possibilities=tuple(possibility_phrase(p, w, _is_weighed(advice)) for p in advice.possibilities),
        alternatives=tuple(alternative_phrase(a, w) for a in advice.alternatives),
        follow_up=_follow_up(advice.directive, w),
        tier_because=sentence(w.word("tier_because", advice.tier_because)) if advice.tier_because else "",
        population=w.word("population", advice.population),
        population_because=sentence(w.word("population_because", advice.population_because))
        if advice.population_because
        else "",
    )


# ---------------------------------------------------------------- headline and text


def _headline(advice: Advice, w: Words) -> str:
    if advice.coverage is not Coverage.COMPUTED and not _is_decided(advice):
        genes = join(_genes_not_known(advice) or sorted(advice.genes))
        return f"{advice.drug}: {w.word('coverage', advice.coverage.value, release=advice.knowledge, genes=genes)}"
    line = f"{advice.drug}: {directive_phrase(advice.directive, w)}"
    unknown = _genes_not_known(advice)
    outdated = [g for g in unknown if _has_note(advice, "not_applicable_since_transplant", g)]
    if outdated:
        is_said = advice.directive.reason is Reason.TRANSPLANT
        return line if is_said else f"{line} ({w.word('label', 'not_applicable_gene', value=join(outdated))})"
    if advice.is_partial and unknown:
        has_result = all(advice.genes[gene].phenotype not in ("", NO_RESULT) for gene in unknown)
        is_unweighable = all(_has_note(advice, "not_weighable", gene) for gene in unknown)
        code = "partial" if not has_result else "unweighable" if is_unweighable else "uncertain"
        line += f" ({w.word('label', code, value=join(unknown))})"
    return line


def _has_note(advice: Advice, code: str, gene: str) -> bool:
    return f"{code}:{gene}" in advice.notes


def _is_decided(advice: Advice) -> bool:
    """True where something other than the genes (a past reaction) decided without any guidance."""
    is_uncovered = advice.coverage in (Coverage.NO_GUIDANCE, Coverage.NOT_COMPUTED)
    return is_uncovered and advice.directive.action is not Action.NO_RECOMMENDATION


def _genes_not_known(advice: Advice) -> list[str]:
    """The genes among what is missing; the rest of it are facts about the patient."""
    return sorted(m for m in advice.missing if m in advice.genes)


def _text(advice: Advice, w: Words) -> str:
    if advice.coverage is not Coverage.COMPUTED:
        genes = join(_genes_not_known(advice) or sorted(advice.genes))
        text = w.word(
            "coverage_text",
            advice.coverage.value,
            release=advice.knowledge,
            genes=genes,
            drug=advice.drug,
            source=advice.source or "CPIC",
        )
        return f"{directive_sentences(advice.directive, w)} {text}" if _is_decided(advice) else text
    parts = [sentence(_finding_and_implication(f, advice, w)) for f in advice.genes.values()]
    parts.append(_risks(advice, w))
    parts.append(directive_sentences(advice.directive, w))
    return " ".join(p for p in parts if p)


def _finding_and_implication(finding: GeneFinding, advice: Advice, w: Words) -> str:
    text = finding_phrase(finding, w)
    if finding.probability is not None:
        text = _reading_phrase(finding, advice, w)
    codes = advice.implications.get(finding.gene, ())
    return f"{text}: {join([w.word('implication', c) for c in codes])}" if codes else text


def finding_phrase(finding: GeneFinding, w: Words) -> str:
    """``CYP2C19 *2/*2 (Poor Metabolizer)``; allele-status genes read ``HLA-B *57:01 negative``."""
    if finding.phenotype == NO_RESULT and not finding.diplotype:
        return f"{finding.gene} {w.word('label', 'no_result')}"
    result = finding.diplotype or finding.phenotype
    detail = []
    if finding.phenotype and finding.phenotype != result:
        detail.append(finding.phenotype)
    if finding.activity_score and finding.activity_score not in ("n/a", "No Result"):
        detail.append(w.word("label", "activity_score", value=finding.activity_score))
    text = f"{finding.gene} {result}"
    return f"{text} ({'; '.join(detail)})" if detail else text


def _reading_phrase(finding: GeneFinding, advice: Advice, w: Words) -> str:
    """``CYP2C19, if Intermediate Metabolizer (*1/*2), 28% likely``: a reading that others contradict."""
    detail = [finding.diplotype] if finding.diplotype not in ("", finding.phenotype) else []
    if finding.activity_score and finding.activity_score not in ("n/a", "No Result"):
        detail.append(w.word("label", "activity_score", value=finding.activity_score))
    value = f"{finding.phenotype} ({'; '.join(detail)})" if detail else finding.phenotype
    if not _is_gene_weighed(advice, finding.gene):
        return w.word("label", "reading_possible", gene=finding.gene, value=value)
    probability = probability_phrase(finding.probability or 0.0)
    return w.word("label", "reading_if", gene=finding.gene, value=value, probability=probability)


def _is_gene_weighed(advice: Advice, gene: str) -> bool:
    return not (_has_note(advice, "weights_assumed", gene) or _has_note(advice, "not_weighable", gene))


def finding_texts(advice: Advice, language: str = "en") -> dict[str, str]:
    """How each gene's result is worded where it is not flatly so: gene -> the reading that the advice rests on."""
    w = words(language)
    return {g: _reading_phrase(f, advice, w) for g, f in advice.genes.items() if f.probability is not None}


def _implication(advice: Advice, w: Words) -> str:
    clauses = []
    for gene, codes in advice.implications.items():
        if codes:
            clauses.append(f"{gene}: {join([w.word('implication', c) for c in codes])}")
    return " ".join(x for x in (sentence("; ".join(clauses)), _risks(advice, w)) if x)


def _risks(advice: Advice, w: Words) -> str:
    if not advice.risks:
        return ""
    return sentence(w.word("label", "risk_of", value=join([w.word("risk", r) for r in advice.risks])))


# ---------------------------------------------------------------- directives


#: Actions whose dose is the point; with the others a dose belongs to the choice that the guideline offers beside them.
_DOSE_ACTIONS = frozenset(
    {Action.STANDARD, Action.REDUCE_DOSE, Action.INCREASE_DOSE, Action.LIMIT_DOSE, Action.ADJUST_BY_ALGORITHM}
)


def directive_phrase(directive: Directive, w: Words) -> str:
    """One action and its detail on one line: ``avoid; use prasugrel or ticagrelor instead``.

    Where a guideline offers two ways equally, each is worded with what belongs to it: ``consider a lower dose; starting
    dose 50% of the usual dose; or use another drug``.
    """
    doses = [d for d in (_dose(d, directive, w) for d in directive.dose) if d]
    alternatives = _alternatives(directive, w)
    is_dosing = directive.action in _DOSE_ACTIONS
    parts = [_action(directive, w)]
    if directive.at_dose:
        parts[0] += " " + w.word("label", "at_dose", value=directive.at_dose)
    if alternatives and directive.action is Action.USE_ALTERNATIVE:
        # "use an alternative; use X instead" would say it twice
        how = "consider" if directive.modality is Modality.CONSIDER else "use"
        parts[0] = w.word("label", how, value=alternatives)
    if not directive.choice_with:
        parts += doses
        if alternatives and directive.action is not Action.USE_ALTERNATIVE:
            parts.append(w.word("label", "use_instead", value=alternatives))
    else:
        parts += doses if is_dosing else []
        for choice in directive.choice_with:
            if choice == Action.USE_ALTERNATIVE and alternatives:
                parts.append(w.word("label", "or_choice", value=w.word("label", "use", value=alternatives)))
            else:
                parts.append(w.word("label", "or_choice", value=w.word("action.do", choice)))
                parts += [] if is_dosing else doses
    if directive.monitoring and directive.action in (Action.USE_WITH_CAUTION, Action.ADJUST_BY_ALGORITHM):
        parts.append(_monitoring(directive, w))
    if directive.avoid_with and directive.action is Action.USE_WITH_CAUTION:
        parts.append(_avoid_with(directive, w))
    return "; ".join(parts)


def directive_sentences(directive: Directive, w: Words) -> str:
    """The directive in full: the line, then what to avoid, to watch, to do if it must be used, and what comes next."""
    return " ".join(x for x in (sentence(directive_phrase(directive, w)), _follow_up(directive, w)) if x)


def _follow_up(directive: Directive, w: Words) -> str:
    parts = []
    if directive.not_alternatives:
        parts.append(w.word("label", "not_instead", value=join(list(directive.not_alternatives), "or")))
    if directive.avoid_with and directive.action is not Action.USE_WITH_CAUTION:
        parts.append(_avoid_with(directive, w))
    if directive.monitoring and directive.action not in (Action.USE_WITH_CAUTION, Action.ADJUST_BY_ALGORITHM):
        parts.append(w.word("label", "monitoring", value=_monitoring(directive, w)))
    if directive.reassess_after:
        parts.append(w.word("label", "reassess_after", value=directive.reassess_after))
    for code, follow_up in (("fallback", directive.fallback), ("next_step", directive.next_step)):
        if follow_up:
            parts.append(w.word("label", code, value=directive_sentences(follow_up, w).rstrip(".")))
    return " ".join(sentence(p) for p in parts)


def _avoid_with(directive: Directive, w: Words) -> str:
    return w.word("label", "avoid_with", value=join([w.word("drug", d) for d in directive.avoid_with], "or"))


def _monitoring(directive: Directive, w: Words) -> str:
    return join([w.word("monitoring", m) for m in directive.monitoring])


def _alternatives(directive: Directive, w: Words) -> str:
    """``prasugrel or ticagrelor``; drugs named after a class are its examples: ``another statin, such as ...``."""
    offered: list[tuple[str, list[str]]] = []  # what is offered, with its examples
    for name in directive.alternatives:
        is_class = w.has("alternative", name)
        if not is_class and offered and w.has("alternative", offered[-1][0]):
            offered[-1][1].append(name)
        else:
            offered.append((name, []))
    return join([_offer(name, examples, w) for name, examples in offered], "or")


def _offer(name: str, examples: list[str], w: Words) -> str:
    worded = w.word("alternative", name) if w.has("alternative", name) else name
    return w.word("label", "such_as", value=worded, examples=join(examples, "or")) if examples else worded


def _action(directive: Directive, w: Words) -> str:
    if directive.action is Action.NO_RECOMMENDATION and directive.reason is not None:
        return w.word("no_recommendation", directive.reason.value)
    modality = "consider" if directive.modality is Modality.CONSIDER else "do"
    return w.word(f"action.{modality}", directive.action.value)


def _dose(dose: Dose, directive: Directive, w: Words) -> str:
    what = w.word("phase", dose.phase.value)
    if directive.dose_of:
        what = f"{directive.dose_of} {what}"
    amounts = []
    if dose.factor_low is not None or dose.factor_high is not None:
        amounts.append(_factor(dose, w))
    elif dose.direction:
        amounts.append(w.word("direction", dose.direction))
    if dose.usual is not None:
        amounts.append(w.word("label", "usual_dose", value=f"{_number(dose.usual)} {dose.unit}".strip()))
    if dose.cap is not None:
        code = "below" if dose.is_cap_exclusive else "at_most"
        amounts.append(w.word("label", code, value=f"{_number(dose.cap)} {dose.unit}".strip()))
    if dose.floor is not None:
        amounts.append(w.word("label", "at_least", value=f"{_number(dose.floor)} {dose.unit}".strip()))
    if dose.interval:
        amounts.append(w.word("interval", dose.interval))
    if dose.schedule:
        amounts.append(w.word("schedule", dose.schedule))
    return f"{what} {', '.join(amounts)}" if amounts else ""


def _factor(dose: Dose, w: Words) -> str:
    """Factors of the usual dose (or of the lowest recommended one): up to one in percent, above one as a multiple."""
    ends = [f for f in (dose.factor_low, dose.factor_high) if f is not None]
    low, high = min(ends), max(ends)
    if low == high == 1:
        return w.word("direction", "usual")
    if high > 1:
        span = _number(low) if low == high else f"{_number(low)} to {_number(high)}"
        text = w.word("label", "times_usual", value=span)
    else:
        span = f"{_number(low * 100)}%" if low == high else f"{_number(low * 100)}% to {_number(high * 100)}%"
        if dose.direction == "lowest":
            code = "share_of_lowest"
        else:
            code = "share_of_usual_maximum" if dose.phase is Phase.MAXIMUM else "share_of_usual"
        text = w.word("label", code, value=span)
    if dose.is_factor_exclusive:
        text = w.word("label", "less_than", value=text)
    return text


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def dose_phrase(dose: Dose, language: str = "en") -> str:
    """One phase of a dose in words: ``starting dose 50% of the usual dose``."""
    return _dose(dose, Directive(Action.STANDARD), words(language))


# ---------------------------------------------------------------- the rest


def condition_phrase(condition: Condition, w: Words) -> str:
    """``for a malignancy, under 12 years of age``."""
    parts = []
    for fact, value in condition.facts.items():
        if w.has("condition_pattern", fact):
            parts.append(w.word("condition_pattern", fact, value=value))
        else:
            parts.append(w.word(f"condition.{fact}", value))
    return ", ".join(parts)


def missing_phrase(code: str, advice: Advice, w: Words) -> str:
    """What would decide: a gene's result, or a question about the patient."""
    finding = advice.genes.get(code)
    if finding is not None:
        if _has_note(advice, "not_applicable_since_transplant", code):
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


def _branches(branches: Sequence[Branch], w: Words) -> tuple[str, ...]:
    """A sentence for each; what the one before already said in full is not said again."""
    said: list[str] = []
    for place, branch in enumerate(branches):
        before = branches[place - 1] if place else None
        is_same = before is not None and replace(before, condition=branch.condition) == branch
        text = f"{condition_phrase(branch.condition, w)}: {w.word('label', 'as_before')}"
        said.append(sentence(text) if is_same else branch_phrase(branch, w))
    return tuple(said)


def branch_phrase(branch: Branch, w: Words) -> str:
    text = f"{condition_phrase(branch.condition, w)}: {directive_sentences(branch.directive, w).rstrip('.')}"
    if branch.is_unverified:
        text += f" ({w.word('label', 'unverified')})"
    return sentence(text)


def _is_weighed(advice: Advice) -> bool:
    """False where the probabilities of the readings rest mostly on assumptions."""
    return not any(note.startswith(("weights_assumed:", "not_weighable:")) for note in advice.notes)


def possibility_phrase(possibility: Possibility, w: Words, is_weighed: bool = True) -> str:
    reading = join([f"{gene} {value}" for gene, value in possibility.gene_lookups.items()])
    if is_weighed:
        reading += f" ({probability_phrase(possibility.probability)})"
    return sentence(f"{reading}: {directive_phrase(possibility.directive, w)}")


def probability_phrase(probability: float) -> str:
    """A probability as a reader takes it in: ``below 0.1%``, ``0.4%``, ``12%``, ``above 99.9%``."""
    if probability < 0.001:
        return "below 0.1%"
    if probability > 0.999:
        return "above 99.9%" if probability < 1 else "100%"
    return f"{probability:.1%}" if probability < 0.1 or probability > 0.9 else f"{probability:.0%}"


def alternative_phrase(alternative: Alternative, w: Words) -> str:
    name = w.word("alternative", alternative.drug) if w.has("alternative", alternative.drug) else alternative.drug
    if not alternative.conflicts:
        return name
    return f"{name} ({join([_conflict(c, w) for c in alternative.conflicts])})"


def _conflict(code: str, w: Words) -> str:
    """``CYP2D6 guidance: avoid`` is the advice that the alternative itself would get."""
    gene, separator, action = code.partition(" guidance: ")
    if not separator:
        return w.word("conflict", code)
    return w.word("conflict", "guidance", gene=gene, action=w.word("action.do", action))


def test_phrase(test: TestToOrder, w: Words) -> str:
    text = w.word("test_why", test.why, gene=test.gene)
    if test.method:
        text += f" ({w.word('test_method', test.method)})"
    if test.before_first_dose:
        text += f", {w.word('label', 'before_first_dose')}"
    return sentence(text)


def _note(code: str, w: Words) -> str:
    name, _, value = code.partition(":")
    if w.has("caveat", name):
        return w.word("caveat", code)
    if name in ("branch_applied", "label_overrides", "practice_overrides", "label_limits_dose", "label_too"):
        facts = dict(fact.split("=", 1) for fact in value.split(",") if "=" in fact)
        return w.word("note", name, value=condition_phrase(Condition(facts), w))
    if name in ("past_severe_reaction", "past_reaction"):
        return w.word("note", name, value=value.replace("_", " "))
    if name == "unknown_indication":
        stated, _, codes = value.rpartition("|")
        return w.word("note", name, value=stated, codes=codes)
    return w.word("note", code)
