"""Requests to a server that may be busy, restarting or dead."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from importlib.util import find_spec
from types import TracebackType
from typing import Any

from trainer.generation import GenerationFailed
from trainer.generation.sections import Server

logging.getLogger("stamina").addHandler(logging.NullHandler())  # else each retry is a line on the terminal
BUSY = (408, 409, 425, 429, 502, 503, 504)
"""Answers after which the same request may fare better."""
CONNECT_S = 10.0
LONGEST_WAIT_S = 10.0


class Refused(GenerationFailed):
    """The server takes the request for a mistake."""

    def __init__(self, message: str, status: int) -> None:
        """`status` is that of the answer."""
        super().__init__(message)
        self.status = status


class Http:
    """One server; an asynchronous context manager. So many requests at a time, the others wait."""

    def __init__(self, settings: Server) -> None:
        import httpx2

        token = os.environ.get(settings.token_variable or "", "")
        self._settings = settings
        self._places = asyncio.Semaphore(settings.in_flight)
        self._client = httpx2.AsyncClient(
            base_url=settings.url,
            verify=settings.url.startswith("https://"),  # reading certificates takes longer than many an answer
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx2.Timeout(settings.timeout_s, connect=CONNECT_S, pool=None),
            limits=httpx2.Limits(max_connections=settings.in_flight),
        )

    async def __aenter__(self) -> Http:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What the server answers, as JSON; None where that is none.

        Raises:
            Refused: it will not.
            GenerationFailed: it does not answer, for `patience_s` seconds.
        """
        import httpx2
        import stamina

        asked = f"{method} {self._settings.url}{path}"
        again = stamina.retry_context(
            on=(httpx2.TransportError, _Busy),
            attempts=None,
            timeout=self._settings.patience_s,
            wait_initial=0.2,
            wait_max=LONGEST_WAIT_S,
        )
        try:
            async for attempt in again:
                with attempt:
                    async with self._places:
                        answer = await self._client.request(method, path, json=body)
                    if answer.status_code in BUSY:
                        raise _Busy(f"status {answer.status_code}: {_excerpt(answer.text)}")
        except (httpx2.TransportError, _Busy) as error:
            reason = str(error) or type(error).__name__
            raise GenerationFailed(
                f"no answer to {asked} for {self._settings.patience_s:g} s ({reason}); is the server running?"
            ) from error
        if answer.is_error:
            status = answer.status_code
            raise Refused(f"{asked} is refused with status {status}: {_excerpt(answer.text)}", status)
        try:
            return answer.json()
        except ValueError:
            return None


class _Busy(Exception):
    """The server cannot answer now."""


def check() -> None:
    """Raises ValueError: the packages that it takes are not installed."""
    missing = [name for name in ("httpx2", "stamina") if find_spec(name) is None]
    if missing:
        raise ValueError(f"a server as the generator needs {', '.join(missing)}: pip install 'spanwise[generation]'")


def _excerpt(text: str) -> str:
    return " ".join(text.split())[:200]
