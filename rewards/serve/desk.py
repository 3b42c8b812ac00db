"""One service: its scorers, its line, and whether it still takes requests."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rewards import schemes
from rewards.schemes import Need, Spec
from rewards.scorer import RUNTIME, Scorer
from rewards.serve.line import Line, Result, Ticket
from rewards.serve.meters import Meters
from rewards.types import Item, Score

if TYPE_CHECKING:
    from analyzers.engine import Engine
    from analyzers.runtime import Limits

SCHEMES = 64
"""Schemes of requests that are kept ready."""


class Closing(Exception):
    """The service is ending and takes no more requests."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much the service takes on."""

    room: int = 2048
    """Completions that may wait."""
    at_once: int = max(64, 16 * len(os.sched_getaffinity(0)))
    """Completions that the engine gets at a time: enough to keep all processes busy, and tools that take many."""
    max_body: int = 16 << 20
    """Bytes of the largest body."""
    drain_s: float = 60.0
    """Seconds in which what was taken on has to be finished once the service is to end."""


@dataclass(frozen=True, slots=True)
class Judging:
    """How completions are judged. A request may choose a scheme; the rest is the operator's."""

    analyzers: tuple[str, ...]
    scheme: Spec
    isolation: str
    engine: Engine
    limits: Limits | None = None

    @property
    def tier(self) -> str | None:
        """The tier at which programs run; None where none are run."""
        if RUNTIME not in self.analyzers:
            return None
        from analyzers.runtime.sandbox import tiers

        return tiers.choose(tiers.parse(self.isolation)).name.lower()

    def scorer(self, scheme: Spec | None = None) -> Scorer:
        """A scorer on the engine, with the operator's scheme or another one.

        Raises:
            ValueError: an unknown scheme or option, or one that needs what programs are not watched for here.
        """
        spec = self.scheme if scheme is None else scheme
        resolved = schemes.resolve(spec)
        if Need.EXECUTED in schemes.needs(resolved) and not (self.limits and self.limits.executed):
            raise ValueError(
                f"the scheme {schemes.title(spec)!r} needs the lines that were executed, which this service does not"
                " trace; it does so where it is started with such a scheme"
            )
        return Scorer(self.analyzers, scheme=resolved, limits=self.limits, isolation=self.isolation, engine=self.engine)


class Desk:
    """Takes in what is to be scored and gives out scores."""

    def __init__(self, judging: Judging, bounds: Bounds) -> None:
        self.judging, self.bounds = judging, bounds
        self.line = Line(room=bounds.room, at_once=bounds.at_once)
        self.meters = Meters(self.line)
        self.closing = False
        self._scorers: dict[str, Scorer] = {}
        self._open: set[Ticket] = set()
        self._empty = asyncio.Event()

    def scorer(self, scheme: Spec | None) -> Scorer:
        """The scorer for the scheme of a request, or the operator's.

        Raises:
            ValueError: as `Judging.scorer`.
        """
        key = json.dumps(scheme)
        if key not in self._scorers:
            if len(self._scorers) >= SCHEMES:
                del self._scorers[next(iter(self._scorers))]
            self._scorers[key] = self.judging.scorer(scheme)
        return self._scorers[key]

    @asynccontextmanager
    async def taken(self, scorer: Scorer, items: Sequence[Item]) -> AsyncIterator[Ticket]:
        """The ticket for some items while their client is served; what is then left of them is dropped.

        Raises:
            Closing: the service is ending.
            rewards.serve.line.Full: there is no room.
        """
        if self.closing:
            raise Closing("the service is ending; ask another one, or later")
        ticket = self.line.join(scorer, items)
        self._open.add(ticket)
        try:
            yield ticket
        finally:
            self.meters.abandoned.inc(ticket.left)
            ticket.cancel()
            self._open.discard(ticket)
            if self.closing and not self._open:
                self._empty.set()

    async def results(self, ticket: Ticket) -> AsyncIterator[list[tuple[int, Result]]]:
        """Number and result of what is newly found, and where the scheme compares them, of all at the end."""
        begin, compared = time.monotonic(), Need.GROUP in schemes.needs(ticket.scorer.scheme)
        found: dict[int, Result] = {}
        async for pairs in ticket:
            seconds = time.monotonic() - begin
            for _, result in pairs:
                self.meters.count(result, seconds)
            if compared:
                found.update(pairs)
            else:
                yield pairs
        if compared and len(found) == len(ticket.items):
            yield sorted((await asyncio.to_thread(_compared, ticket, found)).items())

    async def drain(self) -> None:
        """Takes nothing more on, and waits until what was taken on is done, `drain_s` at most; drops the rest then."""
        self.closing = True
        if self._open:
            try:
                await asyncio.wait_for(self._empty.wait(), self.bounds.drain_s)
            except TimeoutError:
                self.drop()

    def drop(self) -> None:
        """Drops all that is left, so that `drain` is done."""
        for ticket in list(self._open):
            ticket.cancel()
        self._empty.set()

    def state(self) -> dict[str, Any]:
        """What GET /health says."""
        return {
            "status": "closing" if self.closing else "ok",
            "isolation": self.judging.tier,
            "analyzers": list(self.judging.analyzers),
            "scheme": schemes.title(self.judging.scheme),
            "waiting": self.line.waiting,
            "running": self.line.running,
            "room": self.bounds.room,
        }


def _compared(ticket: Ticket, found: Mapping[int, Result]) -> dict[int, Result]:
    """The results, with what items for the same task tell of each other."""
    scored = [(index, result) for index, result in found.items() if isinstance(result, Score)]
    items, scores = [ticket.items[index] for index, _ in scored], [score for _, score in scored]
    grouped = ticket.scorer.grouped(items, scores)
    return {**found, **{index: score for (index, _), score in zip(scored, grouped, strict=True)}}
