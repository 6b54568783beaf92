"""One person and one event, as every advice of one call sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rxweave.guidance.advice import Advice
from rxweave.guidance.co_medication import medications_at, taken_drugs
from rxweave.guidance.conditions import Facts
from rxweave.guidance.enzymes import enzymes_of
from rxweave.guidance.lookups import index_of
from rxweave.guidance.site import Site
from rxweave.guidance.validity import measured_activity
from rxweave.guidance.weighing import Held
from rxweave.knowledge import Knowledge
from rxweave.knowledge.guidelines import DrugGuideline
from rxweave.knowledge.people import AlertSettings
from rxweave.patient.patient import Event, MedicationOrder, Patient
from rxweave.phenotyping.phenoconversion import Conversion
from rxweave.phenotyping.phenotype import GenePhenotype

#: The sources of guidelines: the first that answers speaks in the headline. A site may choose another order.
SOURCE_ORDER = ("CPIC", "DPWG", "FDA")


@dataclass(frozen=True, slots=True)
class Case:
    """What advice is worked out from. ``phenotypes`` maps gene to result; a gene that is absent was not tested.

    ``is_nested``: an alternative or a partner is looked up, whose own alternatives nobody asks for.
    ``is_changed_by_event``: the drug was taken before, and the event changes what the enzymes make of it; that it was
    tolerated so far says nothing then.

    For one drug (``converted.with_conversions``) ``phenotypes`` are the clinical ones, and ``conversions`` tells how
    they came about. ``converted``, ``readings`` and ``looked_up`` hold what was worked out so far.
    """

    phenotypes: Mapping[str, GenePhenotype]
    patient: Patient
    event: Event
    knowledge: Knowledge
    site: Site = field(default_factory=Site)
    alerts: AlertSettings = field(default_factory=AlertSettings)  # of the release, as the site sets them
    is_nested: bool = False
    is_changed_by_event: bool = False
    unreliable: tuple[str, ...] = ()  # genes whose result is not used: an enzyme activity that may have been raised
    drug: str = ""
    conversions: Mapping[str, Conversion] = field(default_factory=dict)
    converted: dict[tuple[str, str], Conversion | None] = field(default_factory=dict, compare=False, repr=False)
    readings: Held = field(default_factory=dict, compare=False, repr=False)
    looked_up: dict[tuple[str, str], tuple[Advice, ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def medications(self) -> tuple[MedicationOrder, ...]:
        return medications_at(self.patient, self.event)

    def facts(self, guideline: DrugGuideline) -> Facts:
        """What the conditions of a guideline are decided by."""
        diplotypes = {
            gene: str(result.call.diplotypes[0]) if result.call.diplotypes else ""
            for gene in guideline.genes
            if (result := self.phenotypes.get(gene)) is not None
        }
        others = taken_drugs(self.patient, self.event) - {guideline.drug}
        return Facts(
            self.patient,
            guideline.drug,
            self.event,
            diplotypes,
            indications=self._indications(guideline),
            taken_classes=enzymes_of(self.knowledge).classes_of(others),
            enzyme_activity=measured_activity(guideline.genes, self.patient, self.knowledge.people),
        )

    def _indications(self, guideline: DrugGuideline) -> frozenset[str]:
        """Codes that decide: the guideline's own, and those that another guideline of the drug tells apart from them.

        Codes that no guideline sets side by side may overlap, and decide nothing for each other.
        """
        own = index_of(guideline).indications
        others = (index_of(g).indications for g in self.knowledge.guidelines.get(guideline.drug, ()))
        return own.union(*(codes for codes in others if own & codes))

    def rxcui(self, drug: str) -> str:
        held = self.knowledge.drugs.get(drug)
        return held.rxcui if held is not None else ""

    def source_rank(self, source: str) -> tuple[int, str]:
        """Sources that the order does not name come last, by name."""
        named = self.site.source_order or SOURCE_ORDER
        return (named.index(source) if source in named else len(named), source)

    def place(self, advice: Advice) -> tuple[object, ...]:
        """Where an advice stands among those of its drug, whatever the order of the release's files."""
        return (*self.source_rank(advice.source), advice.guideline, tuple(advice.genes))
