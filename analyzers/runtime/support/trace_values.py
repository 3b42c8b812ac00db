"""Runs a Python program on some of its tests, and prints which variable takes which value, and where.

Standard input is a JSON mapping: `program`; `inputs`, what the program reads in one run after the other, or `setup` and
`tests`, code that calls it and stops with an exception. Standard output is a JSON list of events, each
`[entry, line, scope, name, value]`: `entry` counts the calls of the program from outside, `value` is a bounded text. Of
scope `""` are what such a call returns (`answer`) and each line that is printed (`printed`).

Runs in the sandbox, beside the program: what it says is a hint, and proves nothing.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable
from types import CodeType, FrameType
from typing import Any

PROGRAM = "<program>"
MAX_EVENTS = 3_000
MAX_STEPS = 30_000
MAX_TEXT = 60
MAX_ITEMS = 40
MAX_BITS = 256


class Recorder:
    """The events of all runs, up to a bound."""

    def __init__(self) -> None:
        self.events: list[list[Any]] = []
        self._entry = 0
        self._depth = 0
        self._steps = 0

    def run(self, code: CodeType, namespace: dict[str, Any]) -> bool:
        """Executes code; whether it came to its end."""
        sys.settrace(self._on_call)
        try:
            exec(code, namespace)
        except BaseException:
            return False
        finally:
            sys.settrace(None)
            self._depth = 0
        return True

    def note(self, line: int, scope: str, name: str, value: str) -> None:
        """Something takes a value."""
        if len(self.events) < MAX_EVENTS:
            self.events.append([self._entry, line, scope, name, value])

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if code.co_filename != PROGRAM or len(self.events) >= MAX_EVENTS or self._steps >= MAX_STEPS:
            return None
        if self._depth == 0:
            self._entry += 1
        self._depth += 1
        caller = frame.f_back
        within = caller is not None and caller.f_code.co_filename == PROGRAM
        # An argument is given by the line that calls, as far as that is one of the program.
        line = caller.f_lineno if caller is not None and within else code.co_firstlineno
        known: dict[str, str] = {}
        raising = False

        def on_event(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal line, raising
            self._steps += 1
            self._changes(frame, known, line)
            if event == "line":
                line, raising = frame.f_lineno, False
            elif event == "exception":
                raising = True
            elif event == "return":
                self._depth -= 1
                if self._depth == 0 and not raising:
                    self.note(line, "", "answer", shown(argument))
            return on_event

        return on_event

    def _changes(self, frame: FrameType, known: dict[str, str], line: int) -> None:
        scope = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
        for name, value in list(frame.f_locals.items()):
            if not name.startswith((".", "__")):
                text = shown(value)
                if known.get(name) != text:
                    known[name] = text
                    self.note(line, scope, name, text)


class Printed(io.TextIOBase):
    """Standard output of the program: each line is an event, at the line of the program that ends it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._rest = ""
        self._line = 1

    def write(self, text: str) -> int:
        """Takes a text."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != PROGRAM:
            frame = frame.f_back
        self._line = frame.f_lineno if frame else self._line
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._note(line)
        return len(text)

    def finish(self) -> None:
        """Takes in what no line feed ended."""
        if self._rest:
            self._note(self._rest)

    def _note(self, text: str) -> None:
        self._recorder.note(self._line, "", "printed", shown(text.rstrip()))


def shown(value: Any) -> str:
    """A bounded text for a value of plain data, the name of the type for any other: no code of the program runs."""
    left = [MAX_ITEMS]
    return _shown(value, left)


def _shown(value: Any, left: list[int]) -> str:
    left[0] -= 1
    kind = type(value)
    if left[0] < 0:
        return "..."
    if kind is int and value.bit_length() > MAX_BITS:
        return f"int of {value.bit_length()} bits"
    if kind in (str, bytes):
        return repr(value[:MAX_TEXT]) + (f" and {len(value) - MAX_TEXT} more" if len(value) > MAX_TEXT else "")
    if value is None or kind in (bool, int, float, complex):
        return repr(value)
    if kind is dict:
        return "{" + _joined((f"{_shown(key, left)}: {_shown(item, left)}" for key, item in value.items()), value) + "}"
    if kind in (set, frozenset):
        return kind.__name__ + "(" + _joined(sorted(_shown(item, [1]) for item in list(value)[:1000]), value) + ")"
    if kind in (list, tuple):
        return kind.__name__ + "(" + _joined((_shown(item, left) for item in value), value) + ")"
    return kind.__name__


def _joined(parts: Iterable[str], whole: Any) -> str:
    found = []
    for part, _ in zip(parts, range(MAX_ITEMS), strict=False):
        found.append(part)
    return ", ".join(found) + (f" of {len(whole)}" if len(whole) > len(found) else "")


def main() -> None:
    """Runs the program and prints the events."""
    job = json.load(sys.stdin)
    answers, recorder = sys.stdout, Recorder()
    try:
        code = compile(job["program"], PROGRAM, "exec", dont_inherit=True)
        for text in job.get("inputs", ()):
            sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogateescape")), encoding="utf-8")
            sys.stdout = printed = Printed(recorder)
            recorder.run(code, {"__name__": "__main__"})
            printed.finish()
        if "tests" in job:
            sys.stdout = io.StringIO()
            namespace: dict[str, Any] = {"__name__": "candidate"}
            exec(code, namespace)
            exec(job["setup"], namespace)
            for test in job["tests"]:
                if not recorder.run(compile(test, "<tests>", "exec"), namespace):
                    break
    except BaseException as error:
        recorder.note(0, "", "broken", type(error).__name__)
    answers.write(json.dumps(recorder.events))
    answers.flush()


if __name__ == "__main__":
    main()
