from __future__ import annotations

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from analyzers.runtime.tests import Asserts, Exchange, Stdio
from analyzers.types import Outcome, Source
from rewards import from_jsonable
from rewards.types import Item, Score

LINES = "application/x-ndjson"
TOKEN = "a-token-of-thirty-two-characters"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def item(name: str, **fields: Any) -> dict[str, Any]:
    return {"completion": name, "task_id": name, **fields}


def test_a_score_comes_with_the_hash_of_its_completion(prompt: Any) -> None:
    body = {
        "completion": "é = 1",
        "tests": ["assert é"],
        "task_id": "t",
        "prefix": "# 😀\n",
        "reference": "é = 2",
        "truncated": True,
        "raw": True,
        "language": "c++",
        "holdout": {"stdio": [{"stdin": "1", "stdout": "2"}]},
        "token_ids": [1, 2],
    }
    answer = prompt.post("/score", body)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["hash"] == sha("é = 1")
    score = from_jsonable(answer.json()["score"])
    assert (score.completion, score.value, score.task_id) == ("é = 1", 1.0, "t")
    assert prompt.held.batches == [
        [
            Item(
                "é = 1",
                "cpp",
                Asserts(("assert é",)),
                prefix="# 😀\n",
                reference="é = 2",
                task_id="t",
                truncated=True,
                raw=True,
                holdout=Stdio((Exchange("1", "2"),)),
            )
        ]
    ]


def test_a_batch_comes_in_order_as_one_answer(prompt: Any) -> None:
    answer = prompt.post("/score_batch", {"items": [item("a"), item("b")]})
    assert answer.headers["content-type"] == "application/json"
    assert [(one["index"], one["hash"], one["score"]["task_id"]) for one in answer.json()["results"]] == [
        (0, sha("a"), "a"),
        (1, sha("b"), "b"),
    ]
    assert prompt.post("/score_batch", {"items": []}).json() == {"results": []}
    assert prompt.post("/score_batch", {"items": []}, Accept=LINES).content == b""


def test_lines_come_as_soon_as_each_is_known(running: Any, eventually: Any) -> None:
    service = running()
    with (
        service.http.stream(
            "POST", "/score_batch", json={"items": [item("a"), item("b"), item("c")]}, headers={"Accept": LINES}
        ) as answer,
    ):
        assert answer.headers["content-type"] == LINES
        eventually(lambda: len(service.held.asked) == 3)
        (_, a), (_, b), (_, c) = service.held.asked
        lines = answer.iter_lines()
        b.set_result(Score(0.5, 0.5, None, Source("b"), "b"))
        first = json.loads(next(lines))
        assert (first["index"], first["hash"], first["score"]["value"]) == (1, sha("b"), 0.5)
        assert not a.done()
        c.set_result(Score(None, None, Outcome.INFRASTRUCTURE, Source("c"), "c"))
        assert json.loads(next(lines))["score"]["value"] is None
        a.set_result(Score(1.0, 1.0, None, Source("a"), "a"))
        assert [json.loads(line)["index"] for line in lines] == [0]


def test_no_verdict_is_null_and_not_zero(prompt: Any) -> None:
    prompt.held.at_once = False
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(prompt.post, "/score", item("a"))
        while not prompt.held.asked:
            time.sleep(0.01)
        prompt.held.answer(lambda one: Score(None, None, Outcome.INFRASTRUCTURE, Source("a"), "a"))
        tree = answer.result().json()["score"]
    assert (tree["value"], tree["base"], tree["outcome"]) == (None, None, "infrastructure")
    assert from_jsonable(tree).value is None


def test_requests_of_many_clients_are_scored_together_and_not_mixed_up(running: Any, eventually: Any) -> None:
    service = running(at_once=64)
    names = [f"program {number}" for number in range(32)]
    with ThreadPoolExecutor(len(names)) as threads:
        answers = [threads.submit(service.post, "/score", item(name)) for name in names]
        eventually(lambda: len(service.held.asked) == len(names))
        service.held.answer()
        for name, answer in zip(names, answers, strict=True):
            assert answer.result().json()["hash"] == sha(name)
            assert answer.result().json()["score"]["task_id"] == name
    assert len(service.held.batches) <= len(names)


def test_an_item_whose_scoring_fails_takes_no_other_along(running: Any, eventually: Any) -> None:
    service = running()

    def made(one: Item) -> Score | Exception:
        return ValueError("a plugin's fault") if one.task_id == "bad" else Score(1.0, 1.0, None, Source("a"), "a")

    with ThreadPoolExecutor(2) as threads:
        batch = threads.submit(service.post, "/score_batch", {"items": [item("a"), item("bad")]})
        single = threads.submit(service.post, "/score", item("bad"))
        eventually(lambda: len(service.held.asked) == 3)
        service.held.answer(made)
        good, bad = batch.result().json()["results"]
    assert good["score"]["value"] == 1.0
    assert bad == {"index": 1, "hash": sha("bad"), "error": "ValueError: a plugin's fault"}
    assert (single.result().status_code, single.result().json()["error"]) == (500, "ValueError: a plugin's fault")


