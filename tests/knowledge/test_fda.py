"""The FDA facts of the release, against its table of associations and label texts (where they are at hand)."""

from __future__ import annotations

import csv
import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

import rxweave.knowledge
from rxweave.guidance.advice import Advice, Coverage, GeneFinding
from rxweave.knowledge.genes import NamedAllele
from rxweave.knowledge.guideline_files import read_genes_elsewhere, read_guideline, read_vocabulary
from rxweave.knowledge.guidelines import Action, Directive, DrugGuideline, Modality, Reason, Recommendation, Section
from rxweave.narrative import phrase

GUIDELINES = Path(rxweave.knowledge.__file__).parent / "releases" / "2026.1" / "guidelines"
SECTION_OF_TABLE = {
    "recommendation": Section.RECOMMENDATION,
    "impact": Section.SAFETY_OR_RESPONSE,
    "pk": Section.PHARMACOKINETICS,
}
SECTION_OF_TITLE = {
    "Support Therapeutic Management Recommendations": Section.RECOMMENDATION,
    "Indicate a Potential Impact on Safety or Response": Section.SAFETY_OR_RESPONSE,
    "Demonstrate a Potential Impact on Pharmacokinetic Properties Only": Section.PHARMACOKINETICS,
}
# The table's names of drugs and genes -> those of the release, where they are others.
DRUG_NAMES = {
    "sacituzumab govitecan-hziy": "sacituzumab govitecan",
    "sulfamethoxazole and trimethoprim": "sulfamethoxazole / trimethoprim",
}
GENE_NAMES = {
    "Nonspecific (NAT)": "NAT2",
    "TPMT and/or NUDT15": "TPMT-NUDT15",
    "CYP2C19 and/or UGT2B17": "CYP2C19-UGT2B17",
}
# Rows that ClinPGx lists and whose text is nowhere at hand: drug and gene, with what the release has instead.
KNOWN_BY_TITLE_ONLY = {
    "fosphenytoin-cyp2c9-1": "the label's word on carriers of *3",
    "phenytoin-cyp2c9-1": "the label's word on carriers of *3, and on intermediate and poor metabolizers",
    "ibuprofen-cyp2c9-1": "CPIC's recommendation",
    "tramadol-cyp2d6-2": "the other row of the table",
    "nateglinide-cyp2c9-1": "not computed",
    "oliceridine-cyp2d6-1": "not computed",
    "viloxazine-cyp2d6-1": "not computed",
}


@dataclass(frozen=True)
class Row:
    """One row of the FDA's table: our id without its prefix, the section, who is affected, and what is said."""

    id: str
    section: Section
    affected: str
    text: str


@cache
def guidelines() -> tuple[DrugGuideline, ...]:
    vocabulary = read_vocabulary(GUIDELINES / "vocabulary.toml")
    paths = sorted(p for p in (GUIDELINES / "fda").glob("*.toml") if p.name != "not_computed.toml")
    return tuple(read_guideline(p, vocabulary) for p in paths)


def records() -> Iterator[tuple[DrugGuideline, Recommendation]]:
    return ((g, r) for g in guidelines() for r in g.recommendations)


def by_row() -> dict[str, list[tuple[DrugGuideline, Recommendation]]]:
    """Records by the row of the table that they stand for, without what tells its subgroups apart (``#poor``)."""
    found: dict[str, list[tuple[DrugGuideline, Recommendation]]] = defaultdict(list)
    for guideline, record in records():
        for row in {i.partition("#")[0] for i in record.ids}:
            found[row].append((guideline, record))
    return found


def _id(drug: str, gene: str, number: int) -> str:
    drug = DRUG_NAMES.get(drug.lower(), drug.lower())
    return f"{re.sub('[^a-z0-9]+', '-', drug)}-{GENE_NAMES.get(gene, gene).lower()}-{number}"


@pytest.fixture(scope="module")
def table(shared: Path) -> tuple[Row, ...]:
    path = shared / "sources" / "guidelines" / "fda" / "fda_pgx_associations_table.json"
    seen: dict[tuple[str, str], int] = defaultdict(int)
    rows = []
    for entry in json.loads(path.read_text(encoding="utf-8"))["table"]:
        drug, gene = entry["Drug"], entry["Gene"]
        seen[drug, gene] += 1
        rows.append(
            Row(
                _id(drug, gene, seen[drug, gene]),
                SECTION_OF_TABLE[entry["table"]],
                entry["Affected Subgroups+"],
                entry["Description of Gene-Drug Interaction"],
            )
        )
    return tuple(rows)


