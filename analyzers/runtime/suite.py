"""Runs a suite in the judge: test code stays here, each of its calls to the program happens in the sandbox."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from analyzers.runtime import checker, foresight, hearsay, instrument, judge, wire
from analyzers.runtime.checker import short
from analyzers.runtime.deadline import MAX_STARVED
from analyzers.runtime.ends import Died, GaveUp, NotLoaded, Stopped, TimedOut, facts_of
from analyzers.runtime.proxies import Name
from analyzers.runtime.sandbox.base import Limits, Sandbox, SandboxBroken
from analyzers.runtime.session import Session
from analyzers.runtime.tests import Appended, Asserts, Calls, CheckFunction, Exchange, Stdio, Tests

MAX_MESSAGE = 300
LATER_S = 0.05
"""When an alarm comes back that came at a bad moment."""
JUDGING_S = 1.0
"""CPU seconds beyond those of a test after which a judge that is not to be interrupted is ended."""


@dataclass(slots=True)
class Run:
    """What came of a suite, as data that travels as JSON."""

    tests: list[tuple[str, float, str]]
    """Status, seconds and message of each test."""
    syntax: dict[str, Any] | None = None
    """Why the program does not compile."""
    raised: list[dict[str, Any]] = field(default_factory=list)
    """Exceptions of the program's own code: the first of each test, in order."""
    diagnostics: list[dict[str, Any]] = field(default_factory=list)
    """What is wrong and where, as fields of Diagnostic, in languages whose run times say it in their own words."""
    stdout: str = ""
    cpu_s: float = 0.0
    """CPU seconds of the program over all tests."""
    forgeable: bool = False
    """Whether a test that passed took the program's word for it."""
    executed: list[int] | None = None
    """Lines of the program that were executed, where that was asked for."""


def run(tests: Tests, source: str, limits: Limits, sandbox: Sandbox) -> Run:
    """Runs a program on a suite.

    Raises:
        BadTests: the suite itself is broken.
        SandboxBroken: the sandbox is.
    """
    if isinstance(tests, Stdio):
        return _run_stdio(tests, source, limits, sandbox)
    session = Session(sandbox, source, limits)
    recorder = Recorder(session, limits)
    try:
        if isinstance(tests, Calls):
            _run_calls(tests, session, recorder, sandbox)
        else:
            _run_code(tests, session, recorder)
    finally:
        session.end()
    outcome = recorder.finish()
    outcome.stdout = session.output.decode("utf-8", "replace")
    outcome.cpu_s = session.cpu_s
    outcome.executed = sorted(session.lines) if limits.executed else None
    return outcome


