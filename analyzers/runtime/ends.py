"""How a candidate can stop answering, as exceptions that go through test code untouched."""

from __future__ import annotations

import signal
from typing import Any


class Stopped(BaseException):
    """The candidate cannot go on. No `Exception`, so that a `try` in the test code does not swallow it."""


class TimedOut(Stopped):
    """It did not answer in time."""


class Died(Stopped):
    """Its process ended before it answered, or said what cannot be understood."""

    how = "SystemExit"
    """Name of the exception, or of the signal, that ended it."""


class NotLoaded(Stopped):
    """It does not compile, or failed or hung while it was loaded; no test can run."""


class GaveUp(Stopped):
    """It hung or crashed too often; the remaining tests are not run."""


class CandidateError(Exception):
    """An exception of the candidate's code that has no counterpart among the built-in ones."""


def signal_name(number: int) -> str:
    """`SIGKILL` and the like; real-time signals have no names."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def facts_of(error: BaseException) -> dict[str, Any] | None:
    """What the candidate's process said of an exception that it raised; None for one that arose in the judge."""
    if isinstance(error, Died):
        return {"type": error.how, "message": str(error)}
    return getattr(error, "candidate_facts", None)
