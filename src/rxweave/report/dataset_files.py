"""A data set for fine-tuning as a folder: lines of JSON and a card that says what they are."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from rxweave.errors import InputError
from rxweave.narrative.cases import Split
from rxweave.narrative.dataset import Dataset
from rxweave.report.files import write_text

CARD = "README.md"

_WHAT = """# Narratives of pharmacogenomic advice: a data set for fine-tuning

Answers of a language model that puts computed advice into words: a sheet of numbered facts in, sentences with the
numbers of their facts out, for {audiences}, in language `{language}`.

| file | lines | holds |
|---|---|---|
{files}

- Chat format (`SPLIT.jsonl`): `messages` are the instruction (a governed prompt, named in `prompt_version`), the facts
  of one case, and a true answer.
- Preference format (`SPLIT.preferences.jsonl`): `prompt`, the true answer as `chosen`, and as `rejected` the same
  answer with one realistic error, whose kind is `error`. `reasons` is what the verifier holds against it: the sentence
  (from 1; 0 is what the answer leaves out), the code, the words, and the facts. {preferences:,} pairs of {kinds} kinds.

## How it was made

Made by `rxweave narrative dataset` from knowledge release {release} with seed {seed}; the same release, prompts and
seed give the same bytes. The people are random: no data of any person is in it. Their advice is computed by rules; the
built-in writer wrote the true answers, and the verifier judged each one as it judges a model's. {left_out} A rejected
answer is one that the verifier refuses; errors that it does not see are not in here.

## Splits

By drug, and so by pair of gene and drug: all pairs of a drug are in the split that the hash of its name falls into.

| split | examples | pairs | drugs |
|---|---|---|---|
{splits}

No pair is in two splits; a drug of one split can be named in another only as an alternative or as a co-medication.
`rxweave narrative eval --split test` measures a tuned model on the drugs that it was not tuned on.

## Licence

The sentences are rxweave's own. The facts in them come from the sources in `LICENSE-DATA.md` of rxweave; as a whole the
data set is under CC BY-SA 4.0: attribute "ClinPGx / PharmGKB, CC BY-SA 4.0", CPIC and the guidelines named in it.

## Limits

- The true answers have one author, the built-in writer: a model tuned on them learns its style, and is not thereby
  better at other wordings that are true as well.
- Results are drawn to make advice likely, not as they are found in a population: nothing can be learned from their
  frequency.
- It teaches how to put given facts into words. It is no source of medical knowledge, and a model tuned on it decides
  nothing: its sentences still have to pass the verifier.

## Checksums (SHA-256)

{hashes}
"""


def write_dataset(dataset: Dataset, folder: Path) -> tuple[Path, ...]:
    """Write the files and the card into ``folder``, which is made if need be. Raises InputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot make this folder ({error.strerror}). Name another with -o.") from error
    files = dataset.files()
    for name, text in (*files.items(), (CARD, _card(dataset, files))):
        write_text(folder / name, text)
    return tuple(folder / name for name in (*files, CARD))


def _card(dataset: Dataset, files: dict[str, str]) -> str:
    left_out = sum(dataset.left_out.values())
    kinds = Counter(p.error for p in dataset.preferences)
    return _WHAT.format(
        audiences=", ".join(dict.fromkeys(e.audience.value for e in dataset.examples)),
        language=dataset.language,
        files="\n".join(f"| `{name}` | {text.count(chr(10)):,} | {_holds(name)} |" for name, text in files.items()),
        preferences=len(dataset.preferences),
        kinds=len(kinds),
        release=dataset.release,
        seed=dataset.seed,
        left_out=f"{left_out:,} answers did not pass as a whole and were left out." if left_out else "All passed.",
        splits="\n".join(_row(dataset, split) for split in Split),
        hashes="\n".join(f"    {hashlib.sha256(text.encode()).hexdigest()}  {name}" for name, text in files.items()),
    )


def _holds(name: str) -> str:
    return "pairs of a true and an untrue answer" if "preferences" in name else "facts and a true answer, as a chat"


def _row(dataset: Dataset, split: Split) -> str:
    pairs = dataset.pairs_of(split)
    return f"| {split} | {len(dataset.of(split)):,} | {len(pairs)} | {len({drug for _, drug in pairs})} |"
