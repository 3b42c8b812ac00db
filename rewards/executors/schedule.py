"""Who scores what next. Bookkeeping alone: no clock, no thread, no network.

Items and workers are known by numbers. A worker has at most `in_flight` calls under way, so that one
is there when the last one ends, and what is left stays with the caller. A call holds several items while many wait, and
fewer towards the end, so that all workers finish together.

When a worker is lost, nobody knows which of its items is to blame. From then on each of them is sent alone, to a worker
that has nothing else under way: what kills its worker again harms no other item, and is given up after `attempts`.
An answer counts once, and not at all once its worker is taken for lost.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True, slots=True)
class Call:
    """Items that go to a worker together."""

    number: int
    worker: int
    items: tuple[int, ...]
    alone: bool = False
    """Whether the worker gets nothing else until it answers."""


class Schedule:
    """The items that wait, and the calls that are under way."""

    def __init__(self, *, in_flight: int = 2, chunk: int = 16, attempts: int = 3) -> None:
        """`in_flight` calls per worker, at most `chunk` items in a call; an item whose worker is lost `attempts` times
        is given up.

        Raises:
            ValueError: `in_flight` or `chunk` is below 1, or `attempts` below 2: all items of a lost worker would be
                given up with the one that is to blame.
        """
        for name, value, least in (("in_flight", in_flight, 1), ("chunk", chunk, 1), ("attempts", attempts, 2)):
            if value < least:
                raise ValueError(f"{name} is at least {least}, got {value}")
        self._in_flight, self._chunk, self._attempts = in_flight, chunk, attempts
        self._waiting: deque[int] = deque()
        self._suspects: deque[int] = deque()
        self._losses: Counter[int] = Counter()
        self._under_way: dict[int, dict[int, Call]] = {}
        self._numbers = count()

    def add(self, items: Iterable[int]) -> None:
        """Puts items at the end of those that wait."""
        self._waiting.extend(items)

    def join(self, worker: int) -> None:
        """Makes a worker known that can be given calls."""
        self._under_way.setdefault(worker, {})

    def next(self, wanted: Callable[[int], bool] = lambda item: True) -> Call | None:
        """The next call to make; None while there is nothing to send, or no worker to send it to.

        Items that are not `wanted` any more are dropped.
        """
        worker = self._free()
        if worker is None:
            return None
        alone = bool(self._suspects)
        items = self._taken(self._suspects, 1, wanted) if alone else self._taken(self._waiting, self._size(), wanted)
        if not items:
            return self.next(wanted) if alone else None
        call = Call(next(self._numbers), worker, items, alone)
        self._under_way[worker][call.number] = call
        return call

    def answered(self, call: Call) -> bool:
        """Ends a call; False if that is not under way, so that its answer does not count."""
        calls = self._under_way.get(call.worker, {})
        if calls.pop(call.number, None) is None:
            return False
        for item in call.items:
            self._losses.pop(item, None)
        return True

    def lost(self, worker: int) -> tuple[int, ...]:
        """Forgets a worker; what was under way there waits again, but for the items to give up, which are returned."""
        items = [item for call in self._under_way.pop(worker, {}).values() for item in call.items]
        self._losses.update(items)
        given_up = tuple(item for item in items if self._losses[item] >= self._attempts)
        for item in given_up:
            del self._losses[item]
        self._suspects.extend(item for item in items if item in self._losses)
        return given_up

    def suspect(self, items: Iterable[int]) -> None:
        """Has items wait that are sent alone."""
        self._suspects.extend(items)

    def clear(self) -> None:
        """Forgets all items; calls that are under way do not count any more."""
        self._waiting.clear()
        self._suspects.clear()
        self._losses.clear()
        for calls in self._under_way.values():
            calls.clear()

    def _free(self) -> int | None:
        """The worker with the least to do that can take a call; while suspects wait, one that has nothing to do."""
        room = 1 if self._suspects else self._in_flight
        free = [
            worker
            for worker, calls in self._under_way.items()
            if len(calls) < room and not any(call.alone for call in calls.values())
        ]
        return min(free, key=lambda worker: len(self._under_way[worker]), default=None)

    def _size(self) -> int:
        share = math.ceil(len(self._waiting) / (len(self._under_way) * self._in_flight))
        return min(self._chunk, share)

    @staticmethod
    def _taken(queue: deque[int], size: int, wanted: Callable[[int], bool]) -> tuple[int, ...]:
        items: list[int] = []
        while queue and len(items) < size:
            item = queue.popleft()
            if wanted(item):
                items.append(item)
        return tuple(items)
