"""Generators of bad, strange and merely unusual input: every input follows from the random source that is given.

Files start as valid ones and are then damaged, since pure noise never comes past the first line of a reader.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

import numpy as np

from rxweave.calling import Genotypes, SiteCalls
from rxweave.calling.genotypes import ABSENT, MISSING, UNDOCUMENTED
from rxweave.knowledge import Knowledge
from rxweave.knowledge.genes import CallingRules, Gene, Lookup, NamedAllele, PhenotypeRules, Variant

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


class VcfInput(NamedTuple):
    """A file and how it is to be read."""

    content: bytes
    genes: tuple[str, ...] | None
    samples: tuple[str, ...] | None
    assume_reference: bool


def _variant(pos: int, ref: str, *alts: str, shift: int = 500) -> Variant:
    return Variant(pos, ref, alts, f"g.{pos}{ref}>{alts[0]}", f"rs{pos}", pos - shift)


def _gene(symbol: str, chromosome: str, variants: Sequence[Variant], **rules: object) -> Gene:
    """A gene with an allele for every single ALT, and one for the first two sites together."""
    reference = NamedAllele("*1", tuple((site, 1) for site in range(len(variants))), is_reference=True)
    single = [
        NamedAllele(f"*{10 * (site + 1) + code}", ((site, 1 << code),))
        for site, variant in enumerate(variants)
        for code in range(1, len(variant.alts) + 1)
    ]
    both = [NamedAllele("*2", ((0, 2), (1, 2)))] if len(variants) > 1 else []
    calling = CallingRules(**rules)  # type: ignore[arg-type]
    pairs = {("Decreased function", "Normal function"): "Intermediate Metabolizer"}
    return Gene(
        symbol, symbol, "HGNC:0", chromosome, "NC_000010.11", Lookup.PHENOTYPE, calling, PhenotypeRules(pairs=pairs),
        tuple(variants), (reference, *both, *single),
    )  # fmt: skip


#: Every kind of site that definitions hold: SNVs, several ALTs, deletions, insertions, a repeat, one and two copies.
TOYS = (
    _gene(
        "TOYA",
        "chr10",
        (
            _variant(1000, "G", "A"),
            _variant(1100, "G", "A", "C"),
            _variant(1200, "CTA", "C"),
            _variant(1300, "T", "TG"),
            _variant(1310, "CAT", "CATAT", "C", "CATATAT"),
        ),
    ),
    _gene("TOYB", "chr10", (_variant(9000, "A", "G"), _variant(9100, "C", "T")), undocumented_as_reference=True),
    _gene("TOYX", "chrX", (_variant(5000, "A", "G"), _variant(5010, "C", "T"))),
    _gene("TOYM", "chrM", (_variant(100, "A", "G", shift=0),)),
)


def toy_release(release: Knowledge) -> Knowledge:
    """``release`` with the invented genes in place of its own: small enough to be read a thousand times a second."""
    return replace(release, genes={gene.symbol: gene for gene in TOYS})


_CONTIGS = {"chr10": 133797422, "chrX": 156040895, "chrM": 16569, "chr1": 248956422}
_GENOTYPES = (
    "0/0",
    "0/1",
    "1/1",
    "0|1",
    "1|0",
    "1|1",
    "./.",
    ".",
    "0",
    "1",
    "0/2",
    "2|1",
    "./1",
    "1|.",
    "0/0/1",
    "3/0",
)
_TOKENS = (
    b"\t", b"\n", b"\r\n", b"\r", b"\0", b" ", b"|", b"/", b".", b",", b";", b":", b"=", b"#", b"*", b"-1", b"0/1",
    b"1|0", b"PASS", b"<NON_REF>", b"<*>", b"<DEL>", b"<DUP:TANDEM>", b"N", b"]chr2:5]A", b"GT", b"PS", b"GT:PS:DP",
    b"END=1300", b"##fileformat=VCFv4.2", b"##fileformat=VCFv9.9", b"##contig=<ID=chr10,length=135534747>",
    b"##contig=<ID=", b"##reference=hg19", b"#CHROM", b"chr10", b"10", b"NC_000010.11", b"chrX", b"MT", b"2147483648",
    b"9" * 400, b"-0", b"1e9", b"\xff\xfe", b"\xef\xbb\xbf", "é∞".encode(), b"\x1b[31m", b"'", b'"',
)  # fmt: skip


def vcf_input(random: Random) -> VcfInput:
    """A small VCF against the invented genes, damaged or not, plain, gzip or BGZF, and options to read it with."""
    samples = tuple(f"S{k}" for k in range(1, random.choice((1, 1, 1, 2, 3)) + 1))
    content = b"\n".join(_vcf_lines(random, samples)) + random.choice((b"\n", b"\n", b"\n", b"", b"\n\n"))
    for _ in range(random.choice((0, 1, 1, 2, 3, 6))):
        content = random.choice(_DAMAGES)(random, content)
    wrapping = random.randrange(10)
    if wrapping >= 6:
        content = (
            gzip.compress(content, 1, mtime=0) if wrapping < 8 else _bgzip(content, random.choice((40, 300, 60000)))
        )
        if random.randrange(4) == 0:
            content = random.choice(_BYTE_DAMAGES)(random, content)
    return VcfInput(
        content,
        random.choice((None, None, ("TOYA",), ("TOYX", "TOYB"))),
        random.choice((None, None, None, ("S1",), ("S2", "S1"))),
        random.randrange(5) == 0,
    )


def _vcf_lines(random: Random, samples: Sequence[str]) -> list[bytes]:
    lines = ["##fileformat=VCFv4.2"]
    if random.randrange(4):
        lines += [f"##contig=<ID={name},length={length}>" for name, length in _CONTIGS.items()]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]))
    prefix = random.choice(("chr", "chr", ""))
    records = []
    for gene in TOYS:
        for variant in gene.variants:
            if random.randrange(5) == 0:
                continue
            alts = random.choice(
                (variant.alts, variant.alts, variant.alts[:1], (*variant.alts, "T"), (".",), ("<*>",), ("<NON_REF>",))
            )
            layout = random.choice(("GT", "GT", "GT:DP", "GT:PS", "DP:GT"))
            cells = []
            for _ in samples:
                values = {"GT": random.choice(_GENOTYPES), "DP": "12", "PS": random.choice(("1000", ".", "7"))}
                cells.append(":".join(values[key] for key in layout.split(":")))
            fixed = [prefix + gene.chromosome[3:], str(variant.pos_grch38), ".", variant.ref, ",".join(alts)]
            info = random.choice((".", ".", "DP=3", f"END={variant.pos_grch38 + 90}"))
            records.append("\t".join([*fixed, ".", random.choice(("PASS", ".", "q10")), info, layout, *cells]))
    if random.randrange(6) == 0:
        random.shuffle(records)
    return [line.encode() for line in (*lines, *records)]


def _bgzip(content: bytes, block: int) -> bytes:
    out = b""
    for at in range(0, len(content), block):
        part = content[at : at + block]
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        body = packer.compress(part) + packer.flush()
        out += struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25) + body
        out += struct.pack("<II", zlib.crc32(part), len(part))
    return out + BGZF_END


# Damages: each takes bytes and gives other bytes.


def _flip(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content) or 1)
    return content[:at] + bytes((random.randrange(256),)) + content[at + 1 :]


def _cut(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content) or 1)
    return content[:at] + content[at + random.choice((1, 2, 9, 40)) :]


def _truncate(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content) or 1)]


def _repeat(random: Random, content: bytes) -> bytes:
    at, length = random.randrange(len(content) or 1), random.choice((1, 3, 20, 200))
    return content[: at + length] + content[at:]


def _insert(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + random.choice(_TOKENS) + content[at:]


def _line_damage(random: Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    kind = random.randrange(4)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(other, lines[at])
    elif kind == 2:
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines[at] += lines[other]
    return b"\n".join(lines)


def _cell_damage(random: Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    at = random.randrange(len(lines))
    cells = lines[at].split(b"\t")
    column = random.randrange(len(cells))
    kind = random.randrange(4)
    if kind == 0:
        cells[column] = random.choice(_TOKENS)
    elif kind == 1:
        del cells[column]
    elif kind == 2:
        cells.insert(column, cells[random.randrange(len(cells))])
    else:
        cells[column] = str(random.choice((0, -1, 999, 1000, 1199, 1201, 5000, 2**31, 2**63, 10**30))).encode()
    lines[at] = b"\t".join(cells)
    return b"\n".join(lines)


Damage = Callable[[Random, bytes], bytes]
_BYTE_DAMAGES: tuple[Damage, ...] = (_flip, _cut, _truncate, _repeat, _insert)
_DAMAGES: tuple[Damage, ...] = (*_BYTE_DAMAGES, _line_damage, _cell_damage, _cell_damage, _insert)


# Arrays


_ARRAY_HEADS = (
    "# This data file generated by a test, build {build}\n# rsid\tchromosome\tposition\tgenotype",
    "#AncestryDNA raw data download, human reference build {build}.1\nrsid\tchromosome\tposition\tallele1\tallele2",
    "# GRCh{build}\nRSID,CHROMOSOME,POSITION,RESULT",
)


def array_input(random: Random) -> bytes:
    """One person's array genotypes as text, damaged or not, maybe packed."""
    head = random.choice(_ARRAY_HEADS)
    build = random.choice(("38", "38", "37", "37", "37", "36"))
    lines = head.format(build=build).split("\n")
    is_split, mark = "allele1" in head, "," if "RSID," in head else "\t"
    for gene, variant in _shown_sites(random):
        position = variant.pos_grch38 if build == "38" else variant.pos_grch37
        letters = (variant.ref, *variant.alts) if len(variant.ref) == len(variant.alts[0]) == 1 else ("I", "D")
        pair = [random.choice(letters), random.choice(letters)] if random.randrange(6) else ["-", "-"]
        cells = [variant.rsid, gene.chromosome[3:], str(position), *(pair if is_split else ["".join(pair)])]
        quote = '"' if mark == "," else ""
        lines.append(mark.join(f"{quote}{cell}{quote}" for cell in cells))
    content = ("\n".join(lines) + "\n").encode()
    for _ in range(random.choice((0, 0, 1, 2, 4))):
        content = random.choice(_DAMAGES)(random, content)
    return gzip.compress(content, 1, mtime=0) if random.randrange(6) == 0 else content