class Recorder:
    """Keeps what the tests came to. Test code reports through `begin`, `passed` and `failed`."""

    def __init__(self, session: Session, limits: Limits) -> None:
        self._session, self.limits = session, limits
        self._wound = -math.inf
        self._results: dict[int, tuple[str, float, str]] = {}
        self._raised: list[dict[str, Any]] = []
        self.expected = 0
        """Number of tests in the suite."""
        self.complete = False
        """Whether the test code ran to its end: then tests that it stepped over were not meant to run."""
        self.hearsay: tuple[hearsay.Hearsay | None, ...] = ()
        """For each test, why it takes the program's word for it."""

    @contextmanager
    def clock(self) -> Iterator[None]:
        """Bounds the time that test code spends on what the program returned (`range(answer)`, say).

        What keeps the interpreter from handling the alarm (one call of `sum`) is ended by the CPU clock, whose signal
        ends this process.
        """

        def ring(*_: object) -> None:
            if self._session.undisturbed:
                signal.setitimer(signal.ITIMER_REAL, LATER_S)
                return
            raise TimedOut("judging the answer took too long")

        previous = signal.signal(signal.SIGALRM, ring)
        try:
            yield
        finally:
            for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):
                signal.setitimer(timer, 0)
            signal.signal(signal.SIGALRM, previous)

    def _wind(self) -> None:
        now, longest = time.monotonic(), (2 * MAX_STARVED + 1) * self.limits.timeout_s
        if now - self._wound < longest / 100:
            return  # two calls of the kernel for each end of a test cost as much as a small test
        self._wound = now
        signal.setitimer(signal.ITIMER_REAL, longest)
        signal.setitimer(signal.ITIMER_PROF, longest + JUDGING_S)

    def begin(self) -> None:
        """A test begins."""
        self._wind()
        self._session.begin_test()

    def passed(self, test: int) -> None:
        """A test came to its end. One that runs several times (in a loop) has to pass every time."""
        self._wind()
        self._session.test_passed()
        status, seconds, message = self._results.get(test, ("passed", 0.0, ""))
        self._results[test] = (status, seconds + self._session.seconds(), message)

    def failed(self, test: int, error: BaseException) -> None:
        """A test ended with an exception, in the program or in the test code. Goes on unless nothing more can run."""
        self._wind()
        if isinstance(error, SandboxBroken):
            raise error
        status, message = self._classify(error)
        earlier = self._results.get(test, ("passed", 0.0, ""))
        if earlier[0] == "passed":
            self._results[test] = (status, earlier[1] + self._session.seconds(), message[:MAX_MESSAGE])
        if isinstance(error, (NotLoaded, GaveUp, KeyboardInterrupt)):
            raise error

    def overrule(self, test: int, wrong: str) -> None:
        """What a checker says of a test that has come to its end: why the answer is wrong, if it is."""
        if wrong and self._results[test][0] == "passed":
            self._results[test] = ("failed", self._results[test][1], wrong[:MAX_MESSAGE])

    def finish(self) -> Run:
        """What came of the suite."""
        not_loaded = self._session.not_loaded or {}
        missing = ("not_run", 0.0, "")
        if not_loaded:
            status, message = self._classify(NotLoaded())
            missing = (status, 0.0, message)
        if self.complete and self._results:
            tests = [self._results[test] for test in sorted(self._results)]
        else:
            tests = [self._results.get(test, missing) for test in range(self.expected)]
        raised = [not_loaded["raised"]] if "raised" in not_loaded else self._raised
        return Run(tests, syntax=not_loaded.get("syntax"), raised=raised, forgeable=self._forgeable())

    def _forgeable(self) -> bool:
        """Whether a test that took the program's word for it has passed, or was stepped over."""
        absent = ("passed" if self.complete else "not_run", 0.0, "")
        return any(
            found is not None and found.when in self._session.seen and self._results.get(test, absent)[0] == "passed"
            for test, found in enumerate(self.hearsay)
        )

    def _classify(self, error: BaseException) -> tuple[str, str]:
        if isinstance(error, TimedOut):
            self._session.end()
            return "timed_out", str(error)
        if isinstance(error, GaveUp):
            return "not_run", str(error)
        if isinstance(error, NotLoaded):
            hung = (self._session.not_loaded or {}).get("timed_out")
            return ("timed_out", f"while loading: {hung}") if hung else ("error", "the program does not load")
        facts = facts_of(error)
        if facts is not None:
            self._raised.append(facts)
            return "error", f"{facts['type']}: {facts.get('message', '')}"
        return "failed", f"{type(error).__name__}: {error}".rstrip(": ")


def _run_calls(tests: Calls, session: Session, recorder: Recorder, sandbox: Sandbox) -> None:
    same = judge.rule(judge.VALUES, tests.compare)
    answers: dict[int, Any] = {}
    recorder.expected = len(tests.cases)
    function = Name(session, tests.function)
    session.foresee(_calls_ahead(tests))
    with recorder.clock():
        for index, case in enumerate(tests.cases):
            try:
                recorder.begin()
                answer = function(*case.args, **(case.kwargs or {}))
                if tests.checker:
                    answers[index] = answer
                else:
                    assert same(answer, case.expected), f"got {short(answer)}, expected {short(case.expected)}"
                recorder.passed(index)
            except GaveUp:
                break
            except BaseException as error:
                try:
                    recorder.failed(index, error)
                except Stopped:
                    break
    session.end()
    for index, answer in answers.items():
        case = tests.cases[index]
        given = [*case.args, *([dict(case.kwargs)] if case.kwargs else [])]
        question = (given, answer, case.expected)
        recorder.overrule(index, checker.verdict(tests.checker, question, recorder.limits, sandbox))


