"""What the judge found, as a report: the verdict, and diagnostics where the program itself is to blame."""

from __future__ import annotations

import re
from typing import Any

from analyzers.positions import Convention, LineTable, Unit
from analyzers.python_syntax import place, unclosed_triple_quote
from analyzers.runtime import NAME, TIMEOUT
from analyzers.types import (
    Diagnostic,
    Kind,
    Location,
    Outcome,
    Report,
    Severity,
    Source,
    Span,
    Status,
    TestResult,
    TestStatus,
    Verdict,
)

FRAMES = Convention(line_base=1, column_base=0, unit=Unit.BYTE)
"""How CPython's position tables count."""

_ILLEGIBLE = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")
"""Control characters but tab and line feed, changes of the direction of writing, halves of characters."""


def report(source: Source, answer: dict[str, Any], seconds: float, isolation: str = "") -> Report:
    """The report of one program; `answer` is `suite.Run` as data, or says what is broken.

    `isolation` is the tier at which it ran.
    """
    if "broken" in answer:
        verdict = Verdict(Outcome.INFRASTRUCTURE, detail=answer["broken"])
        return Report(NAME, Status.FAILED, seconds=seconds, detail=answer["broken"], verdict=verdict)
    if "unavailable" in answer:
        return Report(NAME, Status.UNAVAILABLE, seconds=seconds, detail=answer["unavailable"])
    answer = answer | {name: _legible(answer[name]) for name in ("tests", "syntax", "raised", "diagnostics")}
    tests = tuple(TestResult(TestStatus(status), spent, message) for status, spent, message in answer["tests"])
    outcome = _outcome(tests, answer)
    facts = answer["syntax"] or next(iter(answer["raised"]), None)
    verdict = Verdict(
        outcome,
        tests,
        exception=facts["type"] if facts else "",
        stdout=answer["stdout"],
        detail=_why(tests) if outcome is Outcome.TIMEOUT else "",
        forgeable=answer["forgeable"],
        cpu_s=answer["cpu_s"],
        executed=None if answer["executed"] is None else tuple(answer["executed"]),
        isolation=isolation,
    )
    return Report(NAME, Status.OK, _diagnostics(source, outcome, answer), seconds, verdict=verdict)


def _legible(part: Any) -> Any:
    """What a program says of itself, as it can be shown on a terminal and written to a file, whatever it says."""
    if isinstance(part, str):
        return part if part.isprintable() else _ILLEGIBLE.sub(lambda found: ascii(found[0])[1:-1], part)
    if isinstance(part, dict):
        return {key: _legible(value) for key, value in part.items()}
    return [_legible(value) for value in part] if isinstance(part, list | tuple) else part


def _outcome(tests: tuple[TestResult, ...], answer: dict[str, Any]) -> Outcome:
    """The gravest class of the tests; of errors and time-outs the one that came first."""
    if answer["syntax"]:
        return Outcome.SYNTAX_ERROR
    for test in tests:
        if test.status is TestStatus.ERROR:
            return Outcome.ERROR
        if test.status is TestStatus.TIMED_OUT:
            return Outcome.TIMEOUT
    if tests and all(test.status is TestStatus.PASSED for test in tests):
        return Outcome.PASS
    return Outcome.FAILURE


def _why(tests: tuple[TestResult, ...]) -> str:
    return next((test.message for test in tests if test.status is TestStatus.TIMED_OUT), "")


def _diagnostics(source: Source, outcome: Outcome, answer: dict[str, Any]) -> tuple[Diagnostic, ...]:
    whole = Span(0, len(source.text))
    if answer["diagnostics"]:
        return tuple(map(_as_diagnostic, answer["diagnostics"]))
    if answer["syntax"]:
        return (_syntax(source, answer["syntax"], whole),)
    if outcome is Outcome.TIMEOUT:
        return (
            Diagnostic(
                NAME, TIMEOUT, Severity.FATAL, "it did not finish in time", whole, Kind.RUNTIME, Location.GLOBAL
            ),
        )
    if answer["raised"]:
        return (_raised(source, answer["raised"][0], whole),)
    return ()


def _as_diagnostic(fields: dict[str, Any]) -> Diagnostic:
    return Diagnostic(
        analyzer=NAME,
        code=fields["code"],
        severity=Severity(fields["severity"]),
        message=fields["message"],
        span=Span(fields["span"]["start"], fields["span"]["end"]),
        kind=Kind(fields["kind"]),
        location=Location(fields["location"]),
    )


def _raised(source: Source, facts: dict[str, Any], whole: Span) -> Diagnostic:
    span, location = whole, Location.GLOBAL
    frame = facts.get("frame")
    if isinstance(frame, list) and len(frame) == 4 and isinstance(frame[0], int):
        line, last, column, end = frame
        span = LineTable(source.text).span(FRAMES, line, column, last, end)
        # Of unbounded recursion no single line is the cause (RLTF, Table 2).
        location = Location.GLOBAL if "RecursionError" in facts.get("bases", ()) else Location.LINE
    message = str(facts.get("message", ""))
    return Diagnostic(NAME, str(facts["type"]), Severity.FATAL, message, span, Kind.RUNTIME, location)


def _syntax(source: Source, facts: dict[str, Any], whole: Span) -> Diagnostic:
    line, last, column, end = facts.get("at") or (None, None, None, None)
    span, location = whole, Location.GLOBAL
    if line:
        span = place(source.text, Unit(facts.get("unit", Unit.CODEPOINT)), line, last, column, end)
        location = Location.LINE
    if facts["type"] in ("IndentationError", "TabError") or unclosed_triple_quote(source.text, span.start):
        location = Location.IGNORE  # the cause lies elsewhere, nobody knows where (RLTF, Table 2)
    elif source.truncated:
        location = Location.GLOBAL
    return Diagnostic(NAME, str(facts["type"]), Severity.FATAL, str(facts["message"]), span, Kind.SYNTAX, location)
