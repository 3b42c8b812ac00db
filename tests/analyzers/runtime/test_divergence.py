"""The comparison by hand, and the whole way through the sandbox."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analyzers import runtime
from analyzers.runtime import Limits, divergence
from analyzers.runtime.divergence import CODE, Divergence, Event, applies, first_divergence
from analyzers.runtime.tests import parse
from analyzers.types import Location, Outcome, Report, Source, Status, Verdict


def events(*rows: tuple[int, int, str, str]) -> list[Event]:
    """Events from (call, line, name, value); names without a dot are those of what is seen from outside."""
    return [Event(entry, line, tuple(f".{name}".rsplit(".", 2)[-2:]), value) for entry, line, name, value in rows]  # type: ignore[arg-type]


def test_a_variable_is_compared_with_the_one_that_took_the_same_values_before() -> None:
    program = events(
        (1, 2, "f.a", "1"), (1, 3, "f.a", "2"), (1, 4, "answer", "2"),
        (2, 2, "f.a", "1"), (2, 3, "f.a", "5"), (2, 3, "f.a", "9"), (2, 4, "answer", "9"),
    )  # fmt: skip
    reference = events(
        (1, 7, "f.z", "0"), (1, 7, "f.b", "1"), (1, 8, "f.b", "2"), (1, 9, "answer", "2"),
        (2, 7, "f.z", "0"), (2, 7, "f.b", "1"), (2, 8, "f.b", "3"), (2, 9, "answer", "3"),
    )  # fmt: skip
    assert first_divergence(program, reference) == Divergence(Event(2, 3, ("f", "a"), "5"), "3")


def test_one_of_several_partners_is_enough() -> None:
    program = events((1, 2, "f.a", "1"), (1, 3, "answer", "1"), (2, 2, "f.a", "4"), (2, 3, "answer", "4"))
    reference = events(
        (1, 7, "f.b", "1"), (1, 7, "f.c", "1"), (1, 9, "answer", "1"),
        (2, 7, "f.b", "3"), (2, 7, "f.c", "4"), (2, 9, "answer", "5"),
    )  # fmt: skip
    assert first_divergence(program, reference) == Divergence(Event(2, 3, ("", "answer"), "4"), "5")


def test_without_a_passing_call_only_answers_are_compared() -> None:
    program = events((1, 2, "f.a", "1"), (1, 3, "answer", "1"))
    reference = events((1, 2, "f.a", "2"), (1, 3, "answer", "2"))
    assert first_divergence(program, reference) == Divergence(Event(1, 3, ("", "answer"), "1"), "2")


def test_a_variable_unlike_any_other_is_not_compared() -> None:
    program = events((1, 2, "f.a", "7"), (1, 3, "answer", "1"), (2, 2, "f.a", "8"), (2, 3, "answer", "1"))
    reference = events((1, 3, "answer", "1"), (2, 3, "answer", "2"))
    assert first_divergence(program, reference) == Divergence(Event(2, 3, ("", "answer"), "1"), "2")


def test_a_line_too_much_is_one_that_the_reference_does_not_print() -> None:
    program = events((1, 2, "printed", "'a'"), (1, 3, "printed", "'b'"))
    reference = events((1, 2, "printed", "'a'"))
    assert first_divergence(program, reference) == Divergence(Event(1, 3, ("", "printed"), "'b'"), None)


def test_equal_answers_have_no_divergence() -> None:
    program = events((1, 2, "f.a", "1"), (1, 3, "answer", "1"))
    assert first_divergence(program, events((1, 3, "answer", "1"))) is None
    assert first_divergence([], []) is None


def compare(program: str, reference: str, tests: Any, **limits: Any) -> Report:
    suite, source = parse(tests), Source(program)
    verdict = runtime.submit(source, suite, Limits(**limits)).result().verdict
    assert verdict is not None
    assert verdict.outcome is Outcome.FAILURE
    return divergence.submit(source, reference, suite, verdict, Limits(**limits)).result()


def told(report: Report, program: str) -> tuple[str, str]:
    assert report.status is Status.OK
    [found] = report.diagnostics
    assert (found.code, found.location) == (CODE, Location.LINE)
    return program[found.span.start : found.span.end], found.message


COLLATZ = """\
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n - 1 if n > 9 else 3 * n + 1
        steps += 1
    return steps
"""
RIGHT = """\
def collatz(k):
    count = 0
    while k > 1:
        k = k // 2 if k % 2 == 0 else 3 * k + 1
        count += 1
    return count
