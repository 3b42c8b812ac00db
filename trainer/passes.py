"""Forward passes of the learner: what a model makes of completions after their prompts.

The samples of a group have one prompt. Where the model allows it, a prompt is computed once, and its keys and values
serve all completions of the batch that follow it: the gradient of the prompt is then the sum of theirs. That is less
work and memory the longer prompts are, by the factor (prompt + completion) / (prompt / G + completion), and the numbers
are the same but for rounding.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers.cache_utils import DynamicCache, DynamicLayer


@dataclass(frozen=True, slots=True)
class Written:
    """B completions and the prompt of each."""

    prompts: Sequence[NDArray[np.int64]]
    """[B]"""
    ids: Tensor
    """[B, T], padded on the right."""
    mask: Tensor
    """[B, T], True on the tokens of the completion."""
    pad: int
    """Id of the padding."""


@dataclass(frozen=True, slots=True)
class States:
    """What the model made of them."""

    before: Tensor
    """[B, T, V], the logits of each token, or what the model gives in their place."""
    hidden: Tensor | None
    """[B, T + 1, H], the last hidden states, before each token and after the last one; where asked for."""


def can_share(model: Any) -> bool:
    """Whether keys and values of a prompt can serve several completions, with gradient.

    Not with recurrent states or sliding windows. While layers are recomputed there is no cache.
    """
    if model.config.is_encoder_decoder:
        return False
    return {type(layer) for layer in DynamicCache(config=model.config).layers} == {DynamicLayer}


def shared(model: Any, written: Written, *, hidden: bool = False) -> States:
    """Each prompt once, then all completions over the keys and values of theirs; for models that `can_share`."""
    distinct, rows = _distinct(written)
    prompts, seen = _padded(distinct, written, left=True)
    cache = DynamicCache(config=model.config)
    options = {"past_key_values": cache, "use_cache": True, "output_hidden_states": hidden}
    first = model(prompts, attention_mask=seen, position_ids=_positions(seen), **options, **_last(model, 1))
    before = first.logits[:, -1:][rows]
    states = first.hidden_states[-1][:, -1:][rows] if hidden else None
    # The last token predicts nothing, and is read only for the state after it.
    read = slice(None) if hidden else slice(written.ids.shape[1] - 1)
    ids, mask = written.ids[:, read], written.mask[:, read]
    if not ids.shape[1]:
        return States(before, states)
    cache.batch_select_indices(rows)
    everything = torch.cat([seen[rows], mask.long()], dim=1)
    positions = _positions(everything)[:, -ids.shape[1] :]
    rest = model(ids, attention_mask=everything, position_ids=positions, **options)
    before = torch.cat([before, rest.logits[:, : written.ids.shape[1] - 1]], dim=1)
    return States(before, None if states is None else torch.cat([states, rest.hidden_states[-1]], dim=1))


def separate(model: Any, written: Written, *, hidden: bool = False) -> States:
    """Prompt and completion of each row as one sequence; for all decoders."""
    width = written.ids.shape[1]
    prompts, seen = _padded(written.prompts, written, left=True)
    everything = torch.cat([seen, written.mask.long()], dim=1)
    found = model(
        torch.cat([prompts, written.ids], dim=1),
        attention_mask=everything,
        position_ids=_positions(everything),
        use_cache=False,
        output_hidden_states=hidden,
        **_last(model, width + 1),
    )
    return States(
        found.logits[:, -width - 1 : -1], found.hidden_states[-1][:, -width - 1 :] if hidden else None
    )  # fmt: skip


def encoded(model: Any, written: Written, *, hidden: bool = False) -> States:
    """Prompts through the encoder, completions through the decoder."""
    prompts, seen = _padded(written.prompts, written, left=False)
    start = written.ids.new_full((len(written.ids), 1), model.config.decoder_start_token_id)
    shifted = torch.cat([start, written.ids if hidden else written.ids[:, :-1]], dim=1)
    found = model(
        prompts, attention_mask=seen, decoder_input_ids=shifted, use_cache=False, output_hidden_states=hidden
    )  # fmt: skip
    return States(found.logits[:, : written.ids.shape[1]], found.decoder_hidden_states[-1] if hidden else None)


def _distinct(written: Written) -> tuple[list[NDArray[np.int64]], Tensor]:
    """The prompts without repetition, and [B] which of them each row has."""
    places: dict[bytes, int] = {}
    rows = [places.setdefault(prompt.tobytes(), len(places)) for prompt in written.prompts]
    distinct = [np.frombuffer(prompt, dtype=np.int64) for prompt in places]
    return distinct, torch.tensor(rows, device=written.ids.device)


def _padded(prompts: Sequence[NDArray[np.int64]], written: Written, *, left: bool) -> tuple[Tensor, Tensor]:
    """Ids and mask [P, S] of prompts, on the device of the completions.

    Encoders read from the left; for decoders all completions begin in one column, so their prompts end there.
    """
    width = max(map(len, prompts))
    ids = np.full((len(prompts), width), written.pad, dtype=np.int64)
    mask = np.zeros((len(prompts), width), dtype=np.int64)
    for row, prompt in enumerate(prompts):
        place = slice(width - len(prompt), width) if left else slice(len(prompt))
        ids[row, place], mask[row, place] = prompt, 1
    device = written.ids.device
    return torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)


def _positions(mask: Tensor) -> Tensor:
    return (mask.cumsum(1) - 1).clamp(min=0)


def _last(model: Any, count: int) -> dict[str, int]:
    """Asks for the logits of the last tokens alone, where the model lets one."""
    return {"logits_to_keep": count} if "logits_to_keep" in inspect.signature(type(model).forward).parameters else {}
