"""DPWG's guideline facts, against the annotations that they come from (where these are at hand)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from slots import directives, numbers_in_facts, short, words_of_facts

import rxweave.knowledge
from rxweave.knowledge.guideline_files import lookup_keys, read_errata, read_guidelines, read_vocabulary
from rxweave.knowledge.guidelines import Action, DrugGuideline, Reason, Recommendation

RELEASE = Path(rxweave.knowledge.__file__).parent / "releases" / "2026.1"
Pair = tuple[str, str]  # drug, gene


@cache
def guidelines() -> dict[Pair, DrugGuideline]:
    found = read_guidelines(RELEASE / "guidelines")
    return {(g.drug, g.genes[0]): g for g in found if g.source == "DPWG" and g.is_computable}


# -- the upstream annotations


@dataclass(frozen=True)
class Row:
    """One recommendation of the source for one lookup key, with the texts of 2024 and, where it changed, of 2025."""

    pair: Pair
    id: str
    key: str  # as the source writes it; diplotype maps as "*1/*3"
    strength: str
    texts: tuple[str, ...]


STRENGTHS = {None: "n/a", "N/A": "n/a", "No recommendation": "No Recommendation"}


@pytest.fixture(scope="module")
def rows(shared: Path) -> list[Row]:
    newest = _newest(shared / "sources/guidelines/observed-3.x/dpwg_guideline_annotations.json")
    newer = _newer_texts(newest)
    found, seen = [], set()
    for path in sorted((shared / "sources/guidelines/v2.12.0").glob("DPWG_*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        guideline = document["guideline"]
        pair = (guideline["relatedChemicals"][0]["name"], guideline["relatedGenes"][0]["symbol"])
        seen.add(guideline["id"])
        for r in document["recommendations"]:
            ((_, upstream),) = r["lookupKey"].items()
            key = _key(upstream)
            texts = dict.fromkeys((_plain(r["text"]["html"]), *newer.get((guideline["id"], key), ())))
            strength = STRENGTHS[(r["classification"] or {}).get("term")]
            found.append(Row(pair, r["id"], key, strength, tuple(texts)))
    return [*found, *_only_newer(newest, seen)]


Document = dict[str, Any]


def _newest(path: Path) -> list[Document]:
    """The documents of the newest data that was seen."""
    documents = json.loads(path.read_text(encoding="utf-8"))
    newest = max(d["last_dataVersion"] for d in documents)
    return [d for d in documents if d["last_dataVersion"] == newest]


def _newer_texts(documents: list[Document]) -> dict[tuple[str, str], tuple[str, ...]]:
    """What they say, by guideline id and key."""
    seen: dict[tuple[str, str], tuple[str, ...]] = {}
    for document in documents:
        for observed in document["observed_lookup_keys"]:
            for key in next(iter(observed.values())):
                place = (document["guideline_id"], key)
                seen[place] = (*seen.get(place, ()), _plain(document["recommendation"]))
    return seen


# Guidelines of 2025 of which nothing is at hand but that they say nothing of the reference result.
ONLY_SILENCE = {("atazanavir", "UGT1A1"), ("rosuvastatin", "SLCO1B1")}


def _only_newer(documents: list[Document], seen: set[str]) -> Iterator[Row]:
    """Rows of guidelines that the data of 2024 does not hold. They have no id of their own."""
    for document in documents:
        for observed in document["observed_lookup_keys"] if document["guideline_id"] not in seen else ():
            ((gene, keys),) = observed.items()
            strength = STRENGTHS[document["classification"].replace("Unspecified", "N/A")]
            text = _plain(document["recommendation"])
            if (document["drug"], gene) in ONLY_SILENCE:
                assert "does not provide a recommendation" in text, document["drug"]
                continue
            yield from (Row((document["drug"], gene), document["guideline_id"], k, strength, (text,)) for k in keys)


def _key(upstream: str | dict[str, float]) -> str:
    if isinstance(upstream, str):
        return upstream
    return "/".join(allele for allele, copies in upstream.items() for _ in range(int(copies)))


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text))).strip()


# -- coverage

# How a key of the source is written here, by gene; a key that is not listed is written alike. One key may stand for
# several lookup values of ours, and by the source's own tables of function these are:
OURS: dict[str, dict[str, tuple[str, ...]]] = {
    # *1/*17 is normal, an allele of decreased function counts as one without function.
    "CYP2C19": {
        "Poor Metabolizer": ("Poor Metabolizer", "Likely Poor Metabolizer"),
        "Intermediate Metabolizer": ("Intermediate Metabolizer", "Likely Intermediate Metabolizer"),
        "Normal Metabolizer": ("Normal Metabolizer", "Rapid Metabolizer"),
    },
    # Scores that alleles known since then can give, within the source's bands: normal from 1.25 to 2.5.
    "CYP2D6": {"1.5": ("1.5", "1.75"), "3.0": ("2.75", "3.0"), "≥3.5": ("≥3.5", "≥3.75")},
    # A score with what it asks for; "Phenotyping" with 1.0 is two alleles of decreased function.
    "DPYD": {
        "0.0 (Poor Metabolizer)": ("0.0",),
        "0.5 (Phenotyping)": ("0.5",),
        "1.0 (Intermediate Metabolizer)": ("1.0",),
        "1.0 (Phenotyping)": (
            "c.1129-5923C>G/c.1129-5923C>G",
            "c.1129-5923C>G/c.1129-5923C>G, c.1236G>A (HapB3)",
            "c.1129-5923C>G/c.2846A>T",
            "c.1129-5923C>G, c.1236G>A (HapB3)/c.1129-5923C>G, c.1236G>A (HapB3)",
            "c.1129-5923C>G, c.1236G>A (HapB3)/c.2846A>T",
            "c.2846A>T/c.2846A>T",
        ),
        "1.5 (Intermediate Metabolizer)": ("1.5",),
        "2.0 (Normal Metabolizer)": ("2.0",),
    },
    "HLA-B": {"1511 and 1502": ("*15:02/*15:11",)},
}


def ours(gene: str, key: str) -> tuple[str, ...]:
    return OURS.get(gene, {}).get(key, (key,))


def answered(guideline: DrugGuideline) -> dict[str, Recommendation]:
    return {key: r for r in guideline.recommendations for (key,) in lookup_keys(r)}


def upstream_ids(recommendation: Recommendation) -> set[str]:
    """The source's ids; ``id#key`` where the source repeats one id over keys."""
    return {i.partition("#")[0] for i in recommendation.ids}


