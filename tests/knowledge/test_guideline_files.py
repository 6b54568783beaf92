"""The reader of guideline files: what it reads, and what it refuses naming file and table."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from rxweave.errors import BrokenRelease
from rxweave.knowledge.guideline_files import lookup_keys, read_errata, read_guidelines
from rxweave.knowledge.guidelines import Action, Level, Modality, Phase, Reason

VOCABULARY = """
[alternative]
other_class = "another class"
[drug]
rivaline = ""
[monitoring]
drug_level = "level"
[implication]
reduced_metabolism = "slower"
[risk]
side_effects = "side effects"
[caveat]
check_patient = "look at the patient"
[condition]
indication = ["pain", "cough"]
age_below = "years"
dose_above = "dose"
genotype = "genotype"
[question]
age = "How old?"
[schedule]
divided_doses = "divided"
[interval]
"3/week" = "three times a week"
[direction]
lower = "lower"
[unit]
"mg/day" = ""
[not_computable]
guideline_not_in_release = "not here"
"""

DRUG = """
format = 1
drug = "toyazole"
rxcui = "1"
source = "CPIC"
genes = ["TOY1", "TOY2"]
guideline = "TOY1, TOY2 and toyazole"
is_prodrug = true

[[citation]]
id = "toy-2020"
pmid = "12345"
year = 2020

[[population]]
name = "general"
upstream_name = "general"

[groups.TOY1]
slow = ["0.0", "0.5"]

[[recommendation]]
ids = ["1", "2"]
population = "general"
when = { TOY1 = ["@slow"], TOY2 = ["Normal"] }
action = "reduce_dose"
modality = "consider"
reason = "toxicity"
alternatives = ["other_class", "rivaline"]
monitoring = ["drug_level"]
strength = "Strong"
implications = { TOY1 = ["reduced_metabolism"] }
risks = ["side_effects"]
is_severe_harm = true
caveats = ["check_patient"]
[[recommendation.dose]]
phase = "start"
factor_low = "0.3"
factor_high = "0.8"
[[recommendation.dose]]
phase = "maximum"
cap = "20"
is_cap_exclusive = true
unit = "mg/day"
[[recommendation.branch]]
if = { indication = "pain", age_below = "12" }
action = "contraindicated"
level = "absolute"
[recommendation.fallback]
action = "limit_dose"
dose = [{ phase = "maximum", cap = "10", unit = "mg/day" }]
[recommendation.fallback.next_step]
action = "avoid"

[[recommendation]]
ids = ["3"]
population = "general"
when = { TOY1 = ["n/a"], TOY2 = ["Normal"] }
action = "no_recommendation"
reason = "unknown_result"
strength = "No Recommendation"
missing = ["TOY1"]
valid_age_from = 18

[[label]]
if = { age_below = "12" }
action = "contraindicated"
level = "absolute"
evidence = ["toy-2020"]
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_release(drug: str = DRUG, *, vocabulary: str = VOCABULARY, **others: str) -> Path:
        folder = tmp_path / "guidelines"
        (folder / "cpic").mkdir(parents=True, exist_ok=True)
        (folder / "vocabulary.toml").write_text(vocabulary, encoding="utf-8")
        (folder / "cpic" / "toyazole.toml").write_text(drug, encoding="utf-8")
        for name, text in others.items():
            (folder / "cpic" / f"{name}.toml").write_text(text, encoding="utf-8")
        return folder

    return write_release


