"""verl's reward manager and v1 trainers with the charges on the tokens. Imports torch; see `rewards.adapters.verl`.

The manager sees the sampled ids of a completion, and says in its extra information what the charges put on them. The
trainers add that to the advantages, so that nothing in between has to carry more than verl's own fields.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import transfer_queue
from omegaconf import OmegaConf
from tensordict import TensorDict
from verl import DataProto
from verl.experimental.agent_loop.agent_loop import AgentLoopWorker
from verl.experimental.reward_loop.reward_manager.base import RewardManagerBase
from verl.trainer.ppo.v1 import PPOTrainerColocateAsync, PPOTrainerSeparateAsync, PPOTrainerSync, register_trainer
from verl.workers.utils.padding import response_to_nested

from rewards.adapters.sampled import Charged, Sampled, of_ids
from rewards.adapters.settings import plain, weight_of_charges
from rewards.adapters.verl import SeamMoved, reading, row_of, told
from rewards.tokens import TokenBytes

CHARGES = "spanwise_tokens"
"""The key of the extra information under which `packed` is told."""
PREFIX = "spanwise_"
MODES = tuple(f"{PREFIX}{mode}" for mode in ("sync", "colocate_async", "separate_async"))
"""Names of the trainers, `trainer.v1.trainer_mode`: verl's own, with the charges on the tokens."""
SEQUENCE_LOSSES = ("gspo", "geo_mean")
"""The losses of verl that weigh whole sequences."""
_TURNS = 2
"""A question and its answer."""


class SpanwiseRewardManager(RewardManagerBase):
    """Scores what verl asks for at the same time in one batch.

    Configured by `reward.reward_kwargs.spanwise`, whose keys are those of `rewards.adapters.verl.reading`. Every reward
    worker has scoring processes of its own: one for each node (`reward.num_workers`) is enough.
    """

    def __init__(
        self,
        config: Any,
        tokenizer: Any,
        compute_score: Callable[..., Any] | None = None,
        reward_router_address: str | None = None,
        reward_model_tokenizer: Any = None,
    ) -> None:
        """As verl makes its managers; of the reward function and the reward model that it brings none is used.

        Raises:
            SeamMoved: the installed verl is unlike those that this was tested with.
            ValueError: a setting that is none, or a custom reward function besides.
            rewards.tokens.UnsupportedTokenizer: the tokenizer's pieces do not determine the bytes of the text.
        """
        check_seam(RewardManagerBase, PPOTrainerSync, AgentLoopWorker)
        path = OmegaConf.select(config, "reward.custom_reward_function.path")
        if path is not None:
            raise ValueError(
                f"{type(self).__name__} scores by itself: leave out reward.custom_reward_function ({path!r})"
            )
        super().__init__(config, tokenizer, compute_score)
        self._reading = reading(**plain(OmegaConf.select(config, "reward.reward_kwargs.spanwise") or {}))
        self._bytes = TokenBytes.of(tokenizer)
        self._charges_tokens = OmegaConf.select(config, "trainer.v1.trainer_mode") in MODES
        if self._charges_tokens and not OmegaConf.select(config, "trainer.use_v1", default=True):
            raise ValueError("charges on tokens need verl's v1 trainers: leave trainer.use_v1 on, or use mode sync")

    async def run_single(self, data: DataProto) -> dict[str, Any]:
        """The reward of a trajectory (of several sequences, the last one) and what is logged beside it.

        Raises:
            rewards.adapters.verl.NoVerdict: the harness failed on the completion.
            ValueError: its tests are missing or no test suite, or it has several turns and tokens are to be charged.
        """
        sample = data[-1:][0]
        sampled = self._sampled(sample)
        row = row_of(sample.non_tensor_batch)
        score = await self._reading.score(sampled.text, row, truncated=sampled.truncated)
        logged: dict[str, Any] = dict(told(score))
        if not self._charges_tokens:
            return {"reward_score": score.value, "reward_extra_info": logged}
        return {"reward_score": score.base, "reward_extra_info": logged | {CHARGES: packed(sampled.charged(score))}}

    def _sampled(self, sample: Any) -> Sampled:
        responses = sample.batch["responses"]
        length = int(sample.batch["attention_mask"][-len(responses) :].sum())
        turns = int(sample.non_tensor_batch.get("__num_turns__", _TURNS))
        if self._charges_tokens and turns > _TURNS:
            raise ValueError(f"charges on tokens need completions of one turn, this one has {turns}: use mode sync")
        return of_ids(self._bytes, responses[:length].cpu().numpy(), after=self._reading.after)


