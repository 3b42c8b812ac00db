"""The generation loop: groups of completions from a decoder-only model, over a key-value cache of transformers.

What makes it faster than `model.generate`: the prompt is computed once for its whole group, keys and values are
written in place instead of being copied at every token, and rows that have finished are dropped. What makes it exact:
every sampled token comes with the float32 log-prob that it had, and each row draws from random numbers of its own, so
that what is sampled for one prompt does not depend on which others share its batch (but for rounding in the model).

Does not cover: encoder-decoder models and recurrent caches, for which there is `trainer.fallback`; beam search.
"""

from __future__ import annotations

import inspect
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers.cache_utils import DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

from trainer.types import Sampling


@dataclass(frozen=True, slots=True)
class Decoded:
    """One finished row."""

    ids: list[int]
    logprobs: list[float]
    truncated: bool


@dataclass(slots=True)
class Row:
    """One completion while it grows."""

    uniforms: NDArray[np.float64]
    """[max_new_tokens] in [0, 1): the row's own randomness, one number per token."""
    stop: StopSearch
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    done: Decoded | None = None
    begun: Sequence[int] = ()
    """Ids that the completion was given to begin with; they count for its length, but stand in the prompt."""

    def begin(self, ids: Sequence[int]) -> None:
        """Lets the completion go on from ids that are given."""
        self.begun, self.stop = ids, self.stop.fresh(ids)

    def push(self, token: int, logprob: float, *, eos: frozenset[int]) -> None:
        """Takes the next token in, and finishes the row where it ends a completion."""
        self.ids.append(token)
        self.logprobs.append(logprob)
        if token in eos:
            self.finish(truncated=False)
        elif (kept := self.stop.push(token)) is not None:
            del self.ids[kept:], self.logprobs[kept:]
            self.finish(truncated=False)
        elif len(self.begun) + len(self.ids) >= len(self.uniforms):
            self.finish(truncated=True)

    def finish(self, *, truncated: bool) -> None:
        """Closes the row."""
        self.done = Decoded(self.ids, self.logprobs, truncated)


Prompts: TypeAlias = Sequence[tuple[NDArray[np.int64], Sequence[Row]]]
"""What a decoder is given: the ids of each prompt, and the rows to fill for it."""
OnDone: TypeAlias = Callable[[Row], None]


class StopSearch:
    """Finds the first stop string in the bytes of a growing completion."""

    def __init__(self, stops: Sequence[str | bytes], piece: Callable[[int], bytes], begun: Sequence[int] = ()) -> None:
        """`piece` gives the bytes of a token id; one in `begun`, which is not counted, may begin a stop string."""
        self._stops = [stop if isinstance(stop, bytes) else stop.encode() for stop in stops]
        self._longest = max(map(len, self._stops), default=0)
        self._piece = piece
        self._begun = begun
        self._data = bytearray(b"".join(map(piece, begun)))
        self._starts: list[int] = []

    def fresh(self, begun: Sequence[int] | None = None) -> StopSearch:
        """A search for the same strings in another completion; by default one that begins with the same ids."""
        return StopSearch(self._stops, self._piece, self._begun if begun is None else begun)

    def push(self, token: int) -> int | None:
        """The number of tokens to keep if a stop string is now complete, else None.

        Kept are the tokens that begin before the stop string. One that the stop string cuts in two stays whole, so that
        the text of a completion is always exactly the text of its ids.
        """
        if not self._stops:
            return None
        before = len(self._data)
        self._starts.append(before)
        self._data += self._piece(token)
        since = max(0, before - self._longest + 1)
        found = [at for stop in self._stops if (at := self._data.find(stop, since)) >= 0]
        return bisect_left(self._starts, min(found)) if found else None


