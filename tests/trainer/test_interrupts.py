from __future__ import annotations

import os
import signal

import pytest

from trainer.interrupts import Interrupts


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


def test_an_error_in_the_block_is_not_hidden() -> None:
    with Interrupts() as interrupts:
        with pytest.raises(ValueError, match="bad"), interrupts.deferred():
            raise ValueError("bad")
        with interrupts.deferred():
            pass


def test_the_previous_handler_comes_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
