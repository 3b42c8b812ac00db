"""The critic of CodeRL: which outcome a program is heading for, told at every token (arXiv 2207.01780, section 3.3.3).

A program has one of four outcomes. The critic reads the states of a language model after each token and says how likely
each outcome is. It learns from whole programs: its logits are max-pooled over the tokens, as in the authors' code (the
paper pools the states), so that what it says of a program is what it says of the telling tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rewards.types import Outcome
from trainer.policy import Policy

CLASSES = (Outcome.SYNTAX_ERROR, Outcome.ERROR, Outcome.FAILURE, Outcome.PASS)
"""Equations 4 to 7: cannot be compiled, cannot be executed, fails a test, passes all. C of them."""
PASSED = CLASSES.index(Outcome.PASS)
WIDTH = 128
"""Of the hidden layer, as in the authors' code."""


def class_of(outcome: Outcome | None) -> int | None:
    """The place of an outcome in `CLASSES`; a timeout is an error. None where the harness did not judge."""
    if outcome is Outcome.TIMEOUT:
        outcome = Outcome.ERROR
    return CLASSES.index(outcome) if outcome in CLASSES else None


class OutcomeHead(nn.Module):
    """Logits [B, T, C] of the outcome from states [B, T, H]; before it has learned, all outcomes are as likely."""

    def __init__(self, width: int) -> None:
        """`width` is H. All heads of a width begin alike, whatever was drawn before."""
        super().__init__()
        first, last = nn.Linear(width, WIDTH), nn.Linear(WIDTH, len(CLASSES))
        nn.init.kaiming_uniform_(first.weight, nonlinearity="relu", generator=torch.Generator().manual_seed(0))
        for zero in (first.bias, last.weight, last.bias):
            nn.init.zeros_(zero)
        self.layers = nn.Sequential(first, nn.ReLU(), last)

    @classmethod
    def of(cls, policy: Policy) -> OutcomeHead:
        """A head for the states of a policy, on its device, in float32."""
        return cls(int(policy.model.config.hidden_size)).to(policy.model.device)

    def forward(self, states: Tensor) -> Tensor:
        """[B, T, C], in float32 whatever the type of the trunk."""
        logits: Tensor = self.layers(states.float())
        return logits


def pooled(logits: Tensor, mask: Tensor) -> Tensor:
    """[B, C], the largest logit of each outcome over the tokens of a completion; `logits` [B, T, C], `mask` [B, T]."""
    return logits.masked_fill(~mask[..., None], -torch.inf).amax(1)


def so_far(logits: Tensor) -> Tensor:
    """[B, T, C], the probabilities of the outcomes of each prefix: what `pooled` says of the first t tokens."""
    return logits.cummax(1).values.softmax(-1)


def foretold(logits: Tensor, labels: Sequence[int | None]) -> Tensor:
    """[B, T], the probability of the outcome that came, after each token (eq. 10): what an advantage is weighed by.

    `logits` is [B, T, C]; 1 in rows without a label.
    """
    wanted = torch.tensor([0 if label is None else label for label in labels], device=logits.device)
    found = logits.softmax(-1).gather(-1, wanted[:, None, None].expand(*logits.shape[:2], 1))[..., 0]
    unknown = torch.tensor([label is None for label in labels], device=logits.device)
    return found.masked_fill(unknown[:, None], 1.0)


def cross_entropy(logits: Tensor, mask: Tensor, labels: Sequence[int | None]) -> tuple[Tensor, Tensor]:
    """-log p(outcome | program) (eq. 9), and how many programs are told rightly; sums over those that have a label.

    `logits` is [B, T, C], `mask` [B, T]; every row has a token.
    """
    known = [row for row, label in enumerate(labels) if label is not None]
    wanted = torch.tensor([label for label in labels if label is not None], dtype=torch.long, device=logits.device)
    found = pooled(logits, mask)[known]
    right = (found.detach().argmax(-1) == wanted).sum()
    return nn.functional.cross_entropy(found, wanted, reduction="sum"), right