class _Layer(DynamicLayer):
    """Keys and values [rows, heads, tokens, width] in a block with room to grow, instead of one copy per token."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room
        self._blocks: list[Tensor] = []

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        begin, new = self.get_seq_length(), (key_states, value_states)
        end = begin + key_states.shape[-2]
        if not self._blocks:
            self.lazy_initialization(key_states, value_states)
            self._blocks = [_block(part, max(self._room, end)) for part in new]
        for block, part in zip(self._blocks, new, strict=True):
            block[:, :, begin:end] = part
        self.keys, self.values = (block[:, :, :end] for block in self._blocks)
        return self.keys, self.values

    def repeat(self, rows: Tensor, room: int) -> None:
        """Takes `rows`, in that order and as often as named, with room for `room` tokens."""
        length, self._room = self.get_seq_length(), room
        blocks = []
        for block in self._blocks:
            chosen = block.new_empty((len(rows), block.shape[1], room, block.shape[3]))
            chosen[:, :, :length] = block[:, :, :length].index_select(0, rows)
            blocks.append(chosen)
        self._hold(blocks, length)

    def fill(self, holes: Tensor, movers: Tensor, count: int) -> None:
        """Moves the rows `movers` to where `holes` are, and keeps the first `count`."""
        length = self.get_seq_length()
        for block in self._blocks:
            block[holes, :, :length] = block[movers, :, :length]
        self._hold([block[:count] for block in self._blocks], length)

    def _hold(self, blocks: list[Tensor], length: int) -> None:
        self._blocks = blocks
        self.keys, self.values = (block[:, :, :length] for block in blocks)


def _block(part: Tensor, room: int) -> Tensor:
    return part.new_empty((*part.shape[:2], room, part.shape[3]))


def supports(model: Any) -> bool:
    """Whether the loop can handle the cache of this model."""
    if model.config.is_encoder_decoder:
        return False
    kinds = {type(layer) for layer in DynamicCache(config=model.config).layers}
    return bool(kinds) and kinds <= {DynamicLayer, DynamicSlidingWindowLayer}


def pick(logits: Tensor, uniforms: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """One token per row by inverse transform: ids [B] and their log-probs [B].

    `logits` is [B, V], `uniforms` [B] in [0, 1). The log-probs are those of the whole distribution at the temperature
    of sampling, also where top-p cuts its tail: only those can be compared with what a learner computes. Greedy
    decoding reports them at temperature 1.
    """
    scaled = logits.float() / (sampling.temperature or 1.0)
    logprobs = torch.log_softmax(scaled, dim=-1)
    if sampling.temperature == 0:
        ids = scaled.argmax(-1)
    else:
        # Sums of up to 10^5 float32 terms would lose the tail.
        cumulative = _nucleus(logprobs.exp(), sampling.top_p).cumsum(-1, dtype=torch.float64)
        total = cumulative[:, -1:]
        # Rounding must not reach the total: the first token whose cumulative mass exceeds the target is then there, and
        # has mass of its own.
        target = torch.minimum(uniforms.to(cumulative)[:, None] * total, torch.nextafter(total, total.new_zeros(())))
        ids = torch.searchsorted(cumulative, target, right=True)[:, 0].clamp(max=scaled.shape[-1] - 1)  # NaN has none
    return ids, logprobs.gather(-1, ids[:, None])[:, 0]


def _nucleus(probabilities: Tensor, top_p: float) -> Tensor:
    if top_p >= 1:
        return probabilities
    ordered, order = probabilities.sort(-1, descending=True)
    before = ordered.cumsum(-1) - ordered
    return torch.zeros_like(probabilities).scatter(-1, order, torch.where(before < top_p, ordered, 0.0))


def chunks(lengths: Sequence[int], samples: int, *, new_tokens: int, budget: int) -> Iterator[list[tuple[int, int]]]:
    """Splits prompts of these lengths into batches of (prompt, rows) pairs whose cache stays below `budget` tokens.

    Prompts of like length go together. A group that is larger than the budget is split; a single row always fits.
    """
    batch: list[tuple[int, int]] = []
    free = 0
    for prompt in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        # The longest prompt of a batch comes first and sets the width of all its rows.
        capacity = max(1, budget // (lengths[prompt] + new_tokens))
        left = samples
        while left:
            rows = min(left, capacity)
            if rows > free:
                if batch:
                    yield batch
                batch, free = [], capacity
            batch.append((prompt, rows))
            free -= rows
            left -= rows
    if batch:
        yield batch


class Decoder:
    """Decodes batches of prompts with one model."""

    def __init__(self, model: Any, *, eos: frozenset[int], pad: int) -> None:
        self._model = model
        self._eos = eos
        self._pad = pad
        self._last_only = "logits_to_keep" in inspect.signature(model.forward).parameters

    @torch.no_grad()
    def run(self, prompts: Prompts, *, sampling: Sampling, on_done: OnDone) -> None:
        """Fills the rows of every prompt; `on_done` is told of each row when it has finished."""
        rows = [row for _, group in prompts for row in group]
        logits, cache, mask = self._prefill([ids for ids, _ in prompts])
        width, limit = mask.shape[1], sampling.max_new_tokens
        group = torch.tensor([index for index, (_, group) in enumerate(prompts) for _ in group], device=mask.device)
        padded = not bool(mask.all())
        mask = torch.cat([mask, mask.new_ones((len(mask), limit))], dim=1)[group]
        positions = mask[:, :width].sum(1)
        uniforms = torch.from_numpy(np.stack([row.uniforms for row in rows])).to(mask.device)
        _repeat(cache, group, width + limit)
        logits = logits[group]
        for step in range(limit):
            ids, logprobs = pick(logits, uniforms[:, step], sampling)
            for row, token, logprob in zip(rows, ids.tolist(), logprobs.tolist(), strict=True):
                if row.done is None:
                    row.push(token, logprob, eos=self._eos)
                    if row.done is not None:
                        on_done(row)
            going = [index for index, row in enumerate(rows) if row.done is None]
            if not going:
                return
            # Moving rows takes as long as computing a few in vain.
            if len(going) <= len(rows) - max(1, len(rows) // 16):
                order = _filled(going)
                keep = torch.tensor(order, device=mask.device)
                rows = [rows[index] for index in order]
                ids, mask, positions, uniforms = ids[keep], mask[keep], positions[keep], uniforms[keep]
                _keep(cache, keep)
            seen = mask[:, : width + step + 1] if padded else None
            logits = self._forward(ids[:, None], seen, positions[:, None], cache)
            positions = positions + 1

    def _prefill(self, prompts: Sequence[NDArray[np.int64]]) -> tuple[Tensor, DynamicCache, Tensor]:
        device, width = self._model.device, max(map(len, prompts))
        ids = torch.full((len(prompts), width), self._pad)
        mask = torch.zeros((len(prompts), width), dtype=torch.long)
        for index, prompt in enumerate(prompts):
            ids[index, width - len(prompt) :] = torch.from_numpy(prompt)
            mask[index, width - len(prompt) :] = 1
        cache = DynamicCache(config=self._model.config)
        cache.layers = [_Layer(width) if type(layer) is DynamicLayer else layer for layer in cache.layers]
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        mask = mask.to(device)
        seen = None if bool(mask.all()) else mask
        return self._forward(ids.to(device), seen, positions.to(device), cache), cache, mask

    def _forward(self, ids: Tensor, mask: Tensor | None, positions: Tensor, cache: DynamicCache) -> Tensor:
        """Logits [B, V] after the last of `ids` [B, n]."""
        extra = {"logits_to_keep": 1} if self._last_only else {}
        output = self._model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True, **extra
        )
        logits: Tensor = output.logits[:, -1]
        return logits


def _filled(going: Sequence[int]) -> list[int]:
    """The rows that go on, the last of them in the places of those that do not: few have to move."""
    count = len(going)
    stay = {index for index in going if index < count}
    movers = iter([index for index in going if index >= count])
    return [index if index in stay else next(movers) for index in range(count)]


def _repeat(cache: DynamicCache, rows: Tensor, room: int) -> None:
    for layer in cache.layers:
        if isinstance(layer, _Layer):
            layer.repeat(rows, room)
        else:
            layer.batch_select_indices(rows)


def _keep(cache: DynamicCache, rows: Tensor) -> None:
    """Keeps `rows`, which `_filled` has put in order."""
    (holes,) = torch.nonzero(rows != torch.arange(len(rows), device=rows.device), as_tuple=True)
    for layer in cache.layers:
        if isinstance(layer, _Layer):
            layer.fill(holes, rows[holes], len(rows))
        else:
            layer.batch_select_indices(rows)
