"""Batches of what coroutines ask for one by one."""

import asyncio
import threading

import pytest

import rewards
from analyzers.types import Source
from rewards.adapters import gathered
from rewards.adapters.gathered import Gathered
from rewards.types import Item, Score


def scored(item):
    return Score(1.0, 1.0, None, Source(item.completion), item.completion)


@pytest.fixture
def batches(monkeypatch):
    """The batches that were scored, with the thread of each; an item that says so raises."""
    seen = []

    def score_batch(items, **settings):
        seen.append(([item.completion for item in items], settings, threading.current_thread()))
        if any(item.completion == "bad" for item in items):
            raise ValueError("a bad item")
        return [scored(item) for item in items]

    monkeypatch.setattr(rewards, "score_batch", score_batch)
    return seen


def asked(settings, *texts):
    async def all_of_them():
        one = Gathered(settings)
        return await asyncio.gather(*(one.score(Item(text)) for text in texts), return_exceptions=True)

    return asyncio.run(all_of_them())


def test_what_is_asked_for_at_the_same_time_is_one_batch_in_another_thread(batches):
    scores = asked({"workers": 1}, "a", "b", "c")
    assert [score.completion for score in scores] == ["a", "b", "c"]
    [(texts, settings, thread)] = batches
    assert (texts, settings) == (["a", "b", "c"], {"workers": 1})
    assert thread is not threading.main_thread()


def test_what_is_asked_for_while_all_are_busy_makes_the_next_batch(monkeypatch):
    monkeypatch.setattr(gathered, "AT_ONCE", 1)
    begun, go_on, seen = threading.Event(), threading.Event(), []

    def score_batch(items, **_):
        seen.append([item.completion for item in items])
        begun.set()
        assert go_on.wait(timeout=30)
        return [scored(item) for item in items]

    monkeypatch.setattr(rewards, "score_batch", score_batch)

    async def later():
        one = Gathered({})
        first = asyncio.create_task(one.score(Item("a")))
        await asyncio.to_thread(begun.wait, 30)
        others = [asyncio.create_task(one.score(Item(text))) for text in "bcd"]
        await asyncio.sleep(0)
        others[1].cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(first, others[0], others[2])
        assert others[1].cancelled()

    asyncio.run(later())
    assert seen == [["a"], ["b", "d"]]


def test_one_bad_item_fails_alone(batches):
    first, bad, last = asked({}, "a", "bad", "b")
    assert (first.completion, last.completion) == ("a", "b")
    assert str(bad) == "a bad item"


def test_it_serves_one_event_loop_after_another(batches):
    one = Gathered({})
    assert [asyncio.run(one.score(Item(text))).completion for text in "ab"] == ["a", "b"]
