"""Analyses programs: every analyzer on every source, in processes that may hang or crash, each report made once.

A report that could not be made is a report with the status that says so, and whose doing it was. Reports that would
come out the same again are kept by content, and a source that is asked for again while it is being analysed is not
analysed twice.
"""

from __future__ import annotations

import logging
import math
import os
import re
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import grammars
from analyzers import blame, registry
from analyzers.cache import ReportCache, content_of, key_of, lasting
from analyzers.calls import Calls
from analyzers.errors import AnalyzerError, boundary
from analyzers.futures import when_done
from analyzers.inprocess.base import InProcess
from analyzers.types import Analyzer, Outcome, Report, Source, Status, Verdict
from analyzers.workers import Workers, one_line, status

if TYPE_CHECKING:
    from analyzers.runtime import Limits
    from analyzers.runtime.tests import Tests

ANALYZERS = ("runtime", "pylint")
ISOLATION = "standard"
GRACE_S = 2.0
"""Time beyond the limit of an analyzer that keeps its own, so that what it runs is ended by that."""

_NUMBER = re.compile(r"\d+")

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Job:
    """One source for one analyzer, and where the report goes."""

    key: bytes
    analyzer: str
    source: Source
    future: Future[Report]
    wanted: int = 1
    """By how many requests."""
    tests: Future[Report] | None = None
    """What is cancelled once nobody wants the report."""
    begun: bool = False
    """Whether an analyzer has been asked for it."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    analyzer: Analyzer
    fingerprint: str


class Engine:
    """Runs a set of analyzers; a context manager. Safe to call from several threads."""

    def __init__(
        self,
        analyzers: Sequence[str] = ANALYZERS,
        *,
        workers: int | None = None,
        limits: Limits | None = None,
        isolation: str = ISOLATION,
        cache_size: int = 100_000,
        cache_folder: Path | None = None,
    ) -> None:
        """`workers` is the number of processes (as many as there are CPUs), `limits` bound the programs that
        `runtime` runs, `isolation` is the weakest tier at which they may run; `cache_size` reports are kept in memory,
        and all of them in `cache_folder`, where one is given, for other runs.

        Raises:
            analyzers.registry.UnknownAnalyzer: with the closest names.
            ValueError: an analyzer is asked for twice, or there is no such tier.
            analyzers.runtime.sandbox.tiers.TierRefused: `runtime` cannot isolate programs so well on this machine.
            OSError: nothing can be kept in `cache_folder`.
        """
        self.analyzers = registry.check(analyzers)
        self._limits = limits
        if registry.RUNTIME in self.analyzers:
            from analyzers.runtime.sandbox import tiers

            self._isolation = tiers.parse(isolation)
            self._tier = tiers.choose(self._isolation).name
        self._loaded: dict[str, _Loaded | Report] = {}
        self._warned: set[tuple[str, Status, str]] = set()
        self._closed = False
        self._count, self._cache_size, self._cache_folder = workers, cache_size, cache_folder
        self._begin()
        _engines.add(self)

    def _begin(self) -> None:
        """Makes everything that belongs to one process."""
        self._workers = Workers(self.analyzers, count=self._count)
        self._cache = ReportCache(self._cache_size, self._cache_folder)
        self._lock = threading.Lock()
        self._flights: dict[bytes, _Job] = {}
        self._calls: Calls[_Job] = Calls(self._begin_call, wanted=self._taken, workers=self._workers.count)
        self._runtime_held = False
        self._finalizer = weakref.finalize(self, self._workers.close)

    def submit(self, source: Source, tests: Tests | None = None) -> Future[tuple[Report, ...]]:
        """One report per analyzer, in their order, later. Without tests `runtime` is not applicable.

        Raises:
            RuntimeError: the engine is closed.
        """
        return self.submit_batch([source], [tests])[0]

    def submit_batch(
        self, sources: Sequence[Source], tests: Sequence[Tests | None] | None = None
    ) -> list[Future[tuple[Report, ...]]]:
        """The reports of many sources, in order, later; tools that take many programs at once get them at once.

        `tests` has one entry for each source.

        Raises:
            ValueError: there are not as many entries as sources.
            RuntimeError: the engine is closed.
        """
        suites = [None] * len(sources) if tests is None else list(tests)
        if len(suites) != len(sources):
            raise ValueError(f"expected one entry of tests for each of {len(sources)} sources, got {len(suites)}")
        if self._closed:
            raise RuntimeError("the engine is closed")
        languages = [grammars.get(source.language).name for source in sources]
        contents = [content_of(source) for source in sources]
        columns = [
            [self._test(*row) for row in zip(sources, contents, suites, strict=True)]
            if name == registry.RUNTIME
            else self._analyse(name, sources, contents, languages)
            for name in self.analyzers
        ]
        return [self._gathered([column[row] for column in columns]) for row in range(len(sources))]

    def analyze_batch(
        self, sources: Sequence[Source], tests: Sequence[Tests | None] | None = None
    ) -> list[tuple[Report, ...]]:
        """The reports of many sources, in order, once they are there.

        Raises:
            ValueError, RuntimeError: as `submit_batch`.
        """
        return [future.result() for future in self.submit_batch(sources, tests)]

    def close(self) -> None:
        """Ends the worker processes; what is still being analysed gets a report that says so.

        The pool of `runtime`, which all engines share, ends with the last engine that used it.
        """
        with self._lock:
            self._closed = True
            held, self._runtime_held = self._runtime_held, False
        self._finalizer()
        with self._lock:
            flights = list(self._flights.values())
        for job in flights:
            self._land(job, Report(job.analyzer, Status.FAILED, detail="the engine was closed"))
        self._cache.close()
        if held:
            _release_runtime()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _gathered(self, row: Sequence[_Job | Report]) -> Future[tuple[Report, ...]]:
        """The reports of one source, of which some are there."""
        jobs = [entry for entry in row if isinstance(entry, _Job)]

        def leave(done: Future[tuple[Report, ...]]) -> None:
            if done.cancelled():
                for job in jobs:
                    self._leave(job)

        def gather() -> tuple[Report, ...]:
            return tuple(entry.future.result() if isinstance(entry, _Job) else entry for entry in row)

        reports = when_done([job.future for job in jobs], gather)
        if jobs:
            reports.add_done_callback(leave)
        return reports

    def _leave(self, job: _Job) -> None:
        """Gives a job up once nobody wants the report; what runs by then is not interrupted."""
        with self._lock:
            job.wanted -= 1
            if job.wanted or job.begun or self._flights.get(job.key) is not job:
                return
            del self._flights[job.key]
        if job.tests is not None:
            job.tests.cancel()

    def _test(self, source: Source, content: bytes, tests: Tests | None) -> _Job | Report:
        if tests is None:
            return Report(registry.RUNTIME, Status.NOT_APPLICABLE, detail="there are no tests to run")
        from analyzers import runtime

        with self._lock:
            if not self._runtime_held:
                self._runtime_held = True
                _hold_runtime()
        job, new = self._job(registry.RUNTIME, source, self._key(content, source.language, tests))
        if isinstance(job, Report) or not new:
            return job

        def finish(done: Future[Report]) -> None:
            try:
                report = done.result()
            except (Exception, CancelledError) as error:
                verdict = Verdict(Outcome.INFRASTRUCTURE, detail=one_line(error))
                report = Report(registry.RUNTIME, Status.FAILED, detail=one_line(error), verdict=verdict)
            self._land(job, report)

        try:
            running = runtime.submit(source, tests, self._limits, isolation=self._isolation)
        except Exception as error:
            running = Future()
            running.set_exception(error)
        job.tests = running
        running.add_done_callback(finish)
        return job

    def _key(self, content: bytes, language: str, tests: Tests) -> bytes:
        from analyzers.runtime import Limits, wire
        from analyzers.runtime.fingerprint import fingerprint

        try:
            about = fingerprint(language, tests, self._limits or Limits(), self._tier)
        except (wire.NotPlain, RecursionError):
            return os.urandom(16)  # such tests cannot be sent either, which the report will say
        return key_of(content, registry.RUNTIME, about)

    def _analyse(
        self, name: str, sources: Sequence[Source], contents: Sequence[bytes], languages: Sequence[str]
    ) -> list[_Job | Report]:
        loaded = self._load(name)
        if isinstance(loaded, Report):
            return [loaded] * len(sources)
        jobs: list[_Job | Report] = []
        begun: list[_Job] = []
        for source, content, language in zip(sources, contents, languages, strict=True):
            if language not in loaded.analyzer.languages and loaded.analyzer.languages != ("*",):
                detail = f"{name} is for {', '.join(loaded.analyzer.languages)}, not for {language}"
                jobs.append(Report(name, Status.NOT_APPLICABLE, detail=detail))
                continue
            job, new = self._job(name, source, key_of(content, name, loaded.fingerprint))
            jobs.append(job)
            if new and isinstance(job, _Job):
                begun.append(job)
        if begun:
            self._calls.add(name, begun, batch_size=loaded.analyzer.batch_size)
        return jobs

    def _job(self, name: str, source: Source, key: bytes) -> tuple[_Job | Report, bool]:
        """The report under a key where it is known; else the job for it, and whether it is new: not under way."""
        with self._lock:
            report = self._cache.get(key)
            if report is not None:
                return report, False
            if key in self._flights:
                job = self._flights[key]
                job.wanted += 1
                return job, False
            if self._closed:
                raise RuntimeError("the engine is closed")
            job = self._flights[key] = _Job(key, name, source, Future())
            job.future.set_running_or_notify_cancel()  # one of those who want it must not cancel it for the others
            return job, True

    def _begin_call(self, name: str, jobs: Sequence[_Job]) -> None:
        loaded = self._loaded[name]
        assert isinstance(loaded, _Loaded)

        def receive(reports: Sequence[Report]) -> None:
            self._calls.done()
            self._receive(loaded.analyzer, jobs, reports)

        self._ask(loaded.analyzer, [job.source for job in jobs], receive)

    def _taken(self, job: _Job) -> bool:
        """Whether a job is still wanted; if so it is begun now."""
        with self._lock:
            job.begun = self._flights.get(job.key) is job
            return job.begun

    def _send(self, analyzer: Analyzer, jobs: Sequence[_Job]) -> None:
        self._ask(analyzer, [job.source for job in jobs], partial(self._receive, analyzer, jobs))

    def _ask(self, analyzer: Analyzer, sources: Sequence[Source], then: Callable[[Sequence[Report]], None]) -> None:
        """Has a worker analyse the sources, and calls `then` with their reports, whatever happens."""
        grace = 0.0 if isinstance(analyzer, InProcess) else GRACE_S
        try:
            future = self._workers.schedule(analyzer.name, sources, timeout_s=analyzer.timeout_s + grace)
        except Exception as error:
            then([Report(analyzer.name, Status.FAILED, detail=one_line(error))] * len(sources))
        else:
            future.add_done_callback(lambda done: then(_reports(analyzer, done, len(sources))))

    def _receive(self, analyzer: Analyzer, jobs: Sequence[_Job], reports: Sequence[Report]) -> None:
        if len(jobs) > 1 and blame.failed(reports):
            # One bad source must not take its batch with it; it is met again in few and small ones.
            size = math.isqrt(len(jobs))
            for start in range(0, len(jobs), size):
                self._send(analyzer, jobs[start : start + size])
            return
        for job, report in zip(jobs, reports, strict=True):
            if report.status in blame.FAILURES:
                self._blame(analyzer, job, report)
            else:
                self._land(job, report)

    def _blame(self, analyzer: Analyzer, job: _Job, report: Report) -> None:
        """Lands the report on a source that was analysed alone, marked where the failure is the program's doing."""
        control = blame.control(analyzer, job.source.language)

        def judge(controls: Sequence[Report]) -> None:
            if blame.sound(control, controls[0]):
                self._ask(analyzer, [job.source], settle)
            else:
                self._land(job, report)

        def settle(reports: Sequence[Report]) -> None:
            self._land(job, replace(reports[0], provoked=blame.failed(reports)))

        self._ask(analyzer, [control], judge)

    def _land(self, job: _Job, report: Report) -> None:
        """Hands a report to all who wait for it, and keeps it where it would come out the same again."""
        with self._lock:
            if self._flights.get(job.key) is not job:
                return
            del self._flights[job.key]
            if lasting(report):
                self._cache.put(job.key, report)
        self._warn(report)
        job.future.set_result(report)

    def _load(self, name: str) -> _Loaded | Report:
        with self._lock:
            if name not in self._loaded:
                try:
                    with boundary(name):
                        analyzer = registry.get(name)
                        self._loaded[name] = _Loaded(analyzer, registry.fingerprint(name))
                except AnalyzerError as error:
                    self._loaded[name] = Report(name, status(error), detail=one_line(error))
            loaded = self._loaded[name]
        if isinstance(loaded, Report):
            self._warn(loaded)
        return loaded

    def _warn(self, report: Report) -> None:
        """Says once for each analyzer and cause that reports are missing, or that findings stand where the program has
        no such place; other numbers are no other cause. Who closes the engine knows what that cuts short."""
        if self._closed:
            return
        detail = report.detail
        if report.clamped:
            detail = f"{report.clamped} findings at places that the program does not have; the nearest ones count"
        elif report.status in (Status.OK, Status.NOT_APPLICABLE):
            return
        cause = (report.analyzer, report.status, _NUMBER.sub("#", detail.partition(":")[0]))
        with self._lock:
            known = cause in self._warned
            self._warned.add(cause)
        if not known:
            logger.warning("%s: %s: %s (said once)", report.analyzer, report.status, detail)


