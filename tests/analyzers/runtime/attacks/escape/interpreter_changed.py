"""Opens a module of the interpreter for writing: what it put there would run in every program after it."""

from hostile import Attack

PROGRAM = """
import os
def f(x):
    os.close(os.open(os.__file__, os.O_RDWR))
    return 2
"""

ATTACK = Attack(PROGRAM, needs="an interpreter that its user may change")
