"""How bodies are read: no larger than allowed, in time, and JSON to the letter."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

BODY_S = 60.0
"""Seconds in which a body has to arrive."""
AT_ONCE = 32
"""Bodies of the largest size that are held at a time."""
LINGER_S = 2.0
"""Seconds for which the rest of a refused body is read, so that a client that is still sending sees the answer."""


class JsonRequest(Request):
    """A request whose body is JSON of a bounded size (`app.state.max_body`, bytes)."""

    async def body(self) -> bytes:
        """The whole body.

        Raises:
            HTTPException: it is no JSON by its own account (415), too large (413), or too slow (408).
        """
        if not hasattr(self, "_body"):
            self._body = await self._read(self.app.state.max_body)
        return self._body

    async def json(self) -> Any:
        """The tree that the body holds.

        Raises:
            HTTPException: it is no JSON (422), with the place.
        """
        return parsed(await self.body())

    async def _read(self, limit: int) -> bytes:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            # A page in somebody's browser can send what else there is without asking the service first.
            raise HTTPException(415, f"the body has to be application/json, got {kind or 'no content type'}")
        read, chunks = int(self.headers.get("content-length", "0")), []
        try:
            async with asyncio.timeout(BODY_S):
                if read <= limit:
                    read = 0
                    async for chunk in self.stream():
                        read += len(chunk)
                        if read > limit:
                            break
                        chunks.append(chunk)
        except TimeoutError:
            raise HTTPException(408, f"the body did not arrive within {BODY_S:g} s") from None
        if read > limit:
            await self._linger()
            raise HTTPException(413, f"the body is larger than {limit} bytes; send fewer items at once")
        return b"".join(chunks)

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(LINGER_S):
                while (message := await self.receive()).get("more_body"):
                    del message
        except TimeoutError:
            pass


class JsonRoute(APIRoute):
    """A route that reads its body as a JsonRequest."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler that FastAPI makes, on a request of ours."""
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return handle_json


class Weighed:
    """An application that holds the bodies of no more requests at a time than memory is meant for."""

    def __init__(self, app: ASGIApp, *, max_body: int) -> None:
        """Together they may come to AT_ONCE times the largest body; one whose length is not told counts as that."""
        self._app, self._max_body = app, max_body
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        headers = dict(scope.get("headers", ()))
        size = int(headers.get(b"content-length", b"0"))
        if b"transfer-encoding" in headers or size > self._max_body:
            size = self._max_body
        if self._held + size > AT_ONCE * self._max_body:
            full = JSONResponse({"error": f"requests of {self._held} bytes are held"}, 429, {"Retry-After": "1"})
            await full(scope, receive, send)
            return
        self._held += size
        try:
            await self._app(scope, receive, send)
        finally:
            self._held -= size


def parsed(body: bytes) -> Any:
    """The tree of a JSON text, in which strings may hold lone surrogates, and numbers are finite.

    Raises:
        HTTPException: it is no JSON (422), with the place.
    """
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except json.JSONDecodeError as error:
        why = f"{error.msg} at line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError as error:
        why = f"byte {error.start} is no UTF-8"
    except RecursionError:
        why = "it is nested too deeply"
    except ValueError as error:  # a number of too many digits, or none at all
        why = str(error)
    raise HTTPException(422, f"no JSON: {why}")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number there; rewards.client sends tests with such values")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:40]} is too large")
    return number