def plink_input(random: Random) -> tuple[bytes, bytes, bytes]:
    """The .bed, .bim and .fam of a few people, damaged or not."""
    n_people = random.choice((1, 2, 4, 5))
    people = [f"F{k} P{k} 0 0 {random.choice('012')} -9" for k in range(n_people)]
    markers = []
    is_old = random.randrange(3) == 0
    for gene, variant in _shown_sites(random):
        pair = random.choice(((variant.alts[0], variant.ref), (variant.ref, variant.alts[0]), ("0", variant.ref)))
        position = variant.pos_grch37 if is_old != (random.randrange(40) == 0) else variant.pos_grch38
        markers.append("\t".join([gene.chromosome[3:], variant.rsid, "0", str(position), *pair]))
    packed = random.randbytes(-(-n_people // 4) * len(markers))
    files = [b"\x6c\x1b\x01" + packed, "\n".join([*markers, ""]).encode(), "\n".join([*people, ""]).encode()]
    for _ in range(random.choice((0, 0, 1, 2, 4))):
        which = random.randrange(3)
        files[which] = random.choice(_DAMAGES)(random, files[which])
    return files[0], files[1], files[2]


def _shown_sites(random: Random) -> list[tuple[Gene, Variant]]:
    return [(gene, variant) for gene in TOYS for variant in gene.variants if random.randrange(5)]


# Outside calls


_ALDY = (
    b"#Sample\tGene\tSolutionID\tMajor\tMinor\tCopy\tAllele\tLocation\n"
    b"#Solution 1: *1.001; cpic=normal; cpic_score=2.0\n"
)
_OUTSIDE = (
    b"CYP2D6\t*1/*4\t\t\nHLA-B\t*57:01/*44:02\nMT-RNR1\tm.1555A>G\nDPYD\t\tPoor Metabolizer\t0.5\nCYP2D6\t*1x2/*4\n",
    _ALDY + b"S1\tCYP2D6\t1\t*1/*4+*4\t1;4;4\t0\t1.001\t42126611\nS1\tCYP2C19\t1\t*1/*2\t1;2\t0\t1\t5\n",
    b"S1\tCYP2D6\t*1/*10+*36\t[*1]/[*10]\t*2/*5\t[*2]/[*5]\t\nS2\tCYP2C19\t*1/*17\t\n",
    b"Sample\tGenotype\tFilter\nS1\t*1/*46;*43/*45\tMore_than_one_possible_genotype\nS2\tNone\tNone\nS3\t*1_*2_*68\tx\n",
    b'{"S1": {"Genotype": "*1x4", "Filter": "Not_assigned_to_haplotypes"}, "S2": {"Genotype": null, "Filter": null}}',
    b"---\nCYP2D6 Star Allele Calling with StellarPGx\n---\nInitially computed CN = 2\n\nResult:\n*17/*29\n\n"
    b"Activity score:\n1.0\n\nMetaboliser status:\nIntermediate metaboliser (IM)\n",
    b"gene\tname\tstatus\thap1_main\thap2_main\tdip_score\tphenotype\tssr\ncyp2d6\tS1\tg\t*1\t*36+*10\t1.25\t"
    b"normal_metabolizer\t4.1\ncyp2d6\tS2\tng\t.\t.\t.\t.\t.\n",
    b"Gene\tSample\tGenotype\tPhenotype\tHaplotype1\tHaplotype2\tAlternativePhase\tVariantData\tCNV\n"
    b"CYP2C19\tS1\t*1/*2\tIntermediate Metabolizer\t*1;\t*2;\t*3;\tx\tNormal\n",
    b"\tA1\tA2\tB1\tB2\tC1\tC2\tReads\tObjective\n0\tA*31:01\tA*02:01\tB*57:01\tB*15:03\tC*16:01\tC*02:10\t538.0\t513.7\n",
)
_OUTSIDE_TOKENS = (
    b"*4", b"/", b"+", b"x2", b"x999999999", b"_", b";", b" or ", b"\t", b"\n", b"*1.001", b".ALDY", b"-like", b"None",
    b"Result:", b"{", b"}", b"[", b"null", b"CYP2C9", b"HLA-B", b"c.1905+1G>A (*2A)", "≥3".encode(), b"n/a", b"*57:01N",
    b"Indeterminate", b"\xff", b"\0", b"positive", b"Telti/Kobe", b"*36 + *10", b"1e308", b"NaN",
)  # fmt: skip


def outside_input(random: Random) -> bytes:
    """What a tool or a laboratory writes, damaged or not."""
    content = random.choice(_OUTSIDE)
    for _ in range(random.choice((0, 1, 2, 4, 8))):
        if random.randrange(2):
            at = random.randrange(len(content) + 1)
            content = content[:at] + random.choice(_OUTSIDE_TOKENS) + content[at:]
        else:
            content = random.choice(_DAMAGES)(random, content)
    return content


# Genotypes


def people(random: Random, gene: Gene, count: int) -> Genotypes:
    """People with genotypes of every kind that a reader can give: one copy, half calls, phase sets, unknown ALTs."""
    numbers = np.random.default_rng(random.getrandbits(64))
    n_sites = len(gene.variants)
    codes = np.zeros((count, n_sites, 2), dtype=np.int8)
    is_phased = np.zeros((count, n_sites), dtype=np.bool_)
    sets = np.zeros((count, n_sites), dtype=np.int32)
    for row in range(count):
        codes[row] = _genotype(random, numbers, gene)
        is_phased[row] = random.choice((np.False_, np.True_, numbers.random(n_sites) < 0.5))
        if random.randrange(3) == 0:
            sets[row] = numbers.integers(0, 4, n_sites)
        if gene.is_haploid_possible and random.randrange(2):
            codes[row, :, 1] = ABSENT
            is_phased[row] = True
    strange = dict.fromkeys(range(n_sites), ("TTTTTTA", "TTTTTTC"))
    calls = SiteCalls(gene.symbol, codes, is_phased, sets, strange)
    return Genotypes("random.vcf", tuple(f"P{row}" for row in range(count)), {gene.symbol: calls})


def _genotype(random: Random, numbers: np.random.Generator, gene: Gene) -> np.ndarray:
    """(n_sites, 2) codes: two named alleles or noise, with some sites missing, half called or unknown."""
    n_sites = len(gene.variants)
    codes = np.zeros((n_sites, 2), dtype=np.int8)
    kind = random.randrange(6)
    if kind < 4:
        for strand in (0, 1):
            for site, mask in random.choice(gene.alleles).cells:
                codes[site, strand] = random.choice([c for c in range(mask.bit_length()) if mask >> c & 1])
    else:
        most = np.array([len(variant.alts) for variant in gene.variants])
        is_off = numbers.random((n_sites, 2)) < random.choice((0.02, 0.3, 1.0))
        codes[is_off] = numbers.integers(0, most[:, None] + 1, (n_sites, 2))[is_off]
    if random.randrange(2):
        codes[numbers.random(n_sites) < random.choice((0.02, 0.5, 1.0))] = MISSING
    if random.randrange(3) == 0:
        half = numbers.random(n_sites) < random.choice((0.02, 0.3))
        codes[half, random.randrange(2)] = MISSING
    if random.randrange(3) == 0:
        off = numbers.random((n_sites, 2)) < random.choice((0.01, 0.2))
        codes[off & (codes >= 0)] = UNDOCUMENTED + random.randrange(2)
    return codes