def _reports(analyzer: Analyzer, done: Future[list[Report]], count: int) -> list[Report]:
    try:
        return done.result()
    except TimeoutError:
        detail = f"{analyzer.name} did not finish in {analyzer.timeout_s:g} s and was killed"
        report = Report(analyzer.name, Status.TIMED_OUT, seconds=analyzer.timeout_s, detail=detail)
    except BaseException as error:  # the worker died, or the analyzer raised what is no Exception
        report = Report(analyzer.name, Status.FAILED, detail=f"the worker of {analyzer.name} died: {one_line(error)}")
    return [report] * count


_engines: weakref.WeakSet[Engine] = weakref.WeakSet()
_runtime_lock = threading.Lock()
_runtime_holders = 0


def _after_fork() -> None:
    """A child has none of the threads and processes of its parent: its engines begin anew, and end nothing of those."""
    global _runtime_lock, _runtime_holders
    _runtime_lock, _runtime_holders = threading.Lock(), 0
    for engine in list(_engines):
        engine._finalizer.detach()
        engine._begin()


os.register_at_fork(after_in_child=_after_fork)


def _hold_runtime() -> None:
    global _runtime_holders
    with _runtime_lock:
        _runtime_holders += 1


def _release_runtime() -> None:
    from analyzers import runtime

    global _runtime_holders
    with _runtime_lock:
        _runtime_holders -= 1
        if _runtime_holders == 0:
            runtime.close()  # under the lock: whoever holds it next must find a new pool
