"""What comes of futures, as a future: no thread waits for it. Cancelling it cancels what it waits for."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError, Future
from threading import Lock
from typing import Any, TypeVar

Result = TypeVar("Result")


def when_done(futures: Sequence[Future[Any]], function: Callable[[], Result]) -> Future[Result]:
    """The future of what `function` returns, or raises, once all futures are done, in whichever way."""
    joined: Future[Result] = Future()
    left, lock = len(futures), Lock()

    def count(_: Future[Any]) -> None:
        nonlocal left
        with lock:
            left -= 1
            last = left == 0
        if last:
            _finish(joined, function)

    for future in futures:
        future.add_done_callback(count)
    if not futures:
        _finish(joined, function)
    _pass_on_cancel(joined, lambda: futures)
    return joined


def steps(work: Generator[Future[Any], Any, Result]) -> Future[Result]:
    """The future of what a generator returns that yields futures, and is sent what comes of them."""
    finished: Future[Result] = Future()
    awaited: list[Future[Any]] = []

    def advance(done: Future[Any] | None) -> None:
        try:
            following = next(work) if done is None else _resumed(work, done)
        except StopIteration as stop:
            value: Result = stop.value
            _finish(finished, lambda: value)
        except (Exception, CancelledError) as error:
            _fail(finished, error)
        else:
            awaited[:] = [following]
            if finished.cancelled():
                following.cancel()
            following.add_done_callback(advance)

    advance(None)
    _pass_on_cancel(finished, lambda: awaited)
    return finished


def _resumed(work: Generator[Future[Any], Any, Any], done: Future[Any]) -> Future[Any]:
    try:
        result = done.result()
    except (Exception, CancelledError) as error:
        return work.throw(error)
    return work.send(result)


def _finish(future: Future[Result], function: Callable[[], Result]) -> None:
    try:
        result = function()
    except (Exception, CancelledError) as error:
        _fail(future, error)
    else:
        if future.set_running_or_notify_cancel():
            future.set_result(result)


def _fail(future: Future[Any], error: BaseException) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(error)


def _pass_on_cancel(future: Future[Any], awaited: Callable[[], Sequence[Future[Any]]]) -> None:
    def cancel(done: Future[Any]) -> None:
        if done.cancelled():
            for one in awaited():
                one.cancel()

    future.add_done_callback(cancel)
