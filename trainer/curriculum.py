"""Which tasks a round takes, and how much of their solutions it gives away: from how the policy has done so far.

A task that every sample solves, or none, teaches nothing: outcomes that are all alike have no advantage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from trainer.sections import Section
from trainer.types import Task


class Plan(Section):
    """How tasks are chosen; the defaults take them all, in turn."""

    sampling: Literal["passes", "uniform", "learnability"] = "passes"
    """"passes" takes every task once before any comes again; "uniform" draws; "learnability" draws in proportion to
    p (1 - p), where p is how often the task is passed (arXiv 2408.15099, section 4)."""
    floor: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Least weight of a task under "learnability", of 1 at most: what the policy makes of a task changes unseen."""
    memory: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Weight of the past against the last round in p."""
    solved: Annotated[int, Field(ge=0)] = 0
    """Rounds in a row in which all samples passed, after which a task rests; 0 never."""
    hopeless: Annotated[int, Field(ge=0)] = 0
    """The same for rounds in which none passed."""
    rest: Annotated[int, Field(ge=1)] = 20
    """Rounds that such a task rests."""
    stages: Annotated[int, Field(ge=0)] = 0
    """Parts in which references are given away: a task begins with all but the last of them written out, and is given
    one less after each round in which enough samples pass, down to none (curriculum of code completion subtasks,
    StepCoder, arXiv 2402.01391, section 3.1). 0 gives nothing away."""
    stage_passed: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of samples that have to pass for that."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.sampling == "passes" and (self.solved or self.hopeless):
            raise ValueError("tasks rest where they are drawn: set curriculum.sampling to uniform or learnability")
        if self.stages == 1:
            raise ValueError("one stage gives nothing away: set curriculum.stages to 0, or to 2 and more")
        return self


@dataclass(frozen=True, slots=True)
class Past:
    """How a policy has done on a task."""

    share: float
    """Share of samples that passed, a moving average over rounds."""
    streak: int = 0
    """Rounds in a row in which all passed; negative: in which none did."""
    last: int = 0
    """Number of the last round that it was in."""
    given: int = 0
    """Parts of the reference that are given away next."""


class Curriculum:
    """The past of all tasks, and the choice that follows from it."""

    def __init__(self, tasks: Sequence[Task], plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self._tasks = tuple(tasks)
        self._past: dict[str, Past] = {}

    def choose(self, count: int, *, round_number: int, seed: int) -> list[Task]:
        """The tasks of a round, as they are put to the policy; depends on the past, `round_number` and `seed` alone.

        Fewer than `count` where tasks are drawn and there are not as many.
        """
        total = len(self._tasks)
        if self.plan.sampling == "passes":
            chosen = order(total, count, round_number=round_number, seed=seed)
        else:
            weights = self.weights(round_number)
            draw = np.random.default_rng((seed, round_number))
            chosen = draw.choice(total, size=min(count, total), replace=False, p=weights / weights.sum()).tolist()
        return [self._put(self._tasks[index]) for index in chosen]

    def weights(self, round_number: int) -> NDArray[np.float64]:
        """[tasks], how likely each is drawn; one that nothing is known of is like one that half the samples pass."""
        plan, pasts = self.plan, [self._past.get(task.id) for task in self._tasks]
        shares = np.array([0.5 if past is None else past.share for past in pasts])
        weights = np.ones_like(shares)
        if plan.sampling == "learnability":
            weights = np.maximum(4 * shares * (1 - shares), plan.floor)
        resting = np.array([past is not None and self._rests(past, round_number) for past in pasts])
        if resting.all():
            return weights
        return np.where(resting, 1e-9, weights)  # drawn where the others do not suffice

    def note(self, results: Iterable[tuple[str, Sequence[bool]]], *, round_number: int) -> None:
        """Takes in what came of a round: of each task, which samples passed; those that nobody could judge left out."""
        for task_id, passed in results:
            if passed:
                self._past[task_id] = self._after(self._past.get(task_id), float(np.mean(passed)), round_number)

    def state(self) -> dict[str, Any]:
        """The past, as plain values."""
        return {task_id: asdict(past) for task_id, past in self._past.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Puts back what `state` returned."""
        self._past = {task_id: Past(**past) for task_id, past in state.items()}

    def figures(self, round_number: int) -> dict[str, float]:
        """For the log: the share of tasks that rest and the mean of the parts given away, where the plan has such."""
        plan, met, figures = self.plan, self._past.values(), {}
        if plan.solved or plan.hopeless:
            figures["resting_tasks"] = sum(self._rests(past, round_number) for past in met) / len(self._tasks)
        if plan.stages:
            begins = (len(self._tasks) - len(met)) * (plan.stages - 1)
            figures["parts_given"] = (begins + sum(past.given for past in met)) / len(self._tasks)
        return figures

    def _after(self, past: Past | None, share: float, round_number: int) -> Past:
        plan = self.plan
        before = past or Past(share, given=max(0, plan.stages - 1))
        direction = (share == 1) - (share == 0)
        return Past(
            share=plan.memory * before.share + (1 - plan.memory) * share,
            streak=direction + (before.streak if direction * before.streak > 0 else 0),
            last=round_number,
            given=max(0, before.given - (share >= plan.stage_passed)),
        )

    def _rests(self, past: Past, round_number: int) -> bool:
        limit = self.plan.solved if past.streak > 0 else self.plan.hopeless
        return 0 < limit <= abs(past.streak) and round_number - past.last <= self.plan.rest

    def _put(self, task: Task) -> Task:
        past = self._past.get(task.id)
        given = max(0, self.plan.stages - 1) if past is None else past.given
        return begun(task, given, self.plan.stages) if given else task


def begun(task: Task, given: int, stages: int) -> Task:
    """A task with the first `given` of `stages` parts of its reference written out, in whole lines, never all of them.

    Where the answer does not continue the prompt, or there is no reference, the task as it is.
    """
    if not task.prefix or task.reference is None:
        return task
    lines = re.findall(r"[^\n]*\n|[^\n]+", task.reference)
    body = sum(bool(line.strip()) for line in lines)
    wanted = min(body * given // stages, body - 1)
    text, met = "", 0
    for line in lines:
        if met >= wanted:
            break
        text += line
        met += bool(line.strip())
    return replace(
        task,
        prompt=task.prompt + text,
        prefix=task.prefix + text,
        reference=task.reference[len(text) :],
    )


def order(tasks: int, count: int, *, round_number: int, seed: int) -> list[int]:
    """The tasks of a round: pass after pass over all of them, each pass in an order of its own."""
    begin = round_number * count
    passes = {place // tasks for place in range(begin, begin + count)}
    shuffled = {turn: np.random.default_rng((seed, turn)).permutation(tasks) for turn in passes}
    return [int(shuffled[place // tasks][place % tasks]) for place in range(begin, begin + count)]
