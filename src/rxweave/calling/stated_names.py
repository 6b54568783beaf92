"""Allele and phenotype names as laboratories and other tools write them, brought to the release's spelling.

Only rewriting that cannot change the meaning is done: the gene's own prefix, letter case, spaces, a suballele's number,
the fields of an HLA name beyond the second, and the short names that a definition carries in parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from rxweave.calling.diplotype import Allele, Diplotype
from rxweave.calling.names import in_order
from rxweave.errors import InputError, UnknownName
from rxweave.knowledge.genes import Gene

#: How tools write that they have no result.
NO_CALLS = {"./.", ".|.", ".", "-", "no call", "nocall", "no result", "unknown", "unknown/unknown", "not available"}

_SUBALLELE = re.compile(r"(\*\d+)\.\d+")
_SPACED_PLUS = re.compile(r"\s*\+\s*(?=\*)")
_COPIES = re.compile(r"(?P<base>\*\w+?)x(?P<copies>\d+)")
_BIN = re.compile(r"x≥(\d+)$")
_HLA = re.compile(r"\*?(\d{2,3}:\d{2,3})(?::\d{2,3}){0,2}(?:(N)|[LSCAQGP])?", re.IGNORECASE)
_HGVS_PREFIXES = ("m.", "c.", "g.")


def is_no_call(text: str) -> bool:
    return text.strip().casefold() in NO_CALLS


@lru_cache(maxsize=64)
def _known_names(gene_key: _ByIdentity) -> frozenset[str]:
    gene = gene_key.gene
    functions = (name for known in gene.function_sets.values() for name in known)
    return frozenset((*(allele.reported_name for allele in gene.alleles), *functions))


class _ByIdentity:
    """A gene as a dictionary key, by identity: genes of a release hold mappings and cannot be hashed."""

    __slots__ = ("gene",)

    def __init__(self, gene: Gene) -> None:
        self.gene = gene

    def __hash__(self) -> int:
        return id(self.gene)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.gene is self.gene


def known_names(gene: Gene) -> frozenset[str]:
    """Every allele that the release names for a gene, callable here or not."""
    return _known_names(_ByIdentity(gene))


def read_diplotype(text: str, gene: Gene) -> tuple[Diplotype, tuple[str, ...]]:
    """A diplotype as stated, and the alleles in it that the release does not know.

    Raises InputError for more than two alleles, an empty allele, or a name that is no HLA allele.
    """
    pieces = [piece.strip() for piece in re.split(r"[/|]", text.strip())]
    names = next((found for found in _groupings(pieces) if all(_is_known(n, gene) for n in found)), pieces)
    if len(names) > 2:
        raise InputError(
            f"{text!r} holds {len(names)} alleles, expected at most two joined with '/'. "
            "Give one line for each diplotype that is possible."
        )
    if not all(names):
        raise InputError(f"{text!r} has an empty allele, expected a diplotype such as '*1/*2'.")
    alleles = [_allele(name, gene) for name in names]
    unknown = tuple(
        part
        for a in alleles
        for part in (a.parts or (a.name,))
        if not gene.calling.tested_alleles and part not in known_names(gene)
    )
    second = alleles[1] if len(alleles) > 1 else None
    if second == alleles[0] and gene.phenotype_rules.single and not gene.phenotype_rules.pairs:
        second = None  # one molecule, written twice: mitochondrial results
    return in_order(alleles[0], second), unknown


def _groupings(pieces: list[str]) -> Iterator[list[str]]:
    """Ways to read the pieces between slashes as one or two names: older tables wrote ``Telti/Kobe`` for one allele."""
    for cut in range(len(pieces), 0, -1) if all(pieces) else ():
        groups = [", ".join(pieces[:cut]), ", ".join(pieces[cut:])]
        yield [group for group in groups if group]


def _is_known(name: str, gene: Gene) -> bool:
    return spelled(name, gene) in known_names(gene)


def _allele(text: str, gene: Gene) -> Allele:
    if gene.calling.tested_alleles:
        return Allele(_hla_allele(text, gene))
    if text.startswith("[") and text.endswith("]"):
        inside = text[1:-1]
        whole = spelled(inside, gene)
        if whole in known_names(gene):
            return Allele(whole)
        return Allele.combination(tuple(spelled(part, gene) for part in inside.split(" + ")))
    return Allele(spelled(text, gene))


def _without_gene(text: str, gene: Gene) -> str:
    for prefix in (gene.symbol, gene.symbol.rpartition("-")[2]):
        rest = text[len(prefix) :].lstrip(" :-_")
        if text[: len(prefix)].casefold() == prefix.casefold() and rest.startswith("*"):
            return rest
    return text


def _hla_allele(text: str, gene: Gene) -> str:
    """``B*57:01:01`` as ``*57:01``: the tested alleles are proteins, which the first two fields name.

    ``N`` stays: a null allele makes no protein. The other expression letters, and ``G`` and ``P`` groups, are dropped.
    """
    match = _HLA.fullmatch(_without_gene(text.strip(), gene))
    if match is None:
        tested = gene.calling.tested_alleles[0]
        raise InputError(
            f"{text!r} is no {gene.symbol} allele of two fields, expected a name such as {tested!r}. "
            "A typing of the first field only cannot tell the alleles that matter."
        )
    return f"*{match[1]}{'N' if match[2] else ''}"


def spelled(text: str, gene: Gene) -> str:
    """The release's spelling of an allele, or the text as given (without the gene's name) where nothing fits."""
    name = _without_gene(" ".join(text.split()), gene)
    known = known_names(gene)
    tidy = re.sub(r"(?<=\*)(\d+\w*)\s*[xX×](?=[≥>\d])", r"\1x", name).replace("x>=", "x≥")
    plain = _SUBALLELE.sub(r"\1", tidy)
    for candidate in (name, tidy, plain):
        for spelling in (candidate, _SPACED_PLUS.sub(" + ", candidate), _SPACED_PLUS.sub("+", candidate)):
            if spelling in known:
                return spelling
    folded = plain.casefold()
    for same in (
        lambda n: n.casefold() == folded,
        lambda n: any(n.casefold() == prefix + folded for prefix in _HGVS_PREFIXES),
        lambda n: n.casefold().partition(" (")[0] == folded,
        lambda n: n.casefold().endswith(f"({folded})"),
    ):
        found = [n for n in known if same(n)]
        if len(found) == 1:
            return found[0]
    return _SPACED_PLUS.sub(" + ", plain)


def in_bins(diplotype: Diplotype, gene: Gene) -> Diplotype:
    """The diplotype with every copy number that has no function of its own in the open bin that holds it.

    ``*1x5`` becomes ``*1x≥3`` where the release knows that bin; other alleles stay as they are.
    """
    alleles = [in_bin(allele, gene) for allele in diplotype.alleles]
    return in_order(alleles[0], alleles[1] if len(alleles) > 1 else None)


def in_bin(allele: Allele, gene: Gene) -> Allele:
    """One allele as ``in_bins`` reads it."""
    match = _COPIES.fullmatch(allele.name)
    if match is None or allele.name in known_names(gene):
        return allele
    for name in known_names(gene):
        threshold = _BIN.search(name)
        if threshold and name[: threshold.start()] == match["base"] and int(match["copies"]) >= int(threshold[1]):
            return Allele(name)
    return allele


def read_phenotype(text: str, gene: Gene) -> str:
    """The release's name of a stated phenotype: letter case, British spelling and initials (``PM``) are understood.

    For genes with tested alleles several statuses may be given, separated with ``;``. Raises UnknownName, with the
    gene's phenotypes, where nothing fits.
    """
    if gene.calling.tested_alleles:
        return "; ".join(_read_status(part, gene) for part in re.split(r"[;,]", text) if part.strip())
    names = (*gene.phenotype_rules.names, *({"Indeterminate"} - {*gene.phenotype_rules.names}))
    words = " ".join(text.replace("etaboliser", "etabolizer").split())
    if words.casefold().startswith(gene.symbol.casefold() + " "):
        words = words[len(gene.symbol) + 1 :]
    found = [name for name in names if words.casefold() in (name.casefold(), _initials(name).casefold())]
    if len(found) != 1:
        raise UnknownName(
            f"{gene.symbol} has no phenotype {text.strip()!r} in this release.{near(words, names)} "
            f"Its phenotypes are: {', '.join(gene.phenotype_rules.names) or 'none'}."
        )
    return found[0]


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split())


def _read_status(text: str, gene: Gene) -> str:
    allele, _, status = text.strip().rpartition(" ")
    status = status.casefold()
    tested = gene.calling.tested_alleles
    if not allele and len(tested) == 1:
        allele = tested[0]
    if status in ("positive", "negative") and allele:
        name = _hla_allele(allele, gene)
        if name in tested:
            return f"{name} {status}"
    raise UnknownName(
        f"{gene.symbol} has no allele status {text.strip()!r} in this release. "
        f"Expected 'positive' or 'negative' after one of: {', '.join(tested)}."
    )


def near(name: str, names: Iterable[str]) -> str:
    """`` Did you mean '*10' or '*1'?``, or nothing where no name is near."""
    from difflib import get_close_matches  # only wanted when something is wrong

    close = get_close_matches(name, list(names), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
