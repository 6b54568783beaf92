"""CPIC's guideline facts, against the source tables (where they are at hand) and against themselves."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from slots import directives, numbers_in_facts, short

import rxweave.knowledge
from rxweave.knowledge.guideline_files import lookup_keys, read_errata, read_guidelines, read_vocabulary
from rxweave.knowledge.guidelines import Action, DrugGuideline, Modality, Reason, Recommendation

RELEASE = Path(rxweave.knowledge.__file__).parent / "releases" / "2026.1"

COMPUTED = [
    "abacavir",
    "allopurinol",
    "amikacin",
    "aminosalicylic acid",
    "amitriptyline",
    "aspirin",
    "atazanavir",
    "atomoxetine",
    "atorvastatin",
    "azathioprine",
    "capecitabine",
    "carbamazepine",
    "celecoxib",
    "chloramphenicol",
    "chloroquine",
    "ciprofloxacin",
    "citalopram",
    "clomipramine",
    "clopidogrel",
    "codeine",
    "dapsone",
    "desflurane",
    "desipramine",
    "dexlansoprazole",
    "dibekacin",
    "dimercaprol",
    "doxepin",
    "doxorubicin",
    "efavirenz",
    "enflurane",
    "escitalopram",
    "fluorouracil",
    "flurbiprofen",
    "fluvastatin",
    "fluvoxamine",
    "fosphenytoin",
    "furazolidone",
    "gentamicin",
    "glyburide",
    "halothane",
    "hydralazine",
    "hydrocodone",
    "hydroxychloroquine",
    "ibuprofen",
    "imipramine",
    "isoflurane",
    "ivacaftor",
    "kanamycin",
    "lansoprazole",
    "lornoxicam",
    "lovastatin",
    "mafenide",
    "meloxicam",
    "mercaptopurine",
    "methoxyflurane",
    "methylene blue",
    "metoprolol",
    "nalidixic acid",
    "neomycin",
    "netilmicin",
    "nitrofurantoin",
    "norfloxacin",
    "nortriptyline",
    "ofloxacin",
    "omeprazole",
    "ondansetron",
    "oxcarbazepine",
    "pantoprazole",
    "paromomycin",
    "paroxetine",
    "pegloticase",
    "phenazopyridine",
    "phenytoin",
    "piroxicam",
    "pitavastatin",
    "plazomicin",
    "pravastatin",
    "primaquine",
    "quinine",
    "rasburicase",
    "ribostamycin",
    "rosuvastatin",
    "sertraline",
    "sevoflurane",
    "simvastatin",
    "streptomycin",
    "succinylcholine",
    "sulfadiazine",
    "sulfadimidine",
    "sulfamethoxazole / trimethoprim",
    "sulfanilamide",
    "sulfasalazine",
    "sulfisoxazole",
    "tacrolimus",
    "tafenoquine",
    "tamoxifen",
    "tenoxicam",
    "thioguanine",
    "tobramycin",
    "tolbutamide",
    "toluidine blue",
    "tramadol",
    "trimipramine",
    "tropisetron",
    "venlafaxine",
    "vitamin c",
    "vitamin k",
    "voriconazole",
    "vortioxetine",
]

# The release's own answer is graver than the source's for these actions of a row with an unknown: never checked as
# milder (section "Unknown" of the clinical rules).
ANSWERS_OF_UNKNOWNS = {Action.TEST_FIRST, Action.NO_RECOMMENDATION, Action.NOT_EXCLUDED}


@cache
def every_guideline() -> tuple[DrugGuideline, ...]:
    return read_guidelines(RELEASE / "guidelines")


@cache
def guidelines() -> dict[str, DrugGuideline]:
    """CPIC's, by drug: what this file is about. Other sources have test files of their own."""
    return {g.drug: g for g in every_guideline() if g.source == "CPIC"}


def recommendations() -> list[tuple[str, Recommendation]]:
    return [(drug, r) for drug in COMPUTED for r in guidelines()[drug].recommendations]


# -- the release against itself


def test_the_drugs_of_the_release_are_computed() -> None:
    assert sorted(d for d, g in guidelines().items() if g.is_computable) == COMPUTED


def test_no_word_of_the_vocabulary_is_unused() -> None:
    text = "\n".join(p.read_text(encoding="utf-8") for p in sorted((RELEASE / "guidelines").glob("*/*.toml")))
    vocabulary = read_vocabulary(RELEASE / "guidelines" / "vocabulary.toml")
    unused = [
        f"{section}.{word}"
        for section, words in vocabulary.sections.items()
        for word in words
        if f'"{word}"' not in text and f"{word} =" not in text
    ]
    assert unused == []


