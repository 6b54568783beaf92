"""Letters to patients: what the results mean, what to do and not to do, and what is not known, in plain words.

Numbers, doses and names of results stay with the clinicians; the letter says which medicine to ask about, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rxweave.knowledge.guidelines import Action
from rxweave.narrative.clauses import is_known
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.narrative import Sentence, SentenceKind
from rxweave.narrative.orders import asked
from rxweave.narrative.planning import grouped, is_reassuring, needs_card
from rxweave.narrative.templates import Chance, Templates, templates
from rxweave.narrative.words import sentence

MEANS, DO, DO_NOT, NOT_KNOWN = _PARTS = ("what_it_means", "what_to_do", "what_not_to_do", "not_known")


def write(sheet: FactSheet, language: str = "en", seed: int = 0) -> tuple[Sentence, ...]:
    """The whole letter."""
    t, chance = templates(language), Chance(f"{seed}/patient")
    letter = (
        _boilerplate("intro", MEANS, t),
        *_meanings(sheet, t, chance),
        *_actions(sheet, t, chance),
        _boilerplate("show_letter", DO, t),
        _boilerplate("never_stop", DO_NOT, t),
        *_not_to_do(sheet, t, chance),
        *_not_known(sheet, t, chance),
        _boilerplate("limits_of_test", NOT_KNOWN, t),
    )
    return tuple(sorted(letter, key=lambda s: _PARTS.index(s.heading)))


def sentences_for(part: FactSheet, sheet: FactSheet, language: str = "en", seed: int = 0) -> tuple[Sentence, ...]:
    """The letter's sentences for the facts of ``part``; facts that no letter tells are left out."""
    t, chance = templates(language), Chance(f"{seed}/patient")
    said = (
        *_meanings(part, t, chance),
        *_actions(part, t, chance),
        *_not_to_do(part, t, chance),
        *_not_known(part, t, chance),
    )
    return tuple(s for s in said if s.facts)


def _boilerplate(code: str, heading: str, t: Templates) -> Sentence:
    return Sentence(t.fill("boilerplate", code), (), SentenceKind.BOILERPLATE, heading)


def _said(text: str, facts: Iterable[Fact], kind: SentenceKind, heading: str) -> Sentence:
    return Sentence(sentence(text), tuple(dict.fromkeys(f.id for f in facts)), kind, heading)


# ---------------------------------------------------------------- what the results mean


def _meanings(sheet: FactSheet, t: Templates, chance: Chance) -> Iterator[Sentence]:
    """What each result means for each medicine that may change; the rest follows under what to do."""
    told: dict[tuple[str, str], list[Fact]] = {}  # gene and meaning -> the facts that say so
    for finding in sheet.of(FactKind.FINDING):
        order = asked(sheet, finding.drug)
        if not is_known(finding) or order is None or is_reassuring(order):
            continue
        is_open = any(m.gene == finding.gene for m in sheet.of(FactKind.MISSING, drug=finding.drug))
        meant = [i for i in sheet.of(FactKind.IMPLICATION, drug=finding.drug) if i.gene == finding.gene and not is_open]
        meaning = t.fill("plain.implication", meant[0].code) if meant else ""
        same = [i for i in meant if t.fill("plain.implication", i.code) == meaning]
        told.setdefault((finding.gene, meaning), []).extend((finding, *same))
    by_genes: dict[tuple[str, tuple[str, ...]], list[str]] = {}  # genes that mean the same for the same medicines
    for (gene, meaning), facts in told.items():
        by_genes.setdefault((meaning, tuple(dict.fromkeys(f.drug for f in facts))), []).append(gene)
    for (meaning, drugs), genes in by_genes.items():
        facts = [f for g in genes for f in told[g, meaning]]
        code = ("meaning" if meaning else "matters") + ("_genes" if len(genes) > 1 else "")
        value = t.fill("plain.meaning", meaning, drug=t.names(drugs)) if meaning else ""
        text = t.choose(chance, "plain.say", code, gene=t.join(genes), value=value, drug=t.names(drugs))
        yield _said(text, facts, SentenceKind.FINDING, MEANS)
    yield from _conversions(sheet, t, chance)
    yield from _interactions(sheet, t, chance)


def _interactions(sheet: FactSheet, t: Templates, chance: Chance) -> Iterator[Sentence]:
    """Other medicines that change the level of one which the genes would leave as it is."""
    strong = [f for f in sheet.of(FactKind.INTERACTION) if f.is_essential]
    for (effect, victim), alike in grouped(strong, lambda f: (f.code, f.values["victim"])).items():
        agents = t.names(dict.fromkeys(f.values["perpetrator"] for f in alike))
        text = t.choose(chance, "plain.say", effect, agent=agents, drug=t.drug(victim))
        yield _said(text, alike, SentenceKind.RISK, MEANS)


