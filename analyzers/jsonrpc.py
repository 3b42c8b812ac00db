"""A process that speaks JSON-RPC on its standard input and output, in the framing of the Language Server Protocol.

The process is of another's making, so nothing that it says is believed: a message is at most `MAX_MESSAGE` bytes long
and a whole conversation `MAX_CONVERSATION`, every wait has an end, and what is no message ends the connection. It reads
and writes when it likes: while it does not read, its own messages are still taken in. It ends with this process,
however that ends: a guard in its process group waits for a pipe to close that only this process holds open.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from analyzers.errors import AnalyzerFailed

MAX_HEADER = 4096
MAX_MESSAGE = 32 << 20
MAX_CONVERSATION = 128 << 20
"""Bytes that are taken in between two calls of `Connection.begin`."""
SAID = 300
"""Bytes of the end of standard error that are shown."""
CHUNK = 1 << 16

# A shell that leaves its place to the server and a child of it behind, which kills their group when the pipe closes.
_GUARDED = '(read -r _ < "/dev/fd/$0"; kill -KILL 0) > /dev/null 2>&1 & exec "$@"'
_LENGTH = re.compile(rb"(?:^|\r\n)content-length:[ \t]*(\d{1,12})[ \t]*(?:\r\n|$)", re.IGNORECASE)


class Connection:
    """One such process, from its start until `close`."""

    def __init__(self, argv: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> None:
        """`argv` begins with the path of the command, which runs in `folder`.

        Raises:
            OSError: it cannot be started.
        """
        self._name = os.path.basename(argv[0])
        lifeline, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _GUARDED, str(lifeline), *argv],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                cwd=folder, env=dict(environment), pass_fds=(lifeline,), start_new_session=True,
            )  # fmt: skip
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(lifeline)
        self._selector = selectors.DefaultSelector()
        for stream in (self._process.stdout, self._process.stderr, self._process.stdin):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
        self._selector.register(_open(self._process.stdout), selectors.EVENT_READ, self._take)
        self._selector.register(_open(self._process.stderr), selectors.EVENT_READ, self._hear)
        self._incoming, self._outgoing, self._said = bytearray(), bytearray(), b""
        self._taken = 0
        self._ended = False

    def begin(self) -> None:
        """Begins a new conversation: what was taken in so far no longer counts."""
        self._taken = len(self._incoming)

    def send(self, message: Mapping[str, Any]) -> None:
        """Hands over a message; it leaves while `receive` waits."""
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        if not self._outgoing and not self._ended:
            self._selector.register(_open(self._process.stdin), selectors.EVENT_WRITE, self._give)
        self._outgoing += b"Content-Length: %d\r\n\r\n" % len(data) + data

    def receive(self, until: float) -> dict[str, Any] | None:
        """The next message, or None when the time on `time.monotonic` has come before it.

        Raises:
            AnalyzerFailed: the process has ended, or said what is no message, or too much.
        """
        while True:
            message = self._message()
            if message is not None:
                return message
            if self._ended:
                raise AnalyzerFailed(self._obituary())
            left = until - time.monotonic()
            if left <= 0:
                return None
            self._step(left)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return not self._ended and self._process.poll() is None

    def close(self) -> None:
        """Ends the process and all of its group at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._ended = True
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                _open(stream).close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def _step(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            with contextlib.suppress(BlockingIOError):
                key.data()

    def _take(self) -> None:
        data = os.read(_open(self._process.stdout).fileno(), CHUNK)
        self._ended = not data
        self._incoming += data
        self._taken += len(data)
        if self._taken > MAX_CONVERSATION:
            raise AnalyzerFailed(f"{self._name} said more than {MAX_CONVERSATION} bytes about one program")

    def _hear(self) -> None:
        data = os.read(_open(self._process.stderr).fileno(), CHUNK)
        if not data:
            self._selector.unregister(_open(self._process.stderr))
        self._said = (self._said + data)[-SAID:]

    def _give(self) -> None:
        try:
            del self._outgoing[: os.write(_open(self._process.stdin).fileno(), self._outgoing[:CHUNK])]
        except BrokenPipeError:  # it reads no more; what it still says, and how it ends, is read all the same
            self._outgoing.clear()
        if not self._outgoing:
            self._selector.unregister(_open(self._process.stdin))

    def _message(self) -> dict[str, Any] | None:
        """The first whole message of what came in, if there is one."""
        end = self._incoming.find(b"\r\n\r\n", 0, MAX_HEADER)
        if end < 0:
            if len(self._incoming) >= MAX_HEADER:
                raise self._nonsense()
            return None
        found = _LENGTH.search(self._incoming[:end])
        if found is None:
            raise self._nonsense()
        length, start = int(found[1]), end + 4
        if length > MAX_MESSAGE:
            raise AnalyzerFailed(f"{self._name} announced a message of {length} bytes, {MAX_MESSAGE} are taken")
        if len(self._incoming) < start + length:
            return None
        body = bytes(self._incoming[start : start + length])
        del self._incoming[: start + length]
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise AnalyzerFailed(f"{self._name} sent no JSON ({type(error).__name__}): {body[:200]!r}") from error
        if not isinstance(message, dict):
            raise AnalyzerFailed(f"{self._name} sent {body[:200]!r}, expected an object")
        return message

    def _nonsense(self) -> AnalyzerFailed:
        return AnalyzerFailed(f"{self._name} sent no header with a Content-Length: {bytes(self._incoming[:200])!r}")

    def _obituary(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self._hear()
        said = self._said.decode(errors="replace").strip()
        return f"{self._name} ended with status {self._process.poll()}; it said: {said!r}"


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "all three are pipes"
    return stream
