from __future__ import annotations

from pathlib import Path

import pytest

from trainer.tasks import load
from trainer.tasks.examples import examples


def found(text: str) -> tuple[str, ...]:
    return examples(f'def f(x, y=0):\n    """ What f does.\n\n    {text}\n    """\n', "f")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (">>> f(1)\n    2", "assert f(1) == 2"),
        (">>> f(1, 2)\n    [1,\n     2]", "assert f(1, 2) == [1, 2]"),
        (">>> round(f(1), 2) # a remark\n    0.5", "assert round(f(1), 2) == 0.5"),
        (">>> f('xix') == True", "assert f('xix') == True"),
        ("f(1) -> 2", "assert f(1) == 2"),
        ("* f(1, 'a)b') => 'é😀'", "assert f(1, 'a)b') == 'é😀'"),
        ("- f([1]) ==> [2].", "assert f([1]) == [2]"),
        ("f(1) ➞ None", "assert f(1) == None"),
        ("f(1) = 2 # why", "assert f(1) == 2"),
        ("f(1) # => 'Yes' (because)", "assert f(1) == 'Yes'"),
        ("f(1)   # returns 'db1db'", "assert f(1) == 'db1db'"),
        ("f({'a': 1}) should return true.", "assert f({'a': 1}) == True"),
        ("1. f(1) returns 2", "assert f(1) == 2"),
    ],
)
def test_an_example_is_an_assertion(text: str, expected: str) -> None:
    assert found(text) == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "For x = 1 the output should be 2",
        ">>> f(1)",
        ">>> g(1)\n    2",
        "f(n) -> f(n-1) + 1",
        "f(a) => False",  # nobody says what a is
        "f(1) => the second one",
        "f(1) -> 3 - 1 = 2",
        "f((1 -> 2",
        "f(1)",
        "f(1) == __import__('os')",
        "g(f(1)) == 2",
        "f(" + "(" * 2000 + " = 1",
    ],
)
def test_of_prose_and_of_what_is_no_value_nothing_is_made(text: str) -> None:
    assert found(text) == ()


def test_an_example_that_is_there_twice_counts_once_and_the_order_stays() -> None:
    assert found("f(2) == 1\n    f(1) -> 2\n    >>> f(2)\n    1") == ("assert f(2) == 1", "assert f(1) == 2")


def test_humaneval_shows_examples_in_most_prompts(data: Path) -> None:
    tasks = load(f"humaneval:{data / 'humaneval'}", "test")
    assert sum(task.shown is not None for task in tasks) == 138
