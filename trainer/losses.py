"""Losses: pure functions from log-probs and advantages to a scalar.

Every function divides by a count of the whole optimiser step, which its inputs carry, never by the size of its own
micro-batch. The losses of the micro-batches of a step therefore add up to the loss of the step, and so do the metrics.

Advantages [B, T] are those of the outcome plus the dense term, so every loss takes charges on single tokens. What
weighs whole sequences (`gspo`) weighs the tokens of a sequence alike and keeps the advantage of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import torch
from torch import Tensor

from rewards.registry import Registry, UnknownName, did_you_mean

AVERAGES = ("tokens", "sequences", "limit")
"""What the sum over the tokens of a step is divided by; see `LossInputs.averaged`."""

ESTIMATORS = ("k1", "k2", "k3")
"""Estimates of a KL divergence; see `kl_estimate`."""


@dataclass(frozen=True, slots=True)
class LossInputs:
    """One micro-batch of an optimiser step."""

    logprobs: Tensor
    """[B, T], of the tokens under the policy that learns; carries the gradient."""
    generator_logprobs: Tensor
    """[B, T], of the tokens as the generator computed them, perhaps in another engine or precision."""
    advantages: Tensor
    """[B, T]"""
    mask: Tensor
    """[B, T], True on the tokens of the completion, False on padding."""
    step_tokens: int
    """Completion tokens in the whole optimiser step, samples without any advantage included."""
    step_sequences: int = 1
    """Completions in the whole optimiser step, likewise."""
    token_limit: int = 1
    """Longest completion that sampling allows."""
    old_logprobs: Tensor | None = None
    """[B, T], of the tokens under the weights that sampled them, as the learner computes them; None takes the
    generator's word for them."""

    def __post_init__(self) -> None:
        # Padding may hold anything, infinities included: zeroed once here, so that no function has to guard itself.
        for name in ("logprobs", "generator_logprobs", "advantages", "old_logprobs"):
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, torch.where(self.mask, values, 0.0))

    @property
    def old(self) -> Tensor:
        """[B, T], log-probs under the weights that sampled the tokens."""
        return self.generator_logprobs if self.old_logprobs is None else self.old_logprobs

    @property
    def log_ratio(self) -> Tensor:
        """[B, T], log p - log p_old; carries the gradient."""
        return self.logprobs - self.old

    @property
    def lengths(self) -> Tensor:
        """[B, 1], tokens of each completion, 1 for one without any."""
        return self.mask.sum(-1, keepdim=True).clamp(min=1)

    def mean(self, values: Tensor) -> Tensor:
        """This micro-batch's share of the mean of [B, T] `values` over the tokens of the step."""
        return torch.where(self.mask, values, 0.0).sum() / max(self.step_tokens, 1)

    def averaged(self, values: Tensor, average: str) -> Tensor:
        """This micro-batch's share of an average of [B, T] `values` over the step.

        "tokens": each token counts the same (DAPO, arXiv 2503.14476, section 3.3). "sequences": each completion counts
        the same, whatever its length (GRPO, arXiv 2402.03300, eq. 3). "limit": sums of completions over the token limit
        (Dr. GRPO, arXiv 2503.20783), the gradient of REINFORCE but for a constant.
        """
        if average == "tokens":
            return self.mean(values)
        masked = torch.where(self.mask, values, 0.0)
        per_sequence = masked / (self.lengths if average == "sequences" else self.token_limit)
        return per_sequence.sum() / max(self.step_sequences, 1)


@dataclass(frozen=True, slots=True)
class LossOutput:
    """A loss and what is worth watching about it; both add up over micro-batches."""

    loss: Tensor
    metrics: Mapping[str, Tensor] = field(default_factory=dict)
    """Means over the tokens of the step."""


LossFunction: TypeAlias = Callable[..., LossOutput]

LOSSES: Registry[LossFunction] = Registry("loss", "spanwise.losses")


@LOSSES.register("reinforce")
def reinforce(inputs: LossInputs, *, average: str = "tokens") -> LossOutput:
    """-A log p (Williams 1992; RLTF, arXiv 2307.04349, eq. 2).

    No importance weight: samples from a buffer are used as if the current weights had drawn them.
    """
    ratio = torch.exp(inputs.log_ratio.detach())
    loss = inputs.averaged(-inputs.advantages * inputs.logprobs, average)
    return LossOutput(loss, {"ratio": inputs.mean(ratio)})


@LOSSES.register("clipped")
def clipped(
    inputs: LossInputs, *, clip_low: float = 0.2, clip_high: float = 0.2, average: str = "tokens"
) -> LossOutput:
    """Clipped surrogate -min(rho A, clip(rho, 1 - clip_low, 1 + clip_high) A) with rho = p / p_old.

    PPO, arXiv 1707.06347, eq. 7; separate bounds as in DAPO, arXiv 2503.14476, section 3.1.
    """
    return _surrogate(inputs, torch.exp(inputs.log_ratio), clip_low=clip_low, clip_high=clip_high, average=average)


@LOSSES.register("gspo")
def gspo(
    inputs: LossInputs, *, clip_low: float = 3e-4, clip_high: float = 4e-4, average: str = "sequences"
) -> LossOutput:
    """The clipped surrogate with the ratio of the whole sequence, s = (p(y) / p_old(y)) ** (1 / T).

    GSPO, arXiv 2507.18071, eq. 5 and 7, with the bounds of section 5.1, in the form with advantages per token of
    section 4.3 (GSPO-token): s_t = sg(s) p_t / sg(p_t) has the value of s, and the gradient of each token by itself.
    Where the tokens of a completion share one advantage it is GSPO; charges are weighed by the same s, so a completion
    that is clipped for a good outcome still learns from them.
    """
    log_sequence = inputs.log_ratio.detach().sum(-1, keepdim=True) / inputs.lengths
    ratio = torch.exp(log_sequence + inputs.logprobs - inputs.logprobs.detach())
    return _surrogate(inputs, ratio, clip_low=clip_low, clip_high=clip_high, average=average)