def _calls_ahead(tests: Calls) -> foresight.Plan:
    frames = []
    for case in tests.cases:
        arguments = [wire.encode(value) for value in case.args]
        keywords = [[name, wire.encode(value)] for name, value in (case.kwargs or {}).items()]
        frames.append(foresight.request("call", tests.function, arguments, keywords))
    return (tuple(frames),)


def _run_code(tests: Asserts | CheckFunction | Appended, session: Session, recorder: Recorder) -> None:
    prepared = instrument.prepared(tests)
    recorder.expected, recorder.hearsay = len(prepared.hearsay), prepared.hearsay
    session.foresee(prepared.plan)
    namespace: dict[str, Any] = {
        "__name__": "tests",
        instrument.BEGIN: recorder.begin,
        instrument.PASSED: recorder.passed,
        instrument.FAILED: recorder.failed,
        instrument.EXPLAIN: lambda left, right: f"{short(left)} against {short(right)}",
        instrument.EVAL: lambda source: session.request("eval", source),
        instrument.GLOBAL: lambda name: session.request("get", name),
    }
    for name in prepared.names:
        namespace[name] = import_module(name) if name in instrument.MODULES else Name(session, name)
    with recorder.clock():
        try:
            recorder.begin()  # code between the tests may already need the program
            exec(prepared.code, namespace)
            if prepared.entry_point:
                namespace["check"](Name(session, prepared.entry_point))
            recorder.complete = True
        except (NotLoaded, GaveUp):
            return
        except (Exception, Stopped) as error:
            # Test code outside of any test counts as one more that went wrong.
            recorder.failed(recorder.expected, error)
            recorder.expected += 1


def _run_stdio(tests: Stdio, source: str, limits: Limits, sandbox: Sandbox) -> Run:
    judging = checker.judging(tests, limits, sandbox)
    outcome = Run([])
    timeouts = 0
    for case in tests.cases:
        if timeouts >= limits.timeouts:
            outcome.tests.append(("not_run", 0.0, "earlier tests timed out"))
            continue
        status, seconds, message = _exchange(case, source, limits, sandbox, judging, outcome)
        timeouts = timeouts + 1 if status == "timed_out" else 0
        outcome.tests.append((status, seconds, message))
        if outcome.syntax is not None:
            break
    missing = len(tests.cases) - len(outcome.tests)
    outcome.tests += [("error", 0.0, "the program does not compile")] * missing
    return outcome


def _exchange(
    case: Exchange, source: str, limits: Limits, sandbox: Sandbox, judging: checker.Judging, outcome: Run
) -> tuple[str, float, str]:
    """One run of the whole program: what it prints is compared here, its exit status proves nothing good."""
    session = Session(sandbox, source, limits)
    stopped: Stopped | None = None
    code = 0
    try:
        code = session.run_script(case.stdin.encode("utf-8", "surrogateescape"))
    except TimedOut as error:
        return "timed_out", session.seconds(), str(error)
    except Stopped as error:  # it ended without a word: os._exit, or a signal
        stopped, code = error, session.exit.code if session.exit else 1
    finally:
        seconds = session.seconds()
        session.end()
        outcome.cpu_s += session.cpu_s
        if limits.executed:
            outcome.executed = sorted(session.lines.union(outcome.executed or ()))
    said = session.not_loaded or {}
    if "syntax" in said:
        outcome.syntax = said["syntax"]
        return "error", seconds, "the program does not compile"
    if "raised" in said or code:
        facts = said.get("raised") or facts_of(stopped or Died(f"exit code {code}")) or {}
        outcome.raised.append(facts)
        return "error", seconds, f"{facts['type']}: {facts.get('message', '')}"[:MAX_MESSAGE]
    printed = session.output.decode("utf-8", "replace")
    outcome.stdout = outcome.stdout or printed
    wrong = judging(case, printed)
    return "failed" if wrong else "passed", seconds, wrong[:MAX_MESSAGE]
