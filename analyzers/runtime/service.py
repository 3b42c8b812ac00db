"""The judge's process: one per slot, started by exec, with a fork server of its own.

It reads jobs as frames on standard input and writes what came of each on standard output. Test code runs here, so the
process keeps a bound on its memory and cannot be traced; the program under test never does.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from analyzers.runtime import suite, tests, wire
from analyzers.runtime.judge import UnknownRule
from analyzers.runtime.sandbox import confine
from analyzers.runtime.sandbox.base import Limits, Sandbox, SandboxBroken, Tier
from analyzers.runtime.sandbox.local import ForkServer

if TYPE_CHECKING:
    from analyzers.runtime.programs import Machine

MEMORY_BYTES = 4 * 1024**3


def main() -> None:
    """Serves jobs until standard input ends.

    Its arguments are the tier, the folder of what is prepared for programs, the files and folders that their languages
    read outside of /usr (JSON), and the folders that Python programs may import from.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the caller, who closes this process
    confine.prctl(confine.PR_SET_DUMPABLE, 0)
    # The thread that started this process lives as long as its pool; a caller that is killed takes the judge along.
    confine.prctl(confine.PR_SET_PDEATHSIG, confine.SIGKILL)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, hard))
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what test code prints must not look like an answer
    tier, prepared, libraries = Tier[sys.argv[1]], sys.argv[2], sys.argv[4:]
    readable = [prepared, *json.loads(sys.argv[3])]
    sys.path += libraries
    try:
        with contextlib.ExitStack() as ending:
            server = ForkServer(libraries, readable=readable, tier=tier, gathers=True)
            sandbox = ending.enter_context(contextlib.closing(server))

            @cache
            def machine() -> Machine:
                from analyzers.runtime.compilers import Compilers
                from analyzers.runtime.programs import Machine

                compilers = Compilers(lambda: ForkServer(readable=readable, tier=tier))
                return Machine(sandbox, ending.enter_context(contextlib.closing(compilers)), prepared)

            serve(jobs, answers, sandbox, machine)
    except (SandboxBroken, OSError) as error:
        with contextlib.suppress(BrokenPipeError):  # who asked has gone, too
            write(answers, {"lost": f"{error}"})


def serve(jobs: IO[bytes], answers: IO[bytes], sandbox: Sandbox, machine: Callable[[], Machine]) -> None:
    """Answers jobs until there are no more.

    Raises:
        SandboxBroken: the sandbox is; another judge may have more luck.
    """
    write(answers, {"ready": True})
    while (job := read(jobs)) is not None:
        write(answers, answer(job, sandbox, machine))


def answer(job: dict[str, Any], sandbox: Sandbox, machine: Callable[[], Machine]) -> dict[str, Any]:
    """What came of one job; `{"broken": why}` where the tests themselves cannot run.

    A judge that has only `warm` jobs never loads what other languages take.
    """
    try:
        suite_of_tests, limits = unpack_tests(job["tests"]), Limits(**job["limits"])
        if job["warm"]:
            return plain(suite.run(suite_of_tests, job["source"], limits, sandbox))
        return _executed(suite_of_tests, job, limits, machine())
    except (tests.BadTests, UnknownRule, wire.NotPlain) as error:
        return {"broken": f"{error}"}
    except SandboxBroken:
        raise
    except Exception as error:
        return {"broken": f"the tests cannot be run: {type(error).__name__}: {error}"}


def _executed(suite_of_tests: tests.Tests, job: dict[str, Any], limits: Limits, machine: Machine) -> dict[str, Any]:
    from analyzers.runtime import programs

    try:
        return plain(programs.run(suite_of_tests, job["source"], job["language"], limits, machine))
    except programs.Unavailable as error:
        return {"unavailable": f"{error}"}


def plain(outcome: suite.Run) -> dict[str, Any]:
    """The fields of a run; they are plain already, and `asdict` would copy every part of each."""
    return {name: getattr(outcome, name) for name in suite.Run.__slots__}


def pack_tests(suite_of_tests: tests.Tests) -> Any:
    """A suite as a JSON tree that keeps the exact types of arguments and expected values.

    Raises:
        wire.NotPlain: an argument or expected value is no plain data.
    """
    return wire.encode(tests.to_json(suite_of_tests))


def unpack_tests(tree: Any) -> tests.Tests:
    """The suite of a tree."""
    return tests.parse(wire.decode(tree))


def read(stream: IO[bytes]) -> Any:
    """The next frame, or None at the end."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    return wire.unpack(stream.read(int.from_bytes(head, "big")))


def write(stream: IO[bytes], message: Any) -> None:
    """Writes a frame."""
    stream.write(wire.pack(message))
    stream.flush()
