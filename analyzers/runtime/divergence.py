"""Where a Python program that answers wrongly leaves the path of one that answers rightly.

Both run on the failing test, and on up to three before it that pass, with `support/trace_values.py` around them, which
tells which variable takes which value at which line. Two programs may work in different ways, so values are compared
only where that is known to make sense:

1. The first answer (or line of output) that differs is the failing one.
2. A variable of the program and one of the reference are partners if they took the same values, in the same order, in
   all calls before it. So are the answers themselves, and the lines that are printed.
3. The first value in the failing call that none of the variable's partners takes at that place is the divergence.

With no passing test before it only the answers are partners, and the divergence is the line that returns or prints the
wrong one. It is a hint and no proof: a variable that has a partner by chance may leave it for a good reason, values are
compared up to the bounds of their texts, and the program's own process tells them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import grammars
from analyzers import runtime
from analyzers.futures import when_done
from analyzers.positions import PYTHON_AST, LineTable
from analyzers.runtime.sandbox.base import Limits, Tier
from analyzers.runtime.tests import Appended, Asserts, Call, Calls, CheckFunction, Exchange, Stdio, Tests
from analyzers.types import (
    Diagnostic,
    Kind,
    Location,
    Outcome,
    Report,
    Severity,
    Source,
    Status,
    TestStatus,
    Verdict,
)

NAME = "divergence"
CODE = "first-divergence"
PASSING = 3
"""Tests before the failing one that partners are found on."""
MAX_SHOWN = 80
MAX_DETAIL = 200
MAX_EVENTS = 4_000
"""More than the tracer tells: what is longer is not its work."""

_TRACER = Path(__file__).with_name("support") / "trace_values.py"
Variable: TypeAlias = tuple[str, str]
"""The function, and the name in it; the function `""` stands for what is seen from outside."""
ANSWERS: Sequence[Variable] = (("", "answer"), ("", "printed"))
BROKEN: Variable = ("", "broken")


@dataclass(frozen=True, slots=True)
class Event:
    """A variable takes a value."""

    entry: int
    """Number of the call from outside in which it does, from 1."""
    line: int
    """From 1."""
    variable: Variable
    value: str
    """A bounded text."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """A value that the reference does not have there."""

    event: Event
    expected: str | None
    """What one of the partners has instead, if it goes on at all."""


def applies(source: Source, verdict: Verdict | None) -> bool:
    """Whether there is something to compare: a Python program that gives a wrong answer."""
    return verdict is not None and verdict.outcome is Outcome.FAILURE and grammars.get(source.language).name == "python"


def submit(
    source: Source,
    reference: str,
    tests: Tests,
    verdict: Verdict,
    limits: Limits | None = None,
    *,
    isolation: Tier = Tier.STANDARD,
) -> Future[Report]:
    """The report on a wrong answer, later: at most one diagnostic, on a line of the program.

    Raises:
        analyzers.runtime.sandbox.tiers.TierRefused: as `runtime.submit`.
    """
    job = _job(tests, verdict)
    runs = [
        runtime.submit(
            Source(_TRACER.read_text(encoding="utf-8")),
            Stdio((Exchange(json.dumps({"program": program, **job}), ""),)),
            limits,
            isolation=isolation,
        )
        for program in (source.text, reference)
    ]

    def compare() -> Report:
        try:
            return _report(source, *(run.result() for run in runs))
        except (Exception, CancelledError) as error:
            return Report(NAME, Status.FAILED, detail=" ".join(f"{type(error).__name__}: {error}".split()))

    return when_done(runs, compare)


def first_divergence(program: Sequence[Event], reference: Sequence[Event]) -> Divergence | None:
    """The first value of the failing call that the reference does not have there; None where all answers are alike."""
    mine, theirs = _histories(program), _histories(reference)
    entries = sorted({event.entry for event in program})
    failing = next((n for n in entries if any(mine[name][n] != theirs[name][n] for name in ANSWERS)), None)
    if failing is None:
        return None
    partners = _partners(mine, theirs, failing)
    seen: dict[Variable, int] = defaultdict(int)
    for event in (event for event in program if event.entry == failing):
        place = seen[event.variable]
        seen[event.variable] += 1
        values = [theirs[partner][failing][place : place + 1] for partner in partners[event.variable]]
        if values and [event.value] not in values:
            return Divergence(event, next((value for found in values for value in found), None))
        partners[event.variable] = [
            partner for partner, value in zip(partners[event.variable], values, strict=True) if value == [event.value]
        ]
    return None


_Histories: TypeAlias = Mapping[Variable, Mapping[int, list[str]]]
_Before: TypeAlias = tuple[tuple[int, tuple[str, ...]], ...]


def _histories(events: Sequence[Event]) -> dict[Variable, dict[int, list[str]]]:
    """The values of each variable, by call."""
    found: dict[Variable, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        found[event.variable][event.entry].append(event.value)
    return found


def _partners(mine: _Histories, theirs: _Histories, failing: int) -> dict[Variable, list[Variable]]:
    """For each variable those of the reference with the same values in all calls before the failing one."""
    alike: dict[_Before, list[Variable]] = defaultdict(list)
    for variable, history in theirs.items():
        if variable not in ANSWERS:
            alike[_before(history, failing)].append(variable)
    alike.pop((), None)  # a variable that took no value yet is like any other of its kind
    return {
        variable: [variable] if variable in ANSWERS else list(alike.get(_before(history, failing), ()))
        for variable, history in mine.items()
    }


def _before(history: Mapping[int, Sequence[str]], failing: int) -> _Before:
    return tuple((entry, tuple(values)) for entry, values in sorted(history.items()) if entry < failing and values)


def _job(tests: Tests, verdict: Verdict) -> dict[str, Any]:
    """What the tracer runs beside the program."""
    failing = next((n for n, test in enumerate(verdict.tests) if test.status is TestStatus.FAILED), 0)
    passed = [n for n, test in enumerate(verdict.tests[:failing]) if test.status is TestStatus.PASSED]
    chosen = [*passed[-PASSING:], failing]
    match tests:
        case Stdio(cases):
            return {"inputs": [cases[n].stdin for n in chosen if n < len(cases)]}
        case Asserts(statements, setup):
            return {"setup": setup, "tests": [statements[n] for n in chosen if n < len(statements)]}
        case Calls(function, cases):
            return {"setup": "", "tests": [_call(function, cases[n]) for n in chosen if n < len(cases)]}
        case CheckFunction(code, entry_point, setup):
            return {"setup": f"{setup}\n{code}", "tests": [f"check({entry_point})"]}
        case Appended(code, prefix):
            return {"setup": prefix, "tests": [code]}


def _call(function: str, case: Call) -> str:
    """The call as code; what is called may be a method of an object made without arguments."""
    head, dot, method = function.partition(".")
    callee = f"{head}().{method}" if dot else f"({head} if {head!r} in globals() else Solution().{head})"
    words = [repr(argument) for argument in case.args]
    words += [f"{name}={value!r}" for name, value in (case.kwargs or {}).items()]
    return f"{callee}({', '.join(words)})"


def _report(source: Source, traced: Report, reference: Report) -> Report:
    seconds = traced.seconds + reference.seconds
    table = LineTable(source.text)
    lines = table.position(PYTHON_AST, len(source.text))[0]
    try:
        found = first_divergence(_events(traced, "the program"), _events(reference, "the reference"))
    except _Untraceable as error:
        return Report(NAME, Status.FAILED, seconds=seconds, detail=str(error))
    if found is None:
        return Report(NAME, Status.OK, seconds=seconds)
    if not 1 <= found.event.line <= lines:
        return Report(NAME, Status.FAILED, seconds=seconds, detail=f"the program has no line {found.event.line}")
    span = table.span(PYTHON_AST, found.event.line)
    told = Diagnostic(NAME, CODE, Severity.HIGH, _words(found), span, Kind.LOGIC, Location.LINE)
    return Report(NAME, Status.OK, (told,), seconds)


def _words(found: Divergence) -> str:
    scope, name = found.event.variable
    what = name if scope else {"answer": "the answer", "printed": "the line that is printed"}.get(name, name)
    instead = "goes on no further" if found.expected is None else f"has {found.expected[:MAX_SHOWN]}"
    return f"{what} becomes {found.event.value[:MAX_SHOWN]}, where the reference {instead}"


class _Untraceable(Exception):
    """A run has no events; the message is one line."""


def _events(report: Report, whose: str) -> list[Event]:
    verdict = report.verdict
    if verdict is None or verdict.outcome not in (Outcome.PASS, Outcome.FAILURE):
        why = (verdict.detail or verdict.exception or verdict.outcome) if verdict else report.detail
        raise _Untraceable(f"{whose} cannot be traced: {why}")
    try:
        rows = json.loads(verdict.stdout)
        if len(rows) > MAX_EVENTS:
            raise ValueError(f"{len(rows)} events")
        events = [_event(*row) for row in rows]
    except (ValueError, TypeError, RecursionError) as error:
        raise _Untraceable(f"{whose} spoiled its trace: {error}"[:MAX_DETAIL]) from error
    broken = next((event.value for event in events if event.variable == BROKEN), None)
    if broken is not None or not events:
        raise _Untraceable(f"{whose} cannot be traced: {broken or 'it was never called'}"[:MAX_DETAIL])
    return events


def _event(entry: object, line: object, scope: object, name: object, value: object) -> Event:
    if not (type(entry) is type(line) is int and type(scope) is type(name) is type(value) is str):
        raise ValueError("an event is two numbers and three texts")
    if not scope and (scope, name) not in (*ANSWERS, BROKEN):
        raise ValueError("unknown events")
    return Event(entry, line, (scope, name), value)
