"""Draws completions of a policy or another generator, and scores them while it goes on drawing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from trainer import shown
from trainer.evaluation.counts import Counts, Totals
from trainer.evaluation.figures import Evaluation, figures
from trainer.evaluation.graded import Graded
from trainer.generation import Generator
from trainer.items import item
from trainer.prompts import by_stops
from trainer.types import Rollout, Sampling, Task

if TYPE_CHECKING:
    from rewards import Scorer
    from rewards.types import Score

OnProgress = Callable[[int, int], None]
"""Called with the number of completions scored so far and the number to come to in all."""
OnScore = Callable[[Graded, Rollout, "Score"], None]
AHEAD = 512
"""Completions in memory at most, beside those of a task that are being drawn."""


def evaluate(
    generator: Generator,
    tasks: Sequence[Task],
    scorer: Scorer,
    *,
    samples: int,
    sampling: Sampling,
    seed: int,
    ks: Sequence[int] = (1,),
    greedy: bool = True,
    progress: OnProgress | None = None,
    on_score: OnScore | None = None,
    complete: Collection[tuple[bool, str]] = (),
    condition: str = "",
) -> Evaluation:
    """Samples each task `samples` times (and once greedily), scores while it samples, and sums up.

    `on_score(graded, rollout, score)` sees each completion once it is scored, in the order of sampling. `complete`
    names what is not to be drawn again, as pairs of whether it is greedy and the id of the task; the figures are then
    those of the rest, without times. Memory grows with the tasks and the samples of one task, not with all samples.

    Raises:
        ValueError: no tasks, no samples, a `k` beyond `samples`, or a prompt too long for the model.
        trainer.generation.GenerationFailed: the generator does not answer.
    """
    if not tasks or samples < 1 or not all(1 <= k <= samples for k in ks):
        raise ValueError(f"needs tasks and 1 <= k <= samples; got {len(tasks)} tasks, {samples=}, k={list(ks)}")
    passes = [(False, samples, sampling)]
    if greedy:
        passes.append((True, 1, Sampling(temperature=0.0, top_p=1.0, max_new_tokens=sampling.max_new_tokens)))
    total = len(tasks) * sum(count for _, count, _ in passes)
    have = sum(count for is_greedy, count, _ in passes for task in tasks if (is_greedy, task.id) in complete)
    queue = _Queue(scorer, condition, have=have, total=total, progress=progress, on_score=on_score)
    begin = time.perf_counter()
    for is_greedy, count, drawn in passes:
        todo = [task for task in tasks if (is_greedy, task.id) not in complete]
        for group in calls(todo, generator.tokenizer, count):
            told = partial(queue.submit, group, count, is_greedy)
            generator.answer(group, samples=count, sampling=drawn, seed=seed, on_done=told)
    generated = time.perf_counter()
    queue.finish()
    seconds = {"generate": generated - begin, "score": time.perf_counter() - generated}
    counts: dict[str, Counts] = next((counts for _, counts in queue.totals), {})
    return figures(counts, ks=ks, seconds={} if have else seconds)


def calls(tasks: Sequence[Task], tokenizer: Any, samples: int) -> Iterator[list[Task]]:
    """Tasks that share their stop strings, so many that one call does not hold too many completions."""
    width = max(1, AHEAD // samples)
    for members, _ in by_stops(tasks, tokenizer):
        for start in range(0, len(members), width):
            yield [tasks[index] for index in members[start : start + width]]


class _Queue:
    """Completions being scored; handed on in the order in which they were sampled."""

    def __init__(
        self,
        scorer: Scorer,
        condition: str,
        *,
        have: int,
        total: int,
        progress: OnProgress | None,
        on_score: OnScore | None,
    ) -> None:
        self.totals = Totals()
        self._scorer, self._condition = scorer, condition
        self._done, self._total, self._progress, self._on_score = have, total, progress, on_score
        self._waiting: deque[tuple[Task, Rollout, int, bool, Future[Score], Future[Score] | None]] = deque()

    def submit(self, group: Sequence[Task], count: int, greedy: bool, place: int, rollout: Rollout) -> None:
        """Scores the completion at a place among `count` of each task, and takes in what is scored by now, or has to
        be."""
        task, index = group[place // count], place % count
        program = item(task, rollout.completion, truncated=rollout.truncated)
        future, apart = self._scorer.submit(program), shown.submit(self._scorer, task, program)
        self._waiting.append((task, rollout, index, greedy, future, apart))
        while self._waiting and (self._waiting[0][4].done() or len(self._waiting) > AHEAD):
            self._take()

    def finish(self) -> None:
        """Waits for the rest."""
        while self._waiting:
            self._take()

    def _take(self) -> None:
        task, rollout, index, greedy, future, apart = self._waiting.popleft()
        score = future.result()
        graded = Graded.of(
            rollout,
            score,
            task=task,
            greedy=greedy,
            index=index,
            condition=self._condition,
            apart=None if apart is None else apart.result(),
        )
        self._done += 1
        self.totals.add(graded)
        if self._on_score is not None:
            self._on_score(graded, rollout, score)
        if self._progress is not None:
            self._progress(self._done, self._total)
