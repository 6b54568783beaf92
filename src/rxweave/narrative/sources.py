"""What stands beside a headline, in words: other sources, plain interactions, and what the site changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rxweave.guidance.advice import Advice, Disagreement, DrugInteraction, SiteChange
from rxweave.knowledge.guidelines import Action
from rxweave.narrative.directives import directive_phrase
from rxweave.narrative.findings import modulator_kind
from rxweave.narrative.words import Words, sentence, words


def disagreement_phrase(disagreement: Disagreement, w: Words) -> str:
    """``DPWG asks for more: avoid. It weighs other genes.``"""
    return " ".join(x for x in (_difference(disagreement, w), because_phrase(disagreement)) if x)


def differences(advice: Advice, how: str, language: str = "en") -> tuple[str, ...]:
    """Which sources differ in one way (``stricter`` ...), each said once and without its reasons."""
    w = words(language)
    return tuple(dict.fromkeys(_difference(d, w) for d in advice.disagreements if d.how == how))


def _difference(disagreement: Disagreement, w: Words) -> str:
    source = source_phrase(disagreement.source, w)
    action = w.word("action.do", disagreement.action.value)
    return sentence(w.word("disagreement.how", disagreement.how, source=source, action=action))


def because_phrase(disagreement: Disagreement, language: str = "en") -> str:
    """Why two sources may differ; empty where nothing explains it."""
    w = words(language)
    return " ".join(sentence(w.word("disagreement.because", code)) for code in disagreement.because)


def source_phrase(source: str, w: Words) -> str:
    return w.word("sources", source) if w.has("sources", source) else source


def side_by_side(advice: Advice, language: str = "en") -> str:
    """What another source says, on one line with its name: ``DPWG: use an alternative``.

    The section of the FDA's table and the group of patients stand with the name where they are not the general ones.
    """
    (line,) = sides((advice,), language=language)
    return line


def sides(advices: Iterable[Advice], because: Mapping[str, str] | None = None, language: str = "en") -> tuple[str, ...]:
    """A line for each thing that the sources of ``advices`` say; sources that say the same share it.

    ``because`` gives, by the line's beginning (``name_of``), why a source may differ from the one that leads.
    """
    w = words(language)
    names: dict[str, list[str]] = {}
    for advice in advices:
        name = name_of(advice, language)
        reason = (because or {}).get(name, "")
        said = " ".join(x for x in (sentence(_in_short(advice, w)), reason) if x)
        if name not in names.setdefault(said, []):
            names[said].append(name)
    return tuple(f"{', '.join(_each_once(found))}: {said}" for said, found in names.items())


_ONE_GENE = re.compile(r"(?P<source>[^()]+) \((?P<gene>[^();]+)\)")


def _each_once(names: Sequence[str]) -> Iterator[str]:
    """``FDA (CYP2C9)``, ``FDA (VKORC1)``, ``FDA`` (of both together) as ``FDA (CYP2C9, VKORC1)``."""
    read = {name: _ONE_GENE.fullmatch(name) for name in names}
    genes: dict[str, list[str]] = {}
    for match in filter(None, read.values()):
        genes.setdefault(match["source"], []).append(match["gene"])
    for name in dict.fromkeys(match["source"] if match else name for name, match in read.items()):
        yield f"{name} ({', '.join(genes[name])})" if name in genes else name


def name_of(advice: Advice, language: str = "en") -> str:
    """``FDA (CYP2D6; label)``: the source, and which of its advices this is."""
    w = words(language)
    about = [next(iter(advice.genes))] if len(advice.genes) == 1 else []
    if advice.section is not None:
        about.append(w.word("section", advice.section.value))
    if advice.population not in ("", "general"):
        about.append(w.word("population", advice.population))
    name = source_phrase(advice.source, w)
    return f"{name} ({'; '.join(about)})" if about else name


def _in_short(advice: Advice, w: Words) -> str:
    """The directive; where the source asks for nothing, what it says the genes do."""
    directive = advice.directive
    codes = [code for found in advice.implications.values() for code in found]
    if directive.action is not Action.NO_RECOMMENDATION or not (codes or advice.risks):
        return directive_phrase(directive, w)
    effects = [w.word("implication", c) for c in dict.fromkeys(codes)]
    if advice.risks:
        effects.append(w.word("label", "risk_of", value=w.join([w.word("risk", r) for r in advice.risks])))
    return f"{'; '.join(effects)} ({directive_phrase(directive, w)})"


def interaction_phrase(interaction: DrugInteraction, w: Words) -> str:
    """A plain drug interaction: it holds whatever the genes are, and says so."""
    kind = modulator_kind(interaction.strength.value, interaction.role.value, w, interaction.gene)
    return sentence(
        w.word(
            "interaction",
            interaction.effect,
            victim=interaction.victim,
            perpetrator=interaction.perpetrator,
            kind=kind,
            sources=w.join(list(interaction.sources)),
        )
    )


def overriding_phrase(interactions: Sequence[DrugInteraction], w: Words) -> str:
    """What a headline that asks for nothing must name: ``its level is expected to rise with clarithromycin (...)``.

    One clause for each effect, in the order of the interactions; empty without any.
    """
    agents: dict[str, list[str]] = {}
    for i in interactions:
        kind = modulator_kind(i.strength.value, i.role.value, w, i.gene)
        agents.setdefault(i.effect, []).append(f"{i.perpetrator} ({kind})")
    return w.join([w.word("overriding", effect, value=w.join(found)) for effect, found in agents.items()])


def site_change_phrase(change: SiteChange, w: Words) -> str:
    """Which rule of the site changed the advice, who answers for it, and what stood there before."""
    text = w.word("site_change", change.kind, id=change.id, owner=change.owner)
    if change.replaced:
        text += f" ({w.word('site_change', 'before', value=change.replaced.replace('_', ' '))})"
    return sentence(f"{text}: {change.because}" if change.because else text)


def triggered_phrase(advice: Advice, w: Words) -> str:
    """Why a drug that was not ordered gets advice; empty where it was."""
    if not advice.triggered_by:
        return ""
    return sentence(w.word("label", "triggered", value=w.join(list(advice.triggered_by)), drug=advice.drug))
