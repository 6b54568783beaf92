"""The same said otherwise: narratives that mean what the first meant. A verifier must accept every one."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from rxweave.narrative.attack.scene import Scene, renamed
from rxweave.narrative.attack.whole import Changed
from rxweave.narrative.attack.wordings import Pattern, capitalized, uncapitalized

Rewrite = Callable[[Scene, random.Random], Iterator[Changed]]


def spelling(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    return _by_patterns(scene, "spelling")


def units(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    return _by_patterns(scene, "units")


def synonyms(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    return _by_patterns(scene, "synonyms")


def voice(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    """Active said passively, and the other way round."""
    return _by_patterns(scene, "voice")


def clause_order(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    return _by_patterns(scene, "order")


def _by_patterns(scene: Scene, name: str) -> Iterator[Changed]:
    patterns: tuple[Pattern, ...] = scene.words.rewrites[name]
    for place, sentence in enumerate(scene.sentences):
        for pattern in patterns:
            for text in pattern.applied(sentence.text):
                yield Changed(scene.with_text(place, text), place, sentence.text, text)


def brand_name(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    """The ingredient by the name of a product that holds it alone."""
    for place, sentence in enumerate(scene.sentences):
        for name in scene.drugs_in(sentence.text):
            known = scene.knowledge.drugs.get(name)
            if known and known.brands:
                text = renamed(
                    sentence.text, scene.name(name), f"{capitalized(draw.choice(known.brands))} ({scene.name(name)})"
                )
                yield Changed(scene.with_text(place, text), place, sentence.text, text)


def sentence_order(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    """Two neighbours under one heading change places."""
    for place, (first, second) in enumerate(zip(scene.sentences, scene.sentences[1:], strict=False)):
        if first.heading == second.heading:
            sentences = (*scene.sentences[:place], second, first, *scene.sentences[place + 2 :])
            yield Changed(sentences, place, first.text, second.text)


def joined(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    """Two neighbours of one kind under one heading become one sentence.

    Not standing sentences, and not where the first holds under a condition, which the second would come under.
    """
    words = scene.words.rewrites["join"]
    for place, (first, second) in enumerate(zip(scene.sentences, scene.sentences[1:], strict=False)):
        is_free = not any(fact.scope for fact in scene.facts_of(first))
        if first.heading == second.heading and first.kind is second.kind and is_free and first.facts and second.facts:
            joints = words["with_parts" if re.search(words["parts"], first.text + second.text) else "simple"]
            joint = draw.choice(joints)
            text = first.text.rstrip(".") + joint + uncapitalized(second.text)
            both = replace(first, text=text, facts=tuple(dict.fromkeys((*first.facts, *second.facts))))
            sentences = (*scene.sentences[:place], both, *scene.sentences[place + 2 :])
            yield Changed(sentences, place, f"{first.text} {second.text}", text)


def split(scene: Scene, draw: random.Random) -> Iterator[Changed]:
    """A sentence in two at its semicolon, both citing what it cited; not where a condition holds for both parts."""
    for place, sentence in enumerate(scene.sentences):
        first, semicolon, second = sentence.text.partition("; ")
        is_whole = first.count("(") == first.count(")")
        if semicolon and is_whole and not any(fact.scope for fact in scene.facts_of(sentence)):
            parts = (replace(sentence, text=first + "."), replace(sentence, text=capitalized(second)))
            sentences = (*scene.sentences[:place], *parts, *scene.sentences[place + 1 :])
            yield Changed(sentences, place, sentence.text, f"{first}. {capitalized(second)}")


REWRITES: dict[str, Rewrite] = {
    f.__name__: f for f in (spelling, units, synonyms, voice, clause_order, brand_name, sentence_order, joined, split)
}
