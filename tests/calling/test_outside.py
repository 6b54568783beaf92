"""Outside calls and stated results: what is understood, what is skipped and said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rxweave.calling.diplotype import CallSource, CallStatus, DiplotypeCall
from rxweave.calling.genotypes import FileWarning
from rxweave.calling.outside import parse_stated, read_outside_calls, stated_call, stated_calls
from rxweave.errors import InputError, UnknownName
from rxweave.knowledge import Knowledge, load_release
from rxweave.phenotyping import assign_phenotype


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release(functions="2025-11")


def read(text: str, folder: Path, knowledge: Knowledge) -> tuple[dict[str, DiplotypeCall], tuple[FileWarning, ...]]:
    path = folder / "calls.tsv"
    path.write_text(text, encoding="utf-8")
    calls, warnings = read_outside_calls(path, knowledge)
    return {call.gene: call for call in calls}, warnings


def diplotypes(call: DiplotypeCall) -> list[str]:
    return list(map(str, call.diplotypes))


@pytest.mark.parametrize(
    ("gene", "written", "read_as"),
    [
        ("CYP2D6", "*4/*1", "*1/*4"),
        ("CYP2D6", "CYP2D6*10/CYP2D6*2", "*2/*10"),
        ("CYP2D6", "*4.024/*1.001", "*1/*4"),
        ("CYP2D6", "*36+*10/*68+*4", "*36 + *10/*68 + *4"),
        ("CYP2D6", "*1X2/*4", "*1x2/*4"),
        ("CYP2D6", "*1x>=3/*4", "*1x≥3/*4"),
        ("CYP2D6", "*1x7/*4", "*1x7/*4"),
        ("UGT1A1", "*80 + *28/*1", "*1/*80+*28"),
        ("DPYD", "c.1905+1G>A/reference", "Reference/c.1905+1G>A (*2A)"),
        ("DPYD", "*2A/HapB3", "c.1129-5923C>G, c.1236G>A (HapB3)/c.1905+1G>A (*2A)"),
        ("DPYD", "Reference/[c.498G>A + c.2582A>G]", "Reference/[c.498G>A + c.2582A>G]"),
        ("G6PD", "Telti/Kobe/B (reference)", "B (reference)/Telti, Kobe"),
        ("G6PD", "Telti/Kobe", "Telti, Kobe"),
        ("G6PD", "A- 202A_376G", "A- 202A_376G"),
        ("MT-RNR1", "1555A>G", "m.1555A>G"),
        ("MT-RNR1", "Reference/Reference", "Reference"),
        ("HLA-B", "HLA-B*57:01:01:02/B*44:02", "*44:02/*57:01"),
        ("HLA-B", "57:01P/44:02:01G", "*44:02/*57:01"),
        ("HLA-B", "*57:01N/*44:02", "*44:02/*57:01N"),
        ("HLA-B", "*57:01L/*44:02Q", "*44:02/*57:01"),
    ],
)
def test_names_are_brought_to_the_spelling_of_the_release(
    gene: str, written: str, read_as: str, tmp_path: Path, knowledge: Knowledge
) -> None:
    calls, warnings = read(f"{gene}\t{written}\n", tmp_path, knowledge)
    assert diplotypes(calls[gene]) == [read_as]
    assert warnings == ()
    assert calls[gene].source is CallSource.OUTSIDE


def test_comments_header_blank_lines_and_further_columns_are_no_calls(tmp_path: Path, knowledge: Knowledge) -> None:
    text = "\ufeffGene\tDiplotype\tPhenotype\r\n# made by a laboratory\r\n\r\nCYP2C19\t*1/*2\t\t\t0.6\tp: 0.0\tv1.9\r\n"
    calls, warnings = read(text, tmp_path, knowledge)
    assert {gene: diplotypes(call) for gene, call in calls.items()} == {"CYP2C19": ["*1/*2"]}
    assert warnings == ()


def test_copy_numbers_are_shown_as_stated_and_looked_up_in_their_open_bin(tmp_path: Path, knowledge: Knowledge) -> None:
    calls, warnings = read("CYP2D6\t*1x5/*1\n", tmp_path, knowledge)
    assert diplotypes(calls["CYP2D6"]) == ["*1/*1x5"]
    assert list(map(str, calls["CYP2D6"].phenotype_diplotypes)) == ["*1/*1x≥3"]
    (phenotype,) = assign_phenotype(calls["CYP2D6"], knowledge).phenotypes
    assert (phenotype.name, phenotype.activity_score) == ("Ultrarapid Metabolizer", "≥4.0")
    assert warnings == ()


def test_copy_number_of_an_allele_without_open_bin_stays_unknown(tmp_path: Path, knowledge: Knowledge) -> None:
    calls, warnings = read("CYP2D6\t*10x5/*1\n", tmp_path, knowledge)
    (phenotype,) = assign_phenotype(calls["CYP2D6"], knowledge).phenotypes
    assert (phenotype.name, phenotype.activity_score, phenotype.is_known) == ("Indeterminate", "n/a", False)
    assert "'*10x5'" in str(warnings[0])


def test_several_lines_for_one_gene_are_several_possible_diplotypes_in_any_order(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    lines = ["CYP2D6\t*1/*1x7\n", "CYP2D6\t*1/*1\n", "CYP2D6\t*1/*1\n"]
    calls, _ = read("".join(lines), tmp_path, knowledge)
    again, _ = read("".join(reversed(lines)), tmp_path, knowledge)
    call = calls["CYP2D6"]
    assert call.status is CallStatus.AMBIGUOUS
    assert diplotypes(call) == diplotypes(again["CYP2D6"]) == ["*1/*1", "*1/*1x7"]
    assert [candidate.probability for candidate in call.candidates] == [0.5, 0.5]
    scores = [p.activity_score for p in assign_phenotype(call, knowledge).phenotypes]
    assert scores == ["2.0", "≥4.0"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("CYP2D6\t*1/*2/*3", "3 alleles"),
        ("CYP2D6\t*1/", "empty allele"),
        ("HLA-B\t*57/*44:02", "two fields"),
        ("HLA-B\tpositive/negative", "two fields"),
        ("CYP2C91\t*1/*1", "CYP2C9"),
        ("CYP2C9 *1/*1", "tab"),
        ("CYP2C9,*1/*1", "tab"),
        ("CYP2C9\t*1/*" + "1" * 10_000_000, "10000011 characters"),
        ("G6PD\t\tNot available", "no phenotype 'Not available'"),
        ("CYP2D6\t\tFast Metabolizer", "Ultrarapid Metabolizer"),
        ("CYP2D6\t\t\tabout one", "no activity score"),
        ("CYP2D6\t\t\t", "nothing usable"),
        ("CYP2C19\t\t\t1.0", "nothing usable"),
    ],
)
def test_a_line_that_cannot_be_used_is_reported_and_the_others_still_count(
    line: str, said: str, tmp_path: Path, knowledge: Knowledge
) -> None:
    calls, warnings = read(f"# first\n{line}\nCYP2C19\t*2/*2\n", tmp_path, knowledge)
    assert list(calls) == ["CYP2C19"]
    (warning,) = warnings
    assert warning.place == "calls.tsv:2"
    assert said in warning.text
    assert "skipped" in warning.text


def test_no_call_has_no_result_and_gives_way_to_a_result(tmp_path: Path, knowledge: Knowledge) -> None:
    calls, warnings = read("CYP2D6\t./.\nCYP2C19\t./.\nCYP2C19\t*1/*2\n", tmp_path, knowledge)
    assert calls["CYP2D6"].status is CallStatus.NO_CALL
    (phenotype,) = assign_phenotype(calls["CYP2D6"], knowledge).phenotypes
    assert (phenotype.name, phenotype.activity_score, phenotype.is_known) == ("No Result", "No Result", False)
    assert diplotypes(calls["CYP2C19"]) == ["*1/*2"]
    assert calls["CYP2C19"].status is CallStatus.CALLED
    assert warnings == ()


def test_unknown_allele_is_kept_named_and_never_normal(tmp_path: Path, knowledge: Knowledge) -> None:
    calls, warnings = read("NUDT15\t*1/*999\n", tmp_path, knowledge)
    found = assign_phenotype(calls["NUDT15"], knowledge)
    assert [p.is_known for p in found.phenotypes] == [False]
    assert [c.phenotype.is_known for c in found.candidates] == [False]
    assert "'*999'" in warnings[0].text
    assert warnings[0].gene == "NUDT15"
    assert calls["NUDT15"].warnings == (str(warnings[0]),)


def test_statuses_of_different_hla_alleles_are_one_result(tmp_path: Path, knowledge: Knowledge) -> None:
    calls, _ = read("HLA-B\t\t*58:01 Negative\nHLA-B\t\tHLA-B*57:01 positive\n", tmp_path, knowledge)
    found = assign_phenotype(calls["HLA-B"], knowledge)
    assert [p.name for p in found.phenotypes] == ["*57:01 positive", "*58:01 negative"]
    assert calls["HLA-B"].status is CallStatus.CALLED
    assert [c.phenotype.lookup_keys for c in found.candidates] == [("*57:01 positive", "*58:01 negative")]


def test_contradicting_hla_statuses_stay_apart(tmp_path: Path, knowledge: Knowledge) -> None:
    calls, _ = read("HLA-B\t\t*57:01 negative\nHLA-B\t\t*57:01 positive\n", tmp_path, knowledge)
    found = assign_phenotype(calls["HLA-B"], knowledge)
    assert calls["HLA-B"].status is CallStatus.AMBIGUOUS
    assert {c.phenotype.lookup_keys for c in found.candidates} == {("*57:01 negative",), ("*57:01 positive",)}


def test_one_typed_hla_allele_cannot_tell_that_another_is_absent(tmp_path: Path, knowledge: Knowledge) -> None:
    calls, _ = read("HLA-B\t*44:02\n", tmp_path, knowledge)
    assert [p.name for p in assign_phenotype(calls["HLA-B"], knowledge).phenotypes] == ["No Result"]
    calls, _ = read("HLA-B\t*57:01\n", tmp_path, knowledge)
    assert [p.name for p in assign_phenotype(calls["HLA-B"], knowledge).phenotypes] == ["*57:01 positive"]


@pytest.mark.parametrize(
    ("line", "phenotype", "score", "possible"),
    [
        ("CYP2D6\t*1/*1\tPM\t≥4.0", "Poor Metabolizer", "≥4.0", {"0.0", "≥4.0", "2.0"}),
        ("CYP2D6\t*1/*4\t\t3.0", "Ultrarapid Metabolizer", "3.0", {"3.0", "1.0"}),
        ("CYP2C19\t*2/*2\tNM", "Normal Metabolizer", "", {"Normal Metabolizer", "Poor Metabolizer"}),
    ],
)
def test_parts_that_disagree_are_said_and_every_reading_stays_possible(
    line: str, phenotype: str, score: str, possible: set[str], tmp_path: Path, knowledge: Knowledge
) -> None:
    calls, _ = read(line + "\n", tmp_path, knowledge)
    found = assign_phenotype(calls[line.partition("\t")[0]], knowledge)
    assert [(p.name, p.activity_score) for p in found.phenotypes] == [(phenotype, score)]
    assert possible <= {key for c in found.candidates for key in c.phenotype.lookup_keys}
    assert sum(c.probability for c in found.candidates) == pytest.approx(1)
    assert [c.probability for c in found.call.candidates] == [c.probability for c in found.candidates]
    assert "calls.tsv:1: the stated results" in found.call.warnings[-1]


def test_phenotype_without_score_stands_for_every_score_it_can_mean(tmp_path: Path, knowledge: Knowledge) -> None:
    calls, warnings = read("CYP2C9\t\tIntermediate Metaboliser\n", tmp_path, knowledge)
    found = assign_phenotype(calls["CYP2C9"], knowledge)
    assert [(p.name, p.activity_score, p.lookup_keys) for p in found.phenotypes] == [
        ("Intermediate Metabolizer", "n/a", ("1.0", "1.5"))
    ]
    assert [c.phenotype.activity_score for c in found.candidates] == ["1.0", "1.5"]
    assert warnings == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"##fileformat=VCFv4.2\n#CHROM\n", "VCF"),
        (b"\x1f\x8b\x08\x00\xff\xfe", "UTF-8"),
        (b"CYP2D6\0\t*1/*1\n", "binary"),
        (None, "cannot be read"),
    ],
    ids=["VCF", "gzip", "null bytes", "missing"],
)
def test_a_file_that_is_no_text_is_one_clear_error(
    content: bytes | None, said: str, tmp_path: Path, knowledge: Knowledge
) -> None:
    path = tmp_path / "calls.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_outside_calls(path, knowledge)


def test_a_file_of_something_else_does_not_flood_the_reader(tmp_path: Path, knowledge: Knowledge) -> None:
    calls, warnings = read("not a gene\n" * 5000 + "CYP2C19\t*1/*2\n", tmp_path, knowledge)
    assert list(calls) == ["CYP2C19"]
    assert len(warnings) == 101
    assert "4900 more lines" in str(warnings[-1])


def test_a_file_without_calls_says_so(tmp_path: Path, knowledge: Knowledge) -> None:
    calls, warnings = read("# nothing\n", tmp_path, knowledge)
    assert calls == {}
    assert "holds no outside call" in str(warnings[0])


# Results stated by a person: what cannot be understood is an error.


@pytest.mark.parametrize(
    ("text", "phenotype", "keys"),
    [
        ("CYP2D6=*4/*4", "Poor Metabolizer", ("0.0",)),
        ("cyp2c19=*1/*17", "Rapid Metabolizer", ("Rapid Metabolizer",)),
        ("HLA-B*57:01=positive", "*57:01 positive", ("*57:01 positive",)),
        ("HLA-A*31:01=negative", "*31:01 negative", ("*31:01 negative",)),
        (
            "MT-RNR1=m.1555A>G",
            "increased risk of aminoglycoside-induced hearing loss",
            ("increased risk of aminoglycoside-induced hearing loss",),
        ),
        ("G6PD=A- 202A_376G", "Deficient", ("Deficient",)),
    ],
)
def test_single_results_are_read_as_the_command_line_takes_them(
    text: str, phenotype: str, keys: tuple[str, ...], knowledge: Knowledge
) -> None:
    call = parse_stated(text, knowledge)
    assert call.source is CallSource.STATED
    (found,) = assign_phenotype(call, knowledge).phenotypes
    assert (found.name, found.lookup_keys) == (phenotype, keys)


def test_stated_parts_of_one_gene_are_one_result_and_several_of_a_kind_are_several(knowledge: Knowledge) -> None:
    calls = stated_calls(
        knowledge,
        diplotypes=["CYP2D6=*1/*4", "TPMT=*1/*3A", "TPMT=*3B/*3C", "HLA-B*57:01=positive"],
        phenotypes=["CYP2C19=PM", "HLA-B*58:01=negative"],
        activity_scores=["CYP2D6=1.0", "DPYD=1.5"],
    )
    assert list(calls) == ["CYP2C19", "CYP2D6", "DPYD", "HLA-B", "TPMT"]
    assert {gene: call.status.value for gene, call in calls.items()}["TPMT"] == "ambiguous"
    answers = {gene: [p.name for p in assign_phenotype(call, knowledge).phenotypes] for gene, call in calls.items()}
    assert answers == {
        "CYP2C19": ["Poor Metabolizer"],
        "CYP2D6": ["Intermediate Metabolizer"],
        "DPYD": ["Intermediate Metabolizer"],
        "HLA-B": ["*57:01 positive", "*58:01 negative"],
        "TPMT": ["Intermediate Metabolizer", "Poor Metabolizer"],
    }


@pytest.mark.parametrize(
    ("stated", "error", "said"),
    [
        ({"gene": "CYP2C18", "diplotype": "*1/*1"}, UnknownName, "CYP2C19"),
        ({"gene": "CYP2C19", "diplotype": "*1/*171"}, UnknownName, r"Did you mean .*\*17"),
        ({"gene": "CYP2C19", "phenotype": "Poor Metabolism"}, UnknownName, "Did you mean 'Poor Metabolizer'"),
        ({"gene": "HLA-B", "phenotype": "*15:03 positive"}, UnknownName, r"\*15:02"),
        ({"gene": "HLA-B", "diplotype": "*57/*58"}, InputError, "two fields"),
        ({"gene": "CYP2D6", "activity_score": "high"}, InputError, "1.25"),
        ({"gene": "CYP2C19", "diplotype": "*1/*1", "activity_score": "2"}, InputError, "no activity scores"),
        ({"gene": "CYP2C19"}, InputError, "nothing is stated"),
    ],
)
def test_a_stated_result_that_cannot_be_is_an_error_with_near_names(
    stated: dict[str, str], error: type[InputError], said: str, knowledge: Knowledge
) -> None:
    with pytest.raises(error, match=said):
        stated_call(**stated, knowledge=knowledge)


def test_a_stated_phenotype_that_contradicts_its_diplotype_is_an_error(knowledge: Knowledge) -> None:
    call = stated_call("CYP2C19", diplotype="*2/*2", phenotype="Normal Metabolizer", knowledge=knowledge)
    with pytest.raises(InputError, match=r"disagree: Normal Metabolizer; \*2/\*2 means Poor Metabolizer"):
        assign_phenotype(call, knowledge)


@pytest.mark.parametrize("text", ["CYP2D6", "=*1/*1", "CYP2D6="])
def test_a_text_that_is_no_stated_result_says_what_one_looks_like(text: str, knowledge: Knowledge) -> None:
    with pytest.raises(InputError, match="GENE=VALUE"):
        parse_stated(text, knowledge)


# The peer's own answers.

NOTHING = {"", "None", "No Result", "n/a", "N/A"}
#: The peer drops a score stated for a gene of lowest function; rxweave uses it.
STATED_SCORE_DROPPED = "DPYD\t\t\t1.0"


def comparable(names: list[str], scores: list[str | None]) -> tuple[set[str], set[str]]:
    written = {str(s) for s in scores} - {"", "None", "n/a", "N/A"}
    return set(names) - NOTHING, {f"{float(s):g}" if s.replace(".", "").isdigit() else s for s in written}


def test_every_outside_call_of_the_exam_gives_the_peers_phenotypes_and_scores(
    shared: Path, tmp_path: Path, knowledge: Knowledge
) -> None:
    exam = shared / "exams" / "calling"
    todo = [
        (case["outside_call"], case["gene"], case["recommendation"])
        for case in json.loads((exam / "outside_calls.json").read_text(encoding="utf-8"))
        if case["outside_call"] != STATED_SCORE_DROPPED
    ]
    for case in json.loads((exam / "cases.json").read_text(encoding="utf-8")):
        text = "".join(case.get("outside_calls", ()))
        for gene, result in case.get("phenotyper", {}).items():
            if any(line.startswith(f"{gene}\t") for line in text.splitlines()):
                todo.append((text, gene, result["recommendation"]))
    assert len(todo) > 60
    for text, gene, recommended in todo:
        calls, _ = read(text, tmp_path, knowledge)
        found = assign_phenotype(calls[gene], knowledge).phenotypes
        expected = comparable(
            [p for d in recommended for p in d["phenotypes"]], [d["activityScore"] for d in recommended]
        )
        assert comparable([p.name for p in found], [p.activity_score for p in found]) == expected, text


def test_a_score_stated_for_a_gene_of_lowest_function_is_used(tmp_path: Path, knowledge: Knowledge) -> None:
    calls, _ = read(STATED_SCORE_DROPPED, tmp_path, knowledge)
    (phenotype,) = assign_phenotype(calls["DPYD"], knowledge).phenotypes
    assert (phenotype.name, phenotype.activity_score) == ("Intermediate Metabolizer", "1.0")
