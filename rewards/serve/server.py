"""From settings to a listening process that ends well."""

from __future__ import annotations

import asyncio
import gc
import resource
import socket
import sys
from dataclasses import dataclass
from types import FrameType

import uvicorn

from rewards.serve import guard
from rewards.serve.app import build
from rewards.serve.desk import Bounds, Desk, Judging

BACKLOG = 2048
KEEP_ALIVE_S = 75
"""Longer than clients keep idle connections, so that none sends a request just as the service hangs up."""
WARM = "def warm():\n    return 0\n"


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and who may ask."""

    host: str
    port: int
    token: str | None


def listen(place: Place) -> socket.socket:
    """A socket that listens there.

    Raises:
        ValueError: others could reach it, and there is no token.
        OSError: the address cannot be had.
    """
    if place.token is None and not guard.is_loopback(place.host):
        raise ValueError(
            f"{place.host!r} can be reached from other machines, whose users could run programs here: set a token in"
            f" {guard.TOKEN} or with --token-file, or listen on 127.0.0.1"
        )
    try:
        family, *_, address = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise OSError(f"cannot listen on {place.host}:{place.port}: {error.strerror or error}") from error


def serve(listening: socket.socket, judging: Judging, bounds: Bounds, *, token: str | None) -> None:
    """Answers until the process is told to end (SIGTERM, Ctrl-C): then what was taken on is finished first.

    A second signal drops it.
    """
    # Every connection takes a file, and the usual limit is for interactive programs.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # What is slow the first time (processes, tables) is not left for the first client.
    judging.scorer().submit_batch([{"completion": WARM, "tests": ["assert warm() == 0"]}])[0].result()
    # All that has been loaded stays; the collector would look at it again for every thousand programs.
    gc.collect()
    gc.freeze()
    asyncio.run(answer(listening, judging, bounds, token=token))


async def answer(listening: socket.socket, judging: Judging, bounds: Bounds, *, token: str | None) -> None:
    """The part of `serve` that runs on an event loop."""
    await Server(Desk(judging, bounds), token=token).serve(sockets=[listening])


class Server(uvicorn.Server):
    """A server that answers 503 while it finishes what it has taken on."""

    def __init__(self, desk: Desk, *, token: str | None) -> None:
        """Belongs to the event loop that runs."""
        config = uvicorn.Config(
            build(desk, token=token),
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._desk = desk
        self._who = "the bearers of the token" if token else "this machine alone"
        self._loop = asyncio.get_running_loop()
        self._drain: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Says where it listens, once signals are taken and connections accepted."""
        await super().startup(sockets)
        for listening in sockets or ():
            host, port, *_ = listening.getsockname()
            url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            tier = self._desk.judging.tier or "not needed"
            print(f"listening on {url} for {self._who}, isolation {tier}", file=sys.stderr, flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Runs in a signal handler."""
        self._loop.call_soon_threadsafe(self._desk.drop if self._desk.closing else self._begin_drain)
        self._desk.closing = True

    def _begin_drain(self) -> None:
        self._drain = asyncio.create_task(self._end())

    async def _end(self) -> None:
        await self._desk.drain()
        self.should_exit = True
