from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from analyzers.runtime.tests import Asserts
from analyzers.types import Outcome, Report, Source
from rewards.items import BadItem
from rewards.scorer import Scorer
from rewards.stream import Channel, Stream
from rewards.types import Item, Score

TIMEOUT_S = 20


class Judge:
    """Scores what it is told to, when it is told to; or at once."""

    def __init__(self, *, at_once: bool = False) -> None:
        self.at_once = at_once
        self.asked: dict[str, Future[Score]] = {}
        self.more = threading.Condition()

    def submit(self, item: Item) -> Future[Score]:
        with self.more:
            future = self.asked[item.completion] = Future()
            self.more.notify_all()
        if self.at_once:
            self.finish(item.completion)
        return future

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        assert [item.completion for item in items] == [score.completion for score in scores]
        return [replace(score, base=float(len(scores))) for score in scores]

    def finish(self, *completions: str) -> None:
        for completion in completions:
            with self.more:
                while completion not in self.asked:
                    assert self.more.wait(TIMEOUT_S)
            score = Score(1.0, 1.0, Outcome.PASS, Source(completion), completion)
            self.asked[completion].set_result(score)


def texts(stream: Iterator[tuple[int, Score]], count: int) -> list[tuple[int, str]]:
    return [(index, score.completion) for index, score in (next(stream) for _ in range(count))]


def items(names: str) -> Iterator[Item]:
    return (Item(name) for name in names)


async def later(names: str) -> AsyncIterator[dict[str, Any]]:
    for name in names:
        await asyncio.sleep(0)
        yield {"completion": name}


def test_scores_come_as_they_finish() -> None:
    judge = Judge()
    stream = iter(Stream(judge, items("abc")))
    threading.Timer(0, judge.finish, ("c", "a")).start()
    assert texts(stream, 2) == [(2, "c"), (0, "a")]
    judge.finish("b")
    assert texts(stream, 1) == [(1, "b")]
    assert list(stream) == []


def test_a_score_comes_while_the_producer_is_busy() -> None:
    judge, ready = Judge(at_once=True), threading.Event()

    def produce() -> Iterator[Item]:
        yield Item("a")
        assert ready.wait(TIMEOUT_S)
        yield Item("b")

    stream = iter(Stream(judge, produce()))
    assert texts(stream, 1) == [(0, "a")]
    ready.set()
    assert texts(stream, 1) == [(1, "b")]


@pytest.mark.parametrize("produce", [later, items, list])
def test_an_event_loop_reads_either_kind(produce: Any) -> None:
    given = produce("abc") if produce is not list else [Item(name) for name in "abc"]

    async def read() -> list[tuple[int, str]]:
        return [(index, score.completion) async for index, score in Stream(Judge(at_once=True), given)]

    assert asyncio.run(read()) == [(0, "a"), (1, "b"), (2, "c")]


def test_an_event_loop_goes_on_while_it_waits() -> None:
    async def read() -> list[str]:
        judge = Judge()
        asyncio.get_running_loop().call_later(0.01, judge.finish, "a")
        return [score.completion async for _, score in Stream(judge, later("a"))]

    assert asyncio.run(read()) == ["a"]


def test_what_is_asynchronous_cannot_be_read_by_a_thread() -> None:
    with pytest.raises(TypeError, match="read its scores with 'async for'"):
        list(Stream(Judge(), later("a")))


@pytest.mark.parametrize("in_flight", [1, 3])
def test_the_producer_is_asked_only_while_there_is_room(in_flight: int) -> None:
    judge, given = Judge(at_once=True), []

    def produce() -> Iterator[Item]:
        for name in "abcdef":
            given.append(name)
            yield Item(name)

    stream = iter(Stream(judge, produce(), in_flight=in_flight))
    for taken in range(1, 5):
        texts(stream, 1)
        with judge.more:
            while len(judge.asked) < min(taken + in_flight, 6):
                assert judge.more.wait(TIMEOUT_S)
            judge.more.wait(0.02)  # for what should not come
        assert len(given) == min(taken + in_flight, 6)


