import math

import pytest

from analyzers.runtime import judge


@pytest.mark.parametrize(
    ("rule", "actual", "expected", "same"),
    [
        (judge.exact, 1, 1, True),
        (judge.exact, True, 1, False),
        (judge.exact, 1, 1.0, False),
        (judge.exact, [1, (2,)], [1, (2,)], True),
        (judge.exact, [1], (1,), False),
        (judge.exact, [1, 2], [1], False),
        (judge.exact, {"a": True}, {"a": 1}, False),
        (judge.exact, math.nan, math.nan, False),
        (judge.json_equal, (1, (2, 3)), [1, [2, 3]], True),
        (judge.json_equal, 2, 2.0, True),
        (judge.json_equal, True, 1, False),
        (judge.json_equal, {1: (2,)}, {"1": [2]}, True),
        (judge.json_equal, "1", 1, False),
        (judge.json_equal, {1, 2}, [1, 2], False),
        (judge.close, 0.1 + 0.2, 0.3, True),
        (judge.close, [1.0, 2], (1, 2.0000001), True),
        (judge.close, 1.001, 1.0, False),
        (judge.close, 10**400, 1.0, False),
        (judge.close, math.nan, math.nan, False),
        (judge.text_exact, "a\n", "a", False),
        (judge.text_whitespace, "a \r\nb\n\n", "a\nb", True),
        (judge.text_whitespace, " a", "a", False),
        (judge.text_whitespace, "3 3 3", "3", False),
        (judge.text_whitespace, "3", "3\n4\n5", False),
        (judge.text_unordered, "b\na", "a\nb\n", True),
        (judge.text_unordered, "a\na", "a", False),
        (judge.text_float, "x 0.30000000000000004", "x 0.3", True),
        (judge.text_float, "nan", "nan", True),  # the same word
        (judge.text_float, "0.4", "0.3", False),
        (judge.text_float, "1 2", "1", False),
    ],
)
def test_rules(rule, actual, expected, same):
    assert rule(actual, expected) is same


def test_an_unknown_rule_is_named_with_the_closest():
    with pytest.raises(judge.UnknownRule, match=r"unknown comparison 'exat'; did you mean 'exact'\?"):
        judge.rule(judge.VALUES, "exat")
