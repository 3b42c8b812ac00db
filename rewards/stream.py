"""Scores as they finish, of completions as they finish: what a trainer hides scoring behind its generation with."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Callable,
    Generator,
    Hashable,
    Iterable,
    Mapping,
    Sequence,
)
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from rewards.items import Rooms, as_item
from rewards.types import Item, Score

IN_FLIGHT = 256

Items: TypeAlias = Iterable[Item | Mapping[str, Any]] | AsyncIterable[Item | Mapping[str, Any]]
Value = TypeVar("Value")


class Scores(Protocol):
    """What is needed of a `rewards.Scorer`."""

    def submit(self, item: Item) -> Future[Score]:
        """The score of an item, later."""
        ...

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        """The scores of items, with what programs for the same task tell of each other."""
        ...


class Channel(Generic[Value]):
    """A queue for one reader, to whom the next value is a future: threads and event loops can both wait for it."""

    def __init__(self, values: Iterable[Value] = ()) -> None:
        self._values = deque(values)
        self._reader: Future[Value] | None = None
        self._lock = threading.Lock()

    def put(self, value: Value) -> None:
        """Adds a value."""
        with self._lock:
            reader, self._reader = self._reader, None
            if reader is None or not reader.set_running_or_notify_cancel():
                self._values.append(value)
                return
        reader.set_result(value)

    def get(self) -> Future[Value]:
        """The next value, later."""
        future: Future[Value] = Future()
        with self._lock:
            if not self._values:
                self._reader = future
                return future
            value = self._values.popleft()
        future.set_result(value)
        return future


@dataclass(frozen=True, slots=True)
class _Member:
    index: int
    item: Item
    score: Score


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


class Stream:
    """Pairs of an index and a score, in the order in which scores finish: `for` and `async for` both read it, once.

    Indices count the items in the order of their coming. Items come from the iterable that the stream was made with, or
    through `put` until `end`. A scoring that raises ends the stream with its exception. Leaving the loop, the `with`
    block or `close` cancels what waits to be scored; what runs at that moment is not interrupted.
    """

    def __init__(
        self,
        scorer: Scores,
        items: Items | None = None,
        *,
        group_size: int | None = None,
        in_flight: int = IN_FLIGHT,
    ) -> None:
        """With `group_size` so many items for one task make a group, which comes as a whole once the last of it is
        scored, its scores settled together; what is incomplete at the end comes as it is.

        `items` is asked for the next one only while fewer than `in_flight` are under way: asked for, and neither
        yielded nor waiting for the rest of their group. An iterable that is not asynchronous is read by a thread of
        its own. What it raises is raised here, after the scores of all that it gave before.

        Raises:
            ValueError: `group_size` or `in_flight` is less than 1.
        """
        for name, count in (("group_size", group_size), ("in_flight", in_flight)):
            if count is not None and count < 1:
                raise ValueError(f"{name} is at least 1, got {count}")
        self._scorer, self._items, self._group_size = scorer, items, group_size
        self._lock = threading.Lock()
        self._rooms = Rooms()
        self._groups: dict[Hashable, list[_Member]] = {}
        self._waiting: dict[int, Future[Score]] = {}
        self._count = 0
        self._end: _End | None = None
        self._closed = False
        self._finished: Channel[list[_Member] | _End] = Channel()
        self._free: Channel[None] = Channel([None] * (in_flight - 1))
        self._stop: Callable[[], object] | None = None

    def put(self, item: Item | Mapping[str, Any], group: Hashable = None) -> int:
        """Has an item scored, and returns its index at once; items with the same `group` belong together.

        Without `group` those do that have one task id, language and test suite.

        Raises:
            ValueError: as `Scorer.submit`.
            RuntimeError: the stream has been ended.
        """
        item = as_item(item)
        if self._end is not None:
            raise RuntimeError("the stream has been ended: nothing can be put into it")
        if group is None and self._group_size is not None:
            group = self._rooms.of(item)
        future = self._scorer.submit(item)
        with self._lock:
            index, closed = self._count, self._closed
            self._count += 1
            self._waiting[index] = future
        if closed:
            future.cancel()
        future.add_done_callback(partial(self._take_in, index, item, group))
        return index

    def end(self, error: BaseException | None = None) -> None:
        """Says that no more items come; the loop ends once all are scored, with `error` where one is given."""
        with self._lock:
            self._end = self._end or _End(error)
            self._finish()

    def close(self) -> None:
        """Cancels what waits to be scored, and stops asking for items."""
        with self._lock:
            self._closed = True
            self._end = self._end or _End()
            waiting = list(self._waiting.values())
            stop, self._stop = self._stop, None
        self._finished.put(_End())
        self._free.put(None)
        if stop is not None:
            stop()
        for future in waiting:
            future.cancel()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Generator[tuple[int, Score], None, None]:
        with self:
            self._begin(None)
            while (members := self._received(self._finished.get().result())) is not None:
                yield from members

    async def __aiter__(self) -> AsyncGenerator[tuple[int, Score], None]:
        with self:
            self._begin(asyncio.get_running_loop())
            while (members := self._received(await asyncio.wrap_future(self._finished.get()))) is not None:
                for member in members:
                    yield member

    def _begin(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Has the items put in by a task of the loop, or by a thread where they do not want one."""
        items, self._items = self._items, None
        if isinstance(items, AsyncIterable):
            if loop is None:
                raise TypeError(f"{type(items).__name__} is an asynchronous iterable: read its scores with 'async for'")
            task = loop.create_task(self._draw(items))
            self._stop = partial(loop.call_soon_threadsafe, task.cancel)
        elif items is not None:
            threading.Thread(target=self._pull, args=(items,), name="spanwise-stream", daemon=True).start()

    def _take_in(self, index: int, item: Item, group: Hashable, future: Future[Score]) -> None:
        """Hands a score to the reader, with its group once that is complete."""
        try:
            member = _Member(index, item, future.result())
        except BaseException as error:
            with self._lock:
                del self._waiting[index]
                self._finished.put(_End(error))
            return
        with self._lock:
            del self._waiting[index]
            members = self._groups.setdefault(group, []) if self._group_size else []
            members.append(member)
            if len(members) < (self._group_size or 1):
                self._free.put(None)
            else:
                self._groups.pop(group, None)
                self._finished.put(members)
            self._finish()

    def _finish(self) -> None:
        if self._end is not None and not self._waiting:
            for members in self._groups.values():
                self._finished.put(members)
            self._groups.clear()
            self._finished.put(self._end)

    def _received(self, got: list[_Member] | _End) -> list[tuple[int, Score]] | None:
        if isinstance(got, _End):
            if got.error is not None:
                raise got.error
            return None
        self._free.put(None)
        members = sorted(got, key=lambda member: member.index)
        scores = self._scorer.grouped([member.item for member in members], [member.score for member in members])
        return [(member.index, score) for member, score in zip(members, scores, strict=True)]

    async def _draw(self, items: AsyncIterable[Item | Mapping[str, Any]]) -> None:
        error: Exception | None = None
        try:
            async for item in items:
                self.put(item)
                await asyncio.wrap_future(self._free.get())
        except Exception as raised:
            error = raised
        finally:
            if isinstance(items, AsyncGenerator):
                await items.aclose()
        self.end(error)

    def _pull(self, items: Iterable[Item | Mapping[str, Any]]) -> None:
        error: BaseException | None = None
        try:
            for item in items:
                self.put(item)
                self._free.get().result()
                if self._closed:
                    break
            if isinstance(items, Generator):
                items.close()
        except BaseException as raised:
            error = raised
        self.end(error)
