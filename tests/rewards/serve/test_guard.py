from __future__ import annotations

import socket
from pathlib import Path

import pytest

from rewards.serve import guard, server
from rewards.serve.server import Place

GOOD = "0123456789abcdef"


def test_a_token_comes_from_a_file_or_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(guard.TOKEN, raising=False)
    assert guard.token(None) is None
    monkeypatch.setenv(guard.TOKEN, f" {GOOD}\n")
    assert guard.token(None) == GOOD
    file = tmp_path / "token"
    file.write_text(f"{GOOD}-of-the-file\n")
    assert guard.token(file) == f"{GOOD}-of-the-file"


@pytest.mark.parametrize(
    "content", ["", "   \n", "short", "fifteen-letters", "two words of the same", "pässwörter-sind-das", "\x00" * 20]
)
def test_what_is_no_token_is_refused_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "secret"
    file.write_text(content)
    with pytest.raises(ValueError, match=r"the file '.*secret' holds no token: at least 16 visible ASCII") as refused:
        guard.token(file)
    assert not content.strip() or content.strip() not in str(refused.value)
    if "\x00" not in content:
        monkeypatch.setenv(guard.TOKEN, content)
        with pytest.raises(ValueError, match="the environment variable SPANWISE_TOKEN holds no token"):
            guard.token(None)
    with pytest.raises(OSError, match="No such file"):
        guard.token(tmp_path / "absent")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_alone(host: str) -> None:
    assert guard.is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "10.0.0.1", "192.168.1.1", "::ffff:10.0.0.1", "no.such.name.invalid", "\ud800"]
)
def test_others_too(host: str) -> None:
    assert not guard.is_loopback(host)


def test_a_name_that_means_others_besides_is_not_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", ("127.0.0.1", 0)), (2, 1, 6, "", ("10.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert not guard.is_loopback("both.example")


def test_beyond_this_machine_only_with_a_token() -> None:
    for host in ("0.0.0.0", "::", ""):
        with pytest.raises(ValueError, match="can be reached from other machines"):
            server.listen(Place(host, 0, None))
    with server.listen(Place("0.0.0.0", 0, GOOD)) as listening:
        assert listening.getsockname()[0] == "0.0.0.0"
    with server.listen(Place("127.0.0.1", 0, None)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
            server.listen(Place("127.0.0.1", port, None))
