"""The field's order of alleles and diplotypes."""

from __future__ import annotations

import pytest

from rxweave.calling import Allele
from rxweave.calling.names import in_order


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("*2", "*10"),
        ("*1", "*38"),
        ("*80", "*80+*28"),
        ("*45.001", "*45.002"),
        ("c.557A>G", "c.1905+1G>A (*2A)"),
        ("Reference", "c.46C>G"),
        ("*17", "g.94781859G>A"),
        ("c.1905+1G>A (*2A)", "g.97450058?"),
        ("S977F", "S1255P"),
        ("S977F", "ivacaftor non-responsive CFTR sequence"),
        ("A- 680T_376G", "A- 968C_376G"),
        ("Asahi", "B (reference)"),
    ],
)
def test_names_are_ordered_as_the_field_orders_them(first: str, second: str) -> None:
    assert str(in_order(Allele(second), Allele(first))) == f"{first}/{second}"
    assert str(in_order(Allele(first), Allele(second))) == f"{first}/{second}"


def test_plain_alleles_come_before_combinations_and_short_ones_before_long() -> None:
    short, long = Allele.combination(("*9", "*14")), Allele.combination(("*2", "*3", "*4"))
    assert str(in_order(short, Allele("*10"))) == "*10/[*9 + *14]"
    assert str(in_order(long, short)) == "[*9 + *14]/[*2 + *3 + *4]"


def test_one_copy_has_nothing_to_order() -> None:
    assert str(in_order(Allele("A- 202A_376G"), None)) == "A- 202A_376G"
