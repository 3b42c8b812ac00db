"""Compilers that stay warm: one process per compiler and slot, in a sandbox of its own, fed with one program at a time.

A compiler on the JVM takes ten times longer to start than to compile. It runs none of what it compiles, and what it
makes travels back as data: the judge places it for the program's own sandbox. One that hangs or ends is replaced.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analyzers.runtime.deadline import Deadline
from analyzers.runtime.sandbox.base import Candidate, Command, Limits, Sandbox, SandboxBroken

SUPPORT = Path(__file__).with_name("support")
START_S = 120.0
"""Seconds for a compiler to start: far beyond what a slow machine needs."""
RECYCLE_AFTER = 500
"""Programs after which a compiler is replaced, so that nothing can pile up in it."""
MAX_ANSWER = 1 << 26
BOUNDS = Limits(
    timeout_s=START_S,
    memory_bytes=4 * 1024**3,
    output_bytes=1 << 26,
    processes=96,
    open_files=1024,
    reserves_memory=True,
)

# Descriptor 3 is the channel to the judge; a JVM cannot open it, but inherits what is already open.
_SERVE = ("/bin/sh", "-c", 'exec "$0" "$@" 0<&3 1>&3 3>&-')


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a compiler made of a program."""

    status: int
    """Exit status, as of the compiler's own command."""
    said: str
    files: dict[str, bytes] = field(default_factory=dict)
    seconds: float = 0.0
    timed_out: bool = False


class Ended(Exception):
    """The compiler's process ended before it answered."""


class Compilers:
    """The warm compilers of one slot."""

    def __init__(self, sandbox: Callable[[], Sandbox]) -> None:
        """`sandbox` makes one for each compiler, when it is first needed."""
        self._sandbox = sandbox
        self._running: dict[tuple[str, ...], _Compiler] = {}

    def compile(
        self, words: Sequence[str], environment: Mapping[str, str], file: str, text: bytes, *, timeout_s: float
    ) -> Compiled:
        """What the compiler that `words` start makes of a program; `{support}` in a word is the folder of our scripts.

        Raises:
            SandboxBroken: the compiler does not start.
        """
        key = tuple(words)
        start = time.monotonic()
        for _ in range(2):  # a compiler may have been worn out by programs before this one
            compiler = self._running.get(key)
            if compiler is None or compiler.served >= RECYCLE_AFTER:
                self._end(key)
                compiler = self._running[key] = _Compiler(self._sandbox(), key, environment)
                start = time.monotonic()
            try:
                status, said, *rest = compiler.ask([file.encode(), text], timeout_s)
                names = [name.decode() for name in rest[::2]]
                files = dict(zip(names, rest[1::2], strict=True))
                return Compiled(int(status), said.decode(errors="replace"), files, time.monotonic() - start)
            except TimeoutError:
                self._end(key)
                return Compiled(1, "", {}, time.monotonic() - start, timed_out=True)
            except Ended:
                self._end(key)
            except ValueError as error:
                self._end(key)
                raise SandboxBroken(f"the compiler's answer is malformed: {error}") from error
        return Compiled(1, "the compiler ended before it was done", {}, time.monotonic() - start)

    def close(self) -> None:
        """Ends all compilers."""
        for key in list(self._running):
            self._end(key)

    def _end(self, key: tuple[str, ...]) -> None:
        compiler = self._running.pop(key, None)
        if compiler is not None:
            compiler.close()


class _Compiler:
    """One running compiler. Frames are lists of byte strings: their number, then each with its length."""

    def __init__(self, sandbox: Sandbox, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self.served = 0
        self._sandbox = sandbox
        self._candidate: Candidate | None = None
        scripts = {word.removeprefix("{support}/") for word in words if word.startswith("{support}/")}
        try:
            sandbox.place({name: (SUPPORT / name).read_bytes() for name in scripts})
            argv = tuple(word.replace("{support}", "{built}") for word in words)
            command = Command((*_SERVE, *argv), environment, converses=True)
            self._candidate = sandbox.execute(command, stdin=b"", limits=BOUNDS)
            self._candidate.channel.setblocking(False)
            self._deadline = self._allow(START_S)
            self._receive()  # an empty list: it is ready
        except (Ended, TimeoutError, ValueError) as error:
            said = self.close()
            raise SandboxBroken(f"the compiler {words[0]} did not start: {said or error}") from error
        except BaseException:
            self.close()
            raise

    def ask(self, parts: Sequence[bytes], timeout_s: float) -> list[bytes]:
        """The answer to one program.

        Raises:
            Ended: the process ended.
            TimeoutError: none came within `timeout_s`; what it waited for a processor is granted, up to a multiple.
            ValueError: it is no such list, or too long.
        """
        self.served += 1
        self._deadline = self._allow(timeout_s)
        self._send(b"".join([_number(len(parts)), *(_number(len(part)) + part for part in parts)]))
        answer = self._receive()
        if len(answer) < 2 or len(answer) % 2:
            raise ValueError(f"{len(answer)} parts")
        return answer

    def close(self) -> str:
        """Ends it; returns the end of what it said on standard error."""
        said = b""
        with contextlib.suppress(SandboxBroken):
            if self._candidate is not None:
                said = self._candidate.end().errors
        self._sandbox.close()
        return said.decode(errors="replace").strip()[-400:]

    def _receive(self) -> list[bytes]:
        count = int.from_bytes(self._read(4), "big")
        parts: list[bytes] = []
        left = MAX_ANSWER
        for _ in range(count):
            length = int.from_bytes(self._read(4), "big")
            left -= length
            if left < 0:
                raise ValueError(f"more than {MAX_ANSWER} bytes")
            parts.append(self._read(length))
        return parts

    def _send(self, body: bytes) -> None:
        assert self._candidate is not None
        view = memoryview(body)
        while view:
            self._wait(writing=True)
            try:
                view = view[self._candidate.channel.send(view[: 1 << 16]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise Ended from error

    def _read(self, count: int) -> bytes:
        assert self._candidate is not None
        body = bytearray()
        while len(body) < count:
            self._wait(writing=False)
            try:
                part = self._candidate.channel.recv(count - len(body))
            except BlockingIOError:
                continue
            except OSError as error:
                raise Ended from error
            if not part:
                raise Ended
            body += part
        return bytes(body)

    def _allow(self, timeout_s: float) -> Deadline:
        assert self._candidate is not None
        starved = self._candidate.starved
        return Deadline(timeout_s, starved, granted_s=starved().seconds)

    def _wait(self, *, writing: bool) -> None:
        """Waits until the channel is ready; a process that has ended closed its end of it, which is ready too."""
        assert self._candidate is not None
        channel = [self._candidate.channel]
        if not self._deadline.wait(*([], channel) if writing else (channel,)):
            raise TimeoutError


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")
