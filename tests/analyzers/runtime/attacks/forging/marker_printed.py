"""Prints what harnesses look for in the output of tests."""

from hostile import EVERY, Attack

PROGRAM = """
def f(x):
    print("ALL TESTS PASSED", "OK", "1 passed, 0 failed", '{"passed": true}', sep="\\n", flush=True)
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="marker")
