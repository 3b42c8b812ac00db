"""Ctrl-C and SIGTERM between changes of state, never in the middle of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any


class Terminated(KeyboardInterrupt):
    """SIGTERM: whoever runs the machine wants the process to end, and will start it again."""


class Elsewhere(RuntimeError):
    """Another process of the run failed, and says itself why; this one ends with it."""


class Interrupts:
    """While this context is open, Ctrl-C raises KeyboardInterrupt and SIGTERM raises Terminated, but inside of
    `deferred()` only when that ends.

    Sampling may be abandoned anywhere; an optimiser step or a checkpoint is finished first. Outside of the main thread,
    where Python handles no signals, it does nothing.
    """

    def __init__(self, *, held: bool = False) -> None:
        """`held` lets both wait for the next `allowed()` wherever they come; without one they count for nothing."""
        self._depth = int(held)
        self._pending: type[KeyboardInterrupt] | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: signal.signal(number, self._handle) for number in _RAISED}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Both wait until the end of this block."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if not self._depth:
            self._raise_pending()

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Inside of `deferred()`, or where all is held, a block that may break off, at once if one of them waits."""
        depth, self._depth = self._depth, 0
        try:
            self._raise_pending()
            yield
        except KeyboardInterrupt:
            self._pending = None  # it has come
            raise
        finally:
            self._depth = depth

    def _raise_pending(self) -> None:
        if self._pending:
            pending, self._pending = self._pending, None
            raise pending

    def _handle(self, number: int, frame: FrameType | None) -> None:
        # Python drops what is raised in a destructor; then the next block of `deferred` brings it up again.
        self._pending = _RAISED[signal.Signals(number)]
        if not self._depth:
            raise self._pending


_RAISED = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}
