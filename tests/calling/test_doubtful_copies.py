"""A change that was seen and cannot be placed is never left to frequencies: the copy has an unknown function."""

from __future__ import annotations

from pathlib import Path

import pytest

from rxweave.calling import call_diplotypes, read_vcf
from rxweave.calling.diplotype import CallStatus, DiplotypeCall
from rxweave.knowledge import Knowledge, load_release
from rxweave.phenotyping import assign_phenotype

HEAD = (
    "##fileformat=VCFv4.2\n##contig=<ID={chrom},length={length}>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"
)
LENGTHS = {"chr1": 248956422, "chr10": 133797422}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def _call(folder: Path, knowledge: Knowledge, gene: str, extra: tuple[int, str, str, str, str]) -> DiplotypeCall:
    """Every site of the gene 0/0, and one more record (POS, REF, ALT, INFO, GT)."""
    found = knowledge.gene(gene)
    records = [(v.pos_grch38, v.ref, v.alts[0], ".", "0/0") for v in found.variants]
    lines = [
        f"{found.chromosome}\t{pos}\t.\t{ref}\t{alt}\t.\tPASS\t{info}\tGT\t{gt}"
        for pos, ref, alt, info, gt in sorted([*records, extra], key=lambda record: record[0])
    ]
    path = folder / "person.vcf"
    head = HEAD.format(chrom=found.chromosome, length=LENGTHS[found.chromosome])
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    genotypes = read_vcf(path, knowledge, genes=(gene,))
    assert any("structural" in str(w) or "contradict" in str(w) for w in genotypes.warnings)
    return call_diplotypes(genotypes, knowledge)[0][gene]


def test_a_carried_deletion_of_the_gene_is_not_two_normal_copies(tmp_path: Path, knowledge: Knowledge) -> None:
    sites = knowledge.gene("CYP2C19").variants
    deletion = (sites[0].pos_grch38 - 5, "N", "<DEL>", f"SVTYPE=DEL;END={sites[-1].pos_grch38 + 10}", "0/1")
    call = _call(tmp_path, knowledge, "CYP2C19", deletion)
    assert call.status is CallStatus.NO_CALL
    assert all(not c.phenotype.is_known for c in assign_phenotype(call, knowledge).candidates)


def test_a_deletion_that_is_not_carried_changes_nothing(tmp_path: Path, knowledge: Knowledge) -> None:
    sites = knowledge.gene("CYP2C19").variants
    deletion = (sites[0].pos_grch38 - 5, "N", "<DEL>", f"SVTYPE=DEL;END={sites[-1].pos_grch38 + 10}", "0/0")
    with pytest.raises(AssertionError):  # no warning to give
        _call(tmp_path, knowledge, "CYP2C19", deletion)


def test_a_change_that_contradicts_another_record_is_not_weighed_away(tmp_path: Path, knowledge: Knowledge) -> None:
    site = next(v for v in knowledge.gene("DPYD").variants if v.pos_grch38 == 97450065)
    contradicting = (site.pos_grch38, site.ref, site.alts[0], ".", "1/1")
    call = _call(tmp_path, knowledge, "DPYD", contradicting)
    likely = [c for c in assign_phenotype(call, knowledge).candidates if c.probability > 0.01]
    assert likely and not any(c.phenotype.is_known for c in likely)
