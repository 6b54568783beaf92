"""The ATC groups of a release: which of its ingredients belong to the same therapeutic class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import Drug, DrugKind
from rxweave.knowledge.people import People

# How many characters of an ATC code name the therapeutic group, the pharmacological subgroup, the chemical subgroup.
_USE, WIDER, NARROWER = 3, 4, 5


@dataclass(frozen=True, slots=True)
class DrugClasses:
    """``groups``: drug -> its codes' beginnings, empty for one with several uses; ``members``: the other way round."""

    drugs: Mapping[str, Drug]
    groups: Mapping[str, tuple[str, ...]]
    members: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, drugs: Mapping[str, Drug], people: People) -> DrugClasses:
        groups: dict[str, tuple[str, ...]] = {}
        members: dict[str, list[str]] = {}
        for drug in drugs.values():
            # Codes of several therapeutic groups do not tell what the drug is given for.
            if drug.kind is not DrugKind.INGREDIENT or len({code[:_USE] for code in drug.atc}) != 1:
                continue
            codes = dict.fromkeys(code[:n] for n in (NARROWER, WIDER) for code in drug.atc)
            groups[drug.name] = tuple(code for code in codes if _is_class(code, people))
            for group in groups[drug.name]:
                members.setdefault(group, []).append(drug.name)
        return cls(drugs, groups, {group: tuple(names) for group, names in members.items()})

    def same(self, drug: str, length: int) -> tuple[str, ...]:
        """The other ingredients of the groups of ``drug`` at one level (``NARROWER`` or ``WIDER``)."""
        groups = (g for g in self.groups.get(drug, ()) if len(g) == length)
        return tuple(dict.fromkeys(name for g in groups for name in self.members[g] if name != drug))


def _is_class(group: str, people: People) -> bool:
    """False where drugs of the group are not taken for one another. ATC ends its groups of "others" with an X."""
    return not (group.endswith("X") or group.startswith(people.chosen_otherwise) or group in people.too_wide)


_LIMIT = 16  # more releases than a process holds at once
_held: dict[int, DrugClasses] = {}


def classes_of(knowledge: Knowledge) -> DrugClasses:
    """The classes of a release's drugs, made once (by identity, as ``enzymes_of``)."""
    drugs = knowledge.drugs
    found = _held.get(id(drugs))
    if found is None or found.drugs is not drugs:
        if len(_held) >= _LIMIT:
            _held.clear()
        found = _held[id(drugs)] = DrugClasses.of(drugs, knowledge.people)
    return found
