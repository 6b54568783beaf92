"""Advice: phenotypes, patient and event in, coded recommendations with alert tier and trace out. No prose."""

from rxweave.guidance.advice import Advice, AlertTier, Coverage
from rxweave.guidance.advise import advise
from rxweave.guidance.site import Site

__all__ = ["Advice", "AlertTier", "Coverage", "Site", "advise"]
