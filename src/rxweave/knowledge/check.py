"""Proof that a release holds together: every rule, with the file and line that breaks it.

``check_release`` reads the text files themselves, never a compiled form. Rules that the readers enforce while reading
(shape of tables, bases, cells, duplicates) and those that need the whole release are reported alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import combinations_with_replacement
from pathlib import Path
from typing import TypeVar

from rxweave.errors import BrokenRelease
from rxweave.knowledge.algorithm_files import check_algorithms, read_algorithms
from rxweave.knowledge.conversions import RULES, WASHOUTS, Conversions, read_conversions
from rxweave.knowledge.drugs import Drug, Interaction, read_drugs, read_interactions
from rxweave.knowledge.findings import Finding, finding_of
from rxweave.knowledge.folder import HEAD, ReleaseHead, read_head, release_folder, release_hash
from rxweave.knowledge.gene_files import read_gene
from rxweave.knowledge.genes import CallingMethod, Gene, Lookup, PhenotypeRules
from rxweave.knowledge.guideline_files import (
    GENES_ELSEWHERE_FILE,
    VOCABULARY_FILE,
    read_errata,
    read_genes_elsewhere,
    read_guidelines,
    read_vocabulary,
)
from rxweave.knowledge.guidelines import DrugGuideline
from rxweave.knowledge.people_check import check_people
from rxweave.knowledge.people_files import read_people

_Part = TypeVar("_Part")

#: Published frequencies are rounded; a group may exceed 1 by this much.
FREQUENCY_SLACK = 1e-4
#: A group that leaves out more than this is named in a note: the prior fills the gap.
FREQUENCY_GAP = 0.01


def check_release(release: str | Path) -> list[Finding]:
    """Everything that is wrong with, or worth knowing of, a release; broken rules first.

    ``release`` is the name of an installed one or a folder. Raises UnknownName if there is none.
    """
    folder = release_folder(release)
    readers = _Readers(folder)
    head = readers.read("head-complete", lambda: read_head(folder))
    if head is None:
        return readers.findings
    genes: dict[str, Gene] = {}
    findings = readers.findings
    folders = sorted(p for p in (folder / "genes").glob("*") if p.is_dir())
    for path in folders:
        gene = readers.read("gene-readable", partial(read_gene, path, head.function_set))
        if gene is not None:
            genes[path.name] = gene
            findings += _Checker(folder, path.name, gene, head.function_set).findings()
    if not genes:
        findings.append(Finding("gene-readable", "genes", 0, "the release holds no gene that can be read"))
    drugs = readers.read("drug-readable", lambda: read_drugs(folder / "drugs.tsv")) or {}
    interactions = readers.read("interaction-readable", lambda: read_interactions(folder / "interactions.tsv", drugs))
    conversions = readers.read("conversion-readable", lambda: read_conversions(folder)) or Conversions()
    findings += _check_sources(folder, head, drugs, interactions or (), conversions)
    findings += _check_conversions(folder, genes, drugs, conversions)
    people = readers.read("people-readable", lambda: read_people(folder / "people"))
    algorithms = readers.read("algorithm-readable", lambda: read_algorithms(folder / "algorithms")) or {}
    # A gene that cannot be read is said once, not again by each file that names it.
    is_whole = len(genes) == len(folders)
    if is_whole:
        findings += check_algorithms(algorithms.values(), genes, drugs)
    words = folder / "guidelines" / VOCABULARY_FILE
    if is_whole and people is not None and words.exists() and (folder / "people").is_dir():
        vocabulary = readers.read("people-readable", lambda: read_vocabulary(words))
        findings += check_people(people, genes, drugs, vocabulary["condition"] if vocabulary else {})
    findings += list(_check_guidelines(folder, genes, drugs, readers))
    findings += _check_hash(folder, head)
    return sorted(findings, key=lambda f: (f.is_note, f.file, f.line, f.rule))


class _Readers:
    """Runs the readers of a release and keeps what they refuse as findings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[Finding] = []

    def read(self, rule: str, reader: Callable[[], _Part]) -> _Part | None:
        try:
            return reader()
        except BrokenRelease as error:
            self.findings.append(finding_of(error, self.folder, rule))
            return None


