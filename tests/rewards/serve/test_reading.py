from __future__ import annotations

import hashlib
import json
import socket
from typing import Any

import pytest

from rewards import from_jsonable
from rewards.serve import reading


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"completion": ', "Expecting value at line 1, column 16"),
        (b'{"completion": NaN}', "NaN"),
        (b'{"completion": "x", "tests": {"function": "f", "cases": [{"args": [-Infinity]}]}}', "-Infinity"),
        (b'{"completion": 1e999}', "the number 1e999 is too large"),
        (b'{"completion": "\xff"}', "byte 16 is no UTF-8"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"completion": ' + b"9" * 10_000 + b"}", "no JSON"),
        (b"\xef\xbb\xbf{}", "no JSON"),
    ],
)
def test_what_is_no_json_is_told_so_with_the_place(prompt: Any, body: bytes, message: str) -> None:
    client = prompt.http
    answer = client.post("/score", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    [field] = answer.json()["fields"]
    assert (field["path"], message in field["message"]) == ("body", True)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_what_a_page_could_send_without_asking_is_refused(prompt: Any, kind: str) -> None:
    client = prompt.http
    answer = client.post("/score", content=b'{"completion": "x"}', headers={"Content-Type": kind})
    assert (answer.status_code, prompt.held.asked) == (415, [])
    assert client.post("/score", content=b"").status_code == 415


def test_bodies_have_a_largest_size_however_they_are_sent(running: Any) -> None:
    service = running(max_body=1000)
    service.held.at_once = True
    headers = {"Content-Type": "application/json"}
    fits = json.dumps({"completion": "x" * 900}).encode()
    large = json.dumps({"completion": "x" * 1_000_000}).encode()
    client = service.http
    assert client.post("/score", content=fits, headers=headers).status_code == 200
    for content in (large, iter([large[start : start + 4096] for start in range(0, len(large), 4096)])):
        answer = client.post("/score", content=content, headers=headers)
        assert answer.status_code == 413
        assert answer.json()["error"] == "the body is larger than 1000 bytes; send fewer items at once"
    # A length that is a lie does not get the sender anywhere.
    connection = service.raw(b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n" + large)
    assert b" 4" in connection.recv(100)[:20]
    assert len(service.held.asked) == 1


def test_a_body_without_end_is_not_read_to_its_end(running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LINGER_S", 0.1)
    service = running(max_body=1000)
    head = b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection = service.raw(head + b"400\r\n" + b" " * 0x400 + b"\r\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_bodies_of_all_requests_together_have_a_largest_size(running: Any, eventually: Any) -> None:
    service = running(max_body=1000)
    body = {"completion": "x" * 982}  # 1000 bytes
    held = [service.begin("/score", body) for _ in range(reading.AT_ONCE)]
    eventually(lambda: len(service.held.asked) == reading.AT_ONCE)
    refused = service.post("/score", body)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    chunked = service.http.post("/score", content=iter([b"{}"]), headers={"Content-Type": "application/json"})
    assert chunked.status_code == 429  # who knows how much it would be
    assert service.http.get("/health").status_code == 200
    service.held.answer()
    for connection in held:
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    service.held.at_once = True
    eventually(lambda: service.post("/score", body).status_code == 200)


def test_a_body_that_does_not_come_is_not_waited_for(running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BODY_S", 0.1)
    connection = running().begin("/score", {"completion": "a"}, cut=1)
    assert connection.recv(100).startswith(b"HTTP/1.1 408 ")


def test_unicode_and_lone_surrogates_come_through(prompt: Any) -> None:
    for text in ("é😀\u2028\x00\x0c", "\ud800 x \udfff", "x" * 100_000):
        answer = prompt.post("/score", {"completion": text})
        score = from_jsonable(answer.json()["score"])
        assert score.completion == text
        assert answer.json()["hash"] == hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    wrong = prompt.post("/score", {"completion": "x", "language": "\ud800"})
    assert (wrong.status_code, wrong.json()["fields"][0]["path"]) == (422, "language")


def test_a_body_that_is_never_finished_asks_for_nothing(running: Any) -> None:
    service = running()
    connection = service.begin("/score", {"completion": "a"}, cut=5)
    connection.shutdown(socket.SHUT_WR)
    connection.close()
    service.held.at_once = True
    assert service.post("/score", {"completion": "b"}).status_code == 200
    assert [one.completion for one, _ in service.held.asked] == ["b"]
