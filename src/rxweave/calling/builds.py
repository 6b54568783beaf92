"""What tells one genome build from another: the names, versions and lengths of its chromosomes.

Sources: the assembly reports of the Genome Reference Consortium and the T2T Consortium (GCF_000001405.40,
GCF_000001405.25, GCF_009914755.1), which give RefSeq and GenBank accessions and lengths.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

GRCH38 = "GRCh38"
GRCH37 = "GRCh37"
T2T = "T2T-CHM13"
#: The builds that genotypes are read in.
BUILDS = (GRCH38, GRCH37)

_NAME = re.compile(
    r"(?:chr(?:omosome)?[_ ]?)?([0-9]{1,2}|[XYM]|MT)(?:[_.](?:GRCh38|hg38|GRCh37|hg19))?$", re.IGNORECASE
)
_REFSEQ = re.compile(r"NC_0000([0-9]{2})\.([0-9]+)$", re.IGNORECASE)
_GENBANK = re.compile(r"CM000([0-9]{3})\.([0-9]+)$", re.IGNORECASE)
_SUFFIX = re.compile(r"[_.](GRCh38|hg38|GRCh37|hg19)$", re.IGNORECASE)
_T2T = re.compile(r"(?:NC_0609(?:2[5-9]|3[0-9]|4[0-8])|CP0682(?:5[4-9]|6[0-9]|7[0-7]))\.[0-9]+$", re.IGNORECASE)
_PLINK_NAMES = {"23": "X", "24": "Y", "25": "X", "26": "M", "MT": "M"}
_FIRST_GENBANK = 663  # CM000663 is chromosome 1

#: RefSeq versions of chromosomes 1 to 22, X and Y in GRCh37; GRCh38's are one higher.
_REFSEQ_VERSIONS = (10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9)

_LENGTHS = {
    GRCH38: "248956422 242193529 198295559 190214555 181538259 170805979 159345973 145138636 138394717 133797422"
    " 135086622 133275309 114364328 107043718 101991189 90338345 83257441 80373285 58617616 64444167 46709983"
    " 50818468 156040895 57227415",
    GRCH37: "249250621 243199373 198022430 191154276 180915260 171115067 159138663 146364022 141213431 135534747"
    " 135006516 133851895 115169878 107349540 102531392 90354753 81195210 78077248 59128983 63025520 48129895"
    " 51304566 155270560 59373566",
    T2T: "248387328 242696752 201105948 193574945 182045439 172126628 160567428 146259331 150617247 134758134"
    " 135127769 133324548 113566686 101161492 99753195 96330374 84276897 80542538 61707364 66210255 45090682"
    " 51324926 154259566 62460029",
}
_CHROMOSOMES = [f"chr{name}" for name in (*range(1, 23), "X", "Y")]


@lru_cache(maxsize=4096)
def canonical_contig(name: str) -> str:
    """The chromosome that a contig name means (``chr10`` for ``10``, ``CHR10``, ``NC_000010.11``), or empty."""
    if match := _NAME.match(name):
        short = match[1].upper()
        short = _PLINK_NAMES.get(short, short)
        short = str(int(short)) if short.isdigit() else short
        return f"chr{short}" if not short.isdigit() or 1 <= int(short) <= 22 else ""
    if match := _REFSEQ.match(name):
        return _numbered(int(match[1]))
    if match := _GENBANK.match(name):
        return _numbered(int(match[1]) - _FIRST_GENBANK + 1)
    return "chrM" if name.upper().startswith(("NC_012920.", "J01415.")) else ""


def _numbered(number: int) -> str:
    return _CHROMOSOMES[number - 1] if 1 <= number <= len(_CHROMOSOMES) else ""


def build_of_name(name: str) -> str:
    """The build that a contig name itself states by its version or suffix (``NC_000010.10``), or empty."""
    if match := _REFSEQ.match(name):
        number, version = int(match[1]), int(match[2])
        if 1 <= number <= len(_REFSEQ_VERSIONS):
            return {0: GRCH37, 1: GRCH38}.get(version - _REFSEQ_VERSIONS[number - 1], "")
    if match := _GENBANK.match(name):
        return {1: GRCH37, 2: GRCH38}.get(int(match[2]), "") if canonical_contig(name) else ""
    if match := _SUFFIX.search(name):
        return GRCH38 if match[1].lower() in ("grch38", "hg38") else GRCH37
    return T2T if _T2T.match(name) else ""


def build_of_length(name: str, length: int) -> str:
    """The build whose chromosome of this name has this many bases, or empty."""
    contig = canonical_contig(name)
    if contig not in _CHROMOSOMES or length <= 0:
        return ""
    number = _CHROMOSOMES.index(contig)
    return next((build for build, text in _LENGTHS.items() if int(text.split()[number]) == length), "")


def stated_builds(contigs: Iterable[tuple[str, int]]) -> dict[str, str]:
    """Every build that the contigs of a header speak for, with the first thing that does: build -> words.

    contigs: (name, length), length 0 where the header does not give it.
    """
    found: dict[str, str] = {}
    for name, length in contigs:
        if by_length := build_of_length(name, length):
            found.setdefault(by_length, f"gives chromosome {name} {length} bases")
        if by_name := build_of_name(name):
            found.setdefault(by_name, f"names a contig {name}")
    return found
