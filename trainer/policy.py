"""The policy: a language model and its tokenizer, decoder-only or encoder-decoder, behind one small class."""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer import head, passes, weights
from trainer.codec import Codec
from trainer.decode import Decoder, Row, StopSearch, chunks, supports
from trainer.fallback import GenerateDecoder
from trainer.generation import OnDone, texts
from trainer.shards import is_sharded
from trainer.types import Rollout, Sampling, Task

__all__ = ["Logprobs", "Policy", "Sampling"]


@dataclass(frozen=True, slots=True)
class Logprobs:
    """Log-probs of completions under the current weights."""

    values: Tensor
    """[B, T], 0 on padding; carries the gradient."""
    mask: Tensor
    """[B, T], True on the tokens of the completion."""
    entropy: Tensor | None = None
    """[B, T] in nats, of the distribution that each token was drawn from; where asked for."""
    hidden: Tensor | None = None
    """[B, T, H], what the model knew before each token; where asked for."""
    after: Tensor | None = None
    """[B, T, H], what it knew once it had read each token; likewise."""


@dataclass(frozen=True, slots=True)
class _Output:
    """What a forward pass found."""

    states: Tensor
    """[B, T, H], what logits are made of; or the logits [B, T, V] themselves."""
    head: Callable[[Tensor], Tensor]
    """Makes the logits."""
    hidden: Tensor | None
    """[B, T + 1, H], the last hidden states, before each token and after the last one."""


