"""What is fuzzed, and what must hold for every input: a result or an InputError, in time, and sound results only."""

from __future__ import annotations

import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from fuzz_inputs import array_input, outside_input, people, plink_input, toy_release, vcf_input

from rxweave.calling import CallOptions, Genotypes, call_diplotypes, read_vcf
from rxweave.calling.diplotype import CallStatus, DiplotypeCall
from rxweave.calling.genotype_files import read_genotypes
from rxweave.calling.genotypes import ABSENT, UNDOCUMENTED
from rxweave.calling.outside_files import NOBODY, read_outside_files
from rxweave.errors import InputError
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.genes import CallingMethod
from rxweave.phenotyping import assign_phenotype

READS, ARRAYS, OUTSIDE, PEOPLE = 34, 8, 6, 12  # inputs of each kind in a round
ROUND = READS + ARRAYS + OUTSIDE + PEOPLE
#: Longest time for one input, in seconds: far above any honest one on a busy machine.
LIMIT = 10


class TookTooLong(BaseException):
    """Not an Exception, so that no handler of the code under test can swallow it."""


@dataclass(frozen=True)
class Failure:
    """One input that broke something; ``name`` makes it again with the same seed."""

    name: str
    error: str
    content: bytes


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in the main thread when the body runs longer."""

    def stop(*_: object) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Fuzzer:
    """Runs numbered rounds of inputs. A round follows from the seed and its number alone."""

    def __init__(self, seed: int, folder: Path | None = None, *, limit: float = LIMIT) -> None:
        self.seed = seed
        self.limit = limit
        self.release = load_release()
        self.toys = toy_release(self.release)
        self.genes = [g for g in self.release.genes.values() if g.calling.method is not CallingMethod.OUTSIDE_ONLY]
        fast = Path("/dev/shm")  # a file a thousand times a second: in memory where there is such a place
        self._own = None if folder else tempfile.TemporaryDirectory(dir=fast if fast.is_dir() else None)
        self.folder = folder or Path(self._own.name)  # type: ignore[union-attr]
        self.refused = 0
        self.inputs = 0

    def round(self, number: int) -> Iterator[Failure]:
        """Run one round of ``ROUND`` inputs."""
        for k in range(READS):
            yield from self._guarded(f"{number}/read/{k}", self.read)
        for k in range(ARRAYS):
            yield from self._guarded(f"{number}/array/{k}", self.array)
        for k in range(OUTSIDE):
            yield from self._guarded(f"{number}/outside/{k}", self.outside)
        yield from self._people(number)

    def again(self, name: str) -> Iterator[Failure]:
        """Run the one input of that name again."""
        number, kind, k = name.split("/")
        if kind == "people":
            yield from self._person(int(number), int(k))
        else:
            yield from self._guarded(name, {"read": self.read, "array": self.array, "outside": self.outside}[kind])

    def _guarded(self, name: str, target: Callable[[Random, list[bytes]], None]) -> Iterator[Failure]:
        seen: list[bytes] = []
        self.inputs += 1
        try:
            with time_limit(self.limit):
                target(Random(f"{self.seed}/{name}"), seen)
        except InputError as error:
            self.refused += 1
            if not str(error).strip():
                yield Failure(name, "an InputError without a text", b"".join(seen))
        except TookTooLong:
            yield Failure(name, f"more than {self.limit} s", b"".join(seen))
        except Exception:
            yield Failure(name, traceback.format_exc(), b"".join(seen))

    def _write(self, content: bytes, seen: list[bytes]) -> Path:
        seen.append(content)
        path = self.folder / "input"
        path.write_bytes(content)
        return path

    def read(self, random: Random, seen: list[bytes]) -> None:
        """A VCF through the reader and, where it could be read, through the caller."""
        given = vcf_input(random)
        path = self._write(given.content, seen)
        genotypes = read_vcf(
            path, self.toys, genes=given.genes, samples=given.samples, assume_reference=given.assume_reference
        )
        check_genotypes(genotypes, self.toys)
        if random.randrange(8) == 0:
            for calls in call_diplotypes(genotypes, self.toys, _options(random)):
                for call in calls.values():
                    check_call(call, self.toys)

    def array(self, random: Random, seen: list[bytes]) -> None:
        """An array's genotypes, as text or as PLINK files, through the reader of all kinds."""
        path = self.folder / "input.bed"
        if random.randrange(2):
            path = self._write(array_input(random), seen)
        else:
            for ending, content in zip((".bed", ".bim", ".fam"), plink_input(random), strict=True):
                seen.append(content)
                path.with_suffix(ending).write_bytes(content)
        check_genotypes(read_genotypes(path, self.toys, assume_reference=random.randrange(5) == 0), self.toys)

    def outside(self, random: Random, seen: list[bytes]) -> None:
        """A file of outside calls through its reader and the phenotype rules."""
        files = read_outside_files([self._write(outside_input(random), seen)], self.release)
        for sample in (NOBODY, *files.samples):
            for call in files.calls_of(sample):
                check_call(call, self.release)
                assert {c.diplotype for c in call.candidates} == set(call.diplotypes)

    def _people(self, number: int) -> Iterator[Failure]:
        """All people of a round at once, as a cohort is called; one by one only to find who broke it."""
        self.inputs += PEOPLE
        try:
            with time_limit(self.limit * PEOPLE):
                self._call_people(number, None)
        except (Exception, TookTooLong):
            found = [failure for k in range(PEOPLE) for failure in self._person(number, k)]
            yield from found or [Failure(f"{number}/people/all", traceback.format_exc(), b"")]

    def _person(self, number: int, k: int) -> Iterator[Failure]:
        name = f"{number}/people/{k}"
        try:
            with time_limit(self.limit):
                self._call_people(number, k)
        except TookTooLong:
            yield Failure(name, f"more than {self.limit} s", b"")
        except Exception:
            yield Failure(name, traceback.format_exc(), b"")

    def _call_people(self, number: int, only: int | None) -> None:
        random = Random(f"{self.seed}/{number}/people")
        gene = random.choice(self.genes)
        genotypes = people(random, gene, PEOPLE)
        options = _options(random)
        if only is not None:
            genotypes = _one(genotypes, only)
        for calls in call_diplotypes(genotypes, self.release, options):
            check_call(calls[gene.symbol], self.release)


