"""Advantages: how much better than expected a rollout was.

The outcome comes first: each function here compares the trajectory scalars `Score.base` of a step, [B] in, [B] out.
`per_token` then adds the dense term, scaled separately and without a baseline per position: a mean over "token t of
the group" has as many terms as the rollouts chose to have, so it would depend on the action and bias the gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rewards.registry import Registry


@dataclass(frozen=True, slots=True)
class AdvantageInputs:
    """The scalars of one round of rollouts; those that the harness could not judge are left out before."""

    rewards: NDArray[np.float64]
    """[B]"""
    groups: NDArray[np.int64]
    """[B], the number of the task that each rollout answers."""
    best: NDArray[np.float64]
    """[B], the best reward that any earlier round saw on the task; NaN where there was none."""


AdvantageFunction: TypeAlias = Callable[..., NDArray[np.float64]]

ADVANTAGES: Registry[AdvantageFunction] = Registry("advantage", "spanwise.advantages")


@ADVANTAGES.register("rltf")
def rltf(inputs: AdvantageInputs, *, first: float = 0.0) -> NDArray[np.float64]:
    """R(W) - R(W_base), W_base being the best program so far for the same task (RLTF, arXiv 2307.04349, eq. 8 and 10).

    The coarse and the adaptive term are compared together, on their sum. `first` stands in for R(W_base) as long as
    there is no earlier program. Returns [B].
    """
    baseline = np.where(np.isnan(inputs.best), first, inputs.best)
    return np.asarray(inputs.rewards - baseline, dtype=np.float64)


@ADVANTAGES.register("grpo")
def grpo(inputs: AdvantageInputs, *, std: bool = True, epsilon: float = 1e-6) -> NDArray[np.float64]:
    """(r - mean) / (std + epsilon) within the group (GRPO, arXiv 2402.03300, section 4.1.2).

    The standard deviation is that of the population. `std=False` leaves the division out (Dr. GRPO, arXiv 2503.20783),
    which keeps easy and hard tasks from being weighted up. Returns [B]; a group of one gets 0.
    """
    advantages = np.zeros_like(inputs.rewards)
    for members in _members(inputs.groups):
        rewards = inputs.rewards[members]
        centred = rewards - rewards.mean()
        advantages[members] = centred / (rewards.std() + epsilon) if std else centred
    return advantages


@ADVANTAGES.register("rloo")
def rloo(inputs: AdvantageInputs) -> NDArray[np.float64]:
    """r minus the mean of the others of the group (RLOO, arXiv 2402.14740). Returns [B]; a group of one gets 0."""
    advantages = np.zeros_like(inputs.rewards)
    for members in _members(inputs.groups):
        count = len(members)
        if count > 1:
            rewards = inputs.rewards[members]
            # r - (sum - r) / (n - 1) = (r - mean) * n / (n - 1)
            advantages[members] = (rewards - rewards.mean()) * count / (count - 1)
    return advantages


def per_token(
    advantage: float, dense: NDArray[np.float64], *, weight: float, credited: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """The outcome advantage on every token plus `weight` times the dense term (RLTF, eq. 6: weight 1). Returns [T].

    The outcome says nothing of tokens that are not `credited`.
    """
    outcome = advantage if credited is None else advantage * credited
    return np.asarray(outcome + weight * dense, dtype=np.float32)


def bind(name: str, **options: Any) -> Callable[[AdvantageInputs], NDArray[np.float64]]:
    """The advantage function of that name with its options set.

    Raises:
        rewards.registry.UnknownName: with the closest known name or option.
    """
    return ADVANTAGES.bind(name, options)


def _members(groups: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [np.flatnonzero(groups == group) for group in np.unique(groups)]
