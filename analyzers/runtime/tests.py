"""What a test suite is. Suites are data: they travel as JSON, and nothing here runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Asserts:
    """Assert statements over the names that the program defines (MBPP); each one is a test."""

    statements: tuple[str, ...]
    setup: str = ""
    """Trusted code that runs before the statements, outside of the program's process."""


@dataclass(frozen=True, slots=True)
class CheckFunction:
    """Code that defines `check(candidate)` (HumanEval); each assert statement in it is a test."""

    code: str
    entry_point: str
    """Name of the program's function that is handed to `check`."""
    setup: str = ""
    """Trusted code that the check may use: helpers that the prompt defines beside the function to be written."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function: arguments and the value that it must return; plain data."""

    args: tuple[Any, ...]
    expected: Any
    kwargs: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of one function; each is a test."""

    function: str
    """Name of the function, or `Class.method` for a method of an object made without arguments."""
    cases: tuple[Call, ...]
    compare: str = "exact"
    """Name of a rule in `analyzers.runtime.judge`."""
    checker: str = ""
    """Program that judges instead, as `analyzers.runtime.checker` says; its input is the list of arguments, and the
    keyword arguments as a mapping at its end where there are some."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One run of the whole program: what it reads and what it must print."""

    stdin: str
    stdout: str


@dataclass(frozen=True, slots=True)
class Stdio:
    """Runs of the whole program (APPS, CodeContests); each is a test."""

    cases: tuple[Exchange, ...]
    compare: str = "whitespace"
    """Name of a rule in `analyzers.runtime.judge`."""
    checker: str = ""
    """Program that judges instead, as `analyzers.runtime.checker` says; its input is what the program has read."""


@dataclass(frozen=True, slots=True)
class Appended:
    """Code that is run with the program as one (MultiPL-E, MBXP, HumanEval-X), in the program's language.

    In languages without a warm interpreter it runs in the program's own process, so that a program can lie about it.
    """

    code: str
    """What follows the program, after a line feed."""
    prefix: str = ""
    """Whole lines that come before it."""


Tests: TypeAlias = Asserts | CheckFunction | Calls | Stdio | Appended


class BadTests(ValueError):
    """What was given is not a test suite."""


def parse(value: object) -> Tests:
    """A suite from what people have at hand.

    Accepts a suite, a list of assert statements, or a mapping: `{"asserts": [...], "setup": ""}`,
    `{"check": code, "entry_point": name, "setup": ""}`,
    `{"function": name, "cases": [{"args": [...], "expected": ...}]}`,
    `{"stdio": [{"stdin": ..., "stdout": ...}]}`, which both take `"compare"` or `"checker"`;
    `{"append": code, "prefix": ""}`.

    Raises:
        BadTests: with what came and what was expected.
    """
    if isinstance(value, (Asserts, CheckFunction, Calls, Stdio, Appended)):
        return value
    if isinstance(value, str):
        value = [value]
    if isinstance(value, Mapping):
        return _from_mapping(value)
    if isinstance(value, Sequence) and all(isinstance(statement, str) for statement in value):
        return Asserts(tuple(value))
    raise BadTests(f"tests must be assert statements or a mapping, got {type(value).__name__}: {str(value)[:80]!r}")


def to_json(tests: Tests) -> dict[str, Any]:
    """The mapping that `parse` turns back into the same suite (tuples among the arguments become lists)."""
    match tests:
        case Asserts(statements, setup):
            return {"asserts": list(statements), "setup": setup}
        case CheckFunction(code, entry_point, setup):
            return {"check": code, "entry_point": entry_point, "setup": setup}
        case Calls(function, cases):
            calls = [{"args": case.args, "expected": case.expected, "kwargs": case.kwargs} for case in cases]
            return {"function": function, "cases": calls, **_rule(tests)}
        case Stdio(cases):
            return {"stdio": [{"stdin": case.stdin, "stdout": case.stdout} for case in cases], **_rule(tests)}
        case Appended(code, prefix):
            return {"append": code, "prefix": prefix}


def _rule(tests: Calls | Stdio) -> dict[str, str]:
    return {"checker": tests.checker} if tests.checker else {"compare": tests.compare}


def _call(case: Mapping[str, Any]) -> Call:
    return Call(tuple(case["args"]), case["expected"], case.get("kwargs"))


def _exchange(case: Mapping[str, Any]) -> Exchange:
    return Exchange(case["stdin"], case["stdout"])


def _from_mapping(value: Mapping[str, Any]) -> Tests:
    if "checker" in value and "compare" in value:
        raise BadTests("tests have a checker or the name of a comparison, got both")
    try:
        match value:
            case {"asserts": statements}:
                return Asserts(tuple(statements), value.get("setup", ""))
            case {"check": code, "entry_point": entry_point}:
                return CheckFunction(code, entry_point, value.get("setup", ""))
            case {"function": function, "cases": cases}:
                default: dict[str, Any] = {"expected": None} if value.get("checker") else {}
                calls = tuple(_call(default | case) for case in cases)
                return Calls(function, calls, value.get("compare", "exact"), value.get("checker", ""))
            case {"stdio": cases}:
                default = {"stdout": ""} if value.get("checker") else {}
                exchanges = tuple(_exchange(default | case) for case in cases)
                return Stdio(exchanges, value.get("compare", "whitespace"), value.get("checker", ""))
            case {"append": code}:
                return Appended(code, value.get("prefix", ""))
    except (KeyError, TypeError) as error:
        raise BadTests(f"incomplete test case ({type(error).__name__}: {error}) in {str(value)[:80]!r}") from error
    raise BadTests(
        f"tests need the keys asserts, check + entry_point, function + cases, stdio or append; got {sorted(value)}"
    )
