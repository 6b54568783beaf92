"""A patient's words brought to the release's codes, and what the release does not know refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rxweave.errors import UnknownName
from rxweave.knowledge import Knowledge
from rxweave.patient.patient import Patient


def coded_patient(patient: Patient, knowledge: Knowledge, place: str = "patient") -> Patient:
    """The patient with conditions and indications as codes, where the release lists the very words for a code.

    Other words stay as they are and decide nothing. Raises UnknownName for a gene of ``results`` or ``pending_tests``
    and a class of ``consented_findings`` that the release does not hold; ``place`` is named in the text.
    """
    people = knowledge.people
    _all_known((r.gene for r in patient.results if r.gene), knowledge.genes, f"{place}: results: gene", knowledge)
    _all_known(patient.pending_tests, knowledge.genes, f"{place}: pending_tests: gene", knowledge)
    classes = patient.consented_findings or ()
    _all_known(classes, people.finding_classes, f"{place}: consented_findings: class", knowledge)
    return replace(
        patient,
        conditions=tuple(dict.fromkeys(_code(words, people.condition_words) for words in patient.conditions)),
        indications=tuple((drug, _code(words, people.indication_words)) for drug, words in patient.indications),
    )


def _code(words: str, codes: Mapping[str, str]) -> str:
    return codes.get(" ".join(words.casefold().split()), words)


def _all_known(names: Iterable[str], known: Mapping[str, object], what: str, knowledge: Knowledge) -> None:
    for name in names:
        if name not in known:
            from difflib import get_close_matches  # only wanted when something is wrong

            near = get_close_matches(name.casefold(), [k.casefold() for k in known], n=3)
            spelled = [k for k in known if k.casefold() in near]
            hint = f"; did you mean {' or '.join(spelled)}?" if spelled else f"; it has {', '.join(sorted(known))}"
            raise UnknownName(f"{what} {name!r} is not in release {knowledge.version}{hint}")