class _Checker:
    """The rules of one gene that need its whole folder."""

    def __init__(self, folder: Path, name: str, gene: Gene, current_set: str) -> None:
        self.gene, self.place, self.folder = gene, f"genes/{name}", folder / "genes" / name
        self.names = {a.name for a in gene.alleles}
        self.current_set = current_set

    def findings(self) -> Iterator[Finding]:
        yield from self._identity()
        yield from self._alleles()
        yield from self._calling()
        yield from self._functions()
        yield from self._phenotypes()
        yield from self._frequencies()
        yield from self._grch37()

    def _finding(self, rule: str, file: str, text: str, key: str = "", is_note: bool = False) -> Finding:
        """A finding at the line of ``file`` whose first cell, or whose text, is ``key``."""
        line = 0
        if key:
            lines = (self.folder / file).read_text(encoding="utf-8").split("\n")
            for number, content in enumerate(lines, start=1):
                if content.split("\t")[0] == key if file.endswith(".tsv") else key in content:
                    line = number
                    break
        return Finding(rule, f"{self.place}/{file}", line, text, is_note)

    def _identity(self) -> Iterator[Finding]:
        gene = self.gene
        if gene.symbol != self.folder.name:
            yield self._finding(
                "gene-symbol", "gene.toml", f"symbol is {gene.symbol!r} in the folder {self.folder.name}", "symbol"
            )
        is_outside = gene.calling.method is CallingMethod.OUTSIDE_ONLY
        if is_outside and gene.variants:
            yield self._finding("calling-sites", "variants.tsv", "a gene called by other tools only lists no sites")
        if not is_outside and not gene.variants:
            yield self._finding("calling-sites", "gene.toml", "the gene is called from genotypes and lists no sites")

    def _alleles(self) -> Iterator[Finding]:
        gene = self.gene
        references = [a for a in gene.alleles if a.is_reference]
        if gene.variants and len(references) != 1:
            yield self._finding("reference-complete", "alleles.tsv", f"{len(references)} reference alleles, expected 1")
        for reference in references if gene.variants else ():
            allowed = dict(reference.cells)
            missing = [v.pos_grch38 for i, v in enumerate(gene.variants) if not allowed.get(i, 0) & 1]
            if missing:
                yield self._finding(
                    "reference-complete",
                    "alleles.tsv",
                    f"the reference {reference.name} must define every site and allow REF there; it does not at "
                    f"{', '.join(map(str, missing))}",
                    reference.name,
                )
        if references and gene.alleles[0] is not references[0]:
            yield self._finding(
                "reference-complete", "alleles.tsv", "the reference is listed first", references[0].name
            )
        definitions: dict[tuple[tuple[int, int], ...], str] = {}
        for allele in gene.alleles:
            if allele.core and allele.core not in self.names:
                text = f"{allele.name} is a suballele of {allele.core!r}, which is not listed"
                yield self._finding("core-known", "alleles.tsv", text, allele.name)
            if not allele.is_callable:
                continue
            if not allele.cells:
                text = f"{allele.name} defines no site; say known_only if no definition is known"
                yield self._finding("allele-distinct", "alleles.tsv", text, allele.name)
            elif allele.cells in definitions:
                text = f"{allele.name} is defined exactly as {definitions[allele.cells]}"
                yield self._finding("allele-distinct", "alleles.tsv", text, allele.name)
            definitions.setdefault(allele.cells, allele.name)

    def _calling(self) -> Iterator[Finding]:
        calling = self.gene.calling
        positions = {v.pos_grch38 for v in self.gene.variants}
        sites = list(calling.required_positions)
        named = list(calling.tested_alleles)
        if calling.proxy:
            sites += [calling.proxy.deciding_site, calling.proxy.stand_in_site]
            named += [calling.proxy.allele, calling.proxy.deciding_only_allele]
        if calling.fallback:
            sites.append(calling.fallback.pos_grch38)
            named += list(calling.fallback.allele_by_base.values())
        for priority in calling.unphased_priorities:
            named += [name for diplotype in priority.among for name in diplotype.split("/")]
            if priority.pick not in priority.among:
                text = f"{priority.pick} is picked and not among {', '.join(priority.among)}"
                yield self._finding("calling-known", "gene.toml", text, f'"{priority.pick}"')
        named += [name for pair in self.gene.counted_with.items() for name in pair]
        rsids = {v.rsid for v in self.gene.variants}
        for caveat in self.gene.caveats:
            named += caveat.alleles
            for rsid in caveat.missing_rsids:
                if rsid not in rsids:
                    text = f"a caveat names {rsid}, which variants.tsv does not list"
                    yield self._finding("calling-known", "gene.toml", text, f'"{rsid}"')
            for diplotype in caveat.diplotypes:
                if not any(diplotype == f"{a}/{b}" for a in self.names for b in self.names):
                    text = f"a caveat names {diplotype!r}, which is no pair of listed alleles"
                    yield self._finding("calling-known", "gene.toml", text, f'"{diplotype}"')
        for site in sites:
            if site not in positions:
                text = f"the calling rules use position {site}, which variants.tsv does not list"
                yield self._finding("calling-known", "gene.toml", text, str(site))
        for name in dict.fromkeys(named):
            if name not in self.names:
                text = f"the calling rules name allele {name!r}, which alleles.tsv does not list"
                yield self._finding("calling-known", "gene.toml", text, f'"{name}"')

    def _functions(self) -> Iterator[Finding]:
        for dated, functions in self.gene.function_sets.items():
            file = "functions.tsv" if dated == self.current_set else f"functions-{dated}.tsv"
            for name, function in functions.items():
                if name not in self.names:
                    text = f"{name} has a function and is not listed in alleles.tsv"
                    yield self._finding("function-allele", file, text, name)
                if not function.function:
                    yield self._finding("function-allele", file, f"{name} has an empty function", name)
                if self.gene.phenotype_rules.bands and _value(function.activity_value) is None:
                    text = f"{name} has the activity value {function.activity_value!r}, expected 0.5, ≥3.0 or n/a"
                    yield self._finding("activity-value", file, text, name)
            without = [
                a.name for a in self.gene.alleles if a.reported_name not in functions and a.name not in functions
            ]
            if functions and without:
                text = f"{len(without)} alleles have no function in set {dated}: {', '.join(without)}"
                yield self._finding("function-missing", file, text, is_note=True)

    def _phenotypes(self) -> Iterator[Finding]:
        gene, rules = self.gene, self.gene.phenotype_rules
        reached = {*rules.pairs.values(), *rules.single.values(), *(b.phenotype for b in rules.bands)}
        reached |= {
            f"{allele} {status}" for allele in gene.calling.tested_alleles for status in ("positive", "negative")
        }
        for name in sorted(reached - set(rules.names)):
            text = f"the rules give {name!r}, which names does not list"
            yield self._finding("phenotype-names", "gene.toml", text, f'phenotype = "{name}"')
        for name in rules.names:
            if name not in reached | {rules.otherwise}:
                text = f"no rule leads to the phenotype {name!r}"
                yield self._finding("phenotype-reachable", "gene.toml", text, "names =")
        for dated, functions in gene.function_sets.items():
            if rules.bands:
                values = {_value(f.activity_value) for f in functions.values()} - {None, Decimal("NaN")}
                yield from self._scores({v for v in values if v is not None and not v.is_nan()}, rules, dated)
                continue
            used = sorted({f.function for f in functions.values()})
            for function in used if rules.single else ():
                if function not in rules.single:
                    text = f"no phenotype for a single allele of {function!r} (set {dated})"
                    yield self._finding("phenotype-complete", "gene.toml", text, "[phenotype]")
            for pair in combinations_with_replacement(used, 2) if rules.pairs else ():
                if (min(pair), max(pair)) not in rules.pairs:
                    text = f"no phenotype for {pair[0]!r} with {pair[1]!r} (set {dated})"
                    yield self._finding("phenotype-complete", "gene.toml", text, "[phenotype]")
        if not (rules.pairs or rules.single or rules.bands or gene.lookup is Lookup.ALLELE_STATUS):
            text = "the gene has no phenotype rule: its calls end without a phenotype"
            yield self._finding("phenotype-none", "gene.toml", text, "[phenotype]", is_note=True)

    def _scores(self, values: set[Decimal], rules: PhenotypeRules, dated: str) -> Iterator[Finding]:
        """Every sum of two activity values in use lies in exactly one band; a ``≥`` value counts as its number."""
        for first, second in combinations_with_replacement(sorted(values), 2):
            score = first + second
            found = [
                band.phenotype
                for band in rules.bands
                if (band.low < score or (band.includes_low and band.low == score))
                and (band.high is None or score < band.high or (band.includes_high and band.high == score))
            ]
            if len(found) != 1:
                text = f"the activity score {score} (set {dated}) lies in {len(found)} bands, expected 1: {found}"
                yield self._finding("phenotype-complete", "gene.toml", text, "[[phenotype.band]]")

    def _frequencies(self) -> Iterator[Finding]:
        for group, frequencies in self.gene.frequencies.items():
            for name, frequency in frequencies.items():
                if name not in self.names:
                    text = f"{name} has a frequency and is not listed in alleles.tsv"
                    yield self._finding("frequency-allele", "frequencies.tsv", text, name)
                if not 0 <= frequency <= 1:
                    text = f"the frequency of {name} in {group} is {frequency}, outside 0 to 1"
                    yield self._finding("frequency-range", "frequencies.tsv", text, name)
            total = sum(frequencies.values())
            if total > 1 + FREQUENCY_SLACK:
                text = f"the frequencies in {group} sum to {total:.6f}, more than 1"
                yield self._finding("frequency-sum", "frequencies.tsv", text)
            elif total < 1 - FREQUENCY_GAP:
                text = (
                    f"the frequencies in {group} sum to {total:.4f}; the rest is shared among the alleles without one"
                )
                yield self._finding("frequency-incomplete", "frequencies.tsv", text, is_note=True)

    def _grch37(self) -> Iterator[Finding]:
        seen: dict[int, int] = {}
        for variant in self.gene.variants:
            position = variant.pos_grch37
            key = str(variant.pos_grch38)
            if position is None:
                text = f"{variant.label} at {self.gene.chromosome}:{key} has no GRCh37 position"
                yield self._finding("grch37-unknown", "variants.tsv", text, key, is_note=True)
            elif position in seen:
                text = f"the GRCh37 position {position} is also that of {seen[position]}"
                yield self._finding("grch37-once", "variants.tsv", text, key)
            else:
                seen[position] = variant.pos_grch38
        for variant in self.gene.calling.extra_variants:
            if variant.pos_grch37 is None:
                text = f"{variant.label} at {self.gene.chromosome}:{variant.pos_grch38} has no GRCh37 position"
                yield self._finding("grch37-unknown", "gene.toml", text, f'"{variant.rsid}"', is_note=True)


