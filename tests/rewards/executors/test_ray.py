"""On a cluster of worker processes that these tests start, and kill."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import rewards
from analyzers.types import Outcome
from rewards import executors, schemes
from rewards.executors import ExecutorUnavailable, Settings
from rewards.executors.worker import Worker
from rewards.types import Reward

ray = pytest.importorskip("ray", reason="needs Ray: make test-integrations")
psutil = pytest.importorskip("psutil")

pytestmark = [pytest.mark.integrations, pytest.mark.slow]

ANALYZERS = ("runtime", "pyflakes")
SLOW = "import time\ntime.sleep(0.2)\ndef f(x):\n    return x + {}\n"


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Leaves no actor to the next test."""
    yield
    for scorer in executors._shared.values():
        scorer.close()
    executors._shared.clear()
    psutil.wait_procs([psutil.Process(pid) for pid in actors()], timeout=30)
    assert not actors()


def start(scheme: schemes.Spec = "pass_ratio", workers: int = 2, **options: Any) -> Any:
    return executors.start(("ray", options), Settings(ANALYZERS, scheme, workers=workers))


def items(count: int) -> list[dict[str, Any]]:
    """Programs of which every third is wrong; each takes a while and knows its number."""
    return [
        {
            "completion": SLOW.format(number),
            "tests": [f"assert f(1) == {1 + number + (number % 3 == 0)}"],
            "task_id": str(number),
        }
        for number in range(count)
    ]


def actors() -> set[int]:
    """The processes of the actors."""
    mine = psutil.Process().children(recursive=True)
    return {process.pid for process in mine if process.name().startswith("ray::Worker")}


