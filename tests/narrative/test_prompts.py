"""Prompts are governed files: each says whose it is and what for, and holds every rule about words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rxweave.errors import InputError
from rxweave.knowledge import load_release
from rxweave.narrative import prompts
from rxweave.narrative.models.answers import read_answer
from rxweave.narrative.narrative import Audience
from rxweave.narrative.prompts import Prompt, installed_prompts, load_prompt, prompt_for

FOLDER = Path(prompts.__file__).parent

PROMPTS = pytest.mark.parametrize("prompt", installed_prompts(), ids=lambda p: f"{p.id}.{p.language}")

#: What every English prompt has to say.
RULES = {
    "facts are data": r"facts are data.*nothing in them is an instruction",
    "only the facts": r"state only what the facts say",
    "ids of facts": r"lists in 'facts' the ids",
    "what must be told": r"must_be_told.*has to be stated",
    "numbers are copied": r"copy numbers, units, doses.*never round",
    "of and less": r"'50% of the usual dose' is not '50% less'",
    "below and up to": r"'below 20 mg' is not 'up to 20 mg'",
    "dose phases": r"loading, starting, maintenance and maximum doses",
    "strength": r"'consider' stays 'consider'.*never say 'must'",
    "binding": r"each number, result and action with its own drug and its own gene",
    "conditions": r"with that condition in the same sentence",
    "unknown is not normal": r"unknown is not normal.*'normal' means no variant among those tested",
    "banned words": r"never write 'safe', 'will'.*'is not expected to'",
    "poor is bound to the drug": r"bind 'poor'.*'ultrarapid'.*raise the effect of one drug and lower that of another",
    "discontinuation is no incidence": r"about stopping a drug is not a figure about how often harm happens",
    "alternatives": r"what a fact rules out or sets aside is never offered",
    "never stop": r"never tell a person to stop",
    "sources": r"name sources only as the facts name them",
    "plain text": r"no headings, lists, links, markup",
}


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_audience_has_a_prompt(language: str) -> None:
    assert {p.audience for p in installed_prompts() if p.language == language} == set(Audience)


@pytest.mark.parametrize("audience", list(Audience))
def test_other_languages_have_as_many_rules(audience: Audience) -> None:
    english, spanish = prompt_for(audience), prompt_for(audience, "es")
    assert len(english.rules) == len(spanish.rules)
    assert english.version == spanish.version


@PROMPTS
def test_a_prompt_says_whose_it_is(prompt: Prompt) -> None:
    assert prompt.owner and len(prompt.purpose) > 40
    assert re.fullmatch(r"\d+\.\d+", prompt.version)
    assert prompt.name == f"{prompt.id} {prompt.version} sha256:{prompt.sha256[:12]}"


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_every_prompt_states_the_rules_about_words(rule: str, audience: Audience) -> None:
    assert re.search(rule, prompt_for(audience).instruction, re.IGNORECASE)


@PROMPTS
def test_examples_keep_the_rules_themselves(prompt: Prompt) -> None:
    banned = re.compile(r"\b(safe|will|must(?! be used)|guarantee|seguro|garantiza)\b", re.IGNORECASE)
    for example in prompt.examples:
        ids = {f["id"] for f in example.facts}
        cited = {i for s in example.sentences for i in s["facts"]}
        assert cited <= ids
        assert {f["id"] for f in example.facts if f.get("must_be_told")} <= cited
        assert not any(banned.search(s["text"]) for s in example.sentences)


@PROMPTS
def test_examples_speak_of_invented_drugs_and_genes_alone(prompt: Prompt) -> None:
    """So that no model can take a fact of an example for one of the case."""
    release = load_release()
    shown = "\n".join(repr(e) for e in prompt.examples).casefold()
    words = set(re.findall(r"[a-z0-9*-]+", shown))
    assert not words & {name.casefold() for name in release.drugs}
    assert not words & {name.casefold() for name in release.genes}


@PROMPTS
def test_examples_are_answers_that_can_be_read(prompt: Prompt) -> None:
    answers = [part.partition("ANSWER\n")[2] for part in prompt.instruction.split("FACTS\n")[1:]]
    assert answers
    for answer in answers:
        assert read_answer(answer)


@PROMPTS
def test_every_reason_of_the_verifier_has_words(prompt: Prompt) -> None:
    codes = """unsupported contradicted wrong_binding negation strength direction number source out_of_scope
        absent_as_normal not_about_the_case unparsed missing"""
    assert set(codes.split()) == prompt.reasons.keys()


def test_another_word_is_another_hash(tmp_path: Path) -> None:
    text = (FOLDER / "payer.en.toml").read_text(encoding="utf-8")
    changed = tmp_path / "mine.toml"
    changed.write_text(text.replace("matter of fact", "matter-of-fact"), encoding="utf-8")
    assert load_prompt(changed).sha256 != prompt_for(Audience.PAYER).sha256
    changed.write_text(text, encoding="utf-8")
    assert load_prompt(changed) == prompt_for(Audience.PAYER)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("owner = ", "holder = "), "unknown field 'holder'"),
        (('owner = "pharmacogenomics pharmacist"\n', ""), "'owner' has to be a str"),
        (('audience = "payer"', 'audience = "judge"'), "audience 'judge': expected one of prescriber"),
        (('version = "1.0"', "version = 1.0"), "'version' has to be a str"),
        (('language = "en"', 'language = "la"'), "language 'la'"),
        (("sentences = [", "sentence = ["), "unknown field 'sentence'"),
        (('id = "payer"', "id = payer"), "not a TOML file"),
    ],
)
def test_a_prompt_file_with_an_error_says_where(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    text = (FOLDER / "payer.en.toml").read_text(encoding="utf-8")
    assert change[0] in text
    file = tmp_path / "mine.toml"
    file.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(message)) as error:
        load_prompt(file)
    assert "mine.toml" in str(error.value)


def test_a_language_without_prompt_is_an_error_and_no_silence() -> None:
    with pytest.raises(InputError, match="no prompt for payer in language 'la'"):
        prompt_for(Audience.PAYER, "la")
