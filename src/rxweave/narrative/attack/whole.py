"""Errors that a narrative has as a whole: a warning that is no longer said, a sentence that does not belong in it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from rxweave.narrative.attack.scene import Scene
from rxweave.narrative.attack.wordings import capitalized
from rxweave.narrative.facts import FactKind
from rxweave.narrative.narrative import Sentence, SentenceKind

_WARNINGS = (FactKind.ACTION, FactKind.RISK, FactKind.COVERAGE, FactKind.MISSING, FactKind.AVOID_WITH)


class Changed(NamedTuple):
    """A narrative with one error, ``before`` and ``after`` it. ``place`` -1: what is wrong is what no sentence says."""

    sentences: tuple[Sentence, ...]
    place: int
    before: str
    after: str


WholeMutation = Callable[[Scene, random.Random], Iterator[Changed]]


def dropped_warning(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    """Every sentence that states one essential fact is taken out."""
    for places in _places_of_warnings(scene):
        kept = tuple(s for place, s in enumerate(scene.sentences) if place not in places)
        yield Changed(kept, -1, _texts(scene, places), "")


def blanked_warning(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    """The sentences still cite the essential fact and no longer state it."""
    for places in _places_of_warnings(scene):
        blank = draw.choice(scene.words.errors["blanks"])
        sentences = tuple(replace(s, text=blank) if i in places else s for i, s in enumerate(scene.sentences))
        yield Changed(sentences, -1, _texts(scene, places), blank)


def _places_of_warnings(scene: Scene) -> Iterator[frozenset[int]]:
    for fact in scene.sheet.of(*_WARNINGS):
        places = frozenset(i for i, s in enumerate(scene.sentences) if fact.id in s.facts)
        if fact.is_essential and places:
            yield places


def _texts(scene: Scene, places: frozenset[int]) -> str:
    return " ".join(scene.sentences[place].text for place in sorted(places))


def wrong_facts(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    """A true sentence that cites facts of which none is of a kind it states, or one that there is not."""
    place = draw.randrange(len(scene.sentences))
    if scene.is_of_the_question(place):
        return
    sentence = scene.sentences[place]
    own = {fact.kind for fact in scene.facts_of(sentence)}
    genes = {fact.gene for fact in scene.facts_of(sentence)} - {""}
    elsewhere = [f.id for f in scene.sheet.facts if f.kind not in own and f.gene not in genes]
    if own and elsewhere:
        for facts in ((draw.choice(elsewhere),), (f"{scene.sheet.drugs[0]}/conclusion",)):
            wrong = replace(sentence, facts=facts)
            sentences = (*scene.sentences[:place], wrong, *scene.sentences[place + 1 :])
            yield Changed(sentences, place, sentence.text, f"{sentence.text} [{facts[0]}]")


def absent_as_normal(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    """A gene without a result, or what is not known of the person, said to be normal."""
    tested = {f.gene for f in scene.sheet.of(FactKind.FINDING, scope=None) if f.code != "not_tested"}
    absent = [f.gene for f in scene.sheet.of(FactKind.FINDING) if f.code == "not_tested" and f.gene not in tested]
    named = [g for g in sorted(scene.knowledge.genes) if g.casefold() not in scene.said]
    gene = draw.choice(absent or named)
    yield _added(scene, draw, draw.choice(scene.words.errors["absences"]).replace("{gene}", gene))
    of_person = [text for code, text in scene.words.errors["absent_of_person"] if code not in scene.said]
    if of_person:
        yield _added(scene, draw, draw.choice(of_person))


def over_reassurance(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    yield _added(scene, draw, _of_a_drug(scene, draw, "reassurances"))


def unsupported_comparison(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    others = [f.code for f in scene.sheet.of(FactKind.ALTERNATIVE) if f.code in scene.knowledge.drugs]
    if others:
        text = _of_a_drug(scene, draw, "comparisons").replace("{other}", scene.name(draw.choice(others)))
        yield _added(scene, draw, capitalized(text))


def out_of_scope(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    yield _added(scene, draw, _of_a_drug(scene, draw, "out_of_scope"))


def injected_sentence(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    yield _added(scene, draw, _of_a_drug(scene, draw, "injections"))


def _of_a_drug(scene: Scene, draw: random.Random, words: str) -> str:
    text = str(draw.choice(scene.words.errors[words])).replace("{drug}", scene.name(draw.choice(scene.sheet.drugs)))
    return capitalized(text)


def _added(scene: Scene, draw: random.Random, text: str) -> Changed:
    """The sentence after another, citing the same facts; at times passed off as one that says nothing of the case."""
    place = draw.randrange(len(scene.sentences))
    kind = draw.choice((scene.sentences[place].kind, SentenceKind.BOILERPLATE))
    return Changed(scene.with_added(place, text, kind), place + 1, "", text)


WHOLE_MUTATIONS: dict[str, WholeMutation] = {
    f.__name__: f
    for f in (
        dropped_warning, blanked_warning, wrong_facts, absent_as_normal, over_reassurance, unsupported_comparison,
        out_of_scope, injected_sentence,
    )
}  # fmt: skip
