"""Jobs in processes of their own."""

from __future__ import annotations

import math
import os
from collections.abc import Callable

from benchmarks.ablation import pool


def one_by_one(jobs: list[float]) -> Callable[[list[float]], float | None]:
    return lambda busy: jobs.pop(0) if jobs else None


def test_every_job_is_done_once_and_a_failing_one_takes_no_other_with_it() -> None:
    jobs: list[float] = [1.0, math.inf, "text", 2.0]  # type: ignore[list-item]
    seen: list[int] = []
    found = list(pool.run(math.isfinite, one_by_one(jobs), jobs=2, watch=lambda busy: seen.append(len(busy))))
    by_job = {done.job: done for done in found}
    assert len(found) == 4
    assert by_job[1.0].finished
    assert by_job[2.0].finished
    assert not by_job[math.inf].finished
    assert by_job["text"].error.startswith("TypeError: ")  # type: ignore[index]
    assert max(seen) == 2


def test_a_process_that_ends_is_told_of_and_replaced() -> None:
    found = list(pool.run(os._exit, one_by_one([3, 4]), jobs=1))  # type: ignore[arg-type]
    assert [(done.job, done.finished, done.error[-1]) for done in found] == [(3, False, "3"), (4, False, "4")]


def test_a_process_ends_when_there_is_nobody_left_to_tell() -> None:
    worker = pool._started(math.isfinite)
    worker.pipe.close()
    worker.process.join(30)
    assert worker.process.exitcode == 0


def test_what_is_left_is_ended_when_nobody_wants_more() -> None:
    made = pool.run(math.isfinite, lambda busy: 1.0, jobs=1)
    assert next(made).finished
    made.close()
