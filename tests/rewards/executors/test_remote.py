from __future__ import annotations

import logging
from collections import Counter
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from typing import Any

import pytest

from analyzers.types import Outcome
from grammars import UnknownLanguage
from rewards.executors.remote import WorkerLost
from rewards.executors.settings import ExecutorUnavailable, Settings
from rewards.types import Item

TESTS = ["assert f(1)"]


def items(*texts: str) -> list[dict[str, Any]]:
    return [{"completion": text, "tests": TESTS} for text in texts]


def values(scores: list[Any]) -> list[float | None]:
    return [score.value for score in scores]


def sendings(crew: Any) -> Counter[str]:
    return Counter(text for _, texts in crew.calls for text in texts)


def test_scores_come_in_the_order_of_the_items_whoever_is_first(remote: Any, crew: Any) -> None:
    held = crew(2, held=True)
    futures = remote(held, chunk=1).submit_batch(items("a", "bb", "ccc", "dddd", "eeeee"))
    for count in (4, 5):
        for call in reversed(held.wait(count)):
            held.finish(call)
    assert values([future.result(10) for future in futures]) == [1, 2, 3, 4, 5]
    assert sendings(held) == dict.fromkeys(["a", "bb", "ccc", "dddd", "eeeee"], 1)


def test_what_is_under_way_is_bounded_and_the_rest_stays_here(remote: Any, crew: Any) -> None:
    held = crew(2, held=True)
    futures = remote(held, in_flight=2, chunk=2).submit_batch(items(*map(str, range(100, 140))))
    calls = held.wait(4)
    assert (held.most, sum(sendings(held).values())) == ({0: 2, 1: 2}, 8)
    held.finish(calls[0])
    held.wait(5)
    assert (held.most, sum(sendings(held).values())) == ({0: 2, 1: 2}, 10)
    held.held = False
    for call in list(held.under_way):
        held.finish(call)
    assert wait_for(futures, 10).not_done == set()
    assert set(sendings(held).values()) == {1}


def test_a_worker_that_dies_is_replaced_and_each_item_counts_once(
    remote: Any, crew: Any, caplog: pytest.LogCaptureFixture
) -> None:
    held = crew(2, held=True)
    scorer = remote(held, in_flight=2, chunk=2)
    counted: list[str] = []
    futures = scorer.submit_batch(items(*"abcdefgh"))
    for future in futures:
        future.add_done_callback(lambda done: counted.append(done.result().completion))
    calls = held.wait(4)
    late = next(call for call in calls if held.under_way[call][0] == 0)
    with caplog.at_level(logging.WARNING):
        held.kill(0)
        while not all(future.done() for future in futures):
            for call in list(held.under_way):
                held.finish(call)
    assert sorted(counted) == list("abcdefgh")
    assert values([future.result() for future in futures]) == [1.0] * 8
    assert late.done()
    # It had a call of two and one of one; nothing else was sent twice.
    assert sorted(sendings(held).values()) == [1, 1, 1, 1, 1, 2, 2, 2]
    assert len(held.alive) == 2
    assert "a worker was lost and is replaced" in caplog.text


def test_who_kills_its_worker_every_time_is_a_failure_of_the_infrastructure(remote: Any, crew: Any) -> None:
    deadly = crew(2, poison=["dd"])
    scores = remote(deadly, attempts=3, chunk=4).score_batch(items("a", "b", "c", "dd", "e", "f", "g", "h", "i"))
    assert values(scores) == [1, 1, 1, None, 1, 1, 1, 1, 1]
    failed = scores[3]
    assert (failed.outcome, failed.base, failed.completion) == (Outcome.INFRASTRUCTURE, None, "dd")
    assert "every worker that got it was lost: worker" in failed.reports[0].detail
    assert failed.verdict.outcome is Outcome.INFRASTRUCTURE
    assert sendings(deadly)["dd"] == 3
    assert max(count for text, count in sendings(deadly).items() if text != "dd") == 2
    assert len(deadly.alive) == 2


def test_an_item_without_tests_that_kills_its_workers_has_no_value_either(remote: Any, crew: Any) -> None:
    [score] = remote(crew(1, poison=["x"])).score_batch([Item("x")])
    assert (score.value, score.outcome) == (None, Outcome.INFRASTRUCTURE)


def test_what_scoring_raises_is_raised_for_that_item_alone(remote: Any, crew: Any) -> None:
    def answer(given: Any) -> Any:
        scores = crew().answer(given)
        return [ValueError("a broken scheme") if item.completion == "b" else s for item, s in zip(given, scores)]  # noqa: B905

    first, second = remote(crew(1, answer=answer), chunk=2).submit_batch(items("a", "b"))
    assert first.result(10).value == 1
    with pytest.raises(ValueError, match="a broken scheme"):
        second.result(10)


def test_an_answer_that_is_none_is_an_error_and_not_a_wait(remote: Any, crew: Any) -> None:
    held = crew(1, held=True)
    scorer = remote(held)
    future = scorer.submit(items("a")[0])
    [call] = held.wait(1)
    call.set_result(b"garbage")
    with pytest.raises(Exception, match=r"pickle|invalid"):
        future.result(10)
    held.held = False
    assert values(scorer.score_batch(items("ok"))) == [2]


