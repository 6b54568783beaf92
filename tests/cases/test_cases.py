"""Every worked case, through the same way in as ``rxweave advise``; and what the cases together must cover."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from worked_cases import FOLDER, Case, Expected, read_cases, read_rules

from rxweave import pipeline
from rxweave.calling.outside import stated_calls
from rxweave.guidance import Advice, AlertTier
from rxweave.guidance.advice import GeneFinding
from rxweave.guidance.secondary import secondary_findings
from rxweave.guidance.site_file import read_site
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import Directive, Dose
from rxweave.narrative import phrase
from rxweave.patient import read_patient
from rxweave.phenotyping import assign_phenotype
from rxweave.phenotyping.phenotype import GenePhenotype
from rxweave.report import advice_text

CASES = read_cases()
_WIDE = 100_000  # columns: no line of a sentence is broken
_BANNED = re.compile(r"\b(safe|safely|will)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def release() -> Knowledge:
    return load_release()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, release: Knowledge, tmp_path: Path) -> None:
    patient = tmp_path / "patient.json"
    patient.write_text(json.dumps(case.patient, default=str), encoding="utf-8")
    found = advice_of(case, release, patient)
    problems = [p for drug, expected in case.expect.items() for p in _problems(drug, expected, found)]
    if case.not_interruptive:
        problems += [f"{a.drug}: interrupts" for a in found if a.alert_tier is AlertTier.INTERRUPTIVE]
    if case.findings is not None:
        told = secondary_findings(phenotypes_of(case, release), read_patient(patient, release.drugs), release)
        if {f.gene for f in told} != set(case.findings):
            problems.append(f"secondary findings of {[f.gene for f in told]}, expected {case.findings}")
    for advice in found:
        said = advice_text([advice], _WIDE)
        problems += [f"{advice.drug}: says {word!r}: {said}" for word in _BANNED.findall(said)]
    assert not problems, "\n".join([f"{case.file}: {case.title} ({', '.join(case.because)})", *problems])


def advice_of(case: Case, release: Knowledge, patient: Path) -> Sequence[Advice]:
    request = pipeline.StatedRequest(
        orders=case.order,
        variants=case.variants,
        co_medications=case.with_,
        patient=patient,
        event=case.event,
        on=date.fromisoformat(case.day) if case.day else None,
        site=read_site(FOLDER / case.site, release) if case.site else None,
        **_stated(case),
    )
    return pipeline.advise_stated(request, release)


def phenotypes_of(case: Case, release: Knowledge) -> dict[str, GenePhenotype]:
    return {c.gene: assign_phenotype(c, release) for c in stated_calls(release, **_stated(case)).values()}


def _stated(case: Case) -> dict[str, tuple[str, ...]]:
    stated: dict[str, list[str]] = {"diplotypes": [], "phenotypes": [], "activity_scores": []}
    for gene, value in case.genes.items():
        if value.startswith("score "):
            stated["activity_scores"].append(f"{gene}={value.removeprefix('score ')}")
        elif "/" in value or value.startswith(("*", "m.", "c.", "A-", "Reference")):
            stated["diplotypes"].append(f"{gene}={value}")
        else:
            stated["phenotypes"].append(f"{gene}={value}")
    return {name: tuple(values) for name, values in stated.items()}


# ---------------------------------------------------------------- one drug of a case


def _problems(drug: str, expected: Expected, found: Sequence[Advice]) -> Iterator[str]:
    mine = [a for a in found if a.drug == drug]
    if expected.absent or not mine:
        if bool(mine) == expected.absent:
            yield f"{drug}: {'is' if mine else 'is not'} among the advice: {[a.drug for a in found]}"
        return
    (head,) = (a for a in mine if a.is_headline)
    directive = head.directive
    one = {
        "coverage": head.coverage,
        "source": head.source,
        "population": head.population,
        "action": directive.action,
        "modality": directive.modality,
        "reason": directive.reason or "",
        "level": directive.level or "",
        "strength": head.strength,
        "tier": head.alert_tier,
        "next_step": directive.next_step.action if directive.next_step else "",
    }
    for name, is_ in one.items():
        allowed = getattr(expected, name)
        if allowed and str(is_) not in allowed:
            yield f"{drug}: {name} is {str(is_)!r}, expected {' or '.join(allowed)} (tier because {head.tier_because})"
    if expected.severe and not head.is_severe_harm:
        yield f"{drug}: not said to be severe harm"
    yield from (f"{drug}: {p}" for p in _dose_problems(expected.dose, directive.dose))
    if expected.fallback:
        yield from (f"{drug}: fallback: {p}" for p in _directive_problems(expected.fallback, directive.fallback))
    for other in expected.also:
        yield from _problems_of_other_source(drug, other, mine)
    yield from (f"{drug}: {p}" for p in _list_problems(expected, head))
    yield from (f"{drug}: {p}" for p in _gene_problems(expected, head))
    yield from (f"{drug}: {p}" for p in _word_problems(expected, head, mine))


def _list_problems(expected: Expected, head: Advice) -> Iterator[str]:
    has = {
        "missing": head.missing,
        "tests": [t.gene for t in head.tests_to_order],
        "alternatives": [a.drug for a in head.alternatives],
        "avoid_with": head.directive.avoid_with,
        "triggered_by": head.triggered_by,
        "interactions": [i.perpetrator for i in head.interactions],
        "site_changes": [c.id for c in head.site_changes],
        "disagrees": [d.source for d in head.disagreements],
    }
    for name, values in has.items():
        lacking = set(getattr(expected, name)) - set(values)
        if lacking:
            yield f"{name} are {list(values)}, without {sorted(lacking)}"
    if expected.no_tests and head.tests_to_order:
        yield f"asks for tests: {has['tests']}"
    if expected.no_site_changes and head.site_changes:
        yield f"was changed by the site: {has['site_changes']}"
    offered = [a.drug for a in head.alternatives if not a.conflicts]
    if wrong := set(offered) & set(expected.never_offered) | set(offered[:1]) & set(expected.never_first):
        yield f"offers {sorted(wrong)}, of {offered}"


def _gene_problems(expected: Expected, head: Advice) -> Iterator[str]:
    def of(gene: str) -> GeneFinding:
        assert gene in head.genes, f"{head.drug} weighs {sorted(head.genes)} and not {gene}"
        return head.genes[gene]

    for name, attribute in (
        ("genes_seen", "diplotype"),
        ("phenotype", "phenotype"),
        ("genetic", "genetic_phenotype"),
        ("score", "activity_score"),
    ):
        for gene, value in getattr(expected, name).items():
            if getattr(of(gene), attribute) != value:
                yield f"{gene}: {attribute} is {getattr(of(gene), attribute)!r}, expected {value!r}"
    for gene, agents in expected.converted_by.items():
        if set(of(gene).phenoconverted_by) != set(agents):
            yield f"{gene}: phenoconverted by {of(gene).phenoconverted_by}, expected {agents}"
    for gene in expected.not_converted:
        finding = head.genes.get(gene)
        if finding is not None and finding.phenoconverted_by:
            yield f"{gene}: phenoconverted by {finding.phenoconverted_by}"
    if expected.possible:
        results = [f.conversion.clinical if f.conversion else f.result for f in head.genes.values()]
        names = {c.phenotype.name for r in results if r is not None for c in r.candidates}
        if not names >= set(expected.possible):
            yield f"possible phenotypes are {sorted(names)}, expected {expected.possible}"


def _word_problems(expected: Expected, head: Advice, mine: Sequence[Advice]) -> Iterator[str]:
    everything = advice_text(mine, _WIDE)
    folded = everything.casefold()
    lacking = [w for w in expected.must_mention if w.casefold() not in folded]
    if lacking:
        yield f"does not mention {lacking}: {everything}"
    said = phrase(head)
    headline = " ".join((said.headline, said.text, said.implication, said.patient)).casefold()
    wrong = [w for w in expected.must_not_say if w.casefold() in headline]
    if wrong:
        yield f"says {wrong}: {headline}"


def _problems_of_other_source(drug: str, wanted: dict[str, Any], mine: Sequence[Advice]) -> Iterator[str]:
    wanted = dict(wanted)
    source = wanted.pop("source")
    theirs = [a for a in mine if a.source == source]
    tries = [list(_directive_problems(wanted, a.directive)) for a in theirs]
    if not tries:
        yield f"{drug}: nothing by {source}, only by {sorted({a.source for a in mine})}"
    elif all(tries):
        yield f"{drug}: by {source}: {'; '.join(min(tries, key=len))}"


def _directive_problems(wanted: dict[str, Any], directive: Directive | None) -> Iterator[str]:
    if directive is None:
        yield "there is none"
        return
    actions = wanted.get("action", ())
    allowed = [actions] if isinstance(actions, str) else list(actions)
    if allowed and directive.action not in allowed:
        yield f"action is {directive.action}, expected {' or '.join(allowed)}"
    yield from _dose_problems(wanted.get("dose", ()), directive.dose)
    assert set(wanted) <= {"action", "dose"}, wanted


def _dose_problems(wanted: Sequence[dict[str, Any]], doses: Sequence[Dose]) -> Iterator[str]:
    for want in wanted:
        if not any(_is_dose(want, dose) for dose in doses):
            yield f"no dose is {want}: {doses}"


def _is_dose(want: dict[str, Any], dose: Dose) -> bool:
    want = dict(want)
    factor = want.pop("factor", None)
    if factor is not None:
        low, high = factor if isinstance(factor, list) else (factor, factor)
        # One bound is enough where both are the same: "use 60%" may be written with either.
        given = {(None, dose.factor_high), (dose.factor_low, dose.factor_high), (dose.factor_low, None)}
        if isinstance(factor, list):
            given = {(dose.factor_low, dose.factor_high)}
        exact = {tuple(f if f is None else float(f) for f in pair) for pair in given}
        if (low, high) not in exact and not (low == high and {(None, high), (low, None)} & exact):
            return False
    exclusive = want.pop("exclusive", None)
    if exclusive is not None and (dose.is_cap_exclusive or dose.is_factor_exclusive) != exclusive:
        return False
    for name in ("cap", "floor", "usual"):
        amount = want.pop(name, None)
        if amount is not None and getattr(dose, name) != Decimal(str(amount)):
            return False
    return all(str(getattr(dose, name)) == value for name, value in want.items())


# ---------------------------------------------------------------- the cases together


def test_ids_are_unique() -> None:
    ids = [c.id for c in CASES]
    assert len(ids) == len(set(ids))


def test_there_are_enough_cases_of_every_kind() -> None:
    assert len(CASES) >= 100
    assert sum(c.stays_quiet for c in CASES) >= 25
    assert sum(c.several for c in CASES) >= 12


def test_every_gene_of_the_release_has_a_case(release: Knowledge) -> None:
    tested = {gene.split("*")[0] for case in CASES for gene in case.genes}
    assert tested >= set(release.genes)


def test_every_rule_has_a_case_and_every_case_names_a_rule() -> None:
    rules = read_rules()
    assert {r for c in CASES for r in c.rules} == set(rules)
    assert not [c.id for c in CASES if not c.rules]


def test_the_rows_that_the_cases_cite_stand_in_the_sources(shared: Path) -> None:
    cpic = _cpic_rows(shared)
    association = json.loads((shared / "sources/guidelines/fda/fda_pgx_associations_table.json").read_bytes())
    fda = {f"{row['Drug']} {row['Gene']}" for row in association["table"]}
    wrong = []
    for case in CASES:
        named = " ".join((*case.order, str(case.expect), str(case.patient))).casefold()
        for citation in case.because:
            source, _, rest = citation.partition(" ")
            if source == "CPIC":
                is_right = rest in cpic and cpic[rest][0] in named
            elif source == "DPWG":
                is_right = rest in _dpwg_keys(shared, rest.split(" ")[0])
            elif source == "FDA":
                is_right = rest in fda
            else:
                is_right = citation == "rules"
            if not is_right:
                wrong.append(f"{case.id}: {citation} {cpic.get(rest, '')}")
    assert not wrong, "\n".join(wrong)


def test_the_strength_that_is_expected_is_that_of_a_row_cited_for_the_drug(shared: Path) -> None:
    cpic = _cpic_rows(shared)
    wrong = []
    for case in CASES:
        cited = [cpic[c.removeprefix("CPIC ")] for c in case.because if c.startswith("CPIC ")]
        for drug, expected in case.expect.items():
            if expected.strength and not {(drug, s) for s in expected.strength} & set(cited):
                wrong.append(f"{case.id}: {drug} {expected.strength}, cited are {cited}")
    assert not wrong, "\n".join(wrong)


def _cpic_rows(shared: Path) -> dict[str, tuple[str, str]]:
    """Drug and strength of every row, by id."""
    csv.field_size_limit(10_000_000)
    with (shared / "sources/cpic-db/drug.tsv").open(encoding="utf-8", newline="") as file:
        drugs = {row["drugid"]: row["name"] for row in csv.DictReader(file, delimiter="\t")}
    with (shared / "sources/cpic-db/recommendation.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {row["id"]: (drugs[row["drugid"]], row["classification"]) for row in rows}


def _dpwg_keys(shared: Path, name: str) -> set[str]:
    path = shared / f"sources/guidelines/v2.12.0/DPWG_{name}.json"
    document = json.loads(path.read_bytes()) if path.is_file() else {"recommendations": []}
    keys = [value for r in document["recommendations"] for value in r["lookupKey"].values()]
    return {f"{name} {_key(value)}" for value in keys}


def _key(value: str | dict[str, float]) -> str:
    """``*1/*3`` for the source's map of alleles to copies."""
    if isinstance(value, str):
        return value
    return "/".join(allele for allele, copies in value.items() for _ in range(int(copies)))
