"""A secondary finding in words: what a result means beside drugs, and whom it concerns."""

from __future__ import annotations

from rxweave.guidance.secondary import SecondaryFinding
from rxweave.narrative.words import sentence, words


def secondary_phrase(finding: SecondaryFinding, language: str = "en") -> str:
    """``RYR1 ...: a disposition to malignant hyperthermia. It concerns blood relatives too.``"""
    w = words(language)
    said = [sentence(f"{finding.gene} {finding.result}: {w.word('finding_class', finding.finding_class)}")]
    if finding.concerns:
        who = w.join([w.word("concerns", code) for code in finding.concerns])
        said.append(sentence(w.word("label", "concerns", value=who)))
    if finding.is_emergency_use:
        said.append(sentence(w.word("label", "emergency_use")))
    if finding.is_research_grade:
        said.append(sentence(w.word("note", "research_grade", value=finding.gene)))
    return " ".join(said)