@pytest.fixture(scope="module")
def listed(shared: Path) -> dict[str, Section]:
    """What ClinPGx listed in November 2025: our id -> section, from the titles; rows of one drug and gene in order."""
    path = shared / "sources" / "guidelines" / "observed-3.x" / "fda_pgx_association_documents.tsv"
    seen: dict[tuple[str, str], int] = defaultdict(int)
    found = {}
    with path.open(encoding="utf-8") as file:
        for entry in csv.DictReader(file, delimiter="\t"):
            title = re.fullmatch(r"FDA PGx Association \[.* Data (.*)\]: (.*) - (.*)", entry["document_name"])
            assert title is not None, entry
            seen[title[2], title[3]] += 1
            found[_id(title[2], title[3], seen[title[2], title[3]])] = SECTION_OF_TITLE[title[1]]
    return found


@pytest.fixture(scope="module")
def newer(shared: Path, table: tuple[Row, ...]) -> tuple[Row, ...]:
    """Texts of November 2025 that the table of 2021 does not have."""
    path = shared / "sources" / "guidelines" / "observed-3.x" / "fda_pgx_association_annotations.json"
    old = {row.text for row in table}
    rows = []
    for entry in json.loads(path.read_text(encoding="utf-8")):
        title = re.fullmatch(r"FDA PGx Association \[.* Data (.*)\]: (.*) - (.*)", entry["guideline_name"])
        assert title is not None, entry
        text = html.unescape(entry["recommendation"]).strip('"')
        identity = _id(title[2], title[3], 1)
        if text not in old or identity not in {row.id for row in table}:
            rows.append(Row(identity, SECTION_OF_TITLE[title[1]], entry["population"].split(": ")[-1], text))
    return tuple(rows)


# -- coverage


def test_every_row_of_the_table_has_a_record_in_its_section(table: tuple[Row, ...]) -> None:
    held = by_row()
    assert len(table) == len({row.id for row in table}) == 111
    for row in table:
        assert {r.section for _, r in held[f"fda-assoc-{row.id}"]} == {row.section}, row


def test_every_newer_row_has_a_record_in_its_section(newer: tuple[Row, ...]) -> None:
    held = by_row()
    assert len(newer) == 7
    for row in newer:
        assert {r.section for _, r in held[f"fda-assoc-{row.id}"]} == {row.section}, row


def test_every_row_that_was_listed_in_2025_is_held_or_known_by_its_title_only(listed: dict[str, Section]) -> None:
    held = {i.removeprefix("fda-assoc-") for i in by_row() if i.startswith("fda-assoc-")}
    assert len(listed) > 100
    assert set(listed) - held == set(KNOWN_BY_TITLE_ONLY)


def test_every_record_comes_from_a_row_or_a_label(
    table: tuple[Row, ...], newer: tuple[Row, ...], listed: dict[str, Section]
) -> None:
    rows = {f"fda-assoc-{row.id}" for row in (*table, *newer)}
    for row, held in by_row().items():
        if row.startswith("fda-assoc-"):
            assert row in rows
        else:
            assert row.startswith("fda-label-"), row
            assert all(any("label" in c.id for c in g.citations) for g, _ in held), row


def test_a_label_is_no_section_of_the_table() -> None:
    for _, record in records():
        is_of_table = any(i.startswith("fda-assoc-") for i in record.ids)
        assert (record.section is Section.LABEL) == (not is_of_table), record.ids


def test_every_label_text_is_held(shared: Path) -> None:
    """Annotations of labels by drug and gene; a label that speaks of several genes is held for one of them."""
    path = shared / "sources" / "guidelines" / "observed-3.x" / "fda_label_annotations.json"
    held: dict[str, set[str]] = defaultdict(set)
    for guideline, record in records():
        if any(i.startswith("fda-label-") for i in record.ids):
            held[guideline.drug] |= {c.id for c in guideline.citations}
    for entry in json.loads(path.read_text(encoding="utf-8")):
        assert f"fda-label-{entry['guideline_id']}" in held[entry["drug"]], entry["guideline_name"]


