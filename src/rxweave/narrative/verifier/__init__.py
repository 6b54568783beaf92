"""Holds a narrative against the facts, sentence by sentence, whoever wrote it.

A closed world: every word is read by the lexicon of the language, every claim must follow from a fact that its sentence
cites, and what cannot be read is refused. No writer is imported here.
"""

from __future__ import annotations

from rxweave.narrative.verifier.verify import verify, verify_sentence, verify_sentences

__all__ = ["verify", "verify_sentence", "verify_sentences"]
