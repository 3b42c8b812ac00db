"""Test code that reports: which statements become tests, in which order, and what counts as the program's."""

import ast

import pytest

from analyzers.runtime import instrument, walk
from analyzers.runtime.tests import Appended, Asserts, BadTests

NESTED = """
for i in range(1):
    try:
        assert f(1)
    except ValueError:
        assert f(2)
    else:
        assert f(3)
    finally:
        assert f(4)
match f(5):
    case 1:
        assert f(6)
    case _:
        assert True
with g:
    if i:
        assert f(7)
    else:
        assert f(8)
"""


def test_nested_assertions_are_tests_in_the_order_of_the_text():
    reported = []
    suite = instrument.prepared(Appended(NESTED))
    assert len(suite.hearsay) == 7
    namespace = {
        instrument.BEGIN: lambda: None,
        instrument.GLOBAL: lambda name: namespace[name],
        instrument.PASSED: reported.append,
        instrument.FAILED: lambda test, error: reported.append(-test),
        "f": lambda x: x % 3,
        "g": __import__("contextlib").nullcontext(),
    }
    exec(suite.code, namespace)
    # f(5) is 2, so neither the try's handler nor the first case runs; i is 0, so the branch of `else` does. f(3) is 0.
    assert reported == [0, -2, 3, 6]


def test_a_suite_is_made_ready_once():
    instrument.prepared.cache_clear()
    tests = Asserts(("assert f(1)",))
    assert instrument.prepared(tests) is instrument.prepared(tests)


@pytest.mark.parametrize("code", ["assert f(", "return 1", "assert (yield)", "nonlocal x", "assert f(\0)"])
def test_what_does_not_compile_is_a_bad_suite(code):
    with pytest.raises(BadTests, match="do not compile"):
        instrument.prepared(Appended(code))


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("assert f(x) == 1", ("f", "x")),
        ("x = 1\nassert f(x) == sorted(x)", ("f",)),
        ("assert sum(1, 2) == 3", ("sum",)),  # no other name is called: the program's own
        ("import os as o\nfor i in o.listdir(): assert g(i)", ("g",)),
        ("try: f()\nexcept E as e: assert e", ("E", "f")),
    ],
)
def test_names_of_the_program_are_those_that_test_code_does_not_bind(code, names):
    assert instrument.names_of_the_program(walk.parts(ast.parse(code))) == names
