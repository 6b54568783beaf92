"""Outside calls reach the person they are about, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from rxweave import pipeline
from rxweave.errors import InputError
from rxweave.knowledge import Knowledge, load_release

CYRIUS = "Sample\tGenotype\tFilter\nS1\t*4/*4\tPASS\nS2\t*1/*1x2\tPASS\n"


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_release()


def vcf(folder: Path, *samples: str, name: str = "people.vcf") -> Path:
    """Every sample is heterozygous at the one site (CYP2C19 rs4244285)."""
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]
    record = ["chr10", "94781859", ".", "G", "A", ".", "PASS", ".", "GT", *("0/1" for _ in samples)]
    path = folder / name
    path.write_text("##fileformat=VCFv4.2\n" + "\t".join(columns) + "\n" + "\t".join(record) + "\n", encoding="utf-8")
    return path


def outside(folder: Path, text: str = CYRIUS, name: str = "cyrius.tsv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def cyp2d6(inputs: list[Path], knowledge: Knowledge, **settings: object) -> dict[str | None, str]:
    """Sample -> its CYP2D6 diplotype, empty where there is none."""
    chosen = pipeline.CallSettings(genes=("CYP2D6",), **settings)  # type: ignore[arg-type]
    found: dict[str | None, str] = {}
    for person in pipeline.call_people(inputs, knowledge, chosen):
        if isinstance(person, pipeline.FailedInput):
            raise person.error
        assert person.sample not in found
        found[person.sample] = " or ".join(map(str, person.genes["CYP2D6"].call.diplotypes))
    return found


def test_a_table_of_several_people_is_matched_by_name(tmp_path: Path, knowledge: Knowledge) -> None:
    found = cyp2d6([vcf(tmp_path, "S2", "S3", "S1")], knowledge, outside=outside(tmp_path))
    assert found == {"S2": "*1/*1x2", "S3": "", "S1": "*4/*4"}


def test_one_sample_of_the_cohort_gets_its_own(tmp_path: Path, knowledge: Knowledge) -> None:
    people = vcf(tmp_path, "S2", "S3", "S1")
    assert cyp2d6([people], knowledge, outside=outside(tmp_path), sample="S1") == {"S1": "*4/*4"}


def test_a_table_of_other_people_is_refused_and_not_passed_over(tmp_path: Path, knowledge: Knowledge) -> None:
    with pytest.raises(InputError, match="the outside calls are of S1, S2, the genotypes of P9"):
        cyp2d6([vcf(tmp_path, "P9")], knowledge, outside=outside(tmp_path))


def test_another_name_of_the_same_person_can_be_told(tmp_path: Path, knowledge: Knowledge) -> None:
    files = {"outside": outside(tmp_path), "outside_sample": "S2"}
    assert cyp2d6([vcf(tmp_path, "P9")], knowledge, **files) == {"P9": "*1/*1x2"}
    with pytest.raises(InputError, match="one person only"):
        cyp2d6([vcf(tmp_path, "P9", "P8")], knowledge, **files)
    with pytest.raises(InputError, match="no outside call is of 'S3'"):
        cyp2d6([vcf(tmp_path, "P9")], knowledge, outside=files["outside"], outside_sample="S3")


OPTITYPE = "\tA1\tA2\tB1\tB2\tC1\tC2\tReads\tObjective\n0\tA*01:01\tA*02:01\tB*57:01\tB*44:02\t\t\t9\t9\n"


def test_a_tools_file_without_a_name_is_of_one_person_only(tmp_path: Path, knowledge: Knowledge) -> None:
    typed = outside(tmp_path, OPTITYPE, "typed.tsv")
    two = vcf(tmp_path, "P8", "P9", name="two.vcf")
    with pytest.raises(InputError, match="several people's"):
        cyp2d6([two], knowledge, outside=typed)
    assert cyp2d6([two], knowledge, outside=typed, sample="P8") == {"P8": ""}
    apart = [vcf(tmp_path, "P8", name="a.vcf"), vcf(tmp_path, "P9", name="b.vcf")]
    with pytest.raises(InputError, match="several people's"):
        cyp2d6(apart, knowledge, outside=typed)


def test_plain_lines_without_a_name_are_of_every_sample_called_and_it_is_said(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    plain = outside(tmp_path, "CYP2D6\t*4/*4\n", "plain.tsv")
    assert cyp2d6([vcf(tmp_path, "P9")], knowledge, outside=plain) == {"P9": "*4/*4"}
    two = vcf(tmp_path, "P8", "P9", name="two.vcf")
    assert cyp2d6([two], knowledge, outside=plain) == {"P8": "*4/*4", "P9": "*4/*4"}
    assert cyp2d6([two], knowledge, outside=plain, sample="P8") == {"P8": "*4/*4"}
    warned: set[str] = set()
    list(pipeline.call_rows([two], knowledge, pipeline.CallSettings(outside=plain), [], warned))
    assert [text for text in warned if "two.vcf" in text and "every sample" in text]


def test_files_of_several_people_may_hold_only_some(tmp_path: Path, knowledge: Knowledge) -> None:
    apart = [vcf(tmp_path, "S1", name="a.vcf"), vcf(tmp_path, "P9", name="b.vcf")]
    assert cyp2d6(apart, knowledge, outside=outside(tmp_path)) == {"S1": "*4/*4", "P9": ""}
    warned: set[str] = set()
    list(pipeline.call_rows(apart, knowledge, pipeline.CallSettings(outside=outside(tmp_path)), [], warned))
    assert [text for text in warned if "b.vcf" in text and "no outside call is of a person" in text]


def test_outside_calls_alone_give_each_person(tmp_path: Path, knowledge: Knowledge) -> None:
    assert cyp2d6([], knowledge, outside=outside(tmp_path)) == {"S1": "*4/*4", "S2": "*1/*1x2"}
    assert cyp2d6([], knowledge, outside=outside(tmp_path), sample="S2") == {"S2": "*1/*1x2"}
    with pytest.raises(InputError, match="no outside call is of 'S3'"):
        cyp2d6([], knowledge, outside=outside(tmp_path), sample="S3")
    plain = outside(tmp_path, "CYP2D6\t*4/*4\n", "plain.tsv")
    assert cyp2d6([], knowledge, outside=plain) == {None: "*4/*4"}
    both = cyp2d6([], knowledge, outside=(plain, outside(tmp_path)))
    assert both == {"S1": "*4/*4", "S2": "*1/*1x2 or *4/*4"}


def test_a_report_of_a_table_of_several_asks_for_one(tmp_path: Path, knowledge: Knowledge) -> None:
    settings = pipeline.CallSettings(outside=outside(tmp_path))
    with pytest.raises(InputError, match="more than one person"):
        pipeline.one_person([], knowledge, settings)


def test_copies_that_a_tool_assayed_are_not_called_unknown(tmp_path: Path, knowledge: Knowledge) -> None:
    """Of two outside calls of the same diplotype, only the one of a tool that counts copies is free of the caveat."""
    from rxweave.guidance.findings import is_copy_number_unknown

    doubted = {}
    for name, text in (
        ("plain.tsv", "CYP2D6\t*1/*2\n"),
        ("cyrius.tsv", "Sample\tGenotype\tFilter\nS1\t*1/*2\tPASS\n"),
    ):
        settings = pipeline.CallSettings(outside=outside(tmp_path, text, name))
        result = pipeline.one_person([], knowledge, settings).genes["CYP2D6"]
        doubted[name] = is_copy_number_unknown(result, knowledge.gene("CYP2D6"))
    assert doubted == {"plain.tsv": True, "cyrius.tsv": False}


def test_a_doubt_is_said_once(tmp_path: Path, knowledge: Knowledge) -> None:
    settings = pipeline.CallSettings(outside=outside(tmp_path, "CYP2D6\t*1/*999\n", "plain.tsv"))
    (row,) = pipeline.call_rows([], knowledge, settings, [], set())
    assert len(row["warnings"]) == 1  # type: ignore[arg-type]


def test_the_command_line_takes_several_files_and_another_name(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from rxweave.cli import app

    people = vcf(tmp_path, "P9")
    hla = outside(tmp_path, "HLA-B\t*57:01/*44:02\n", "hla.tsv")
    given = ["call", str(people), "--outside", str(outside(tmp_path)), "--outside", str(hla), "--genes", "CYP2D6,HLA-B"]
    refused = CliRunner().invoke(app, given)
    assert refused.exit_code == 1
    assert "--outside-sample" in refused.output
    out = tmp_path / "calls.tsv"
    told = CliRunner().invoke(app, [*given, "--outside-sample", "S1", "-o", str(out)])
    assert told.exit_code == 0, told.output
    text = out.read_text(encoding="utf-8")
    assert "*4/*4" in text
    assert "*44:02/*57:01" in text
