import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from analyzers.runtime import Limits, pool
from analyzers.runtime.sandbox import tiers
from analyzers.runtime.sandbox.base import Tier
from analyzers.runtime.tests import parse
from analyzers.types import Report, Source

sys.path.append(str(Path(__file__).parent))  # for `hostile`, which the attacks are written with

HASTE = (
    "import grammars; [object.__setattr__(each, 'compile_timeout_s', 0.7) for name in grammars.names()"
    " if (each := grammars.get(name).toolchain)]"
)
"""What has a judge wait less long for compilers: no program of an honest kind is compiled here."""


class Place:
    """One slot of this project's harness, and a look at what is going on in it."""

    def __init__(self, tier: Tier) -> None:
        self._pool = pool.Pool(workers=1, tier=tier)
        self._count = 0
        self.uid = self._uid()

    def report(self, program: str, suite: Any, *, language: str = "python", **limits: Any) -> Report:
        """The report of a program on its tests."""
        bounds = Limits(**{"timeout_s": 0.3, "memory_bytes": 256 << 20, **limits})
        return self._pool.submit(Source(program, language), parse(suite), bounds).result(120)

    def renew(self) -> None:
        """Gets to know a new judge."""
        self.uid = self._uid()

    def _uid(self) -> int:
        said = self.report("import os\ndef f(x): return os.getuid()", ["assert f(1) == -1"]).verdict.tests[0].message
        return int(said.split()[1])

    def honest(self) -> Report:
        """The report of a program that was never seen before and is right."""
        self._count += 1
        return self.report(f"def f(x): return x + 1  # {self._count}", ["assert f(1) == 2"])

    def state(self) -> dict[str, Any]:
        """What must be the same after an attack as before: processes, descriptors, files, objects of System V."""
        judge = psutil.Process(self._judge())
        processes = [judge, *judge.children(recursive=True)]
        state: dict[str, Any] = {"processes": sorted((each.pid, each.create_time()) for each in processes)}
        if os.geteuid() == 0:  # otherwise a judge's descriptors are none of our business
            state["descriptors"] = {each.pid: descriptors(each) for each in processes}
        if self.uid != os.getuid():
            state["of its id"] = sorted(each.pid for each in psutil.process_iter() if self.uid in owner(each))
        state["left in memory"] = [
            *self._objects(),
            *(each.name for each in os.scandir("/dev/shm") if self._owns(each)),
        ]
        return state

    def _objects(self) -> list[str]:
        """Shared memory, queues and semaphores of System V that belong to programs of this slot."""
        found = []
        for kind in ("shm", "msg", "sem"):
            head, *lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
            column = head.split().index("uid")
            found += [f"{kind} {line}" for line in lines if int(line.split()[column]) == self.uid]
        return found

    def _owns(self, entry: os.DirEntry[str]) -> bool:
        try:
            return entry.stat().st_uid == self.uid
        except FileNotFoundError:
            return False

    def _judge(self) -> int:
        (judge,) = self._pool._judges
        if judge._process is None:
            self.renew()
        assert judge._process is not None
        return judge._process.pid

    def close(self) -> None:
        """Ends the slot."""
        self._pool.close()


def descriptors(process: psutil.Process) -> int:
    """How many a process has; -1 where it has just ended."""
    try:
        return process.num_fds()
    except psutil.Error:
        return -1


def owner(process: psutil.Process) -> tuple[int, ...]:
    """The user ids of a process; none where it has just ended."""
    try:
        return tuple(process.uids())
    except psutil.Error:
        return ()


@pytest.fixture(scope="session")
def places() -> Iterator[Any]:
    """A slot of each tier, started when it is first asked for; skips what the machine does not give.

    Whoever asks has a secret in the environment, which the careless harness has as well.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOSTILE", "a secret of the caller's")
        patch.setattr(pool, "_BOOT", pool._BOOT.replace("; main()", f"; {HASTE}; main()"))
        yield from slots()


def slots() -> Iterator[Any]:
    """The same."""
    found: dict[Tier, Place] = {}

    def place(tier: Tier) -> Place:
        attempt = tiers.attempt(tier)
        if not attempt.works:
            pytest.skip(f"no tier {tier.name.lower()} here: {attempt.reason}")
        if tier not in found:
            found[tier] = Place(tier)
        return found[tier]

    yield place
    for each in found.values():
        each.close()