def wait_for_actors(count: int) -> set[int]:
    deadline = time.monotonic() + 60
    while len(actors()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return actors()


def descendants() -> list[Any]:
    """What runs below the actors: workers of analyzers, judges, fork servers, candidates."""
    return [child for pid in actors() for child in psutil.Process(pid).children(recursive=True)]


# What needs more than reports: the group, the lines that ran, the search for a divergence. All schemes: test_worker.py.
@pytest.mark.parametrize(
    "spec",
    ["executed", "first_divergence", [{"name": "static"}, {"name": "difficulty", "weight": 0.5}]],
    ids=schemes.title,
)
def test_scores_are_those_of_this_machine(spec: schemes.Spec, mixed: Any) -> None:
    settings: dict[str, Any] = {"analyzers": ANALYZERS, "scheme": spec, "workers": 2}
    here = rewards.score_batch(mixed.items(), **settings)
    there = rewards.score_batch(mixed.items(), executor=("ray", {"chunk": 3}), **settings)
    assert list(map(mixed.timeless, there)) == list(map(mixed.timeless, here))


def test_a_worker_that_is_killed_in_mid_batch_costs_no_score_and_counts_none_twice() -> None:
    given = items(24)
    counted: list[str] = []
    with start(chunk=4) as scorer:
        futures = scorer.submit_batch(given)
        for future in futures:
            future.add_done_callback(lambda done: counted.append(done.result().task_id))
        victims = wait_for_actors(2)
        while len(counted) < 4:
            time.sleep(0.02)
        assert len(counted) < len(given)
        below = [child for child in psutil.Process(min(victims)).children(recursive=True)]
        assert below
        os.kill(min(victims), signal.SIGKILL)
        scores = [future.result(120) for future in futures]
        assert min(victims) not in actors()
        # Nothing of it is left: neither its analyzers nor the programs that it ran.
        assert psutil.wait_procs(below, timeout=30)[1] == []
    assert sorted(counted, key=int) == [str(number) for number in range(24)]
    assert [score.task_id for score in scores] == [item["task_id"] for item in given]
    assert [score.value for score in scores] == [float(number % 3 != 0) for number in range(24)]


def test_an_item_that_kills_every_actor_has_no_value_and_its_mates_have_theirs() -> None:
    def deadly(evidence: Any) -> Reward:
        if "poison" in evidence.source.text:
            os.kill(os.getpid(), signal.SIGKILL)
        return Reward({"coarse": 1.0})

    here = os.getpid()
    given = [{"completion": f"x = {number}"} for number in range(8)]
    given[5] = {"completion": "poison = 1"}
    with executors.start(("ray", {"attempts": 2, "chunk": 4}), Settings(("syntax",), deadly, workers=2)) as scorer:
        scores = scorer.score_batch(given)
    assert os.getpid() == here
    assert [score.value for score in scores] == [1.0] * 5 + [None] + [1.0] * 2
    assert scores[5].outcome is Outcome.INFRASTRUCTURE
    assert "every worker that got it was lost" in scores[5].reports[0].detail


def test_what_a_scheme_raises_there_is_raised_here_with_the_place() -> None:
    def picky(evidence: Any) -> Reward:
        if evidence.source.text:
            raise LookupError("no such program")
        return Reward({})

    with (
        executors.start("ray", Settings(("syntax",), picky, workers=1)) as scorer,
        pytest.raises(LookupError, match="no such program") as raised,
    ):
        scorer.score_batch([{"completion": "x"}])
    assert "in picky" in raised.value.__notes__[0]


def test_what_an_actor_cannot_start_with_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rewards.executors.ray.version", lambda name: "0.0.0")
    with start() as scorer, pytest.raises(RuntimeError, match=r"and the caller 0\.0\.0: install one version on both"):
        scorer.score_batch(items(1))


def test_scores_are_streamed_while_items_still_come() -> None:
    asked: list[int] = []

    def generate() -> Iterator[dict[str, Any]]:
        for number, item in enumerate(items(12)):
            asked.append(number)
            yield item

    with start() as scorer:
        found = {}
        for index, score in scorer.score_stream(generate(), in_flight=4):
            assert len(asked) <= len(found) + 5
            found[index] = score.value
    assert found == {number: float(number % 3 != 0) for number in range(12)}


def test_a_cluster_without_room_is_told() -> None:
    with start(workers=3) as busy:
        busy.score_batch(items(3))
        wait_for_actors(3)
        message = r"none of 1 workers began within 0\.5 s; the cluster has 3 CPUs, 0 of them free"
        with start(workers=1, start_timeout_s=0.5) as other, pytest.raises(ExecutorUnavailable, match=message):
            other.score_batch(items(1))


def test_a_call_with_other_settings_gets_the_cores_of_the_last() -> None:
    for scheme in ("binary", "pass_ratio", "binary"):
        [score] = rewards.score_batch(items(1), analyzers=ANALYZERS, scheme=scheme, executor="ray", workers=3)
        assert score.value == 0.0


def test_a_driver_that_closes_leaves_nothing() -> None:
    with start() as scorer:
        scorer.score_batch(items(4))
        below = descendants()
        assert below
        known = wait_for_actors(2)
    assert psutil.wait_procs(below, timeout=30)[1] == []
    assert psutil.wait_procs([psutil.Process(pid) for pid in known & actors()], timeout=30)[1] == []


def test_ray_may_be_shut_down_and_started_between_batches() -> None:
    scorer = start()
    assert scorer.score_batch(items(1))[0].value == 0.0
    ray.shutdown()
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    done = threading.Event()
    future = scorer.submit(items(2)[1])
    future.add_done_callback(lambda _: done.set())
    assert done.wait(60)
    assert future.result().value == 1.0
    scorer.close()


def test_an_actor_needs_no_more_than_a_worker_has() -> None:
    """The seam: what the executor calls on an actor."""
    assert {name for name in vars(Worker) if not name.startswith("_")} == {"begin", "score", "end"}


def test_actors_are_spread_over_nodes_and_a_node_may_go() -> None:
    from ray.cluster_utils import Cluster

    ray.shutdown()
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        first = nodes.add_node(num_cpus=1)
        nodes.add_node(num_cpus=1)
        with start(workers=2, address=nodes.address, chunk=2) as scorer:
            futures = scorer.submit_batch(items(24))
            while sum(future.done() for future in futures) < 2 or len(scorer._schedule._under_way) < 2:
                time.sleep(0.05)
            homes = {psutil.Process(pid).ppid() for pid in wait_for_actors(2)}  # each node has a process of Ray's
            nodes.remove_node(first, allow_graceful=False)
            scores = [future.result(100) for future in futures]
        assert len(homes) == 2
        assert [score.value for score in scores] == [float(number % 3 != 0) for number in range(24)]
    finally:
        ray.shutdown()
        nodes.shutdown()
