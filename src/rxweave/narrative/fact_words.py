"""One canonical clause for each fact: what prompts show a model, and the last resort of the built-in writer."""

from __future__ import annotations

from rxweave.narrative import clauses, orders
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.figures import amount
from rxweave.narrative.templates import Templates, templates


def fact_words(fact: Fact, sheet: FactSheet, language: str = "en") -> str:
    """The fact as a clause without capital and full stop. What holds under a condition keeps its condition."""
    t = templates(language)
    text = _plain(fact, sheet, t)
    return text if fact.kind is FactKind.POSSIBILITY else clauses.in_scope(text, fact, sheet, t)


def _plain(fact: Fact, sheet: FactSheet, t: Templates) -> str:
    drug, code, values = t.drug(fact.drug), fact.code, fact.values
    match fact.kind:
        case FactKind.PERSON:
            return clauses.person_word(fact, t)
        case FactKind.TAKING:
            because = t.names(values.get("because_of", "").split(";"))
            return t.fill("clause", f"taking_{code}", drug=drug, value=because)
        case FactKind.TIER:
            return t.fill("clause", f"tier_{code}", drug=drug)
        case FactKind.COVERAGE:
            return clauses.coverage_clause([fact], sheet, t)
        case FactKind.FINDING:
            return clauses.finding_clause(fact, t)
        case FactKind.CONVERSION:
            return clauses.conversion_clause(fact, t)
        case FactKind.ACTION:
            return orders.action_clause(fact, [fact.drug], t)
        case FactKind.CHOICE:
            return t.fill("clause", "choice", drug=drug, value=t.fill("choice", code))
        case FactKind.DOSE:
            return t.fill("clause", "dose", drug=drug, dose=orders.dose_clause(fact, t))
        case FactKind.ALTERNATIVE:
            kind = "alternative_same_class" if values.get("why") == "same_class" else "alternative"
            return t.fill("clause", kind, drug=drug, value=t.drug(code))
        case FactKind.SET_ASIDE:
            conflicts = clauses.conflicts_clause(fact, t)
            return t.fill("clause", "set_aside", drug=drug, value=t.drug(code), conflicts=conflicts)
        case FactKind.NOT_ALTERNATIVE | FactKind.AVOID_WITH:
            return t.fill("clause", fact.kind.value, drug=drug, value=t.drug(code))
        case FactKind.MONITORING | FactKind.IMPLICATION | FactKind.RISK:
            return t.fill("clause", fact.kind.value, drug=drug, value=t.words.word(fact.kind.value, code))
        case FactKind.REASSESS:
            return t.fill("clause", "reassess", drug=drug, value=amount(values["after"], t.words))
        case FactKind.MISSING:
            return clauses.missing_fact_clause(fact, sheet, t)
        case FactKind.TEST:
            return t.fill("clause", "test", drug=drug, value=clauses.test_clause(fact, t))
        case FactKind.POSSIBILITY:
            return t.fill("clause", "possibility_alone", drug=drug, reading=clauses.reading_clause(fact, t))
        case FactKind.NOTE:
            return t.fill("clause", "note", drug=drug, value=clauses.note_clause(fact, t))
        case FactKind.POPULATION:
            return clauses.population_clause(fact, t)
        case FactKind.DISAGREEMENT:
            return clauses.disagreement_clause(fact, t)
        case FactKind.INTERACTION:
            return clauses.interaction_clause(fact, t)
        case FactKind.SITE:
            return clauses.site_clause(fact, t)
        case FactKind.SOURCE:
            return t.fill("clause", "source", drug=drug, source=clauses.source_clause(fact, t))
    raise AssertionError(fact.kind)  # pragma: no cover