def test_those_that_wait_for_their_group_need_no_room() -> None:
    stream = Stream(Judge(at_once=True), items("abcd"), group_size=4, in_flight=1)
    assert [(index, score.base) for index, score in stream] == [(0, 4.0), (1, 4.0), (2, 4.0), (3, 4.0)]


def test_a_group_comes_once_it_is_complete_and_in_order() -> None:
    judge = Judge()
    stream = Stream(judge, [Item(name, task_id=name.lower()) for name in "aBAbcC"], group_size=2)
    threading.Timer(0, judge.finish, ("A", "b", "B", "a", "C", "c")).start()
    assert texts(iter(stream), 6) == [(1, "B"), (3, "b"), (0, "a"), (2, "A"), (4, "c"), (5, "C")]


def test_other_tests_are_another_group_and_the_rest_comes_at_the_end() -> None:
    one, other = Asserts(("assert f(1)",)), Asserts(("assert f(2)",))
    given = [Item("a", tests=one), Item("b", tests=other), Item("c", tests=one), Item("d", tests=one)]
    found = [(index, score.base) for index, score in Stream(Judge(at_once=True), given, group_size=2)]
    assert found == [(0, 2.0), (2, 2.0), (1, 1.0), (3, 1.0)]


def test_what_is_put_in_needs_no_producer_and_names_its_group() -> None:
    stream = Stream(Judge(at_once=True), group_size=2)
    for number, name in enumerate("abcd"):
        assert stream.put(Item(name), group=number % 2) == number
    stream.end()
    with pytest.raises(RuntimeError, match="the stream has been ended"):
        stream.put(Item("e"))
    assert [index for index, _ in stream] == [0, 2, 1, 3]
    assert list(stream) == []


@pytest.mark.parametrize("asynchronous", [False, True])
def test_what_the_producer_raises_comes_after_the_scores_of_what_it_gave(asynchronous: bool) -> None:
    found: list[int] = []

    def produce() -> Iterator[Item]:
        yield from items("ab")
        raise KeyError("no more")

    async def produce_later() -> AsyncIterator[Item]:
        for item in produce():
            yield item

    async def read_later(stream: Stream) -> None:
        async for index, _ in stream:
            found.append(index)

    def read(stream: Stream) -> None:
        found.extend(index for index, _ in stream)

    stream = Stream(Judge(at_once=True), produce_later() if asynchronous else produce())
    with pytest.raises(KeyError, match="no more"):
        asyncio.run(read_later(stream)) if asynchronous else read(stream)
    assert found == [0, 1]


def test_a_bad_item_is_raised_in_its_turn() -> None:
    stream = iter(Stream(Judge(at_once=True), [{"completion": "a"}, {"completions": "b"}, {"completion": "c"}]))
    assert texts(stream, 1) == [(0, "a")]
    with pytest.raises(BadItem, match="did you mean 'completion'"):
        next(stream)


def test_a_scoring_that_raises_ends_the_stream_and_cancels_the_rest() -> None:
    judge = Judge()
    stream = Stream(judge)
    for name in "abc":
        stream.put(Item(name))
    judge.asked["b"].set_exception(ZeroDivisionError("in a scheme"))
    with pytest.raises(ZeroDivisionError, match="in a scheme"):
        list(stream)
    assert judge.asked["a"].cancelled()
    assert judge.asked["c"].cancelled()


def test_leaving_the_loop_cancels_what_waits_and_closes_the_producer() -> None:
    judge, closed = Judge(), threading.Event()

    def produce() -> Iterator[Item]:
        try:
            yield from items("abcd")
        finally:
            closed.set()

    threading.Timer(0, judge.finish, ("b",)).start()
    producer = produce()  # held, so that it does not end by itself
    for _, score in Stream(judge, producer, in_flight=2):
        assert score.completion == "b"
        break
    assert judge.asked["a"].cancelled()
    assert closed.wait(TIMEOUT_S)
    assert "d" not in judge.asked


