"""The JVM: exceptions that nobody caught, as Java, Scala and Kotlin print them; and compilers of Scala and Kotlin.

Both compilers write `file:line: error: message`, then the line and a caret under the place; Kotlin's tells the column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.types import Kind, Location, Severity

CONVENTION = Convention(line_base=1, column_base=1, unit=Unit.UTF16)
FAILED = re.compile(r"Exception -- test case \d+ did not pass|AssertionError: assertion failed: Exception -- test case")

_MESSAGE = re.compile(
    r"^(?P<file>[^\n:]+):(?P<line>\d+):(?:(?P<column>\d+):)? error: (?P<message>.*)\n"
    r"(?P<more>(?:(?!^[^\n:]+:\d+:(?:\d+:)? \w+: ).*\n)*?)(?:(?P<blanks> *)\^)?$",
    re.MULTILINE,
)
_SYNTAX = re.compile(
    r"expecting|expected but|unclosed|illegal (?:start|character)|unexpected|unbalanced|unterminated|incorrect|"
    r"[Uu]nmatched|invalid escape|identifier expected"
)
_NAME = re.compile(r"not found|unresolved reference|is not a member of|no value passed|not a member")
_UNCAUGHT = re.compile(
    r'^(?:Exception in thread "[^"]*" )?(?P<type>(?:[\w$]+\.)*[\w$]+)'
    r"(?:: ?(?P<message>.*(?:\n(?!\tat |\t\.\.\.).*)*?))?\n(?=\tat )",
    re.MULTILINE,
)
_LACKING = re.compile(
    r"^[Ee]rror: (?P<message>(?:Main method not found|Could not find or load main class).*)$", re.MULTILINE
)
_CAUSE = re.compile(r"^Caused by: (?P<type>(?:[\w$]+\.)*[\w$]+)(?:: ?(?P<message>.*))?$", re.MULTILINE)
_FRAME = re.compile(r"^\tat .*\((?P<file>[^():]+):(?P<line>\d+)\)$", re.MULTILINE)
_SPREAD = ("StackOverflowError", "OutOfMemoryError")
"""Of endless recursion, and of memory that is used up, no single place is the cause."""


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Errors of scalac and kotlinc, in their order."""
    return [_compile_finding(match) for match in _MESSAGE.finditer(output)]


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The exception that nobody caught, or the one that caused it, with its frames in the program."""
    thrown = _UNCAUGHT.search(errors)
    if thrown is None:
        lacking = _LACKING.search(errors)
        return [_dead("NoMain", lacking["message"])] if lacking else []
    trace = errors[thrown.end() :]
    causes = list(_CAUSE.finditer(trace))
    if causes:
        thrown, trace = causes[-1], trace[causes[-1].end() :]
    code = thrown["type"].rpartition(".")[2]
    message = (thrown["message"] or "").strip()
    return list(_frames(code, message, trace, file)) or [_dead(code, message)]


def _frames(code: str, message: str, trace: str, file: str) -> Iterator[Finding]:
    for match in _FRAME.finditer(trace):
        if match["file"] == file:
            yield _dead(code, message, line=int(match["line"]))


def _dead(code: str, message: str, *, line: int | None = None) -> Finding:
    location = Location.GLOBAL if code in _SPREAD else Location.LINE
    return Finding(code, message, line=line, severity=Severity.FATAL, kind=Kind.RUNTIME, location=location)


def _compile_finding(match: re.Match[str]) -> Finding:
    message, more = match["message"], match["more"].splitlines()
    if match["blanks"] is not None:
        more = more[:-1]  # the line of the program
    text = "\n".join([message, *more]).strip()
    column = int(match["column"]) if match["column"] else None
    if column is None and match["blanks"] is not None:
        column = len(match["blanks"]) + 1
    kind = Kind.NAME if _NAME.search(message) else Kind.SYNTAX if _SYNTAX.search(message) else Kind.TYPE
    return Finding(
        f"{kind}-error",
        text,
        line=int(match["line"]),
        column=column,
        severity=Severity.FATAL,
        kind=kind,
        file=match["file"],
    )