def test_a_mistake_of_the_crew_ends_no_wait_for_ever(remote: Any, crew: Any) -> None:
    broken = crew(1)
    broken.send = lambda worker, data: 1 / 0
    with pytest.raises(ZeroDivisionError):
        remote(broken).score_batch(items("a"))
    assert broken.alive == set()


def test_settings_that_are_refused_there_are_refused_here_and_nobody_is_left(remote: Any, crew: Any) -> None:
    refused = crew(2)
    refused.starts = [ValueError("no such tier here"), None]
    scorer = remote(refused)
    with pytest.raises(ValueError, match="no such tier here"):
        scorer.score_batch(items("a"))
    assert refused.alive == set()
    assert values(scorer.score_batch(items("a"))) == [1]


def test_where_nobody_begins_scoring_ends_with_what_there_is(remote: Any, crew: Any) -> None:
    nobody = crew(3)
    nobody.hire = lambda worker: Future()
    with pytest.raises(ExecutorUnavailable, match=r"none of 3 workers began within 0\.05 s; there is no room"):
        remote(nobody, start_timeout_s=0.05).score_batch(items("a"))


def test_who_cannot_start_is_left_out(remote: Any, crew: Any, caplog: pytest.LogCaptureFixture) -> None:
    some = crew(2)
    some.starts = [None, *[WorkerLost("no disk")] * 3]
    assert values(remote(some).score_batch(items("a", "b"))) == [1, 1]
    assert some.alive == {0}
    assert "a worker cannot be started, the others go on without it: no disk" in caplog.text
    none = crew(1)
    none.starts = [WorkerLost("no disk")] * 3
    with pytest.raises(ExecutorUnavailable, match="workers end before they begin: no disk"):
        remote(none).score_batch(items("a"))


def test_what_waits_can_be_cancelled(remote: Any, crew: Any) -> None:
    held = crew(1, held=True)
    futures = remote(held, in_flight=1, chunk=1).submit_batch(items("a", "b", "c"))
    [call] = held.wait(1)
    assert futures[1].cancel()
    assert not futures[0].cancel()
    held.held = False
    held.finish(call)
    assert values([futures[0].result(10), futures[2].result(10)]) == [1, 1]
    assert sendings(held) == {"a": 1, "c": 1}


def test_what_cannot_be_sent_fails_alone(remote: Any, crew: Any) -> None:
    call = {"function": "f", "cases": [{"args": [lambda: 1], "expected": 1}]}
    given = [*items("a", "b"), {"completion": "odd", "tests": call}, *items("c")]
    scores = remote(crew(1), chunk=8, in_flight=1).score_batch(given)
    assert values(scores) == [1, 1, None, 1]
    assert "the item cannot be sent to a worker" in scores[2].reports[0].detail


def test_items_are_checked_before_anything_is_sent(remote: Any, crew: Any) -> None:
    idle = crew(1)
    scorer = remote(idle)
    with pytest.raises(UnknownLanguage):
        scorer.submit_batch([Item("a"), Item("b", language="pyhton")])
    with pytest.raises(ValueError, match="unknown key 'complation'"):
        scorer.score_batch([{"complation": "a"}])
    assert (idle.calls, idle.alive) == ([], set())
    assert scorer.score_batch([]) == []
    assert idle.alive == set()


def test_closing_ends_the_workers_and_says_so_of_what_was_under_way(remote: Any, crew: Any) -> None:
    held = crew(1, held=True)
    scorer = remote(held, in_flight=1, chunk=1)
    futures = scorer.submit_batch(items("a", "b"))
    held.wait(1)
    scorer.close()
    assert wait_for(futures, 0).not_done == set()
    assert futures[0].result(0).reports[0].detail == "the scorer was closed"
    assert futures[0].result(0).value is None
    assert futures[1].cancelled()
    assert held.alive == set()
    with pytest.raises(RuntimeError, match="the scorer is closed"):
        scorer.submit_batch(items("a"))
    scorer.close()


def test_workers_rest_once_they_have_nothing_to_do(remote: Any, crew: Any) -> None:
    held = crew(2, held=True)
    scorer = remote(held)
    future = scorer.submit(items("a")[0])
    [call] = held.wait(1)
    scorer.rest()
    assert held.alive == {0, 1}
    held.held = False
    held.finish(call)
    assert future.result(10).value == 1
    held.wait_until_nobody_is_left()
    assert values(scorer.score_batch(items("bb"))) == [2]
    assert held.alive == {2, 3}


def test_a_stream_yields_scores_as_they_finish(remote: Any, crew: Any) -> None:
    pairs = list(remote(crew(2), chunk=2).score_stream((item for item in items("a", "bb", "ccc")), in_flight=2))
    assert sorted((index, score.value) for index, score in pairs) == [(0, 1.0), (1, 2.0), (2, 3.0)]


def test_schemes_and_analyzers_are_checked_here(remote: Any, crew: Any) -> None:
    with pytest.raises(ValueError, match="did you mean 'static'"):
        remote(crew(1), Settings(scheme="statik"))
    with pytest.raises(ValueError, match="pyflakes"):
        remote(crew(1), Settings(("pyflake",)))
