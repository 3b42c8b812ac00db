"""The sandbox of one slot on this machine: the judge's end of a fork server.

What it keeps programs from depends on its tier; `promises` says it attack by attack. No tier stops an attack on the
kernel itself.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from analyzers.runtime.sandbox import seccomp
from analyzers.runtime.sandbox.base import Command, Exit, Limits, SandboxBroken, Starved, Tier

START_S = 60.0
"""How long a fork server may take to start, and to end a candidate: far beyond what a slow machine needs."""
ENVIRONMENT = {
    "LD_BIND_NOW": "1",  # names that are bound late would be bound by every fork anew
    "PYTHONHASHSEED": "0",  # a set of strings has one order, so that a program has one verdict
}
BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); import zygote; del sys.path[0]; zygote.start()"
"""What the fork server's process runs: a module that is imported has been compiled before."""
FIRST = 1 << 15
"""Bytes of a job that are sent along with its descriptors."""


class ForkServer:
    """Starts candidates, one at a time."""

    def __init__(
        self,
        libraries: Sequence[str] = (),
        *,
        readable: Sequence[str] = (),
        tier: Tier = Tier.STANDARD,
        gathers: bool = False,
        hash_seed: int = 0,
    ) -> None:
        """`libraries` are folders that programs may import from, beside the standard library; `readable` are files and
        folders outside of /usr that commands may read. `tier` is how they are isolated: no less, and no more.
        `gathers` says that this process is a judge, which may be moved to share a processor with its candidates.
        Another `hash_seed` gives sets of strings another order, to see whether anything depends on it.

        Raises:
            SandboxBroken: it does not start, because the machine does not give the tier, say.
        """
        settings: dict[str, Any] = {"libraries": list(libraries), "readable": list(readable), "tier": tier.name.lower()}
        settings |= {
            "filter": seccomp.filter_program().hex(),
            "guards": [seccomp.guard_program(signals=signals).hex() for signals in (False, True)],
            "own": seccomp.OWN_PID,
        }
        self._control, theirs = socket.socketpair()
        self._control.settimeout(START_S)
        argv = [sys.executable, "-P", "-S", "-X", "utf8", "-c", BOOT, str(Path(__file__).parent)]
        with theirs:
            self._process = subprocess.Popen(
                [*argv, str(theirs.fileno()), json.dumps(settings)],
                env=ENVIRONMENT | {"PYTHONHASHSEED": str(hash_seed)},
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,  # what a terminal sends to the caller's group is not for it
            )
        try:
            hello = self._read(int.from_bytes(self._read(4), "big"))
        except SandboxBroken as error:
            self._process.kill()
            _, said = self._process.communicate()
            raise SandboxBroken(
                f"the fork server did not start: {said.decode(errors='replace').strip()[-400:]}"
            ) from error
        self.built, self.work, self.lacking = json.loads(hello)
        """Names of the folders that `{built}` and `{work}` stand for; what the tier can do without, and has to."""
        self._exit: tuple[int, float, float, int] | None = None
        self._running = False
        self._processors, self._gathers, self._gathered = os.sched_getaffinity(0), gathers, False
        self._nothing = os.open(os.devnull, os.O_RDONLY)

    def start(self, source: str, *, mode: str, stdin: bytes, limits: Limits) -> LocalCandidate:
        """Starts a Python program; see `base.Sandbox`."""
        self._gather()
        return self._candidate({"source": source, "mode": mode}, stdin, limits, streams=1)

    def place(self, files: Mapping[str, bytes]) -> None:
        """Empties `{built}` and puts files there; see `base.Sandbox`."""
        try:
            self._send({"files": {name: base64.b64encode(body).decode() for name, body in files.items()}}, [])
            said = self._read(int.from_bytes(self._read(4), "big")).decode()
        except OSError as error:
            raise SandboxBroken(f"the fork server is gone: {error}") from error
        if said:
            raise SandboxBroken(f"files could not be placed: {said}")

    def execute(self, command: Command, *, stdin: bytes, limits: Limits) -> LocalCandidate:
        """Starts a command; see `base.Sandbox`."""
        return self._candidate({"command": asdict(command)}, stdin, limits, streams=2)

    def _candidate(self, job: dict[str, Any], stdin: bytes, limits: Limits, *, streams: int) -> LocalCandidate:
        if self._running:  # what came of it would be taken for what comes of this one
            raise SandboxBroken("the candidate before was not ended")
        self._running = True
        ours, theirs = socket.socketpair()
        printed = [os.memfd_create("output") for _ in range(streams)]
        given = memory_file(stdin) if stdin else self._nothing
        try:
            self._send(job | {"limits": _settings(limits)}, [theirs.fileno(), given, *printed])
        except OSError as error:
            ours.close()
            for stream in printed:
                os.close(stream)
            raise SandboxBroken(f"the fork server is gone: {error}") from error
        finally:
            theirs.close()
            if stdin:
                os.close(given)
        return LocalCandidate(self, ours, printed, limits)

    def _send(self, job: dict[str, Any], descriptors: list[int]) -> None:
        body = json.dumps(job).encode("ascii")
        body = len(body).to_bytes(4, "big") + body
        sent = socket.send_fds(self._control, [body[:FIRST]], descriptors)
        if sent < len(body):
            self._control.sendall(body[sent:])

    @property
    def control(self) -> socket.socket:
        """Readable once a candidate has ended."""
        return self._control

    def end(self) -> tuple[int, float, float, int]:
        """Ends the running candidate; exit code, CPU seconds (its own, others'), and most bytes resident."""
        try:
            self._control.sendall(b"k")
            while self._exit is None:
                self._hear()
        except OSError as error:
            raise SandboxBroken(f"the fork server is gone: {error}") from error
        finally:
            self._scatter()
        ended, self._exit, self._running = self._exit, None, False
        return ended

    def spread(self) -> None:
        """Lets the running candidate use every processor, with all that it has started.

        The filter of system calls keeps the fork server from doing it.
        """
        if not self._gathered or self._exit is not None:
            return
        self._scatter()
        for thread in self._asked(b"t"):
            with contextlib.suppress(OSError):  # it has ended
                os.sched_setaffinity(thread, self._processors)

    def _gather(self) -> None:
        """Moves the fork server, and what it will fork, to the processor that this process runs on.

        The two and the candidate take turns, so that nothing is lost; and to wake a process on another processor takes
        about as long as a small program runs.
        """
        if not self._gathers:
            return
        with contextlib.suppress(OSError):
            here = {current_cpu()}
            os.sched_setaffinity(self._process.pid, here)
            os.sched_setaffinity(0, here)
            self._gathered = True

    def _scatter(self) -> None:
        if self._gathered:
            self._gathered = False
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, self._processors)
                os.sched_setaffinity(self._process.pid, self._processors)

    def starved(self) -> Starved:
        """How the running candidate waits for a processor (not at all where the kernel does not tell)."""
        waited_ns, ran_ns = self._asked(b"s") or (0, -1)
        return Starved(waited_ns / 1e9, ran_ns / 1e9 if ran_ns >= 0 else None)

    def _asked(self, about: bytes) -> list[int]:
        """What the fork server says about the running candidate; empty where that has ended."""
        if self._exit is not None:
            return []
        try:
            self._control.sendall(about)
            return self._hear()
        except OSError as error:
            raise SandboxBroken(f"the fork server is gone: {error}") from error

    def _hear(self) -> list[int]:
        """One answer about the candidate; empty where it is about its end."""
        head = self._read(3)
        numbers = list(map(int, self._read(int.from_bytes(head[1:], "big")).split()))
        if head[:1] != b"e":
            return numbers
        code, cpu_us, left_cpu_us, peak_kb = numbers
        self._exit = code, cpu_us / 1e6, left_cpu_us / 1e6, peak_kb * 1024
        return []

    def close(self) -> None:
        """Ends the fork server, which ends what runs in it."""
        self._scatter()
        self._control.close()
        os.close(self._nothing)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(START_S)
        self._process.kill()
        self._process.communicate()

    def _read(self, count: int) -> bytes:
        body = b""
        while len(body) < count:
            try:
                part = self._control.recv(count - len(body))
            except TimeoutError as error:
                raise SandboxBroken(f"the fork server gave no answer within {START_S:.0f} s") from error
            if not part:
                raise SandboxBroken("the fork server is gone")
            body += part
        return body


