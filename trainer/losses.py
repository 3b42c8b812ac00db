"""Losses: pure functions from log-probs and advantages to a scalar.

Every function divides by a count of the whole optimiser step, which its inputs carry, never by the size of its own
micro-batch. The losses of the micro-batches of a step therefore add up to the loss of the step, and so do the metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from torch import Tensor

from rewards.registry import Registry


@dataclass(frozen=True, slots=True)
class LossInputs:
    """One micro-batch of an optimiser step."""

    logprobs: Tensor
    """[B, T], of the tokens under the policy that learns; carries the gradient."""
    generator_logprobs: Tensor
    """[B, T], of the tokens under the weights that sampled them."""
    advantages: Tensor
    """[B, T]"""
    mask: Tensor
    """[B, T], True on the tokens of the completion, False on padding."""
    step_tokens: int
    """Completion tokens in the whole optimiser step, samples without any advantage included."""

    def __post_init__(self) -> None:
        # Padding may hold anything, infinities included: zeroed once here, so that no function has to guard itself.
        for name in ("logprobs", "generator_logprobs", "advantages"):
            object.__setattr__(self, name, torch.where(self.mask, getattr(self, name), 0.0))

    def mean(self, values: Tensor) -> Tensor:
        """This micro-batch's share of the mean of [B, T] `values` over the tokens of the step."""
        return torch.where(self.mask, values, 0.0).sum() / max(self.step_tokens, 1)


@dataclass(frozen=True, slots=True)
class LossOutput:
    """A loss and what is worth watching about it; both add up over micro-batches."""

    loss: Tensor
    metrics: Mapping[str, Tensor] = field(default_factory=dict)


LossFunction: TypeAlias = Callable[..., LossOutput]

LOSSES: Registry[LossFunction] = Registry("loss", "spanwise.losses")


@LOSSES.register("reinforce")
def reinforce(inputs: LossInputs) -> LossOutput:
    """-A log p, averaged over the tokens of the step (RLTF, arXiv 2307.04349, eq. 2).

    No importance weight: samples from a buffer are used as if the current weights had drawn them.
    """
    ratio = torch.exp(inputs.logprobs.detach() - inputs.generator_logprobs)
    return LossOutput(inputs.mean(-inputs.advantages * inputs.logprobs), {"ratio": inputs.mean(ratio)})


@LOSSES.register("clipped")
def clipped(inputs: LossInputs, *, clip_low: float = 0.2, clip_high: float = 0.2) -> LossOutput:
    """Clipped surrogate -min(rho A, clip(rho, 1 - clip_low, 1 + clip_high) A) with rho = p / p_generator, token mean.

    PPO, arXiv 1707.06347, eq. 7; separate bounds as in DAPO, arXiv 2503.14476, section 3.1.
    """
    ratio = torch.exp(inputs.logprobs - inputs.generator_logprobs)
    bounded = torch.clamp(ratio, 1.0 - clip_low, 1.0 + clip_high)
    surrogate = torch.minimum(ratio * inputs.advantages, bounded * inputs.advantages)
    cut = (bounded * inputs.advantages < ratio * inputs.advantages).float()
    metrics = {"ratio": inputs.mean(ratio.detach()), "clip_fraction": inputs.mean(cut)}
    return LossOutput(inputs.mean(-surrogate), metrics)


def kl_to_reference(inputs: LossInputs, reference_logprobs: Tensor) -> Tensor:
    """KL(policy || reference) by the k3 estimator q/p - 1 - log(q/p), token mean (GRPO, arXiv 2402.03300, eq. 4).

    `reference_logprobs` [B, T] are those of the same tokens under the frozen reference.
    """
    log_ratio = torch.where(inputs.mask, reference_logprobs - inputs.logprobs, 0.0)
    return inputs.mean(torch.exp(log_ratio) - 1.0 - log_ratio)


def supervised(logprobs: Tensor, mask: Tensor, *, step_tokens: int) -> Tensor:
    """-log p of reference completions (RLTF, eq. 7), averaged over `step_tokens`, the reference tokens of the step.

    `logprobs` and `mask` are [B, T].
    """
    return -torch.where(mask, logprobs, 0.0).sum() / max(step_tokens, 1)


def bind(name: str, **options: Any) -> Callable[[LossInputs], LossOutput]:
    """The loss of that name with its options set.

    Raises:
        rewards.registry.UnknownName: with the closest known name or option.
    """
    return LOSSES.bind(name, options)
