"""One person of the real release, written as every kind of file: what is read back must be the same person."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from vcf_texts import vcf_text

from rxweave.calling.builds import GRCH38
from rxweave.calling.sites import Site, SiteIndex
from rxweave.knowledge import Knowledge

#: Site -> the person's two alleles as the build writes them; one on chrX and chrM.
Person = Mapping[Site, tuple[str, ...]]


def random_person(
    knowledge: Knowledge, build: str = GRCH38, *, seed: int = 7, rate: float = 0.08
) -> dict[Site, tuple[str, ...]]:
    """A male who carries an ALT of the definitions at some sites; sites of one position have one genotype."""
    rng = random.Random(seed)
    person: dict[Site, tuple[str, ...]] = {}
    seen: dict[tuple[str, int], tuple[str, ...]] = {}
    for site in SiteIndex.of([g for g in knowledge.genes.values() if g.variants], build).sites:
        copies = 1 if site.chromosome in ("chrX", "chrM") else 2
        drawn = tuple(rng.choice(site.alts) if rng.random() < rate else site.ref for _ in range(copies))
        person[site] = seen.setdefault((site.chromosome, site.pos), drawn)
    return person


def in_order(person: Person) -> list[Site]:
    return sorted(person, key=lambda site: (site.chromosome, site.pos, len(site.ref)))


def records(person: Person, *, skip_reference: bool = False) -> Iterator[tuple[Site, str, str]]:
    """Each position once: the site, ALT and GT."""
    seen = set()
    for site in in_order(person):
        if (site.chromosome, site.pos, site.ref) in seen:
            continue
        seen.add((site.chromosome, site.pos, site.ref))
        order = [site.ref, *site.alts]
        numbers = [order.index(allele) for allele in person[site]]
        if skip_reference and not any(numbers):
            continue
        yield site, ",".join(site.alts), "/".join(map(str, sorted(numbers)))


def as_vcf(person: Person, *, contig: str = "{}", meta: tuple[str, ...] = ()) -> str:
    lines = [
        f"{contig.format(site.chromosome)} {site.pos} {site.ref} {alts} {gt}" for site, alts, gt in records(person)
    ]
    return vcf_text(lines, meta=meta)


def expected_codes(person: Person, knowledge: Knowledge, *, tested: set[Site] | None = None) -> dict[str, np.ndarray]:
    """gene -> int8 (n_sites, 2): codes of one sample, each genotype sorted; -1 where not tested."""
    found = {g.symbol: np.full((len(g.variants), 2), -1, np.int8) for g in knowledge.genes.values() if g.variants}
    for site, alleles in person.items():
        if site.extra_rsid or (tested is not None and site not in tested):
            continue
        codes = [site.codes[allele] for allele in alleles]
        found[site.gene][site.index] = sorted(codes) if len(codes) == 2 else [-2, codes[0]]
    return found


def differences(genotypes, expected: Mapping[str, np.ndarray]) -> list[str]:  # type: ignore[no-untyped-def]
    """Where what was read is not what was written."""
    wrong = []
    for gene, codes in expected.items():
        read = np.sort(genotypes.genes[gene].codes[0], axis=1)
        wrong += [
            f"{gene} {i}: {read[i].tolist()} for {codes[i].tolist()}" for i in np.flatnonzero((read != codes).any(1))
        ]
    return wrong


def sparse_fasta(folder: Path, chromosome: str, bases: Mapping[int, str], length: int) -> Path:
    """A one-line FASTA that has bases at some positions and nothing elsewhere, with its index."""
    path = folder / f"{chromosome}.fa"
    head = f">{chromosome}\n".encode()
    with path.open("wb") as file:
        file.write(head)
        for pos, text in bases.items():
            file.seek(len(head) + pos - 1)
            file.write(text.encode())
        file.seek(len(head) + length)
        file.write(b"\n")
    path.with_name(path.name + ".fai").write_text(f"{chromosome}\t{length}\t{len(head)}\t{length}\t{length + 1}\n")
    return path