def test_a_record_cites_the_list_that_its_row_stands_in(table: tuple[Row, ...], newer: tuple[Row, ...]) -> None:
    held = by_row()
    old = {row.id for row in table}
    new = {row.id for row in newer}
    for row_id in old | new:
        for guideline, _ in held[f"fda-assoc-{row_id}"]:
            cited = {c.id for c in guideline.citations}
            assert ("fda-pgx-associations" in cited) == (row_id in old), row_id
            assert any(c.startswith("fda-pgx-associations-PA") for c in cited) == (row_id in new), row_id


# -- who is affected

LIKELY = re.compile(r"(Likely|Possible) ")  # read with what they are likely to be


def _affected(text: str) -> set[str]:
    """``intermediate or poor metabolizers``: the lookup values of the release that the table's words mean."""
    alleles = re.findall(r"\*\d+:\d+(?= allele positive)", text)
    if alleles:
        return {f"{a} positive" for a in alleles}
    if "function transporters" in text:
        return {"Poor Function"} | ({"Decreased Function"} if "intermediate" in text else set())
    if "V433M" in text:
        return {"V433M"}
    if "-1639G>A" in text:
        return {"-1639 AG", "-1639 AA"}
    words = ("Ultrarapid", "Normal", "Intermediate", "Poor")
    return {f"{w} Metabolizer" for w in words if w.lower() in text.lower()}


# What else a row's records name, with the reason.
ALSO_NAMED = {
    "erdafitinib-cyp2c9-1": {"*3/*3"},  # named by the table beside "poor metabolizers"
    "siponimod-cyp2c9-1": {"*3/*3", "*2/*3"},  # named by the text; *2/*3 is a poor metabolizer that is not *3/*3
}


def test_the_records_of_a_row_name_exactly_who_is_affected(table: tuple[Row, ...], newer: tuple[Row, ...]) -> None:
    held = by_row()
    widened = {row.id: _affected(row.affected) for row in newer}
    for row in (*table, *newer):
        found = {
            LIKELY.sub("", value)
            for _, record in held[f"fda-assoc-{row.id}"]
            for values in record.when.values()
            for value in values
        }
        if any("/" in value for value in found) and "V433M" in row.affected:
            continue  # every diplotype with the change: a test of its own
        expected = _affected(row.affected) | widened.get(row.id, set()) | ALSO_NAMED.get(row.id, set())
        assert found == expected, row


def test_the_affected_results_are_told_apart_from_normal_ones() -> None:
    """A normal result is answered only where the source names it, or as the other gene of two."""
    named = {
        (g.drug, gene)
        for g, record in records()
        for gene, values in record.when.items()
        if len(g.genes) == 1 and values & {"Normal Metabolizer", "Normal Function", "Normal", "-1639 GG"}
    }
    assert named == {
        ("eliglustat", "CYP2D6"),
        ("prasugrel", "CYP2C19"),
        ("tacrolimus", "CYP3A5"),
        ("tetrabenazine", "CYP2D6"),
    }


def test_carriers_of_an_allele_are_all_diplotypes_with_it() -> None:
    genes = rxweave.knowledge.load_release().genes
    (rs2108622,) = [n for n, v in enumerate(genes["CYP4F2"].variants) if v.rsid == "rs2108622"]
    carriers = {
        "warfarin": ("CYP4F2", {a.name for a in genes["CYP4F2"].alleles if _is_changed(a, rs2108622)}),
        "phenytoin": ("CYP2C9", {"*3"}),
        "fosphenytoin": ("CYP2C9", {"*3"}),
    }
    for drug, (gene, alleles) in carriers.items():
        assert alleles
        others = {a.name for a in genes[gene].alleles if not a.core}
        expected = {frozenset((a, b)) for a in alleles for b in others}
        (record,) = [
            r for g, r in records() if (g.drug, g.genes) == (drug, (gene,)) and any("/" in v for v in r.when[gene])
        ]
        assert {frozenset(v.split("/")) for v in record.when[gene]} == expected, drug


