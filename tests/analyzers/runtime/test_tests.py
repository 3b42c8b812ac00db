import pytest

from analyzers.runtime.tests import Asserts, BadTests, Call, Calls, CheckFunction, Exchange, Stdio, parse, to_json


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["assert f(1) == 2"], Asserts(("assert f(1) == 2",))),
        ("assert f(1) == 2", Asserts(("assert f(1) == 2",))),
        ({"asserts": ["assert f(1)"], "setup": "import math"}, Asserts(("assert f(1)",), "import math")),
        ({"check": "def check(candidate): ...", "entry_point": "f"}, CheckFunction("def check(candidate): ...", "f")),
        ({"function": "f", "cases": [{"args": [1], "expected": 2}]}, Calls("f", (Call((1,), 2),))),
        ({"stdio": [{"stdin": "1", "stdout": "2"}], "compare": "float"}, Stdio((Exchange("1", "2"),), "float")),
        ({"stdio": [{"stdin": "1"}], "checker": "code"}, Stdio((Exchange("1", ""),), checker="code")),
        (
            {"function": "f", "cases": [{"args": [1]}], "checker": "code"},
            Calls("f", (Call((1,), None),), checker="code"),
        ),
    ],
)
def test_what_people_have_at_hand(given, expected):
    assert parse(given) == expected
    assert parse(to_json(expected)) == expected
    assert parse(expected) is expected


@pytest.mark.parametrize(
    "given",
    [
        3,
        None,
        [1],
        {"assert": []},
        {"function": "f", "cases": [{"args": [1]}]},
        {"stdio": [1]},
        {"stdio": [{"stdin": ""}]},
        {"stdio": [], "checker": "c", "compare": "exact"},
    ],
)
def test_anything_else_is_refused(given):
    with pytest.raises(BadTests):
        parse(given)
