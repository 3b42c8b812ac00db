import math

import pytest

from trainer.tasks.augment.values import MAX_TEXT, alike, literal, negative, plain, written


@pytest.mark.parametrize(
    "value",
    [1, -1.5, "a\n'\"", b"x", None, True, [1, [2]], (1,), (), {"a": {1, 2}}, set(), {1: (2, 3)}],
)
def test_what_is_written_is_read_again(value):
    again = literal(written(value))
    assert (again, type(again)) == (value, type(value))


def test_a_set_is_written_in_one_order():
    assert written({"b", "a", "c"}) == "{'a', 'b', 'c'}"


@pytest.mark.parametrize("value", [math.nan, math.inf, [object()], {1: math.inf}, range(3), lambda: 1, 1j])
def test_what_is_no_plain_data(value):
    assert not plain(value)


@pytest.mark.parametrize(
    "text", ["__import__('os').system('true')", "open('x')", "[1, 2", "x", "1e999", "[" * 500, "'" + "a" * MAX_TEXT + "'", "(1).__class__"]
)  # fmt: skip
def test_what_a_model_says_is_never_executed(text):
    with pytest.raises(ValueError, match="value"):
        literal(text)


def test_what_is_too_long_to_be_read_is_not_written():
    assert written("a" * MAX_TEXT) is None
    assert written(10**5000) is None


def test_answers_that_are_alike():
    assert alike([0.1 + 0.2, "a"], [0.3, "a"])
    assert not alike([1], (1,))
    assert not alike(1, True)
    assert not alike({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert not alike([1, 2], [1])


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-1, True), (0, False), (-0.5, True), ("-1", False), ([1, (2, -3)], True), ({1: -2}, True), (True, False)],
)
def test_negative_numbers_are_found_wherever_they_are(value, expected):
    assert negative(value) is expected
