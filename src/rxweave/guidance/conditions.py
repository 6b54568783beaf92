"""Whether the facts about a patient decide a condition of a population or branch.

The words are those of ``guidelines/vocabulary.toml`` of the release; ``docs/knowledge-format.md`` lists them. A
word that this module does not know is undecided, never false.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from rxweave.knowledge.guidelines import Condition
from rxweave.patient.patient import Event, MedicationOrder, Patient, Sex, YesNo

ADULT_YEARS = 18
OTHER_INDICATION = "other"  # the drug is for something that the guideline does not ask about
TOLERATED_MONTHS = 3  # section 3 of the clinical rules: tolerated for three months or more

# Conditions that the course of treatment decides, or the prescriber by reading the branch: nothing to ask about.
NOT_ASKED = frozenset(
    {
        *("response", "early_toxicity", "side_effects", "treatment_duration", "test_pending", "dose_increase"),
        *("usual_dose_from", "usual_dose_below"),
    }
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions are decided by: the person, the drug it is about, and what happened."""

    patient: Patient
    drug: str
    event: Event
    diplotypes: Mapping[str, str]  # gene -> diplotype as written
    indications: frozenset[str] | None = None  # codes that the guideline asks about; None: any code counts
    taken_classes: frozenset[str] = frozenset()  # modulator classes among the other drugs ("cyp2c19_inhibitor")
    enzyme_activity: str = ""  # measured: "normal" or "not_normal"; empty where nothing reliable is known

    @property
    def orders(self) -> tuple[MedicationOrder, ...]:
        """The lines of the medication list for this drug that have not been stopped."""
        return tuple(m for m in self.patient.medications if m.drug == self.drug and is_taken(m))

    @property
    def tolerated_months(self) -> int | None:
        """The longest stated use without trouble, stopped courses included; None after a severe reaction to it."""
        if any(r.drug == self.drug and r.is_severe for r in self.patient.reactions):
            return None
        stated = [m.tolerated_months for m in self.patient.medications if m.drug == self.drug]
        return max((months for months in stated if months is not None), default=None)


def is_taken(order: MedicationOrder) -> bool:
    return not order.is_stopped and order.stopped is None


def decide(condition: Condition, facts: Facts) -> bool | None:
    """True if every entry holds, False if one does not, None if a fact is missing. No entries: True."""
    decided = [decide_one(key, value, facts) for key, value in condition.facts.items()]
    if False in decided:
        return False
    return None if None in decided else True


def questions(condition: Condition, facts: Facts) -> tuple[str, ...]:
    """The keys of the entries that nobody has answered and that somebody could answer today."""
    return tuple(
        f"{key}:{value}" if key in _MANY_ANSWERS else _QUESTION.get(key, key)
        for key, value in condition.facts.items()
        if key not in NOT_ASKED and decide_one(key, value, facts) is None
    )


def near_condition_notes(conditions: Iterable[Condition], facts: Facts) -> tuple[str, ...]:
    """``near_condition:words|codes`` for what was said of the patient and resembles a condition that is asked about.

    Nothing is decided by a resemblance: the reader is told, and may give the code.
    """
    codes = {c.facts["condition"] for c in conditions if "condition" in c.facts}
    stated = [s for s in facts.patient.conditions if s not in codes and s.removeprefix("no_") not in codes]
    near = {words: _resembling(words, codes) for words in stated} if codes else {}
    return tuple(f"near_condition:{words}|{', '.join(found)}" for words, found in near.items() if found)


def _resembling(words: str, codes: Iterable[str]) -> list[str]:
    """The codes that share a telling word with ``words``, spelled alike or nearly so."""
    from difflib import get_close_matches  # only wanted where words stand for a code

    said = [w for w in re.split(r"[^a-z]+", words.casefold()) if len(w) > 3]
    return sorted(c for c in codes if any(get_close_matches(w, c.split("_"), n=1, cutoff=0.85) for w in said))


_QUESTION = {"age_from": "age", "age_below": "age", "age_above": "age", "adult_or_weight_above": "age_and_weight"}
_MANY_ANSWERS = frozenset({"condition", "co_medication", "concern"})  # the question is about one of many


def decide_one(key: str, value: str, facts: Facts) -> bool | None:
    patient = facts.patient
    match key:
        case "indication":
            stated = stated_indications(facts)
            # Words that are no code may mean any of the guideline's: they rule nothing out.
            return True if value in stated else False if stated and not unknown_indications(facts) else None
        case "age_from" | "age_below" | "age_above":
            return _decide_age(key, value, patient.age_years)
        case "adult_or_weight_above":
            return _decide_adult_or_weight(value, patient)
        case "weight_below":
            limit = _number(value.removesuffix(" kg"))
            return None if limit is None or patient.weight_kg is None else patient.weight_kg < limit
        case "bmi_above":
            return _decide_bmi(value, patient)
        case "prior_use":
            return _decide_prior_use(value, facts.tolerated_months)
        case "pregnant":
            return _decide_yes_no(value, _of_women(patient.pregnant, patient))
        case "breastfeeding":
            return _decide_yes_no(value, _of_women(patient.breastfeeding, patient))
        case "condition":
            return _decide_stated(value, patient.conditions)
        case "co_medication":
            drugs = {m.drug for m in patient.medications if is_taken(m)} | set(facts.event.drugs)
            # A list of medicines may be incomplete: it shows what is taken, not what is not.
            return True if value in drugs or value in facts.taken_classes else None
        case "enzyme_activity" if facts.enzyme_activity:
            # Less than normal is not yet what a guideline calls deficient.
            is_normal = facts.enzyme_activity == "normal"
            return is_normal if value == "normal" else False if is_normal else None
        case "genotype":
            return _decide_genotype(value, facts.diplotypes)
        case "dose_above" | "dose_up_to" | "usual_dose_from" | "usual_dose_below" if facts.orders:
            return _decide_dose(key, value, facts.orders)
        case "liver_transplant_genotypes":
            organs = {organ for organ, _ in patient.transplants}
            if "liver" not in organs:
                return False if organs else None
            return True if value == "unknown" else None
        case _:
            return _decide_stated(value if value != "yes" else key, (*patient.conditions,), f"{key}:{value}")