def _is_changed(allele: NamedAllele, site: int) -> bool:
    """Whether the allele's definition leaves the reference base out at the site (an index of ``Gene.variants``)."""
    return any(index == site and not mask & 1 for index, mask in allele.cells)


# -- what is asked for


def _directives(record: Recommendation) -> Iterator[Directive]:
    todo = [record.directive, *(b.directive for b in record.branches)]
    while todo:
        directive = todo.pop()
        yield directive
        todo.extend(d for d in (directive.fallback, directive.next_step) if d is not None)


# The source's words -> what one of the row's records must ask for. What follows the words decides nothing more.
ASKS = (
    (r"Do not use|Contraindicated in poor", lambda d: d.action is Action.CONTRAINDICATED),
    (r"(?<!abilit)Avoid use|No dosage has proven", lambda d: d.action is Action.AVOID),
    (r"Consider avoiding", lambda d: (d.action, d.modality) == (Action.AVOID, Modality.CONSIDER)),
    (r"maximum recommended|should not exceed", lambda d: d.action is Action.LIMIT_DOSE),
    (
        r"(?i:consider (alternative therapy|use of another)|use alternative agent)",
        lambda d: d.action is Action.USE_ALTERNATIVE or Action.USE_ALTERNATIVE.value in d.choice_with,
    ),
    (
        r"(?i:consider (a )?(dosage reduction|dose reduction|reducing|lower))|reductions may be necessary|"
        r"may require dosage",
        lambda d: (d.action, d.modality) == (Action.REDUCE_DOSE, Modality.CONSIDER),
    ),
    (
        r"(?i:reduce (dosage|starting|the)|use (a )?(reduced|lowest)|dosage (adjustment|reduction) is recommended|"
        r"dosage is lower|should be reduced|adjust dosage based on genotype)",
        lambda d: (d.action, d.modality) == (Action.REDUCE_DOSE, Modality.DO),
    ),
    (r"adjust (and )?(dosage|doses|dosages) based on (INR|trough)", lambda d: d.action is Action.ADJUST_BY_ALGORITHM),
    (r"Select initial dosage", lambda d: d.action is Action.ADJUST_BY_ALGORITHM and bool(d.dose)),
    (r"Use with caution|Consider risk and benefit|Titrate", lambda d: d.action is Action.USE_WITH_CAUTION),
    (r"Adjust titration interval", lambda d: any(dose.phase == "titrate" for dose in d.dose)),
    (r"Monitor (?!liver)", lambda d: bool(d.monitoring)),
    (r"No dosage adjustment is needed|not necessary", lambda d: d.action is Action.STANDARD),
)


# Rows whose newer label asks for more than the row ("may be necessary" has become "is recommended").
LABEL_ASKS_FOR_MORE = {"valbenazine-cyp2d6-1": Action.REDUCE_DOSE, "oxcarbazepine-hla-b-1": Action.AVOID}


def test_what_a_row_asks_for_is_asked_for(table: tuple[Row, ...], newer: tuple[Row, ...]) -> None:
    held = by_row()
    missing: list[tuple[str, str]] = []
    for row in (*table, *newer):
        asked = [d for _, r in held[f"fda-assoc-{row.id}"] for d in _directives(r)]
        if row.id in LABEL_ASKS_FOR_MORE:
            action, modality = asked[0].action, asked[0].modality
            assert (len(asked), action, modality) == (1, LABEL_ASKS_FOR_MORE[row.id], Modality.DO)
            continue
        missing.extend(
            (row.id, words) for words, is_met in ASKS if re.search(words, row.text) and not any(map(is_met, asked))
        )
    assert missing == []


# Rows whose words ask for nothing beyond what the label says whatever the genotype, or whatever the genotype is.
ASKS_FOR_NOTHING_BY_GENOTYPE = re.compile(
    r"Monitor liver function tests regardless of genotype|contraindicated in children[^.]*\.|"
    r"Contraindicated in children[^.]*\.|Breastfeeding[^.]*\."
)


