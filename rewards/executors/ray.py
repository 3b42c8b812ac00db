"""Ray: actors with a core each, spread over the nodes of a cluster.

    pip install 'spanwise[ray]'

Every node needs the same version of spanwise, and the tools of the analyzers. Where the caller has not called
`ray.init`, it is called here: with an address for a cluster that runs (`auto`: on this machine), without one for a
cluster of this process alone. That one sends no usage statistics unless RAY_USAGE_STATS_ENABLED=1 is set.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterable
from concurrent.futures import Future
from importlib.metadata import version
from typing import Any

from analyzers.futures import when_done
from rewards.executors import executor
from rewards.executors.remote import START_S, RemoteScorer, WorkerLost
from rewards.executors.schedule import Schedule
from rewards.executors.settings import ExecutorUnavailable, Settings
from rewards.executors.worker import Worker

REACH_S = 5.0
END_S = 5.0

logger = logging.getLogger(__name__)


@executor("ray")
def on_ray(
    settings: Settings,
    *,
    address: str = "",
    in_flight: int = 2,
    chunk: int = 16,
    attempts: int = 3,
    start_timeout_s: float = START_S,
) -> RemoteScorer:
    """Scores with actors of one CPU each, `workers` of them, or as many as the cluster has CPUs.

    `address` is that of the cluster, and does not matter once Ray is initialised; an actor has at most `in_flight`
    calls of at most `chunk` items at a time. An item whose actor dies `attempts` times gets no value. Where no actor
    begins within `start_timeout_s`, scoring raises ExecutorUnavailable.

    Raises:
        ImportError: Ray is not installed.
        ExecutorUnavailable: there is no cluster at the address.
        ValueError: `in_flight` or `chunk` is below 1, `attempts` below 2.
    """
    schedule = Schedule(in_flight=in_flight, chunk=chunk, attempts=attempts)
    crew = RayCrew(settings, address, calls=in_flight)
    return RemoteScorer(crew, settings, schedule, start_timeout_s=start_timeout_s)


class RayCrew:
    """Actors as a crew."""

    def __init__(self, settings: Settings, address: str = "", *, calls: int = 2) -> None:
        """`calls` are those that an actor works on at a time, so that it need not wait for the last program of one.

        Raises:
            ImportError, ExecutorUnavailable: as `on_ray`.
        """
        self._settings, self._address, self._calls = settings, address, calls
        self._ray = connect(address, settings.workers)
        self._actors: dict[int, Any] = {}
        self.size = settings.workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def hire(self, worker: int) -> Future[None]:
        """As `Crew.hire`."""
        connect(self._address, self._settings.workers)
        actor = self._ray.remote(Worker).options(
            num_cpus=1, scheduling_strategy="SPREAD", max_restarts=0, max_concurrency=self._calls
        )
        self._actors[worker] = actor.remote()
        return self._later(worker, "begin", self._settings, version("spanwise"))

    def send(self, worker: int, data: bytes) -> Future[bytes]:
        """As `Crew.send`."""
        return self._later(worker, "score", data)

    def dismiss(self, workers: Iterable[int]) -> None:
        """As `Crew.dismiss`; an actor that lives ends its processes first."""
        actors = [self._actors.pop(worker) for worker in workers if worker in self._actors]
        if not actors or not self._ray.is_initialized():
            return
        try:
            self._ray.wait([actor.end.remote() for actor in actors], num_returns=len(actors), timeout=END_S)
            for actor in actors:
                self._ray.kill(actor)
        except Exception as error:
            logger.warning("actors may be left behind: %s", error)

    def state(self) -> str:
        """As `Crew.state`."""
        there, free = (
            resources.get("CPU", 0) for resources in (self._ray.cluster_resources(), self._ray.available_resources())
        )
        return f"the cluster has {there:g} CPUs, {free:g} of them free"

    def _later(self, worker: int, method: str, *arguments: Any) -> Future[Any]:
        try:
            answer = getattr(self._actors[worker], method).remote(*arguments).future()
        except Exception as error:  # Ray was shut down, and the actor with it
            lost: Future[Any] = Future()
            lost.set_exception(WorkerLost(str(error)))
            return lost
        return when_done([answer], lambda: self._result(answer))

    def _result(self, answer: Future[Any]) -> Any:
        """What an actor answered.

        Raises:
            WorkerLost: Ray has no answer.
            Exception: what was raised in the actor.
        """
        errors = self._ray.exceptions
        try:
            return answer.result()
        except errors.RayTaskError as error:
            raise error.cause from error
        except errors.RayError as error:
            raise WorkerLost(" ".join(str(error).split())[:500]) from error


def connect(address: str, workers: int | None) -> Any:
    """The module `ray`, initialised.

    Raises:
        ImportError, ExecutorUnavailable: as `on_ray`.
    """
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ImportError(f"executor 'ray' needs Ray ({error}): pip install 'spanwise[ray]'") from error
    if ray.is_initialized():
        return ray
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = address or os.environ.get("RAY_ADDRESS", "")
    if not address:
        ray.init(num_cpus=workers, include_dashboard=False)
        return ray
    try:
        _reach(address)
        ray.init(address=address)
    except OSError as error:
        raise ExecutorUnavailable(
            f"there is no Ray cluster at {address!r} ({error}): start one with 'ray start --head',"
            " or give no address for one of this process alone"
        ) from error
    return ray


def _reach(address: str) -> None:
    """Raises OSError where nothing listens at `host:port`: Ray itself would try for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=REACH_S).close()