def _one(genotypes: Genotypes, k: int) -> Genotypes:
    from dataclasses import replace

    genes = {
        symbol: replace(c, codes=c.codes[k : k + 1], is_phased=c.is_phased[k : k + 1], phase_set=c.phase_set[k : k + 1])
        for symbol, c in genotypes.genes.items()
    }
    return replace(genotypes, samples=genotypes.samples[k : k + 1], genes=genes)


def _options(random: Random) -> CallOptions:
    return CallOptions(
        all_candidates=random.randrange(8) == 0,
        combinations=random.randrange(6) == 0,
        cyp2d6_from_vcf=True,
        population=random.choice(("", "", "European", "East Asian")),
    )


def check_genotypes(genotypes: Genotypes, release: Knowledge) -> None:
    """What every reader promises of its arrays."""
    n_samples = len(genotypes.samples)
    assert len(set(genotypes.samples)) == n_samples
    for symbol, calls in genotypes.genes.items():
        variants = release.gene(symbol).variants
        assert calls.codes.shape == (n_samples, len(variants), 2)
        assert calls.is_phased.shape == calls.phase_set.shape == (n_samples, len(variants))
        for site, variant in enumerate(variants):
            here = calls.codes[:, site]
            named = UNDOCUMENTED + len(calls.undocumented.get(site, ()))
            allowed = (here < len(variant.alleles)) | ((here >= UNDOCUMENTED) & (here < named))
            assert allowed.all(), f"{symbol} {variant.pos_grch38}: codes {np.unique(here)}"
        assert int(calls.codes.min(initial=0)) >= ABSENT
        assert not (calls.codes[:, :, 0] == ABSENT).any()
    for warning in genotypes.warnings:
        assert str(warning).strip()


def check_call(call: DiplotypeCall, release: Knowledge) -> None:
    """What every call promises, and that it has a phenotype."""
    assert call.status in CallStatus
    assert (call.status is CallStatus.NOT_COVERED) <= (not call.diplotypes)
    assert all(0 <= c.probability <= 1 + 1e-9 for c in call.candidates)
    mass = sum(c.probability for c in call.candidates) + call.mass_left_out
    assert not call.candidates or abs(mass - 1) < 1e-6, f"{call.gene}: the probabilities add up to {mass}"
    assert all(str(d) for d in call.diplotypes)
    result = assign_phenotype(call, release)
    assert result.phenotypes
    assert len(result.candidates) == len(call.candidates) or not call.candidates or call.stated
