from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from importlib.metadata import version
from typing import Any

import pytest

from analyzers import runtime
from analyzers.engine import Engine
from analyzers.types import Outcome
from rewards import schemes
from rewards.executors import wire
from rewards.executors.settings import Settings
from rewards.executors.worker import Worker
from rewards.scorer import Scorer
from rewards.types import Item, Reward

ANALYZERS = ("runtime", "pyflakes", "syntax")
SPECS: list[schemes.Spec] = [
    *schemes.names(),
    [{"name": "static"}, {"name": "difficulty", "weight": 0.5}],
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(ANALYZERS, workers=1, limits=runtime.Limits(executed=True)) as engine:
        yield engine


class Workers:
    """A crew of workers in this process that share an engine, so that reports are the same to the last bit."""

    def __init__(self, settings: Settings, engine: Engine, size: int = 3) -> None:
        self.size = size
        self.settings, self.engine = settings, engine
        self.workers: dict[int, Worker] = {}

    def hire(self, worker: int) -> Future[None]:
        self.workers[worker] = Worker()
        self.workers[worker]._scorer = Scorer(ANALYZERS, scheme=self.settings.scheme, engine=self.engine)
        return done(None)

    def send(self, worker: int, data: bytes) -> Future[bytes]:
        return done(self.workers[worker].score(data))

    def dismiss(self, workers: Iterable[int]) -> None:
        for worker in workers:
            self.workers[worker].end()

    def state(self) -> str:
        return ""


def done(result: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(result)
    return future


@pytest.mark.parametrize("spec", SPECS, ids=schemes.title)
def test_scores_are_those_of_a_scorer_here_in_every_scheme(
    spec: schemes.Spec, engine: Engine, remote: Any, mixed: Any
) -> None:
    here = Scorer(ANALYZERS, scheme=spec, engine=engine).score_batch(mixed.items())
    there = remote(Workers(Settings(ANALYZERS, spec), engine), Settings(ANALYZERS, spec), chunk=3)
    # The search for a divergence has a clock of its own; all other reports are shared.
    assert list(map(mixed.timeless, there.score_batch(mixed.items()))) == list(map(mixed.timeless, here))
    outcomes = {score.outcome for score in here}
    assert outcomes >= {Outcome.PASS, Outcome.FAILURE, Outcome.ERROR, Outcome.SYNTAX_ERROR, None}


def test_a_group_is_one_whoever_scores_its_members(engine: Engine, remote: Any, mixed: Any) -> None:
    """Each item goes to a worker of its own, so that nobody there sees another."""
    settings = Settings(ANALYZERS, "difficulty")
    there = remote(Workers(settings, engine, size=1), settings, chunk=1).score_batch(mixed.items())
    alone = Scorer(ANALYZERS, scheme="pass_ratio", engine=engine).score_batch(mixed.items())
    assert any(group.value != one.value for group, one in zip(there, alone, strict=True))


def test_one_core_runs_one_program_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_workers", None)
    worker = Worker()
    worker.begin(Settings(("runtime",), "binary"), version("spanwise"))
    try:
        assert runtime._workers == 1
        items = [Item("def f(x): return x", tests=["assert f(1) == 1"]), Item("def f(x): return 2")]  # type: ignore[arg-type]
        first, second = wire.unpack_scores(worker.score(wire.pack_items(items)), items)
        assert (first.value, second.value) == (1.0, None)  # type: ignore[union-attr]
    finally:
        worker.end()


def test_another_version_is_refused() -> None:
    with pytest.raises(RuntimeError, match=rf"has spanwise {version('spanwise')} and the caller 0\.0\.0: install one"):
        Worker().begin(Settings(), "0.0.0")


def test_what_a_scheme_raises_comes_back_in_the_place_of_the_score(engine: Engine) -> None:
    def picky(evidence: Any) -> Reward:
        if "bad" in evidence.source.text:
            raise ValueError("I do not like it")
        return Reward({})

    worker = Worker()
    worker._scorer = Scorer(ANALYZERS, scheme=picky, engine=engine)
    items = [Item("good = 1"), Item("bad = 1")]
    good, bad = wire.unpack_scores(worker.score(wire.pack_items(items)), items)
    assert good.value == 0.0  # type: ignore[union-attr]
    assert isinstance(bad, ValueError)
    assert "in picky" in bad.__notes__[0]
