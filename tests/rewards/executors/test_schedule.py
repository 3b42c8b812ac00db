from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.executors.schedule import Call, Schedule


def schedule(items: int, workers: int, **options: int) -> Schedule:
    made = Schedule(**options)
    made.add(range(items))
    for worker in range(workers):
        made.join(worker)
    return made


def calls(made: Schedule) -> list[Call]:
    """All calls that can be made now."""
    found = []
    while (call := made.next()) is not None:
        found.append(call)
    return found


def sent(made: Schedule) -> list[tuple[int, tuple[int, ...]]]:
    return [(call.worker, call.items) for call in calls(made)]


def test_a_worker_has_no_more_calls_under_way_than_it_may() -> None:
    made = schedule(100, 1, in_flight=2, chunk=4)
    first, second = calls(made)
    assert (first.items, second.items) == ((0, 1, 2, 3), (4, 5, 6, 7))
    assert made.answered(first)
    assert sent(made) == [(0, (8, 9, 10, 11))]


def test_calls_shrink_towards_the_end_and_go_to_who_has_least() -> None:
    # 10 wait for 2 x 2 places: 3; 7 wait: 2; 5: 2; 3: 1. What is left waits for an answer.
    made = schedule(10, 2, in_flight=2, chunk=16)
    assert sent(made) == [(0, (0, 1, 2)), (1, (3, 4)), (0, (5, 6)), (1, (7,))]


def test_nothing_is_sent_while_there_is_nobody() -> None:
    assert schedule(3, 0).next() is None
    assert schedule(0, 1).next() is None


def test_what_a_lost_worker_had_is_sent_again_one_by_one_and_alone() -> None:
    made = schedule(6, 2, in_flight=1, chunk=2)
    first, second = calls(made)
    assert (first.items, second.items) == ((0, 1), (2, 3))
    assert made.lost(0) == ()
    # The other worker is busy: no suspect may stand behind anything, and nothing may stand in their way.
    assert made.next() is None
    made.answered(second)
    alone = made.next()
    assert alone is not None
    assert (alone.items, alone.alone, made.next()) == ((0,), True, None)
    made.join(2)
    assert sent(made) == [(2, (1,))]
    made.answered(alone)
    assert sent(made) == [(1, (4,))]


def test_a_suspect_stands_behind_nothing_that_could_take_it_along() -> None:
    made = schedule(3, 2, in_flight=2, chunk=1)
    first, second, third = calls(made)
    assert [first.worker, second.worker, third.worker] == [0, 1, 0]
    made.lost(0)
    assert made.next() is None  # though the other worker has room for a call
    made.answered(second)
    assert sent(made) == [(1, (0,))]


def test_a_worker_with_a_suspect_gets_nothing_else() -> None:
    made = schedule(1, 1, in_flight=4)
    calls(made)
    made.lost(0)
    made.join(1)
    made.add([1, 2])
    [call] = calls(made)
    assert (call.worker, call.items) == (1, (0,))
    made.answered(call)
    assert sorted(item for call in calls(made) for item in call.items) == [1, 2]


def test_who_kills_every_worker_is_given_up_and_its_mates_are_not() -> None:
    made = schedule(4, 1, in_flight=1, chunk=4, attempts=3)
    given_up, worker, counts = [], 0, Counter[int]()
    for _ in range(20):
        call = made.next()
        if call is None:
            break
        counts.update(call.items)
        if 2 in call.items:
            given_up += made.lost(worker)
            worker += 1
            made.join(worker)
        else:
            assert made.answered(call)
    assert given_up == [2]
    assert counts == {0: 2, 1: 2, 2: 3, 3: 2}


def test_losses_of_the_past_are_forgiven_with_an_answer() -> None:
    made = schedule(1, 1, attempts=2)
    calls(made)
    assert made.lost(0) == ()
    made.join(1)
    [call] = calls(made)
    assert made.answered(call)
    made.add([0])
    calls(made)
    assert made.lost(1) == ()


def test_an_answer_counts_once_and_never_from_a_lost_worker() -> None:
    made = schedule(2, 2, in_flight=1, chunk=1)
    first, second = calls(made)
    assert made.answered(second)
    assert not made.answered(second)
    made.lost(first.worker)
    assert not made.answered(first)
    assert made.lost(first.worker) == ()


def test_what_is_not_wanted_any_more_is_dropped() -> None:
    made = schedule(6, 1, in_flight=1, chunk=2)
    call = made.next(lambda item: item % 2 == 1)
    assert call is not None
    assert call.items == (1, 3)
    made.lost(0)
    made.join(1)
    assert made.next(lambda item: item == 5) == Call(1, 1, (5,))


def test_forgetting_everything_leaves_the_workers() -> None:
    made = schedule(6, 1, in_flight=1, chunk=2)
    [call] = calls(made)
    made.clear()
    assert not made.answered(call)
    assert made.next() is None
    made.add([7])
    assert sent(made) == [(0, (7,))]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"in_flight": 0}, "in_flight is at least 1, got 0"),
        ({"chunk": 0}, "chunk is at least 1, got 0"),
        ({"attempts": 1}, "attempts is at least 2, got 1"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Schedule(**options)


@given(
    st.integers(0, 40),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 6),
    st.sets(st.integers(0, 39), max_size=4),
    st.randoms(use_true_random=False),
)
def test_every_item_ends_once_whoever_dies(
    items: int, workers: int, in_flight: int, chunk: int, poison: set[int], random: object
) -> None:
    """Answers come in any order; a worker dies of the first poisoned call that it works on, with all that it has."""
    made = schedule(items, workers, in_flight=in_flight, chunk=chunk)
    names, ended, under_way = workers, Counter[int](), list[Call]()
    while True:
        under_way += calls(made)
        assert max(Counter(call.worker for call in under_way).values(), default=0) <= in_flight
        if not under_way:
            break
        # Whichever worker is next, it takes its oldest call.
        worker = random.choice(sorted({call.worker for call in under_way}))  # type: ignore[attr-defined]
        call = next(call for call in under_way if call.worker == worker)
        if poison & set(call.items):
            given_up = made.lost(worker)
            assert poison.issuperset(given_up)
            ended.update(given_up)
            under_way = [other for other in under_way if other.worker != worker]
            made.join(names)
            names += 1
        else:
            under_way.remove(call)
            assert made.answered(call)
            ended.update(call.items)
            assert not poison & set(call.items)
    assert ended == dict.fromkeys(range(items), 1)
