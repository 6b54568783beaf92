"""A tiny model, made here, is tuned on the data set and serves the verifier: the whole way, on a processor alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rxweave.errors import InputError, ModelFailed
from rxweave.knowledge import load_release
from rxweave.narrative.cases import fixed_cases, some_of
from rxweave.narrative.dataset import dataset
from rxweave.narrative.models.answers import read_answer
from rxweave.narrative.models.model import Deadline, Meter
from rxweave.narrative.models.settings import ModelSettings
from rxweave.narrative.narrate import model_named, try_prompt
from rxweave.narrative.narrative import Audience
from rxweave.narrative.prompts import prompt_for
from rxweave.narrative.question import Question
from rxweave.narrative.verifier import verify
from rxweave.report.dataset_files import write_dataset

torch = pytest.importorskip("torch", reason="needs the extra finetune")
pytest.importorskip("peft", reason="needs the extra finetune")

pytestmark = pytest.mark.long

from rxweave.narrative.finetune import Tuned, Tuning, finetune  # noqa: E402

TEMPLATE = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}\n{% endfor %}<assistant>"
SETTINGS = ModelSettings(max_tokens=500, budget_seconds=300)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_dataset(dataset(load_release(), 24, [Audience.PRESCRIBER], seed=6), folder)
    return folder


@pytest.fixture(scope="module")
def tiny(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights, and a tokenizer that learned its words from the data."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bytes_of = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = bytes_of
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=3000, special_tokens=["<end>"], initial_alphabet=bytes_of.alphabet(), show_progress=False
    )
    tokenizer.train([str(data / "train.jsonl")], trainer)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=64, intermediate_size=128, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=8192, eos_token_id=0, bos_token_id=0,
        initializer_range=0.1,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tiny")
    LlamaForCausalLM(config).save_pretrained(str(folder), safe_serialization=True)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", chat_template=TEMPLATE)
    fast.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def tuned(data: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    out = tmp_path_factory.mktemp("out") / "adapter"
    return finetune(data, tiny, out, Tuning(steps=16, batch=1, learning_rate=2e-2))


def test_the_loss_falls(tuned: Tuned) -> None:
    assert tuned.after < tuned.before - 0.3
    assert sum(tuned.losses[-5:]) < sum(tuned.losses[:5])


def test_the_adapter_is_saved_with_what_it_was_made_of(tuned: Tuned, tiny: Path) -> None:
    names = {p.name for p in tuned.adapter.iterdir()}
    assert {"adapter_config.json", "adapter_model.safetensors", "tokenizer.json", "finetune.json"} <= names
    record = json.loads((tuned.adapter / "finetune.json").read_text("utf-8"))
    assert record["model"] == tiny.name and record["steps"] == 16 and record["loss"]["after"] == tuned.after
    assert not list(tuned.adapter.parent.glob(".*.part"))


def test_what_the_tuned_model_says_is_judged_refused_and_replaced(tuned: Tuned) -> None:
    """Its answers have the right form and no sense: none of its sentences may be read by anyone."""
    model = model_named(f"local:{tuned.adapter}", SETTINGS)
    written = 0
    for case in some_of(fixed_cases(load_release()), "test", 1):
        trial = try_prompt(case.advices, case.patient, prompt_for(Audience.PRESCRIBER), model)
        written += len(trial.marked)
        refused = [m for m in trial.marked if not m.is_accepted]
        assert len(refused) == len(trial.marked) and (trial.marked or trial.failure)
        assert verify(trial.narrative, case.advices, case.patient).holds
        assert {s.writer for s in trial.narrative.sentences} == {"builtin"}
        assert trial.narrative.usage.tokens_in > 1000 and trial.narrative.usage.tokens_out > 0
    assert written > 0


def test_an_answer_always_has_the_form_that_was_asked_for(tuned: Tuned, tiny: Path) -> None:
    case = fixed_cases(load_release())[0]
    question = Question(case.sheet, case.patient, prompt_for(Audience.PRESCRIBER))
    from rxweave.narrative.models.answers import schema

    for folder, temperature in ((tuned.adapter, 0.0), (tiny, 1.0)):
        settings = ModelSettings(max_tokens=600, budget_seconds=300, temperature=temperature)
        model = model_named(f"local:{folder}", settings)
        for is_repair in (False, True):
            form = schema(question.case.ids[:3], is_repair=is_repair)
            answer = model.ask(question.conversation, form, 5, Deadline(300), Meter())
            assert {i for s in read_answer(answer, is_repair=is_repair) for i in s.facts} <= set(question.case.ids[:3])


def test_a_model_that_is_late_or_cut_has_failed(tuned: Tuned) -> None:
    case = fixed_cases(load_release())[0]
    prompt = prompt_for(Audience.PRESCRIBER)
    for settings, failure in (
        (ModelSettings(max_tokens=5, budget_seconds=300), "cut"),
        (ModelSettings(max_tokens=400, budget_seconds=0.001), "timeout"),
    ):
        trial = try_prompt(case.advices, case.patient, prompt, model_named(f"local:{tuned.adapter}", settings))
        assert trial.failure == failure and {s.writer for s in trial.narrative.sentences} == {"builtin"}


def test_the_same_seed_gives_the_same_answer(tiny: Path) -> None:
    case = fixed_cases(load_release())[1]
    model = model_named(f"local:{tiny}", ModelSettings(max_tokens=60, budget_seconds=300, temperature=1.0))
    prompt = prompt_for(Audience.PRESCRIBER)
    first, again = (try_prompt(case.advices, case.patient, prompt, model, seed=3) for _ in range(2))
    assert first.marked == again.marked


def test_folders_that_cannot_be_used_are_named(data: Path, tiny: Path, tuned: Tuned, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is there already"):
        finetune(data, tiny, tuned.adapter)
    with pytest.raises(InputError, match="expected a folder with a model"):
        finetune(data, data, tmp_path / "new")
    with pytest.raises(InputError, match=r"train\.jsonl: cannot be read"):
        finetune(tmp_path, tiny, tmp_path / "new")
    with pytest.raises(InputError, match="no example is at most 10 tokens"):
        finetune(data, tiny, tmp_path / "new", Tuning(max_tokens=10))
    assert not (tmp_path / "new").exists()
    with pytest.raises(InputError, match="expected a folder with a model"):
        model_named(f"local:{data}")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{}", "utf-8")
    with pytest.raises(InputError, match="cannot be loaded"):
        model_named(f"local:{broken}")


def test_a_case_longer_than_the_model_reads_has_failed(tiny: Path, tmp_path: Path) -> None:
    import shutil

    short = tmp_path / "short"
    shutil.copytree(tiny, short)
    config = json.loads((short / "config.json").read_text("utf-8"))
    (short / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 64}), "utf-8")
    case = fixed_cases(load_release())[0]
    question = Question(case.sheet, case.patient, prompt_for(Audience.PRESCRIBER))
    with pytest.raises(ModelFailed, match="longer than what the model can read"):
        from rxweave.narrative.models.answers import schema

        model_named(f"local:{short}", SETTINGS).ask(
            question.conversation, schema(question.case.ids), 0, Deadline(300), Meter()
        )