def test_every_guideline_of_the_source_is_computed(rows: list[Row]) -> None:
    assert set(guidelines()) == {row.pair for row in rows}
    assert len(guidelines()) == 63 and len(rows) == 531


def test_every_key_of_the_source_is_answered_by_its_recommendation_with_its_strength(rows: list[Row]) -> None:
    wrong = []
    for row in rows:
        held = answered(guidelines()[row.pair])
        for value in ours(row.pair[1], row.key):
            r = held.get(value)
            if r is None or row.id not in upstream_ids(r) or r.strength != row.strength:
                wrong.append((*row.pair, row.key, value, row.id))
    assert wrong == []


def test_nothing_is_answered_that_the_source_does_not_answer(rows: list[Row]) -> None:
    wrong = []
    for pair, guideline in guidelines().items():
        of_pair = [row for row in rows if row.pair == pair]
        known = {value for row in of_pair for value in ours(pair[1], row.key)}
        wrong += [(*pair, value) for value in answered(guideline).keys() - known]
        wrong += [(*pair, i) for r in guideline.recommendations for i in upstream_ids(r) - {row.id for row in of_pair}]
    assert wrong == []


def test_errata_name_recommendations_that_exist(rows: list[Row]) -> None:
    named = {i for e in read_errata(RELEASE / "upstream_errata.toml") if e.source == "DPWG" for i in e.rows}
    assert named and named <= {row.id for row in rows}


# -- actions