def check_seam(manager: type, trainer: type, worker: type) -> None:
    """Refuses a reward manager, a trainer and a worker of agent loops that are not built as the ones that were tested.

    Raises:
        SeamMoved: with what came and what was expected.
    """
    for owner, name, expected in (
        (manager, "run_single", ["self", "data"]),
        (trainer, "_compute_advantage", ["self", "batch", "metrics"]),
    ):
        method = getattr(owner, name, None)
        takes = list(inspect.signature(method).parameters) if method else None
        if takes != expected:
            came = f"takes ({', '.join(takes)})" if takes is not None else "does not exist"
            raise SeamMoved(f"{owner.__name__}.{name} {came}", f"({', '.join(expected)})")
    # Were the extra information kept anywhere else, no token would be charged, without any error.
    if 'extra_fields["reward_extra_info"]' not in inspect.getsource(getattr(worker, "_compute_score", worker)):
        raise SeamMoved(f"{worker.__name__} keeps no reward_extra_info", "it among the extra_fields of a trajectory")


def packed(charged: Charged) -> str:
    """What a score says of tokens, as text that extra information can hold: the number of tokens, [token, amount] of
    those that are charged, and those that the outcome says nothing of."""
    found = {
        "length": len(charged.ids),
        "charges": [[int(token), float(charged.dense[token])] for token in np.flatnonzero(charged.dense)],
        "uncredited": [] if charged.credited is None else np.flatnonzero(~charged.credited).tolist(),
    }
    return json.dumps(found, separators=(",", ":"))


def charged_advantages(
    advantages: torch.Tensor, response_mask: torch.Tensor, texts: Sequence[str | None], *, dense_weight: float = 1.0
) -> torch.Tensor:
    """[B, T] advantages of the outcome where it says anything of a token, plus `dense_weight` times the charges.

    `advantages` and `response_mask` are verl's, [B, T], and `texts` what `packed` made of each row; None charges
    nothing (the rows that verl adds to fill a batch).

    Raises:
        SeamMoved: the texts are of other completions.
    """
    if len(texts) != len(advantages):
        raise SeamMoved(f"{len(texts)} texts for {len(advantages)} rows", "one for each row")
    dense, credited = torch.zeros_like(advantages), torch.ones_like(advantages)
    for row, text in enumerate(texts):
        if text is None:
            continue
        found = json.loads(text)
        length = found["length"]
        if length > advantages.shape[1] or bool(response_mask[row, length:].any()):
            came = int(response_mask[row].sum())
            raise SeamMoved(f"row {row} has {came} tokens, {length} were scored", "the ids that were scored")
        for token, amount in found["charges"]:
            dense[row, token] = amount
        credited[row, found["uncredited"]] = 0.0
    return (advantages * credited + dense_weight * dense) * response_mask


