"""Clojure: reports of `clojure.main`, and tests of `clojure.test` that failed."""

from __future__ import annotations

import re

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.types import Kind, Location, Severity

CONVENTION = Convention(line_base=1, column_base=1, unit=Unit.CODEPOINT)
FAILED = re.compile(r"^FAIL in \(", re.MULTILINE)

_SYNTAX = re.compile(
    r"^Syntax error (?:\((?P<type>\w+)\) )?(?P<how>compiling|reading source|macroexpanding)(?P<form> \S+)?"
    r"(?: form)? at \((?P<file>[^:()]*):(?P<line>\d+):(?P<column>\d+)\)\.\n(?P<message>.*)",
    re.MULTILINE,
)
_BEGUN = re.compile(r"EOF while reading, starting at line (?P<line>\d+)")
_EXECUTION = re.compile(r"^Execution error \((?P<type>[^()]+)\) at (?P<where>.*)\.\n(?P<message>.*)", re.MULTILINE)
_ERROR = re.compile(r"^ERROR in \(.*\) \(.*\)\n(?:.*\n)*?  actual: (?P<type>[\w.$]+): ?(?P<message>.*)", re.MULTILINE)
_EDN_FRAME = re.compile(r"\[\S+ \S+ \"(?P<file>[^\"]+)\" (?P<line>\d+)\]")
_FRAME = re.compile(r"\((?P<file>[^():]+):(?P<line>\d+)\)$", re.MULTILINE)
_SPREAD = ("StackOverflowError", "OutOfMemoryError")


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Nothing is compiled beforehand."""
    return []


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Why the program was not compiled; or the exception that nobody caught, with its frames in the program."""
    syntax = _SYNTAX.search(errors)
    if syntax is not None:
        return [_syntax(syntax)]
    thrown = _EXECUTION.search(errors)
    pattern = _EDN_FRAME
    trace = errors[: thrown.start()] if thrown else ""  # the full report comes first
    if thrown is None:
        thrown, pattern = _ERROR.search(errors), _FRAME
        if thrown is None:
            return []
        trace = errors[thrown.end() :].split("\n\n")[0]
    code, message = thrown["type"].rpartition(".")[2], thrown["message"]
    lines = [int(match["line"]) for match in pattern.finditer(trace) if match["file"].rpartition("/")[2] == file]
    return [_dead(code, message, line=line) for line in lines] or [_dead(code, message)]


def _syntax(match: re.Match[str]) -> Finding:
    message = match["message"]
    begun = _BEGUN.search(message)
    unresolved = message.startswith(("Unable to resolve", "No such", "Could not locate"))
    return Finding(
        "unresolved" if unresolved else "syntax",
        message,
        line=int(begun["line"]) if begun else int(match["line"]),
        column=None if begun else int(match["column"]),
        severity=Severity.FATAL,
        kind=Kind.SYNTAX,
        file=match["file"],
    )


def _dead(code: str, message: str, *, line: int | None = None) -> Finding:
    location = Location.GLOBAL if code in _SPREAD else Location.LINE
    return Finding(code, message, line=line, severity=Severity.FATAL, kind=Kind.RUNTIME, location=location)