ASKS = {
    Action.STANDARD: r"no action|standard dose of 84 ?mg",
    Action.NO_RECOMMENDATION: r"does not provide a recommendation",
    Action.USE_WITH_CAUTION: r"alert|monitor|advise the patient|carefully weigh|side effects occur"
    r"|if the effectiveness is insufficient",
    Action.ADJUST_BY_ALGORITHM: r"plasma concentration|titrate",
    Action.INCREASE_DOSE: r"(times|double) the (standard |normal )?(initial )?dose|increase the dose|1.5x higher",
    Action.TEST_FIRST: r"determine",
    Action.LIMIT_DOSE: r"no more than|do not (exceed|give doses exceeding)|maximum",
    Action.REDUCE_DOSE: r"use (a dose|\d+%|half)|\d+% of the|(start|begin) with|reduce the dose|initial dose is",
    Action.USE_ALTERNATIVE: r"alternative",
    Action.AVOID: r"avoid|not recommended",
    Action.CONTRAINDICATED: r"contra-?indicated",
}


# Answers that the text does not ask for in these words, with the reason.
GRAVER = {("siponimod", "*3/*3"): "avoid; the meaning that the source gives with it is a contraindication"}


def test_every_action_is_one_that_the_text_asks_for(rows: list[Row]) -> None:
    different = []
    for row, r in _answers(rows):
        newest = row.texts[-1]
        if not re.search(ASKS[r.directive.action], newest, re.IGNORECASE) and (row.pair[0], row.key) not in GRAVER:
            different.append((*row.pair, row.key, r.directive.action.value, newest[:60]))
    assert different == []


def _answers(rows: list[Row]) -> Iterator[tuple[Row, Recommendation]]:
    """Each row with its recommendation, once for each text."""
    seen = set()
    for row in rows:
        r = answered(guidelines()[row.pair])[ours(row.pair[1], row.key)[0]]
        if (row.pair, r.ids, row.texts) not in seen:
            seen.add((row.pair, r.ids, row.texts))
            yield row, r


@pytest.mark.parametrize(
    ("drug", "gene", "key", "expected"),
    [
        ("doxepin", "CYP2D6", "0.0", "reduce_dose start x0.4"),
        ("doxepin", "CYP2D6", "1.0", "reduce_dose start x0.8"),
        ("doxepin", "CYP2D6", "3.0", "increase_dose start x2"),
        ("amitriptyline", "CYP2D6", "0.0", "reduce_dose start x0.7"),
        ("imipramine", "CYP2D6", "0.0", "reduce_dose start x0.3"),
        ("clomipramine", "CYP2D6", "≥3.75", "increase_dose start x1.5"),
        ("haloperidol", "CYP2D6", "0.0", "reduce_dose start x0.6 maintain x0.6"),
        ("aripiprazole", "CYP2D6", "0.0", "limit_dose maximum x0.68-0.75 <=10 mg/day"),
        ("citalopram", "CYP2C19", "Intermediate Metabolizer", "limit_dose maximum <=30 mg/day"),
        ("citalopram", "CYP2C19", "Poor Metabolizer", "limit_dose maximum x0.5 <=20 mg/day"),
        ("escitalopram", "CYP2C19", "Poor Metabolizer", "limit_dose maximum x0.5 <=10 mg/day"),
        ("azathioprine", "NUDT15", "Poor Metabolizer", "avoid; else reduce_dose start x0.1"),
        ("azathioprine", "TPMT", "Intermediate Metabolizer", "reduce_dose start x0.5"),
        ("capecitabine", "DPYD", "1.5", "reduce_dose start x0.5"),
        ("fluorouracil", "DPYD", "0.0", "avoid; else test_first"),
        (
            "clopidogrel",
            "CYP2C19",
            "Intermediate Metabolizer",
            "use_alternative load 600 mg maintain x2 150 mg/day",
        ),
        (
            "efavirenz",
            "CYP2B6",
            "Poor Metabolizer",
            "reduce_dose start 400 mg/day titrate by_level_to_200_or_rarely_600_mg_a_day",
        ),
        ("eliglustat", "CYP2D6", "0.0", "reduce_dose maintain 84 mg/day 1/day"),
        ("mavacamten", "CYP2C19", "Poor Metabolizer", "limit_dose start x0.5 2.5 mg/day maximum <=5 mg/day"),
        ("acenocoumarol", "VKORC1", "-1639 AA", "reduce_dose start x0.5"),
    ],
)
def test_a_dose_means_what_it_says(drug: str, gene: str, key: str, expected: str) -> None:
    assert short(answered(guidelines()[drug, gene])[key].directive) == expected


