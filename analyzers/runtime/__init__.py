"""Runs programs on their tests, each in a process of its own that holds nothing worth stealing.

`submit(source, tests)` gives the future of a Report whose `verdict` only the harness can write: test code runs in a
judge, the program in a sandbox, and what crosses between them is plain data.

caller -> judge (one per slot; holds the tests) -> fork server (holds no secrets) -> candidate
"""

from __future__ import annotations

import atexit
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from analyzers.runtime.sandbox.base import Limits
from analyzers.runtime.tests import Tests
from analyzers.types import Report, Source

if TYPE_CHECKING:
    from analyzers.runtime.pool import Pool

__all__ = ["NAME", "TIMEOUT", "Limits", "close", "submit"]

NAME = "runtime"
TIMEOUT = "TimeoutError"
"""Code of the diagnostic of a program that hung."""

_lock = threading.Lock()
_pool: Pool | None = None


def submit(source: Source, tests: Tests, limits: Limits | None = None) -> Future[Report]:
    """The report of a program on its tests, later; programs run on a pool that the whole process shares."""
    from analyzers.runtime.pool import Pool  # the judges import this package too, and need no pool

    global _pool
    with _lock:
        if _pool is None:
            _pool = Pool()
    return _pool.submit(source, tests, limits or Limits())


def close() -> None:
    """Ends the shared pool and everything that runs in it; the next `submit` starts a new one."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.close()


atexit.register(close)
