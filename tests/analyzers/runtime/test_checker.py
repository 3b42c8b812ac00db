"""Checkers: programs of the task's own that judge, and are no more trusted with the machine than what they judge."""

import pytest

from analyzers.runtime import checker
from analyzers.runtime.sandbox.base import Limits
from analyzers.runtime.tests import BadTests

FACTORS = """
def check(input, output, expected):
    factors = [int(word) for word in output.split()]
    product = 1
    for factor in factors:
        product *= factor
    return len(factors) == 2 and min(factors) > 1 and product == int(input)
"""
LIMITS = Limits(timeout_s=0.5)


def stdio(*inputs, checker=FACTORS):
    return {"stdio": [{"stdin": given} for given in inputs], "checker": checker}


def test_any_right_output_is_right(run):
    right = "n = int(input())\nprint(*next((a, n // a) for a in range(2, n) if n % a == 0))"
    other = "n = int(input())\nprint(*next((n // a, a) for a in range(2, n) if n % a == 0))"
    for source in (right, other):
        assert run(source, stdio("15\n", "77\n"))[0] == ["passed", "passed"]
    statuses, outcome = run("print(3, 5)", stdio("15\n", "77\n"))
    assert statuses == ["passed", "failed"]
    assert outcome.tests[1][2] == "the checker says no"


def test_answers_of_calls(run):
    code = "def check(input, output, expected):\n    return sorted(output) == sorted(input[0]) and type(output) is list"
    tests = {"function": "f", "cases": [{"args": [[3, 1]]}, {"args": [[2]]}], "checker": code}
    assert run("def f(x): return x[::-1]", tests)[0] == ["passed", "passed"]
    assert run("def f(x): return [1, 3]", tests)[0] == ["passed", "failed"]
    assert run("def f(x): return tuple(x)", tests)[0] == ["failed", "failed"]
    assert run("def f(x): return 1 // (len(x) - 1) and x", tests)[0] == ["passed", "error"]


def test_keyword_arguments_come_last(run):
    code = "def check(input, output, expected): return input == [1, {'k': 2}] and output == expected == 3"
    tests = {"function": "f", "cases": [{"args": [1], "kwargs": {"k": 2}, "expected": 3}], "checker": code}
    assert run("def f(x, k): return x + k", tests)[0] == ["passed"]


def test_the_program_has_ended_before_the_checker_begins(run):
    # A program that changes its folder or its process does not meet its checker.
    code = "import os\ndef check(input, output, expected): return os.listdir() == [] and not hasattr(os, 'mine')"
    source = "import os\nos.mine = 1\nopen('note', 'w').close()\n"
    assert run(source, stdio("", checker=code))[0] == ["passed"]


def test_an_object_of_the_programs_own_is_no_answer(run):
    code = "def check(input, output, expected): return True"
    tests = {"function": "f", "cases": [{"args": [1]}], "checker": code}
    statuses, outcome = run("class Yes: pass\ndef f(x): return Yes()", tests)
    assert statuses == ["failed"]
    assert "no plain data" in outcome.tests[0][2]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def check(i, o, e): return o == 'x'", "the checker says no"),
        ("def check(i, o, e): return int(o) == 3", "the checker raised ValueError: invalid literal"),
        ("def check(i, o, e):\n    while True: pass", "the checker came to no end: no answer within"),
        ("import os\ndef check(i, o, e): os._exit(0)", "the checker came to no end: the program ended"),
        ("def check(i, o, e): raise SystemExit(0)", "the checker raised SystemExit: 0"),
    ],
)
def test_what_a_checker_does_not_find_right_is_wrong(sandbox, code, why):
    assert checker.verdict(code, ("", "?", ""), LIMITS, sandbox).startswith(why)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def check(:", "does not load"),
        ("1 / 0", "does not load"),
        ("while True: pass", "does not load"),
        ("def judge(i, o, e): return True", "defines no function 'check'"),
        ("def check(i, o, e): return 1", "must return True or False, got 1"),
        ("def check(i, o, e): return None", "must return True or False, got None"),
        ("class T(int): pass\ndef check(i, o, e): return T(1)", "must return True or False"),
    ],
)
def test_a_broken_checker_is_no_verdict_on_the_program(sandbox, code, why):
    with pytest.raises(BadTests, match=why):
        checker.verdict(code, ("", "?", ""), LIMITS, sandbox)


def test_a_checker_is_confined(sandbox):
    code = "def check(i, o, e):\n    open('/tmp/mark', 'w')\n    return True"
    assert checker.verdict(code, ("", "", ""), LIMITS, sandbox).startswith("the checker raised PermissionError")


def test_what_a_program_prints_is_data_to_the_checker(run):
    code = "def check(input, output, expected): return output == \"__import__('os')._exit(0)\\n\""
    assert run("print(\"__import__('os')._exit(0)\")", stdio("", checker=code))[0] == ["passed"]
