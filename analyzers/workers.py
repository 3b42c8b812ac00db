"""The processes that analyse: replaced when they hang, crash or have worked long enough.

Workers are started afresh by loky, never forked (the caller may hold torch and threads) and without importing the
caller's `__main__`, so that a script needs no main guard. They ignore Ctrl-C, write no core files, use at most
`MEMORY_BYTES` of memory and work in an empty folder that goes with the pool.
"""

from __future__ import annotations

import logging
import math
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import util
from pathlib import Path
from types import FrameType
from typing import Any

from analyzers import registry, tool
from analyzers.errors import AnalyzerError, AnalyzerFailed, AnalyzerTimeout, ToolMissing, boundary
from analyzers.inprocess.base import InProcess
from analyzers.types import Analyzer, Diagnostic, Report, Source, Status

MEMORY_BYTES = 2 << 30
RECYCLE_AFTER = 2_000
"""Calls after which a worker is replaced: pylint keeps 10 to 20 MB for every 1,000 programs."""
MAX_STARTS = 3
"""How often a call is started at most, when the pool that it was given to breaks."""
BACKSTOP_S = 60
"""Seconds after its deadline at which a call ends its worker, should the caller that kills it have been killed
itself.
"""

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Call:
    arguments: dict[str, Any]
    answer: Future[list[Report]]
    starts: int = 0


class Workers:
    """A pool of worker processes, started with the first call."""

    def __init__(self, analyzers: Sequence[str], *, count: int | None = None) -> None:
        self._analyzers = tuple(analyzers)
        self._setup = registry.setup()
        self.count = count or len(os.sched_getaffinity(0))
        self._lock = threading.Lock()
        self._pool: Any = None
        self._scratch: Path | None = None
        self._closed = False
        self._under_way: dict[_Call, Any] = {}
        """The pool that each call was given to."""

    def schedule(self, analyzer: str, sources: Sequence[Source], *, timeout_s: float) -> Future[list[Report]]:
        """The reports of one analyzer on some sources, later.

        The time counts from the moment that a worker takes the call; then the future raises TimeoutError and the
        worker is killed.
        """
        call = _Call({"args": (analyzer, tuple(sources)), "timeout": timeout_s}, Future())
        self._start(call)
        return call.answer

    def close(self) -> None:
        """Ends all processes at once; calls that have not been answered never are."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()
            pool.join()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _start(self, call: _Call) -> None:
        pool = self._get_pool()
        call.starts += 1
        with self._lock:
            self._under_way[call] = pool
        try:
            pool.schedule(analyse, **call.arguments).add_done_callback(partial(self._answer, call, pool))
        except RuntimeError as error:
            self._recover(pool, error)
        else:
            if not pool.active:  # it may have broken before it saw the call, and then never answers
                self._recover(pool, BrokenProcessPool("the pool broke"))

    def _answer(self, call: _Call, pool: Any, future: Future[list[Report]]) -> None:
        error: BaseException | None = None
        try:
            reports = future.result()
        except BrokenProcessPool as broken:
            return self._recover(pool, broken)
        except BaseException as raised:  # the worker died, took too long, or the analyzer raised what is no Exception
            error = raised
        with self._lock:
            if self._under_way.get(call) is not pool:
                return None
            del self._under_way[call]
        if error is None:
            return call.answer.set_result(reports)
        return call.answer.set_exception(error)

    def _recover(self, pool: Any, error: Exception) -> None:
        """Starts all calls of a pool that broke in another one.

        A worker that dies before the pool knows what it works on breaks all of it, and then the pool answers some of
        its calls with an error and others never.
        """
        self._discard(pool)
        with self._lock:
            calls = [call for call, given in self._under_way.items() if given is pool]
            for call in calls:
                del self._under_way[call]
        for call in calls:
            try:
                if call.starts >= MAX_STARTS:
                    raise error
                self._start(call)
            except Exception as final:
                call.answer.set_exception(final)

    def _get_pool(self) -> Any:
        with self._lock:
            if self._closed:
                raise RuntimeError("the workers are closed")
            if self._pool is None:
                self._pool = self._new_pool()
            return self._pool

    def _new_pool(self) -> Any:
        from loky.backend import get_context
        from pebble import ProcessPool

        if self._scratch is None:
            memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
            self._scratch = Path(tempfile.mkdtemp(prefix="spanwise-", dir=memory))
        return ProcessPool(
            max_workers=self.count,
            max_tasks=RECYCLE_AFTER,
            initializer=prepare,
            initargs=(str(self._scratch), os.getpid(), self._analyzers, self._setup),
            context=get_context("loky"),
        )

    def _discard(self, pool: Any) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        # Callers may be threads of the pool itself, which cannot wait for their own end.
        threading.Thread(target=lambda: (pool.stop(), pool.join()), name="spanwise-discard", daemon=True).start()


def prepare(scratch: str, caller: int, analyzers: Sequence[str], setup: registry.Setup) -> None:
    """Makes this process a worker: the caller's names, limits, an empty folder, and what is slow to load."""
    registry.restore(setup)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    util.Finalize(None, _clear_orphaned, args=(scratch, caller), exitpriority=0)
    folder = tempfile.mkdtemp(dir=scratch)
    os.chdir(folder)
    tempfile.tempdir = scratch
    warnings.simplefilter("ignore")
    for name in analyzers:
        _warm(name)


