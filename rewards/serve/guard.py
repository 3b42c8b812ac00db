"""Who may ask: the bearer of the token, or without one whoever is on this machine and means this service."""

from __future__ import annotations

import hmac
import ipaddress
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN = "SPANWISE_TOKEN"
SHORTEST = 16
OPEN = ("/health",)
"""Paths that need no token: whoever restarts or routes has none."""


def token(file: Path | None) -> str | None:
    """The token, from the file or else from the environment variable SPANWISE_TOKEN; None where there is neither.

    Raises:
        ValueError: it is no token. What it is instead is never said.
        OSError: the file cannot be read.
    """
    if file is None:
        found, where = os.environ.get(TOKEN), f"the environment variable {TOKEN}"
    else:
        found, where = file.read_text(encoding="utf-8", errors="replace"), f"the file {str(file)!r}"
    if found is None:
        return None
    found = found.strip()
    if len(found) < SHORTEST or not all("!" <= character <= "~" for character in found):
        raise ValueError(
            f"{where} holds no token: at least {SHORTEST} visible ASCII characters without spaces, as from"
            " `openssl rand -hex 32`"
        )
    return found


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine alone, by all that it resolves to."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    # The part after % is the scope of an address.
    addresses = [ipaddress.ip_address(str(address[0]).partition("%")[0]) for *_, address in found]
    return bool(host) and bool(addresses) and all(address.is_loopback for address in addresses)


class Guard:
    """An application that only those reach who may."""

    def __init__(self, app: ASGIApp, *, token: str | None) -> None:
        """Without a `token` only requests that name a loopback address or localhost are let in.

        Otherwise a page in a browser on this machine could send some under a name of its own that resolves to it.
        """
        self._app = app
        self._token = None if token is None else f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if self._token is None:
            host = headers.get(b"host", b"").decode("latin-1")
            if not _names_loopback(host):
                await _refuse(send, 403, f"without a token the service answers to localhost alone, not to {host!r}")
                return
        elif scope["path"] not in OPEN and not hmac.compare_digest(headers.get(b"authorization", b""), self._token):
            why = "a token is needed, as in the header 'Authorization: Bearer TOKEN'"
            await _refuse(send, 401, why, (b"www-authenticate", b"Bearer"))
            return
        await self._app(scope, receive, send)


def _names_loopback(host: str) -> bool:
    """Whether a Host header is one of this machine's own names; nothing is looked up."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


async def _refuse(send: Send, status: int, why: str, *headers: tuple[bytes, bytes]) -> None:
    body = json.dumps({"error": why}).encode()
    sent = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
