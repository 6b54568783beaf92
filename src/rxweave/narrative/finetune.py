"""Tunes a model of the site on the data of ``rxweave narrative dataset``: a LoRA adapter, by transformers and peft."""

from __future__ import annotations

import hashlib
import json
import math
import random
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rxweave.errors import InputError
from rxweave.narrative.models.local import LoadedModel, load_folder

_CHECKED = 40  # examples that the loss before and after is measured on
_WARM_UP = 0.05  # of the steps


@dataclass(frozen=True, slots=True)
class Tuning:
    """``steps`` 0: as many as ``epochs`` take. ``batch``: examples a step. ``max_tokens``: longer ones are left out."""

    epochs: int = 1
    steps: int = 0
    batch: int = 8
    learning_rate: float = 2e-4
    rank: int = 16
    max_tokens: int = 8192
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Tuned:
    """Losses are means of a token's negative log likelihood, of validation examples before and after."""

    adapter: Path
    examples: int
    left_out: int
    losses: tuple[float, ...]  # of training, a step
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class _Tokens:
    """An example as tokens; only the answer, from ``start`` on, is learned."""

    ids: tuple[int, ...]
    start: int


def finetune(
    dataset: Path,
    model: Path,
    out: Path,
    tuning: Tuning = Tuning(),
    say: Callable[[str], None] = lambda text: None,
) -> Tuned:
    """Train an adapter for the model in folder ``model`` and save it as folder ``out``, whole or not at all.

    Raises InputError for folders that cannot be used, MissingExtra without the extra ``finetune``.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: is there already. Name a folder that is new or empty.")
    if not (model / "config.json").is_file():
        raise InputError(f"{model}: expected a folder with a model (config.json).")
    rows = {split: _rows(dataset / f"{split}.jsonl") for split in ("train", "validation")}
    loaded = load_folder(model.resolve())
    told = {split: _examples(loaded, found, tuning.max_tokens) for split, found in rows.items()}
    if not told["train"] or not told["validation"]:
        raise InputError(
            f"{dataset}: no example is at most {tuning.max_tokens} tokens long. Allow more (--max-tokens)."
        )
    adapted = _adapted(loaded.model, tuning)
    checked = told["validation"][:_CHECKED]
    before = _loss_of(adapted, checked)
    say(f"validation loss {before:.3f} before")
    losses = tuple(_trained(adapted, told["train"], tuning, say))
    after = _loss_of(adapted, checked)
    say(f"validation loss {after:.3f} after")
    left_out = sum(map(len, rows.values())) - sum(map(len, told.values()))
    tuned = Tuned(out, len(told["train"]), left_out, losses, before, after)
    _save(adapted, loaded.tokenizer, tuned, _record(tuned, tuning, model, dataset))
    return tuned


def _rows(path: Path) -> list[list[dict[str, str]]]:
    try:
        return [json.loads(line)["messages"] for line in path.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}). Make it with 'rxweave narrative dataset'."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not lines of chats ({type(error).__name__}: {error}).") from None


def _examples(loaded: LoadedModel, rows: Sequence[list[dict[str, str]]], most: int) -> list[_Tokens]:
    found = []
    for *asked, answer in rows:
        start = loaded.encode(loaded.asked(asked))
        rest = [*loaded.encode(answer["content"]), loaded.tokenizer.eos_token_id]
        if len(start) + len(rest) <= most:
            found.append(_Tokens((*start, *rest), len(start)))
    return found


def _adapted(model: Any, tuning: Tuning) -> Any:
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(tuning.seed)
    config = LoraConfig(
        r=tuning.rank,
        lora_alpha=2 * tuning.rank,
        lora_dropout=0.05,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    # Long prompts: activations are computed twice and not kept.
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.enable_input_require_grads()
    model.config.use_cache = False
    return get_peft_model(model, config)


def _trained(model: Any, examples: Sequence[_Tokens], tuning: Tuning, say: Callable[[str], None]) -> Iterator[float]:
    """The loss of each step."""
    import torch

    steps = tuning.steps or tuning.epochs * math.ceil(len(examples) / tuning.batch)
    weights = [w for w in model.parameters() if w.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=tuning.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    order = _endlessly(examples, random.Random(tuning.seed))  # noqa: S311 - an order, no secret
    model.train()
    for step in range(1, steps + 1):
        losses = []
        for _ in range(tuning.batch):
            loss = _loss(model, next(order))
            (loss / tuning.batch).backward()
            losses.append(float(loss.detach()))
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        mean = statistics.fmean(losses)
        say(f"step {step} of {steps}: loss {mean:.3f}")
        yield mean


def _rate(step: int, steps: int) -> float:
    """Rises over the first steps, then falls to nothing."""
    warm = max(1, round(steps * _WARM_UP))
    return min((step + 1) / warm, 1 - step / (steps + 1))


def _endlessly(examples: Sequence[_Tokens], draw: random.Random) -> Iterator[_Tokens]:
    while True:
        yield from draw.sample(examples, len(examples))


def _loss(model: Any, example: _Tokens) -> Any:
    import torch

    ids = torch.tensor([example.ids], device=model.device)
    labels = ids.clone()
    labels[:, : example.start] = -100  # what is asked is not learned
    return model(input_ids=ids, labels=labels).loss


def _loss_of(model: Any, examples: Sequence[_Tokens]) -> float:
    import torch

    model.eval()
    with torch.inference_mode():
        return statistics.fmean(float(_loss(model, example)) for example in examples)


def _record(tuned: Tuned, tuning: Tuning, model: Path, dataset: Path) -> dict[str, Any]:
    """What the adapter was made of, to be kept with it."""
    train = hashlib.sha256((dataset / "train.jsonl").read_bytes()).hexdigest()
    losses = {"first": tuned.losses[0], "last": tuned.losses[-1], "before": tuned.before, "after": tuned.after}
    counts = {"examples": tuned.examples, "left_out": tuned.left_out, "steps": len(tuned.losses)}
    return {"model": model.resolve().name, "train_sha256": train, **asdict(tuning), **counts, "loss": losses}


def _save(model: Any, tokenizer: Any, tuned: Tuned, record: dict[str, Any]) -> None:
    out = tuned.adapter
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    except OSError as error:
        raise InputError(f"{out}: cannot write there ({error.strerror}). Name another folder with -o.") from None
    try:
        model.save_pretrained(str(part), safe_serialization=True)
        tokenizer.save_pretrained(str(part))
        (part / "finetune.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        if out.exists():
            out.rmdir()
        part.chmod(0o755)
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
