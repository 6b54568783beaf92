"""A knowledge release: loading it, naming it by its content, and asking it.

A release is a folder of plain text (docs/knowledge-format.md). Its hash names the content; the parsed form is kept in
the user's cache folder under that hash (``compiled.py``), so that a start costs a few milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rxweave.errors import UnknownName
from rxweave.knowledge.algorithms import DoseAlgorithm
from rxweave.knowledge.compiled import read_compiled
from rxweave.knowledge.conversions import Conversions
from rxweave.knowledge.drugs import Drug, Interaction
from rxweave.knowledge.folder import CURRENT, ReleaseHead, release_folder
from rxweave.knowledge.genes import AlleleFunction, Gene
from rxweave.knowledge.guidelines import DrugGuideline, Erratum, GeneElsewhere
from rxweave.knowledge.people import People

_TANDEM = re.compile(r"(?<=\S)\+(?=\*)")
#: Prior probability below which no allele falls, however rare.
LOWEST_PRIOR = 1e-6


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that one release knows, with one dated function set chosen.

    ``genes`` and the other mappings are in alphabetical order. ``hash`` is the release's, whatever the function set.
    """

    head: ReleaseHead
    hash: str
    function_set: str
    function_sets: tuple[str, ...]
    genes: Mapping[str, Gene]
    drugs: Mapping[str, Drug] = field(default_factory=dict)
    interactions: tuple[Interaction, ...] = ()
    guidelines: Mapping[str, tuple[DrugGuideline, ...]] = field(default_factory=dict)  # by drug name
    errata: tuple[Erratum, ...] = ()
    people: People = field(default_factory=People)
    algorithms: Mapping[str, DoseAlgorithm] = field(default_factory=dict)  # by drug name
    vocabulary: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # section -> code -> meaning
    conversions: Conversions = field(default_factory=Conversions)
    elsewhere: Mapping[str, GeneElsewhere] = field(default_factory=dict)  # genes of which results are only stated

    @property
    def version(self) -> str:
        return self.head.version

    def gene(self, symbol: str) -> Gene:
        """Raises UnknownName with the near names."""
        try:
            return self.genes[symbol]
        except KeyError:
            raise UnknownName(f"gene {symbol!r} is not in release {self.version}{_near(symbol, self.genes)}") from None

    def stated_gene(self, symbol: str) -> Gene:
        """``gene``, or one that a guideline names and the release does not call. Raises UnknownName."""
        held = self.elsewhere.get(symbol)
        return self.gene(symbol) if held is None else held.as_gene()

    def functions(self, gene: str) -> Mapping[str, AlleleFunction]:
        """Allele -> function in the chosen set; genes that the set leaves out keep the release's current values."""
        sets = self.stated_gene(gene).function_sets
        return sets.get(self.function_set) or sets.get(self.head.function_set, {})

    def function_of(self, gene: str, allele: str) -> AlleleFunction | None:
        """The allele's function in the chosen set; None for an allele that the set does not know.

        Tandem alleles are written with or without spaces around the plus sign (``*36 + *10``).
        """
        functions = self.functions(gene)
        return functions.get(allele) or functions.get(_TANDEM.sub(" + ", allele))

    def has_guideline_elsewhere(self, drug: str) -> bool:
        """A source has a guideline for ``drug`` that this release does not compute."""
        return any(not guideline.is_computable for guideline in self.guidelines.get(drug, ()))

    def haplotype_prior(self, gene: str, group: str = "") -> tuple[Mapping[str, float], frozenset[str]]:
        """Prior probability of each callable allele, and the alleles whose prior is assumed rather than published.

        Within a group: the published frequency where there is one; what is left of 1 belongs to the reference allele if
        it has none of its own (by subtraction, as sources do it), else it is shared evenly among the callable alleles
        without one; none falls below 1e-6. An allele that is ``counted_with`` another shares its frequency evenly, and
        a suballele without a frequency of its own shares its core allele's with its siblings. Without ``group`` the
        groups with any published frequency weigh equally. A group for which nothing is published gets that mixture, all
        of it assumed; a gene without any frequency gets equal priors, all assumed. The values are not rescaled:
        published numbers stay as published.

        Raises UnknownName for a group that the release does not know.
        """
        found = self.gene(gene)
        alleles = tuple(a for a in found.alleles if a.is_callable)
        if group and group not in self.groups:
            raise UnknownName(f"group {group!r} is not in release {self.version}{_near(group, self.groups)}")
        if group in found.frequencies:
            return _group_prior(found, group)
        parts = [_group_prior(found, g) for g in found.frequencies]
        if not parts:
            return {a.name: max(1 / len(alleles), LOWEST_PRIOR) for a in alleles}, frozenset(a.name for a in alleles)
        mixture = {a.name: sum(prior[a.name] for prior, _ in parts) / len(parts) for a in alleles}
        assumed = frozenset(mixture) if group else frozenset.intersection(*(names for _, names in parts))
        return mixture, assumed

    @property
    def groups(self) -> tuple[str, ...]:
        """The biogeographic groups that any gene has frequencies for."""
        return tuple(sorted({group for gene in self.genes.values() for group in gene.frequencies}))


