"""A person as advice sees them. No genome, no storage, no identifiers beyond a label that the site chose."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class YesNo(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class EventKind(StrEnum):
    ORDER = "order"
    DOSE_CHANGE = "dose-change"
    START = "start"
    STOP = "stop"
    NEW_RESULT = "new-result"


@dataclass(frozen=True, slots=True)
class MedicationOrder:
    """One line of a medication list, as written and as understood.

    ``drug`` is the release's ingredient name, empty if nothing matched; ``suggestions`` are then the near names, never
    taken silently. A combination product has one entry an ingredient. ``daily_dose`` is amount x times a day where both
    are stated, in ``unit`` (``mg``, ``mcg``, ``mg/kg`` ...).
    """

    written: str
    drug: str = ""
    rxcui: str = ""
    matched_as: str = ""  # "ingredient", "brand", "salt" ...
    amount: Decimal | None = None
    unit: str = ""
    times_per_day: Decimal | None = None
    route: str = ""
    is_as_needed: bool = False
    started: date | None = None
    stopped: date | None = None
    tolerated_months: int | None = None
    suggestions: tuple[str, ...] = ()
    line: int = 0  # 1-based line of a list of several lines, item of a list on one line
    amount_high: Decimal | None = None  # upper end of a range ("5-10 mg"); ``amount`` is then the lower
    is_stopped: bool = False  # said to be stopped, with or without a date
    unread: str = ""  # words of the item that were not understood; never empty when a dose was left open

    @property
    def daily_dose(self) -> Decimal | None:
        """Amount a day; None where it is not stated, and for a range, which is not one dose."""
        if self.amount is None or self.times_per_day is None or self.amount_high is not None:
            return None
        return self.amount * self.times_per_day


@dataclass(frozen=True, slots=True)
class Reaction:
    """An allergy or past reaction: the drug and what happened (``severe_skin``, ``hearing_loss`` ... or words)."""

    drug: str
    kind: str = ""
    is_severe: bool = False


@dataclass(frozen=True, slots=True)
class ResultFacts:
    """How a genetic or enzyme result came about: it decides whether the result speaks of this person today.

    ``gene`` empty: of every gene. ``method``: ``genotype``, ``enzyme_activity``, ``typing``. ``specimen``: ``blood``,
    ``saliva``, ``buccal``, ``tissue``. ``of``: ``recipient`` (the person's own) or ``donor``. Empty: not known.
    """

    gene: str = ""
    method: str = ""
    specimen: str = ""
    of: str = ""
    collected: date | None = None


@dataclass(frozen=True, slots=True)
class Laboratory:
    """A measured value: ``kind`` is a code (``crp``, ``g6pd_activity_percent`` ...), ``unit`` as written."""

    kind: str
    value: Decimal
    unit: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """Facts about a person; every unknown stays unknown."""

    label: str = ""
    age_years: Decimal | None = None
    sex: Sex = Sex.UNKNOWN
    weight_kg: Decimal | None = None
    height_cm: Decimal | None = None
    pregnant: YesNo = YesNo.UNKNOWN
    breastfeeding: YesNo = YesNo.UNKNOWN
    egfr: Decimal | None = None  # mL/min/1.73 m2
    child_pugh: str = ""  # "A", "B", "C"
    conditions: tuple[str, ...] = ()  # our codes or the words given
    indications: tuple[tuple[str, str], ...] = ()  # (drug, indication code)
    reactions: tuple[Reaction, ...] = ()
    transplants: tuple[tuple[str, date | None], ...] = ()  # (organ or "stem_cell", date)
    group: str = ""  # self-reported biogeographic group, optional; frequency priors and warfarin only
    transfusions: tuple[date, ...] = ()  # red cells: enzyme results are unreliable for weeks
    haemolysis: tuple[date, ...] = ()
    medications: tuple[MedicationOrder, ...] = ()
    failures: tuple[str, ...] = ()  # drugs that did not work for this person
    smoking: str = ""  # "current", "stopped", "never"; empty: not known
    smoking_stopped: date | None = None
    inflammation: YesNo = YesNo.UNKNOWN  # an acute infection or inflammation
    laboratory: tuple[Laboratory, ...] = ()
    results: tuple[ResultFacts, ...] = ()
    pending_tests: tuple[str, ...] = ()  # genes with a test ordered and not yet reported
    consented_findings: tuple[str, ...] | None = None  # classes of secondary findings; None: never asked
    target_inr: Decimal | None = None  # of anticoagulation with a vitamin K antagonist


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: the drugs it touches decide which advice is asked for.

    ``on`` is the day of the event; without it nothing that depends on time elapsed (washout) is taken as over.
    """

    kind: EventKind = EventKind.ORDER
    drugs: tuple[str, ...] = field(default=())
    on: date | None = None
