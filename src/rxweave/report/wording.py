"""The one place where the report asks ``narrative`` for sentences and terms."""

from __future__ import annotations

from dataclasses import dataclass

from rxweave.guidance.advice import Advice
from rxweave.report import words


@dataclass(frozen=True, slots=True)
class Wording:
    """``headline`` fits one line; ``text`` says it in full; ``implication`` says why; ``notes`` must be shown."""

    headline: str
    text: str
    implication: str
    notes: tuple[str, ...] = ()


def wording_of(advice: Advice) -> Wording:
    """Our sentences for one advice."""
    directive = advice.directive
    action = words.action_label(directive.action, directive.modality)
    doses = "; ".join(f"{words.PHASES[d.phase].lower()} {words.dose_amount(d)}" for d in directive.dose)
    implied = "; ".join(
        f"{gene}: {', '.join(map(words.code_label, codes))}" for gene, codes in advice.implications.items()
    )
    headline = f"{action}: {doses}" if doses else action
    return Wording(headline, headline, implied, tuple(map(words.code_label, advice.notes)))


def term(code: str) -> str:
    """A coded term (a monitoring item, a missing fact, a population) in words."""
    return words.code_label(code)
