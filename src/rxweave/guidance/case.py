"""One person and one event, as every advice of one call sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rxweave.guidance.advice import Advice
from rxweave.guidance.co_medication import modulator_classes, taken_drugs
from rxweave.guidance.conditions import Facts
from rxweave.guidance.lookups import index_of
from rxweave.guidance.tier import CERTAINTY_TO_INTERRUPT
from rxweave.knowledge import Knowledge
from rxweave.knowledge.guidelines import DrugGuideline
from rxweave.patient.patient import Event, Patient
from rxweave.phenotyping.phenotype import GenePhenotype

#: The sources of guidelines, the first one that answers speaks in the headline. A site may choose another order.
SOURCE_ORDER = ("CPIC", "DPWG", "FDA")


@dataclass(frozen=True, slots=True)
class Case:
    """What advice is worked out from. ``phenotypes`` maps gene to result; a gene that is absent was not tested.

    ``certainty_threshold`` and ``source_order`` are the site's. ``is_nested``: an alternative or a partner is looked
    up, whose own alternatives nobody asks for.
    """

    phenotypes: Mapping[str, GenePhenotype]
    patient: Patient
    event: Event
    knowledge: Knowledge
    certainty_threshold: float = CERTAINTY_TO_INTERRUPT
    source_order: tuple[str, ...] = SOURCE_ORDER
    is_nested: bool = False

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
            indications=index_of(guideline).indications,
            taken_classes=modulator_classes(others, self.knowledge),
        )

    def rxcui(self, drug: str) -> str:
        held = self.knowledge.drugs.get(drug)
        return held.rxcui if held is not None else ""

    def source_rank(self, source: str) -> tuple[int, str]:
        """Sources that the order does not name come last, by name."""
        named = self.source_order
        return (named.index(source) if source in named else len(named), source)

    def place(self, advice: Advice) -> tuple[int, str, str]:
        """Where an advice stands among those of its drug, whatever the order of the release's files."""
        return (*self.source_rank(advice.source), advice.guideline)
