"""Tells which lines of the program are executed, each once and at once, so that a crash or a kill loses none.

Loaded by path into the fork server; imports nothing there.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any


def watch(filename: str, channel: Any) -> None:
    """From now on sends `{"lines": [...]}` for what is executed for the first time in code from `filename`."""
    note = _Lines(channel).note
    if sys.version_info >= (3, 12):
        _monitor(filename, note)
    else:
        _trace(filename, note)


class _Lines:
    """Lines that were executed. One frame goes out after the other, whichever thread or signal handler runs."""

    def __init__(self, channel: Any) -> None:
        from _thread import get_ident

        self._get_ident, self._first = get_ident, get_ident()
        self._known: set[int] = set()
        self._new: list[int] = []
        self._busy = False
        self._send, channel.send = channel.send, self._send_after

    def note(self, line: int) -> None:
        """A line is executed."""
        if line not in self._known:
            self._known.add(line)
            self._new.append(line)
            if not self._busy and self._get_ident() == self._first:
                self._busy = True
                try:
                    self._flush()
                finally:
                    self._busy = False

    def _send_after(self, message: Any) -> None:
        self._busy = True
        try:
            self._flush()
            self._send(message)
        finally:
            self._busy = False

    def _flush(self) -> None:
        new, self._new = self._new, []
        if new:
            self._send({"lines": new})


def _monitor(filename: str, note: Any) -> None:
    """Python 3.12 and later: a line that has been seen costs nothing more."""
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]

    def on_line(code: CodeType, line: int) -> Any:
        if code.co_filename == filename:
            note(line)
        return monitoring.DISABLE

    monitoring.use_tool_id(monitoring.COVERAGE_ID, "spanwise")
    monitoring.register_callback(monitoring.COVERAGE_ID, monitoring.events.LINE, on_line)
    monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.LINE)


def _trace(filename: str, note: Any) -> None:
    """Before that: lines are traced in a function until all of them have been seen."""
    import threading

    left: dict[CodeType, set[int | None]] = {}

    def on_call(frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if code.co_filename != filename:
            return None
        if code not in left:
            # The line of a `def` is executed where it stands, not by the call.
            left[code] = {line for _, _, line in code.co_lines()} - {None, 0, code.co_firstlineno}
            return on_event
        return on_event if left[code] else None

    def on_event(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            note(frame.f_lineno)
            left[frame.f_code].discard(frame.f_lineno)
            frame.f_trace_lines = bool(left[frame.f_code])
        return on_event

    threading.settrace(on_call)
    sys.settrace(on_call)