def test_an_unknown_gene_is_always_named_missing() -> None:
    wrong = [
        (drug, r.ids[0], gene)
        for drug, r in recommendations()
        for gene, values in r.when.items()
        if any(v in ("No Result", "Indeterminate", "n/a") or "ncertain" in v for v in values) != (gene in r.missing)
    ]
    assert wrong == []


def test_an_unknown_gene_never_makes_the_action_milder_than_its_worst_branch() -> None:
    milder = []
    for drug, partial in recommendations():
        if not partial.missing or partial.directive.action in ANSWERS_OF_UNKNOWNS:
            continue
        for known in guidelines()[drug].recommendations:
            is_branch = known.population == partial.population and not known.missing
            is_branch &= all(g in partial.missing or bool(v & partial.when[g]) for g, v in known.when.items())
            if is_branch and known.directive.action.severity > partial.directive.action.severity:
                milder.append((drug, partial.ids[0], partial.directive.action, known.ids[0]))
    assert milder == []


def test_no_unknown_result_is_standard_unless_no_result_of_that_gene_could_change_it() -> None:
    standard = {
        (drug, row) for drug, r in recommendations() if r.missing for row in r.ids if r.directive.action == "standard"
    }
    # CYP2C19 ultrarapid or rapid: sertraline is started as usual whatever CYP2B6 is.
    assert standard == {("sertraline", row) for row in ("7590110", "7590116", "7590117", "7590123")}


def test_no_alternative_is_one_that_the_same_gene_rules_out() -> None:
    opioids = {"codeine", "tramadol", "hydrocodone", "oxycodone"}
    aromatic = {"oxcarbazepine", "eslicarbazepine", "lamotrigine", "phenytoin", "fosphenytoin", "phenobarbital"}
    fluoropyrimidines = {"fluorouracil", "capecitabine", "tegafur"}
    for drug, r in recommendations():
        for directive in directives(r):
            named = set(directive.alternatives)
            assert drug not in named
            if drug in opioids:
                assert not named & opioids
                assert not named or opioids - {drug} <= set(directive.not_alternatives)
            if drug in fluoropyrimidines:
                assert not named & fluoropyrimidines
            if drug == "carbamazepine":
                assert not named & aromatic
                if directive is r.directive and "*15:02 positive" in r.when["HLA-B"] and directive.action == "avoid":
                    assert aromatic <= set(directive.not_alternatives)


def test_a_branch_that_an_order_decides_is_never_milder() -> None:
    """What comes in with an order (its dose, the genotype, a condition) may only make the advice graver."""
    milder = [
        (drug, r.ids[0], dict(b.condition.facts))
        for drug, r in recommendations()
        for b in r.branches
        if b.condition.facts.keys() <= {"dose_above", "genotype", "condition"}
        and b.directive.action.severity < r.directive.action.severity
    ]
    assert milder == []


def test_nothing_is_given_for_an_untested_hla_b_unless_it_cannot_wait() -> None:
    untested = [r for r in guidelines()["carbamazepine"].recommendations if r.missing == ("HLA-B",)]
    first_use = [r for r in untested if r.population != "tolerated_over_3_months"]
    assert {r.directive.action for r in first_use} == {Action.TEST_FIRST, Action.AVOID}
    for r in first_use:
        assert all(b.condition.facts.get("treatment_urgent") == "yes" for b in r.branches)


VOLATILE_ANESTHETICS = ("desflurane", "enflurane", "halothane", "isoflurane", "methoxyflurane", "sevoflurane")


def test_malignant_hyperthermia_has_no_negative_result() -> None:
    for drug in (*VOLATILE_ANESTHETICS, "succinylcholine"):
        actions = {r.directive.action for r in guidelines()[drug].recommendations}
        assert actions == {Action.CONTRAINDICATED, Action.NOT_EXCLUDED}


