"""Until when a program may go on. It is not to blame for a busy machine: what it waits for a processor is granted."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Sequence

MAX_STARVED = 3.0
"""Waiting for a processor extends a deadline up to this multiple of the limit."""


class Deadline:
    """The end of a limit that began at some moment of `time.monotonic`."""

    def __init__(
        self, timeout_s: float, starved_s: Callable[[], float], *, start: float | None = None, granted_s: float = 0.0
    ) -> None:
        """`starved_s` tells how long the program has waited for a processor in its life, of which `granted_s` have been
        granted before; it is asked only when the time seems to be over."""
        start = time.monotonic() if start is None else start
        self._end, self._latest = start + timeout_s, start + MAX_STARVED * timeout_s
        self._starved_s = starved_s
        self.granted_s = granted_s

    def wait(self, reading: Sequence[socket.socket], writing: Sequence[socket.socket] = ()) -> bool:
        """Whether one of the sockets is ready before the time is over."""
        while (left := min(self._end, self._latest) - time.monotonic()) > 0:
            if any(select.select(reading, writing, [], left)):
                return True
            starved = self._starved_s()
            self._end += starved - self.granted_s
            self.granted_s = starved
        return False
