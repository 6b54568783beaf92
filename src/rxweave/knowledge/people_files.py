"""Reading ``people/*.toml`` of a release, strictly: see ``docs/knowledge-format.md``. Errors are BrokenRelease."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from rxweave.knowledge.genes import Tissue
from rxweave.knowledge.guideline_files import STRENGTHS, read_citation
from rxweave.knowledge.people import AlertSettings, EnzymeTest, FindingRule, People, PersonState
from rxweave.knowledge.strict_table import StrictTable, load_toml, take_decimal, take_optional_member, take_word

_FORMAT = 1
CONCERNS = ("person", "children", "blood_relatives", "maternal_relatives")


def read_people(folder: Path) -> People:
    """What the files of ``folder`` say; a release without the folder says nothing. Raises BrokenRelease."""
    if not folder.is_dir():
        return People()
    validity = _open(folder / "validity.toml")
    enzyme_tests = tuple(_enzyme_test(t) for t in validity.take_tables("enzyme_test"))
    states = tuple(_state(t) for t in validity.take_tables("state"))
    validity.close()
    findings = _open(folder / "secondary_findings.toml")
    classes = dict(_finding_class(t) for t in findings.take_tables("class"))
    rules = tuple(_finding(t, classes) for t in findings.take_tables("finding"))
    findings.close()
    words = _open(folder / "words.toml")
    condition_words, indication_words = _words(words, "condition"), _words(words, "indication")
    words.close()
    alternatives = _open(folder / "alternatives.toml")
    chosen_otherwise, too_wide = alternatives.take_texts("chosen_otherwise"), alternatives.take_texts("too_wide")
    withdrawn = alternatives.take_texts("withdrawn")
    alternatives.close()
    return People(
        alerts=_alerts(folder / "alerts.toml"),
        enzyme_tests=enzyme_tests,
        states=states,
        findings=rules,
        finding_classes=MappingProxyType(classes),
        condition_words=condition_words,
        indication_words=indication_words,
        chosen_otherwise=chosen_otherwise,
        too_wide=too_wide,
        withdrawn=withdrawn,
    )


def take_share(table: StrictTable, key: str) -> float | None:
    """A probability written as a text, None where there is none."""
    share = take_decimal(table, key)
    if share is not None and not 0 <= share <= 1:
        raise table.error(key, f"{share} lies outside 0 to 1")
    return None if share is None else float(share)


def take_grades(table: StrictTable, key: str) -> Mapping[str, tuple[str, ...]]:
    """Source -> the strengths of it that interrupt."""
    sub = table.take_sub(key, default={})
    grades = {source: sub.take_texts(source) for source in sub}
    for source, strengths in grades.items():
        for strength in strengths:
            if strength not in STRENGTHS:
                raise sub.error(source, f"{strength!r} is none of {list(STRENGTHS)}")
    return MappingProxyType(grades)


def _open(path: Path) -> StrictTable:
    table = StrictTable(load_toml(path), path, "")
    found = table.take("format", int)
    if found != _FORMAT:
        raise table.error("format", f"is {found}; this version reads {_FORMAT}")
    return table


def _alerts(path: Path) -> AlertSettings:
    table = _open(path)
    threshold = take_share(table, "certainty_threshold")
    if threshold is None:
        raise table.error("certainty_threshold", "is missing")
    settings = AlertSettings(
        certainty_threshold=threshold,
        tolerated_months=table.take("tolerated_months", int),
        quiet_conditions=table.take_texts("quiet_conditions"),
        grades=take_grades(table, "grades"),
        grades_with_severe_harm=take_grades(table, "grades_with_severe_harm"),
        refusing_sources=table.take_texts("refusing_sources", default=()),
    )
    table.close()
    return settings


def _enzyme_test(table: StrictTable) -> EnzymeTest:
    haemolysis_days = table.take("haemolysis_days", int, default=-1)
    test = EnzymeTest(
        gene=table.take_text("gene"),
        transfusion_days=table.take("transfusion_days", int),
        haemolysis_days=None if haemolysis_days < 0 else haemolysis_days,
        upheld=table.take_texts("upheld"),
        citations=tuple(read_citation(c) for c in table.take_tables("citation")),
        laboratory=table.take_text("laboratory", default=""),
        normal_from=take_decimal(table, "normal_from"),
    )
    if not test.citations:
        raise table.error("citation", "is missing: what makes a result unusable needs a source")
    table.close()
    return test


def _state(table: StrictTable) -> PersonState:
    age_below_days = table.take("age_below_days", int, default=-1)
    state = PersonState(
        note=table.take_text("note"),
        age_below_days=None if age_below_days < 0 else age_below_days,
        egfr_below=take_decimal(table, "egfr_below"),
        child_pugh=take_word(table, "child_pugh", {"A": "", "B": "", "C": ""}, default=""),
        is_pregnant=table.take_flag("is_pregnant"),
        genes=table.take_texts("genes", default=()),
        acts_in=take_optional_member(table, "acts_in", Tissue),
        drugs=table.take_texts("drugs", default=()),
        citations=tuple(read_citation(c) for c in table.take_tables("citation")),
        is_unverified=table.take_flag("is_unverified"),
    )
    if state.age_below_days is None and state.egfr_below is None and not (state.child_pugh or state.is_pregnant):
        raise table.error("note", "no fact about the person tells when this holds")
    if not state.citations and not state.is_unverified:
        raise table.error("citation", "give a source, or is_unverified = true where none is at hand")
    table.close()
    return state


def _finding_class(table: StrictTable) -> tuple[str, str]:
    code, meaning = table.take_text("code"), table.take_text("meaning")
    table.close()
    return code, meaning


def _finding(table: StrictTable, classes: Mapping[str, str]) -> FindingRule:
    rule = FindingRule(
        id=table.take_text("id"),
        gene=table.take_text("gene"),
        finding_class=take_word(table, "class", classes),
        results=table.take_texts("results", default=()),
        any_variant=table.take_flag("any_variant"),
        copies_against_sex=table.take_flag("copies_against_sex"),
        concerns=table.take_texts("concerns"),
        in_emergency=table.take_flag("in_emergency"),
        citations=tuple(read_citation(c) for c in table.take_tables("citation")),
    )
    unknown = set(rule.concerns) - set(CONCERNS)
    if unknown:
        raise table.error("concerns", f"{sorted(unknown)} are none of {list(CONCERNS)}")
    if bool(rule.results) + rule.any_variant + rule.copies_against_sex != 1:
        raise table.error("results", "give exactly one of results, any_variant and copies_against_sex")
    if not rule.citations:
        raise table.error("citation", "is missing")
    table.close()
    return rule


def _words(table: StrictTable, kind: str) -> Mapping[str, str]:
    """Words in lower case -> code."""
    codes: dict[str, str] = {}
    sub = table.take_sub(kind)
    for code in sub:
        for words in sub.take_texts(code):
            if codes.setdefault(words.casefold(), code) != code:
                raise sub.error(code, f"{words!r} means {codes[words.casefold()]} already")
    return MappingProxyType(codes)
