"""Comparing an answer with what was expected: outside of the candidate's process, no eval, no sets of tokens."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from typing import Any

FLOAT_RELATIVE, FLOAT_ABSOLUTE = 1e-6, 1e-9


class UnknownRule(ValueError):
    """No comparison of that name."""


def exact(actual: Any, expected: Any) -> bool:
    """Same types and same values all the way down: a bool is not an int, a list is not a tuple, NaN equals nothing."""
    if type(actual) is not type(expected):
        return False
    if isinstance(expected, (list, tuple)):
        return len(actual) == len(expected) and all(map(exact, actual, expected))
    if isinstance(expected, dict):
        return actual.keys() == expected.keys() and all(exact(actual[key], value) for key, value in expected.items())
    return bool(actual == expected)


def json_equal(actual: Any, expected: Any) -> bool:
    """As `exact` for values that were stored as JSON: tuples are lists, 1 is 1.0, keys of mappings are strings."""
    if isinstance(actual, tuple):
        actual = list(actual)
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    if isinstance(actual, (int, float)) and isinstance(expected, (int, float)):
        return bool(actual == expected)
    if isinstance(expected, (list, tuple)):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(json_equal, actual, expected))
    if isinstance(expected, dict) and isinstance(actual, dict):
        mine = {str(key): value for key, value in actual.items()}
        theirs = {str(key): value for key, value in expected.items()}
        return mine.keys() == theirs.keys() and all(json_equal(mine[key], value) for key, value in theirs.items())
    return type(actual) is type(expected) and bool(actual == expected)


def close(actual: Any, expected: Any) -> bool:
    """As `json_equal`, with numbers equal within a relative tolerance of 1e-6."""
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    if isinstance(actual, (int, float)) and isinstance(expected, (int, float)):
        return actual == expected or _close(actual, expected)
    if isinstance(actual, (list, tuple)) and isinstance(expected, (list, tuple)):
        return len(actual) == len(expected) and all(map(close, actual, expected))
    return json_equal(actual, expected)


def _close(actual: float, expected: float) -> bool:
    try:
        return math.isclose(actual, expected, rel_tol=FLOAT_RELATIVE, abs_tol=FLOAT_ABSOLUTE)
    except OverflowError:  # an int too large for a float
        return False


def text_exact(actual: str, expected: str) -> bool:
    """The same text."""
    return actual == expected


def text_whitespace(actual: str, expected: str) -> bool:
    """The same lines, but for white space at their ends and empty lines at the end."""
    return _lines(actual) == _lines(expected)


def text_unordered(actual: str, expected: str) -> bool:
    """As `whitespace`, with the lines in any order."""
    return sorted(_lines(actual)) == sorted(_lines(expected))


def text_float(actual: str, expected: str) -> bool:
    """As `whitespace` word by word, with words that are numbers equal within a relative tolerance of 1e-6."""
    mine, theirs = ([line.split() for line in _lines(text)] for text in (actual, expected))
    return len(mine) == len(theirs) and all(
        len(left) == len(right) and all(map(_same_word, left, right)) for left, right in zip(mine, theirs, strict=True)
    )


def _same_word(actual: str, expected: str) -> bool:
    if actual == expected:
        return True
    try:
        return _close(float(actual), float(expected))
    except ValueError:
        return False


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


VALUES: dict[str, Callable[[Any, Any], bool]] = {"exact": exact, "json": json_equal, "float": close}
"""Rules for the values of calls."""
TEXTS: dict[str, Callable[[str, str], bool]] = {
    "exact": text_exact,
    "whitespace": text_whitespace,
    "unordered": text_unordered,
    "float": text_float,
}
"""Rules for printed output."""


def rule(rules: dict[str, Callable[[Any, Any], bool]], name: str) -> Callable[[Any, Any], bool]:
    """The comparison of that name.

    Raises:
        UnknownRule: with the closest known names.
    """
    if name not in rules:
        close_names = difflib.get_close_matches(name, rules, n=1)
        hint = f"did you mean {close_names[0]!r}?" if close_names else f"known: {', '.join(sorted(rules))}"
        raise UnknownRule(f"unknown comparison {name!r}; {hint}")
    return rules[name]
