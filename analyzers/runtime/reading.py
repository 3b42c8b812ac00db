"""Reads what compilers and programs printed, within bounds: a program may print what is hard to read.

Whatever it prints, the program is the one that ended badly: what cannot be read is passed over.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import FrameType
from typing import Any, TypeVar

from analyzers.findings import Finding

READ_S = 5.0
"""Seconds for reading."""
MAX_LINE = 2_000
MAX_TEXT = 1 << 18
"""Code points of one line, and of the end of the whole, that are looked at."""
MAX_FINDINGS = 200
MAX_CODE, MAX_MESSAGE = 200, 500
LARGEST = 2**31
"""No line, column or offset is beyond it."""

_Read = TypeVar("_Read")


def compiled(messages: Any, output: str, errors: str, file: str) -> Sequence[Finding]:
    """Findings of a compiler; its output is not cut, because it may be one line of JSON."""
    found: Sequence[Finding] = _bounded(lambda: messages.compile_findings(output, errors, file), [])
    return _plausible(found)


def ended(messages: Any, output: str, errors: str, file: str) -> tuple[Sequence[Finding], bool]:
    """Findings of a program that ended badly, and whether it said that an assertion of the tests failed."""
    output, errors = _cut(output), _cut(errors)
    findings: Sequence[Finding] = _bounded(lambda: messages.run_findings(output, errors, file), [])
    failed = _bounded(lambda: any(messages.FAILED.search(text) for text in (output, errors)), False)
    return _plausible(findings), failed


def _plausible(findings: Sequence[Finding]) -> list[Finding]:
    kept = []
    for found in findings[:MAX_FINDINGS]:
        place = (found.line, found.column, found.end_line, found.end_column, found.offset, found.end_offset)
        if all(number is None or 0 <= number <= LARGEST for number in place):
            kept.append(replace(found, code=found.code[:MAX_CODE], message=found.message[:MAX_MESSAGE]))
    return kept


def _cut(text: str) -> str:
    return "\n".join(line[:MAX_LINE] for line in text[-MAX_TEXT:].split("\n"))


def _bounded(read: Callable[[], _Read], otherwise: _Read) -> _Read:
    """What `read` gives; `otherwise` where it takes too long or fails."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, READ_S)
    try:
        return read()
    except Exception:  # a number of a million digits, JSON of a depth of a thousand, or a line that takes for ever
        return otherwise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