class Policy:
    """A model that writes programs and can be taught.

    There is no dropout: it would make the learner disagree with the generator about the same weights.
    """

    def __init__(self, model: Any, tokenizer: Any, *, cache_tokens: int = 16384, recompute: bool = False) -> None:
        """`cache_tokens` bounds the tokens, prompts included, whose keys and values generation holds at a time.

        `recompute` computes what is inside of each layer a second time in the backward pass instead of holding it
        (gradient checkpointing): a third more work, and memory for one layer.
        """
        self.model = model.eval()
        self._recompute = recompute
        if recompute:
            _without_dropout(model)
            names = (
                "activation_checkpointing_enable",
                "gradient_checkpointing_enable",
            )  # the second until transformers 6
            next(getattr(model, name) for name in names if hasattr(model, name))({"use_reentrant": False})
        self.codec = Codec.of(tokenizer, model.config, getattr(model, "generation_config", None))
        self.tokenizer = tokenizer
        self.token_bytes = self.codec.token_bytes
        self.cache_tokens = cache_tokens
        self.seq2seq = bool(model.config.is_encoder_decoder)
        self.eos, self.pad = self.codec.eos, self.codec.pad
        self._decoder = (Decoder if supports(model) else GenerateDecoder)(model, eos=self.eos, pad=self.pad)
        self._can_share = not recompute and passes.can_share(model)

    @classmethod
    def load(
        cls,
        name: str,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        cache_tokens: int = 16384,
        recompute: bool = False,
    ) -> Policy:
        """The policy for "tiny", "smollm2", a folder, or a hub name.

        Raises:
            trainer.weights.ModelNotFound: it is not there; the message says what works offline.
        """
        model, tokenizer = weights.load(name, dtype=dtype)
        return cls(model.to(device), tokenizer, cache_tokens=cache_tokens, recompute=recompute)

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(weight.numel() for weight in self.model.parameters())

    @property
    def context(self) -> int | None:
        """Largest number of tokens, prompt included, that the model can see; None where it sets no limit."""
        limit = getattr(self.model.config, "max_position_embeddings", None)
        return None if self.seq2seq or limit is None else int(limit)

    @property
    def shares_prompts(self) -> bool:
        """Whether `logprobs` computes a prompt once for all of its completions; see `trainer.passes`."""
        return self._can_share and not is_sharded(self.model)  # a pass of shards is a conversation: one is enough

    def frozen_copy(self) -> Policy:
        """The same weights for good: the reference of a KL term."""
        model = copy.deepcopy(self.model).requires_grad_(False)
        return Policy(model, self.tokenizer, cache_tokens=self.cache_tokens)

    def save(self, folder: Path, state: Mapping[str, Tensor] | None = None) -> None:
        """Writes model and tokenizer as a folder that `load` takes; `state` in place of the weights that it holds."""
        with weights.quietly():
            self.model.save_pretrained(folder, state_dict=state)
            self.tokenizer.save_pretrained(folder)

    def encode(self, prompt: str) -> NDArray[np.int64]:
        """See `trainer.codec.Codec.encode`."""
        return self.codec.encode(prompt)

    def teach(self, prompt: str, completion: str, *, task_id: str = "") -> Rollout:
        """See `trainer.codec.Codec.teach`."""
        return self.codec.teach(prompt, completion, task_id=task_id)

    def generate(
        self,
        prompts: Sequence[str],
        *,
        samples: int,
        sampling: Sampling,
        seed: int,
        stop: Sequence[str] = (),
        step: int = 0,
        task_ids: Sequence[str] = (),
        begun: Sequence[NDArray[np.int64]] = (),
        on_done: OnDone | None = None,
    ) -> list[list[Rollout]]:
        """`samples` completions of each prompt: P lists of G rollouts.

        What is sampled depends on the weights, `seed`, `step` and the prompt's task id (or text), not on the other
        prompts. A completion ends before the first of the strings in `stop`; `trainer.decode.StopSearch` says where
        exactly. `begun` holds, for each prompt, ids that its completions begin with; they count for the token limit,
        and their log-probs are 0. `on_done(index, rollout)` is called as soon as a rollout has finished, with index =
        prompt * samples + sample.

        Raises:
            ValueError: a prompt and `max_new_tokens` together exceed the context of the model.
        """
        self.model.eval()
        names = list(task_ids) or list(prompts)
        encoded = [self.encode(prompt) for prompt in prompts]
        for name, ids in zip(names, encoded, strict=True):
            if self.context is not None and len(ids) + sampling.max_new_tokens > self.context:
                raise ValueError(
                    f"the prompt of {name[:60]!r} has {len(ids)} tokens; with max_new_tokens = "
                    f"{sampling.max_new_tokens} that exceeds the {self.context} tokens that the model can see"
                )
        rows = _rows(
            names, samples, seed=(seed, step), length=sampling.max_new_tokens, stop=lambda: self.codec.search(stop)
        )
        seen = encoded
        if begun:
            for index, row in enumerate(rows):
                row.begin(begun[index // samples].tolist())
            seen = encoded if self.seq2seq else [np.append(*pair) for pair in zip(encoded, begun, strict=True)]
        finished: dict[int, Rollout] = {}
        index_of = {id(row): index for index, row in enumerate(rows)}

        def collect(row: Row) -> None:
            index = index_of[id(row)]
            task_id = task_ids[index // samples] if task_ids else ""
            rollout = self._rollout(row, task_id, encoded[index // samples], step)
            if isinstance(self._decoder, GenerateDecoder):
                rollout = self.with_logprobs(rollout, sampling)
            finished[index] = rollout
            if on_done is not None:
                on_done(index, rollout)

        self._fill(seen, rows, samples=samples, sampling=sampling, on_done=collect)
        return [[finished[prompt * samples + g] for g in range(samples)] for prompt in range(len(prompts))]

    def answer(
        self,
        tasks: Sequence[Task],
        *,
        samples: int,
        sampling: Sampling,
        seed: int,
        on_done: OnDone,
        step: int = 0,
    ) -> None:
        """See `trainer.generation.Generator`."""
        generate = partial(self.generate, sampling=sampling, seed=seed, step=step)
        texts.answer(generate, self.tokenizer, tasks, samples=samples, on_done=on_done)

    def logprobs(
        self, rollouts: Sequence[Rollout], *, temperature: float = 1.0, entropy: bool = False, hidden: bool = False
    ) -> Logprobs:
        """Log-probs [B, T] of the completions at the temperature of sampling (0 counts as 1), with gradient."""
        width = max(len(rollout.completion_ids) for rollout in rollouts)
        ids = torch.full((len(rollouts), width), self.pad)
        mask = torch.zeros((len(rollouts), width), dtype=torch.bool)
        for row, rollout in enumerate(rollouts):
            length = len(rollout.completion_ids)
            ids[row, :length] = torch.from_numpy(rollout.completion_ids)
            mask[row, :length] = True
        ids, mask = ids.to(self.model.device), mask.to(self.model.device)
        prompts = [rollout.prompt_ids for rollout in rollouts]
        output = self._forward(passes.Written(prompts, ids, mask, self.pad), hidden=hidden)
        values, spread = head.logprobs(
            output.states[mask], ids[mask], output.head, temperature=temperature or 1.0, entropy=entropy
        )
        empty = values.new_zeros(mask.shape)
        rows = [None if each is None else empty.masked_scatter(mask, each) for each in (values, spread)]
        assert rows[0] is not None
        if output.hidden is None:
            return Logprobs(rows[0], mask, rows[1])
        return Logprobs(rows[0], mask, rows[1], output.hidden[:, :-1], output.hidden[:, 1:])

    @cached_property
    def head_is_last(self) -> bool:
        """Whether logits can be left out of the forward pass and made later; see `trainer.head`."""
        return head.is_last(self.model)

    def _forward(self, written: passes.Written, *, hidden: bool) -> _Output:
        """With the logits left out where they can be made later."""
        run = passes.encoded if self.seq2seq else passes.shared if self.shares_prompts else passes.separate
        with head.removed(self.model) if self.head_is_last else nullcontext(nn.Identity()) as last:
            # Transformers recomputes in training mode alone, and the backward pass has to find the mode of the forward.
            self.model.train(self._recompute and torch.is_grad_enabled())
            found = run(self.model, written, hidden=hidden)
        return _Output(found.before, last, found.hidden)

    def _fill(
        self,
        prompts: Sequence[NDArray[np.int64]],
        rows: Sequence[Row],
        *,
        samples: int,
        sampling: Sampling,
        on_done: Callable[[Row], None],
    ) -> None:
        taken = [0] * len(prompts)
        lengths = [len(prompt) for prompt in prompts]
        for batch in chunks(lengths, samples, new_tokens=sampling.max_new_tokens, budget=self.cache_tokens):
            groups = []
            for prompt, count in batch:
                begin = prompt * samples + taken[prompt]
                taken[prompt] += count
                groups.append((prompts[prompt], rows[begin : begin + count]))
            self._decoder.run(groups, sampling=sampling, on_done=on_done)

    def _rollout(self, row: Row, task_id: str, prompt_ids: NDArray[np.int64], step: int) -> Rollout:
        assert row.done is not None
        ids = np.asarray([*row.begun, *row.done.ids], dtype=np.int64)
        logprobs = np.asarray([*[0.0] * len(row.begun), *row.done.logprobs], dtype=np.float32)
        return Rollout(task_id, prompt_ids, ids, logprobs, self.token_bytes.text(ids), row.done.truncated, step)

    @torch.no_grad()
    def with_logprobs(self, rollout: Rollout, sampling: Sampling) -> Rollout:
        """A rollout with the log-probs that the weights of now give its tokens."""
        if not len(rollout.completion_ids):
            return rollout
        values = self.logprobs([rollout], temperature=sampling.temperature).values[0]
        return replace(rollout, logprobs=values.float().cpu().numpy())


def _without_dropout(model: nn.Module) -> None:
    """Leaves no difference between training and evaluation mode but what is recomputed."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        for name in ("dropout", "attention_dropout"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)


def _rows(
    names: Sequence[str], samples: int, *, seed: tuple[int, int], length: int, stop: Callable[[], StopSearch]
) -> list[Row]:
    """P * G rows, each with random numbers of its own: a function of seed, step, task, and the number of the sample."""
    rows, seen = [], Counter[str]()
    for name in names:
        digest = int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        for _ in range(samples):
            random = np.random.default_rng((*seed, digest, seen[name]))
            rows.append(Row(random.random(length), stop()))
            seen[name] += 1
    return rows
