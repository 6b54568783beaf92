"""The attack on the verifier: true narratives, made untrue in every realistic way and said otherwise in every true one.

The verifier is a black box here: of an untrue narrative it has to refuse something, of a true one nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from typing import Any

from rxweave.knowledge import Knowledge
from rxweave.narrative.attack.cases import random_sheets
from rxweave.narrative.attack.mutations import MUTATIONS, Mutation
from rxweave.narrative.attack.rewrites import REWRITES
from rxweave.narrative.attack.scene import Scene
from rxweave.narrative.attack.whole import WHOLE_MUTATIONS, Changed
from rxweave.narrative.attack.wordings import attack_words
from rxweave.narrative.builtin import write
from rxweave.narrative.facts import FactSheet
from rxweave.narrative.narrative import Audience, Sentence
from rxweave.narrative.templates import templates
from rxweave.narrative.verifier import verify_sentences
from rxweave.narrative.words import drug_names, words

_ERRORS_A_NARRATIVE = 8
_REWRITES_A_NARRATIVE = 4
_MOST_KEPT = 200  # examples of what the verifier got wrong
_MOST_NARRATIVES_AN_ERROR = 5  # after so many more than errors were asked for, no kind can be injected


@dataclass(frozen=True, slots=True)
class Mistake:
    """An error that passed, or a true rewrite that was refused (``because`` then says why)."""

    kind: str
    audience: Audience
    before: str
    after: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """Of ``tried`` narratives ``refused`` were refused: right for errors, wrong for rewrites."""

    tried: int
    refused: int

    @property
    def share(self) -> float:
        return self.refused / self.tried if self.tried else 0.0


@dataclass(frozen=True, slots=True)
class AttackReport:
    """``errors`` and ``rewrites``: kind -> tally. ``unverified``: true narratives that were refused as written."""

    errors: dict[str, Tally]
    rewrites: dict[str, Tally]
    narratives: int
    unverified: int
    passed: tuple[Mistake, ...]  # errors, at most the first of them
    refused: tuple[Mistake, ...]  # rewrites and narratives as written, at most the first of them

    @property
    def rejected_share(self) -> float:
        return _total(self.errors).share

    @property
    def false_rejection_share(self) -> float:
        return _total(self.rewrites).share

    def json(self) -> dict[str, Any]:
        """``by_kind``: kind -> how many were made and which share of them was rejected, of rewrites falsely."""
        errors = {k: {"injected": t.tried, "rejected_share": round(t.share, 4)} for k, t in sorted(self.errors.items())}
        rewrites = {
            f"rewrite:{k}": {"made": t.tried, "false_rejection_share": round(t.share, 4)}
            for k, t in sorted(self.rewrites.items())
        }
        return {
            "rejected_share": round(self.rejected_share, 5),
            "false_rejection_share": round(self.false_rejection_share, 5),
            "by_kind": {**errors, **rewrites},
        }


def _total(tallies: dict[str, Tally]) -> Tally:
    return Tally(sum(t.tried for t in tallies.values()), sum(t.refused for t in tallies.values()))


def attack(n: int, seed: int, knowledge: Knowledge, language: str = "en") -> AttackReport:
    """Inject ``n`` errors into true narratives, of each kind about as many; the same for the same seed and release.

    About half as many true rewrites are made besides. A narrative that the verifier refuses as the built-in writer
    wrote it is counted and not used.
    """
    draw = random.Random(seed)  # noqa: S311 - a simulation, no secret
    found = _Found()
    for narratives, scene in enumerate(scenes(knowledge, seed, language), start=1):
        if sum(found.errors.values()) >= n or narratives > n * _MOST_NARRATIVES_AN_ERROR:
            break
        found.narratives = narratives
        if found.holds_as_written(scene, language):
            left = n - sum(found.errors.values())
            for kind, changed in islice(errors_of(scene, draw, found.errors), min(left, _ERRORS_A_NARRATIVE)):
                found.error(kind, scene, changed, language)
            for kind, changed in islice(rewrites_of(scene, draw, found.rewrites), _REWRITES_A_NARRATIVE):
                found.rewrite(kind, scene, changed, language)
    return found.report()


def scenes(knowledge: Knowledge, seed: int, language: str = "en") -> Iterator[Scene]:
    """True narratives for one audience after another."""
    audiences = cycle(Audience)
    for place, sheet in enumerate(random_sheets(knowledge, seed)):
        for audience in (next(audiences), next(audiences)):
            yield scene_of(write(sheet, audience, language, place), sheet, audience, knowledge, language)


def scene_of(
    sentences: tuple[Sentence, ...], sheet: FactSheet, audience: Audience, knowledge: Knowledge, language: str = "en"
) -> Scene:
    """A scene of true sentences, with the names and words of their language."""
    names = {**drug_names(language), **_phenotypes(language)}
    return Scene(sheet, audience, sentences, attack_words(language), words(language), knowledge, names)


@cache
def _phenotypes(language: str) -> dict[str, str]:
    t = templates(language)
    return {name: t.fill("phenotype", name) for name in t.codes("phenotype")}


class _Found:
    """What has been tried so far, and how it went."""

    def __init__(self) -> None:
        self.narratives = 0
        self.unverified = 0
        self.errors: Counter[str] = Counter()
        self.rewrites: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._passed: list[Mistake] = []
        self._wrongly_refused: list[Mistake] = []

    def holds_as_written(self, scene: Scene, language: str) -> bool:
        found = verify_sentences(scene.sentences, scene.sheet, scene.audience, language)
        if not found.holds:
            self.unverified += 1
            refusal = found.refusals[0]
            text = scene.sentences[refusal.sentence].text if refusal.sentence >= 0 else ""
            self._wrongly_refused.append(Mistake("as_written", scene.audience, text, text, refusal.because))
        return found.holds

    def error(self, kind: str, scene: Scene, changed: Changed, language: str) -> None:
        found = verify_sentences(changed.sentences, scene.sheet, scene.audience, language)
        self.errors[kind] += 1
        if any(r.sentence == changed.place for r in found.refusals):
            self._rejected[kind] += 1
        else:
            self._passed.append(Mistake(kind, scene.audience, changed.before, changed.after))

    def rewrite(self, kind: str, scene: Scene, changed: Changed, language: str) -> None:
        found = verify_sentences(changed.sentences, scene.sheet, scene.audience, language)
        self.rewrites[kind] += 1
        if not found.holds:
            self._refused[kind] += 1
            because = found.refusals[0].because
            self._wrongly_refused.append(Mistake(kind, scene.audience, changed.before, changed.after, because))

    def report(self) -> AttackReport:
        return AttackReport(
            {kind: Tally(tried, self._rejected[kind]) for kind, tried in self.errors.items()},
            {kind: Tally(tried, self._refused[kind]) for kind, tried in self.rewrites.items()},
            self.narratives,
            self.unverified,
            tuple(self._passed[:_MOST_KEPT]),
            tuple(self._wrongly_refused[:_MOST_KEPT]),
        )


def errors_of(scene: Scene, draw: random.Random, tried: Counter[str] | None = None) -> Iterator[tuple[str, Changed]]:
    """One error of each kind that the narrative has room for, the kinds ``tried`` least so far first."""
    for kind in _rarest_first((*MUTATIONS, *WHOLE_MUTATIONS), tried):
        if kind in MUTATIONS:
            options = _in_one_sentence(scene, MUTATIONS[kind], draw)
        else:
            options = list(WHOLE_MUTATIONS[kind](scene, draw))
        if options:
            yield kind, draw.choice(options)


def rewrites_of(scene: Scene, draw: random.Random, tried: Counter[str] | None = None) -> Iterator[tuple[str, Changed]]:
    """One true rewrite of each kind that the narrative has room for, the kinds ``tried`` least so far first."""
    for kind in _rarest_first(REWRITES, tried):
        options = [changed for changed in REWRITES[kind](scene, draw) if changed.sentences != scene.sentences]
        if options:
            yield kind, draw.choice(options)


def _rarest_first(kinds: Iterable[str], tried: Counter[str] | None) -> list[str]:
    counts = tried or Counter()
    return sorted(kinds, key=lambda kind: (counts[kind], kind))


def _in_one_sentence(scene: Scene, mutation: Mutation, draw: random.Random) -> list[Changed]:
    """The ways to make one sentence untrue: of the first, in random order, that has any."""
    places = draw.sample(range(len(scene.sentences)), len(scene.sentences))
    for place in sorted(places, key=scene.is_of_the_question):
        sentence = scene.sentences[place]
        texts = [text for text in dict.fromkeys(mutation(scene, sentence, draw)) if text != sentence.text]
        if texts:
            return [Changed(scene.with_text(place, text), place, sentence.text, text) for text in texts]
    return []
