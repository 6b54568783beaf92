"""The built-in writer: narratives from facts and templates, without any model; the same seed gives the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from rxweave.knowledge.guidelines import Action
from rxweave.narrative import clauses, orders, plain
from rxweave.narrative.fact_words import fact_words
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.figures import amount
from rxweave.narrative.narrative import Audience, Sentence, SentenceKind
from rxweave.narrative.orders import Asked, asked, asked_clause
from rxweave.narrative.planning import AudiencePlan, Message, audience_plan, grouped, is_reassuring, plan
from rxweave.narrative.templates import Chance, Templates, templates
from rxweave.narrative.words import sentence

#: More options of one kind than this are not read.
MOST_OPTIONS = 4


def write(sheet: FactSheet, audience: Audience, language: str = "en", seed: int = 0) -> tuple[Sentence, ...]:
    """The narrative of a case, in reading order and within the length of its audience."""
    if audience is Audience.PATIENT:
        return plain.write(sheet, language, seed)
    chosen = audience_plan(audience)
    kept = _shortened(_told(sheet, audience, language, seed), chosen)
    if _length(kept) > chosen.words[1]:
        kept = _shortened(_told(sheet, audience, language, seed, is_tight=True), chosen)
    return tuple(s for _, s in kept)


def sentences_for(
    facts: Iterable[Fact], sheet: FactSheet, audience: Audience, language: str = "en", seed: int = 0
) -> tuple[Sentence, ...]:
    """Sentences that state these facts of the sheet and nothing more; each fact is in at least one of them."""
    wanted = tuple(dict.fromkeys(f.id for f in facts))
    part = replace(sheet, facts=tuple(f for f in sheet.facts if f.id in wanted))
    if audience is Audience.PATIENT:
        return plain.sentences_for(part, sheet, language, seed)
    said = [s for _, s in _told(part, audience, language, seed)]
    stated = {i for s in said for i in s.facts}
    return (*said, *(_alone(f, sheet, audience, language) for f in part.facts if f.id not in stated))


def _told(
    sheet: FactSheet, audience: Audience, language: str, seed: int, *, is_tight: bool = False
) -> list[tuple[Message, Sentence]]:
    t, chance = templates(language), Chance(f"{seed}/{audience}")
    t = t.tight if is_tight else t
    told = []
    for message in plan(sheet, audience, is_tight=is_tight):
        kind, say = _SAYINGS[message.code]
        message = _of_interest(message)
        text = sentence(say(message, sheet, t, chance))
        ids = tuple(dict.fromkeys(f.id for f in message.facts))
        told.append((message, Sentence(text, ids, kind, message.heading)))
    return told


def _of_interest(message: Message) -> Message:
    """Long lists of options end after the first few."""
    if message.code in ("same_class", "set_aside"):
        return replace(message, facts=message.facts[:MOST_OPTIONS])
    return message


def _shortened(told: list[tuple[Message, Sentence]], chosen: AudiencePlan) -> list[tuple[Message, Sentence]]:
    """Without what weighs least until it fits: at the aim only optional messages go, at the ceiling all that may."""
    aim, ceiling = chosen.words
    kept = list(told)
    for weight in sorted({m.weight for m, _ in told if m.weight}, reverse=True):
        limit = aim if weight > 1 else ceiling
        for entry in [e for e in reversed(kept) if e[0].weight == weight]:
            if _length(kept) > limit:
                kept.remove(entry)
    return kept


def _length(told: list[tuple[Message, Sentence]]) -> int:
    """In words."""
    return sum(len(s.text.split()) for _, s in told)


def _alone(fact: Fact, sheet: FactSheet, audience: Audience, language: str) -> Sentence:
    """A fact that no message holds without others."""
    kind = _KINDS.get(fact.kind, SentenceKind.FINDING)
    heading = _heading_of_kind(kind, audience)
    return Sentence(sentence(fact_words(fact, sheet, language)), (fact.id,), kind, heading)


def _heading_of_kind(kind: SentenceKind, audience: Audience) -> str:
    """The heading under which the audience reads sentences of this kind."""
    chosen = audience_plan(audience)
    found = [chosen.heading_of[code] for code, (k, _) in _SAYINGS.items() if k is kind and code in chosen.heading_of]
    return found[0] if found else chosen.headings[0]


_KINDS = {
    FactKind.ACTION: SentenceKind.RECOMMENDATION,
    FactKind.CHOICE: SentenceKind.RECOMMENDATION,
    FactKind.DOSE: SentenceKind.RECOMMENDATION,
    FactKind.AVOID_WITH: SentenceKind.RECOMMENDATION,
    FactKind.ALTERNATIVE: SentenceKind.OPTION,
    FactKind.SET_ASIDE: SentenceKind.OPTION,
    FactKind.NOT_ALTERNATIVE: SentenceKind.OPTION,
    FactKind.MONITORING: SentenceKind.MONITORING,
    FactKind.REASSESS: SentenceKind.MONITORING,
    FactKind.RISK: SentenceKind.RISK,
    FactKind.IMPLICATION: SentenceKind.RISK,
    FactKind.INTERACTION: SentenceKind.RISK,
    FactKind.MISSING: SentenceKind.UNCERTAINTY,
    FactKind.TEST: SentenceKind.UNCERTAINTY,
    FactKind.POSSIBILITY: SentenceKind.UNCERTAINTY,
    FactKind.NOTE: SentenceKind.UNCERTAINTY,
    FactKind.POPULATION: SentenceKind.UNCERTAINTY,
    FactKind.DISAGREEMENT: SentenceKind.UNCERTAINTY,
    FactKind.COVERAGE: SentenceKind.UNCERTAINTY,
    FactKind.SOURCE: SentenceKind.SOURCE,
}


# ---------------------------------------------------------------- saying a message


def _recommend(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    order = _order(message, sheet)
    if tests := message.of(FactKind.TEST, drug=order.action.drug):
        drug = t.names(message.drugs)
        text = t.join([clauses.test_clause(f, t, drug=drug) for f in tests])
        return orders.reason_first(text, order.action, t)
    text = asked_clause(order, message.drugs, t)
    unknown = [f for f in message.of(FactKind.MISSING) if f.drug == order.action.drug]
    if not unknown:
        return t.choose(chance, "say", "recommend", value=text)
    genes = t.join(clauses.missing_clauses(unknown, sheet, t))
    if is_reassuring(order) and order.action.code == Action.STANDARD and not order.doses:
        return t.choose(chance, "say", "partial_standard", drug=t.names(message.drugs), genes=genes)
    return t.choose(chance, "say", "recommend", value=f"{text}; {genes}")


def _order(message: Message, sheet: FactSheet) -> Asked:
    """The directive of the message's first action, from the message's own facts."""
    first = message.of(FactKind.ACTION)[0]
    alike = [f for f in message.facts if f.drug == first.drug and f.scope == first.scope]

    def of(kind: FactKind) -> tuple[Fact, ...]:
        return tuple(f for f in alike if f.kind is kind)

    return Asked(first, of(FactKind.CHOICE), of(FactKind.DOSE), of(FactKind.ALTERNATIVE), of(FactKind.MONITORING))


def _avoid_with(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    others = t.join([t.drug(f.code) for f in message.facts], "or")
    return t.choose(chance, "say", "avoid_with", drug=t.names(message.drugs), value=others)


def _triggered(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    because = t.names(message.facts[0].values.get("because_of", "").split(";"))
    return t.choose(chance, "say", "triggered", drug=t.names(message.drugs), value=because)


def _follow_up(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    order = _order(message, sheet)
    text = asked_clause(order, message.drugs, t, is_named=False, with_reason=False)
    return clauses.in_scope(text, order.action, sheet, t)


def _branch(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    conditions = [clauses.condition_clause(a.condition, t) for a in message.of(FactKind.ACTION)]
    joined = f"; {t.words.word('join', 'or')} ".join(conditions)
    text = asked_clause(_order(message, sheet), message.drugs, t)
    return t.choose(chance, "say", "branch", condition=joined, value=text)


def _possibility(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    reading = t.join([clauses.reading_clause(f, t) for f in message.of(FactKind.POSSIBILITY)], "or")
    text = asked_clause(_order(message, sheet), message.drugs, t)
    return t.fill("clause", "possibility", reading=reading, value=text)


def _finding(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    return _unsettled(_result(message, message.facts[0].gene, t), message, t)


def _why(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    by_gene = grouped(message.of(FactKind.FINDING), lambda f: f.gene)
    text = t.join([_result(message, gene, t) for gene in by_gene])
    if meanings := _meanings(message.of(FactKind.IMPLICATION), t):
        code = ("why", "why_both", "why_all")[min(len(by_gene), 3) - 1]
        text = t.choose(chance, "say", code, findings=text, implications="; ".join(meanings))
    return text


def _result(message: Message, gene: str, t: Templates) -> str:
    finding = next(f for f in message.of(FactKind.FINDING) if f.gene == gene)
    conversion = next((f for f in message.of(FactKind.CONVERSION) if f.gene == gene), None)
    return clauses.finding_clause(finding, t, conversion)


def _unsettled(text: str, message: Message, t: Templates) -> str:
    """A result that does not settle the advice says so, and on which drug where it is about several."""
    open_for = [f.drug for f in message.of(FactKind.MISSING)]
    code = "unsettled" if len(message.drugs) == 1 else "unsettled_of"
    return t.fill("say", code, value=text, drug=t.names(open_for)) if open_for else text


def _meanings(implications: Sequence[Fact], t: Templates) -> list[str]:
    """``with codeine and tramadol, much less of the active metabolite forms``: drugs with the same meaning together."""
    codes = {d: tuple(dict.fromkeys(f.code for f in fs)) for d, fs in grouped(implications, lambda f: f.drug).items()}
    return [
        t.fill(
            "say", "implication_of", drug=t.names(drugs), value=t.join([t.words.word("implication", c) for c in said])
        )
        for said, drugs in grouped(codes, lambda d: codes[d]).items()
    ]


def _assessment(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    """What each gene means for one drug; genes that mean the same together."""
    codes = {g: tuple(f.code for f in fs) for g, fs in grouped(message.facts, lambda f: f.gene).items()}
    said = [
        t.fill("say", "assessment_of", gene=t.join(genes), value=_worded("implication", meaning, t))
        for meaning, genes in grouped(codes, lambda g: codes[g]).items()
    ]
    return t.choose(chance, "say", "assessment", drug=t.names(message.drugs), value="; ".join(said))


def _risk(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    risks = _worded("risk", [f.code for f in message.facts], t)
    code = _risk_code([order for d in message.drugs if (order := asked(sheet, d)) is not None])
    return t.choose(chance, "say", code, drug=t.names(message.drugs), risks=risks)


def _risk_code(orders: Sequence[Asked]) -> str:
    """A risk of leaving a treatment as it is, where a change of it is asked for."""
    is_change = bool(orders) and all(
        order.is_change and order.action.code not in (Action.TEST_FIRST, Action.NOT_EXCLUDED) for order in orders
    )
    return "risk_unchanged" if is_change else "risk"


def _options(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    others = t.join([t.drug(f.code) for f in message.facts], "or")
    return t.choose(chance, "say", message.code, drug=t.names(message.drugs), value=others)


def _set_aside(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    """Alternatives with the same conflicts share one bracket."""
    by_conflict = grouped(message.facts, lambda f: clauses.conflicts_clause(f, t))
    said = [
        t.fill("say", "set_aside_one", value=t.join([t.drug(f.code) for f in alike]), conflicts=conflicts)
        for conflicts, alike in by_conflict.items()
    ]
    return t.choose(chance, "say", "set_aside", drug=t.names(message.drugs), value="; ".join(said))


def _monitoring(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    checks = _worded("monitoring", [f.code for f in message.facts], t)
    return t.choose(chance, "say", "monitoring", drug=t.names(message.drugs), value=checks)


def _reassess(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    after = amount(message.facts[0].values["after"], t.words)
    return t.choose(chance, "say", "reassess", drug=t.names(message.drugs), value=after)


def _benefit(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    """What the changes are meant for: drugs with the same reason together."""
    by_reason = grouped(message.facts, lambda f: f.values["reason"])
    meant = [
        t.fill("say", f"benefit_{reason}", drug=t.names([f.drug for f in alike])) for reason, alike in by_reason.items()
    ]
    return t.choose(chance, "say", "benefit", value=t.join(meant))


def _missing(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    """What is not known of each drug; drugs that lack the same share a clause."""
    lacking = {
        d: clauses.missing_clauses(fs, sheet, t)
        for d, fs in grouped(message.of(FactKind.MISSING), lambda f: f.drug).items()
    }
    said = [
        t.fill("say", f"{message.code}_of", value=t.join(nouns), drug=t.names(drugs))
        for nouns, drugs in grouped(lacking, lambda d: lacking[d]).items()
    ]
    return t.choose(chance, "say", message.code, value="; ".join(said))


def _test(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    """Tests for the same reason in one sentence, each gene with its drugs."""
    genes_of = {d: tuple(f.gene for f in fs) for d, fs in grouped(message.of(FactKind.TEST), lambda f: f.drug).items()}
    genes = t.join(
        [
            t.fill("test", "for_drug", gene=t.join(genes), drug=t.names(drugs))
            for genes, drugs in grouped(genes_of, lambda d: genes_of[d]).items()
        ]
    )
    text = clauses.test_clause(message.of(FactKind.TEST)[0], t, genes=genes)
    return t.choose(chance, "say", "test", value=text)


def _note(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    return t.fill("say", "note", drug=t.names(message.drugs), value=clauses.note_clause(message.facts[0], t))


def _coverage(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    return clauses.coverage_clause(message.of(FactKind.COVERAGE), sheet, t)


def _nothing_to_do(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    by_action = grouped(message.of(FactKind.ACTION), lambda f: (f.code, f.values.get("reason", "")))
    return "; ".join(
        orders.quiet_clause(alike[0], [_with_findings(f.drug, message, t) for f in alike], t)
        for alike in by_action.values()
    )


def _with_findings(drug: str, message: Message, t: Templates) -> str:
    """``sertraline (CYP2C19 *1/*1, normal metabolizer; starting dose as usual)``."""
    details = [clauses.result_in_short(f, t) for f in message.of(FactKind.FINDING, drug=drug)]
    doses = orders.dose_list(message.of(FactKind.DOSE, drug=drug), t)
    details += [doses] if doses else []
    if not details:
        return t.drug(drug)
    return t.fill("say", "drug_with_findings", drug=t.drug(drug), findings="; ".join(details))


def _sources(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    by_source = grouped(message.facts, lambda f: clauses.source_clause(f, t))
    said = [
        t.fill("say", "source_of", source=source, drug=t.names([f.drug for f in alike]))
        for source, alike in by_source.items()
    ]
    return t.choose(chance, "say", "sources" if len(said) > 1 else "source_one", value="; ".join(said))


def _question(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    person = ", ".join(clauses.person_word(f, t) for f in message.of(FactKind.PERSON))
    code = "question_person" if person else "question"
    return t.choose(chance, "say", code, drugs=t.names(message.drugs), person=person)


def _one_fact(message: Message, sheet: FactSheet, t: Templates, chance: Chance) -> str:
    fact = message.facts[0]
    match fact.kind:
        case FactKind.POPULATION:
            return clauses.population_clause(fact, t)
        case FactKind.DISAGREEMENT:
            return clauses.disagreement_clause(fact, t)
        case FactKind.INTERACTION:
            return clauses.interaction_clause(fact, t)
        case _:
            return clauses.site_clause(fact, t)


def _worded(section: str, codes: Iterable[str], t: Templates) -> str:
    """The words of codes, each once."""
    return t.join(dict.fromkeys(t.words.word(section, c) for c in codes))


_Say = Callable[[Message, FactSheet, Templates, Chance], str]

#: How each message is said, and what kind of sentence it makes.
_SAYINGS: dict[str, tuple[SentenceKind, _Say]] = {
    "question": (SentenceKind.FINDING, _question),
    "payer_patient": (SentenceKind.FINDING, _question),
    "triggered": (SentenceKind.FINDING, _triggered),
    "finding": (SentenceKind.FINDING, _finding),
    "why": (SentenceKind.FINDING, _why),
    "assessment": (SentenceKind.RISK, _assessment),
    "recommend": (SentenceKind.RECOMMENDATION, _recommend),
    "avoid_with": (SentenceKind.RECOMMENDATION, _avoid_with),
    "fallback": (SentenceKind.OPTION, _follow_up),
    "next_step": (SentenceKind.OPTION, _follow_up),
    "branch": (SentenceKind.RECOMMENDATION, _branch),
    "risk": (SentenceKind.RISK, _risk),
    "benefit": (SentenceKind.RISK, _benefit),
    "interaction": (SentenceKind.RISK, _one_fact),
    "overriding_interaction": (SentenceKind.RISK, _one_fact),
    "same_class": (SentenceKind.OPTION, _options),
    "not_alternative": (SentenceKind.OPTION, _options),
    "set_aside": (SentenceKind.OPTION, _set_aside),
    "monitoring": (SentenceKind.MONITORING, _monitoring),
    "reassess": (SentenceKind.MONITORING, _reassess),
    "missing": (SentenceKind.UNCERTAINTY, _missing),
    "missing_gene": (SentenceKind.UNCERTAINTY, _missing),
    "test": (SentenceKind.UNCERTAINTY, _test),
    "possibility": (SentenceKind.UNCERTAINTY, _possibility),
    "population": (SentenceKind.UNCERTAINTY, _one_fact),
    "disagreement": (SentenceKind.UNCERTAINTY, _one_fact),
    "site": (SentenceKind.UNCERTAINTY, _one_fact),
    "note": (SentenceKind.UNCERTAINTY, _note),
    "option_note": (SentenceKind.OPTION, _note),
    "binding_note": (SentenceKind.UNCERTAINTY, _note),
    "coverage": (SentenceKind.UNCERTAINTY, _coverage),
    "nothing_to_do": (SentenceKind.FINDING, _nothing_to_do),
    "sources": (SentenceKind.SOURCE, _sources),
}
