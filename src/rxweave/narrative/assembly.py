"""A narrative put together: accepted sentences of a model and, for what they lack, the built-in writer's."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rxweave.knowledge import load_release
from rxweave.knowledge.guidelines import Action
from rxweave.narrative import builtin
from rxweave.narrative.facts import Fact, FactKind, FactSheet
from rxweave.narrative.narrative import Audience, Refusal, Sentence, SentenceKind
from rxweave.narrative.planning import audience_plan
from rxweave.narrative.prompts import Letters
from rxweave.narrative.reading import reading_grade
from rxweave.narrative.templates import templates
from rxweave.narrative.verifier import verify_sentences

#: What a sentence that states one of these is: it stands where things to do stand, whatever else it says.
_ASKED = frozenset({FactKind.ACTION, FactKind.DOSE, FactKind.AVOID_WITH})

_NO_CHANGE = frozenset({Action.STANDARD, Action.NO_RECOMMENDATION, Action.NOT_EXCLUDED})

_FEWEST_WORDS = 3

#: Of a letter to a patient; one that reads harder is not taken where the built-in letter reads easier.
_HIGHEST_GRADE = 8.0


class Assembly:
    """Sentences in the order in which a model wrote them, until ``whole`` orders and completes them."""

    def __init__(self, sheet: FactSheet, audience: Audience, language: str, seed: int) -> None:
        self._sheet = sheet
        self._audience = audience
        self._language = language
        self._seed = seed
        self._facts = {fact.id: fact for fact in sheet.facts}
        self._taken: list[Sentence] = []
        self._refused: list[tuple[int, Sentence, tuple[Refusal, ...]]] = []

    # ---------------------------------------------------------------- taking

    def placed(self, text: str, fact_ids: tuple[str, ...], writer: str) -> Sentence:
        """A model's sentence, of the kind and under the heading where the built-in writer says the same facts."""
        cited = [self._facts[i] for i in fact_ids if i in self._facts]
        said = self._said(cited)
        asked = {f.id for f in cited if f.kind in _ASKED and not f.scope}
        like = next((s for s in said if s.kind is SentenceKind.RECOMMENDATION and asked & set(s.facts)), None)
        like = like or next((s for f in cited for s in said if f.id in s.facts), None)
        kind, heading = (like.kind, like.heading) if like else (SentenceKind.FINDING, "")
        return Sentence(text, fact_ids, kind, heading, writer)

    def unfit(self, sentence: Sentence, place: int, letters: Letters) -> tuple[Refusal, ...]:
        """Why a true sentence cannot stand among others.

        It says nothing; or it does not name what it speaks of ("Avoid it" is true beside the facts it cites, and may
        follow a sentence on another drug); or it tells a patient what is for the prescriber to decide.
        """
        text = sentence.text.casefold()
        if len(text.split()) < _FEWEST_WORDS or not self._facts.keys() & set(sentence.facts):
            return (Refusal(place, "not_about_the_case", sentence.text, sentence.facts, "it states no fact"),)
        cited = [self._facts[i] for i in sentence.facts if i in self._facts]
        spoken_of = {f.drug for f in cited if self._is_named(f, text)}
        for fact in cited:
            if fact.drug not in spoken_of:
                because = f"it names neither the drug nor the gene of the fact {fact.id!r}"
                return (Refusal(place, "wrong_binding", sentence.text, (fact.id,), because),)
            if self._audience is Audience.PATIENT and _is_change(fact) and not letters.ask(text):
                because = "a letter asks the patient to talk about a change, and never to make one"
                return (Refusal(place, "out_of_scope", sentence.text, (fact.id,), because),)
        return ()

    def _is_named(self, fact: Fact, text: str) -> bool:
        """Whether the text names the drug of the fact, or its gene; facts of the person have neither."""
        names = (
            templates(self._language).drug(fact.drug).casefold(),
            *_brands().get(fact.drug, ()),
            fact.gene.casefold(),
        )
        return not (fact.drug or fact.gene) or any(name and name in text for name in names)

    def take(self, sentence: Sentence) -> None:
        """An accepted sentence; the same words twice are taken once."""
        if all(_words(sentence) != _words(known) for known in self._taken):
            self._taken.append(sentence)

    def refuse(self, sentence: Sentence, refusals: Sequence[Refusal]) -> None:
        """A sentence that failed for good: the built-in writer says its facts, where nothing else does."""
        self._refused.append((len(self._taken), sentence, tuple(refusals)))

    # ---------------------------------------------------------------- the whole

    def whole(self) -> tuple[Sentence, ...]:
        """All of it in reading order, true and complete. The built-in narrative where that cannot be had."""
        sentences = self._with_missing(self._within_length(self._with_replaced()))
        if not verify_sentences(sentences, self._sheet, self._audience, self._language).holds:
            return self.builtin("not_completed")
        if self._audience is Audience.PATIENT and self._grade(sentences) > max(
            _HIGHEST_GRADE, self._grade(self._written)
        ):
            return self.builtin("hard_to_read")
        return sentences

    def builtin(self, because: str) -> tuple[Sentence, ...]:
        """The built-in narrative, each sentence with the reason why it stands there."""
        return tuple(replace(s, because=because) for s in self._written)

    def _with_replaced(self) -> list[Sentence]:
        told = {i for s in self._taken for i in s.facts}
        places: dict[int, list[Sentence]] = {}
        for place, sentence, refusals in self._refused:
            facts = [self._facts[i] for i in sentence.facts if i in self._facts and i not in told]
            because = "refused:" + ",".join(dict.fromkeys(r.code for r in refusals))
            instead = [replace(s, because=because) for s in self._said(facts)]
            told.update(i for s in instead for i in s.facts)
            places.setdefault(place, []).extend(instead)
        whole: list[Sentence] = []
        for place in range(len(self._taken) + 1):
            whole += places.get(place, [])
            whole += self._taken[place : place + 1]
        return whole

    def _within_length(self, sentences: list[Sentence]) -> list[Sentence]:
        """Without what need not be told, the last first, until the audience's ceiling is met. A letter has none."""
        if self._audience is Audience.PATIENT:
            return sentences
        _, ceiling = audience_plan(self._audience).words
        kept = list(sentences)
        for sentence in reversed(sentences):
            if sum(len(s.text.split()) for s in kept) <= ceiling:
                break
            if not any(self._facts[i].is_essential for i in sentence.facts):
                kept.remove(sentence)
        return kept

    def _with_missing(self, sentences: list[Sentence]) -> tuple[Sentence, ...]:
        standing = [s for s in self._written if s.kind is SentenceKind.BOILERPLATE]
        verification = verify_sentences(sentences, self._sheet, self._audience, self._language)
        left_out = dict.fromkeys(i for r in verification.of_sentence(-1) for i in r.facts)
        added = self._stating([self._facts[i] for i in left_out if i in self._facts])
        return self._ordered((*sentences, *(replace(s, because="left_out") for s in added)), standing)

    def _ordered(self, sentences: Iterable[Sentence], standing: Sequence[Sentence]) -> tuple[Sentence, ...]:
        """By heading; what is asked by urgency of its drug; standing sentences where the built-in writer has them."""
        headings = self._headings()
        urgency = {drug: place for place, drug in enumerate(self._sheet.drugs)}

        def key(sentence: Sentence) -> tuple[int, int]:
            drugs = [urgency.get(self._facts[i].drug, 0) for i in sentence.facts]
            is_asked = sentence.kind is SentenceKind.RECOMMENDATION
            return (headings.index(sentence.heading), min(drugs, default=0) if is_asked else len(urgency))

        ordered = sorted((s if s.heading in headings else replace(s, heading=headings[0]) for s in sentences), key=key)
        opening = self._openings()
        return tuple(
            s
            for heading in headings
            for s in (
                *(b for b in standing if b.heading == heading and b in opening),
                *(s for s in ordered if s.heading == heading),
                *(b for b in standing if b.heading == heading and b not in opening),
            )
        )

    def _openings(self) -> frozenset[Sentence]:
        """Standing sentences that begin what stands under their heading."""
        seen: set[str] = set()
        found: set[Sentence] = set()
        for sentence in self._written:
            if sentence.kind is SentenceKind.BOILERPLATE and sentence.heading not in seen:
                found.add(sentence)
            elif sentence.kind is not SentenceKind.BOILERPLATE:
                seen.add(sentence.heading)
        return frozenset(found)

    def _headings(self) -> list[str]:
        if self._audience is Audience.PATIENT:
            return list(dict.fromkeys(s.heading for s in self._written))
        return list(audience_plan(self._audience).headings)

    # ---------------------------------------------------------------- the built-in writer

    def _grade(self, sentences: Iterable[Sentence]) -> float:
        return reading_grade(" ".join(s.text for s in sentences), self._language)

    def _stating(self, facts: Sequence[Fact]) -> tuple[Sentence, ...]:
        """Sentences on these facts; what cannot be said alone, in the built-in narrative's sentence that holds it."""
        said = self._said(facts)
        left = {f.id for f in facts} - {i for s in said for i in s.facts}
        return (*said, *(s for s in self._written if left & set(s.facts)))

    def _said(self, facts: Iterable[Fact]) -> tuple[Sentence, ...]:
        facts = tuple(facts)
        if not facts:
            return ()
        return builtin.sentences_for(facts, self._sheet, self._audience, self._language, self._seed)

    @functools.cached_property
    def _written(self) -> tuple[Sentence, ...]:
        return builtin.write(self._sheet, self._audience, self._language, self._seed)


@functools.cache
def _brands() -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(brand.casefold() for brand in drug.brands) for name, drug in load_release().drugs.items()}


def _is_change(fact: Fact) -> bool:
    return fact.kind is FactKind.DOSE or (fact.kind is FactKind.ACTION and fact.code not in _NO_CHANGE)


def _words(sentence: Sentence) -> str:
    return " ".join(sentence.text.casefold().split())
