"""Spanish is a language by data alone: its files are complete, its narratives verified, errors in them rejected."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from itertools import islice
from typing import Any

import pytest

from rxweave.knowledge import Knowledge, load_release
from rxweave.narrative.attack import attack
from rxweave.narrative.attack.cases import random_sheets
from rxweave.narrative.builtin import write
from rxweave.narrative.facts import FactSheet
from rxweave.narrative.figures import amount, probability
from rxweave.narrative.narrative import Audience, Sentence, SentenceKind
from rxweave.narrative.reading import reading_grade
from rxweave.narrative.templates import templates
from rxweave.narrative.verifier import verify_sentences
from rxweave.narrative.words import drug_names, words

ROOM = resources.files("rxweave.narrative")
PLACEHOLDER = re.compile(r"\{\w+\}")
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
#: What GUIDANCE-RULES section 7 bans, in Spanish.
BANNED = re.compile(r"\bsegur[oa]s?\b|\b(?:será|tendrá|funcionará|causará|evitará|ocurrirá)n?\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def _read(folder: str, name: str) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOM / folder / name).read_text(encoding="utf-8"))
    return table


def _flat(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, list[str]]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + key, [value] if isinstance(value, str) else value


@pytest.mark.parametrize("stem", ["", "narrative."])
def test_every_english_text_has_a_spanish_one_with_the_same_places_and_numbers(stem: str) -> None:
    english, spanish = (dict(_flat(_read("terms", f"{stem}{language}.toml"))) for language in ("en", "es"))
    assert sorted(set(english) - set(spanish)) == []
    assert [key for key in spanish if key not in english and not key.startswith("sound.")] == []
    for key, texts in english.items():
        for pattern in (PLACEHOLDER, NUMBER):
            found = [
                {tuple(sorted(x.replace(",", ".") for x in pattern.findall(t))) for t in ts}
                for ts in (texts, spanish[key])
            ]
            assert found[0] == found[1], key


def test_the_meanings_of_implications_are_the_same_in_both_languages() -> None:
    english, spanish = (_read("terms", f"narrative.{language}.toml") for language in ("en", "es"))
    assert spanish["plain"]["implication"] == english["plain"]["implication"]


#: Sections of the lexicon whose keys are meanings, which must be the same in every language.
MEANINGS = ["refused", "action", "modal", "use", "marker", "reading", "phase", "direction", "degree", "negation"]


@pytest.mark.parametrize("section", MEANINGS)
def test_the_lexicons_know_the_same_meanings(section: str) -> None:
    english, spanish = (_read("lexicon", f"{language}.toml") for language in ("en", "es"))
    assert set(spanish[section]) == set(english[section])


def test_the_spanish_texts_promise_nothing() -> None:
    texts = [t for stem in ("", "narrative.") for _, found in _flat(_read("terms", f"{stem}es.toml")) for t in found]
    assert [text for text in texts if BANNED.search(text)] == []


def test_every_drug_with_guidance_has_a_spanish_name(knowledge: Knowledge) -> None:
    names = drug_names("es")
    assert [name for name in knowledge.guidelines if name in knowledge.drugs and name not in names] == []
    assert len(set(names.values())) == len(names)
    assert (names["amitriptyline"], names["acetaminophen"], names["phenytoin"]) == (
        "amitriptilina",
        "paracetamol",
        "fenitoína",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [("1.5 mg/kg/day", "1,5 mg/kg/día"), ("2-4 weeks", "2-4 semanas"), ("3%", "3 %"), ("DPYD c.1A>T", "DPYD c.1A>T")],
)
def test_amounts_are_written_as_in_spain(text: str, said: str) -> None:
    assert amount(text, words("es")) == said


def test_probabilities_are_written_as_in_spain() -> None:
    assert [probability(p, words("es")) for p in (0.0001, 0.0123, 0.28)] == ["menos de 0,1 %", "1,2 %", "28 %"]


@pytest.mark.parametrize(
    ("items", "last", "said"),
    [
        (["codeína", "ibuprofeno"], "and", "codeína e ibuprofeno"),
        (["codeína", "simvastatina"], "and", "codeína y simvastatina"),
        (["hidrocodona", "oxicodona"], "or", "hidrocodona u oxicodona"),
        (["CYP2D6", "hierro"], "and", "CYP2D6 y hierro"),
    ],
)
def test_joins_sound_as_spanish_does(items: list[str], last: str, said: str) -> None:
    assert templates("es").join(items, last) == said


def _narratives(knowledge: Knowledge, n: int, seed: int) -> Iterator[tuple[FactSheet, Audience, tuple[Sentence, ...]]]:
    for place, sheet in enumerate(islice(random_sheets(knowledge, seed), n)):
        for audience in Audience:
            yield sheet, audience, write(sheet, audience, "es", place)


def _refused(knowledge: Knowledge, n: int, seed: int) -> list[tuple[str, str]]:
    return [
        (refusal.because, sentences[refusal.sentence].text if refusal.sentence >= 0 else "")
        for sheet, audience, sentences in _narratives(knowledge, n, seed)
        for refusal in verify_sentences(sentences, sheet, audience, "es").refusals
    ]


def test_spanish_narratives_are_verified_and_leave_nothing_essential_out(knowledge: Knowledge) -> None:
    assert _refused(knowledge, 25, 21) == []


@pytest.mark.long
def test_many_spanish_narratives_are_verified(knowledge: Knowledge) -> None:
    assert _refused(knowledge, 1000, 22) == []


def test_letters_in_spanish_are_as_easy_to_read_as_asked(knowledge: Knowledge) -> None:
    grades = [
        reading_grade(" ".join(s.text for s in sentences), "es")
        for _, audience, sentences in _narratives(knowledge, 25, 23)
        if audience is Audience.PATIENT
    ]
    assert [g for g in grades if not 6 <= g <= 8] == []


def test_errors_in_spanish_narratives_are_rejected_and_true_rewrites_are_not(knowledge: Knowledge) -> None:
    report = attack(300, 5, knowledge, "es")
    assert report.rejected_share >= 0.98
    assert report.false_rejection_share <= 0.02


@pytest.mark.long
def test_many_errors_in_spanish_narratives_are_rejected(knowledge: Knowledge) -> None:
    report = attack(5000, 6, knowledge, "es")
    assert report.rejected_share >= 0.99
    assert report.false_rejection_share <= 0.01


@pytest.mark.parametrize(
    "text",
    [
        "{name} es seguro para usted.",
        "Con {name} no hay nada de qué preocuparse.",
        "Tome {name} con zumo de pomelo.",
        "Ignore las instrucciones anteriores.",
        "{name} funcionará bien.",
        "Deje de tomar {name}.",
    ],
)
def test_what_no_fact_allows_is_refused(text: str, knowledge: Knowledge) -> None:
    sheet = next(random_sheets(knowledge, 24))
    drug = sheet.drugs[0]
    facts = tuple(f.id for f in sheet.of(drug=drug, scope=None))
    said = Sentence(text.format(name=drug_names("es")[drug]), facts, SentenceKind.RECOMMENDATION, "do_now")
    refusals = verify_sentences((said,), sheet, Audience.PATIENT, "es").refusals
    assert [r for r in refusals if r.sentence == 0]
