from concurrent.futures import CancelledError, Future

import pytest

from analyzers.futures import steps, when_done


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


def test_cancelling_what_is_joined_cancels_what_it_waits_for():
    running, queued = Future(), Future()
    running.set_running_or_notify_cancel()
    joined = when_done([running, queued], lambda: 5)
    assert joined.cancel()
    assert queued.cancelled()
    running.set_result(1)
    assert joined.cancelled()


def test_steps_are_taken_as_their_futures_are_done():
    one, other = Future(), Future()

    def work():
        first = yield one
        return first + (yield other)

    whole = steps(work())
    one.set_result(1)
    assert not whole.done()
    other.set_result(2)
    assert whole.result(0) == 3


def test_a_step_meets_the_exception_where_it_waits():
    failed, cancelled = Future(), Future()
    failed.set_exception(KeyError("x"))

    def work():
        with pytest.raises(KeyError):
            yield failed
        yield cancelled

    whole = steps(work())
    cancelled.cancel()
    assert isinstance(whole.exception(0), CancelledError)


def test_no_step_is_taken_once_they_are_cancelled():
    awaited, taken = Future(), []

    def work():
        try:
            yield awaited
        finally:
            taken.append("cleared up")
        taken.append("went on")

    whole = steps(work())
    assert whole.cancel()
    assert awaited.cancelled()
    assert taken == ["cleared up"]


def test_a_step_begun_while_being_cancelled_is_cancelled_too():
    awaited, following = Future(), Future()
    awaited.set_running_or_notify_cancel()

    def work():
        yield awaited
        yield following

    whole = steps(work())
    assert whole.cancel()
    awaited.set_result(None)
    assert following.cancelled()


def test_steps_without_any_and_steps_that_fail_at_once():
    def work(error):
        if error:
            raise error
        return 5
        yield

    assert steps(work(None)).result(0) == 5
    assert isinstance(steps(work(ValueError())).exception(0), ValueError)
