"""A service on a free port of this machine, with a scorer that answers when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from analyzers.types import Outcome, Source
from rewards import schemes
from rewards.serve.desk import Bounds, Desk
from rewards.serve.server import Server
from rewards.types import Item, Score

PATIENCE_S = 20.0


def score_of(item: Item) -> Score:
    return Score(1.0, 1.0, Outcome.PASS, Source(item.completion), item.completion, task_id=item.task_id)


def wait_until(so: Callable[[], object]) -> None:
    """Waits until something is so, and fails where it never is."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.01)):
        if so():
            return
        pause.wait(0.01)
    raise AssertionError("it never came to be")


class Held:
    """Stands for a scorer: keeps what it is asked until `answer` is called, or answers at once."""

    def __init__(self, scheme: Any = "static", *, at_once: bool = False) -> None:
        self.scheme = schemes.resolve(scheme)
        self.at_once = at_once
        self.batches: list[list[Item]] = []
        self.asked: list[tuple[Item, Future[Score]]] = []
        self.compared: list[list[str]] = []

    def submit_batch(self, items: Sequence[Item]) -> list[Future[Score]]:
        futures: list[Future[Score]] = [Future() for _ in items]
        self.batches.append(list(items))
        self.asked += zip(items, futures, strict=True)
        if self.at_once:
            self.answer()
        return futures

    def answer(self, make: Callable[[Item], Score | Exception] = score_of, *, only: int | None = None) -> None:
        """Answers what is open, or the first `only` of it."""
        for item, future in [pair for pair in self.asked if not pair[1].done()][:only]:
            made = make(item)
            if future.set_running_or_notify_cancel():
                future.set_exception(made) if isinstance(made, Exception) else future.set_result(made)

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        self.compared.append([item.task_id for item in items])
        return [replace(score, value=float(len(scores))) for score in scores]


class Told:
    """Stands for the operator's choice: one scorer, whatever the scheme."""

    def __init__(self, scorer: Held) -> None:
        self.held = scorer
        self.analyzers, self.scheme, self.tier = ("runtime",), "static", "standard"
        self.schemes: list[Any] = []

    def scorer(self, scheme: Any = None) -> Held:
        if scheme is not None:
            schemes.resolve(scheme)
        self.schemes.append(scheme)
        return self.held


class Running:
    """A service in a thread of this process."""

    def __init__(self, judging: Any, bounds: Bounds, token: str | None) -> None:
        self.judging, self.token = judging, token
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx2.Client(base_url=self.url, timeout=PATIENCE_S, verify=False)  # nothing to load for TLS
        self._up = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run(bounds)), daemon=True)
        self.thread.start()
        assert self._up.wait(PATIENCE_S)
        wait_until(lambda: self.server.started)

    async def _run(self, bounds: Bounds) -> None:
        self.desk = Desk(self.judging, bounds)
        self.server = Server(self.desk, token=self.token)
        self._up.set()
        await self.server.serve(sockets=[self._socket])

    @property
    def held(self) -> Held:
        held: Held = self.judging.held
        return held

    def post(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        given = {"Content-Type": "application/json", **headers}
        return self.http.post(path, content=json.dumps(body), headers=given)

    def raw(self, request: bytes) -> socket.socket:
        """A connection on which this has been sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        connection.sendall(request)
        return connection

    def begin(self, path: str, body: Any, *headers: str, cut: int = 0) -> socket.socket:
        """A connection on which a request has been sent, but for its last `cut` bytes."""
        content = json.dumps(body).encode()
        head = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers]
        request = "\r\n".join([*head, f"Content-Length: {len(content)}", "", ""]).encode() + content
        return self.raw(request[: len(request) - cut])

    def end(self) -> None:
        """What SIGTERM does."""
        self.server.handle_exit(15, None)

    def close(self) -> None:
        with contextlib.suppress(RuntimeError):  # its event loop may have ended by itself
            self.end()
            self.end()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()
        self.http.close()


@pytest.fixture
def held() -> type[Held]:
    return Held


@pytest.fixture
def running() -> Iterator[Callable[..., Running]]:
    """Makes services; all of them end with the test."""
    made: list[Running] = []

    def make(scorer: Held | None = None, *, judging: Any = None, token: str | None = None, **bounds: Any) -> Running:
        told = judging if judging is not None else Told(scorer or Held())
        made.append(Running(told, Bounds(**bounds), token))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def prompt(running: Callable[..., Running]) -> Running:
    """A service whose scorer answers at once."""
    return running(Held(at_once=True))


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    return wait_until
