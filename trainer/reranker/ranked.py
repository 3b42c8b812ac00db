"""Candidates made elsewhere, with all that can be found out about them, from files to files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzers import serial
from rewards.extract import source_of
from rewards.reranking.choice import Ranked, ranked
from rewards.reranking.pools import Pool
from rewards.reranking.recipes import Recipe
from rewards.reranking.scores import Rank
from rewards.stream import Scores
from trainer.reranker.gather import Tests, Written, label, sample_item
from trainer.tasks.journal import Journal, fingerprint, whole

if TYPE_CHECKING:
    from trainer.policy import Policy
    from trainer.tasks.augment.execution import Executor

OnDone = Callable[[int, int], None]
"""Called with the number of problems that are done and that there are."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be found out of candidates."""

    tests: Tests = "all"
    analyzers: tuple[str, ...] = ()
    inputs: int = 0
    """How many inputs they are asked for an answer to; 0 asks nothing."""
    model: str = ""
    """The model under which they are more or less probable; empty where nobody asks."""
    seed: int = 0
    """Of the inputs."""


@dataclass(frozen=True, slots=True)
class Means:
    """Who finds it out."""

    judge: Scores
    executor: Executor | None = None
    policy: Policy | None = None


def known(
    written: Sequence[Written], wanted: Wanted, means: Means, journal: Path | None, on_done: OnDone
) -> Iterator[Pool]:
    """The pool of each task with what is wanted; what the journal holds is not found out again.

    Raises:
        OSError: the journal cannot be read or written.
    """
    keys = [_key(each, wanted) for each in written]
    with Journal(journal) as kept:
        todo = [each for each, key in zip(written, keys, strict=True) if kept.get(key) is None]
        made = label(todo, means.judge, tests=wanted.tests)
        for done, (each, key) in enumerate(zip(written, keys, strict=True), 1):
            tree = kept.get(key)
            if tree is None:
                pool = _asked(next(made), each, wanted, means)
                kept.write(key, serial.encode(pool))
            else:
                pool = serial.decode(Pool, tree, "pool")
            on_done(done, len(written))
            yield pool


def _key(written: Written, wanted: Wanted) -> str:
    texts = json.dumps([[each.text, each.whole] for each in written.samples]).encode()
    return fingerprint(written.task, samples=hashlib.sha256(texts).hexdigest(), wanted=serial.encode(wanted))


def _asked(pool: Pool, written: Written, wanted: Wanted, means: Means) -> Pool:
    if means.executor is not None:
        from trainer.reranker.answers import asked, questions

        asking = questions(written.task, count=wanted.inputs, seed=wanted.seed)
        if asking is not None:
            programs = [source_of(sample_item(written.task, each)).text for each in written.samples]
            pool = asked(pool, programs, written.task, asking, means.executor)
    if means.policy is not None:
        from trainer.reranker.likelihood import rated

        pool = rated(pool, written.task, means.policy)
    return pool


def write(
    path: Path,
    written: Sequence[Written],
    pools: Sequence[Pool],
    recipe: Recipe,
    *,
    scorer: Rank | None = None,
    seed: int = 0,
) -> None:
    """Candidates as lines, those of a problem together and best first; the file is there once it is whole.

    A line is read as a sample by `python -m trainer.evaluate --samples`, too.

    Raises:
        BadRecipe, BadScores: as `Recipe.parts`.
        OSError: the file cannot be written.
    """
    with whole(path) as lines:
        for each, pool in zip(written, pools, strict=True):
            for rank, found in enumerate(ranked(pool, recipe, scorer=scorer, seed=seed), 1):
                lines.write(
                    _line(pool.task_id, rank, found, "solution" if each.samples[found.place].whole else "completion")
                )


def _line(task_id: str, rank: int, found: Ranked, key: str) -> dict[str, Any]:
    told = {"passed": found.candidate.passed, "public": found.candidate.public}
    return {
        "task_id": task_id,
        "rank": rank,
        "place": found.place,
        "score": found.score,
        "parts": dict(found.parts),
        **{name: value for name, value in told.items() if value is not None},
        key: found.candidate.completion,
    }
