from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import stamina

from analyzers.types import Outcome, Source
from rewards import client as clients
from rewards import jsonable
from rewards.client import Client, Refused, ServiceError
from rewards.serve.messages import content_hash
from rewards.types import Score

Answer = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


def line(name: str, index: int = 0, **changes: Any) -> str:
    score = Score(1.0, 1.0, Outcome.PASS, Source(name), name)
    return json.dumps({"index": index, "hash": content_hash(name), "score": jsonable(score), **changes}) + "\n"


def lines(*names: str) -> httpx2.Response:
    text = "".join(line(name, index) for index, name in enumerate(names))
    return httpx2.Response(200, text=text, headers={"content-type": "application/x-ndjson"})


def asking(*answers: httpx2.Response | Exception, **given: Any) -> tuple[Client, list[httpx2.Request]]:
    """A client to which these are answered in turn, and what it asked."""
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        found = answers[len(asked) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    return Client("http://scorer:8000", transport=httpx2.MockTransport(answer), **given), asked


def refusal(status: int, error: str, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error": error}, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_a_batch_is_one_request() -> None:
    client, asked = asking(lines("a", "b"), token="secret-of-this-test")
    scores = client.score_batch([{"completion": "a", "tests": ["assert a"]}, {"completion": "b"}])
    assert [score.completion for score in scores] == ["a", "b"]
    assert len(asked) == 1
    assert str(asked[0].url) == "http://scorer:8000/score_batch"
    assert asked[0].headers["authorization"] == "Bearer secret-of-this-test"
    assert asked[0].headers["accept"] == "application/x-ndjson"
    assert json.loads(asked[0].content) == {
        "items": [{"completion": "a", "tests": {"asserts": ["assert a"], "setup": ""}}, {"completion": "b"}]
    }


def test_scores_come_in_any_order_and_the_list_in_that_of_the_items() -> None:
    def answer() -> httpx2.Response:
        return httpx2.Response(200, text=line("b", 1) + line("a", 0))

    client, _ = asking(answer(), answer())
    items = [{"completion": "a"}, {"completion": "b"}]
    assert [index for index, _ in client.score_stream(items)] == [1, 0]
    assert [score.completion for score in client.score_batch(items)] == ["a", "b"]


@pytest.mark.parametrize(
    "trouble",
    [
        refusal(429, "full", retry_after="3"),
        refusal(503, "the service is ending"),
        httpx2.Response(502, text="<html>a proxy</html>"),
        httpx2.ConnectError("refused"),
        httpx2.RemoteProtocolError("cut"),
        httpx2.Response(200, text=""),
    ],
)
def test_what_may_go_better_is_asked_again(trouble: Any) -> None:
    client, asked = asking(trouble, trouble, lines("a"))
    assert client.score("a").value == 1.0
    assert len(asked) == 3


def test_a_stream_that_is_cut_is_asked_again_and_nothing_comes_twice() -> None:
    class Cut(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield line("b", 1).encode()
            raise httpx2.ReadError("the service was restarted")

    client, asked = asking(httpx2.Response(200, stream=Cut()), lines("a", "b", "c"))
    found = list(client.score_stream([{"completion": name} for name in "abc"]))
    assert [index for index, _ in found] == [1, 0, 2]
    assert asked[0].content == asked[1].content


def test_after_all_attempts_the_last_trouble_is_told() -> None:
    client, asked = asking(*[refusal(429, "2 of 2 places are taken", retry_after="3") for _ in range(9)], attempts=3)
    with pytest.raises(ServiceError, match="429 Too Many Requests: 2 of 2 places are taken") as raised:
        client.score("a")
    assert (len(asked), raised.value.status, raised.value.retry_after_s) == (3, 429, 3.0)


def test_the_service_says_when_to_come_back() -> None:
    said = ServiceError("", status=429, retry_after_s=8.0)
    for _ in range(20):
        wait: Any = clients._again(said)
        assert 8.0 <= wait.total_seconds() <= 10.0
    far: Any = clients._again(ServiceError("", status=503, retry_after_s=1e6))
    assert far.total_seconds() <= 1.25 * clients.LONGEST_WAIT_S
    assert clients._again(ServiceError("", status=500)) is False
    assert clients._again(Refused("", status=422)) is False
    assert clients._again(ServiceError("", status=502)) is True
    assert clients._again(KeyError()) is False


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 422])
def test_what_is_refused_is_not_asked_again(status: int) -> None:
    client, asked = asking(refusal(status, "items[0].tests: no"))
    with pytest.raises(Refused, match=f"{status} .*: items\\[0\\].tests: no") as refused:
        client.score("a")
    assert isinstance(refused.value, ValueError)
    assert len(asked) == 1
    assert ("Client(token=...)" in str(refused.value)) == (status == 401)


def test_the_token_is_in_no_message() -> None:
    for answer in (
        refusal(401, "a token is needed"),
        httpx2.Response(500, text="boom"),
        httpx2.LocalProtocolError("x"),
    ):
        client, _ = asking(*[answer] * 4, token="secret-of-this-test")
        with pytest.raises(ServiceError) as raised:
            client.score("a")
        assert "secret-of-this-test" not in str(raised.value)
        assert "secret-of-this-test" not in repr(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (line("another"), "which was not asked for"),
        (line("a", 7), "which was not asked for"),
        (line("a", -1), "which was not asked for"),
        (
            line("a", score=None, error="ValueError: a plugin's fault"),
            "item 0 could not be scored: ValueError: a plugin",
        ),
        (line("a", score={"value": 1}), "an answer is not understood (score: expected the fields of Score"),
        (line("a", index="0"), "an answer is not understood"),
        ("[1]\n", "an answer is not understood"),
        ("<html>\n", "200, but no JSON came"),
    ],
)
def test_an_answer_that_is_not_the_right_one_is_no_score(text: str, message: str) -> None:
    client, _ = asking(*[httpx2.Response(200, text=text)] * 4)
    with pytest.raises(ServiceError) as raised:
        client.score("a")
    assert message in str(raised.value)