def test_a_row_that_only_states_an_effect_asks_for_nothing(table: tuple[Row, ...], newer: tuple[Row, ...]) -> None:
    held = by_row()
    asking = re.compile(
        "|".join(f"(?:{words})" for words, _ in ASKS) + "|based on CYP2D6 metabolizer status|insufficient data"
    )
    silent = 0
    for row in (*table, *newer):
        if asking.search(ASKS_FOR_NOTHING_BY_GENOTYPE.sub("", row.text)):
            continue
        for _, record in held[f"fda-assoc-{row.id}"]:
            if record.directive.action is LABEL_ASKS_FOR_MORE.get(row.id):
                continue
            assert record.directive.reason is Reason.NO_ACTION_STATED, row
            silent += 1
    assert silent > 50


def test_a_record_that_asks_for_nothing_states_an_effect() -> None:
    for guideline, record in records():
        if record.directive.reason is Reason.NO_ACTION_STATED:
            assert any(record.implications.values()), (guideline.drug, record.ids)


SEVERE = re.compile(
    r"severe|life-threatening|fatal|death|hypersensitivity|hepatotoxicity|myelosuppression|cardiovascular"
)


def test_harm_is_severe_where_the_words_say_so(table: tuple[Row, ...], newer: tuple[Row, ...]) -> None:
    held = by_row()
    for row in (*table, *newer):
        is_severe = bool(SEVERE.search(re.sub(r"unusually severe|drugs that are associated[^.]*", "", row.text)))
        found = {r.is_severe_harm for _, r in held[f"fda-assoc-{row.id}"]}
        assert found == {is_severe}, row


# -- slots: numbers, drugs and risks of the text

# Parts of a text that name a result, a product or a fact held elsewhere, and no slot of this drug's advice.
NOT_A_SLOT = (
    r"NUDT15|HLA-[A-Z0-9]+\*?\d+:?\d*|CYP\w+|\*\d+(:\d+)?(/\*\d+)?|P2Y12",
    r"contraindicated in children under 12[^.]*|Contraindicated in children under 12[^.]*",  # [[label]] of cpic/
)
RISKS = {
    "hypersensitivity": {"hypersensitivity"},
    "QT prolongation": {"qt_prolongation"},
    "severe (skin|cutaneous)": {"scar"},
    "Stevens": {"sjs_ten", "other_sjs_drugs_too"},
    "myelosuppression": {"myelosuppression"},
    "respiratory depression": {"respiratory_depression"},
    "fatal toxicities": {"fatal_fluoropyrimidine_toxicity"},
    "severe neutropenia": {"severe_neutropenia"},
    r"\(neutropenia": {"neutropenia"},
    "neuromuscular": {"prolonged_neuromuscular_block"},
    "arrhythmia": {"arrhythmia"},
    "bradycardia": {"bradycardia"},
    "orthostatic": {"orthostatic_hypotension"},
    "rejection": {"transplant_rejection"},
    "cardiovascular": {"major_adverse_cardiovascular_events"},
    "dizziness": {"dizziness"},
    "hepatotoxicity": {"hepatotoxicity"},
    "liver enzyme": {"liver_enzyme_elevation"},
    "hyperbilirubinemia": {"hyperbilirubinemia"},
    "myopathy": {"myopathy_more_on_80_mg"},
    "heart failure": {"heart_failure"},
    "anemia": {"anemia"},
    "hypoxia": {"hypoxia"},
    "reduced efficacy": {"diminished_analgesia"},
}
CAVEATS = {
    "Refer to FDA labeling": {"label_gives_dose_for_result"},
    "not a substitute": {"no_substitute_for_vigilance"},
    "Predicted effect": {"predicted_from_inhibitors"},
    "potential benefits outweigh": {"unless_benefit_outweighs"},
    "risks of alternative": {"weigh_risks_of_alternatives"},
    "regardless of genotype": {"liver_tests_whatever_the_genotype"},
    "alternative to carbamazepine": {"not_instead_of_carbamazepine"},
    r"other drugs that are associated": {"other_sjs_drugs_too"},
    r"\*28/\*28": {"source_names_28_28"},
    r"both genes may require more": {"both_intermediate_need_more"},
}
# (row, caveat) that the row's own label text makes unnecessary.
SAID_BY_THE_LABEL = {
    ("abrocitinib-cyp2c19-1", "Refer to FDA labeling"),
    ("irinotecan-ugt1a1-1", r"\*28/\*28"),  # the label names the other alleles of poor metabolizers too
    ("mavacamten-cyp2c19-1", "Refer to FDA labeling"),  # of checks, not of a dose by genotype
}
EFFECTS = (
    (
        r"Results in higher systemic concentrations|higher systemic concentrations and",
        "increased_exposure|exposure_may_be_higher",
    ),
    (r"May result in higher systemic concentrations", "exposure_may_be_higher"),
    (r"lower systemic concentrations", "reduced_exposure"),
    (r"higher systemic (and breast milk )?active metabolite", "active_metabolite_higher"),
    (r"breast milk", "active_metabolite_higher_in_milk"),
    (r"lower systemic active metabolite", "active_metabolite_lower"),
    (r"Alters systemic active metabolite", "active_metabolite_differs"),
    (r"May (affect|alter) systemic", "exposure_may_differ"),
    (r"Alters systemic concentrations(?!, effectiveness)", "exposure_differs"),
    (r"parent drug and metabolite", "parent_and_metabolite_differ"),
    (r"higher systemic metabolite", "metabolite_higher"),
    (r"May affect dosage requirements", "dose_need_may_differ"),
    (r"Alters .*dosage requirements", "dose_need_differs"),
    (
        r"(?<!may )result in higher adverse|Results in higher adverse|and higher adverse",
        "increased_risk|possibly_increased_risk",
    ),
    (r"may (result in|have) higher adverse reaction risk", "possibly_increased_risk|increased_risk"),
)


