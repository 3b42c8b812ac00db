"""A crew in this process, whose workers die when they are told to: what Ray does, without Ray. And mixed items."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from analyzers.types import Outcome, Report, Source, Status, TestResult, TestStatus, Verdict
from rewards.executors import wire
from rewards.executors.remote import RemoteScorer, WorkerLost
from rewards.executors.schedule import Schedule
from rewards.executors.settings import Settings
from rewards.types import Item, Score

RIGHT = "def f(x):\n    total = 0\n    for number in range(x):\n        total += number\n    return total\n"
PROGRAMS = {
    "right": RIGHT,
    "right, not clean": "import os\n" + RIGHT.replace("total = 0", "total = unused = 0"),
    "wrong": RIGHT.replace("range(x)", "range(x + 1)"),
    "sometimes wrong": RIGHT.replace("    return", "    if x > 3:\n        total = 7\n    return"),
    "crash": "def f(x):\n    y = 1\n    return z\n",
    "no program": "def f(x:\n    return 1\n",
    "nothing": "",
    "é😀": f"# é😀\n{RIGHT}",
}
TESTS = [f"assert f({number}) == {number * (number - 1) // 2}" for number in range(1, 6)]


def items() -> list[dict[str, Any]]:
    """Two groups, fences and a prefix, hold-out tests, a reference, another language, one without tests."""
    asked = {"tests": TESTS, "reference": RIGHT, "holdout": ["assert f(9) == 36"]}
    return [
        *[{"completion": f"So:\n```python\n{text}```\n", "task_id": "a", **asked} for text in PROGRAMS.values()],
        *[{"completion": text, "task_id": "b", **asked, "raw": True} for text in PROGRAMS.values()],
        {"completion": "    return x + y\n", "prefix": "def f(x):\n", "tests": ["assert f(1) == 2"], "task_id": "c"},
        {"completion": "x = = 1\n"},
        {"completion": "int main() { return 0 }\n", "language": "c++"},
    ]


Answer = Callable[[Sequence[Item]], Sequence[Score | BaseException]]


def passed(items: Sequence[Item]) -> list[Score]:
    """Every program passes, and is worth its length."""
    verdict = Verdict(Outcome.PASS, (TestResult(TestStatus.PASSED),))
    reports = (Report("runtime", Status.OK, verdict=verdict),)
    return [
        Score(float(len(item.completion)), 1.0, Outcome.PASS, Source(item.completion), item.completion, reports)
        for item in items
    ]


class Crew:
    """Workers that answer at once, or, `held`, when they are told to; with an item in `poison` they die of the call."""

    def __init__(self, size: int = 2, *, answer: Answer = passed, held: bool = False, poison: Iterable[str] = ()):
        self.size = size
        self.answer, self.held, self.poison = answer, held, set(poison)
        self.starts: list[BaseException | None] = []
        """What becomes of the next workers; None is a good start. What comes after them starts well."""
        self.alive: set[int] = set()
        self.calls: list[tuple[int, tuple[str, ...]]] = []
        """Every call that was made: worker and completions."""
        self.under_way: dict[Future[bytes], tuple[int, list[Item]]] = {}
        self.changed = threading.Condition()

    def hire(self, worker: int) -> Future[None]:
        begun: Future[None] = Future()
        start = self.starts.pop(0) if self.starts else None
        self.alive.add(worker)
        if isinstance(start, BaseException):
            begun.set_exception(start)
        else:
            begun.set_result(None)
        return begun

    def send(self, worker: int, data: bytes) -> Future[bytes]:
        items = wire.unpack_items(data)
        future: Future[bytes] = Future()
        with self.changed:
            self.calls.append((worker, tuple(item.completion for item in items)))
            self.under_way[future] = worker, items
            self.changed.notify_all()
        if not self.held:
            self.finish(future)
        return future

    def dismiss(self, workers: Iterable[int]) -> None:
        with self.changed:
            self.alive -= set(workers)
            self.changed.notify_all()

    def state(self) -> str:
        return "there is no room"

    def finish(self, future: Future[bytes]) -> None:
        """Answers a call, or dies of it."""
        worker, items = self.under_way[future]
        if self.poison & {item.completion for item in items}:
            self.kill(worker)
        else:
            del self.under_way[future]
            future.set_result(wire.pack_scores(self.answer(items), items))

    def kill(self, worker: int) -> None:
        """Loses all calls of a worker."""
        for future in [future for future, (owner, _) in self.under_way.items() if owner == worker]:
            del self.under_way[future]
            future.set_exception(WorkerLost(f"worker {worker} is gone"))

    def wait(self, count: int) -> list[Future[bytes]]:
        """The calls under way, once so many have been made in all."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.calls) >= count, timeout=10), self.calls
            return list(self.under_way)

    def wait_until_nobody_is_left(self) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: not self.alive, timeout=10), self.alive

    @property
    def most(self) -> Mapping[int, int]:
        """How many calls each worker has under way."""
        owners = [owner for owner, _ in self.under_way.values()]
        return {owner: owners.count(owner) for owner in owners}


@pytest.fixture
def remote() -> Iterator[Any]:
    """Makes scorers, and closes them."""
    made: list[RemoteScorer] = []

    def make(crew: Any, settings: Settings | None = None, *, start_timeout_s: float = 10.0, **options: int) -> Any:
        settings = settings or Settings(("runtime",), "binary")
        made.append(RemoteScorer(crew, settings, Schedule(**options), start_timeout_s=start_timeout_s))
        return made[-1]

    yield make
    for scorer in made:
        scorer.close()


@pytest.fixture
def crew() -> type[Crew]:
    return Crew


@pytest.fixture(scope="session")
def mixed(timeless: Callable[[Score], Score]) -> SimpleNamespace:
    return SimpleNamespace(items=items, timeless=timeless)
