"""The mutation tester: how many injected errors the verifier rejects, and how many true rewrites it refuses."""

from rxweave.narrative.attack.tester import AttackReport, Mistake, Tally, attack

__all__ = ["AttackReport", "Mistake", "Tally", "attack"]
