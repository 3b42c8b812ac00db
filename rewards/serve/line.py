"""The line in front of the scorer: bounded, fair between requests, and handed over in batches.

The engine gets no more than `at_once` items at a time, so that what a client no longer waits for can still be dropped.
Whatever has come in the meantime goes to it together: tools that take many programs at once get many. Requests take
turns, so that a large batch does not hold up the small ones.

All methods are called on the event loop's thread.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import partial
from typing import TypeAlias

from rewards.scorer import Scorer
from rewards.types import Item, Score

LONGEST_WAIT_S = 60
"""What clients are told at most to wait before they ask again."""
REMEMBERED = 64
"""Items whose ends tell how fast the line moves."""
TOGETHER_S = 0.03
"""How long a result waits for others, unless it is the last one: a message for each would cost more than it gains."""

Result: TypeAlias = Score | Exception


class Full(Exception):
    """There is no room in the line."""

    def __init__(self, wanted: int, waiting: int, room: int, retry_after_s: int) -> None:
        """`wanted` more items should have joined the `waiting` ones in a line with room for `room`."""
        super().__init__(
            f"{waiting} of {room} places in the line are taken, and {wanted} are wanted; try again in {retry_after_s} s"
        )
        self.retry_after_s = retry_after_s


class Ticket:
    """The items of one request, and their results in lists as they come: an asynchronous iterator for one reader."""

    def __init__(self, line: Line, scorer: Scorer, items: Sequence[Item]) -> None:
        self._line = line
        self.scorer = scorer
        self.items = items
        self.waiting = deque(range(len(items)))
        """Numbers of the items that the engine has not seen."""
        self.left = len(items)
        """How many have no result yet."""
        self.running: dict[int, Future[Score]] = {}
        """The scores that the engine owes, by number of the item."""
        self.cancelled = False
        self._ready: list[tuple[int, Result]] = []
        self._some = asyncio.Event()

    def cancel(self) -> None:
        """Drops what waits, in the line and in the engine; a program that runs is not waited for. The iterator ends."""
        if not self.cancelled:
            self.cancelled = True
            self._line.leave(self)
            for future in list(self.running.values()):
                future.cancel()
            self._some.set()

    def put(self, index: int, result: Result) -> None:
        """Hands over the result of an item."""
        self.left -= 1
        self._ready.append((index, result))
        self._some.set()

    async def __aiter__(self) -> AsyncIterator[list[tuple[int, Result]]]:
        """Number and result of what is newly found, until all is; fewer than all items once it is cancelled."""
        while (self.left or self._ready) and not self.cancelled:
            await self._some.wait()
            if self.left and not self.cancelled:
                await asyncio.sleep(TOGETHER_S)
            self._some.clear()
            found, self._ready = self._ready, []
            yield found


class Line:
    """Items that wait for the scorer; an asynchronous context manager."""

    def __init__(self, *, room: int, at_once: int) -> None:
        """`room` items may wait; the engine gets `at_once` at a time."""
        self.room = room
        self._at_once = at_once
        self.waiting = 0
        self.running = 0
        self._turns: deque[Ticket] = deque()
        self._wake = asyncio.Event()
        self._ends: deque[float] = deque(maxlen=REMEMBERED)
        # Submitting takes time (extraction, hashes) that the event loop should not lose.
        self._thread = ThreadPoolExecutor(1, "spanwise-line")

    async def __aenter__(self) -> Line:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._hand_over())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self._thread.shutdown(wait=False, cancel_futures=True)

    def join(self, scorer: Scorer, items: Sequence[Item]) -> Ticket:
        """A ticket for all of the items.

        Raises:
            Full: there is no room for all of them; none waits.
        """
        if self.waiting + len(items) > self.room:
            raise Full(len(items), self.waiting, self.room, self.wait_s())
        ticket = Ticket(self, scorer, items)
        if items:
            self._turns.append(ticket)
            self.waiting += len(items)
            self._wake.set()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Takes the items of a ticket out of the line."""
        self.waiting -= len(ticket.waiting)
        ticket.waiting.clear()

    def wait_s(self) -> int:
        """Seconds until what waits now will probably have been scored."""
        if len(self._ends) < 2:
            return 1
        each_s = (self._ends[-1] - self._ends[0]) / (len(self._ends) - 1)
        return min(LONGEST_WAIT_S, max(1, math.ceil(each_s * (self.waiting + self.running))))

    async def _hand_over(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := self._next():
                self.running += len(batch)
                futures = await self._loop.run_in_executor(self._thread, _submitted, batch)
                for (ticket, index), future in zip(batch, futures, strict=True):
                    ticket.running[index] = future
                    if ticket.cancelled:
                        future.cancel()
                    future.add_done_callback(partial(self._tell, ticket, index))

    def _next(self) -> list[tuple[Ticket, int]]:
        """One item of each request in turn, as many as the engine may get; none before half of its places are free."""
        batch: list[tuple[Ticket, int]] = []
        free = self._at_once - self.running
        while self._turns and len(batch) < free and free >= self._at_once / 2:
            ticket = self._turns.popleft()
            if ticket.waiting:
                batch.append((ticket, ticket.waiting.popleft()))
                self._turns.append(ticket)
        self.waiting -= len(batch)
        return batch

    def _tell(self, ticket: Ticket, index: int, future: Future[Score]) -> None:
        """Runs in a thread of the engine."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._land, ticket, index, future)

    def _land(self, ticket: Ticket, index: int, future: Future[Score]) -> None:
        self.running -= 1
        self._wake.set()
        del ticket.running[index]
        if not ticket.cancelled:
            self._ends.append(time.monotonic())
            ticket.put(index, _result(future))


def _submitted(batch: Sequence[tuple[Ticket, int]]) -> list[Future[Score]]:
    """The scores of a batch, later; items for one scorer go to it together."""
    futures: dict[tuple[Ticket, int], Future[Score]] = {}
    for scorer in {ticket.scorer for ticket, _ in batch}:
        own = [(ticket, index) for ticket, index in batch if ticket.scorer is scorer]
        try:
            found = scorer.submit_batch([ticket.items[index] for ticket, index in own])
        except Exception as error:
            found = [_failed(error) for _ in own]
        futures.update(zip(own, found, strict=True))
    return [futures[place] for place in batch]


def _failed(error: Exception) -> Future[Score]:
    future: Future[Score] = Future()
    future.set_exception(error)
    return future


def _result(future: Future[Score]) -> Result:
    try:
        return future.result()
    except CancelledError as error:
        return RuntimeError(f"scoring was cancelled: {error!r}")
    except Exception as error:
        return error
