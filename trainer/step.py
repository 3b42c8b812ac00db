"""One optimiser step: micro-batches by token budget, the loss, clipping, AdamW.

The loss of a step is one mean over all completion tokens of the step, however it is cut into micro-batches: each of
them divides by the count of the whole step, and the gradients add up.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor

from trainer import critics, losses, nonfinite, ragged, sections, shards
from trainer.losses import LossInputs, LossOutput
from trainer.packing import micro_batches, size_of, spread
from trainer.policy import Logprobs, Policy
from trainer.ranks import Ranks
from trainer.types import Beliefs, Experience, Rollout


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised: a policy loss, and the terms that keep the policy in place."""

    policy_loss: Callable[[LossInputs], LossOutput]
    kl_weight: float = 0.0
    kl_place: Literal["loss", "reward"] = "loss"
    kl_estimator: str = "k3"
    entropy_weight: float = 0.0
    supervised_weight: float = 0.0
    importance_cap: float = 0.0
    """Cap of the weight that corrects for a generator with other probabilities; 0 is no correction."""
    critic: sections.Critic = field(default_factory=sections.Critic)
    temperature: float = 1.0
    """Temperature of sampling; the learner's log-probs must be those of the same distribution."""
    token_limit: int = 1
    """Longest completion that sampling allows."""

    @property
    def kl_in_loss(self) -> bool:
        """Whether the KL term is part of the loss."""
        return self.kl_weight > 0 and self.kl_place == "loss"

    @property
    def kl_in_reward(self) -> bool:
        """Whether the KL penalty is part of the reward."""
        return self.kl_weight > 0 and self.kl_place == "reward"

    @property
    def anchored(self) -> bool:
        """Whether a token without advantage has a gradient all the same."""
        return self.kl_in_loss or self.entropy_weight > 0 or self.critic.weight > 0


