"""What `benchmarks/training.py` compares is the same work."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.learners import Job, advantages, bare_loss, reward_of, settings_of
from trainer import losses, weights
from trainer.policy import Policy
from trainer.step import Learner, Objective
from trainer.types import Experience, Sampling


def test_rewards_are_of_the_text_alone_and_one_in_so_many_is_paid() -> None:
    texts = [f"return {number}" for number in range(400)]
    assert [reward_of(text, 1) for text in texts] == [reward_of(text, 1) for text in texts]
    assert len({reward_of(text, 1) for text in texts}) > 300
    assert 0.05 < np.mean([reward_of(text, 10) for text in texts]) < 0.2


def test_advantages_are_normalised_within_groups() -> None:
    # Mean 2, standard deviation sqrt(2) of two samples: (1 - 2) / 1.4143.
    found = advantages([1.0, 3.0, 5.0, 5.0], Job(prompts=2, samples=2))
    torch.testing.assert_close(found[:, 0], torch.tensor([-0.70706, 0.70706, 0.0, 0.0]), atol=1e-4, rtol=0)


def test_the_bare_loop_and_the_trainer_have_one_loss_and_one_gradient() -> None:
    torch.set_num_threads(1)
    model, tokenizer = weights.load("tiny")
    policy = Policy(model, tokenizer)
    job = Job(prompts=2, samples=3, limit=12, micro_batch_tokens=64)
    groups = policy.generate(["def f(xs):", "def a_longer_name(x):"], samples=3, sampling=Sampling(1, 1, 12), seed=0)
    rollouts = [rollout for group in groups for rollout in group]
    advantage = advantages([reward_of(rollout.completion, 1) for rollout in rollouts], job)

    width, length = (max(len(ids) for ids in column) for column in zip(*_ids(rollouts), strict=True))
    ids, seen = torch.zeros(6, width + length, dtype=torch.long), torch.zeros(6, width + length, dtype=torch.long)
    for row, (prompt, written) in enumerate(_ids(rollouts)):
        for place, part in ((width - len(prompt), prompt), (width, written)):
            ids[row, place : place + len(part)] = torch.from_numpy(part)
            seen[row, place : place + len(part)] = 1
    loss = bare_loss(model, ids, seen, seen[:, width:].bool(), advantage)
    torch.autograd.backward(loss)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), float("inf"))
    model.zero_grad()

    settings = settings_of(job)
    objective = Objective(losses.bind(settings.loss.name, **settings.loss.options))
    learner = Learner(policy, objective=objective, settings=settings.optimizer, steps=1)
    told = [
        Experience(rollout, np.full(len(rollout.completion_ids), float(each), np.float32))
        for rollout, each in zip(rollouts, advantage, strict=True)
    ]
    found = learner.step(told)
    assert found["loss"] == pytest.approx(float(loss.detach()), abs=1e-5)
    assert found["grad_norm"] == pytest.approx(float(norm), rel=1e-3)


def _ids(rollouts: list) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(rollout.prompt_ids, rollout.completion_ids) for rollout in rollouts]