def _value(written: str) -> Decimal | None:
    """An activity value: a number, ``≥`` and a number, or NaN for ``n/a``; None for anything else."""
    if written == "n/a":
        return Decimal("NaN")
    try:
        return Decimal(written.removeprefix("≥"))
    except InvalidOperation:
        return None


def _check_sources(
    folder: Path,
    head: ReleaseHead,
    drugs: Mapping[str, Drug],
    interactions: Iterable[Interaction],
    conversions: Conversions,
) -> Iterator[Finding]:
    """Every source that a row names is listed, with its licence, in ``release.toml``."""
    known = {source.code for source in head.sources}
    rows = [("drugs.tsv", drug.name, drug.sources) for drug in drugs.values()]
    rows += [("interactions.tsv", i.drug, i.sources) for i in interactions]
    rows += [(WASHOUTS, washout.drug, washout.sources) for washout in conversions.washouts.values()]
    rows += [(RULES, "a rule", tuple(sorted(conversions.sources)))]
    for file, drug, sources in rows:
        for code in sources:
            if code not in known:
                text = f"{drug} names the source {code!r}, which release.toml does not list"
                yield Finding("source-known", file, _line_of(folder / file, code), text)
                known.add(code)


def _check_conversions(
    folder: Path, genes: Mapping[str, Gene], drugs: Mapping[str, Drug], conversions: Conversions
) -> Iterator[Finding]:
    """Rules speak of phenotypes that their gene can have, and washouts of drugs that are known."""
    for rule in conversions.rules:
        gene = genes.get(rule.gene)
        line = _line_of(folder / RULES, f'gene = "{rule.gene}"')
        if gene is None:
            yield Finding("conversion-gene", RULES, line, f"{rule.gene} is no gene of this release")
            continue
        if rule.score_factor is not None and not gene.phenotype_rules.bands:
            text = f"{rule.gene} has no activity score to multiply: give [rule.becomes]"
            yield Finding("conversion-gene", RULES, line, text)
        for name in sorted({*rule.becomes, *rule.becomes.values()} - set(gene.phenotype_rules.names)):
            text = f"{rule.gene} cannot be {name!r}: it has {', '.join(gene.phenotype_rules.names)}"
            yield Finding("conversion-phenotype", RULES, _line_of(folder / RULES, f'"{name}"'), text)
    for drug in conversions.washouts:
        if drug not in drugs:
            text = f"the drug {drug!r} is not in drugs.tsv"
            yield Finding("washout-drug", WASHOUTS, _line_of(folder / WASHOUTS, f"{drug}\t"), text)


