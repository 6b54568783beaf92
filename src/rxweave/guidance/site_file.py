"""Reading a site's file (``docs/site.md``): strict TOML, in the vocabulary of the release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from rxweave.errors import BrokenRelease, InputError
from rxweave.guidance.advice import AlertTier
from rxweave.guidance.case import SOURCE_ORDER
from rxweave.guidance.site import RuleKind, Site, SiteRule
from rxweave.knowledge import Knowledge
from rxweave.knowledge.guideline_files import Vocabulary, read_directive
from rxweave.knowledge.guidelines import Action
from rxweave.knowledge.people_files import take_grades, take_share
from rxweave.knowledge.strict_table import StrictTable, load_toml, take_member, take_optional_member, take_word

_FORMAT = 1
_SOURCES = dict.fromkeys(SOURCE_ORDER, "")


def read_site(path: Path, knowledge: Knowledge) -> Site:
    """The site that the file describes. Raises InputError naming file, table, key, what was found and expected."""
    if not path.is_file():
        raise InputError(f"{path}: cannot be read; check the name and the permissions")
    try:
        return _site(StrictTable(load_toml(path), path, ""), knowledge)
    except BrokenRelease as error:
        raise InputError(f"{error} See docs/site.md.") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the name and the permissions") from None


def _site(top: StrictTable, knowledge: Knowledge) -> Site:
    found = top.take("format", int)
    if found != _FORMAT:
        raise top.error("format", f"is {found}; this version reads {_FORMAT}")
    formulary = top.take_sub("formulary", default={})
    months = top.take("tolerated_months", int) if "tolerated_months" in top else None
    if months is not None and months < 0:
        raise top.error("tolerated_months", f"is {months}; expected 0 or more")
    site = Site(
        name=top.take_text("name"),
        source_order=_words(top, "source_order", _SOURCES) or (),
        certainty_threshold=take_share(top, "certainty_threshold"),
        tolerated_months=months,
        quiet_conditions=top.take_texts("quiet_conditions") if "quiet_conditions" in top else None,
        grades=take_grades(top, "grades"),
        grades_with_severe_harm=take_grades(top, "grades_with_severe_harm"),
        refusing_sources=_words(top, "refusing_sources", _SOURCES),
        pretest_drugs=_words(top, "pretest_drugs", knowledge.drugs),
        preferred=_words(formulary, "preferred", knowledge.drugs) or (),
        not_stocked=_words(formulary, "not_stocked", knowledge.drugs) or (),
        rules=tuple(_rule(t, knowledge) for t in top.take_tables("rule")),
    )
    formulary.close()
    top.close()
    ids = [rule.id for rule in site.rules]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise top.error("rule", f"id {', '.join(twice)} is there twice")
    if both := sorted({*site.preferred} & {*site.not_stocked}):
        raise formulary.error("not_stocked", f"{', '.join(both)} is preferred too")
    return site


def _words(table: StrictTable, key: str, allowed: Mapping[str, object]) -> tuple[str, ...] | None:
    """Names of which each is known; None where the key is left out."""
    if key not in table:
        return None
    names = table.take_texts(key)
    for name in names:
        if name not in allowed:
            raise table.error(key, f"{name!r} is not known{_near(name, allowed)}")
    return names


def _near(name: str, allowed: Mapping[str, object]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(allowed), n=3)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _rule(table: StrictTable, knowledge: Knowledge) -> SiteRule:
    kind = take_member(table, "kind", RuleKind)
    drug = table.take_text("drug")
    if drug not in knowledge.drugs:
        raise table.error("drug", f"{drug!r} is not in release {knowledge.version}{_near(drug, knowledge.drugs)}")
    rule = SiteRule(
        id=table.take_text("id"),
        kind=kind,
        drug=drug,
        owner=table.take_text("owner"),
        because=table.take_text("because"),
        on=_day(table, "on"),
        expires=_day(table, "expires"),
        source=take_word(table, "source", _SOURCES, default=""),
        population=table.take_text("population", default=""),
        actions=tuple(_action(table, name) for name in table.take_texts("actions", default=())),
        genes=_genes(table, knowledge),
        tier=take_optional_member(table, "tier", AlertTier),
    )
    if rule.expires < rule.on:
        raise table.error("expires", f"{rule.expires} lies before on {rule.on}")
    if kind is RuleKind.DEMOTE:
        if rule.tier not in (AlertTier.PASSIVE, AlertTier.NONE):
            raise table.error("tier", "a demotion needs the tier where it ends: passive or none")
        table.close()
        return rule
    if rule.tier is not None:
        raise table.error("tier", f"goes with demote, not with {kind}")
    inner = table.take_sub("directive")
    directive = read_directive(inner, Vocabulary(knowledge.vocabulary))
    inner.close()
    table.close()
    return replace(rule, directive=directive)


def _day(table: StrictTable, key: str) -> date:
    day = table.take(key, date)
    if isinstance(day, datetime):
        raise table.error(key, f"is {day}; expected a day such as 2026-11-30")
    return day


def _action(table: StrictTable, name: str) -> Action:
    try:
        return Action(name)
    except ValueError:
        raise table.error("actions", f"{name!r} is none of {[a.value for a in Action]}") from None


def _genes(table: StrictTable, knowledge: Knowledge) -> Mapping[str, tuple[str, ...]]:
    from rxweave.knowledge.check import is_result_of, lookup_values

    sub = table.take_sub("genes", default={})
    genes = {}
    for gene in sub:
        if gene not in knowledge.genes:
            raise sub.error(gene, f"is no gene of release {knowledge.version}{_near(gene, knowledge.genes)}")
        genes[gene] = sub.take_texts(gene)
        for result in genes[gene]:
            if not is_result_of(knowledge.genes[gene], result):
                near = _near(result, dict.fromkeys(lookup_values(knowledge.genes[gene])))
                raise sub.error(gene, f"{result!r} is no phenotype, activity score or allele status of it{near}")
    return genes