def test_every_fact_of_a_file_is_read(write: Write) -> None:
    (guideline,) = read_guidelines(write())
    assert (guideline.drug, guideline.genes, guideline.is_prodrug) == ("toyazole", ("TOY1", "TOY2"), True)
    assert guideline.citations[0].pmid == "12345"
    first, second = guideline.recommendations
    assert first.when == {"TOY1": frozenset({"0.0", "0.5"}), "TOY2": frozenset({"Normal"})}
    assert list(lookup_keys(first)) == [("0.0", "Normal"), ("0.5", "Normal")]
    directive = first.directive
    assert (directive.action, directive.modality, directive.reason) == (
        Action.REDUCE_DOSE,
        Modality.CONSIDER,
        Reason.TOXICITY,
    )
    start, maximum = directive.dose
    assert (start.phase, start.factor_low, start.factor_high) == (Phase.START, Decimal("0.3"), Decimal("0.8"))
    assert (maximum.cap, maximum.is_cap_exclusive, maximum.unit) == (Decimal(20), True, "mg/day")
    assert directive.fallback is not None and directive.fallback.next_step is not None
    assert directive.fallback.next_step.action is Action.AVOID
    (branch,) = first.branches
    assert branch.condition.facts == {"indication": "pain", "age_below": "12"}
    assert branch.directive.level is Level.ABSOLUTE
    assert (second.missing, second.valid_age_from, second.valid_age_below) == (("TOY1",), 18, None)
    assert guideline.label_contraindications[0].evidence == ("toy-2020",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("is_prodrug = true", "is_prodrug = true\nprodrug = true", r"toyazole\.toml: prodrug: is an unknown key"),
        ('action = "reduce_dose"', 'action = "lower_dose"', r"\[recommendation 1\] action: 'lower_dose' is none of"),
        ('risks = ["side_effects"]', 'risks = ["side_effect"]', r"\[recommendation 1\] risks: .*near: side_effects"),
        ('factor_low = "0.3"', "factor_low = 0.3", r"dose number 1\] factor_low: is 0.3; expected a text"),
        ('factor_low = "0.3"', 'factor_low = "0.9"', r"0.9 is above factor_high 0.8"),
        ('factor_low = "0.3"', 'factor_low = "-1"', r"'-1' is no amount"),
        ('factor_low = "0.3"', 'factor_low = "30%"', r"'30%' is no decimal number"),
        ('cap = "20"\n', "", r"unit"),
        ('population = "general"\n', 'population = "adults"\n', r"'adults' is none of \['general'\]"),
        ('ids = ["3"]', 'ids = ["2"]', r"\[\[recommendation\]\] ids '2' stands there twice"),
        ('TOY1 = ["n/a"]', 'TOY1 = ["0.5"]', r"0.5 \+ Normal is answered twice, by 1\.\.\. and by 3"),
        ('TOY1 = ["n/a"]', 'TOY1 = ["@fast"]', r"'@fast' is no group"),
        ('TOY1 = ["n/a"]', 'TOY1 = ["@slow", "0.0"]', r"gives a lookup value twice"),
        ('TOY1 = ["n/a"], ', "", r"\[recommendation 3 / when\] TOY1: is missing"),
        ('TOY1 = ["n/a"]', 'TOY3 = ["x"], TOY1 = ["n/a"]', r"TOY3: is an unknown key"),
        ('strength = "Strong"', 'strength = "Fair"', r"'Fair' is none of"),
        ('missing = ["TOY1"]', 'missing = ["TOY9"]', r"are not all genes of this file"),
        (
            'level = "absolute"\n[recommendation.fallback]',
            "[recommendation.fallback]",
            r"contraindicated needs a level",
        ),
        ('reason = "unknown_result"', 'reason = "toxicity"', r"no_recommendation needs one of"),
        ('reason = "toxicity"', 'reason = "unknown_result"', r"goes with no_recommendation only"),
        ('indication = "pain"', 'indication = "fun"', r"indication: 'fun' is none of \['pain', 'cough'\]"),
        ('indication = "pain"', 'mood = "good"', r"mood: is no condition"),
        ('"pain", age_below = "12"', '"pain", age_below = "twelve"', r"'twelve' is no years"),
        ('evidence = ["toy-2020"]', 'evidence = ["toy-1999"]', r"\['toy-1999'\] is no \[\[citation\]\] id"),
        ('evidence = ["toy-2020"]\n', "", r"\[\[label\]\] needs evidence, or is_unverified"),
        ('pmid = "12345"', 'pmid = "PMC12345"', r"'PMC12345' is no PubMed id"),
        ("format = 1", "format = 2", r"format: is 2; this version reads 1"),
        ("format = 1", "format = [", r"not valid TOML"),
        ('drug = "toyazole"\n', "", r"drug: is missing"),
        ('alternatives = ["other_class", "rivaline"]', 'alternatives = ["rivalin"]', r"near: rivaline"),
        (
            'alternatives = ["other_class", "rivaline"]',
            'alternatives = ["rivaline"]\nnot_alternatives = ["rivaline"]',
            r"are alternatives too",
        ),
    ],
)
def test_a_broken_file_is_refused_by_name(write: Write, old: str, new: str, message: str) -> None:
    assert DRUG.count(old) >= 1
    with pytest.raises(BrokenRelease, match=message) as refusal:
        read_guidelines(write(DRUG.replace(old, new, 1)))
    assert "toyazole.toml" in str(refusal.value)