class Charging:
    """What makes a v1 trainer of verl charge the tokens; overrides one method of it."""

    mode = "sync"
    """The name of verl's own trainer."""

    def __init__(self, config: Any) -> None:
        """As verl makes its trainers; `trainer.v1.spanwise.dense_weight` (1 by default) weighs the charges.

        Raises:
            SeamMoved: the installed verl is unlike those that this was tested with.
            ValueError: the manager is another one, the weight is none, or the loss weighs whole sequences.
        """
        check_seam(RewardManagerBase, PPOTrainerSync, AgentLoopWorker)
        self.dense_weight = dense_weight_of(config)
        # verl tells its modes apart by name, and takes every name but "sync" for an asynchronous one.
        super().__init__(OmegaConf.merge(config, {"trainer": {"v1": {"trainer_mode": self.mode}}}))  # type: ignore[call-arg]

    def _compute_advantage(self, batch: Any, metrics: dict[str, Any]) -> Any:
        batch = super()._compute_advantage(batch, metrics)  # type: ignore[misc]
        data = transfer_queue.kv_batch_get(
            keys=batch.keys,
            partition_id=batch.partition_id,
            select_fields=["advantages", "response_mask", "extra_fields"],
        )
        # A list, or a stack of wrapped values: that depends on where the queue keeps them.
        extras = [getattr(extra, "data", extra) for extra in list(data.pop("extra_fields"))]
        told = [
            None if tag.get("is_padding", False) else extra.get("reward_extra_info", {})
            for tag, extra in zip(batch.tags, extras, strict=True)
        ]
        nested = data["response_mask"]
        whole = data.to_padded_tensor()
        texts = [None if row is None else text_of(row) for row in told]
        advantages = charged_advantages(
            whole["advantages"], whole["response_mask"], texts, dense_weight=self.dense_weight
        )
        metrics.update(summary([row for row in told if row is not None]))
        fields = TensorDict({"advantages": response_to_nested(advantages, nested)}, batch_size=len(batch))
        return transfer_queue.kv_batch_put(keys=batch.keys, partition_id=batch.partition_id, fields=fields)


def dense_weight_of(config: Any) -> float:
    """The weight of the charges, after a look at the settings under which they mean something.

    Raises:
        ValueError: with the setting and what to set instead.
    """
    manager, needed = OmegaConf.select(config, "reward.reward_manager.name"), SpanwiseRewardManager.__name__
    if manager != needed:
        raise ValueError(f"trainers that charge tokens need reward.reward_manager.name={needed}, got {manager!r}")
    loss = OmegaConf.select(config, "actor_rollout_ref.actor.policy_loss.loss_mode", default="vanilla")
    if loss in SEQUENCE_LOSSES:
        raise ValueError(f"policy_loss.loss_mode {loss!r} weighs whole sequences, charges lie on tokens: use another")
    weight = OmegaConf.select(config, "trainer.v1.spanwise.dense_weight", default=1.0)
    return weight_of_charges(weight, "trainer.v1.spanwise.dense_weight")


def text_of(extra: Mapping[str, Any]) -> str:
    """What the manager told of the tokens of a row.

    Raises:
        SeamMoved: it is not there.
    """
    if CHARGES not in extra:
        raise SeamMoved(
            f"a trajectory without {CHARGES} in its reward_extra_info ({sorted(extra)})", "it in all of them"
        )
    return str(extra[CHARGES])


def summary(told: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Metrics of a batch from the extra information of its rows."""
    if not told:
        return {}
    outcomes = [str(row["spanwise_outcome"]) for row in told]
    tokens = [json.loads(text_of(row)) for row in told]
    found = {
        f"spanwise/{name}": math.fsum(float(row[key]) for row in told) / len(told)
        for name, key in (("value", "score"), ("base", "spanwise_base"), ("charges", "spanwise_charges"))
    }
    found |= {f"spanwise/outcome/{name}": outcomes.count(name) / len(told) for name in sorted(set(outcomes)) if name}
    length = sum(row["length"] for row in tokens)
    return found | {"spanwise/charged_tokens": sum(len(row["charges"]) for row in tokens) / max(length, 1)}


@register_trainer(MODES[0])
class SpanTrainerSync(Charging, PPOTrainerSync):
    """verl's `sync`, with the charges on the tokens."""


@register_trainer(MODES[1])
class SpanTrainerColocateAsync(Charging, PPOTrainerColocateAsync):
    """verl's `colocate_async`, with the charges on the tokens."""

    mode = "colocate_async"


@register_trainer(MODES[2])
class SpanTrainerSeparateAsync(Charging, PPOTrainerSeparateAsync):
    """verl's `separate_async`, with the charges on the tokens."""

    mode = "separate_async"
