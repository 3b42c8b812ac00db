"""Advantages: how much better than expected a rollout was.

The outcome comes first: most functions here compare the trajectory scalars of a step, [B] in, [B] out, and `per_token`
then adds the dense term, scaled separately and without a baseline per position: a mean over "token t of the group" has
as many terms as the rollouts chose to have, so it would depend on the action and bias the gradient.

`gae` and `reinforce++` tell the tokens of a completion apart by themselves. They return `TokenAdvantages`, in which the
dense term has its part already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rewards.registry import Registry

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TokenInputs:
    """What is known of each token of a round. Rows of [B, T] are as long as the longest completion."""

    outcome: Floats
    """[B], the reward of the outcome alone."""
    dense: Floats
    """[B, T], the charges times their weight."""
    kl: Floats
    """[B, T], the penalty for leaving the reference policy times its weight; 0 where it is no part of the reward."""
    mask: NDArray[np.bool_]
    """[B, T], True on the tokens of the completion, False on padding."""
    credited: NDArray[np.bool_]
    """[B, T], whether the outcome says anything of a token; False on padding."""
    values: Floats | None = None
    """[B, T], what the critic expected before each token; None without a critic."""


@dataclass(frozen=True, slots=True)
class AdvantageInputs:
    """One round of rollouts; those that the harness could not judge are left out before."""

    rewards: Floats
    """[B], the reward of the outcome, less the KL penalty of the whole completion where that is in the reward."""
    groups: NDArray[np.int64]
    """[B], the number of the task that each rollout answers."""
    best: Floats
    """[B], the best reward that any earlier round saw on the task; NaN where there was none."""
    tokens: TokenInputs | None = None
    """The same rollouts, token by token."""
    greedy: Floats | None = None
    """[B], the reward of the greedy answer to the same task; NaN where nobody could judge it."""


@dataclass(frozen=True, slots=True)
class TokenAdvantages:
    """Advantages of tokens, the dense term included."""

    values: Floats
    """[B, T]"""
    returns: Floats | None = None
    """[B, T], what the critic should have expected; None where there is none."""


AdvantageFunction: TypeAlias = Callable[..., "Floats | TokenAdvantages"]

ADVANTAGES: Registry[AdvantageFunction] = Registry("advantage", "spanwise.advantages")


@ADVANTAGES.register("reinforce")
def reinforce(inputs: AdvantageInputs, *, baseline: bool = True) -> Floats:
    """r minus the mean of the round (REINFORCE with a constant baseline, Williams 1992, Machine Learning 8:229).

    `baseline=False` leaves r as it is. Returns [B].
    """
    return inputs.rewards - inputs.rewards.mean() if baseline else inputs.rewards.copy()


@ADVANTAGES.register("rltf")
def rltf(inputs: AdvantageInputs, *, first: float = 0.0) -> Floats:
    """R(W) - R(W_base), W_base being the best program so far for the same task (RLTF, arXiv 2307.04349, eq. 8 and 10).

    The coarse and the adaptive term are compared together, on their sum. `first` stands in for R(W_base) as long as
    there is no earlier program. Returns [B].
    """
    baseline = np.where(np.isnan(inputs.best), first, inputs.best)
    return np.asarray(inputs.rewards - baseline, dtype=np.float64)


@ADVANTAGES.register("greedy")
def greedy(inputs: AdvantageInputs) -> Floats:
    """r minus the reward of the greedy answer to the same task (CodeRL, arXiv 2207.01780, eq. 8).

    Where that could not be judged, the mean of the group stands in for it. Returns [B].
    """
    baseline = np.full_like(inputs.rewards, np.nan) if inputs.greedy is None else inputs.greedy
    means = np.empty_like(inputs.rewards)
    for members in _members(inputs.groups):
        means[members] = inputs.rewards[members].mean()
    return np.asarray(inputs.rewards - np.where(np.isnan(baseline), means, baseline), dtype=np.float64)


@ADVANTAGES.register("grpo")
def grpo(inputs: AdvantageInputs, *, std: bool = True, epsilon: float = 1e-6) -> Floats:
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
def rloo(inputs: AdvantageInputs) -> Floats:
    """r minus the mean of the others of the group (RLOO, arXiv 2402.14740). Returns [B]; a group of one gets 0."""
    advantages = np.zeros_like(inputs.rewards)
    for members in _members(inputs.groups):
        count = len(members)
        if count > 1:
            rewards = inputs.rewards[members]
            # r - (sum - r) / (n - 1) = (r - mean) * n / (n - 1)
            advantages[members] = (rewards - rewards.mean()) * count / (count - 1)
    return advantages


@ADVANTAGES.register("reinforce++")
def reinforce_plus_plus(
    inputs: AdvantageInputs, *, group_baseline: bool = False, epsilon: float = 1e-8
) -> TokenAdvantages:
    """(A - mean) / (std + epsilon) over all tokens of the round, with A_t = r - sum of the KL penalties from t on.

    REINFORCE++, arXiv 2501.03262. `group_baseline` takes the mean of the group off r first (REINFORCE++ w/ baseline).
    The dense term is added after normalising, so that its scale is the same in every round. Returns [B, T].
    """
    tokens = _tokens(inputs)
    outcome = tokens.outcome.copy()
    if group_baseline:
        for members in _members(inputs.groups):
            outcome[members] -= outcome[members].mean()
    remaining_kl = np.cumsum(tokens.kl[:, ::-1], axis=1)[:, ::-1]
    normalised = _standardised(outcome[:, None] - remaining_kl, tokens.credited, epsilon=epsilon)
    return TokenAdvantages(np.where(tokens.credited, normalised, 0.0) + tokens.dense)


@ADVANTAGES.register("gae")
def gae(inputs: AdvantageInputs, *, gamma: float = 1.0, lam: float = 0.95, whiten: bool = True) -> TokenAdvantages:
    """A_t = d_t + gamma lam A_{t+1} with d_t = r_t + gamma V_{t+1} - V_t (GAE, arXiv 1506.02438, eq. 16).

    r_t is the dense term of the token less its KL penalty; the outcome is paid with the last token that it says
    anything of. After the last token V is 0, also where sampling stopped at the token limit. `whiten` standardises over
    all tokens of the round, as implementations of PPO do. Tokens that the outcome says nothing of keep r_t alone.
    Returns [B, T] and the returns A + V, from before whitening.

    Raises:
        ValueError: there is no critic.
    """
    tokens = _tokens(inputs)
    if tokens.values is None:
        raise ValueError("advantage 'gae' needs the values of a critic, got none: set critic.weight above 0")
    own = tokens.dense - tokens.kl
    rewards = own + _paid_at_the_end(tokens)
    advantages = np.zeros_like(rewards)
    later_advantage = later_value = np.zeros(len(rewards))
    for t in reversed(range(rewards.shape[1])):
        surprise = rewards[:, t] + gamma * later_value - tokens.values[:, t]
        advantages[:, t] = np.where(tokens.mask[:, t], surprise + gamma * lam * later_advantage, 0.0)
        later_advantage = advantages[:, t]
        later_value = np.where(tokens.mask[:, t], tokens.values[:, t], 0.0)
    returns = np.where(tokens.mask, advantages + tokens.values, 0.0)
    if whiten:
        advantages = _standardised(advantages, tokens.credited, epsilon=1e-8)
    return TokenAdvantages(np.where(tokens.credited, advantages, own), returns)


def per_token(
    advantage: float, dense: Floats, *, weight: float, credited: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """The outcome advantage on every token plus `weight` times the dense term (RLTF, eq. 6: weight 1). Returns [T].

    The outcome says nothing of tokens that are not `credited`.
    """
    outcome = advantage if credited is None else advantage * credited
    return np.asarray(outcome + weight * dense, dtype=np.float32)


def bind(name: str, **options: Any) -> Callable[[AdvantageInputs], Floats | TokenAdvantages]:
    """The advantage function of that name with its options set.

    Raises:
        rewards.registry.UnknownName: with the closest known name or option.
    """
    return ADVANTAGES.bind(name, options)


def _members(groups: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [np.flatnonzero(groups == group) for group in np.unique(groups)]


def _tokens(inputs: AdvantageInputs) -> TokenInputs:
    if inputs.tokens is None:
        raise ValueError("this advantage function tells tokens apart and needs AdvantageInputs.tokens, got None")
    return inputs.tokens


def _paid_at_the_end(tokens: TokenInputs) -> Floats:
    """[B, T], the outcome on the last credited token of each row, else 0."""
    after = np.cumsum(tokens.credited[:, ::-1], axis=1)[:, ::-1]
    return np.where(tokens.credited & (after == 1), tokens.outcome[:, None], 0.0)


def _standardised(values: Floats, chosen: NDArray[np.bool_], *, epsilon: float) -> Floats:
    """[B, T] less the mean of the chosen tokens, over their standard deviation, that of the population."""
    if not chosen.any():
        return values
    return np.asarray((values - values[chosen].mean()) / (values[chosen].std() + epsilon), dtype=np.float64)