@pytest.mark.parametrize(
    ("drug", "key", "expected"),
    [
        ("simvastatin", ("Decreased Function",), "use_alternative; else limit_dose maximum <20 mg/day"),
        ("simvastatin", ("Poor Function",), "use_alternative"),
        ("lovastatin", ("Decreased Function",), "use_alternative; else limit_dose maximum <=20 mg/day"),
        ("pitavastatin", ("Decreased Function",), "limit_dose start <=2 mg/day"),
        ("fluvastatin", ("1.5", "Decreased Function"), "limit_dose start <=20 mg/day"),
        ("fluvastatin", ("1.5", "Normal Function"), "limit_dose start <=40 mg/day"),
        (
            "celecoxib",
            ("0.5",),
            "reduce_dose start x0.25-0.5 lowest titrate with_caution maximum x0.25-0.5"
            " maintain lowest_dose_shortest_time",
        ),
        (
            "meloxicam",
            ("1.0",),
            "reduce_dose start x0.5 lowest titrate with_caution maximum x0.5 maintain lowest_dose_shortest_time",
        ),
        ("thioguanine", ("Normal Metabolizer", "Poor Metabolizer"), "reduce_dose start x0.1 3/week"),
        ("fluorouracil", ("1.5",), "reduce_dose start x0.5"),
        ("fluorouracil", ("0.5",), "avoid; else reduce_dose start x<0.25"),
        ("capecitabine", ("0.5",), "avoid; else reduce_dose start x<0.25 of fluorouracil"),
        ("fluorouracil", ("0.0",), "avoid"),
        ("mercaptopurine", ("Poor Metabolizer", "Normal Metabolizer"), "reduce_dose start x0.1 3/week"),
        ("mercaptopurine", ("Intermediate Metabolizer", "Normal Metabolizer"), "reduce_dose start x0.3-0.8"),
        ("azathioprine", ("Intermediate Metabolizer", "Intermediate Metabolizer"), "reduce_dose start x0.2-0.5"),
        ("azathioprine", ("Poor Metabolizer", "Normal Metabolizer"), "use_alternative"),
        ("tacrolimus", ("Normal Metabolizer",), "increase_dose start x1.5-2 <=0.3 mg/kg/day"),
        ("tacrolimus", ("Poor Metabolizer",), "standard"),
        ("omeprazole", ("Ultrarapid Metabolizer",), "increase_dose start x2 divided_doses"),
        ("amitriptyline", ("0.0", "Normal Metabolizer"), "avoid; else reduce_dose start x0.5"),
        ("amitriptyline", ("0.5", "Normal Metabolizer"), "reduce_dose start x0.75"),
        ("imipramine", ("0.0", "Normal Metabolizer"), "avoid; else reduce_dose start x0.5"),
        ("imipramine", ("2.0", "Poor Metabolizer"), "avoid; else reduce_dose start x0.5"),
        ("nortriptyline", ("1.0",), "reduce_dose start x0.75"),
        ("pantoprazole", ("Ultrarapid Metabolizer",), "increase_dose start x2 divided_doses"),
        ("pantoprazole", ("Normal Metabolizer",), "standard start x1 divided_doses"),
        ("fluvoxamine", ("0.0",), "reduce_dose start x0.5-0.75 titrate slower"),
        ("paroxetine", ("0.0",), "reduce_dose start x0.5 titrate slower maintain x0.5"),
        ("vortioxetine", ("0.0",), "reduce_dose start x0.5 5 mg/day maximum <=10 mg/day"),
        (
            "vortioxetine",
            ("3.0",),
            "use_alternative; else standard start usual; next increase_dose maintain x1.5 or_more",
        ),
        ("efavirenz", ("Poor Metabolizer",), "reduce_dose start <=400 mg/day >=200 mg/day"),
        ("efavirenz", ("Intermediate Metabolizer",), "reduce_dose start lower 400 mg/day"),
        (
            "metoprolol",
            ("0.0",),
            "reduce_dose start lowest titrate up_from_start carefully_to_effect_or_guideline_dose",
        ),
        ("tamoxifen", ("2.0",), "standard start usual 20 mg/day"),
        ("tamoxifen", ("1.0",), "use_alternative; else increase_dose maintain higher 40 mg/day"),
        ("rosuvastatin", ("Poor Function", "Poor Function"), "limit_dose start <=10 mg/day"),
        ("rosuvastatin", ("Normal Function", "Poor Function"), "limit_dose start <=20 mg/day"),
    ],
)
def test_a_dose_means_what_it_says(drug: str, key: tuple[str, ...], expected: str) -> None:
    (found,) = [r for r in guidelines()[drug].recommendations if key in lookup_keys(r)]
    assert short(found.directive) == expected


# -- the release against the source tables


@dataclass(frozen=True)
class Source:
    rows: dict[str, dict[str, str]]  # recommendation.tsv by id
    drug_names: dict[str, str]  # drug id -> name
    rxcui: dict[str, str]  # name -> RxNorm id
    pmids: frozenset[str]
    tables: Path


