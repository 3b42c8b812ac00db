"""Programs that a trainer asks for one by one, scored by the batch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import rewards
from rewards.types import Item, Score

AT_ONCE = 4
"""Batches under way at the same time, so that a slow program does not keep those waiting that come after its batch."""


class Gathered:
    """Scores for coroutines, which do not block their event loop.

    What is asked for while `AT_ONCE` batches are under way makes the next one, so that batches grow with the load. A
    task that is cancelled before its batch begins is not scored.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` are those of `rewards.score_batch`."""
        self._settings = dict(settings)
        self._lock = threading.Lock()
        self._waiting: list[tuple[Item, Future[Score]]] = []
        self._under_way = 0

    async def score(self, item: Item) -> Score:
        """The score of an item.

        Raises:
            ValueError: as `rewards.score_batch`.
        """
        future: Future[Score] = Future()
        with self._lock:
            self._waiting.append((item, future))
            starts = self._under_way < AT_ONCE
            self._under_way += starts
        if starts:
            # Once the other coroutines that are ready have asked, too.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.run_in_executor, None, self._score_what_waits)
        return await asyncio.wrap_future(future)

    def _score_what_waits(self) -> None:
        while True:
            with self._lock:
                batch, self._waiting = self._waiting, []
                if not batch:
                    self._under_way -= 1
                    return
            self._settle([(item, future) for item, future in batch if future.set_running_or_notify_cancel()])

    def _settle(self, batch: Sequence[tuple[Item, Future[Score]]]) -> None:
        try:
            scores = rewards.score_batch([item for item, _ in batch], **self._settings)
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for one in batch:  # so that a single bad item fails alone
                self._settle([one])
        else:
            for (_, future), score in zip(batch, scores, strict=True):
                future.set_result(score)
