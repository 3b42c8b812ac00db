"""What a sandbox is to the judge: it starts a program in a process of its own and hands over a socket to it."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, Protocol


class Tier(IntEnum):
    """How a program is kept from everything else, from nothing to all that the kernel has."""

    NONE = 0
    """Limits on what it may use up, and no more: for programs that are trusted."""
    WEAK = 1
    """System calls are filtered; it may read what the user may read."""
    STANDARD = 2
    """Also an id of its own where the harness is root, and Landlock; what ordinary containers allow."""
    STRICT = 3
    """Also namespaces and a root of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one candidate may use."""

    timeout_s: float = 4.0
    """Seconds per test, and for loading the program; time spent waiting for a processor is not counted."""
    timeouts: int = 2
    """Tests in a row that may time out before the rest is not run: a program that hangs once tends to hang always.
    The first settles that it does not pass."""
    memory_bytes: int = 512 * 1024 * 1024
    """Address space; or data alone, with `reserves_memory`."""
    output_bytes: int = 1024 * 1024
    """Printed output, and the size of any file that is written."""
    processes: int = 32
    """Processes and threads at the same time."""
    open_files: int = 64
    cpu_s: float = 600.0
    """CPU seconds of one process over all its tests: a last resort, the time of each test is kept besides."""
    reserves_memory: bool = False
    """Whether it may reserve any address space (JVM, Go and Node take far more than they use)."""
    executed: bool = False
    """Whether to tell which lines are executed (Python alone); makes programs slower, before Python 3.12 much so."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program that is started by exec: a compiler, or what it has made.

    `{built}` in a word of `argv` or in a value of `environment` stands for the folder of what was placed and built
    before, which cannot be written; `{work}` for the empty folder in which the command is started.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """The whole environment: nothing is inherited."""
    keep: bool = False
    """Whether the files that it leaves in `{work}` go to `{built}` when it ends well, for the commands that follow."""
    converses: bool = False
    """Whether it keeps the channel, as descriptor 3."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a candidate's process ended."""

    code: int
    """Exit code, or the negated number of the signal that ended it."""
    cpu_s: float
    """Processor time of the process and of what it waited for."""
    left_cpu_s: float
    """Processor time of whatever else descended from it."""
    peak_bytes: int
    """Most memory that was resident at a time."""
    output: bytes
    """What it printed, up to the limit; of Python that a fork server runs, on both streams."""
    errors: bytes = b""
    """What a command printed on standard error, up to the limit."""


class Starved(NamedTuple):
    """How a program that is ready to run waits for a processor."""

    seconds: float
    """Of its life, spent waiting; a wait counts once it is over."""
    ran_s: float | None
    """Processor time in its life; None where it is not ready to run."""


class SandboxBroken(BaseException):
    """The sandbox itself failed; that says nothing about the program.

    No `Exception`, so that a `try` in test code does not take it for one of the program's.
    """


class Candidate(Protocol):
    """A program that is running."""

    @property
    def channel(self) -> socket.socket:
        """The judge's end of the channel: descriptor 3 of the program."""
        ...

    @property
    def ended(self) -> socket.socket:
        """Readable once the process has ended."""
        ...

    def spread(self) -> None:
        """Tells that it takes longer than most, and may need a processor of its own.

        Raises:
            SandboxBroken: the sandbox has gone.
        """
        ...

    def starved(self) -> Starved:
        """How it waits for a processor.

        Raises:
            SandboxBroken: the sandbox has gone.
        """
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
        """Starts Python `source` in mode `serve` (a module that answers requests) or `main` (a script).

        Raises:
            SandboxBroken: it could not be started.
        """
        ...

    def place(self, files: Mapping[str, bytes]) -> None:
        """Empties `{built}` and puts files there, by name, for commands to read.

        Raises:
            SandboxBroken: they could not be written.
        """
        ...

    def execute(self, command: Command, *, stdin: bytes, limits: Limits) -> Candidate:
        """Starts a command.

        Raises:
            SandboxBroken: it could not be started.
        """
        ...

    def close(self) -> None:
        """Ends the sandbox and everything in it."""
        ...