def test_no_verdict_stays_none() -> None:
    score = Score(None, None, Outcome.INFRASTRUCTURE, Source("a"), "a")
    client, _ = asking(httpx2.Response(200, text=line("a", score=jsonable(score))))
    assert client.score("a") == score


def test_bad_items_are_found_before_anything_is_sent() -> None:
    client, asked = asking()
    for bad in ({"completion": 1}, {"completon": "x"}, {"completion": "x", "tests": 3}):
        with pytest.raises(ValueError, match=r"completion|completon|tests"):
            client.score_stream([bad])  # at the call, not at the first score
    with pytest.raises(ValueError, match="a scheme that is sent has a name"):
        client.score("x", scheme=lambda evidence: None)  # type: ignore[arg-type, return-value]
    assert asked == []


@pytest.mark.parametrize(
    ("scheme", "sent"),
    [
        ("binary", "binary"),
        (("static", {"cap": 0.1}), {"name": "static", "options": {"cap": 0.1}}),
        (["static", {"name": "codequal", "weight": 0.5}], ["static", {"name": "codequal", "weight": 0.5}]),
    ],
)
def test_a_scheme_is_named(scheme: Any, sent: Any) -> None:
    client, asked = asking(lines("a"))
    client.score("a", scheme=scheme)
    assert json.loads(asked[0].content)["scheme"] == sent


def test_leaving_the_loop_closes_the_connection() -> None:
    closed: list[bool] = []

    class Endless(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for index in range(1000):
                yield line("a", index).encode()

        def close(self) -> None:
            closed.append(True)

    client, asked = asking(httpx2.Response(200, stream=Endless()))
    stream = client.score_stream([{"completion": "a"}] * 1000)
    assert next(stream)[0] == 0
    stream.close()  # type: ignore[attr-defined]
    assert (closed, len(asked)) == ([True], 1)


def test_what_the_reader_raises_is_not_asked_again() -> None:
    client, asked = asking(lines("a", "b"))

    def read() -> None:
        for _ in client.score_stream([{"completion": "a"}, {"completion": "b"}]):
            raise KeyError("of the loop")

    with client, pytest.raises(KeyError):
        read()
    assert len(asked) == 1


def test_silence_ends_the_call() -> None:
    client, asked = asking(httpx2.ReadTimeout("silence"), timeout_s=7.0)
    with pytest.raises(ServiceError, match="nothing came for 7 s"):
        client.score("a")
    assert len(asked) == 1  # the same work once more would not be quicker


def test_a_service_that_is_not_there_is_named() -> None:
    client, _ = asking(*[httpx2.ConnectError("refused")] * 4)
    with pytest.raises(ServiceError, match=r"POST /score_batch of http://scorer:8000.*ConnectError: refused"):
        client.score("a")
    client, asked = asking(httpx2.ConnectError("refused"))
    with pytest.raises(ServiceError, match=r"GET /health of http://scorer:8000.*refused"):
        client.health()
    assert len(asked) == 1


def test_health_is_what_the_service_says_also_while_it_ends() -> None:
    client, _ = asking(httpx2.Response(503, json={"status": "closing"}))
    assert client.health() == {"status": "closing"}


def test_arguments_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="a service is named like http://localhost:8000, got 'localhost:8000'"):
        Client("localhost:8000")
    with pytest.raises(ValueError, match="attempts is at least 1, got 0"):
        Client("http://localhost:8000", attempts=0)


def test_nothing_to_score_is_no_request_at_all() -> None:
    client, asked = asking()
    assert client.score_batch([]) == []
    assert asked == []
