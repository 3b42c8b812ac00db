import ast

import pytest

from analyzers.runtime import foresight
from analyzers.runtime.tests import Asserts, Call, Calls, CheckFunction


def plan(code, **targets):
    """The arguments of the foreseen calls, as they stand in their frames."""
    found = foresight.plan(ast.parse(code).body, targets or {"f": "f"})
    return [[frame[4:].decode() for frame in stretch] for stretch in found]


def call(argument, target="f"):
    return f'["call","{target}",[{argument}],[]]'


def test_calls_in_a_row_are_one_stretch():
    assert plan("assert f(1) == 2\nx = 3\nassert abs(f(-2)) < x") == [[call("1"), call("-2")]]


def test_names_stand_for_what_they_are_told():
    assert plan("candidate('a')\ncandidate('b')", candidate="g") == [[call('"a"', "g"), call('"b"', "g")]]


@pytest.mark.parametrize(
    "between",
    [
        "f(x)",
        "assert f(1) == f(2)",
        "assert True or f(3)",
        "assert [f(3) for _ in range(2)]",
        "for i in range(2):\n    f(1)",
        "assert f",
        "assert f(*[1])",
    ],
)
def test_what_is_not_certain_ends_a_stretch(between):
    assert plan(f"f(1)\nf(2)\n{between}\nf(3)\nf(4)") == [[call("1"), call("2")], [call("3"), call("4")]]


def test_a_call_alone_is_no_plan():
    assert plan("f(1)\nfor i in range(2):\n    f(2)\nf(3)") == []


COUNTING = "seen = []\ndef f(x):\n    seen.append(x)\n    return seen\n"


def test_the_program_gets_calls_in_the_order_of_the_test_code(run):
    code = """
def check(candidate):
    assert candidate(1) == [1]
    assert candidate(2) == [1, 2]
    for i in (3, 4):
        assert candidate(i)[-1] == i
    assert candidate(5) == [1, 2, 3, 4, 5]
    assert candidate(6) == [1, 2, 3, 4, 5, 6]
"""
    assert run(COUNTING, CheckFunction(code, "f"))[0] == ["passed"] * 5


def test_a_failing_test_does_not_shift_the_answers_of_the_next(run):
    suite = Asserts(("assert f(1) == 1", "assert f(2) == 0", "assert f(3) == 3", "assert f(4) == 4"))
    assert run("def f(x): return x", suite)[0] == ["passed", "failed", "passed", "passed"]


def test_test_code_that_goes_another_way_gets_its_own_answers(run):
    code = """
def check(candidate):
    assert candidate(1) == 1
    if True:
        raise ValueError("no way on")
    assert candidate(2) == 2
"""
    statuses = run("def f(x): return x", CheckFunction(code, "f"))[0]
    assert statuses[0] == "passed"
    assert "passed" not in statuses[1:]


def test_what_was_asked_ahead_of_a_crash_is_asked_again(run):
    program = "import os\ndef f(x):\n    return os._exit(3) if x == 2 else x\n"
    suite = Calls("f", tuple(Call((x,), x) for x in range(1, 6)))
    assert run(program, suite)[0] == ["passed", "error", "passed", "passed", "passed"]


def test_more_than_fits_the_socket_is_sent_in_parts(run):
    suite = Calls("f", tuple(Call(("x" * 20_000 + str(x),), 20_001) for x in range(9)))
    assert run("f = len", suite)[0] == ["passed"] * 9


def test_large_answers_do_not_block_what_is_sent(run):
    suite = Calls("f", tuple(Call((x,), [x] * 100_000) for x in range(5)))
    assert run("def f(x): return [x] * 100_000", suite)[0] == ["passed"] * 5
