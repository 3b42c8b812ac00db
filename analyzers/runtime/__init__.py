"""Runs programs on their tests, each in a process of its own that holds nothing worth stealing.

`submit(source, tests)` gives the future of a Report whose `verdict` only the harness can write: test code runs in a
judge, the program in a sandbox, and what crosses between them is plain data.

caller -> judge (one per slot; holds the tests) -> fork server (holds no secrets) -> candidate
"""

from __future__ import annotations

import atexit
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from analyzers.runtime.sandbox.base import Limits, Tier

if TYPE_CHECKING:
    from concurrent.futures import Future

    from analyzers.runtime.pool import Pool
    from analyzers.runtime.tests import Tests
    from analyzers.types import Report, Source

__all__ = ["NAME", "TIMEOUT", "Limits", "Tier", "close", "resize", "submit"]

NAME = "runtime"
TIMEOUT = "TimeoutError"
"""Code of the diagnostic of a program that hung."""

_lock = threading.Lock()
_pools: dict[Tier, Pool] = {}
_workers: int | None = None


def resize(workers: int | None) -> None:
    """How many programs run at a time on pools that are started from now on; None: one for each CPU."""
    global _workers
    _workers = workers


def submit(
    source: Source, tests: Tests, limits: Limits | None = None, *, isolation: Tier = Tier.STANDARD
) -> Future[Report]:
    """The report of a program on its tests, later; programs run on a pool that the whole process shares.

    `isolation` is the least that is demanded of the sandbox. Tests that are appended go on from what was sampled: they
    close what a `suffix` would.

    Raises:
        analyzers.runtime.sandbox.tiers.TierRefused: this machine does not give that; nothing is run.
    """
    from analyzers.runtime.pool import Pool  # the judges import this package too, and need no pool
    from analyzers.runtime.sandbox import tiers
    from analyzers.runtime.tests import Appended

    if source.suffix and isinstance(tests, Appended):
        source = replace(source, text=source.text[: source.sampled.end], suffix=0)
    tier = tiers.choose(isolation)
    with _lock:
        if tier not in _pools:
            _pools[tier] = Pool(_workers, tier=tier)
        pool = _pools[tier]
    return pool.submit(source, tests, limits or Limits())


def close() -> None:
    """Ends the shared pools and everything that runs in them; the next `submit` starts a new one."""
    with _lock:
        pools = list(_pools.values())
        _pools.clear()
    for pool in pools:
        pool.close()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _pools.clear()


atexit.register(close)
os.register_at_fork(after_in_child=_after_fork)  # a child has none of the threads that serve a pool