def _conversions(sheet: FactSheet, t: Templates, chance: Chance) -> Iterator[Sentence]:
    """Which medicines change how a gene works, whether it was tested or not."""
    for (gene, by), alike in grouped(sheet.of(FactKind.CONVERSION), lambda f: (f.gene, f.values.get("by", ""))).items():
        drugs = {f.drug for f in alike}
        findings = [f for f in sheet.of(FactKind.FINDING) if f.gene == gene and f.drug in drugs]
        untested = [f for f in findings if not is_known(f)]
        agents = t.join([_agent(a, t) for a in by.split(";")])
        code = "conversion_untested" if untested else "conversion"
        text = t.choose(chance, "plain.say", code, agent=agents, gene=gene)
        yield _said(text, (*alike, *untested), SentenceKind.FINDING, MEANS)


def _agent(agent: str, t: Templates) -> str:
    return t.words.word("agent", agent) if t.words.has("agent", agent) else t.drug(agent)


# ---------------------------------------------------------------- what to do


def _actions(sheet: FactSheet, t: Templates, chance: Chance) -> Iterator[Sentence]:
    """Medicines that may change first, those that need no change last; the same advice once."""
    actions = sheet.of(FactKind.ACTION)
    changing = [a for a in actions if a.code not in (Action.STANDARD, Action.NO_RECOMMENDATION)]
    for alike in grouped(changing, lambda f: (f.code, tuple(f.values.items()))).values():
        yield _said(_action(alike[0], [f.drug for f in alike], t), alike, SentenceKind.RECOMMENDATION, DO)
    yield from _cards(sheet, t, chance)
    same = [a for a in actions if a not in changing]
    for genes, alike in grouped(same, lambda f: _genes(f, sheet)).items():
        yield from _unchanged(alike, genes, sheet, t, chance)


@dataclass(frozen=True, slots=True)
class _Genes:
    """The genes of a drug and how it is with them: ``action`` is why they are told of together."""

    action: tuple[str, str]
    settled: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()  # with a result that does not settle the advice
    lacking: tuple[str, ...] = ()  # without a usable result


def _genes(action: Fact, sheet: FactSheet) -> _Genes:
    known = [f.gene for f in sheet.of(FactKind.FINDING, drug=action.drug) if is_known(f)]
    missing = [f.gene for f in sheet.of(FactKind.MISSING, drug=action.drug) if f.gene]
    return _Genes(
        (action.code, action.values.get("reason", "")),
        tuple(g for g in known if g not in missing),
        tuple(g for g in missing if g in known),
        tuple(g for g in missing if g not in known),
    )


def _unchanged(
    actions: Sequence[Fact], genes: _Genes, sheet: FactSheet, t: Templates, chance: Chance
) -> Iterator[Sentence]:
    """Medicines that need no change by the same genes, with what is not known of these."""
    drugs = [f.drug for f in actions]
    told = (*genes.settled, *genes.unsettled, *genes.lacking)
    facts = [f for d in drugs for f in sheet.of(FactKind.FINDING, FactKind.MISSING, drug=d) if f.gene in told]
    values = {
        "drug": t.names(drugs),
        "gene": t.join(genes.settled or told),
        "unsettled": t.join(genes.unsettled),
        "lacking": t.join(genes.lacking),
    }
    is_open = bool(genes.unsettled or genes.lacking)
    if genes.action[0] == Action.NO_RECOMMENDATION or not told:
        text = _no_recommendation(actions[0], values | {"gene": t.join(told)}, t)
    elif is_open:
        state = "both" if genes.unsettled and genes.lacking else "lacking" if genes.lacking else "unsettled"
        text = t.choose(chance, "plain.say", f"partial_{state}{'' if genes.settled else '_alone'}", **values)
    else:
        text = t.choose(chance, "plain.say", "no_change_genes" if len(told) > 1 else "no_change", **values)
    kind = SentenceKind.UNCERTAINTY if is_open else SentenceKind.RECOMMENDATION
    yield _said(text, (*actions, *facts), kind, NOT_KNOWN if is_open else DO)


def _no_recommendation(action: Fact, values: Mapping[str, str], t: Templates) -> str:
    reason = action.values.get("reason", "")
    section = "plain.no_recommendation" if values["gene"] else "plain.no_recommendation_alone"
    return (
        t.fill(section, reason, **values)
        if t.has(section, reason)
        else t.fill("plain.action.do", action.code, **values)
    )


#: Actions whose words for patients say why.
_REASON_SAID = frozenset({Action.CONTRAINDICATED, Action.NOT_EXCLUDED})


