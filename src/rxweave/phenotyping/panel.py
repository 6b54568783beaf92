"""What an assay cannot see: the probability that a person carries an allele that matters and that it does not show.

An allele matters (is *actionable*) if one copy or two of it, beside the reference allele or itself, give another
phenotype than two copies of the reference allele do, and a known one; if all that it gives is unknown, it is
*uncertain*. It is hidden if a strand with it is reported under names that all have another effect than its own, if no
position of its gene is read, or if it is of a kind that small variants do not show (copy numbers, hybrids, HLA types).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rxweave.calling.call import ALL_GROUPS
from rxweave.calling.diplotype import Allele, Diplotype
from rxweave.calling.names import name_key
from rxweave.calling.panel import read_as
from rxweave.knowledge.genes import CallingMethod, Gene
from rxweave.phenotyping.assignment import phenotyper
from rxweave.phenotyping.phenotype import INDETERMINATE, NO_RESULT, NotExcluded
from rxweave.phenotyping.scores import NOT_AVAILABLE

if TYPE_CHECKING:
    from rxweave.knowledge import Knowledge

#: Prior of an allele that nobody published a frequency for, in genes whose alleles stand beside each other.
LOWEST_FREQUENCY = 1e-6

Effect = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class PanelRow:
    """One gene in one group.

    ``hidden``: the probability that a person of the group carries an actionable allele that the assay does not show;
    ``hidden_uncertain`` the same for uncertain alleles; ``carried``: that of carrying an actionable allele at all. All
    three are None where nobody published a frequency for the gene (what is hidden is then named, not weighed).
    ``hidden_assumed_share`` is the part of the hidden frequency that is assumed. ``hidden_alleles`` are the actionable
    ones with their frequency (of one copy), most frequent first. ``copies``: how many copies a person was taken to
    have; for genes of chromosome X those of a woman, ``hidden_one_copy`` being a man's.
    """

    gene: str
    group: str
    positions_read: int
    positions: int
    is_called: bool
    copies: int
    hidden: float | None
    hidden_one_copy: float | None
    hidden_uncertain: float | None
    carried: float | None
    hidden_assumed_share: float
    hidden_alleles: tuple[NotExcluded, ...]


def panel_report(
    knowledge: Knowledge,
    read: Mapping[str, Collection[int]],
    *,
    genes: Sequence[str] = (),
    group: str = "",
    is_research_allowed: bool = False,
) -> tuple[PanelRow, ...]:
    """The table of an assay that reads the GRCh38 positions ``read`` (gene -> positions).

    ``genes`` empty: every gene of the release. ``group`` empty: the mixture first, then every group with published
    frequencies for the gene. ``is_research_allowed``: genes that small variants alone cannot settle count as called.
    Raises UnknownName for a gene or group that the release does not hold.
    """
    rows = []
    for symbol in genes or knowledge.genes:
        gene = knowledge.gene(symbol)
        panel = _GenePanel(gene, knowledge, frozenset(read.get(symbol, ())), is_research_allowed)
        groups = [group] if group else ["", *gene.frequencies]
        rows += [panel.row(g) for g in groups]
    return tuple(rows)


class _GenePanel:
    def __init__(self, gene: Gene, knowledge: Knowledge, positions: frozenset[int], is_research_allowed: bool) -> None:
        self.gene = gene
        self.knowledge = knowledge
        self.copies = 1 if gene.chromosome in ("chrM", "chrY") else 2
        self.n_read = sum(v.pos_grch38 in positions for v in gene.variants)
        is_callable = is_research_allowed or not gene.calling.is_research_grade
        self.reported = read_as(gene, positions) if is_callable else None
        self.rules = phenotyper(knowledge).rules(gene.symbol)
        reference = gene.reference_allele
        self.reference = Allele(reference.name if reference is not None else "")
        self.names = self._names()
        self.effect = {name: self._effect(name) for name in self.names}
        self.nothing = self._effect(self.reference.name)
        self.actionable = {n for n in self.names if self._is_actionable(self.effect[n])}
        self.uncertain = {n for n in self.names if self.effect[n] != self.nothing} - self.actionable
        self.hidden = {n for n in self.actionable | self.uncertain if not self._is_seen(n)}

    def _names(self) -> list[str]:
        """The callable alleles, and those that only have a frequency: copy numbers, hybrids, HLA types."""
        definitions = {a.name: a for a in self.gene.alleles if a.is_callable}
        cores = {a.core for a in definitions.values()}
        published = {name for by_allele in self.gene.frequencies.values() for name in by_allele}
        return [*definitions, *sorted(published - definitions.keys() - cores, key=name_key)]

    def _reported_name(self, name: str) -> str:
        return next((a.reported_name for a in self.gene.alleles if a.name == name), name)

    def _effect(self, name: str) -> Effect:
        """The lookup keys that the allele gives beside the reference, and twice."""
        allele = Allele(self._reported_name(name))
        if self.copies == 1:
            return (self.rules.phenotype(Diplotype(allele)).lookup_keys,)
        pairs = (Diplotype(self.reference, allele), Diplotype(allele, allele))
        return tuple(self.rules.phenotype(pair).lookup_keys for pair in pairs)

    def _is_actionable(self, effect: Effect) -> bool:
        return any(keys != none and any(map(_is_known, keys)) for keys, none in zip(effect, self.nothing, strict=True))

    def _is_seen(self, name: str) -> bool:
        if self.reported is None or name not in self.reported:
            return False
        return any(self._effect(other) == self.effect[name] for other in self.reported[name])

    def row(self, group: str) -> PanelRow:
        frequency, assumed = self._frequencies(group)
        is_weighed = bool(self.gene.frequencies)
        hidden = [n for n in self.names if n in self.hidden and n in self.actionable]
        weight = sum(frequency[n] for n in hidden)
        shown = sorted(hidden, key=lambda n: (-frequency[n], name_key(n))) if is_weighed else hidden
        return PanelRow(
            gene=self.gene.symbol,
            group=group or ALL_GROUPS,
            positions_read=self.n_read,
            positions=len(self.gene.variants),
            is_called=self.reported is not None,
            copies=self.copies,
            hidden=self._carriers(hidden, frequency, self.copies) if is_weighed else None,
            hidden_one_copy=self._carriers(hidden, frequency, 1) if is_weighed else None,
            hidden_uncertain=self._carriers(self.hidden - self.actionable, frequency, self.copies)
            if is_weighed
            else None,
            carried=self._carriers(self.actionable, frequency, self.copies) if is_weighed else None,
            hidden_assumed_share=sum(frequency[n] for n in hidden if n in assumed) / weight
            if weight and is_weighed
            else 0.0,
            hidden_alleles=tuple(NotExcluded(n, frequency[n] if is_weighed else 0.0) for n in shown),
        )

    def _frequencies(self, group: str) -> tuple[dict[str, float], frozenset[str]]:
        prior, assumed = self.knowledge.haplotype_prior(self.gene.symbol, group)
        groups = [group] if group in self.gene.frequencies else list(self.gene.frequencies)
        is_beside = self.gene.calling.method is CallingMethod.LOWEST_FUNCTION
        frequency = {}
        for name in self.names:
            if name in prior:
                # Single variants stand beside each other: what one leaves over belongs to its own absence.
                frequency[name] = LOWEST_FREQUENCY if is_beside and name in assumed else prior[name]
            else:
                frequency[name] = sum(self.gene.frequencies[g].get(name, 0.0) for g in groups) / len(groups)
        return frequency, assumed

    def _carriers(self, alleles: Collection[str], frequency: Mapping[str, float], copies: int) -> float:
        """Probability of at least one of ``alleles`` on at least one of ``copies``."""
        absent = 1.0
        alleles = [n for n in self.names if n in alleles]  # in listing order: sums must not depend on a set's
        if self.gene.calling.method is CallingMethod.LOWEST_FUNCTION:
            for name in alleles:
                absent *= 1.0 - frequency[name]
        else:
            absent -= sum(frequency[n] for n in alleles) / max(1.0, sum(frequency.values()))
        return 1.0 - max(absent, 0.0) ** copies


def _is_known(key: str) -> bool:
    """A key that a guideline could answer to: no score or phenotype that only says that nothing is known."""
    return key not in ("", NOT_AVAILABLE, NO_RESULT, INDETERMINATE) and "ncertain" not in key
