"""Are the probabilities of a call right? Calibration on simulated genomes that are not drawn from the prior in use.

    python benchmarks/calibration.py [--people 40] [--seed 2026] [--write]

For every gene with published frequencies and every group, genomes are drawn from that group's frequencies after each
was multiplied by a random factor (log-normal, sigma 0.25) and 0.5% of the copies were replaced by an allele that nobody
has a frequency for. Half of the people are phased. A share of the genotypes is lost (none, 10%, 30%); where any is, 1%
lose one copy. Each person is then called with three priors: the group's own published frequencies, the mixture of all
groups, and another group's.

Only people whose data leave more than one phenotype count: the others are right by definition and would flatter the
result. Expected calibration error (ECE): the people are put into ten bins by the probability of their likeliest
phenotype; in each bin that probability is compared with how often it was right; the differences are averaged by size.
So few people as one gene has give an error by chance alone: what that would be on average, if every probability were
exact, stands beside it.

``--write`` puts the tables into docs/calling.md and the reliability plots into docs/images/calibration.svg. Exit status
1 if the error under the right group is above 0.02.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rxweave.calling import CallOptions, Diplotype, Genotypes, SiteCalls, call_diplotypes
from rxweave.calling.diplotype import Allele
from rxweave.calling.genotypes import ABSENT, MISSING
from rxweave.calling.names import in_order
from rxweave.demo.genomes import site_codes
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.genes import CallingMethod, Gene
from rxweave.phenotyping import assign_phenotype, phenotype_of

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "calling.md"
PLOT = ROOT / "docs" / "images" / "calibration.svg"
SIGMA = 0.25  # spread of the factor that each frequency is multiplied by
UNLISTED = 0.005  # share of copies that carry an allele without a published frequency
HALF_CALLED = 0.01
LOST = (0.0, 0.1, 0.3)
PRIORS = ("right group", "mixture of all groups", "another group")
N_BINS = 10
LIMIT = 0.02


@dataclass
class Tally:
    """Predictions and outcomes of one setting: the likeliest phenotype, and every phenotype that was possible."""

    top: list[tuple[float, bool]] = field(default_factory=list)
    every: list[tuple[float, bool]] = field(default_factory=list)
    people: int = 0
    impossible: int = 0  # the truth was not among the candidates

    def bins(self) -> list[tuple[float, float, int]]:
        """(mean probability, share that was right, number) of each bin of the likeliest phenotype that has people."""
        return _bins(self.top)

    @property
    def error(self) -> float:
        return _error(_bins(self.top))

    @property
    def error_by_chance(self) -> float:
        """The mean error if every probability were exact: what this many people give by luck."""
        said = np.array([p for p, _ in self.top])
        rng = np.random.default_rng(0)
        lucky = [rng.random(len(said)) < said for _ in range(100)]
        return float(np.mean([_error(_bins(list(zip(said.tolist(), r.tolist(), strict=True)))) for r in lucky]))

    @property
    def error_of_every(self) -> float:
        return _error(_bins(self.every))

    def add(self, other: Tally) -> None:
        self.top += other.top
        self.every += other.every
        self.people += other.people
        self.impossible += other.impossible


def _bins(found: list[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    if not found:
        return []
    said = np.array([p for p, _ in found])
    right = np.array([r for _, r in found], dtype=np.float64)
    place = np.minimum((said * N_BINS).astype(int), N_BINS - 1)
    return [
        (float(said[place == k].mean()), float(right[place == k].mean()), int((place == k).sum()))
        for k in range(N_BINS)
        if (place == k).any()
    ]


def _error(bins: list[tuple[float, float, int]]) -> float:
    total = sum(n for _, _, n in bins)
    return sum(abs(said - right) * n for said, right, n in bins) / total if total else 0.0


def genes_weighed(knowledge: Knowledge) -> list[Gene]:
    return [
        g
        for g in knowledge.genes.values()
        if g.frequencies and g.variants and not g.calling.is_research_grade and g.phenotype_rules.names
    ]


def draw(
    gene: Gene, knowledge: Knowledge, group: str, n: int, lost: float, rng: np.random.Generator
) -> tuple[SiteCalls, list[Diplotype]]:
    """People of ``group`` and what they truly are. A gene of chromosome X: every second person has one copy."""
    n_sites = len(gene.variants)
    codes = np.zeros((n, n_sites, 2), dtype=np.int8)
    truth = []
    strand = _component_strands if gene.calling.method is CallingMethod.LOWEST_FUNCTION else _named_strands
    names, strands = strand(gene, knowledge, group, 2 * n, rng)
    for person in range(n):
        is_single = gene.is_haploid_possible and person % 2 == 1
        codes[person, :, 0] = strands[2 * person]
        codes[person, :, 1] = ABSENT if is_single else strands[2 * person + 1]
        truth.append(Diplotype(names[2 * person]) if is_single else in_order(names[2 * person], names[2 * person + 1]))
    is_lost = rng.random((n, n_sites)) < lost
    is_half = (rng.random((n, n_sites)) < HALF_CALLED) & (codes[:, :, 1] != ABSENT) & (lost > 0)
    codes[is_lost] = MISSING
    codes[is_half & ~is_lost, 0] = MISSING
    reads_nothing = (codes[:, :, 0] == MISSING) & (codes[:, :, 1] <= 0) & (codes[:, :, 1] != ABSENT)
    codes[reads_nothing] = MISSING  # ./0 is read as no call, as readers do
    is_phased = np.repeat(rng.random(n) < 0.5, n_sites).reshape(n, n_sites) | (codes[:, :, 1] == ABSENT)
    return SiteCalls(gene.symbol, codes, is_phased, np.zeros((n, n_sites), dtype=np.int32)), truth


def _named_strands(
    gene: Gene, knowledge: Knowledge, group: str, n: int, rng: np.random.Generator
) -> tuple[list[Allele], NDArray[np.int8]]:
    prior, assumed = knowledge.haplotype_prior(gene.symbol, group)
    ignored = set(gene.calling.ignored_alleles)
    alleles = [a for a in gene.alleles if a.is_callable and a.name not in ignored]
    published = np.array([0.0 if a.name in assumed else prior[a.name] for a in alleles])
    weights = published * np.exp(rng.normal(0.0, SIGMA, len(alleles)))
    weights /= weights.sum()
    unlisted = np.array([a.name in assumed for a in alleles], dtype=np.float64)
    if unlisted.any():
        weights = (1 - UNLISTED) * weights + UNLISTED * unlisted / unlisted.sum()
    chosen = rng.choice(len(alleles), size=n, p=weights)
    codes = np.array([site_codes(gene, a) for a in alleles], dtype=np.int8)
    return [Allele(alleles[k].reported_name) for k in chosen.tolist()], codes[chosen]


def _component_strands(
    gene: Gene, knowledge: Knowledge, group: str, n: int, rng: np.random.Generator
) -> tuple[list[Allele], NDArray[np.int8]]:
    """Every variant allele sits on a strand with its own frequency, whatever else does."""
    prior, assumed = knowledge.haplotype_prior(gene.symbol, group)
    reference = gene.reference_allele
    alleles = [a for a in gene.alleles if a.is_callable and not a.is_reference]
    frequency = np.array([0.0 if a.name in assumed else prior[a.name] for a in alleles])
    frequency = np.minimum(frequency * np.exp(rng.normal(0.0, SIGMA, len(alleles))), 0.9)
    carried = rng.random((n, len(alleles))) < frequency
    default = np.array(site_codes(gene, reference), dtype=np.int8) if reference else np.zeros(len(gene.variants))
    codes = np.tile(default, (n, 1)).astype(np.int8)
    names = []
    for row in range(n):
        taken: set[int] = set()
        parts = []
        for k in np.flatnonzero(carried[row]).tolist():
            sites = {site for site, _ in alleles[k].cells}
            if taken & sites:
                continue  # two alleles of one site cannot share a strand
            taken |= sites
            parts.append(alleles[k].name)
            for site, mask in alleles[k].cells:
                codes[row, site] = (mask & -mask).bit_length() - 1
        if parts:
            names.append(Allele(parts[0]) if len(parts) == 1 else Allele.combination(tuple(parts)))
        else:
            names.append(Allele(reference.name if reference else ""))
    return names, codes


def measure(gene: Gene, knowledge: Knowledge, people: SiteCalls, truth: list[Diplotype], population: str) -> Tally:
    """Call ``people`` with one prior and hold what was said against what is true."""
    tally = Tally()
    samples = tuple(f"s{k}" for k in range(len(truth)))
    genotypes = Genotypes("simulated", samples, {gene.symbol: people})
    called = call_diplotypes(genotypes, knowledge, CallOptions(population=population))
    for sample, true in zip(called, truth, strict=True):
        result = assign_phenotype(sample[gene.symbol], knowledge)
        possible = result.possibilities
        if len(possible) < 2:
            continue
        key = phenotype_of(gene.symbol, true, knowledge).lookup_keys
        tally.people += 1
        tally.impossible += all(p.phenotype.lookup_keys != key for p in possible)
        tally.top.append((possible[0].probability, possible[0].phenotype.lookup_keys == key))
        tally.every += [(p.probability, p.phenotype.lookup_keys == key) for p in possible]
    return tally


def simulate(knowledge: Knowledge, people: int, seed: int) -> Iterator[tuple[str, float, str, str, Tally]]:
    """(prior, share of genotypes lost, gene, group, tally) for every gene, group, loss and prior."""
    rng = np.random.default_rng(seed)
    for gene in genes_weighed(knowledge):
        groups = list(gene.frequencies)
        for place, group in enumerate(groups):
            other = groups[(place + 1) % len(groups)]
            for lost in LOST:
                drawn, truth = draw(gene, knowledge, group, people, lost, rng)
                for prior, population in zip(PRIORS, (group, "", other), strict=True):
                    yield prior, lost, gene.symbol, group, measure(gene, knowledge, drawn, truth, population)


def tables(results: list[tuple[str, float, str, str, Tally]], people: int, seed: int) -> tuple[str, dict[str, Tally]]:
    by_prior = {prior: Tally() for prior in PRIORS}
    by_loss: dict[tuple[str, float], Tally] = {}
    by_gene: dict[tuple[str, str], Tally] = {}
    by_group: dict[tuple[str, str], Tally] = {}
    for prior, lost, gene, group, tally in results:
        by_group.setdefault((prior, group), Tally()).add(tally)
        by_prior[prior].add(tally)
        by_loss.setdefault((prior, lost), Tally()).add(tally)
        by_gene.setdefault((prior, gene), Tally()).add(tally)
    lines = [
        f"Written by `python benchmarks/calibration.py --people {people} --seed {seed} --write`: {people} people for "
        "each gene, group and share of lost genotypes; counted are those whose data leave more than one phenotype.",
        "",
        "| prior in use | people counted | ECE, likeliest phenotype | by chance alone | ECE, every phenotype | "
        "likeliest was right | said to be |",
        "|---|---|---|---|---|---|---|",
    ]
    for prior, tally in by_prior.items():
        right = np.mean([r for _, r in tally.top])
        said = np.mean([p for p, _ in tally.top])
        lines.append(
            f"| {prior} | {tally.people} | {tally.error:.4f} | {tally.error_by_chance:.4f} "
            f"| {tally.error_of_every:.4f} | {right:.1%} | {said:.1%} |"
        )
    lines += ["", "| genotypes lost | " + " | ".join(f"ECE, {p} (people)" for p in PRIORS) + " |", "|---|---|---|---|"]
    for lost in LOST:
        cells = [by_loss[prior, lost] for prior in PRIORS]
        lines.append(f"| {lost:.0%} | " + " | ".join(f"{t.error:.4f} ({t.people})" for t in cells) + " |")
    lines += _by_name("group that people come from", by_group) + _by_name("gene", by_gene)
    lost_truth = sum(t.impossible for t in by_prior.values())
    lines += [
        "",
        f"The true phenotype was not among the possible ones in {lost_truth} of "
        f"{sum(t.people for t in by_prior.values())} results.",
    ]
    return "\n".join(lines), by_prior


def _by_name(title: str, tallies: dict[tuple[str, str], Tally]) -> list[str]:
    heads = " | ".join(f"ECE, {p}" for p in PRIORS)
    lines = ["", f"| {title} | people counted | {heads} | by chance alone |", "|---|---|---|---|---|---|"]
    for name in sorted({name for _, name in tallies}):
        cells = [tallies[prior, name] for prior in PRIORS]
        if cells[0].people:
            errors = " | ".join(f"{t.error:.4f}" for t in cells)
            lines.append(f"| {name} | {cells[0].people} | {errors} | {cells[0].error_by_chance:.4f} |")
    return lines


def plot(by_prior: dict[str, Tally]) -> str:
    """Reliability plots side by side: what was said against how often it was right; area by the number of people."""
    size, gap, top = 220, 60, 40
    width, height = gap + len(by_prior) * (size + gap), size + top + 50
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="sans-serif" '
        'font-size="12"><title>Reliability of the likeliest phenotype under three priors</title>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for place, (prior, tally) in enumerate(by_prior.items()):
        left = gap + place * (size + gap)
        out.append(f'<text x="{left}" y="24" font-weight="bold">{prior}: ECE {tally.error:.3f}</text>')
        out.append(f'<rect x="{left}" y="{top}" width="{size}" height="{size}" fill="none" stroke="#767676"/>')
        out.append(
            f'<line x1="{left}" y1="{top + size}" x2="{left + size}" y2="{top}" stroke="#767676" '
            'stroke-dasharray="4 3"/>'
        )
        for tick in (0, 0.5, 1):
            out.append(f'<text x="{left + tick * size:.0f}" y="{top + size + 16}" text-anchor="middle">{tick:g}</text>')
            out.append(f'<text x="{left - 6}" y="{top + size - tick * size + 4:.0f}" text-anchor="end">{tick:g}</text>')
        most = max((n for _, _, n in tally.bins()), default=1)
        for said, right, n in tally.bins():
            radius = 3 + 9 * (n / most) ** 0.5
            out.append(
                f'<circle cx="{left + said * size:.1f}" cy="{top + size - right * size:.1f}" r="{radius:.1f}" '
                f'fill="#0b5394" fill-opacity="0.65"><title>said {said:.3f}, right {right:.3f}, {n} people</title>'
                "</circle>"
            )
        out.append(
            f'<text x="{left + size / 2:.0f}" y="{top + size + 36}" text-anchor="middle">probability said</text>'
        )
    out.append(
        f'<text x="16" y="{top + size / 2:.0f}" text-anchor="middle" transform="rotate(-90 16 {top + size / 2:.0f})">'
        "share that was right</text>"
    )
    return "\n".join([*out, "</svg>", ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=40, help="people a gene, group and share of lost genotypes")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--write", action="store_true", help="write docs/calling.md and docs/images/calibration.svg")
    asked = parser.parse_args()
    results = list(simulate(load_release(), asked.people, asked.seed))
    text, by_prior = tables(results, asked.people, asked.seed)
    print(text)
    if asked.write:
        begin, end = "<!-- calibration: begin -->", "<!-- calibration: end -->"
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(begin)
        PAGE.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}", encoding="utf-8")
        PLOT.write_text(plot(by_prior), encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}, {PLOT.relative_to(ROOT)}")
    return int(by_prior[PRIORS[0]].error > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
