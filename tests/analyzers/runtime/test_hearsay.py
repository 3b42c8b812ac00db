"""What an assertion rests on: judged where a value of the judge's own stands against the program's answer."""

import ast

import pytest

from analyzers.runtime import hearsay
from analyzers.runtime.hearsay import (
    BOTH,
    CHANGED,
    METHOD,
    NOTHING,
    STEERED,
    TOLD,
    UNKNOWN,
    VOUCHED,
    assertions,
    together,
)

NAMES = ("f", "g", "encode", "decode", "Pair", "Solution", "np", "LIMIT")


def of(code):
    return assertions(ast.parse(code), NAMES)


@pytest.mark.parametrize(
    "statement",
    [
        "assert f(1) == 2",
        "assert 2 == f(1)",
        "assert f(1) != 2",
        "assert f(1)",
        "assert not f(1)",
        "assert f(1) is None",
        "assert f(1) == True",
        "assert f(1) in (1, 2)",
        "assert set(f(1)) == {2}",
        "assert sorted(f([2, 1])) == sorted([2, 1])",
        "assert math.isclose(f(1), 2.0)",
        "assert abs(f(1) - 2.0) < 1e-6",
        "assert isinstance(f(1), list)",
        "assert f([Pair(1, 2), Pair(3, 4)]) == 4",
        "assert f(Pair(1, 2)) == True",
        "assert f(lambda v: v + 1) == 3",
        "assert Solution().f('()')",
        "s = Solution()\nassert s.f('()')",
        "assert f(1).value == 3",
        "assert f(5) == 5",
        "assert g(f(1)) == 7",
        "assert all(f(x) == y for x, y in [(1, 2)])",
        "assert f(1) == 2 and f(1) == f(1)",
        "assert f(1) == 2 == f(1)",
        "for x, y in [(1, 2)]:\n    assert f(x) == y",
        "if True:\n    assert f(1) == 2",
        "def check(candidate):\n    assert candidate(1) == 2",
        "try:\n    assert f(1) == 2\n    assert f(2) == 3\nexcept ValueError:\n    pass",
    ],
)
def test_judged(statement):
    code = ast.parse(statement)
    assert set(assertions(code, NAMES, "f")) == {None}


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("assert f(1) == f(2)", BOTH),
        ("assert f(1) == g(1)", BOTH),
        ("y = g(1)\nassert f(1) == y", BOTH),
        ("assert f(1) < LIMIT", BOTH),
        ("assert all(f(x) == g(x) for x in [1])", BOTH),
        ("assert [f(x) for x in [1]] == [g(x) for x in [1]]", BOTH),
        ("for y in f(1):\n    assert f(2) == y", STEERED),
        ("assert f(1) == f(2) or f(1) == 2", BOTH),
        ("assert g(f(1))", VOUCHED),
        ("assert g(f(1)) is True", VOUCHED),
        ("assert not g(f(1), 2)", VOUCHED),
        ("assert np.allclose(f(1), [2.0])", VOUCHED),
        ("y = g(f(1))\nassert y", VOUCHED),
        ("assert decode(encode('abc')) == 'abc'", TOLD),
        ("x = 'abc'\ny = encode(x)\nassert decode(y) == x", TOLD),
        ("if f(1) == 3:\n    assert f(2) == 4", STEERED),
        ("while f(1):\n    assert f(2) == 4", STEERED),
        ("try:\n    f(0)\n    assert f(1) == 2\nexcept ValueError:\n    pass", STEERED),
        ("try:\n    f(0)\nexcept ValueError:\n    assert f(1) == 2", STEERED),
        ("def same(a, b):\n    assert a == b\nsame(f(1), 2)", UNKNOWN),
        ("assert f(1).startswith('ab')", METHOD),
        ("y = f(1)\nassert y.startswith('ab')", METHOD),
        ("x = [2, 1]\nassert f(x) == sorted(x)", CHANGED),
        ("x = [2, 1]\ny = sorted(x)\nassert f(x) == y", None),
        ("x = [2, 1]\ny = f(x)\nassert y == sorted(x)", CHANGED),
        ("x = [2, 1]\nf(x)\nassert x == sorted(x)", CHANGED),
    ],
)
def test_the_programs_word(statement, why):
    assert of(statement)[-1] == why


def test_what_check_is_handed_is_the_program():
    code = ast.parse("def check(c):\n    assert c(1) == c(2)\n    assert c(1) == 2\n")
    assert assertions(code, (), "f") == [BOTH, None]


def test_assertions_of_constants_are_none():
    assert of("assert True\nassert f(1) == 1\nassert 1 < 2, 'x'") == [None]


def test_one_judged_assertion_is_enough_and_none_is_nothing():
    assert together([BOTH, None]) is None
    assert together([TOLD, BOTH]) is TOLD
    assert together([]) is NOTHING


def test_numbering_is_that_of_the_tests():
    code = "if f(1):\n    assert f(1) == 1\nelse:\n    assert f(1) == 2\nassert f(3) == 3"
    assert of(code) == [STEERED, STEERED, None]
    assert hearsay.is_test(ast.parse("assert f(1)").body[0])
