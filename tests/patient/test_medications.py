"""Medication lists as people write them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxweave.knowledge.drugs import Drug, DrugKind, read_drugs
from rxweave.patient import MedicationOrder, dose_text, read_medications
from rxweave.patient.names import normal_text

DRUGS = read_drugs(Path(__file__).parents[2] / "src" / "rxweave" / "knowledge" / "releases" / "2026.1" / "drugs.tsv")


def read_one(text: str) -> MedicationOrder:
    (order,) = read_medications(text, DRUGS)
    return order


def test_list_on_one_line_gives_one_order_an_item() -> None:
    orders = read_medications("clopidogrel 75 mg daily; codeine; simvastatin 40 mg", DRUGS)
    assert [(o.drug, o.amount, o.unit, o.times_per_day, o.line) for o in orders] == [
        ("clopidogrel", Decimal(75), "mg", Decimal(1), 1),
        ("codeine", None, "", None, 2),
        ("simvastatin", Decimal(40), "mg", None, 3),
    ]
    assert [o.rxcui for o in orders] == ["32968", "2670", "36567"]


@pytest.mark.parametrize(
    ("text", "drug", "matched_as"),
    [
        ("Plavix 75mg PO qd", "clopidogrel", "brand"),
        ("PLAVIX® 75 mg", "clopidogrel", "brand"),
        ("clopidogrel bisulfate 75 mg", "clopidogrel", "salt"),
        ("metoprolol tartrate 25 mg BID", "metoprolol", "salt"),
        ("codeine phosphate 30 mg", "codeine", "salt"),
        ("venlafaxine XR 75 mg", "venlafaxine", "ingredient"),
        ("Depakote 500 mg", "divalproex sodium", "brand"),
        ("suxamethonium 100 mg iv", "succinylcholine", "synonym"),
        ("paracetamol 1 g qid", "acetaminophen", "synonym"),
        ("ciclosporin 100 mg bd", "cyclosporine", "synonym"),
        ("5-fluorouracil 400 mg/m² iv", "fluorouracil", "synonym"),
        ("• Codeine 30 mg", "codeine", "ingredient"),
        ("3) codeine", "codeine", "ingredient"),
        ("taking codeine 30 mg", "codeine", "ingredient"),
        ("2 x 40 mg simvastatin daily", "simvastatin", "ingredient"),
        ("Lipitor (atorvastatin) 20 mg", "atorvastatin", "brand"),
        ("atorvastatin (Lipitor) 20 mg daily", "atorvastatin", "ingredient"),
        ("Prilosec OTC 20 mg", "omeprazole", "brand"),
        ("St John's wort 300 mg", "st. john's wort", "ingredient"),
        ("clopidogrel 75", "clopidogrel", "ingredient"),
        ("clopidogrel\u00a075\u202fmg", "clopidogrel", "ingredient"),
    ],
)
def test_name_is_found(text: str, drug: str, matched_as: str) -> None:
    order = read_one(text)
    assert (order.drug, order.matched_as) == (drug, matched_as)


@pytest.mark.parametrize(
    ("text", "amount", "unit", "times"),
    [
        ("codeine 30 mg q6h prn", "30", "mg", "4"),
        ("metoprolol 25 mg BID", "25", "mg", "2"),
        ("simvastatin 1 tab", "1", "tablet", None),
        ("mercaptopurine ½ tab daily", "0.5", "tablet", "1"),
        ("mercaptopurine 1/2 tab daily", "0.5", "tablet", "1"),
        ("mercaptopurine 3/4 tab daily", "0.75", "tablet", "1"),
        ("omeprazole 20 mg bid x14d", "20", "mg", "2"),
        ("carbamazepine 200 mg bid started 2 weeks ago", "200", "mg", "2"),
        ("clopidogrel75mg daily", "75", "mg", "1"),
        ("azathioprine 0.5 mg/kg", "0.5", "mg/kg", None),
        ("levothyroxine 500 micrograms", "500", "mcg", None),
        ("digoxin 62.5 µg od", "62.5", "mcg", "1"),
        ("digoxin 62.5 μg od", "62.5", "mcg", "1"),
        ("simvastatin 40mg nightly", "40", "mg", "1"),
        ("tramadol 50 mg x2 daily", "50", "mg", "2"),
        ("ibuprofen 1,000 mg daily", "1000", "mg", "1"),
        ("digoxin 0,125 mg daily", "0.125", "mg", "1"),
        ("warfarin 2,5 mg daily", "2.5", "mg", "1"),
        ("metformin 1 g twice a day", "1000", "mg", "2"),
        ("tamoxifen 20mg/day", "20", "mg", "1"),
        ("simvastatin 20 mg tablets, 2 tablets daily", "40", "mg", "1"),
        ("simvastatin 40 mg 1 tab daily", "40", "mg", "1"),
        ("capecitabine 1250 mg/m2 twice daily", "1250", "mg/m2", "2"),
        ("prednisone 5 mg every other day", "5", "mg", "0.5"),
        ("warfarin 5 mg three times a week", "5", "mg", str(Decimal(3) / 7)),
        ("amoxicillin 250 mg/5 ml 5 ml tid", "5", "mL", "3"),
    ],
)
def test_dose_is_read(text: str, amount: str, unit: str, times: str | None) -> None:
    order = read_one(text)
    assert (order.amount, order.unit) == (Decimal(amount), unit)
    assert order.times_per_day == (None if times is None else Decimal(times))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("clopidogrel 300 mg then 75 mg daily", id="loading dose"),
        pytest.param("simvastatin 20 mg 2 tabs daily", id="strength or dose"),
        pytest.param("codeine 30 mg daily bid", id="two frequencies"),
        pytest.param("codeine 30 mg 17", id="bare number"),
        pytest.param("codeine 0 mg", id="nothing"),
        pytest.param("tamoxifen 20 mg/day bid", id="daily total divided"),
    ],
)
def test_dose_that_can_mean_two_things_is_left_open_and_said(text: str) -> None:
    order = read_one(text)
    assert order.drug
    assert order.amount is None
    assert order.daily_dose is None
    assert "mg" in order.unread


def test_range_keeps_both_ends_and_has_no_single_daily_dose() -> None:
    order = read_one("omeprazole 20–40 mg daily")
    assert (order.amount, order.amount_high, order.daily_dose) == (Decimal(20), Decimal(40), None)


def test_interval_with_two_ends_is_said_and_not_guessed() -> None:
    order = read_one("codeine 30 mg q4-6h prn")
    assert (order.amount, order.times_per_day, order.unread) == (Decimal(30), None, "q4-6h")


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("clopidogril 75 mg", "clopidogrel"),
        ("clopidorgel 75 mg", "clopidogrel"),
        ("no codeine", "codeine"),
        ("codeine allergy", "codeine"),
        ("allergic to codeine", "codeine"),
        ("not taking warfarin", "warfarin"),
        ("codeine or tramadol", "tramadol"),
        ("selective serotonin reuptake inhibitors", "citalopram"),
    ],
)
def test_name_that_is_not_known_in_full_is_suggested_and_not_taken(text: str, suggested: str) -> None:
    order = read_one(text)
    assert order.drug == ""
    assert order.rxcui == ""
    assert suggested in order.suggestions


@pytest.mark.parametrize(
    "text",
    [
        "Allergies: penicillin, codeine",
        "allergic to penicillin; allergic to codeine",
        "Drug allergies: penicillin; codeine",
        "Previous medication: codeine, tramadol",
        "- not taking: codeine, tramadol",
        "warfarin (codeine) allergy",
    ],
)
def test_drug_that_is_not_taken_becomes_no_order(text: str) -> None:
    assert {order.drug for order in read_medications(text, DRUGS)} == {""}


def test_last_of_an_enumeration_is_an_item() -> None:
    orders = read_medications("ranitidine 150 mg bd, codeine 30 mg qds, and tramadol", DRUGS)
    assert [order.drug for order in orders] == ["ranitidine", "codeine", "tramadol"]


def test_unknown_name_without_near_names_has_no_suggestion() -> None:
    order = read_one("foozumab 20 mg daily")
    assert (order.drug, order.suggestions, order.amount) == ("", (), Decimal(20))


def test_near_name_of_another_drug_is_not_it() -> None:
    assert read_one("dihydrocodeine 30 mg").drug == "dihydrocodeine"
    assert read_one("dextroamphetamine 5 mg").drug == ""


def test_combination_gives_one_order_an_ingredient_and_its_own_strength() -> None:
    orders = read_medications(
        "Symbyax 25/6 mg nightly; acetaminophen-codeine 300/30 mg q6h; Bactrim DS 800-160 mg", DRUGS
    )
    assert [(o.drug, o.amount) for o in orders if o.line == 2] == [
        ("acetaminophen", Decimal(300)),
        ("codeine", Decimal(30)),
    ]
    assert [(o.drug, o.amount) for o in orders if o.line == 3] == [
        ("sulfamethoxazole", Decimal(800)),
        ("trimethoprim", Decimal(160)),
    ]
    assert {o.drug for o in orders if o.line == 1} == {"fluoxetine", "olanzapine"}
    assert {o.matched_as for o in orders} == {"combination"}


def test_amount_of_a_whole_combination_is_given_to_no_ingredient() -> None:
    both = read_medications("oxycodone-acetaminophen 5-325 mg q6h", DRUGS)
    assert [o.amount for o in both] == [Decimal(5), Decimal(325)]
    orders = read_medications("acetaminophen with codeine 300 mg", DRUGS)
    assert [o.amount for o in orders] == [None, None]
    assert all("300 mg" in o.unread for o in orders)


def test_combination_with_an_unknown_part_is_not_half_taken() -> None:
    assert read_one("codeine/foozumab 30 mg").drug == ""


def test_dates_never_make_an_exposure_shorter_than_written() -> None:
    order = read_one("citalopram 20 mg since 2024-03, stopped 2025-01")
    assert (order.started, order.stopped, order.is_stopped) == (date(2024, 3, 1), date(2025, 1, 31), True)
    assert read_one("codeine stopped 2024-12").stopped == date(2024, 12, 31)
    assert read_one("phenytoin since 12 May 2025").started == date(2025, 5, 12)
    assert read_one("codeine stopped").is_stopped


def test_planned_end_is_not_a_stop() -> None:
    order = read_one("clopidogrel 75 mg daily until 2027-05")
    assert (order.stopped, order.is_stopped, order.amount) == (None, False, Decimal(75))
    assert order.unread == "until 2027-05"


def test_date_that_does_not_exist_is_said() -> None:
    order = read_one("codeine since 2024-02-31")
    assert order.started is None
    assert "2024-02-31" in order.unread


def test_tolerated_months_are_only_what_was_tolerated() -> None:
    assert read_one("paroxetine 20 mg daily tolerated for 6 months").tolerated_months == 6
    assert read_one("paroxetine 20 mg daily tolerated 2 years").tolerated_months == 24
    planned = read_one("clopidogrel 75 mg daily for 6 months")
    assert planned.tolerated_months is None
    assert planned.unread == "for 6 months"


def test_what_was_not_understood_is_kept() -> None:
    order = read_one("clopidogrel 75 mg, once daily, for stent")
    assert (order.drug, order.times_per_day, order.unread) == ("clopidogrel", Decimal(1), "for stent")
    assert order.written == "clopidogrel 75 mg, once daily, for stent"


def test_lines_are_numbered_as_in_the_file() -> None:
    orders = read_medications("codeine\n\nwarfarin 5 mg daily, tramadol\n", DRUGS)
    assert [(o.drug, o.line) for o in orders] == [("codeine", 1), ("warfarin", 3), ("tramadol", 3)]


def test_route_and_as_needed_are_read() -> None:
    order = read_one("ondansetron 8 mg IV q8h p.r.n.")
    assert (order.route, order.is_as_needed, order.times_per_day) == ("intravenous", True, Decimal(3))


def _aliases(drug: Drug) -> set[str]:
    return {normal_text(name) for name in (drug.name, *drug.synonyms, *drug.brands)}


_FRAGMENTS = st.one_of(
    st.sampled_from([*sorted(DRUGS)[::7], "Symbyax", "Plavix", "codeine", "clopidogril", "CODEINE", "no", "not", "or"]),
    st.sampled_from(
        ["75 mg", "1/2", "½", "x2", "q6h", "daily", "bid", "5-10 mg", "30/300", "since 2024-13", "mg/kg", "µg"]
    ),
    st.sampled_from(
        [";", "\n", ",", "/", "-", " and ", " with ", "•", "\u2028", "\x00", "stopped", "1,000", "|", "(", ")"]
    ),
    st.text(max_size=6),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_FRAGMENTS, max_size=12), st.sampled_from([" ", ""]))
def test_any_text_is_read_without_error_and_no_drug_is_invented(fragments: list[str], joint: str) -> None:
    text = joint.join(fragments)
    written = normal_text(text)
    for order in read_medications(text, DRUGS):
        if not order.drug:
            assert order.matched_as == ""
            continue
        drug = DRUGS[order.drug]
        holders = [drug, *(d for d in DRUGS.values() if d.kind is DrugKind.COMBINATION and drug.name in d.ingredients)]
        assert any(alias in written for holder in holders for alias in _aliases(holder)), order
        assert normal_text(order.written) in written or not order.written.isascii()


_AMOUNTS = st.decimals(min_value="0.01", max_value="9999", places=2).map(lambda value: value.normalize())
_TIMES = st.one_of(
    st.sampled_from(
        [Decimal("0.5"), *(Decimal(n) / 7 for n in (1, 2, 3)), *(Decimal(24) / n for n in (36, 48, 72, 5))]
    ),
    st.integers(1, 12).map(Decimal),
)


@settings(max_examples=120, deadline=None)
@given(
    name=st.sampled_from(
        [d.name for d in DRUGS.values() if d.kind is DrugKind.INGREDIENT and re.fullmatch("[a-z]+", d.name)]
    ),
    amount=st.none() | _AMOUNTS,
    unit=st.sampled_from(["mg", "mcg", "mL", "units", "tablet", "mg/kg", "mg/m2", "capsule", "IU"]),
    times=st.none() | _TIMES,
    route=st.sampled_from(["", "oral", "intravenous", "rectal", "topical"]),
    is_as_needed=st.booleans(),
)
def test_dose_printed_and_read_back_agree(
    name: str, amount: Decimal | None, unit: str, times: Decimal | None, route: str, is_as_needed: bool
) -> None:
    order = MedicationOrder(
        written=name,
        drug=name,
        amount=amount,
        unit="" if amount is None else unit,
        times_per_day=times,
        route=route,
        is_as_needed=is_as_needed,
    )
    read = read_one(f"{name} {dose_text(order)}")
    assert (read.drug, read.amount, read.unit, read.times_per_day) == (name, amount, order.unit, times)
    assert (read.route, read.is_as_needed, read.unread) == (route, is_as_needed, "")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(DRUGS)), st.integers(0, 30))
def test_one_wrong_letter_is_never_taken_silently(name: str, place: int) -> None:
    place %= len(name)
    wrong = name[:place] + "q" + name[place + 1 :]
    for order in read_medications(wrong, DRUGS):
        assert not order.drug or any(alias in normal_text(wrong) for alias in _aliases(DRUGS[order.drug]))


@pytest.mark.parametrize(
    "text",
    [
        "Tylenol with codeine #3",
        "acetaminophen with codeine #4 1 tablet q6h prn",
        "paracetamol 500 mg with codeine 30 mg twice daily",
        "codeine 30 mg and paracetamol 500 mg",
    ],
)
def test_a_second_drug_that_with_joins_is_never_lost(text: str) -> None:
    orders = read_medications(text, DRUGS)
    assert {o.drug for o in orders} == {"acetaminophen", "codeine"}
    assert all(o.amount is None and o.unread for o in orders)


def test_what_with_joins_and_is_no_drug_stays_beside_the_first() -> None:
    (order,) = read_medications("simvastatin 20 mg with dinner", DRUGS)
    assert (order.drug, order.amount, order.unread) == ("simvastatin", Decimal(20), "with dinner")
