"""Deadlines on a clock that the test moves."""

import socket

import pytest

from analyzers.runtime import deadline
from analyzers.runtime.deadline import Deadline


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
    return lambda: next(said)


def test_a_program_that_never_waited_has_its_limit(clock):
    assert not Deadline(2.0, starving(0.0)).wait([])
    assert clock.waits == [2.0]


def test_what_it_waited_is_granted_and_what_it_waits_in_that_time_as_well(clock):
    assert not Deadline(2.0, starving(1.5, 1.75, 1.75)).wait([])
    assert clock.waits == [2.0, 1.5, 0.25]


def test_no_more_than_a_multiple_of_the_limit_is_granted(clock):
    assert not Deadline(2.0, starving(100.0, 200.0)).wait([])
    assert clock.waits == [2.0, 4.0]  # 6 seconds, three times the limit


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
