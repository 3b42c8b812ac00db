"""Climbs the stack and looks for what the tests are going to compare its answer with."""

from hostile import STOLEN, Attack

PROGRAM = """
import sys
def f(x):
    sought = 98764 + len("x")
    frame = sys._getframe().f_back
    while frame:
        for value in [*frame.f_locals.values(), *frame.f_globals.values(), *frame.f_code.co_consts]:
            if value == sought or isinstance(value, (list, tuple)) and sought in value: return sought
        frame = frame.f_back
"""

ATTACK = Attack(PROGRAM, STOLEN)
