"""Loading a release: what it holds, what it answers, how it is named and where its compiled form lies."""

from __future__ import annotations

import hashlib
import os
import pickle
from decimal import Decimal
from pathlib import Path

import pytest

from rxweave.errors import UnknownName
from rxweave.knowledge import Knowledge, load_release
from rxweave.knowledge.compiled import read_compiled
from rxweave.knowledge.folder import RELEASES, release_hash
from rxweave.knowledge.genes import CallingMethod, Lookup

GENES = [
    "ABCG2",
    "CACNA1S",
    "CFTR",
    "CYP2B6",
    "CYP2C19",
    "CYP2C9",
    "CYP2D6",
    "CYP3A4",
    "CYP3A5",
    "CYP4F2",
    "DPYD",
    "G6PD",
    "HLA-A",
    "HLA-B",
    "IFNL3",
    "MT-RNR1",
    "NAT2",
    "NUDT15",
    "RYR1",
    "SLCO1B1",
    "TPMT",
    "UGT1A1",
    "VKORC1",
]


def masks(knowledge: Knowledge, gene: str, allele: str) -> dict[int, int]:
    found = knowledge.gene(gene)
    cells = next(a for a in found.alleles if a.name == allele).cells
    return {found.variants[site].pos_grch38: mask for site, mask in cells}


def test_release_holds_23_genes_in_alphabetical_order(knowledge: Knowledge) -> None:
    assert list(knowledge.genes) == GENES
    assert sum(len(g.variants) for g in knowledge.genes.values()) == 1201


def test_unknown_gene_names_the_near_ones(knowledge: Knowledge) -> None:
    with pytest.raises(UnknownName, match=r"'cyp2c1' is not in release 2026\.1; did you mean CYP2C19"):
        knowledge.gene("cyp2c1")


def test_cyp2c19_star38_is_the_reference_and_star1_defines_every_site(knowledge: Knowledge) -> None:
    gene = knowledge.gene("CYP2C19")
    assert gene.reference_allele is not None
    assert gene.reference_allele.name == "*38"
    star1 = masks(knowledge, "CYP2C19", "*1")
    assert len(star1) == len(gene.variants) == 35
    assert {pos for pos, mask in star1.items() if mask != 1} == {94842866}


def test_wobble_cells_allow_both_bases(knowledge: Knowledge) -> None:
    assert masks(knowledge, "CYP2C19", "*2") == {94775367: 2, 94775507: 3, 94781859: 2, 94842866: 2}
    assert masks(knowledge, "CYP2D6", "*1")[42129130] == 3


def test_repeat_alleles_are_in_vcf_form(knowledge: Knowledge) -> None:
    variant = next(v for v in knowledge.gene("UGT1A1").variants if v.rsid == "rs3064744")
    assert variant.alleles == ("CAT", "C", "CATAT", "CATATAT")
    assert masks(knowledge, "UGT1A1", "*28") == {233760233: 1 << 2}


def test_suballeles_report_their_core_which_is_not_matched(knowledge: Knowledge) -> None:
    alleles = {a.name: a for a in knowledge.gene("SLCO1B1").alleles}
    assert alleles["*45.001"].reported_name == "*45"
    assert alleles["*45.001"].is_callable
    assert not alleles["*45"].is_callable


def test_alleles_that_only_function_tables_know_are_not_callable(knowledge: Knowledge) -> None:
    alleles = {a.name: a for a in knowledge.gene("CYP2D6").alleles}
    assert not alleles["*5"].is_callable
    assert not alleles["*36 + *10"].is_callable
    assert knowledge.function_of("CYP2D6", "*36+*10") == knowledge.function_of("CYP2D6", "*36 + *10") is not None


def test_calling_rules_of_genes_that_have_their_own(knowledge: Knowledge) -> None:
    rules = {symbol: gene.calling for symbol, gene in knowledge.genes.items()}
    as_reference = {symbol for symbol, r in rules.items() if r.undocumented_as_reference}
    assert as_reference == {"CACNA1S", "DPYD", "G6PD", "NUDT15", "RYR1", "TPMT"}
    assert {s for s, r in rules.items() if r.method is CallingMethod.LOWEST_FUNCTION} == {"DPYD", "RYR1"}
    assert {s for s, r in rules.items() if r.method is CallingMethod.OUTSIDE_ONLY} == {"HLA-A", "HLA-B", "MT-RNR1"}
    assert {s for s, r in rules.items() if r.is_research_grade} == {"CYP2D6"}
    assert len(rules["NAT2"].required_positions) == 5
    assert len(rules["NAT2"].unphased_priorities) == 29
    assert rules["CYP2C9"].extra_variants[0].rsid == "rs12777823"
    assert rules["SLCO1B1"].fallback is not None
    assert rules["SLCO1B1"].fallback.allele_by_base == {"T": "*1", "C": "*5"}
    assert rules["HLA-B"].tested_alleles == ("*15:02", "*57:01", "*58:01")


