import pytest

from trainer.tasks.augment.set_order import backwards


def ran(program, *arguments):
    names = {}
    exec(backwards(program, "f"), names)
    return names["f"](*arguments)


@pytest.mark.parametrize(
    ("program", "given", "expected"),
    [
        ("def f(a): return list(set(a))", [1, 2, 3], [3, 2, 1]),
        ("def f(a): return tuple(set(a) & set([2, 3, 4]))", [1, 2, 3], (3, 2)),
        ("def f(a): return [x for x in {1, 2, 3}]", [], [3, 2, 1]),
        ("def f(a): return list({x for x in a})", [1, 2], [2, 1]),
        ("def f(a): return sorted(set(a))", [3, 1, 3], [1, 3]),
        ("def f(a): return list(set.intersection(*map(set, a)))", [[1, 2, 3], [1, 2]], [2, 1]),
        ("def f(a): return set(a)", [1, 2], {1, 2}),
        ("def f(a): return set(a).pop()", [1, 2], 2),
        ("def f(a): return len(set(a) | {7})", [1, 2], 3),
    ],
)
def test_sets_are_gone_through_backwards(program, given, expected):
    found = ran(program, given)
    assert found == expected
    assert type(found) is type(expected)


def test_without_sets_there_is_nothing_to_exchange():
    assert backwards("def f(a): return sorted(a)", "f") is None
    assert backwards("def f(:", "f") is None
