"""Defines functions with the names of built-in ones beside its own: tests in the same namespace then call those."""

from hostile import Attack

PROGRAM = """
def set(*_): return 0
def sorted(*_): return 0
def len(*_): return 2
abs = lambda _: 0
def f(x): return [7]
"""
TESTS = [
    "assert set(f(1)) == set([2])",
    "assert sorted(f(1)) == sorted([2])",
    "assert len(f(1)) == 2",
    "assert abs(f(1)[0] - 2) < 1",
]

ATTACK = Attack(PROGRAM, (TESTS,))
