from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from analyzers.types import Source
from rewards.serve.line import LONGEST_WAIT_S, Full, Line, Ticket
from rewards.types import Item, Score


class Scorer:
    """Answers at once, after `hold` is lifted."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.futures: dict[str, Future[Score]] = {}
        self.broken = False

    def submit_batch(self, items: list[Item]) -> list[Future[Score]]:
        if self.broken:
            raise RuntimeError("no processes can be started")
        self.batches.append([item.completion for item in items])
        for item in items:
            self.futures[item.completion] = Future()
        return [self.futures[item.completion] for item in items]

    def answer(self, name: str) -> None:
        self.futures[name].set_result(Score(1.0, 1.0, None, Source(name), name))


def items(*names: str) -> list[Item]:
    return [Item(name) for name in names]


def go(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 20))


async def until(so: Callable[[], object]) -> None:
    while not so():
        await asyncio.sleep(0.001)


async def results(ticket: Ticket) -> dict[int, Any]:
    return {index: result async for pairs in ticket for index, result in pairs}


def test_what_waits_goes_to_the_scorer_together() -> None:
    async def work() -> None:
        scorer: Any = Scorer()
        async with Line(room=10, at_once=4) as line:
            first = line.join(scorer, items("a", "b"))
            second = line.join(scorer, items("c"))
            await until(lambda: scorer.batches)
            assert scorer.batches == [["a", "c", "b"]]
            for name in "cab":
                scorer.answer(name)
            assert [score.completion for _, score in sorted((await results(first)).items())] == ["a", "b"]
            assert (await results(second))[0].completion == "c"
            assert (line.waiting, line.running) == (0, 0)

    go(work)


def test_a_large_request_does_not_hold_up_a_small_one() -> None:
    async def work() -> None:
        scorer: Any = Scorer()
        async with Line(room=10, at_once=1) as line:
            line.join(scorer, items("a", "b", "c"))
            small = line.join(scorer, items("small"))
            for name in ("a", "small"):
                await until(lambda name=name: name in scorer.futures)
                scorer.answer(name)
            assert len(await results(small)) == 1
            assert [name for batch in scorer.batches for name in batch][:2] == ["a", "small"]

    go(work)


def test_the_scorer_gets_more_once_half_of_its_places_are_free() -> None:
    async def work() -> None:
        scorer: Any = Scorer()
        async with Line(room=10, at_once=4) as line:
            line.join(scorer, items(*"abcdef"))
            await until(lambda: scorer.batches)
            scorer.answer("a")
            await asyncio.sleep(0.05)
            assert scorer.batches == [["a", "b", "c", "d"]]
            scorer.answer("b")
            await until(lambda: len(scorer.batches) == 2)
            assert scorer.batches[1] == ["e", "f"]

    go(work)


def test_all_of_a_request_has_room_or_none_of_it() -> None:
    async def work() -> None:
        scorer: Any = Scorer()
        async with Line(room=3, at_once=1) as line:
            line.join(scorer, items("a", "b"))
            with pytest.raises(Full, match="2 of 3 places in the line are taken, and 2 are wanted") as full:
                line.join(scorer, items("c", "d"))
            assert full.value.retry_after_s == 1  # nothing is known of its speed yet
            assert line.waiting == 2
            line.join(scorer, items("c"))

    go(work)


def test_how_long_to_wait_comes_from_how_fast_the_line_moves() -> None:
    async def work() -> None:
        async with Line(room=1000, at_once=1) as line:
            line._ends.extend([100.0, 102.0, 104.0])  # 2 s for each
            line.waiting, line.running = 9, 1
            assert line.wait_s() == 20
            line.waiting = 900
            assert line.wait_s() == LONGEST_WAIT_S
            line.waiting = line.running = 0
            assert line.wait_s() == 1

    go(work)


def test_cancelling_drops_what_waits_in_the_line_and_in_the_engine() -> None:
    async def work() -> None:
        scorer: Any = Scorer()
        async with Line(room=10, at_once=2) as line:
            ticket, other = line.join(scorer, items("a", "b", "c", "d")), line.join(scorer, items("other"))
            await until(lambda: scorer.batches)
            assert scorer.batches == [["a", "other"]]
            running = scorer.futures["other"]
            assert running.set_running_or_notify_cancel()
            ticket.cancel()
            ticket.cancel()  # once more does nothing
            assert line.waiting == 0
            await until(lambda: scorer.futures["a"].cancelled())
            assert await results(ticket) == {}
            running.set_result(Score(1.0, 1.0, None, Source("other"), "other"))
            assert len(await results(other)) == 1
            assert scorer.batches == [["a", "other"]]
            await until(lambda: line.running == 0)

    go(work)


def test_a_result_for_a_cancelled_ticket_is_dropped() -> None:
    async def work() -> None:
        scorer: Any = Scorer()
        async with Line(room=10, at_once=2) as line:
            ticket = line.join(scorer, items("a"))
            await until(lambda: scorer.batches)
            scorer.futures["a"].set_running_or_notify_cancel()  # it runs, and cannot be cancelled any more
            ticket.cancel()
            scorer.futures["a"].set_result(Score(1.0, 1.0, None, Source("a"), "a"))
            await until(lambda: line.running == 0)
            assert await results(ticket) == {}

    go(work)


def test_what_the_scorer_raises_is_the_result() -> None:
    async def work() -> None:
        scorer: Any = Scorer()
        async with Line(room=10, at_once=2) as line:
            scorer.broken = True
            found = await results(line.join(scorer, items("a", "b")))
            assert [str(error) for error in found.values()] == ["no processes can be started"] * 2
            scorer.broken = False
            ticket = line.join(scorer, items("c"))
            await until(lambda: "c" in scorer.futures)
            scorer.futures["c"].set_exception(ValueError("a scheme of a plugin"))
            assert str((await results(ticket))[0]) == "a scheme of a plugin"
            ticket = line.join(scorer, items("d"))
            await until(lambda: "d" in scorer.futures)
            scorer.futures["d"].cancel()  # not by the ticket: the engine was closed, say
            assert isinstance((await results(ticket))[0], RuntimeError)

    go(work)


def test_nothing_to_score_is_done_at_once() -> None:
    async def work() -> None:
        scorer: Any = Scorer()
        async with Line(room=1, at_once=1) as line:
            assert await results(line.join(scorer, [])) == {}

    go(work)


def test_scores_come_from_any_thread() -> None:
    async def work() -> None:
        scorer: Any = Scorer()
        async with Line(room=500, at_once=50) as line:
            tickets = [line.join(scorer, items(*(f"{number}.{part}" for part in range(10)))) for number in range(40)]

            def answer() -> None:
                done = 0
                while done < 400:
                    for name, future in list(scorer.futures.items()):
                        if not future.done():
                            scorer.answer(name)
                            done += 1

            with ThreadPoolExecutor(1) as threads:
                answering = threads.submit(answer)
                for number, ticket in enumerate(tickets):
                    found = await results(ticket)
                    assert {i: score.completion for i, score in found.items()} == {
                        i: f"{number}.{i}" for i in range(10)
                    }
                answering.result()

    go(work)
