"""What other callers write is read as they mean it. The examples are written here, in each tool's documented layout."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from rxweave.calling.diplotype import CallStatus, DiplotypeCall
from rxweave.calling.outside_files import NOBODY, OutsideFiles, read_outside_files
from rxweave.calling.tandems import arrangements, tidied
from rxweave.errors import InputError
from rxweave.knowledge import Knowledge, load_release
from rxweave.phenotyping import assign_phenotype

# fmt: off
ALDY_COLUMNS = [
    "#Sample", "Gene", "SolutionID", "Major", "Minor", "Copy", "Allele", "Location", "Type", "Coverage", "Effect",
    "dbSNP", "Code", "Status",
]
STARGAZER_COLUMNS = [
    "name", "status", "hap1_main", "hap2_main", "hap1_cand", "hap2_cand", "hap1_score", "hap2_score", "dip_score",
    "phenotype", "dip_sv", "hap1_sv", "hap2_sv", "ssr", "dip_cand",
]
# fmt: on
PYPGX_COLUMNS = ["", "Genotype", "Phenotype", "Haplotype1", "Haplotype2", "AlternativePhase", "VariantData", "CNV"]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def table(*rows: list[str]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def aldy(*solutions: tuple[str, str, str, str], stated: str = "") -> str:
    """Solutions as (sample, gene, number, major), each with the rows of two variants of one copy."""
    rows = [ALDY_COLUMNS]
    for sample, gene, number, major in solutions:
        rows.append([f"#Solution {number}: *1.001, *4.001{stated}"])
        for place in ("42126611", "42128945"):
            rows.append([sample, gene, number, major, "1.001;4.001", "1", "4.001", place, "C>T", "31", "", "", "", ""])
    return table(*rows)


def stellar(*sections: tuple[str, str], gene: str = "CYP2D6", opening: str = "Initially computed CN = 2") -> str:
    rule = "-" * 44
    body = "\n\n\n".join(f"{heading}:\n{value}" for heading, value in sections)
    return f"{rule}\n\n{gene} Star Allele Calling with StellarPGx\n\n{rule}\n\n{opening}\n\n\n{body}\n\n"


def stargazer(**cells: str) -> list[str]:
    return [cells.get(column, ".") for column in STARGAZER_COLUMNS]


def pypgx(sample: str, genotype: str, phenotype: str, *, cnv: str = "", other: str = ";") -> list[str]:
    return [sample, genotype, phenotype, "*1;", "*2;", other, "*2:10-94781859-G-A:0.5;", cnv]


def archive(*rows: list[str], gene: str = "CYP2D6", kind: str = "SampleTable[Results]") -> bytes:
    stream = BytesIO()
    with ZipFile(stream, "w") as made:
        made.writestr("tmp1/metadata.txt", f"Gene={gene}\nAssembly=GRCh38\nSemanticType={kind}\n")
        made.writestr("tmp1/data.tsv", table(PYPGX_COLUMNS, *rows))
    return stream.getvalue()


def read(content: str | bytes, folder: Path, knowledge: Knowledge, name: str = "calls.txt") -> OutsideFiles:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_outside_files([path], knowledge)


def calls(files: OutsideFiles, sample: str = NOBODY) -> dict[str, DiplotypeCall]:
    return {call.gene: call for call in files.calls_of(sample)}


def diplotypes(call: DiplotypeCall) -> list[str]:
    return list(map(str, call.diplotypes))


def test_aldy_has_one_result_a_solution(tmp_path: Path, knowledge: Knowledge) -> None:
    files = read(aldy(("S1", "CYP2D6", "1", "*1/*4+*4"), ("S1", "CYP2D6", "2", "*4 / *1 + *4")), tmp_path, knowledge)
    assert files.samples == ("S1",)
    call = calls(files, "S1")["CYP2D6"]
    assert diplotypes(call) == ["*1/*4x2", "*1 + *4/*4"]
    assert call.status is CallStatus.AMBIGUOUS
    assert call.is_copy_number_assayed
    assert any("takes two copies for granted" in w for w in call.warnings)


def test_aldy_says_nothing_of_copies_beside_genes_without_them(tmp_path: Path, knowledge: Knowledge) -> None:
    call = calls(read(aldy(("S1", "CYP2C19", "1", "*1/*2")), tmp_path, knowledge), "S1")["CYP2C19"]
    assert call.warnings == ()


def test_aldy_names_a_novel_allele_whose_function_is_then_unknown(tmp_path: Path, knowledge: Knowledge) -> None:
    files = read(aldy(("S1", "CYP2C19", "1", "*1/*2+rs368858603")), tmp_path, knowledge)
    call = calls(files, "S1")["CYP2C19"]
    (phenotype,) = assign_phenotype(call, knowledge).phenotypes
    assert not phenotype.is_known
    assert any("rs368858603" in w for w in call.warnings)


def test_aldy_solution_without_copies_is_reported(tmp_path: Path, knowledge: Knowledge) -> None:
    files = read(table(ALDY_COLUMNS, ["#Solution 1: "]), tmp_path, knowledge)
    assert files.is_empty
    (warning,) = files.warnings
    assert "calls.txt:2" in str(warning)
    assert "no copy of the gene" in str(warning)


def test_aldy_summary_has_majors_and_minors_in_turn(tmp_path: Path, knowledge: Knowledge) -> None:
    text = "S1\tCYP2D6\t*1/*10+*36\t[*1]/[*10]\t*2/*5\t[*2]/[*5]\t\nS2\tCYP2C19\t\n"
    files = read(text, tmp_path, knowledge)
    assert files.samples == ("S1", "S2")
    assert diplotypes(calls(files, "S1")["CYP2D6"]) == ["*1/*36 + *10", "*2/*5"]
    assert calls(files, "S2")["CYP2C19"].status is CallStatus.NO_CALL


CYRIUS = [
    ["Sample", "Genotype", "Filter"],
    ["S1", "*1/*46;*43/*45", "More_than_one_possible_genotype"],
    ["S2", "None", "None"],
    ["S3", "*1x4", "Not_assigned_to_haplotypes"],
    ["S4", "*1/*2x5", "LowQ_high_CN"],
    ["S5", "*4/*68+*4", "PASS"],
    ["S6"],
]


def test_cyrius_table(tmp_path: Path, knowledge: Knowledge) -> None:
    files = read(table(*CYRIUS), tmp_path, knowledge)
    assert files.samples == ("S1", "S2", "S3", "S4", "S5")
    found = {sample: calls(files, sample)["CYP2D6"] for sample in files.samples}
    assert {sample: diplotypes(call) for sample, call in found.items()} == {
        "S1": ["*1/*46", "*43/*45"],
        "S2": [],
        "S3": ["*1/*1x3", "*1x2/*1x2"],
        "S4": ["*1/*2x5"],
        "S5": ["*4/*68 + *4"],
    }
    assert {sample for sample, call in found.items() if call.warnings} == {"S1", "S3", "S4"}
    assert {sample for sample, call in found.items() if call.is_research_grade} == {"S4"}
    assert all(call.is_copy_number_assayed for call in found.values())
    assert found["S2"].status is CallStatus.NO_CALL
    (warning,) = files.warnings
    assert str(warning).startswith("calls.txt:7: Cyrius: 1 columns")


def test_cyrius_json_says_the_same_as_its_table(tmp_path: Path, knowledge: Knowledge) -> None:
    people = {
        sample: {"Genotype": None if genotype == "None" else genotype, "Filter": kind, "Total_CN": 4}
        for sample, genotype, kind in CYRIUS[1:-1]
    }
    files = read(json.dumps(people | {"S9": 4}, indent=4), tmp_path, knowledge)
    other = read(table(*CYRIUS), tmp_path, knowledge, "other.tsv")
    for sample in other.samples:
        assert diplotypes(calls(files, sample)["CYP2D6"]) == diplotypes(calls(other, sample)["CYP2D6"])
    assert "S9" in str(files.warnings[0])


@pytest.mark.parametrize("text", ["{", "{}", '{"S1": {"CN": 2}}', '{"a":' * 100_000])
def test_json_that_cyrius_never_wrote_is_refused(text: str, tmp_path: Path, knowledge: Knowledge) -> None:
    with pytest.raises(InputError, match=r"calls\.txt.*expected the JSON of Cyrius"):
        read(text, tmp_path, knowledge)


@pytest.mark.parametrize(
    ("copies", "placed"),
    [
        ("*1_*2_*68", {"*1+*2/*68", "*1+*68/*2", "*1/*2+*68"}),
        ("*1x4", {"*1/*1x3", "*1x2/*1x2"}),
        ("*4_*4", {"*4/*4"}),
        ("*1", set()),
        ("*1x9", set()),
        ("nonsense", set()),
    ],
)
def test_copies_without_a_chromosome_are_placed_in_every_way(copies: str, placed: set[str]) -> None:
    assert set(arrangements(copies)) == placed


@pytest.mark.parametrize(
    ("written", "tried"),
    [
        ("*1 / *4 + *4", ("*1/*4x2",)),
        ("*10+*36/*1", ("*10+*36/*1", "*36+*10/*1")),
        ("*80+*28/*1", ("*80+*28/*1", "*28+*80/*1")),
        ("Reference/c.1905+1G>A (*2A)", ("Reference/c.1905+1G>A (*2A)",)),
    ],
)
def test_spellings_of_tandems(written: str, tried: tuple[str, ...]) -> None:
    assert tidied(written) == tried


def test_stellarpgx_report(tmp_path: Path, knowledge: Knowledge) -> None:
    text = stellar(
        ("Candidate alleles", "['17.v1_29.v1']"),
        ("Result", "*17/*29"),
        ("Activity score", "1.0"),
        ("Metaboliser status", "Intermediate metaboliser (IM)"),
    )
    files = read(text, tmp_path, knowledge)
    assert files.samples == ()
    call = calls(files)["CYP2D6"]
    assert diplotypes(call) == ["*17/*29"]
    assert call.is_copy_number_assayed
    assert assign_phenotype(call, knowledge).call.warnings == ()


def test_stellarpgx_without_a_diplotype_is_no_call(tmp_path: Path, knowledge: Knowledge) -> None:
    novel = "Possible novel allele or suballele present: interpret with caution"
    text = stellar(("Result", novel), gene="CYP2C9", opening="Sample core variants:\n1~C>T~0/1")
    call = calls(read(text, tmp_path, knowledge))["CYP2C9"]
    assert call.status is CallStatus.NO_CALL
    assert not call.is_copy_number_assayed
    assert novel in call.warnings[0]


def test_stellarpgx_alternatives_and_remarks(tmp_path: Path, knowledge: Knowledge) -> None:
    call = calls(read(stellar(("Result", "*1/*4 or *2/*4\tDuplication present")), tmp_path, knowledge))["CYP2D6"]
    assert diplotypes(call) == ["*1/*4", "*2/*4"]
    assert call.is_research_grade
    assert any("Duplication present" in w for w in call.warnings)


def test_stargazer_table_of_a_gene_in_the_file_name(tmp_path: Path, knowledge: Knowledge) -> None:
    rows = [
        stargazer(
            name="S1", status="g", hap1_main="*1", hap2_main="*36+*10", ssr="4.1", phenotype="normal_metabolizer"
        ),
        stargazer(name="S2", status="g", hap1_main="*1", hap2_main="*1"),
        stargazer(name="S3", status="ng", dip_cand="*2,*41", ssr="3.0"),
    ]
    files = read(table(STARGAZER_COLUMNS, *rows), tmp_path, knowledge, "run.cyp2d6.stargazer-genotype.txt")
    first, second, third = (calls(files, sample)["CYP2D6"] for sample in files.samples)
    assert (diplotypes(first), first.is_copy_number_assayed) == (["*1/*36 + *10"], True)
    assert (diplotypes(second), second.is_copy_number_assayed) == (["*1/*1"], False)
    assert third.status is CallStatus.NO_CALL
    assert "taken from the file's name" in first.warnings[0]


def test_a_table_whose_gene_nobody_names_is_refused(tmp_path: Path, knowledge: Knowledge) -> None:
    row = stargazer(name="S1", status="g", hap1_main="*1", hap2_main="*1")
    with pytest.raises(InputError, match=r"calls\.txt: this Stargazer table names no gene"):
        read(table(STARGAZER_COLUMNS, row), tmp_path, knowledge)


def test_pypgx_archive(tmp_path: Path, knowledge: Knowledge) -> None:
    rows = [
        pypgx("S1", "*1/*4", "Intermediate Metabolizer", cnv="Normal", other="*10;*74;"),
        pypgx("S2", "Indeterminate", "Indeterminate", cnv="Indeterminate"),
        pypgx("S3", "*1/*1", "Normal Metabolizer"),
    ]
    files = read(archive(*rows), tmp_path, knowledge, "results.zip")
    first, second, third = (calls(files, sample)["CYP2D6"] for sample in ("S1", "S2", "S3"))
    assert (diplotypes(first), first.is_copy_number_assayed) == (["*1/*4"], True)
    assert "*10, *74" in first.warnings[0]
    assert (second.status, second.is_copy_number_assayed) == (CallStatus.NO_CALL, False)
    assert (diplotypes(third), third.is_copy_number_assayed) == (["*1/*1"], False)


def test_pypgx_table_of_several_genes(tmp_path: Path, knowledge: Knowledge) -> None:
    columns = ["Symbol", "SampleName", *PYPGX_COLUMNS[1:]]
    rows = [["CYP2C19", *pypgx("S1", "*1/*2", "")], ["CYP2A6", *pypgx("S1", "*1/*4", "")]]
    files = read(table(columns, *rows), tmp_path, knowledge)
    assert diplotypes(calls(files, "S1")["CYP2C19"]) == ["*1/*2"]
    (warning,) = files.warnings
    assert "CYP2A6" in str(warning)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (archive(kind="SampleTable[Alleles]"), r"SampleTable\[Alleles\]"),
        (archive()[:60], "cannot be unpacked"),
        (archive().replace(b"data.tsv", b"data.vcf"), "data.vcf"),
        (b"PK\x03\x04" + b"x" * 500, "cannot be unpacked"),
    ],
)
def test_another_or_damaged_archive_is_refused(content: bytes, said: str, tmp_path: Path, knowledge: Knowledge) -> None:
    with pytest.raises(InputError, match=said):
        read(content, tmp_path, knowledge, "results.zip")


OPTITYPE_COLUMNS = ["", "A1", "A2", "B1", "B2", "C1", "C2", "Reads", "Objective"]


def test_optitype_uses_the_best_typing(tmp_path: Path, knowledge: Knowledge) -> None:
    best = ["0", "A*31:01", "A*02:01", "B*57:01", "B*15:03", "C*16:01", "C*02:10", "538.0", "513.79"]
    worse = ["1", "A*31:01", "A*02:01", "B*58:01", "B*15:03", "C*16:01", "C*02:10", "530.0", "511.2"]
    files = read(table(OPTITYPE_COLUMNS, best, worse), tmp_path, knowledge)
    found = calls(files)
    assert {gene: diplotypes(call) for gene, call in found.items()} == {
        "HLA-A": ["*02:01/*31:01"],
        "HLA-B": ["*15:03/*57:01"],
    }
    assert "1 less likely" in found["HLA-B"].warnings[0]
    assert ["HLA-C" in str(w) for w in files.warnings] == [True]


def test_optitype_ties_are_possible_results_and_untyped_loci_no_calls(tmp_path: Path, knowledge: Knowledge) -> None:
    one = ["0", "", "", "B*57:01", "B*15:03", "", "", "4.0", "3.99"]
    two = ["1", "", "", "B*57:01", "B*15:10", "", "", "4.0", "3.99"]
    found = calls(read(table(OPTITYPE_COLUMNS, one, two), tmp_path, knowledge))
    assert found["HLA-A"].status is CallStatus.NO_CALL
    assert diplotypes(found["HLA-B"]) == ["*15:03/*57:01", "*15:10/*57:01"]


def test_plain_lines_are_still_plain_lines(tmp_path: Path, knowledge: Knowledge) -> None:
    files = read("CYP2D6\t*1/*4\nHLA-B\t*57:01/*44:02\nCYP2X9\t*1/*1\n", tmp_path, knowledge)
    assert files.names_nobody
    found = calls(files)
    assert {gene: diplotypes(call) for gene, call in found.items()} == {
        "CYP2D6": ["*1/*4"],
        "HLA-B": ["*44:02/*57:01"],
    }
    assert not found["CYP2D6"].is_copy_number_assayed
    assert len(files.warnings) == 1


def test_one_bad_result_is_reported_and_skipped(tmp_path: Path, knowledge: Knowledge) -> None:
    text = aldy(("S1", "CYP2D6", "1", "*1/*2/*4"), ("S1", "CYP2C19", "1", "*1/*2")) + "S1\n"
    files = read(text, tmp_path, knowledge)
    assert {gene: diplotypes(call) for gene, call in calls(files, "S1").items()} == {"CYP2C19": ["*1/*2"]}
    assert [str(w).split(":")[1] for w in files.warnings] == ["3", "8"]
    assert all("skipped" in str(w) for w in files.warnings)


def test_a_row_of_a_table_of_people_that_names_nobody_is_nobodys(tmp_path: Path, knowledge: Knowledge) -> None:
    files = read(archive(pypgx("", "*4/*4", "Poor Metabolizer")), tmp_path, knowledge, "results.zip")
    assert files.is_empty
    assert "names no sample" in str(files.warnings[0])


def test_results_of_several_files_are_joined(tmp_path: Path, knowledge: Knowledge) -> None:
    first, second, third = (tmp_path / name for name in ("a.aldy", "b.aldy", "c.tsv"))
    first.write_text(aldy(("S1", "CYP2D6", "1", "*1/*4")), encoding="utf-8")
    second.write_text(aldy(("S1", "CYP2C19", "1", "*1/*2")), encoding="utf-8")
    third.write_text("CYP2D6\t*1/*5\n", encoding="utf-8")
    files = read_outside_files([first, second, third], knowledge)
    found = calls(files, "S1")
    assert diplotypes(found["CYP2D6"]) == ["*1/*4", "*1/*5"]
    assert diplotypes(found["CYP2C19"]) == ["*1/*2"]
    assert not found["CYP2D6"].is_copy_number_assayed  # one of the two says nothing of it


@pytest.mark.parametrize(
    ("stated", "differs"),
    [
        ("; cpic=intermediate; cpic_score=1.0", False),
        ("; cpic=poor; cpic_score=1.0", True),
        ("; cpic=intermediate; cpic_score=0.5", True),
        ("", False),
    ],
)
def test_a_tools_phenotype_is_compared_and_never_used(
    stated: str, differs: bool, tmp_path: Path, knowledge: Knowledge
) -> None:
    files = read(aldy(("S1", "CYP2D6", "1", "*1/*4"), stated=stated), tmp_path, knowledge)
    result = assign_phenotype(calls(files, "S1")["CYP2D6"], knowledge)
    (phenotype,) = result.phenotypes
    assert (phenotype.name, phenotype.activity_score) == ("Intermediate Metabolizer", "1.0")
    assert len(result.candidates) == 1
    assert any("release's rules are used" in w for w in result.call.warnings) is differs


def test_a_result_of_one_person_never_reaches_another(tmp_path: Path, knowledge: Knowledge) -> None:
    files = read(table(*CYRIUS), tmp_path, knowledge)
    assert files.calls_of("S7") == ()
    assert not files.names_nobody
    assert all("S1" not in w for w in calls(files, "S5")["CYP2D6"].warnings)
