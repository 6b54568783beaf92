"""Small VCF files against a toy release: two ordinary genes, one on chrX and one on chrM."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rxweave.calling.genotypes import Genotypes
from rxweave.calling.vcf import read_vcf
from rxweave.errors import UnknownName
from rxweave.knowledge.genes import CallingRules, Gene, Lookup, NamedAllele, PhenotypeRules, Variant

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
GRCH38_CHR10 = "##contig=<ID=chr10,length=133797422>"
GRCH37_CHR10 = "##contig=<ID=chr10,length=135534747>"


def variant(pos: int, ref: str, *alts: str, rsid: str = "", shift: int = 500) -> Variant:
    """A site whose GRCh37 position lies ``shift`` bases before its GRCh38 one."""
    return Variant(pos, ref, alts, f"g.{pos}{ref}>{alts[0]}", rsid, pos - shift)


def toy_gene(symbol: str, chromosome: str, *variants: Variant, extra: tuple[Variant, ...] = ()) -> Gene:
    return Gene(
        symbol,
        symbol,
        "HGNC:0",
        chromosome,
        "NC_000010.11",
        Lookup.PHENOTYPE,
        CallingRules(extra_variants=extra),
        PhenotypeRules(),
        variants,
        (NamedAllele("*1", is_reference=True),),
    )


#: TOYA's sites: an SNV, an SNV with two ALTs, a deletion of TA and an insertion of G.
TOYA = toy_gene(
    "TOYA",
    "chr10",
    variant(1000, "G", "A"),
    variant(1100, "G", "A", "C"),
    variant(1200, "CTA", "C"),
    variant(1300, "T", "TG"),
    extra=(variant(900, "G", "A", rsid="rs99"),),
)
TOYB = toy_gene("TOYB", "chr10", variant(9000, "A", "G"), variant(9100, "C", "T"), variant(9200, "C", "T"))
TOYX = toy_gene("TOYX", "chrX", variant(5000, "A", "G"), variant(5010, "C", "T"))
TOYM = toy_gene("TOYM", "chrM", variant(100, "A", "G", shift=0))


@dataclass(frozen=True)
class ToyKnowledge:
    genes: Mapping[str, Gene] = field(default_factory=lambda: {g.symbol: g for g in (TOYA, TOYB, TOYX, TOYM)})

    def gene(self, symbol: str) -> Gene:
        if symbol not in self.genes:
            raise UnknownName(f"gene {symbol!r} is not in the release")
        return self.genes[symbol]


def vcf_text(
    records: Sequence[str],
    *,
    samples: Sequence[str] = ("S1",),
    meta: Sequence[str] = (GRCH38_CHR10,),
    first_line: str = "##fileformat=VCFv4.2",
) -> str:
    """``records`` are written with spaces for tabs: ``chr10 1000 G A 0/1``; FORMAT is GT unless the GT column names it
    as ``GT:AD;0/1:3,4``."""
    names = "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples])
    lines = [first_line, *meta, names]
    for record in records:
        contig, pos, ref, alt, *columns = record.split(" ")
        info, layout = ".", "GT"
        if columns and columns[0].startswith("INFO="):
            info = columns.pop(0)[5:]
        if columns and columns[0].startswith("FORMAT="):
            layout = columns.pop(0)[7:]
        lines.append("\t".join([contig, pos, ".", ref, alt, ".", "PASS", info, layout, *columns]))
    return "\n".join(lines) + "\n"


def bgzip(text: bytes, *, block: int = 300, has_end: bool = True) -> bytes:
    """``text`` as BGZF with small blocks, so that lines cross them."""
    out = b""
    for at in range(0, len(text), block):
        part = text[at : at + block]
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = packer.compress(part) + packer.flush()
        out += struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25) + body
        out += struct.pack("<II", zlib.crc32(part), len(part))
    return out + (BGZF_END if has_end else b"")


def write(folder: Path, content: str | bytes, name: str = "patient.vcf") -> Path:
    path = folder / name
    raw = content.encode() if isinstance(content, str) else content
    if name.endswith(".bgz"):
        raw = bgzip(raw)
    elif name.endswith(".gz"):
        raw = gzip.compress(raw)
    path.write_bytes(raw)
    return path


def read(folder: Path, records: Sequence[str], **options: Any) -> Genotypes:
    """Write the records to a file and read it with the toy release."""
    layout = {key: options.pop(key) for key in ("samples", "meta", "first_line") if key in options}
    if "pick" in options:
        options["samples"] = options.pop("pick")
    return read_vcf(write(folder, vcf_text(records, **layout)), ToyKnowledge(), **options)  # type: ignore[arg-type]


def codes(genotypes: Genotypes, pos: int, gene: str = "TOYA", sample: int = 0) -> tuple[int, int]:
    """The two codes of one sample at one position."""
    found = ToyKnowledge().gene(gene)
    site = next(i for i, v in enumerate(found.variants) if v.pos_grch38 == pos)
    first, second = genotypes.genes[gene].codes[sample, site].tolist()
    return first, second


def said(genotypes: Genotypes) -> str:
    """All warnings as one text."""
    return "\n".join(f"{w.gene}|{w.sample}|{w}" for w in genotypes.warnings)
