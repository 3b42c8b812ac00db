"""How probable candidates are under a model, which need not be the one that wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from rewards.reranking.pools import Pool
from trainer.packing import micro_batches, size_of
from trainer.policy import Policy
from trainer.prompts import render
from trainer.types import Rollout, Task

BUDGET = 4096
"""Tokens, prompts and padding included, that go through the model at a time."""


def rated(pool: Pool, task: Task, policy: Policy, *, budget: int = BUDGET) -> Pool:
    """The pool with the mean log-prob of a token of each candidate, in nats, after the prompt as the model is given it.

    An end token is not counted: candidates that were cut have none. None is known of an empty candidate, and of one
    that does not fit into what the model can see. Equal candidates are computed once.
    """
    prompt = policy.encode(render(task, policy.tokenizer))
    found: dict[str, float | None] = {}
    rollouts = []
    for text in dict.fromkeys(each.completion for each in pool.candidates):
        ids = np.asarray(policy.codec.written(text), dtype=np.int64)
        found[text] = None
        if len(ids) and len(prompt) + len(ids) <= (policy.context or np.inf):
            rollouts.append(Rollout(task.id, prompt, ids, np.zeros(len(ids), dtype=np.float32), text, truncated=False))
    sizes = [size_of(rollout) for rollout in rollouts]
    for rows in micro_batches(sizes, budget=budget, shared=policy.shares_prompts):
        some = [rollouts[row] for row in rows]
        found |= zip((rollout.completion for rollout in some), _means(policy, some), strict=True)
    candidates = tuple(replace(each, logprob=found[each.completion]) for each in pool.candidates)
    return replace(pool, candidates=candidates)


@torch.no_grad()
def _means(policy: Policy, rollouts: Sequence[Rollout]) -> list[float]:
    told = policy.logprobs(rollouts)
    sums = told.values.float().masked_fill(~told.mask, 0.0).sum(1)
    means: list[float] = (sums / told.mask.sum(1)).tolist()
    return means
