"""Which jobs go to the workers together: those that waited together.

A few calls are under way at a time, enough to keep the workers busy. What comes meanwhile waits, and goes as one call
for each analyzer, so that tools which take many programs at once get them, although these came one by one.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

AHEAD = 2
"""Calls for each worker: one that it works on, and one that it finds when it has done that."""

Job = TypeVar("Job")


@dataclass(slots=True)
class _Line(Generic[Job]):
    jobs: deque[Job] = field(default_factory=deque)
    size: int = 1
    """How many go at once: so many that each worker gets a share."""


class Calls(Generic[Job]):
    """Hands jobs to `send` with the name of their analyzer; whoever is sent them calls `done` once they are."""

    def __init__(
        self, send: Callable[[str, Sequence[Job]], None], *, wanted: Callable[[Job], bool], workers: int
    ) -> None:
        """`wanted` is asked of each job when its turn has come; those that are not are dropped."""
        self._send, self._wanted, self._workers = send, wanted, workers
        self._lines: dict[str, _Line[Job]] = {}
        self._under_way = 0
        self._sending = False
        self._lock = Lock()

    def add(self, analyzer: str, jobs: Sequence[Job], *, batch_size: int) -> None:
        """Sends jobs in calls of at most `batch_size`, now or when there is room."""
        with self._lock:
            line = self._lines.setdefault(analyzer, _Line())
            line.jobs.extend(jobs)
            line.size = min(batch_size, math.ceil(len(line.jobs) / self._workers))
        self._send_all()

    def done(self) -> None:
        """Says that a call has ended."""
        with self._lock:
            self._under_way -= 1
        self._send_all()

    def _send_all(self) -> None:
        """Sends what there is room for, unless another thread or a caller of this one is at it: it looks again."""
        with self._lock:
            if self._sending:
                return
            self._sending = True
        try:
            while (call := self._next()) is not None:
                self._send(*call)
        except BaseException:
            self._sending = False
            raise

    def _next(self) -> tuple[str, list[Job]] | None:
        """The next call: from the line that has not been served for longest."""
        with self._lock:
            while self._lines and self._under_way < AHEAD * self._workers:
                analyzer = next(iter(self._lines))
                line = self._lines.pop(analyzer)
                taken = [line.jobs.popleft() for _ in range(min(line.size, len(line.jobs)))]
                if line.jobs:
                    self._lines[analyzer] = line
                if jobs := [job for job in taken if self._wanted(job)]:
                    self._under_way += 1
                    return analyzer, jobs
            self._sending = False
            return None
