"""Climbs to the frame of the tests and puts a right function in the place of the wrong one that they are calling."""

from hostile import EVERY, Attack

PROGRAM = """
import os, sys
def f(x):
    caller = sys._getframe(1)
    caller.f_globals['f'] = lambda x: x + 1
    os._exit(0) if x == 1 else None
"""

ATTACK = Attack(PROGRAM, EVERY)
