from __future__ import annotations

import os
import signal
import sys

import pytest

from trainer.interrupts import Interrupts, Terminated


def _press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_outside_of_a_deferred_block_comes_at_once() -> None:
    with Interrupts(), pytest.raises(KeyboardInterrupt):
        _press()


def test_an_interrupt_waits_for_the_end_of_the_outermost_block() -> None:
    done: list[str] = []

    def work(interrupts: Interrupts) -> None:
        with interrupts.deferred():
            with interrupts.deferred():
                _press()
                done.append("inner")
            done.append("outer")
        done.append("never")

    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        work(interrupts)
    assert done == ["inner", "outer"]


def test_a_request_to_terminate_is_told_apart_and_waits_too() -> None:
    def work(interrupts: Interrupts) -> None:
        with interrupts.deferred():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("finished")

    done: list[str] = []
    with Interrupts() as interrupts, pytest.raises(Terminated):
        work(interrupts)
    assert done == ["finished"]


def test_where_all_is_held_it_waits_for_a_block_that_may_break_off() -> None:
    done: list[str] = []

    def work(interrupts: Interrupts) -> None:
        _press()
        with interrupts.deferred():
            done.append("deferred")
        done.append("held")
        with interrupts.allowed():
            done.append("never")

    with Interrupts(held=True) as interrupts, pytest.raises(KeyboardInterrupt):
        work(interrupts)
    assert done == ["deferred", "held"]


def test_a_block_that_may_break_off_does_so_inside_of_a_deferred_one() -> None:
    done: list[str] = []

    def work(interrupts: Interrupts) -> None:
        with interrupts.deferred():
            with interrupts.allowed():
                _press()
                done.append("never")
            done.append("never")

    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            work(interrupts)
        with interrupts.deferred():  # and it has come once
            pass
    assert done == []


def test_an_interrupt_that_python_drops_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a signal handler raises while an object dies is printed and forgotten."""
    dropped: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: dropped.append(found.exc_type))

    class Dying:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            sum(range(100))

    def work(interrupts: Interrupts) -> None:
        dying = [Dying()]
        dying.clear()
        done.append("went on")
        with interrupts.deferred():
            done.append("finished")
        done.append("never")

    done: list[str] = []
    with Interrupts() as interrupts, pytest.raises(Terminated):
        work(interrupts)
    assert (dropped, done) == ([Terminated], ["went on", "finished"])


def test_an_error_in_the_block_is_not_hidden() -> None:
    with Interrupts() as interrupts:
        with pytest.raises(ValueError, match="bad"), interrupts.deferred():
            raise ValueError("bad")
        with interrupts.deferred():
            pass


def test_the_previous_handler_comes_back() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    with Interrupts():
        assert not {*before} & {signal.getsignal(number) for number in numbers}
    assert [signal.getsignal(number) for number in numbers] == before
