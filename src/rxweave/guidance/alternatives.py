"""Which other drugs a directive points to, and what this person's genes and history say of each."""

from __future__ import annotations

from collections.abc import Callable

from rxweave.guidance.advice import Advice, Alternative, Coverage
from rxweave.knowledge import Knowledge
from rxweave.knowledge.drugs import DrugKind
from rxweave.knowledge.guidelines import Action, Directive
from rxweave.patient.patient import Patient

# Actions that make an alternative no better than what it replaces, or uncertain to be.
_CONFLICTING = frozenset(
    {
        Action.TEST_FIRST,
        Action.LIMIT_DOSE,
        Action.REDUCE_DOSE,
        Action.USE_ALTERNATIVE,
        Action.AVOID,
        Action.CONTRAINDICATED,
    }
)


def alternatives_of(
    directive: Directive, drug: str, patient: Patient, knowledge: Knowledge, headline_of: Callable[[str], Advice]
) -> tuple[Alternative, ...]:
    """The directive's alternatives, those without a conflict first, then by how grave their own advice is.

    ``headline_of`` gives the headline advice for another drug of the release, without alternatives of its own.
    """
    found: list[tuple[int, Alternative]] = []
    for name in directive.alternatives:
        held = knowledge.drugs.get(name)
        if held is not None and held.kind is DrugKind.GROUP:
            if drug in held.members:
                found.append((Action.AVOID.severity, Alternative(name, "guideline", ("class",))))
                continue
            held = None
        conflicts, severity = _conflicts(name, drug, directive, patient, knowledge, headline_of)
        found.append((severity, Alternative(name, "guideline", conflicts)))
    return tuple(a for _, a in sorted(found, key=lambda pair: (bool(pair[1].conflicts), pair[0])))


def _conflicts(
    name: str,
    drug: str,
    directive: Directive,
    patient: Patient,
    knowledge: Knowledge,
    headline_of: Callable[[str], Advice],
) -> tuple[tuple[str, ...], int]:
    conflicts: list[str] = []
    if name == drug:
        conflicts.append("same_drug")
    if name in directive.not_alternatives:
        conflicts.append("class")
    if any(r.drug == name and r.is_severe for r in patient.reactions):
        conflicts.append("past_severe_reaction")
    if name == drug or (name not in knowledge.guidelines and name not in knowledge.drugs):
        return tuple(conflicts), len(conflicts)
    verdict = headline_of(name)
    if verdict.coverage is Coverage.NOT_COMPUTED:
        conflicts.append("not_computed")
    action = verdict.directive.action
    if action in _CONFLICTING:
        conflicts.append(f"{' + '.join(verdict.genes) or 'label'} guidance: {action}")
    return tuple(conflicts), action.severity if verdict.coverage is Coverage.COMPUTED else 0