def _codes(held: list[tuple[DrugGuideline, Recommendation]]) -> set[str]:
    return {
        code
        for _, r in held
        for code in (*r.risks, *r.caveats, *(c for codes in r.implications.values() for c in codes))
    }


def test_every_number_of_a_row_stands_in_its_facts(table: tuple[Row, ...], newer: tuple[Row, ...]) -> None:
    held = by_row()
    missing: list[tuple[str, str]] = []
    seen = 0
    for row in (*table, *newer):
        text = row.text
        for pattern in NOT_A_SLOT:
            text = re.sub(pattern, " ", text)
        facts = _numbers(held[f"fda-assoc-{row.id}"])
        for number, unit in re.findall(r"(\d+(?:\.\d+)?)(?:st|nd)?\s?(%?)", text.replace("mg/m2", "mg")):
            seen += 1
            wanted = Decimal(number) / 100 if unit else Decimal(number)
            if wanted not in facts:
                missing.append((row.id, number + unit))
        if " half " in text and Decimal("0.5") not in facts:
            missing.append((row.id, "half"))
    assert missing == []
    assert seen == 15


def _numbers(held: list[tuple[DrugGuideline, Recommendation]]) -> set[Decimal]:
    found: set[Decimal] = set()
    for _, record in held:
        texts = [*record.risks, *record.caveats]
        for directive in _directives(record):
            for dose in directive.dose:
                numbers = (dose.factor_low, dose.factor_high, dose.cap, dose.floor, dose.usual)
                found |= {n for n in numbers if n is not None}
                texts += [dose.schedule, dose.interval]
        found |= {Decimal(f"{n}.{part}") for text in texts for n, part in re.findall(r"(\d+)_(\d+)_mg", text)}
        found |= {Decimal(n) for text in texts for n in re.findall(r"(?<![a-z])\d+(?![a-z])", text.replace("_", " "))}
    return found


def test_every_risk_caveat_and_effect_of_a_row_stands_in_its_facts(
    table: tuple[Row, ...], newer: tuple[Row, ...]
) -> None:
    held = by_row()
    missing: list[tuple[str, str]] = []
    for row in (*table, *newer):
        codes = _codes(held[f"fda-assoc-{row.id}"])
        for words, wanted in (*RISKS.items(), *CAVEATS.items()):
            is_said = re.search(words, f"{row.affected} {row.text}")
            if is_said and not wanted & codes and (row.id, words) not in SAID_BY_THE_LABEL:
                missing.append((row.id, words))
        missing.extend(
            (row.id, words)
            for words, code in EFFECTS
            if re.search(words, row.text) and not set(code.split("|")) & codes
        )
    assert missing == []