@LOSSES.register("cispo")
def cispo(inputs: LossInputs, *, clip_low: float = 1.0, clip_high: float = 4.0, average: str = "tokens") -> LossOutput:
    """-sg(clip(rho, 1 - clip_low, 1 + clip_high)) A log p: the weight is clipped, no token loses its gradient.

    CISPO, arXiv 2506.13585, eq. 4 and 5; the paper sets no lower bound, which is what clip_low = 1 does. The upper one
    is that of ScaleRL, arXiv 2510.13786. Advantages, dense terms included, weigh each token by its own rho.
    """
    ratio = torch.exp(inputs.log_ratio.detach())
    bounded = torch.clamp(ratio, 1.0 - clip_low, 1.0 + clip_high)
    metrics = {"ratio": inputs.mean(ratio), "clip_fraction": inputs.mean((bounded != ratio).float())}
    return LossOutput(inputs.averaged(-bounded * inputs.advantages * inputs.logprobs, average), metrics)


def _surrogate(inputs: LossInputs, ratio: Tensor, *, clip_low: float, clip_high: float, average: str) -> LossOutput:
    """PPO's pessimistic bound for any ratio [B, T]."""
    bounded = torch.clamp(ratio, 1.0 - clip_low, 1.0 + clip_high)
    surrogate = torch.minimum(ratio * inputs.advantages, bounded * inputs.advantages)
    cut = (bounded * inputs.advantages < ratio * inputs.advantages).float()
    metrics = {"ratio": inputs.mean(ratio.detach()), "clip_fraction": inputs.mean(cut)}
    return LossOutput(inputs.averaged(-surrogate, average), metrics)


def importance_truncated(inputs: LossInputs, *, cap: float) -> tuple[LossInputs, dict[str, Tensor]]:
    """The inputs with every term weighted by min(p_old / p_generator, cap), and metrics of that weight.

    Truncated importance sampling corrects for a generator that computes other probabilities than the learner does for
    the same weights (another engine, another precision). Every loss here is homogeneous in the advantages, so it is
    they that carry the weight. Without `old_logprobs` the samples count as drawn by the current weights.
    """
    old = inputs.logprobs.detach() if inputs.old_logprobs is None else inputs.old_logprobs
    weight = torch.exp(old - inputs.generator_logprobs)
    truncated = weight.clamp(max=cap)
    metrics = {"importance": inputs.mean(weight), "importance_cut": inputs.mean((weight > cap).float())}
    return replace(inputs, advantages=inputs.advantages * truncated, old_logprobs=old), metrics


def kl_estimate(log_ratio: Tensor, estimator: str = "k3") -> Tensor:
    """KL(p || q) of each token sampled from p, by log_ratio = log p - log q (Schulman 2020, "Approximating KL").

    k1 = log p/q: unbiased, of either sign. k2 = (log p/q)^2 / 2: biased, its gradient is that of the KL. k3 = q/p - 1 +
    log p/q: unbiased and never negative (GRPO, arXiv 2402.03300, eq. 4).
    """
    if estimator == "k1":
        return log_ratio
    if estimator == "k2":
        return 0.5 * log_ratio**2
    return torch.exp(-log_ratio) - 1.0 + log_ratio


def kl_to_reference(inputs: LossInputs, reference_logprobs: Tensor, *, estimator: str = "k3") -> Tensor:
    """KL(policy || reference), token mean.

    `reference_logprobs` [B, T] are those of the same tokens under the frozen reference. The gradient of k1 is that of
    log p, which is 0 on average: as a loss it is noise, and of use in the reward only.
    """
    log_ratio = torch.where(inputs.mask, inputs.logprobs - reference_logprobs, 0.0)
    return inputs.mean(kl_estimate(log_ratio, estimator))


def value_loss(inputs: LossInputs, values: Tensor, *, old: Tensor, returns: Tensor, clip: float) -> Tensor:
    """max((V - R)^2, (clip(V, V_old - clip, V_old + clip) - R)^2) / 2, token mean; [B, T] each.

    Held near the values at sampling like the policy is near its ratios: PPO's reference implementation (OpenAI
    baselines, `ppo2`). `clip=0` leaves the values free.
    """
    error = (values - returns) ** 2
    if clip > 0:
        held = old + torch.clamp(values - old, -clip, clip)
        error = torch.maximum(error, (held - returns) ** 2)
    return inputs.mean(0.5 * error)


def supervised(logprobs: Tensor, mask: Tensor, *, step_tokens: int) -> Tensor:
    """-log p of reference completions (RLTF, eq. 7), averaged over `step_tokens`, the reference tokens of the step.

    `logprobs` and `mask` are [B, T].
    """
    return -torch.where(mask, logprobs, 0.0).sum() / max(step_tokens, 1)


def bind(name: str, **options: Any) -> Callable[[LossInputs], LossOutput]:
    """The loss of that name with its options set.

    Raises:
        rewards.registry.UnknownName: with the closest known name or option, or the known averages.
    """
    bound = LOSSES.bind(name, options)
    default = LOSSES.options(name).get("average")
    average = options.get("average", default)
    if default in AVERAGES and average not in AVERAGES:
        raise UnknownName(f"unknown average {average!r} of loss {name!r}; {did_you_mean(str(average), AVERAGES)}")
    return bound
