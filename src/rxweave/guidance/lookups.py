"""Lookup keys of guidelines: how they are compared, and an index of a guideline's recommendations by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import product

from rxweave.calling.diplotype import Diplotype
from rxweave.guidance.enzymes import class_parts
from rxweave.knowledge.genes import Gene, Lookup, ScoreBand
from rxweave.knowledge.guidelines import DrugGuideline, Population, Recommendation

ANY = ""  # in a row: the recommendation does not depend on this gene
UNTESTED_WORDS = ("no result", "indeterminate", "n/a")  # in the order in which they stand in for "not tested"
UNCLEAR_WORDS = ("indeterminate", "n/a", "no result")  # and for "tested, and the function is not known"

Row = tuple[str, ...]


@lru_cache(maxsize=4096)
def canonical(key: str) -> str:
    """One spelling for keys that mean the same: ``2.0`` is ``2``, ``>=3`` is ``≥3``, letter case does not count."""
    text = " ".join(key.split()).casefold().replace(">=", "≥")
    sign, number = ("≥", text[1:].strip()) if text.startswith("≥") else ("", text)
    value = _decimal(number)
    return text if value is None else f"{sign}{_plain(value)}"


def is_diplotype(key: str) -> bool:
    """True for keys that name two alleles (``*28/*28``) rather than what they amount to."""
    return "/" in key and not is_unknown_word(key)


def _unordered(alleles: Iterable[str]) -> str:
    """Two alleles as one key: their order does not count."""
    return "/".join(sorted(canonical(a) for a in alleles))


def score_of(key: str) -> Decimal | None:
    """The number of an exact activity score in canonical form; None for phenotypes, ``n/a`` and open scores."""
    return _decimal(key)


def open_score_of(key: str) -> Decimal | None:
    """The lower bound of an open score (``≥3.75``) in canonical form, else None."""
    return _decimal(key[1:]) if key.startswith("≥") else None


def is_unknown_word(key: str) -> bool:
    """True for keys that say that the result is not known: No Result, Indeterminate, n/a, and all "uncertain" ones."""
    text = canonical(key)
    return text in ("", *UNTESTED_WORDS) or "uncertain" in text


def _plain(value: Decimal) -> str:
    return format(value.normalize() if value else Decimal(0), "f")


def _decimal(text: str) -> Decimal | None:
    if not text or not (text[0].isdigit() or text[0] == "."):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


@dataclass(frozen=True, slots=True)
class GuidelineIndex:
    """The recommendations of one guideline by population and row of canonical keys, in the order of its genes."""

    guideline: DrugGuideline
    populations: tuple[Population, ...]
    rows: Mapping[str, Mapping[Row, Recommendation]]
    vocabulary: tuple[frozenset[str], ...]  # per gene: every key that some recommendation names
    names_activity_test: bool  # some directive asks for a measured enzyme activity
    has_liver_transplant_rule: bool  # some branch says what holds when the liver is a donor's
    avoid_with: frozenset[str]  # drugs and classes that some directive says to avoid beside it
    indications: frozenset[str]  # codes of what the drug is for that decide something here
    co_medications: frozenset[str]  # drugs and classes of drugs whose company decides something here
    diplotypes: tuple[Mapping[str, str], ...]  # per gene: the keys that name two alleles, by the two in any order

    @classmethod
    def of(cls, guideline: DrugGuideline) -> GuidelineIndex:
        rows: dict[str, dict[Row, Recommendation]] = {}
        words: list[set[str]] = [set() for _ in guideline.genes]
        for recommendation in guideline.recommendations:
            table = rows.setdefault(recommendation.population, {})
            keys = [
                tuple(sorted(canonical(k) for k in recommendation.when[gene]))
                if gene in recommendation.when
                else (ANY,)
                for gene in guideline.genes
            ]
            for known, gene_keys in zip(words, keys, strict=True):
                known.update(k for k in gene_keys if k != ANY)
            for row in product(*keys):
                table.setdefault(row, recommendation)
        stated = {p.name for p in guideline.populations}
        branches = [*guideline.label_contraindications, *(b for r in guideline.recommendations for b in r.branches)]
        directives = [*(r.directive for r in guideline.recommendations), *(b.directive for b in branches)]
        conditions = [*(p.condition for p in guideline.populations), *(b.condition for b in branches)]
        unnamed = tuple(Population(name) for name in rows if name not in stated)
        return cls(
            guideline,
            tuple(p for p in guideline.populations if p.name in rows) + unnamed,
            rows,
            tuple(frozenset(known) for known in words),
            any(
                code.endswith("_activity")
                for r in guideline.recommendations
                for d in (r.directive, *(b.directive for b in r.branches))
                for code in d.monitoring
            ),
            any(
                "liver_transplant_genotypes" in b.condition.facts for r in guideline.recommendations for b in r.branches
            ),
            frozenset(name for d in directives for name in d.avoid_with),
            frozenset(c.facts["indication"] for c in conditions if "indication" in c.facts),
            frozenset(part for c in conditions for part in class_parts(c.facts.get("co_medication", "")) if part),
            tuple({_unordered(k.split("/")): k for k in known if is_diplotype(k)} for known in words),
        )

    def find(self, population: str, row: Row) -> Recommendation | None:
        """The recommendation of exactly this row, or of one that leaves some of its genes open."""
        table = self.rows.get(population, {})
        found = table.get(row)
        if found is None:
            for opened in product(*((key, ANY) for key in row)):
                found = table.get(opened)
                if found is not None:
                    break
        return found

    def matching(self, population: str, known: Mapping[int, tuple[str, ...]]) -> Iterator[tuple[Row, Recommendation]]:
        """Rows in which the genes of ``known`` (index in the guideline's genes) have one of the given keys and every
        other gene any known value: what the advice could become once the others are known."""
        for row, recommendation in self.rows.get(population, {}).items():
            for place, key in enumerate(row):
                if place in known:
                    if key != ANY and key not in known[place]:
                        break
                elif key != ANY and is_unknown_word(key):
                    break
            else:
                yield row, recommendation

    def keys_of_diplotype(self, place: int, diplotype: Diplotype | None, gene: Gene | None) -> tuple[str, ...]:
        """The key that names the two alleles of ``diplotype``, if the guideline has one; suballeles are their core.

        Typing names alleles beyond those whose presence the gene's rules report: they answer to the guideline's own
        ``*15:11 positive``.
        """
        if diplotype is None:
            return ()
        held = self.diplotypes[place]
        if held and diplotype.second is not None:
            cores = {a.name: a.core for a in gene.alleles if a.core} if gene is not None else {}
            key = held.get(_unordered(cores.get(a.name, a.name) for a in diplotype.alleles))
            if key is not None:
                return (key,)
        if gene is None or gene.lookup is not Lookup.ALLELE_STATUS:
            return ()
        unreported = {a.name for a in diplotype.alleles}.difference(gene.calling.tested_alleles)
        return tuple(
            k for k in (canonical(f"{name} positive") for name in sorted(unreported)) if k in self.vocabulary[place]
        )

    def names_status_of(self, place: int, stated: str) -> bool:
        """Whether some key gives a status of the allele of ``stated`` (``*57:01 negative``)."""
        allele = canonical(stated).partition(" ")[0]
        return any(key.partition(" ")[0] == allele for key in self.vocabulary[place])

    def keys_for(self, place: int, stated: tuple[str, ...], gene: Gene | None) -> tuple[str, ...]:
        """The guideline's keys that ``stated`` (a person's lookup keys for one gene) answers to.

        Exact after :func:`canonical`; a score also answers to the largest open key not above it (5 to ``≥3``). A score
        between the guideline's steps answers to its neighbours in the same band; a phenotype, where the guideline
        looks up scores, to every score of that phenotype's band. Empty when nothing fits.
        """
        vocabulary = self.vocabulary[place]
        found: list[str] = []
        for key in map(canonical, stated):
            if key in vocabulary:
                found.append(key)
                continue
            value = score_of(key)
            bound = value if value is not None else open_score_of(key)
            if bound is not None:
                found.extend(_nearest(vocabulary, bound, value is not None, gene))
            elif gene is not None and not is_unknown_word(key):
                found.extend(_of_phenotype(vocabulary, key, gene))
        return tuple(dict.fromkeys(found))


def _nearest(vocabulary: frozenset[str], bound: Decimal, is_exact: bool, gene: Gene | None) -> list[str]:
    opens = [(low, key) for key in vocabulary if (low := open_score_of(key)) is not None and low <= bound]
    if opens:
        return [max(opens)[1]]
    exact = sorted((v, k) for k in vocabulary if (v := score_of(k)) is not None)
    if not is_exact:  # an open score that the guideline has no open key for: every step from its bound on
        return [key for value, key in exact if value >= bound] or [key for _, key in exact[-1:]]
    band = _band(gene, bound)
    if band is not None:
        exact = [(v, k) for v, k in exact if _holds(band, v)]
    below = [k for v, k in exact if v < bound][-1:]
    above = [k for v, k in exact if v > bound][:1]
    return below + above


def _of_phenotype(vocabulary: frozenset[str], name: str, gene: Gene) -> list[str]:
    bands = [b for b in gene.phenotype_rules.bands if canonical(b.phenotype) == name]
    scored = ((score_of(k) if score_of(k) is not None else open_score_of(k), k) for k in vocabulary)
    return [k for v, k in sorted((v, k) for v, k in scored if v is not None) if any(_holds(b, v) for b in bands)]


def _band(gene: Gene | None, value: Decimal) -> ScoreBand | None:
    bands = gene.phenotype_rules.bands if gene is not None else ()
    return next((b for b in bands if _holds(b, value)), None)


def _holds(band: ScoreBand, value: Decimal) -> bool:
    above = value > band.low or (band.includes_low and value == band.low)
    below = band.high is None or value < band.high or (band.includes_high and value == band.high)
    return above and below


_INDEX_LIMIT = 4096  # more guidelines than several releases hold; a bound for processes that live for months
_indexes: dict[int, GuidelineIndex] = {}


def index_of(guideline: DrugGuideline) -> GuidelineIndex:
    """The index of a guideline, made once per guideline object.

    Keyed by identity (guidelines hold mappings and cannot be hashed); each index keeps its guideline alive, so an id in
    the table is never that of another object.
    """
    found = _indexes.get(id(guideline))
    if found is None or found.guideline is not guideline:
        if len(_indexes) >= _INDEX_LIMIT:
            _indexes.clear()
        found = _indexes[id(guideline)] = GuidelineIndex.of(guideline)
    return found
