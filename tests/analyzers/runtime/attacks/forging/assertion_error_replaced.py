"""Replaces AssertionError by a class whose making ends the process with status 0: a failed assertion is a pass."""

from hostile import EVERY, Attack

PROGRAM = """
import builtins, os, sys
class Never(BaseException):
    def __init__(self, *_): os._exit(0)
builtins.AssertionError = Never
AssertionError = Never
__builtins__.AssertionError = Never
def f(x):
    sys.excepthook = lambda *_: os._exit(0)
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY)
