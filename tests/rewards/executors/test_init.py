from __future__ import annotations

import inspect
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

import rewards
from rewards import executors
from rewards.executors import ExecutorUnavailable, Settings, ray
from rewards.executors.remote import RemoteScorer
from rewards.executors.schedule import Schedule
from rewards.registry import UnknownName

ITEM = {"completion": "def f(x): return x", "tests": ["assert f(1)"]}


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stands in for Ray, which no cluster has been found for yet."""
    seen = SimpleNamespace(calls=[], error=None)

    def init(**options: Any) -> None:
        seen.calls.append(options)
        if seen.error:
            raise seen.error

    seen.is_initialized = lambda: bool(seen.calls) and not seen.error
    seen.init = init
    seen.cluster_resources = lambda: {"CPU": 3.0}
    monkeypatch.setitem(sys.modules, "ray", seen)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    return seen


def test_executors_are_listed_with_their_options() -> None:
    assert executors.names() == ("local", "ray")
    options = executors.options("ray")
    assert (options["in_flight"], options["chunk"], options["attempts"]) == (2, 16, 3)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("rai", "unknown executor 'rai'; did you mean 'ray'"),
        (("ray", {"adress": "auto"}), "executor 'ray' has no option 'adress'; did you mean 'address'"),
        (("ray", {"chunk": "8"}), "option 'chunk' of executor 'ray' must be like its default 16"),
        (("local", {"chunk": 8}), "executor 'local' has no option 'chunk'; options: none"),
    ],
)
def test_what_is_unknown_is_refused_with_what_there_is(spec: Any, message: str) -> None:
    with pytest.raises(UnknownName, match=message):
        rewards.score_batch([ITEM], executor=spec)


def test_without_ray_the_message_says_what_to_install(absent: None) -> None:
    with pytest.raises(ImportError, match=r"executor 'ray' needs Ray .*: pip install 'spanwise\[ray\]'"):
        rewards.score_batch([ITEM], executor="ray")
    with pytest.raises(ImportError, match="pip install"):
        rewards.score_stream([ITEM], executor="ray")


def test_settings_are_checked_before_anything_is_connected(cluster: Any) -> None:
    for change in ({"scheme": "statik"}, {"analyzers": ("pyflake",)}):
        with pytest.raises(ValueError, match="did you mean"):
            executors.start("ray", Settings(**change))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="attempts is at least 2"):
        executors.start(("ray", {"attempts": 1}), Settings())
    assert cluster.calls == []


def test_a_cluster_of_this_process_has_room_for_the_workers_and_sends_no_statistics(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    crew = ray.RayCrew(Settings(workers=2))
    assert cluster.calls == [{"num_cpus": 2, "include_dashboard": False}]
    assert (crew.size, os.environ["RAY_USAGE_STATS_ENABLED"]) == (2, "0")
    # Ray is initialised now, and is not again; without a number there is an actor for each CPU.
    assert ray.RayCrew(Settings(), "10.0.0.1:6379").size == 3
    assert len(cluster.calls) == 1


def test_an_address_where_nobody_listens_is_told_at_once(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    message = r"there is no Ray cluster at '127\.0\.0\.1:1' \(.*refused.*\): start one with 'ray start --head'"
    with pytest.raises(ExecutorUnavailable, match=message):
        ray.RayCrew(Settings(), "127.0.0.1:1")
    monkeypatch.setenv("RAY_ADDRESS", "ray://127.0.0.1:1")
    with pytest.raises(ExecutorUnavailable, match="no Ray cluster at 'ray://127"):
        ray.RayCrew(Settings())
    assert cluster.calls == []
    cluster.error = ConnectionError("Could not find any running Ray instance")
    with pytest.raises(ExecutorUnavailable, match=r"no Ray cluster at 'auto' \(Could not find"):
        ray.RayCrew(Settings(), "auto")


def test_a_cluster_that_is_gone_when_actors_are_wanted_is_told(cluster: Any) -> None:
    with executors.start("ray", Settings()) as scorer:
        cluster.error = ConnectionError("the head has gone")
        with pytest.raises(ConnectionError, match="the head has gone"):
            scorer.score_batch([ITEM])


def test_calls_with_the_same_settings_share_and_others_make_room(crew: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    crews: list[Any] = []

    def there(settings: Settings) -> RemoteScorer:
        crews.append(crew(1))
        return RemoteScorer(crews[-1], settings, Schedule())

    monkeypatch.setattr(executors, "_shared", {})
    monkeypatch.setattr(executors._registry, "_functions", {"there": there})
    for _ in range(2):
        [score] = rewards.score_batch([ITEM], executor="there", scheme=[{"name": "static"}])
        assert score.value == len(ITEM["completion"])
    assert [len(one.alive) for one in crews] == [1]
    assert dict(rewards.score_stream([ITEM], executor="there", scheme="binary"))[0].base == 1.0
    crews[0].wait_until_nobody_is_left()
    assert [len(one.alive) for one in crews] == [0, 1]
    rewards.score_batch([ITEM], executor="there", scheme=[{"name": "static"}])
    crews[1].wait_until_nobody_is_left()
    assert [len(one.alive) for one in crews] == [1, 0]
    for scorer in executors._shared.values():
        scorer.close()


def test_local_is_the_scorer_of_this_machine() -> None:
    with executors.start("local", Settings(("syntax",), "static", workers=1)) as scorer:
        [score] = scorer.score_batch([{"completion": "x = = 1"}])
    assert score.reports[0].analyzer == "syntax"
    assert score.reports[0].diagnostics


def test_every_setting_of_a_batch_reaches_the_executor() -> None:
    parameters = inspect.signature(rewards.score_batch).parameters
    assert {*Settings.__dataclass_fields__, "items", "executor"} == set(parameters)


def test_ray_is_not_imported_before_it_is_asked_for() -> None:
    code = "import sys, rewards.executors.ray; assert 'ray' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
