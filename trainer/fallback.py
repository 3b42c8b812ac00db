"""Generation through `model.generate`: for encoder-decoder models and caches that `trainer.decode` does not handle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from trainer.decode import OnDone, Prompts, Row
from trainer.types import Sampling


class GenerateDecoder:
    """Decodes one group after the other. The log-probs of its rows are 0: the caller computes them."""

    def __init__(self, model: Any, *, eos: frozenset[int], pad: int) -> None:
        self._model = model
        self._eos = eos
        self._pad = pad
        self._seq2seq = bool(model.config.is_encoder_decoder)

    @torch.no_grad()
    def run(self, prompts: Prompts, *, sampling: Sampling, on_done: OnDone) -> None:
        """Fills the rows of every prompt; `on_done` is told of them group by group."""
        device = self._model.device
        for prompt, rows in prompts:
            # `generate` draws from the global generator; a fork gives it a seed of the group's own.
            with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
                torch.manual_seed(int(rows[0].uniforms[0] * 2**63))
                sequences = self._generate(prompt, rows, sampling)
            for row, sequence in zip(rows, sequences[:, self._begin(prompt, rows) :].tolist(), strict=True):
                for token in sequence:
                    if row.done is None:
                        row.push(token, 0.0, eos=self._eos)
                on_done(row)

    def _begin(self, prompt: NDArray[np.int64], rows: Sequence[Row]) -> int:
        return 1 + len(rows[0].begun) if self._seq2seq else len(prompt)

    def _generate(self, prompt: NDArray[np.int64], rows: Sequence[Row], sampling: Sampling) -> Tensor:
        drawn = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
        config = GenerationConfig(
            do_sample=sampling.temperature > 0,
            max_new_tokens=sampling.max_new_tokens,
            eos_token_id=sorted(self._eos) or None,
            pad_token_id=self._pad,
            decoder_start_token_id=getattr(self._model.config, "decoder_start_token_id", None),
            **(drawn if sampling.temperature > 0 else {}),
        )
        # The default cache of `generate` fails where a decoder has more layers than its encoder.
        cache = {"past_key_values": EncoderDecoderCache(DynamicCache(), DynamicCache())} if self._seq2seq else {}
        ids = torch.from_numpy(np.tile(prompt, (len(rows), 1))).to(self._model.device)
        sequences: Tensor = self._model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            generation_config=config,
            stopping_criteria=StoppingCriteriaList([_AtStopStrings(rows, self._begin(prompt, rows))]),
            **cache,
            **self._decoder_inputs(rows),
        )
        return sequences

    def _decoder_inputs(self, rows: Sequence[Row]) -> dict[str, Tensor]:
        if not (self._seq2seq and rows[0].begun):
            return {}
        given = [self._model.config.decoder_start_token_id, *rows[0].begun]
        return {"decoder_input_ids": torch.tensor([given] * len(rows), device=self._model.device)}


class _AtStopStrings(StoppingCriteria):
    """Ends rows at stop strings, found in bytes."""

    def __init__(self, rows: Sequence[Row], begin: int) -> None:
        self._searches = [row.stop.fresh() for row in rows]
        self._stopped = [False] * len(rows)
        self._begin = begin

    def __call__(self, input_ids: Tensor, scores: Any, **kwargs: Any) -> Tensor:
        if input_ids.shape[1] > self._begin:
            for index, token in enumerate(input_ids[:, -1].tolist()):
                self._stopped[index] = self._stopped[index] or self._searches[index].push(token) is not None
        return torch.tensor(self._stopped, device=input_ids.device)
