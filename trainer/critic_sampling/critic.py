"""The critic at inference: how likely a program is to pass, after each of its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from trainer import outcomes
from trainer.outcomes import OutcomeHead
from trainer.packing import micro_batches, size_of
from trainer.policy import Policy
from trainer.types import Rollout

BUDGET = 8192
"""Tokens, prompts and padding included, that go through the model at a time."""


class Critic:
    """A head on the states of a policy."""

    def __init__(self, policy: Policy, head: OutcomeHead) -> None:
        self._policy, self._head = policy, head

    @classmethod
    def load(cls, policy: Policy, path: Path) -> Critic:
        """The critic that `save` wrote.

        Raises:
            ValueError: it is something else, or reads the states of another model.
        """
        head = OutcomeHead.of(policy)
        try:
            head.load_state_dict(torch.load(path, map_location=policy.model.device, weights_only=True))
        except FileNotFoundError:
            raise
        except Exception as error:
            reason = str(error).strip().splitlines()[0]
            raise ValueError(f"{str(path)!r} is no critic for the states of this model ({reason})") from error
        return cls(policy, head)

    def save(self, path: Path) -> None:
        """Writes the head."""
        torch.save(self._head.state_dict(), path)

    def right(self, rollouts: Sequence[Rollout], labels: Sequence[int]) -> float:
        """The share of rollouts, none of them empty, whose label, a place in `CLASSES`, it holds likeliest."""
        likeliest = [int(told[-1].argmax()) for told in self.told(rollouts)]
        return float(np.mean(np.equal(likeliest, labels)))

    @torch.no_grad()
    def told(self, rollouts: Sequence[Rollout]) -> list[NDArray[np.float32]]:
        """[T, C] for each rollout: how likely it is to have each outcome, cut after each token (eq. 11 and 12)."""
        found = [np.zeros((0, len(outcomes.CLASSES)), dtype=np.float32)] * len(rollouts)
        written = [index for index, rollout in enumerate(rollouts) if len(rollout.completion_ids)]
        sizes = [size_of(rollouts[index]) for index in written]
        for rows in micro_batches(sizes, budget=BUDGET, shared=self._policy.shares_prompts):
            chosen = [written[row] for row in rows]
            states = self._policy.logprobs([rollouts[index] for index in chosen], hidden=True).after
            assert states is not None
            told = outcomes.so_far(self._head(states)).cpu().numpy()
            for row, index in enumerate(chosen):
                found[index] = told[row, : len(rollouts[index].completion_ids)]
        return found