def test_no_risk_is_named_that_the_source_does_not_name(table: tuple[Row, ...], newer: tuple[Row, ...]) -> None:
    """Beyond side effects, and beyond what a label adds to its row."""
    texts: dict[str, str] = defaultdict(str)
    for row in (*table, *newer):
        texts[f"fda-assoc-{row.id}"] += row.text
    said_by = {code: words for words, codes in RISKS.items() for code in codes}
    for row_id, held in by_row().items():
        for _, record in held:
            if row_id in texts and not any(i.startswith("fda-label-") for i in record.ids):
                named = {r for r in record.risks if r not in ("side_effects", "treatment_failure")}
                assert all(re.search(said_by[r], texts[row_id]) for r in named), (record.ids, named)


def test_label_numbers_stand_in_the_facts(shared: Path) -> None:
    """Doses of the label annotations; sections and tables of the label, results and shares of people are no doses."""
    path = shared / "sources" / "guidelines" / "observed-3.x" / "fda_label_annotations.json"
    facts: dict[str, set[Decimal]] = defaultdict(set)
    for guideline, record in records():
        facts[guideline.drug] |= _numbers([(guideline, record)])
    missing: list[tuple[str, str]] = []
    for entry in json.loads(path.read_text(encoding="utf-8")):
        text = html.unescape(entry["recommendation"])
        for low, high in re.findall(r"(\d+(?:\.\d+)?)(?:-(\d+))?[ -]?mg", text):
            missing.extend((entry["drug"], n) for n in (low, high) if n and Decimal(n) not in facts[entry["drug"]])
    assert missing == []


# -- form


def test_every_record_is_silent_on_others_and_without_a_grade() -> None:
    for guideline, record in records():
        assert guideline.source == "FDA" and guideline.names_only_affected
        assert record.strength == "n/a" and record.section is not None
        assert all(c.url.startswith("https://") and c.year for c in guideline.citations), guideline.drug


def test_the_only_genes_from_elsewhere_are_those_that_guidelines_name() -> None:
    genes = rxweave.knowledge.load_release().genes
    named = {gene for g in guidelines() for gene in g.genes}
    elsewhere = read_genes_elsewhere(GUIDELINES / "genes_elsewhere.toml")
    assert named - set(genes) == set(elsewhere)
    for guideline, record in records():
        for gene, values in record.when.items():
            if gene in elsewhere:
                assert values <= set(elsewhere[gene].lookup_values), guideline.drug


def test_no_sentence_is_copied(table: tuple[Row, ...], newer: tuple[Row, ...]) -> None:
    """The longest run of words that ours share with the row stays below what a sentence would need."""
    texts: dict[str, str] = defaultdict(str)
    for row in (*table, *newer):
        texts[f"fda-assoc-{row.id}"] += f" {row.text}"
    worst: tuple[int, str] = (0, "")
    for guideline, record in records():
        ours = _sentences(guideline, record)
        for row_id in {i.partition("#")[0] for i in record.ids}:
            run = _longest_run(ours, texts.get(row_id, ""))
            worst = max(worst, (len(run.split()), run))
    assert worst[0] <= 6, worst


def _sentences(guideline: DrugGuideline, record: Recommendation) -> str:
    genes = {g: GeneFinding(g, "", sorted(record.when[g])[0]) for g in guideline.genes}
    said = phrase(
        Advice(
            drug=guideline.drug,
            rxcui=guideline.rxcui,
            source="FDA",
            population=record.population,
            coverage=Coverage.COMPUTED,
            directive=record.directive,
            genes=genes,
            branches=record.branches,
            implications=record.implications,
            risks=record.risks,
            notes=record.caveats,
            evidence=guideline.citations,
            knowledge="2026.1",
        )
    )
    return " ".join((said.headline, said.text, *said.branches, *said.notes))


def _longest_run(ours: str, theirs: str) -> str:
    a, b = (re.findall(r"[\w*%./]+", text.lower()) for text in (ours, theirs))
    best: list[str] = []
    lengths = [0] * (len(b) + 1)
    for i, word in enumerate(a):
        previous = 0
        for j, other in enumerate(b):
            previous, lengths[j + 1] = lengths[j + 1], previous + 1 if word == other else 0
            if lengths[j + 1] > len(best):
                best = a[i + 1 - lengths[j + 1] : i + 1]
    return " ".join(best)
