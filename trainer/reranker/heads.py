"""What a scorer says of candidates, from the states that its trunk makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from rewards.reranking.features import FEATURES
from trainer.outcomes import CLASSES

SPREAD = 0.02
"""Standard deviation of the weights of a new head, as transformers draws them."""

Pooling = Literal["last", "mean"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What there is beside the trunk."""

    pooling: Pooling = "last"
    """What the head reads: the state after the last token of a candidate, or the mean over its tokens."""
    static: bool = False
    """Whether it reads what analyzers find, too (`rewards.reranking.features`)."""
    outcomes: bool = False
    """Whether there is a head for the outcome of the tests."""
    spans: bool = False
    """Whether there is a head for the tokens that are to blame."""

    def __post_init__(self) -> None:
        """Raises ValueError: there is no such pooling."""
        if self.pooling not in get_args(Pooling):
            raise ValueError(f"pooling must be one of {', '.join(get_args(Pooling))}, got {self.pooling!r}")


PLAIN = Shape()


@dataclass(frozen=True, slots=True)
class Judged:
    """What the heads make of N rows."""

    scores: Tensor
    """[N]"""
    outcomes: Tensor | None
    """[N, C], logits of `trainer.outcomes.CLASSES`; where there is that head."""
    blame: Tensor | None
    """[N, T], logits; where there is that head and states of tokens were given."""


class Heads(nn.Module):
    """Everything that is learned beside the trunk, in float32 whatever its type."""

    def __init__(self, width: int, shape: Shape, *, seed: int) -> None:
        """`width` is H; `seed` draws the weights."""
        super().__init__()
        read = width + (len(FEATURES) if shape.static else 0)
        self.score = _blank(read, 1)
        self.outcomes = _blank(read, len(CLASSES)) if shape.outcomes else None
        self.blame = _blank(width, 1) if shape.spans else None
        generator = torch.Generator().manual_seed(seed)
        for layer in filter(None, (self.score, self.outcomes, self.blame)):
            nn.init.normal_(layer.weight, std=SPREAD, generator=generator)
            nn.init.zeros_(layer.bias)

    def forward(self, pooled: Tensor, features: Tensor, states: Tensor | None = None) -> Judged:
        """Of pooled states [N, H], features [N, F] (F = 0 where they are not read) and states of tokens [N, T, H]."""
        read = torch.cat([pooled.float(), features], dim=1)
        return Judged(
            self.score(read)[:, 0],
            None if self.outcomes is None else self.outcomes(read),
            None if self.blame is None or states is None else self.blame(states.float())[..., 0],
        )


def pooled(states: Tensor, mask: Tensor, pooling: Pooling) -> Tensor:
    """[N, H] of states [N, T + 1, H], before each token of candidates and after the last one; `mask` [N, T].

    Of a candidate without tokens it is the state after its prompt.
    """
    lengths = mask.sum(1)
    last = states[torch.arange(len(states), device=states.device), lengths]
    if pooling == "last":
        return last
    sums = (states[:, 1:].float() * mask[..., None]).sum(1)  # which bfloat16 would round on its way
    return torch.where(lengths[:, None] > 0, sums / lengths[:, None].clamp_min(1), last.float())


def _blank(read: int, made: int) -> nn.Linear:
    """A layer whose weights are still to be drawn, and not from the generator that all share."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, read, made)  # type: ignore[no-untyped-call]
    return layer