@pytest.mark.parametrize(
    ("drug", "key", "limits"),
    [
        ("citalopram", "Poor Metabolizer", {"65 drops": "8", "65": "10", "drops": "16"}),
        ("citalopram", "Intermediate Metabolizer", {"65 drops": "10", "65": "15", "drops": "22"}),
        ("escitalopram", "Poor Metabolizer", {"65": "5"}),
        ("escitalopram", "Intermediate Metabolizer", {"65": "7.5"}),
    ],
)
def test_the_first_branch_that_fits_an_old_person_has_the_lowest_limit(
    drug: str, key: str, limits: dict[str, str]
) -> None:
    """Of branches that are equally grave, the first that fits is taken."""
    branches = answered(guidelines()[drug, "CYP2C19"])[key].branches
    assert {
        " ".join(b.condition.facts.values()): str(dose.cap) for b in branches for dose in b.directive.dose
    } == limits
    assert [" ".join(b.condition.facts.values()) for b in branches] == list(limits)


# -- slots: every number, drug and check of the text stands in the facts

# Words of a text that are no fact of the recommendation, with the reason.
NOT_A_SLOT = {
    r"(Strong|Moderate) CYP\w+ inhibitor: for example [^.]*\.|\((for example|e\.g\.) [^)]*\)": "examples of "
    "modulators, which the table of interactions holds",
    r"HLA-[AB](\*\d\d:?\d\d)?|CYP\w+|SLCO1B1|ABCG2|UGT1A1|NUDT15|TPMT|VKORC1|DPYD": "the name of a gene, or an allele",
    r"rs\d+|c\.\d+|p\.\d+|-1639|521|\*\d+(/\*\d+)?|\b1?/?(2846T|1236A)\b": "the name of a variant",
    r"activity score of 2": "the result itself",
    r"\b\d\. |\d\)": "the number of a point in a list",
    r"6-TGN|Z-10-": "part of a name of a substance",
}
# What a text names and its facts do not, with the reason.
EXEMPT = {
    ("amitriptyline", "nortriptyline"): "its active metabolite, which the check's code means",
    ("imipramine", "desipramine"): "its active metabolite, which the check's code means",
    ("azathioprine", "mercaptopurine"): "the limit of the other drug",
    ("azathioprine", "0.75"): "the limit of the other drug",
    ("simvastatin", "atorvastatin"): "the source names the wrong drug (see upstream_errata.toml)",
}
WORDS = {"half": Decimal("0.5"), "double": Decimal(2)}


def _texts(row: Row) -> Iterator[str]:
    for text in row.texts:
        for pattern in NOT_A_SLOT:
            text = re.sub(pattern, " ", text)
        yield text


def _numbers_in_text(text: str) -> Iterator[tuple[str, set[Decimal]]]:
    """Each number with the values, any of which states it: "75%" is 0.75 of a dose, or 75 within a code."""
    for number, unit in re.findall(r"(?<![\w.])(\d+(?:\.\d+)?)(?:-\d+(?:\.\d+)?)?\s?(%?)", text):
        value = Decimal(number)
        yield number + unit, {value, value / 100} if unit else {value}
    for high, unit in re.findall(r"\d-(\d+(?:\.\d+)?)\s?(%?)", text):
        value = Decimal(high)
        yield high + unit, {value, value / 100} if unit else {value}
    for word in re.findall(r"\b(half|double)\b", text.lower()):
        yield word, {WORDS[word]}


