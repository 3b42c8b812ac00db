"""One candidate seen from the judge: started, asked, timed, and started anew after it hung or crashed.

Test code runs here, unchanged, beside the objects of `proxies`. A candidate can lie about values and never about
verdicts.
"""

from __future__ import annotations

import builtins
import contextlib
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, NoReturn

from analyzers.runtime import claims, foresight, wire
from analyzers.runtime.deadline import MAX_STARVED, Deadline, crowded_out
from analyzers.runtime.ends import CandidateError, Died, GaveUp, NotLoaded, TimedOut, facts_of, signal_name
from analyzers.runtime.hearsay import When
from analyzers.runtime.proxies import Remote, copy_back
from analyzers.runtime.sandbox.base import Candidate, Exit, Limits, Sandbox, SandboxBroken, Starved

SOON_S = 0.02
"""How long an answer is waited for in one call of the kernel, before the clock and the process are looked at."""
MAX_STARTS = 4
"""Times that a program is started anew after it hung or crashed."""
ENDING_S = 0.2
"""How long a process may take to end after its descriptors were closed; one that goes on has closed them itself."""
MAX_AHEAD = 32 * 1024
"""Bytes of requests that are sent together: they have to fit into the socket, whatever the program does."""


class Session:
    """One candidate over all its tests; started anew after it hung or crashed."""

    def __init__(self, sandbox: Sandbox, source: str, limits: Limits) -> None:
        self._sandbox, self._source, self._limits = sandbox, source, limits
        self._candidate: Candidate | None = None
        self._generation = 0
        self._buffer = bytearray()
        self._started = 0.0
        self._starved_before: float | None = None
        self._granted = 0.0
        self._timeouts = 0
        self._plan: list[tuple[bytes, tuple[bytes, ...]]] = []
        self._foreseen = 0
        self._sent: deque[bytes] = deque()
        self.not_loaded: dict[str, Any] | None = None
        """Why the program did not load: `syntax`, `raised` or `timed_out`."""
        self.exit: Exit | None = None
        """How the process ended last."""
        self.output = b""
        self.cpu_s = 0.0
        self.calls = 0
        """Calls that the program was asked for; what merely looks at an object is none."""
        self._told: set[int] = set()
        self.lines: set[int] = set()
        """Lines that were executed, where `limits.executed` asks for them."""
        self.seen = {When.ALWAYS}
        """What has happened that lets a program vouch for itself."""
        self.undisturbed = False
        """Whether the sandbox is being spoken to: a signal handler that raised now would have the answer, how this
        program ended, taken for the next one's."""

    def foresee(self, plan: foresight.Plan) -> None:
        """Takes the requests that will be made, so that those that follow each other are sent together."""
        self._plan = [(frame, stretch[at + 1 :]) for stretch in plan for at, frame in enumerate(stretch)]

    def begin_test(self) -> None:
        """Starts the clock of a test, and the program where it is not running.

        Raises:
            Stopped: it does not load, or has hung or crashed too often.
        """
        if self.not_loaded is not None:
            raise NotLoaded
        if self._candidate is None:
            if self._generation == MAX_STARTS or self._timeouts >= self._limits.timeouts:
                raise GaveUp(f"started {self._generation} times, timed out {self._timeouts} times")
            self._generation += 1
            self._start("serve", b"")
            self._load()
        self._start_clock()

    @contextlib.contextmanager
    def _speaking(self) -> Iterator[None]:
        self.undisturbed = True
        try:
            yield
        finally:
            self.undisturbed = False

    def _start(self, mode: str, stdin: bytes) -> None:
        with self._speaking():
            self._candidate = self._sandbox.start(self._source, mode=mode, stdin=stdin, limits=self._limits)
        channel, patience_s = self._candidate.channel, self._limits.timeout_s
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(patience_s))  # it need not read what is sent
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(min(SOON_S, patience_s)))

    def _load(self) -> None:
        self._start_clock()
        try:
            answer = self._receive()
            if "ready" in answer:
                return
            self.not_loaded = self._failure(answer)
        except TimedOut as error:
            self.not_loaded = {"timed_out": str(error)}
        except Died as error:
            self.not_loaded = {"raised": facts_of(error)}
        self.end()
        raise NotLoaded

    def _failure(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Why a program that did not load, or did not come to its end, says that it did not."""
        try:
            if "syntax" in answer:
                return {"syntax": claims.syntax(answer["syntax"])}
            return {"raised": claims.raised(answer.get("raised"))}
        except wire.Malformed as error:
            self.end()
            raise Died(f"a malformed answer: {error}") from error

    def run_script(self, stdin: bytes) -> int:
        """Runs the program as a script to its end and returns its exit status; `end` then tells what it printed.

        Raises:
            Stopped: it hung, or ended without saying that it came to its end.
        """
        self._start("main", stdin)
        self._start_clock()
        answer = self._receive()
        status = answer.get("exit")
        if type(status) is int:
            return status
        self.not_loaded = self._failure(answer)
        return 1

    def test_passed(self) -> None:
        """Tells that a test ended in time."""
        self._timeouts = 0

    def seconds(self) -> float:
        """Seconds since the clock was started."""
        return time.monotonic() - self._started

    def end(self) -> None:
        """Ends the candidate."""
        if self._candidate is None:
            return
        with self._speaking():
            candidate, self._candidate = self._candidate, None
            self._buffer.clear()
            self._foreseen -= len(self._sent)
            self._sent.clear()
            self._told.clear()
            self.exit = candidate.end()
            self.output += self.exit.output[: self._limits.output_bytes - len(self.output)]
            self.cpu_s += self.exit.cpu_s

    def request(self, operation: str, target: int | str, *arguments: Any, **keywords: Any) -> Any:
        """Asks the candidate's process for something and returns the value.

        Raises:
            Stopped: no answer came.
            Exception: what the candidate's code raised, as the built-in exception it is derived from.
        """
        if self._candidate is None:
            raise Died("the program ended in an earlier call")
        self.calls += operation in ("call", "setattr", "eval")
        trees = [wire.encode(argument, self._export) for argument in arguments]
        named = [[name, wire.encode(argument, self._export)] for name, argument in keywords.items()]
        self._ask(self._candidate.channel, foresight.request(operation, target, trees, named))
        answer = self._receive()
        try:
            if "raised" not in answer:
                if "changed" in answer:
                    self.seen.add(When.CHANGES)
                for index, tree in answer.get("changed", ()):
                    copy_back(arguments[index], wire.decode(tree, self._import))
                return wire.decode(answer["value"], self._import)
            raised = self._exception(answer["raised"])
        except (wire.Malformed, LookupError, TypeError, ValueError, AttributeError) as error:
            self.end()
            raise Died(f"a malformed answer: {error}") from error
        raise raised

    def _ask(self, channel: socket.socket, frame: bytes) -> None:
        """Sends a request, and with it those that are sure to follow, unless it went along with an earlier one."""
        if self._sent and self._sent[0] == frame:
            self._sent.popleft()
            return
        while self._sent:  # test code went another way than foreseen: what was asked in vain is answered first
            self._receive()
            self._sent.popleft()
        frames, size = [frame], len(frame)
        for following in self._following(frame):
            size += len(following)
            if size > MAX_AHEAD:
                break
            frames.append(following)
        try:
            channel.sendall(b"".join(frames))
        except OSError:
            self._died()
        self._sent.extend(frames[1:])
        self._foreseen += len(frames) - 1

    def _following(self, frame: bytes) -> tuple[bytes, ...]:
        """What is sure to follow a request in its stretch of the plan, beginning where the plan was left."""
        for at in range(self._foreseen, len(self._plan)):
            if self._plan[at][0] == frame:
                self._foreseen = at + 1
                return self._plan[at][1]
        return ()

    def _start_clock(self) -> None:
        self._started = time.monotonic()
        self._starved_before, self._granted = None, 0.0

    def _receive(self) -> dict[str, Any]:
        """The next answer; what is said of lines before it is noted."""
        answer = self._message()
        while self._limits.executed and "lines" in answer:
            new = answer["lines"]
            if not self._are_new_lines(new):
                self.end()
                raise Died(f"a malformed answer: {str(new)[:60]!r} are no new lines")
            self._told.update(new)
            self.lines.update(new)
            answer = self._message()
        return answer

    def _are_new_lines(self, new: Any) -> bool:
        """Whether they are lines and were not told before: so there is an end to them."""
        last = self._source.count("\n") + self._source.count("\r") + 1
        return (
            isinstance(new, list)
            and all(type(line) is int and 1 <= line <= last for line in new)
            and not self._told.issuperset(new)
        )

    def _message(self) -> dict[str, Any]:
        while len(self._buffer) < 4:
            self._read_on()
        end = 4 + int.from_bytes(self._buffer[:4], "big")
        if end > 4 + wire.MAX_FRAME:
            self.end()
            raise Died(f"a message of {end - 4} bytes, the limit is {wire.MAX_FRAME}")
        while len(self._buffer) < end:
            self._read_on()
        body = bytes(self._buffer[4:end])
        del self._buffer[:end]
        try:
            answer = wire.unpack(body)
        except wire.Malformed as error:
            self.end()
            raise Died(str(error)) from error
        if not isinstance(answer, dict):
            self.end()
            raise Died(f"a malformed answer: {str(answer)[:60]!r}")
        return answer

    def _read_on(self) -> None:
        """The next part of a message, which must not trickle in for ever."""
        self._buffer += self._read()
        if self.seconds() > MAX_STARVED * self._limits.timeout_s:
            self._timed_out()

    def _read(self) -> bytes:
        """What has come; one call of the kernel where it comes soon."""
        assert self._candidate is not None
        channel = self._candidate.channel
        part = b""
        with contextlib.suppress(OSError):
            try:
                part = channel.recv(1 << 16)
            except BlockingIOError:
                if not self._wait(self._candidate):
                    self._timed_out()
                part = channel.recv(1 << 16)
        if not part:
            self._died()
        return part

    def _timed_out(self) -> NoReturn:
        """Ends the program, which is to blame unless the machine is."""
        self._timeouts += 1
        waited_s, limit_s = self.seconds(), self._limits.timeout_s
        self.end()
        assert self.exit is not None
        cpu_s = self.exit.cpu_s + self.exit.left_cpu_s
        facts = f"used {cpu_s:.2f} s of CPU in its life and waited {self._granted:.2f} s for a processor"
        if crowded_out(waited_s=waited_s, limit_s=limit_s, starved_s=self._granted, cpu_s=cpu_s):
            raise SandboxBroken(f"the machine is too busy: the program {facts}, of {waited_s:.2f} s")
        raise TimedOut(f"no answer within {limit_s:g} s; the process {facts}")

    def _wait(self, candidate: Candidate) -> bool:
        """Whether there is something to read (or the end of the process) before the deadline."""
        with self._speaking():
            candidate.spread()
            if self._starved_before is None:
                self._starved_before = candidate.starved().seconds
        deadline = Deadline(
            self._limits.timeout_s, lambda: self._look(candidate), start=self._started, granted_s=self._granted
        )
        try:
            return deadline.wait([candidate.channel, candidate.ended])
        finally:
            self._granted = deadline.granted_s

    def _look(self, candidate: Candidate) -> Starved:
        """How it has waited for a processor since the clock was started."""
        with self._speaking():
            starved = candidate.starved()
        return starved._replace(seconds=starved.seconds - (self._starved_before or 0.0))

    def _died(self) -> NoReturn:
        assert self._candidate is not None
        ended, _, _ = select.select([self._candidate.ended], [], [], ENDING_S)
        self.end()
        assert self.exit is not None
        if not ended:
            raise Died("the program closed the channel that its answers go through")
        code = self.exit.code
        error = Died(f"the program ended before it answered ({f'signal {-code}' if code < 0 else f'exit code {code}'})")
        if code < 0:
            error.how = signal_name(-code)
        raise error

    def _export(self, value: Any) -> Any:
        if type(value) is Remote:
            target, generation = object.__getattribute__(value, "_reference")
            if generation == self._generation:
                return ["r", target]
        raise wire.NotPlain(f"cannot pass a {type(value).__name__} to the program")

    def _import(self, reference: Any) -> Remote:
        if type(reference) is not int:
            raise wire.Malformed(f"a reference must be an int, got {str(reference)[:40]!r}")
        return Remote(self, reference, self._generation)

    def _exception(self, facts: Any) -> Exception:
        facts = claims.raised(facts)
        message = f"{facts['type']}: {facts['message']}"
        for name in facts["bases"]:
            base = getattr(builtins, name, None)
            if isinstance(base, type) and issubclass(base, Exception):
                # BaseException's own subclasses (SystemExit) must not end the judge; they end up below. What ends a
                # loop must not end one of the test code's (`map`), as if it were through.
                kind = RuntimeError if issubclass(base, (StopIteration, StopAsyncIteration)) else base
                error: Exception = kind.__new__(kind)
                break
        else:
            error = CandidateError()
        error.args = (message,)
        error.candidate_facts = facts  # type: ignore[attr-defined]
        return error


def _timeval(seconds: float) -> bytes:
    """struct timeval."""
    return struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
