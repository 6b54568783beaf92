"""Whether a result speaks of this person today, and what the person already showed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from rxweave.guidance.advice import Step
from rxweave.guidance.lookups import GuidelineIndex
from rxweave.knowledge.genes import Gene, Tissue
from rxweave.knowledge.guidelines import Action, Directive, Reason
from rxweave.patient.patient import Patient
from rxweave.phenotyping.phenotype import GenePhenotype

NEONATE_BELOW_YEARS = Decimal(28) / Decimal("365.25")  # the first 28 days of life


@dataclass(frozen=True, slots=True)
class History:
    """What a past reaction asks for."""

    directive: Directive
    notes: tuple[str, ...]
    steps: tuple[Step, ...]
    questions: tuple[str, ...] = ()
    is_severe: bool = True

    @property
    def authority(self) -> str:
        """The code of what an order conflicts with (``Decided.authority``)."""
        return "past_severe_reaction" if self.is_severe else "past_reaction"

    def outranks(self, directive: Directive) -> bool:
        """A severe reaction outranks whatever is milder; one of unknown severity only what would change nothing."""
        if self.is_severe:
            return self.directive.action.severity > directive.action.severity
        return directive.action is Action.STANDARD


def invalid_after_transplant(
    index: GuidelineIndex, phenotypes: Mapping[str, GenePhenotype], patient: Patient, genes: Mapping[str, Gene]
) -> tuple[str, ...]:
    """The genes of a guideline whose result does not speak of this person since a transplant.

    After a stem-cell transplant blood and saliva are the donor's or mixed, and a result does not say what it was taken
    from: none is usable. After a liver transplant the liver's genes are the donor's, unless the guideline has a rule of
    its own for that.
    """
    organs = {organ for organ, _ in patient.transplants}
    if "stem_cell" in organs:
        return index.guideline.genes
    if "liver" not in organs or index.has_liver_transplant_rule:
        return ()
    return tuple(g for g in index.guideline.genes if g in phenotypes and _may_act_in_liver(g, genes))


def low_confidence_notes(
    used: Iterable[str], phenotypes: Mapping[str, GenePhenotype], patient: Patient, genes: Mapping[str, Gene]
) -> Iterable[str]:
    """Codes of states in which a genotype says less about the enzyme than usual. They inform and decide nothing."""
    if not any(g in phenotypes and _may_act_in_liver(g, genes) for g in used):
        return
    if patient.child_pugh == "C":
        yield "low_confidence_severe_hepatic_disease"
    if patient.age_years is not None and patient.age_years < NEONATE_BELOW_YEARS:
        yield "low_confidence_neonate"


def _may_act_in_liver(gene: str, genes: Mapping[str, Gene]) -> bool:
    """What the release does not say is not taken for harmless."""
    held = genes.get(gene)
    return held is None or held.acts_in in (Tissue.LIVER, Tissue.UNKNOWN)


def history_directive(patient: Patient, drug: str) -> History | None:
    """What a past reaction to this very drug asks for, whatever the genes say; None without one.

    What has already harmed severely is to be avoided. A reaction that nobody called severe is not known to be mild: the
    drug is used with caution, and how severe it was is asked.
    """
    past = [r for r in patient.reactions if r.drug == drug]
    if not past:
        return None
    is_severe = any(r.is_severe for r in past)
    kinds = sorted({r.kind or "" for r in past if r.is_severe or not is_severe})
    note = "past_severe_reaction" if is_severe else "past_reaction"
    action = Action.AVOID if is_severe else Action.USE_WITH_CAUTION
    return History(
        Directive(action, reason=Reason.TOXICITY),
        tuple(f"{note}:{kind or 'not described'}" for kind in kinds),
        (Step("patient", tuple(f"reaction:{kind or 'not described'}" for kind in kinds), action.value),),
        () if is_severe else ("reaction_severity",),
        is_severe,
    )
