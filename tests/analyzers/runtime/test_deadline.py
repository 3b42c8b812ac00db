"""Deadlines on a clock that the test moves."""

import socket

import pytest

from analyzers.runtime import deadline
from analyzers.runtime.deadline import Deadline, crowded_out
from analyzers.runtime.sandbox.base import Starved


@pytest.fixture
def clock(monkeypatch):
    """The time, which waiting moves on to its end; what was waited for is ready where `ready` says so."""

    class Clock:
        now, ready, waits = 100.0, False, []

    def select(reading, writing, _, seconds):
        Clock.waits.append(round(seconds, 6))
        Clock.now += seconds
        return (reading, [], []) if Clock.ready else ([], [], [])

    Clock.waits = []
    monkeypatch.setattr(deadline.time, "monotonic", lambda: Clock.now)
    monkeypatch.setattr(deadline.select, "select", select)
    return Clock


def starving(*seconds):
    """What the program says each time it is asked how long it has waited in its life."""
    said = iter(seconds)
    return lambda: Starved(next(said), None)


def test_a_program_that_never_waited_has_its_limit(clock):
    assert not Deadline(2.0, starving(0.0)).wait([])
    assert clock.waits == [2.0]


def test_what_it_waited_is_granted_and_what_it_waits_in_that_time_as_well(clock):
    assert not Deadline(2.0, starving(1.5, 1.75, 1.75)).wait([])
    assert clock.waits == [2.0, 1.5, 0.25]


def test_no_more_than_a_multiple_of_the_limit_is_granted(clock):
    assert not Deadline(2.0, starving(100.0, 200.0)).wait([])
    assert clock.waits == [2.0, 4.0]  # 6 seconds, three times the limit


def test_who_waits_is_not_ended_until_it_is_known_how_long(clock):
    said = iter([Starved(0.0, 1.0), Starved(0.0, 1.0), Starved(1.5, 1.1), Starved(1.5, 1.2)])
    assert not Deadline(2.0, lambda: next(said)).wait([])
    assert clock.waits == [2.0, 0.05, 0.05, 1.4]  # 2 + 1.5 seconds in all


def test_who_is_ready_and_runs_is_ended(clock):
    said = iter([Starved(0.0, 1.0), Starved(0.0, 1.01)])
    assert not Deadline(2.0, lambda: next(said)).wait([])
    assert clock.waits == [2.0, 0.05]


def test_who_never_runs_is_not_waited_for_without_end(clock):
    assert not Deadline(0.1, lambda: Starved(0.0, 1.0)).wait([])
    assert sum(clock.waits) == pytest.approx(0.3)  # three times the limit


def test_what_was_granted_before_is_not_granted_again(clock):
    limit = Deadline(2.0, starving(5.5, 5.5), granted_s=5.0)
    assert not limit.wait([])
    assert (clock.waits, limit.granted_s) == ([2.0, 0.5], 5.5)


def test_the_limit_may_have_begun_earlier(clock):
    assert not Deadline(2.0, starving(0.0), start=99.5).wait([])
    assert clock.waits == [1.5]
    assert not Deadline(2.0, starving(), start=90.0).wait([])
    assert clock.waits == [1.5]


def test_what_is_ready_is_not_waited_for(clock):
    clock.ready = True
    one, other = socket.socketpair()
    with one, other:
        assert Deadline(2.0, starving()).wait([one])


@pytest.mark.parametrize(
    ("waited", "starved", "cpu", "expected"),
    [
        (2.0, 0.0, 0.0, False),  # it slept
        (2.0, 0.0, 2.0, False),  # it computed
        (6.0, 5.5, 0.5, True),  # 6 - (5.5 - 0.5) = 1 second was all that it had
        (6.0, 4.5, 0.5, False),  # 6 - (4.5 - 0.5) = 2 seconds, its limit
        (6.0, 5.5, 9.0, False),  # it, and what it started, kept three processors busy
    ],
)
def test_who_was_kept_from_the_processor_by_others_has_not_had_its_limit(waited, starved, cpu, expected):
    assert crowded_out(waited_s=waited, limit_s=2.0, starved_s=starved, cpu_s=cpu) is expected
