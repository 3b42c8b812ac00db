"""Raises StopIteration in a test that maps the program over cases: the loop ends early, as if it were through."""

from hostile import Attack

PROGRAM = "def f(x): raise StopIteration"
CASES = "[(1, 2), (5, 6)]"
TESTS = [
    f"assert all(map(lambda case: f(case[0]) == case[1], {CASES}))",
    "assert not [y for y in map(f, [1, 5]) if y not in (2, 6)]",
    "assert set(map(f, [1, 5])) <= {2, 6}",
]

ATTACK = Attack(PROGRAM, (TESTS,))
