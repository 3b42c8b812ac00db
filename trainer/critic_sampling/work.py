"""What the commands leave on the disk, task by task, so that they go on where they were stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rewards.stream import Scores
from rewards.types import Outcome
from trainer.critic_sampling.learning import Labelled, labelled
from trainer.critic_sampling.procedure import Answer, CriticSampler, Program
from trainer.items import item
from trainer.policy import Policy
from trainer.tasks.journal import Journal, fingerprint, whole
from trainer.types import Task

TOGETHER = 8
"""Tasks that are done at a time; as many are lost with a crash."""
OnDone = Callable[[int, int], None]
"""Called with the number of tasks that are done and that there are."""


def rollouts(
    path: Path, policy: Policy, tasks: Sequence[Task], scorer: Scores, on_done: OnDone, *, model: str, **drawn: Any
) -> list[Labelled]:
    """Labelled programs of each task; `drawn` are the keywords of `learning.labelled`, `model` names the policy."""

    def label(some: Sequence[Task]) -> list[list[dict[str, Any]]]:
        return [[each.to_json() for each in group] for group in labelled(policy, some, scorer, **drawn)]

    circumstances = {"model": model, **{key: str(value) for key, value in drawn.items()}}
    keys = [fingerprint(task, **circumstances) for task in tasks]
    return [Labelled.from_json(value) for group in _done(path, keys, tasks, label, on_done) for value in group]


def answers(
    path: Path, sampler: CriticSampler, tasks: Sequence[Task], on_done: OnDone, *, made_by: str
) -> list[Answer]:
    """The programs of each task, whose tests are the public ones; `made_by` stands for the models."""
    circumstances = {
        "made_by": made_by,
        "sampling": asdict(sampler.sampling),
        "samples": sampler.samples,
        "candidates": sampler.candidates,
        "seed": sampler.seed,
    }

    def answer(some: Sequence[Task]) -> list[dict[str, Any]]:
        return [asdict(each) for each in sampler.answer(some)]

    keys = [fingerprint(task, **circumstances) for task in tasks]
    return [_answer(value) for value in _done(path, keys, tasks, answer, on_done)]


def verdicts(
    path: Path, tasks: Sequence[Task], answered: Sequence[Answer], scorer: Scores, on_done: OnDone
) -> dict[tuple[str, str], Outcome]:
    """What all tests of each task say of its programs, each of which is run once."""
    written = {answer.task_id: list(dict.fromkeys(_completions(answer))) for answer in answered}

    def judge(some: Sequence[Task]) -> list[dict[str, str]]:
        waiting = [[(text, scorer.submit(item(task, text))) for text in written[task.id]] for task in some]
        return [{text: score.result().outcome or Outcome.INFRASTRUCTURE for text, score in of} for of in waiting]

    keys = [fingerprint(task, programs=_digest(repr(written[task.id]).encode())) for task in tasks]
    return {
        (task.id, text): Outcome(outcome)
        for task, found in zip(tasks, _done(path, keys, tasks, judge, on_done), strict=True)
        for text, outcome in found.items()
        if outcome != Outcome.INFRASTRUCTURE
    }


def write_samples(path: Path, programs: Sequence[tuple[str, Program]]) -> None:
    """Programs with the ids of their tasks, as `python -m trainer.evaluate --samples` reads them."""
    with whole(path) as lines:
        for task_id, program in programs:
            lines.write({"task_id": task_id, **asdict(program)})


def digest(*paths: Path) -> str:
    """What tells the contents of files apart."""
    return _digest(b"".join(path.read_bytes() for path in paths))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _done(
    path: Path,
    keys: Sequence[str],
    tasks: Sequence[Task],
    work: Callable[[Sequence[Task]], Sequence[Any]],
    on_done: OnDone,
) -> list[Any]:
    """The result of each task, which is JSON: what the journal knows under its key, or what the work on it brings."""
    with Journal(path) as journal:
        known = {key: journal.get(key) for key in keys}
        todo = [place for place, key in enumerate(keys) if known[key] is None]
        on_done(len(keys) - len(todo), len(keys))
        for begin in range(0, len(todo), TOGETHER):
            some = todo[begin : begin + TOGETHER]
            for place, found in zip(some, work([tasks[place] for place in some]), strict=True):
                known[keys[place]] = found
                journal.write(keys[place], found)
            on_done(len(keys) - len(todo) + begin + len(some), len(keys))
    return [known[key] for key in keys]


def _answer(value: dict[str, Any]) -> Answer:
    def programs(name: str) -> tuple[Program, ...]:
        return tuple(
            Program(**{**each, "public": None if each["public"] is None else Outcome(each["public"])})
            for each in value[name]
        )

    return Answer(value["task_id"], programs("sampled"), programs("final"))


def _completions(answer: Answer) -> Iterator[str]:
    return (program.completion for programs in (answer.sampled, answer.final) for program in programs)