def _group_prior(gene: Gene, group: str) -> tuple[Mapping[str, float], frozenset[str]]:
    published = gene.frequencies[group]
    siblings: dict[str, int] = {}
    for allele in gene.alleles:
        if allele.core and allele.is_callable and allele.name not in published:
            siblings[allele.core] = siblings.get(allele.core, 0) + 1
    prior: dict[str, float] = {}
    assumed = []
    for allele in gene.alleles:
        if not allele.is_callable:
            continue
        if allele.name in published:
            prior[allele.name] = max(published[allele.name], LOWEST_PRIOR)
        elif allele.core in published:
            prior[allele.name] = max(published[allele.core] / siblings[allele.core], LOWEST_PRIOR)
        else:
            assumed.append(allele.name)
    for name, other in gene.counted_with.items():
        if name in assumed and other in published:  # one published frequency for both: each gets half
            prior[name] = prior[other] = max(published[other] / 2, LOWEST_PRIOR)
    shared = frozenset(assumed) & prior.keys()
    assumed = [name for name in assumed if name not in shared]
    left = max(1 - sum(published.values()), 0.0)
    reference = gene.reference_allele
    if reference is not None and reference.name in assumed:
        # Sources that list variant alleles only (DPYD, RYR1, CACNA1S) leave the reference out: it is what remains.
        prior[reference.name] = max(left, LOWEST_PRIOR)
        assumed.remove(reference.name)
        left = 0.0
    for name in assumed:
        prior[name] = max(left / len(assumed), LOWEST_PRIOR)
    return prior, frozenset(assumed) | shared


def load_release(name: str | Path = CURRENT, *, functions: str | None = None) -> Knowledge:
    """The release called ``name``, or the one in the folder ``name``.

    ``2026.1@2025-11`` is the same as ``functions="2025-11"``: the dated function set to use. Raises UnknownName for a
    release or function set that does not exist, BrokenRelease for one that cannot be read.
    """
    if isinstance(name, str) and "@" in name and functions is None:
        name, _, functions = name.rpartition("@")
    parts = read_compiled(release_folder(name))
    sets = tuple(sorted({parts.head.function_set, *parts.dated_sets}, reverse=True))
    chosen = functions or parts.head.function_set
    if chosen not in sets:
        raise UnknownName(f"function set {chosen!r} is not in release {parts.head.version}; it has {', '.join(sets)}")
    return Knowledge(
        head=parts.head,
        hash=parts.hash,
        function_set=chosen,
        function_sets=sets,
        genes=parts.genes,
        drugs=parts.drugs,
        interactions=parts.interactions,
        guidelines=parts.guidelines,
        errata=parts.errata,
        people=parts.people,
        algorithms=parts.algorithms,
        vocabulary=parts.vocabulary,
        conversions=parts.conversions,
        elsewhere=parts.elsewhere,
    )


def _near(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.casefold(), [k.casefold() for k in known], n=3)
    spelled = {k.casefold(): k for k in known}
    return f"; did you mean {', '.join(spelled[n] for n in near)}?" if near else f"; it has {', '.join(known)}"