def _check_guidelines(
    folder: Path, genes: dict[str, Gene], drugs: Mapping[str, Drug], readers: _Readers
) -> Iterator[Finding]:
    errata = folder / "upstream_errata.toml"
    if errata.exists():
        readers.read("erratum-readable", lambda: read_errata(errata))
    elsewhere_file = folder / "guidelines" / GENES_ELSEWHERE_FILE
    elsewhere = readers.read("guideline-readable", lambda: read_genes_elsewhere(elsewhere_file)) or {}
    known = {symbol: lookup_values(gene) for symbol, gene in genes.items()}
    for symbol, gene_elsewhere in elsewhere.items():
        if symbol in genes:
            file = f"guidelines/{GENES_ELSEWHERE_FILE}"
            yield Finding("guideline-gene", file, _line_of(elsewhere_file, f'"{symbol}"'), f"{symbol} has a folder too")
        known.setdefault(symbol, frozenset(gene_elsewhere.lookup_values))
    for guideline in readers.read("guideline-readable", lambda: read_guidelines(folder / "guidelines")) or ():
        file = _guideline_file(folder, guideline)
        if guideline.drug not in drugs:
            yield Finding("guideline-drug", file, 0, f"the drug {guideline.drug!r} is not in drugs.tsv")
        elif guideline.rxcui and guideline.rxcui != drugs[guideline.drug].rxcui:
            text = f"rxcui {guideline.rxcui} of {guideline.drug} is {drugs[guideline.drug].rxcui!r} in drugs.tsv"
            yield Finding("guideline-drug", file, 0, text)
        for symbol in guideline.genes if guideline.is_computable else ():
            if symbol not in elsewhere and not (folder / "genes" / symbol).is_dir():
                text = f"{symbol} is no gene of this release, and not in {GENES_ELSEWHERE_FILE}"
                yield Finding("guideline-gene", file, 0, text)
        for recommendation in guideline.recommendations:
            for symbol, values in recommendation.when.items():
                if symbol not in known:
                    continue
                for value in sorted(values - known[symbol]):
                    if _is_diplotype_of(genes.get(symbol), value) or _is_typing_of(genes.get(symbol), value):
                        continue
                    text = (
                        f"recommendation {', '.join(recommendation.ids)} looks {symbol} up by {value!r}, "
                        f"which the gene's rules cannot give"
                    )
                    yield Finding("guideline-lookup", file, _line_of(folder / file, f'"{value}"'), text)


