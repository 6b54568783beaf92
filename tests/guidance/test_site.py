"""What a site lays over the advice: settings, demotions, replacements, additions, and the formulary."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from guidance_toys import AVOID, CAP_20, NORMAL, POOR, STANDARD, headline, knowledge, result

from rxweave.calling import stated_calls
from rxweave.errors import InputError
from rxweave.guidance import Advice, AlertTier, Site, advise
from rxweave.guidance.advice import Alternative
from rxweave.guidance.site import RuleKind, SiteRule, apply_site, apply_site_rules, in_formulary_order
from rxweave.guidance.site_file import read_site
from rxweave.knowledge import load_release
from rxweave.knowledge.guidelines import Action, Directive, Level, Reason
from rxweave.knowledge.people import AlertSettings
from rxweave.patient import Event, Patient
from rxweave.patient.patient import Reaction
from rxweave.phenotyping import assign_phenotype

DAY = date(2026, 11, 20)
DOCS = Path(__file__).parents[2] / "docs" / "site.md"
RELEASE = load_release()


def rule(kind: RuleKind = RuleKind.DEMOTE, **more: object) -> SiteRule:
    settings: dict[str, object] = {
        "id": "r1",
        "drug": "simplol",
        "owner": "committee",
        "because": "local practice",
        "on": date(2026, 1, 1),
        "expires": date(2026, 12, 31),
        "tier": AlertTier.PASSIVE if kind is RuleKind.DEMOTE else None,
        **more,
    }
    return SiteRule(kind=kind, **settings)  # type: ignore[arg-type]


def with_rules(*rules: SiteRule, phenotype: str = POOR, on: date | None = DAY) -> Advice:
    found = advise(
        {"ENZ": result("ENZ", phenotype)},
        Patient(),
        Event(drugs=("simplol",), on=on),
        knowledge(),
        site=Site("toy", rules=rules),
    )
    return next(a for a in found if a.is_headline)


def test_an_empty_site_changes_nothing() -> None:
    advice = headline("simplol", result("ENZ", POOR))
    assert apply_site((advice,), Site(), DAY) == (advice,)
    assert Site().alerts(AlertSettings()) == AlertSettings()


def test_a_demotion_is_shown_with_its_owner_and_what_stood_before() -> None:
    assert with_rules().alert_tier is AlertTier.INTERRUPTIVE
    advice = with_rules(rule())
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.PASSIVE, "site_rule")
    (change,) = advice.site_changes
    assert (change.id, change.kind, change.owner, change.replaced) == ("r1", "demote", "committee", "interruptive")
    assert advice.directive.action is Action.AVOID, "a demotion changes the alert, never the advice"


def test_a_demotion_never_makes_an_alert_louder() -> None:
    quiet = replace(headline("simplol", result("ENZ", POOR)), alert_tier=AlertTier.NONE)
    assert apply_site_rules(quiet, Site(rules=(rule(),)), DAY) == quiet


def test_a_demoted_contraindication_says_so() -> None:
    forbidden = Directive(Action.CONTRAINDICATED, level=Level.ABSOLUTE)
    advice = replace(headline("simplol", result("ENZ", POOR)), directive=forbidden)
    changed = apply_site_rules(advice, Site(rules=(rule(tier=AlertTier.NONE),)), DAY)
    assert changed.directive == forbidden
    assert "site_demoted_contraindication:r1" in changed.notes and changed.site_changes


@pytest.mark.parametrize(
    ("narrowed", "is_applied"),
    [
        ({"genes": {"ENZ": (POOR,)}}, True),
        ({"genes": {"ENZ": (NORMAL,)}}, False),
        ({"genes": {"OTHER": (POOR,)}}, False),
        ({"actions": (Action.AVOID,)}, True),
        ({"actions": (Action.STANDARD,)}, False),
        ({"source": "CPIC"}, True),
        ({"source": "DPWG"}, False),
        ({"population": "child"}, False),
        ({"drug": "rivalol"}, False),
    ],
)
def test_a_rule_speaks_only_of_what_it_names(narrowed: dict[str, object], is_applied: bool) -> None:
    assert bool(with_rules(rule(**narrowed)).site_changes) is is_applied


@pytest.mark.parametrize(
    ("on", "is_applied", "said"),
    [
        (date(2026, 1, 1), True, ""),
        (date(2026, 12, 31), True, ""),
        (date(2027, 1, 1), False, "it expired on 2026-12-31"),
        (date(2025, 12, 31), False, "it begins on 2026-01-01"),
        (None, False, "the day of the event is not known"),
    ],
)
def test_a_rule_out_of_its_time_is_named_and_not_applied(on: date | None, is_applied: bool, said: str) -> None:
    assert bool(with_rules(rule(), on=on).site_changes) is is_applied
    warnings = Site(rules=(rule(),)).warnings(on)
    assert [said in w for w in warnings] == ([] if is_applied else [True])


def test_a_replacement_takes_the_strength_with_it_and_stops_nobody_for_nothing() -> None:
    advice = with_rules(rule(RuleKind.REPLACE, directive=STANDARD))
    assert advice.directive == STANDARD and advice.strength == "" and not advice.alternatives
    assert advice.alert_tier is not AlertTier.INTERRUPTIVE
    assert [c.replaced for c in advice.site_changes] == ["avoid"]


def test_an_addition_leads_only_where_it_is_graver() -> None:
    added = with_rules(rule(RuleKind.ADD, directive=AVOID), phenotype=NORMAL)
    assert (added.source, added.directive, added.alert_tier) == ("site", AVOID, AlertTier.PASSIVE)
    beside = advise(
        {"ENZ": result("ENZ", POOR)},
        Patient(),
        Event(drugs=("simplol",), on=DAY),
        knowledge(),
        site=Site(rules=(rule(RuleKind.ADD, directive=CAP_20),)),
    )
    assert [(a.source, a.is_headline) for a in beside] == [("CPIC", True), ("site", False)]


def test_the_formulary_ranks_and_never_prefers_what_something_speaks_against() -> None:
    options = (Alternative("a", "guideline"), Alternative("b", "guideline", ("class",)), Alternative("c", "guideline"))
    ranked = in_formulary_order(options, Site(preferred=("b", "c"), not_stocked=("a",)))
    assert [a.drug for a in ranked] == ["c", "a", "b"]


def test_settings_of_the_site_decide_the_tier() -> None:
    def tier(**settings: object) -> AlertTier:
        site = Site(**settings)  # type: ignore[arg-type]
        event = Event(drugs=("simplol",), on=DAY)
        found = advise({"ENZ": result("ENZ", POOR)}, Patient(conditions=("ward",)), event, knowledge(), site=site)
        return found[0].alert_tier

    assert tier() is AlertTier.INTERRUPTIVE
    assert tier(quiet_conditions=("ward",)) is AlertTier.PASSIVE
    assert tier(grades={"CPIC": ()}) is AlertTier.PASSIVE


# ---------------------------------------------------------------- the file


def example() -> str:
    found = re.search(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def put(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_documented_example_is_read(tmp_path: Path) -> None:
    site = read_site(put(tmp_path, example()), RELEASE)
    assert (site.name, site.source_order, site.certainty_threshold) == (
        "Example Hospital",
        ("DPWG", "CPIC", "FDA"),
        0.9,
    )
    assert [(r.id, r.kind) for r in site.rules] == [
        ("ppi-quiet", RuleKind.DEMOTE),
        ("clopidogrel-im", RuleKind.REPLACE),
        ("paracetamol-cap", RuleKind.ADD),
    ]
    asked = Directive(Action.USE_WITH_CAUTION, reason=Reason.INEFFICACY, monitoring=("efficacy",))
    assert site.rules[1].directive == asked
    assert site.alerts(RELEASE.people.alerts).grades["CPIC"] == ("Strong",)
    assert site.is_pretest(RELEASE.guidelines["abacavir"][0])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format = 1", "format = 2", "format: is 2"),
        ("name =", "nmae =", "name: is missing"),
        ('"DPWG"', '"DWPG"', "source_order: 'DWPG' is not known; did you mean DPWG"),
        ('"0.9"', '"1.9"', "certainty_threshold: 1.9 lies outside 0 to 1"),
        ("tolerated_months = 6", "tolerated_months = -6", "tolerated_months: is -6; expected 0 or more"),
        (
            '"Intermediate Metabolizer"',
            '"Intermediate Metaboliser"',
            "CYP2C19: 'Intermediate Metaboliser' is no phenotype.*did you mean Intermediate Metabolizer",
        ),
        ('"0.9"', "0.9", "certainty_threshold: is 0.9; expected a text"),
        (
            'preferred = ["ticagrelor"]',
            'preferred = ["ticagrelol"]',
            "'ticagrelol' is not known; did you mean ticagrelor",
        ),
        ('not_stocked = ["prasugrel"]', 'not_stocked = ["ticagrelor"]', "ticagrelor is preferred too"),
        ('kind = "demote"', 'kind = "silence"', "'silence' is none of"),
        ('tier = "none"', 'tier = "interruptive"', "needs the tier where it ends"),
        ('drug = "omeprazole"', 'drug = "omeprazol"', "'omeprazol' is not in release .*did you mean omeprazole"),
        ('owner = "Cardiology"', 'owner = ""', "owner: is empty"),
        ("expires = 2027-09-30", "expires = 2025-09-30", "2025-09-30 lies before on"),
        ("expires = 2027-09-30", "", "expires: is missing"),
        ("expires = 2027-09-30", 'expires = "2027-09-30"', "expires: is '2027-09-30'"),
        ("CYP2C19 = [", "CYP2C9999 = [", "CYP2C9999: is no gene of release"),
        ('"use_alternative", "avoid"', '"use_alternatives"', "'use_alternatives' is none of"),
        ('monitoring = ["efficacy"]', 'monitoring = ["vibes"]', "'vibes' is not in the vocabulary"),
        ('id = "clopidogrel-im"', 'id = "ppi-quiet"', "id ppi-quiet is there twice"),
        ("[formulary]", "[formularly]", "formularly: is an unknown key"),
        ('CPIC = ["Strong"]', 'CPIC = ["Very strong"]', "'Very strong' is none of"),
    ],
)
def test_a_wrong_site_file_is_refused_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = example()
    assert old in text
    with pytest.raises(InputError, match=message) as caught:
        read_site(put(tmp_path, text.replace(old, new, 1)), RELEASE)
    assert str(tmp_path / "site.toml") in str(caught.value)


def test_what_is_no_toml_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not valid TOML"):
        read_site(put(tmp_path, "name = "), RELEASE)
    with pytest.raises(InputError, match="not valid TOML"):
        read_site(put(tmp_path, f"tolerated_months = {'9' * 6000}"), RELEASE)
    with pytest.raises(InputError, match="cannot be read"):
        read_site(tmp_path, RELEASE)


def _with_site(patient: Patient, *rules: SiteRule) -> Advice:
    site = Site("toy", rules=rules)
    phenotypes = {
        gene: assign_phenotype(call, RELEASE)
        for gene, call in dict(stated_calls(RELEASE, phenotypes=("G6PD=Deficient", "HLA-B*57:01=positive"))).items()
    }
    drug = rules[0].drug
    return advise(phenotypes, patient, Event(drugs=(drug,), on=DAY), RELEASE, site=site)[0]


def test_a_replacement_is_made_for_genes_and_not_for_one_whom_the_drug_has_harmed() -> None:
    milder = rule(RuleKind.REPLACE, drug="rasburicase", directive=Directive(Action.STANDARD))
    assert _with_site(Patient(), milder).directive.action is Action.STANDARD
    harmed = Patient(reactions=(Reaction("rasburicase", "haemolysis", True),))
    kept = _with_site(harmed, milder)
    assert kept.directive.action is Action.AVOID and kept.alert_tier is AlertTier.INTERRUPTIVE
    assert "site_rule_not_applied:r1" in kept.notes and not kept.site_changes


def test_a_demotion_says_that_another_source_forbids_the_drug() -> None:
    quiet = _with_site(Patient(), rule(drug="abacavir", tier=AlertTier.NONE))
    assert quiet.directive.action is Action.AVOID and quiet.alert_tier is AlertTier.NONE
    assert "site_demoted_contraindication:r1" in quiet.notes
