"""Modulator classes among the drugs taken."""

from rxweave.guidance.enzymes import enzymes_of
from rxweave.knowledge import load_release


def test_a_class_is_named_with_and_without_its_strength() -> None:
    release = load_release()
    (row,) = [i for i in release.interactions if (i.drug, i.gene, i.role) == ("ketoconazole", "CYP3A4", "inhibitor")]
    assert row.strength == "strong"
    found = enzymes_of(release).classes_of(["ketoconazole"])
    assert {"cyp3a4_inhibitor", "cyp3a4_inhibitor_strong"} <= found
    assert "cyp3a4_inhibitor_moderate" not in found
