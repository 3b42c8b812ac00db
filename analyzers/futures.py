"""What comes of futures, as a future: no thread waits for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from threading import Lock
from typing import Any, TypeVar

Result = TypeVar("Result")


def when_done(futures: Sequence[Future[Any]], function: Callable[[], Result]) -> Future[Result]:
    """The future of what `function` returns, or raises, once all futures are done, in whichever way."""
    joined: Future[Result] = Future()
    joined.set_running_or_notify_cancel()
    left, lock = len(futures), Lock()

    def finish() -> None:
        try:
            joined.set_result(function())
        except (Exception, CancelledError) as error:
            joined.set_exception(error)

    def count(_: Future[Any]) -> None:
        nonlocal left
        with lock:
            left -= 1
            last = left == 0
        if last:
            finish()

    for future in futures:
        future.add_done_callback(count)
    if not futures:
        finish()
    return joined