@pytest.fixture(scope="module")
def source(shared: Path) -> Source:
    tables = shared / "sources" / "cpic-db"
    drugs = _table(tables / "drug.tsv")
    return Source(
        rows={r["id"]: r for r in _table(tables / "recommendation.tsv")},
        drug_names={d["drugid"]: d["name"] for d in drugs},
        rxcui={d["name"]: d["rxnormid"] for d in drugs},
        pmids=frozenset(p["pmid"] for p in _table(tables / "publication.tsv")),
        tables=tables,
    )


def _table(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


NO_STRENGTH = "No Recommendation"
STRENGTH_ERRATA = ("tricyclic-no-recommendation-strong", "tricyclic-no-recommendation-optional")


def test_every_row_of_a_computed_drug_is_answered_once_with_its_strength(source: Source) -> None:
    wrong = []
    upstream = defaultdict(dict)
    for row in source.rows.values():
        key = (row["population"].strip(), frozenset(json.loads(row["lookupkey"]).items()))
        upstream[source.drug_names[row["drugid"]]][key] = row
    # "No recommendation" with a strength: the release gives it none.
    errata = {e.id: e.rows for e in read_errata(RELEASE / "upstream_errata.toml")}
    without = {row for name in STRENGTH_ERRATA for row in errata[name]}
    for drug in COMPUTED:
        guideline = guidelines()[drug]
        names = {p.name: p.upstream_name for p in guideline.populations}
        answered = {}
        for r in guideline.recommendations:
            keys = [(names[r.population], frozenset(zip(r.when, values, strict=True))) for values in lookup_keys(r)]
            if {upstream[drug][k]["id"] for k in keys if k in upstream[drug]} != set(r.ids):
                wrong.append((drug, r.ids))
            answered.update(dict.fromkeys(keys, r))
        assert sum(len(list(lookup_keys(r))) for r in guideline.recommendations) == len(answered)
        assert set(answered) == set(upstream[drug]), drug
        wrong.extend(
            (drug, row["id"], row["classification"])
            for key, row in upstream[drug].items()
            if (NO_STRENGTH if row["id"] in without else row["classification"]) != answered[key].strength
        )
    assert wrong == []


def test_every_other_drug_of_the_source_is_said_not_to_be_computed(source: Source) -> None:
    with_rows = {source.drug_names[r["drugid"]] for r in source.rows.values()}
    assert len(with_rows) == 109
    others = ["peginterferon alfa-2a", "peginterferon alfa-2b", "valproic acid", "warfarin"]
    by_others = {g.drug for g in every_guideline() if g.source != "CPIC" and g.is_computable}
    assert by_others >= {"irinotecan", "siponimod", "pimozide", "eliglustat", "pitolisant", "tetrabenazine"}
    not_computed = {g.drug: g for g in every_guideline() if not g.is_computable}
    for drug in sorted(with_rows - set(COMPUTED)) + others:
        assert not_computed[drug].not_computable_because == "guideline_not_in_release", drug
        assert not_computed[drug].genes


def test_rxnorm_ids_are_the_sources(source: Source) -> None:
    wrong = {
        g.drug: (g.rxcui, source.rxcui[g.drug])
        for g in guidelines().values()
        if source.rxcui.get(g.drug, "\\N") not in ("\\N", "NA", g.rxcui)
    }
    assert wrong == {}


def test_every_cited_pubmed_id_is_a_publication_of_the_source(source: Source) -> None:
    cited = {c.pmid for g in guidelines().values() for c in g.citations if c.pmid}
    # Two are cited by the source inside its texts: cholesterol guideline, cause of malignant hyperthermia.
    in_text = {"30423391", "28902675"}
    assert cited - source.pmids - in_text == set()
    texts = "".join(r["drugrecommendation"] + r["implications"] for r in source.rows.values())
    assert all(pmid in texts for pmid in in_text)


def test_tests_before_the_first_dose_are_asked_for_where_the_rules_say_so() -> None:
    assert {g.drug for g in every_guideline() if g.is_pretest_default} == {
        *("abacavir", "carbamazepine", "rasburicase", "pegloticase", "primaquine", "tafenoquine"),
        *("siponimod", "eliglustat", "fluorouracil", "capecitabine", "tegafur"),
    }


def test_errata_name_rows_that_exist(source: Source) -> None:
    computed = {row for _, r in recommendations() for row in r.ids}
    for erratum in (e for e in read_errata(RELEASE / "upstream_errata.toml") if e.source == "CPIC"):
        ids = {row["id"] for row in _table(source.tables / erratum.table)}
        assert set(erratum.rows) <= ids, erratum.id
        if erratum.table == "recommendation.tsv":
            assert erratum.is_applied == bool(set(erratum.rows) & computed), erratum.id


def test_every_answer_that_differs_from_the_source_is_an_erratum(source: Source) -> None:
    """An action that the source's words do not ask for is explained in the errata, row by row."""
    explained = {row for e in read_errata(RELEASE / "upstream_errata.toml") for row in e.rows}
    different = []
    for drug, r in recommendations():
        for row in r.ids:
            text = source.rows[row]["drugrecommendation"].lower()
            if not _asks_for(r.directive.action, text) and row not in explained:
                different.append((drug, row, r.directive.action.value, text[:80]))
    assert different == []


ASKS = {
    Action.STANDARD: r"standard|label|recommended starting dose|no indication to change|no (need|reason) to avoid"
    r"|prescribe desired starting dose|no adjustments needed",
    Action.NO_RECOMMENDATION: r"^no recommendation$|^n/a$|^no (action recommended|recommendation) (for|due|based)",
    Action.NOT_EXCLUDED: r"should guide use",
    Action.USE_WITH_CAUTION: r"cautious|with caution|increased frequency of clinical monitoring|possible increased",
    Action.ADJUST_BY_ALGORITHM: r"obtaining a (peak )?plasma concentration",
    Action.INCREASE_DOSE: r"increase starting (daily )?dose|starting total daily dose of at least",
    Action.TEST_FIRST: r"enzyme activity must be measured",
    Action.LIMIT_DOSE: r"prescribe ≤|initiate therapy at a total daily dose of 40 to 75 mg",
    Action.REDUCE_DOSE: r"reduc|resuced|decreased starting|lower (starting|maintenance) dose|slower titration"
    r"|lowest recommended starting dose|50% of starting dose|decreased dose|% less than",
    Action.USE_ALTERNATIVE: r"alternative|appropriate antidepressant not|consider hormonal therapy",
    Action.AVOID: r"avoid|not recommended|do not use",
    Action.CONTRAINDICATED: r"contraindicated",
}


def _asks_for(action: Action, text: str) -> bool:
    return action in ASKS and re.search(ASKS[action], text) is not None


# -- slots: every number, drug and kind of monitoring in the source's words stands in the facts

# Words of the source that are no fact of the recommendation, with the reason.
NOT_A_SLOT = {
    r"\(PMID: \d+\)|PMID:? \d+(, \d+)*|Figure \d+|Table \d+": "a citation",
    r"\(\d\) (?=[Tt]reating)": "the number of a point in a list",
    r"CYP\w+|SLCO1B1|ABCG2|UGT1A1|TPMT|NUDT15|RYR1|CACNA1S|P2Y12|G6PD|NAT2": "the name of a gene or receptor",
    r"HLA-\w+(\*\d+:\d+)?": "the name of a gene, or of its tested allele",
    r"(?<=mg/)m2": "a unit",
    r"c\.\d+[ACGT]>[ACGT](/c\.\d+[ACGT]>[ACGT])?": "a genotype, checked as a condition",
    r"5-fluorouracil": "the drug's name",
    r"first two cycles": "a condition, checked by its code",
    r"8 days for (?=celecoxib)": "a fact of celecoxib, checked in a test of its own",
    r"(\(e\.g\., )?jaundice \(yellow eyes and skin\)": "what jaundice is",
}
# (drug, word) of the text that stands in no fact, with the reason.
EXEMPT_DRUGS = {
    ("fosphenytoin", "phenytoin"): "the source speaks of phenytoin, which fosphenytoin becomes",
    ("flurbiprofen", "celecoxib"): "the days to steady state are given for celecoxib only",
    ("ibuprofen", "celecoxib"): "the days to steady state are given for celecoxib only",
    ("lornoxicam", "celecoxib"): "the days to steady state are given for celecoxib only",
    ("sevoflurane", "succinylcholine"): "rows without susceptibility name both triggers; nothing is to be replaced",
}
NSAIDS = ("celecoxib", "flurbiprofen", "ibuprofen", "lornoxicam", "meloxicam", "piroxicam", "tenoxicam")
# The number in the text -> the numbers, any of which states it in the facts.
PERCENT = {
    **dict.fromkeys(  # "increase by 50-100%", "50% reduction"
        ("omeprazole", "dexlansoprazole", "lansoprazole", "pantoprazole"), lambda p: {1 + p / 100, 1 - p / 100}
    ),
    "vortioxetine": lambda p: {p / 100, 1 + p / 100},  # "50% of starting dose", "by 50% or more"
    "azathioprine": lambda p: {p / 100},  # "30-80% of the standard dose"
    "mercaptopurine": lambda p: {p / 100},
    "thioguanine": lambda p: {p / 100},
    **dict.fromkeys(NSAIDS, lambda p: {p / 100}),  # "25-50% of the lowest recommended starting dose"
    "hydralazine": lambda p: {p},  # the dose of others, in the caveat code
    "tafenoquine": lambda p: {p},  # an enzyme activity, in the caveat code
    "atazanavir": lambda p: {p},  # chances of stopping, in the risk code
}


def _missing_numbers(text: str, recommendation: Recommendation, drug: str) -> list[str]:
    populations = {p.name: p for p in guidelines()[drug].populations}
    held = numbers_in_facts(recommendation, populations[recommendation.population])
    missing = []
    text = re.sub(r"1 in 20", "5 percent", text)  # written as a percentage in the risk code
    text = re.sub(r"three months", "3 months", text)
    for low, high, unit in re.findall(r"(\d+(?:\.\d+)?)(?:%? ?(?:-|to) ?(\d+(?:\.\d+)?))?(%|-fold)?", text):
        for number in filter(None, (low, high)):
            value = Decimal(number)
            if unit == "-fold":
                wanted = {1 / value}
            elif unit == "%":
                wanted = PERCENT.get(drug, lambda p: {1 - p / 100})(value)
                if re.search(rf"[<>]{number}%", text) and drug in ("fluorouracil", "capecitabine"):
                    wanted |= {value / 100}
            else:
                wanted = {value}
            if not wanted & held:
                missing.append(f"{number}{unit}")
    return missing


MONITORING = {
    r"therapeutic (drug|dose) monitoring|drug monitoring": {"drug_level", "drug_level_early"},
    r"monitor for (continued )?efficacy": {"efficacy"},
    r"hearing loss (frequently|in line)|evaluate (regularly )?for hearing": {"hearing", "hearing_often"},
    r"based on the degree of myelosuppression": {"myelosuppression"},
    r"disease-specific (and specific population )?guidelines": {"disease_guideline"},
    r"increased frequency of clinical monitoring|first evidence of a cutaneous": {"skin_reaction"},
    r"enzyme activity must be measured": {"g6pd_activity"},
    r"based on toxicity": {"toxicity"},
    r"minimal \(if any\) side effects": {"side_effects"},
    r"based on efficacy and side effects": {"efficacy"},
    r"response,? and side effects": {"side_effects"},
    r"adverse events such as blood pressure and kidney function": {"blood_pressure"},
    r"such as blood pressure and kidney function": {"renal_function"},
    r"monitored according to a usual standard": {"skin_reaction_usual"},
    r"monitoring for (acute exacerbation of chronic )?hemolysis": {"hemolysis_close"},
    r"monitoring for anemia": {"anemia_close"},
    r"bradycardia": {"bradycardia"},
    r"concentration \(1 to 2 hours after": {"level_at_1_to_2_hours"},
    r"concentration 2( to |-)4 h": {"level_at_2_to_4_hours"},
    r"concentration 4 hours": {"level_at_4_hours"},
}
SCHEDULES = {
    r"divided doses": "divided_doses",
    r"shortest feasible course": "shortest_course",
    r"thrice weekly": "3/week",
    r"once weekly": "1/week",
    r"x8 weeks": "8_weeks",
    r"single dose": "single_dose",
    r"lowest effective dosage for shortest duration": "lowest_dose_shortest_time",
    r"titrate dose upward.* with caution": "with_caution",
    r"carefully titrate dose upward": "carefully_to_effect_or_guideline_dose",
    r"use typical initial or loading dose": "usual",
    r"slower titration": "slower",
    # "50-100% higher maintenance dose compared to poor metabolizers" is a caveat: it says nothing of the usual dose.
    r"higher\s+(maintenance|target) dose(?! compared)|higher maintenance(?! dose compared)": "higher",
    r"lower (starting|maintenance) dose": "lower",
    r"lower than standard dosage": "lower",
    r"lowest recommended": "lowest",
    r"by 50% or more": "or_more",
    r"after 3 days": "after_3_days",
    r"if <\s?200 ng/ml|is <\s?200 ng/ml": "in_proportion_towards_400_ng_per_ml_if_below_200",
}


def test_every_number_drug_and_check_of_the_source_stands_in_the_facts(source: Source) -> None:
    names = sorted({n for n in source.drug_names.values() if len(n) > 4} | {"prasugrel", "ticagrelor", "isavuconazole"})
    vocabulary = read_vocabulary(RELEASE / "guidelines" / "vocabulary.toml")
    missing = []
    for drug, r in recommendations():
        every = list(directives(r))
        named = {drug} | {n for d in every for n in (*d.alternatives, *d.not_alternatives, *d.avoid_with, d.dose_of)}
        monitored = {m for d in every for m in d.monitoring}
        schedules = {s for d in every for dose in d.dose for s in (dose.schedule, dose.interval, dose.direction)}
        modalities = {d.modality for d in every}
        # A lower dose that the source only describes may be given as a factor below one.
        if any(dose.factor_high is not None and dose.factor_high < 1 for d in every for dose in d.dose):
            schedules |= {"lower"}
        for row in r.ids:
            text = source.rows[row]["drugrecommendation"].replace("\\n", " ")
            for pattern in NOT_A_SLOT:
                text = re.sub(pattern, " ", text)
            lower = text.lower()
            for number in _missing_numbers(text, r, drug):
                missing.append((drug, row, "number", number))
            for name in names:
                is_said = re.search(rf"\b{re.escape(name)}\b", lower) is not None
                if is_said and name not in named and (drug, name) not in EXEMPT_DRUGS:
                    missing.append((drug, row, "drug", name))
            for pattern, codes in MONITORING.items():
                if re.search(pattern, lower) and not codes & monitored:
                    missing.append((drug, row, "monitoring", pattern))
            for pattern, code in SCHEDULES.items():
                if re.search(pattern, lower) and code not in schedules:
                    missing.append((drug, row, "schedule", pattern))
            # "Avoid A. Consider B", "Start low, or consider B": what is considered is the alternative.
            is_of_alternative = r.directive.action is Action.AVOID and bool(r.directive.alternatives)
            is_of_alternative |= bool(r.directive.choice_with)
            if re.search(r"\bconsider\b", lower) and Modality.CONSIDER not in modalities and not is_of_alternative:
                missing.append((drug, row, "modality", "consider"))
            if re.search(r"if no (clinical )?response", lower) and r.directive.next_step is None:
                missing.append((drug, row, "next step", ""))
            if re.search(r"\bis warranted|most appropriate agent|not considered a suitable", lower):
                has_fallback = any(d.fallback or d.next_step for d in every)
                if not has_fallback and "opioid use is warranted" not in lower:
                    missing.append((drug, row, "fallback", ""))
    assert vocabulary["monitoring"].keys() >= {c for codes in MONITORING.values() for c in codes}
    assert missing == []


AMINOGLYCOSIDES = (
    *("amikacin", "dibekacin", "gentamicin", "kanamycin", "neomycin", "netilmicin", "paromomycin", "plazomicin"),
    *("ribostamycin", "streptomycin", "tobramycin"),
)
# Numbers of the source's comments that stand in no fact of the row, with the reason.
NO_FACTS_OF_COMMENTS = {
    "atomoxetine": {"1", "1.5"},  # hours of the peak in poor metabolizers: why levels are measured, not when
    "carbamazepine": {"100%", "75"},  # a predictive value, said by the caveat; the serotype B75
    "citalopram": {"60"},  # the age of the label's limit: a label fact of the drug, not of the row
    "escitalopram": {"20", "60"},  # citalopram's limit: an erratum
    "fluorouracil": {"5"},  # "5-FU"
    "capecitabine": {"5"},
    **{drug: {"1"} for drug in AMINOGLYCOSIDES},  # MT-RNR1
    "aspirin": {"1"},  # 1 g a day, written as 1000 mg in the population's condition
}


def test_every_number_of_the_sources_comments_stands_in_the_facts(source: Source) -> None:
    missing = []
    for drug, r in recommendations():
        for row in r.ids:
            text = re.sub(r"\*\d+(:\d+)?(/\*\d+)?", " ", source.rows[row]["comments"])
            for pattern in NOT_A_SLOT:
                text = re.sub(pattern, " ", text)
            left = set(_missing_numbers(text, r, drug)) - NO_FACTS_OF_COMMENTS.get(drug, set())
            missing.extend((drug, row, number) for number in sorted(left))
    assert missing == []


def test_the_label_of_citalopram_limits_the_dose_above_sixty() -> None:
    (label,) = [
        b for b in guidelines()["citalopram"].label_contraindications if b.condition.facts == {"age_above": "60"}
    ]
    assert short(label.directive) == "limit_dose maximum <=20 mg/day"


@pytest.mark.parametrize(("drug", "unverified"), [("codeine", {"18", "yes"}), ("tramadol", set())])
def test_opioid_labels_cover_children_tonsillectomy_and_breastfeeding(drug: str, unverified: set[str]) -> None:
    """What no source at hand backs is marked, so that it never alerts."""
    labels = guidelines()[drug].label_contraindications
    assert [(dict(b.condition.facts), b.directive.action) for b in labels] == [
        ({"age_below": "12"}, Action.CONTRAINDICATED),
        ({"age_below": "18", "condition": "after_tonsillectomy_or_adenoidectomy"}, Action.CONTRAINDICATED),
        ({"breastfeeding": "yes"}, Action.AVOID),
    ]
    assert {next(iter(b.condition.facts.values())) for b in labels if b.is_unverified} == unverified
    assert all(bool(b.evidence) != b.is_unverified for b in labels)


def test_the_label_facts_are_the_fda_tables(shared: Path) -> None:
    table = json.loads((shared / "sources/guidelines/fda/fda_pgx_associations_table.json").read_text(encoding="utf-8"))
    said = {r["Drug"]: r["Description of Gene-Drug Interaction"] for r in table["table"] if "children" in str(r)}
    assert "contraindicated in children under 12" in said["Codeine"]
    assert "Contraindicated in children under 12 and in adolescents following tonsillectomy" in said["Tramadol"]
    assert "Breastfeeding is not recommended" in said["Tramadol"]


def test_days_to_steady_state_are_of_the_drug_that_the_source_gives_them_for() -> None:
    days = {
        (drug, key): r.directive.reassess_after
        for drug in NSAIDS
        for r in guidelines()[drug].recommendations
        for (key,) in lookup_keys(r)
        if r.directive.reassess_after
    }
    assert days == {("celecoxib", "0.0"): "8 days", ("celecoxib", "0.5"): "8 days", ("meloxicam", "1.0"): "7 days"}


def test_phenytoin_lowers_the_maintenance_dose_and_never_the_first_one() -> None:
    for drug in ("phenytoin", "fosphenytoin"):
        lowered = [d for r in guidelines()[drug].recommendations for d in directives(r) if d.action == "reduce_dose"]
        assert len(lowered) == 8
        for directive in lowered:
            first = {dose.phase: dose.direction for dose in directive.dose if dose.phase in ("load", "start")}
            assert first == {"load": "usual", "start": "usual"}
            (maintain,) = [dose for dose in directive.dose if dose.phase == "maintain"]
            assert maintain.factor_high in (Decimal("0.75"), Decimal("0.5"))


def test_an_enzyme_test_comes_first_wherever_a_deficient_person_would_be_treated_otherwise() -> None:
    for drug in COMPUTED:
        if guidelines()[drug].genes != ("G6PD",):
            continue
        by_key = {key: r.directive.action for r in guidelines()[drug].recommendations for (key,) in lookup_keys(r)}
        is_same = by_key["Deficient"] == by_key["Normal"] == Action.STANDARD
        assert by_key["Variable"] == (Action.STANDARD if is_same else Action.TEST_FIRST), drug
        assert by_key["Indeterminate"] == Action.TEST_FIRST, drug
        assert by_key["Deficient with CNSHA"].severity >= Action.USE_WITH_CAUTION.severity, drug


def test_clopidogrel_speaks_of_the_usual_dose_only_for_intermediate_metabolizers() -> None:
    at_dose = {
        key for r in guidelines()["clopidogrel"].recommendations if r.directive.at_dose for key in lookup_keys(r)
    }
    assert at_dose == {("Intermediate Metabolizer",), ("Likely Intermediate Metabolizer",)}


def test_a_recommendation_that_gives_a_reason_for_silence_is_silent() -> None:
    for drug, r in recommendations():
        if r.directive.action is Action.NO_RECOMMENDATION:
            expected = Reason.UNKNOWN_RESULT if r.missing else Reason.WEAK_EVIDENCE
            assert r.directive.reason is expected, (drug, r.ids)
