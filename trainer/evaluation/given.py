"""Scores samples that were made elsewhere, in the order in which they come, a bounded number at a time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from itertools import islice
from typing import TYPE_CHECKING

from analyzers.types import Outcome
from trainer import shown
from trainer.evaluation.graded import Graded, detail, judgement
from trainer.evaluation.samples import Given
from trainer.items import item
from trainer.tasks.files import Excluded, fault
from trainer.types import Task

if TYPE_CHECKING:
    from rewards import Scorer
    from rewards.types import Score

AHEAD = 256
"""Samples in memory at most."""

OnScore = Callable[[Graded, "Score"], None]
_Waiting = tuple[Given, Task, int, "Future[Score]", "Future[Score] | None"]
"""A sample that is being scored, on all tests and on those that are shown and have to be run by themselves."""


def grade(
    samples: Iterable[Given | Excluded],
    tasks: Mapping[str, Task],
    scorer: Scorer,
    *,
    unfit: Mapping[str, str] | None = None,
    shard: tuple[int, int] = (1, 1),
    skip: int = 0,
    on_score: OnScore | None = None,
) -> Iterator[Graded | Excluded]:
    """What comes of each sample, in their order: a verdict, or why there is none.

    `unfit` says of tasks, by id, why nothing can be judged by their tests. Of a `shard` (i, n) it is every n-th sample
    from the i-th on; the first `skip` of those are left out.
    """
    waiting: deque[_Waiting | Excluded] = deque()
    part = islice(with_tasks(samples, tasks, unfit or {}), shard[0] - 1, None, shard[1])
    for placed in islice(part, skip, None):
        if isinstance(placed, Excluded):
            waiting.append(placed)
        else:
            given, task, index = placed
            program = item(task, given.text, raw=True, whole=given.whole, holdout=False)
            waiting.append((given, task, index, scorer.submit(program), shown.submit(scorer, task, program)))
        while waiting and (len(waiting) > AHEAD or _ready(waiting[0])):
            yield _graded(waiting.popleft(), on_score)
    while waiting:
        yield _graded(waiting.popleft(), on_score)


def with_tasks(
    samples: Iterable[Given | Excluded], tasks: Mapping[str, Task], unfit: Mapping[str, str]
) -> Iterator[tuple[Given, Task, int] | Excluded]:
    """Samples with their task and their number among its samples; what has no task that can judge it is `Excluded`."""
    by_lower = {name.lower(): task for name, task in tasks.items()}  # EvalPlus writes Mbpp/2
    seen = Counter[str]()
    for given in samples:
        if isinstance(given, Excluded):
            yield given
            continue
        task = given.task or tasks.get(given.task_id) or by_lower.get(given.task_id.lower())
        if task is None:
            yield Excluded(given.where, f"no such task: {given.task_id!r} is not in the task set", given.task_id)
        elif why := fault(task.tests):
            yield Excluded(given.where, why, task.id)
        elif task.id in unfit:
            yield Excluded(given.where, unfit[task.id], task.id)
        else:
            yield given, task, seen[task.id]
            seen[task.id] += 1


def references(tasks: Sequence[Task], scorer: Scorer) -> Iterator[tuple[Task, str]]:
    """Tasks, and why their tests are of no use: the reference does not pass them. Empty where it does, where there is
    none, or where it could not be judged."""
    waiting: deque[tuple[Task, Future[Score] | None]] = deque()
    for task in tasks:
        future = None
        if task.reference is not None:
            future = scorer.submit(item(task, task.reference, raw=True, holdout=False))
        waiting.append((task, future))
        if len(waiting) > AHEAD:
            yield _checked(*waiting.popleft())
    while waiting:
        yield _checked(*waiting.popleft())


def _ready(entry: _Waiting | Excluded) -> bool:
    return isinstance(entry, Excluded) or entry[3].done()


def _graded(entry: _Waiting | Excluded, on_score: OnScore | None) -> Graded | Excluded:
    if isinstance(entry, Excluded):
        return entry
    given, task, index, future, apart = entry
    score = future.result()
    graded = Graded(
        task_id=task.id,
        greedy=False,
        completion=given.text,
        tokens=given.tokens,
        index=index,
        whole=given.whole,
        **judgement(score, task, None if apart is None else apart.result()),
    )
    if on_score is not None:
        on_score(graded, score)
    return graded


def _checked(task: Task, future: Future[Score] | None) -> tuple[Task, str]:
    if future is None:
        return task, ""
    score = future.result()
    if score.outcome in (Outcome.PASS, Outcome.INFRASTRUCTURE, None):
        return task, ""
    return task, f"the reference fails its tests: {score.outcome} ({detail(score)[:100]})"
