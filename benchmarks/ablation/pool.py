"""Several runs at a time, each in a process of its own; processes are kept, because importing torch takes seconds.

A process that is told nothing any more, because this one was killed, ends after the run that it is at.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, TypeVar

Job = TypeVar("Job")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
POLL_S = 1.0
LEAVE_S = 60.0
"""For a run to save its state when it is told to end."""


@dataclass(frozen=True, slots=True)
class Done(Generic[Job]):
    """What came of a job."""

    job: Job
    finished: bool
    error: str = ""
    """One line, where there was one."""


@dataclass
class _Worker(Generic[Job]):
    process: SpawnProcess
    pipe: connection.Connection
    job: Job | None = None


def run(
    perform: Callable[[Job], bool],
    choose: Callable[[list[Job]], Job | None],
    *,
    jobs: int,
    watch: Callable[[list[Job]], None] | None = None,
) -> Generator[Done[Job], None, None]:
    """Yields what came of each job, as it comes, until `choose` has none left.

    `choose` is given the jobs in progress, and returns one that is not among them or None; it is asked whenever a
    process is free. `perform` and the jobs must be picklable. `watch` is told about once in `POLL_S` what is in
    progress. Processes that are left when the iterator is closed get SIGTERM and time to save.
    """
    os.environ.update(ONE_THREAD)  # before the processes import what reads it
    workers: list[_Worker[Job]] = []
    try:
        while True:
            _hand_out(workers, perform, choose, jobs)
            busy = [worker for worker in workers if worker.job is not None]
            if not busy:
                return
            if watch is not None:
                watch([worker.job for worker in busy if worker.job is not None])
            for ready in connection.wait([worker.pipe for worker in busy], timeout=POLL_S):
                worker = next(worker for worker in busy if worker.pipe is ready)
                yield _received(worker, workers)
    finally:
        _end(workers)


def _hand_out(
    workers: list[_Worker[Job]],
    perform: Callable[[Job], bool],
    choose: Callable[[list[Job]], Job | None],
    jobs: int,
) -> None:
    while True:
        busy = [worker.job for worker in workers if worker.job is not None]
        job = choose(busy) if len(busy) < jobs else None
        if job is None:
            return
        idle = next((worker for worker in workers if worker.job is None), None)
        if idle is None:
            idle = _started(perform)
            workers.append(idle)
        idle.pipe.send(job)
        idle.job = job


def _started(perform: Callable[[Any], bool]) -> _Worker[Any]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, perform))
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _serve(pipe: connection.Connection, perform: Callable[[Any], bool]) -> None:
    """A worker process: job after job, until there is nobody left to tell."""
    # A run handles both itself while it is at work; Ctrl-C between runs is the business of whoever hands them out.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError):
        while True:
            job = pipe.recv()
            try:
                pipe.send(Done(job, perform(job)))
            except Exception as error:  # a run that fails must not take the others with it
                pipe.send(Done(job, False, f"{type(error).__name__}: {' '.join(str(error).split())}"))


def _received(worker: _Worker[Job], workers: list[_Worker[Job]]) -> Done[Job]:
    job = worker.job
    assert job is not None
    worker.job = None
    try:
        done: Done[Job] = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        worker.process.join()
        workers.remove(worker)
        return Done(job, False, f"its process ended with exit status {worker.process.exitcode}")
    return done


def _end(workers: list[_Worker[Any]]) -> None:
    for worker in workers:
        worker.pipe.close()
        worker.process.terminate()
    for worker in workers:
        worker.process.join(LEAVE_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
