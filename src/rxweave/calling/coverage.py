"""What follows from which sites of a gene were read, and from nothing else.

Most people of a cohort have data at the same sites, so this is worked out once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rxweave.calling.match import AlleleTable


@dataclass(frozen=True, slots=True)
class Coverage:
    """The sites of a gene that have data, and what can be told from them.

    sites:       intp, the sites with data.
    missing:     GRCh38 positions of the others.
    uncallable:  alleles that define none of ``sites``.
    lacking:     positions that a call needs and that have no data.
    unread_amp_tier1: variants without data that every clinical panel should test.
    is_callable, scores, has_wobble: one entry an allele row; see ``AlleleTable``.
    """

    sites: NDArray[np.intp]
    missing: tuple[int, ...]
    uncallable: tuple[str, ...]
    lacking: tuple[int, ...]
    unread_amp_tier1: tuple[str, ...]
    is_callable: tuple[bool, ...]
    scores: tuple[int, ...]
    has_wobble: tuple[bool, ...]

    @classmethod
    def of(cls, table: AlleleTable, has_data: NDArray[np.bool_]) -> Coverage:
        """has_data: bool (n_sites,)."""
        gene = table.gene
        sites = np.flatnonzero(has_data)
        is_callable = tuple(map(bool, np.asarray(table.is_defined[:, sites].any(axis=1))))
        unread = [gene.variants[s] for s in np.flatnonzero(~has_data).tolist()]
        missing = tuple(v.pos_grch38 for v in unread)
        return cls(
            sites=sites,
            missing=missing,
            uncallable=tuple(a.name for a, told in zip(table.alleles, is_callable, strict=True) if not told),
            lacking=tuple(p for p in gene.calling.required_positions if p in missing),
            unread_amp_tier1=tuple(v.label for v in unread if v.is_amp_tier1),
            is_callable=is_callable,
            scores=tuple(table.scores(sites).tolist()),
            has_wobble=tuple(map(bool, np.asarray(table.is_wobble[:, sites].any(axis=1)))),
        )