def _clear_orphaned(scratch: str, caller: int) -> None:
    """Removes the folder of a pool whose owner was killed and could not do it."""
    for _ in range(10):  # the pipe that ends a worker closes a moment before its parent is gone
        if os.getppid() != caller:
            shutil.rmtree(scratch, ignore_errors=True)
            return
        time.sleep(0.02)


def _warm(name: str) -> None:
    if name == registry.RUNTIME:
        return
    try:
        analyzer = registry.get(name)
        if isinstance(analyzer, InProcess) and analyzer.warm is not None:
            analyzer.run([Source(analyzer.warm, analyzer.languages[0])])
    except (AnalyzerError, ValueError) as error:
        logger.debug("%s cannot be warmed: %s", name, error)  # the first real source will tell


def analyse(name: str, sources: Sequence[Source]) -> list[Report]:
    """One report for each source; an analyzer that fails gives the status to all of them. Runs in a worker."""
    start = time.perf_counter()
    try:
        with boundary(name):
            analyzer = registry.get(name)
        # A tool's processes must go with the worker; whatever runs in the worker itself may be stuck in C and ends at
        # once.
        signal.signal(signal.SIGTERM, signal.SIG_DFL if isinstance(analyzer, InProcess) else _terminate)
        signal.alarm(math.ceil(analyzer.timeout_s) + BACKSTOP_S)
        with boundary(name):
            found = _checked(analyzer, sources, analyzer.run(sources))
    except AnalyzerError as error:
        seconds = (time.perf_counter() - start) / len(sources)
        return [Report(name, status(error), seconds=seconds, detail=one_line(error)) for _ in sources]
    finally:
        signal.alarm(0)
    seconds = (time.perf_counter() - start) / len(sources)
    return [Report(name, Status.OK, diagnostics, seconds) for diagnostics in found]


def status(error: BaseException) -> Status:
    """What an exception of an analyzer means."""
    if isinstance(error, ToolMissing):
        return Status.UNAVAILABLE
    return Status.TIMED_OUT if isinstance(error, (AnalyzerTimeout, TimeoutError)) else Status.FAILED


def one_line(error: BaseException) -> str:
    """The message of an exception for a report's detail."""
    return " ".join((str(error) or type(error).__name__).split())[:500]


def _checked(
    analyzer: Analyzer, sources: Sequence[Source], found: list[tuple[Diagnostic, ...]]
) -> list[tuple[Diagnostic, ...]]:
    if len(found) != len(sources):
        raise AnalyzerFailed(f"{analyzer.name} answered {len(found)} times for {len(sources)} sources")
    for source, diagnostics in zip(sources, found, strict=True):
        for diagnostic in diagnostics:
            if not isinstance(diagnostic, Diagnostic):
                raise AnalyzerFailed(f"{analyzer.name} answered with {diagnostic!r:.80}, expected a Diagnostic")
            if diagnostic.span.end > len(source.text):
                raise AnalyzerFailed(
                    f"{analyzer.name} points to {diagnostic.span}, the text ends at {len(source.text)}"
                )
    return [tuple(diagnostics) for diagnostics in found]


def _terminate(number: int, frame: FrameType | None) -> None:
    tool.end_running()
    os._exit(1)
