"""Narratives in the terminal: sentences under their headings, each with what the verifier says of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rxweave.narrative.narrative import Narrative, Refusal, Verification
from rxweave.report import words
from rxweave.report.narrative_object import narrative_object
from rxweave.report.narrative_view import narrative_views
from rxweave.report.terminal import indented, terminal_width, wrap

if TYPE_CHECKING:
    from rxweave.narrative.attack import AttackReport
    from rxweave.narrative.narrate import Trial

_HOLDS, _REFUSED = "✓", "✗"


def narrative_text(
    narrative: Narrative, verification: Verification, width: int | None = None, *, has_facts: bool = False
) -> str:
    """The narrative as it reads, then a line that says whether all of it was proved; refused sentences say why."""
    width = terminal_width(width)
    (view,) = narrative_views([narrative])
    rows = wrap(view.title, width)
    if view.written_by:
        rows += wrap(view.written_by, width)
    place = 0
    for part in view.parts:
        rows += ["", *wrap(part.heading, width)]
        for sentence in part.sentences:
            refusals = verification.of_sentence(place)
            rows += indented(f"{_REFUSED if refusals else _HOLDS} {sentence.text}", width)
            rows += _why(refusals, width)
            by = sentence.writer or sentence.because
            rows += _beneath([f"({by})"] if by else [], width)
            rows += _beneath(sentence.facts if has_facts else (), width, "• ")
            place += 1
    return "\n".join([*rows, "", *_verdict(verification, width)])


def narratives_json(told: Sequence[tuple[Narrative, Verification]]) -> str:
    """A list of narratives, each with its refusals."""
    objects = [{**narrative_object(n), "refusals": [_refusal(r) for r in v.refusals]} for n, v in told]
    return json.dumps(objects, ensure_ascii=False, indent=1)


def trial_text(trial: Trial, width: int | None = None) -> str:
    """What a model wrote, sentence by sentence, accepted or refused and why; then the narrative that came of it."""
    width = terminal_width(width)
    rows = [words.DRAFT, ""]
    if trial.failure:
        rows += wrap(words.NO_DRAFT.format(failure=trial.failure), width)
    for mark in trial.marked:
        again = f" ({words.SECOND_ANSWER})" if mark.is_repair else ""
        rows += indented(f"{_HOLDS if mark.is_accepted else _REFUSED} {_shown(mark.sentence.text)}{again}", width)
        rows += _why(mark.refusals, width)
    rows += _verdict(Verification(trial.missing), width) if trial.missing else []
    usage = trial.narrative.usage
    cost = f", {usage.cost:.4f}" if usage.cost is not None else ""
    spent = words.SPENT.format(
        requests=usage.requests, tokens_in=usage.tokens_in, tokens_out=usage.tokens_out, seconds=usage.seconds
    )
    return "\n".join([*rows, "", spent + cost])


def attack_text(report: AttackReport) -> str:
    """The shares of an attack as a table, a kind of error or of rewrite a line."""
    rows = [words.ATTACKED.format(narratives=report.narratives, unverified=report.unverified), ""]
    for label, tallies, share in (
        (words.ERRORS_REJECTED, report.errors, report.rejected_share),
        (words.REWRITES_REFUSED, report.rewrites, report.false_rejection_share),
    ):
        total = sum(t.tried for t in tallies.values())
        rows.append(f"{label:<34}{total:>8}{share:>10.2%}")
        rows += [f"  {kind:<32}{t.tried:>8}{t.share:>10.2%}" for kind, t in sorted(tallies.items())]
        rows.append("")
    return "\n".join(rows).rstrip()


def _shown(text: str) -> str:
    """A text as a model wrote it, with what no terminal should obey shown as codes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _why(refusals: Sequence[Refusal], width: int) -> list[str]:
    return _beneath([f"{r.code}: {_shown(r.claim)}: {r.because}" for r in refusals], width)


def _verdict(verification: Verification, width: int) -> list[str]:
    if verification.holds:
        return wrap(words.PROVED, width)
    missing = verification.of_sentence(-1)
    refused = {r.sentence for r in verification.refusals if r.sentence >= 0}
    rows = wrap(words.NOT_PROVED.format(refused=len(refused), missing=len(missing)), width)
    return [*rows, *_why(missing, width)]


def _beneath(texts: Sequence[str], width: int, lead: str = "") -> list[str]:
    return [f"  {row}" for text in texts for row in indented(lead + text, width - 2)]


def _refusal(refusal: Refusal) -> dict[str, object]:
    return {
        "sentence": refusal.sentence,
        "code": refusal.code,
        "claim": refusal.claim,
        "facts": list(refusal.facts),
        "because": refusal.because,
    }
