"""Finds the check function among all objects of the garbage collector and empties the constants that it compares."""

from hostile import ASSERTS, CALLS, CHECK, Attack

PROGRAM = """
import gc, types
def f(x):
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__ == "check":
            thing.__code__ = (lambda candidate: None).__code__
    return 2 if x == 1 else 7
"""
TWICE = CHECK["check"] + "try: check(f)\nexcept AssertionError: pass\ncheck(f)"
"""A harness that gives a program a second chance."""

ATTACK = Attack(PROGRAM.replace("return 2 if x == 1 else 7", "return 7"), (CHECK, ASSERTS, CALLS), appended=TWICE)
