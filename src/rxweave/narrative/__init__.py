"""Advice in, our sentences out, from one word list a language. No decisions."""

from rxweave.narrative.phrases import Phrases, dose_phrase, phrase

__all__ = ["Phrases", "dose_phrase", "phrase"]