def test_sites_whose_grch37_reference_differs_say_so(knowledge: Knowledge) -> None:
    differing = {
        (symbol, v.rsid): (v.ref, v.ref_grch37)
        for symbol, gene in knowledge.genes.items()
        for v in gene.variants
        if v.ref_grch37
    }
    assert differing == {
        ("CYP2C19", "rs3758581"): ("A", "G"),
        ("CYP2D6", "rs1135840"): ("C", "G"),
        ("CYP2D6", "rs16947"): ("G", "A"),
        ("CYP3A5", "rs776746"): ("T", "C"),
        ("DPYD", "rs1801265"): ("A", "G"),
    }


def test_grch37_positions_are_published_inferred_or_unknown(knowledge: Knowledge) -> None:
    sites = [v for gene in knowledge.genes.values() for v in gene.variants]
    assert sum(v.pos_grch37 is not None and not v.is_grch37_inferred for v in sites) == 742
    assert sum(v.is_grch37_inferred for v in sites) == 434
    assert sum(v.pos_grch37 is None for v in sites) == 25


def test_older_function_set_is_chosen_by_name_or_argument() -> None:
    for older in (load_release("2026.1@2025-11"), load_release("2026.1", functions="2025-11")):
        assert older.function_set == "2025-11"
        function = older.function_of("TPMT", "*5")
        assert function is not None
        assert function.function == "Uncertain function"
        assert older.function_of("CYP2D6", "*4") == load_release().function_of("CYP2D6", "*4")
    with pytest.raises(UnknownName, match=r"'2019-01' is not in release 2026\.1; it has 2026-02, 2025-11"):
        load_release(functions="2019-01")


def test_unknown_release_names_the_installed_ones() -> None:
    with pytest.raises(UnknownName, match=r"'2019\.1' is not installed .* installed: 2026\.1"):
        load_release("2019.1")


def test_lookup_values_are_by_gene(knowledge: Knowledge) -> None:
    by_score = {s for s, g in knowledge.genes.items() if g.lookup is Lookup.ACTIVITY_SCORE}
    assert by_score == {"CYP2C9", "CYP2D6", "DPYD"}
    assert {b.low for b in knowledge.gene("DPYD").phenotype_rules.bands} >= {Decimal(0)}


def test_prior_in_a_group_gives_what_is_left_to_a_reference_without_a_frequency(knowledge: Knowledge) -> None:
    gene = knowledge.gene("DPYD")
    prior, assumed = knowledge.haplotype_prior("DPYD", "European")
    published = gene.frequencies["European"]
    assert set(prior) == {a.name for a in gene.alleles if a.is_callable}
    assert all(prior[name] == max(f, 1e-6) for name, f in published.items())
    assert prior["Reference"] == pytest.approx(1 - sum(published.values()))
    assert assumed == set(prior) - set(published) - {"Reference"}
    assert all(prior[name] == 1e-6 for name in assumed)


def test_prior_in_a_group_shares_the_rest_evenly_where_the_reference_is_published(knowledge: Knowledge) -> None:
    gene = knowledge.gene("TPMT")
    prior, assumed = knowledge.haplotype_prior("TPMT", "European")
    published = gene.frequencies["European"]
    assert assumed == set(prior) - set(published)
    share = max((1 - sum(published.values())) / len(assumed), 1e-6)
    assert all(prior[name] == pytest.approx(share) for name in assumed)


def test_prior_mixture_weighs_groups_equally(knowledge: Knowledge) -> None:
    gene = knowledge.gene("CYP2C19")
    prior, assumed = knowledge.haplotype_prior("CYP2C19")
    expected = sum(f["*2"] for f in gene.frequencies.values()) / len(gene.frequencies)
    assert prior["*2"] == pytest.approx(expected)
    assert "*2" not in assumed
    assert min(prior.values()) >= 1e-6