def test_a_full_line_says_when_to_come_back(running: Any, eventually: Any) -> None:
    service = running(room=2, at_once=1)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(service.post, "/score", item("a"))
        eventually(lambda: service.held.asked)
        second = threads.submit(service.post, "/score_batch", {"items": [item("b"), item("c")]})
        eventually(lambda: service.desk.line.waiting == 2)
        for body in ("/score", item("d")), ("/score_batch", {"items": [item("e")]}):
            refused = service.post(*body, Accept=LINES)
            assert refused.status_code == 429
            assert refused.headers["retry-after"] == "1"
            assert "2 of 2 places in the line are taken, and 1 are wanted" in refused.json()["error"]
        for count in (1, 2, 3):
            eventually(lambda count=count: len(service.held.asked) == count)
            service.held.answer()
        assert first.result().status_code == second.result().status_code == 200
    service.held.at_once = True
    assert service.post("/score", item("d")).status_code == 200


def test_a_batch_that_can_never_have_room_is_no_matter_of_patience(running: Any) -> None:
    answer = running(room=2).post("/score_batch", {"items": [item("a")] * 3})
    assert (answer.status_code, answer.json()["fields"]) == (
        422,
        [{"path": "items", "message": "3 are more than the 2 that may wait here"}],
    )


@pytest.mark.parametrize(
    ("path", "headers"), [("/score_batch", ()), ("/score_batch", (f"Accept: {LINES}",)), ("/score", ())]
)
def test_the_work_of_a_client_that_goes_away_is_dropped(
    running: Any, eventually: Any, path: str, headers: tuple[str, ...]
) -> None:
    service = running(at_once=1)
    names = ["a"] if path == "/score" else ["a", "b", "c"]
    body = item("a") if path == "/score" else {"items": [item(name) for name in names]}
    connection = service.begin(path, body, *headers)
    eventually(lambda: service.held.asked)
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(service.post, "/score", item("other"))
        eventually(lambda: service.desk.line.waiting == len(names))
        connection.close()
        eventually(lambda: service.held.asked[0][1].cancelled())
        eventually(lambda: len(service.held.asked) == 2)
        service.held.answer()
        assert other.result().json()["score"]["task_id"] == "other"
    assert [one.task_id for one, _ in service.held.asked] == ["a", "other"]
    assert (service.desk.line.waiting, service.desk.line.running) == (0, 0)
    eventually(lambda: f"spanwise_abandoned_total {len(names)}.0" in service.http.get("/metrics").text)


def test_a_client_that_goes_away_in_mid_stream_is_noticed(running: Any, eventually: Any) -> None:
    service = running(at_once=4)
    connection = service.begin("/score_batch", {"items": [item(name) for name in "abc"]}, f"Accept: {LINES}")
    eventually(lambda: len(service.held.asked) == 3)
    service.held.answer(only=1)
    assert b"200 OK" in connection.recv(65536)
    connection.close()
    eventually(lambda: all(future.cancelled() for _, future in service.held.asked[1:]))


def test_only_the_bearer_of_the_token_is_served(running: Any) -> None:
    service = running(token=TOKEN)
    service.held.at_once = True
    client = service.http
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": "Bearer é"}):
        given = [(name.encode(), value.encode()) for name, value in header.items()]
        for path in ("/metrics", "/openapi.json", "/score", "/nothing", "//health", "/health/"):
            refused = client.get(path, headers=given)
            assert refused.status_code == 401, path
            assert refused.headers["www-authenticate"] == "Bearer"
            assert TOKEN not in refused.text
    assert client.get("/health").json()["status"] == "ok"
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post("/score", json=item("a"), headers=right).status_code == 200
    assert TOKEN not in client.get("/metrics", headers=right).text
    assert client.get("/openapi.json", headers=right).json()["components"]["securitySchemes"]
    assert len(service.held.asked) == 1


def test_without_a_token_only_this_machine_is_meant(running: Any) -> None:
    service = running()
    client = service.http
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "0.0.0.0", "10.0.0.1:1"):
        refused = client.get("/health", headers={"Host": host})
        assert refused.status_code in ((403, 400) if not host else (403,)), host
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1", "127.1.2.3:9", "[::1]:8000", "[::1]"):
        assert client.get("/health", headers={"Host": host}).status_code == 200, host


