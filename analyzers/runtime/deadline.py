"""Until when a program may go on. It is not to blame for a busy machine: what it waits for a processor is granted."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Sequence

from analyzers.runtime.sandbox.base import Starved

MAX_STARVED = 3.0
"""Waiting for a processor extends a deadline up to this multiple of the limit."""


def crowded_out(*, waited_s: float, limit_s: float, starved_s: float, cpu_s: float) -> bool:
    """Whether others kept a program that did not end in `waited_s` from the processor, so that it never had its limit.

    Of the `starved_s` in which it waited for a processor, as much may be its own doing as it and all that it started
    have used of one (`cpu_s`): many threads starve each other, and a program must not escape its deadline that way.
    """
    return waited_s - max(0.0, starved_s - cpu_s) < limit_s


AGAIN_S = 0.05
"""How soon a program is looked at again whose time is over, but that is ready to run: some ticks of the kernel."""


class Deadline:
    """The end of a limit that began at some moment of `time.monotonic`."""

    def __init__(
        self, timeout_s: float, starved: Callable[[], Starved], *, start: float | None = None, granted_s: float = 0.0
    ) -> None:
        """`starved` tells how the program waits for a processor, of which `granted_s` have been granted before; it is
        asked only when the time seems to be over."""
        start = time.monotonic() if start is None else start
        self._end, self._latest = start + timeout_s, start + MAX_STARVED * timeout_s
        self._starved = starved
        self.granted_s = granted_s

    def wait(self, reading: Sequence[socket.socket], writing: Sequence[socket.socket] = ()) -> bool:
        """Whether one of the sockets is ready before the time is over."""
        again, ran_s = 0.0, None
        while (left := min(max(self._end, again), self._latest) - time.monotonic()) > 0:
            if any(select.select(reading, writing, [], left)):
                return True
            starved = self._starved()
            self._end += starved.seconds - self.granted_s
            self.granted_s = starved.seconds
            # One that is ready, and has not run since it was looked at, is waiting: how long is told once it runs.
            waits = starved.ran_s is not None and ran_s in (None, starved.ran_s)
            again, ran_s = time.monotonic() + AGAIN_S if waits else 0.0, starved.ran_s
        return False
