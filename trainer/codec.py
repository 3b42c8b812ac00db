"""Text to token ids and back, as a model is given them and gives them; no weights are needed for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.tokens import TokenBytes
from trainer import weights
from trainer.decode import StopSearch
from trainer.types import Rollout


class Codec:
    """A tokenizer, and the ids at which its model ends a text."""

    def __init__(self, tokenizer: Any, *, eos: frozenset[int], pad: int, seq2seq: bool = False) -> None:
        """`seq2seq` is an encoder-decoder model, whose prompts are closed."""
        self.tokenizer = tokenizer
        self.eos = eos
        self.pad = pad
        self._seq2seq = seq2seq
        self._pieces: dict[int, bytes] = {}

    @classmethod
    def of(cls, tokenizer: Any, config: Any, generation: Any = None) -> Codec:
        """The codec of a model with this configuration and, where it has one, this configuration of generation."""
        named = getattr(generation, "eos_token_id", None)
        listed = named if isinstance(named, list) else [named]
        eos = frozenset(int(token) for token in (*listed, tokenizer.eos_token_id) if token is not None)
        candidates = (tokenizer.pad_token_id, getattr(config, "pad_token_id", None), *sorted(eos), 0)
        pad = int(next(token for token in candidates if token is not None))
        return cls(tokenizer, eos=eos, pad=pad, seq2seq=bool(getattr(config, "is_encoder_decoder", False)))

    @classmethod
    def load(cls, name: str) -> Codec:
        """The codec of "tiny", "smollm2", a folder, or a hub name, without its weights.

        Raises:
            trainer.weights.ModelNotFound: it is not there; the message says what works offline.
        """
        return cls.of(*weights.load_tokenizer(name))

    @cached_property
    def token_bytes(self) -> TokenBytes:
        """The bytes of every token.

        Raises:
            rewards.tokens.UnsupportedTokenizer: its pieces do not determine the bytes of the text.
        """
        return TokenBytes.of(self.tokenizer)

    def encode(self, prompt: str) -> NDArray[np.int64]:
        """Token ids of a prompt, with what the tokenizer puts in front; never empty."""
        ids = list(self.tokenizer(prompt).input_ids)
        if not self._seq2seq:
            while len(ids) > 1 and ids[-1] in self.eos:  # a closed prompt would leave nothing to go on with
                ids.pop()
        return np.asarray(ids or [self.pad], dtype=np.int64)

    def teach(self, prompt: str, completion: str, *, task_id: str = "") -> Rollout:
        """A given completion as if it had been sampled, with the end token; its log-probs are all 0."""
        ids = self.written(completion)
        if self.tokenizer.eos_token_id is not None:
            ids.append(self.tokenizer.eos_token_id)
        zeros = np.zeros(len(ids), dtype=np.float32)
        return Rollout(task_id, self.encode(prompt), np.asarray(ids, dtype=np.int64), zeros, completion, False)

    def written(self, completion: str) -> list[int]:
        """Token ids of a text that goes on where another ended."""
        return list(self.tokenizer(completion, add_special_tokens=False).input_ids)

    def search(self, stop: Sequence[str]) -> StopSearch:
        """A search for stop strings in a growing completion."""
        return StopSearch(stop, self._piece)

    def _piece(self, token: int) -> bytes:
        if token not in self._pieces:
            self._pieces[token] = self.token_bytes.decode_bytes(np.array([token], dtype=np.int64))
        return self._pieces[token]