class Learner:
    """The policy in the hands of its optimiser."""

    def __init__(
        self,
        policy: Policy,
        *,
        objective: Objective,
        settings: sections.Optimizer,
        steps: int,
        accelerator: Accelerator | None = None,
        reference: Policy | None = None,
        ranks: Ranks | None = None,
    ) -> None:
        """`steps` is the length of the schedule; `reference` the frozen policy of the KL term.

        Raises:
            ValueError: a KL term without a reference, or processes with different weights.
        """
        if objective.kl_weight > 0 and reference is None:
            raise ValueError("a KL term needs a reference policy, got None")
        self._accelerator = accelerator or Accelerator(cpu=True)
        self._ranks = ranks or Ranks()
        self.policy = policy
        self._sharded = self._spread()
        self._objective = objective
        self._settings = settings
        self._steps = steps
        self._done = 0
        self._reference = reference
        self.critics = critics.Critics(policy, objective.critic)
        groups = weight_groups(policy.model, settings.weight_decay)
        self._peaks = [settings.learning_rate] * len(groups)
        for head in self.critics.heads.values():
            groups.append({"params": list(head.parameters()), "weight_decay": 0.0})
            self._peaks.append(objective.critic.learning_rate)
        # Fused, it takes an eighth of the time; shards are not sure to have such a kernel.
        optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas, fused=not self._sharded)
        self._optimizer = self._accelerator.prepare_optimizer(optimizer)
        if reference is not None:
            reference.model.to(self._accelerator.device)

    def step(self, batch: Sequence[Experience], given: Sequence[Rollout] = ()) -> dict[str, float]:
        """Learns from a batch, and from `given` reference completions where there is a supervised term.

        Every process is given the whole batch and computes its share of it. Counts are those of the batch and gradients
        add up, so that what is learned does not depend on how many processes there are.

        Returns the metrics of the step; those of the policy are means over the tokens that were learned from. A step
        whose gradient is not finite leaves the weights alone.

        Raises:
            trainer.nonfinite.NotFinite: a term of the loss is no number; the weights are left alone.
        """
        told = [sample for sample in batch if len(sample.rollout.completion_ids)]
        tokens = sum(len(sample.rollout.completion_ids) for sample in told)
        # A sample with no advantage anywhere has no gradient; its tokens still count in the mean.
        useful = told if self._objective.anchored else [sample for sample in told if sample.advantages.any()]
        learned = sum(len(sample.rollout.completion_ids) for sample in useful)

        def mine() -> Counter[str]:
            sums: Counter[str] = Counter()
            for rows in self._passes([sample.rollout for sample in useful]):
                chosen = [useful[row] for row in rows]
                sums.update(self._policy_terms(chosen, step_tokens=tokens, step_sequences=len(told)))
            if self._objective.supervised_weight > 0 and given and not self._critic_leads:
                sums.update(self._supervised_term(given))
            return sums

        sums = self._summed(mine)
        metrics = {name: value if _of_step(name) else value * tokens / max(learned, 1) for name, value in sums.items()}
        metrics["loss"] = metrics.get("loss", 0.0)
        return {
            **metrics,
            "learned_samples": len(useful),
            "learned_tokens": learned,
            "sampled_entropy": _sampled_entropy(told),
            **_sampled_kl(told),
            **self._update(any_gradient=bool(sums)),
        }

    @torch.no_grad()
    def believe(self, rollouts: Sequence[Rollout], *, record_logprobs: bool = False) -> list[Beliefs]:
        """What the learner thinks of fresh rollouts, before it learns from them; nothing where nothing needs it.

        `record_logprobs` keeps its log-probs, for samples that it will learn from after the weights have changed.
        """
        found = [Beliefs()] * len(rollouts)
        record = record_logprobs and self._objective.importance_cap > 0
        if not (record or self.critics.value is not None or self._objective.kl_in_reward):
            return found
        written = [index for index, rollout in enumerate(rollouts) if len(rollout.completion_ids)]
        for rows in self._micro_batches([rollouts[index] for index in written]):
            chosen = [written[row] for row in rows]
            for index, beliefs in zip(
                chosen, self._beliefs([rollouts[index] for index in chosen], record), strict=True
            ):
                found[index] = beliefs
        return found

    def whole(self) -> AbstractContextManager[None]:
        """Inside, this process may sample with the policy by itself; all processes enter it together."""
        return shards.whole(self.policy.model) if self._sharded else nullcontext()

    def weights(self) -> dict[str, Tensor] | None:
        """The weights of the policy where they must be gathered to be saved; all processes call it together."""
        return shards.weights(self.policy.model, keep=self._ranks.first) if self._sharded else None

    def state(self) -> dict[str, Any]:
        """Optimiser, schedule and critic; the weights are saved by the policy. All processes call it together."""
        optimizer = self._optimizer.state_dict()
        if self._sharded:
            optimizer = shards.optimizer_state(optimizer, keep=self._ranks.first)
        return {"optimizer": optimizer, "steps": self._done, **self.critics.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Puts back what `state` returned, perhaps with another number of processes.

        Raises:
            ValueError: it is that of another model.
        """
        groups = self._optimizer.param_groups
        self._optimizer.load_state_dict(shards.placed(state["optimizer"], groups))
        for weight in (weight for group in groups for weight in group["params"]):
            moment = self._optimizer.state.get(weight, {}).get("exp_avg", weight)
            if moment.shape != weight.shape:
                raise ValueError(f"a moment has the shape {tuple(moment.shape)}, its weight {tuple(weight.shape)}")
        self._done = state["steps"]
        self.critics.restore(state)

    def _spread(self) -> bool:
        """Puts the weights where they are learned; returns whether that is in shards."""
        if self._ranks.count > 1 and shards.wanted():
            _ = self.policy.head_is_last  # found by passes through the model, of which there must be as many everywhere
            shards.shard(self.policy.model, mixed_precision=self._accelerator.mixed_precision)
            return True
        # Without its wrapper: gradients are summed here, since processes differ in how many passes they make.
        self.policy.model = self._accelerator.prepare_model(self.policy.model, evaluation_mode=True).eval()
        if self._ranks.count > 1:
            self._ranks.agree([_mark(weight) for weight in self.policy.model.parameters()], "weights")
        return False

    def _beliefs(self, rollouts: Sequence[Rollout], record: bool) -> list[Beliefs]:
        objective = self._objective
        found = self.policy.logprobs(rollouts, temperature=objective.temperature, hidden=self.critics.value is not None)
        kl = None
        if self._reference is not None and objective.kl_in_reward:
            reference = self._reference.logprobs(rollouts, temperature=objective.temperature).values
            kl = losses.kl_estimate(found.values - reference, objective.kl_estimator)
        tables = (found.values if record else None, kl, self.critics.values(found))
        lengths = [len(rollout.completion_ids) for rollout in rollouts]
        columns = [[None] * len(rollouts) if each is None else ragged.unpadded(each, lengths) for each in tables]
        return [Beliefs(*row) for row in zip(*columns, strict=True)]

    def _policy_terms(
        self, samples: Sequence[Experience], *, step_tokens: int, step_sequences: int
    ) -> dict[str, float]:
        objective, rollouts = self._objective, [sample.rollout for sample in samples]
        found = self.policy.logprobs(
            rollouts,
            temperature=objective.temperature,
            entropy=objective.entropy_weight > 0,
            hidden=objective.critic.weight > 0,
        )
        inputs = LossInputs(
            logprobs=found.values,
            generator_logprobs=ragged.padded([rollout.logprobs for rollout in rollouts], found.values),
            advantages=ragged.padded([sample.advantages for sample in samples], found.values),
            mask=found.mask,
            step_tokens=step_tokens,
            step_sequences=step_sequences,
            token_limit=objective.token_limit,
            old_logprobs=ragged.known([sample.beliefs.logprobs for sample in samples], found.values),
        )
        metrics: dict[str, Tensor] = {}
        if objective.importance_cap > 0:
            inputs, metrics = losses.importance_truncated(inputs, cap=objective.importance_cap)
        if (foretold := self.critics.foretold(found, samples)) is not None:
            inputs = replace(inputs, advantages=inputs.advantages * foretold)
        output = objective.policy_loss(inputs)
        metrics.update(output.metrics)
        held = 0.0 if self._critic_leads else 1.0
        loss = held * output.loss
        for name, weight, term in self._other_terms(inputs, found, samples):
            metrics[name] = term
            loss = loss + (weight if name in critics.LOSSES else held * weight) * term
        nonfinite.check(loss, {"policy_loss": output.loss, **metrics}, samples, found.values)
        self._accelerator.backward(loss)
        return {"loss": float(loss.detach()), **{name: float(value.detach()) for name, value in metrics.items()}}

    def _other_terms(
        self, inputs: LossInputs, found: Logprobs, samples: Sequence[Experience]
    ) -> Iterator[tuple[str, float, Tensor]]:
        """Name, weight and value of each term beside the policy loss."""
        objective = self._objective
        if self._reference is not None and objective.kl_in_loss:
            with torch.no_grad():
                rollouts = [sample.rollout for sample in samples]
                anchor = self._reference.logprobs(rollouts, temperature=objective.temperature).values
            yield "kl", objective.kl_weight, losses.kl_to_reference(inputs, anchor, estimator=objective.kl_estimator)
        if found.entropy is not None:
            yield "entropy", -objective.entropy_weight, inputs.mean(found.entropy)
        yield from self.critics.terms(inputs, found, samples)

    @property
    def _critic_leads(self) -> bool:
        """Whether the critic alone learns for now."""
        return self._done < self._objective.critic.lead_steps

    def _passes(self, rollouts: Sequence[Rollout]) -> Iterator[list[int]]:
        """The micro-batches of this process: its share of the rollouts of a step."""
        sizes = [size_of(rollout) for rollout in rollouts]
        parts = spread(sizes, self._ranks.count, shared=self.policy.shares_prompts)
        batches = [self._micro_batches([rollouts[row] for row in part]) for part in parts]
        mine = parts[self._ranks.number]
        for rows in batches[self._ranks.number]:
            yield [mine[row] for row in rows]
        if self._sharded:  # whoever has fewer passes through the weights has to take part in those of the others
            for _ in range(max(map(len, batches)) - len(batches[self._ranks.number])):
                idle = self.policy.logprobs([min(rollouts, key=_width)])
                self._accelerator.backward(0.0 * idle.values.sum())

    def _summed(self, compute: Callable[[], Counter[str]]) -> Counter[str]:
        """The sums that all processes compute, and the sums of their gradients, too."""
        if self._sharded:  # a conversation by itself, and who fails in it ends for all to notice
            found = compute()
            parts = self._ranks.gather(lambda: found)
        else:
            parts = self._ranks.gather(compute)
        gradients = self.critics.parameters()
        learned = [weight for weight in self.policy.model.parameters() if weight.requires_grad]
        self._ranks.add_up(gradients if self._sharded else gradients + learned)
        if self._sharded:  # whose gradients come as means over the processes
            for weight in learned:
                if weight.grad is not None:
                    weight.grad.mul_(self._ranks.count)
        together: Counter[str] = Counter()
        for part in parts:
            together.update(part)
        return together

    def _micro_batches(self, rollouts: Sequence[Rollout]) -> list[list[int]]:
        return micro_batches(
            [size_of(rollout) for rollout in rollouts],
            budget=self._settings.micro_batch_tokens,
            shared=self.policy.shares_prompts,
        )

    def _supervised_term(self, given: Sequence[Rollout]) -> dict[str, float]:
        tokens = sum(len(rollout.completion_ids) for rollout in given)
        total = 0.0
        for rows in self._passes(given):
            found = self.policy.logprobs([given[row] for row in rows], hidden=self.critics.outcomes is not None)
            loss = losses.supervised(found.values, found.mask, step_tokens=tokens)
            nonfinite.check(loss, {"supervised_loss": loss}, [given[row] for row in rows], found.values)
            whole = self._objective.supervised_weight * loss
            self._accelerator.backward(whole + self.critics.of_references(found, count=len(given)))
            total += float(loss.detach())
        return {"loss": self._objective.supervised_weight * total, "supervised_loss": total}

    def _update(self, *, any_gradient: bool) -> dict[str, float]:
        factor = schedule(self._done, settings=self._settings, steps=self._steps)
        for group, peak in zip(self._optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * factor
        norm, finite = 0.0, True
        if any_gradient:
            limit = self._settings.max_grad_norm
            norm = float(shards.full(self._accelerator.clip_grad_norm_(self.policy.model.parameters(), limit)))
            finite = math.isfinite(norm)
            for head in self.critics.heads.values():
                # By itself: the surprise of a new critic must not scale the policy's gradient down.
                finite &= math.isfinite(float(torch.nn.utils.clip_grad_norm_(head.parameters(), limit)))
            # The scaler of float16 skips such steps itself, and has to see them to lower its scale.
            if finite or self._accelerator.scaler is not None:
                self._optimizer.step()
        self._optimizer.zero_grad()
        self._done += 1
        return {
            "grad_norm": norm,
            "learning_rate": self._settings.learning_rate * factor,
            "skipped_update": float(not any_gradient or not finite),
        }


def schedule(step: int, *, settings: sections.Optimizer, steps: int) -> float:
    """The factor of the learning rate at a step counted from 0."""
    if step < settings.warmup_steps:
        return (step + 1) / settings.warmup_steps
    progress = min(1.0, (step - settings.warmup_steps) / max(1, steps - settings.warmup_steps))
    if settings.schedule == "linear":
        return 1.0 - progress
    if settings.schedule == "cosine":
        return 0.5 * (1.0 + math.cos(math.pi * progress))
    return 1.0


def weight_groups(model: torch.nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """What AdamW is given of a model: vectors (norms, biases) do not decay."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    return [
        {"params": [weight for weight in weights if weight.ndim >= 2], "weight_decay": weight_decay},
        {"params": [weight for weight in weights if weight.ndim < 2], "weight_decay": 0.0},
    ]


def _of_step(metric: str) -> bool:
    """Whether a metric is already one of the whole step, not a mean over the learned tokens."""
    return metric in ("loss", "supervised_loss")


def _mark(weight: Tensor) -> int:
    """A number that the same weights have on any device, for whole numbers add up exactly, and others hardly have."""
    whole = {2: torch.int16, 4: torch.int32, 8: torch.int64}[weight.element_size()]
    return int(weight.detach().contiguous().view(whole).sum())


def _width(rollout: Rollout) -> int:
    return len(rollout.prompt_ids) + len(rollout.completion_ids)


def _sampled_entropy(samples: Sequence[Experience]) -> float:
    """Mean of -log p over the tokens: an unbiased estimate of the generator's entropy, which costs nothing."""
    logprobs = [sample.rollout.logprobs for sample in samples]
    return float(-np.concatenate(logprobs).mean(dtype=np.float64)) if logprobs else 0.0


def _sampled_kl(samples: Sequence[Experience]) -> dict[str, float]:
    """Mean KL to the reference over the tokens, as far as it was taken off their reward."""
    known = [sample.beliefs.kl for sample in samples if sample.beliefs.kl is not None]
    return {"kl": float(np.concatenate(known).mean(dtype=np.float64))} if known else {}
