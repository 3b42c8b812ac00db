"""Stage A: a generator that is taught to write the reference completions of the training tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from trainer import checkpoint, losses, sections
from trainer.policy import Policy
from trainer.prompts import render, taught
from trainer.reranker.settings import Generator
from trainer.step import Learner, Objective
from trainer.types import Rollout, Task

SAVE_EVERY = 20
"""Steps from one checkpoint to the next."""


def supervise(
    tasks: Sequence[Task], settings: Generator, folder: Path, *, device: str, seed: int
) -> Iterator[tuple[int, float]]:
    """Teaches step by step, and yields (step, loss); goes on from the last checkpoint in `folder`, and ends with one.

    Raises:
        ValueError: no task has a reference that fits into the model.
        trainer.nonfinite.NotFinite: the loss is no number; the weights are left alone.
    """
    saved = checkpoint.latest(folder)
    policy = Policy.load(str(saved / checkpoint.MODEL) if saved else settings.model, device=device)
    references = [reference for task in tasks if (reference := _reference(policy, task)) is not None]
    if not references:
        raise ValueError(
            f"none of {len(tasks)} training tasks has a reference completion that fits into the model: set "
            "generator.supervised_steps to 0, or take other tasks"
        )
    learner = Learner(
        policy,
        objective=Objective(losses.bind("reinforce"), supervised_weight=1.0),
        settings=sections.Optimizer(learning_rate=settings.learning_rate),
        steps=settings.supervised_steps,
    )
    done = 0
    if saved is not None:
        state = checkpoint.load(saved)
        learner.restore(state["learner"])
        done = state["step"]
    for step in range(done, settings.supervised_steps):
        rows = _drawn(len(references), settings.batch, seed=seed, step=step)
        found = learner.step([], [references[row] for row in rows])
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == settings.supervised_steps:
            state = {"step": step + 1, "learner": learner.state()}
            checkpoint.save(folder, step + 1, state=state, write_model=policy.save, keep=1)
        yield step + 1, found["loss"]


def _drawn(references: int, batch: int, *, seed: int, step: int) -> list[int]:
    """Places of the references of a step: each comes once before one comes twice, in another order every time."""
    places = range(step * batch, (step + 1) * batch)
    rounds = {place // references for place in places}
    orders = {number: np.random.default_rng((seed, number)).permutation(references) for number in rounds}
    return [int(orders[place // references][place % references]) for place in places]


def _reference(policy: Policy, task: Task) -> Rollout | None:
    answer = taught(task, policy.tokenizer)
    if answer is None:
        return None
    found = policy.teach(render(task, policy.tokenizer), answer, task_id=task.id)
    length = len(found.prompt_ids) + len(found.completion_ids)
    return found if policy.context is None or length <= policy.context else None
