"""Whether a narrative's words ask for what the advice asks for: read from the text alone, by other means than the
verifier's, so that an error of one is seen by the other.
"""

from rxweave.narrative.agreement.agreement import Disagreeing, disagreeing

__all__ = ["Disagreeing", "disagreeing"]
