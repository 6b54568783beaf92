"""The sourced interactions of a release, by drug and by enzyme: looked up, never scanned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

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
        """Codes of the modulator classes among ``drugs``: ``cyp2c19_inhibitor``, ``cyp3a4_inhibitor_strong``.

        Also what they do together, ``cyp2d6_and_cyp3a4_inhibitors_moderate_to_strong``, whether one drug or several.
        """
        single = _NOTHING.union(*(self.classes.get(drug, _NOTHING) for drug in drugs))
        inhibited = sorted({named["gene"] for code in single if (named := _STRONGER.fullmatch(code))})
        return single.union(f"{a}_and_{b}_inhibitors_moderate_to_strong" for a, b in combinations(inhibited, 2))

    def modulated_by(self, drug: str) -> frozenset[str]:
        """The genes whose enzymes ``drug`` inhibits or induces."""
        return self.modulated.get(drug, _NOTHING)


_NOTHING: frozenset[str] = frozenset()
_STRONGER = re.compile(r"(?P<gene>[a-z0-9]+)_inhibitor_(?:moderate|strong)")
_TOGETHER = re.compile(r"([a-z0-9]+)_and_([a-z0-9]+)_inhibitors_moderate_to_strong")


def class_parts(code: str) -> frozenset[str]:
    """The classes whose members count towards ``code``: itself, or those of each enzyme of a joint one."""
    together = _TOGETHER.fullmatch(code)
    if together is None:
        return frozenset({code})
    return frozenset(
        f"{gene}_inhibitor_{strength}" for gene in together.groups() for strength in ("moderate", "strong")
    )


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
