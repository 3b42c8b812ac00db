"""Runs references in the sandbox to see what they answer; two fork servers, which order sets of strings differently."""

from __future__ import annotations

import contextlib
import sysconfig
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any

from analyzers.runtime.ends import GaveUp, NotLoaded, Stopped, TimedOut
from analyzers.runtime.proxies import Name
from analyzers.runtime.sandbox import tiers
from analyzers.runtime.sandbox.base import Limits, SandboxBroken, Tier
from analyzers.runtime.sandbox.local import ForkServer
from analyzers.runtime.session import Session
from trainer.tasks.augment.judging import Clock
from trainer.tasks.augment.values import plain

HASH_SEEDS = (0, 1)


class End(StrEnum):
    """How a run of a program on an input ended."""

    ANSWERED = "answered"
    RAISED = "raised"
    TIMED_OUT = "timed out"
    NOT_PLAIN = "no plain data"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a program on an input."""

    end: End
    value: Any = None
    """What it returned or printed, where it answered."""
    seconds: float = 0.0


class Executor:
    """Sandboxes for one program at a time; a context manager. Not for several threads."""

    def __init__(self, limits: Limits, *, isolation: Tier = Tier.STANDARD) -> None:
        """Raises analyzers.runtime.sandbox.tiers.TierRefused: this machine does not give that isolation."""
        self.limits = limits
        self._tier = tiers.choose(isolation)
        self._servers: dict[int, ForkServer] = {}

    def __enter__(self) -> Executor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for seed in list(self._servers):
            self._forget(seed)

    def calls(
        self, program: str, function: str, inputs: Sequence[tuple[Any, ...]], *, hash_seed: int, clock: Clock
    ) -> list[Answer]:
        """What a Python function returns on each tuple of arguments, as far as there is time.

        Raises:
            SandboxBroken: the sandbox is.
        """
        with self._session(program, hash_seed) as session:
            name = Name(session, function)
            return [_called(session, name, given) if clock.left else Answer(End.NOT_RUN) for given in inputs]

    def prints(self, program: str, stdin: str, *, hash_seed: int) -> Answer:
        """What a Python script prints.

        Raises:
            SandboxBroken: the sandbox is.
        """
        with self._session(program, hash_seed) as session:
            try:
                status = session.run_script(stdin.encode("utf-8", "surrogateescape"))
            except TimedOut:
                return Answer(End.TIMED_OUT)
            except Stopped:
                return Answer(End.RAISED)
            seconds = session.seconds()
            session.end()
            if status or session.not_loaded:
                return Answer(End.RAISED)
            try:
                return Answer(End.ANSWERED, session.output.decode("utf-8"), seconds)
            except UnicodeDecodeError:
                return Answer(End.NOT_PLAIN)

    @contextlib.contextmanager
    def _session(self, program: str, hash_seed: int) -> Iterator[Session]:
        if hash_seed not in self._servers:
            paths = sysconfig.get_paths()
            libraries = tuple(dict.fromkeys((paths["purelib"], paths["platlib"])))
            self._servers[hash_seed] = ForkServer(libraries, tier=self._tier, hash_seed=hash_seed)
        session = Session(self._servers[hash_seed], program, self.limits)
        try:
            yield session
            session.end()
        except SandboxBroken:
            self._forget(hash_seed)
            raise
        except BaseException:
            with contextlib.suppress(SandboxBroken):
                session.end()
            raise

    def _forget(self, hash_seed: int) -> None:
        with contextlib.suppress(SandboxBroken, OSError):
            self._servers.pop(hash_seed).close()


def _called(session: Session, function: Name, given: tuple[Any, ...]) -> Answer:
    try:
        session.begin_test()
        value = function(*deepcopy(given))
        seconds = session.seconds()
    except (NotLoaded, GaveUp):
        return Answer(End.NOT_RUN)
    except TimedOut:
        session.end()
        return Answer(End.TIMED_OUT)
    except (Stopped, Exception):
        return Answer(End.RAISED)
    session.test_passed()
    return Answer(End.ANSWERED, value, seconds) if plain(value) else Answer(End.NOT_PLAIN)
