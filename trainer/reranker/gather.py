"""Candidates for tasks, labelled by their tests: drawn from a generator, or made elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Literal

from rewards.reranking import known
from rewards.reranking.pools import Candidate, Pool
from rewards.stream import Scores
from rewards.types import Item, Score
from trainer import shown
from trainer.evaluation.given import with_tasks
from trainer.evaluation.samples import Given
from trainer.evaluation.sampling import calls
from trainer.generation import Generator
from trainer.items import item
from trainer.tasks.files import Excluded
from trainer.types import Rollout, Sampling, Task

OnProgress = Callable[[int, int], None]
"""Called with the number of candidates that are labelled and that there are."""
Futures = tuple[Future[Score], Future[Score] | None]
"""The scores of a candidate on all tests, and on shown ones that are not among these."""
Drawn = dict[int, tuple[Rollout, Futures]]
Tests = Literal["all", "shown", "none"]
AHEAD = 512
"""Candidates that are being labelled at most, beside those of a task."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written elsewhere for a task."""

    task: Task
    samples: tuple[Given, ...]


def gather(
    generator: Generator,
    tasks: Sequence[Task],
    judge: Scores,
    *,
    samples: int,
    sampling: Sampling,
    seed: int,
    step: int = 0,
    on_progress: OnProgress | None = None,
) -> Iterator[Pool]:
    """A pool of `samples` candidates for each task, with what `judge` says of them; scored while others are drawn.

    Pools come as many together as the generator is asked for at a time, tasks with the same stop strings one after the
    other. What is drawn of a task depends on weights, `seed`, `step` and its id, not on the other tasks: to go on after
    a crash, give those that are left.

    Raises:
        ValueError: no `samples`, or a prompt that is too long for the model.
        trainer.generation.GenerationFailed: the generator does not answer.
    """
    if samples < 1:
        raise ValueError(f"a pool needs at least one sample of each task, got {samples=}")
    progress = _Progress(len(tasks) * samples, on_progress)
    for group in calls(tasks, generator.tokenizer, samples):
        drawn: dict[int, tuple[Rollout, Futures]] = {}

        def score(place: int, rollout: Rollout, group: Sequence[Task] = group, into: Drawn = drawn) -> None:
            task = group[place // samples]
            wanted = item(task, rollout.completion, truncated=rollout.truncated, holdout=False)
            into[place] = rollout, (judge.submit(wanted), shown.submit(judge, task, wanted))

        generator.answer(group, samples=samples, sampling=sampling, seed=seed, step=step, on_done=score)
        for number, task in enumerate(group):
            places = range(number * samples, (number + 1) * samples)
            yield _pool(task, [progress.told(_drawn(task, *drawn[place])) for place in places])


def together(samples: Iterable[Given | Excluded], tasks: Mapping[str, Task]) -> tuple[list[Written], list[Excluded]]:
    """The samples of each task, in the order in which tasks come first, and what is none.

    `tasks` are by id; samples that bring their own task need none.
    """
    found: dict[str, tuple[Task, list[Given]]] = {}
    excluded = []
    for placed in with_tasks(samples, tasks, {}):
        if isinstance(placed, Excluded):
            excluded.append(placed)
        else:
            sample, task, _ = placed
            found.setdefault(task.id, (task, []))[1].append(sample)
    return [Written(task, tuple(each)) for task, each in found.values()], excluded


def label(
    written: Sequence[Written], judge: Scores, *, tests: Tests = "all", on_progress: OnProgress | None = None
) -> Iterator[Pool]:
    """The pool of each task, with what `judge` says of its samples, in their order.

    Without the `"all"` tests only that is known which anybody knows who has to choose: what analyzers find, and with
    `"shown"` whether the tests pass that the problem shows.
    """
    progress = _Progress(sum(len(each.samples) for each in written), on_progress)
    waiting: deque[tuple[Written, list[Futures]]] = deque()
    for each in written:
        waiting.append((each, [_submitted(judge, each.task, sample, tests) for sample in each.samples]))
        while sum(len(futures) for _, futures in waiting) > AHEAD:
            yield _labelled(*waiting.popleft(), progress)
    while waiting:
        yield _labelled(*waiting.popleft(), progress)


def sample_item(task: Task, sample: Given) -> Item:
    """What is scored of a sample that was made elsewhere."""
    return item(task, sample.text, raw=True, whole=sample.whole, holdout=False)


def _submitted(judge: Scores, task: Task, sample: Given, tests: Tests) -> Futures:
    wanted = sample_item(task, sample)
    if tests == "all":
        return judge.submit(wanted), shown.submit(judge, task, wanted)
    apart = tests == "shown" and task.shown is not None
    alone = replace(wanted, tests=None)
    return judge.submit(alone), judge.submit(replace(wanted, tests=task.shown)) if apart else None


def _labelled(written: Written, futures: Sequence[Futures], progress: _Progress) -> Pool:
    return _pool(written.task, [progress.told(_candidate(written.task, each)) for each in futures])


def _drawn(task: Task, rollout: Rollout, futures: Futures) -> Candidate:
    logprob = float(rollout.logprobs.mean()) if len(rollout.logprobs) else None
    return replace(_candidate(task, futures), logprob=logprob, truncated=rollout.truncated)


def _candidate(task: Task, futures: Futures) -> Candidate:
    judged, apart = futures
    score = judged.result()
    return known.candidate(score, public=shown.passed(task, score, None if apart is None else apart.result()))


def _pool(task: Task, candidates: Sequence[Candidate]) -> Pool:
    return Pool(task.id, task.prompt, tuple(candidates), task.language)


class _Progress:
    """Counts candidates."""

    def __init__(self, total: int, on_progress: OnProgress | None) -> None:
        self._done, self._total, self._on_progress = 0, total, on_progress

    def told(self, candidate: Candidate) -> Candidate:
        """The candidate, which is now counted."""
        self._done += 1
        if self._on_progress is not None:
            self._on_progress(self._done, self._total)
        return candidate
