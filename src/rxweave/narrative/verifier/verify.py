"""Holds a narrative against the facts of its case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rxweave.guidance.advice import Advice
from rxweave.narrative.facts import Fact, FactKind, FactSheet, fact_sheet
from rxweave.narrative.narrative import Audience, Narrative, Refusal, Sentence, Verification
from rxweave.narrative.verifier.checking import Checked, SentenceCheck
from rxweave.narrative.verifier.claims import Feature
from rxweave.narrative.verifier.licences import Licences, licences_of
from rxweave.patient.patient import Patient


def verify(narrative: Narrative, advices: Iterable[Advice], patient: Patient) -> Verification:
    """The narrative against the advice itself: the sheet that it carries is not trusted."""
    sheet = fact_sheet(advices, patient)
    return verify_sentences(narrative.sentences, sheet, narrative.audience, narrative.language)


def verify_sentences(
    sentences: Sequence[Sentence], sheet: FactSheet, audience: Audience, language: str = "en"
) -> Verification:
    """Every sentence against the facts it cites, and the whole against the facts that it must not leave out."""
    licences = licences_of(sheet, language)
    refusals: list[Refusal] = []
    stated: dict[str, set[Feature]] = {}
    for place, sentence in enumerate(sentences):
        checked = SentenceCheck(sentence, place, sheet, licences).run()
        refusals += checked.refusals
        for fact_id, features in checked.stated.items():
            stated.setdefault(fact_id, set()).update(features)
    refusals += _missing(sheet, licences, stated, audience)
    return Verification(tuple(refusals))


def verify_sentence(sentence: Sentence, sheet: FactSheet, language: str = "en") -> tuple[Refusal, ...]:
    """One sentence against the facts it cites; ``Refusal.sentence`` is 0."""
    checked: Checked = SentenceCheck(sentence, 0, sheet, licences_of(sheet, language)).run()
    return tuple(replace(refusal, sentence=0) for refusal in checked.refusals)


#: What a patient's letter need not state.
_NOT_FOR_PATIENTS = frozenset({FactKind.SOURCE, FactKind.DOSE, FactKind.RISK})


def _missing(
    sheet: FactSheet, licences: Licences, stated: dict[str, set[Feature]], audience: Audience
) -> Iterable[Refusal]:
    for fact in sheet.facts:
        if not fact.is_essential or (audience is Audience.PATIENT and fact.kind in _NOT_FOR_PATIENTS):
            continue
        if not _is_stated(fact, licences, stated, audience):
            yield Refusal(
                -1, "missing", fact.id, (fact.id,), f"nothing states the fact {fact.id!r}, which must be told"
            )


def _is_stated(fact: Fact, licences: Licences, stated: dict[str, set[Feature]], audience: Audience) -> bool:
    said = stated.get(fact.id, set())
    licence = licences.of(fact.id)
    if licence is None:
        return False
    if audience is Audience.PATIENT and fact.kind in (FactKind.FINDING, FactKind.CONVERSION, FactKind.DOSE):
        return bool(said)
    return all(group & said for group in licence.core if group)
