"""Go: lines of the compiler, panics with their stacks, and tests that failed."""

from __future__ import annotations

import re

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.types import Kind, Location, Severity

CONVENTION = Convention(line_base=1, column_base=1, unit=Unit.BYTE)
FAILED = re.compile(r"^FAIL$|^panic: Exception --- test case \d+ failed to pass", re.MULTILINE)

_MESSAGE = re.compile(r"^(?P<file>\S+?\.go):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<message>.*)$", re.MULTILINE)
_SYNTAX = re.compile(r"^(?:syntax error|.*literal not terminated|.*not terminated|expected )")
_NAME = re.compile(r"^undefined|undefined \(|^could not import|is not in GOROOT|cannot find package|redeclared")
_PANIC = re.compile(r"^(?P<what>panic|fatal error): (?P<message>.*)$", re.MULTILINE)
_OVERFLOW = "goroutine stack exceeds"
_STACK = re.compile(r"^goroutine \d+ .*:$", re.MULTILINE)
_FRAME = re.compile(r"^\t(?P<file>\S+\.go):(?P<line>\d+)(?: \+0x[0-9a-f]+)?$", re.MULTILINE)
_TRACE = re.compile(
    r"^\s*Error Trace:\s*(?P<file>\S+?):(?P<line>\d+)$\s*Error:\s*(?P<message>.*(?:\n\s+\w+ *: .*)*)", re.M
)
_LOGGED = re.compile(r"^ +(?P<file>[\w.]+\.go):(?P<line>\d+): (?P<message>\S.*)$", re.MULTILINE)


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Errors of the compiler, in its order."""
    return [
        Finding(
            f"{_kind(match['message'])}-error",
            match["message"],
            line=int(match["line"]),
            column=int(match["column"]) if match["column"] else None,
            severity=Severity.FATAL,
            kind=_kind(match["message"]),
            file=match["file"],
        )
        for match in _MESSAGE.finditer(errors)
    ]


def run_findings(output: str, errors: str, file: str) -> list[Finding]:
    """The panic with its frames in the program; or the first assertion of a test that failed."""
    panic = _PANIC.search(errors)
    if panic is None:
        failed = _TRACE.search(output) or _LOGGED.search(output)
        if failed is None:
            return []
        message = " ".join(failed["message"].split())
        return [_dead("TestFailed", message, line=int(failed["line"]), file=failed["file"])]
    spread = _OVERFLOW in errors
    code = "StackOverflow" if spread else "panic" if panic["what"] == "panic" else "fatal"
    stack = _STACK.search(errors, panic.end())
    frames = _FRAME.finditer(errors, stack.end() if stack else panic.end())
    if stack is not None:
        end = errors.find("\n\n", stack.end())  # the stack of the goroutine that panicked comes first
        frames = _FRAME.finditer(errors, stack.end(), end if end > 0 else len(errors))
    message = panic["message"].removesuffix(" [recovered]")
    found = [
        _dead(code, message, line=int(match["line"]), spread=spread)
        for match in frames
        if match["file"].rpartition("/")[2] == file
    ]
    return found or [_dead(code, message)]


def _kind(message: str) -> Kind:
    return Kind.SYNTAX if _SYNTAX.search(message) else Kind.NAME if _NAME.search(message) else Kind.TYPE


def _dead(code: str, message: str, *, line: int | None = None, file: str = "", spread: bool = False) -> Finding:
    location = Location.GLOBAL if spread else Location.LINE
    return Finding(code, message, line=line, severity=Severity.FATAL, kind=Kind.RUNTIME, location=location, file=file)
