"""Patches the built-in functions that tests compare with: `abs` of every difference is 0, everything sorts alike."""

from hostile import Attack

PROGRAM = """
import builtins
builtins.abs = lambda x: 0
builtins.sorted = lambda *_, **__: []
builtins.set = lambda *_: 0
builtins.len = lambda x: 3
builtins.all = builtins.any = lambda x: True
def f(x): return [7]
"""
TESTS = [
    "assert abs(f(1)[0] - 2) < 1e-6",
    "assert sorted(f(1)) == sorted([2])",
    "assert set(f(1)) == set([2])",
    "assert len(f(1)) == 3",
    "assert all(y == 2 for y in f(1))",
]

ATTACK = Attack(PROGRAM, (TESTS,))
