"""What the service counts, for GET /metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from rewards.serve.line import Line, Result
from rewards.types import Score

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
OTHER = "other"


class Meters:
    """Counters of one service."""

    def __init__(self, line: Line) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "spanwise_requests", "Requests that were answered", ["path", "status"], registry=self.registry
        )
        self.scores = Counter(
            "spanwise_scores", "Completions that were scored, by outcome of their tests", ["outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.failures = Counter(
            "spanwise_failures", "Completions whose scoring raised an exception", registry=self.registry
        )
        self.abandoned = Counter(
            "spanwise_abandoned", "Completions whose client went away before they were scored", registry=self.registry
        )
        self.seconds = Histogram(
            "spanwise_seconds", "Seconds from a request to each of its scores", buckets=SECONDS, registry=self.registry
        )
        waiting = Gauge("spanwise_waiting", "Completions that wait in the line", registry=self.registry)
        waiting.set_function(lambda: line.waiting)
        running = Gauge("spanwise_running", "Completions that are being scored", registry=self.registry)
        running.set_function(lambda: line.running)

    def count(self, result: Result, seconds: float) -> None:
        """Counts what came of an item."""
        self.seconds.observe(seconds)
        if isinstance(result, Score):
            self.scores.labels(result.outcome.value if result.outcome else "untested").inc()
        else:
            self.failures.inc()

    def text(self) -> bytes:
        """All of them, in the text format of Prometheus."""
        return generate_latest(self.registry)


class Counted:
    """An application whose answers are counted by path and status."""

    def __init__(self, app: ASGIApp, *, meters: Meters, paths: frozenset[str]) -> None:
        """Whatever is none of `paths` is counted together, so that nobody can make up labels."""
        self._app, self._meters, self._paths = app, meters, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                path = scope["path"] if scope["path"] in self._paths else OTHER
                self._meters.requests.labels(path, str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, counting if scope["type"] == "http" else send)
