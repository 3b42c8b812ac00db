"""Analyzers that are Python calls: a function from text to findings, and how it counts."""

from __future__ import annotations

import os
import platform
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

from analyzers.errors import AnalyzerFailed, ToolMissing, boundary
from analyzers.findings import Finding, to_diagnostics
from analyzers.positions import Convention
from analyzers.suppress import neutralise
from analyzers.types import Diagnostic, Source

STACK_BYTES = 256 << 20
RECURSION_LIMIT = 10_000

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class InProcess:
    """An analyzer that calls `check` with the text, the words of its comments replaced.

    It runs in a worker process of the engine, which ends it when it takes too long. It does not protect that process
    from what `check` does: it must parse programs, never run them.
    """

    name: str
    languages: tuple[str, ...]
    check: Callable[[str], Iterable[Finding]]
    convention: Convention
    packages: tuple[str, ...] = ()
    """Distributions that it needs and whose versions its findings depend on."""
    settings: str = ""
    """What else its findings depend on."""
    timeout_s: float = 10.0
    max_length: int = 1_000_000
    """Code points; a longer source is not analysed, which counts as a failure."""
    deep: bool = False
    """Whether `check` recurses over the program, and so needs a stack for programs that nest deeply."""
    batch_size: int = 1
    """How many sources a worker is given at once; more than one where the way to it takes as long as they do."""
    warm: str | None = None
    """A program that a new worker analyses first, outside of any deadline; for checkers that are slow to load."""

    def fingerprint(self) -> str:
        """Versions of Python and of `packages`, and the settings."""
        try:
            versions = [f"{package} {version(package)}" for package in self.packages]
        except PackageNotFoundError as error:
            raise ToolMissing(f"{self.name} needs the package {error.name!r}: pip install {error.name}") from error
        return ", ".join([f"Python {platform.python_version()}", *versions, *filter(None, [self.settings])])

    def run(self, sources: Sequence[Source]) -> list[tuple[Diagnostic, ...]]:
        """The diagnostics of each source, in order.

        Raises:
            AnalyzerFailed: `check` raised, or a source is too long.
            ToolMissing: a package is not installed.
        """
        return [self._analyse(source) for source in sources]

    def _analyse(self, source: Source) -> tuple[Diagnostic, ...]:
        if len(source.text) > self.max_length:
            raise AnalyzerFailed(f"{self.name} takes at most {self.max_length} code points, got {len(source.text)}")
        with boundary(self.name):
            text = neutralise(source.text, source.language)
            findings = deeply(lambda: list(self.check(text))) if self.deep else self.check(text)
            return to_diagnostics(self.name, source.text, findings, convention=self.convention)


def deeply(function: Callable[[], _T]) -> _T:
    """Calls `function` in a thread whose stack and recursion limit take programs that nest some thousand levels deep.

    Valid programs such as a sum of 900 terms exhaust the usual limits of checkers that recurse over the tree. One
    thread serves all calls of a process, one after another: a new one would have memory to map for each program, which
    costs more than to check it.
    """
    return _deep_thread(os.getpid()).submit(_unbounded, function).result()


def _unbounded(function: Callable[[], _T]) -> _T:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    try:
        return function()
    finally:
        sys.setrecursionlimit(limit)


@cache
def _deep_thread(process: int) -> ThreadPoolExecutor:
    """The thread of this process; what forks has none and starts its own."""
    size = threading.stack_size(STACK_BYTES)
    try:
        executor = ThreadPoolExecutor(1, thread_name_prefix="spanwise-deep")
        executor.submit(int).result()  # starts the thread
    finally:
        threading.stack_size(size)
    return executor