def _guideline_file(folder: Path, guideline: DrugGuideline) -> str:
    """Where the guideline stands, as far as files are named after drug and genes; else the folder of its source."""
    place = f"guidelines/{guideline.source.lower()}"
    drug = re.sub(r"[^a-z0-9]+", "_", guideline.drug.lower())
    names = ("_".join((drug, *guideline.genes)).lower(), drug, guideline.drug)
    return next((file for n in names if (folder / (file := f"{place}/{n}.toml")).exists()), place)


def is_result_of(gene: Gene, value: str) -> bool:
    """Whether ``value`` is a result of the gene: a phenotype, an activity score, an allele status or a diplotype."""
    return value in lookup_values(gene) or _is_diplotype_of(gene, value) or _is_typing_of(gene, value)


def _is_diplotype_of(gene: Gene | None, value: str) -> bool:
    """``*1/*3``: two alleles of the gene."""
    names = {a.name for a in gene.alleles} if gene is not None else set()
    alleles = value.split("/")
    return len(alleles) == 2 and names.issuperset(alleles)


def _is_typing_of(gene: Gene | None, value: str) -> bool:
    """``*15:11 positive``, ``*15:02/*15:11``: typing names any allele, also one that no definition lists."""
    typing = r"\*\d+:\d+( positive| negative|/\*\d+:\d+)"
    return gene is not None and gene.lookup is Lookup.ALLELE_STATUS and re.fullmatch(typing, value) is not None


