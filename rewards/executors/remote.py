"""A scorer whose work is done by workers elsewhere, which may be lost at any moment."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Protocol

import grammars
from analyzers import registry
from analyzers.types import Outcome, Report, Status, Verdict
from rewards.executors import wire
from rewards.executors.schedule import Call, Schedule
from rewards.executors.settings import ExecutorUnavailable, Settings
from rewards.extract import source_of
from rewards.items import as_item
from rewards.scorer import RUNTIME, Scoring
from rewards.types import Item, Score

START_S = 60.0
FALSE_STARTS = 3
"""How often in a row workers may end before they begin, until none is hired in place of the next one that does."""

logger = logging.getLogger(__name__)


class WorkerLost(Exception):
    """A worker ended, or cannot be reached any more; whether it has scored what it was sent is not known."""


class Crew(Protocol):
    """Workers by number, each of which holds a `rewards.executors.worker.Worker`."""

    @property
    def size(self) -> int:
        """How many there should be."""
        ...

    def hire(self, worker: int) -> Future[None]:
        """Starts a worker; done once it has begun, or with what `Worker.begin` raised, or with WorkerLost."""
        ...

    def send(self, worker: int, data: bytes) -> Future[bytes]:
        """What `Worker.score` returns or raises, or WorkerLost."""
        ...

    def dismiss(self, workers: Iterable[int]) -> None:
        """Ends workers, dead or alive. Raises nothing."""
        ...

    def state(self) -> str:
        """Half a sentence on what there is to start workers on."""
        ...


@dataclass(frozen=True, slots=True)
class _Job:
    item: Item
    future: Future[Score]


class RemoteScorer(Scoring):
    """Scores with a crew, each item once.

    One thread keeps the books; whatever happens reaches it as a function to call. Workers are hired with the first
    item. One that is lost is replaced and what it had is sent again; an item that is lost again and again comes back as
    a failure of the infrastructure. What scoring raises there is raised here.
    """

    def __init__(self, crew: Crew, settings: Settings, schedule: Schedule, *, start_timeout_s: float = START_S) -> None:
        """`start_timeout_s` is how long items wait while no worker has begun.

        Raises:
            ValueError: an unknown analyzer, scheme or option, with the closest names.
        """
        super().__init__(settings.scheme)
        self._analyzers = registry.check(settings.analyzers)
        self._crew, self._schedule, self._start_timeout_s = crew, schedule, start_timeout_s
        self._jobs: dict[int, _Job] = {}
        self._hired: dict[int, bool] = {}
        """The workers, and whether each of them has begun."""
        self._false_starts = 0
        self._deadline = 0.0
        self._numbers, self._names = count(), count()
        self._resting = self._closed = self._ended = False
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit_batch(self, items: Iterable[Item | Mapping[str, Any]]) -> list[Future[Score]]:
        """As `Scoring.submit_batch`; the futures raise ExecutorUnavailable where nobody can score.

        Raises:
            RuntimeError: the scorer is closed.
        """
        jobs = [_Job(as_item(item), Future()) for item in items]
        for job in jobs:
            grammars.get(job.item.language)
        with self._lock:
            if self._closed:
                raise RuntimeError("the scorer is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="spanwise-executor", daemon=True)
                self._thread.start()
            self._events.put(partial(self._add, jobs))
        return [job.future for job in jobs]

    def rest(self) -> None:
        """Dismisses the workers as soon as they have nothing to do; the next item hires new ones."""
        self._events.put(partial(setattr, self, "_resting", True))

    def close(self) -> None:
        """Dismisses the workers; what is not scored yet is cancelled, or comes back as a failure that says so."""
        with self._lock:
            self._closed = True
            thread = self._thread
            self._events.put(self._stop)
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while not self._ended:
            try:
                self._hear()
                if self._waits() and time.monotonic() >= self._deadline:
                    waited = f"none of {len(self._hired)} workers began within {self._start_timeout_s:g} s"
                    raise ExecutorUnavailable(f"{waited}; {self._crew.state()}")
                self._send()
                if self._resting and not self._jobs:
                    self._let_go(list(self._hired))
            except Exception as error:  # whatever goes wrong in here, nobody may wait for ever
                self._fail(error)

    def _hear(self) -> None:
        """Waits for something to happen, and has all of it happen."""
        timeout_s = max(0.0, self._deadline - time.monotonic()) if self._waits() else None
        with contextlib.suppress(queue.Empty):
            self._events.get(timeout=timeout_s)()
            while True:
                self._events.get_nowait()()

    def _waits(self) -> bool:
        return bool(self._jobs) and not any(self._hired.values())

    def _add(self, jobs: Iterable[_Job]) -> None:
        self._resting = False
        numbers = {next(self._numbers): job for job in jobs}
        self._jobs.update(numbers)
        self._schedule.add(numbers)
        if not self._hired and numbers:
            self._false_starts = 0
            for _ in range(self._crew.size):
                self._hire()

    def _hire(self) -> None:
        worker = next(self._names)
        self._hired[worker] = False
        self._deadline = time.monotonic() + self._start_timeout_s
        begun = self._crew.hire(worker)
        begun.add_done_callback(lambda done: self._events.put(partial(self._begun, worker, done)))

    def _begun(self, worker: int, begun: Future[None]) -> None:
        if worker not in self._hired:
            return
        try:
            begun.result()
        except WorkerLost as error:
            self._let_go([worker])
            self._false_starts += 1
            if self._false_starts < FALSE_STARTS:
                self._hire()
            elif self._hired:
                logger.warning("a worker cannot be started, the others go on without it: %s", error)
            else:
                raise ExecutorUnavailable(f"workers end before they begin: {error}") from error
        else:
            self._false_starts = 0
            self._hired[worker] = True
            self._schedule.join(worker)

    def _send(self) -> None:
        while (call := self._schedule.next(self._wanted)) is not None:
            try:
                data = wire.pack_items([self._jobs[number].item for number in call.items])
            except Exception as error:
                self._unsendable(call, error)
                continue
            answer = self._crew.send(call.worker, data)
            answer.add_done_callback(partial(self._report, call))

    def _report(self, call: Call, answer: Future[bytes]) -> None:
        self._events.put(partial(self._answered, call, answer))

    def _wanted(self, number: int) -> bool:
        """Whether an item has not been cancelled; from now on it cannot be."""
        future = self._jobs[number].future
        if future.running() or future.set_running_or_notify_cancel():
            return True
        del self._jobs[number]
        return False

    def _unsendable(self, call: Call, error: Exception) -> None:
        """Lets the item come back as a failure that cannot be sent; where there are several, each is tried alone."""
        self._schedule.answered(call)
        if len(call.items) == 1:
            self._give_up(call.items[0], f"the item cannot be sent to a worker: {error}")
        else:
            self._schedule.suspect(call.items)

    def _answered(self, call: Call, answer: Future[bytes]) -> None:
        error = answer.exception()
        if isinstance(error, WorkerLost):
            self._lost(call.worker, error)
        elif self._schedule.answered(call):
            jobs = [self._jobs.pop(number) for number in call.items]
            for job, score in zip(jobs, _scores(answer, [job.item for job in jobs]), strict=True):
                if isinstance(score, BaseException):
                    job.future.set_exception(score)
                else:
                    job.future.set_result(score)

    def _lost(self, worker: int, error: WorkerLost) -> None:
        if worker not in self._hired:
            return
        given_up = self._schedule.lost(worker)
        logger.warning("a worker was lost and is replaced, what it had is scored again: %s", error)
        for number in given_up:
            self._give_up(number, f"every worker that got it was lost: {error}")
        self._let_go([worker])
        self._hire()

    def _give_up(self, number: int, detail: str) -> None:
        job = self._jobs.pop(number)
        job.future.set_result(self._failed(job.item, detail))

    def _failed(self, item: Item, detail: str) -> Score:
        """The score of an item that the harness failed to score."""
        source = source_of(item)
        verdict = Verdict(Outcome.INFRASTRUCTURE, detail=detail)
        reports = tuple(
            Report(name, Status.FAILED, detail=detail, verdict=verdict if name == RUNTIME else None)
            for name in self._analyzers
        )
        return self._settled(item, source, reports)

    def _let_go(self, workers: Sequence[int]) -> None:
        for worker in workers:
            del self._hired[worker]
            self._schedule.lost(worker)
        self._crew.dismiss(workers)

    def _fail(self, error: Exception) -> None:
        """Raises an error at all who wait, and begins anew."""
        jobs = list(self._jobs.values())
        self._jobs.clear()
        self._schedule.clear()
        for job in jobs:
            if job.future.running() or job.future.set_running_or_notify_cancel():
                job.future.set_exception(error)
        self._let_go(list(self._hired))

    def _stop(self) -> None:
        self._ended = True
        for number, job in list(self._jobs.items()):
            if job.future.cancel():
                job.future.set_running_or_notify_cancel()  # so that whoever waits for several futures is told
            else:
                self._give_up(number, "the scorer was closed")
        self._jobs.clear()
        self._schedule.clear()
        self._let_go(list(self._hired))


def _scores(answer: Future[bytes], items: Sequence[Item]) -> list[Score | BaseException]:
    try:
        return wire.unpack_scores(answer.result(), items)
    except Exception as error:
        return [error] * len(items)
