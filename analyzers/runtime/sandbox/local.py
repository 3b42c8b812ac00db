"""The sandbox of one slot on this machine: the judge's end of a fork server.

Stops, where the kernel has Landlock: reading and writing files outside of the interpreter and an empty folder, TCP,
signals to and tracing of other processes. Stops everywhere: use of more memory, processes, files, output or time than
the limits allow, and processes that outlive the verdict. Where it runs as root a candidate has a user id of its own.

Does not: cut off UDP, filter system calls, or stop an attack on the kernel itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from analyzers.runtime.sandbox.base import Exit, Limits, SandboxBroken

START_S = 60.0
"""How long a fork server may take to start, and to end a candidate: far beyond what a slow machine needs."""
CPU_S = 600.0
"""Bound of a candidate's CPU seconds over all its tests: a last resort, the judge keeps the time of each test."""


class ForkServer:
    """Starts candidates, one at a time."""

    def __init__(self, libraries: Sequence[str] = ()) -> None:
        """`libraries` are folders that programs may import from, beside the standard library.

        Raises:
            SandboxBroken: it does not start.
        """
        self._control, theirs = socket.socketpair()
        self._control.settimeout(START_S)
        argv = [sys.executable, "-I", "-S", "-E", "-X", "utf8", str(Path(__file__).with_name("zygote.py"))]
        with theirs:
            self._process = subprocess.Popen(
                [*argv, str(theirs.fileno()), *libraries],
                env={},
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        try:
            self._read(1)
        except SandboxBroken as error:
            self._process.kill()
            _, said = self._process.communicate()
            raise SandboxBroken(
                f"the fork server did not start: {said.decode(errors='replace').strip()[-400:]}"
            ) from error

    def start(self, source: str, *, mode: str, stdin: bytes, limits: Limits) -> LocalCandidate:
        """Starts a program; see `base.Sandbox`."""
        settings = asdict(limits) | {"cpu_s": CPU_S}
        job = json.dumps({"source": source, "mode": mode, "limits": settings}).encode("ascii")
        ours, theirs = socket.socketpair()
        output = os.memfd_create("output")
        given = memory_file(stdin) if stdin else os.open(os.devnull, os.O_RDONLY)
        try:
            socket.send_fds(self._control, [len(job).to_bytes(4, "big")], [theirs.fileno(), given, output])
            self._control.sendall(job)
            process = int.from_bytes(self._read(4), "big")
        except OSError as error:
            ours.close()
            os.close(output)
            raise SandboxBroken(f"the fork server is gone: {error}") from error
        finally:
            theirs.close()
            os.close(given)
        return LocalCandidate(self, ours, output, process, limits)

    @property
    def control(self) -> socket.socket:
        """Readable once a candidate has ended."""
        return self._control

    def end(self) -> tuple[int, float]:
        """Ends the running candidate; exit code and CPU seconds."""
        try:
            self._control.sendall(b"k")
            code, cpu_s = json.loads(self._read(int.from_bytes(self._read(4), "big")))
        except OSError as error:
            raise SandboxBroken(f"the fork server is gone: {error}") from error
        return code, cpu_s

    def close(self) -> None:
        """Ends the fork server, which ends what runs in it."""
        self._control.close()
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

    def __init__(self, server: ForkServer, channel: socket.socket, output: int, process: int, limits: Limits) -> None:
        self.channel = channel
        self._server, self._output, self._process, self._limits = server, output, process, limits

    @property
    def ended(self) -> socket.socket:
        """Readable once the process has ended."""
        return self._server.control

    def starved_s(self) -> float:
        """Seconds that its main thread waited for a processor (0 where the kernel does not tell)."""
        try:
            return int(Path(f"/proc/{self._process}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def end(self) -> Exit:
        """Ends the program and everything that it started."""
        try:
            code, cpu_s = self._server.end()
            return Exit(code, cpu_s, os.pread(self._output, self._limits.output_bytes, 0))
        finally:
            self.channel.close()
            os.close(self._output)


def memory_file(content: bytes) -> int:
    """Descriptor of an anonymous file with that content, at its start: what is large cannot block a pipe."""
    descriptor = os.memfd_create("input")
    with open(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