def lookup_values(gene: Gene) -> frozenset[str]:
    """Every value that a guideline can look the gene up by, the unknowns included."""
    unknown = {"No Result", "Indeterminate", "n/a"}
    rules = gene.phenotype_rules
    values = unknown | set(rules.names) | {rules.otherwise}
    if gene.lookup is Lookup.ACTIVITY_SCORE:
        written = [f.activity_value for functions in gene.function_sets.values() for f in functions.values()]
        known = sorted({w for w in written if (v := _value(w)) is not None and not v.is_nan()})
        for first, second in combinations_with_replacement(known, 2):
            score = Decimal(first.removeprefix("≥")) + Decimal(second.removeprefix("≥"))
            mark = "≥" if "≥" in first + second else ""
            values |= {f"{mark}{score}", f"{mark}{score.normalize():f}", f"{mark}{score:.1f}"}
    for allele in gene.calling.tested_alleles:
        values |= {f"{allele} {status}" for status in ("positive", "negative", "No Result")}
    return frozenset(values)


def _line_of(path: Path, text: str) -> int:
    if not path.is_file():
        return 0
    lines = path.read_text(encoding="utf-8").split("\n")
    return next((number for number, line in enumerate(lines, start=1) if text in line), 0)


def _check_hash(folder: Path, head: ReleaseHead) -> Iterator[Finding]:
    found = release_hash(folder)
    if head.declared_hash != found:
        declared = head.declared_hash or "no hash"
        text = (
            f"declares {declared} and the content has {found}; after a reviewed change, seal it again "
            "(rxweave.knowledge.seal)"
        )
        yield Finding("hash", HEAD, _line_of(folder / HEAD, "hash ="), text)
