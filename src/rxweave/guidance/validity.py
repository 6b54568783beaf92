"""Whether a result speaks of this person today, and what the person already showed.

What ``unreliable_enzyme_results`` names is left out before everything else; ``invalid_after_transplant`` is asked by
guideline, as a guideline may have a rule of its own; ``low_confidence_notes`` only informs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rxweave.guidance.advice import Step
from rxweave.guidance.lookups import GuidelineIndex
from rxweave.guidance.readings import has_result
from rxweave.knowledge import Knowledge
from rxweave.knowledge.genes import Gene, Tissue
from rxweave.knowledge.guidelines import Action, Directive, Reason
from rxweave.knowledge.people import EnzymeTest, People, PersonState
from rxweave.patient.patient import Patient, ResultFacts, YesNo
from rxweave.phenotyping.phenotype import GenePhenotype

_DAYS_A_YEAR = Decimal("365.25")


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

    After a stem-cell transplant blood, saliva and buccal cells are the donor's or mixed: a result is usable only if it
    is said to come from tissue of the recipient, or from a sample taken before, and never for a gene that acts in the
    cells that were replaced. After a liver transplant the liver's genes are the donor's: usable is the donor's result,
    unless the guideline has a rule of its own for that. A donor's result speaks of nothing else in the recipient.
    """
    organs = {organ for organ, _ in patient.transplants}
    found = []
    for gene in index.guideline.genes:
        facts = result_facts(gene, patient)
        if not has_result(phenotypes.get(gene)):
            is_invalid = False
        elif "stem_cell" in organs:
            is_invalid = not _outlives_stem_cells(gene, facts, patient, genes)
        elif "liver" in organs and _may_act_in_liver(gene, genes):
            is_invalid = facts.of != "donor" and not index.has_liver_transplant_rule
        else:
            is_invalid = facts.of == "donor"
        if is_invalid:
            found.append(gene)
    return tuple(found)


def result_facts(gene: str, patient: Patient) -> ResultFacts:
    """How the gene's result came about: what is said of it, else of every gene, else nothing known."""
    for name in (gene, ""):
        for facts in patient.results:
            if facts.gene == name:
                return facts
    return ResultFacts(gene)


def _outlives_stem_cells(gene: str, facts: ResultFacts, patient: Patient, genes: Mapping[str, Gene]) -> bool:
    held = genes.get(gene)
    if facts.of == "donor" or held is None or held.acts_in in _REPLACED_BY_STEM_CELLS:
        return False
    dates = [on for organ, on in patient.transplants if organ == "stem_cell"]
    known = [on for on in dates if on is not None]
    is_before = facts.collected is not None and len(known) == len(dates) and facts.collected < min(known)
    return facts.specimen == "tissue" or is_before


#: Where stem cells of a donor take over; a tissue that the release does not name may be among them.
_REPLACED_BY_STEM_CELLS = (Tissue.BLOOD_CELLS, Tissue.IMMUNE_SYSTEM, Tissue.UNKNOWN)


def unreliable_enzyme_results(
    phenotypes: Mapping[str, GenePhenotype], patient: Patient, people: People
) -> tuple[str, ...]:
    """The genes whose result is or may be an enzyme activity that a transfusion or haemolysis may have raised.

    A result that both cannot bring about is upheld. Without the day of the sample every event may lie before it. A
    phenotype that was stated without alleles and without a method may have been measured.
    """
    return tuple(
        test.gene
        for test in people.enzyme_tests
        if (result := phenotypes.get(test.gene)) is not None
        and _may_be_measured(result, facts := result_facts(test.gene, patient))
        and _is_disturbed(test, facts.collected, patient)
        and any(p.name not in test.upheld for p in result.phenotypes)
    )


def _may_be_measured(result: GenePhenotype, facts: ResultFacts) -> bool:
    return facts.method == "enzyme_activity" or not (facts.method or result.call.diplotypes)


def measured_activity(genes: Iterable[str], patient: Patient, people: People) -> str:
    """``normal`` or ``not_normal`` by a measured activity of one of the genes, empty where nothing reliable is known.

    The latest measurement counts; one that a transfusion or haemolysis may have raised shows no normal activity.
    """
    for test in filter(None, map(people.enzyme_test, genes)):
        measured = [value for value in patient.laboratory if value.kind == test.laboratory]
        if not measured or test.normal_from is None:
            continue
        latest = max(measured, key=lambda value: (value.on is not None, value.on or date.min))
        if latest.value < test.normal_from:
            return "not_normal"
        return "" if _is_disturbed(test, latest.on, patient) else "normal"
    return ""


def _is_disturbed(test: EnzymeTest, collected: date | None, patient: Patient) -> bool:
    return any(
        days is not None and any(collected is None or 0 <= (collected - on).days <= days for on in events)
        for days, events in (
            (test.transfusion_days, patient.transfusions),
            (test.haemolysis_days, patient.haemolysis),
        )
    )


def low_confidence_notes(
    used: Iterable[str], drug: str, phenotypes: Mapping[str, GenePhenotype], patient: Patient, knowledge: Knowledge
) -> Iterable[str]:
    """Codes of what makes the results used say less about this drug than usual. They inform and decide nothing."""
    genes = tuple(used)
    known = tuple(gene for gene in genes if gene in phenotypes)
    organs = {organ for organ, _ in patient.transplants}
    is_liver_of_donor = "liver" in organs and "stem_cell" not in organs
    for gene in genes:
        facts = result_facts(gene, patient)
        if is_liver_of_donor and facts.of == "donor" and gene in known and _may_act_in_liver(gene, knowledge.genes):
            yield f"donor_result_used:{gene}"
    for state in knowledge.people.states:
        if not _is_in_state(state, patient) or (state.drugs and drug not in state.drugs):
            continue
        touched = [gene for gene in known if _weakens(state, gene, knowledge.genes)]
        if state.genes:
            yield from (f"{state.note}:{gene}" for gene in touched)
        elif touched or state.acts_in is None:
            yield state.note


def _is_in_state(state: PersonState, patient: Patient) -> bool:
    """Every fact that the state asks for is known and holds."""
    age_days = None if patient.age_years is None else patient.age_years * _DAYS_A_YEAR
    return (
        (state.age_below_days is None or (age_days is not None and age_days < state.age_below_days))
        and (state.egfr_below is None or (patient.egfr is not None and patient.egfr < state.egfr_below))
        and state.child_pugh in ("", patient.child_pugh)
        and (not state.is_pregnant or patient.pregnant is YesNo.YES)
    )


def _weakens(state: PersonState, gene: str, genes: Mapping[str, Gene]) -> bool:
    if state.genes:
        return gene in state.genes
    return state.acts_in is not Tissue.LIVER or _may_act_in_liver(gene, genes)


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
