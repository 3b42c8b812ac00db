from concurrent.futures import CancelledError, Future

import pytest

from analyzers.futures import when_done


def test_it_waits_for_the_last():
    one, other = Future(), Future()
    joined = when_done([one, other], lambda: one.result() + other.result())
    other.set_result(2)
    assert not joined.done()
    one.set_result(1)
    assert joined.result(0) == 3


def test_nothing_is_waited_for_where_there_is_nothing():
    assert when_done([], lambda: 5).result(0) == 5


def test_what_fails_or_is_cancelled_is_passed_on():
    failed, cancelled = Future(), Future()
    joined = [when_done([future], future.result) for future in (failed, cancelled)]
    failed.set_exception(KeyError("x"))
    cancelled.cancel()
    cancelled.set_running_or_notify_cancel()
    for future, kind in zip(joined, (KeyError, CancelledError), strict=True):
        assert isinstance(future.exception(0), kind)


def test_a_failure_does_not_come_before_the_others_are_done():
    failed, slow = Future(), Future()
    joined = when_done([failed, slow], failed.result)
    failed.set_exception(ValueError())
    assert not joined.done()
    slow.set_result(None)
    with pytest.raises(ValueError, match=r"\A\Z"):
        joined.result(0)