def test_prior_without_any_published_frequency_is_even_and_assumed(knowledge: Knowledge) -> None:
    prior, assumed = knowledge.haplotype_prior("CYP3A4")
    assert len(set(prior.values())) == 1
    assert assumed == set(prior)


def test_prior_of_an_unknown_group_names_the_near_ones(knowledge: Knowledge) -> None:
    with pytest.raises(UnknownName, match="did you mean European"):
        knowledge.haplotype_prior("TPMT", "Europian")


def test_hash_is_sha256_over_sorted_paths_and_digests(tmp_path: Path) -> None:
    (tmp_path / "genes").mkdir()
    (tmp_path / "release.toml").write_text('version = "x"\nhash = "anything"\n', encoding="utf-8")
    (tmp_path / "genes" / "a.tsv").write_bytes(b"allele\n")
    (tmp_path / ".hidden").write_bytes(b"no part of it")
    digests = {"genes/a.tsv": b"allele\n", "release.toml": b'version = "x"\n'}
    listed = "".join(f"{path}\t{hashlib.sha256(content).hexdigest()}\n" for path, content in sorted(digests.items()))
    assert release_hash(tmp_path) == hashlib.sha256(listed.encode()).hexdigest()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "rxweave"


def test_compiled_release_is_equal_to_the_one_just_read(cache: Path, knowledge: Knowledge) -> None:
    first, second = load_release(), load_release()
    assert cache.is_dir()
    assert dict(first.genes) == dict(second.genes) == dict(knowledge.genes)
    assert dict(first.guidelines) == dict(second.guidelines)
    assert first.drugs == second.drugs
    assert first.hash == second.hash == knowledge.hash == release_hash(RELEASES / "2026.1")


def test_loaded_release_travels_between_processes(knowledge: Knowledge) -> None:
    assert knowledge.guidelines["clopidogrel"]
    copied: Knowledge = pickle.loads(pickle.dumps(knowledge))
    assert copied.guidelines["clopidogrel"] == knowledge.guidelines["clopidogrel"]
    assert copied.gene("TPMT") == knowledge.gene("TPMT")


def test_edited_release_is_read_anew(cache: Path, release_copy: Path) -> None:
    before = load_release(release_copy)
    path = release_copy / "genes/TPMT/functions.tsv"
    times = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace("Definitive", "Definitely", 1), encoding="utf-8")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # same size, same time stamp
    after = load_release(release_copy)
    assert before.hash != after.hash
    assert "Definitely" in {f.strength for f in after.functions("TPMT").values()}


@pytest.mark.parametrize("mode", [0o777, 0o750, 0o701])
def test_cache_that_others_can_reach_is_not_used(cache: Path, mode: int) -> None:
    cache.mkdir(parents=True)
    cache.chmod(mode)
    assert load_release().gene("TPMT").symbol == "TPMT"
    assert list(cache.iterdir()) == []


def test_cache_that_is_a_link_is_not_used(cache: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    cache.parent.mkdir()
    cache.symlink_to(elsewhere)
    assert load_release().gene("TPMT").symbol == "TPMT"
    assert list(elsewhere.iterdir()) == []


def test_compiled_file_that_others_may_write_is_not_read(cache: Path) -> None:
    load_release()
    stored = next(cache.glob("*/*.bin"))
    stored.write_bytes(b"not ours")
    assert load_release().gene("TPMT").symbol == "TPMT"  # damaged: read anew, written anew
    assert stored.read_bytes() != b"not ours"
    stored.chmod(0o666)
    assert load_release().gene("TPMT").symbol == "TPMT"
    assert next(cache.glob("*/*.bin")).stat().st_mode & 0o077 == 0


def test_release_loads_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    not_a_folder = tmp_path / "file"
    not_a_folder.write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(not_a_folder))
    assert read_compiled(RELEASES / "2026.1").genes["TPMT"].symbol == "TPMT"


def test_caveats_name_alternatives_and_untested_sites(knowledge: Knowledge) -> None:
    tpmt = {c.code: c.diplotypes for c in knowledge.gene("TPMT").caveats}
    assert tpmt == {"unphased_alternative": ("*1/*3A",)}
    untested = {c.alleles: c.missing_rsids for c in knowledge.gene("CYP2C19").caveats if c.code == "missing_site"}
    assert untested == {("*38",): ("rs3758581",), ("*17",): ("rs28399504",)}
