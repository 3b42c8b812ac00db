"""How answers are judged that more than one of may be right: by a program that comes with the tests.

A checker is Python that defines `check(input, output, expected)`, which returns True or False. It runs in the sandbox,
as a candidate of its own, in the slot of the program that it judges and after that has ended; its verdict crosses as
data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from analyzers.runtime import judge, wire
from analyzers.runtime.ends import NotLoaded, Stopped
from analyzers.runtime.sandbox.base import Limits, Sandbox
from analyzers.runtime.session import Session
from analyzers.runtime.tests import BadTests, Exchange, Stdio

NAME = "check"

Judging: TypeAlias = Callable[[Exchange, str], str]
"""Why what was printed is wrong; `""` where it is right."""


def verdict(code: str, question: tuple[Any, Any, Any], limits: Limits, sandbox: Sandbox) -> str:
    """Asks a checker about (input, output, expected): `""` where the output is right, else why it is not.

    A checker that raises an exception or hangs over an output has not found it right.

    Raises:
        BadTests: the checker does not load, defines no `check`, or says neither True nor False.
        SandboxBroken: the sandbox is broken.
    """
    try:
        wire.encode(question)
    except wire.NotPlain as error:
        return f"the answer is no plain data: {error}"
    session = Session(sandbox, code, replace(limits, executed=False))
    try:
        _load(session)
        said = session.request("call", NAME, *question)
        if type(said) is not bool:
            raise BadTests(f"the checker must return True or False, got {short(said)}")
    except BadTests:
        raise
    except Stopped as error:
        return f"the checker came to no end: {error}"
    except Exception as error:
        return f"the checker raised {error}"
    finally:
        session.end()
    return "" if said else "the checker says no"


def _load(session: Session) -> None:
    try:
        session.begin_test()
        session.request("get", NAME)
    except NotLoaded as error:
        why = next(iter((session.not_loaded or {}).values()))
        raise BadTests(f"the checker does not load: {str(why)[:200]}") from error
    except NameError as error:
        raise BadTests(f"the checker defines no function {NAME!r}") from error


def judging(tests: Stdio, limits: Limits, sandbox: Sandbox) -> Judging:
    """How the output of a program is judged: by the suite's checker, or by its rule.

    Raises:
        UnknownRule: there is no rule of that name.
    """
    if tests.checker:
        return lambda case, printed: verdict(tests.checker, (case.stdin, printed, case.stdout), limits, sandbox)
    same = judge.rule(judge.TEXTS, tests.compare)
    return lambda case, printed: (
        "" if same(printed, case.stdout) else f"printed {short(printed)}, expected {short(case.stdout)}"
    )


def short(value: Any) -> str:
    """What a value looks like, for people."""
    try:
        text = repr(value)
    except Exception as error:
        text = f"something whose repr raises {type(error).__name__}"
    return text if len(text) <= 100 else text[:97] + "..."