def stated_indications(facts: Facts) -> tuple[str, ...]:
    """What the drug was said to be for, in codes or words."""
    return tuple(code for drug, code in facts.patient.indications if drug == facts.drug)


def unknown_indications(facts: Facts) -> tuple[str, ...]:
    """What was said and is none of the codes that the guideline asks about, nor the code for "something else"."""
    if not facts.indications:
        return ()
    return tuple(s for s in stated_indications(facts) if s not in facts.indications and s != OTHER_INDICATION)


def _decide_age(key: str, value: str, age: Decimal | None) -> bool | None:
    limit = _number(value)
    if age is None or limit is None:
        return None
    return {"age_from": age >= limit, "age_below": age < limit, "age_above": age > limit}[key]


def _decide_adult_or_weight(value: str, patient: Patient) -> bool | None:
    """``value`` is a weight in kg, as in ``40 kg``: above it, or grown up."""
    limit = _number(value.removesuffix(" kg"))
    if limit is None or (patient.age_years is None and patient.weight_kg is None):
        return None
    is_adult = None if patient.age_years is None else patient.age_years >= ADULT_YEARS
    is_above = None if patient.weight_kg is None else patient.weight_kg > limit
    if is_adult or is_above:
        return True
    return None if is_adult is None or is_above is None else False


def _decide_bmi(value: str, patient: Patient) -> bool | None:
    """``value`` is a body mass index in kg/m2."""
    limit = _number(value)
    if limit is None or patient.weight_kg is None or not patient.height_cm:
        return None
    return patient.weight_kg / (patient.height_cm / 100) ** 2 > limit


def _decide_prior_use(value: str, tolerated: int | None) -> bool | None:
    if tolerated is None:
        return None
    if value == "naive":
        return tolerated < TOLERATED_MONTHS
    return tolerated >= TOLERATED_MONTHS if value == "over_3_months" else None


def _decide_yes_no(value: str, stated: YesNo) -> bool | None:
    return None if stated is YesNo.UNKNOWN else value == stated.value


def _of_women(stated: YesNo, patient: Patient) -> YesNo:
    """What nobody stated is not asked of men."""
    return YesNo.NO if stated is YesNo.UNKNOWN and patient.sex is Sex.MALE else stated


def _decide_stated(value: str, stated: tuple[str, ...], *others: str) -> bool | None:
    """A list of conditions says what is there; it never says what is not, unless it says ``no_...``."""
    if value in stated or any(other in stated for other in others):
        return True
    return False if f"no_{value}" in stated else None


def _decide_genotype(value: str, diplotypes: Mapping[str, str]) -> bool | None:
    """``value`` is a diplotype, with or without its gene before it. Only a diplotype that is written alike decides."""
    if not diplotypes:
        return None
    gene, _, diplotype = value.rpartition(" ") if value.split(" ")[0] in diplotypes else ("", "", value)
    held = [diplotypes[gene]] if gene in diplotypes else list(diplotypes.values())
    if any(_alleles(h) == _alleles(diplotype) for h in held):
        return True
    return None if any(not h for h in held) else False


def _alleles(diplotype: str) -> tuple[str, ...]:
    return tuple(sorted(part.split(" (")[0].strip() for part in diplotype.split("/")))


def _decide_dose(key: str, value: str, orders: tuple[MedicationOrder, ...]) -> bool | None:
    number, _, unit = value.partition(" ")
    limit = _number(number)
    doses = [daily_dose(order, unit, None) for order in orders]
    if limit is None or any(d is None for d in doses):
        return None
    dose = sum((d for d in doses if d is not None), Decimal(0))
    if key in ("dose_above", "dose_up_to"):
        return (dose > limit) == (key == "dose_above")
    return None  # the usual dose of the indication is not the ordered one


def daily_dose(order: MedicationOrder, unit: str, weight_kg: Decimal | None) -> Decimal | None:
    """What is ordered a day in ``unit`` (``mg/day``, ``mg/kg/day``, ``mg``), None if it cannot be compared.

    An order without frequency ("simvastatin 40 mg") is read as that amount a day, as prescribers write it; of a range,
    the upper end counts.
    """
    highest = order.amount if order.amount_high is None else order.amount_high
    if highest is None:
        return None
    amount = highest if order.times_per_day is None else highest * order.times_per_day
    mass, *per = unit.split("/")
    ordered_mass, *ordered_per = order.unit.split("/")
    scale = _MILLIGRAMS.get(ordered_mass)
    wanted = _MILLIGRAMS.get(mass)
    if scale is None or wanted is None:
        return None
    amount = amount * scale / wanted
    is_by_weight, is_ordered_by_weight = "kg" in per, "kg" in ordered_per
    if {"m2"} & {*per, *ordered_per}:
        return amount if "m2" in per and "m2" in ordered_per else None
    if is_by_weight == is_ordered_by_weight:
        return amount
    if not weight_kg:
        return None
    return amount / weight_kg if is_by_weight else amount * weight_kg


_MILLIGRAMS = {"mg": Decimal(1), "g": Decimal(1000), "mcg": Decimal("0.001"), "ug": Decimal("0.001")}


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