def test_every_number_of_the_text_stands_in_the_facts(rows: list[Row]) -> None:
    vocabulary = read_vocabulary(RELEASE / "guidelines" / "vocabulary.toml")
    missing = []
    for row, r in _answers(rows):
        (population,) = (p for p in guidelines()[row.pair].populations if p.name == r.population)
        held = numbers_in_facts(r, population)
        units = " ".join(dose.unit for d in directives(r) for dose in d.dose)  # "mg/2 weeks"
        held |= {Decimal(n) for n in re.findall(r"\d+(?:\.\d+)?", f"{words_of_facts(r, vocabulary)} {units}")}
        for text in _texts(row):
            missing += [(*row.pair, row.key, said) for said, values in _numbers_in_text(text) if not values & held]
    assert [m for m in missing if (m[0], m[3]) not in EXEMPT] == []


def test_every_drug_of_the_text_stands_in_the_facts(rows: list[Row]) -> None:
    names = re.compile(rf"\b({'|'.join(map(re.escape, sorted(_drug_names(), key=len, reverse=True)))})\b")
    vocabulary = read_vocabulary(RELEASE / "guidelines" / "vocabulary.toml")
    missing = []
    for row, r in _answers(rows):
        every = list(directives(r))
        named = {row.pair[0]} | {n for d in every for n in (*d.alternatives, *d.not_alternatives, *d.avoid_with)}
        words = words_of_facts(r, vocabulary)
        for text in _texts(row):
            said = set(names.findall(text.lower()))
            missing += [(*row.pair, row.key, n) for n in said - named if n not in words]
    assert [m for m in missing if (m[0], m[3]) not in EXEMPT] == []


def _drug_names() -> set[str]:
    """Every drug of the release by its name, groups left out."""
    lines = [line.split("\t") for line in (RELEASE / "drugs.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    return {name for name, kind, *_ in lines if kind != "group" and len(name) > 4}


# What a text asks to watch -> the words of a check that says so.
CHECKS = {
    r"plasma concentrations? (of|as)|titrate.* plasma|monitor the plasma": r"level",
    r"\bECG\b": r"\becg\b",
    r"\bINR\b": r"\binr\b",
    r"blood counts?": r"blood counts",
    r"liver function": r"liver function",
    r"residual DPD activity": r"dpd activity",
    r"[Aa]dvise (the )?patients?": r"report|seek|doctor",
    r"muscle symptoms": r"muscle",
    r"side effects": r"side effects?|adverse",
    r"[Ii]nadequate (effect|analgesia)": r"too little|report",
    r"platelet aggregation": r"platelet",
}


def test_every_check_of_the_text_stands_in_the_facts(rows: list[Row]) -> None:
    vocabulary = read_vocabulary(RELEASE / "guidelines" / "vocabulary.toml")
    missing = []
    for row, r in _answers(rows):
        words = words_of_facts(r, vocabulary)
        for text in _texts(row):
            asked = [p for p, check in CHECKS.items() if re.search(p, text) and not re.search(check, words)]
            missing += [(*row.pair, row.key, pattern) for pattern in asked]
    assert missing == []


def test_silence_on_a_reference_result_is_no_lack_of_evidence() -> None:
    for pair, guideline in guidelines().items():
        for r in guideline.recommendations:
            if r.directive.action is Action.NO_RECOMMENDATION:
                is_both_alleles = r.when.get("HLA-B") == frozenset({"*15:02/*15:11"})
                expected = Reason.UNKNOWN_RESULT if is_both_alleles else Reason.REFERENCE_RESULT
                assert r.directive.reason is expected, (pair, r.ids)


def test_a_way_out_of_the_text_is_a_fallback(rows: list[Row]) -> None:
    way_out = r"[Ii]f (it is not possible to avoid|an alternative is not (an option|possible)|no alternative)"
    missing = []
    for row, r in _answers(rows):
        is_said = any(re.search(way_out, text) for text in row.texts)
        if is_said and not any(d.fallback or d.next_step for d in directives(r)):
            missing.append((row.pair[0], row.key))
    # Here the other drug is to be replaced; where it cannot be, the dose of the same branch holds.
    assert missing == [("eliglustat", "0.0")]