"""


def test_a_wrong_step_is_found_under_another_name_and_in_another_form() -> None:
    pairs = ((2, 1), (6, 8), (22, 15))
    for tests in (
        {"function": "collatz", "cases": [{"args": [n], "expected": steps} for n, steps in pairs]},
        [f"assert collatz({n}) == {steps}" for n, steps in pairs],
        {"append": "\n".join(f"assert collatz({n}) == {steps}" for n, steps in pairs)},
        {
            "check": "def check(c):\n" + "".join(f"    assert c({n}) == {steps}\n" for n, steps in pairs),
            "entry_point": "collatz",
        },
    ):
        line, message = told(compare(COLLATZ, RIGHT, tests), COLLATZ)
        assert line == "n = 3 * n - 1 if n > 9 else 3 * n + 1"
        assert message == "n becomes 32, where the reference has 34"


def test_a_wrong_line_of_output_is_found() -> None:
    program = "n = int(input())\nfor i in range(n):\n    print(i, end=' é😀 ')\n    print(i * i if i < 3 else i)\n"
    right = (
        "import sys\nfor j in range(int(sys.stdin.buffer.readline())):\n    sys.stdout.write(f'{j} é😀 {j * j}\\n')\n"
    )
    expected = [f"{i} é😀 {i * i}" for i in range(5)]
    tests = {"stdio": [{"stdin": f"{n}\n", "stdout": "\n".join(expected[:n])} for n in (2, 5)]}
    line, message = told(compare(program, right, tests), program)
    assert line == "print(i * i if i < 3 else i)"
    assert message == "the line that is printed becomes '3 é😀 3', where the reference has '3 é😀 9'"


def test_a_method_and_keyword_arguments() -> None:
    program = "class Solution:\n    def f(self, x, y=1):\n        return x\n"
    right = program.replace("return x", "return x + y")
    tests = {"function": "f", "cases": [{"args": [1], "kwargs": {"y": 3}, "expected": 4}]}
    assert told(compare(program, right, tests), program)[0] == "return x"


def test_what_a_program_says_cannot_place_the_charge_outside_of_it() -> None:
    forged = json.dumps([[1, 99, "", "answer", "0"]])
    program = f"import os, sys\ndef f(x):\n    if sys.gettrace():\n        os.write(1, {forged.encode()!r})\n        os._exit(0)\n    return 1\n"
    right = "def f(x):\n    return x\n"
    report = compare(program, right, ["assert f(1) == 1", "assert f(2) == 2"])
    assert (report.status, report.diagnostics) == (Status.FAILED, ())
    assert report.detail == "the program has no line 99"


@pytest.mark.parametrize(
    ("written", "detail"),
    [
        ("[[1, 99, '', 'answer', '0']]".replace("'", '"'), "the program has no line 99"),
        ("[[1, true, '', 'answer', '0']]".replace("'", '"'), "the program spoiled its trace"),
        ("[[1, 1]]", "the program spoiled its trace"),
        ("{}", "the program cannot be traced: it was never called"),
        ("no JSON", "the program spoiled its trace"),
        ("[" * 100_000, "the program spoiled its trace"),
        ('[[1, 1, "", "other", "1"]]', "the program spoiled its trace: unknown events"),
        ("[" + '[1, 1, "f", "x", "1"], ' * 5_000 + "[]]", "the program spoiled its trace: 5001 events"),
    ],
)
def test_a_spoiled_trace_is_a_failure_and_no_finding(written: str, detail: str) -> None:
    right = Report("runtime", Status.OK, verdict=Verdict(Outcome.FAILURE, stdout='[[1, 1, "", "answer", "1"]]'))
    spoiled = Report("runtime", Status.OK, verdict=Verdict(Outcome.FAILURE, stdout=written))
    report = divergence._report(Source("x = 1\n"), spoiled, right)
    assert (report.status, report.diagnostics) == (Status.FAILED, ())
    assert report.detail.startswith(detail)


def test_a_reference_that_cannot_be_run_is_a_failure() -> None:
    report = compare("def f(x):\n    return 1\n", "def f(:\n", ["assert f(2) == 2"])
    assert (report.status, report.detail) == (Status.FAILED, "the reference cannot be traced: SyntaxError")
    report = compare("def f(x):\n    return 1\n", "import time\ntime.sleep(60)\n", ["assert f(2) == 2"], timeout_s=0.5)
    assert report.status is Status.FAILED
    assert report.detail.startswith("the reference cannot be traced: no answer within 0.5 s")


def test_long_runs_are_cut_and_large_values_shortened() -> None:
    program = (
        "def f(n):\n    big = list(range(10 ** 5))\n    text = 'é' * 10 ** 5\n    huge = 10 ** 5000\n"
        "    for i in range(50_000):\n        pass\n    return n\n"
    )
    assert compare(program, "def f(n):\n    return 2\n", ["assert f(1) == 2"]).status is Status.OK


def test_values_that_are_no_plain_data_run_no_code_of_the_program() -> None:
    program = (
        "class Loud:\n    def __repr__(self):\n        raise SystemExit('shown')\n    __len__ = __iter__ = __repr__\n"
        "def f(n):\n    loud = Loud()\n    listed = [loud, {loud: loud}]\n    listed.append(listed)\n    return n\n"
    )
    line, message = told(compare(program, "def f(n):\n    return n + 1\n", ["assert f(1) == 2"]), program)
    assert (line, message) == ("return n", "the answer becomes 1, where the reference has 2")


@pytest.mark.parametrize(
    ("source", "outcome", "expected"),
    [
        (Source("x"), Outcome.FAILURE, True),
        (Source("x"), Outcome.PASS, False),
        (Source("x"), Outcome.ERROR, False),
        (Source("x", "cpp"), Outcome.FAILURE, False),
    ],
)
def test_only_wrong_answers_of_python_are_compared(source: Source, outcome: Outcome, expected: bool) -> None:
    assert applies(source, Verdict(outcome)) is expected
    assert not applies(source, None)
