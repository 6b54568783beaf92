"""What a release says of people rather than of genes: alerts, states that weaken a result, secondary findings.

Files: ``people/*.toml`` of the release, described in ``docs/knowledge-format.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from rxweave.knowledge.genes import Tissue
from rxweave.knowledge.guidelines import Citation


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """When an advice interrupts an order. A site may set each of them (``guidance.site``).

    ``grades``: source -> strengths that interrupt; ``grades_with_severe_harm``: those that do where the harm is severe.
    A source in neither interrupts by a contraindication or by severe harm. ``quiet_conditions``: codes among a person's
    conditions under which nothing interrupts. ``refusing_sources``: those that grade nothing and whose plain "do not
    use" (avoid, not only to be considered) interrupts as a contraindication does.
    """

    certainty_threshold: float = 0.8  # least probability that the order lies outside the advice
    tolerated_months: int = 3  # tolerated for longer than this: no interruption
    quiet_conditions: tuple[str, ...] = ("emergency", "intraoperative")
    grades: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"CPIC": ("Strong",)})
    grades_with_severe_harm: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"CPIC": ("Moderate",)})
    refusing_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnzymeTest:
    """How long red cells of others, or young ones after haemolysis, make an enzyme result of a gene unreliable.

    ``upheld``: results that both cannot bring about, as they raise what is measured. ``laboratory``: the kind of a
    patient's laboratory value that is this activity, normal from ``normal_from`` on.
    """

    gene: str
    transfusion_days: int
    haemolysis_days: int | None  # None: haemolysis is not known to matter
    upheld: tuple[str, ...]
    citations: tuple[Citation, ...]
    laboratory: str = ""
    normal_from: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PersonState:
    """A state in which genes say less than usual about a drug; it informs and decides nothing.

    Every fact that is given must hold. ``genes`` and ``acts_in`` tell which results it weakens, ``drugs`` which drugs
    it speaks of (none named: all). ``is_unverified``: published practice without a source at hand.
    """

    note: str  # coded
    age_below_days: int | None = None
    egfr_below: Decimal | None = None
    child_pugh: str = ""
    is_pregnant: bool = False
    genes: tuple[str, ...] = ()
    acts_in: Tissue | None = None
    drugs: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    is_unverified: bool = False


@dataclass(frozen=True, slots=True)
class FindingRule:
    """A result of a gene that means something beside drugs, for the person or for kin.

    ``finding_class`` is what consent is given for. ``results``: phenotypes, or alleles of a status, that count.
    ``any_variant``: every allele beside the reference counts. ``copies_against_sex``: a number of copies that the
    stated sex does not have counts. ``concerns``: coded, who else the result is about.
    """

    id: str
    gene: str
    finding_class: str
    results: tuple[str, ...] = ()
    any_variant: bool = False
    copies_against_sex: bool = False
    concerns: tuple[str, ...] = ()
    in_emergency: bool = False
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """All of it; empty for a release that says nothing."""

    alerts: AlertSettings = field(default_factory=AlertSettings)
    enzyme_tests: tuple[EnzymeTest, ...] = ()
    states: tuple[PersonState, ...] = ()
    findings: tuple[FindingRule, ...] = ()
    finding_classes: Mapping[str, str] = field(default_factory=dict)  # code -> meaning
    condition_words: Mapping[str, str] = field(default_factory=dict)  # words in lower case -> code
    indication_words: Mapping[str, str] = field(default_factory=dict)
    chosen_otherwise: tuple[str, ...] = ()  # beginnings of ATC codes: no drug of these stands in for another
    too_wide: tuple[str, ...] = ()  # ATC groups that are no class, though their subgroups are
    withdrawn: tuple[str, ...] = ()  # drugs taken off the market for reasons of safety: never offered

    def enzyme_test(self, gene: str) -> EnzymeTest | None:
        return next((t for t in self.enzyme_tests if t.gene == gene), None)
