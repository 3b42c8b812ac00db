import pytest

from analyzers.runtime.tests import Appended, Asserts, Call, Calls, CheckFunction, Exchange, Stdio
from trainer.tasks.augment.form import CLOSE, EXACT, TRUTH, Case, Form, NoForm, alone, extended, form, statement

CHECK = """
METADATA = {}

def check(candidate):
    assert candidate([1], 2) == 3, "message"
    for _ in range(2):
        assert candidate([], 0) == 0
"""


@pytest.mark.parametrize(
    ("test", "pattern"),
    [
        ("assert f(1) == 2", EXACT),
        ("assert 2 == f(1)", EXACT),
        ("assert f(1)", TRUTH),
        ("assert not f(1)", TRUTH),
        ("assert f(1) == True", EXACT),  # None is no False
        ("assert f(1) is False", EXACT),
        ("assert set(f(1)) == set([2])", "assert set(__call__) == set(__answer__)"),
        ("assert sorted(f(1), key=len) == [2]", "assert sorted(__call__, key=len) == sorted(__answer__, key=len)"),
        ("assert abs(f(1) - 2.5) < 1e-3", "assert nearly(__call__, __answer__, 0.001)"),
        ("assert math.isclose(f(1), 2.5, rel_tol=0.1)", "assert math.isclose(__call__, __answer__, rel_tol=0.1)"),
    ],
)
def test_how_an_assertion_compares(test, pattern):
    assert form(Asserts((test,))) == Form("f", "f", pattern)


def test_a_prompt_that_shows_what_is_answered_makes_true_of_what_counts_as_true():
    truth = CheckFunction("def check(candidate):\n    assert candidate(1)\n", "f")
    assert form(truth).pattern == TRUTH
    assert form(truth, Asserts(("assert f(2) == False",))) == Form("f", "candidate", EXACT)
    assert form(truth, Asserts(("assert f(2)",))).pattern == TRUTH
    assert form(truth, Asserts(("assert 1",))).pattern == TRUTH


def test_the_function_is_the_one_that_most_assertions_call():
    assert form(Asserts(("assert f(g(1)) == 2", "assert f(2) == 2", "assert g(2) == 1"))).function == "f"


def test_a_check_function_calls_what_it_is_handed():
    assert form(CheckFunction(CHECK, "add")) == Form("add", "candidate", EXACT)


@pytest.mark.parametrize(
    "tests",
    [
        Asserts(("assert sorted([f(1), f(2)])",)),
        CheckFunction(
            "def check(candidate):\n    assert abs(poly([1], candidate([1]))) < 1e-4", "f", "def poly(*_): pass"
        ),
        Asserts(("assert f(",)),
        CheckFunction("def test(candidate): assert candidate(1) == 1", "f"),
        Calls("f", (Call((1,), None),), checker="def check(*_): return True"),
    ],
)
def test_where_no_value_is_compared_no_test_is_made(tests):
    with pytest.raises(NoForm):
        form(tests)


def test_asserts_are_extended_behind_their_own():
    tests = Asserts(("assert f(1) == 2",))
    cases = [Case((3,), 4), Case(("a'b",), {"x": (1,)})]
    assert extended(tests, form(tests), cases).statements == (
        "assert f(1) == 2",
        "assert f(3) == 4",
        "assert f(\"a'b\") == {'x': (1,)}",
    )
    assert alone(tests, form(tests), cases[:1]) == Asserts(("assert f(3) == 4",))


def test_floats_are_compared_with_a_tolerance():
    tests = Asserts(("assert f(1) == 2",))
    found = extended(tests, form(tests), [Case((3,), [0.5])])
    assert found.statements[-1] == statement(form(tests), Case((3,), [0.5])) == "assert nearly(f(3), [0.5])"
    names = {}
    exec(found.setup, names)
    nearly = names["nearly"]
    assert nearly([0.5 + 1e-9], [0.5])
    assert nearly(3_000_000.1, 3_000_000.0)
    assert not nearly([0.51], [0.5])
    assert not nearly(None, 0.5)
    assert not nearly(True, 1.0)
    assert not nearly([0.5, 1], [0.5])
    assert nearly({"a": 1.0}, {"a": 1.0 + 1e-9})
    assert CLOSE in ("assert nearly(__call__, __answer__)",)


def test_a_check_function_is_extended_inside():
    tests = CheckFunction(CHECK + "\n# the end\n", "add")
    code = extended(tests, form(tests), [Case(([1], 1), 2)]).code
    names, seen = {}, []
    exec(code, names)

    def add(values, more):
        seen.append((values, more))
        return sum(values) + more

    names["check"](add)
    assert seen == [([1], 2), ([], 0), ([], 0), ([1], 1)]
    with pytest.raises(AssertionError):
        names["check"](lambda values, more: 3 if more == 2 else 0)


def test_calls_and_texts_are_extended_as_data():
    calls = Calls("Solution.f", (Call((1,), 2),), "json")
    assert extended(calls, form(calls), [Case((3,), 4)]).cases == (Call((1,), 2), Call((3,), 4))
    texts = Stdio((Exchange("1\n", "2\n"),))
    assert extended(texts, Form(""), [Case("3\n", "4\n")]).cases[1] == Exchange("3\n", "4\n")
    assert alone(texts, Form(""), [Case("3\n", "4\n")]).cases == (Exchange("3\n", "4\n"),)


def test_appended_python_is_extended_at_its_end():
    tests = Appended("def check(candidate):\n    assert candidate(1) == 2\n\ncheck(f)\nassert f(2) == 3\n")
    assert extended(tests, form(tests), [Case((3,), 4)]).code.endswith("assert f(2) == 3\nassert f(3) == 4\n")
