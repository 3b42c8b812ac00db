"""A critic and a mender from the policy's own rollouts on training tasks, whose tests may all be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewards.stream import Scores
from rewards.types import Outcome
from trainer import losses, sections
from trainer.critic_sampling import fault
from trainer.critic_sampling.critic import BUDGET, Critic
from trainer.outcomes import CLASSES, PASSED, class_of
from trainer.policy import Policy
from trainer.prompts import render, taught
from trainer.rollout import collect
from trainer.step import Learner, Objective
from trainer.types import Experience, Rollout, Sampling, Task

HELD_OUT = 10
"""One task in so many is kept aside, to see what a critic is worth."""
OnStep = Callable[[int, int], None]
"""Called with the optimiser steps that are done and that there are."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A program of the policy, and what became of it."""

    task_id: str
    completion_ids: tuple[int, ...]
    outcome: Outcome
    note: str = ""
    """What is wrong with it (`trainer.critic_sampling.fault`); empty where it passes."""

    def to_json(self) -> dict[str, Any]:
        """A mapping of plain values."""
        return {"task_id": self.task_id, "ids": self.completion_ids, "outcome": self.outcome.value, "note": self.note}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Labelled:
        """The record that `to_json` wrote."""
        return cls(value["task_id"], tuple(value["ids"]), Outcome(value["outcome"]), value["note"])


@dataclass(frozen=True, slots=True)
class Schooling:
    """How critic and mender learn."""

    epochs: int = 3
    batch: int = 32
    """Programs of an optimiser step."""
    critic_rate: float = 1e-3
    mender_rate: float = 5e-4
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Worth:
    """What a critic is worth on tasks that it has not seen."""

    programs: int
    accuracy: float
    """The share of programs whose outcome it tells rightly."""
    commonest: float
    """The share that always saying the commonest outcome would get."""


def labelled(
    policy: Policy, tasks: Sequence[Task], scorer: Scores, *, samples: int, sampling: Sampling, seed: int
) -> list[list[Labelled]]:
    """Programs that the policy samples of each task, with what all tests say; unless nobody could judge them."""
    drawn = collect(policy, tasks, scorer, samples=samples, sampling=sampling, seed=seed, step=0)
    return [
        [
            Labelled(
                scored.rollout.task_id,
                tuple(scored.rollout.completion_ids.tolist()),
                outcome,
                "" if outcome is Outcome.PASS else fault.note(scored.score),
            )
            for scored in group
            if (outcome := scored.score.outcome) is not None and outcome is not Outcome.INFRASTRUCTURE
        ]
        for group in drawn.groups
    ]


def taught_critic(
    policy: Policy, tasks: Sequence[Task], programs: Sequence[Labelled], *, schooling: Schooling, on_step: OnStep
) -> tuple[Critic, Worth | None]:
    """A critic of the policy's states, which stay as they are, and what it is worth; references count as passed."""
    kept = {task.id for place, task in enumerate(tasks) if place % HELD_OUT != HELD_OUT - 1}
    known = {task.id: task for task in tasks}
    examples = [
        *(_read(policy, known[each.task_id], each) for each in programs if each.task_id in kept),
        *(_reference(policy, task) for task in tasks if task.id in kept),
    ]
    seen = [example for example in examples if example is not None]
    policy.model.requires_grad_(False)
    learner = Learner(
        policy,
        objective=Objective(
            losses.bind("reinforce"),
            critic=sections.Critic(weight=1.0, predicts="outcome", learning_rate=schooling.critic_rate),
        ),
        settings=sections.Optimizer(learning_rate=schooling.critic_rate, micro_batch_tokens=BUDGET),
        steps=_steps(len(seen), schooling),
    )
    for done, rows in enumerate(_batches(len(seen), schooling), 1):
        learner.step([seen[row] for row in rows])
        on_step(done, _steps(len(seen), schooling))
    assert learner.critics.outcomes is not None
    critic = Critic(policy, learner.critics.outcomes)
    unseen = [_read(policy, known[each.task_id], each) for each in programs if each.task_id not in kept]
    return critic, _worth(critic, [example for example in unseen if example is not None])


def taught_mender(
    policy: Policy, tasks: Sequence[Task], programs: Sequence[Labelled], *, schooling: Schooling, on_step: OnStep
) -> int:
    """Teaches a policy to write the reference where it is told of a failing program (eq. 13); returns how many.

    Pairs that the model could not see whole are left out.
    """
    known = {task.id: task for task in tasks}
    pairs = [pair for each in programs if (pair := _pair(policy, known[each.task_id], each)) is not None]
    learner = Learner(
        policy,
        objective=Objective(losses.bind("reinforce"), supervised_weight=1.0),
        settings=sections.Optimizer(learning_rate=schooling.mender_rate, micro_batch_tokens=BUDGET),
        steps=_steps(len(pairs), schooling),
    )
    for done, rows in enumerate(_batches(len(pairs), schooling), 1):
        learner.step([], [pairs[row] for row in rows])
        on_step(done, _steps(len(pairs), schooling))
    return len(pairs)


def _read(policy: Policy, task: Task, program: Labelled) -> Experience | None:
    """What a critic learns of a program; None where there is nothing to read."""
    ids = np.array(program.completion_ids, dtype=np.int64)
    if not len(ids):
        return None
    zeros = np.zeros(len(ids), dtype=np.float32)
    rollout = Rollout(task.id, policy.encode(render(task, policy.tokenizer)), ids, zeros, "", False)
    return Experience(rollout, zeros, outcome=class_of(program.outcome))


def _reference(policy: Policy, task: Task) -> Experience | None:
    answer = taught(task, policy.tokenizer)
    if answer is None:
        return None
    rollout = policy.teach(render(task, policy.tokenizer), answer, task_id=task.id)
    return Experience(rollout, np.zeros_like(rollout.logprobs), outcome=PASSED)


def _pair(policy: Policy, task: Task, program: Labelled) -> Rollout | None:
    """The reference as the answer to a failing program."""
    answer = taught(task, policy.tokenizer)
    if answer is None or not program.note:
        return None
    pair = policy.teach(render(task, policy.tokenizer, note=program.note), answer, task_id=task.id)
    length = len(pair.prompt_ids) + len(pair.completion_ids)
    return pair if policy.context is None or length <= policy.context else None


def _worth(critic: Critic, unseen: Sequence[Experience]) -> Worth | None:
    labels = [example.outcome for example in unseen if example.outcome is not None]
    if not labels:
        return None
    commonest = max(labels.count(place) for place in range(len(CLASSES))) / len(labels)
    return Worth(len(labels), critic.right([example.rollout for example in unseen], labels), commonest)


def _steps(examples: int, schooling: Schooling) -> int:
    return schooling.epochs * -(-examples // schooling.batch)


def _batches(examples: int, schooling: Schooling) -> Iterator[list[int]]:
    """Places of examples, in another order in each epoch."""
    for epoch in range(schooling.epochs):
        order = np.random.default_rng((schooling.seed, epoch)).permutation(examples).tolist()
        for begin in range(0, examples, schooling.batch):
            yield order[begin : begin + schooling.batch]
