"""The caller's side: slots that each hold a judge, and futures of reports. Never forks: the caller may hold torch."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import grammars
from analyzers.runtime import service, suite, verdict, wire
from analyzers.runtime.deadline import MAX_STARVED
from analyzers.runtime.prepared import cache_folder, make_cache
from analyzers.runtime.programs import SLOW
from analyzers.runtime.sandbox.base import Limits, Tier
from analyzers.runtime.session import MAX_STARTS
from analyzers.runtime.tests import Appended, Asserts, Calls, CheckFunction, Stdio, Tests
from analyzers.types import Report, Source
from grammars import Toolchain

RETRIES = 1
"""Times that a job is given to a new judge after its judge was lost. For infrastructure, never for candidates."""
START_S = 120.0
SLACK_S = 30.0
LONGEST_S = 1e6
"""What the kernel can be asked to wait, whose milliseconds have to fit into 31 bits."""
RECYCLE_AFTER = 5_000
"""Jobs after which a judge is replaced, so that nothing can pile up in it."""

_ROOT = Path(__file__).resolve().parents[2]
# Installed packages, for tests and programs that import them; without the start-up hooks that `site` would run.
_LIBRARIES = tuple(dict.fromkeys(sysconfig.get_paths()[kind] for kind in ("purelib", "platlib")))
_BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from analyzers.runtime.service import main; main()"


class JudgeLost(Exception):
    """A judge's process ended, or gave no answer."""


class Pool:
    """Runs programs on their tests, `workers` at a time, isolated at a tier."""

    def __init__(self, workers: int | None = None, *, tier: Tier = Tier.STANDARD) -> None:
        self._tier = tier
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._count = workers or len(os.sched_getaffinity(0))
        self._threads: list[threading.Thread] = []
        self._judges: list[Judge] = []
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, source: Source, tests: Tests, limits: Limits) -> Future[Report]:
        """The report of a program on its tests, later."""
        future: Future[Report] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            if len(self._threads) < self._count:
                thread = threading.Thread(target=self._work, name="spanwise-judge", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._jobs.put(_Job(source, tests, limits, future))
        return future

    def close(self) -> None:
        """Ends all judges and what runs in them; jobs that wait are cancelled."""
        with self._lock:
            self._closed = True
        with contextlib.suppress(queue.Empty):
            while (job := self._jobs.get_nowait()) is not None:
                job.future.cancel()
        for _ in self._threads:
            self._jobs.put(None)
        for judge in list(self._judges):
            judge.kill()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        judge = Judge(self._tier)
        self._judges.append(judge)
        while (job := self._jobs.get()) is not None:
            if job.future.set_running_or_notify_cancel():
                try:
                    job.future.set_result(self._report(judge, job))
                except BaseException as error:
                    job.future.set_exception(error)
        judge.kill()

    def _report(self, judge: Judge, job: _Job) -> Report:
        start = time.monotonic()
        answer: dict[str, Any] = {}
        toolchain = grammars.get(job.source.language).toolchain
        try:
            message = wire.pack(
                {
                    "source": job.source.text,
                    "language": job.source.language,
                    "warm": toolchain is not None and toolchain.warm,
                    "tests": service.pack_tests(job.tests),
                    "limits": asdict(job.limits),
                }
            )
        except (wire.NotPlain, RecursionError) as error:
            message, answer = b"", {"broken": f"the tests cannot be sent: {error}"}
        for attempt in range(RETRIES + 1 if message else 0):
            try:
                answer = judge.ask(message, patience(job.tests, job.limits, toolchain))
                break
            except JudgeLost as error:
                answer = {"broken": f"the judge was lost {attempt + 1} times: {error}"}
                if self._closed:
                    break
        return verdict.report(job.source, answer, time.monotonic() - start, self._tier.name.lower())


@dataclass(frozen=True, slots=True)
class _Job:
    source: Source
    tests: Tests
    limits: Limits
    future: Future[Report]


class Judge:
    """A judge's process, started when it is needed and replaced when it is lost."""

    def __init__(self, tier: Tier = Tier.STANDARD) -> None:
        self._tier = tier
        self._process: subprocess.Popen[bytes] | None = None
        self._done = 0

    def ask(self, message: bytes, patience_s: float) -> dict[str, Any]:
        """The answer to a job.

        Raises:
            JudgeLost: none came.
        """
        if self._done >= RECYCLE_AFTER:
            self.kill()
        try:
            process = self._process or self._start()
            assert process.stdin is not None
            process.stdin.write(message)
            process.stdin.flush()
            answer: dict[str, Any] = self._read(process, patience_s)
        except (JudgeLost, OSError) as error:
            if self.kill() == -signal.SIGPROF:  # the clock of the suite: the program's answer is to blame
                return asdict(suite.Run([("timed_out", 0.0, "judging the answer took too long")]))
            raise JudgeLost(str(error)) from error
        self._done += 1
        return answer

    def kill(self) -> int | None:
        """Ends the process, whose fork server ends what runs in it; returns its status, None where there was none."""
        process, self._process = self._process, None
        self._done = 0
        if process is None:
            return None
        process.kill()
        with contextlib.suppress(OSError, ValueError):
            process.communicate()
        return process.returncode

    def _start(self) -> subprocess.Popen[bytes]:
        # A clean environment: no secret of the caller's reaches test code, and no setting of his the interpreter.
        prepared = cache_folder()
        with contextlib.suppress(OSError):  # without it nothing can be prepared, which costs time
            make_cache(Path(prepared))
        arguments = [str(_ROOT), self._tier.name, prepared, json.dumps(readable()), *_LIBRARIES]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-S", "-X", "utf8", "-c", _BOOT, *arguments],
            # PATH is where compilers and interpreters are looked for; sets of strings have one order in every judge.
            env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONHASHSEED": "0"},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None,
        )
        self._read(self._process, START_S)
        return self._process

    @staticmethod
    def _read(process: subprocess.Popen[bytes], patience_s: float) -> Any:
        assert process.stdout is not None
        waiting = select.poll()  # unlike `select` it takes descriptors of any number: a server has many
        waiting.register(process.stdout, select.POLLIN)
        if not waiting.poll(min(patience_s, LONGEST_S) * 1000):
            raise JudgeLost(f"no answer within {patience_s:.0f} s")
        answer = service.read(process.stdout)  # a judge writes an answer at one stroke
        if answer is None:
            raise JudgeLost("its process ended")
        if "lost" in answer:
            raise JudgeLost(answer["lost"])
        return answer


def readable() -> list[str]:
    """Files and folders outside of /usr that the commands of all languages read."""
    toolchains = (grammars.get(name).toolchain for name in grammars.names())
    return sorted({path for toolchain in toolchains if toolchain is not None for path in toolchain.readable})


def patience(tests: Tests, limits: Limits, toolchain: Toolchain | None = None) -> float:
    """Seconds after which a judge that has said nothing is given up: every test may take its longest."""
    match tests:
        case Asserts(statements):
            count = len(statements)
        case CheckFunction(code):
            count = code.count("assert")
        case Appended(code):
            count = 1 + code.count("assert")
        case Calls(_, cases) | Stdio(cases):
            count = len(cases) * (2 if tests.checker else 1)
    tests_s = (count + MAX_STARTS) * 2 * (MAX_STARVED + 1) * limits.timeout_s
    if toolchain is not None and not toolchain.warm:
        tests_s += (MAX_STARVED + 1) * (SLOW * toolchain.compile_timeout_s + count * toolchain.start_s)
    return tests_s + SLACK_S
