"""The sourced interactions of a release, by drug and by enzyme: looked up, never scanned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import Interaction, Role


@dataclass(frozen=True, slots=True)
class Enzymes:
    """``by_drug`` and ``by_gene`` hold every row, in the release's order; ``inhibited`` the genes with an inhibitor."""

    interactions: tuple[Interaction, ...]
    by_drug: Mapping[str, tuple[Interaction, ...]]
    by_gene: Mapping[str, tuple[Interaction, ...]]
    inhibited: frozenset[str]
    classes: Mapping[str, frozenset[str]]  # drug -> codes of the modulator classes it belongs to
    modulated: Mapping[str, frozenset[str]]  # drug -> genes whose enzymes it inhibits or induces

    @classmethod
    def of(cls, interactions: tuple[Interaction, ...]) -> Enzymes:
        by_drug: dict[str, list[Interaction]] = {}
        by_gene: dict[str, list[Interaction]] = {}
        for interaction in interactions:
            by_drug.setdefault(interaction.drug, []).append(interaction)
            by_gene.setdefault(interaction.gene, []).append(interaction)
        return cls(
            interactions,
            {drug: tuple(rows) for drug, rows in by_drug.items()},
            {gene: tuple(rows) for gene, rows in by_gene.items()},
            frozenset(i.gene for i in interactions if i.role is Role.INHIBITOR),
            {drug: frozenset(_class_codes(rows)) for drug, rows in by_drug.items()},
            {drug: frozenset(i.gene for i in rows if i.role is not Role.SUBSTRATE) for drug, rows in by_drug.items()},
        )

    def classes_of(self, drugs: Iterable[str]) -> frozenset[str]:
        """Codes of the modulator classes among ``drugs``: ``cyp2c19_inhibitor``, ``cyp3a4_inhibitor_strong``."""
        return _NOTHING.union(*(self.classes.get(drug, _NOTHING) for drug in drugs))

    def modulated_by(self, drug: str) -> frozenset[str]:
        """The genes whose enzymes ``drug`` inhibits or induces."""
        return self.modulated.get(drug, _NOTHING)


_NOTHING: frozenset[str] = frozenset()


def _class_codes(rows: Iterable[Interaction]) -> Iterator[str]:
    for i in rows:
        yield f"{i.gene.lower()}_{i.role}"
        if i.strength:
            yield f"{i.gene.lower()}_{i.role}_{i.strength}"


_LIMIT = 16  # more releases than a process holds at once
_held: dict[int, Enzymes] = {}


def enzymes_of(knowledge: Knowledge) -> Enzymes:
    """The index of a release's interactions, made once.

    Keyed by identity; each index keeps its rows alive, so an id in the table is never that of other rows.
    """
    rows = knowledge.interactions
    found = _held.get(id(rows))
    if found is None or found.interactions is not rows:
        if len(_held) >= _LIMIT:
            _held.clear()
        found = _held[id(rows)] = Enzymes.of(rows)
    return found
