"""The scorer: how right a candidate for a problem looks, what its tests would come to, and where it is wrong.

A language model reads the problem and the candidate. A linear head makes a score of what it knows at the last token (or
on average), as in AceCodeRM (arXiv 2502.01718); other heads tell the outcome, as CodeRanker does (arXiv 2206.03865),
and for every token whether it is to blame.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import Tensor, nn

from rewards.reranking.features import FEATURES
from rewards.reranking.pools import Pool
from trainer.packing import micro_batches
from trainer.reranker.heads import PLAIN, Heads, Judged, Pooling, Shape, pooled
from trainer.reranker.rows import Row, rows
from trainer.reranker.trunk import Trunk

DESCRIPTION = "reward_model.json"
WEIGHTS = "reward_model.safetensors"
WINDOW = 2048
"""Candidates that are sorted by length at a time when pools are rated."""


class BadRewardModel(ValueError):
    """A folder does not hold the reward model that it says it does."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a reward model says of one candidate."""

    score: float
    outcomes: NDArray[np.float64] | None
    """[C], probabilities of `trainer.outcomes.CLASSES`."""
    blame: NDArray[np.float64] | None
    """[T], the probability of each token to be charged; its end token among them."""
    cut: int
    """Tokens at its beginning that were not read."""


class RewardModel:
    """Rates candidates; called with a pool it is a `trainer.reranker.measures.Rank`.

    There is no dropout: scores are a function of weights and text.
    """

    def __init__(self, trunk: Trunk, shape: Shape = PLAIN, *, seed: int = 0, budget: int = 4096) -> None:
        """`budget` is how many tokens, prompts and padding included, go through the model at a time."""
        self.trunk, self.shape, self.budget = trunk, shape, budget
        self.heads = Heads(trunk.width, shape, seed=seed).to(trunk.model.device)
        self._remembered: dict[Hashable, Tensor] | None = None

    @classmethod
    def load(
        cls,
        name_or_folder: str | Path,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        pooling: Pooling = "last",
        static: bool = False,
        outcomes: bool = False,
        spans: bool = False,
        layers: int | None = None,
        lora_rank: int = 0,
        seed: int = 0,
    ) -> RewardModel:
        """What `save` wrote, as it was saved; or a language model with new heads, drawn by `seed`.

        `layers` keeps the first layers of a language model alone: most of what a small scorer can learn is in them, and
        its cost falls with their number. Above 0, `lora_rank` puts adapters beside the weights, to learn in their
        place. Of a folder that `save` wrote, `device` and `dtype` alone count.

        Raises:
            trainer.weights.ModelNotFound: there is no such model.
            BadRewardModel: the folder is damaged.
            ValueError: there is no such pooling, or the model has fewer layers.
        """
        folder = Path(name_or_folder).expanduser()
        if (folder / DESCRIPTION).is_file():
            return cls._saved(folder, device=device, dtype=dtype)
        shape = Shape(pooling, static, outcomes, spans)
        trunk = Trunk.load(str(name_or_folder), dtype=dtype, layers=layers)
        if lora_rank:
            trunk.adapt(lora_rank, seed=seed)
        return cls(trunk.to(device), shape, seed=seed)

    def fresh(self, *, seed: int) -> RewardModel:
        """New heads, drawn by `seed`, on the same trunk; of a frozen one, they share what it remembers."""
        model = RewardModel(self.trunk, self.shape, seed=seed, budget=self.budget)
        model._remembered = self._remembered
        return model

    def freeze(self) -> None:
        """Lets the heads alone learn from now on.

        What the trunk makes of a candidate is then remembered, H numbers for each that it has read. A head for spans
        needs the states of all tokens; with it nothing is remembered.
        """
        self.trunk.learn(wanted=False)
        if self._remembered is None and not self.shape.spans:
            self._remembered = {}

    def remember(self, ahead: Sequence[Row]) -> None:
        """Reads rows that will be judged, where what it reads is remembered."""
        if self._remembered is not None:
            for places in self.passes(ahead):
                self._recalled(self._remembered, [ahead[place] for place in places])

    def thaw(self) -> None:
        """Lets the trunk learn, too, its adapters where it has any; what was remembered is forgotten."""
        self.trunk.learn(wanted=True)
        self._forget()
        self._remembered = None

    @classmethod
    def _saved(cls, folder: Path, *, device: str, dtype: str) -> RewardModel:
        try:
            described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            features = described.pop("features")
            trunk = Trunk.described(folder, dtype=dtype)
            if rank := described.pop("lora_rank"):
                trunk.adapt(rank)
            model = cls(trunk, Shape(**described))
            if features != model._features:
                raise ValueError("it reads other features of what analyzers find than there are")
            model.put_back(folder)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
            raise BadRewardModel(f"cannot read the reward model in {folder}: {reason[0]}") from error
        model.module.to(device)
        return model

    def save(self, folder: Path) -> None:
        """Writes a folder that `load` takes.

        Raises:
            OSError: it cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.trunk.describe(folder)
        save_model(self.module, str(folder / WEIGHTS))
        shape = {name: getattr(self.shape, name) for name in ("pooling", "static", "outcomes", "spans")}
        described = {**shape, "lora_rank": self.trunk.lora_rank, "features": self._features}
        (folder / DESCRIPTION).write_text(json.dumps(described, indent=1), encoding="utf-8")

    def put_back(self, folder: Path) -> None:
        """Takes the weights that `save` wrote of a model of the same shape.

        Raises:
            RuntimeError, OSError or SafetensorError: they are those of another one, or cannot be read.
        """
        load_model(self.module, str(folder / WEIGHTS))
        self._forget()

    def _forget(self) -> None:
        """By all models of the same trunk."""
        if self._remembered is not None:
            self._remembered.clear()

    @property
    def _features(self) -> list[str]:
        """The names of what it reads of what analyzers find."""
        return list(FEATURES) if self.shape.static else []

    @property
    def module(self) -> nn.Module:
        """All weights."""
        return nn.ModuleDict({"trunk": self.trunk, "heads": self.heads})

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(weight.numel() for weight in self.module.parameters())

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.heads.score.weight.device

    def __call__(self, pool: Pool) -> NDArray[np.float64]:
        """Scores [N], higher for better."""
        return next(self.rate([pool]))

    def rate(
        self, pools: Sequence[Pool], *, on_cut: Callable[[Pool, int], None] | None = None
    ) -> Iterator[NDArray[np.float64]]:
        """The scores [N] of each pool, in order; [0] of an empty one.

        `on_cut` is told of a pool how many of its candidates were longer than the context, so that their beginning was
        not read. Equal candidates are read once, and have equal scores.
        """
        for window in _windows(pools, WINDOW):
            encoded = [self.rows(pool) for pool in window]
            for pool, each in zip(window, encoded, strict=True):
                if on_cut is not None and (count := sum(row.cut > 0 for row in each)):
                    on_cut(pool, count)
            distinct = {row.key: row for each in encoded for row in each}
            found = dict(zip(distinct, self._scores(list(distinct.values())), strict=True))
            for each in encoded:
                yield np.array([found[row.key] for row in each], dtype=np.float64)

    def read(self, pool: Pool) -> list[Reading]:
        """All that it says of each candidate of a pool."""
        return [self._reading(row) for row in self.rows(pool)]

    def rows(self, pool: Pool) -> list[Row]:
        """The candidates of a pool as it reads them."""
        return rows(self.trunk.codec, pool, context=self.trunk.context, static=self.shape.static)

    def passes(self, chosen: Sequence[Row], *, budget: int | None = None) -> list[list[int]]:
        """Places of rows that go through the model together."""
        sizes = [row.size for row in chosen]
        return micro_batches(sizes, budget=budget or self.budget, shared=self.trunk.shares_prompts)

    def tokens(self, chosen: Sequence[Row]) -> int:
        """How many tokens it computes to judge rows, without padding."""
        once = {row.prompt.tobytes(): row for row in chosen}.values() if self.trunk.shares_prompts else chosen
        return sum(len(row.prompt) for row in once) + sum(len(row.ids) for row in chosen)

    def judge(self, chosen: Sequence[Row]) -> Judged:
        """What it makes of rows in one pass, with gradient."""
        features = torch.from_numpy(np.stack([row.features for row in chosen])).to(self.device)
        if self._remembered is not None:
            return self.heads(self._recalled(self._remembered, chosen), features)
        states, mask = self.trunk.states(chosen)
        return self.heads(pooled(states, mask, self.shape.pooling), features, states[:, 1:])

    @torch.no_grad()
    def _recalled(self, remembered: dict[Hashable, Tensor], chosen: Sequence[Row]) -> Tensor:
        """Pooled states [N, H], computed where they are not known."""
        unknown = list({row.read: row for row in chosen if row.read not in remembered}.values())
        if unknown:
            found = pooled(*self.trunk.states(unknown), self.shape.pooling)
            remembered.update((row.read, state.clone()) for row, state in zip(unknown, found, strict=True))
        return torch.stack([remembered[row.read] for row in chosen])

    @torch.no_grad()
    def _scores(self, chosen: Sequence[Row]) -> list[float]:
        found = [0.0] * len(chosen)
        for places in self.passes(chosen):
            scores = self.judge([chosen[place] for place in places]).scores.tolist()
            for place, score in zip(places, scores, strict=True):
                found[place] = score
        return found

    @torch.no_grad()
    def _reading(self, row: Row) -> Reading:
        judged = self.judge([row])
        outcomes = None if judged.outcomes is None else _array(judged.outcomes[0].softmax(-1))
        blame = None if judged.blame is None else _array(judged.blame[0].sigmoid())
        return Reading(float(judged.scores[0]), outcomes, blame, row.cut)


def _array(values: Tensor) -> NDArray[Any]:
    return values.double().cpu().numpy()


def _windows(pools: Sequence[Pool], count: int) -> Iterator[list[Pool]]:
    """The pools in groups of some `count` candidates."""
    window: list[Pool] = []
    for pool in pools:
        if window and sum(len(each.candidates) for each in window) + len(pool.candidates) > count:
            yield window
            window = []
        window.append(pool)
    if window:
        yield window