class LocalCandidate:
    """A program that runs in a ForkServer."""

    def __init__(self, server: ForkServer, channel: socket.socket, printed: list[int], limits: Limits) -> None:
        self.channel = channel
        self._server, self._printed, self._limits = server, printed, limits

    @property
    def ended(self) -> socket.socket:
        """Readable once the process has ended."""
        return self._server.control

    def starved(self) -> Starved:
        """How it waits for a processor (not at all where the kernel does not tell)."""
        return self._server.starved()

    def spread(self) -> None:
        """Tells that it takes longer than most; see `base.Candidate`."""
        self._server.spread()

    def end(self) -> Exit:
        """Ends the program and everything that it started."""
        try:
            code, cpu_s, left_cpu_s, peak_bytes = self._server.end()
            said = [os.pread(stream, self._limits.output_bytes, 0) for stream in self._printed]
            return Exit(code, cpu_s, left_cpu_s, peak_bytes, *said)
        finally:
            self.channel.close()
            for stream in self._printed:
                os.close(stream)


current_cpu = ctypes.CDLL(None).sched_getcpu
"""The number of the processor that the caller runs on."""


@lru_cache(maxsize=64)
def _settings(limits: Limits) -> dict[str, Any]:
    """What the fork server is told of limits."""
    return asdict(limits)


def memory_file(content: bytes) -> int:
    """Descriptor of an anonymous file with that content, at its start: what is large cannot block a pipe."""
    descriptor = os.memfd_create("input")
    with open(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