def _action(action: Fact, drugs: Sequence[str], t: Templates) -> str:
    drug = t.names(drugs)
    reason = action.values.get("reason", "")
    form = "consider" if action.values.get("modality") == "consider" else "do"
    code = "relative_contraindication" if action.values.get("level") == "relative" else action.code
    text = t.fill(f"plain.action.{form}", code, drug=drug)
    if action.code in _REASON_SAID or not t.has("plain.reason", reason):
        return text
    return t.fill("plain.say", "with_reason", action=text, reason=t.fill("plain.reason", reason))


def _cards(sheet: FactSheet, t: Templates, chance: Chance) -> Iterator[Sentence]:
    """Results that every clinician has to know of, one sentence for all their genes."""
    told = [f for f in sheet.of(FactKind.FINDING) if is_known(f) and needs_card(f)]
    if told:
        genes = t.join(dict.fromkeys(f.gene for f in told))
        text = t.choose(chance, "plain.say", "card", gene=genes)
        yield _said(text, told, SentenceKind.RECOMMENDATION, DO)


# ---------------------------------------------------------------- what not to do, what is not known


def _not_to_do(sheet: FactSheet, t: Templates, chance: Chance) -> Iterator[Sentence]:
    for code, kind in (("avoid_with", FactKind.AVOID_WITH), ("not_alternative", FactKind.NOT_ALTERNATIVE)):
        for drug, facts in grouped(sheet.of(kind), lambda f: f.drug).items():
            others = t.join([_plain_drug(f.code, t) for f in facts], "or")
            text = t.choose(chance, "plain.say", code, drug=t.drug(drug), value=others)
            yield _said(text, facts, SentenceKind.RECOMMENDATION, DO_NOT)


def _plain_drug(name: str, t: Templates) -> str:
    return t.fill("plain.drug", name) if t.has("plain.drug", name) else t.drug(name)


def _not_known(sheet: FactSheet, t: Templates, chance: Chance) -> Iterator[Sentence]:
    for (code, genes), alike in grouped(sheet.of(FactKind.COVERAGE), lambda f: _coverage_key(f, sheet)).items():
        unknown = [f for a in alike for f in _unknown(a, sheet)]
        name = f"{code}_alone" if code == "gene_not_tested" and not genes else code
        text = t.choose(chance, "plain.say", name, drug=t.names([f.drug for f in alike]), gene=t.join(genes))
        yield _said(text, (*alike, *unknown), SentenceKind.UNCERTAINTY, NOT_KNOWN)
    missing = [f for f in sheet.of(FactKind.MISSING) if f.gene and not _is_partial(f, sheet)]
    for (gene, code), alike in grouped(missing, lambda f: (f.gene, _state(f, sheet))).items():
        findings = [
            x for f in alike for x in sheet.of(FactKind.FINDING, drug=f.drug) if x.gene == gene and not is_known(x)
        ]
        text = t.choose(chance, "plain.say", code, gene=gene, drug=t.names([f.drug for f in alike]))
        yield _said(text, (*alike, *findings), SentenceKind.UNCERTAINTY, NOT_KNOWN)
    questions = [f for f in sheet.of(FactKind.MISSING) if not f.gene]
    for drug, asked_of in grouped(questions, lambda f: f.drug).items():
        nouns = dict.fromkeys(_question(f, t) for f in asked_of)
        text = t.choose(chance, "plain.say", "questions", drug=t.drug(drug), value=t.join(nouns))
        yield _said(text, asked_of, SentenceKind.UNCERTAINTY, NOT_KNOWN)


def _coverage_key(coverage: Fact, sheet: FactSheet) -> tuple[str, tuple[str, ...]]:
    return (coverage.code, tuple(dict.fromkeys(f.gene for f in _unknown(coverage, sheet))))


def _unknown(coverage: Fact, sheet: FactSheet) -> list[Fact]:
    """The genes that a drug without a usable result waits for."""
    if coverage.code != "gene_not_tested":
        return []
    missing = [f for f in sheet.of(FactKind.MISSING, drug=coverage.drug) if f.gene]
    findings = sheet.of(FactKind.FINDING, drug=coverage.drug)
    return missing + [f for f in findings if not is_known(f) and f.gene in {m.gene for m in missing}]


def _is_partial(missing: Fact, sheet: FactSheet) -> bool:
    """The gene is named beside the action, or beside the lack of one, already."""
    if any(f.code == "gene_not_tested" for f in sheet.of(FactKind.COVERAGE, drug=missing.drug)):
        return True
    order = asked(sheet, missing.drug)
    return order is not None and is_reassuring(order)


def _state(missing: Fact, sheet: FactSheet) -> str:
    known = any(f.gene == missing.gene and is_known(f) for f in sheet.of(FactKind.FINDING, drug=missing.drug))
    return "unsettled" if known else "no_result"


def _question(missing: Fact, t: Templates) -> str:
    code = missing.code.partition(":")[0]
    return t.fill("plain.missing", code if t.has("plain.missing", code) else "other")
