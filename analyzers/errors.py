"""What can go wrong in an analyzer, and the one place that classifies what plugin code raises.

AnalyzerError
 ├── AnalyzerFailed   it crashed, or said something that cannot be understood
 ├── AnalyzerTimeout  it did not finish in its time
 └── ToolMissing      what it runs is not installed
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class AnalyzerError(Exception):
    """An analyzer could not analyse; it says nothing about the program."""


class AnalyzerFailed(AnalyzerError):
    """The analyzer crashed, or its output could not be understood."""


class AnalyzerTimeout(AnalyzerError):
    """The analyzer did not finish in its time."""


class ToolMissing(AnalyzerError):
    """The tool that the analyzer runs is not installed; the message says what provides it."""


@contextmanager
def boundary(analyzer: str) -> Iterator[None]:
    """Turns whatever the code of `analyzer` raises into an AnalyzerError that names it; the cause stays chained."""
    try:
        yield
    except AnalyzerError:
        raise
    except (Exception, SystemExit) as error:
        raise AnalyzerFailed(f"{analyzer} raised {type(error).__name__}: {error}") from error
