"""What a sandbox is to the judge: it starts a program in a process of its own and hands over a socket to it."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limits:
    """What one candidate may use."""

    timeout_s: float = 4.0
    """Seconds per test, and for loading the program; time spent waiting for a processor is not counted."""
    memory_bytes: int = 512 * 1024 * 1024
    """Address space."""
    output_bytes: int = 1024 * 1024
    """Printed output, and the size of any file that is written."""
    processes: int = 32
    """Processes and threads at the same time."""
    open_files: int = 64


@dataclass(frozen=True, slots=True)
class Exit:
    """How a candidate's process ended."""

    code: int
    """Exit code, or the negated number of the signal that ended it."""
    cpu_s: float
    output: bytes
    """What it printed, up to the limit."""


class SandboxBroken(Exception):
    """The sandbox itself failed; that says nothing about the program."""


class Candidate(Protocol):
    """A program that is running."""

    @property
    def channel(self) -> socket.socket:
        """The judge's end of the channel."""
        ...

    @property
    def ended(self) -> socket.socket:
        """Readable once the process has ended."""
        ...

    def starved_s(self) -> float:
        """Seconds in which it was ready to run but had to wait for a processor."""
        ...

    def end(self) -> Exit:
        """Ends the program and everything that it started, and tells how it went.

        Raises:
            SandboxBroken: no word came back.
        """
        ...


class Sandbox(Protocol):
    """Starts programs, one at a time."""

    def start(self, source: str, *, mode: str, stdin: bytes, limits: Limits) -> Candidate:
        """Starts `source` in mode `serve` (a module that answers requests) or `main` (a script).

        Raises:
            SandboxBroken: it could not be started.
        """
        ...

    def close(self) -> None:
        """Ends the sandbox and everything in it."""
        ...