def test_nothing_else_is_there(prompt: Any) -> None:
    client = prompt.http
    wrong = client.get("/scor")
    assert (wrong.status_code, wrong.json()["error"]) == (404, "there is no '/scor'; did you mean '/score'?")
    wrong = client.get("/score")
    assert (wrong.status_code, wrong.headers["allow"], wrong.json()) == (
        405,
        "POST",
        {"error": "Method Not Allowed"},
    )
    assert client.get("/docs").status_code == 404


def test_health_and_metrics_tell_what_goes_on(running: Any, eventually: Any) -> None:
    service = running(at_once=1, room=7)
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(service.post, "/score_batch", {"items": [item("a"), item("b")]})
        eventually(lambda: service.desk.line.waiting == 1 and service.held.asked)
        assert service.http.get("/health").json() == {
            "status": "ok",
            "isolation": "standard",
            "analyzers": ["runtime"],
            "scheme": "static",
            "waiting": 1,
            "running": 1,
            "room": 7,
        }
        assert "spanwise_waiting 1.0" in service.http.get("/metrics").text
        service.held.answer()
        eventually(lambda: len(service.held.asked) == 2)
        service.held.answer(lambda one: Score(0.0, 0.0, Outcome.FAILURE, Source("b"), "b"))
        answer.result()
        service.http.get("/made-up-by-somebody")
        shown = service.http.get("/metrics")
    assert shown.headers["content-type"].startswith("text/plain; version=")
    for line in (
        'spanwise_scores_total{outcome="pass"} 1.0',
        'spanwise_scores_total{outcome="failure"} 1.0',
        'spanwise_requests_total{path="/score_batch",status="200"} 1.0',
        'spanwise_requests_total{path="other",status="404"} 1.0',
        "spanwise_seconds_count 2.0",
        "spanwise_waiting 0.0",
        "spanwise_failures_total 0.0",
        "spanwise_abandoned_total 0.0",
    ):
        assert line in shown.text


def test_programs_are_compared_with_those_of_their_own_request(running: Any, held: Any, eventually: Any) -> None:
    service = running(held("difficulty"))
    with ThreadPoolExecutor(2) as threads:
        three = threads.submit(service.post, "/score_batch", {"items": [item(name) for name in "abc"]}, Accept=LINES)
        two = threads.submit(service.post, "/score_batch", {"items": [item(name) for name in "de"]})
        eventually(lambda: len(service.held.asked) == 5)
        service.held.answer()
        lines = [json.loads(line) for line in three.result().text.splitlines()]
        assert [(line["index"], line["score"]["value"]) for line in lines] == [(0, 3.0), (1, 3.0), (2, 3.0)]
        assert [one["score"]["value"] for one in two.result().json()["results"]] == [2.0, 2.0]
    assert sorted(service.held.compared) == [["a", "b", "c"], ["d", "e"]]


def test_what_was_taken_on_is_finished_before_the_end(running: Any, eventually: Any) -> None:
    service = running()
    with ThreadPoolExecutor(2) as threads:
        streamed = threads.submit(service.post, "/score_batch", {"items": [item("a"), item("b")]}, Accept=LINES)
        single = threads.submit(service.post, "/score", item("c"))
        eventually(lambda: len(service.held.asked) == 3)
        service.end()
        eventually(lambda: service.desk.closing)
        refused = service.http.post("/score", json=item("d"))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.headers["connection"] == "close"
        health = service.http.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "closing")
        assert not service.server.should_exit
        service.held.answer()
        assert len(streamed.result().text.splitlines()) == 2
        assert single.result().json()["score"]["task_id"] == "c"
    service.thread.join(20)
    assert not service.thread.is_alive()
    with pytest.raises(httpx2.ConnectError):
        service.post("/score", item("e"))
    assert len(service.held.asked) == 3


def test_what_takes_too_long_in_the_end_is_dropped_and_said_so(running: Any, eventually: Any) -> None:
    service = running(drain_s=0.2)
    with ThreadPoolExecutor(2) as threads:
        single = threads.submit(service.post, "/score", item("a"))
        streamed = threads.submit(service.post, "/score_batch", {"items": [item("b"), item("c")]}, Accept=LINES)
        eventually(lambda: len(service.held.asked) == 3)
        service.end()
        assert single.result().status_code == 503
        assert "the time for what it had taken on is over" in single.result().json()["error"]
        with pytest.raises(httpx2.RemoteProtocolError):  # a stream without its end: nobody takes it for whole
            streamed.result()
    service.thread.join(20)
    assert not service.thread.is_alive()


def test_a_second_signal_ends_it_at_once(running: Any, eventually: Any) -> None:
    service = running(drain_s=1000.0)
    with ThreadPoolExecutor(1) as threads:
        single = threads.submit(service.post, "/score", item("a"))
        eventually(lambda: service.held.asked)
        service.end()
        service.end()
        service.thread.join(20)
        assert not service.thread.is_alive()
        with pytest.raises((httpx2.HTTPError, AssertionError)):
            assert single.result().status_code == 200
