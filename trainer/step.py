"""One optimiser step: micro-batches by token budget, the loss, clipping, AdamW.

The loss of a step is one mean over all completion tokens of the step, however it is cut into micro-batches: each of
them divides by the count of the whole step, and the gradients add up.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor

from trainer import config, losses
from trainer.losses import LossInputs, LossOutput
from trainer.policy import Logprobs, Policy
from trainer.types import Experience, Rollout


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised: a policy loss, and the terms that keep the policy in place."""

    policy_loss: Callable[[LossInputs], LossOutput]
    kl_weight: float = 0.0
    entropy_weight: float = 0.0
    supervised_weight: float = 0.0
    temperature: float = 1.0
    """Temperature of sampling; the learner's log-probs must be those of the same distribution."""

    @property
    def anchored(self) -> bool:
        """Whether a token without advantage has a gradient all the same."""
        return self.kl_weight > 0 or self.entropy_weight > 0


class Learner:
    """The policy in the hands of its optimiser."""

    def __init__(
        self,
        policy: Policy,
        *,
        objective: Objective,
        settings: config.Optimizer,
        steps: int,
        accelerator: Accelerator | None = None,
        reference: Policy | None = None,
    ) -> None:
        """`steps` is the length of the schedule; `reference` the frozen policy of the KL term.

        Raises:
            ValueError: several processes, or a KL term without a reference.
        """
        if objective.kl_weight > 0 and reference is None:
            raise ValueError("a KL term needs a reference policy, got None")
        self._accelerator = accelerator or Accelerator(cpu=True)
        if self._accelerator.num_processes > 1:
            raise ValueError(
                f"the trainer runs in one process, got {self._accelerator.num_processes}: start it without a launcher"
            )
        self.policy = policy
        self._objective = objective
        self._settings = settings
        self._steps = steps
        self._done = 0
        self._reference = reference
        optimizer = torch.optim.AdamW(
            _groups(policy.model, settings.weight_decay), lr=settings.learning_rate, betas=settings.betas
        )
        policy.model, self._optimizer = self._accelerator.prepare(policy.model, optimizer)
        policy.model.eval()
        if reference is not None:
            reference.model.to(self._accelerator.device)

    def step(self, batch: Sequence[Experience], given: Sequence[Rollout] = ()) -> dict[str, float]:
        """Learns from a batch, and from `given` reference completions where there is a supervised term.

        Returns the metrics of the step; those of the policy are means over the tokens that were learned from. A step
        whose gradient is not finite leaves the weights alone.
        """
        told = [sample for sample in batch if len(sample.rollout.completion_ids)]
        tokens = sum(len(sample.rollout.completion_ids) for sample in told)
        # A sample with no advantage anywhere has no gradient; its tokens still count in the mean.
        useful = told if self._objective.anchored else [sample for sample in told if sample.advantages.any()]
        learned = sum(len(sample.rollout.completion_ids) for sample in useful)
        sums: Counter[str] = Counter()
        for rows in micro_batches([_width(s.rollout) for s in useful], budget=self._settings.micro_batch_tokens):
            sums.update(self._policy_terms([useful[row] for row in rows], step_tokens=tokens))
        if self._objective.supervised_weight > 0 and given:
            sums.update(self._supervised_term(given))
        metrics = {name: value if _of_step(name) else value * tokens / max(learned, 1) for name, value in sums.items()}
        metrics["loss"] = metrics.get("loss", 0.0)
        return {
            **metrics,
            "learned_samples": len(useful),
            "learned_tokens": learned,
            "sampled_entropy": _sampled_entropy(told),
            **self._update(any_gradient=bool(sums)),
        }

    def state(self) -> dict[str, Any]:
        """Optimiser and schedule; the weights are saved by the policy."""
        return {"optimizer": self._optimizer.state_dict(), "steps": self._done}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Puts back what `state` returned."""
        self._optimizer.load_state_dict(state["optimizer"])
        self._done = state["steps"]

    def _policy_terms(self, samples: Sequence[Experience], *, step_tokens: int) -> dict[str, float]:
        objective, rollouts = self._objective, [sample.rollout for sample in samples]
        found = self.policy.logprobs(rollouts, temperature=objective.temperature, entropy=objective.entropy_weight > 0)
        inputs = LossInputs(
            logprobs=found.values,
            generator_logprobs=_padded([rollout.logprobs for rollout in rollouts], found),
            advantages=_padded([sample.advantages for sample in samples], found),
            mask=found.mask,
            step_tokens=step_tokens,
        )
        output = objective.policy_loss(inputs)
        loss, metrics = output.loss, dict(output.metrics)
        if self._reference is not None and objective.kl_weight > 0:
            with torch.no_grad():
                anchor = self._reference.logprobs(rollouts, temperature=objective.temperature).values
            metrics["kl"] = losses.kl_to_reference(inputs, anchor)
            loss = loss + objective.kl_weight * metrics["kl"]
        if found.entropy is not None:
            metrics["entropy"] = inputs.mean(found.entropy)
            loss = loss - objective.entropy_weight * metrics["entropy"]
        self._accelerator.backward(loss)
        return {"loss": float(loss.detach()), **{name: float(value.detach()) for name, value in metrics.items()}}

    def _supervised_term(self, given: Sequence[Rollout]) -> dict[str, float]:
        tokens = sum(len(rollout.completion_ids) for rollout in given)
        total = 0.0
        for rows in micro_batches([_width(rollout) for rollout in given], budget=self._settings.micro_batch_tokens):
            found = self.policy.logprobs([given[row] for row in rows])
            loss = losses.supervised(found.values, found.mask, step_tokens=tokens)
            self._accelerator.backward(self._objective.supervised_weight * loss)
            total += float(loss.detach())
        return {"loss": self._objective.supervised_weight * total, "supervised_loss": total}

    def _update(self, *, any_gradient: bool) -> dict[str, float]:
        rate = self._settings.learning_rate * schedule(self._done, settings=self._settings, steps=self._steps)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        norm = 0.0
        if any_gradient:
            parameters = self.policy.model.parameters()
            norm = float(self._accelerator.clip_grad_norm_(parameters, self._settings.max_grad_norm))
            # The scaler of float16 skips such steps itself, and has to see them to lower its scale.
            if math.isfinite(norm) or self._accelerator.scaler is not None:
                self._optimizer.step()
        self._optimizer.zero_grad()
        self._done += 1
        return {
            "grad_norm": norm,
            "learning_rate": rate,
            "skipped_update": float(not any_gradient or not math.isfinite(norm)),
        }


def micro_batches(lengths: Sequence[int], *, budget: int) -> list[list[int]]:
    """Indices in groups whose padded size, rows times the longest, stays within `budget` tokens; longest first.

    Rows of like length go together. One that exceeds the budget by itself goes alone.
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def schedule(step: int, *, settings: config.Optimizer, steps: int) -> float:
    """The factor of the learning rate at a step counted from 0."""
    if step < settings.warmup_steps:
        return (step + 1) / settings.warmup_steps
    progress = min(1.0, (step - settings.warmup_steps) / max(1, steps - settings.warmup_steps))
    if settings.schedule == "linear":
        return 1.0 - progress
    if settings.schedule == "cosine":
        return 0.5 * (1.0 + math.cos(math.pi * progress))
    return 1.0


def _of_step(metric: str) -> bool:
    """Whether a metric is already one of the whole step, not a mean over the learned tokens."""
    return metric in ("loss", "supervised_loss")


def _width(rollout: Rollout) -> int:
    return len(rollout.prompt_ids) + len(rollout.completion_ids)


def _padded(rows: Sequence[NDArray[np.float32]], like: Logprobs) -> Tensor:
    """[B, T] of ragged rows, 0 on padding."""
    padded = np.zeros(tuple(like.mask.shape), dtype=np.float32)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = row
    return torch.from_numpy(padded).to(like.values.device)


def _sampled_entropy(samples: Sequence[Experience]) -> float:
    """Mean of -log p over the tokens: an unbiased estimate of the generator's entropy, which costs nothing."""
    logprobs = [sample.rollout.logprobs for sample in samples]
    return float(-np.concatenate(logprobs).mean(dtype=np.float64)) if logprobs else 0.0


def _groups(model: torch.nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Parameter groups: vectors (norms, biases) do not decay."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    return [
        {"params": [weight for weight in weights if weight.ndim >= 2], "weight_decay": weight_decay},
        {"params": [weight for weight in weights if weight.ndim < 2], "weight_decay": 0.0},
    ]