def test_a_key_given_twice_is_refused(write: Write) -> None:
    with pytest.raises(BrokenRelease, match=r"toyazole\.toml: not valid TOML"):
        read_guidelines(write(DRUG.replace("is_prodrug = true", "is_prodrug = true\nis_prodrug = true")))


def test_a_drug_with_two_files_of_one_source_and_gene_is_refused(write: Write) -> None:
    with pytest.raises(BrokenRelease, match=r"guideline for toyazole and TOY1 \+ TOY2 is already in"):
        read_guidelines(write(DRUG, toyazole_again=DRUG))


def test_a_population_with_a_condition_needs_its_question(write: Write) -> None:
    text = DRUG.replace('upstream_name = "general"', 'upstream_name = "general"\nif = { age_below = "18" }')
    with pytest.raises(BrokenRelease, match=r"\[population general\] question"):
        read_guidelines(write(text))


def test_a_missing_vocabulary_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokenRelease, match=r"vocabulary\.toml: this file of the release is missing"):
        read_guidelines(tmp_path)


def test_a_vocabulary_with_an_unknown_section_or_kind_is_refused(write: Write) -> None:
    with pytest.raises(BrokenRelease, match=r"vocabulary\.toml: mood: is an unknown key"):
        read_guidelines(write(vocabulary=VOCABULARY + "[mood]\ngood = ''\n"))
    with pytest.raises(BrokenRelease, match=r"\[condition\] age_below is 'moons'"):
        read_guidelines(write(vocabulary=VOCABULARY.replace('age_below = "years"', 'age_below = "moons"')))


NOT_COMPUTED = """
format = 1
source = "CPIC"
reason = "guideline_not_in_release"
drug = [{ drug = "farazole", rxcui = "2", genes = ["TOY1"], guideline = "toys", is_pretest_default = true }]
[[guideline]]
id = "toys"
name = "TOY1 and farazole"
citation = [{ id = "toys-2021", pmid = "777" }]
"""


def test_drugs_that_are_not_computed_say_why(write: Write) -> None:
    farazole, toyazole = read_guidelines(write(not_computed=NOT_COMPUTED))
    assert (farazole.drug, toyazole.drug) == ("farazole", "toyazole")
    assert not farazole.is_computable and toyazole.is_computable
    assert farazole.not_computable_because == "guideline_not_in_release"
    assert (farazole.recommendations, farazole.is_pretest_default) == ((), True)
    assert farazole.citations[0].pmid == "777"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'guideline = "toys"',
            'guideline = "trains"',
            r"\[drug farazole\] guideline: 'trains' is no \[\[guideline\]\] id",
        ),
        ("guideline_not_in_release", "too_hard", r"reason: 'too_hard' is not in the vocabulary"),
        ('rxcui = "2"', 'rxcuis = "2"', r"rxcuis: is an unknown key"),
    ],
)
def test_a_broken_list_of_drugs_not_computed_is_refused(write: Write, old: str, new: str, message: str) -> None:
    with pytest.raises(BrokenRelease, match=message):
        read_guidelines(write(not_computed=NOT_COMPUTED.replace(old, new)))


def test_errata_are_read_and_checked(tmp_path: Path) -> None:
    text = """
format = 1
[[erratum]]
id = "toy-typo"
source = "CPIC"
table = "recommendation.tsv"
rows = ["1"]
found = "a"
done = "b"
because = "c"
is_applied = true
"""
    path = tmp_path / "upstream_errata.toml"
    path.write_text(text, encoding="utf-8")
    (erratum,) = read_errata(path)
    assert (erratum.id, erratum.rows, erratum.is_applied) == ("toy-typo", ("1",), True)
    path.write_text(text.replace('because = "c"\n', ""), encoding="utf-8")
    with pytest.raises(BrokenRelease, match=r"\[erratum toy-typo\] because: is missing"):
        read_errata(path)
