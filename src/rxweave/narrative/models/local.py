"""A language model in a folder of the site, run in this process: nothing is sent anywhere, nothing is downloaded.

The folder holds a model as transformers saves it, or an adapter that ``rxweave narrative finetune`` made, with
the path of its model. Weights are read from safetensors only, and no code of the folder is run.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rxweave.errors import InputError, MissingExtra, ModelFailed
from rxweave.narrative.models.model import Conversation, Deadline, Meter
from rxweave.narrative.models.settings import ModelSettings, load_settings
from rxweave.narrative.models.walk import Walk

_ADAPTER = "adapter_config.json"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """``words``: tokens that may stand inside a JSON string as they are."""

    model: Any
    tokenizer: Any
    words: frozenset[int]

    def asked(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The conversation as the model reads it, up to where its answer begins."""
        if self.tokenizer.chat_template:
            return str(self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        return "".join(f"<{m['role']}>\n{m['content']}\n" for m in messages) + "<assistant>\n"

    def encode(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])


def local_model(folder: str, settings: ModelSettings | None = None) -> LocalModel:
    """The model of ``local:FOLDER``. Raises InputError for a folder without a model, MissingExtra without the extra."""
    path = Path(folder)
    if not any((path / name).is_file() for name in ("config.json", _ADAPTER)):
        raise InputError(f"local:{folder}: expected a folder with a model (config.json) or an adapter ({_ADAPTER}).")
    return LocalModel(f"local:{path.resolve().name}", _kept(path.resolve()), settings or load_settings("local"))


class LocalModel:
    prices = (None, None)

    def __init__(self, name: str, loaded: LoadedModel, settings: ModelSettings) -> None:
        self.name = name
        self.temperature = settings.temperature
        self.budget_seconds = settings.budget_seconds
        self._loaded = loaded
        self._settings = settings

    def ask(
        self, conversation: Conversation, schema: Mapping[str, Any], seed: int, deadline: Deadline, meter: Meter
    ) -> str:
        import torch
        from transformers import LogitsProcessorList, StoppingCriteriaList

        meter.requests += 1
        loaded, model = self._loaded, self._loaded.model
        turns = [{"role": turn.role, "content": turn.text} for turn in conversation.turns]
        asked = loaded.encode(loaded.asked([{"role": "system", "content": conversation.system}, *turns]))
        room = getattr(model.config, "max_position_embeddings", len(asked) + self._settings.max_tokens) - len(asked)
        if room <= 0:
            raise ModelFailed("too_long", "the case is longer than what the model can read")
        room = min(room, self._settings.max_tokens)
        held = _Held(_walk(schema, loaded, room))
        sampling = {"do_sample": True, "temperature": self.temperature} if self.temperature else {"do_sample": False}
        torch.manual_seed(seed)
        tokens = torch.tensor([asked], device=model.device)
        with torch.inference_mode():
            answer = model.generate(
                tokens,
                attention_mask=torch.ones_like(tokens),
                max_new_tokens=room,
                logits_processor=LogitsProcessorList([held]),
                stopping_criteria=StoppingCriteriaList([lambda ids, scores, **_: deadline.left <= 0]),
                pad_token_id=loaded.tokenizer.eos_token_id,
                **sampling,
            )[0, len(asked) :].tolist()
        meter.count(len(asked), len(answer))
        if deadline.left <= 0:
            raise ModelFailed("timeout", "the model did not answer in time")
        if answer[-1:] != [loaded.tokenizer.eos_token_id]:
            raise ModelFailed("cut", "the model reached its token limit before the end")
        return str(loaded.tokenizer.decode(answer[:-1], skip_special_tokens=True, clean_up_tokenization_spaces=False))


class _Held:
    """A processor of logits that lets only tokens of the walk through."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._is_first = True

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        import torch

        if not self._is_first:
            self._walk.take(int(input_ids[0, -1]))
        self._is_first = False
        allowed = torch.tensor(sorted(self._walk.allowed()), device=scores.device)
        held = torch.full_like(scores, float("-inf"))
        held[:, allowed] = scores[:, allowed]
        return held


def _walk(schema: Mapping[str, Any], loaded: LoadedModel, room: int) -> Walk:
    sentence = schema["properties"]["sentences"]["items"]["properties"]
    ids = sentence["facts"]["items"]["enum"]
    end = loaded.tokenizer.eos_token_id
    return Walk(loaded.encode, ids, loaded.words, end, room, is_repair="replaces" in sentence)


@functools.lru_cache(maxsize=1)
def _kept(folder: Path) -> LoadedModel:
    """The last model stays in memory: the narratives of one report ask the same one."""
    return load_folder(folder)


def load_folder(folder: Path) -> LoadedModel:
    """The model or adapter of a folder, on the GPU if there is one. Raises InputError, MissingExtra."""
    try:
        import torch
        from peft import PeftConfig, PeftModel
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError:
        raise MissingExtra("Local models need transformers and peft: pip install 'rxweave[finetune]'") from None
    is_adapter = (folder / _ADAPTER).is_file()
    is_gpu = torch.cuda.is_available()
    try:
        base = Path(PeftConfig.from_pretrained(str(folder)).base_model_name_or_path) if is_adapter else folder
        if not base.is_dir():
            raise InputError(f"{folder}: its model is expected at {base}, and there is no such folder.")
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        dtype = torch.bfloat16 if is_gpu else torch.float32
        model: Any = AutoModelForCausalLM.from_pretrained(
            str(base), local_files_only=True, use_safetensors=True, dtype=dtype
        )
        if is_adapter:
            model = PeftModel.from_pretrained(model, str(folder), local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}: the model cannot be loaded ({error}).") from None
    model = model.to("cuda" if is_gpu else "cpu").eval()
    return LoadedModel(model, tokenizer, _words(tokenizer))


def _words(tokenizer: Any) -> frozenset[int]:
    special = set(tokenizer.all_special_ids)
    texts = ((i, tokenizer.decode([i])) for i in range(len(tokenizer)) if i not in special)
    return frozenset(i for i, text in texts if text and not any(c in '"\\' or c < " " for c in text))
