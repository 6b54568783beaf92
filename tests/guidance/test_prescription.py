"""The whole prescription: other drugs change what the genes do, and events on one drug change the advice on another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from guidance_toys import NORMAL, POOR, headline, result

from rxweave.calling.diplotype import Allele, CallSource, CallStatus, Diplotype, DiplotypeCall
from rxweave.calling.outside import stated_calls
from rxweave.guidance import Advice, AlertTier, advise
from rxweave.guidance.advise import advice_for
from rxweave.guidance.alternatives import alternatives_of
from rxweave.guidance.case import Case
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.guidelines import Action, Directive, Reason
from rxweave.narrative import phrase
from rxweave.patient import Event, EventKind, MedicationOrder, Patient
from rxweave.patient.patient import Reaction
from rxweave.phenotyping import assign_phenotype
from rxweave.phenotyping.phenotype import GenePhenotype, Phenotype, PhenotypeCandidate, Question, SettlingTest
from rxweave.report.marks import Mark, badge_of, mark_of
from rxweave.report.words import BADGES

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def release() -> Knowledge:
    return load_release()


def _genes(release: Knowledge, **diplotypes: str) -> dict[str, GenePhenotype]:
    found = {}
    for gene, written in diplotypes.items():
        first, second = written.split("/")
        call = DiplotypeCall(
            gene, CallStatus.CALLED, CallSource.STATED, diplotypes=(Diplotype(Allele(first), Allele(second)),)
        )
        found[gene] = assign_phenotype(call, release)
    return found


def _takes(*drugs: str, **facts: object) -> tuple[MedicationOrder, ...]:
    return tuple(MedicationOrder(d, d, **facts) for d in drugs)  # type: ignore[arg-type]


def _advice(
    release: Knowledge,
    drugs: str | Iterable[str],
    *,
    takes: tuple[MedicationOrder, ...] = (),
    kind: EventKind = EventKind.ORDER,
    on: date | None = TODAY,
    **diplotypes: str,
) -> dict[str, Advice]:
    """The headlines by drug."""
    event = Event(kind, (drugs,) if isinstance(drugs, str) else tuple(drugs), on)
    found = advise(_genes(release, **diplotypes), Patient(medications=takes), event, release)
    heads = [a for a in found if a.is_headline]
    assert len({a.drug for a in heads}) == len(heads)
    return {a.drug: a for a in heads}


# ---------------------------------------------------------------- phenoconversion


def test_a_strong_inhibitor_makes_a_normal_metabolizer_poor(release: Knowledge) -> None:
    advice = _advice(release, "codeine", takes=_takes("paroxetine"), CYP2D6="*1/*1")["codeine"]
    finding = advice.genes["CYP2D6"]
    assert (finding.genetic_phenotype, finding.phenotype) == ("Normal Metabolizer", "Poor Metabolizer")
    assert finding.phenoconverted_by == ("paroxetine",)
    assert (advice.directive.action, advice.directive.reason) == (Action.AVOID, Reason.INEFFICACY)
    step = next(s for s in advice.trace if s.step == "phenoconversion")
    assert "interactions.tsv#paroxetine CYP2D6" in step.facts and step.result == "Poor Metabolizer (0.0)"


def test_a_strong_inhibitor_makes_a_poor_metabolizer_of_anyone(release: Knowledge) -> None:
    advice = _advice(release, "codeine", takes=_takes("paroxetine"))["codeine"]
    finding = advice.genes["CYP2D6"]
    assert (finding.genetic_phenotype, finding.phenotype) == ("No Result", "Poor Metabolizer")
    assert advice.directive.action is Action.AVOID and not advice.missing_genes


def test_a_drug_does_not_convert_its_own_advice(release: Knowledge) -> None:
    finding = _advice(release, "paroxetine", CYP2D6="*1/*1")["paroxetine"].genes["CYP2D6"]
    assert finding.phenotype == "Normal Metabolizer" and finding.phenoconverted_by == ()


def test_a_weak_inhibitor_changes_nothing_and_is_named(release: Knowledge) -> None:
    alone = _advice(release, "codeine", CYP2D6="*1/*4")["codeine"]
    beside = _advice(release, "codeine", takes=_takes("amiodarone"), CYP2D6="*1/*4")["codeine"]
    assert beside.directive == alone.directive and beside.alert_tier is alone.alert_tier
    assert "modulator_weak:amiodarone" in beside.notes


def test_a_drug_stopped_nobody_knows_when_is_asked_about_and_not_counted(release: Knowledge) -> None:
    stopped = _takes("paroxetine", is_stopped=True)
    advice = _advice(release, "codeine", takes=stopped, CYP2D6="*1/*1")["codeine"]
    assert advice.genes["CYP2D6"].phenotype == "Normal Metabolizer"
    assert "stop_date" in advice.missing and "modulator_not_applied:paroxetine" in advice.notes
    assert advice.alert_tier is AlertTier.PASSIVE


def test_a_moderate_inhibitor_of_cyp2c19_never_interrupts_and_never_silences_the_genes(release: Knowledge) -> None:
    moderate = next(
        i.drug for i in release.interactions
        if (i.gene, i.role, i.strength) == ("CYP2C19", "inhibitor", "moderate")
    )  # fmt: skip
    alone = _advice(release, "clopidogrel", CYP2C19="*1/*1")["clopidogrel"]
    beside = _advice(release, "clopidogrel", takes=_takes(moderate), CYP2C19="*1/*1")["clopidogrel"]
    assert alone.alert_tier is not AlertTier.INTERRUPTIVE
    assert beside.directive.action.severity >= alone.directive.action.severity
    assert beside.alert_tier is AlertTier.PASSIVE and beside.tier_because == "practice"
    poor = _advice(release, "clopidogrel", takes=_takes(moderate), CYP2C19="*1/*2")["clopidogrel"]
    assert poor.alert_tier is AlertTier.INTERRUPTIVE
    rapid = _advice(release, "voriconazole", takes=_takes(moderate), CYP2C19="*17/*17")["voriconazole"]
    assert rapid.directive == _advice(release, "voriconazole", CYP2C19="*17/*17")["voriconazole"].directive


# ---------------------------------------------------------------- events on other drugs


@pytest.mark.parametrize("kind", [EventKind.ORDER, EventKind.START])
def test_paroxetine_for_someone_on_tamoxifen_interrupts(release: Knowledge, kind: EventKind) -> None:
    takes = _takes("tamoxifen", tolerated_months=24)
    found = _advice(release, "paroxetine", takes=takes, kind=kind, CYP2D6="*1/*1")
    assert list(found) == ["paroxetine", "tamoxifen"]
    tamoxifen = found["tamoxifen"]
    assert tamoxifen.triggered_by == ("paroxetine",) and found["paroxetine"].triggered_by == ()
    assert tamoxifen.directive.action is Action.USE_ALTERNATIVE
    assert tamoxifen.alert_tier is AlertTier.INTERRUPTIVE


def test_what_was_so_before_is_not_told_again(release: Knowledge) -> None:
    assert "tamoxifen" not in _advice(release, "paroxetine", takes=_takes("tamoxifen"), CYP2D6="*4/*4")
    takes = (*_takes("tamoxifen"), *_takes("paroxetine", tolerated_months=3))
    assert "tamoxifen" not in _advice(release, "paroxetine", takes=takes, CYP2D6="*1/*1")
    takes = (*_takes("tamoxifen"), *_takes("paroxetine", started=date(2026, 1, 1)))
    assert "tamoxifen" not in _advice(release, "paroxetine", takes=takes, CYP2D6="*1/*1")


def test_a_drug_that_touches_no_enzyme_touches_no_advice(release: Knowledge) -> None:
    assert list(_advice(release, "abacavir", takes=_takes("tamoxifen", "codeine"), CYP2D6="*1/*1")) == ["abacavir"]


@pytest.mark.parametrize("kind", [EventKind.NEW_RESULT, EventKind.DOSE_CHANGE])
def test_other_events_touch_no_other_drug(release: Knowledge, kind: EventKind) -> None:
    takes = _takes("tamoxifen", "paroxetine")
    assert list(_advice(release, "paroxetine", takes=takes, kind=kind, CYP2D6="*1/*1")) == ["paroxetine"]


@pytest.mark.parametrize(
    ("diplotype", "tier"),
    [("*1/*1", AlertTier.PASSIVE), ("*1/*2x2", AlertTier.INTERRUPTIVE)],
    ids=["normal again", "too much morphine"],
)
@pytest.mark.parametrize("on", [TODAY, None], ids=["dated", "undated"])
def test_stopping_an_inhibitor_interrupts_only_for_severe_harm(
    release: Knowledge, diplotype: str, tier: AlertTier, on: date | None
) -> None:
    takes = _takes("codeine", "fluoxetine")
    found = _advice(release, "fluoxetine", takes=takes, kind=EventKind.STOP, on=on, CYP2D6=diplotype)
    codeine = found["codeine"]
    assert (codeine.triggered_by, codeine.alert_tier) == (("fluoxetine",), tier)
    assert "changes_after_washout:fluoxetine" in codeine.notes
    assert codeine.genes["CYP2D6"].phenoconverted_by == ()


def test_the_drug_ordered_names_the_drug_that_it_does_not_go_with(release: Knowledge) -> None:
    found = _advice(release, "omeprazole", takes=_takes("clopidogrel"), CYP2C19="*1/*1")
    assert found["clopidogrel"].triggered_by == ("omeprazole",)
    assert found["clopidogrel"].alert_tier is AlertTier.PASSIVE
    assert "avoid_combination_with:clopidogrel" in found["omeprazole"].notes
    assert found["omeprazole"].alert_tier is AlertTier.PASSIVE


# ---------------------------------------------------------------- plain interactions


def test_a_strong_inhibitor_of_the_drugs_enzyme_is_told_and_never_interrupts(release: Knowledge) -> None:
    advice = _advice(release, "simvastatin", takes=_takes("clarithromycin"))["simvastatin"]
    (told,) = advice.interactions
    assert (told.victim, told.perpetrator, told.gene) == ("simvastatin", "clarithromycin", "CYP3A4")
    assert told.effect == "exposure_up" and len(told.sources) >= 1
    assert (advice.alert_tier, advice.tier_because) == (AlertTier.PASSIVE, "plain_interaction")


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (
            ("clarithromycin",),
            "simvastatin: no genetic reason to change, but its level is expected to rise with clarithromycin"
            " (strong CYP3A4 inhibitor)",
        ),
        (
            ("clarithromycin", "rifampin"),
            "simvastatin: no genetic reason to change, but its level is expected to rise with clarithromycin"
            " (strong CYP3A4 inhibitor) and its level is expected to fall with rifampin (strong CYP3A4 inducer)",
        ),
        (("diltiazem",), "simvastatin: no genetic reason to change"),
    ],
    ids=["strong", "one up, one down", "moderate"],
)
def test_no_reason_in_the_genes_never_hides_a_strong_interaction(
    release: Knowledge, others: tuple[str, ...], expected: str
) -> None:
    advice = _advice(release, "simvastatin", takes=_takes(*others), SLCO1B1="*1/*1")["simvastatin"]
    assert advice.interactions and advice.directive.action is Action.STANDARD
    assert phrase(advice).headline == expected
    is_named = "but" in expected
    assert mark_of(advice) is (Mark.WATCH if is_named else Mark.FINE)
    assert badge_of(advice, mark_of(advice)) == (BADGES[Action.USE_WITH_CAUTION if is_named else Action.STANDARD])


def test_a_strong_interaction_stands_in_a_headline_without_guidance_and_leaves_a_change_alone(
    release: Knowledge,
) -> None:
    unheld = _advice(release, "midazolam", takes=_takes("clarithromycin"))["midazolam"]
    assert mark_of(unheld) is Mark.WATCH and "clarithromycin" in phrase(unheld).headline
    changed = _advice(release, "simvastatin", takes=_takes("clarithromycin"), SLCO1B1="*5/*5")["simvastatin"]
    assert mark_of(changed) is Mark.CHANGE and "clarithromycin" not in phrase(changed).headline


def test_an_interaction_is_told_once(release: Knowledge) -> None:
    both = _advice(release, ("simvastatin", "clarithromycin"))
    assert len(both["simvastatin"].interactions) == 1 and not both["clarithromycin"].interactions
    other_way = _advice(release, "clarithromycin", takes=_takes("simvastatin"))
    assert [i.victim for i in other_way["clarithromycin"].interactions] == ["simvastatin"]


def test_what_phenoconversion_says_is_not_said_again(release: Knowledge) -> None:
    advice = _advice(release, "codeine", takes=_takes("paroxetine"), CYP2D6="*1/*1")["codeine"]
    assert not [i for i in advice.interactions if i.gene == "CYP2D6"]


def test_a_stopped_drug_interacts_with_nothing(release: Knowledge) -> None:
    takes = _takes("simvastatin", "clarithromycin")
    found = _advice(release, "clarithromycin", takes=takes, kind=EventKind.STOP)
    assert not any(a.interactions for a in found.values())


# ---------------------------------------------------------------- alternatives


def _conflicts(advice: Advice) -> dict[str, tuple[str, ...]]:
    return {a.drug: a.conflicts for a in advice.alternatives}


def test_an_alternative_that_harms_another_drug_of_the_list_is_set_aside(release: Knowledge) -> None:
    takes = _takes("tamoxifen")
    advice = _advice(release, "citalopram", takes=takes, CYP2C19="*17/*17", CYP2D6="*1/*1")["citalopram"]
    conflicts = _conflicts(advice)
    assert conflicts["sertraline"] == () and "worsens:tamoxifen" in conflicts["paroxetine"]
    ranked = list(conflicts)
    assert ranked.index("sertraline") < ranked.index("paroxetine")
    alone = _advice(release, "citalopram", CYP2C19="*17/*17", CYP2D6="*1/*1")["citalopram"]
    assert not [c for c in _conflicts(alone)["paroxetine"] if c.startswith("worsens")]


def test_an_alternative_is_looked_up_without_the_drug_that_it_replaces(release: Knowledge) -> None:
    # Fluvoxamine makes CYP2C19 poor, and would spoil citalopram if it stayed.
    genes = {"CYP2D6": "*4/*4", "CYP2C19": "*1/*1"}
    beside = _advice(release, "citalopram", takes=_takes("fluvoxamine"), **genes)["citalopram"]
    assert beside.directive.action is not Action.STANDARD
    own = _advice(release, "fluvoxamine", **genes)["fluvoxamine"]
    asking = replace(own, directive=Directive(Action.USE_ALTERNATIVE, alternatives=("citalopram",)))
    case = Case(_genes(release, **genes), Patient(), Event(drugs=("fluvoxamine",), on=TODAY), release)
    (first, *_) = alternatives_of(asking, (), case, advice_for)
    assert (first.drug, first.conflicts) == ("citalopram", ())


@pytest.mark.parametrize(
    ("patient", "code"),
    [
        (Patient(failures=("sertraline",)), "failed_before"),
        (Patient(reactions=(Reaction("sertraline"),)), "past_reaction"),
        (Patient(reactions=(Reaction("sertraline", is_severe=True),)), "past_severe_reaction"),
        (Patient(medications=_takes("sertraline")), "already_taken"),
    ],
)
def test_what_the_person_already_showed_sets_an_alternative_aside(
    release: Knowledge, patient: Patient, code: str
) -> None:
    genes = _genes(release, CYP2C19="*17/*17", CYP2D6="*1/*1")
    advice = advise(genes, patient, Event(drugs=("citalopram",), on=TODAY), release)[0]
    assert code in _conflicts(advice)["sertraline"]
    assert advice.alternatives[0].drug != "sertraline"


@pytest.mark.parametrize(
    ("drug", "status", "never_first"),
    [("carbamazepine", "*15:02 positive", ("oxcarbazepine", "phenytoin", "fosphenytoin", "lamotrigine"))],
)
def test_the_class_that_is_ruled_out_is_offered_last(
    release: Knowledge, drug: str, status: str, never_first: tuple[str, ...]
) -> None:
    call = DiplotypeCall("HLA-B", CallStatus.CALLED, CallSource.OUTSIDE)
    phenotype = Phenotype("HLA-B", status, "", (status,))
    result = GenePhenotype(call, (phenotype,), (PhenotypeCandidate(phenotype, 1.0),))
    advice = advise({"HLA-B": result}, Patient(), Event(drugs=(drug,)), release)[0]
    conflicts = _conflicts(advice)
    assert all("class" in conflicts[name] for name in never_first if name in conflicts)
    assert not set(never_first) & {a.drug for a in advice.alternatives if not a.conflicts}


def test_capecitabine_never_replaces_fluorouracil(release: Knowledge) -> None:
    advice = _advice(release, "fluorouracil", DPYD="c.1905+1G>A (*2A)/c.1905+1G>A (*2A)")["fluorouracil"]
    assert set(advice.directive.not_alternatives) == {"capecitabine", "tegafur"}
    assert not {a.drug for a in advice.alternatives if not a.conflicts} & {"capecitabine", "tegafur"}


def test_drugs_chosen_by_regimen_are_not_offered_for_one_another(release: Knowledge) -> None:
    advice = _advice(release, "fluorouracil", DPYD="c.1905+1G>A (*2A)/c.1905+1G>A (*2A)")["fluorouracil"]
    assert {a.why for a in advice.alternatives} == {"guideline"}


def test_a_drug_with_several_uses_is_replaced_by_no_class(release: Knowledge) -> None:
    codeine = _advice(release, "codeine", CYP2D6="*4/*4")["codeine"]
    assert len({code[:3] for code in release.drugs["codeine"].atc}) > 1
    assert all(a.why == "guideline" for a in codeine.alternatives)


# ---------------------------------------------------------------- tests to order


def test_the_test_that_settles_the_phenotype_is_the_one_to_order() -> None:
    def asking(question: Question, rsids: tuple[str, ...]) -> str:
        open_result = replace(
            result("ENZ", POOR, others={NORMAL: 0.5}), settled_by=(SettlingTest(question, (7,), rsids, 1.0),)
        )
        (test,) = headline("simplol", open_result).tests_to_order
        assert test.why == "ambiguous"
        return test.method

    assert asking(Question.PHASE, ("rs1", "rs2")) == "phase"
    assert asking(Question.POSITION, ("rs1",)) == "position:rs1"
    assert asking(Question.POSITION, ()) == "position:7"


def test_a_test_that_is_under_way_is_not_ordered_again() -> None:
    asked = headline("hlavir")
    assert [t.gene for t in asked.tests_to_order] == ["HLA-X"]
    waiting = headline("hlavir", patient=Patient(pending_tests=("HLA-X",)))
    assert waiting.tests_to_order == () and "test_pending:HLA-X" in waiting.notes
    assert waiting.directive == asked.directive


def test_a_pending_test_of_a_gene_that_is_known_is_not_mentioned() -> None:
    waiting = headline("simplol", result("ENZ", POOR), patient=Patient(pending_tests=("ENZ",)))
    assert not [n for n in waiting.notes if n.startswith("test_pending")]


# ---------------------------------------------------------------- the other way out


def _milder(advice: Advice) -> list[str]:
    return [note for note in advice.notes if note.startswith("milder_without:")]


def test_what_the_advice_would_be_without_the_inhibitor_is_told(release: Knowledge) -> None:
    advice = _advice(release, "tamoxifen", takes=_takes("paroxetine"), CYP2D6="*1/*2")["tamoxifen"]
    assert _milder(advice) == ["milder_without:paroxetine|standard"]


def test_nothing_is_promised_where_the_genes_ask_for_the_same(release: Knowledge) -> None:
    advice = _advice(release, "tamoxifen", takes=_takes("paroxetine"), CYP2D6="*4/*4")["tamoxifen"]
    assert _milder(advice) == []


# ---------------------------------------------------------------- what is not offered, with the real release


def _offered(drug: str, *results: str, **facts: object) -> dict[str, tuple[str, ...]]:
    """Alternative -> conflicts, for phenotypes as ``GENE=result``."""
    release = load_release("2026.1")
    calls = dict(stated_calls(release, phenotypes=results))
    phenotypes = {gene: assign_phenotype(call, release) for gene, call in calls.items()}
    person = replace(Patient(), **facts)
    head = advise(phenotypes, person, Event(drugs=(drug,)), release)[0]
    return {a.drug: a.conflicts for a in head.alternatives}


def test_no_drug_that_was_taken_off_the_market_is_offered() -> None:
    offered = _offered("fluvastatin", "CYP2C9=Poor Metabolizer", "SLCO1B1=Poor Function")
    assert offered["cerivastatin"] == ("withdrawn",) and list(offered)[-1] == "cerivastatin"


def test_a_drug_whose_levels_differ_stands_below_those_with_nothing_against() -> None:
    offered = _offered("amitriptyline", "CYP2D6=Poor Metabolizer")
    assert offered["protriptyline"] == ("levels_differ:CYP2D6",)
    assert list(offered).index("mirtazapine") < list(offered).index("protriptyline")


@pytest.mark.parametrize(
    ("results", "facts"),
    [
        pytest.param(("HLA-A*31:01=positive", "HLA-B*15:02=negative"), {}, id="another allele"),
        pytest.param(
            ("HLA-A*31:01=negative", "HLA-B*15:02=negative"),
            {"reactions": (Reaction("carbamazepine", "severe_skin", True),)},
            id="a reaction",
        ),
    ],
)
def test_what_a_source_refuses_for_one_result_is_not_offered_for_another(
    results: tuple[str, ...], facts: dict[str, object]
) -> None:
    assert _offered("carbamazepine", *results, **facts)["oxcarbazepine"] == ("class",)


def test_a_past_reaction_is_not_told_as_genetic_guidance() -> None:
    offered = _offered("tramadol", "CYP2D6=Poor Metabolizer", reactions=(Reaction("morphine", "anaphylaxis", True),))
    assert offered["morphine"] == ("past_severe_reaction", "not_computed")


def test_a_product_is_advised_on_by_the_guideline_of_the_product() -> None:
    release = load_release("2026.1")
    drugs = ("sulfamethoxazole", "trimethoprim")
    assert [a.drug for a in advise({}, Patient(), Event(drugs=drugs), release) if a.is_headline] == [
        *drugs,
        "sulfamethoxazole / trimethoprim",
    ]
    assert not [a for a in advise({}, Patient(), Event(drugs=drugs[:1]), release) if "/" in a.drug]


def test_what_a_known_gene_asks_for_at_least_interrupts_though_another_is_not_tested() -> None:
    release = load_release("2026.1")
    calls = dict(stated_calls(release, phenotypes=("TPMT=Intermediate Metabolizer",)))
    phenotypes = {gene: assign_phenotype(call, release) for gene, call in calls.items()}
    head = advise(phenotypes, Patient(), Event(drugs=("azathioprine",)), release)[0]
    assert (head.directive.action, head.alert_tier) == (Action.TEST_FIRST, AlertTier.INTERRUPTIVE)
    assert head.missing_genes == ("NUDT15",)


def test_a_source_that_weighs_genes_alone_is_not_milder_than_the_label() -> None:
    release = load_release("2026.1")
    phenotypes = _genes(release, CYP2D6="*1/*1")
    child = Patient(age_years=Decimal(10))
    head = advise(phenotypes, child, Event(drugs=("codeine",)), release)[0]
    assert head.directive.action is Action.CONTRAINDICATED and head.disagreements == ()


@pytest.mark.parametrize(
    ("drug", "harmed_by", "results"),
    [
        ("carbamazepine", "phenytoin", ("HLA-B*15:02=negative", "HLA-A*31:01=negative")),
        ("capecitabine", "fluorouracil", ("DPYD=Normal Metabolizer",)),
        ("gentamicin", "tobramycin", ("MT-RNR1=normal risk of aminoglycoside-induced hearing loss",)),
        ("desflurane", "sevoflurane", ("RYR1=Uncertain Susceptibility",)),
        ("codeine", "tramadol", ("CYP2D6=Normal Metabolizer",)),
    ],
)
def test_a_severe_reaction_to_a_drug_too_alike_to_replace_this_one_is_never_passed_over(
    drug: str, harmed_by: str, results: tuple[str, ...]
) -> None:
    release = load_release("2026.1")
    calls = dict(stated_calls(release, phenotypes=results))
    phenotypes = {gene: assign_phenotype(call, release) for gene, call in calls.items()}
    harmed = Patient(reactions=(Reaction(harmed_by, "severe", True),))
    head = advise(phenotypes, harmed, Event(drugs=(drug,)), release)[0]
    assert head.alert_tier is AlertTier.PASSIVE and head.directive.action is not Action.STANDARD
    assert f"related_severe_reaction:{harmed_by}" in head.notes
    other = replace(harmed, reactions=(Reaction("metoprolol", "severe", True),))
    assert "related_severe_reaction" not in " ".join(advise(phenotypes, other, Event(drugs=(drug,)), release)[0].notes)


def test_a_source_that_says_the_same_of_two_genes_differs_once() -> None:
    release = load_release("2026.1")
    calls = dict(stated_calls(release, diplotypes=("CYP2C9=*3/*3",), phenotypes=("VKORC1=-1639 AA",)))
    phenotypes = {gene: assign_phenotype(call, release) for gene, call in calls.items()}
    head = advise(phenotypes, Patient(), Event(drugs=("warfarin",)), release)[0]
    assert [(d.source, d.how) for d in head.disagreements] == [("FDA", "milder")]