def test_an_event_loop_that_leaves_cancels_what_waits_and_closes_the_producer() -> None:
    judge, closed = Judge(), []

    async def produce() -> AsyncIterator[Item]:
        try:
            for item in items("abcd"):
                yield item
        finally:
            closed.append(True)

    async def read() -> None:
        threading.Timer(0, judge.finish, ("b",)).start()
        async with aclosing(aiter(Stream(judge, produce(), in_flight=2))) as stream:
            async for _, score in stream:
                assert score.completion == "b"
                break
        assert judge.asked["a"].cancelled()
        for _ in range(5):
            await asyncio.sleep(0)
        assert closed == [True]

    asyncio.run(read())
    assert "d" not in judge.asked


def test_a_reader_in_another_thread_is_let_go_by_close() -> None:
    judge = Judge()
    stream = Stream(judge, items("a"))
    found: list[object] = []
    reader = threading.Thread(target=lambda: found.append(list(stream)))
    reader.start()
    with judge.more:
        judge.more.wait_for(lambda: "a" in judge.asked, TIMEOUT_S)
    stream.close()
    reader.join(TIMEOUT_S)
    assert found == [[]]
    assert judge.asked["a"].cancelled()


def test_a_stream_may_be_closed_when_its_event_loop_has_ended() -> None:
    async def read(stream: Stream) -> list[int]:
        return [index async for index, _ in stream]

    with Stream(Judge(at_once=True), later("ab")) as stream:
        assert asyncio.run(read(stream)) == [0, 1]


def test_nothing_gives_nothing() -> None:
    assert list(Stream(Judge(), [])) == []
    assert list(Stream(Judge(), [], group_size=3)) == []


@pytest.mark.parametrize("wrong", [{"group_size": 0}, {"in_flight": 0}])
def test_counts_are_at_least_one(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is at least 1, got 0"):
        Stream(Judge(), [], **wrong)


def test_a_channel_keeps_what_a_reader_that_went_away_was_to_get() -> None:
    channel: Channel[int] = Channel()
    gone = channel.get()
    gone.cancel()
    channel.put(1)
    assert channel.get().result(0) == 1
    waiting = channel.get()
    channel.put(2)
    assert waiting.result(0) == 2


class Engine:
    """Answers every source at once: those with the letter q pass."""

    def __init__(self, make: Any) -> None:
        self.make = make

    def submit_batch(self, sources: Sequence[Source], tests: object) -> list[Future[tuple[Report, ...]]]:
        return [self.answer("q" in source.text) for source in sources]

    def answer(self, passed: bool) -> Future[tuple[Report, ...]]:
        future: Future[tuple[Report, ...]] = Future()
        future.set_result((self.make.runtime(Outcome.PASS if passed else Outcome.FAILURE, int(passed), 1),))
        return future


def test_a_scheme_that_compares_must_know_the_size(make: Any) -> None:
    made = Scorer(("runtime",), scheme="difficulty", engine=Engine(make))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="say with group_size"):
        made.score_stream([])
    tests = Asserts(("assert f(1)",))
    given = [Item(text, tests=tests, task_id=task) for text, task in (("q", "a"), ("x", "b"), ("x", "a"), ("x", "b"))]
    found = {index: score.base for index, score in made.score_stream(given, group_size=2)}
    assert found == pytest.approx({0: 1.0, 2: 0.0, 1: 0.0, 3: 0.0})


def test_other_schemes_wait_for_no_group(make: Any) -> None:
    made = Scorer(("runtime",), scheme="pass_ratio", engine=Engine(make))  # type: ignore[arg-type]
    given = (Item(text, tests=Asserts(("assert f(1)",))) for text in "qx")
    assert [(index, score.base) for index, score in made.score_stream(given, group_size=2)] == [(0, 1.0), (1, 0.0)]
